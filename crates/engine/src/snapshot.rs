//! A snapshot: an immutable world of files. Every query runs on exactly one.

use std::sync::Arc;

use crate::{
    RelPath,
    file::{Body, File, FileId, Unheld},
    segment::Attachment,
    table::FileTable,
};

/// A file that came after the workspace was loaded, so that its id says nothing of its place.
#[derive(Clone)]
pub(crate) struct Added {
    pub(crate) path: RelPath,
    pub(crate) id: FileId,
}

/// A file's place in path order, comparable within one snapshot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Rank(u64);

/// An immutable world: a table of files with a revision. Cloning the `Arc` is all a reader does.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) revision: u64,
    /// Sorted; entry `i` belongs to `FileId(i)`, whether or not it is still there.
    pub(crate) base: Arc<[RelPath]>,
    /// Sorted by path; ids beyond the base.
    pub(crate) added: Arc<[Added]>,
    pub(crate) table: FileTable,
    /// Ids of files that no segment covers, sorted.
    pub(crate) uncovered: Arc<[FileId]>,
    pub(crate) attachments: Arc<[Arc<Attachment>]>,
    pub(crate) unheld: Arc<[Unheld]>,
    pub(crate) totals: Totals,
}

/// How much a snapshot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// All files that are known.
    pub files: u64,
    /// Files whose text is held.
    pub text_files: u64,
    /// Bytes of text, counting equal files once for each path.
    pub text_bytes: u64,
    /// Files known as binary and not held.
    pub binary_files: u64,
    /// Files over the size limit, not held.
    pub too_large_files: u64,
    /// Files that could not be read.
    pub unreadable_files: u64,
    /// What a plain `rg` would go through.
    #[serde(skip)]
    pub(crate) plain: Share,
    /// What `rg --hidden` would go through besides.
    #[serde(skip)]
    pub(crate) hidden: Share,
}

/// Files that a kind of search goes through, for its statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) searches: u64,
    pub(crate) bytes: u64,
}

impl Share {
    /// Adds `file` (`sign` 1) or takes it off (`sign` -1). Only texts that an index can rule out
    /// count with their bytes; binary files are given up before the first.
    pub(crate) fn count(&mut self, file: &File, sign: i64) {
        let bytes = match &file.body {
            Body::Text(text) if text.is_indexable() => text.searched_len(),
            Body::Text(_) | Body::Binary => 0,
            Body::TooLarge | Body::Unreadable(_) => return,
        };
        self.searches = self.searches.wrapping_add(sign as u64);
        self.bytes = self.bytes.wrapping_add(bytes.wrapping_mul(sign as u64));
    }
}

impl Totals {
    /// Counts `file` in (`sign` 1) or out (`sign` -1, as two's complement).
    pub(crate) fn count(&mut self, file: &File, sign: i64) {
        let add = |n: &mut u64, by: u64| *n = n.wrapping_add(by.wrapping_mul(sign as u64));
        add(&mut self.files, 1);
        if file.visibility.is_plain() {
            self.plain.count(file, sign);
        } else if !file.visibility.is_ignored() {
            self.hidden.count(file, sign);
        }
        match &file.body {
            Body::Text(text) => {
                add(&mut self.text_files, 1);
                add(&mut self.text_bytes, text.bytes().len() as u64);
            }
            Body::Binary => add(&mut self.binary_files, 1),
            Body::TooLarge => add(&mut self.too_large_files, 1),
            Body::Unreadable(_) => add(&mut self.unreadable_files, 1),
        }
    }
}

impl Snapshot {
    /// Counts up with every published change of its session.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How much it holds.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Files that no segment covers yet, and how many segments there are.
    pub fn coverage(&self) -> (usize, usize) {
        (self.uncovered.len(), self.attachments.len())
    }

    /// Bytes of postings that the attached segments hold.
    pub fn index_bytes(&self) -> u64 {
        self.attachments.iter().map(|attachment| attachment.segment.index_bytes()).sum()
    }

    /// What is known by name only.
    pub fn unheld(&self) -> &[Unheld] {
        &self.unheld
    }

    /// The file at `path`. Logarithmic.
    pub fn file(&self, path: &RelPath) -> Option<&Arc<File>> {
        self.table.get(self.id_of(path)?)
    }

    /// All files in path order.
    pub fn files(&self) -> impl Iterator<Item = &Arc<File>> + use<'_> {
        self.files_within(&RelPath::root())
    }

    /// The file `dir` or all files below it, in path order.
    pub fn files_within(&self, dir: &RelPath) -> impl Iterator<Item = &Arc<File>> + use<'_> {
        let (base, added) = self.ranges(dir);
        let mut base = base.map(|i| FileId(i as u32)).peekable();
        let mut added = self.added[added].iter().peekable();
        std::iter::from_fn(move || {
            let take_added = match (base.peek(), added.peek()) {
                (None, None) => return None,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some(id), Some(entry)) => entry.path < self.base[id.0 as usize],
            };
            if take_added { added.next().map(|entry| entry.id) } else { base.next() }
        })
        .filter_map(|id| self.table.get(id))
    }

    /// Whether `dir` is the root or has files below it.
    pub fn has_dir(&self, dir: &RelPath) -> bool {
        dir.is_root() || self.files_within(dir).any(|file| file.path != *dir)
    }

    /// The files that are not the same bytes at the same path in another snapshot of the workspace,
    /// by number. Costs what may differ.
    pub(crate) fn changed_files(&self, other: &Snapshot) -> Vec<FileId> {
        let mut ids = self.table.differences(&other.table);
        ids.retain(|id| match (self.table.get(*id), other.table.get(*id)) {
            (Some(a), Some(b)) => {
                let hash = |file: &File| file.text().map(|text| text.hash());
                !Arc::ptr_eq(a, b) && (a.path != b.path || hash(a) != hash(b))
            }
            (None, None) => false,
            _ => true,
        });
        ids
    }

    /// The paths at which two snapshots of one workspace differ, in path order.
    ///
    /// Costs the files that were changed in either since they parted, or a pass over all.
    pub fn differing(&self, other: &Snapshot) -> Vec<RelPath> {
        let body = |file: Option<&Arc<File>>| {
            file.map(|file| match &file.body {
                Body::Text(text) => Some(text.hash()),
                // Of what is not held, the stamp is all that is known.
                _ => Some(crate::ContentHash::of(format!("{:?}", file.stamp).as_bytes())),
            })
        };
        let mut paths: Vec<RelPath> = Vec::new();
        for id in self.table.differences(&other.table) {
            let (a, b) = (self.table.get(id), other.table.get(id));
            if body(a) != body(b) {
                paths.extend(a.or(b).map(|file| file.path.clone()));
            }
        }
        paths.sort_unstable();
        paths
    }

    pub(crate) fn id_of(&self, path: &RelPath) -> Option<FileId> {
        if let Ok(i) = self.base.binary_search(path) {
            return Some(FileId(i as u32));
        }
        let i = self.added.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        Some(self.added[i].id)
    }

    /// The ranges of `base` and `added` that lie within `dir`.
    fn ranges(&self, dir: &RelPath) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        fn range<T>(
            list: &[T],
            dir: &RelPath,
            path: impl Fn(&T) -> &RelPath,
        ) -> std::ops::Range<usize> {
            let start = list.partition_point(|entry| path(entry) < dir);
            let len = list[start..].partition_point(|entry| path(entry).is_within(dir));
            start..start + len
        }
        (range(&self.base, dir, |path| path), range(&self.added, dir, |entry| &entry.path))
    }

    /// The file's place in path order.
    pub(crate) fn rank(&self, file: &File) -> Rank {
        if (file.id.0 as usize) < self.base.len() {
            return Rank(u64::from(file.id.0) << 32 | 1 << 31);
        }
        let before = self.base.partition_point(|path| *path < file.path);
        let place = self.added.partition_point(|entry| entry.path < file.path);
        Rank((before as u64) << 32 | place as u64)
    }
}
