//! Near-duplicates among sets of shingles: MinHash signatures (Broder, 1997) in bands
//! (locality-sensitive hashing) to find pairs, and the true Jaccard index to judge them.
//!
//! What is told is exact; what is not found is a matter of chance that is fixed by constants: with 32
//! bands of 4, a pair with 0.7 in common is missed once in 7,000 times, one with 0.5 once in 8.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;

type Map<K, V> = std::collections::HashMap<K, V, FixedState>;

const BANDS: usize = 32;
const ROWS: usize = 4;
/// Of so many items that look alike, each is compared with this many of those before it.
const MAX_BUCKET: usize = 50;

/// How alike things must be, and how many pairs are told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SimilarOptions {
    /// The least share of shingles in common, from 0 to 1.
    pub threshold: f32,
    /// Sets of fewer shingles are too short to say anything.
    pub min_shingles: usize,
    /// The most pairs.
    pub max_pairs: usize,
}

impl Default for SimilarOptions {
    fn default() -> SimilarOptions {
        SimilarOptions { threshold: 0.7, min_shingles: 20, max_pairs: 10_000 }
    }
}

/// Two sets that are alike.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SimilarPair {
    /// The first set, by its place; the smaller one.
    pub first: u32,
    /// The second.
    pub second: u32,
    /// What they have in common by what either has: the Jaccard index, exactly.
    pub similarity: f32,
}

/// What is alike.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Similar {
    /// The most alike first, ties by place.
    pub pairs: Vec<SimilarPair>,
    /// Sets that hang together by these pairs, the largest group first; each by place.
    pub groups: Vec<Vec<u32>>,
    /// Whether there were more pairs than could be told or looked at.
    pub truncated: bool,
}

/// Finds near-duplicates. The sets must be sorted and without repeats; how shingles are hashed is the
/// caller's choice. O(shingles), and O(candidates) comparisons.
pub fn near_duplicates(sets: &[Vec<u64>], options: &SimilarOptions) -> Similar {
    let signed: Vec<(&[u64], Signature)> =
        sets.par_iter().map(|set| (&set[..], Signature::of(set))).collect();
    let signed: Vec<(&[u64], &Signature)> = signed.iter().map(|(set, own)| (*set, own)).collect();
    near_duplicates_of(&signed, options)
}

/// As [`near_duplicates`], of sets whose signatures are known. O(candidates) comparisons.
pub fn near_duplicates_of(sets: &[(&[u64], &Signature)], options: &SimilarOptions) -> Similar {
    let counts = |set: &[u64]| set.len() >= options.min_shingles.max(1);
    let signatures: Vec<Option<&[u64; BANDS]>> =
        sets.iter().map(|(set, signature)| counts(set).then_some(&signature.0)).collect();
    let (candidates, mut truncated) = candidates(&signatures);
    let judge = |(first, second): &(u32, u32)| {
        let similarity = jaccard(sets[*first as usize].0, sets[*second as usize].0);
        let pair = SimilarPair { first: *first, second: *second, similarity };
        (similarity >= options.threshold).then_some(pair)
    };
    let mut pairs: Vec<SimilarPair> = candidates.par_iter().filter_map(judge).collect();
    pairs.sort_by(|a, b| {
        let alike = b.similarity.total_cmp(&a.similarity);
        alike.then((a.first, a.second).cmp(&(b.first, b.second)))
    });
    let groups = groups(sets.len(), &pairs);
    truncated |= pairs.len() > options.max_pairs;
    pairs.truncate(options.max_pairs);
    Similar { pairs, groups, truncated }
}

/// Pairs that agree on a band, each once, at the first such band; and whether some were left out.
fn candidates(signatures: &[Option<&[u64; BANDS]>]) -> (Vec<(u32, u32)>, bool) {
    let mut pairs = Vec::new();
    let mut cut = false;
    for band in 0..BANDS {
        let mut buckets: Map<u64, Vec<u32>> = Map::default();
        for (at, signature) in signatures.iter().enumerate() {
            let Some(signature) = signature else { continue };
            let bucket = buckets.entry(signature[band]).or_default();
            // The first of the bucket is always among them, so that groups hang together.
            let late = bucket.len().saturating_sub(MAX_BUCKET);
            cut |= late > 0;
            let first = if late > 0 { bucket.first().copied() } else { None };
            let others = first.into_iter().chain(bucket[late..].iter().copied());
            let met = |other: &u32| {
                signatures[*other as usize]
                    .is_some_and(|it| it[..band].iter().zip(*signature).any(|(a, b)| a == b))
            };
            pairs.extend(others.filter(|other| !met(other)).map(|other| (other, at as u32)));
            bucket.push(at as u32);
        }
    }
    (pairs, cut)
}

/// What a set is found by: its MinHash signature, each band as one number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature([u64; BANDS]);

impl Signature {
    /// Of a set of shingles: 128 hashes of each.
    pub fn of(set: &[u64]) -> Signature {
        Signature(std::array::from_fn(|band| {
            (0..ROWS).fold(band as u64, |hash, row| {
                let seed = mix((band * ROWS + row) as u64 + 1);
                let least = set.iter().map(|shingle| mix(shingle ^ seed)).min().unwrap_or(0);
                mix(hash ^ least)
            })
        }))
    }
}

/// The finalizer of splitmix64: a permutation of all numbers that leaves nothing where it was.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// What two sorted sets have in common by what either has.
fn jaccard(a: &[u64], b: &[u64]) -> f32 {
    let (mut at, mut to, mut both) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(at), b.get(to)) {
        both += usize::from(x == y);
        at += usize::from(x <= y);
        to += usize::from(y <= x);
    }
    let either = a.len() + b.len() - both;
    if either == 0 { 0.0 } else { both as f32 / either as f32 }
}

/// Connected components of the pairs.
fn groups(count: usize, pairs: &[SimilarPair]) -> Vec<Vec<u32>> {
    let mut above: Vec<u32> = (0..count as u32).collect();
    fn top(above: &mut [u32], mut at: u32) -> u32 {
        while above[at as usize] != at {
            above[at as usize] = above[above[at as usize] as usize];
            at = above[at as usize];
        }
        at
    }
    for pair in pairs {
        let (a, b) = (top(&mut above, pair.first), top(&mut above, pair.second));
        above[a.max(b) as usize] = a.min(b);
    }
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for at in 0..count as u32 {
        groups.entry(top(&mut above, at)).or_default().push(at);
    }
    let mut groups: Vec<Vec<u32>> = groups.into_values().filter(|it| it.len() > 1).collect();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Lcg;

    /// `count` sets of 60 shingles; each second one shares most with the one before it.
    fn sets(count: usize) -> Vec<Vec<u64>> {
        let mut random = Lcg(5);
        let mut sets: Vec<Vec<u64>> = Vec::new();
        for at in 0..count {
            let mut set: Vec<u64> = match at % 2 {
                1 => sets[at - 1].iter().copied().skip(random.below(16)).collect(),
                _ => (0..60).map(|_| random.below(1 << 20) as u64).collect(),
            };
            set.sort_unstable();
            set.dedup();
            sets.push(set);
        }
        sets
    }

    #[test]
    fn pairs_are_those_that_comparing_all_finds() {
        let sets = sets(200);
        let options = SimilarOptions::default();
        let mut wanted = Vec::new();
        for first in 0..sets.len() {
            for second in first + 1..sets.len() {
                let common = sets[first].iter().filter(|it| sets[second].contains(it)).count();
                let either = sets[first].len() + sets[second].len() - common;
                if common as f32 / either as f32 >= options.threshold {
                    wanted.push((first as u32, second as u32));
                }
            }
        }
        let found = near_duplicates(&sets, &options);
        let mut pairs: Vec<_> = found.pairs.iter().map(|it| (it.first, it.second)).collect();
        assert!(found.pairs.is_sorted_by(|a, b| a.similarity >= b.similarity));
        pairs.sort_unstable();
        assert_eq!(pairs, wanted);
        assert_eq!(found.groups.len(), wanted.len());
    }

    #[test]
    fn many_that_are_equal_are_one_group_and_bounded_work() {
        let sets = vec![sets(1).remove(0); 1000];
        let found = near_duplicates(&sets, &SimilarOptions::default());
        assert_eq!((found.pairs.len(), found.truncated), (10_000, true));
        assert_eq!(found.groups.len(), 1);
        assert_eq!(found.groups[0].len(), 1000);
    }

    #[test]
    fn what_is_short_or_empty_is_like_nothing() {
        let sets = vec![Vec::new(), Vec::new(), vec![1, 2], vec![1, 2]];
        assert_eq!(near_duplicates(&sets, &SimilarOptions::default()), Similar::default());
        let all = SimilarOptions { threshold: f32::NAN, min_shingles: 0, max_pairs: 0 };
        assert!(near_duplicates(&sets, &all).pairs.is_empty());
        assert_eq!(near_duplicates(&[], &all), Similar::default());
    }
}
