//! SEARCH/REPLACE blocks as Aider has models write them: a path, then old and new lines.
//!
//! Whole lines are looked for: exactly, without trailing white space, and shifted by one
//! indentation, which the new lines then get too. Unlike Aider, old lines that are there more than
//! once are refused.

use std::borrow::Cow;

use crate::{
    Action, EditError, FileEdit, Format, Modify, ReplaceError,
    format::Parsed,
    nearest,
    text::{self, Ids, body, dominant_ending, ending_of, lines, occurrences, with_ending},
};

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchBlock {
    /// Its number in the input, from 1.
    pub number: usize,
    /// The old lines, each with its line feed; empty for a new file or lines at the end.
    pub search: String,
    /// The new lines.
    pub replace: String,
}

/// A run of one marker character, and what follows it.
fn marker(line: &[u8], sign: u8) -> Option<&[u8]> {
    let line = line.trim_ascii_end();
    let run = line.iter().take_while(|b| **b == sign).count();
    (5..=9).contains(&run).then(|| line[run..].trim_ascii())
}

/// Whether a line opens a block.
pub(crate) fn is_search_marker(line: &[u8]) -> bool {
    marker(line, b'<').is_some_and(|word| word == b"SEARCH" || word == b"ORIGINAL")
}

fn is_divider(line: &str) -> bool {
    marker(line.as_bytes(), b'=') == Some(b"")
}

fn is_end(line: &str) -> bool {
    marker(line.as_bytes(), b'>').is_some_and(|word| word == b"REPLACE" || word == b"UPDATED")
}

fn bad(line: usize, message: impl Into<String>) -> EditError {
    EditError::bad(Format::Blocks, line, message)
}

/// Reads every block; a block without a path of its own is for the file of the one before it.
pub(crate) fn parse(input: &str) -> Result<Parsed, EditError> {
    let lines: Vec<&str> = input.split_inclusive('\n').collect();
    let mut parsed = Parsed::default();
    let mut path: Option<String> = None;
    let (mut at, mut done) = (0, 0);
    while at < lines.len() {
        if !is_search_marker(lines[at].as_bytes()) {
            at += 1;
            continue;
        }
        let start = at;
        if let Some(found) = path_above(&lines[done..start]) {
            path = Some(found);
        }
        let Some(path) = path.clone() else {
            return Err(bad(start + 1, "no path: write it alone on the line before the block"));
        };
        let mut section = |is_last: &dyn Fn(&str) -> bool, what: &str| {
            at += 1;
            let from = at;
            while let Some(line) = lines.get(at) {
                if is_last(line) {
                    return Ok(lines[from..at].concat());
                }
                if is_search_marker(line.as_bytes()) {
                    break;
                }
                at += 1;
            }
            Err(bad(
                at.min(lines.len()),
                format!("the block from line {} has no {what}", start + 1),
            ))
        };
        let search = section(&is_divider, "`=======` line after its old lines")?;
        let replace = section(&is_end, "`>>>>>>> REPLACE` line at its end")?;
        let block = SearchBlock { number: parsed.edits.len() + 1, search, replace };
        parsed.edits.push(FileEdit { path, action: Action::Modify(Modify::Block(block)) });
        at += 1;
        done = at;
    }
    if parsed.edits.is_empty() {
        return Err(bad(0, "no `<<<<<<< SEARCH` line; expected a path, then a block"));
    }
    Ok(parsed)
}

/// The path in the last lines before a block, without the decoration that models add.
fn path_above(lines: &[&str]) -> Option<String> {
    lines.iter().rev().take(3).find_map(|line| {
        let line = line.trim();
        let fence = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~"));
        let name = match fence {
            // ` ```src/main.rs ` names the file; ` ```rust ` only the language.
            Some(info) if info.contains(['.', '/']) => info,
            Some(_) => return None,
            None => line,
        };
        let name =
            name.trim_start_matches('#').trim().trim_matches(['`', '*', '"', '\'', ':']).trim();
        (!name.is_empty()).then(|| name.to_owned())
    })
}

/// How strictly old lines were found.
#[derive(Clone, Copy)]
enum Found<'a> {
    Exact,
    TrailingSpace,
    /// The file has this before every line.
    Indented(&'a [u8]),
}

/// The text with the block's new lines in place of its old ones.
pub(crate) fn apply_block(
    path: &str,
    text: &[u8],
    block: &SearchBlock,
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, EditError> {
    let fail =
        |error| Err(EditError::Replace { path: path.to_owned(), block: Some(block.number), error });
    let ending = dominant_ending(text);
    let new = match memchr::memmem::find(text, b"\r\n") {
        Some(_) => with_ending(block.replace.as_bytes(), ending),
        None => Cow::Borrowed(block.replace.as_bytes()),
    };
    if block.search.is_empty() {
        let mut out = text.to_vec();
        if !text.is_empty() && text != text::BOM && !text.ends_with(b"\n") {
            out.extend_from_slice(ending.bytes());
        }
        out.extend_from_slice(&new);
        return Ok(out);
    }
    if block.search == block.replace {
        return fail(ReplaceError::Same);
    }
    let mark = if text.starts_with(text::BOM) { text::BOM.len() } else { 0 };
    let (have, wanted) = (lines(&text[mark..]), lines(block.search.as_bytes()));
    let (places, how) = find(&have, &wanted);
    let start = match places.as_slice() {
        [start] => *start,
        [] => {
            return fail(ReplaceError::NotFound {
                nearest: nearest(text, block.search.as_bytes()),
            });
        }
        many => {
            return fail(ReplaceError::Ambiguous {
                lines: many.iter().take(10).map(|at| *at as u64 + 1).collect(),
                count: many.len() as u64,
            });
        }
    };
    let end = start + wanted.len();
    let mut out = text[..mark].to_vec();
    out.extend(have[..start].concat());
    for line in lines(&new) {
        if let Found::Indented(prefix) = how
            && !body(line).is_empty()
        {
            out.extend_from_slice(prefix);
        }
        out.extend_from_slice(line);
    }
    // The last line of a file without a final line feed stays without one.
    let bare_end = have[end - 1..].len() == 1 && ending_of(have[end - 1]).is_none();
    if bare_end && !new.is_empty() {
        out.truncate(out.len() - (new.len() - body(&new).len()).min(2));
    }
    out.extend(have[end..].concat());
    let how = match how {
        Found::Exact => return Ok(out),
        Found::TrailingSpace => "with white space at line ends aside",
        Found::Indented(_) => "with another indentation, which the new lines got too",
    };
    notes.push(format!("`{path}`: a SEARCH block matched at line {} {how}", start + 1));
    Ok(out)
}

/// The places of whole lines, by the first way of comparing that finds any.
fn find<'a>(have: &[&'a [u8]], wanted: &[&[u8]]) -> (Vec<usize>, Found<'a>) {
    let exact = seek(have, wanted, |line| body(line));
    if !exact.is_empty() {
        return (exact, Found::Exact);
    }
    let trimmed = seek(have, wanted, |line| line.trim_ascii_end());
    if !trimmed.is_empty() {
        return (trimmed, Found::TrailingSpace);
    }
    let mut places = seek(have, wanted, |line| line.trim_ascii());
    let indents: Vec<_> = places.iter().map(|at| indent(&have[*at..], wanted)).collect();
    let mut kept = indents.iter();
    places.retain(|_| kept.next().is_some_and(Option::is_some));
    match indents.into_iter().flatten().next() {
        Some(prefix) => (places, Found::Indented(prefix)),
        None => (Vec::new(), Found::Exact),
    }
}

fn seek<'t>(
    have: &[&'t [u8]],
    wanted: &[&'t [u8]],
    key: impl Fn(&'t [u8]) -> &'t [u8],
) -> Vec<usize> {
    let mut ids = Ids::default();
    let hay: Vec<u32> = have.iter().map(|line| ids.id(key(line))).collect();
    let needle: Option<Vec<u32>> = wanted.iter().map(|line| ids.get(key(line))).collect();
    needle.map_or_else(Vec::new, |needle| occurrences(&hay, &needle))
}

/// What the file has before every wanted line, if it is the same everywhere.
fn indent<'a>(have: &[&'a [u8]], wanted: &[&[u8]]) -> Option<&'a [u8]> {
    let mut prefix = None;
    for (have, wanted) in have.iter().zip(wanted) {
        let (have, wanted) = (have.trim_ascii_end(), wanted.trim_ascii_end());
        if have.is_empty() {
            continue;
        }
        let found = have.strip_suffix(wanted)?;
        if *prefix.get_or_insert(found) != found {
            return None;
        }
    }
    prefix
}
