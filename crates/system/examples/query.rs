//! Times the parts of searches in the engine, without a daemon: compiling, asking the index, and
//! looking at the candidates.
//!
//! `cargo run --release -p coderoom-system --example query -- DIR PATTERN...`

#![allow(clippy::print_stdout)]

use std::{path::Path, time::Instant};

use coderoom_engine::{Limits, Query, Search, TextStore};
use coderoom_system::{LoadOptions, load};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().unwrap_or_else(|| ".".into());
    let options = LoadOptions::default();
    let loaded = load(Path::new(&dir), &options, &TextStore::default(), None, &|_| ())?;
    let snapshot = loaded.session.snapshot();
    println!("| pattern | compile us | candidates us | run us | files | MB | printed |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for pattern in args {
        let mut rows: Vec<[u128; 3]> = Vec::new();
        let mut last = String::new();
        for _ in 0..15 {
            let mut query = Query::default();
            query.pattern.patterns = vec![pattern.clone()];
            query.output.line_number = true;
            let begun = Instant::now();
            let search = Search::new(query, &[]).map_err(std::io::Error::other)?;
            let compiled = Instant::now();
            let candidates = search.candidates(&snapshot);
            let found = Instant::now();
            let never = || false;
            let limits =
                Limits { threads: 2, offset: 0, head_limit: None, max_bytes: None, stop: &never };
            let mut output = Vec::new();
            search.run(&candidates, &limits, &mut output)?;
            let ran = Instant::now();
            let part = |a: Instant, b: Instant| (b - a).as_micros();
            rows.push([part(begun, compiled), part(compiled, found), part(found, ran)]);
            let (files, bytes) = (candidates.len(), candidates.bytes() as f64 / 1e6);
            last = format!("{files} | {bytes:.2} | {}", output.len());
        }
        let median = |i: usize| {
            let mut column: Vec<u128> = rows.iter().map(|row| row[i]).collect();
            column.sort_unstable();
            column[column.len() / 2]
        };
        println!("| `{pattern}` | {} | {} | {} | {last} |", median(0), median(1), median(2));
    }
    Ok(())
}
