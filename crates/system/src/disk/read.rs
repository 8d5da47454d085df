//! One file as it is on disk, with what a snapshot does not hold: its mode, a link's target.

use std::os::unix::ffi::OsStringExt;

use bytes::Bytes;
use coderoom_engine::{ContentHash, FileMode, RelPath};
use rustix::{
    fs::{FileType, Stat},
    io::Errno,
};

use super::{Disk, DiskError, Expected};
use crate::{
    read::{Contents, open_and_read},
    root::{file_type, is_linked, now_ns},
};

/// A file on disk.
#[derive(Clone, Debug)]
pub struct DiskFile {
    /// Its bytes; of a link, its target.
    pub bytes: Bytes,
    /// Of the bytes.
    pub hash: ContentHash,
    /// What kind of file it is.
    pub mode: FileMode,
    /// Whether it has more than one name.
    pub is_linked: bool,
}

impl DiskFile {
    /// Whether it is what was expected.
    pub fn is(&self, expected: &Expected) -> bool {
        match expected {
            Expected::Absent => false,
            Expected::File(hash, mode) => {
                self.hash == *hash && mode.is_none_or(|mode| mode == self.mode)
            }
        }
    }
}

impl Disk {
    /// The file at `path`, following no link; `None` if nothing is there.
    ///
    /// # Errors
    /// If it is no file, larger than `limit`, behind a link, or cannot be read.
    pub fn read(&self, path: &RelPath, limit: u64) -> Result<Option<DiskFile>, DiskError> {
        let stat = match self.root.stat(path) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return self.absent_or(path, errno),
        };
        match file_type(&stat) {
            FileType::RegularFile => self.regular(path, &stat, limit),
            FileType::Symlink => self.link(path).map(Some),
            FileType::Directory => Err(not_file(path, "a directory")),
            FileType::Socket => Err(not_file(path, "a socket")),
            FileType::Fifo => Err(not_file(path, "a pipe")),
            _ => Err(not_file(path, "a device")),
        }
    }

    /// What kind of file is at `path`, if one is, without reading it.
    pub fn mode(&self, path: &RelPath) -> Option<FileMode> {
        let stat = self.root.stat(path).ok()?;
        matches!(file_type(&stat), FileType::RegularFile | FileType::Symlink)
            .then(|| mode_of(&stat))
    }

    fn regular(
        &self,
        path: &RelPath,
        stat: &Stat,
        limit: u64,
    ) -> Result<Option<DiskFile>, DiskError> {
        let read = open_and_read(&self.root, path, limit, now_ns());
        match read {
            Ok(Some((Contents::Bytes(bytes), stat))) => Ok(Some(DiskFile {
                hash: ContentHash::of(&bytes),
                bytes,
                mode: mode_of(&stat),
                is_linked: is_linked(&stat),
            })),
            Ok(Some((Contents::TooLarge, stat))) => Err(DiskError::TooLarge {
                path: path.clone(),
                size: u64::try_from(stat.st_size).unwrap_or_default(),
                limit,
            }),
            Ok(None) => Err(not_file(path, "something else now")),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => {
                let _ = stat;
                self.absent_or(path, errno)
            }
        }
    }

    fn link(&self, path: &RelPath) -> Result<DiskFile, DiskError> {
        let (parent, name) = self.parent(path)?;
        let target = rustix::fs::readlinkat(&parent, name, Vec::new())
            .map_err(|errno| io_error("read", path, errno))?;
        let bytes = Bytes::from(std::ffi::OsString::from_vec(target.into_bytes()).into_vec());
        let hash = ContentHash::of(&bytes);
        Ok(DiskFile { bytes, hash, mode: FileMode::Link, is_linked: false })
    }

    /// Nothing is there if a directory above is not; a link above is an error of its own.
    fn absent_or<T>(&self, path: &RelPath, errno: Errno) -> Result<Option<T>, DiskError> {
        match errno {
            Errno::NOENT => Ok(None),
            Errno::LOOP | Errno::XDEV | Errno::NOTDIR => {
                for dir in std::iter::successors(path.parent(), RelPath::parent) {
                    match self.root.stat(&dir).map(|stat| file_type(&stat)) {
                        Ok(FileType::Symlink) => {
                            return Err(DiskError::ThroughLink { path: path.clone() });
                        }
                        Ok(FileType::Directory) => return Ok(None),
                        Ok(_) => return Err(DiskError::NotDirectory { path: path.clone() }),
                        Err(_) => {}
                    }
                }
                Ok(None)
            }
            errno => Err(io_error("read", path, errno)),
        }
    }
}

/// What git would make of it.
pub(super) fn mode_of(stat: &Stat) -> FileMode {
    if file_type(stat) == FileType::Symlink {
        FileMode::Link
    } else if stat.st_mode & 0o100 != 0 {
        FileMode::Executable
    } else {
        FileMode::File
    }
}

fn not_file(path: &RelPath, what: &'static str) -> DiskError {
    DiskError::NotFile { path: path.clone(), what }
}

pub(super) fn io_error(doing: &'static str, path: &RelPath, errno: Errno) -> DiskError {
    DiskError::Io { doing, path: path.clone(), source: errno.into() }
}
