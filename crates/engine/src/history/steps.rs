//! The way back and forth: what undo, redo and rollback would write.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    entry::{Entry, EntryKind, FileDelta, Version},
    state::State,
};
use crate::RelPath;

/// Why there is no such step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStep {
    /// There is nothing to take back.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing was taken back, or something has been done since.
    #[error("there is nothing to redo: nothing was undone since the last edit")]
    NothingToRedo,
    /// The log has no such entry.
    #[error("there is no entry {id}: the log has 1 to {head}, and 0 is the base")]
    NoEntry {
        /// What was asked for.
        id: u64,
        /// The newest.
        head: u64,
    },
    /// A compaction has dropped the bytes.
    #[error("{path} cannot go back there: a compaction has dropped those bytes")]
    Dropped {
        /// Whose.
        path: RelPath,
    },
    /// The file has changed otherwise since: by a rebase, a sync or a merge.
    #[error("{path} was changed by entry {by} since: roll back to before it, or edit the file")]
    Moved {
        /// Which.
        path: RelPath,
        /// The entry that changed it.
        by: u64,
    },
}

impl State {
    /// The entry that takes back the last edit that is not taken back.
    ///
    /// # Errors
    /// If there is none, or its files are not what it left.
    pub fn undo(&self) -> Result<Entry, NoStep> {
        let of = *self.undoable.last().ok_or(NoStep::NothingToUndo)?;
        let entry = self.entry(of).ok_or(NoStep::NothingToUndo)?;
        let files = entry.files.iter().map(FileDelta::inverse).collect();
        self.checked(Entry::new(EntryKind::Undo { of }, files))
    }

    /// The entry that does the last undone one again.
    ///
    /// # Errors
    /// If there is none, or its files are not what it found.
    pub fn redo(&self) -> Result<Entry, NoStep> {
        let of = *self.redoable.last().ok_or(NoStep::NothingToRedo)?;
        let entry = self.entry(of).ok_or(NoStep::NothingToRedo)?;
        self.checked(Entry::new(EntryKind::Redo { of }, entry.files.clone()))
    }

    /// The entry that brings every file back to what it was after entry `to` (0: at first).
    ///
    /// # Errors
    /// If there is no such entry, or the bytes are gone.
    pub fn rollback(&self, to: u64) -> Result<Entry, NoStep> {
        let head = self.head();
        if to > head {
            return Err(NoStep::NoEntry { id: to, head });
        }
        let mut then: BTreeMap<&RelPath, &Option<Version>> = BTreeMap::new();
        for entry in self.log.iter().rev().take((head - to) as usize) {
            for delta in &entry.files {
                then.insert(&delta.path, &delta.before);
            }
        }
        let files = then
            .into_iter()
            .map(|(path, after)| FileDelta {
                path: path.clone(),
                before: self.version(path),
                after: after.clone(),
            })
            .filter(|delta| delta.before != delta.after)
            .collect();
        self.checked(Entry::new(EntryKind::Rollback { to }, files))
    }

    /// The version of a file after entry `at`.
    pub fn version_at(&self, path: &RelPath, at: u64) -> Option<Version> {
        let later = self.log.iter().skip(at as usize);
        let first = later.flat_map(|entry| &entry.files).find(|delta| delta.path == *path);
        match first {
            Some(delta) => delta.before.clone(),
            None => self.version(path),
        }
    }

    /// Files that edits after entry `at` have made other than they were then, in path order. What was
    /// undone, rolled back or deleted is none of them, nor what others have changed.
    ///
    /// Costs a look at every entry.
    pub fn edited_since(&self, at: u64) -> Vec<RelPath> {
        let is_own = |entry: &Entry| matches!(entry.kind, EntryKind::Edit | EntryKind::Take);
        let own = self.effective().filter(|entry| entry.id > at && is_own(entry));
        let paths: BTreeSet<&RelPath> =
            own.flat_map(|entry| &entry.files).map(|delta| &delta.path).collect();
        let differs = |path: &&RelPath| {
            let now = self.version(path);
            now.is_some() && now != self.version_at(path, at)
        };
        paths.into_iter().filter(differs).cloned().collect()
    }

    fn checked(&self, entry: Entry) -> Result<Entry, NoStep> {
        for delta in &entry.files {
            let now = self.version(&delta.path);
            // A snapshot does not know the bytes of what is not text.
            let file = self.snapshot.file(&delta.path);
            let unknown = file.is_some_and(|file| file.text().is_none());
            let known = self.dirty.contains_key(&delta.path) || !unknown;
            if known && now.as_ref().map(|it| it.hash) != delta.before.as_ref().map(|it| it.hash) {
                let touched = |entry: &&std::sync::Arc<Entry>| {
                    entry.files.iter().any(|other| other.path == delta.path)
                };
                let by = self.log.iter().rev().find(touched).map_or(0, |entry| entry.id);
                return Err(NoStep::Moved { path: delta.path.clone(), by });
            }
            if delta.after.as_ref().is_some_and(|after| after.bytes().is_none()) {
                return Err(NoStep::Dropped { path: delta.path.clone() });
            }
        }
        Ok(entry)
    }
}
