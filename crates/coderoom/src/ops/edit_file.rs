//! `edit_file`: replaces exact text in one file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    edits::{self, Collector, Edit, EditKind, EditReply},
};
use crate::error::OpError;

/// The operation.
pub struct EditFile;

/// What to replace.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "path", "old_str", "new_str"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// The text that is there, exactly, with its indentation; it must be there once.
    pub old_str: String,
    /// What to put in its place.
    pub new_str: String,
    /// Replace it everywhere in the file.
    pub replace_all: bool,
    /// The hash that the file must have (`view` tells it), or its first 8 digits or more.
    pub hash: Option<String>,
    /// Why: kept in the log, shown in the review branch.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Take it although it adds syntax errors.
    pub allow_syntax_errors: bool,
}

impl Operation for EditFile {
    const NAME: &'static str = "edit_file";
    const TITLE: &'static str = "Edit a file";
    const DESCRIPTION: &'static str = "Replace exact text in a file of an edit session. The old text \
        must be there exactly once, or `replace_all`; if it is not, the answer shows the nearest text \
        and what differs. Refused if it adds a syntax error. The files on disk stay as they are until \
        `sync`.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let mut collector = Collector::new(&located, &params.agent, &params.reason);
        collector.add(Edit {
            kind: EditKind::Edit,
            path: Some(params.path),
            old_str: Some(params.old_str),
            new_str: Some(params.new_str),
            replace_all: params.replace_all,
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
