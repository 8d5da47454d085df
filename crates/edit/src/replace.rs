//! Exact replacement: the old text must be there once, or every time if that is asked for.

use std::fmt;

use memchr::memmem;

use crate::{
    Near,
    error::{numbers, write_nearest},
    near::nearest,
    text::{BOM, Ending, dominant_ending, line_of, with_ending},
};

/// How many lines of an ambiguous text are named.
const MAX_LINES: usize = 10;

/// The text after a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The new text.
    pub text: Vec<u8>,
    /// How many places were replaced.
    pub count: u64,
    /// Where the new text starts and ends (1-based, inclusive lines of the new text), first to last.
    pub lines: Vec<(u64, u64)>,
    /// Whether the old text only matched with line endings made equal.
    pub endings_differed: bool,
}

/// Why a replacement cannot be made.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplaceError {
    /// The old text is not there.
    NotFound {
        /// What comes nearest, best first.
        nearest: Vec<Near>,
    },
    /// It is there more than once.
    Ambiguous {
        /// The first lines at which it starts.
        lines: Vec<u64>,
        /// How often it is there.
        count: u64,
    },
    /// Old and new text are the same.
    Same,
    /// The old text is empty, and the file is not.
    Empty,
}

impl ReplaceError {
    /// A stable word for the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            ReplaceError::NotFound { .. } => "old_str_not_found",
            ReplaceError::Ambiguous { .. } => "old_str_ambiguous",
            ReplaceError::Same => "old_str_same",
            ReplaceError::Empty => "old_str_empty",
        }
    }
}

impl std::error::Error for ReplaceError {}

impl fmt::Display for ReplaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplaceError::NotFound { nearest } => {
                writeln!(f, "the old text is not in the file.")?;
                write_nearest(f, nearest)
            }
            ReplaceError::Ambiguous { lines, count } => write!(
                f,
                "the old text is there {count} times (lines {}); add lines around it until it is \
                 the only one, or replace all",
                numbers(lines, *count)
            ),
            ReplaceError::Same => f.write_str("old and new text are the same: nothing to do"),
            ReplaceError::Empty => f.write_str(
                "the old text is empty; give the text to replace, or insert at a line number",
            ),
        }
    }
}

/// Replaces `old` in `text` by `new`: the one place, or with `all` every place.
///
/// Bytes are compared first; if that finds nothing and line endings differ, LF and CRLF count as
/// equal. New lines get the line ending of the place they replace. A byte order mark and the end
/// of the file stay as they are unless `old` and `new` say otherwise. In an empty text an empty
/// `old` stands for all of it.
///
/// Costs one pass over the text (and a second one if endings differ); an error costs a few more,
/// below 20 ms for a megabyte.
///
/// # Errors
/// See [`ReplaceError`]; the text that is nearest is looked for only when nothing matches.
pub fn replace(text: &[u8], old: &str, new: &str, all: bool) -> Result<Replaced, ReplaceError> {
    if old == new {
        return Err(ReplaceError::Same);
    }
    if old.is_empty() {
        if !text.is_empty() && text != BOM {
            return Err(ReplaceError::Empty);
        }
        return Ok(splice(text, &[(text.len(), text.len())], new, false));
    }
    let (places, endings_differed) = find(text, old.as_bytes());
    let (places, endings_differed, new) = match (places.is_empty(), old.strip_prefix('\u{feff}')) {
        // Some editors show the mark; a model then copies it, or writes one that is not there.
        (true, Some(rest)) if !rest.is_empty() && !text.starts_with(BOM) => {
            let (places, differed) = find(text, rest.as_bytes());
            (places, differed, new.strip_prefix('\u{feff}').unwrap_or(new))
        }
        _ => (places, endings_differed, new),
    };
    match places.len() {
        0 => Err(ReplaceError::NotFound { nearest: nearest(text, old.as_bytes()) }),
        n if n > 1 && !all => Err(ReplaceError::Ambiguous {
            lines: places.iter().take(MAX_LINES).map(|at| line_of(text, at.0)).collect(),
            count: n as u64,
        }),
        _ => Ok(splice(text, &places, new, endings_differed)),
    }
}

/// The places of `old` as byte ranges, and whether line endings had to be made equal for it.
fn find(text: &[u8], old: &[u8]) -> (Vec<(usize, usize)>, bool) {
    let splits_crlf = |at: usize, end: usize| {
        let starts = old[0] == b'\n' && at > 0 && text[at - 1] == b'\r';
        starts || (old.ends_with(b"\r") && text.get(end) == Some(&b'\n'))
    };
    let exact: Vec<_> = exact_places(text, old)
        .into_iter()
        .map(|at| (at, at + old.len()))
        .filter(|(at, end)| !splits_crlf(*at, *end))
        .collect();
    let has_crlf = |bytes: &[u8]| memmem::find(bytes, b"\r\n").is_some();
    let breaks = memchr::memchr(b'\n', old).is_some();
    if !exact.is_empty() || !breaks || !(has_crlf(text) || has_crlf(old)) {
        return (exact, false);
    }
    let flat = with_ending(text, Ending::Lf);
    let old = with_ending(old, Ending::Lf);
    // Where in the flat text a line break has lost its carriage return.
    let lost: Vec<usize> =
        memmem::find_iter(text, b"\r\n").enumerate().map(|(i, at)| at - i).collect();
    let back = |at: usize| at + lost.partition_point(|&newline| newline < at);
    let places: Vec<_> =
        memmem::find_iter(&flat, &*old).map(|at| (back(at), back(at + old.len()))).collect();
    let found = !places.is_empty();
    (places, found)
}

/// Where `old` is in `text`, one place after the other.
///
/// To prepare a search for a long text costs more than to search a file for a short one, so the
/// beginning is looked for and the rest compared. Where many places begin alike, the search that is
/// sure to be linear goes on.
fn exact_places(text: &[u8], old: &[u8]) -> Vec<usize> {
    const BEGINNING: usize = 32;
    const WRONG: usize = 64;
    let Some(beginning) = old.get(..BEGINNING) else {
        return memmem::find_iter(text, old).collect();
    };
    let finder = memmem::Finder::new(beginning);
    let (mut places, mut from, mut wrong) = (Vec::new(), 0, 0);
    while let Some(at) = finder.find(&text[from..]).map(|at| from + at) {
        if text[at..].starts_with(old) {
            places.push(at);
            from = at + old.len();
        } else {
            from = at + 1;
            wrong += 1;
        }
        if wrong == WRONG {
            places.extend(memmem::find_iter(&text[from..], old).map(|at| from + at));
            break;
        }
    }
    places
}

/// Puts `new` in every place, with the line ending that is at home there.
fn splice(text: &[u8], places: &[(usize, usize)], new: &str, differed: bool) -> Replaced {
    // Without a carriage return the new text stays as it is given.
    let mixed = memmem::find(text, b"\r\n").is_some();
    let adapts = mixed || differed;
    let home = if adapts { dominant_ending(text) } else { Ending::Lf };
    let mut out = Vec::with_capacity(text.len() + places.len() * new.len());
    let mut ranges = Vec::with_capacity(places.len());
    let (mut done, mut line) = (0, 1);
    for &(start, end) in places {
        out.extend_from_slice(&text[done..start]);
        line += newlines(&text[done..start]);
        let new = match adapts {
            true => with_ending(new.as_bytes(), local_ending(text, start, end).unwrap_or(home)),
            false => new.as_bytes().into(),
        };
        out.extend_from_slice(&new);
        let inside = newlines(new.strip_suffix(b"\n").unwrap_or(&new));
        ranges.push((line, line + inside));
        line += newlines(&new);
        done = end;
    }
    out.extend_from_slice(&text[done..]);
    Replaced { text: out, count: places.len() as u64, lines: ranges, endings_differed: differed }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The ending of the replaced lines if they agree, otherwise that of the line they are on.
fn local_ending(text: &[u8], start: usize, end: usize) -> Option<Ending> {
    let is_crlf = |at: usize| at > 0 && text[at - 1] == b'\r';
    let mut inside = memchr::memchr_iter(b'\n', &text[start..end]).map(|at| is_crlf(start + at));
    let first = match inside.next() {
        Some(first) if inside.all(|crlf| crlf == first) => first,
        Some(_) => return None,
        None => is_crlf(end + memchr::memchr(b'\n', &text[end..])?),
    };
    Some(if first { Ending::Crlf } else { Ending::Lf })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Texts of few letters: places that begin alike and overlap, more than are looked at one by
        /// one.
        #[test]
        fn long_texts_are_found_where_a_plain_search_finds_them(
            text in "[ab]{0,400}",
            run in 0..300usize,
            at in 0..400usize,
            len in 20..120usize,
        ) {
            let text = format!("{text}{}{text}", "a".repeat(run));
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            for old in [&text[at..end], &"a".repeat(len)] {
                if !old.is_empty() {
                    let plain: Vec<_> = memmem::find_iter(text.as_bytes(), old).collect();
                    prop_assert_eq!(exact_places(text.as_bytes(), old.as_bytes()), plain);
                }
            }
        }
    }
}
