//! One moment of a session, and the way to the next.

use std::{collections::BTreeSet, sync::Arc};

use rpds::{RedBlackTreeMapSync, VectorSync};

use super::entry::{Entry, EntryKind, FileDelta, Version};
use crate::{
    Body, Change, ContentHash, FileChange, RelPath, Session, Snapshot, Stale, Stamp, Visibility,
};

/// A file that differs from the base.
#[derive(Clone, Debug, PartialEq)]
pub struct Dirty {
    /// What it was; `None` if it is new.
    pub base: Option<Version>,
    /// What it is; `None` if it is deleted.
    pub now: Option<Version>,
}

/// Two changes of one file that do not go together: held until somebody settles it.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// What both started from.
    pub base: Option<Version>,
    /// The session's version: what its queries see.
    pub ours: Option<Version>,
    /// The other one.
    pub theirs: Option<Version>,
    /// Whose that is: `disk`, or a session's name.
    pub from: String,
}

/// An entry speaks of a version that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} has changed since it was looked at")]
pub struct Mismatch {
    /// Where.
    pub path: RelPath,
    /// What the entry expects.
    pub expected: Option<ContentHash>,
    /// What is there.
    pub found: Option<ContentHash>,
}

impl From<Stale> for Mismatch {
    fn from(stale: Stale) -> Mismatch {
        Mismatch { path: stale.path, expected: stale.expected, found: stale.found }
    }
}

/// One immutable moment of a session. Cloning it shares everything.
#[derive(Clone)]
pub struct State {
    pub(super) base: Arc<Snapshot>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) dirty: RedBlackTreeMapSync<RelPath, Dirty>,
    pub(super) conflicts: RedBlackTreeMapSync<RelPath, Conflict>,
    pub(super) log: VectorSync<Arc<Entry>>,
    /// Entries that `undo` would take back, the last one first in line.
    pub(super) undoable: VectorSync<u64>,
    /// Entries that `redo` would do again.
    pub(super) redoable: VectorSync<u64>,
    /// Bytes of all versions that entries have led to.
    pub(super) bytes: u64,
}

impl State {
    /// A session that has changed nothing.
    pub fn over(base: Arc<Snapshot>) -> State {
        State {
            snapshot: Arc::clone(&base),
            base,
            dirty: RedBlackTreeMapSync::default(),
            conflicts: RedBlackTreeMapSync::default(),
            log: VectorSync::default(),
            undoable: VectorSync::default(),
            redoable: VectorSync::default(),
            bytes: 0,
        }
    }

    /// Bytes of all versions that the log's entries have led to, counting equal ones each time: a
    /// bound on what the session holds for itself.
    pub fn own_bytes(&self) -> u64 {
        self.bytes
    }

    /// A session that begins with what this one has changed, and goes its own way.
    ///
    /// # Errors
    /// `Mismatch` never, short of a fault.
    pub fn fork(&self, session: &Session, entry: Entry) -> Result<State, Mismatch> {
        let delta = |(path, dirty): (&RelPath, &Dirty)| FileDelta {
            path: path.clone(),
            before: dirty.base.clone(),
            after: dirty.now.clone(),
        };
        let files = self.dirty.iter().map(delta).collect();
        let conflicts =
            self.conflicts.iter().map(|(path, it)| (path.clone(), Some(it.clone()))).collect();
        let entry = Entry { files, conflicts, ..entry };
        let clean = entry.files.is_empty() && entry.conflicts.is_empty();
        let over = State::over(Arc::clone(&self.base));
        if clean { Ok(over) } else { over.next(session, entry) }
    }

    /// The state after a log that was kept, over the trunk as it is now: files that the log does not
    /// speak of are as the trunk has them, those that it does as they were.
    ///
    /// # Errors
    /// `Mismatch` if the entries do not follow one another.
    pub fn replay(
        session: &Session,
        trunk: &Arc<Snapshot>,
        log: impl IntoIterator<Item = Entry>,
    ) -> Result<State, Mismatch> {
        let log: Vec<Entry> = log.into_iter().collect();
        let mut base = Change::default();
        for delta in log.iter().flat_map(|entry| entry.base.iter().chain(&entry.files)) {
            let change = || file_change(delta.before.as_ref(), trunk, &delta.path);
            base.files.entry(delta.path.clone()).or_insert_with(change);
        }
        let mut state = State::over(match base.is_empty() {
            true => Arc::clone(trunk),
            false => session.prepare(trunk, base)?,
        });
        for entry in log {
            state = state.next(session, entry)?;
        }
        Ok(state)
    }

    /// What the session sees.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// What its differences are counted from.
    pub fn base(&self) -> &Arc<Snapshot> {
        &self.base
    }

    /// Files that differ from the base, in path order.
    pub fn dirty(&self) -> impl Iterator<Item = (&RelPath, &Dirty)> {
        self.dirty.iter()
    }

    /// How many files differ.
    pub fn dirty_len(&self) -> usize {
        self.dirty.size()
    }

    /// How one file differs, if it does.
    pub fn dirty_file(&self, path: &RelPath) -> Option<&Dirty> {
        self.dirty.get(path)
    }

    /// What is not settled.
    pub fn conflicts(&self) -> impl Iterator<Item = (&RelPath, &Conflict)> {
        self.conflicts.iter()
    }

    /// What is not settled about one file.
    pub fn conflict(&self, path: &RelPath) -> Option<&Conflict> {
        self.conflicts.get(path)
    }

    /// The log, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> + ExactSizeIterator {
        self.log.iter()
    }

    /// The entries that have led to what the session is, oldest first: without what was undone, and
    /// without what others wrote to the disk.
    pub fn effective(&self) -> impl Iterator<Item = &Arc<Entry>> {
        let fork = self.entry(1).filter(|entry| matches!(entry.kind, EntryKind::Fork { .. }));
        fork.into_iter().chain(self.undoable.iter().filter_map(|id| self.entry(*id)))
    }

    /// The number of the newest entry; 0 if there is none.
    pub fn head(&self) -> u64 {
        self.log.len() as u64
    }

    /// An entry by its number.
    pub fn entry(&self, id: u64) -> Option<&Arc<Entry>> {
        self.log.get(usize::try_from(id.checked_sub(1)?).ok()?)
    }

    /// The version of a file that the session sees, if it is one that is held.
    pub fn version(&self, path: &RelPath) -> Option<Version> {
        match self.dirty.get(path) {
            Some(dirty) => dirty.now.clone(),
            None => held(&self.snapshot, path),
        }
    }

    /// The state after `entry`, which gets the next number.
    ///
    /// Costs the files of the entry and a few small trees' paths.
    ///
    /// # Errors
    /// `Mismatch` if a file is not what the entry says it was.
    pub fn next(&self, session: &Session, mut entry: Entry) -> Result<State, Mismatch> {
        entry.id = self.head() + 1;
        let mut next = self.clone();
        next.rebase(session, &entry)?;
        let mut change = Change::default();
        for delta in &entry.files {
            next.put(delta, &mut change)?;
        }
        if !change.is_empty() {
            next.snapshot = session.prepare(&next.snapshot, change)?;
        }
        for (path, conflict) in &entry.conflicts {
            match conflict {
                Some(conflict) => next.conflicts.insert_mut(path.clone(), conflict.clone()),
                None => drop(next.conflicts.remove_mut(path)),
            }
        }
        next.bytes += entry.bytes();
        next.step(&entry);
        next.log.push_back_mut(Arc::new(entry));
        Ok(next)
    }

    /// Files that the log speaks of and that do not differ from the base, in path order: what they
    /// are is in the log, so that only an entry can change them.
    ///
    /// Costs a look at every entry.
    pub fn settled(&self) -> BTreeSet<RelPath> {
        let deltas = self.log.iter().flat_map(|entry| entry.files.iter().chain(&entry.base));
        let clean = deltas.filter(|delta| !self.dirty.contains_key(&delta.path));
        clean.map(|delta| delta.path.clone()).collect()
    }

    /// The same over a base that has moved as a whole: what the log does not speak of is as `trunk`
    /// has it. The other files stay as they are, for an entry to deal with.
    ///
    /// # Errors
    /// `Mismatch` never, short of a fault.
    pub fn onto(&self, session: &Session, trunk: &Snapshot) -> Result<State, Mismatch> {
        let (mut base, mut current) = (Change::default(), Change::default());
        for (path, dirty) in self.dirty.iter() {
            base.files.insert(path.clone(), file_change(dirty.base.as_ref(), &self.base, path));
            current.files.insert(path.clone(), file_change(dirty.now.as_ref(), trunk, path));
        }
        for path in self.settled() {
            let file = self.snapshot.file(&path);
            // What is not text is not held, and the trunk knows better unless it is ignored there.
            if file.is_some_and(|file| file.text().is_none()) && trunk.file(&path).is_some() {
                continue;
            }
            let kept = file.map_or(FileChange::Remove, |file| FileChange::Put {
                body: file.body.clone(),
                stamp: file.stamp,
                visibility: file.visibility,
            });
            base.files.insert(path, kept);
        }
        let mut next = self.clone();
        next.base = session.prepare(trunk, base)?;
        next.snapshot = session.prepare(&next.base, current)?;
        Ok(next)
    }

    /// Takes the entry's new base versions.
    fn rebase(&mut self, session: &Session, entry: &Entry) -> Result<(), Mismatch> {
        if entry.base.is_empty() {
            return Ok(());
        }
        let mut base = Change::default();
        let mut current = Change::default();
        for delta in &entry.base {
            let (path, after) = (&delta.path, delta.after.as_ref());
            base.files.insert(path.clone(), file_change(after, &self.base, path));
            let now = match self.dirty.get(path) {
                Some(dirty) => dirty.now.clone(),
                None => held(&self.snapshot, path),
            };
            if self.dirty.contains_key(path) || now.as_ref() != after {
                self.note(path, after.cloned(), now);
            } else {
                current.files.insert(path.clone(), file_change(after, &self.snapshot, path));
            }
        }
        self.base = session.prepare(&self.base, base)?;
        if !current.is_empty() {
            self.snapshot = session.prepare(&self.snapshot, current)?;
        }
        Ok(())
    }

    /// Remembers how a file differs, or that it does not.
    fn note(&mut self, path: &RelPath, base: Option<Version>, now: Option<Version>) {
        if same(base.as_ref(), now.as_ref()) {
            self.dirty.remove_mut(path);
        } else {
            self.dirty.insert_mut(path.clone(), Dirty { base, now });
        }
    }

    fn put(&mut self, delta: &FileDelta, change: &mut Change) -> Result<(), Mismatch> {
        let path = &delta.path;
        let dirty = self.dirty.get(path).cloned();
        let (base, now) = match dirty {
            Some(dirty) => (dirty.base, dirty.now),
            // What is not held (a binary file, an ignored one) is what the caller has read from the
            // disk.
            None => {
                let now = held(&self.snapshot, path).or_else(|| delta.before.clone());
                (now.clone(), now)
            }
        };
        if hash(now.as_ref()) != hash(delta.before.as_ref()) {
            let (expected, found) = (hash(delta.before.as_ref()), hash(now.as_ref()));
            return Err(Mismatch { path: path.clone(), expected, found });
        }
        let after = delta.after.as_ref();
        change.files.insert(path.clone(), file_change(after, &self.snapshot, path));
        self.note(path, base, after.cloned());
        Ok(())
    }

    /// Keeps the way back and forth.
    fn step(&mut self, entry: &Entry) {
        match entry.kind {
            EntryKind::Undo { of } => {
                self.undoable.drop_last_mut();
                self.redoable.push_back_mut(of);
            }
            EntryKind::Redo { of } => {
                self.redoable.drop_last_mut();
                self.undoable.push_back_mut(of);
            }
            // Taking back a sync would not take back what was written, a fork is a beginning, and
            // what somebody else wrote is not ours to take back.
            EntryKind::Sync | EntryKind::Fork { .. } | EntryKind::Rebase => {}
            _ if entry.files.is_empty() => {}
            _ => {
                self.undoable.push_back_mut(entry.id);
                self.redoable = VectorSync::default();
            }
        }
    }
}

/// The version of a file in a snapshot, if it is held there.
pub(super) fn held(snapshot: &Snapshot, path: &RelPath) -> Option<Version> {
    let text = snapshot.file(path)?.text()?;
    Some(Version::of_text(Arc::clone(text)))
}

fn hash(version: Option<&Version>) -> Option<ContentHash> {
    version.map(|version| version.hash)
}

/// Whether two versions are the same on disk: no mode of its own is the mode that is there.
fn same(base: Option<&Version>, now: Option<&Version>) -> bool {
    match (base, now) {
        (Some(base), Some(now)) => {
            base.hash == now.hash && (now.mode.is_none() || base.mode == now.mode)
        }
        (base, now) => base.is_none() && now.is_none(),
    }
}

fn file_change(version: Option<&Version>, snapshot: &Snapshot, path: &RelPath) -> FileChange {
    let Some(version) = version else { return FileChange::Remove };
    let there = snapshot.file(path);
    let visibility = there.map_or_else(|| visibility_of_new(path), |file| file.visibility);
    // Whatever has no text of the session's own stays what it is in the snapshot.
    let body = match (version.body(), there) {
        (Body::Binary, Some(file)) if !matches!(file.body, Body::Text(_)) => file.body.clone(),
        (body, _) => body,
    };
    let size = version.bytes().map_or(0, |bytes| bytes.len() as u64);
    FileChange::Put { body, stamp: Stamp { size, ..Stamp::default() }, visibility }
}

/// A new file is seen unless its name says otherwise: an agent that writes a file wants to find it,
/// so ignore rules do not hide it.
fn visibility_of_new(path: &RelPath) -> Visibility {
    let mut visibility = Visibility::default();
    let bytes = path.as_bytes();
    let name = path.file_name();
    let dirs = &bytes[..bytes.len() - name.len()];
    if name.starts_with(b".") {
        visibility = visibility.with(Visibility::HIDDEN_SELF);
    }
    if dirs.split(|&byte| byte == b'/').any(|dir| dir.starts_with(b".")) {
        visibility = visibility.with(Visibility::HIDDEN_DIR);
    }
    visibility
}
