//! Codex's `apply_patch`: files between `*** Begin Patch` and `*** End Patch`.
//!
//! Lines are looked for as Codex does: exactly, without trailing white space, without white space
//! on either side, with typographic punctuation made plain; the first level that finds something
//! counts, from where the last chunk ended. What is kept in a chunk is written as the patch has it.
//! Unlike Codex, a file with carriage returns keeps them.

use std::borrow::Cow;

use crate::{
    Action, EditError, Existing, FileEdit, Format, HunkFailure, Modify,
    format::Parsed,
    nearest,
    text::{self, Ending, Ids, dominant_ending, occurrences, with_ending},
};

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const END_OF_FILE: &str = "*** End of File";

/// A part of a file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// A line somewhere before it (`@@ class A`).
    pub context: Option<String>,
    /// The old lines, kept ones included.
    pub old: Vec<String>,
    /// The new lines, kept ones included.
    pub new: Vec<String>,
    /// Whether the old lines are the last of the file.
    pub end_of_file: bool,
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    at: usize,
    /// How many lines of the input come before `lines`.
    skipped: usize,
}

/// Reads a patch, with or without the here-document that models put around it.
pub(crate) fn parse(input: &str) -> Result<Parsed, EditError> {
    let skipped = input.len() - input.trim_start().len();
    let skipped = input[..skipped].matches('\n').count();
    let mut lines: Vec<&str> = input.trim().lines().collect();
    let mut reader = Reader { lines: Vec::new(), at: 0, skipped };
    if let [first, inner @ .., last] = lines.as_slice()
        && inner.len() >= 2
        && matches!(*first, "<<EOF" | "<<'EOF'" | "<<\"EOF\"" | "apply_patch <<'EOF'")
        && last.ends_with("EOF")
    {
        lines = inner.to_vec();
        reader.skipped += 1;
    }
    let (first, last) =
        (lines.first().map_or("", |l| l.trim()), lines.last().map_or("", |l| l.trim()));
    if first != BEGIN {
        return Err(reader.bad(format!("the first line must be `{BEGIN}`")));
    }
    if last != END || lines.len() < 2 {
        reader.at = lines.len();
        return Err(reader.bad(format!("the last line must be `{END}`")));
    }
    lines.pop();
    (reader.lines, reader.at) = (lines, 1);
    let mut parsed = Parsed::default();
    while reader.at < reader.lines.len() {
        reader.file(&mut parsed.edits)?;
    }
    if parsed.edits.is_empty() {
        return Err(reader.bad("the patch changes no files"));
    }
    Ok(parsed)
}

impl<'a> Reader<'a> {
    fn bad(&self, message: impl Into<String>) -> EditError {
        EditError::bad(Format::Codex, self.skipped + self.at + 1, message)
    }

    fn line(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    fn file(&mut self, edits: &mut Vec<FileEdit>) -> Result<(), EditError> {
        let header = self.lines[self.at].trim();
        let mut push = |path: &str, action| edits.push(FileEdit { path: path.into(), action });
        if let Some(path) = header.strip_prefix("*** Add File: ") {
            self.at += 1;
            let mut content = String::new();
            while let Some(line) = self.line().and_then(|line| line.strip_prefix('+')) {
                content.push_str(line);
                content.push('\n');
                self.at += 1;
            }
            let content = content.into_bytes();
            let existing = Existing::Replace;
            push(path, Action::Create { content, executable: None, existing });
        } else if let Some(path) = header.strip_prefix("*** Delete File: ") {
            self.at += 1;
            push(path, Action::Delete { missing_ok: false });
        } else if let Some(path) = header.strip_prefix("*** Update File: ") {
            self.at += 1;
            let to = self.line().and_then(|line| line.strip_prefix("*** Move to: "));
            self.at += usize::from(to.is_some());
            let chunks = self.chunks()?;
            if chunks.is_empty() {
                return Err(self.bad(format!("the update of `{path}` has no lines to change")));
            }
            push(path, Action::Modify(Modify::Chunks(chunks)));
            if let Some(to) = to {
                push(path, Action::Rename { to: to.trim().into(), existing: Existing::Replace });
            }
        } else {
            return Err(self.bad(format!(
                "`{header}` is no header; expected `*** Add File: path`, `*** Delete File: path` \
                 or `*** Update File: path`"
            )));
        }
        Ok(())
    }

    fn chunks(&mut self) -> Result<Vec<Chunk>, EditError> {
        let mut chunks = Vec::new();
        while let Some(line) = self.line() {
            if line.trim().is_empty() {
                self.at += 1;
            } else if line.starts_with('*') {
                break;
            } else {
                chunks.push(self.chunk(chunks.is_empty())?);
            }
        }
        Ok(chunks)
    }

    fn chunk(&mut self, first: bool) -> Result<Chunk, EditError> {
        let line = self.line().unwrap_or_default();
        let (context, header) = match line.strip_prefix("@@") {
            Some("") => (None, 1),
            Some(rest) if rest.starts_with(' ') => (Some(rest[1..].to_owned()), 1),
            _ if first => (None, 0),
            _ => {
                return Err(self.bad(format!(
                    "`{line}` should start a chunk with `@@`, or be a line of one with ` `, `+` or \
                     `-` before it"
                )));
            }
        };
        self.at += header;
        let mut chunk = Chunk { context, old: Vec::new(), new: Vec::new(), end_of_file: false };
        let start = self.at;
        while let Some(line) = self.line() {
            if line == END_OF_FILE {
                if self.at == start {
                    break;
                }
                chunk.end_of_file = true;
                self.at += 1;
                return Ok(chunk);
            }
            let mut rest = line.chars();
            match rest.next() {
                None => {
                    chunk.old.push(String::new());
                    chunk.new.push(String::new());
                }
                Some(' ') => {
                    chunk.old.push(rest.as_str().to_owned());
                    chunk.new.push(rest.as_str().to_owned());
                }
                Some('-') => chunk.old.push(rest.as_str().to_owned()),
                Some('+') => chunk.new.push(rest.as_str().to_owned()),
                Some(_) if self.at == start => {
                    return Err(self.bad(format!(
                        "`{line}` is no line of a chunk: each starts with ` ` (kept), `-` (old) or \
                         `+` (new)"
                    )));
                }
                Some(_) => break,
            }
            self.at += 1;
        }
        if self.at == start {
            return Err(self.bad("this chunk has no lines"));
        }
        Ok(chunk)
    }
}

/// How strictly lines are compared, from exact on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Exact,
    TrailingSpace,
    Trimmed,
    Plain,
}

const LEVELS: [(Level, &str); 4] = [
    (Level::Exact, ""),
    (Level::TrailingSpace, "white space at line ends aside"),
    (Level::Trimmed, "white space around lines aside"),
    (Level::Plain, "white space and typographic punctuation aside"),
];

/// A line as a level sees it.
fn key(line: &[u8], level: Level) -> Cow<'_, [u8]> {
    if level == Level::Exact {
        return Cow::Borrowed(line);
    }
    let Ok(text) = std::str::from_utf8(line) else {
        return Cow::Borrowed(match level {
            Level::TrailingSpace => line.trim_ascii_end(),
            _ => line.trim_ascii(),
        });
    };
    match level {
        Level::Exact => Cow::Borrowed(line),
        Level::TrailingSpace => Cow::Borrowed(text.trim_end().as_bytes()),
        Level::Trimmed => Cow::Borrowed(text.trim().as_bytes()),
        Level::Plain => Cow::Owned(text.trim().chars().map(plain).collect::<String>().into_bytes()),
    }
}

/// A typographic character as it is on a keyboard.
fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        other => other,
    }
}

/// The lines of a file, and their numbers at each level that was needed.
struct Seeker<'a> {
    lines: Vec<&'a [u8]>,
    levels: [Option<(Ids<'a>, Vec<u32>)>; 4],
}

impl Seeker<'_> {
    /// The first place of `wanted` at or after `from` (at the very end if `end` is set), and how
    /// strictly it was found.
    fn seek(&mut self, wanted: &[String], from: usize, end: bool) -> Option<(usize, usize)> {
        if wanted.is_empty() {
            return Some((from, 0));
        }
        let last = self.lines.len().checked_sub(wanted.len())?;
        let from = if end { last } else { from };
        for (number, (level, _)) in LEVELS.iter().enumerate() {
            let lines = &self.lines;
            let (ids, hay) = self.levels[number].get_or_insert_with(|| {
                let mut ids = Ids::default();
                let hay = lines.iter().map(|line| ids.id(key(line, *level))).collect();
                (ids, hay)
            });
            let needle: Option<Vec<u32>> =
                wanted.iter().map(|line| ids.get(&key(line.as_bytes(), *level))).collect();
            let found = needle.and_then(|needle| {
                let hay = hay.get(from..)?;
                occurrences(hay, &needle).first().map(|at| (at + from, number))
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// The text after all chunks.
pub(crate) fn apply_chunks(
    path: &str,
    text: &[u8],
    chunks: &[Chunk],
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, EditError> {
    let ending = dominant_ending(text);
    let flat = match memchr::memmem::find(text, b"\r\n") {
        Some(_) => with_ending(text, Ending::Lf),
        None => Cow::Borrowed(text),
    };
    let lines: Vec<&[u8]> =
        text::lines(&flat).into_iter().map(|l| l.strip_suffix(b"\n").unwrap_or(l)).collect();
    let mut seeker = Seeker { lines, levels: [None, None, None, None] };
    let mut changes: Vec<(usize, usize, &[String])> = Vec::new();
    let mut at = 0;
    for (i, chunk) in chunks.iter().enumerate() {
        let fail = |expected: &[String], line: usize| EditError::HunkFailed {
            path: path.to_owned(),
            failure: Box::new(failure(text, i + 1, chunk, expected, line)),
        };
        let mut loosely = |level: usize, line: usize, what: &str| {
            if level > 0 {
                let (_, how) = LEVELS[level];
                notes.push(format!(
                    "`{path}`: {what} {} matched at line {}, {how}",
                    i + 1,
                    line + 1
                ));
            }
        };
        if let Some(context) = &chunk.context {
            let wanted = std::slice::from_ref(context);
            let (line, level) = seeker.seek(wanted, at, false).ok_or_else(|| fail(wanted, at))?;
            loosely(level, line, "the `@@` line of chunk");
            at = line + 1;
        }
        if chunk.old.is_empty() {
            let blank_end = seeker.lines.last().is_some_and(|line| line.is_empty());
            changes.push((seeker.lines.len() - usize::from(blank_end), 0, &chunk.new));
            continue;
        }
        let (mut old, mut new) = (&chunk.old[..], &chunk.new[..]);
        let mut found = seeker.seek(old, at, chunk.end_of_file);
        if let (None, Some((last, rest))) = (found, old.split_last())
            && last.is_empty()
        {
            // The last, empty line stands for the line feed at the end of the file.
            old = rest;
            new = new.split_last().filter(|(last, _)| last.is_empty()).map_or(new, |(_, new)| new);
            found = seeker.seek(old, at, chunk.end_of_file);
        }
        let (line, level) = found.ok_or_else(|| fail(&chunk.old, at))?;
        loosely(level, line, "chunk");
        changes.push((line, old.len(), new));
        at = line + old.len();
    }
    changes.sort_by_key(|(line, ..)| *line);
    Ok(rewrite(&seeker.lines, &changes, ending))
}

fn rewrite(lines: &[&[u8]], changes: &[(usize, usize, &[String])], ending: Ending) -> Vec<u8> {
    let mut out: Vec<&[u8]> = Vec::with_capacity(lines.len() + 16);
    let mut at = 0;
    for (line, old, new) in changes {
        out.extend(&lines[at..(*line).max(at)]);
        out.extend(new.iter().map(String::as_bytes));
        at = (line + old).max(at);
    }
    out.extend(&lines[at..]);
    let mut text = Vec::new();
    for line in out {
        text.extend_from_slice(line);
        text.extend_from_slice(ending.bytes());
    }
    text
}

fn failure(
    text: &[u8],
    number: usize,
    chunk: &Chunk,
    expected: &[String],
    at: usize,
) -> HunkFailure {
    let join = |lines: &[String]| lines.iter().fold(String::new(), |all, line| all + line + "\n");
    let new = join(&chunk.new);
    let applied = (!chunk.new.is_empty() && chunk.new != chunk.old)
        .then(|| memchr::memmem::find(text, new.as_bytes()))
        .flatten()
        .map(|at| text::line_of(text, at));
    let header = chunk.context.as_ref().map_or("@@".to_owned(), |context| format!("@@ {context}"));
    let header = match at {
        0 => header,
        _ => format!("{header}; looked for after line {at}, where the chunk before it ends"),
    };
    let expected = join(expected);
    HunkFailure {
        hunk: number,
        header,
        line: None,
        expected: text::excerpt(expected.as_bytes(), 40, 4096),
        found: None,
        applied,
        nearest: nearest(text, expected.as_bytes()),
    }
}
