//! `history`: the log of a session, or of one file in it.

use std::fmt::Write;

use coderoom_engine::{Entry, EntryKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Group, Operation,
    edits::{self, FileRow},
};
use crate::{daemon::sessions::rows_of, error::OpError};

/// The operation.
pub struct History;

/// Which entries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Only what touched this file.
    pub path: String,
    /// Entries at most, the newest. Default 50.
    pub limit: Option<u64>,
    /// Only entries before this number.
    pub before: Option<u64>,
}

/// The log, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The entries.
    pub entries: Vec<EntryRow>,
    /// Entries of the log that match, shown or not.
    pub total: u64,
}

/// One record of the log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryRow {
    /// Its number.
    pub entry: u64,
    /// When, in milliseconds since the epoch.
    pub time_ms: u64,
    /// Who.
    pub agent: String,
    /// Why.
    pub reason: String,
    /// `edit`, `undo`, `redo`, `rollback`, `sync`, `rebase`, `merge`, `take`, `resolve` or `fork`.
    pub kind: String,
    /// The entry that it undoes, redoes or goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// The session that it took changes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What became of files.
    pub files: Vec<FileRow>,
}

impl EntryRow {
    fn new(entry: &Entry) -> EntryRow {
        let (kind, of, from) = match &entry.kind {
            EntryKind::Edit => ("edit", None, None),
            EntryKind::Fork { from, at } => ("fork", Some(*at), Some(from.clone())),
            EntryKind::Undo { of } => ("undo", Some(*of), None),
            EntryKind::Redo { of } => ("redo", Some(*of), None),
            EntryKind::Rollback { to } => ("rollback", Some(*to), None),
            EntryKind::Sync => ("sync", None, None),
            EntryKind::Rebase => ("rebase", None, None),
            EntryKind::Merge { from } => ("merge", None, Some(from.clone())),
            EntryKind::Take => ("take", None, None),
            EntryKind::Resolve => ("resolve", None, None),
        };
        // A sync changes nothing in the session: what it wrote is what it speaks of.
        let files = if entry.files.is_empty() { &entry.base } else { &entry.files };
        EntryRow {
            entry: entry.id,
            time_ms: entry.time_ms,
            agent: entry.agent.clone(),
            reason: entry.reason.clone(),
            kind: kind.to_owned(),
            of,
            from,
            files: rows_of(files).into_iter().map(FileRow::from).collect(),
        }
    }
}

impl Operation for History {
    const NAME: &'static str = "history";
    const TITLE: &'static str = "Show a session's log";
    const DESCRIPTION: &'static str = "Show what was done in an edit session: each entry with who, \
        why, when and which files; of one file with `path`.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let path = match &params.path[..] {
            "" => None,
            path => Some(located.relative(path)?),
        };
        let state = session.state();
        let touches = |entry: &Entry| {
            let all = entry.files.iter().chain(&entry.base);
            path.as_ref().is_none_or(|path| all.into_iter().any(|delta| delta.path == *path))
        };
        let matching = || state.log().rev().filter(|entry| touches(entry));
        let before = params.before.unwrap_or(u64::MAX);
        let shown = matching().filter(|entry| entry.id < before);
        let limit = params.limit.unwrap_or(50) as usize;
        Ok(Reply {
            entries: shown.take(limit).map(|entry| EntryRow::new(entry)).collect(),
            total: matching().count() as u64,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for row in &reply.entries {
            let EntryRow { entry, kind, agent, reason, .. } = row;
            let of = row.of.map(|of| format!(" {of}")).unwrap_or_default();
            let from = row.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
            let _ = writeln!(text, "{entry} {kind}{of}{from} by {agent}: {reason}");
            for file in &row.files {
                let FileRow { path, change, added, removed, .. } = file;
                let _ = writeln!(text, "    {change} {path} (+{added} -{removed})");
            }
        }
        if reply.total > reply.entries.len() as u64 {
            let _ = writeln!(text, "[{} of {} entries]", reply.entries.len(), reply.total);
        }
        if text.is_empty() {
            text.push_str("nothing was done yet\n");
        }
        text
    }
}
