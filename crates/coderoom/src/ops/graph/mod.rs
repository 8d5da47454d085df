//! Operations that reason over the workspace's words, history and graph: one file each.

pub mod activate;
mod budget;
mod changes;
pub mod counterfactual;
pub mod differential;
pub mod document_bindings;
pub mod document_drift;
pub mod document_note;
pub mod document_resolve;
pub mod duplicates;
mod excerpt;
mod foretold;
pub mod ghost_edges;
pub mod handoff;
pub mod hypothesize;
pub mod impact;
pub mod layers;
pub mod learn;
pub mod missing;
mod node_text;
pub mod predict;
pub mod resonate;
pub mod seek;
mod semantic;
mod shared;
mod states;
pub mod surgical_context;
mod surroundings;
mod together;
pub mod trace;
pub mod trails;
pub mod why;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Context, code::Asked};
use crate::{
    daemon::graph::Patience,
    error::{Code, OpError},
};

/// The time, in seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs() as i64)
}

/// How long a question about meaning waits for what is being made, at most.
pub(super) fn patience<'a>(context: &Context, give_up: &'a dyn Fn() -> bool) -> Patience<'a> {
    // Some of the time is left for the answer itself.
    let left = context.deadline.saturating_duration_since(Instant::now());
    Patience { until: Instant::now() + left.mul_f64(0.9).max(Duration::from_millis(1)), give_up }
}

/// What to say when something is still being made.
pub(super) fn still_made(context: &Context, what: &str) -> OpError {
    if let Some(reason) = context.interruption()
        && reason.code == Code::Cancelled
    {
        return reason;
    }
    OpError::new(
        Code::Timeout,
        format!("{what} of the workspace is still being made; ask again, or raise `timeout_ms`"),
    )
}

impl Asked<'_> {
    /// The words of the workspace.
    pub(super) fn lexicon(
        &self,
        context: &Context,
    ) -> Result<std::sync::Arc<coderoom_engine::Lexicon>, OpError> {
        let give_up = || context.interruption().is_some();
        self.located
            .room
            .graph
            .lexicon(&self.code, patience(context, &give_up))
            .ok_or_else(|| still_made(context, "the index of words"))
    }
}
