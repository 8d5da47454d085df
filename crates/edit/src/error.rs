//! Why an edit cannot be made, as values with stable codes and messages that say how to repair it.

use std::fmt::Write as _;

use crate::{Format, LinesError, Near, ReplaceError};

/// Why a batch of edits cannot be made. Nothing of the batch has been applied.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditError {
    /// A replacement in one file failed.
    #[error("`{path}`{}: {error}", in_block(*block))]
    Replace {
        /// The file.
        path: String,
        /// The number of the SEARCH block in the input, from 1, if it was one.
        block: Option<usize>,
        /// What is wrong.
        error: ReplaceError,
    },
    /// An edit by line numbers failed.
    #[error("`{path}`: {error}")]
    Lines {
        /// The file.
        path: String,
        /// What is wrong.
        error: LinesError,
    },
    /// A hunk's old lines are not in the file.
    #[error("`{path}`: {failure}")]
    HunkFailed {
        /// The file.
        path: String,
        /// Which hunk, what it expects, and what is there.
        failure: Box<HunkFailure>,
    },
    /// A hunk does not say where it belongs, and its old lines are in the file more than once.
    #[error(
        "`{path}`: hunk {hunk} fits in {count} places (lines {}); give its line number in the \
         `@@` header, or more lines of context",
        numbers(lines, *count)
    )]
    HunkAmbiguous {
        /// The file.
        path: String,
        /// The hunk's number in its file, from 1.
        hunk: usize,
        /// The first lines at which it fits.
        lines: Vec<u64>,
        /// At how many it fits.
        count: u64,
    },
    /// The input is not what its format says.
    #[error("bad {format}{}: {message}", at_line(*line))]
    BadPatch {
        /// The format that was read.
        format: Format,
        /// The 1-based line of the input (0 if no line is to blame).
        line: u64,
        /// What is wrong, and what is expected there.
        message: String,
    },
    /// A binary patch, which this crate does not apply.
    #[error("`{path}`: binary patches are not applied; write the file's new content instead")]
    BinaryPatch {
        /// The file.
        path: String,
    },
    /// An edit of a file that is not there.
    #[error("`{path}` does not exist; check the path, or create the file instead")]
    UnknownPath {
        /// The file.
        path: String,
    },
    /// A file would be created where there is one.
    #[error("`{path}` exists already; edit it, or delete it first")]
    PathExists {
        /// The file.
        path: String,
    },
    /// A path that leaves the workspace, or is none.
    #[error("`{}` is not a path in the workspace: {reason}", path.escape_debug())]
    BadPath {
        /// The path as given.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two text edits of one batch change the same characters.
    #[error(
        "`{path}`: the edits at {first} and {second} overlap; all ranges are positions in the text \
         before any of the edits"
    )]
    OverlappingEdits {
        /// The file.
        path: String,
        /// The earlier range, `line:character-line:character`, 0-based.
        first: String,
        /// The later one.
        second: String,
    },
    /// A text edit names a position that the file does not have.
    #[error("`{path}`: there is no position {position} (line:character, both from 0); {reason}")]
    BadPosition {
        /// The file.
        path: String,
        /// The position.
        position: String,
        /// Why there is none.
        reason: String,
    },
}

impl EditError {
    /// A stable word for the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            EditError::Replace { error, .. } => error.code(),
            EditError::Lines { error, .. } => error.code(),
            EditError::HunkFailed { .. } => "hunk_failed",
            EditError::HunkAmbiguous { .. } => "hunk_ambiguous",
            EditError::BadPatch { .. } => "bad_patch",
            EditError::BinaryPatch { .. } => "binary_patch",
            EditError::UnknownPath { .. } => "unknown_path",
            EditError::PathExists { .. } => "path_exists",
            EditError::BadPath { .. } => "bad_path",
            EditError::OverlappingEdits { .. } => "overlapping_edits",
            EditError::BadPosition { .. } => "bad_position",
        }
    }

    pub(crate) fn bad(format: Format, line: usize, message: impl Into<String>) -> EditError {
        EditError::BadPatch { format, line: line as u64, message: message.into() }
    }
}

/// A hunk, what it expects and what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct HunkFailure {
    /// The hunk's number in its file, from 1.
    pub hunk: usize,
    /// How its input calls it: the `@@` line, or "SEARCH block".
    pub header: String,
    /// The line at which it was expected, if it says so.
    pub line: Option<u64>,
    /// The old lines that it expects.
    pub expected: String,
    /// The lines that are where it points to, if it does.
    pub found: Option<String>,
    /// The line at which its new lines are already, if they are.
    pub applied: Option<u64>,
    /// What comes nearest in the file.
    pub nearest: Vec<Near>,
}

impl std::fmt::Display for HunkFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "hunk {} ({}) does not fit. It expects:", self.hunk, self.header.trim())?;
        indent(f, &self.expected)?;
        if let (Some(line), Some(found)) = (self.line, &self.found) {
            writeln!(f, "At line {line} there is:")?;
            indent(f, found)?;
        }
        if let Some(line) = self.applied {
            writeln!(f, "Its new lines are at line {line} already: was it applied before?")?;
        }
        write_nearest(f, &self.nearest)
    }
}

/// What every "not found" says at its end.
pub(crate) fn write_nearest(f: &mut std::fmt::Formatter<'_>, nearest: &[Near]) -> std::fmt::Result {
    if nearest.is_empty() {
        return f.write_str("Nothing in the file is like it. Read the file again.");
    }
    for (i, near) in nearest.iter().enumerate() {
        if i > 0 {
            f.write_char('\n')?;
        }
        let which = if i == 0 { "Nearest" } else { "Also near" };
        writeln!(
            f,
            "{which}: lines {}-{} ({}% alike): {}",
            near.first_line,
            near.last_line,
            (near.similarity * 100.0).floor(),
            near.note
        )?;
        indent(f, &near.text)?;
    }
    f.write_str("Copy the old text from the file as it is now.")
}

fn indent(f: &mut std::fmt::Formatter<'_>, text: &str) -> std::fmt::Result {
    text.lines().try_for_each(|line| writeln!(f, "  | {line}"))
}

fn in_block(block: Option<usize>) -> String {
    block.map_or_else(String::new, |number| format!(", SEARCH block {number}"))
}

fn at_line(line: u64) -> String {
    if line == 0 { String::new() } else { format!(", line {line}") }
}

/// The first few line numbers, with a word on the rest.
pub(crate) fn numbers(lines: &[u64], count: u64) -> String {
    let mut out = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    if count > lines.len() as u64 {
        out.push_str(", ...");
    }
    out
}
