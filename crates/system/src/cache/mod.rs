//! The cache: a workspace on disk, for eviction and for a warm restart.
//!
//! A cache directory belongs to one workspace root and, by a lock, to one process. In it are *parts*
//! (immutable, checksummed files of texts and postings, mapped back and used in place) and a
//! *manifest* (which files there were, with their stamps, and where their texts lie). A store adds
//! the parts that are missing, replaces the manifest by one rename, and then removes the parts that
//! it no longer names; so whenever the process is killed, the directory holds the old state or the
//! new one.
//!
//! The cache is never an authority: a damaged, outdated or foreign one is an error with a code, the
//! workspace is loaded from its tree, and the next store replaces what was there.

mod disk;
mod error;
mod facts;
mod kept;
mod lock;
mod manifest;
mod map;
mod open;
mod part;
mod prune;
mod recall;
mod store;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use coderoom_engine::{ContentHash, RelPath};

use lock::Lock;
use manifest::PartRow;

pub use error::CacheError;
pub use facts::{FactsAtHand, keep_facts};
pub use kept::{
    forget_index, keep_derived, keep_index, kept_derived, kept_index, set_derived_aside,
};
pub use open::{Cached, CachedBody, CachedFile};
pub use prune::{Pruned, prune};
pub use recall::Recall;
pub use store::Stored;

/// The version of manifest and parts together. Raise it with every change of the format, of what
/// the postings mean, or of what the engine calls text.
const VERSION: u32 = 2;

/// What the cache keeps beside the snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Fingerprint of the options that decide what is loaded (size limit, ignore rules, ...). A
    /// cache that was made with others is refused.
    pub options: [u8; 32],
    /// Directories of the tree, for whoever watches them.
    pub dirs: Vec<RelPath>,
}

/// The cache directory of one workspace, locked for as long as this lives.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    root: Vec<u8>,
    lock: Lock,
    /// Parts on disk that this process has written or verified, by what they are of. Any other
    /// file is written anew rather than trusted.
    known: HashMap<PartKey, KnownPart>,
}

/// BLAKE3 over a part's kind and documents.
type PartKey = [u8; 32];

#[derive(Clone, Debug)]
struct KnownPart {
    row: PartRow,
    file_len: u64,
    /// Its documents; the length of each whose bytes it holds.
    docs: Vec<(ContentHash, Option<u64>)>,
}

impl Cache {
    /// Takes the cache directory of the workspace at `root` (a canonical path) below `base`,
    /// creating both if need be.
    ///
    /// # Errors
    /// `Locked` if another process (or another `Cache`) has it; otherwise what the file system says.
    pub fn lock(base: &Path, root: &Path) -> Result<Cache, CacheError> {
        let dir = Cache::place(base, root);
        let lock = Lock::take(&dir)?;
        let root = root.as_os_str().as_bytes().to_vec();
        Ok(Cache { dir, root, lock, known: HashMap::new() })
    }

    /// Where the cache of the workspace at `root` is.
    fn place(base: &Path, root: &Path) -> PathBuf {
        base.join(&blake3::hash(root.as_os_str().as_bytes()).to_hex()[..32])
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
