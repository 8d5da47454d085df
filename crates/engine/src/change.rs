//! Changes: checked edits with preconditions, as values; and how a snapshot becomes the next.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::RwLock;

use crate::{
    ContentHash, RelPath, Snapshot,
    file::{Body, File, FileId, Stamp, Unheld, Visibility},
    snapshot::{Added, Totals},
    table::FileTable,
};

/// What becomes of one path.
#[derive(Clone, Debug)]
pub enum FileChange {
    /// The path has this body from now on, whether or not it existed.
    Put {
        /// Its contents.
        body: Body,
        /// What `stat` said.
        stamp: Stamp,
        /// Who sees it.
        visibility: Visibility,
    },
    /// The path is gone (no error if it was not there).
    Remove,
}

/// A batch of edits that is applied whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What becomes of each path.
    pub files: BTreeMap<RelPath, FileChange>,
    /// What must be there for the change to apply: the content hash, or `None` for "no text".
    pub expect: BTreeMap<RelPath, Option<ContentHash>>,
    /// The new list of what is known by name only, if it changed.
    pub unheld: Option<Vec<Unheld>>,
}

impl Change {
    /// Whether applying it would do nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.unheld.is_none()
    }
}

/// A precondition does not hold: somebody else was there first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not what this change was made for: expected {expected:?}, found {found:?}")]
pub struct Stale {
    /// The path that differs.
    pub path: RelPath,
    /// What the change expects.
    pub expected: Option<ContentHash>,
    /// What is there.
    pub found: Option<ContentHash>,
}

/// Gives out file ids: one for each path that a workspace has ever known, the same for all of its
/// sessions.
#[derive(Default)]
pub(crate) struct PathBook {
    base: Arc<[RelPath]>,
    later: RwLock<HashMap<RelPath, FileId>>,
}

impl PathBook {
    pub(crate) fn new(base: Arc<[RelPath]>) -> PathBook {
        PathBook { base, later: RwLock::default() }
    }

    fn id(&self, path: &RelPath) -> FileId {
        if let Ok(i) = self.base.binary_search(path) {
            return FileId(i as u32);
        }
        if let Some(id) = self.later.read().get(path) {
            return *id;
        }
        let mut later = self.later.write();
        let next = FileId((self.base.len() + later.len()) as u32);
        *later.entry(path.clone()).or_insert(next)
    }
}

/// A first snapshot. `files` must be sorted by path and name each path once.
pub(crate) fn first_snapshot(
    files: Vec<(RelPath, FileChange)>,
    unheld: Vec<Unheld>,
) -> (Snapshot, PathBook) {
    debug_assert!(files.is_sorted_by(|a, b| a.0 < b.0));
    let base: Arc<[RelPath]> = files.iter().map(|(path, _)| path.clone()).collect();
    let mut totals = Totals::default();
    let mut uncovered = Vec::new();
    let mut slots = Vec::with_capacity(files.len());
    for (i, (path, change)) in files.into_iter().enumerate() {
        let id = FileId(i as u32);
        let file = make_file(id, path, change).map(Arc::new);
        if let Some(file) = &file {
            totals.count(file, 1);
            if file.is_uncovered() {
                uncovered.push(id);
            }
        }
        slots.push(file);
    }
    let snapshot = Snapshot {
        revision: 0,
        base: Arc::clone(&base),
        added: Arc::default(),
        table: FileTable::new(slots),
        uncovered: uncovered.into(),
        attachments: Arc::default(),
        unheld: unheld.into(),
        totals,
    };
    (snapshot, PathBook::new(base))
}

fn make_file(id: FileId, path: RelPath, change: FileChange) -> Option<File> {
    match change {
        FileChange::Put { body, stamp, visibility } => {
            Some(File { id, path, body, stamp, visibility, segment: None })
        }
        FileChange::Remove => None,
    }
}

impl Snapshot {
    /// The snapshot after `change`, or which precondition fails.
    ///
    /// Costs in proportion to the change and to the (small) uncovered and added lists. A file that
    /// is put with the text it has keeps its segment.
    pub(crate) fn apply(&self, book: &PathBook, change: Change) -> Result<Snapshot, Stale> {
        for (path, expected) in &change.expect {
            let found = self.file(path).and_then(|file| file.text()).map(|text| text.hash());
            if found != *expected {
                return Err(Stale { path: path.clone(), expected: *expected, found });
            }
        }
        let mut next = self.clone();
        next.revision += 1;
        if let Some(unheld) = change.unheld {
            next.unheld = unheld.into();
        }
        let mut slots = Vec::with_capacity(change.files.len());
        let mut newcomers = Vec::new();
        let mut leavers = Vec::new();
        for (path, edit) in change.files {
            let id = book.id(&path);
            let old = self.table.get(id);
            let mut file = make_file(id, path.clone(), edit);
            if let (Some(file), Some(old)) = (&mut file, old)
                && let (Some(text), Some(old_text)) = (file.text(), old.text())
            {
                if text.hash() == old_text.hash() {
                    file.segment = old.segment;
                } else {
                    text.came_from(old_text);
                }
            }
            if let Some(old) = old {
                next.totals.count(old, -1);
            }
            if let Some(file) = &file {
                next.totals.count(file, 1);
            }
            if id.0 as usize >= self.base.len() {
                match (old.is_some(), file.is_some()) {
                    (false, true) => newcomers.push(Added { path, id }),
                    (true, false) => leavers.push(id),
                    _ => {}
                }
            }
            slots.push((id, file.map(Arc::new)));
        }
        slots.sort_unstable_by_key(|(id, _)| *id);
        leavers.sort_unstable();
        next.uncovered = merge_uncovered(&self.uncovered, &slots);
        next.added = merge_added(&self.added, newcomers, &leavers);
        next.table = self.table.with(slots);
        Ok(next)
    }
}

/// The uncovered ids after the changed slots (sorted by id) have replaced what was there.
pub(crate) fn merge_uncovered(
    old: &Arc<[FileId]>,
    slots: &[(FileId, Option<Arc<File>>)],
) -> Arc<[FileId]> {
    let changed = |id: &FileId| slots.binary_search_by_key(id, |(id, _)| *id).is_ok();
    let mut fresh = slots
        .iter()
        .filter(|(_, file)| file.as_ref().is_some_and(|f| f.is_uncovered()))
        .map(|(id, _)| *id)
        .peekable();
    let mut uncovered: Vec<FileId> = Vec::with_capacity(old.len() + slots.len());
    for id in old.iter().copied().filter(|id| !changed(id)) {
        while let Some(earlier) = fresh.next_if(|it| *it < id) {
            uncovered.push(earlier);
        }
        uncovered.push(id);
    }
    uncovered.extend(fresh);
    uncovered.into()
}

fn merge_added(old: &Arc<[Added]>, newcomers: Vec<Added>, leavers: &[FileId]) -> Arc<[Added]> {
    if newcomers.is_empty() && leavers.is_empty() {
        return Arc::clone(old);
    }
    let mut added: Vec<Added> =
        old.iter().filter(|entry| leavers.binary_search(&entry.id).is_err()).cloned().collect();
    added.extend(newcomers);
    added.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    added.into()
}
