//! Keeping the caches of all workspaces together below a limit.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    CacheError,
    disk::remove_files,
    kept::{DAMAGED, DERIVED},
    lock::Lock,
    manifest::MANIFEST,
};

/// What a prune did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Workspaces whose cache was removed.
    pub removed: usize,
    /// Bytes that they took.
    pub freed: u64,
    /// Bytes that are left; over the limit if locked caches alone are.
    pub left: u64,
}

/// Removes the least recently used caches below `base` until the rest takes `max_bytes` or less.
/// One that is in use is never removed, and nothing that is not a cache is touched.
///
/// # Errors
/// If `base` cannot be read. What cannot be removed is left, and counted as such.
pub fn prune(base: &Path, max_bytes: u64) -> Result<Pruned, CacheError> {
    let mut caches = list(base).map_err(|e| CacheError::io(base, e))?;
    caches.sort_unstable();
    let mut pruned =
        Pruned { left: caches.iter().map(|cache| cache.bytes).sum(), ..Pruned::default() };
    for cache in caches {
        if pruned.left <= max_bytes {
            break;
        }
        if remove(&cache.dir).is_ok() {
            pruned.removed += 1;
            pruned.freed += cache.bytes;
            pruned.left -= cache.bytes;
        }
    }
    Ok(pruned)
}

/// Ordered by last use; a cache without a manifest is of no use to anyone and comes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    used: Option<SystemTime>,
    dir: PathBuf,
    bytes: u64,
}

fn list(base: &Path) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(base) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut caches = Vec::new();
    for entry in entries {
        let entry = entry?;
        if !is_cache_name(&entry.file_name().to_string_lossy()) || !entry.file_type()?.is_dir() {
            continue;
        }
        let dir = entry.path();
        let used = fs::metadata(dir.join(MANIFEST)).and_then(|meta| meta.modified());
        // A cache may change or vanish meanwhile; what is gone counts nothing.
        let files = fs::read_dir(&dir).into_iter().flatten().flatten();
        let bytes = files.flat_map(|file| file.metadata()).map(|meta| meta.len());
        caches.push(Found { used: used.ok(), bytes: bytes.sum(), dir });
    }
    Ok(caches)
}

fn is_cache_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Removes one cache: first the manifest, so that a kill in between leaves no half of one.
fn remove(dir: &Path) -> Result<(), CacheError> {
    let lock = Lock::take_existing(dir)?;
    remove_files(dir, |name| name == MANIFEST)?;
    let ours = [".crs", ".tmp", DERIVED, DAMAGED];
    remove_files(dir, |name| ours.iter().any(|it| name.ends_with(it)))?;
    lock.remove().and_then(|()| fs::remove_dir(dir)).map_err(|e| CacheError::io(dir, e))
}
