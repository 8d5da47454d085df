//! What the questions about code share: who is asked for, rows of answers, their text.

use std::{fmt::Write, sync::Arc, time::Instant};

use coderoom_engine::{self as engine, Ask, AskError, AskLimits, Certainty, RelPath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, search::freshness_note};
use crate::{
    daemon::rooms::Located,
    error::{Code, OpError},
};

/// Which symbol is meant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SymbolParams {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The symbol's name: `save`, or behind its container, module or directory to tell it from
    /// others: `Model.save`, `django.db.models.Model`. Or a place instead: `path` and `line`.
    pub symbol: String,
    /// The file in which it is named, relative to the workspace. With `symbol` and no `line`: the
    /// file or directory that defines it.
    pub path: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in characters. Without it, `symbol` says which name of the line is
    /// meant, or else it is what the line defines.
    pub column: Option<u32>,
    /// Entries at most. Default 200.
    pub limit: Option<u64>,
    /// Entries to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Which symbol is meant, and how certain its references must be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FloorParams {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The symbol's name: `save`, or behind its container, module or directory to tell it from
    /// others: `Model.save`, `django.db.models.Model`. Or a place instead: `path` and `line`.
    pub symbol: String,
    /// The file in which it is named, relative to the workspace. With `symbol` and no `line`: the
    /// file or directory that defines it.
    pub path: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in characters. Without it, `symbol` says which name of the line is
    /// meant, or else it is what the line defines.
    pub column: Option<u32>,
    /// How certain: `exact` (follows from scopes, imports and types), `likely` (inferred; the
    /// default), `by_name` (nothing but the name says so).
    pub floor: Floor,
    /// Entries at most. Default 200.
    pub limit: Option<u64>,
    /// Entries to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Which function is meant, and how far to go.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallParams {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The function's name: `save`, or behind its container, module or directory to tell it from
    /// others: `Model.save`, `django.db.models.Model.save`. Or a place instead: `path` and `line`.
    pub symbol: String,
    /// The file in which it is named, relative to the workspace. With `symbol` and no `line`: the
    /// file or directory that defines it.
    pub path: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in characters. Without it, `symbol` says which name of the line is
    /// meant, or else it is what the line defines.
    pub column: Option<u32>,
    /// Steps: 1 (default) is direct calls, 2 also those that lead to them; at most 8.
    pub depth: Option<u32>,
    /// How certain: `exact` (follows from scopes, imports and types), `likely` (inferred; the
    /// default), `by_name` (nothing but the name says so).
    pub floor: Floor,
    /// Callers or callees at most. Default 200.
    pub limit: Option<u64>,
    /// Entries to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Which file or directory is meant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["path"]))]
pub struct FileParams {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// A source file, or a directory for all sources below it, relative to the workspace.
    pub path: String,
    /// Go on to what those import (or to who imports those), to the end.
    pub transitive: bool,
    /// Files at most. Default 200.
    pub limit: Option<u64>,
    /// Entries to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// How certain a reference must be.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Floor {
    /// It follows from scopes, imports and types as written.
    Exact,
    /// It is inferred from what usually holds.
    #[default]
    Likely,
    /// Only the name is the same, and nothing speaks against it.
    ByName,
}

impl Floor {
    /// In the engine's words.
    pub(super) fn certainty(self) -> Certainty {
        match self {
            Floor::Exact => Certainty::Exact,
            Floor::Likely => Certainty::Likely,
            Floor::ByName => Certainty::ByName,
        }
    }
}

/// A symbol.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SymbolRow {
    /// Its name.
    pub name: String,
    /// What it is: `class`, `method`, `function`, ...
    pub kind: String,
    /// The types and functions inside the file that it stands in; empty at the top.
    pub container: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// The line of its name, from 1.
    pub line: u32,
    /// The column of its name, from 1, in characters.
    pub column: u32,
    /// The last line of all of it.
    pub end_line: u32,
    /// Its declaration on one line.
    pub signature: String,
    /// `public`, `restricted` or `private`.
    pub visibility: String,
}

/// One place where a symbol is named.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OccurrenceRow {
    /// The file, relative to the workspace.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// `definition`, `read`, `write`, `call`, `import`, `type` or `inherit`.
    pub role: String,
    /// `exact`, `likely` or `by_name`.
    pub certainty: String,
    /// The line.
    pub text: String,
    /// The function or type that it stands in; empty at the top of the file.
    pub within: String,
}

/// A word as the wire has it: `by_name` for `ByName`.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

impl From<engine::SymbolInfo> for SymbolRow {
    fn from(info: engine::SymbolInfo) -> SymbolRow {
        SymbolRow {
            path: info.path.to_string(),
            line: info.line,
            column: info.column,
            end_line: info.end_line,
            kind: engine::kind_word(info.kind).to_owned(),
            name: info.name,
            container: info.container,
            signature: info.signature,
            visibility: word(info.visibility),
        }
    }
}

impl SymbolRow {
    /// `Model.save`.
    pub(super) fn qualified(&self) -> String {
        if self.container.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.container, self.name)
        }
    }

    /// `path:line  method Model.save  def save(self)`.
    pub(super) fn line_of_text(&self) -> String {
        format!("{}:{}  {}", self.path, self.line, self.without_path())
    }

    /// The same without its place.
    pub(super) fn without_path(&self) -> String {
        format!("{} {}  {}", self.kind, self.qualified(), self.signature)
    }
}

impl From<engine::Reference> for OccurrenceRow {
    fn from(it: engine::Reference) -> OccurrenceRow {
        OccurrenceRow {
            path: it.path.to_string(),
            line: it.line,
            column: it.column,
            role: word(it.role),
            certainty: word(it.certainty),
            text: it.text,
            within: it.within,
        }
    }
}

impl From<AskError> for OpError {
    fn from(err: AskError) -> OpError {
        let code = match err {
            AskError::UnknownPath { .. } => Code::UnknownPath,
            AskError::NotSource { .. } => Code::NotSource,
            AskError::NoLine { .. } | AskError::NoColumn { .. } | AskError::NothingThere { .. } => {
                Code::NoSuchPlace
            }
            AskError::UnknownName { .. } => Code::UnknownSymbol,
            AskError::Ambiguous { .. } => Code::AmbiguousSymbol,
            AskError::Unresolved { .. } => Code::UnresolvedSymbol,
            AskError::Outside { .. } => Code::ForeignSymbol,
            AskError::BadGlob(_) => Code::BadGlob,
            AskError::WrongKind { .. } | AskError::UnknownWord { .. } => Code::BadParameter,
        };
        OpError::new(code, err.to_string())
    }
}

/// A workspace's code, ready for a question.
pub(super) struct Asked<'a> {
    context: &'a Context,
    pub(super) located: Located,
    pub(super) code: Arc<engine::Code>,
}

/// Entries unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 200;

impl<'a> Asked<'a> {
    /// Finds the workspace and the code of its newest snapshot. While its first index is being made,
    /// that is waited for during the better part of the request's time.
    pub(super) fn new(context: &'a Context, workspace: &str) -> Result<Asked<'a>, OpError> {
        let located = context.rooms.locate(workspace, context)?;
        let now = Instant::now();
        let patience = context.deadline.saturating_duration_since(now).mul_f64(0.7);
        let give_up = || context.interruption().is_some();
        let mut code = located.room.code.indexed(&located.trunk, now + patience, &give_up);
        if let Some(session) = &located.session {
            code = session.code(&located.snapshot)?;
        }
        if let Some(reason) = context.interruption() {
            return Err(reason);
        }
        Ok(Asked { context, located, code })
    }

    /// Runs a question with the bounds that the client set.
    pub(super) fn run<T>(
        &self,
        limit: Option<u64>,
        offset: u64,
        question: impl FnOnce(&engine::Code, &AskLimits<'_>) -> Result<T, AskError>,
    ) -> Result<T, OpError> {
        let stop = || self.context.interruption().is_some();
        let limits = AskLimits {
            offset: offset as usize,
            limit: limit.unwrap_or(DEFAULT_LIMIT) as usize,
            stop: &stop,
        };
        let answer = question(&self.code, &limits)?;
        if self.context.cancel.is_cancelled() {
            return Err(OpError::new(Code::Cancelled, "the request was cancelled"));
        }
        Ok(answer)
    }

    /// What a client's words mean.
    pub(super) fn ask(
        &self,
        symbol: &str,
        path: &str,
        line: Option<u32>,
        column: Option<u32>,
    ) -> Result<Ask, OpError> {
        let name = (!symbol.trim().is_empty()).then(|| symbol.trim().to_owned());
        let inside = if path.is_empty() { None } else { Some(self.located.relative(path)?) };
        match (name, inside, line) {
            (name, Some(path), Some(line)) => Ok(Ask::At { path, line, column, name }),
            (Some(name), within, None) if column.is_none() => Ok(Ask::Named { name, within }),
            (None, None, None) => Err(OpError::new(
                Code::BadParameter,
                "say what is meant: `symbol` (`Model.save`), or `path` with `line` and `column`",
            )),
            _ => Err(OpError::new(
                Code::BadParameter,
                "a place is `path` with `line`, and `column` if the line has several names",
            )),
        }
    }

    /// The path that a client gave, relative to the workspace.
    pub(super) fn path(&self, path: &str) -> Result<RelPath, OpError> {
        self.located.relative(path)
    }

    /// What the answer may miss because of the state of the workspace.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = freshness_note(self.located.freshness).into_iter().collect();
        if self.code.index().revision().is_none() && self.code.uncovered() > 0 {
            let status = self.located.room.code.status();
            notes.push(format!(
                "the code index is still being made ({} of {} files): ask again for a faster and \
                 possibly fuller answer",
                status.progress,
                self.code.uncovered()
            ));
        }
        notes
    }
}

/// A note on what is left out, if anything is.
pub(super) fn more_note(shown: usize, offset: u64, total: usize, what: &str) -> Option<String> {
    let end = offset as usize + shown;
    (end < total).then(|| {
        format!(
            "{shown} of {total} {what} shown; continue with offset={end}, or narrow the question"
        )
    })
}

/// A note on a question that ran out of its time.
pub(super) fn cut_note(cut: bool) -> Option<String> {
    let words = "incomplete: the time ran out or there is too much; narrow the question or raise \
                 `timeout_ms`";
    cut.then(|| words.to_owned())
}

/// A note on what is less certain than asked for.
pub(super) fn below_note(below: usize) -> Option<String> {
    (below > 0).then(|| {
        format!("{below} more are less certain than asked for: see them with floor=by_name")
    })
}

/// Occurrences by file: each line once, with what is done there and in which function.
pub(super) fn occurrences_text(rows: &[OccurrenceRow]) -> String {
    let mut text = String::new();
    for file in rows.chunk_by(|a, b| a.path == b.path) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", file[0].path);
        let mut within = "";
        for line in file.chunk_by(|a, b| a.line == b.line) {
            let first = &line[0];
            if first.within != within {
                within = &first.within;
                let place = if within.is_empty() { "at the top" } else { within };
                let inside = if within.is_empty() { "" } else { "in " };
                let _ = writeln!(text, "  {inside}{place}");
            }
            let mut marks: Vec<String> = line.iter().map(mark).collect();
            marks.dedup();
            let _ = writeln!(text, "  {:>5}  {}  [{}]", first.line, first.text, marks.join("; "));
        }
    }
    text
}

/// `call`, or `call, likely`.
fn mark(row: &OccurrenceRow) -> String {
    match &row.certainty[..] {
        "exact" => row.role.clone(),
        other => format!("{}, {}", row.role, other.replace('_', " ")),
    }
}

/// The notes as an answer's last lines.
pub(super) fn with_notes(mut text: String, notes: &[String]) -> String {
    for note in notes {
        let _ = writeln!(text, "[{note}]");
    }
    text
}
