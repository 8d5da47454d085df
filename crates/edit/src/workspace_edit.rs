//! `WorkspaceEdit` of the Language Server Protocol: text edits by position, and file operations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Action, EditError, Existing, FileEdit, Format, Modify,
    format::{ParseOptions, Parsed},
    text::{self, body},
};

/// What the characters of a position are counted in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PositionEncoding {
    /// Bytes.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16 code units, the protocol's default.
    #[default]
    #[serde(rename = "utf-16")]
    Utf16,
    /// Characters.
    #[serde(rename = "utf-32")]
    Utf32,
}

/// A position in a text: line and character, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character in it; beyond its end stands for its end.
    pub character: u32,
}

/// A range of a text; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// A range and what is put in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextEdit {
    /// The range in the text before any edit of the same batch.
    pub range: Range,
    /// The new text, with the line endings that it is to have.
    pub new_text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkspaceEdit {
    changes: Option<BTreeMap<String, Vec<TextEdit>>>,
    document_changes: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentEdit {
    text_document: Document,
    edits: Vec<TextEdit>,
}

#[derive(Deserialize)]
struct Document {
    uri: String,
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Operation {
    Create {
        uri: String,
        #[serde(default)]
        options: Flags,
    },
    #[serde(rename_all = "camelCase")]
    Rename {
        old_uri: String,
        new_uri: String,
        #[serde(default)]
        options: Flags,
    },
    Delete {
        uri: String,
        #[serde(default)]
        options: Flags,
    },
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Flags {
    overwrite: bool,
    ignore_if_exists: bool,
    ignore_if_not_exists: bool,
}

impl Flags {
    fn existing(&self) -> Existing {
        match (self.overwrite, self.ignore_if_exists) {
            (true, _) => Existing::Replace,
            (_, true) => Existing::Keep,
            _ => Existing::Refuse,
        }
    }
}

fn bad(error: &serde_json::Error, place: &str) -> EditError {
    EditError::bad(Format::WorkspaceEdit, error.line(), format!("{place}{error}"))
}

/// Reads the JSON. `documentChanges` is preferred to `changes`, as the protocol wants it.
pub(crate) fn parse(input: &str, options: &ParseOptions) -> Result<Parsed, EditError> {
    let edit: WorkspaceEdit = serde_json::from_str(input).map_err(|error| bad(&error, ""))?;
    let mut parsed = Parsed::default();
    let modify = |edits| Action::Modify(Modify::TextEdits(edits, options.encoding));
    if let Some(changes) = edit.document_changes {
        for (i, change) in changes.into_iter().enumerate() {
            let wrong = |error| bad(&error, &format!("documentChanges[{i}]: "));
            let (path, action) = if change.get("kind").is_some() {
                operation(serde_json::from_value(change).map_err(wrong)?, options)?
            } else {
                let edit: DocumentEdit = serde_json::from_value(change).map_err(wrong)?;
                let path = uri_path(&edit.text_document.uri, &options.root)?;
                if let Some(version) = edit.text_document.version {
                    parsed.versions.push((path.clone(), version));
                }
                (path, modify(edit.edits))
            };
            parsed.edits.push(FileEdit { path, action });
        }
    } else if let Some(changes) = edit.changes {
        for (uri, edits) in changes {
            let path = uri_path(&uri, &options.root)?;
            parsed.edits.push(FileEdit { path, action: modify(edits) });
        }
    } else {
        let what = "neither `changes` nor `documentChanges`";
        return Err(EditError::bad(Format::WorkspaceEdit, 0, what));
    }
    Ok(parsed)
}

fn operation(operation: Operation, options: &ParseOptions) -> Result<(String, Action), EditError> {
    let path = |uri: &str| uri_path(uri, &options.root);
    Ok(match operation {
        Operation::Create { uri, options } => {
            let existing = options.existing();
            (path(&uri)?, Action::Create { content: Vec::new(), executable: None, existing })
        }
        Operation::Rename { old_uri, new_uri, options } => {
            let (to, existing) = (path(&new_uri)?, options.existing());
            (path(&old_uri)?, Action::Rename { to, existing })
        }
        Operation::Delete { uri, options } => {
            (path(&uri)?, Action::Delete { missing_ok: options.ignore_if_not_exists })
        }
    })
}

/// The path below `root` that a `file://` URI names; a relative path stands for itself.
///
/// # Errors
/// [`EditError::BadPath`] for other schemes, other hosts, bad escapes and paths outside the root.
pub fn uri_path(uri: &str, root: &str) -> Result<String, EditError> {
    let fail = |reason| EditError::BadPath { path: uri.to_owned(), reason };
    let path = match uri.split_once("://") {
        Some(("file", rest)) => {
            let slash = rest.find('/').ok_or_else(|| fail("the URI has no path"))?;
            if !matches!(&rest[..slash], "" | "localhost") {
                return Err(fail("the URI names another host"));
            }
            percent_decoded(&rest[slash..]).ok_or_else(|| fail("a bad percent escape"))?
        }
        Some(_) => return Err(fail("only `file://` URIs name files")),
        None => uri.to_owned(),
    };
    let relative = match path.strip_prefix('/') {
        Some(_) => path
            .strip_prefix(root.trim_end_matches('/'))
            .filter(|rest| !root.is_empty() && rest.starts_with('/'))
            .map(|rest| rest.trim_start_matches('/'))
            .ok_or_else(|| fail("it is outside the workspace root"))?,
        None => &path,
    };
    crate::clean_path(relative)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The text after all edits, whose ranges are positions in the text before them.
///
/// Insertions at one place are made in the order given.
pub(crate) fn apply_text_edits(
    path: &str,
    text: &[u8],
    edits: &[TextEdit],
    encoding: PositionEncoding,
) -> Result<Vec<u8>, EditError> {
    let lines = text::lines(text);
    let mut starts = Vec::with_capacity(lines.len() + 1);
    let mut at = 0;
    for line in &lines {
        starts.push(at);
        at += line.len();
    }
    let offset = |position: Position| -> Result<usize, EditError> {
        let line = position.line as usize;
        match lines.get(line) {
            Some(line_text) => Ok(starts[line] + column(line_text, position.character, encoding)),
            // The line behind the last line feed is there, and it is empty.
            None if line == lines.len() && (text.is_empty() || text.ends_with(b"\n")) => {
                Ok(text.len())
            }
            // "To the end of the file" is often written as a line that is not there.
            None if position.character == 0 && line == lines.len() => Ok(text.len()),
            None => Err(EditError::BadPosition {
                path: path.to_owned(),
                position: format!("{}:{}", position.line, position.character),
                reason: format!("the file has {} lines", lines.len()),
            }),
        }
    };
    let mut ordered = Vec::with_capacity(edits.len());
    for edit in edits {
        let (start, end) = (offset(edit.range.start)?, offset(edit.range.end)?);
        if end < start {
            return Err(EditError::BadPosition {
                path: path.to_owned(),
                position: spelled(&edit.range),
                reason: "the range ends before it starts".to_owned(),
            });
        }
        ordered.push((start, end, edit));
    }
    // Stable, and an insertion comes before what is replaced from there on.
    ordered.sort_by_key(|(start, end, _)| (*start, *end > *start));
    let mut out = Vec::with_capacity(text.len() + 256);
    let mut done = 0;
    let mut last: Option<&TextEdit> = None;
    for (start, end, edit) in ordered {
        if let Some(last) = last.filter(|_| start < done) {
            return Err(EditError::OverlappingEdits {
                path: path.to_owned(),
                first: spelled(&last.range),
                second: spelled(&edit.range),
            });
        }
        out.extend_from_slice(&text[done..start]);
        out.extend_from_slice(edit.new_text.as_bytes());
        (done, last) = (end, Some(edit));
    }
    out.extend_from_slice(&text[done..]);
    Ok(out)
}

fn spelled(range: &Range) -> String {
    let Range { start, end } = range;
    format!("{}:{}-{}:{}", start.line, start.character, end.line, end.character)
}

/// The byte in a line at which a character starts; one that is inside a character counts as its
/// start, one behind the end as the end.
fn column(line: &[u8], character: u32, encoding: PositionEncoding) -> usize {
    let line = body(line);
    let wanted = character as usize;
    let mut units = 0;
    let mut at = 0;
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            let width = match encoding {
                PositionEncoding::Utf8 => c.len_utf8(),
                PositionEncoding::Utf16 => c.len_utf16(),
                PositionEncoding::Utf32 => 1,
            };
            if units + width > wanted {
                return at;
            }
            units += width;
            at += c.len_utf8();
        }
        // Bytes that are not text stand for one replacement character each run.
        let invalid = chunk.invalid().len();
        if invalid > 0 {
            if units + 1 > wanted {
                return at;
            }
            units += if encoding == PositionEncoding::Utf8 { invalid } else { 1 };
            at += invalid;
        }
    }
    at
}
