//! A window over the lines of an answer: `offset` lines are passed over, `head_limit` are let
//! through, as `| tail -n +OFFSET | head -n LIMIT` would.

/// Cuts a stream of output to a window of whole lines.
pub(super) struct Window {
    skip: u64,
    left: u64,
    terminator: u8,
}

impl Window {
    pub(super) fn new(offset: u64, head_limit: Option<u64>, terminator: u8) -> Window {
        Window { skip: offset, left: head_limit.unwrap_or(u64::MAX), terminator }
    }

    /// Whether everything passes, so that nothing needs to be counted.
    pub(super) fn is_open(&self) -> bool {
        self.skip == 0 && self.left == u64::MAX
    }

    /// The part of `chunk` inside the window, and whether a line had to be dropped behind it.
    pub(super) fn cut<'a>(&mut self, chunk: &'a [u8]) -> (&'a [u8], bool) {
        if self.is_open() {
            return (chunk, false);
        }
        let mut start = 0;
        while self.skip > 0 && start < chunk.len() {
            start = self.line_end(chunk, start);
            self.skip -= 1;
        }
        let mut end = start;
        while self.left > 0 && end < chunk.len() {
            end = self.line_end(chunk, end);
            self.left -= 1;
        }
        (&chunk[start..end], end < chunk.len())
    }

    fn line_end(&self, chunk: &[u8], start: usize) -> usize {
        memchr::memchr(self.terminator, &chunk[start..]).map_or(chunk.len(), |i| start + i + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_spans_chunks_and_reports_what_it_dropped() {
        let mut window = Window::new(1, Some(2), b'\n');
        assert_eq!(window.cut(b"a\nb\n"), (&b"b\n"[..], false));
        assert_eq!(window.cut(b"c\n"), (&b"c\n"[..], false));
        assert_eq!(window.cut(b""), (&b""[..], false));
        assert_eq!(window.cut(b"d\n"), (&b""[..], true));
    }
}
