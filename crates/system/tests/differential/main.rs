//! What the engine prints for a query is, byte for byte, what the real ripgrep prints for the same
//! flags on the same tree: generated trees with nasty content, generated patterns and flags.
//!
//! Needs ripgrep 15 (`RG`, or `rg` on PATH). `CODEROOM_DIFFERENTIAL_CASES` sets the number of cases
//! (default 1500); a failure prints the seed, the command and both answers.

mod case;
mod support;
mod tree;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use case::Case;
use coderoom_engine::{Limits, Search, Snapshot, TextStore};
use coderoom_system::{LoadOptions, Workspace};
pub(crate) use support::Random;
use support::without_times;

fn ripgrep() -> PathBuf {
    let rg = std::env::var_os("RG").map_or_else(|| PathBuf::from("rg"), PathBuf::from);
    let version = Command::new(&rg).arg("--version").output();
    let version = version.unwrap_or_else(|err| {
        panic!("this test compares with the real ripgrep: set RG or put rg 15 on PATH ({err})")
    });
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    assert!(text.starts_with("ripgrep 15."), "this test is made for ripgrep 15, not {text:?}");
    rg
}

/// What a run printed, and how it ended.
struct Outcome {
    stdout: Vec<u8>,
    exit: i32,
}

fn by_ripgrep(rg: &Path, root: &Path, case: &Case) -> Outcome {
    let output = Command::new(rg)
        .arg("--no-config")
        .args(case.args())
        .current_dir(root)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("ripgrep runs");
    Outcome { stdout: output.stdout, exit: output.status.code().unwrap_or(-1) }
}

fn by_engine(snapshot: &Snapshot, root: &Path, case: &Case, threads: usize) -> Outcome {
    let (query, root_is_file) = case.query(snapshot, root);
    let search = match Search::new(query, &root_is_file) {
        Ok(search) => search,
        Err(_) => return Outcome { stdout: Vec::new(), exit: 2 },
    };
    let candidates = search.candidates(snapshot);
    let never = || false;
    let limits = Limits { threads, offset: 0, head_limit: None, max_bytes: None, stop: &never };
    let mut stdout = Vec::new();
    let summary = search.run(&candidates, &limits, &mut stdout).expect("writing to memory");
    stdout.extend(search.trailer(&summary, Duration::ZERO));
    Outcome { stdout, exit: i32::from(!summary.matched) }
}

#[test]
fn prints_what_ripgrep_prints() {
    let rg = ripgrep();
    let cases: u64 = std::env::var("CODEROOM_DIFFERENTIAL_CASES")
        .map_or(1500, |n| n.parse().expect("CODEROOM_DIFFERENTIAL_CASES is a number"));
    let first: u64 = std::env::var("CODEROOM_DIFFERENTIAL_SEED")
        .map_or(1, |n| n.parse().expect("CODEROOM_DIFFERENTIAL_SEED is a number"));
    let failed = AtomicBool::new(false);
    let mut matched = 0;
    for tree_seed in 0..cases.div_ceil(60) {
        let mut random = Random(first + tree_seed * 1000);
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().expect("it exists");
        tree::make(&mut random, &root);
        let options = LoadOptions::default();
        let workspace = Workspace::open(&root, options, TextStore::default()).expect("loads");
        for number in 0..60 {
            let seed = first + tree_seed * 1000 + number;
            let case = Case::random(&mut random);
            let (snapshot, _) = workspace.fresh(Instant::now() + Duration::from_secs(60));
            let theirs = by_ripgrep(&rg, &root, &case);
            let ours = by_engine(&snapshot, &root, &case, 1 + number as usize % 2);
            matched += u64::from(theirs.exit == 0);
            if case.reaches_unheld(&snapshot) {
                continue;
            }
            if ours.exit != theirs.exit
                || without_times(&ours.stdout) != without_times(&theirs.stdout)
            {
                failed.store(true, Ordering::Relaxed);
                eprintln!(
                    "seed {seed}: rg {}\n--- ripgrep, exit {}\n{}\n--- coderoom, exit {}\n{}",
                    case.args().join(" "),
                    theirs.exit,
                    String::from_utf8_lossy(&without_times(&theirs.stdout)),
                    ours.exit,
                    String::from_utf8_lossy(&without_times(&ours.stdout)),
                );
            }
        }
    }
    assert!(!failed.load(Ordering::Relaxed), "answers differ from ripgrep's, see above");
    // The generator must not drift into patterns that match nothing.
    assert!(matched * 3 > cases, "only {matched} of {cases} cases matched anything");
}
