//! `undo`, `redo` and `rollback`: the way back and forth in a session's log.

use coderoom_engine::{Entry, NoStep, State};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    edits::{self, EditReply, FileRow},
};
use crate::{
    daemon::sessions::{now_ms, rows_of},
    error::{Code, OpError},
};

/// The last edit is taken back.
pub struct Undo;
/// The last undone edit is made again.
pub struct Redo;
/// Every file is brought back to what it was after an entry.
pub struct Rollback;

/// Which session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Why: kept in the log.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
}

/// Which session, and how far back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "to"]))]
pub struct RollbackParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The entry after which the files were as they are to be (`history` lists them); 0 for the
    /// beginning.
    pub to: u64,
    /// Why: kept in the log.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
}

impl From<NoStep> for OpError {
    fn from(err: NoStep) -> OpError {
        let code = match err {
            NoStep::Moved { .. } => Code::StaleHash,
            _ => Code::NoSuchEntry,
        };
        OpError::new(code, err.to_string())
    }
}

fn step(
    context: &Context,
    params: &Params,
    make: impl Fn(&State) -> Result<Entry, NoStep>,
) -> Result<EditReply, OpError> {
    let (_, session) = edits::session(context, &params.workspace)?;
    let agent = if params.agent.is_empty() { &session.agent } else { &params.agent };
    let mut files: Vec<FileRow> = Vec::new();
    let state = session.commit_unless_empty(|state| {
        let entry = make(state)?;
        files = rows_of(&entry.files).into_iter().map(FileRow::from).collect();
        Ok(entry.by(agent, &params.reason, now_ms()))
    })?;
    let entry = state.as_ref().map_or(0, |state| state.head());
    let mut reply = EditReply { entry, files, problems: Vec::new(), notes: Vec::new() };
    if let Some(state) = state {
        reply.notes.extend(session.after(&context.rooms, &state));
    }
    Ok(reply)
}

impl Operation for Undo {
    const NAME: &'static str = "undo";
    const TITLE: &'static str = "Undo";
    const DESCRIPTION: &'static str =
        "Take the last edit of an edit session back. The log keeps both.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        step(context, &params, State::undo)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}

impl Operation for Redo {
    const NAME: &'static str = "redo";
    const TITLE: &'static str = "Redo";
    const DESCRIPTION: &'static str =
        "Make the edit that was undone last in an edit session again.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        step(context, &params, State::redo)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}

impl Operation for Rollback {
    const NAME: &'static str = "rollback";
    const TITLE: &'static str = "Roll back";
    const DESCRIPTION: &'static str = "Bring every file of an edit session back to what it was after \
        an entry of its log, or to the beginning. It is an entry itself, so it can be undone.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = RollbackParams;
    type Reply = EditReply;

    fn run(context: &Context, params: RollbackParams) -> Result<EditReply, OpError> {
        let RollbackParams { workspace, session, to, reason, agent } = params;
        step(context, &Params { workspace, session, reason, agent }, |state| state.rollback(to))
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}
