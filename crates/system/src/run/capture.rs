//! Keeps what a command prints, within bounds: the beginning and the end.

use std::collections::VecDeque;

/// One output of a command. Of more than the limit, the middle is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// The first bytes.
    pub head: Vec<u8>,
    /// How many bytes are missing after `head`.
    pub cut: u64,
    /// The last bytes; empty if nothing is missing.
    pub tail: Vec<u8>,
}

impl Captured {
    /// All that was kept, with a line in place of what is missing.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.head.clone();
        if self.cut > 0 {
            out.extend_from_slice(format!("\n[... {} bytes cut ...]\n", self.cut).as_bytes());
        }
        out.extend_from_slice(&self.tail);
        out
    }

    /// [`Captured::to_bytes`] as text, with replacements for what is not UTF-8.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.to_bytes()).into_owned()
    }
}

/// Takes an output in.
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    cut: u64,
    limit: usize,
}

impl Capture {
    pub(super) fn new(limit: usize) -> Capture {
        Capture { head: Vec::new(), tail: VecDeque::new(), cut: 0, limit }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let for_tail = self.limit / 2;
        let room = (self.limit - for_tail).saturating_sub(self.head.len());
        let (first, mut rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        if rest.len() > for_tail {
            let gone = rest.len() - for_tail;
            self.cut += (gone + self.tail.len()) as u64;
            self.tail.clear();
            rest = &rest[gone..];
        }
        let over = (self.tail.len() + rest.len()).saturating_sub(for_tail);
        self.tail.drain(..over);
        self.cut += over as u64;
        self.tail.extend(rest);
    }

    pub(super) fn finish(mut self) -> Captured {
        if self.cut == 0 {
            self.head.extend(self.tail.drain(..));
        }
        Captured { head: self.head, cut: self.cut, tail: self.tail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_ends_are_kept_however_the_bytes_come() {
        let all: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        for limit in [0, 1, 7, 100, 999, 1000, 5000] {
            for step in [1, 3, 64, 1000] {
                let mut capture = Capture::new(limit);
                all.chunks(step).for_each(|chunk| capture.push(chunk));
                let kept = capture.finish();
                let (head, tail) = (kept.head.len(), kept.tail.len());
                assert_eq!(head + tail, limit.min(all.len()), "{limit} {step}");
                assert_eq!(head as u64 + kept.cut + tail as u64, all.len() as u64);
                assert_eq!(kept.head, all[..head]);
                assert_eq!(kept.tail, all[all.len() - tail..]);
            }
        }
    }
}
