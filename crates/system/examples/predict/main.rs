//! What else will have to change: predictions for a directory, without a daemon.
//!
//! `cargo run --release -p coderoom-system --example predict -- DIR FILE...` prints ranked paths,
//! one a line, each with its share of what all have and what each kind of evidence added.
//!
//! Without files it reads questions from standard input, one a line, and answers each with a line: a
//! JSON array of paths, the best first. A question is `{"files": [PATH, ...], "without": [PART, ...]}`
//! where parts of the evidence that are named are left out: `bench/graph/predict_eval.py` asks so.

#![allow(clippy::print_stdout)]

mod evidence;

use std::{
    io::{BufRead, Error, Result},
    path::Path,
    time::Instant,
};

use coderoom_engine::{RelPath, TextStore};
use coderoom_graph::{Part, PredictOptions, Predicted};
use coderoom_system::{LoadOptions, load};

use evidence::World;

/// Paths in an answer.
const LIMIT: usize = 1000;

/// A question.
#[derive(serde::Deserialize)]
struct Question {
    files: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((dir, files)) = args.split_first() else { return Err(Error::other("which DIR?")) };
    let root = Path::new(dir).canonicalize()?;
    let begun = Instant::now();
    let loaded = load(&root, &LoadOptions::default(), &TextStore::default(), None, &|_| ())?;
    let world = World::new(&root, &loaded.session.snapshot())?;
    eprintln!("{} in {:.2} s", world.describe(), begun.elapsed().as_secs_f64());
    if !files.is_empty() {
        for predicted in ask(&world, &Question { files: files.to_vec(), without: Vec::new() })? {
            println!("{}  {}", world.path(predicted.item), shown(&predicted));
        }
        return Ok(());
    }
    let mut times: Vec<f64> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        let begun = Instant::now();
        let found = ask(&world, &question)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        let paths: Vec<&str> = found.iter().map(|it| world.path(it.item)).collect();
        println!("{}", serde_json::to_string(&paths)?);
    }
    times.sort_by(f64::total_cmp);
    if let (Some(median), Some(worst)) = (times.get(times.len() / 2), times.last()) {
        eprintln!("{} questions: p50 {median:.2} ms, max {worst:.2} ms", times.len());
    }
    Ok(())
}

fn ask(world: &World, question: &Question) -> Result<Vec<Predicted>> {
    let mut how = PredictOptions { limit: LIMIT, ..PredictOptions::default() };
    for part in Part::ALL {
        if question.without.contains(&format!("{part:?}").to_lowercase()) {
            how.weights[part as usize] = 0.0;
        }
    }
    let mut changed = Vec::new();
    for file in &question.files {
        let path = RelPath::new(file.as_bytes()).map_err(Error::other)?;
        let item = world.item(&path);
        changed.push((item.ok_or_else(|| Error::other(format!("there is no {file}")))?, 1.0));
    }
    Ok(world.predict(&changed, &how))
}

/// The share, and what has added to it.
fn shown(predicted: &Predicted) -> String {
    let parts = Part::ALL.into_iter().filter(|part| predicted.parts[*part as usize] > 0.0);
    let parts: Vec<String> =
        parts.map(|part| format!("{part:?} {:.2}", predicted.parts[part as usize])).collect();
    format!("{:.3}: {}; {} commits", predicted.share, parts.join(", "), predicted.support)
}
