//! Questions about code, and their answers as plain data.

mod references;

use coderoom_syntax::{OccurrenceIx, Span};
pub use references::{Reference, References};

use super::view::{Code, Target};
use crate::{RelPath, file::FileId};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// Relative to the workspace.
    pub path: RelPath,
    /// 1-based.
    pub line: u32,
    /// 1-based, in Unicode characters.
    pub column: u32,
}

impl Code {
    /// Line and column of a byte, both 1-based, the column in characters.
    pub(crate) fn line_column(&self, file: FileId, at: u32) -> (u32, u32) {
        let Some(text) = self.file(file).and_then(|file| file.text()) else { return (0, 0) };
        let before = &text.bytes()[..(at as usize).min(text.bytes().len())];
        let line = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
        let start = memchr::memrchr(b'\n', before).map_or(0, |it| it + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() as u32 + 1;
        (line, column)
    }

    /// The byte at a line and column.
    pub(crate) fn offset(&self, file: FileId, line: u32, column: u32) -> Option<u32> {
        let text = self.file(file)?.text()?;
        let bytes = text.bytes();
        let start = match line.checked_sub(2) {
            None => 0,
            Some(n) => memchr::memchr_iter(b'\n', bytes).nth(n as usize)? + 1,
        };
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |it| start + it);
        let text = String::from_utf8_lossy(&bytes[start..end]);
        let skipped: usize =
            text.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        Some((start + skipped) as u32)
    }

    /// The place of a byte.
    pub(crate) fn place(&self, file: FileId, at: u32) -> Option<Place> {
        let (line, column) = self.line_column(file, at);
        Some(Place { path: self.file(file)?.path.clone(), line, column })
    }

    /// The occurrence at a place.
    pub(crate) fn occurrence(
        &self,
        path: &RelPath,
        line: u32,
        column: u32,
    ) -> Option<(FileId, OccurrenceIx)> {
        let file = self.snapshot.id_of(path)?;
        let facts = self.facts(file)?;
        let at = self.offset(file, line, column)?;
        Some((file, facts.occurrence_at(at)?))
    }

    /// Where a symbol's name stands.
    pub(crate) fn span_of(&self, target: Target) -> Option<Span> {
        let facts = self.facts(target.file)?;
        Some(facts.facts.symbols.get(target.symbol.0 as usize)?.at)
    }
}
