//! Ranges of lines of a held text.

use crate::{Text, TextEncoding};

/// A range of lines, cut out of a text. Lines end as they do in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRange {
    /// The bytes of the lines, as UTF-8 where the file is UTF-16, otherwise as they are.
    pub bytes: Vec<u8>,
    /// 1-based number of the first line.
    pub first: u64,
    /// Number of the last line; `first - 1` if there is none.
    pub last: u64,
    /// Lines in the whole text.
    pub total: u64,
}

/// Lines `first..=last` (1-based; `last` past the end is cut). Costs a pass over the text.
pub fn view_lines(text: &Text, first: u64, last: u64) -> LineRange {
    let decoded;
    let bytes: &[u8] = match text.encoding() {
        TextEncoding::Utf16 => {
            decoded = decode_utf16(text.bytes());
            decoded.as_bytes()
        }
        TextEncoding::Plain | TextEncoding::LateNul => text.bytes(),
    };
    let first = first.max(1);
    let mut line = 1;
    let (mut start, mut end) = (None, None);
    if first == 1 {
        start = Some(0);
    }
    for at in memchr::memchr_iter(b'\n', bytes) {
        if line == last {
            end = Some(at + 1);
        }
        line += 1;
        if line == first {
            start = Some(at + 1);
        }
    }
    let unterminated = bytes.last().is_some_and(|&byte| byte != b'\n');
    let total = line - 1 + u64::from(unterminated);
    let start = start.unwrap_or(bytes.len());
    let end = end.unwrap_or(bytes.len()).max(start);
    LineRange {
        bytes: bytes[start..end].to_vec(),
        first,
        last: last.min(total).max(first - 1),
        total,
    }
}

fn decode_utf16(bytes: &[u8]) -> String {
    let big_endian = bytes.starts_with(&[0xfe, 0xff]);
    let unit = |pair: &[u8]| match pair {
        [a, b] if big_endian => u16::from_be_bytes([*a, *b]),
        [a, b] => u16::from_le_bytes([*a, *b]),
        _ => u16::from(b'?'),
    };
    let units: Vec<u16> = bytes[2..].chunks(2).map(unit).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::TextStore;

    fn view(bytes: &'static [u8], first: u64, last: u64) -> LineRange {
        let text = TextStore::default().intern(Bytes::from_static(bytes)).expect("text");
        view_lines(&text, first, last)
    }

    #[test]
    fn ranges_are_inclusive_and_end_with_the_file() {
        let all = view(b"a\r\nb\nc", 1, 99);
        assert_eq!((&all.bytes[..], all.last, all.total), (&b"a\r\nb\nc"[..], 3, 3));
        assert_eq!(view(b"a\nb\nc\n", 2, 2).bytes, b"b\n");
        let past = view(b"a\n", 5, 9);
        assert_eq!((&past.bytes[..], past.first, past.last, past.total), (&b""[..], 5, 4, 1));
        assert_eq!(view(b"", 1, 1).total, 0);
    }

    #[test]
    fn utf16_is_shown_as_text() {
        assert_eq!(view(b"\xff\xfea\0\n\0b\0", 2, 2).bytes, b"b");
    }
}
