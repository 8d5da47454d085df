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

/// One edit of a batch.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Edit {
    /// Replace exact text.
    Edit {
        /// The file, relative to the workspace.
        path: String,
        /// The text that is there, exactly; it must be there once.
        old_str: String,
        /// What to put in its place.
        new_str: String,
        /// Replace it everywhere in the file.
        #[serde(default)]
        replace_all: bool,
        /// The hash that the file must have (`view` tells it), or its first 8 digits or more.
        #[serde(default)]
        hash: Option<String>,
    },
    /// Write a whole file, new or not.
    Write {
        /// The file, relative to the workspace.
        path: String,
        /// All of its text.
        content: String,
        /// Make it executable, or not.
        #[serde(default)]
        executable: Option<bool>,
        /// The hash that the file must have.
        #[serde(default)]
        hash: Option<String>,
    },
    /// Write a file that must not be there yet.
    Create {
        /// The file, relative to the workspace.
        path: String,
        /// All of its text.
        content: String,
        /// Make it executable.
        #[serde(default)]
        executable: Option<bool>,
    },
    /// Delete a file.
    Delete {
        /// The file, relative to the workspace.
        path: String,
        /// The hash that the file must have.
        #[serde(default)]
        hash: Option<String>,
    },
    /// Move a file.
    Rename {
        /// Where it is.
        path: String,
        /// Where it goes; nothing may be there.
        to: String,
    },
    /// Insert lines.
    Insert {
        /// The file, relative to the workspace.
        path: String,
        /// After which line; 0 for the beginning.
        line: u64,
        /// The new lines.
        text: String,
        /// The hash that the file must have.
        #[serde(default)]
        hash: Option<String>,
    },
    /// Replace a range of lines.
    Lines {
        /// The file, relative to the workspace.
        path: String,
        /// First line, from 1.
        start: u64,
        /// Last line.
        end: u64,
        /// The new lines.
        text: String,
        /// The hash that the file must have.
        #[serde(default)]
        hash: Option<String>,
    },
    /// Apply a patch: a unified diff, `*** Begin Patch`, SEARCH/REPLACE blocks or an LSP
    /// WorkspaceEdit.
    Patch {
        /// Its text.
        patch: String,
        /// Which of them it is. Default: what it looks like.
        #[serde(default)]
        format: Option<PatchFormat>,
    },
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
        let (path, action, hash) = match edit {
            Edit::Patch { patch, format } => return self.patch(&patch, format),
            Edit::Edit { path, old_str: old, new_str: new, replace_all: all, hash } => {
                (path, Action::Modify(Modify::Replace { old, new, all }), hash)
            }
            Edit::Write { path, content, executable, hash } => {
                let path = self.path(&path)?;
                self.batch.rewrites.push(path.clone());
                let (content, existing) = (content.into_bytes(), Existing::Replace);
                (path, Action::Create { content, executable, existing }, hash)
            }
            Edit::Create { path, content, executable } => {
                let (content, existing) = (content.into_bytes(), Existing::Refuse);
                (path, Action::Create { content, executable, existing }, None)
            }
            Edit::Delete { path, hash } => (path, Action::Delete { missing_ok: false }, hash),
            Edit::Rename { path, to } => {
                let to = self.path(&to)?;
                (path, Action::Rename { to, existing: Existing::Refuse }, None)
            }
            Edit::Insert { path, line: after, text: new, hash } => {
                (path, Action::Modify(Modify::Insert { after, new }), hash)
            }
            Edit::Lines { path, start: first, end: last, text: new, hash } => {
                (path, Action::Modify(Modify::Lines { first, last, new, expected: None }), hash)
            }
        };
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
