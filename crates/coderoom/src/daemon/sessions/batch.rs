//! Batches of edits: made on a session's newest state, judged as a whole, written down, published.

use std::{collections::BTreeMap, mem, sync::Arc};

use coderoom_edit::{Applied, EditError, FileEdit, Outcome, Side, apply_edits, stat};
use coderoom_engine::{
    Content, Entry, EntryKind, FileDelta, FileMode, RelPath, State, SyntaxProblem, Version,
    language_of,
};

use super::{AgentSession, now_ms, present, present::Present};
use crate::error::{Code, OpError};

/// Edits that are made together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The steps, in order.
    pub edits: Vec<FileEdit>,
    /// Files that must be these versions: the beginning of their hash in hexadecimal.
    pub guards: Vec<(String, String)>,
    /// Paths whose whole content is given: line ends and marks stay as the file had them.
    pub rewrites: Vec<String>,
    /// Who makes them; the session's agent if empty.
    pub agent: String,
    /// Why.
    pub reason: String,
    /// Take new syntax errors too.
    pub allow_syntax_errors: bool,
    /// What to say besides.
    pub notes: Vec<String>,
}

/// What a batch makes of a session.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What becomes of each file, by path.
    pub deltas: Vec<FileDelta>,
    /// The same for readers.
    pub changes: Vec<Change>,
    /// Syntax errors that were not there before.
    pub problems: Vec<Problem>,
    /// What the author should know.
    pub notes: Vec<String>,
}

/// A batch that is done.
pub struct Done {
    /// The state after it; none if it changed nothing.
    pub state: Option<Arc<State>>,
    /// What it did.
    pub judgement: Judgement,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is.
    pub path: String,
    /// `created`, `modified`, `deleted` or `renamed`.
    pub what: &'static str,
    /// Where it was, if it was renamed.
    pub from: Option<String>,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Hash of its bytes now.
    pub hash: Option<String>,
}

/// A syntax error that an edit adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// Where and what.
    pub error: SyntaxProblem,
}

impl AgentSession {
    /// Makes a batch.
    ///
    /// # Errors
    /// If an edit does not fit, a guard does not hold, a syntax error is added, or it cannot be
    /// written down: then nothing happened.
    pub fn apply(&self, batch: &Batch) -> Result<Done, OpError> {
        let mut judged = None;
        let agent = if batch.agent.is_empty() { &self.agent } else { &batch.agent };
        let state = self.commit_unless_empty(|state| {
            let judgement = self.judge(state, batch)?;
            if !batch.allow_syntax_errors && self.config.validation.fail_on_syntax_error {
                refuse_problems(&judgement.problems)?;
            }
            let entry = Entry::new(EntryKind::Edit, judgement.deltas.clone());
            judged = Some(judgement);
            Ok(entry.by(agent, &batch.reason, now_ms()))
        })?;
        let judgement = judged.ok_or_else(|| {
            OpError::new(Code::Internal, "the batch was committed without being judged")
        })?;
        Ok(Done { state, judgement })
    }

    /// What a batch would do, without doing it.
    ///
    /// # Errors
    /// If an edit does not fit or a guard does not hold.
    pub fn judge(&self, state: &State, batch: &Batch) -> Result<Judgement, OpError> {
        let as_a_whole = self.config.agents.features.batch_validation;
        if !as_a_whole && !batch.allow_syntax_errors {
            for n in 1..batch.edits.len() {
                let judgement = self.outcome(state, batch, &batch.edits[..n])?;
                refuse_problems(&judgement.problems)?;
            }
        }
        self.outcome(state, batch, &batch.edits)
    }

    fn outcome(
        &self,
        state: &State,
        batch: &Batch,
        edits: &[FileEdit],
    ) -> Result<Judgement, OpError> {
        let trunk = self.room.workspace.snapshot();
        let present = Present::new(self.sources(state, &trunk));
        for (path, hash) in &batch.guards {
            guard(&present, path, hash)?;
        }
        present.check_links(edits)?;
        let applied = apply_edits(edits, &|path| present.text(path));
        if let Some(failure) = present.failure() {
            return Err(failure);
        }
        let mut applied = applied.map_err(|err| edit_error(&err))?;
        let deltas = self.deltas(&present, &mut applied, &batch.rewrites)?;
        places(state, &deltas)?;
        let mut notes = batch.notes.clone();
        notes.extend(applied.notes.iter().cloned());
        Ok(Judgement {
            problems: self.problems(&deltas, &applied),
            changes: changes(&deltas, &applied),
            deltas,
            notes,
        })
    }

    /// The batch's outcome as deltas, without those that change nothing. They take the bytes with them.
    fn deltas(
        &self,
        present: &Present<'_>,
        applied: &mut Applied,
        rewrites: &[String],
    ) -> Result<Vec<FileDelta>, OpError> {
        let mut deltas: BTreeMap<RelPath, FileDelta> = BTreeMap::new();
        let mut put = |path: &str, before, after| -> Result<(), OpError> {
            let path = RelPath::new(path.as_bytes())?;
            deltas.insert(path.clone(), FileDelta { path, before, after });
            Ok(())
        };
        let take = |(_, outcome): &mut (String, Outcome)| match outcome {
            Outcome::Written { bytes, .. } | Outcome::Moved { bytes, .. } => mem::take(bytes),
            Outcome::Removed => Vec::new(),
        };
        let taken: Vec<Vec<u8>> = applied.files.iter_mut().map(take).collect();
        for ((path, outcome), bytes) in applied.files.iter().zip(taken) {
            let before = present.version(path)?;
            match outcome {
                Outcome::Removed => put(path, before, None)?,
                Outcome::Written { executable, copy_of, .. } => {
                    let bytes = match &before {
                        Some(old) if rewrites.contains(path) => {
                            present::rewritten(old.bytes().map_or(&[], |it| &it[..]), &bytes)
                        }
                        _ => bytes,
                    };
                    let bytes = present.encoded(path, before.as_ref(), bytes)?;
                    let mode = match copy_of {
                        Some(of) if executable.is_none() => {
                            let of_copied = mode(None, present.version(of)?.as_ref());
                            of_copied.or_else(|| self.mode_on_disk(of))
                        }
                        _ => mode(*executable, before.as_ref()),
                    };
                    let after = Version { mode, ..present::of_bytes(&self.store, bytes) };
                    put(path, before, Some(after))?;
                }
                Outcome::Moved { from, executable, .. } => {
                    let old = present.version(from)?;
                    let bytes = present.encoded(path, old.as_ref(), bytes)?;
                    let kept = || self.mode_on_disk(from);
                    let is_link = old.as_ref().is_some_and(|it| it.mode == Some(FileMode::Link));
                    let mode = match is_link {
                        true => Some(FileMode::Link),
                        false => mode(*executable, old.as_ref()).or_else(kept),
                    };
                    let after = Version { mode, ..present::of_bytes(&self.store, bytes) };
                    put(path, before, Some(after))?;
                    let named = applied.files.iter().any(|(other, _)| other == from);
                    if !named {
                        put(from, old, None)?;
                    }
                }
            }
        }
        Ok(deltas.into_values().filter(|delta| delta.before != delta.after).collect())
    }

    /// A file that is moved keeps its mode: at its new path there is none to keep.
    fn mode_on_disk(&self, path: &str) -> Option<FileMode> {
        let path = RelPath::new(path.as_bytes()).ok()?;
        self.disk.mode(&path).filter(|mode| *mode == FileMode::Executable)
    }

    fn problems(&self, deltas: &[FileDelta], applied: &Applied) -> Vec<Problem> {
        let text = |version: &Option<Version>| match version.as_ref().map(|it| &it.content) {
            Some(Content::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let origin = |path: &RelPath| {
            let moved = applied.files.iter().find(|(to, _)| to.as_bytes() == path.as_bytes());
            let Some((_, Outcome::Moved { from, .. })) = moved else { return None };
            deltas.iter().find(|delta| delta.path.as_bytes() == from.as_bytes())
        };
        let mut problems = Vec::new();
        for delta in deltas {
            let Some(after) = text(&delta.after) else { continue };
            if !language_of(&delta.path, &after).is_some_and(|it| self.config.judges(it)) {
                continue;
            }
            let before = text(&origin(&delta.path).unwrap_or(delta).before);
            let shelf = self.room.code.shelf();
            let errors = shelf.new_syntax_errors(&delta.path, before.as_ref(), &after);
            let path = delta.path.to_string();
            problems.extend(errors.into_iter().map(|error| Problem { path: path.clone(), error }));
        }
        problems
    }
}

fn guard(present: &Present<'_>, path: &str, hash: &str) -> Result<(), OpError> {
    let found = present.version(path)?.map(|version| version.hash.to_hex());
    let fits = hash.len() >= 8 && found.as_ref().is_some_and(|found| found.starts_with(hash));
    if fits {
        return Ok(());
    }
    let there = match found {
        Some(found) => format!("it is {found} now"),
        None => "there is no such file now".to_owned(),
    };
    let message = format!(
        "{path} is not the version {hash} that this edit was made for: {there}; look at it again \
         with `view` and repeat the edit (hashes need 8 digits at least)"
    );
    Err(OpError::new(Code::StaleHash, message))
}

fn mode(executable: Option<bool>, before: Option<&Version>) -> Option<FileMode> {
    match executable {
        Some(true) => Some(FileMode::Executable),
        Some(false) => Some(FileMode::File),
        None => before.and_then(|version| version.mode).filter(|mode| *mode != FileMode::Link),
    }
}

/// No file may be where a directory is, nor below a file.
fn places(state: &State, deltas: &[FileDelta]) -> Result<(), OpError> {
    let removed =
        |path: &RelPath| deltas.iter().any(|delta| delta.path == *path && delta.after.is_none());
    let made =
        |path: &RelPath| deltas.iter().any(|delta| delta.path == *path && delta.after.is_some());
    for delta in deltas.iter().filter(|it| it.after.is_some() && it.before.is_none()) {
        let path = &delta.path;
        let below = state.snapshot().files_within(path).map(|file| &file.path);
        if path.is_root() || below.into_iter().any(|file| file != path && !removed(file)) {
            let message = format!("{path} is a directory: choose a file's path");
            return Err(OpError::new(Code::PathExists, message));
        }
        for dir in std::iter::successors(path.parent(), RelPath::parent) {
            let is_file = state.snapshot().file(&dir).is_some() && !removed(&dir);
            if is_file || made(&dir) {
                let message = format!("{dir} is a file, so there cannot be {path}");
                return Err(OpError::new(Code::PathExists, message));
            }
        }
    }
    Ok(())
}

/// Deltas for readers.
pub fn rows_of(deltas: &[FileDelta]) -> Vec<Change> {
    changes(deltas, &Applied::default())
}

fn changes(deltas: &[FileDelta], applied: &Applied) -> Vec<Change> {
    let origins: BTreeMap<&str, &str> = applied
        .files
        .iter()
        .filter_map(|(path, outcome)| match outcome {
            Outcome::Moved { from, .. } => Some((&path[..], &from[..])),
            _ => None,
        })
        .collect();
    let mut changes = Vec::with_capacity(deltas.len());
    for delta in deltas {
        let path = delta.path.to_string();
        let from = origins.get(&path[..]).map(|from| (*from).to_owned());
        if delta.after.is_none() && origins.values().any(|origin| *origin == path) {
            continue;
        }
        let old = match &from {
            Some(from) => deltas.iter().find(|it| it.path.as_bytes() == from.as_bytes()),
            None => Some(delta),
        };
        let before = old.and_then(|delta| delta.before.as_ref());
        let (added, removed) = line_counts(before, delta.after.as_ref());
        let what = match (&from, &delta.before, &delta.after) {
            (Some(_), ..) => "renamed",
            (None, None, _) => "created",
            (None, _, None) => "deleted",
            (None, Some(_), Some(_)) => "modified",
        };
        let hash = delta.after.as_ref().map(|version| version.hash.to_hex());
        changes.push(Change { path, what, from, added, removed, hash });
    }
    changes
}

/// Lines that a change adds and removes.
pub(super) fn line_counts(before: Option<&Version>, after: Option<&Version>) -> (u64, u64) {
    let bytes = |version: Option<&Version>| version.and_then(|it| it.bytes().cloned());
    let (before, after) = (bytes(before).unwrap_or_default(), bytes(after).unwrap_or_default());
    // Most edits are in one place: only what is between the shared beginning and end is compared.
    let (head, tail) = coderoom_edit::shared_ends(&before, &after);
    let head = memchr::memrchr(b'\n', &before[..head]).map_or(0, |at| at + 1);
    let (old, new) = (&before[head..], &after[head..]);
    let shared = &old[old.len() - tail..];
    let tail = memchr::memchr(b'\n', shared).map_or(0, |at| shared.len() - at - 1);
    fn side(bytes: &[u8]) -> Option<Side<'_>> {
        Some(Side { path: "", bytes, executable: false })
    }
    let stat = stat(side(&old[..old.len() - tail]), side(&new[..new.len() - tail]));
    (stat.added, stat.removed)
}

fn refuse_problems(problems: &[Problem]) -> Result<(), OpError> {
    if problems.is_empty() {
        return Ok(());
    }
    const SHOWN: usize = 5;
    let mut message = String::from("the edit adds syntax errors, so nothing was changed:\n");
    for Problem { path, error } in problems.iter().take(SHOWN) {
        let SyntaxProblem { line, column, message: what, text } = error;
        message.push_str(&format!("{path}:{line}:{column}: {what}\n  | {text}\n"));
    }
    if problems.len() > SHOWN {
        message.push_str(&format!("and {} more\n", problems.len() - SHOWN));
    }
    message.push_str("Repair the new text, or repeat with `allow_syntax_errors`.");
    Err(OpError::new(Code::SyntaxError, message))
}

/// What a failed edit is to a client.
pub(crate) fn edit_error(err: &EditError) -> OpError {
    let code = match err.code() {
        "old_str_not_found" => Code::OldStrNotFound,
        "old_str_ambiguous" => Code::OldStrAmbiguous,
        "unknown_path" => Code::UnknownPath,
        "path_exists" => Code::PathExists,
        "bad_path" => Code::OutsideWorkspace,
        "old_str_same" | "old_str_empty" => Code::BadParameter,
        _ => Code::BadPatch,
    };
    OpError::new(code, err.to_string())
}
