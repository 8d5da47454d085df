//! Differences of two texts: git's unified format, hunks as data, counts, words.
//!
//! Histogram diff with git's indent heuristic, so that hunks begin and end where people would cut.

mod binary;
mod stat;
mod words;

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};
use serde::Serialize;

use crate::{
    LineKind,
    text::{body, lines},
    unified::quote,
};
pub use stat::{Stat, numstat, stat, stat_table};
pub use words::{WordPart, words};

/// How far into a text git looks for a NUL byte that makes it binary.
const BINARY_WINDOW: usize = 8000;
/// How much of a line a hunk's header quotes.
const MAX_SECTION: usize = 80;

/// One side of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether it is executable.
    pub executable: bool,
}

/// How a diff is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    /// How many lines are kept around changes.
    pub context: usize,
    /// Whether texts with NUL bytes are compared by lines too.
    pub text: bool,
    /// Whether binary files are printed so that `git apply` can make them, and not only named.
    pub binary: bool,
    /// Whether what is not UTF-8 counts as binary: where patches travel as text, its bytes would
    /// get lost in lines.
    pub utf8: bool,
}

impl Default for DiffOptions {
    fn default() -> DiffOptions {
        DiffOptions { context: 3, text: false, binary: false, utf8: false }
    }
}

/// A hunk as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffHunk {
    /// The first old line, from 1 (the line before, if there are none).
    pub old_start: u64,
    /// How many old lines there are.
    pub old_lines: u64,
    /// The first new line.
    pub new_start: u64,
    /// How many new lines there are.
    pub new_lines: u64,
    /// The line above that says where this is: a function, a class.
    pub section: String,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// A line of a hunk as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffLine {
    /// On which side it is.
    pub kind: LineKind,
    /// Its text without the line feed; what is not UTF-8 is replaced.
    pub text: String,
    /// Whether it ends the file without a line feed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_newline: bool,
}

/// A run of lines of both sides that is shown together.
struct Group {
    old: Range<usize>,
    new: Range<usize>,
    changes: Vec<Change>,
}

/// Old lines and the new ones in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

/// Both sides as lines, and what differs.
struct Compared<'a> {
    old: Vec<&'a [u8]>,
    new: Vec<&'a [u8]>,
    changes: Vec<Change>,
}

impl<'a> Compared<'a> {
    fn new(old: &'a [u8], new: &'a [u8]) -> Compared<'a> {
        let mut input: InternedInput<&[u8]> = InternedInput::default();
        let (old, new) = (lines(old), lines(new));
        input.update_before(old.iter().copied());
        input.update_after(new.iter().copied());
        let mut diff = Diff::compute(Algorithm::Histogram, &input);
        diff.postprocess_lines(&input);
        Compared { old, new, changes: changes(&diff) }
    }

    /// Changes with their context; those whose context would touch are one group.
    fn groups(&self, context: usize) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for change in &self.changes {
            let old_end = change.old.end.saturating_add(context).min(self.old.len());
            let new_end = change.new.end.saturating_add(context).min(self.new.len());
            match groups.last_mut() {
                Some(group) if change.old.start.saturating_sub(context) <= group.old.end => {
                    (group.old.end, group.new.end) = (old_end, new_end);
                    group.changes.push(change.clone());
                }
                _ => {
                    let before = context.min(change.old.start);
                    groups.push(Group {
                        old: change.old.start - before..old_end,
                        new: change.new.start - before..new_end,
                        changes: vec![change.clone()],
                    });
                }
            }
        }
        groups
    }

    /// The lines of a group in the order of a diff.
    fn each(&self, group: &Group, mut see: impl FnMut(LineKind, &'a [u8])) {
        let mut at = group.old.start;
        for change in &group.changes {
            self.old[at..change.old.start].iter().for_each(|line| see(LineKind::Context, line));
            self.old[change.old.clone()].iter().for_each(|line| see(LineKind::Removed, line));
            self.new[change.new.clone()].iter().for_each(|line| see(LineKind::Added, line));
            at = change.old.end;
        }
        self.old[at..group.old.end].iter().for_each(|line| see(LineKind::Context, line));
    }
}

pub(crate) fn changes(diff: &Diff) -> Vec<Change> {
    let wide = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Change { old: wide(hunk.before), new: wide(hunk.after) }).collect()
}

/// Finds the line that names the place of each group, looking at each line once.
struct Sections<'a> {
    lines: &'a [&'a [u8]],
    seen: usize,
    last: &'a [u8],
}

impl<'a> Sections<'a> {
    fn before(&mut self, line: usize) -> &'a [u8] {
        while self.seen < line {
            let text = self.lines[self.seen];
            if text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'$') {
                self.last = body(text).trim_ascii_end();
            }
            self.seen += 1;
        }
        &self.last[..self.last.len().min(MAX_SECTION)]
    }
}

/// Whether git would call a text binary.
pub(crate) fn is_binary(text: &[u8]) -> bool {
    memchr::memchr(0, &text[..text.len().min(BINARY_WINDOW)]).is_some()
}

/// The hunks between two texts as data, with `context` lines around changes.
///
/// Costs about as much as `git diff`: in proportion to the texts and how much they differ.
pub fn hunks(old: &[u8], new: &[u8], context: usize) -> Vec<DiffHunk> {
    let compared = Compared::new(old, new);
    let mut sections = Sections { lines: &compared.old, seen: 0, last: b"" };
    let mut hunks = Vec::new();
    for group in compared.groups(context) {
        let mut lines = Vec::new();
        compared.each(&group, |kind, line| {
            let ended = line.strip_suffix(b"\n");
            let text = String::from_utf8_lossy(ended.unwrap_or(line)).into_owned();
            lines.push(DiffLine { kind, text, no_newline: ended.is_none() });
        });
        hunks.push(DiffHunk {
            old_start: start(&group.old),
            old_lines: group.old.len() as u64,
            new_start: start(&group.new),
            new_lines: group.new.len() as u64,
            section: String::from_utf8_lossy(sections.before(group.old.start)).into_owned(),
            lines,
        });
    }
    hunks
}

/// The first line of a range as diffs count: from 1, and the line before an empty range.
fn start(range: &Range<usize>) -> u64 {
    range.start as u64 + u64::from(!range.is_empty())
}

/// The diff of one file in git's format, headers included; `None` on a side means that there is no
/// file. Empty if nothing differs.
///
/// `git apply` takes it as it is; of binary files it only says that they differ, unless
/// [`DiffOptions::binary`] asks for a patch. Costs what [`hunks`] costs.
pub fn diff(old: Option<Side<'_>>, new: Option<Side<'_>>, options: &DiffOptions) -> Vec<u8> {
    let (Some(first), Some(last)) = (old.or(new), new.or(old)) else { return Vec::new() };
    let same_mode = old.is_none() || new.is_none() || first.executable == last.executable;
    let both = old.is_some() && new.is_some();
    if both && first.path == last.path && first.bytes == last.bytes && same_mode {
        return Vec::new();
    }
    let name = |prefix: &str, side: &Side<'_>| quote(&format!("{prefix}{}", side.path));
    let (a, b) = (name("a/", &first), name("b/", &last));
    let mut out = format!("diff --git {a} {b}\n").into_bytes();
    let mode = |side: &Side<'_>| if side.executable { "100755" } else { "100644" };
    let mut say = |text: String| out.extend_from_slice(text.as_bytes());
    match (&old, &new) {
        (None, Some(new)) => say(format!("new file mode {}\n", mode(new))),
        (Some(old), None) => say(format!("deleted file mode {}\n", mode(old))),
        (Some(old), Some(new)) if !same_mode => {
            say(format!("old mode {}\nnew mode {}\n", mode(old), mode(new)));
        }
        _ => {}
    }
    let (before, after) = (old.map_or(&b""[..], |s| s.bytes), new.map_or(&b""[..], |s| s.bytes));
    let lost = |side: &[u8]| options.utf8 && std::str::from_utf8(side).is_err();
    let binary = !options.text && [before, after].into_iter().any(|it| is_binary(it) || lost(it));
    let compared = (!binary).then(|| Compared::new(before, after));
    if both && first.path != last.path {
        let alike = match &compared {
            _ if before == after => 100,
            Some(compared) => likeness(compared),
            None => 50,
        };
        let (from, to) = (quote(first.path), quote(last.path));
        say(format!("similarity index {alike}%\nrename from {from}\nrename to {to}\n"));
    }
    if before == after {
        return out;
    }
    // A name with white space ends in a tab, so that nobody takes a part of it for a time stamp.
    let tab = |name: &str| if name.contains(' ') && !name.starts_with('"') { "\t" } else { "" };
    let side = |is_there: bool, name: &str| match is_there {
        true => name.to_owned(),
        false => "/dev/null".to_owned(),
    };
    let (a, b) = (side(old.is_some(), &a), side(new.is_some(), &b));
    match compared {
        None if options.binary => {
            let mode = (both && same_mode).then(|| mode(&last));
            binary::print(old.map(|it| it.bytes), new.map(|it| it.bytes), mode, &mut out);
        }
        None => say(format!("Binary files {a} and {b} differ\n")),
        Some(compared) => {
            say(format!("--- {a}{}\n+++ {b}{}\n", tab(&a), tab(&b)));
            print(&compared, options.context, &mut out);
        }
    }
    out
}

/// The share of both texts that is the same, in percent, never 100 for texts that differ.
fn likeness(compared: &Compared<'_>) -> usize {
    let size = |lines: &[&[u8]]| lines.iter().map(|line| line.len()).sum::<usize>();
    let all = size(&compared.old) + size(&compared.new);
    let changed: usize = compared
        .changes
        .iter()
        .map(|c| size(&compared.old[c.old.clone()]) + size(&compared.new[c.new.clone()]))
        .sum();
    ((all - changed) * 100 / all.max(1)).min(99)
}

fn print(compared: &Compared<'_>, context: usize, out: &mut Vec<u8>) {
    let mut sections = Sections { lines: &compared.old, seen: 0, last: b"" };
    let range = |range: &Range<usize>| match range.len() {
        1 => start(range).to_string(),
        n => format!("{},{n}", start(range)),
    };
    for group in compared.groups(context) {
        let head = format!("@@ -{} +{} @@", range(&group.old), range(&group.new));
        out.extend_from_slice(head.as_bytes());
        let section = sections.before(group.old.start);
        if !section.is_empty() {
            out.push(b' ');
            out.extend_from_slice(section);
        }
        out.push(b'\n');
        compared.each(&group, |kind, line| {
            out.push(match kind {
                LineKind::Context => b' ',
                LineKind::Removed => b'-',
                LineKind::Added => b'+',
            });
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        });
    }
}
