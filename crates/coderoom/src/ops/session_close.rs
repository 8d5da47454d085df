//! `session_close`: ends an edit session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation, edits};
use crate::{
    daemon::sessions::{Handed, SyncMode},
    error::{Code, OpError},
};

/// The operation.
pub struct SessionClose;

/// Which session, and what of its changes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Close it although it has changes that were not written to the working directory.
    pub discard: bool,
}

/// What is left of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Its name.
    pub closed: String,
    /// Files that were written to the working directory just now.
    pub synced: u64,
    /// Files whose changes were discarded.
    pub discarded: u64,
    /// Where its log stays.
    pub log: String,
}

impl Operation for SessionClose {
    const NAME: &'static str = "session_close";
    const TITLE: &'static str = "Close an edit session";
    const DESCRIPTION: &'static str = "Close an edit session. With changes that were not synced it is \
        refused unless `discard`; a session with sync_frequency: lazy is synced now. The log is kept.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        let mut synced = 0;
        let lazy = session.config.git.sync_frequency == SyncMode::Lazy;
        if lazy && !params.discard && session.state().dirty_len() > 0 {
            synced = session.sync(&context.rooms, &[], &context.progress)?.written.len() as u64;
        }
        let dirty = session.state().dirty_len();
        if dirty > 0 && !params.discard {
            let message = format!(
                "session `{}` has {dirty} changed files that are not in the working directory: \
                 write them with `sync`, keep them on the review branch with `commit_review`, or \
                 close it with `discard`",
                session.name
            );
            return Err(OpError::new(Code::Unsynced, message));
        }
        session.handed_over(if params.discard { Handed::Nothing } else { Handed::Written });
        let log = context.rooms.sessions.close(&session)?;
        Ok(Reply {
            closed: session.name.clone(),
            synced,
            discarded: dirty as u64,
            log: log.display().to_string(),
        })
    }
}
