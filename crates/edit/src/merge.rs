//! Three-way merge of texts, with the result of `git merge-file`.
//!
//! Changes of one side only are taken; equal changes of both count once; what else touches is a
//! conflict. A conflict is then cut down to the lines in which the two sides really differ, and
//! conflicts with next to nothing between them are made one again.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};
use serde::Serialize;

use crate::{
    diff::{Change, changes},
    text::lines,
};

/// Conflicts with no more lines than this between them are one.
const MIN_GAP: usize = 3;

/// How conflicts are written into the merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeOptions {
    /// What stands behind `<<<<<<<`.
    pub ours: String,
    /// What stands behind `|||||||`.
    pub base: String,
    /// What stands behind `>>>>>>>`.
    pub theirs: String,
    /// Whether the base is shown between the sides; conflicts are then not cut down.
    pub show_base: bool,
}

impl Default for MergeOptions {
    fn default() -> MergeOptions {
        let word = |word: &str| word.to_owned();
        let (ours, base, theirs) = (word("ours"), word("base"), word("theirs"));
        MergeOptions { ours, base, theirs, show_base: false }
    }
}

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text, with markers around conflicts.
    pub text: Vec<u8>,
    /// The conflicts, in order; none means that the merge is clean.
    pub conflicts: Vec<Conflict>,
}

/// A place that both sides changed, differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The line of its first marker in the merged text, from 1.
    pub line: u64,
    /// What the base has there.
    pub base: Part,
    /// What we have there.
    pub ours: Part,
    /// What they have there.
    pub theirs: Part,
}

/// Lines of one of the three texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The first line, from 1 (where it would be, if there are none).
    pub first_line: u64,
    /// How many lines there are.
    pub lines: u64,
    /// The lines; what is not UTF-8 is replaced.
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Ours,
    Theirs,
    Conflict,
}

/// A stretch of the three texts that somebody changed.
#[derive(Clone, Debug)]
struct Region {
    kind: Kind,
    base: Range<usize>,
    ours: Range<usize>,
    theirs: Range<usize>,
}

/// Merges what `ours` and `theirs` made of `base`.
///
/// Costs two diffs, and a small one for each conflict.
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8], options: &MergeOptions) -> Merged {
    let texts = Texts { base: lines(base), ours: lines(ours), theirs: lines(theirs) };
    let to_ours = compare(&texts.base, &texts.ours);
    let to_theirs = compare(&texts.base, &texts.theirs);
    let whole = |text: &[u8]| Merged { text: text.to_vec(), conflicts: Vec::new() };
    if to_ours.is_empty() {
        return whole(theirs);
    }
    if to_theirs.is_empty() {
        return whole(ours);
    }
    let mut regions = overlay(&texts, &to_ours, &to_theirs);
    if !options.show_base {
        regions = refine(&texts, regions, &to_ours, &to_theirs);
        regions = join_close(&texts, regions);
    }
    write(&texts, &regions, options)
}

struct Texts<'a> {
    base: Vec<&'a [u8]>,
    ours: Vec<&'a [u8]>,
    theirs: Vec<&'a [u8]>,
}

/// What differs, as `git merge-file` sees it: Myers, without the indent heuristic.
fn compare(old: &[&[u8]], new: &[&[u8]]) -> Vec<Change> {
    let mut input: InternedInput<&[u8]> = InternedInput::default();
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_no_heuristic(&input);
    changes(&diff)
}

/// Lays both lists of changes over each other.
fn overlay(texts: &Texts<'_>, ours: &[Change], theirs: &[Change]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let (mut a, mut b) = (ours.iter().peekable(), theirs.iter().peekable());
    // How far the lines of a side are from those of the base, behind its changes so far.
    let (mut shift_a, mut shift_b) = (0isize, 0isize);
    let moved = |range: &Range<usize>, by: isize| {
        range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by)
    };
    let grown = |change: &Change| change.new.end as isize - change.old.end as isize;
    loop {
        let (x, y) = (a.peek().copied(), b.peek().copied());
        let (first, second) = match (x, y) {
            (None, None) => break,
            (Some(x), None) => (Some(x), None),
            (None, Some(y)) => (None, Some(y)),
            (Some(x), Some(y)) if x.old.end < y.old.start => (Some(x), None),
            (Some(x), Some(y)) if y.old.end < x.old.start => (None, Some(y)),
            (Some(x), Some(y)) => (Some(x), Some(y)),
        };
        match (first, second) {
            (Some(x), None) => {
                let theirs = moved(&x.old, shift_b);
                let (base, ours) = (x.old.clone(), x.new.clone());
                add(&mut regions, Region { kind: Kind::Ours, base, ours, theirs });
                shift_a = grown(x);
                a.next();
            }
            (None, Some(y)) => {
                let ours = moved(&y.old, shift_a);
                let (base, theirs) = (y.old.clone(), y.new.clone());
                add(&mut regions, Region { kind: Kind::Theirs, base, ours, theirs });
                shift_b = grown(y);
                b.next();
            }
            (Some(x), Some(y)) => {
                let equal =
                    x.old == y.old && texts.ours[x.new.clone()] == texts.theirs[y.new.clone()];
                if !equal {
                    add(&mut regions, both(x, y));
                }
                if x.old.end >= y.old.end {
                    shift_b = grown(y);
                    b.next();
                }
                if y.old.end >= x.old.end {
                    shift_a = grown(x);
                    a.next();
                }
            }
            (None, None) => break,
        }
    }
    regions
}

/// The region that two changes which touch cover together.
fn both(x: &Change, y: &Change) -> Region {
    let base = x.old.start.min(y.old.start)..x.old.end.max(y.old.end);
    let side = |change: &Change| {
        let before = change.old.start - base.start;
        let after = base.end - change.old.end;
        change.new.start.saturating_sub(before)..change.new.end + after
    };
    let (ours, theirs) = (side(x), side(y));
    Region { kind: Kind::Conflict, base, ours, theirs }
}

/// Adds a region, or makes it one with the last if they touch on either side.
fn add(regions: &mut Vec<Region>, region: Region) {
    match regions.last_mut() {
        Some(last)
            if region.ours.start <= last.ours.end || region.theirs.start <= last.theirs.end =>
        {
            if last.kind != region.kind {
                last.kind = Kind::Conflict;
            }
            last.base.end = region.base.end;
            last.ours.end = region.ours.end;
            last.theirs.end = region.theirs.end;
        }
        _ => regions.push(region),
    }
}

/// Cuts conflicts down to the lines in which the two sides differ.
fn refine(
    texts: &Texts<'_>,
    regions: Vec<Region>,
    to_ours: &[Change],
    to_theirs: &[Change],
) -> Vec<Region> {
    let mut refined = Vec::with_capacity(regions.len());
    for region in regions {
        if region.kind != Kind::Conflict || region.ours.is_empty() || region.theirs.is_empty() {
            refined.push(region);
            continue;
        }
        let (ours, theirs) =
            (&texts.ours[region.ours.clone()], &texts.theirs[region.theirs.clone()]);
        for change in compare(ours, theirs) {
            let within = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
            let ours = within(&change.old, region.ours.start);
            let theirs = within(&change.new, region.theirs.start);
            let (a, b) = (back(to_ours, &ours), back(to_theirs, &theirs));
            let start = a.start.min(b.start).max(region.base.start);
            let end = a.end.max(b.end).min(region.base.end);
            let base = start..end.max(start);
            refined.push(Region { kind: Kind::Conflict, base, ours, theirs });
        }
    }
    refined
}

/// The lines of the base that lines of a side stand for.
fn back(changes: &[Change], side: &Range<usize>) -> Range<usize> {
    let edge = |at: usize, is_end: bool| {
        // The last change that starts at or before the edge decides.
        let before = changes.partition_point(|change| match is_end {
            true => change.new.start < at,
            false => change.new.start <= at,
        });
        match before.checked_sub(1).map(|i| &changes[i]) {
            None => at,
            Some(change) if at < change.new.end && !is_end => change.old.start,
            Some(change) if at <= change.new.end && is_end => change.old.end,
            Some(change) => change.old.end + (at - change.new.end.min(at)),
        }
    };
    edge(side.start, false)..edge(side.end, true)
}

/// Makes conflicts one if what is between them is short, or says nothing.
fn join_close(texts: &Texts<'_>, regions: Vec<Region>) -> Vec<Region> {
    let mut joined: Vec<Region> = Vec::with_capacity(regions.len());
    for region in regions {
        let close = joined.last().is_some_and(|last| {
            let between = last.ours.end..region.ours.start;
            let quiet = |line: &&[u8]| !line.iter().any(u8::is_ascii_alphanumeric);
            last.kind == Kind::Conflict
                && region.kind == Kind::Conflict
                && (between.len() <= MIN_GAP || texts.ours[between].iter().all(quiet))
        });
        match joined.last_mut().filter(|_| close) {
            Some(last) => {
                last.base.end = region.base.end.max(last.base.end);
                (last.ours.end, last.theirs.end) = (region.ours.end, region.theirs.end);
            }
            None => joined.push(region),
        }
    }
    joined
}

fn write(texts: &Texts<'_>, regions: &[Region], options: &MergeOptions) -> Merged {
    let mut merged = Merged { text: Vec::new(), conflicts: Vec::new() };
    let text = &mut merged.text;
    let mut at = 0;
    for region in regions {
        text.extend(texts.ours[at..region.ours.start].concat());
        at = region.ours.end;
        match region.kind {
            Kind::Ours => text.extend(texts.ours[region.ours.clone()].concat()),
            Kind::Theirs => text.extend(texts.theirs[region.theirs.clone()].concat()),
            Kind::Conflict => {
                merged.conflicts.push(Conflict {
                    line: memchr::memchr_iter(b'\n', text).count() as u64 + 1,
                    base: part(&texts.base, &region.base),
                    ours: part(&texts.ours, &region.ours),
                    theirs: part(&texts.theirs, &region.theirs),
                });
                let ending: &[u8] = if wants_crlf(texts, region) { b"\r\n" } else { b"\n" };
                let mut side = |sign: &str, label: &str, lines: &[&[u8]]| {
                    let space = if label.is_empty() { "" } else { " " };
                    text.extend_from_slice(format!("{}{space}{label}", sign.repeat(7)).as_bytes());
                    text.extend_from_slice(ending);
                    text.extend(lines.concat());
                    if lines.last().is_some_and(|line| !line.ends_with(b"\n")) {
                        text.extend_from_slice(ending);
                    }
                };
                side("<", &options.ours, &texts.ours[region.ours.clone()]);
                if options.show_base {
                    side("|", &options.base, &texts.base[region.base.clone()]);
                }
                side("=", "", &texts.theirs[region.theirs.clone()]);
                side(">", &options.theirs, &[]);
            }
        }
    }
    text.extend(texts.ours[at..].concat());
    merged
}

fn part(lines: &[&[u8]], range: &Range<usize>) -> Part {
    Part {
        first_line: range.start as u64 + 1,
        lines: range.len() as u64,
        text: String::from_utf8_lossy(&lines[range.clone()].concat()).into_owned(),
    }
}

/// Whether markers end in carriage returns: if the lines before them do on both sides, and the
/// base's first line does; a text that does not say has no vote.
fn wants_crlf(texts: &Texts<'_>, region: &Region) -> bool {
    let ours = crlf(&texts.ours, region.ours.start.saturating_sub(1));
    let theirs = || crlf(&texts.theirs, region.theirs.start.saturating_sub(1));
    let base = || crlf(&texts.base, 0);
    let mut vote = ours;
    if vote != Some(false) {
        vote = theirs();
    }
    if vote != Some(false) {
        vote = base();
    }
    vote == Some(true)
}

/// Whether a line, or the one before it if it has no end, ends in CRLF.
fn crlf(lines: &[&[u8]], at: usize) -> Option<bool> {
    let line = lines.get(at).or(lines.last())?;
    if line.ends_with(b"\n") {
        return Some(line.ends_with(b"\r\n"));
    }
    let before = at.checked_sub(1).and_then(|before| lines.get(before))?;
    Some(before.ends_with(b"\r\n"))
}
