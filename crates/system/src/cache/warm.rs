//! A warm start: stored texts for the files that a `stat` proves unchanged, the tree for the rest.
//!
//! It does not look at the tree itself: the caller lists it, and reads what is asked of it.

use std::{panic::resume_unwind, thread};

use coderoom_engine::{
    Body, Covering, FileChange, RelPath, Session, Stamp, TextStore, Unheld, Visibility,
};

use super::{
    Cached,
    open::{CachedBody, CachedFile, threads},
};

/// What a walk over the tree finds now.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// In path order, each path once.
    pub files: Vec<Listed>,
    /// What is known by name only.
    pub unheld: Vec<Unheld>,
}

/// A file that is in the tree now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where it is.
    pub path: RelPath,
    /// What `stat` says (`read_ns` is of no account).
    pub stamp: Stamp,
    /// Who sees it.
    pub visibility: Visibility,
}

/// A session as a cold load would have made it, and what it took.
pub struct Warmed {
    /// The trunk.
    pub session: Session,
    /// What it took.
    pub stats: WarmStats,
}

/// How the files of a warm start came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarmStats {
    /// Taken from the cache.
    pub kept: usize,
    /// Read: changed, new, or stored so soon after a change that their stamp proves nothing.
    pub read: usize,
    /// Stored, and no longer in the tree.
    pub gone: usize,
}

/// Opens a session on the tree that `listing` describes. `read` gets the files whose stored
/// contents prove nothing, all at once; one that it leaves out has vanished meanwhile.
pub fn warm(
    cached: Cached,
    texts: &TextStore,
    listing: Listing,
    read: impl FnOnce(Vec<Listed>) -> Vec<(RelPath, FileChange)>,
) -> Warmed {
    debug_assert!(listing.files.is_sorted_by(|a, b| a.path < b.path));
    let mut stats = WarmStats::default();
    let (proven, mut doubtful, gone) = compare(cached.files, listing.files);
    stats.gone = gone;
    let mut files = Vec::with_capacity(proven.len() + doubtful.len());
    for (body, (listed, stored)) in bodies(&proven, texts).into_iter().zip(&proven) {
        let Some(body) = body else {
            doubtful.push(listed.clone());
            continue;
        };
        let put = FileChange::Put {
            body,
            // Not the stamp of now: what counts is when the bytes were read.
            stamp: stored.stamp,
            visibility: listed.visibility,
        };
        files.push((listed.path.clone(), put));
    }
    stats.kept = files.len();
    stats.read = doubtful.len();
    if !doubtful.is_empty() {
        files.extend(read(doubtful));
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files.dedup_by(|a, b| a.0 == b.0);
    }
    drop(proven);
    let session = Session::open(files, listing.unheld);
    for segment in cached.segments {
        let covering = Covering::of_stored(segment, &session.snapshot());
        session.attach(covering);
    }
    Warmed { session, stats }
}

/// Files with what is stored of them, if that is proven; files to read; and how many are gone.
type Compared = (Vec<(Listed, CachedFile)>, Vec<Listed>, usize);

/// Walks both lists in step.
fn compare(stored: Vec<CachedFile>, listed: Vec<Listed>) -> Compared {
    let mut proven = Vec::with_capacity(listed.len());
    let mut doubtful = Vec::new();
    let mut gone = 0;
    let mut stored = stored.into_iter().peekable();
    for now in listed {
        while stored.next_if(|file| file.path < now.path).is_some() {
            gone += 1;
        }
        match stored.next_if(|file| file.path == now.path) {
            Some(file) if proves(&file, &now.stamp) => proven.push((now, file)),
            _ => doubtful.push(now),
        }
    }
    (proven, doubtful, gone + stored.count())
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

/// The stored bodies, interned on all processors: each text is looked through for NUL bytes.
/// Nothing for a text that the engine now takes for binary.
fn bodies(proven: &[(Listed, CachedFile)], texts: &TextStore) -> Vec<Option<Body>> {
    let share = proven.len().div_ceil(threads()).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = proven
            .chunks(share)
            .map(|share| {
                scope.spawn(move || {
                    let bodies = share.iter().map(|(_, file)| body(&file.body, texts));
                    bodies.collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn body(stored: &CachedBody, texts: &TextStore) -> Option<Body> {
    Some(match stored {
        CachedBody::Text { hash, bytes } => Body::Text(texts.intern_hashed(*hash, bytes.clone())?),
        CachedBody::Binary => Body::Binary,
        CachedBody::TooLarge => Body::TooLarge,
        CachedBody::Unreadable(why) => Body::Unreadable(why.as_str().into()),
    })
}
