//! What is to be committed: a moment of a session, seen by paths of the repository.

use std::{
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use coderoom_engine::{Content, FileMode, RelPath, Snapshot, Stamp, State};

use super::error::ReviewError;

/// A moment of a session.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The session's state.
    pub state: &'a State,
    /// The workspace as it is on disk: what is there and in no session's base was made since.
    pub trunk: &'a Snapshot,
}

/// Where the session's workspace is in the repository.
pub(super) struct Place {
    /// The repository's working directory.
    pub(super) workdir: PathBuf,
    /// The workspace below it: empty, or with a slash at its end.
    pub(super) prefix: Vec<u8>,
}

/// What the session has at a path.
pub(super) enum Seen {
    /// These bytes. The stamp is that of the disk they were read from.
    Held(Bytes, Option<FileMode>, Option<Stamp>),
    /// It is as the disk has it: nothing of it is held.
    AsOnDisk,
    /// Nothing.
    Gone,
}

/// What is at a path on disk.
pub(super) enum OnDisk {
    File { executable: bool, stamp: Stamp },
    Link { stamp: Stamp },
    Dir,
    Other,
    Nothing,
}

impl Place {
    /// A path of the repository in the workspace, if it is in there.
    pub(super) fn inside(&self, path: &[u8]) -> Option<RelPath> {
        let rest = path.strip_prefix(&self.prefix[..])?;
        RelPath::new(rest).ok().filter(|rel| !rel.is_root() && rel.as_bytes() == rest)
    }

    /// A path of the workspace in the repository.
    pub(super) fn outside(&self, path: &RelPath) -> Vec<u8> {
        [&self.prefix[..], path.as_bytes()].concat()
    }

    fn on_disk(&self, path: &[u8]) -> PathBuf {
        self.workdir.join(std::ffi::OsStr::from_bytes(path))
    }

    /// What is at a path of the repository, not following a link there.
    pub(super) fn stat(&self, path: &[u8]) -> Result<OnDisk, ReviewError> {
        let meta = match self.on_disk(path).symlink_metadata() {
            Ok(meta) => meta,
            Err(err) if is_absence(&err) => return Ok(OnDisk::Nothing),
            Err(err) => return Err(unreadable(path, &err)),
        };
        let ns = |seconds: i64, ns: i64| seconds.saturating_mul(1_000_000_000).saturating_add(ns);
        let stamp = Stamp {
            size: meta.len(),
            mtime_ns: ns(meta.mtime(), meta.mtime_nsec()),
            ctime_ns: ns(meta.ctime(), meta.ctime_nsec()),
            ino: meta.ino(),
            read_ns: 0,
        };
        let kind = meta.file_type();
        Ok(if kind.is_symlink() {
            OnDisk::Link { stamp }
        } else if kind.is_dir() {
            OnDisk::Dir
        } else if kind.is_file() {
            OnDisk::File { executable: meta.mode() & 0o100 != 0, stamp }
        } else {
            OnDisk::Other
        })
    }

    /// The bytes of a file, or a link's target; none if it is not there any more.
    pub(super) fn read(&self, path: &[u8], link: bool) -> Result<Option<Bytes>, ReviewError> {
        let at = self.on_disk(path);
        let read = match link {
            true => std::fs::read_link(&at)
                .map(|target| Bytes::copy_from_slice(target.as_os_str().as_bytes())),
            false => std::fs::read(&at).map(Bytes::from),
        };
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(err) if is_absence(&err) => Ok(None),
            Err(err) => Err(unreadable(path, &err)),
        }
    }

    /// Whether a directory is the root of another repository.
    pub(super) fn is_repository(&self, dir: &[u8]) -> bool {
        self.on_disk(dir).join(".git").symlink_metadata().is_ok()
    }

    /// Where that is.
    pub(super) fn path(&self, path: &[u8]) -> PathBuf {
        self.on_disk(path)
    }
}

impl Moment<'_> {
    /// What the session has at a path of its workspace.
    pub(super) fn look(&self, path: &RelPath) -> Seen {
        if let Some(dirty) = self.state.dirty_file(path) {
            let Some(now) = &dirty.now else { return Seen::Gone };
            return match (&now.content, now.bytes()) {
                (Content::Dropped, _) | (_, None) => Seen::AsOnDisk,
                (_, Some(bytes)) => Seen::Held(bytes.clone(), now.mode, None),
            };
        }
        match self.state.snapshot().file(path) {
            Some(file) => match file.text() {
                Some(text) => Seen::Held(text.bytes().clone(), None, Some(file.stamp)),
                None => Seen::AsOnDisk,
            },
            // Made by somebody else since the session began.
            None if self.trunk.file(path).is_some() => Seen::Gone,
            None => Seen::AsOnDisk,
        }
    }

    /// The bytes of a list of rules, as the session has it.
    pub(super) fn rules_file(&self, place: &Place, path: &[u8]) -> Option<Bytes> {
        match place.inside(path).map(|rel| self.look(&rel)) {
            Some(Seen::Held(bytes, mode, _)) => (mode != Some(FileMode::Link)).then_some(bytes),
            Some(Seen::Gone) => None,
            // git follows no link there.
            Some(Seen::AsOnDisk) | None => match place.stat(path) {
                Ok(OnDisk::File { .. }) => place.read(path, false).ok().flatten(),
                _ => None,
            },
        }
    }
}

/// The workspace's place below the working directory of a repository.
pub(super) fn place(workdir: &Path, root: &Path) -> Option<Place> {
    let below = root.strip_prefix(workdir).ok()?;
    let mut prefix = below.as_os_str().as_bytes().to_vec();
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    Some(Place { workdir: workdir.to_path_buf(), prefix })
}

pub(super) fn is_absence(err: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(err.kind(), NotFound | NotADirectory)
}

pub(super) fn unreadable(path: &[u8], err: &std::io::Error) -> ReviewError {
    ReviewError::Unreadable {
        path: String::from_utf8_lossy(path).into_owned(),
        reason: err.to_string(),
    }
}
