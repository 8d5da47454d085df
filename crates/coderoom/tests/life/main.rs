//! A daemon's life: started on demand, restarted warm, short of memory or disk, its root gone, and
//! killed at the worst moments. Whatever happened, its answers are the real ripgrep's.
//!
//! Needs ripgrep 15 (`RG`, or `rg` on PATH). `CODEROOM_KILL_ROUNDS` sets how often it is killed in
//! each phase (default 5).

#[path = "../common/mod.rs"]
mod common;

mod crash;
mod demand;
mod restart;
mod shortage;

use std::path::Path;

use coderoom_engine::{Pattern, Query};
use common::{Client, real_rg};

/// Asserts that the daemon holds exactly what is on disk, line for line.
#[track_caller]
fn assert_true(client: &mut Client, root: &Path, when: &str) {
    let pattern = Pattern { patterns: vec![String::new()], ..Pattern::default() };
    let query = Query { pattern, ..Query::default() };
    let ours = match client.rg(root, query) {
        Ok((output, _)) => String::from_utf8_lossy(&output).into_owned(),
        Err(refused) => panic!("{when}: no answer: {refused:?}"),
    };
    let real = String::from_utf8_lossy(&real_rg(root, &[""])).into_owned();
    if ours != real {
        let lost: Vec<&str> = real.lines().filter(|line| !ours.contains(line)).take(5).collect();
        let made: Vec<&str> = ours.lines().filter(|line| !real.contains(line)).take(5).collect();
        panic!("{when}: not in the answer: {lost:?}; not on disk: {made:?}");
    }
}
