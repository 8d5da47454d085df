//! The write side of a cache directory: complete files appear by rename, or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::CacheError;

/// What every unfinished file's name ends with.
const UNFINISHED: &str = ".tmp";

/// A file that is being written. Dropped before `commit`, it is removed again.
pub(super) struct NewFile {
    file: File,
    path: PathBuf,
    unfinished: PathBuf,
    committed: bool,
}

impl NewFile {
    /// Begins what will be `path`.
    pub(super) fn create(path: PathBuf) -> Result<NewFile, CacheError> {
        let mut unfinished = path.clone().into_os_string();
        unfinished.push(UNFINISHED);
        let unfinished = PathBuf::from(unfinished);
        let open = || {
            step()?;
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)
        };
        let file = open().map_err(|e| CacheError::io(&path, e))?;
        Ok(NewFile { file, path, unfinished, committed: false })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        step().and_then(|()| self.file.write_all(bytes)).map_err(|e| CacheError::io(&self.path, e))
    }

    /// Makes the bytes durable, then gives the file its name.
    pub(super) fn commit(mut self) -> Result<(), CacheError> {
        let finish = || {
            step()?;
            self.file.sync_data()?;
            step()?;
            fs::rename(&self.unfinished, &self.path)
        };
        finish().map_err(|e| CacheError::io(&self.path, e))?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.committed && step().is_ok() {
            // If this fails too, the sweep at the next open or store gets it.
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// Makes renames and removals in `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), CacheError> {
    step().and_then(|()| File::open(dir)?.sync_all()).map_err(|e| CacheError::io(dir, e))
}

/// Removes the files of `dir` whose names `doomed` picks, and returns how many bytes they had.
pub(super) fn remove_files(dir: &Path, doomed: impl Fn(&str) -> bool) -> Result<u64, CacheError> {
    let remove_one = |path: &Path| {
        step()?;
        let bytes = fs::symlink_metadata(path)?.len();
        fs::remove_file(path)?;
        Ok(bytes)
    };
    let mut freed = 0;
    for entry in fs::read_dir(dir).map_err(|e| CacheError::io(dir, e))? {
        let path = entry.map_err(|e| CacheError::io(dir, e))?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(&doomed) {
            freed += remove_one(&path).map_err(|e| CacheError::io(&path, e))?;
        }
    }
    Ok(freed)
}

/// Removes what a process that was killed has left unfinished. The caller holds the lock.
pub(super) fn sweep(dir: &Path) -> Result<(), CacheError> {
    remove_files(dir, |name| name.ends_with(UNFINISHED)).map(|_| ())
}

/// Opens a cache file for reading: never through a link, and only if it is ours.
pub(super) fn open_own(path: &Path) -> Result<(File, u64), CacheError> {
    let open = || {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NOFOLLOW.bits() as i32)
            .open(path)?;
        let meta = file.metadata()?;
        Ok((file, meta))
    };
    let (file, meta) = open().map_err(|e| CacheError::io(path, e))?;
    if !meta.is_file() || meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(CacheError::damaged(path, "not a file of this user"));
    }
    Ok((file, meta.len()))
}

/// Every change to the directory passes here, so that a test can make any one of them, and all
/// that come after it, fail as if the process had been killed there.
#[cfg(not(test))]
#[allow(clippy::unnecessary_wraps)]
fn step() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
use test_steps::step;
#[cfg(test)]
pub(super) use test_steps::{count_steps, fail_from};

#[cfg(test)]
mod test_steps {
    use std::{cell::Cell, io};

    thread_local! {
        static TAKEN: Cell<usize> = const { Cell::new(0) };
        static LIMIT: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    pub(super) fn step() -> io::Result<()> {
        let taken = TAKEN.get();
        TAKEN.set(taken + 1);
        if taken < LIMIT.get() {
            return Ok(());
        }
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }

    /// Runs `work` with all steps but the first `limit` failing.
    pub(in super::super) fn fail_from<T>(limit: usize, work: impl FnOnce() -> T) -> T {
        TAKEN.set(0);
        LIMIT.set(limit);
        let result = work();
        LIMIT.set(usize::MAX);
        result
    }

    /// Runs `work` and counts its steps.
    pub(in super::super) fn count_steps<T>(work: impl FnOnce() -> T) -> (T, usize) {
        TAKEN.set(0);
        let result = work();
        (result, TAKEN.get())
    }
}
