//! In what two texts differ: white space, quotes, letter case, or words.

use std::fmt::Write as _;

use imara_diff::{Algorithm, Diff, InternedInput};
use memchr::memmem;

use crate::{
    Difference,
    text::{body, lines},
};

/// Above this, only lines are compared.
const FOLD_LIMIT: usize = 256 * 1024;
/// How many lines of a difference are shown.
const MAX_SHOWN: usize = 12;

/// What does not count when texts are compared.
#[derive(Clone, Copy)]
pub(crate) struct Fold {
    space: bool,
    quotes: bool,
    case: bool,
}

impl Fold {
    pub(crate) const ALL: Fold = Fold { space: true, quotes: true, case: true };
}

/// Appends `text` without what does not count.
pub(crate) fn fold(text: &[u8], how: Fold, out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let (byte, width) = match how.quotes.then(|| straight(&text[at..])).flatten() {
            Some(found) => found,
            None => (byte, 1),
        };
        at += width;
        // Single and double quotes are one where quotes do not count.
        let byte = if how.quotes && byte == b'"' { b'\'' } else { byte };
        if !(how.space && byte.is_ascii_whitespace()) {
            out.push(if how.case { byte.to_ascii_lowercase() } else { byte });
        }
    }
}

/// What a typographic character at the start of `text` is on a keyboard, and its length.
fn straight(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [0xe2, 0x80, third, ..] => {
            let plain = match third {
                0x90..=0x95 => b'-',
                0x98..=0x9b => b'\'',
                0x9c..=0x9f => b'"',
                0x80..=0x8a | 0xaf => b' ',
                _ => return None,
            };
            Some((plain, 3))
        }
        [0xe2, 0x88, 0x92, ..] => Some((b'-', 3)),
        [0xc2, 0xa0, ..] => Some((b' ', 2)),
        _ => None,
    }
}

/// The fewest kinds of things that, if they did not count, would make `want` part of `there`.
pub(crate) fn differences(there: &[u8], want: &[u8]) -> Vec<Difference> {
    if there.len().max(want.len()) > FOLD_LIMIT {
        return vec![Difference::Lines];
    }
    if memmem::find(there, want).is_some() {
        return Vec::new();
    }
    let (yes, no) = (true, false);
    let sets = [(yes, no, no), (no, yes, no), (no, no, yes)].into_iter().chain([
        (yes, yes, no),
        (yes, no, yes),
        (no, yes, yes),
        (yes, yes, yes),
    ]);
    for (space, quotes, case) in sets {
        let how = Fold { space, quotes, case };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        fold(there, how, &mut a);
        fold(want, how, &mut b);
        if b.is_empty() || memmem::find(&a, &b).is_none() {
            continue;
        }
        let mut found = Vec::new();
        if space {
            found.extend(spaces(there, want, Fold { space: false, quotes, case }));
        }
        if quotes {
            found.push(Difference::Quotes);
        }
        if case {
            found.push(Difference::Case);
        }
        return found;
    }
    vec![Difference::Lines]
}

/// Which kinds of white space differ, once nothing else does.
fn spaces(there: &[u8], want: &[u8], how: Fold) -> Vec<Difference> {
    let (a, b) = (lines(there), lines(want));
    if a.len() != b.len() {
        return vec![Difference::InnerSpace];
    }
    let mut found = Vec::new();
    let mut add = |difference| {
        if !found.contains(&difference) {
            found.push(difference);
        }
    };
    for (a, b) in a.iter().zip(&b) {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        fold(body(a), how, &mut x);
        fold(body(b), how, &mut y);
        if x.contains(&b'\r') != y.contains(&b'\r') {
            add(Difference::LineEndings);
            x.retain(|b| *b != b'\r');
            y.retain(|b| *b != b'\r');
        }
        if x.trim_ascii() != y.trim_ascii() {
            add(Difference::InnerSpace);
        } else {
            if leading(&x) != leading(&y) {
                add(Difference::Indentation);
            }
            if trailing(&x) != trailing(&y) {
                add(Difference::TrailingSpace);
            }
        }
    }
    if found.is_empty() {
        found.push(Difference::InnerSpace);
    }
    found
}

fn leading(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|b| *b != b' ' && *b != b'\t').unwrap_or(0);
    &line[..end]
}

fn trailing(line: &[u8]) -> usize {
    line.len() - line.trim_ascii_end().len()
}

/// The differences in words that say what to change.
pub(crate) fn note(differences: &[Difference], there: &[u8], want: &[u8]) -> String {
    if differences.is_empty() {
        return "it is there as given, but not where it is looked for".to_owned();
    }
    if differences.contains(&Difference::Lines) {
        return line_note(there, want);
    }
    let words: Vec<String> = differences
        .iter()
        .map(|difference| match difference {
            Difference::LineEndings => "line endings (carriage returns)".to_owned(),
            Difference::Indentation => indent_note(there, want),
            Difference::TrailingSpace => "white space at the end of lines".to_owned(),
            Difference::InnerSpace => "white space within or between lines".to_owned(),
            Difference::Quotes => quote_note(there, want),
            Difference::Case => "upper and lower case".to_owned(),
            Difference::Lines => String::new(),
        })
        .collect();
    format!("only {} differ{}", words.join(" and "), if words.len() == 1 { "s" } else { "" })
}

fn indent_note(there: &[u8], want: &[u8]) -> String {
    let pairs: Vec<_> = lines(there)
        .into_iter()
        .zip(lines(want))
        .map(|(a, b)| (leading(body(a)), leading(body(b))))
        .filter(|(a, b)| a != b)
        .collect();
    let any = |sign: u8| {
        let has = |side: &[u8]| side.contains(&sign);
        (pairs.iter().any(|pair| has(pair.0)), pairs.iter().any(|pair| has(pair.1)))
    };
    let (tabs, spaces) = (any(b'\t'), any(b' '));
    if tabs.0 != tabs.1 && spaces.0 != spaces.1 && tabs.0 != spaces.0 {
        let (a, b) = if tabs.0 { ("tabs", "spaces") } else { ("spaces", "tabs") };
        return format!("the indentation (the file has {a}, the old text {b})");
    }
    let file_tabs = tabs.0 || tabs.1;
    let depth = |(a, b): &(&[u8], &[u8])| a.len() as isize - b.len() as isize;
    let mut depths = pairs.iter().map(depth);
    match depths.next() {
        Some(first) if depths.all(|depth| depth == first) && first != 0 => {
            let unit = match (file_tabs, first.abs()) {
                (true, 1) => "tab",
                (true, _) => "tabs",
                (false, 1) => "space",
                (false, _) => "spaces",
            };
            let way = if first > 0 { "deeper" } else { "less deep" };
            format!("the indentation (the file's is {} {unit} {way})", first.abs())
        }
        _ => "the indentation".to_owned(),
    }
}

fn quote_note(there: &[u8], want: &[u8]) -> String {
    let fancy = |text: &[u8]| (0..text.len()).any(|at| straight(&text[at..]).is_some());
    match (fancy(there), fancy(want)) {
        (true, false) => "quotes or dashes (typographic in the file, plain in the old text)",
        (false, true) => "quotes or dashes (plain in the file, typographic in the old text)",
        (false, false) => "the kind of quotes (' in one, \" in the other)",
        _ => "the kind of quotes or dashes",
    }
    .to_owned()
}

/// The lines that differ, as a small diff.
fn line_note(there: &[u8], want: &[u8]) -> String {
    let mut input: InternedInput<&[u8]> = InternedInput::default();
    input.update_before(lines(want).into_iter().map(body));
    input.update_after(lines(there).into_iter().map(body));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let mut out = String::from("these lines differ (- the old text, + the file)");
    let mut shown = 0;
    for hunk in diff.hunks() {
        let old = hunk.before.map(|i| ('-', input.before[i as usize]));
        let new = hunk.after.map(|i| ('+', input.after[i as usize]));
        for (sign, token) in old.chain(new) {
            if shown == MAX_SHOWN {
                out.push_str("\n  [...]");
                return out;
            }
            shown += 1;
            let line = String::from_utf8_lossy(input.interner[token]);
            let _ = write!(out, "\n  {sign}{}", line.chars().take(200).collect::<String>());
        }
    }
    if shown == 0 {
        return "the text is there, but not at the start or end of a line as given".to_owned();
    }
    out
}
