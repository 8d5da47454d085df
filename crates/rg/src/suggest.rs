//! "Did you mean": flags whose names share enough three-letter pieces with an unknown one.

use std::collections::BTreeSet;

use crate::flags::FLAGS;

/// The share of common pieces from which on ripgrep considers two names similar.
const SIMILAR: f64 = 0.4;

/// What ripgrep adds to its message about the unknown flag `--name`, if anything is similar.
pub(crate) fn similar_flags(name: &str) -> Option<String> {
    let wanted = pieces(name);
    let similar: Vec<String> = FLAGS
        .iter()
        .flat_map(|flag| [Some(flag.long), flag.negated(), flag.alias])
        .flatten()
        .filter(|known| similarity(&wanted, &pieces(known)) >= SIMILAR)
        .map(|known| format!("--{known}"))
        .collect();
    (!similar.is_empty())
        .then(|| format!("similar flags that are available: {}", similar.join(", ")))
}

fn pieces(name: &str) -> BTreeSet<[u8; 3]> {
    match *name.as_bytes() {
        [] => BTreeSet::from([*b"!!!"]),
        [a] => BTreeSet::from([[a, b'!', b'!']]),
        [a, b] => BTreeSet::from([[a, b, b'!']]),
        ref bytes => bytes.windows(3).map(|w| [w[0], w[1], w[2]]).collect(),
    }
}

fn similarity(a: &BTreeSet<[u8; 3]>, b: &BTreeSet<[u8; 3]>) -> f64 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    f64::from(u32::try_from(common).unwrap_or(0)) / f64::from(u32::try_from(all).unwrap_or(1))
}
