//! Every target over its seeds, its seeds with random damage, and random bytes.

use std::{fs, path::Path};

use coderoom_checks::TARGETS;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// The committed inputs of a target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<_> =
        fs::read_dir(&dir).expect("seeds").map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// A seed of which some bytes are others, some are gone, and the end is another seed's.
fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 0..6);
    let seed = prop::sample::select(seeds);
    (seed.clone(), seed, any::<prop::sample::Index>(), edits).prop_map(|(seed, end, cut, edits)| {
        let mut bytes = seed[..=cut.index(seed.len())].to_vec();
        bytes.extend_from_slice(&end[end.len().min(bytes.len())..]);
        for (at, byte, what) in edits {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => {
                    bytes.remove(at);
                }
                _ => {}
            }
        }
        bytes
    })
}

fn run(name: &str, cases: u32) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    seeds.iter().for_each(|seed| target(seed));
    let random = prop::collection::vec(any::<u8>(), 0..300);
    let inputs = prop_oneof![3 => damaged(seeds), 1 => random];
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&inputs, |input| {
        target(&input);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn facts() {
    run("facts", 2000);
}

#[test]
fn change() {
    run("change", 300);
}

#[test]
fn plan() {
    run("plan", 600);
}

#[test]
fn rg_args() {
    run("rg_args", 3000);
}

#[test]
fn segment_parts() {
    run("segment_parts", 1500);
}

#[test]
fn wire() {
    run("wire", 2000);
}
