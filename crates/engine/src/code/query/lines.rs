//! Lines and columns of a text: 1-based, columns in Unicode characters.

use std::sync::Arc;

use coderoom_syntax::source_text;

use crate::Text;

/// Lines longer than this are shown up to here.
const MAX_SHOWN: usize = 240;

/// A text with the places where its lines begin.
pub(crate) struct Lines {
    text: Arc<Text>,
    starts: Vec<u32>,
}

impl Lines {
    pub(crate) fn new(text: Arc<Text>) -> Lines {
        let ends = memchr::memchr_iter(b'\n', text.bytes());
        let starts = std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect();
        Lines { text, starts }
    }

    /// How many lines there are; the emptiness behind a last line end is none.
    pub(crate) fn count(&self) -> u32 {
        let open =
            self.starts.last().is_none_or(|start| *start as usize != self.text.bytes().len());
        (self.starts.len() as u32 - u32::from(!open)).max(1)
    }

    /// The line of a byte, from 1.
    pub(crate) fn line_of(&self, at: u32) -> u32 {
        self.starts.partition_point(|start| *start <= at) as u32
    }

    /// Line and column of a byte.
    pub(crate) fn place(&self, at: u32) -> (u32, u32) {
        let at = at.min(self.text.bytes().len() as u32);
        let line = self.line_of(at);
        let start = self.starts[line as usize - 1];
        (line, characters(&self.text.bytes()[start as usize..at as usize]) + 1)
    }

    /// The bytes of a line, without its end.
    pub(crate) fn bytes(&self, line: u32) -> &[u8] {
        let Some(start) = self.starts.get((line as usize).wrapping_sub(1)) else { return &[] };
        let end =
            self.starts.get(line as usize).map_or(self.text.bytes().len(), |end| *end as usize - 1);
        let bytes = &self.text.bytes()[*start as usize..end.max(*start as usize)];
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }

    /// A line as it is shown: without its indentation, cut if it is very long.
    pub(crate) fn shown(&self, line: u32) -> String {
        let text = String::from_utf8_lossy(self.bytes(line));
        shortened(text.trim(), MAX_SHOWN)
    }

    /// Where a line begins and ends.
    pub(crate) fn range(&self, line: u32) -> Option<(u32, u32)> {
        let start = *self.starts.get((line as usize).checked_sub(1)?)?;
        Some((start, start + self.bytes(line).len() as u32))
    }

    /// The byte at a line and column; a column behind the line's end is its end.
    pub(crate) fn offset(&self, line: u32, column: u32) -> Option<u32> {
        let (start, _) = self.range(line)?;
        let text = source_text(self.bytes(line));
        let skip = column.saturating_sub(1) as usize;
        let before: usize = text.chars().take(skip).map(char::len_utf8).sum();
        Some(start + before as u32)
    }

    /// How many characters a line has.
    pub(crate) fn width(&self, line: u32) -> u32 {
        characters(self.bytes(line))
    }
}

/// How many characters these bytes are.
fn characters(bytes: &[u8]) -> u32 {
    if bytes.is_ascii() { bytes.len() as u32 } else { source_text(bytes).chars().count() as u32 }
}

/// The text, or its beginning and a mark.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
