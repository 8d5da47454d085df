//! `session_list`: the edit sessions that are open, and what each has changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Operation};
use crate::{
    daemon::sessions::{AgentSession, SyncMode},
    error::{Code, OpError},
};

/// The operation.
pub struct SessionList;

/// Which sessions.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace. Default: the sessions of all workspaces in memory.
    pub workspace: String,
    /// One session only, with every file that it has changed.
    pub session: String,
}

/// The sessions.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// By workspace and name.
    pub sessions: Vec<SessionRow>,
}

/// A session.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionRow {
    /// Its name.
    pub name: String,
    /// The workspace's root.
    pub workspace: String,
    /// Who opened it.
    pub agent: String,
    /// When, in milliseconds since the epoch.
    pub created_ms: u64,
    /// Whether it was there before.
    pub resumed: bool,
    /// The number of its newest entry; 0 if nothing was edited.
    pub entry: u64,
    /// Files that differ from what it started from.
    pub dirty: u64,
    /// The first 200 of them.
    pub files: Vec<String>,
    /// Files with two changes that do not go together: settle them with `resolve`.
    pub conflicts: Vec<String>,
    /// Bytes of the versions that it holds for itself.
    pub own_bytes: u64,
    /// Bytes of its journal.
    pub journal_bytes: u64,
    /// When files are written to the working directory: `on_demand`, `write_through`, `lazy`.
    pub sync: SyncMode,
    /// The review branch's newest commit, if one was made since it was opened.
    pub review: Option<String>,
    /// Why the last commit behind an edit was not made: what is on the branch is older then.
    pub review_error: Option<ReviewFailure>,
    /// Its review branch.
    pub branch: String,
}

/// A review commit that was not made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewFailure {
    /// As `commit_review` would give it: `branch_checked_out`, `branch_conflict`, ...
    #[schemars(with = "String")]
    pub code: Code,
    /// What to do about it.
    pub message: String,
}

const MAX_FILES: usize = 200;

/// A session as clients see it.
pub(super) fn describe(session: &AgentSession, resumed: bool) -> SessionRow {
    let state = session.state();
    let failure = session.review_error.lock().clone();
    SessionRow {
        name: session.name.clone(),
        workspace: session.room.root().display().to_string(),
        agent: session.agent.clone(),
        created_ms: session.created_ms,
        resumed,
        entry: state.head(),
        dirty: state.dirty_len() as u64,
        files: state.dirty().take(MAX_FILES).map(|(path, _)| path.to_string()).collect(),
        conflicts: state.conflicts().map(|(path, _)| path.to_string()).collect(),
        own_bytes: state.own_bytes(),
        journal_bytes: session.live.journal_bytes(),
        sync: session.config.git.sync_frequency,
        review: session.review.lock().clone(),
        review_error: failure.map(|OpError { code, message }| ReviewFailure { code, message }),
        branch: session.branch(),
    }
}

impl Operation for SessionList {
    const NAME: &'static str = "session_list";
    const TITLE: &'static str = "List edit sessions";
    const DESCRIPTION: &'static str = "List the open edit sessions of a workspace with what each has \
        changed: its files, its conflicts, its newest entry.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        if !params.session.is_empty() {
            let (_, session) = super::edits::session(context, &params.workspace)?;
            return Ok(Reply { sessions: vec![describe(&session, true)] });
        }
        let sessions = &context.rooms.sessions;
        if !params.workspace.is_empty() {
            let located = context.rooms.locate(&params.workspace, context)?;
            for kept in sessions.kept(located.room.root()) {
                // One that cannot be resumed says so when it is named; the others are listed.
                if let Err(err) = sessions.find(&located.room, &kept.name) {
                    tracing::warn!(session = kept.name, %err, "a session cannot be resumed");
                }
            }
            let root = located.room.root().to_path_buf();
            let all = sessions.in_memory();
            let here = all.iter().filter(|session| session.room.root() == root);
            return Ok(Reply { sessions: here.map(|it| describe(it, true)).collect() });
        }
        let all = sessions.in_memory();
        Ok(Reply { sessions: all.iter().map(|session| describe(session, true)).collect() })
    }
}
