//! Texts that are like source files: lines that repeat, blank ones, blocks that move; with either
//! line ending, a byte order mark, no final line feed, bytes that are not UTF-8.

use proptest::prelude::*;

/// Lines to choose from: some say nothing, so that places are hard to tell apart.
const LINES: [&[u8]; 14] = [
    b"",
    b"}",
    b"    }",
    b"{",
    b"fn main() {",
    b"    let x = 1;",
    b"    let y = 2;",
    b"-- a",
    b"++ b",
    b"\ttabbed",
    b"caf\xc3\xa9",
    b"not utf-8 \xff\xfe",
    b"trailing  ",
    b"@@ -1 +1 @@",
];

#[derive(Clone, Debug)]
enum Step {
    Insert(usize, Vec<Vec<u8>>),
    Remove(usize, usize),
    Change(usize),
    Swap(usize, usize),
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::sample::select(&LINES[..]).prop_map(<[u8]>::to_vec),
        2 => (0..60u32).prop_map(|n| format!("    call_{n}();").into_bytes()),
    ]
}

fn body(max: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(line(), 0..max)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = 0..100usize;
    let step = prop_oneof![
        (at.clone(), body(4)).prop_map(|(at, lines)| Step::Insert(at, lines)),
        (at.clone(), 1..4usize).prop_map(|(at, n)| Step::Remove(at, n)),
        at.clone().prop_map(Step::Change),
        (at.clone(), at).prop_map(|(a, b)| Step::Swap(a, b)),
    ];
    prop::collection::vec(step, 0..5)
}

fn changed(mut lines: Vec<Vec<u8>>, steps: &[Step]) -> Vec<Vec<u8>> {
    for step in steps {
        let len = lines.len();
        match step {
            Step::Insert(at, new) => {
                let at = at % (len + 1);
                lines.splice(at..at, new.iter().cloned());
            }
            Step::Remove(at, n) if len > 0 => {
                let at = at % len;
                lines.drain(at..(at + n).min(len));
            }
            Step::Change(at) if len > 0 => lines[at % len].extend_from_slice(b" // new"),
            Step::Swap(a, b) if len > 0 => lines.swap(a % len, b % len),
            _ => {}
        }
    }
    lines
}

/// How a text's lines are put together.
#[derive(Clone, Copy, Debug)]
struct Style {
    crlf: bool,
    bare_end: bool,
    bom: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (prop::bool::weighted(0.2), prop::bool::weighted(0.3), prop::bool::weighted(0.1))
        .prop_map(|(crlf, bare_end, bom)| Style { crlf, bare_end, bom })
}

fn join(lines: &[Vec<u8>], style: Style) -> Vec<u8> {
    let mut text = if style.bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    for (i, line) in lines.iter().enumerate() {
        text.extend_from_slice(line);
        if i + 1 < lines.len() || !style.bare_end {
            text.extend_from_slice(if style.crlf { b"\r\n" } else { b"\n" });
        }
    }
    text
}

/// A text and what became of it.
pub(crate) fn pair() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (body(40), steps(), style(), style(), any::<bool>()).prop_map(|(lines, steps, a, b, same)| {
        let new = changed(lines.clone(), &steps);
        (join(&lines, a), join(&new, if same { a } else { b }))
    })
}

/// A text and what two people made of it, in which every line is there only once, so that there is
/// one best way to see what changed.
pub(crate) fn plain_triple() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, Vec<u8>)> {
    let step = (0..100usize, 0..3usize, 0..3usize);
    let steps = move || prop::collection::vec(step.clone(), 0..5);
    (0..40usize, steps(), steps(), style()).prop_map(|(len, one, two, style)| {
        let base: Vec<Vec<u8>> = (0..len).map(|n| format!("line {n}").into_bytes()).collect();
        let side = |steps: &[(usize, usize, usize)]| {
            let mut lines = base.clone();
            for (i, (at, gone, new)) in steps.iter().enumerate() {
                let at = at % (lines.len() + 1);
                let end = (at + gone).min(lines.len());
                // Both sides can come to the same lines.
                let new = (0..*new).map(|n| format!("new {i} {at} {n}").into_bytes());
                lines.splice(at..end, new);
            }
            join(&lines, style)
        };
        (join(&base, style), side(&one), side(&two))
    })
}

/// A text and what two people made of it.
pub(crate) fn triple() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, Vec<u8>)> {
    let styles = (style(), style(), style(), prop::bool::weighted(0.8));
    (body(40), steps(), steps(), styles).prop_map(|(lines, one, two, (a, b, c, same))| {
        let (b, c) = if same { (a, a) } else { (b, c) };
        let (ours, theirs) = (changed(lines.clone(), &one), changed(lines.clone(), &two));
        (join(&lines, a), join(&ours, b), join(&theirs, c))
    })
}
