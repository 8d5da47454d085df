//! Keeps sources that nest without end from a recursive parser.

/// Bytes that make nesting or chains, or end them.
const COUNTS: [bool; 256] = {
    let mut counts = [false; 256];
    let bytes = b"()[]{},\n+-~.*/|&%@=< :";
    let mut at = 0;
    while at < bytes.len() {
        counts[bytes[at] as usize] = true;
        at += 1;
    }
    counts
};

/// Whether brackets, or prefix operators and other chains within one statement, nest deeper than
/// `limit` allows. A pass over the bytes; strings and comments are not told apart, so that a file
/// full of brackets in strings may be left out too, which costs only its facts.
pub(super) fn nests_too_deep(source: &str, limit: usize) -> bool {
    // A chain costs the parser one small frame or one boxed node for each link.
    let longest_chain = limit.saturating_mul(10);
    // The length of the chain around each open bracket.
    let mut around: Vec<usize> = Vec::new();
    let mut chain = 0usize;
    let bytes = source.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        // Most bytes are letters: one look for those.
        if !COUNTS[usize::from(byte)] {
            continue;
        }
        let last = at.checked_sub(1).map_or(b'\n', |before| bytes[before]);
        match byte {
            b'(' | b'[' | b'{' => {
                around.push(chain);
                chain += 1;
            }
            b')' | b']' | b'}' => chain = around.pop().unwrap_or(0) + 1,
            b',' => chain = around.last().copied().unwrap_or(0),
            b'\n' if around.is_empty() && last != b'\\' => chain = 0,
            b' ' | b':' if !last.is_ascii_alphabetic() => {}
            b'\n' => {}
            _ => chain += 1,
        }
        if around.len() > limit || chain > longest_chain {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::nests_too_deep;

    #[test]
    fn ordinary_sources_pass_and_towers_do_not() {
        let table = format!("x = [\n{}]\n", "    (1, 'a b c', -2.5),\n".repeat(100_000));
        assert!(!nests_too_deep(&table, 1_000));
        assert!(nests_too_deep(&"(".repeat(5_000), 1_000));
        assert!(nests_too_deep(&"not ".repeat(50_000), 1_000));
        assert!(nests_too_deep(&format!("x{}", ".a".repeat(50_000)), 1_000));
        assert!(nests_too_deep(&format!("x = {}1", "-".repeat(50_000)), 1_000));
    }
}
