//! The table of files that snapshots share: a base array and a small sorted delta.
//!
//! Changing a file copies the delta (16 bytes an entry); when the delta grows past a limit it is
//! merged into a new base. A session with 50 changed files thus costs under a kilobyte here.

use std::sync::Arc;

use crate::file::{File, FileId};

/// Deltas longer than this are merged into a new base (one pass over all pointers, ~1 ms for
/// 100,000 files), so that the copies stay under 16 KiB.
const MERGE_AT: usize = 1024;

type Slot = Option<Arc<File>>;

/// `FileId -> Arc<File>`, immutable, cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct FileTable {
    base: Arc<[Slot]>,
    delta: Arc<[(FileId, Slot)]>,
}

impl FileTable {
    /// A table in which entry `i` is the file with id `i`.
    pub(crate) fn new(files: Vec<Slot>) -> FileTable {
        FileTable { base: files.into(), delta: Arc::default() }
    }

    /// The file, if there is one in this snapshot.
    pub(crate) fn get(&self, id: FileId) -> Option<&Arc<File>> {
        if let Ok(i) = self.delta.binary_search_by_key(&id, |(id, _)| *id) {
            return self.delta[i].1.as_ref();
        }
        self.base.get(id.0 as usize)?.as_ref()
    }

    /// The ids at which two tables of one workspace may differ, sorted. Costs the deltas if the bases
    /// are shared, otherwise a comparison of all pointers.
    pub(crate) fn differences(&self, other: &FileTable) -> Vec<FileId> {
        let mut ids: Vec<FileId> = Vec::new();
        if !Arc::ptr_eq(&self.base, &other.base) {
            let longest = self.base.len().max(other.base.len());
            let slot = |table: &FileTable, i: usize| table.base.get(i).and_then(|it| it.clone());
            ids.extend((0..longest).filter_map(|i| {
                let same = match (slot(self, i), slot(other, i)) {
                    (Some(a), Some(b)) => Arc::ptr_eq(&a, &b),
                    (None, None) => true,
                    _ => false,
                };
                (!same).then_some(FileId(i as u32))
            }));
        }
        ids.extend(self.delta.iter().chain(other.delta.iter()).map(|(id, _)| *id));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The table after `changes`, which must be sorted by id and hold each id once.
    pub(crate) fn with(&self, changes: Vec<(FileId, Slot)>) -> FileTable {
        debug_assert!(changes.is_sorted_by_key(|(id, _)| *id));
        let mut delta = Vec::with_capacity(self.delta.len() + changes.len());
        let mut old = self.delta.iter().peekable();
        for change in changes {
            while let Some(entry) = old.next_if(|(id, _)| *id < change.0) {
                delta.push(entry.clone());
            }
            old.next_if(|(id, _)| *id == change.0);
            delta.push(change);
        }
        delta.extend(old.cloned());
        if delta.len() <= MERGE_AT {
            return FileTable { base: Arc::clone(&self.base), delta: delta.into() };
        }
        let mut base = self.base.to_vec();
        if let Some((last, _)) = delta.last() {
            base.resize(base.len().max(last.0 as usize + 1), None);
        }
        for (id, slot) in delta {
            base[id.0 as usize] = slot;
        }
        FileTable::new(base)
    }
}
