//! Puts a session's edits into a tree: a mounted overlay or a copy.
//!
//! It goes from directory to directory by descriptor and follows no link, so that an edit below a
//! link that leads out of the tree replaces the link instead of writing elsewhere.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps},
    io::Errno,
};

use super::spec::{Edit, What};
use crate::root::file_type;

const DIR: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// How deep a directory that is removed may go.
const MAX_DEPTH: usize = 512;

/// Applies `edits` below `root`; `blobs` has the bytes of the written ones, in order. Removals
/// come first, so that a file can take the place of a directory and the other way round.
///
/// # Errors
/// The first that the system reports, with the path.
pub(super) fn apply(root: &Path, edits: &[Edit], blobs: File) -> io::Result<()> {
    let root = rustix::fs::openat(CWD, root, DIR, Mode::empty())?;
    for edit in edits {
        if matches!(edit.what, What::Remove) {
            remove_path(&root, edit).map_err(|e| named(edit, e))?;
        }
    }
    let mut blobs = Blobs { file: blobs, buffer: vec![0; 1 << 16] };
    for edit in edits {
        match &edit.what {
            What::Remove => {}
            What::Write { len, mode } => {
                write(&root, edit, &mut blobs, *len, *mode).map_err(|e| named(edit, e))?;
            }
            What::Link { target } => {
                link(&root, edit, target).map_err(|e| named(edit, e))?;
            }
        }
    }
    Ok(())
}

fn named(edit: &Edit, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", edit.path))
}

fn remove_path(root: &OwnedFd, edit: &Edit) -> io::Result<()> {
    if edit.path.is_root() {
        return Err(io::Error::other("the root itself cannot be removed"));
    }
    match parent(root, edit, false) {
        Ok(dir) => remove(dir.as_fd(), edit.path.file_name(), 0),
        // Nothing is there.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// Opens the directory that holds the path. With `make`, directories that are missing are made, and
/// what is in their place is replaced; without, anything but a directory counts as missing.
fn parent(root: &OwnedFd, edit: &Edit, make: bool) -> io::Result<OwnedFd> {
    let mut held = rustix::fs::openat(root, ".", DIR, Mode::empty())?;
    let Some(parent) = edit.path.parent() else {
        return Err(io::Error::other("the root itself is no file"));
    };
    for name in parent.as_bytes().split(|&b| b == b'/').filter(|name| !name.is_empty()) {
        held = match rustix::fs::openat(&held, name, DIR, Mode::empty()) {
            Ok(next) => next,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if make => {
                remove(held.as_fd(), name, 0)?;
                rustix::fs::mkdirat(&held, name, Mode::from_raw_mode(0o777))?;
                rustix::fs::openat(&held, name, DIR, Mode::empty())?
            }
            Err(Errno::NOTDIR | Errno::LOOP) => return Err(Errno::NOENT.into()),
            Err(e) => return Err(e.into()),
        };
    }
    Ok(held)
}

fn stat(dir: BorrowedFd<'_>, name: &[u8]) -> io::Result<Option<Stat>> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Removes whatever has this name, if anything has.
fn remove(dir: BorrowedFd<'_>, name: &[u8], depth: usize) -> io::Result<()> {
    let Some(there) = stat(dir, name)? else {
        return Ok(());
    };
    if file_type(&there) != FileType::Directory {
        return Ok(rustix::fs::unlinkat(dir, name, AtFlags::empty())?);
    }
    if depth == MAX_DEPTH {
        return Err(io::Error::other("the directories are nested too deeply"));
    }
    let inner = rustix::fs::openat(dir, name, DIR, Mode::empty())?;
    let mut names = Vec::new();
    for entry in Dir::read_from(&inner)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
    }
    for name in names {
        remove(inner.as_fd(), &name, depth + 1)?;
    }
    Ok(rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}

fn link(root: &OwnedFd, edit: &Edit, target: &[u8]) -> io::Result<()> {
    let dir = parent(root, edit, true)?;
    let name = edit.path.file_name();
    remove(dir.as_fd(), name, 0)?;
    Ok(rustix::fs::symlinkat(target, &dir, name)?)
}

/// The bytes of written files.
struct Blobs {
    file: File,
    buffer: Vec<u8>,
}

impl Blobs {
    /// Moves the next `len` bytes. The standard library's copy tries several system calls on every
    /// file before it does as much.
    fn copy(&mut self, len: u64, to: &mut File) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let chunk = &mut self.buffer[..most];
            self.file.read_exact(chunk)?;
            to.write_all(chunk)?;
            left -= most as u64;
        }
        Ok(())
    }
}

/// Writes into the file that is there, so that owner and mode stay; else makes a new one.
fn write(
    root: &OwnedFd,
    edit: &Edit,
    blobs: &mut Blobs,
    len: u64,
    mode: Option<u32>,
) -> io::Result<()> {
    let dir = parent(root, edit, true)?;
    let name = edit.path.file_name();
    let before = stat(dir.as_fd(), name)?;
    let before = before.filter(|stat| file_type(stat) == FileType::RegularFile);
    let mut file = match &before {
        Some(stat) => reopen(&dir, name, stat)?,
        None => {
            remove(dir.as_fd(), name, 0)?;
            create(&dir, name, 0o666)?
        }
    };
    blobs.copy(len, &mut file)?;
    if let Some(mode) = mode {
        rustix::fs::fchmod(&file, Mode::from_raw_mode((mode & 0o7777) as _))?;
    }
    match before {
        Some(before) => set_apart(&file, &before),
        None => Ok(()),
    }
}

fn reopen(dir: &OwnedFd, name: &[u8], before: &Stat) -> io::Result<File> {
    let flags =
        OFlags::WRONLY | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(file) => Ok(file.into()),
        // Read-only or another's: whoever may write the directory may replace it.
        Err(Errno::ACCESS | Errno::PERM | Errno::OVERFLOW) => {
            rustix::fs::unlinkat(dir, name, AtFlags::empty())?;
            let file = create(dir, name, 0o600)?;
            rustix::fs::fchmod(&file, Mode::from_raw_mode(before.st_mode & 0o7777))?;
            Ok(file)
        }
        Err(e) => Err(e.into()),
    }
}

fn create(dir: &OwnedFd, name: &[u8], mode: u32) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(mode as _))?.into())
}

/// The session's version must not pass for the disk's: Python, for one, takes a source for
/// unchanged if its size and the second of its time are what they were. So the second differs.
fn set_apart(file: &File, before: &Stat) -> io::Result<()> {
    let now = rustix::fs::fstat(file)?;
    if now.st_mtime != before.st_mtime {
        return Ok(());
    }
    let later = Timespec { tv_sec: now.st_mtime as i64 + 1, tv_nsec: 0 };
    let times = Timestamps { last_access: later, last_modification: later };
    Ok(rustix::fs::futimens(file, &times)?)
}
