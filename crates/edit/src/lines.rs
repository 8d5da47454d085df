//! Edits by line number: insert at a line, replace a range of lines.

use crate::text::{self, Ending, body, dominant_ending, excerpt, with_ending};

/// Why an edit by line numbers cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// The file has no such line.
    #[error("there is no line {line}: the file has {have} lines")]
    OutOfRange {
        /// The line asked for.
        line: u64,
        /// How many lines there are.
        have: u64,
    },
    /// The range ends before it starts.
    #[error("the range {first}-{last} ends before it starts")]
    Backwards {
        /// Its first line.
        first: u64,
        /// Its last line.
        last: u64,
    },
    /// The lines are not those that the edit was made for.
    #[error(
        "lines {first}-{last} are not what the edit was made for. Expected:\n{expected}There \
         is:\n{found}Read the file again and take the line numbers from there."
    )]
    Stale {
        /// The first line of the range.
        first: u64,
        /// The last one.
        last: u64,
        /// What the edit expects.
        expected: String,
        /// What is there.
        found: String,
    },
}

impl LinesError {
    /// A stable word for the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            LinesError::OutOfRange { .. } => "line_out_of_range",
            LinesError::Backwards { .. } => "bad_range",
            LinesError::Stale { .. } => "stale_lines",
        }
    }
}

/// Inserts `new` after line `after` (0: before the first line). It becomes lines of its own: a
/// line ending is added where one is missing, except at the end of a file that had none.
///
/// Costs one pass over the text.
///
/// # Errors
/// [`LinesError::OutOfRange`] if the file has no line `after`.
pub fn insert_lines(text: &[u8], after: u64, new: &str) -> Result<Vec<u8>, LinesError> {
    let lines = text::lines(text);
    let have = lines.len() as u64;
    if after > have {
        return Err(LinesError::OutOfRange { line: after, have });
    }
    let mark = if after == 0 && text.starts_with(text::BOM) { text::BOM.len() } else { 0 };
    let at = mark.max(lines[..after as usize].iter().map(|line| line.len()).sum());
    Ok(splice(text, at, at, new))
}

/// Replaces lines `first` to `last` (1-based, inclusive) by `new`; an empty `new` deletes them.
/// With `expected`, the old lines must be these (line endings and the final one aside).
///
/// Costs one pass over the text.
///
/// # Errors
/// [`LinesError::OutOfRange`], [`LinesError::Backwards`], and [`LinesError::Stale`] if the lines are
/// not the expected ones.
pub fn replace_lines(
    text: &[u8],
    first: u64,
    last: u64,
    new: &str,
    expected: Option<&str>,
) -> Result<Vec<u8>, LinesError> {
    let lines = text::lines(text);
    let have = lines.len() as u64;
    if last < first {
        return Err(LinesError::Backwards { first, last });
    }
    if let Some(line) = [first, last].into_iter().find(|line| *line == 0 || *line > have) {
        return Err(LinesError::OutOfRange { line, have });
    }
    let (from, to) = (first as usize - 1, last as usize);
    let start: usize = lines[..from].iter().map(|line| line.len()).sum();
    let end = start + lines[from..to].iter().map(|line| line.len()).sum::<usize>();
    let mark = if from == 0 && text.starts_with(text::BOM) { text::BOM.len() } else { 0 };
    if let Some(expected) = expected {
        let found = &text[start + mark..end];
        let wanted = expected.strip_prefix('\u{feff}').unwrap_or(expected).as_bytes();
        let (a, b) = (text::lines(found), text::lines(wanted));
        // `"\n"` and `""` both stand for one empty line.
        let same = a.len() == b.len().max(1)
            && a.iter()
                .enumerate()
                .all(|(i, line)| body(line) == b.get(i).map_or(&b""[..], |l| body(l)));
        if !same {
            return Err(LinesError::Stale {
                first,
                last,
                expected: excerpt(wanted, 40, 4096),
                found: excerpt(found, 40, 4096),
            });
        }
    }
    Ok(splice(text, start + mark, end, new))
}

/// Puts `new` between two line starts.
fn splice(text: &[u8], start: usize, end: usize, new: &str) -> Vec<u8> {
    let crlf = memchr::memmem::find(text, b"\r\n").is_some();
    let ending = dominant_ending(text);
    let new = if crlf { with_ending(new.as_bytes(), ending) } else { new.as_bytes().into() };
    let ending = if new.ends_with(b"\r\n") { Ending::Crlf } else { ending };
    let mut out = Vec::with_capacity(text.len() + new.len() + 2);
    out.extend_from_slice(&text[..start]);
    if !new.is_empty() {
        if !out.is_empty() && out != text::BOM && !out.ends_with(b"\n") {
            out.extend_from_slice(ending.bytes());
        }
        out.extend_from_slice(&new);
        // A file that had no line feed at its end has none afterwards, unless `new` brings one.
        let had_none = !text.is_empty() && text != text::BOM && !text.ends_with(b"\n");
        let stays_bare = end == text.len() && had_none;
        if !new.ends_with(b"\n") && !stays_bare {
            out.extend_from_slice(ending.bytes());
        }
    }
    out.extend_from_slice(&text[end..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(text: &str, after: u64, new: &str) -> String {
        String::from_utf8(insert_lines(text.as_bytes(), after, new).unwrap()).unwrap()
    }

    fn put(text: &str, first: u64, last: u64, new: &str) -> String {
        let out = replace_lines(text.as_bytes(), first, last, new, None).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn insertions_become_lines_of_their_own() {
        assert_eq!(insert("a\nb\n", 0, "x"), "x\na\nb\n");
        assert_eq!(insert("a\nb\n", 1, "x\n"), "a\nx\nb\n");
        assert_eq!(insert("a\nb\n", 2, "x"), "a\nb\nx\n");
        assert_eq!(insert("a\nb", 2, "x"), "a\nb\nx");
        assert_eq!(insert("a\r\nb\r\n", 1, "x\ny"), "a\r\nx\r\ny\r\nb\r\n");
        assert_eq!(insert("", 0, "x"), "x\n");
        assert_eq!(insert("\u{feff}a\n", 0, "x"), "\u{feff}x\na\n");
        assert!(insert_lines(b"a\n", 2, "x").is_err());
    }

    #[test]
    fn ranges_are_replaced_and_deleted() {
        assert_eq!(put("a\nb\nc\n", 2, 2, "x\ny"), "a\nx\ny\nc\n");
        assert_eq!(put("a\nb\nc", 3, 3, "x"), "a\nb\nx");
        assert_eq!(put("a\nb\nc", 1, 2, ""), "c");
        assert_eq!(put("a\r\nb\r\n", 1, 1, "x\n"), "x\r\nb\r\n");
        assert_eq!(put("\u{feff}a\nb\n", 1, 1, "x"), "\u{feff}x\nb\n");
        for (first, last) in [(0, 1), (2, 1), (1, 4), (4, 4)] {
            assert!(replace_lines(b"a\nb\nc\n", first, last, "", None).is_err());
        }
    }

    #[test]
    fn a_guard_must_hold() {
        let text = b"a\r\nb\r\n";
        assert!(replace_lines(text, 1, 2, "x", Some("a\nb")).is_ok());
        assert_eq!(replace_lines(text, 1, 1, "x", Some("b")).unwrap_err().code(), "stale_lines");
        assert!(replace_lines(b"\n", 1, 1, "x", Some("")).is_ok());
    }
}
