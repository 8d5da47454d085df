//! Files of a workspace on disk, for sessions: read with their mode, replaced without ever losing
//! what somebody else has written.

mod read;
mod sweep;
#[cfg(test)]
mod tests;
mod write;

use std::{io, path::Path};

use coderoom_engine::{ContentHash, FileMode, RelPath};

use crate::root::Root;

pub use read::DiskFile;
pub use write::{Target, Written, is_half_written};

/// Larger files are neither read for a session nor compared with what it has, in bytes.
pub const LARGEST: u64 = 64 << 20;

/// The directory tree of a workspace, reached without following a link.
pub struct Disk {
    root: Root,
}

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The operating system refuses.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Which file.
        path: RelPath,
        /// The operating system's words.
        source: io::Error,
    },
    /// The path leads through a symbolic link.
    #[error("{path} leads through a symbolic link: name the file by where it really is")]
    ThroughLink {
        /// Which.
        path: RelPath,
    },
    /// A directory, a socket or a device is there.
    #[error("{path} is no file but {what}")]
    NotFile {
        /// Which.
        path: RelPath,
        /// What it is.
        what: &'static str,
    },
    /// A directory is where a file above this path is, or the other way round.
    #[error("{path} is below something that is no directory")]
    NotDirectory {
        /// Which.
        path: RelPath,
    },
    /// It is larger than allowed.
    #[error("{path} has {size} bytes; at most {limit} can be taken into a session")]
    TooLarge {
        /// Which.
        path: RelPath,
        /// Its bytes.
        size: u64,
        /// The limit.
        limit: u64,
    },
}

/// What must be at a path for a write to go ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Absent,
    /// These bytes; of this mode, if it matters.
    File(ContentHash, Option<FileMode>),
}

impl Disk {
    /// The tree at `root`, which must be canonical.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(root: &Path) -> io::Result<Disk> {
        Ok(Disk { root: Root::open(root)? })
    }
}
