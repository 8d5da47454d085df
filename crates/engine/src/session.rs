//! Sessions: a base snapshot, a current snapshot, and the one way to change it.
//!
//! The trunk of a workspace is the session whose author is the disk. `apply` is the only mutation
//! there is; readers take the current snapshot and never wait for a writer.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use parking_lot::{Mutex, RwLock};

use crate::{
    Change, RelPath, Snapshot, Stale,
    change::{FileChange, PathBook, first_snapshot, merge_uncovered},
    file::{File, FileId, SegmentId, Unheld},
    segment::{Attachment, DocId, Segment, SegmentBuilder},
};

/// What the sessions of one workspace share: path numbers and segment numbers.
struct Numbers {
    paths: PathBook,
    next_segment: AtomicU32,
}

/// A line of history over a workspace: forks share everything that neither has changed.
pub struct Session {
    numbers: Arc<Numbers>,
    base: Arc<Snapshot>,
    /// Held for the time of swapping a pointer.
    current: RwLock<Arc<Snapshot>>,
    /// Writers, one at a time: a change is prepared and published under it. Never held across I/O.
    writer: Mutex<()>,
}

/// A segment together with the files that it was made from: what `Session::attach` takes.
pub struct Covering {
    /// The postings.
    pub segment: Arc<Segment>,
    /// Which file had which document.
    files: Vec<(DocId, Arc<File>)>,
}

impl Covering {
    /// Indexes `files` (those without text are left out). Costs about 3 ns a byte of text; takes no
    /// lock, so it may run beside queries and changes.
    pub fn build(files: &[Arc<File>]) -> Covering {
        let mut builder = SegmentBuilder::new();
        let mut covered = Vec::with_capacity(files.len());
        for file in files {
            if let Some(text) = file.text()
                && let Some(doc) = builder.add(text)
            {
                covered.push((doc, Arc::clone(file)));
            }
        }
        Covering { segment: Arc::new(builder.finish()), files: covered }
    }

    /// Pairs a stored segment with the files of `snapshot` that have its texts.
    pub fn of_stored(segment: Arc<Segment>, snapshot: &Snapshot) -> Covering {
        // From the back, so that the first document of a text is the one that stays.
        let docs: std::collections::HashMap<_, _> = segment
            .docs()
            .iter()
            .enumerate()
            .rev()
            .map(|(doc, hash)| (*hash, doc as DocId))
            .collect();
        let files = snapshot
            .uncovered
            .iter()
            .filter_map(|id| snapshot.table.get(*id))
            .filter_map(|file| Some((*docs.get(&file.text()?.hash())?, Arc::clone(file))))
            .collect();
        Covering { segment, files }
    }
}

impl Session {
    /// The first session of a workspace. `files` must be sorted by path, each path once.
    pub fn open(files: Vec<(RelPath, FileChange)>, unheld: Vec<Unheld>) -> Session {
        let (snapshot, paths) = first_snapshot(files, unheld);
        let numbers = Arc::new(Numbers { paths, next_segment: AtomicU32::new(0) });
        Session::over(numbers, Arc::new(snapshot))
    }

    fn over(numbers: Arc<Numbers>, snapshot: Arc<Snapshot>) -> Session {
        Session {
            numbers,
            base: Arc::clone(&snapshot),
            current: RwLock::new(snapshot),
            writer: Mutex::new(()),
        }
    }

    /// A session of its own over this one's current state. Costs an `Arc`.
    pub fn fork(&self) -> Session {
        Session::over(Arc::clone(&self.numbers), self.snapshot())
    }

    /// The state it was forked from.
    pub fn base(&self) -> &Arc<Snapshot> {
        &self.base
    }

    /// The current state. Never waits for more than the swap of a pointer.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read())
    }

    /// Applies a change and returns the new current snapshot. All or nothing.
    ///
    /// # Errors
    /// `Stale` if a precondition of the change does not hold; nothing has happened then.
    pub fn apply(&self, change: Change) -> Result<Arc<Snapshot>, Stale> {
        let _writer = self.writer.lock();
        let next = Arc::new(self.snapshot().apply(&self.numbers.paths, change)?);
        *self.current.write() = Arc::clone(&next);
        Ok(next)
    }

    /// The snapshot after `change`, unpublished: forks of one workspace share the numbers that it
    /// needs, so any of them may prepare for any other.
    ///
    /// # Errors
    /// `Stale` if a precondition of the change does not hold.
    pub fn prepare(&self, on: &Snapshot, change: Change) -> Result<Arc<Snapshot>, Stale> {
        on.apply(&self.numbers.paths, change).map(Arc::new)
    }

    /// Attaches a segment: the files that it was made from, and that are still the same, count as
    /// covered from now on. Segments that no longer cover any file are let go.
    pub fn attach(&self, covering: Covering) -> Arc<Snapshot> {
        let id = SegmentId(self.numbers.next_segment.fetch_add(1, Ordering::Relaxed));
        let firsts = covering.files.iter().map(|(doc, file)| (*doc, file.id));
        let attachment = Arc::new(Attachment::new(id, covering.segment, firsts));
        let _writer = self.writer.lock();
        let now = self.snapshot();
        let mut slots: Vec<(FileId, Option<Arc<File>>)> = covering
            .files
            .iter()
            .filter_map(|(_, file)| {
                let here = now.table.get(file.id)?;
                let same = here.text()?.hash() == file.text()?.hash();
                let covered = File { segment: Some(id), ..File::clone(here) };
                same.then(|| (file.id, Some(Arc::new(covered))))
            })
            .collect();
        slots.sort_unstable_by_key(|(id, _)| *id);
        let mut next = Snapshot::clone(&now);
        next.revision += 1;
        next.uncovered = merge_uncovered(&now.uncovered, &slots);
        next.table = now.table.with(slots);
        let live = |a: &&Arc<Attachment>| next.live_files(a).next().is_some();
        next.attachments =
            now.attachments.iter().filter(live).cloned().chain([attachment]).collect();
        let next = Arc::new(next);
        *self.current.write() = Arc::clone(&next);
        next
    }
}

/// How a background thread keeps answers fast: which files to index next, if any.
///
/// Everything uncovered is folded; so are the files of segments that are small or mostly dead once
/// there are many of them, so that the number of segments stays logarithmic in the edits.
pub fn fold_plan(snapshot: &Snapshot, policy: FoldPolicy) -> Vec<Arc<File>> {
    let fresh: Vec<Arc<File>> = snapshot
        .uncovered
        .iter()
        .filter_map(|id| snapshot.table.get(*id).cloned())
        .filter(|file| file.text().is_some_and(|text| text.is_indexable()))
        .collect();
    if fresh.len() < policy.min_files.max(1) {
        return Vec::new();
    }
    let mut files = fresh;
    if snapshot.attachments.len() >= policy.max_segments {
        let mut by_size: Vec<(u64, &Arc<Attachment>)> = snapshot
            .attachments
            .iter()
            .map(|a| (snapshot.live_files(a).map(text_len).sum(), a))
            .collect();
        by_size.sort_unstable_by_key(|(bytes, _)| *bytes);
        let surplus = snapshot.attachments.len() + 2 - policy.max_segments;
        for (_, attachment) in by_size.into_iter().take(surplus) {
            files.extend(snapshot.live_files(attachment).cloned());
        }
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    files
}

/// When to fold, and when to merge segments.
#[derive(Clone, Copy, Debug)]
pub struct FoldPolicy {
    /// Fold only when at least so many files are uncovered.
    pub min_files: usize,
    /// With so many segments or more, small ones are merged into the new one.
    pub max_segments: usize,
}

impl Default for FoldPolicy {
    fn default() -> FoldPolicy {
        FoldPolicy { min_files: 64, max_segments: 16 }
    }
}

fn text_len(file: &Arc<File>) -> u64 {
    file.text().map_or(0, |text| text.bytes().len() as u64)
}

impl Snapshot {
    /// The attached segments under the numbers that files know them by (`File::segment`).
    pub fn segments(&self) -> impl Iterator<Item = (SegmentId, &Arc<Segment>)> {
        self.attachments.iter().map(|a| (a.id, &a.segment))
    }

    /// The files that an attached segment still speaks for.
    pub(crate) fn live_files<'a>(
        &'a self,
        attachment: &'a Attachment,
    ) -> impl Iterator<Item = &'a Arc<File>> {
        attachment
            .members()
            .iter()
            .filter_map(|id| self.table.get(*id))
            .filter(|file| file.segment == Some(attachment.id))
    }
}
