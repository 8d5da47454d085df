//! Where in a file a hunk belongs.

use std::{collections::HashMap, hash::BuildHasherDefault};

use super::{Hunk, LineKind};
use crate::text::{self, Fnv, Ids, body, occurrences};

/// A file as numbers, one for each line; equal lines have equal numbers.
pub(super) struct Place<'a> {
    pub(super) lines: Vec<&'a [u8]>,
    exact: Index<'a>,
    loose: Option<Index<'a>>,
}

struct Index<'a> {
    ids: Ids<'a>,
    hay: Vec<u32>,
}

impl<'a> Index<'a> {
    fn new(lines: &[&'a [u8]], key: impl Fn(&'a [u8]) -> &'a [u8]) -> Index<'a> {
        let mut ids = Ids::default();
        let hay = lines.iter().map(|line| ids.id(key(line))).collect();
        Index { ids, hay }
    }
}

impl<'a> Place<'a> {
    pub(super) fn new(text: &'a [u8]) -> Place<'a> {
        let lines = text::lines(text);
        let exact = Index::new(&lines, |line| line);
        Place { lines, exact, loose: None }
    }
}

/// Where a hunk goes.
pub(super) struct Placed {
    pub(super) hunk: usize,
    /// The first of its old lines, from 0.
    pub(super) start: usize,
    /// The line after its old lines.
    pub(super) end: usize,
    /// How far that is from where it says.
    pub(super) offset: i64,
    /// At how many other places it would fit.
    pub(super) others: usize,
    /// Whether only with line endings made equal.
    pub(super) loose: bool,
}

pub(super) enum Failed {
    Nowhere,
    Ambiguous(Vec<usize>),
}

/// Looks at the place that the hunk names, then everywhere, taking the nearest.
pub(super) fn locate(
    file: &mut Place<'_>,
    hunk: &Hunk,
    taken: &[Placed],
) -> Result<Placed, Failed> {
    let old: Vec<Vec<u8>> = hunk
        .lines
        .iter()
        .filter(|line| line.kind != LineKind::Added)
        .map(super::HunkLine::bytes)
        .collect();
    // Hunks before this one that were found elsewhere say where this one is likely to be.
    let drift = taken.last().map_or(0, |place| place.offset);
    let expected = hunk.old_start.map(|start| start as i64 - i64::from(!old.is_empty()));
    if old.is_empty() {
        let at = match expected {
            Some(at) => usize::try_from(at + drift).ok().filter(|at| *at <= file.lines.len()),
            None => file.lines.is_empty().then_some(0),
        };
        let offset = if hunk.old_start.is_some() { drift } else { 0 };
        let place = at.map(|start| place(start, 0, offset, 0, false));
        return place.ok_or(Failed::Nowhere);
    }
    let exact = pick(&mut file.exact, &old, expected, drift, taken, false)?;
    if let Some(place) = exact {
        return Ok(place);
    }
    let Place { lines, loose, .. } = file;
    let loose = loose.get_or_insert_with(|| Index::new(lines, body));
    let old: Vec<Vec<u8>> = old.iter().map(|line| body(line).to_vec()).collect();
    pick(loose, &old, expected, drift, taken, true)?.ok_or(Failed::Nowhere)
}

fn place(start: usize, len: usize, offset: i64, others: usize, loose: bool) -> Placed {
    Placed { hunk: 0, start, end: start + len, offset, others, loose }
}

fn pick(
    index: &mut Index<'_>,
    old: &[Vec<u8>],
    expected: Option<i64>,
    drift: i64,
    taken: &[Placed],
    loose: bool,
) -> Result<Option<Placed>, Failed> {
    let len = old.len();
    let free =
        |start: usize| taken.iter().all(|other| start >= other.end || start + len <= other.start);
    let needle = needle(index, old);
    let at = |at: i64| usize::try_from(at).ok();
    let fits = |start: usize| {
        index.hay.get(start..start + len).is_some_and(|lines| lines == needle) && free(start)
    };
    // Exactly where it says: the usual case, without a search.
    if let Some(start) = expected.and_then(at).filter(|start| fits(*start)) {
        return Ok(Some(place(start, len, 0, 0, loose)));
    }
    let mut found = occurrences(&index.hay, &needle);
    found.retain(|start| free(*start));
    let Some(expected) = expected else {
        // Without a number, the order of the hunks is what tells equal places apart.
        let floor = taken.last().map_or(0, |place| place.end);
        let later: Vec<usize> = found.iter().copied().filter(|start| *start >= floor).collect();
        return match (found.as_slice(), later.as_slice()) {
            ([], _) => Ok(None),
            ([start], _) | (_, [start]) => Ok(Some(place(*start, len, 0, 0, loose))),
            _ => Err(Failed::Ambiguous(found)),
        };
    };
    let nearest = found.iter().min_by_key(|start| (**start as i64 - expected - drift).abs());
    let others = found.len().saturating_sub(1);
    Ok(nearest.map(|start| place(*start, len, *start as i64 - expected, others, loose)))
}

/// The numbers of the wanted lines; lines that the file does not have get numbers of their own.
fn needle(index: &Index<'_>, old: &[Vec<u8>]) -> Vec<u32> {
    let mut strangers: HashMap<&[u8], u32, BuildHasherDefault<Fnv>> = HashMap::default();
    let first = u32::MAX;
    old.iter()
        .map(|line| {
            index.ids.get(line).unwrap_or_else(|| {
                let next = first - strangers.len() as u32;
                *strangers.entry(line).or_insert(next)
            })
        })
        .collect()
}
