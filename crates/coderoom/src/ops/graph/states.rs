//! States of a workspace that questions compare: the disk, sessions, what sessions began from, and
//! commits.

use std::sync::Arc;

use coderoom_engine::{Code as EngineCode, CodeGraph};
use coderoom_system::past::{NoHistory, RevisionError};
use parking_lot::Mutex;

use super::{patience, still_made};
use crate::{
    daemon::{
        graph::{Patience, following},
        revisions::Beside,
        sessions::AgentSession,
    },
    error::{Code, OpError},
    ops::{Context, code::Asked},
};

/// One state: its code and its graph.
pub(super) struct Stated {
    pub(super) code: Arc<EngineCode>,
    pub(super) graph: Arc<CodeGraph>,
    /// What is left out of it, in words.
    pub(super) note: Option<String>,
}

/// The state that a client's word means: the disk, a session, or else a commit. Costs what differs
/// from the disk.
pub(super) fn state(context: &Context, asked: &Asked<'_>, named: &str) -> Result<Stated, OpError> {
    let give_up = || context.interruption().is_some();
    let located = &asked.located;
    let room = &located.room;
    let patience = patience(context, &give_up);
    let not_yet = || still_made(context, "the graph");
    let trunk_code = room.code.of(&located.trunk);
    let trunk = room.graph.graph(&trunk_code, patience).ok_or_else(not_yet)?;
    trunk.graph().map_err(|err| OpError::new(Code::TooLarge, err.to_string()))?;
    let named = named.trim();
    if named.is_empty() || named == "disk" {
        return Ok(Stated { code: trunk_code, graph: trunk, note: None });
    }
    let (name, base) = match named.strip_suffix("@base") {
        Some(name) => (name, true),
        None => (named, false),
    };
    match context.rooms.sessions.find(room, name) {
        Ok(session) => of_session(&session, base, &trunk, patience)?.ok_or_else(not_yet),
        // What is no name of a session may still be one of a commit.
        Err(err) if matches!(err.code, Code::UnknownSession | Code::BadParameter) => {
            let (workspace, code) = (&room.workspace, &room.code);
            let beside = Beside { workspace, room: code, graph: &trunk };
            let made = room.revisions.state(named, &beside, patience);
            let made = made.map_err(|problem| refused(named, &err, &problem))?;
            let made = made.ok_or_else(|| still_made(context, &format!("the state `{named}`")))?;
            let state = made.as_ref().as_ref().map_err(|problem| refused(named, &err, problem))?;
            let note = (state.ignored > 0).then(|| {
                let count = state.ignored;
                format!("{count} files of `{named}` are left out: the ignore rules keep them out")
            });
            Ok(Stated { code: Arc::clone(&state.code), graph: Arc::clone(&state.graph), note })
        }
        Err(err) => Err(err),
    }
}

fn of_session(
    session: &AgentSession,
    base: bool,
    trunk: &Arc<CodeGraph>,
    patience: Patience<'_>,
) -> Result<Option<Stated>, OpError> {
    let state = session.state();
    let (code, graph) = if base {
        let code = session.room.code.of_session(state.base(), &Mutex::default());
        let graph = following(&code, trunk, trunk.hints(), patience);
        (code, graph)
    } else {
        let code = session.code(state.snapshot())?;
        let graph = session.graph(&code, trunk, patience);
        (code, graph)
    };
    let Some(graph) = graph else { return Ok(None) };
    graph.graph().map_err(|err| OpError::new(Code::TooLarge, err.to_string()))?;
    Ok(Some(Stated { code, graph, note: None }))
}

/// Why there is no such state, given why there is no such session.
fn refused(named: &str, no_session: &OpError, problem: &RevisionError) -> OpError {
    let code = match problem {
        RevisionError::NoHistory(NoHistory::NoRepository)
            if no_session.code == Code::UnknownSession && named != "HEAD" =>
        {
            let message = format!("{no_session}; and no commit: {problem}");
            return OpError::new(Code::UnknownSession, message);
        }
        RevisionError::NoHistory(_) => Code::NoRepository,
        RevisionError::Unknown { .. } => {
            let message = format!(
                "`{named}` is neither `disk`, nor a session, nor a commit: {problem}; see the \
                 sessions with `session_list`, the commits with `git log`"
            );
            return OpError::new(Code::UnknownRevision, message);
        }
        RevisionError::NotHere { .. } => Code::MissingObject,
        RevisionError::TooLarge { .. } => Code::TooLarge,
        RevisionError::Stopped => {
            let message = format!("making the state `{named}` was stopped: ask again");
            return OpError::new(Code::Busy, message);
        }
    };
    OpError::new(code, format!("`{named}`: {problem}"))
}
