//! What a cache remembers of a workspace: stored texts for the files that a `stat` proves unchanged.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use coderoom_engine::{Body, RelPath, Segment, Snapshot, Stamp, Text, TextStore};

use super::{
    Cache, CacheError, Cached,
    open::{CachedBody, CachedFile},
};
use crate::{LoadOptions, load::Memory};

/// An opened cache as the memory of a load.
pub struct Recall {
    /// In path order.
    files: Vec<CachedFile>,
    segments: Vec<Arc<Segment>>,
    texts: TextStore,
    kept: AtomicUsize,
}

impl Recall {
    /// `texts` is the store that the loaded workspace will use.
    pub fn new(cached: Cached, texts: TextStore) -> Recall {
        let Cached { files, segments, .. } = cached;
        Recall { files, segments, texts, kept: AtomicUsize::new(0) }
    }

    /// Locks the cache of `root` and opens what is in it.
    ///
    /// # Errors
    /// If there is none, somebody else has it, or it is not to be trusted.
    pub fn open(
        base: &Path,
        root: &Path,
        options: &LoadOptions,
        texts: TextStore,
    ) -> Result<Recall, CacheError> {
        let cached = Cache::lock(base, root)?.open(&options.fingerprint())?;
        Ok(Recall::new(cached, texts))
    }

    /// The texts of files that are others now, or gone: what the workspace held when the cache was
    /// written. None if there are more than `most`.
    pub fn replaced(&self, now: &Snapshot, most: usize) -> Vec<Arc<Text>> {
        let mut texts = Vec::new();
        for file in &self.files {
            let CachedBody::Text { hash, bytes } = &file.body else { continue };
            let there = now.file(&file.path).and_then(|file| file.text());
            if there.is_some_and(|text| text.hash() == *hash) {
                continue;
            }
            if texts.len() == most {
                return Vec::new();
            }
            texts.extend(self.texts.intern_hashed(*hash, bytes.clone()));
        }
        texts
    }

    /// How many files have been recalled.
    pub fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }
}

impl Memory for Recall {
    fn recall(&self, path: &RelPath, now: &Stamp) -> Option<(Body, Stamp)> {
        let i = self.files.binary_search_by(|file| file.path.cmp(path)).ok()?;
        let stored = &self.files[i];
        if !proves(stored, now) {
            return None;
        }
        let body = body(&stored.body, &self.texts)?;
        self.kept.fetch_add(1, Ordering::Relaxed);
        // Not the stamp of now: what counts is when the bytes were read.
        Some((body, stored.stamp))
    }

    fn segments(&self) -> Vec<Arc<Segment>> {
        self.segments.clone()
    }
}

impl LoadOptions {
    /// Changes with every option that decides what is held: a cache made with others is refused.
    pub fn fingerprint(&self) -> [u8; 32] {
        let LoadOptions { no_ignore, max_file_size, threads: _, max_watches: _ } = self;
        *blake3::hash(format!("{no_ignore} {max_file_size}").as_bytes()).as_bytes()
    }
}

/// Whether the stored contents are those of the file now.
fn proves(file: &CachedFile, now: &Stamp) -> bool {
    match &file.body {
        // A file that changed while it was read may have got the wrong stamp.
        CachedBody::Text { bytes, .. } if bytes.len() as u64 != file.stamp.size => false,
        // What kept it from being read need not show in its own stamp.
        CachedBody::Unreadable(_) => false,
        _ => file.stamp.proves_unchanged(now),
    }
}

fn body(stored: &CachedBody, texts: &TextStore) -> Option<Body> {
    Some(match stored {
        CachedBody::Text { hash, bytes } => Body::Text(texts.intern_hashed(*hash, bytes.clone())?),
        CachedBody::Binary => Body::Binary,
        CachedBody::TooLarge => Body::TooLarge,
        CachedBody::Unreadable(why) => Body::Unreadable(why.as_str().into()),
    })
}
