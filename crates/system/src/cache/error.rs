//! What can go wrong with a cache, each with a stable code and what to do about it.
//!
//! None of these is fatal to a workspace: it stays in memory, or is loaded from the tree again.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a cache could not be used. The workspace itself is never affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Nothing was stored for this workspace.
    #[error("nothing is cached in `{}`: load the workspace from its tree", dir.display())]
    Absent {
        /// The cache directory.
        dir: PathBuf,
    },
    /// Another daemon uses it.
    #[error(
        "the cache `{}` is in use by another process: stop that daemon, or give this one a cache \
         directory of its own", dir.display()
    )]
    Locked {
        /// The cache directory.
        dir: PathBuf,
    },
    /// The directory was removed or replaced under its lock.
    #[error("the cache `{}` was removed while it was in use: lock it again", dir.display())]
    Removed {
        /// The cache directory.
        dir: PathBuf,
    },
    /// Somebody else could change what is stored there.
    #[error(
        "the cache `{}` belongs to another user: remove it, or choose another cache directory",
        dir.display()
    )]
    Foreign {
        /// The cache directory.
        dir: PathBuf,
    },
    /// Written by another version of coderoom (or on another kind of machine).
    #[error(
        "`{}` has format {found}, not {expected}: load the workspace from its tree, the next store \
         replaces it", file.display()
    )]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The one that is understood.
        expected: u32,
    },
    /// Stored with other load options, or for another root.
    #[error(
        "the cache `{}` was made with another {what}: load the workspace from its tree, the next \
         store replaces it", dir.display()
    )]
    Mismatch {
        /// The cache directory.
        dir: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// A file does not hold what was written.
    #[error(
        "`{}` is damaged ({why}): load the workspace from its tree, the next store replaces it",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No room: disk, quota or file size limit.
    #[error(
        "no room for `{}` ({source}): free some disk space or lower the cache's limit; the \
         workspace stays in memory", file.display()
    )]
    Full {
        /// The file that was being written.
        file: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// The directory cannot be written.
    #[error(
        "`{}` cannot be written ({source}): make it writable or choose another cache directory; \
         the workspace stays in memory", file.display()
    )]
    Unwritable {
        /// The file or directory.
        file: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// Anything else that the operating system refused.
    #[error("`{}`: {source}; the workspace stays in memory", file.display())]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

impl CacheError {
    /// A name for it that never changes.
    pub fn code(&self) -> &'static str {
        match self {
            CacheError::Absent { .. } => "cache_absent",
            CacheError::Locked { .. } => "cache_locked",
            CacheError::Removed { .. } => "cache_removed",
            CacheError::Foreign { .. } => "cache_foreign",
            CacheError::Version { .. } => "cache_version",
            CacheError::Mismatch { .. } => "cache_mismatch",
            CacheError::Damaged { .. } => "cache_damaged",
            CacheError::Full { .. } => "cache_full",
            CacheError::Unwritable { .. } => "cache_unwritable",
            CacheError::Io { .. } => "cache_io",
        }
    }

    /// Sorts an error of the operating system by what the user can do about it.
    pub(super) fn io(file: &Path, source: io::Error) -> CacheError {
        use io::ErrorKind as Kind;
        let file = file.to_owned();
        match source.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
                CacheError::Full { file, source }
            }
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
                CacheError::Unwritable { file, source }
            }
            _ => CacheError::Io { file, source },
        }
    }

    pub(super) fn damaged(file: &Path, why: &'static str) -> CacheError {
        CacheError::Damaged { file: file.to_owned(), why }
    }
}
