//! `diff`: what a session has changed, as a patch, as data, by words or in numbers.

use coderoom_edit::{
    DiffHunk, DiffOptions, LineKind, Side, Stat, WordPart, diff, hunks, stat, stat_table, words,
};
use coderoom_engine::{FileMode, RelPath, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Operation, edits};
use crate::{
    daemon::sessions::{AgentSession, Pair},
    error::{Code, OpError},
};

/// The operation.
pub struct Diff;

/// What to compare.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Only these files or directories.
    pub paths: Vec<String>,
    /// Against what: `base` (the default: what the session started from), `HEAD` (git's), `disk`,
    /// an entry's number, or another session as `session:NAME`.
    pub against: String,
    /// How: `unified` (the default; `git apply` takes it), `stat`, `words`, `json`.
    pub format: DiffFormat,
    /// Lines of context. Default 3.
    pub context: Option<u64>,
    /// Print binary files, and those that are not UTF-8, as patches that `git apply` takes. Default
    /// true; false: only say that they differ, and show what is no UTF-8 with replaced characters.
    pub binary: Option<bool>,
    /// Bytes of text at most; whole files are left out beyond. Default 1 MiB.
    pub max_bytes: Option<u64>,
}

/// How a difference is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffFormat {
    /// As a patch.
    #[default]
    Unified,
    /// In numbers.
    Stat,
    /// By words, `[-old-]{+new+}`.
    Words,
    /// As data, in `files`.
    Json,
}

/// The difference.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// As text.
    pub text: String,
    /// Each file; with hunks for `json`.
    pub files: Vec<FileDiff>,
    /// Files whose text was left out.
    pub left_out: Vec<String>,
}

/// How one file differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileDiff {
    /// Where it is.
    pub path: String,
    /// `created`, `modified` or `deleted`.
    pub change: String,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Whether it is binary.
    pub binary: bool,
    /// The hunks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Value>")]
    pub hunks: Vec<DiffHunk>,
}

const MAX_BYTES: u64 = 1 << 20;

impl Operation for Diff {
    const NAME: &'static str = "diff";
    const TITLE: &'static str = "Show a session's changes";
    const DESCRIPTION: &'static str = "Show what an edit session has changed: as a patch that `git \
        apply` takes, by words, in numbers or as data; against its base, an entry, HEAD, the disk or \
        another session.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let mut pairs = pairs(context, &session, params.against.trim())?;
        if !params.paths.is_empty() {
            let mut dirs = Vec::new();
            for path in &params.paths {
                dirs.push(located.relative(path)?);
            }
            pairs.retain(|(path, ..)| dirs.iter().any(|dir| path.is_within(dir)));
        }
        pairs.retain(|(_, old, new)| old != new);
        Ok(show(&session, &pairs, &params))
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.text.clone();
        if text.is_empty() && reply.left_out.is_empty() {
            text.push_str("no differences\n");
        }
        if !reply.left_out.is_empty() {
            text.push_str(&format!("[left out: {}]\n", reply.left_out.join(", ")));
        }
        text
    }
}

/// What differs between the session and what it is compared with: old, then new.
fn pairs(context: &Context, session: &AgentSession, against: &str) -> Result<Vec<Pair>, OpError> {
    let state = session.state();
    let dirty = || state.dirty().map(|(path, it)| (path.clone(), it.base.clone(), it.now.clone()));
    match against {
        "" | "base" => Ok(dirty().collect()),
        "disk" => {
            dirty().map(|(path, _, now)| Ok((path.clone(), session.on_disk(&path)?, now))).collect()
        }
        "HEAD" => session.against_head(),
        other => {
            if let Some(name) = other.strip_prefix("session:") {
                let other = context.rooms.sessions.find(&session.room, name)?.state();
                let mut paths: Vec<&RelPath> = state.dirty().map(|(path, _)| path).collect();
                paths.extend(other.dirty().map(|(path, _)| path));
                paths.sort_unstable();
                paths.dedup();
                let pair =
                    |path: &RelPath| (path.clone(), other.version(path), state.version(path));
                return Ok(paths.into_iter().map(pair).collect());
            }
            let at: u64 = other.parse().map_err(|_| {
                let message = format!(
                    "`{other}` is nothing to compare with: `base`, `HEAD`, `disk`, an entry's \
                     number, or `session:NAME`"
                );
                OpError::new(Code::BadParameter, message)
            })?;
            if at > state.head() {
                let head = state.head();
                let message = format!("there is no entry {at}: the log has 1 to {head}");
                return Err(OpError::new(Code::NoSuchEntry, message));
            }
            let mut paths: Vec<&RelPath> = state
                .log()
                .skip(at as usize)
                .flat_map(|entry| &entry.files)
                .map(|delta| &delta.path)
                .collect();
            paths.sort_unstable();
            paths.dedup();
            let pair =
                |path: &RelPath| (path.clone(), state.version_at(path, at), state.version(path));
            Ok(paths.into_iter().map(pair).collect())
        }
    }
}

fn show(session: &AgentSession, pairs: &[Pair], params: &Params) -> Reply {
    let context = params.context.unwrap_or(3) as usize;
    let limit = params.max_bytes.unwrap_or(MAX_BYTES) as usize;
    let mut reply = Reply { text: String::new(), files: Vec::new(), left_out: Vec::new() };
    let mut stats: Vec<Stat> = Vec::new();
    for (path, old, new) in pairs {
        let name = path.to_string();
        let (before, after) = (bytes(old), bytes(new));
        let side = |version: &Option<Version>| version.as_ref().and_then(|it| it.mode);
        let kept = || session.is_executable(path);
        let executable = |version: &Option<Version>| match side(version) {
            Some(mode) => mode == FileMode::Executable,
            None => kept(),
        };
        let old_side =
            before.as_deref().map(|bytes| Side { path: &name, bytes, executable: executable(old) });
        let new_side =
            after.as_deref().map(|bytes| Side { path: &name, bytes, executable: executable(new) });
        let numbers = stat(old_side, new_side);
        let mut row = FileDiff {
            path: name.clone(),
            change: change(old, new).to_owned(),
            added: numbers.added,
            removed: numbers.removed,
            binary: numbers.binary,
            hunks: Vec::new(),
        };
        let (old_bytes, new_bytes) =
            (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
        let text = match params.format {
            DiffFormat::Unified => {
                let binary = params.binary.unwrap_or(true);
                let options = DiffOptions { context, text: false, binary, utf8: binary };
                String::from_utf8_lossy(&diff(old_side, new_side, &options)).into_owned()
            }
            DiffFormat::Words => word_text(&name, old_bytes, new_bytes),
            DiffFormat::Stat => String::new(),
            DiffFormat::Json => {
                row.hunks = hunks(old_bytes, new_bytes, context);
                String::new()
            }
        };
        if reply.text.len() + text.len() > limit {
            reply.left_out.push(name);
        } else {
            reply.text.push_str(&text);
        }
        reply.files.push(row);
        stats.push(numbers);
    }
    if params.format == DiffFormat::Stat {
        reply.text = stat_table(&stats, 80);
    }
    reply
}

fn bytes(version: &Option<Version>) -> Option<Vec<u8>> {
    version.as_ref()?.bytes().map(|bytes| bytes.to_vec())
}

fn change(old: &Option<Version>, new: &Option<Version>) -> &'static str {
    match (old, new) {
        (None, _) => "created",
        (_, None) => "deleted",
        _ => "modified",
    }
}

/// Changed lines by words, with a header for the file.
fn word_text(name: &str, old: &[u8], new: &[u8]) -> String {
    let mut text = format!("--- {name}\n");
    for part in words(old, new) {
        match part {
            WordPart { kind: LineKind::Context, text: same } => text.push_str(&shortened(&same)),
            WordPart { kind: LineKind::Removed, text: old } => {
                text.push_str(&format!("[-{old}-]"));
            }
            WordPart { kind: LineKind::Added, text: new } => {
                text.push_str(&format!("{{+{new}+}}"));
            }
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// What stays the same, without lines that are far from any change.
fn shortened(same: &str) -> String {
    const NEAR: usize = 2;
    let lines: Vec<&str> = same.split_inclusive('\n').collect();
    if lines.len() <= 2 * NEAR + 2 {
        return same.to_owned();
    }
    let (head, tail) = (lines[..=NEAR].concat(), lines[lines.len() - NEAR..].concat());
    format!("{head}@@\n{tail}")
}
