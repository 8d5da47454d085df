//! Random tests with new seeds, over and over: what the fixed seed of `.cargo/config.toml` never
//! tries.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// The crates whose tests are random for the most part.
const CRATES: [&str; 6] = [
    "coderoom-syntax",
    "coderoom-graph",
    "coderoom-edit",
    "coderoom-engine",
    "coderoom-system",
    "coderoom-checks",
];

/// Runs their tests until `minutes` have passed, at least once; false when a test failed.
pub(crate) fn explore(root: &Path, minutes: u64) -> io::Result<bool> {
    let (begun, wanted) = (Instant::now(), Duration::from_secs(minutes.saturating_mul(60)));
    for round in 1_u64.. {
        let seed = RandomState::new().hash_one(round);
        eprintln!("explore: round {round}, PROPTEST_RNG_SEED={seed}");
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--quiet"]).args(CRATES.iter().flat_map(|name| ["--package", name]));
        cargo.env("PROPTEST_RNG_SEED", seed.to_string()).current_dir(root);
        if !cargo.status()?.success() {
            eprintln!("explore: the failure comes again with PROPTEST_RNG_SEED={seed}");
            return Ok(false);
        }
        if begun.elapsed() >= wanted {
            break;
        }
    }
    Ok(true)
}
