//! `scip_forget`: drops what was imported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Operation};
use crate::error::OpError;

/// The operation.
pub struct ScipForget;

/// Of which workspace.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it).
    pub workspace: String,
}

/// What was dropped.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Who had made it; none: nothing was imported.
    pub forgotten: Vec<String>,
}

impl Operation for ScipForget {
    const NAME: &'static str = "scip_forget";
    const TITLE: &'static str = "Forget imported SCIP indexes";
    const DESCRIPTION: &'static str = "Drop all SCIP indexes that were imported into a workspace: \
        its references are coderoom's own again.";
    const FOR_AGENTS: bool = false;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let located = context.rooms.locate(&params.workspace, context)?;
        let forgotten = context.rooms.forget_imports(&located)?;
        Ok(Reply { forgotten })
    }
}
