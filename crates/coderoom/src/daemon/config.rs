//! What the daemon may use, and where it can be reached.

use std::{
    env, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

/// Bounds and places of one daemon.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bytes of text and indexes to keep in memory; beyond that the least recently used workspaces
    /// are put back to their cache files.
    pub memory_budget: u64,
    /// Bytes of facts to keep unpacked for questions about code; the packed ones stay with their
    /// texts.
    pub facts_budget: u64,
    /// Bytes of cache files to keep on disk.
    pub cache_budget: u64,
    /// Where cache files live; `None` keeps none.
    pub cache_dir: Option<PathBuf>,
    /// Where the journals of sessions live; `None`: there are no sessions.
    pub state_dir: Option<PathBuf>,
    /// Files over this size are known and not held.
    pub max_file_size: u64,
    /// Load ignored files too.
    pub no_ignore: bool,
    /// Watches that one workspace may take; `None` for what the kernel gives.
    pub max_watches: Option<usize>,
    /// Threads of one query or one load.
    pub threads: usize,
    /// How long a query may take unless it says otherwise.
    pub query_time: Duration,
    /// How long to wait for the disk's newest writes to be taken in.
    pub fresh_time: Duration,
}

impl Default for Config {
    fn default() -> Config {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        Config {
            memory_budget: half_of_memory(),
            facts_budget: (half_of_memory() / 8).min(512 << 20),
            cache_budget: 20 << 30,
            cache_dir: cache_dir(),
            state_dir: state_dir(),
            max_file_size: 64 << 20,
            no_ignore: false,
            max_watches: None,
            threads,
            query_time: Duration::from_secs(10),
            fresh_time: Duration::from_secs(5),
        }
    }
}

fn half_of_memory() -> u64 {
    let info = rustix::system::sysinfo();
    (info.totalram as u64).saturating_mul(u64::from(info.mem_unit)) / 2
}

/// `$XDG_CACHE_HOME/coderoom`, or `~/.cache/coderoom`.
fn cache_dir() -> Option<PathBuf> {
    own_dir("XDG_CACHE_HOME", ".cache")
}

/// `$XDG_STATE_HOME/coderoom`, or `~/.local/state/coderoom`.
fn state_dir() -> Option<PathBuf> {
    own_dir("XDG_STATE_HOME", ".local/state")
}

fn own_dir(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))?;
    Some(base.join("coderoom"))
}

/// Where the daemon's socket is: `$CODEROOM_SOCKET`, or `daemon.sock` in the runtime directory.
pub fn socket_path() -> PathBuf {
    match env::var_os("CODEROOM_SOCKET") {
        Some(path) if !path.is_empty() => PathBuf::from(path),
        _ => runtime_dir().join("daemon.sock"),
    }
}

/// `$XDG_RUNTIME_DIR/coderoom`, or `/tmp/coderoom-UID` where there is none.
///
/// Many MCP clients start their servers with a handful of variables, and this is not among them.
/// The directory itself is looked for then: both must find the same daemon.
pub fn runtime_dir() -> PathBuf {
    let uid = rustix::process::getuid().as_raw();
    let given = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = || {
        let path = PathBuf::from(format!("/run/user/{uid}"));
        std::fs::metadata(&path)
            .is_ok_and(|meta| meta.is_dir() && meta.uid() == uid)
            .then_some(path)
    };
    match given.or_else(usual) {
        Some(base) => base.join("coderoom"),
        None => PathBuf::from(format!("/tmp/coderoom-{uid}")),
    }
}

/// Makes the directory for the user alone, or checks that nobody else can put anything there. Only
/// our own runtime directory is closed if it is open; others keep the mode that they were given.
///
/// # Errors
/// If it cannot be made, or somebody else may write to it: then nothing in it can be trusted.
pub fn private_dir(path: &Path) -> io::Result<()> {
    if let Err(err) = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
        && err.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(err);
    }
    let meta = std::fs::symlink_metadata(path)?;
    if !meta.is_dir() || meta.uid() != rustix::process::getuid().as_raw() {
        let message = format!("{} is not a directory of yours: remove it", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    if path == runtime_dir() {
        if meta.mode() & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        }
    } else if meta.mode() & 0o022 != 0 {
        let message = format!(
            "others may write to {}: choose another directory, or `chmod go-w` it",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(())
}
