//! What comes nearest to a text that is not there, and in what it differs.
//!
//! Lines and words that both texts have vote for the offset between them, rare ones louder; only
//! the best few windows are then compared in full. So the cost grows with the size of the texts,
//! not with their product.

use std::collections::HashMap;

use imara_diff::{Algorithm, Diff, InternedInput};
use serde::Serialize;

use crate::{
    fold::{Fold, differences, fold, note},
    text::{Fnv, excerpt, hash, lines},
};

/// How many places are named at most.
const MAX_NEAR: usize = 3;
/// Above this, windows are compared by lines instead of words.
const WORDS_LIMIT: usize = 32 * 1024;
/// How many places of one line or word in the wanted text vote.
const MAX_VOTES: usize = 4;
/// What is less alike than this is not worth showing.
const MIN_SIMILARITY: f64 = 0.4;

/// A place that is like a text which is not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Near {
    /// The first line of the place (1-based).
    pub first_line: u64,
    /// The last one.
    pub last_line: u64,
    /// What is there, cut if it is long.
    pub text: String,
    /// The share of both texts that is the same, 0 to 1.
    pub similarity: f64,
    /// In what kinds of things it differs.
    pub differences: Vec<Difference>,
    /// The differences in words.
    pub note: String,
}

/// A kind of difference between what was wanted and what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Carriage returns.
    LineEndings,
    /// White space at the start of lines.
    Indentation,
    /// White space at the end of lines.
    TrailingSpace,
    /// White space within lines, or blank lines.
    InnerSpace,
    /// Single against double quotes, or straight against typographic ones, dashes and spaces.
    Quotes,
    /// Upper against lower case.
    Case,
    /// The words themselves.
    Lines,
}

/// The places in `text` that come nearest to `want`, best first.
///
/// Costs a few passes over both: below 20 ms for a megabyte of text, and below 100 ms if what is
/// looked for is as long.
pub fn nearest(text: &[u8], want: &[u8]) -> Vec<Near> {
    let (have, wanted) = (lines(text), lines(want));
    if have.is_empty() || wanted.is_empty() {
        return Vec::new();
    }
    // A long text has lines enough to be found by, and one place is all that it can be.
    let long = want.len() > WORDS_LIMIT;
    let votes = votes(&have, &wanted, !long);
    let mut near: Vec<Near> = best_offsets(votes, wanted.len(), if long { 1 } else { MAX_NEAR })
        .into_iter()
        .map(|offset| describe(&have, &wanted, offset))
        .filter(|near| near.similarity >= MIN_SIMILARITY || !lines_differ(near))
        .collect();
    near.sort_by(|a, b| {
        lines_differ(a).cmp(&lines_differ(b)).then(b.similarity.total_cmp(&a.similarity))
    });
    near.dedup_by_key(|near| near.first_line);
    let best = near.first().map_or(0.0, |near| near.similarity);
    // Next to one that has the right words, others are no help.
    let only_form = near.first().is_some_and(|near| !lines_differ(near));
    near.retain(|near| near.similarity >= best - 0.25 && !(only_form && lines_differ(near)));
    near
}

fn lines_differ(near: &Near) -> bool {
    near.differences.contains(&Difference::Lines)
}

/// The words of a line, lower-case, as hashes.
fn words(line: &[u8]) -> impl Iterator<Item = u64> + '_ {
    line.split(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80))
        .filter(|word| !word.is_empty())
        .map(|word| hash(word.iter().map(u8::to_ascii_lowercase)))
}

/// For every offset (shifted by the number of wanted lines) how much speaks for it.
fn votes(have: &[&[u8]], wanted: &[&[u8]], by_words: bool) -> Vec<f32> {
    struct Voter {
        at: Vec<u32>,
        seen: u32,
        weight: f32,
    }
    let mut voters: HashMap<u64, Voter, std::hash::BuildHasherDefault<Fnv>> = HashMap::default();
    let mut whole = Vec::new();
    let mut add = |key: u64, j: usize, weight: f32| {
        let voter = voters.entry(key).or_insert(Voter { at: Vec::new(), seen: 0, weight });
        if voter.at.len() < MAX_VOTES {
            voter.at.push(j as u32);
        }
    };
    for (j, line) in wanted.iter().enumerate() {
        if let Some(key) = line_key(line, &mut whole) {
            add(key, j, 4.0);
        }
        if by_words {
            words(line).for_each(|key| add(key, j, 1.0));
        }
    }
    let mut hits = Vec::new();
    for (i, line) in have.iter().enumerate() {
        let mut hit = |key: u64| {
            if let Some(voter) = voters.get_mut(&key) {
                voter.seen += 1;
                hits.push((i, key));
            }
        };
        if let Some(key) = line_key(line, &mut whole) {
            hit(key);
        }
        if by_words {
            words(line).for_each(&mut hit);
        }
    }
    let mut votes = vec![0f32; have.len() + wanted.len()];
    for (i, key) in hits {
        let voter = &voters[&key];
        for j in &voter.at {
            votes[i + wanted.len() - *j as usize] += voter.weight / voter.seen as f32;
        }
    }
    votes
}

/// The hash of a line without what `fold` makes equal; `None` for lines that say nothing.
fn line_key(line: &[u8], buffer: &mut Vec<u8>) -> Option<u64> {
    buffer.clear();
    fold(line, Fold::ALL, buffer);
    // Kept apart from the words: a line that is one word is more than that word.
    (!buffer.is_empty()).then(|| !hash(buffer.iter().copied()))
}

/// The offsets with the most votes, apart from each other.
fn best_offsets(mut votes: Vec<f32>, wanted: usize, most: usize) -> Vec<isize> {
    let mut best = Vec::new();
    while best.len() < most {
        // Neighbours count too: a line more or less splits the votes of one place.
        let score = |o: usize| {
            let side = |o: Option<usize>| o.and_then(|o| votes.get(o)).copied().unwrap_or(0.0);
            votes[o] + 0.5 * (side(o.checked_sub(1)) + side(Some(o + 1)))
        };
        let Some(top) = (0..votes.len())
            .filter(|o| votes[*o] > 0.0)
            .max_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a)))
        else {
            break;
        };
        best.push(top as isize - wanted as isize);
        let reach = (wanted / 2).max(1);
        let end = (top + reach + 1).min(votes.len());
        votes[top.saturating_sub(reach)..end].fill(0.0);
    }
    best
}

/// Looks closely at the place `offset` lines into the text.
fn describe(have: &[&[u8]], wanted: &[&[u8]], offset: isize) -> Near {
    let (start, end) = align(have, wanted, offset);
    let there = have[start..end].concat();
    let want = wanted.concat();
    let differences = differences(&there, &want);
    Near {
        first_line: start as u64 + 1,
        last_line: end as u64,
        text: excerpt(&there, 30, 4096),
        similarity: similarity(&there, &want),
        note: note(&differences, &there, &want),
        differences,
    }
}

/// The window of the text that the wanted lines stand for, lines missing or added included.
fn align(have: &[&[u8]], wanted: &[&[u8]], offset: isize) -> (usize, usize) {
    let clamp = |at: isize| at.clamp(0, have.len() as isize) as usize;
    let n = wanted.len() as isize;
    let slack = (n / 2 + 1).min(40);
    let (from, to) = (clamp(offset - slack), clamp(offset + n + slack));
    let plain = (clamp(offset).min(have.len() - 1), clamp(offset + n).max(clamp(offset) + 1));
    let plain = (plain.0, plain.1.min(have.len()));
    let mut input: InternedInput<u64> = InternedInput::default();
    let mut buffer = Vec::new();
    let mut keys = |lines: &[&[u8]]| -> Vec<u64> {
        lines.iter().map(|line| line_key(line, &mut buffer).unwrap_or(0)).collect()
    };
    input.update_before(keys(wanted).into_iter());
    input.update_after(keys(&have[from..to]).into_iter());
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let kept = |line: &u32| !diff.is_removed(*line);
    let there = |line: &u32| !diff.is_added(*line);
    let (n, m) = (wanted.len() as u32, (to - from) as u32);
    let firsts = ((0..n).find(kept), (0..m).find(there));
    let lasts = ((0..n).rfind(kept), (0..m).rfind(there));
    let ((Some(j0), Some(i0)), (Some(j1), Some(i1))) = (firsts, lasts) else { return plain };
    let start = (from + i0 as usize).saturating_sub(j0 as usize);
    let end = from + i1 as usize + (n - j1) as usize;
    (start, end.clamp(start + 1, have.len()))
}

/// The share of both texts that is the same.
fn similarity(a: &[u8], b: &[u8]) -> f64 {
    let mut input: InternedInput<&[u8]> = InternedInput::default();
    if a.len().max(b.len()) > WORDS_LIMIT {
        input.update_before(lines(a).into_iter());
        input.update_after(lines(b).into_iter());
    } else {
        input.update_before(tokens(a));
        input.update_after(tokens(b));
    }
    let diff = Diff::compute(Algorithm::Myers, &input);
    let length = |token: imara_diff::Token| input.interner[token].len();
    let same: usize = (0u32..)
        .zip(&input.before)
        .filter(|(i, _)| !diff.is_removed(*i))
        .map(|(_, token)| length(*token))
        .sum();
    2.0 * same as f64 / (a.len() + b.len()).max(1) as f64
}

/// Words, runs of white space, and every other character on its own.
pub(crate) fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    fn class(byte: u8) -> u8 {
        match byte {
            b if b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80 => 1,
            b'\n' => 3,
            b if b.is_ascii_whitespace() => 2,
            _ => 0,
        }
    }
    let mut rest = text;
    std::iter::from_fn(move || {
        let kind = class(*rest.first()?);
        let single = kind == 0 || kind == 3;
        let end = match single {
            true => 1,
            false => rest.iter().position(|b| class(*b) != kind).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}
