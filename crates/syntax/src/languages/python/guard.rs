//! Keeps sources that nest without end from a recursive parser, and gives it the stack for others.

/// Bytes that make nesting or chains, end them, or end a word, which may be an operator.
const COUNTS: [bool; 256] = {
    let mut counts = [false; 256];
    let bytes = b"()[]{},+-~.*/|&%@=<>^: \n\t\r\x0c\\#\"'";
    let mut at = 0;
    while at < bytes.len() {
        counts[bytes[at] as usize] = true;
        at += 1;
    }
    counts
};

/// Stack for trees that may be deep. Address space only, until it is touched.
const STACK: usize = 32 << 20;
/// Trees of so many levels need no more than [`RED_ZONE`], to be dropped by code that is not optimised.
const FEW: usize = 500;
const RED_ZONE: usize = 512 << 10;

/// Runs `work`, which makes a tree of `source` and drops it, where there is stack enough for one with
/// chains of `longest` links ([`longest_chain`]). A new stack costs some 20 us, and most sources need
/// none: the parser and the walk see to their own.
pub(super) fn with_stack<T>(source: &str, longest: usize, work: impl FnOnce() -> T) -> T {
    // Blocks are indented further than those around them: n of them take n * n / 2 bytes.
    let blocks = (2 * source.len()).isqrt();
    match longest + blocks {
        levels if levels <= FEW => stacker::maybe_grow(RED_ZONE, STACK, work),
        _ => stacker::grow(STACK, work),
    }
}

/// The longest chain of brackets, prefix operators and other links within one statement: no tree of it
/// nests deeper. `None` if brackets nest deeper than `limit` allows, or a chain would.
///
/// A pass over the bytes; strings and comments are not told apart, so that a file full of brackets in
/// strings may be left out too, which costs only its facts.
pub(super) fn longest_chain(source: &str, limit: usize) -> Option<usize> {
    // A chain costs the parser one small frame or one boxed node for each link.
    let most = limit.saturating_mul(10);
    // The length of the chain around each open bracket.
    let mut around: Vec<usize> = Vec::new();
    let (mut chain, mut longest) = (0usize, 0usize);
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
            b'\n' if around.is_empty() && !goes_on(&bytes[..at]) => chain = 0,
            // What ends no word links nothing.
            b' ' | b':' | b'\n' | b'\t' | b'\r' | b'\x0c' | b'\\' | b'#' | b'"' | b'\''
                if !last.is_ascii_alphabetic() => {}
            _ => chain += 1,
        }
        longest = longest.max(chain);
        if around.len() > limit || chain > most {
            return None;
        }
    }
    Some(longest)
}

/// Whether a line goes on behind its end.
fn goes_on(line: &[u8]) -> bool {
    line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"\\")
}

#[cfg(test)]
mod tests {
    use super::longest_chain;
    use crate::{Budget, Language, TextEdit, extract, extract_after, stays_clean, syntax_errors};

    #[test]
    fn ordinary_sources_pass_and_towers_do_not() {
        let nests_too_deep = |source: &str| longest_chain(source, 1_000).is_none();
        let table = format!("x = [\n{}]\n", "    (1, 'a b c', -2.5),\n".repeat(100_000));
        assert!(!nests_too_deep(&table));
        assert!(nests_too_deep(&"(".repeat(5_000)));
        assert!(nests_too_deep(&format!("x{}", ".a".repeat(50_000))));
        assert!(nests_too_deep(&format!("x = {}1", "-".repeat(50_000))));
        assert!(nests_too_deep(&format!("x = 1{}", "^1".repeat(50_000))));
        assert!(nests_too_deep(&format!("x = 1{}", ">>1".repeat(50_000))));
        assert!(nests_too_deep(&format!("x = {}''", "''if''else".repeat(50_000))));
        for between in [" ", "\t", "\x0c", "\\\n", "\\\r\n"] {
            assert!(nests_too_deep(&format!("not{between}").repeat(50_000)), "{between:?}");
        }
        for between in ["\n", "\r\n", "#\n"] {
            let words = format!("not{between}").repeat(50_000);
            assert!(nests_too_deep(&format!("({words}1)")), "{between:?}");
        }
    }

    /// One expression that nests `n` times, in each way that there is.
    fn towers(n: usize) -> Vec<String> {
        let around = |open: &str, close: &str| format!("{}1{}", open.repeat(n), close.repeat(n));
        let mut towers: Vec<String> = [
            ("(", ")"),
            ("[", "]"),
            ("{1: ", "}"),
            ("f(", ")"),
            ("a[", "]"),
            ("1 + (", ")"),
            ("lambda: ", ""),
            ("lambda:", ""),
            ("[a for b in ", "]"),
            ("f'{", "}'"),
            ("not ", ""),
            ("not\t", ""),
            ("not\\\n", ""),
            ("-", ""),
            ("1 ** ", ""),
            ("''if''else", ""),
            ("", ".a"),
            ("", "()"),
            ("", "^1"),
            ("", ">>1"),
            ("", " and 2 or 3"),
            ("(", ""),
            ("", ")"),
        ]
        .map(|(open, close)| around(open, close))
        .into();
        towers.push(format!("({}1)", "not\n".repeat(n)));
        towers.push(format!("({}1)", "not#\n".repeat(n)));
        towers
    }

    /// Statements that nest `n` times.
    fn blocks(n: usize) -> Vec<String> {
        let nested = |line: &str| {
            let lines = (0..n).map(|depth| format!("{}{line}\n", " ".repeat(depth)));
            lines.chain([format!("{}pass\n", " ".repeat(n))]).collect::<String>()
        };
        ["if a:", "def f():", "class A:", "match a:", "try:"].map(nested).into()
    }

    /// Every way into the parser, on a source and on an edit that brings it.
    fn read(source: &str) {
        let budget = Budget::default();
        let facts = extract(Language::Python, source.as_bytes(), &budget);
        assert!(facts.is_sound());
        let errors = syntax_errors(Language::Python, source.as_bytes(), &budget);
        assert!(errors == facts.errors);
        let file = |part: &str| format!("def f():\n    x = 1\n{part}\n\n\ndef g():\n    pass\n");
        let indented: String = source.lines().map(|line| format!("    {line}\n")).collect();
        let (before, after) = (file("    y = 1\n"), file(&indented));
        let (before, after) = (before.as_bytes(), after.as_bytes());
        let edit = TextEdit::between(before, after);
        if stays_clean(Language::Python, before, after, edit) {
            assert_eq!(syntax_errors(Language::Python, after, &budget), []);
        }
        let facts = extract(Language::Python, before, &budget);
        let _ = extract_after(Language::Python, &facts, after, edit, &budget);
    }

    /// An overflow ends the process.
    #[test]
    fn nothing_that_nests_overflows_a_small_stack() {
        for kib in [256, 640, 2048] {
            let all = || {
                for n in [60, 450, 950, 9_000, 20_000] {
                    towers(n).iter().for_each(|tower| read(&format!("x = {tower}\n")));
                }
                for n in [60, 450, 700] {
                    blocks(n).iter().for_each(|source| read(source));
                }
            };
            let thread = std::thread::Builder::new().stack_size(kib << 10).spawn(all);
            thread.expect("a thread").join().expect("no panic");
        }
    }
}
