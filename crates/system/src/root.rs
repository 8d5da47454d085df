//! The root of a workspace, held open: the one place through which its files are reached.
//!
//! Paths are resolved below the held directory and no symbolic link is followed on the way, so
//! nothing outside of the root is ever opened, however the tree is rearranged meanwhile.

use std::path::{Path, PathBuf};

use coderoom_engine::{RelPath, Stamp};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{FileType, Mode, OFlags, Stat},
    io::Errno,
};

/// An open root directory.
pub(crate) struct Root {
    path: PathBuf,
    dir: OwnedFd,
}

impl Root {
    /// Opens the directory at `path`, which should be canonical.
    pub(crate) fn open(path: &Path) -> Result<Root, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Root { path: path.to_path_buf(), dir: rustix::fs::open(path, flags, Mode::empty())? })
    }

    /// Where it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether its path still names the directory that is held open.
    pub(crate) fn is_in_place(&self) -> bool {
        let identity = |stat: Stat| (stat.st_dev, stat.st_ino);
        match (rustix::fs::stat(&self.path), rustix::fs::fstat(&self.dir)) {
            (Ok(there), Ok(held)) => identity(there) == identity(held),
            _ => false,
        }
    }

    /// Opens a file for reading; never blocks on a pipe or device.
    pub(crate) fn file(&self, path: &RelPath) -> Result<OwnedFd, Errno> {
        self.resolve(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)
    }

    /// Opens a file for writing into it.
    pub(crate) fn writable(&self, path: &RelPath) -> Result<OwnedFd, Errno> {
        self.resolve(path, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY)
    }

    /// Opens a directory for listing.
    pub(crate) fn dir(&self, path: &RelPath) -> Result<OwnedFd, Errno> {
        self.resolve(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// What is at `path`, not following a link there.
    pub(crate) fn stat(&self, path: &RelPath) -> Result<Stat, Errno> {
        let name = path.file_name();
        let Some(parent) = path.parent() else {
            return rustix::fs::fstat(&self.dir);
        };
        let nofollow = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
        if parent.is_root() {
            return rustix::fs::statat(&self.dir, name, nofollow);
        }
        let parent = self.resolve(&parent, OFlags::RDONLY | OFlags::DIRECTORY | PATH_ONLY)?;
        rustix::fs::statat(parent, name, nofollow)
    }

    #[cfg(target_os = "linux")]
    fn resolve(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        use rustix::fs::ResolveFlags;
        // A rename elsewhere can make the kernel ask for another try.
        const TRIES: usize = 16;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name: &[u8] = if path.is_root() { b"." } else { path.as_bytes() };
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        for _ in 0..TRIES {
            match rustix::fs::openat2(&self.dir, name, flags, Mode::empty(), beneath) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                // Older kernels and strict sandboxes.
                Err(Errno::NOSYS | Errno::PERM) => return self.resolve_stepwise(path, flags),
                result => return result,
            }
        }
        self.resolve_stepwise(path, flags)
    }

    #[cfg(not(target_os = "linux"))]
    fn resolve(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.resolve_stepwise(path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC)
    }

    /// Opens one directory after the other, so that no step can follow a link.
    fn resolve_stepwise(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        let step = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Some(parent) = path.parent() else {
            return rustix::fs::openat(&self.dir, ".", flags, Mode::empty());
        };
        let mut held: Option<OwnedFd> = None;
        for component in parent.as_bytes().split(|&b| b == b'/') {
            if !component.is_empty() {
                let at = held.as_ref().map_or(self.dir.as_fd(), AsFd::as_fd);
                let next = rustix::fs::openat(at, component, step | PATH_ONLY, Mode::empty())?;
                held = Some(next);
            }
        }
        let at = held.as_ref().map_or(self.dir.as_fd(), AsFd::as_fd);
        rustix::fs::openat(at, path.file_name(), flags, Mode::empty())
    }
}

/// Opens a directory only to pass through it, which needs no permission to list it.
#[cfg(target_os = "linux")]
const PATH_ONLY: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PATH_ONLY: OFlags = OFlags::empty();

/// Whether an error says that there is no file of ours here (any more): it was removed, or became
/// a link, a socket or a directory.
pub(crate) fn is_absence(error: Errno) -> bool {
    matches!(
        error,
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV | Errno::NXIO | Errno::ISDIR
    )
}

/// The operating system's words.
pub(crate) fn words(error: Errno) -> String {
    std::io::Error::from(error).to_string()
}

/// The type that a `stat` tells.
pub(crate) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Whether a file has more than one name.
pub(crate) fn is_linked(stat: &Stat) -> bool {
    file_type(stat) == FileType::RegularFile && stat.st_nlink > 1
}

/// The stamp that a `stat` tells, read at `read_ns`.
#[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // The fields' types differ by platform.
pub(crate) fn stamp(stat: &Stat, read_ns: i64) -> Stamp {
    let nanoseconds =
        |seconds: i64, fraction: i64| seconds.saturating_mul(1_000_000_000) + fraction;
    Stamp {
        size: stat.st_size as u64,
        mtime_ns: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        ctime_ns: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        ino: stat.st_ino as u64,
        read_ns,
    }
}

/// The time now, in nanoseconds since the epoch.
pub(crate) fn now_ns() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn both_ways_to_resolve_agree_and_follow_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/file"), "x").unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        symlink("a", root.join("inside")).unwrap();
        symlink("..", root.join("outside")).unwrap();
        symlink("../secret", root.join("secret")).unwrap();
        let held = Root::open(&root).unwrap();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for (path, is_there) in [
            ("", true),
            ("a", true),
            ("a/b/file", true),
            ("a/missing", false),
            ("a/b/file/below", false),
            ("inside", false),
            ("inside/b/file", false),
            ("outside/secret", false),
            ("secret", false),
        ] {
            let path = RelPath::new(path.as_bytes()).unwrap();
            let results =
                [held.file(&path).map(drop), held.resolve_stepwise(&path, flags).map(drop)];
            for result in results {
                assert_eq!(result.is_ok(), is_there, "{path}: {result:?}");
                assert!(result.is_ok() || result.is_err_and(is_absence), "{path}");
            }
        }
    }
}
