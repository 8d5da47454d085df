//! Places in a text as SCIP counts them: lines from 0, and code units from the start of the line.

use coderoom_syntax::Span;

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// Bytes.
    Utf8,
    /// Two-byte units, as in JavaScript and the JVM.
    Utf16,
    /// Characters.
    Utf32,
}

/// Where the lines of a text begin.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    starts: Vec<u32>,
    is_ascii: bool,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t [u8]) -> Lines<'t> {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|at| at as u32 + 1));
        Lines { text, starts, is_ascii: text.is_ascii() }
    }

    /// Whether all units count the same.
    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Line and column of a byte, in bytes.
    pub(super) fn place(&self, at: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        (line as u32, at - self.starts[line])
    }

    /// A range in bytes: three numbers if it ends on the line where it begins, or else four.
    pub(super) fn range(&self, span: Span) -> Vec<u32> {
        let (line, start) = self.place(span.start);
        let (last, end) = self.place(span.end.max(span.start));
        if line == last { vec![line, start, end] } else { vec![line, start, last, end] }
    }

    /// The byte at a line and column; `None` if the line ends before it, or if it is inside of a
    /// character.
    pub(super) fn offset(&self, line: u64, column: u64, units: Units) -> Option<u32> {
        let line = usize::try_from(line).ok()?;
        let column = usize::try_from(column).ok()?;
        let start = *self.starts.get(line)? as usize;
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| *next as usize);
        let line = &self.text[start..end];
        if units == Units::Utf8 || self.is_ascii {
            let inside = |byte: &u8| byte & 0xc0 == 0x80;
            let fits = column <= line.len() && !line.get(column).is_some_and(inside);
            return fits.then_some((start + column) as u32);
        }
        let line = std::str::from_utf8(line).ok()?;
        let (mut counted, mut at) = (0, 0);
        for c in line.chars() {
            if counted >= column {
                break;
            }
            counted += if units == Units::Utf16 { c.len_utf16() } else { 1 };
            at += c.len_utf8();
        }
        (counted == column).then_some((start + at) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_what_they_are_said_to_count() {
        let lines = Lines::new("ab\né🚀x\n".as_bytes());
        for (units, column) in [(Units::Utf8, 6), (Units::Utf16, 3), (Units::Utf32, 2)] {
            assert_eq!(lines.offset(1, column, units), Some(9), "{units:?}");
            assert_eq!(lines.offset(0, 1, units), Some(1));
        }
        assert_eq!(lines.offset(1, 1, Units::Utf8), None, "inside of a character");
        assert_eq!(lines.offset(1, 2, Units::Utf16), None, "inside of a surrogate pair");
        assert_eq!(lines.offset(1, 9, Units::Utf32), None, "behind the line");
        assert_eq!(lines.offset(3, 0, Units::Utf8), None, "behind the text");
        assert_eq!(lines.offset(2, 0, Units::Utf8), Some(11), "the end of the text");
        assert_eq!(lines.range(Span::new(3, 5)), [1, 0, 2]);
        assert_eq!(lines.range(Span::new(1, 5)), [0, 1, 1, 2]);
    }
}
