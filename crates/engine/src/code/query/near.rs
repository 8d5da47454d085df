//! Names that are spelled nearly like one that is not there.

use crate::code::Code;

/// How many are offered.
const MOST: usize = 5;

/// The nearest names of symbols, nearest first.
pub(crate) fn nearest(code: &Code, name: &str) -> Vec<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let bound = (wanted.len() / 3).max(1);
    let found = code.names_where(&mut |candidate| near(&wanted, bound, candidate).is_some());
    let mut best: Vec<(usize, String)> = found
        .into_iter()
        .filter_map(|candidate| Some((near(&wanted, bound, &candidate)?, candidate)))
        .collect();
    best.sort();
    best.truncate(MOST);
    best.into_iter().map(|(_, name)| name).collect()
}

/// The distance between the names without regard to case, if it is small. A name that begins with
/// the one that is wanted is near however long it is.
fn near(wanted: &[char], bound: usize, candidate: &str) -> Option<usize> {
    let lower: Vec<char> = candidate.to_lowercase().chars().collect();
    if lower.len() > wanted.len() + bound {
        let begins = wanted.len() >= 4 && lower.starts_with(wanted);
        return begins.then_some(bound + 1);
    }
    if lower.len() + bound < wanted.len() {
        return None;
    }
    let distance = edits(wanted, &lower);
    (distance <= bound).then_some(distance)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let other = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + other);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count_swaps_as_one() {
        let count = |a: &str, b: &str| {
            edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        assert_eq!(count("save", "save"), 0);
        assert_eq!(count("svae", "save"), 1);
        assert_eq!(count("saves", "save"), 1);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
    }
}
