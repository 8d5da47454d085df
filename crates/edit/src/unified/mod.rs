//! Unified diffs, as git and diff(1) print them and as models write them.

mod locate;
mod names;
mod parse;

use crate::{
    EditError, HunkFailure, nearest,
    text::{self, body, dominant_ending, excerpt},
};
use locate::{Place, Placed, locate};

pub(crate) use names::quote;
pub(crate) use parse::parse;

/// A hunk of a unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The `@@` line as it is written.
    pub header: String,
    /// The first old line, from 1 (for a hunk without old lines: the line that it comes after);
    /// `None` if the header does not say.
    pub old_start: Option<u64>,
    /// Its body.
    pub lines: Vec<HunkLine>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkLine {
    /// On which side it is.
    pub kind: LineKind,
    /// Its text without the line feed; a carriage return is part of it.
    pub text: Vec<u8>,
    /// Whether it ends the file without a line feed.
    pub no_newline: bool,
}

/// On which side of a diff a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// On both.
    Context,
    /// On the old side.
    Removed,
    /// On the new side.
    Added,
}

impl HunkLine {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.text.clone();
        if !self.no_newline {
            bytes.push(b'\n');
        }
        bytes
    }
}

/// The text after all hunks, each found at or near the place that it names, with exact context.
///
/// Line endings may differ if nothing fits otherwise: then kept lines stay as they are in the file
/// and added lines get its ending.
pub(crate) fn apply_hunks(
    path: &str,
    text: &[u8],
    hunks: &[Hunk],
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, EditError> {
    let mut file = Place::new(text);
    let mut placed: Vec<Placed> = Vec::with_capacity(hunks.len());
    for (i, hunk) in hunks.iter().enumerate() {
        let found = locate(&mut file, hunk, &placed);
        let place = found.map_err(|failed| match failed {
            locate::Failed::Nowhere => EditError::HunkFailed {
                path: path.to_owned(),
                failure: Box::new(failure(text, i + 1, hunk)),
            },
            locate::Failed::Ambiguous(places) => EditError::HunkAmbiguous {
                path: path.to_owned(),
                hunk: i + 1,
                lines: places.iter().take(10).map(|at| *at as u64 + 1).collect(),
                count: places.len() as u64,
            },
        })?;
        if place.offset != 0 {
            notes.push(format!(
                "`{path}`: hunk {} applied at line {} (offset {:+} lines{})",
                i + 1,
                place.start + 1,
                place.offset,
                if place.others > 0 { ", the nearest of several places" } else { "" }
            ));
        }
        if place.loose {
            notes.push(format!(
                "`{path}`: hunk {} matched with line endings made equal; the file's are kept",
                i + 1
            ));
        }
        placed.push(Placed { hunk: i, ..place });
    }
    placed.sort_by_key(|place| (place.start, place.hunk));
    Ok(rewrite(text, &file.lines, hunks, &placed))
}

/// Puts the hunks into the text, from the first place to the last.
fn rewrite(text: &[u8], lines: &[&[u8]], hunks: &[Hunk], placed: &[Placed]) -> Vec<u8> {
    let ending = dominant_ending(text).bytes();
    let mut out: Vec<u8> = Vec::with_capacity(text.len() + 256);
    let put = |out: &mut Vec<u8>, line: &[u8], end: &[u8]| {
        if out.last().is_some_and(|last| *last != b'\n') {
            out.extend_from_slice(ending);
        }
        out.extend_from_slice(line);
        out.extend_from_slice(end);
    };
    let mut at = 0;
    for place in placed {
        lines[at..place.start].iter().for_each(|line| put(&mut out, line, b""));
        at = place.start;
        let hunk = &hunks[place.hunk];
        for line in &hunk.lines {
            match line.kind {
                LineKind::Context => {
                    put(&mut out, lines[at], b"");
                    at += 1;
                }
                LineKind::Removed => at += 1,
                LineKind::Added if line.no_newline => put(&mut out, &line.text, b""),
                LineKind::Added if place.loose => put(&mut out, body(&line.text), ending),
                LineKind::Added => put(&mut out, &line.text, b"\n"),
            }
        }
        // A patch that knows nothing of the missing line feed at the end does not add one.
        let marked = hunk.lines.iter().any(|line| line.no_newline);
        let added_last = hunk.lines.last().is_some_and(|line| line.kind == LineKind::Added);
        if place.loose && at == lines.len() && !marked && added_last && !text.ends_with(b"\n") {
            out.truncate(body(&out).len());
        }
    }
    lines[at..].iter().for_each(|line| put(&mut out, line, b""));
    out
}

/// What a hunk without a place expects, and what is there instead.
fn failure(text: &[u8], number: usize, hunk: &Hunk) -> HunkFailure {
    let side = |other: LineKind| -> Vec<u8> {
        hunk.lines.iter().filter(|line| line.kind != other).flat_map(HunkLine::bytes).collect()
    };
    let (old, new) = (side(LineKind::Added), side(LineKind::Removed));
    let lines = text::lines(text);
    let count = text::lines(&old).len();
    let found = hunk.old_start.map(|start| {
        let from = (start.max(1) as usize - 1).min(lines.len());
        let to = (from + count).min(lines.len());
        match from == to {
            true => format!("(the end of the file, which has {} lines)\n", lines.len()),
            false => excerpt(&lines[from..to].concat(), 40, 4096),
        }
    });
    let applied = (!new.is_empty())
        .then(|| memchr::memmem::find(text, &new))
        .flatten()
        .map(|at| text::line_of(text, at));
    HunkFailure {
        hunk: number,
        header: hunk.header.clone(),
        line: hunk.old_start,
        expected: excerpt(&old, 40, 4096),
        found,
        applied,
        nearest: nearest(text, &old),
    }
}
