//! Loads a directory and prints what that cost: `cargo run --release -p coderoom-system --example
//! load -- DIR`.
#![allow(clippy::print_stdout)]

use std::{path::PathBuf, time::Instant};

use coderoom_engine::TextStore;
use coderoom_system::{LoadOptions, load};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = PathBuf::from(std::env::args_os().nth(1).ok_or("which directory?")?);
    let store = TextStore::default();
    let start = Instant::now();
    let loaded = load(&dir, &LoadOptions::default(), &store, None, &|_| ())?;
    let wall = start.elapsed();
    let snapshot = loaded.session.snapshot();
    let totals = snapshot.totals();
    println!("files           {}", totals.files);
    println!("text bytes      {}", totals.text_bytes);
    println!("directories     {}", loaded.dirs.len());
    println!("problems        {}", loaded.problems.len());
    println!("wall seconds    {:.3}", wall.as_secs_f64());
    println!("  scan          {:.3}", loaded.timings.scan.as_secs_f64());
    println!("  read + index  {:.3}", loaded.timings.read.as_secs_f64());
    println!("  publish       {:.3}", loaded.timings.publish.as_secs_f64());
    println!("index bytes     {}", snapshot.index_bytes());
    println!("coverage        {:?} (uncovered, segments)", snapshot.coverage());
    print_process()?;
    Ok(())
}

/// Processor time and memory, as Linux tells them.
fn print_process() -> Result<(), Box<dyn std::error::Error>> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let seconds = |i: usize| fields[i].parse::<f64>().map(|t| t / TICKS_PER_SECOND);
    println!("user seconds    {:.2}", seconds(11)?);
    println!("system seconds  {:.2}", seconds(12)?);
    for line in std::fs::read_to_string("/proc/self/status")?.lines() {
        if line.starts_with("VmRSS") || line.starts_with("VmHWM") {
            println!("{line}");
        }
    }
    Ok(())
}
