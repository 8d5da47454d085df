//! Loads a directory, indexes its code and answers questions from standard input, without a
//! daemon: `references PATH LINE COLUMN` or `definition PATH LINE COLUMN`, one JSON array a line.
//!
//! `cargo run --release -p coderoom-system --example references -- DIR`

#![allow(clippy::print_stdout)]

use std::{io::BufRead, path::Path, sync::Arc, time::Instant};

use coderoom_engine::{Certainty, Code, CodeIndex, RelPath, Shelf, TextStore};
use coderoom_system::{LoadOptions, load};

fn main() -> std::io::Result<()> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let options = LoadOptions::default();
    let loaded = load(Path::new(&dir), &options, &TextStore::default(), None, &|_| ())?;
    let snapshot = loaded.session.snapshot();
    let begun = Instant::now();
    let index =
        CodeIndex::build(&snapshot, &|| false).ok_or_else(|| std::io::Error::other("cut"))?;
    let stats = index.stats();
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!("{stats:?}");
    eprintln!("{seconds:.2} s, {:.1} MB/s", stats.source_bytes as f64 / 1e6 / seconds);
    let code = Code::new(snapshot, Arc::new(index), Arc::new(Shelf::new(256 << 20)));
    let mut times: Vec<f64> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [what, path, row, column] = parts[..] else { continue };
        let path = RelPath::new(path.as_bytes()).map_err(std::io::Error::other)?;
        let (row, column) = (row.parse().unwrap_or(1), column.parse().unwrap_or(1));
        let begun = Instant::now();
        let answer = match what {
            "definition" => code.definition_at(&path, row, column),
            _ => code.references_at(&path, row, column, Certainty::ByName),
        };
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        let places: Vec<serde_json::Value> = answer
            .into_iter()
            .flat_map(|it| it.references)
            .map(|it| {
                serde_json::json!({
                    "path": it.path.as_str(), "line": it.line, "column": it.column,
                    "role": it.role, "certainty": it.certainty,
                })
            })
            .collect();
        println!("{}", serde_json::Value::from(places));
    }
    times.sort_by(f64::total_cmp);
    if !times.is_empty() {
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        eprintln!("p50 {:.2} ms, p95 {:.2} ms, max {:.2} ms", at(0.5), at(0.95), at(1.0));
    }
    Ok(())
}
