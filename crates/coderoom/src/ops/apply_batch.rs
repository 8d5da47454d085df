//! `apply_batch`: several edits at once, all or none.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    edits::{self, Collector, Edit, EditReply},
};
use crate::error::{Code, OpError};

/// The operation.
pub struct ApplyBatch;

/// What to change.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "edits"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The edits, in order: each sees what the ones before it did.
    pub edits: Vec<Edit>,
    /// Why: kept in the log, shown in the review branch.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Take it although it adds syntax errors.
    pub allow_syntax_errors: bool,
    /// Only judge it: nothing is changed.
    pub dry_run: bool,
}

impl Operation for ApplyBatch {
    const NAME: &'static str = "apply_batch";
    const TITLE: &'static str = "Edit several files";
    const DESCRIPTION: &'static str = "Make several edits in an edit session at once, all or none: \
        replace text, write, create, delete or rename files, insert or replace lines, apply patches. \
        Judged as a whole: refused if it adds syntax errors. `dry_run` judges without changing.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        if params.edits.is_empty() {
            let message = "`edits` is empty: give at least one, as {\"kind\": \"edit\", \"path\": \
                           \"src/main.rs\", \"old_str\": \"a\", \"new_str\": \"b\"}";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let mut collector = Collector::new(&located, &params.agent, &params.reason);
        for edit in params.edits {
            collector.add(edit)?;
        }
        let mut batch = collector.batch;
        batch.allow_syntax_errors = params.allow_syntax_errors;
        edits::apply_or_judge(context, &session, &batch, params.dry_run)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}
