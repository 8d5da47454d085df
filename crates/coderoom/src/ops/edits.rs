//! What the operations on edit sessions share: which session, what an edit says, what it answers.

use std::sync::Arc;

use coderoom_edit::{
    Action, Existing, FileEdit, Format, Modify, ParseOptions, PositionEncoding, detect, parse,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Context;
use crate::{
    daemon::{
        rooms::Located,
        sessions::{AgentSession, Batch, Change, Done, Judgement, Problem, edit_error},
    },
    error::{Code, OpError},
};

/// One edit of a batch; `kind` says which of the fields count.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["kind"]))]
pub struct Edit {
    /// `edit` (`path`, `old_str`, `new_str`), `write` and `create` (`path`, `content`), `delete`
    /// (`path`), `rename` (`path`, `to`), `insert` (`path`, `line`, `text`), `lines` (`path`,
    /// `start`, `end`, `text`) or `patch` (`patch`).
    pub kind: EditKind,
    /// The file, relative to the workspace.
    pub path: Option<String>,
    /// Where a renamed file goes; nothing may be there.
    pub to: Option<String>,
    /// The text that is there, exactly; it must be there once.
    pub old_str: Option<String>,
    /// What to put in its place.
    pub new_str: Option<String>,
    /// Replace it everywhere in the file.
    pub replace_all: bool,
    /// All of a file's text. `create` refuses a file that is there.
    pub content: Option<String>,
    /// Make the file executable, or not. Default: as it is.
    pub executable: Option<bool>,
    /// The line to insert after; 0 for the beginning.
    pub line: Option<u64>,
    /// First of the lines to replace, from 1.
    pub start: Option<u64>,
    /// Last of them.
    pub end: Option<u64>,
    /// The new lines.
    pub text: Option<String>,
    /// A unified diff, `*** Begin Patch`, SEARCH/REPLACE blocks or an LSP WorkspaceEdit.
    pub patch: Option<String>,
    /// Which of them it is. Default: what it looks like.
    pub format: Option<PatchFormat>,
    /// The hash that the file must have (`view` tells it), or its first 8 digits or more.
    pub hash: Option<String>,
}

/// What an edit does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditKind {
    /// Replaces exact text.
    #[default]
    Edit,
    /// Writes a whole file, new or not.
    Write,
    /// Writes a file that must not be there yet.
    Create,
    /// Deletes a file.
    Delete,
    /// Moves a file.
    Rename,
    /// Inserts lines.
    Insert,
    /// Replaces lines.
    Lines,
    /// Applies a patch.
    Patch,
}

/// Formats of patches.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatchFormat {
    /// A unified diff, as git prints it.
    Unified,
    /// Codex's `*** Begin Patch`.
    ApplyPatch,
    /// SEARCH/REPLACE blocks.
    SearchReplace,
    /// An LSP WorkspaceEdit as JSON, with positions in UTF-16.
    WorkspaceEdit,
}

impl PatchFormat {
    fn format(self) -> Format {
        match self {
            PatchFormat::Unified => Format::Unified,
            PatchFormat::ApplyPatch => Format::Codex,
            PatchFormat::SearchReplace => Format::Blocks,
            PatchFormat::WorkspaceEdit => Format::WorkspaceEdit,
        }
    }
}

/// What an edit did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EditReply {
    /// The number of the log's entry; 0 if nothing changed.
    pub entry: u64,
    /// What became of each file.
    pub files: Vec<FileRow>,
    /// Syntax errors that it adds (only if they were allowed, or nothing was applied).
    pub problems: Vec<ProblemRow>,
    /// What to know besides.
    pub notes: Vec<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileRow {
    /// Where it is.
    pub path: String,
    /// `created`, `modified`, `deleted` or `renamed`.
    pub change: String,
    /// Where it was, if it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Hash of the whole file (BLAKE3): the guard for the next edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// Something wrong.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProblemRow {
    /// The file.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// What kind: `syntax`, `dangling`, or a type checker's name.
    pub kind: String,
    /// What is wrong.
    pub message: String,
    /// The line.
    pub text: String,
}

impl From<Change> for FileRow {
    fn from(change: Change) -> FileRow {
        let Change { path, what, from, added, removed, hash } = change;
        FileRow { path, change: what.to_owned(), from, added, removed, hash }
    }
}

impl From<Problem> for ProblemRow {
    fn from(problem: Problem) -> ProblemRow {
        let Problem { path, error } = problem;
        ProblemRow {
            path,
            line: error.line,
            column: error.column,
            kind: "syntax".into(),
            message: error.message,
            text: error.text,
        }
    }
}

impl EditReply {
    /// What a batch did, or would do.
    pub(super) fn new(entry: u64, judgement: Judgement) -> EditReply {
        EditReply {
            entry,
            files: judgement.changes.into_iter().map(FileRow::from).collect(),
            problems: judgement.problems.into_iter().map(ProblemRow::from).collect(),
            notes: judgement.notes,
        }
    }

    /// For a reader.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            let from = file.from.as_ref().map(|from| format!("{from} -> ")).unwrap_or_default();
            let FileRow { path, change, added, removed, .. } = file;
            text.push_str(&format!("{change} {from}{path} (+{added} -{removed})\n"));
        }
        match (self.entry, self.files.is_empty()) {
            (0, true) => text.push_str("nothing changed: the files are as the edit wants them\n"),
            (0, false) => {}
            (entry, _) => text.push_str(&format!("[entry {entry}]\n")),
        }
        for problem in &self.problems {
            text.push_str(&problem.line_of_text());
        }
        for note in &self.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

impl ProblemRow {
    /// `path:line:column: what` and the line.
    pub(super) fn line_of_text(&self) -> String {
        let ProblemRow { path, line, column, kind, message, text } = self;
        format!("{path}:{line}:{column}: {kind}: {message}\n  | {text}\n")
    }
}

/// The session that a request names.
///
/// # Errors
/// `bad_parameter` if it names none, `unknown_session` if there is none of that name.
pub(super) fn session(
    context: &Context,
    workspace: &str,
) -> Result<(Located, Arc<AgentSession>), OpError> {
    if context.session.is_empty() {
        let message = "name the `session`; `session_list` shows those that are open, `session_open` \
                       opens one";
        return Err(OpError::new(Code::BadParameter, message));
    }
    let located = context.rooms.locate(workspace, context)?;
    match located.session.clone() {
        Some(session) => Ok((located, session)),
        None => Err(OpError::new(Code::UnknownSession, "there is no such session")),
    }
}

/// Collects edits into a batch.
pub(super) struct Collector<'a> {
    located: &'a Located,
    pub(super) batch: Batch,
}

impl<'a> Collector<'a> {
    pub(super) fn new(located: &'a Located, agent: &str, reason: &str) -> Collector<'a> {
        let (agent, reason) = (agent.to_owned(), reason.to_owned());
        Collector { located, batch: Batch { agent, reason, ..Batch::default() } }
    }

    /// Adds an edit.
    ///
    /// # Errors
    /// If a path leads out of the workspace, or a patch does not parse.
    pub(super) fn add(&mut self, edit: Edit) -> Result<(), OpError> {
        let kind = edit.kind;
        if kind == EditKind::Patch {
            return self.patch(&needed(kind, "patch", edit.patch)?, edit.format);
        }
        let path = needed(kind, "path", edit.path)?;
        let text = |field, value| needed(kind, field, value);
        let action = match kind {
            EditKind::Edit => Action::Modify(Modify::Replace {
                old: text("old_str", edit.old_str)?,
                new: text("new_str", edit.new_str)?,
                all: edit.replace_all,
            }),
            EditKind::Write | EditKind::Create => {
                let existing =
                    if kind == EditKind::Write { Existing::Replace } else { Existing::Refuse };
                if kind == EditKind::Write {
                    self.batch.rewrites.push(self.path(&path)?);
                }
                let content = text("content", edit.content)?.into_bytes();
                Action::Create { content, executable: edit.executable, existing }
            }
            EditKind::Delete => Action::Delete { missing_ok: false },
            EditKind::Rename => {
                let to = self.path(&text("to", edit.to)?)?;
                Action::Rename { to, existing: Existing::Refuse }
            }
            EditKind::Insert => {
                let after = needed(kind, "line", edit.line)?;
                Action::Modify(Modify::Insert { after, new: text("text", edit.text)? })
            }
            EditKind::Lines => {
                let first = needed(kind, "start", edit.start)?;
                let (last, new) = (needed(kind, "end", edit.end)?, text("text", edit.text)?);
                Action::Modify(Modify::Lines { first, last, new, expected: None })
            }
            EditKind::Patch => return Ok(()),
        };
        let hash = edit.hash;
        let path = self.path(&path)?;
        self.batch.guards.extend(hash.map(|hash| (path.clone(), hash)));
        self.batch.edits.push(FileEdit { path, action });
        Ok(())
    }

    fn patch(&mut self, patch: &str, format: Option<PatchFormat>) -> Result<(), OpError> {
        let format = format.map_or_else(|| detect(patch.as_bytes()), PatchFormat::format);
        let root = self.located.room.root().to_string_lossy().into_owned();
        let options = ParseOptions { root, encoding: PositionEncoding::default() };
        let parsed = parse(format, patch.as_bytes(), &options).map_err(|err| edit_error(&err))?;
        self.batch.notes.extend(parsed.notes);
        for mut edit in parsed.edits {
            edit.path = self.path(&edit.path)?;
            if let Action::Rename { to, .. } | Action::Copy { to } = &mut edit.action {
                *to = self.path(to)?;
            }
            self.batch.edits.push(edit);
        }
        Ok(())
    }

    fn path(&self, path: &str) -> Result<String, OpError> {
        let inside = self.located.relative(path)?;
        match inside.as_str() {
            Some("") => {
                let message = format!("`{path}` is the workspace itself: name a file in it");
                Err(OpError::new(Code::BadParameter, message))
            }
            Some(path) => Ok(path.to_owned()),
            None => Err(OpError::new(Code::BadParameter, format!("{inside} is not UTF-8"))),
        }
    }
}

/// A field that an edit of this kind cannot do without.
fn needed<T>(kind: EditKind, field: &str, value: Option<T>) -> Result<T, OpError> {
    value.ok_or_else(|| {
        let kind = super::code::word(kind);
        let message = format!("an edit of kind `{kind}` needs `{field}`");
        OpError::new(Code::BadParameter, message)
    })
}

/// Applies a batch, or says what it would do.
///
/// # Errors
/// As [`AgentSession::apply`].
pub(super) fn apply_or_judge(
    context: &Context,
    session: &Arc<AgentSession>,
    batch: &Batch,
    dry_run: bool,
) -> Result<EditReply, OpError> {
    if !dry_run {
        return apply(context, session, batch);
    }
    let mut judgement = session.judge(&session.state(), batch)?;
    judgement.notes.push("nothing was changed: `dry_run`".into());
    Ok(EditReply::new(0, judgement))
}

/// Applies a batch to a session, and does what its configuration wants done after each.
///
/// # Errors
/// As [`AgentSession::apply`].
pub(super) fn apply(
    context: &Context,
    session: &Arc<AgentSession>,
    batch: &Batch,
) -> Result<EditReply, OpError> {
    let Done { state, judgement } = session.apply(batch)?;
    let mut reply = EditReply::new(state.as_ref().map_or(0, |state| state.head()), judgement);
    if let Some(state) = state {
        reply.notes.extend(session.after(&context.rooms, &state));
    }
    Ok(reply)
}
