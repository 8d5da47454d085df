//! Reading a cache back: the manifest, then every part, mapped and verified whole.

use std::{
    io::ErrorKind,
    num::NonZero,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::SystemTime,
};

use bytes::Bytes;
use coderoom_engine::{ContentHash, RelPath, Segment, Stamp, Unheld, Visibility};

use super::{
    Cache, CacheError, KnownPart,
    disk::sweep,
    manifest::{BodyRow, FileRow, MANIFEST, Manifest, PartRow},
    part::{Document, Part},
    store::part_key,
};

/// Memory bandwidth is shared, so more threads than this do not verify faster.
const MAX_THREADS: usize = 8;

/// A workspace as it was stored. Texts and segments keep what they need mapped.
pub struct Cached {
    /// In path order, each path once.
    pub files: Vec<CachedFile>,
    /// What was known by name only.
    pub unheld: Vec<Unheld>,
    /// The directories that the store was given.
    pub dirs: Vec<RelPath>,
    /// The segments, ready for `Covering::of_stored`.
    pub segments: Vec<Arc<Segment>>,
    /// Bytes that are mapped.
    pub mapped_bytes: u64,
}

/// A file as it was stored.
pub struct CachedFile {
    /// Where it was.
    pub path: RelPath,
    /// What `stat` said when it was read.
    pub stamp: Stamp,
    /// Who saw it.
    pub visibility: Visibility,
    /// Its contents.
    pub body: CachedBody,
}

/// The contents of a file as they were stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CachedBody {
    /// Its text, for `TextStore::intern_hashed`.
    Text {
        /// The hash of the bytes.
        hash: ContentHash,
        /// The bytes, mapped and verified.
        bytes: Bytes,
    },
    /// Known, and not held.
    Binary,
    /// Known, and over the size limit.
    TooLarge,
    /// It could not be read.
    Unreadable(String),
}

impl Cache {
    /// Maps and verifies what is stored. `options` is the fingerprint of the load options now.
    ///
    /// # Errors
    /// `Absent` if nothing is; `Version`, `Mismatch` or `Damaged` if it is of no use. The next
    /// store replaces it then.
    pub fn open(&mut self, options: &[u8; 32]) -> Result<Cached, CacheError> {
        self.lock.check(&self.dir)?;
        sweep(&self.dir)?;
        self.known.clear();
        let (manifest, manifest_file) = Manifest::read(&self.dir)?;
        let mismatch = |what| CacheError::Mismatch { dir: self.dir.clone(), what };
        if manifest.root != self.root {
            return Err(mismatch("root"));
        }
        if manifest.options != *options {
            return Err(mismatch("set of load options"));
        }
        let parts = self.map_parts(&manifest.parts)?;
        verify(&parts)?;
        let mut segments = Vec::new();
        let mut documents = Vec::with_capacity(parts.len());
        for part in &parts {
            let docs = part.documents()?;
            segments.extend(part.segment(&docs)?.map(Arc::new));
            documents.push(docs);
        }
        let damaged = || CacheError::damaged(&self.dir.join(MANIFEST), "a text has no place");
        let files = manifest
            .files
            .into_iter()
            .map(|row| cached_file(row, &documents).ok_or_else(damaged))
            .collect::<Result<_, _>>()?;
        // Its time says when the workspace was last used: `prune` goes by it. A file system that
        // is read-only now may refuse, which changes nothing.
        let _ = manifest_file.set_modified(SystemTime::now());
        let mapped_bytes = parts.iter().map(Part::file_len).sum();
        self.remember(manifest.parts, &parts, documents);
        Ok(Cached { files, unheld: manifest.unheld, dirs: manifest.dirs, segments, mapped_bytes })
    }

    fn map_parts(&self, rows: &[PartRow]) -> Result<Vec<Part>, CacheError> {
        rows.iter()
            .map(|row| {
                let path = self.dir.join(&row.name);
                let part = match Part::open(path.clone()) {
                    Err(CacheError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                        return Err(CacheError::damaged(&path, "it is missing"));
                    }
                    part => part?,
                };
                if part.sum != row.sum {
                    return Err(CacheError::damaged(&path, "it is not the one that was stored"));
                }
                Ok(part)
            })
            .collect()
    }

    fn remember(&mut self, rows: Vec<PartRow>, parts: &[Part], documents: Vec<Vec<Document>>) {
        for ((row, part), docs) in rows.into_iter().zip(parts).zip(documents) {
            let hashes: Vec<ContentHash> = docs.iter().map(|doc| doc.hash).collect();
            let known = KnownPart {
                row,
                file_len: part.file_len(),
                docs: docs
                    .iter()
                    .map(|doc| (doc.hash, doc.bytes.as_ref().map(|bytes| bytes.len() as u64)))
                    .collect(),
            };
            self.known.insert(part_key(part.kind(), &hashes), known);
        }
    }
}

fn cached_file(row: FileRow, documents: &[Vec<Document>]) -> Option<CachedFile> {
    let body = match row.body {
        BodyRow::Text(place) => {
            let document = documents.get(place.part as usize)?.get(place.doc as usize)?;
            CachedBody::Text { hash: document.hash, bytes: document.bytes.clone()? }
        }
        BodyRow::Binary => CachedBody::Binary,
        BodyRow::TooLarge => CachedBody::TooLarge,
        BodyRow::Unreadable(why) => CachedBody::Unreadable(why),
    };
    Some(CachedFile { path: row.path, stamp: row.stamp, visibility: row.visibility, body })
}

/// Checks every chunk of every part, on all processors.
fn verify(parts: &[Part]) -> Result<(), CacheError> {
    let chunks: Vec<(&Part, usize)> =
        parts.iter().flat_map(|part| (0..part.chunks()).map(move |i| (part, i))).collect();
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    let work = || {
        while let Some((part, i)) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = part.verify(*i) {
                next.store(chunks.len(), Ordering::Relaxed);
                *failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads().min(chunks.len()) {
            scope.spawn(work);
        }
        work();
    });
    let failure = failure.into_inner().unwrap_or_else(|e| e.into_inner());
    failure.map_or(Ok(()), Err)
}

/// How many threads are worth starting.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS)
}
