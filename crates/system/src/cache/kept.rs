//! Imported indexes on disk, so that a restart does not lose them: one file for each workspace, in
//! a directory beside the caches. They are the user's, not ours: no prune removes them.

use std::{
    fs,
    io::{ErrorKind, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{
    CacheError,
    disk::{NewFile, open_own, sweep},
    lock::Lock,
};

const DIR: &str = "scip";

/// Keeps what was imported into the workspace at `root`, in the place of what was kept before.
///
/// # Errors
/// What the file system says; then what was kept before still is.
pub fn keep_index(base: &Path, root: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let dir = base.join(DIR);
    let _lock = Lock::take(&dir)?;
    sweep(&dir)?;
    let mut file = NewFile::create(file_of(base, root))?;
    file.write(bytes)?;
    file.commit()
}

/// What was kept of a workspace's imports, if anything was.
///
/// # Errors
/// If there is something that is not ours, or larger than `max_bytes`.
pub fn kept_index(base: &Path, root: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, CacheError> {
    let path = file_of(base, root);
    if fs::symlink_metadata(&path).is_err_and(|err| err.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let (file, len) = open_own(&path)?;
    if len > max_bytes {
        return Err(CacheError::damaged(&path, "it is too large"));
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(max_bytes).read_to_end(&mut bytes).map_err(|e| CacheError::io(&path, e))?;
    Ok(Some(bytes))
}

/// Removes what was kept; `false` if nothing was.
///
/// # Errors
/// What the file system says.
pub fn forget_index(base: &Path, root: &Path) -> Result<bool, CacheError> {
    let path = file_of(base, root);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(false),
        Err(err) => Err(CacheError::io(&path, err)),
    }
}

fn file_of(base: &Path, root: &Path) -> PathBuf {
    let name = blake3::hash(root.as_os_str().as_bytes()).to_hex();
    base.join(DIR).join(format!("{}.scip", &name[..32]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_until_it_is_forgotten() {
        let base = tempfile::tempdir().expect("tempdir");
        let (base, root, other) = (base.path(), Path::new("/a"), Path::new("/b"));
        let read = |root| kept_index(base, root, 100).expect("readable");
        assert_eq!(read(root), None);
        assert!(!forget_index(base, root).expect("nothing to forget"));
        for bytes in [&b"one"[..], b"two"] {
            keep_index(base, root, bytes).expect("kept");
            assert_eq!(read(root).as_deref(), Some(bytes));
        }
        assert_eq!(read(other), None, "every workspace has its own");
        assert_eq!(kept_index(base, root, 2).err().map(|err| err.code()), Some("cache_damaged"));
        assert!(forget_index(base, root).expect("it was there"));
        assert_eq!(read(root), None);
    }

    #[test]
    fn a_prune_of_the_caches_leaves_it() {
        let base = tempfile::tempdir().expect("tempdir");
        keep_index(base.path(), Path::new("/a"), b"one").expect("kept");
        super::super::prune(base.path(), 0).expect("pruned");
        assert!(kept_index(base.path(), Path::new("/a"), 9).expect("readable").is_some());
    }
}
