//! The formats of edits: which one an input is in, and from an input to the new bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Applied, EditError, FileEdit, PositionEncoding, Source, apply_edits, blocks, codex, unified,
    workspace_edit,
};

/// A format of edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A unified diff, as `git diff` and `diff -u` print it.
    Unified,
    /// Codex's `*** Begin Patch`.
    Codex,
    /// Aider's SEARCH/REPLACE blocks.
    Blocks,
    /// A `WorkspaceEdit` of the Language Server Protocol, as JSON.
    WorkspaceEdit,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Unified => "unified diff",
            Format::Codex => "apply_patch input",
            Format::Blocks => "SEARCH/REPLACE block",
            Format::WorkspaceEdit => "WorkspaceEdit",
        })
    }
}

/// What an input does not say itself. Only `WorkspaceEdit` has questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// The absolute path of the workspace, which `file://` URIs are made relative to.
    pub root: String,
    /// What the characters of positions are counted in.
    pub encoding: PositionEncoding,
}

/// An input as edits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The steps, in order.
    pub edits: Vec<FileEdit>,
    /// What was read in spite of mistakes.
    pub notes: Vec<String>,
    /// The versions that a `WorkspaceEdit` was made for, for the caller to check.
    pub versions: Vec<(String, i64)>,
}

/// The format that an input is most likely in; what looks like none of them is taken for a diff,
/// whose errors say what is missing.
pub fn detect(input: &[u8]) -> Format {
    let trimmed = input.trim_ascii_start();
    if trimmed.starts_with(b"{") {
        return Format::WorkspaceEdit;
    }
    let mut diff = false;
    for line in input.split(|b| *b == b'\n') {
        let marker = line.trim_ascii();
        if marker == b"*** Begin Patch" {
            return Format::Codex;
        }
        if line.starts_with(b"diff --git ") || line.starts_with(b"--- ") || line.starts_with(b"@@")
        {
            diff = true;
        }
        if !diff && blocks::is_search_marker(line) {
            return Format::Blocks;
        }
    }
    Format::Unified
}

/// Reads an input as edits. Costs a few passes over it.
///
/// # Errors
/// [`EditError::BadPatch`] with the line to repair, [`EditError::BinaryPatch`] and
/// [`EditError::BadPath`].
pub fn parse(format: Format, input: &[u8], options: &ParseOptions) -> Result<Parsed, EditError> {
    let text = || {
        std::str::from_utf8(input).map_err(|error| {
            let line = crate::text::line_of(input, error.valid_up_to());
            EditError::bad(format, line as usize, "it is not UTF-8")
        })
    };
    match format {
        Format::Unified => unified::parse(input),
        Format::Codex => codex::parse(text()?),
        Format::Blocks => blocks::parse(text()?),
        Format::WorkspaceEdit => workspace_edit::parse(text()?, options),
    }
}

/// Reads an input and makes its edits on top of `source`.
///
/// # Errors
/// Those of [`parse`] and of [`apply_edits`]; then nothing of the input counts.
pub fn apply(
    format: Format,
    input: &[u8],
    options: &ParseOptions,
    source: Source<'_, '_>,
) -> Result<Applied, EditError> {
    let parsed = parse(format, input, options)?;
    let mut applied = apply_edits(&parsed.edits, source)?;
    applied.notes.splice(..0, parsed.notes);
    Ok(applied)
}
