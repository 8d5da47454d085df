//! Edits of many files at once: each sees what the ones before it made, all or none are made.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    Chunk, EditError, Hunk, PositionEncoding, SearchBlock, TextEdit, blocks, clean_path, codex,
    lines, replace, unified, workspace_edit,
};

/// What a batch needs of a workspace: the present bytes of a path, `None` if there is no such file.
pub type Source<'s, 't> = &'s dyn Fn(&str) -> Option<Cow<'t, [u8]>>;

/// One step of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct FileEdit {
    /// The file, relative to the workspace root.
    pub path: String,
    /// What happens to it.
    pub action: Action,
}

/// What happens to a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// It is created with these bytes.
    Create {
        /// The bytes.
        content: Vec<u8>,
        /// Whether it is executable, if the edit says so.
        executable: Option<bool>,
        /// What if it is there already.
        existing: Existing,
    },
    /// It is deleted.
    Delete {
        /// Whether it is no error if it is not there.
        missing_ok: bool,
    },
    /// It is moved.
    Rename {
        /// Its new path.
        to: String,
        /// What if there is a file already.
        existing: Existing,
    },
    /// Its text from before the batch is copied.
    Copy {
        /// The path of the copy.
        to: String,
    },
    /// Its text or mode changes.
    Modify(Modify),
}

/// What to do with a file that is where another should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Fail with `path_exists`.
    Refuse,
    /// Replace it, and say so in a note.
    Replace,
    /// Leave it as it is, and do nothing.
    Keep,
}

/// A change of a file's text or mode.
#[derive(Debug, Clone, PartialEq)]
pub enum Modify {
    /// Hunks of a unified diff, in any order.
    Hunks(Vec<Hunk>),
    /// Chunks of Codex's format, in the order of the file.
    Chunks(Vec<Chunk>),
    /// A SEARCH/REPLACE block; an empty SEARCH creates the file or appends to it.
    Block(SearchBlock),
    /// Text edits whose ranges are all positions in the text as it was.
    TextEdits(Vec<TextEdit>, PositionEncoding),
    /// An exact replacement.
    Replace {
        /// The old text.
        old: String,
        /// The new one.
        new: String,
        /// Every place instead of the only one.
        all: bool,
    },
    /// Lines inserted after a line.
    Insert {
        /// The line, 0 for the start.
        after: u64,
        /// The new lines.
        new: String,
    },
    /// A range of lines replaced.
    Lines {
        /// The first line, from 1.
        first: u64,
        /// The last one.
        last: u64,
        /// The new lines.
        new: String,
        /// The old lines, if they are to be checked.
        expected: Option<String>,
    },
    /// The executable bit.
    Executable(bool),
}

/// What becomes of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has these bytes.
    Written {
        /// All of them.
        bytes: Vec<u8>,
        /// Whether it is executable, if the batch says so.
        executable: Option<bool>,
        /// The file that it is a copy of: it has the mode that this had before the batch, if the batch
        /// says no other.
        copy_of: Option<String>,
    },
    /// It is gone.
    Removed,
    /// It has what was at `from`, perhaps changed; `from` is gone unless it is named itself.
    Moved {
        /// Where it was before the batch.
        from: String,
        /// All of its bytes.
        bytes: Vec<u8>,
        /// Whether it is executable, if the batch says so.
        executable: Option<bool>,
    },
}

/// What a batch makes of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Every path that it touches: moves first, then removals, then the rest, each by path.
    pub files: Vec<(String, Outcome)>,
    /// What the author of the edit should know: hunks found elsewhere, text matched loosely.
    pub notes: Vec<String>,
}

/// Makes the edits one after the other on top of `source`.
///
/// Costs a copy of every file that is changed, and a few passes over it for each edit.
///
/// # Errors
/// The first edit that cannot be made; then none of them counts.
pub fn apply_edits(edits: &[FileEdit], source: Source<'_, '_>) -> Result<Applied, EditError> {
    let mut room = Room { source, files: BTreeMap::new(), notes: Vec::new() };
    for edit in edits {
        let path = clean_path(&edit.path)?;
        match &edit.action {
            Action::Create { content, executable, existing } => {
                room.create(&path, content, *executable, *existing)?;
            }
            Action::Delete { missing_ok } => room.delete(&path, *missing_ok)?,
            Action::Rename { to, existing } => room.rename(&path, &clean_path(to)?, *existing)?,
            Action::Copy { to } => room.copy(&path, &clean_path(to)?)?,
            Action::Modify(modify) => room.modify(&path, modify)?,
        }
    }
    Ok(room.finish())
}

/// A workspace with the edits so far.
struct Room<'s, 'a> {
    source: Source<'s, 'a>,
    files: BTreeMap<String, State<'a>>,
    notes: Vec<String>,
}

/// A file of which the batch has heard.
#[derive(Clone)]
struct State<'a> {
    text: Option<Cow<'a, [u8]>>,
    executable: Option<bool>,
    from: Option<String>,
    copy_of: Option<String>,
    existed: bool,
    touched: bool,
}

impl<'a> Room<'_, 'a> {
    fn state(&mut self, path: &str) -> &mut State<'a> {
        let source = self.source;
        self.files.entry(path.to_owned()).or_insert_with(|| {
            let text = source(path);
            let existed = text.is_some();
            State { text, executable: None, from: None, copy_of: None, existed, touched: false }
        })
    }

    /// Whether to go on with making a file at `path`.
    fn make_way(&mut self, path: &str, existing: Existing) -> Result<bool, EditError> {
        if self.state(path).text.is_none() {
            return Ok(true);
        }
        match existing {
            Existing::Refuse => Err(EditError::PathExists { path: path.to_owned() }),
            Existing::Keep => Ok(false),
            Existing::Replace => {
                self.notes.push(format!("`{path}` existed and was replaced"));
                Ok(true)
            }
        }
    }

    fn create(
        &mut self,
        path: &str,
        content: &[u8],
        executable: Option<bool>,
        existing: Existing,
    ) -> Result<(), EditError> {
        if self.make_way(path, existing)? {
            let state = self.state(path);
            state.text = Some(Cow::Owned(content.to_vec()));
            (state.executable, state.from, state.touched) = (executable, None, true);
            state.copy_of = None;
        }
        Ok(())
    }

    fn delete(&mut self, path: &str, missing_ok: bool) -> Result<(), EditError> {
        let state = self.state(path);
        if state.text.is_none() && !missing_ok {
            return Err(EditError::UnknownPath { path: path.to_owned() });
        }
        state.text = None;
        (state.executable, state.from, state.touched) = (None, None, true);
        Ok(())
    }

    fn rename(&mut self, path: &str, to: &str, existing: Existing) -> Result<(), EditError> {
        if self.state(path).text.is_none() {
            return Err(EditError::UnknownPath { path: path.to_owned() });
        }
        if path == to || !self.make_way(to, existing)? {
            return Ok(());
        }
        let old = self.state(path);
        let (text, executable) = (old.text.take(), old.executable.take());
        let copy_of = old.copy_of.take();
        // A file that was made by this batch comes from nowhere.
        let from = old.from.take().or_else(|| old.existed.then(|| path.to_owned()));
        old.touched = true;
        let new = self.state(to);
        (new.text, new.executable, new.from, new.touched) = (text, executable, from, true);
        new.copy_of = copy_of;
        // What comes back to where it was has not moved.
        new.from = new.from.take().filter(|from| from != to);
        Ok(())
    }

    fn copy(&mut self, path: &str, to: &str) -> Result<(), EditError> {
        let before = (self.source)(path).or_else(|| self.state(path).text.clone());
        let Some(text) = before else {
            return Err(EditError::UnknownPath { path: path.to_owned() });
        };
        self.create(to, &text, None, Existing::Refuse)?;
        self.state(to).copy_of = Some(path.to_owned());
        Ok(())
    }

    fn modify(&mut self, path: &str, modify: &Modify) -> Result<(), EditError> {
        // Taken, not copied: if the edit fails, so does the batch.
        let present = self.state(path).text.take();
        let creates = matches!(modify, Modify::Block(block) if block.search.is_empty());
        let text = match present {
            Some(text) => text,
            None if creates => Cow::Owned(Vec::new()),
            None => return Err(EditError::UnknownPath { path: path.to_owned() }),
        };
        let owned = || path.to_owned();
        let notes = &mut self.notes;
        let new = match modify {
            Modify::Hunks(hunks) => unified::apply_hunks(path, &text, hunks, notes)?,
            Modify::Chunks(chunks) => codex::apply_chunks(path, &text, chunks, notes)?,
            Modify::Block(block) => blocks::apply_block(path, &text, block, notes)?,
            Modify::TextEdits(edits, encoding) => {
                workspace_edit::apply_text_edits(path, &text, edits, *encoding)?
            }
            Modify::Replace { old, new, all } => {
                let replaced = replace::replace(&text, old, new, *all)
                    .map_err(|error| EditError::Replace { path: owned(), block: None, error })?;
                if replaced.endings_differed {
                    notes.push(format!("`{path}`: matched with line endings made equal"));
                }
                replaced.text
            }
            Modify::Insert { after, new } => lines::insert_lines(&text, *after, new)
                .map_err(|error| EditError::Lines { path: owned(), error })?,
            Modify::Lines { first, last, new, expected } => {
                lines::replace_lines(&text, *first, *last, new, expected.as_deref())
                    .map_err(|error| EditError::Lines { path: owned(), error })?
            }
            Modify::Executable(executable) => {
                let state = self.state(path);
                (state.text, state.executable, state.touched) =
                    (Some(text), Some(*executable), true);
                return Ok(());
            }
        };
        let state = self.state(path);
        (state.text, state.touched) = (Some(Cow::Owned(new)), true);
        Ok(())
    }

    fn finish(self) -> Applied {
        let moved: Vec<String> = self.files.values().filter_map(|file| file.from.clone()).collect();
        let mut files: Vec<(u8, String, Outcome)> = Vec::new();
        for (path, state) in self.files {
            if !state.touched {
                continue;
            }
            let executable = state.executable;
            match (state.text, state.from) {
                (Some(text), Some(from)) => {
                    files.push((0, path, Outcome::Moved { from, bytes: text.into(), executable }));
                }
                (Some(text), None) => {
                    let (bytes, copy_of) = (text.into(), state.copy_of);
                    files.push((2, path, Outcome::Written { bytes, executable, copy_of }));
                }
                (None, _) if state.existed && !moved.contains(&path) => {
                    files.push((1, path, Outcome::Removed));
                }
                (None, _) => {}
            }
        }
        files.sort_by_key(|(rank, ..)| *rank);
        let files = files.into_iter().map(|(_, path, outcome)| (path, outcome)).collect();
        Applied { files, notes: self.notes }
    }
}
