//! `validate`: what is wrong in a session that was not wrong in its base.

use coderoom_engine::{Content, RelPath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Operation,
    edits::{self, ProblemRow},
};
use crate::{daemon::sessions::TypeQuestion, error::OpError};

/// The operation.
pub struct Validate;

/// What to look at.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Ask type checkers too. Default: as the session's configuration says
    /// (`validation.warn_on_type_error`).
    pub types: Option<bool>,
    /// Report the type checkers' warnings too, and not only errors.
    pub warnings: bool,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What is wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Nothing is.
    pub ok: bool,
    /// What is wrong now and was not in the base: by file, then by line.
    pub problems: Vec<ProblemRow>,
    /// What was not looked at, and why.
    pub notes: Vec<String>,
    /// Files that were looked at.
    pub files: u64,
}

impl Operation for Validate {
    const NAME: &'static str = "validate";
    const TITLE: &'static str = "Check a session";
    const DESCRIPTION: &'static str = "Check what an edit session has changed: syntax errors, names \
        that its edits have left without a definition in any file, and type errors where a type \
        checker is at hand; only what is new since the session's base.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let state = session.state();
        context.progress.doing("checking syntax");
        let mut reply = Reply { ok: true, problems: Vec::new(), notes: Vec::new(), files: 0 };
        let shelf = located.room.code.shelf();
        let mut changed: Vec<RelPath> = Vec::new();
        for (path, dirty) in state.dirty() {
            changed.push(path.clone());
            let text = |version: &Option<coderoom_engine::Version>| match version {
                Some(version) => match &version.content {
                    Content::Text(text) => Some(text.clone()),
                    _ => None,
                },
                None => None,
            };
            let Some(after) = text(&dirty.now) else { continue };
            let errors = shelf.new_syntax_errors(path, text(&dirty.base).as_ref(), &after);
            reply.problems.extend(errors.into_iter().map(|error| ProblemRow {
                path: path.to_string(),
                line: error.line,
                column: error.column,
                kind: "syntax".into(),
                message: error.message,
                text: error.text,
            }));
        }
        reply.files = changed.len() as u64;
        context.progress.doing("looking for dangling names");
        dangling(context, &located, &session, &state, &changed, &mut reply)?;
        if params.types.unwrap_or(session.config.validation.warn_on_type_error) {
            context.progress.doing("asking type checkers");
            let question = TypeQuestion { warnings: params.warnings };
            let answer = session.type_problems(&state, context, question)?;
            reply.problems.extend(answer.problems);
            reply.notes.extend(answer.notes);
        }
        reply
            .problems
            .sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
        reply.ok = reply.problems.is_empty();
        Ok(reply)
    }

    fn text(reply: &Reply) -> String {
        let mut text: String = reply.problems.iter().map(ProblemRow::line_of_text).collect();
        if reply.ok {
            text.push_str(&format!("nothing new is wrong in {} changed files\n", reply.files));
        }
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

fn dangling(
    context: &Context,
    located: &crate::daemon::rooms::Located,
    session: &crate::daemon::sessions::AgentSession,
    state: &coderoom_engine::State,
    changed: &[RelPath],
    reply: &mut Reply,
) -> Result<(), OpError> {
    let stop = || context.interruption().is_some();
    let room = &located.room;
    room.code.indexed(&located.trunk, context.deadline, &stop);
    let code = session.code(state.snapshot())?;
    let base = room.code.of_session(state.base(), &parking_lot::Mutex::default());
    let found = code.dangling(&base, changed, &stop);
    for name in found.names {
        reply.problems.push(ProblemRow {
            path: name.path.to_string(),
            line: name.line,
            column: name.column,
            kind: "dangling".into(),
            message: format!(
                "`{}` was defined in {}, and no longer is anywhere",
                name.name, name.was_in
            ),
            text: name.text,
        });
    }
    if found.cut {
        reply.notes.push("time ran out before every use of removed names was looked at".into());
    }
    Ok(())
}
