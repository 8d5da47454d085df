//! Entries as bytes and back.
//!
//! Versions are named by hash. A record brings the bytes of those that are new, whole or as what is
//! between the beginning and the end that it shares with the version before: an edit of one line in
//! a large file is a small record.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use coderoom_edit::shared_ends;
use coderoom_engine::{
    Conflict, Content, ContentHash, Entry, EntryKind, FileDelta, FileMode, RelPath, TextStore,
    Version,
};
use serde::{Deserialize, Serialize};

/// What a journal begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The session's name.
    pub name: String,
    /// The workspace's root.
    pub root: Vec<u8>,
    /// Who opened it.
    pub agent: String,
    /// Milliseconds since the epoch.
    pub created_ms: u64,
    /// Its configuration, as it was given (YAML).
    pub config: String,
}

/// A version by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct VersionRef {
    hash: [u8; 32],
    mode: Option<FileMode>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DeltaRef {
    path: RelPath,
    before: Option<VersionRef>,
    after: Option<VersionRef>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ConflictRef {
    base: Option<VersionRef>,
    ours: Option<VersionRef>,
    theirs: Option<VersionRef>,
    from: String,
}

/// The bytes of a version.
#[derive(Debug, Serialize, Deserialize)]
enum Blob {
    Whole {
        hash: [u8; 32],
        #[serde(with = "as_bytes")]
        bytes: Vec<u8>,
    },
    /// `head` bytes of version `of`, `middle`, and the last `tail` bytes of `of`.
    Between {
        hash: [u8; 32],
        of: [u8; 32],
        head: u64,
        #[serde(with = "as_bytes")]
        middle: Vec<u8>,
        tail: u64,
    },
}

/// Bytes in one piece. On disk that is what a list of numbers below 256 is, which would be written and
/// read one by one.
mod as_bytes {
    use std::fmt;

    use serde::{
        Deserializer, Serializer,
        de::{Error, Visitor},
    };

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Owned;
        impl Visitor<'_> for Owned {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Owned)
    }
}

/// An entry without its number, which is its place.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    time_ms: u64,
    agent: String,
    reason: String,
    kind: KindRef,
    files: Vec<DeltaRef>,
    base: Vec<DeltaRef>,
    conflicts: Vec<(RelPath, Option<ConflictRef>)>,
    blobs: Vec<Blob>,
}

/// `EntryKind` in a form that needs no names on disk.
#[derive(Debug, Serialize, Deserialize)]
enum KindRef {
    Edit,
    Fork { from: String, at: u64 },
    Undo { of: u64 },
    Redo { of: u64 },
    Rollback { to: u64 },
    Sync,
    Rebase,
    Merge { from: String },
    Take,
    Resolve,
}

/// A payload does not say what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(&'static str);

/// Writes entries, knowing which versions the journal already has.
#[derive(Default)]
pub(super) struct Writer {
    known: HashSet<ContentHash>,
}

impl Writer {
    pub(super) fn knows(&mut self, hashes: impl IntoIterator<Item = ContentHash>) {
        self.known.extend(hashes);
    }

    /// Appends the entry's payload to `out`. Costs what it writes, and a comparison of each new
    /// version with the one before.
    pub(super) fn write(&mut self, entry: &Entry, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut blobs = Vec::new();
        for delta in entry.base.iter().chain(&entry.files) {
            self.blob(delta.before.as_ref(), None, &mut blobs);
            self.blob(delta.after.as_ref(), delta.before.as_ref(), &mut blobs);
        }
        for (_, conflict) in &entry.conflicts {
            if let Some(it) = conflict {
                self.blob(it.base.as_ref(), None, &mut blobs);
                self.blob(it.ours.as_ref(), it.base.as_ref(), &mut blobs);
                self.blob(it.theirs.as_ref(), it.base.as_ref(), &mut blobs);
            }
        }
        let conflicts = entry.conflicts.iter();
        let record = Record {
            time_ms: entry.time_ms,
            agent: entry.agent.clone(),
            reason: entry.reason.clone(),
            kind: kind_ref(&entry.kind),
            files: entry.files.iter().map(delta_ref).collect(),
            base: entry.base.iter().map(delta_ref).collect(),
            conflicts: conflicts
                .map(|(path, it)| (path.clone(), it.as_ref().map(conflict_ref)))
                .collect(),
            blobs,
        };
        let bytes =
            postcard::to_stdvec(&record).map_err(|_| Malformed("the entry is too large"))?;
        out.extend_from_slice(&bytes);
        Ok(())
    }

    fn blob(&mut self, version: Option<&Version>, before: Option<&Version>, out: &mut Vec<Blob>) {
        let Some((version, bytes)) = version.and_then(|it| Some((it, it.bytes()?))) else { return };
        if !self.known.insert(version.hash) {
            return;
        }
        let hash = version.hash.0;
        let shared = before
            .filter(|before| self.known.contains(&before.hash))
            .and_then(|before| Some((before.hash.0, before.bytes()?)))
            .map(|(of, old)| (of, shared_ends(old, bytes)))
            .filter(|(_, (head, tail))| head + tail > bytes.len() / 2);
        out.push(match shared {
            None => Blob::Whole { hash, bytes: bytes.to_vec() },
            Some((of, (head, tail))) => {
                let middle = bytes[head..bytes.len() - tail].to_vec();
                Blob::Between { hash, of, head: head as u64, middle, tail: tail as u64 }
            }
        });
    }
}

/// Reads entries, and keeps the versions that they have brought.
pub(super) struct Reader {
    store: TextStore,
    bytes: HashMap<ContentHash, Content>,
}

impl Reader {
    pub(super) fn new(store: TextStore) -> Reader {
        Reader { store, bytes: HashMap::new() }
    }

    /// The versions that were read.
    pub(super) fn hashes(&self) -> impl Iterator<Item = ContentHash> {
        self.bytes.keys().copied()
    }

    /// The entry of a payload.
    pub(super) fn read(&mut self, payload: &[u8]) -> Result<Entry, Malformed> {
        let record: Record =
            postcard::from_bytes(payload).map_err(|_| Malformed("it is no entry"))?;
        for blob in record.blobs {
            self.take(blob)?;
        }
        let mut conflicts = Vec::with_capacity(record.conflicts.len());
        for (path, it) in record.conflicts {
            let conflict = it.map(|it| Conflict {
                base: self.version(it.base),
                ours: self.version(it.ours),
                theirs: self.version(it.theirs),
                from: it.from,
            });
            conflicts.push((path, conflict));
        }
        let files = record.files.into_iter().map(|it| self.delta(it)).collect();
        let base = record.base.into_iter().map(|it| self.delta(it)).collect();
        let entry = Entry::new(kind(record.kind), files);
        let entry = Entry { base, conflicts, ..entry };
        Ok(entry.by(&record.agent, &record.reason, record.time_ms))
    }

    fn take(&mut self, blob: Blob) -> Result<(), Malformed> {
        let (hash, bytes) = match blob {
            Blob::Whole { hash, bytes } => (hash, bytes),
            Blob::Between { hash, of, head, middle, tail } => {
                let old = self.bytes.get(&ContentHash(of)).and_then(bytes_of);
                let old = old.ok_or(Malformed("a version is built on one that is not there"))?;
                let (head, tail) = (head as usize, tail as usize);
                let ends = (old.get(..head), old.len().checked_sub(tail).map(|at| &old[at..]));
                let (Some(start), Some(end)) = ends else {
                    return Err(Malformed("a version is built on one that is shorter"));
                };
                (hash, [start, &middle, end].concat())
            }
        };
        let hash = ContentHash(hash);
        if ContentHash::of(&bytes) != hash {
            return Err(Malformed("a version is not what its hash says"));
        }
        let bytes = Bytes::from(bytes);
        let content = match self.store.intern_hashed(hash, bytes.clone()) {
            Some(text) => Content::Text(text),
            None => Content::Bytes(bytes),
        };
        self.bytes.insert(hash, content);
        Ok(())
    }

    fn version(&self, it: Option<VersionRef>) -> Option<Version> {
        let it = it?;
        let hash = ContentHash(it.hash);
        let content = self.bytes.get(&hash).cloned().unwrap_or(Content::Dropped);
        Some(Version { hash, content, mode: it.mode })
    }

    fn delta(&self, it: DeltaRef) -> FileDelta {
        let (before, after) = (self.version(it.before), self.version(it.after));
        FileDelta { path: it.path, before, after }
    }
}

fn bytes_of(content: &Content) -> Option<&Bytes> {
    match content {
        Content::Text(text) => Some(text.bytes()),
        Content::Bytes(bytes) => Some(bytes),
        Content::Dropped => None,
    }
}

fn version_ref(version: &Version) -> VersionRef {
    VersionRef { hash: version.hash.0, mode: version.mode }
}

fn delta_ref(delta: &FileDelta) -> DeltaRef {
    DeltaRef {
        path: delta.path.clone(),
        before: delta.before.as_ref().map(version_ref),
        after: delta.after.as_ref().map(version_ref),
    }
}

fn conflict_ref(it: &Conflict) -> ConflictRef {
    ConflictRef {
        base: it.base.as_ref().map(version_ref),
        ours: it.ours.as_ref().map(version_ref),
        theirs: it.theirs.as_ref().map(version_ref),
        from: it.from.clone(),
    }
}

fn kind_ref(kind: &EntryKind) -> KindRef {
    match kind {
        EntryKind::Edit => KindRef::Edit,
        EntryKind::Fork { from, at } => KindRef::Fork { from: from.clone(), at: *at },
        EntryKind::Undo { of } => KindRef::Undo { of: *of },
        EntryKind::Redo { of } => KindRef::Redo { of: *of },
        EntryKind::Rollback { to } => KindRef::Rollback { to: *to },
        EntryKind::Sync => KindRef::Sync,
        EntryKind::Rebase => KindRef::Rebase,
        EntryKind::Merge { from } => KindRef::Merge { from: from.clone() },
        EntryKind::Take => KindRef::Take,
        EntryKind::Resolve => KindRef::Resolve,
    }
}

fn kind(kind: KindRef) -> EntryKind {
    match kind {
        KindRef::Edit => EntryKind::Edit,
        KindRef::Fork { from, at } => EntryKind::Fork { from, at },
        KindRef::Undo { of } => EntryKind::Undo { of },
        KindRef::Redo { of } => EntryKind::Redo { of },
        KindRef::Rollback { to } => EntryKind::Rollback { to },
        KindRef::Sync => EntryKind::Sync,
        KindRef::Rebase => EntryKind::Rebase,
        KindRef::Merge { from } => EntryKind::Merge { from },
        KindRef::Take => EntryKind::Take,
        KindRef::Resolve => EntryKind::Resolve,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_one_piece_are_on_disk_what_numbers_one_by_one_are() {
        let (hash, of) = ([7; 32], [200; 32]);
        let long: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for bytes in [Vec::new(), vec![0, 127, 128, 255], long] {
            let whole = Blob::Whole { hash, bytes: bytes.clone() };
            let between = Blob::Between { hash, of, head: 300, middle: bytes.clone(), tail: 1 };
            for (blob, plain) in [
                (whole, postcard::to_stdvec(&(0_u8, hash, &bytes))),
                (between, postcard::to_stdvec(&(1_u8, hash, of, 300_u64, &bytes, 1_u64))),
            ] {
                let written = postcard::to_stdvec(&blob).expect("written");
                assert_eq!(written, plain.expect("written"));
                let read: Blob = postcard::from_bytes(&written).expect("read");
                assert_eq!(postcard::to_stdvec(&read).expect("written"), written);
            }
        }
    }
}
