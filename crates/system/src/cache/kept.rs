//! What else is kept of a workspace, so that a restart does not lose it.
//!
//! Imported indexes are one file for each workspace, in a directory beside the caches. They are the
//! user's, not ours: no prune removes them. What was derived (graph, history) lies in the workspace's
//! cache directory, goes with it, and is set aside when it is damaged.

use std::{
    fs,
    io::{ErrorKind, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{
    Cache, CacheError,
    disk::{NewFile, open_own, sweep, sync_dir},
    lock::Lock,
};

const DIR: &str = "scip";
/// What the names of derived files end with.
pub(super) const DERIVED: &str = ".crd";
/// What is put behind the name of one that is damaged.
pub(super) const DAMAGED: &str = ".damaged";

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
    read(&file_of(base, root), max_bytes)
}

fn read(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, CacheError> {
    if fs::symlink_metadata(path).is_err_and(|err| err.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let (file, len) = open_own(path)?;
    if len > max_bytes {
        return Err(CacheError::damaged(path, "it is too large"));
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(max_bytes).read_to_end(&mut bytes).map_err(|e| CacheError::io(path, e))?;
    Ok(Some(bytes))
}

/// Keeps something that was derived from the workspace at `root` under a name, in the place of what
/// was kept before. It is there whole or not at all, whenever the process ends.
///
/// # Errors
/// What the file system says, or that another process has the cache; then what was kept before still
/// is.
pub fn keep_derived(base: &Path, root: &Path, name: &str, bytes: &[u8]) -> Result<(), CacheError> {
    let cache = Cache::lock(base, root)?;
    sweep(cache.dir())?;
    let mut file = NewFile::create(derived(cache.dir(), name))?;
    file.write(bytes)?;
    file.commit()?;
    sync_dir(cache.dir())
}

/// What was kept under that name, if anything was.
///
/// # Errors
/// If there is something that is not ours, or larger than `max_bytes`.
pub fn kept_derived(
    base: &Path,
    root: &Path,
    name: &str,
    max_bytes: u64,
) -> Result<Option<Vec<u8>>, CacheError> {
    read(&derived(&Cache::place(base, root), name), max_bytes)
}

/// Sets what was kept under that name aside, in the place of what was set aside before, and says
/// where it is.
///
/// # Errors
/// What the file system says, or that another process has the cache.
pub fn set_derived_aside(base: &Path, root: &Path, name: &str) -> Result<PathBuf, CacheError> {
    let cache = Cache::lock(base, root)?;
    let path = derived(cache.dir(), name);
    let mut aside = path.clone().into_os_string();
    aside.push(DAMAGED);
    let aside = PathBuf::from(aside);
    fs::rename(&path, &aside).map_err(|e| CacheError::io(&path, e))?;
    Ok(aside)
}

fn derived(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}{DERIVED}"))
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
    use super::{
        super::disk::{count_steps, fail_from},
        *,
    };

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

    /// Wherever writing fails (a full disk, a killed process), what was kept before is whole.
    #[test]
    fn derived_files_are_replaced_whole() {
        let base = tempfile::tempdir().expect("tempdir");
        let (base, root) = (base.path(), Path::new("/a"));
        let read = || kept_derived(base, root, "graph", 100).expect("readable");
        let keep = |bytes: &[u8]| keep_derived(base, root, "graph", bytes);
        assert_eq!(read(), None);
        keep(b"old").expect("kept");
        let (_, steps) = count_steps(|| keep(b"old"));
        for limit in 0..steps {
            let failed = fail_from(limit, || keep(b"new"));
            assert!(failed.is_err(), "step {limit} of {steps}");
            let now = read();
            assert!(now.as_deref() == Some(b"old") || now.as_deref() == Some(b"new"), "{now:?}");
            keep(b"old").expect("the next one succeeds");
        }
        assert_eq!(
            kept_derived(base, root, "graph", 2).err().map(|it| it.code()),
            Some("cache_damaged")
        );
        let aside = set_derived_aside(base, root, "graph").expect("set aside");
        assert_eq!((fs::read(aside).expect("there"), read()), (b"old".to_vec(), None));
        assert!(set_derived_aside(base, root, "graph").is_err());
        // They are part of the cache: a prune takes all of it.
        keep(b"new").expect("kept");
        let pruned = super::super::prune(base, 0).expect("pruned");
        assert_eq!((pruned.removed, pruned.left, read()), (1, 0, None));
    }

    #[test]
    fn a_prune_of_the_caches_leaves_it() {
        let base = tempfile::tempdir().expect("tempdir");
        keep_index(base.path(), Path::new("/a"), b"one").expect("kept");
        super::super::prune(base.path(), 0).expect("pruned");
        assert!(kept_index(base.path(), Path::new("/a"), 9).expect("readable").is_some());
    }
}
