//! Reads unified diffs: headers of git and of diff(1), hunks with right and with wrong counts.

use super::{
    Hunk, HunkLine, LineKind,
    names::{git_line_path, header_path, strip_pair},
};
use crate::{Action, EditError, Existing, FileEdit, Format, Modify, format::Parsed};

/// What the headers and hunks of one file say.
#[derive(Default)]
struct FilePatch {
    /// The input line that it starts at, from 1.
    line: usize,
    name: Option<Vec<u8>>,
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
    has_names: bool,
    rename: (Option<Vec<u8>>, Option<Vec<u8>>),
    copy: (Option<Vec<u8>>, Option<Vec<u8>>),
    new_mode: Option<Vec<u8>>,
    created: bool,
    deleted: bool,
    binary: bool,
    hunks: Vec<Hunk>,
}

struct Reader<'a> {
    lines: Vec<&'a [u8]>,
    at: usize,
    notes: Vec<String>,
}

/// Reads every file's part of a diff; text between them (commit messages, fences) is skipped.
pub(crate) fn parse(input: &[u8]) -> Result<Parsed, EditError> {
    let mut lines: Vec<&[u8]> = input.split(|b| *b == b'\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let mut reader = Reader { lines, at: 0, notes: Vec::new() };
    let mut files: Vec<FilePatch> = Vec::new();
    let mut open = false;
    while let Some(line) = reader.lines.get(reader.at).copied() {
        let here = reader.at + 1;
        if let Some(rest) = line.strip_prefix(b"diff --git ") {
            let name = git_line_path(rest.trim_ascii_end());
            files.push(FilePatch { line: here, name, ..FilePatch::default() });
            open = true;
            reader.at += 1;
        } else if reader.names_here() {
            let fresh = !open || files.last().is_some_and(|file| file.has_names);
            if fresh {
                files.push(FilePatch { line: here, ..FilePatch::default() });
            }
            if let Some(file) = files.last_mut() {
                reader.names(file);
            }
            open = true;
        } else if line.starts_with(b"@@") {
            let Some(file) = files.last_mut().filter(|_| open) else {
                return Err(bad(here, "a hunk before any `--- a/path` and `+++ b/path` lines"));
            };
            let hunk = reader.hunk(file.hunks.len() + 1)?;
            file.hunks.push(hunk);
        } else {
            if let Some(file) = files.last_mut().filter(|file| open && file.hunks.is_empty()) {
                header(file, line.strip_suffix(b"\r").unwrap_or(line));
            }
            reader.at += 1;
        }
    }
    if files.is_empty() {
        let what = "no file headers; expected `--- a/path`, `+++ b/path`, then `@@ -l,n +l,n @@`";
        return Err(bad(0, what));
    }
    let mut edits = Vec::new();
    for file in files {
        emit(file, &mut edits)?;
    }
    Ok(Parsed { edits, notes: reader.notes, versions: Vec::new() })
}

fn bad(line: usize, message: impl Into<String>) -> EditError {
    EditError::bad(Format::Unified, line, message)
}

/// Takes in one of git's extended header lines; others say nothing.
fn header(file: &mut FilePatch, line: &[u8]) {
    let path = |rest: &[u8]| Some(header_path(rest));
    if let Some(mode) = line.strip_prefix(b"new file mode ") {
        (file.created, file.new_mode) = (true, Some(mode.to_vec()));
    } else if line.starts_with(b"deleted file mode ") {
        file.deleted = true;
    } else if let Some(mode) = line.strip_prefix(b"new mode ") {
        file.new_mode = Some(mode.to_vec());
    } else if let Some(rest) = line.strip_prefix(b"rename from ") {
        file.rename.0 = path(rest);
    } else if let Some(rest) = line.strip_prefix(b"rename to ") {
        file.rename.1 = path(rest);
    } else if let Some(rest) = line.strip_prefix(b"copy from ") {
        file.copy.0 = path(rest);
    } else if let Some(rest) = line.strip_prefix(b"copy to ") {
        file.copy.1 = path(rest);
    } else if line.starts_with(b"Binary files ") || line.starts_with(b"GIT binary patch") {
        file.binary = true;
    }
}

impl Reader<'_> {
    fn line(&self, at: usize) -> Option<&[u8]> {
        self.lines.get(at).copied()
    }

    /// Whether a pair of `---` and `+++` lines starts here.
    fn names_here(&self) -> bool {
        let starts = |at, prefix: &[u8]| self.line(at).is_some_and(|line| line.starts_with(prefix));
        starts(self.at, b"--- ") && starts(self.at + 1, b"+++ ")
    }

    fn names(&mut self, file: &mut FilePatch) {
        let side = |at: usize| {
            let path = header_path(&self.lines[at][4..]);
            (path != b"/dev/null").then_some(path)
        };
        let (old, new) = (side(self.at), side(self.at + 1));
        file.created |= old.is_none();
        file.deleted |= new.is_none();
        (file.old, file.new) = strip_pair(old, new);
        file.has_names = true;
        self.at += 2;
    }

    /// Reads a hunk by its counts; if they cannot be right, by what its lines look like.
    fn hunk(&mut self, number: usize) -> Result<Hunk, EditError> {
        let raw = self.lines[self.at];
        let header = String::from_utf8_lossy(raw).trim_end().to_owned();
        let range = ranges(raw);
        let start = self.at + 1;
        let counted = range.and_then(|range| self.counted(start, range.1, range.3));
        let (end, wrong) = match counted {
            Some(end) => (end, false),
            None => (self.uncounted(start)?, range.is_some()),
        };
        let mut lines: Vec<HunkLine> = Vec::with_capacity(end - start);
        for raw in &self.lines[start..end] {
            let (kind, text) = match raw.first() {
                Some(b'\\') => {
                    if let Some(last) = lines.last_mut() {
                        last.no_newline = true;
                    }
                    continue;
                }
                Some(b'+') => (LineKind::Added, &raw[1..]),
                Some(b'-') => (LineKind::Removed, &raw[1..]),
                Some(b' ') => (LineKind::Context, &raw[1..]),
                _ => (LineKind::Context, &raw[..]),
            };
            lines.push(HunkLine { kind, text: text.to_vec(), no_newline: false });
        }
        if lines.iter().all(|line| line.kind == LineKind::Context) && counted.is_none() {
            return Err(bad(start, "this hunk has no `+` or `-` lines"));
        }
        if wrong {
            let count = |other| lines.iter().filter(|line| line.kind != other).count();
            self.notes.push(format!(
                "hunk {number} (`{header}`) has {} old and {} new lines: its counts were wrong",
                count(LineKind::Added),
                count(LineKind::Removed)
            ));
        }
        self.at = end;
        // Wrong counts come with wrong habits: `-0,0` before a hunk that has old lines.
        let old_start = range.map(|range| range.0);
        Ok(Hunk { header, old_start, lines })
    }

    /// Where the body ends if the counts are right.
    fn counted(&self, start: usize, old: u64, new: u64) -> Option<usize> {
        let (mut old, mut new, mut at) = (old, new, start);
        while old > 0 || new > 0 {
            let (from_old, from_new) = match self.line(at)?.first() {
                Some(b'-') => (1, 0),
                Some(b'+') => (0, 1),
                Some(b' ') | None => (1, 1),
                Some(b'\r') if self.line(at)?.len() == 1 => (1, 1),
                Some(b'\\') => (0, 0),
                _ => return None,
            };
            (old, new) = (old.checked_sub(from_old)?, new.checked_sub(from_new)?);
            at += 1;
        }
        while self.line(at).is_some_and(|line| line.starts_with(b"\\")) {
            at += 1;
        }
        let more =
            self.line(at).is_some_and(|line| matches!(line.first(), Some(b' ' | b'+' | b'-')));
        (!more || self.boundary(at)).then_some(at)
    }

    /// Where the body ends by the look of its lines.
    fn uncounted(&self, start: usize) -> Result<usize, EditError> {
        let mut at = start;
        while let Some(line) = self.line(at).filter(|_| !self.boundary(at)) {
            match line.first() {
                Some(b' ' | b'+' | b'-' | b'\\' | b'\r') | None => at += 1,
                _ => {
                    let line = String::from_utf8_lossy(line).into_owned();
                    return Err(bad(
                        at + 1,
                        format!(
                            "`{line}` is in a hunk, but does not start with ` ` (kept), `-` (old) \
                             or `+` (new), and the counts in the `@@` line do not end the hunk \
                             before it"
                        ),
                    ));
                }
            }
        }
        // Blank lines before the next header are between the hunks.
        while at > start
            && self.lines[at - 1].trim_ascii_end().is_empty()
            && !self.lines[at - 1].starts_with(b" ")
        {
            at -= 1;
        }
        if at == start {
            return Err(bad(start, "this hunk has no lines"));
        }
        Ok(at)
    }

    /// Whether a line starts something new, whatever the counts say.
    fn boundary(&self, at: usize) -> bool {
        let Some(line) = self.line(at) else { return true };
        let next = self.line(at + 1);
        let signature = line == b"-- "
            && next.is_some_and(|next| next.first().is_some_and(u8::is_ascii_digit))
            && (at + 2..self.lines.len()).all(|at| self.lines[at].is_empty());
        signature
            || line.starts_with(b"@@")
            || line.starts_with(b"diff --git ")
            || line.starts_with(b"```")
            || (line.starts_with(b"--- ") && next.is_some_and(|next| next.starts_with(b"+++ ")))
    }
}

/// The numbers of `@@ -l,n +l,n @@`: old start and count, new start and count.
fn ranges(line: &[u8]) -> Option<(u64, u64, u64, u64)> {
    let text = std::str::from_utf8(line.strip_prefix(b"@@")?).ok().or_else(|| {
        // Only what is behind the numbers may be in another encoding.
        let end = memchr::memmem::find(&line[2..], b"@@")? + 2;
        std::str::from_utf8(&line[2..end]).ok()
    })?;
    let mut words = text.split_ascii_whitespace();
    let mut range = |sign: char| -> Option<(u64, u64)> {
        let word = words.next()?.strip_prefix(sign)?;
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let (old, new) = (range('-')?, range('+')?);
    let sane = [old.0, old.1, new.0, new.1].iter().all(|n| *n < 1 << 40);
    sane.then_some((old.0, old.1, new.0, new.1))
}

/// What one file's part of the diff does, as edits.
fn emit(file: FilePatch, edits: &mut Vec<FileEdit>) -> Result<(), EditError> {
    let line = file.line;
    let text =
        |path: Vec<u8>| String::from_utf8(path).map_err(|_| bad(line, "a path that is not UTF-8"));
    if let Some(mode) = &file.new_mode
        && (mode.starts_with(b"12") || mode.starts_with(b"16"))
    {
        return Err(bad(line, "symbolic links and submodules are not edited"));
    }
    let (from, to) = match (&file.rename, &file.copy) {
        ((Some(from), Some(to)), _) | (_, (Some(from), Some(to))) => {
            (Some(from.clone()), Some(to.clone()))
        }
        _ => (None, None),
    };
    let target = to.clone().or(file.new).or(file.old).or(file.name);
    let Some(path) = target else {
        return Err(bad(line, "a file without a path: expected `--- a/path` and `+++ b/path`"));
    };
    let path = text(path)?;
    if file.binary {
        return Err(EditError::BinaryPatch { path });
    }
    let executable = file.new_mode.map(|mode| mode.trim_ascii_end().ends_with(b"755"));
    let mut push = |path: &str, action| edits.push(FileEdit { path: path.to_owned(), action });
    if file.created && from.is_none() {
        let kept = file.hunks.iter().flat_map(|hunk| &hunk.lines);
        if let Some(old) = kept.clone().find(|line| line.kind != LineKind::Added) {
            let old = String::from_utf8_lossy(&old.text).into_owned();
            return Err(bad(line, format!("`{path}` is a new file, but has the old line `{old}`")));
        }
        let content = kept.flat_map(HunkLine::bytes).collect();
        push(&path, Action::Create { content, executable, existing: Existing::Refuse });
        return Ok(());
    }
    let changes = from.is_some() || executable.is_some() || file.deleted;
    if let Some(from) = from {
        let from = text(from)?;
        let (to, existing) = (path.clone(), Existing::Refuse);
        let renames = file.rename.0.is_some();
        let action = if renames { Action::Rename { to, existing } } else { Action::Copy { to } };
        push(&from, action);
    }
    if !file.hunks.is_empty() {
        push(&path, Action::Modify(Modify::Hunks(file.hunks)));
    } else if !changes {
        return Err(bad(line, format!("`{path}` has no hunks: expected `@@ -l,n +l,n @@`")));
    }
    if file.deleted {
        push(&path, Action::Delete { missing_ok: false });
    } else if let Some(executable) = executable {
        push(&path, Action::Modify(Modify::Executable(executable)));
    }
    Ok(())
}
