//! `apply_patch`: a patch in any of the formats that agents write.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    edits::{self, Collector, Edit, EditKind, EditReply, PatchFormat},
};
use crate::error::OpError;

/// The operation.
pub struct ApplyPatch;

/// What to apply.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "patch"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The patch.
    pub patch: String,
    /// What it is. Default: what it looks like.
    pub format: Option<PatchFormat>,
    /// Why: kept in the log, shown in the review branch.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Take it although it adds syntax errors.
    pub allow_syntax_errors: bool,
}

impl Operation for ApplyPatch {
    const NAME: &'static str = "apply_patch";
    const TITLE: &'static str = "Apply a patch";
    const DESCRIPTION: &'static str = "Apply a patch in an edit session, whole or not at all: a \
        unified diff, `*** Begin Patch`, SEARCH/REPLACE blocks or an LSP WorkspaceEdit. Refused if a \
        hunk does not fit (the answer shows what is there) or if it adds a syntax error.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let mut collector = Collector::new(&located, &params.agent, &params.reason);
        collector.add(Edit {
            kind: EditKind::Patch,
            patch: Some(params.patch),
            format: params.format,
            ..Edit::default()
        })?;
        collector.batch.allow_syntax_errors = params.allow_syntax_errors;
        edits::apply(context, &session, &collector.batch)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}
