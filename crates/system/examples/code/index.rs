//! How fast facts and names are made, and what they weigh.

use std::{
    io::{Error, Result},
    time::{Duration, Instant},
};

use coderoom_engine::{CodeIndex, IndexStats};
use serde_json::{Value, json};

use super::tree;

/// Makes the index of a tree's files again and again, with each number of threads in turn.
pub(crate) fn speed(dir: &str, extensions: &str, rounds: usize, threads: &str) -> Result<Value> {
    let texts = tree::texts(&tree::loaded(dir)?.session.snapshot(), extensions);
    let threads: Vec<usize> = threads.split(',').filter_map(|it| it.parse().ok()).collect();
    let pools = threads.iter().map(|n| rayon::ThreadPoolBuilder::new().num_threads(*n).build());
    let pools = pools.collect::<std::result::Result<Vec<_>, _>>().map_err(Error::other)?;
    let mut stats = IndexStats::default();
    let mut samples = Vec::new();
    for _ in 0..rounds {
        for (pool, threads) in pools.iter().zip(&threads) {
            let snapshot = tree::fresh(&texts).snapshot();
            let (begun, cpu) = (Instant::now(), cpu_seconds()?);
            let index = pool.install(|| CodeIndex::build(&snapshot, &|| false));
            let seconds = begun.elapsed().as_secs_f64();
            let cpu = cpu_seconds()? - cpu;
            stats = index.ok_or_else(|| Error::other("cut"))?.stats();
            samples.push(json!({ "threads": threads, "seconds": seconds, "cpu": cpu }));
        }
    }
    Ok(json!({ "stats": stats, "samples": samples }))
}

/// Processor time of this process so far.
fn cpu_seconds() -> Result<f64> {
    /// What the kernel counts in, whatever the machine (`USER_HZ`).
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
    Ok(ticks as f64 / TICKS)
}

/// Resident memory with the texts and their trigrams, and with the index of code as well.
pub(crate) fn memory(dir: &str) -> Result<Value> {
    let loaded = tree::loaded(dir)?;
    let snapshot = loaded.session.snapshot();
    let totals = snapshot.totals();
    let before = at_rest()?;
    let index = CodeIndex::build(&snapshot, &|| false).ok_or_else(|| Error::other("cut"))?;
    let after = at_rest()?;
    Ok(json!({
        "text_bytes": totals.text_bytes, "trigram_bytes": snapshot.index_bytes(),
        "stats": index.stats(), "without": before, "with": after,
    }))
}

/// Resident bytes, once the allocator has given back what it does not need.
fn at_rest() -> Result<u64> {
    std::thread::sleep(Duration::from_millis(300));
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|it| it.parse().ok());
    kib.map(|kib: u64| kib * 1024).ok_or_else(|| Error::other("no VmRSS"))
}
