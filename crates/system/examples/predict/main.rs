//! What else will have to change: predictions for a directory, without a daemon.
//!
//! `cargo run --release -p coderoom-system --example predict -- DIR FILE...` prints ranked paths,
//! one a line. Without files it reads questions from standard input, a JSON array of paths a line,
//! and answers each with a line: `bench/graph/predict_eval.py` asks it many. `--without PART,...`
//! leaves evidence out, `--why` prints what each part adds.

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

fn main() -> Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut how = PredictOptions { limit: LIMIT, ..PredictOptions::default() };
    if let Some(at) = args.iter().position(|arg| arg == "--without") {
        let parts = args.drain(at..).nth(1).unwrap_or_default();
        for part in Part::ALL {
            if parts.split(',').any(|name| name == format!("{part:?}").to_lowercase()) {
                how.weights[part as usize] = 0.0;
            }
        }
    }
    let why = args.iter().position(|arg| arg == "--why").map(|at| args.remove(at)).is_some();
    let Some((dir, files)) = args.split_first() else { return Err(Error::other("which DIR?")) };
    let root = Path::new(dir).canonicalize()?;
    let begun = Instant::now();
    let loaded = load(&root, &LoadOptions::default(), &TextStore::default(), None, &|_| ())?;
    let world = World::new(&root, &loaded.session.snapshot())?;
    eprintln!("{} in {:.2} s", world.describe(), begun.elapsed().as_secs_f64());
    if !files.is_empty() {
        for predicted in ask(&world, files, &how)? {
            println!(
                "{}{}",
                world.path(predicted.item),
                if why { shown(&predicted) } else { String::new() }
            );
        }
        return Ok(());
    }
    let mut times: Vec<f64> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let files: Vec<String> = serde_json::from_str(&line?)?;
        let begun = Instant::now();
        let found = ask(&world, &files, &how)?;
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

fn ask(world: &World, files: &[String], how: &PredictOptions) -> Result<Vec<Predicted>> {
    let mut changed = Vec::new();
    for file in files {
        let path = RelPath::new(file.as_bytes()).map_err(Error::other)?;
        let item = world.item(&path);
        changed.push((item.ok_or_else(|| Error::other(format!("there is no {file}")))?, 1.0));
    }
    Ok(world.predict(&changed, how))
}

/// The share, and what has added to it.
fn shown(predicted: &Predicted) -> String {
    let parts = Part::ALL.into_iter().filter(|part| predicted.parts[*part as usize] > 0.0);
    let parts: Vec<String> =
        parts.map(|part| format!("{part:?} {:.2}", predicted.parts[part as usize])).collect();
    format!("  {:.3} {}, {} commits", predicted.share, parts.join(", "), predicted.support)
}
