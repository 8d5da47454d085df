//! `view`: reads ranges of files, from memory.

use coderoom_engine::{Body, RelPath, view_lines};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Group, Operation,
    search::{MAX_BYTES, freshness_note},
};
use crate::error::{Code, OpError};

/// The operation.
pub struct View;

/// What to read.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["files"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory in it). It is loaded if it is not yet.
    /// May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The files, and which lines of each.
    pub files: Vec<FileRange>,
    /// Leave out the line numbers.
    pub plain: bool,
}

/// Lines of one file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["path"]))]
pub struct FileRange {
    /// Relative to the workspace.
    pub path: String,
    /// First line, from 1. Default: the first.
    pub start: Option<u64>,
    /// Last line. Default: 2,000 lines from the first.
    pub end: Option<u64>,
}

/// What the files say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The lines with their numbers; a header before each file if there are several or if a part is
    /// shown.
    pub text: String,
    /// Each file that could be shown.
    pub files: Vec<Shown>,
    /// What could not be shown, and why.
    pub notes: Vec<String>,
}

/// Which part of a file is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// Relative to the workspace.
    pub path: String,
    /// First line shown.
    pub start: u64,
    /// Last line shown.
    pub end: u64,
    /// Lines in the file.
    pub total: u64,
    /// Hash of the whole file (BLAKE3): the guard for an edit.
    pub hash: String,
}

/// Lines of one file unless the client says otherwise.
const DEFAULT_LINES: u64 = 2000;

impl Operation for View {
    const NAME: &'static str = "view";
    const TITLE: &'static str = "Read files";
    const DESCRIPTION: &'static str = "Read files of a code base, or ranges of their lines, several \
        at once, with line numbers, from memory and up to date with the disk. Use it instead of cat, \
        head, sed -n.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Search;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        if params.files.is_empty() {
            let message = "`files` is empty: name at least one, as {\"path\": \"src/main.rs\"}";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let located = context.rooms.locate(&params.workspace, context)?;
        let mut reply = Reply { text: String::new(), files: Vec::new(), notes: Vec::new() };
        let several = params.files.len() > 1;
        for wanted in &params.files {
            let path = located.relative(&wanted.path)?;
            if reply.text.len() as u64 >= MAX_BYTES {
                reply.notes.push(format!("{path} is left out: the answer is full"));
                continue;
            }
            if let Err(err) = show(&located.snapshot, &path, wanted, &params, several, &mut reply) {
                if !several {
                    return Err(err);
                }
                reply.notes.push(err.message);
            }
        }
        reply.notes.extend(freshness_note(located.freshness));
        Ok(reply)
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.text.clone();
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

fn show(
    snapshot: &coderoom_engine::Snapshot,
    path: &RelPath,
    wanted: &FileRange,
    params: &Params,
    several: bool,
    reply: &mut Reply,
) -> Result<(), OpError> {
    let file = snapshot.file(path).ok_or_else(|| unknown(snapshot, path))?;
    let text = match &file.body {
        Body::Text(text) => text,
        Body::Binary => return Err(not_held(path, "it is binary")),
        Body::TooLarge => return Err(not_held(path, "it is over the workspace's size limit")),
        Body::Unreadable(why) => return Err(not_held(path, why)),
    };
    let first = wanted.start.unwrap_or(1).max(1);
    let last = wanted.end.unwrap_or(first.saturating_add(DEFAULT_LINES - 1));
    if last < first {
        let message = format!("`end` ({last}) is before `start` ({first}) for {path}");
        return Err(OpError::new(Code::BadParameter, message));
    }
    let range = view_lines(text, first, last);
    if first > range.total && first > 1 {
        let message = format!("{path} has {} lines; `start` is {first}", range.total);
        return Err(OpError::new(Code::BadParameter, message));
    }
    if several || range.first > 1 || range.last < range.total {
        let (start, end, total) = (range.first, range.last, range.total);
        reply.text.push_str(&format!("==> {path} (lines {start}-{end} of {total}) <==\n"));
    }
    let mut end = range.first.saturating_sub(1);
    for (number, line) in (range.first..).zip(range.bytes.split_inclusive(|&byte| byte == b'\n')) {
        if reply.text.len() as u64 >= MAX_BYTES {
            reply.notes.push(format!(
                "{path} is cut at line {end} of {}: ask for the rest with start={number}",
                range.total
            ));
            break;
        }
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix('\n').unwrap_or(&line);
        if params.plain {
            reply.text.push_str(&format!("{line}\n"));
        } else {
            reply.text.push_str(&format!("{number:>6}\t{line}\n"));
        }
        end = number;
    }
    reply.files.push(Shown {
        path: path.to_string(),
        start: range.first,
        end,
        total: range.total,
        hash: text.hash().to_hex(),
    });
    Ok(())
}

fn not_held(path: &RelPath, why: &str) -> OpError {
    OpError::new(Code::NotHeld, format!("{path} is known but not held: {why}"))
}

/// An unknown path, with those that are spelled nearly so.
fn unknown(snapshot: &coderoom_engine::Snapshot, path: &RelPath) -> OpError {
    let name = String::from_utf8_lossy(path.file_name()).to_lowercase();
    let near: Vec<String> = snapshot
        .files()
        .filter(|file| String::from_utf8_lossy(file.path.file_name()).to_lowercase() == name)
        .take(5)
        .map(|file| file.path.to_string())
        .collect();
    let hint = if snapshot.has_dir(path) {
        "it is a directory: list it with `glob`".to_string()
    } else if near.is_empty() {
        "find it with `glob`".to_string()
    } else {
        format!("is it one of: {}?", near.join(", "))
    };
    OpError::new(Code::UnknownPath, format!("there is no file {path} in the workspace: {hint}"))
}
