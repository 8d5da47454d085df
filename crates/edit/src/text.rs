//! Lines and line endings of bytes that need not be UTF-8.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A UTF-8 byte order mark.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Lf,
    Crlf,
}

impl Ending {
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Ending::Lf => b"\n",
            Ending::Crlf => b"\r\n",
        }
    }
}

/// The lines of `text`, each with its terminator. An empty text has none.
pub(crate) fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::with_capacity(text.len() / 32 + 1);
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', text) {
        lines.push(&text[start..=at]);
        start = at + 1;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

/// A line without its `\n` or `\r\n`.
pub(crate) fn body(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// How a line ends, if it does.
pub(crate) fn ending_of(line: &[u8]) -> Option<Ending> {
    if line.ends_with(b"\r\n") {
        Some(Ending::Crlf)
    } else {
        line.ends_with(b"\n").then_some(Ending::Lf)
    }
}

/// The ending that most lines of `text` have (`Lf` for a text without any).
pub(crate) fn dominant_ending(text: &[u8]) -> Ending {
    let (mut lf, mut crlf) = (0usize, 0usize);
    for at in memchr::memchr_iter(b'\n', text) {
        match at > 0 && text[at - 1] == b'\r' {
            true => crlf += 1,
            false => lf += 1,
        }
    }
    if crlf > lf { Ending::Crlf } else { Ending::Lf }
}

/// `text` with every line ending made `ending`.
pub(crate) fn with_ending(text: &[u8], ending: Ending) -> Cow<'_, [u8]> {
    let plain = memchr::memchr(b'\n', text).is_none();
    if plain || (ending == Ending::Lf && memchr::memmem::find(text, b"\r\n").is_none()) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / 16);
    for line in lines(text) {
        match ending_of(line) {
            Some(_) => {
                out.extend_from_slice(body(line));
                out.extend_from_slice(ending.bytes());
            }
            None => out.extend_from_slice(line),
        }
    }
    Cow::Owned(out)
}

/// The 1-based line that the byte at `offset` is on.
pub(crate) fn line_of(text: &[u8], offset: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text[..offset.min(text.len())]).count() as u64 + 1
}

/// `bytes` as text for people, cut after `lines` lines and `bytes` bytes.
pub(crate) fn excerpt(text: &[u8], max_lines: usize, max_bytes: usize) -> String {
    let all = lines(text);
    let mut out = String::new();
    for (i, line) in all.iter().enumerate() {
        if i == max_lines || out.len() + line.len() > max_bytes {
            if i == 0 {
                out.push_str(&String::from_utf8_lossy(&line[..max_bytes.min(line.len())]));
            }
            out.push_str(&format!("[... {} more lines]\n", all.len() - i));
            break;
        }
        out.push_str(&String::from_utf8_lossy(body(line)));
        out.push('\n');
    }
    out
}

/// Every place where `needle` is in `hay`, overlapping ones too: Knuth, Morris and Pratt's way, so
/// that a thousand equal lines cost no more than a thousand different ones.
pub(crate) fn occurrences(hay: &[u32], needle: &[u32]) -> Vec<usize> {
    if needle.is_empty() || needle.len() > hay.len() {
        return Vec::new();
    }
    let mut border = vec![0usize; needle.len()];
    let mut k = 0;
    for i in 1..needle.len() {
        while k > 0 && needle[i] != needle[k] {
            k = border[k - 1];
        }
        if needle[i] == needle[k] {
            k += 1;
        }
        border[i] = k;
    }
    let mut found = Vec::new();
    let mut matched = 0;
    for (i, id) in hay.iter().enumerate() {
        while matched > 0 && *id != needle[matched] {
            matched = border[matched - 1];
        }
        if *id == needle[matched] {
            matched += 1;
        }
        if matched == needle.len() {
            found.push(i + 1 - matched);
            matched = border[matched - 1];
        }
    }
    found
}

/// Gives equal lines equal numbers, so that sequences of lines can be searched for.
#[derive(Default)]
pub(crate) struct Ids<'a> {
    ids: HashMap<Cow<'a, [u8]>, u32, BuildHasherDefault<Fnv>>,
}

impl<'a> Ids<'a> {
    pub(crate) fn id(&mut self, key: impl Into<Cow<'a, [u8]>>) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(key.into()).or_insert(next)
    }

    /// The number of a line that has one.
    pub(crate) fn get(&self, key: &[u8]) -> Option<u32> {
        self.ids.get(key).copied()
    }
}

/// A hasher without a seed: the crate is a function of its arguments.
#[derive(Clone, Copy)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The table looks at the highest bits, which a multiplication alone leaves poor.
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        self.0 ^= self.0 >> 32;
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// The hash of `bytes`, the same on every machine.
pub(crate) fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let mut fnv = Fnv::default();
    let mut word = 0u64;
    let mut held = 0;
    for byte in bytes {
        word = (word << 8) | u64::from(byte);
        held += 1;
        if held == 8 {
            fnv.write_u64(word);
            (word, held) = (0, 0);
        }
    }
    fnv.write_u64(word | (held << 56));
    fnv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_endings() {
        assert_eq!(lines(b"a\r\nb\n\nc"), [&b"a\r\n"[..], b"b\n", b"\n", b"c"]);
        assert_eq!(lines(b""), Vec::<&[u8]>::new());
        assert_eq!(body(b"a\r\n"), b"a");
        assert_eq!(&*with_ending(b"a\nb\r\nc", Ending::Crlf), b"a\r\nb\r\nc");
        assert_eq!(&*with_ending(b"a\nb\r\nc", Ending::Lf), b"a\nb\nc");
    }

    #[test]
    fn overlapping_places_are_found() {
        assert_eq!(occurrences(&[1, 1, 1, 2, 1, 1], &[1, 1]), [0, 1, 4]);
        assert_eq!(occurrences(&[1, 2, 1, 2, 1], &[1, 2, 1]), [0, 2]);
        assert!(occurrences(&[1], &[1, 1]).is_empty());
    }
}
