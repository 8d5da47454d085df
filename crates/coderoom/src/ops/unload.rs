//! `unload`: lets a workspace go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Operation};
use crate::error::OpError;

/// The operation.
pub struct Unload;

/// What to let go.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace.
    pub workspace: String,
}

/// What happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The root that was let go.
    pub unloaded: String,
}

impl Operation for Unload {
    const NAME: &'static str = "unload";
    const TITLE: &'static str = "Unload a workspace";
    const DESCRIPTION: &'static str = "Let a workspace go from memory. Its cache file stays, so that \
        loading it again is quick.";
    const FOR_AGENTS: bool = false;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let unloaded = context.rooms.unload(&params.workspace)?;
        Ok(Reply { unloaded: unloaded.display().to_string() })
    }
}
