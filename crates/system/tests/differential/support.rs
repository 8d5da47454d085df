//! Repeatable choices, and output without what differs from run to run. The tests of the `rg` shim
//! include this file too.

/// A small generator of repeatable choices (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// Durations differ between any two runs; everything else must be the same.
pub(crate) fn without_times(bytes: &[u8]) -> Vec<u8> {
    let text = bytes.escape_ascii().to_string();
    let mut kept = String::new();
    let mut rest = &text[..];
    while let Some(at) = rest.find("elapsed") {
        kept.push_str(&rest[..at]);
        let end = rest[at..].find('}').map_or(rest.len(), |i| at + i + 1);
        rest = &rest[end..];
    }
    kept.push_str(rest);
    let lines: Vec<&str> = kept.split("\\n").filter(|l| !l.contains(" seconds ")).collect();
    lines.join("\n").into_bytes()
}
