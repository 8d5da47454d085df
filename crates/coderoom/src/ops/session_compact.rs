//! `session_compact`: a session's journal without the bytes that nothing needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Operation, edits};
use crate::error::OpError;

/// The operation.
pub struct SessionCompact;

/// Which session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Newest entries whose versions are kept, so that they can be undone. Default 100.
    pub keep: Option<u64>,
}

/// What it saved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Bytes of the journal before.
    pub before: u64,
    /// Bytes of it now.
    pub after: u64,
}

impl Operation for SessionCompact {
    const NAME: &'static str = "session_compact";
    const TITLE: &'static str = "Compact a session's journal";
    const DESCRIPTION: &'static str = "Drop the bytes of old versions from an edit session's journal. \
        The log stays whole (who, why, when, which files); undo and rollback go back only to the \
        newest entries and to the beginning.";
    const FOR_AGENTS: bool = false;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        let keep = usize::try_from(params.keep.unwrap_or(100)).unwrap_or(usize::MAX);
        let (before, after) = session.compact(keep)?;
        Ok(Reply { before, after })
    }
}
