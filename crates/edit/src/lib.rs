//! Texts and an edit in, the new texts out: every format agents write edits in.
//!
//! Pure: no files, no clock, no environment. Texts are bytes that need not be UTF-8; what an edit
//! needs of a workspace comes in as a function from paths to bytes. This file is the one door.

mod batch;
mod blocks;
mod codex;
mod diff;
mod ends;
mod error;
mod fold;
mod format;
mod lines;
mod merge;
mod near;
mod path;
mod replace;
mod text;
mod unified;
mod workspace_edit;

pub use batch::{Action, Applied, Existing, FileEdit, Modify, Outcome, Source, apply_edits};
pub use blocks::SearchBlock;
pub use codex::Chunk;
pub use diff::{
    DiffHunk, DiffLine, DiffOptions, Side, Stat, WordPart, diff, hunks, numstat, stat, stat_table,
    words,
};
pub use ends::shared_ends;
pub use error::{EditError, HunkFailure};
pub use format::{Format, ParseOptions, Parsed, apply, detect, parse};
pub use lines::{LinesError, insert_lines, replace_lines};
pub use merge::{Conflict, MergeOptions, Merged, Part, merge};
pub use near::{Difference, Near, nearest};
pub use path::clean_path;
pub use replace::{ReplaceError, Replaced, replace};
pub use unified::{Hunk, HunkLine, LineKind};
pub use workspace_edit::{Position, PositionEncoding, Range, TextEdit, uri_path};
