//! `write_file`: writes a whole file, new or not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    edits::{self, Collector, Edit, EditKind, EditReply},
};
use crate::error::OpError;

/// The operation.
pub struct WriteFile;

/// What to write.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "path", "content"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// All of its text.
    pub content: String,
    /// Make it executable, or not. Default: as it is.
    pub executable: Option<bool>,
    /// The hash that the file must have, or its first 8 digits or more.
    pub hash: Option<String>,
    /// Why: kept in the log, shown in the review branch.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Take it although it adds syntax errors.
    pub allow_syntax_errors: bool,
}

impl Operation for WriteFile {
    const NAME: &'static str = "write_file";
    const TITLE: &'static str = "Write a file";
    const DESCRIPTION: &'static str = "Write a whole file in an edit session, new or in place of the \
        old one. To change part of a file, use `edit_file`. Refused if it adds a syntax error.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let mut collector = Collector::new(&located, &params.agent, &params.reason);
        collector.add(Edit {
            kind: EditKind::Write,
            path: Some(params.path),
            content: Some(params.content),
            executable: params.executable,
            hash: params.hash,
            ..Edit::default()
        })?;
        collector.batch.allow_syntax_errors = params.allow_syntax_errors;
        edits::apply(context, &session, &collector.batch)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}
