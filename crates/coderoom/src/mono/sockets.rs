//! Sockets in a directory that others may write to (`/tmp`).
//!
//! A socket is only ever put where nothing is, or in the place of one of our own that nobody
//! listens on. Links are not followed, and nothing else is removed.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::UnixListener;

use crate::daemon::config::{private_dir, runtime_dir};

/// Why a socket cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub(super) enum BindError {
    /// Somebody listens there.
    #[error("something is already listening on {}", .0.display())]
    Live(PathBuf),
    /// There is something that must not be removed.
    #[error("{} is there and is not a socket of this user: remove it, or choose another path", .0.display())]
    Occupied(PathBuf),
    /// The operating system refuses.
    #[error("cannot listen on {}: {source}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

/// A socket's place in the file system; given up on drop.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode: what is removed is what was made.
    identity: (u64, u64),
}

impl SocketFile {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|meta| identity(&meta) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(meta: &fs::Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

/// Listens on `path`, for this user alone. A socket that a dead service left there is replaced.
///
/// # Errors
/// If somebody listens there, or something else is in the way.
pub(super) fn bind(path: &Path) -> Result<(UnixListener, SocketFile), BindError> {
    let fail = |source| BindError::Io { path: path.to_path_buf(), source };
    // Two services that find the same dead socket must not remove each other's new one.
    let _lock = takeover_lock().map_err(fail)?;
    remove_stale(path)?;
    let listener = UnixListener::bind(path).map_err(|err| match err.kind() {
        io::ErrorKind::AddrInUse => BindError::Occupied(path.to_path_buf()),
        _ => fail(err),
    })?;
    // Until here somebody else might have connected; they are refused by their credentials.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(fail)?;
    let meta = fs::symlink_metadata(path).map_err(fail)?;
    Ok((listener, SocketFile { path: path.to_path_buf(), identity: identity(&meta) }))
}

/// Held while a socket is bound, by any service of this user. It lies in a directory of the user's
/// own: a lock file in `/tmp` could be a link of somebody else's making.
fn takeover_lock() -> io::Result<fs::File> {
    private_dir(&runtime_dir())?;
    let lock = fs::File::create(runtime_dir().join("mono.lock"))?;
    lock.lock()?;
    Ok(lock)
}

fn remove_stale(path: &Path) -> Result<(), BindError> {
    let fail = |source| BindError::Io { path: path.to_path_buf(), source };
    let meta = match fs::symlink_metadata(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        meta => meta.map_err(fail)?,
    };
    let own = rustix::process::geteuid().as_raw();
    if !meta.file_type().is_socket() || meta.uid() != own {
        return Err(BindError::Occupied(path.to_path_buf()));
    }
    match try_connect(path) {
        Err(rustix::io::Errno::CONNREFUSED) => fs::remove_file(path).map_err(fail),
        // A queue that is full is somebody who is busy.
        _ => Err(BindError::Live(path.to_path_buf())),
    }
}

/// Connects without waiting: a service whose queue is full would keep us for as long as it likes.
fn try_connect(path: &Path) -> rustix::io::Result<()> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind_in_runtime(path: &Path) -> Result<(UnixListener, SocketFile), BindError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _inside = runtime.enter();
        bind(path)
    }

    #[test]
    fn only_a_dead_socket_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sock");
        let dead = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(matches!(bind_in_runtime(&path), Err(BindError::Live(_))));
        drop(dead);
        let (_listener, file) = bind_in_runtime(&path).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o600);
        drop(file);
        assert!(fs::symlink_metadata(&path).is_err());
    }

    #[test]
    fn files_and_links_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link, target) =
            (dir.path().join("file"), dir.path().join("link"), dir.path().join("target"));
        fs::write(&file, "mine").unwrap();
        // A link to nothing, and one to a dead socket.
        std::os::unix::fs::symlink(&target, &link).unwrap();
        for path in [&file, &link] {
            assert!(matches!(bind_in_runtime(path), Err(BindError::Occupied(_))));
        }
        drop(std::os::unix::net::UnixListener::bind(&target).unwrap());
        assert!(matches!(bind_in_runtime(&link), Err(BindError::Occupied(_))));
        assert!(fs::symlink_metadata(&target).is_ok());
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn a_successor_is_not_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sock");
        let (_listener, file) = bind_in_runtime(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another").unwrap();
        drop(file);
        assert!(path.exists());
    }
}
