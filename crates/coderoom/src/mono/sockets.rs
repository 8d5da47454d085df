//! Sockets in a directory that others may write to (`/tmp`).
//!
//! A socket is only ever put where nothing is, or in the place of one of our own that nobody
//! listens on. Links are not followed, and nothing else is removed.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType},
};
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
    // It appears under its name when it is ready: whoever waits for it can connect at once.
    let mut new_name = path.as_os_str().to_owned();
    new_name.push(".new");
    let new_path = PathBuf::from(new_name);
    remove_stale(&new_path)?;
    let listener = UnixListener::bind(&new_path).map_err(fail)?;
    let meta = fs::symlink_metadata(&new_path).map_err(fail)?;
    let mut file = SocketFile { path: new_path, identity: identity(&meta) };
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o600)).map_err(fail)?;
    renameat_with(CWD, &file.path, CWD, path, RenameFlags::NOREPLACE).map_err(|err| match err {
        rustix::io::Errno::EXIST => BindError::Occupied(path.to_path_buf()),
        _ => fail(err.into()),
    })?;
    file.path = path.to_path_buf();
    Ok((listener, file))
}

/// Removes the response sockets that a dead service left behind: a client that finds one would take
/// it for its own. `template` is their path, with `{pid}` for the number.
pub(super) fn remove_leftovers(template: &str) {
    let path = Path::new(template);
    let name = path.file_name().and_then(|name| name.to_str());
    let (Some(dir), Some((before, after))) =
        (path.parent(), name.and_then(|n| n.split_once("{pid}")))
    else {
        return;
    };
    let (Ok(entries), Ok(_lock)) = (fs::read_dir(dir), takeover_lock()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(before)?.strip_suffix(after))
            .filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        if number.is_some() {
            // What is alive, or is not ours, stays.
            let _ = remove_stale(&entry.path());
        }
    }
}

/// Held while a socket is bound, by any service of this user. It lies in a directory of the user's
/// own: a lock file in `/tmp` could be a link of somebody else's making.
fn takeover_lock() -> io::Result<fs::File> {
    private_dir(&runtime_dir())?;
    let lock = fs::File::create(runtime_dir().join("mono.lock"))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
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
    fn leftovers_are_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let socket = |name: &str| std::os::unix::net::UnixListener::bind(dir.path().join(name));
        let alive = socket("r_1.sock").unwrap();
        drop((socket("r_2.sock").unwrap(), socket("r_x.sock").unwrap(), socket("3.sock").unwrap()));
        fs::write(dir.path().join("r_4.sock"), "a file").unwrap();
        remove_leftovers(dir.path().join("r_{pid}.sock").to_str().unwrap());
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["3.sock", "r_1.sock", "r_4.sock", "r_x.sock"]);
        drop(alive);
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
