//! `blame`: who wrote each line of a file in a session, and why.

use coderoom_engine::EntryKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation, edits};
use crate::error::{Code, OpError};

/// The operation.
pub struct Blame;

/// Which file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "path"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The file, relative to the workspace.
    pub path: String,
}

/// The file's lines in ranges of one origin.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// In the order of the text.
    pub ranges: Vec<BlameRow>,
}

/// Lines that came with one entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BlameRow {
    /// First line, from 1.
    pub start: u64,
    /// Last line.
    pub end: u64,
    /// The entry; 0 for lines that the session started with.
    pub entry: u64,
    /// Who.
    pub agent: String,
    /// Why.
    pub reason: String,
}

impl Operation for Blame {
    const NAME: &'static str = "blame";
    const TITLE: &'static str = "Show who wrote each line";
    const DESCRIPTION: &'static str = "Show for each line of a file in an edit session which entry of \
        its log wrote it: who and why.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let path = located.relative(&params.path)?;
        let state = session.state();
        if state.snapshot().file(&path).is_none() {
            let message = format!("there is no file {path} in session `{}`", session.name);
            return Err(OpError::new(Code::UnknownPath, message));
        }
        let bytes = |version: &Option<coderoom_engine::Version>| {
            version.as_ref().and_then(|it| it.bytes().cloned()).unwrap_or_default()
        };
        let first = state.version_at(&path, 0);
        let mut origins = vec![0_u64; lines(&bytes(&first))];
        for entry in state.log() {
            // A sync writes what is there, and so changes no line.
            if entry.kind == EntryKind::Sync {
                continue;
            }
            for delta in entry.files.iter().filter(|delta| delta.path == path) {
                let (old, new) = (bytes(&delta.before), bytes(&delta.after));
                origins = carried(&origins, &old, &new, entry.id);
            }
        }
        let mut ranges: Vec<BlameRow> = Vec::new();
        for (line, origin) in (1..).zip(&origins) {
            match ranges.last_mut() {
                Some(row) if row.entry == *origin => row.end = line,
                _ => {
                    let entry = state.entry(*origin);
                    ranges.push(BlameRow {
                        start: line,
                        end: line,
                        entry: *origin,
                        agent: entry.map(|it| it.agent.clone()).unwrap_or_default(),
                        reason: entry.map(|it| it.reason.clone()).unwrap_or_default(),
                    });
                }
            }
        }
        Ok(Reply { ranges })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for BlameRow { start, end, entry, agent, reason } in &reply.ranges {
            let whose = match entry {
                0 => "as it was".to_owned(),
                entry => format!("{entry} by {agent}: {reason}"),
            };
            text.push_str(&format!("{start}-{end}\t{whose}\n"));
        }
        text
    }
}

fn lines(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|&byte| byte == b'\n').count()
}

/// Where each new line comes from: unchanged lines keep their origin.
fn carried(origins: &[u64], old: &[u8], new: &[u8], entry: u64) -> Vec<u64> {
    let mut carried = Vec::with_capacity(lines(new));
    let mut at = 0;
    for hunk in coderoom_edit::hunks(old, new, 0) {
        // An empty range begins behind the line that it names.
        let start = hunk.old_start as usize - usize::from(hunk.old_lines > 0);
        carried.extend_from_slice(origins.get(at..start).unwrap_or_default());
        carried.extend(std::iter::repeat_n(entry, hunk.new_lines as usize));
        at = start + hunk.old_lines as usize;
    }
    carried.extend_from_slice(origins.get(at..).unwrap_or_default());
    carried
}
