//! Opens a directory and prints what `fresh` costs, with nothing to do and after a write:
//! `cargo run --release -p coderoom-system --example fresh -- DIR`. Writes one file there, which
//! it removes again.
#![allow(clippy::print_stdout)]

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use coderoom_engine::{RelPath, TextStore};
use coderoom_system::{LoadOptions, Workspace};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = PathBuf::from(std::env::args_os().nth(1).ok_or("which directory?")?);
    let workspace = Workspace::open(&dir, LoadOptions::default(), TextStore::default())?;
    let patience = || Instant::now() + Duration::from_secs(60);
    let first = Instant::now();
    workspace.fresh(patience());
    println!("first fresh     {:?}", first.elapsed());
    println!("watched         {:?}", workspace.status().watch);

    const IDLE_CALLS: u32 = 200_000;
    let start = Instant::now();
    for _ in 0..IDLE_CALLS {
        workspace.fresh(patience());
    }
    println!("idle fresh      {:?}", start.elapsed() / IDLE_CALLS);

    const WRITES: usize = 200;
    let name = RelPath::new(b"coderoom-example.txt")?;
    let path = workspace.root().join(name.as_path());
    let mut times = Vec::with_capacity(WRITES);
    for i in 0..WRITES {
        std::fs::write(&path, format!("write {i}"))?;
        let start = Instant::now();
        let (snapshot, _) = workspace.fresh(patience());
        times.push(start.elapsed());
        let text = snapshot.file(&name).and_then(|file| file.text());
        let seen = text.ok_or("not seen")?.bytes();
        assert_eq!(seen, format!("write {i}").as_bytes());
    }
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    println!("after a write   {:?} p50, {:?} p99", times[WRITES / 2], times[WRITES * 99 / 100]);
    Ok(())
}
