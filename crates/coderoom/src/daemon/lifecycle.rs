//! From start to stop: the socket is bound, clients are served, signals end it cleanly.

use std::{
    fs, io,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use super::{
    config::{Config, private_dir},
    http,
    rooms::Rooms,
    socket,
};

/// A daemon that is bound to its socket and not yet serving.
pub struct Daemon {
    /// The workspaces.
    pub rooms: Arc<Rooms>,
    /// Ends it.
    pub stop: CancellationToken,
    listener: UnixListener,
    path: PathBuf,
    /// Held as long as the daemon lives: two of them never share a socket.
    _lock: fs::File,
}

/// Why a daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another one is there.
    #[error("a daemon is already running on {}: use it, or stop it with `coderoom stop`", .0.display())]
    Running(PathBuf),
    /// The operating system refuses.
    #[error("cannot listen on {}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

impl Daemon {
    /// Binds the socket (mode 0600, in a directory of the user's own). A socket that a dead daemon
    /// left behind is taken over.
    ///
    /// # Errors
    /// If another daemon is alive, or the operating system refuses.
    pub fn bind(path: &Path, config: Config) -> Result<Daemon, StartError> {
        let fail = |source| StartError::Io { path: path.to_path_buf(), source };
        raise_descriptor_limit();
        if let Some(dir) = path.parent() {
            private_dir(dir).map_err(fail)?;
        }
        let lock = fs::File::create(lock_path(path)).map_err(fail)?;
        let is_served = || UnixStream::connect(path).is_ok();
        if is_served() || !wait_for(&lock, is_served) {
            return Err(StartError::Running(path.to_path_buf()));
        }
        match fs::remove_file(path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(fail(err)),
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(fail)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(fail)?;
        Ok(Daemon {
            rooms: Arc::new(Rooms::new(config)),
            stop: CancellationToken::new(),
            listener,
            path: path.to_path_buf(),
            _lock: lock,
        })
    }

    /// Serves until `stop`, SIGTERM or SIGINT; then writes the cache files and removes the socket.
    ///
    /// # Errors
    /// If signals cannot be handled.
    pub async fn run(self, http: Option<http::Server>) -> io::Result<()> {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        // A cache file over the user's limit must fail to be written, and not end the daemon.
        let over_limit = tokio::signal::unix::SignalKind::from_raw(Signal::XFSZ.as_raw());
        let _survived = tokio::signal::unix::signal(over_limit)?;
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(socket::serve(self.listener, Arc::clone(&self.rooms), self.stop.clone()));
        serving.spawn(keep_house(Arc::clone(&self.rooms), self.stop.clone()));
        if let Some(http) = http {
            serving.spawn(http.serve(self.stop.clone()));
        }
        tokio::select! {
            () = self.stop.cancelled() => {}
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping");
        // No new clients from here on: they start the next daemon themselves.
        let _ = fs::remove_file(&self.path);
        self.stop.cancel();
        let rooms = Arc::clone(&self.rooms);
        let _ = tokio::task::spawn_blocking(move || rooms.close()).await;
        let rest = async { while serving.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), rest).await;
        Ok(())
    }
}

/// Takes the lock. A daemon that is about to end has closed its socket and may still be writing its
/// cache files: it is waited for, unless `give_up` says that there is no point.
pub(crate) fn wait_for(lock: &fs::File, give_up: impl Fn() -> bool) -> bool {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
    let begun = std::time::Instant::now();
    while lock.try_lock().is_err() {
        if begun.elapsed() > PATIENCE || give_up() {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    true
}

/// Where the lock of the daemon on this socket is.
pub(crate) fn lock_path(socket: &Path) -> PathBuf {
    socket.with_extension("lock")
}

/// Every connection takes a descriptor, and the usual soft limit is no more than the connections
/// that are allowed.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(err) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%err, "cannot raise the limit of open files");
    }
}

/// Looks after the cache files every few seconds, on a thread that may block.
async fn keep_house(rooms: Arc<Rooms>, stop: CancellationToken) {
    let mut every = tokio::time::interval(std::time::Duration::from_secs(3));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        let rooms = Arc::clone(&rooms);
        if let Err(err) = tokio::task::spawn_blocking(move || rooms.keep_house()).await {
            tracing::error!(%err, "looking after the cache files failed");
        }
    }
}
