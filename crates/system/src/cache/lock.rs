//! One process at a time for each cache directory.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
};

use super::CacheError;

const LOCK: &str = "lock";

/// Holds a directory's lock until it is dropped, or the process ends in any way.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Creates `dir` (private to the user) if need be, and locks it without waiting.
    pub(super) fn take(dir: &Path) -> Result<Lock, CacheError> {
        loop {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
            made.map_err(|e| CacheError::io(dir, e))?;
            own(dir)?;
            match Lock::take_existing(dir) {
                // A prune has removed the directory in between.
                Err(CacheError::Removed { .. }) => {}
                taken => return taken,
            }
        }
    }

    /// Locks `dir`, which must exist.
    pub(super) fn take_existing(dir: &Path) -> Result<Lock, CacheError> {
        let path = dir.join(LOCK);
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits() as i32)
            .open(&path);
        let file = match opened {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(CacheError::Removed { dir: dir.into() });
            }
            Err(e) => return Err(CacheError::io(&path, e)),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(CacheError::Locked { dir: dir.into() }),
            Err(e) => return Err(CacheError::io(&path, e.into())),
        }
        let lock = Lock { file, path };
        lock.check(dir)?;
        Ok(lock)
    }

    /// Whether the locked file still has its name: without it, another process may lock `dir` too.
    pub(super) fn check(&self, dir: &Path) -> Result<(), CacheError> {
        let same = match (self.file.metadata(), fs::symlink_metadata(&self.path)) {
            (Ok(ours), Ok(named)) => (ours.dev(), ours.ino()) == (named.dev(), named.ino()),
            _ => false,
        };
        if same {
            return Ok(());
        }
        Err(CacheError::Removed { dir: dir.into() })
    }

    /// Gives the lock up together with its file.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would not do: a child that another thread has just forked holds the same
        // open file until it calls exec. It cannot fail for a lock that is held.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// Sees to it that only this user gets into `dir`.
fn own(dir: &Path) -> Result<(), CacheError> {
    let meta = fs::symlink_metadata(dir).map_err(|e| CacheError::io(dir, e))?;
    if !meta.is_dir() || meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(CacheError::Foreign { dir: dir.into() });
    }
    if meta.mode() & 0o077 != 0 {
        let private = Permissions::from_mode(0o700);
        fs::set_permissions(dir, private).map_err(|e| CacheError::io(dir, e))?;
    }
    Ok(())
}
