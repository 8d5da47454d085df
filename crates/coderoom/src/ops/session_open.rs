//! `session_open`: opens an edit session, or goes on with one.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    session_list::{SessionRow, describe},
};
use crate::{
    daemon::sessions::Opening,
    error::{Code, OpError},
};

/// The operation.
pub struct SessionOpen;

/// Which session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory in it). It is loaded if it is not yet.
    /// May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The session's name: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Begin with the changes of this session instead of none.
    pub fork_of: Option<String>,
    /// Who works in it: kept in the log with every edit.
    pub agent: String,
    /// The text of a `session.yaml`. Default: every key's default.
    pub config: String,
    /// Fail if there is a session of that name, instead of going on with it.
    pub new: bool,
}

impl Operation for SessionOpen {
    const NAME: &'static str = "session_open";
    const TITLE: &'static str = "Open an edit session";
    const DESCRIPTION: &'static str = "Open a private in-memory copy of a code base to edit in, or go \
        on with one that is there. Give its name as `session` to every other tool: searches, reads \
        and questions about code then see its edits. Nothing is written to disk until `sync`.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = SessionRow;

    fn run(context: &Context, params: Params) -> Result<SessionRow, OpError> {
        let located = context.rooms.locate(&params.workspace, context)?;
        let sessions = &context.rooms.sessions;
        let agent = match &params.agent[..] {
            "" => "agent".to_owned(),
            agent => agent.to_owned(),
        };
        let opening = Opening { name: params.name.clone(), agent, config: params.config.clone() };
        let parent = match &params.fork_of {
            Some(name) => Some(sessions.find(&located.room, name)?),
            None => None,
        };
        match sessions.open(&located.room, &opening, parent.as_deref()) {
            Err(err) if err.code == Code::SessionExists && !params.new && parent.is_none() => {
                let session = sessions.find(&located.room, &params.name)?;
                if !params.config.trim().is_empty() && params.config != session.yaml {
                    let message = format!(
                        "session `{}` is open with another configuration: close it first, or \
                         leave `config` out",
                        params.name
                    );
                    return Err(OpError::new(Code::BadConfig, message));
                }
                Ok(describe(&session, true))
            }
            opened => Ok(describe(&Arc::clone(&opened?), false)),
        }
    }
}
