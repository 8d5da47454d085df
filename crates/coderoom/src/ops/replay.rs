//! `replay`: makes a session's edits again, one by one, in a new session over the disk as it is now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Operation, edits};
use crate::{
    daemon::sessions::{Opening, Replayed},
    error::OpError,
};

/// The operation.
pub struct Replay;

/// Which edits, and where.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "name"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session whose edits they are; it stays as it is.
    pub session: String,
    /// The name of the new session; it is configured as the old one.
    pub name: String,
}

/// What became of them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The new session.
    pub name: String,
    /// Each entry of the old log that was not undone, oldest first.
    pub entries: Vec<EntryRow>,
    /// Files whose changes do not go together with what is on disk: settle them with `resolve` in the
    /// new session.
    pub conflicts: Vec<String>,
}

/// What became of an entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryRow {
    /// Its number in the old session.
    pub old: u64,
    /// Its number in the new one; 0 if it changes nothing there.
    pub entry: u64,
    /// `applied`, `merged` (with what others have changed), `conflict`, or `there` (the disk has it
    /// already).
    pub outcome: String,
    /// Who made it.
    pub agent: String,
    /// Why.
    pub reason: String,
    /// Its files.
    pub files: Vec<String>,
    /// Those of them that do not go together with what is there.
    pub conflicts: Vec<String>,
}

impl From<Replayed> for EntryRow {
    fn from(it: Replayed) -> EntryRow {
        let outcome = match (&it.met.conflicts[..], &it.met.merged[..]) {
            ([_, ..], _) => "conflict",
            (_, [_, ..]) => "merged",
            _ if it.entry == 0 => "there",
            _ => "applied",
        };
        EntryRow {
            old: it.old,
            entry: it.entry,
            outcome: outcome.to_owned(),
            agent: it.agent,
            reason: it.reason,
            files: it.files,
            conflicts: it.met.conflicts,
        }
    }
}

impl Operation for Replay {
    const NAME: &'static str = "replay";
    const TITLE: &'static str = "Make a session's edits again";
    const DESCRIPTION: &'static str = "Make the edits of an edit session again, one by one, in a new \
        session over the working directory as it is now; tells what became of each. What was undone \
        is left out.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (_, old) = edits::session(context, &params.workspace)?;
        old.room.workspace.fresh(context.deadline);
        let opening =
            Opening { name: params.name, agent: old.agent.clone(), config: old.yaml.clone() };
        let sessions = &context.rooms.sessions;
        let new = sessions.open(&old.room, &opening, None)?;
        let replayed = match new.replay(&old) {
            Ok(replayed) => replayed,
            Err(err) => {
                sessions.close(&new)?;
                return Err(err);
            }
        };
        new.review_soon(&context.rooms);
        let conflicts = new.state().conflicts().map(|(path, _)| path.to_string()).collect();
        let entries = replayed.into_iter().map(EntryRow::from).collect();
        Ok(Reply { name: new.name.clone(), entries, conflicts })
    }
}
