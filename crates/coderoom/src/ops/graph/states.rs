//! States of a workspace that questions compare: the disk, sessions, and what sessions began from.

use std::sync::Arc;

use coderoom_engine::{Code as EngineCode, CodeGraph};
use parking_lot::Mutex;

use super::{patience, still_made};
use crate::{
    daemon::graph::following,
    error::{Code, OpError},
    ops::{Context, code::Asked},
};

/// What a state is called in parameters.
pub(super) const STATES: &str = "`disk`, the name of a session, or `NAME@base` for what a session \
                                 began from";

/// One state: its code and its graph.
pub(super) struct Stated {
    pub(super) code: Arc<EngineCode>,
    pub(super) graph: Arc<CodeGraph>,
}

/// The state that a client's word means. Costs what differs from the disk.
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
        return Ok(Stated { code: trunk_code, graph: trunk });
    }
    let (name, base) = match named.strip_suffix("@base") {
        Some(name) => (name, true),
        None => (named, false),
    };
    let session = context.rooms.sessions.find(room, name)?;
    let state = session.state();
    let (code, graph) = if base {
        let code = room.code.of_session(state.base(), &Mutex::default());
        let graph = following(&code, &trunk, trunk.hints(), patience);
        (code, graph)
    } else {
        let code = session.code(state.snapshot())?;
        let graph = session.graph(&code, &trunk, patience);
        (code, graph)
    };
    let graph = graph.ok_or_else(not_yet)?;
    graph.graph().map_err(|err| OpError::new(Code::TooLarge, err.to_string()))?;
    Ok(Stated { code, graph })
}
