//! `load`: brings a workspace into memory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation, status};
use crate::error::OpError;

/// The operation.
pub struct Load;

/// What to load.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the directory that becomes the workspace's root.
    pub root: String,
    /// Load ignored files too, so that `no_ignore` searches can be answered.
    pub no_ignore: bool,
    /// Files over this size are known and not held. Bytes; default 64 MiB.
    pub max_file_size: Option<u64>,
    /// Milliseconds to wait where another client is loading it. Default 10,000.
    pub timeout_ms: Option<u64>,
}

impl Operation for Load {
    const NAME: &'static str = "load";
    const TITLE: &'static str = "Load a workspace";
    const DESCRIPTION: &'static str = "Load a directory into memory as a workspace. Searches load \
        what they need by themselves; this is for choosing the root or the options.";
    const FOR_AGENTS: bool = false;
    const GROUP: Group = Group::Search;
    const STRUCTURED: bool = true;
    type Params = Params;
    type Reply = status::Workspace;

    fn run(context: &Context, params: Params) -> Result<status::Workspace, OpError> {
        let room = context.rooms.load(&params, context)?;
        Ok(status::describe(&room, context))
    }
}
