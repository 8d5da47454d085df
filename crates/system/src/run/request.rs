//! What is asked of a run: plain data, nothing here touches the system.

use std::{ffi::OsString, fmt, fs::File, path::PathBuf, time::Duration};

use bytes::Bytes;
use coderoom_engine::RelPath;

/// One difference between a session's tree and the disk.
#[derive(Clone, Debug)]
pub struct Overlaid {
    /// Where, below the root.
    pub path: RelPath,
    /// What the session has there.
    pub content: Content,
}

/// What a session has at a path where it differs from the disk.
#[derive(Clone, Debug)]
pub enum Content {
    /// A regular file. Directories on the way are made; what is in the way is replaced.
    Written {
        /// All of it.
        bytes: Bytes,
        /// Permission bits. Without, those of the file on disk, or the usual ones of a new file.
        mode: Option<u32>,
    },
    /// Nothing: neither a file nor, if the disk has a directory there, anything below it.
    Removed,
    /// A symbolic link.
    Link {
        /// Where it leads, as `readlink` tells it.
        target: Vec<u8>,
    },
}

/// What to run.
#[derive(Debug)]
pub struct Command {
    /// The program and its arguments. A name without `/` is looked up in the `PATH` of the command.
    pub argv: Vec<OsString>,
    /// The working directory, below the root.
    pub dir: RelPath,
    /// Starts from an empty environment instead of this process's.
    pub clear_env: bool,
    /// Variables that are set, or (`None`) taken away. `PWD` is set besides.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// What it reads.
    pub stdin: Stdin,
}

impl Command {
    /// A command at the root, with this process's environment and nothing to read.
    pub fn new<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Command {
        Command {
            argv: argv.into_iter().map(Into::into).collect(),
            dir: RelPath::root(),
            clear_env: false,
            env: Vec::new(),
            stdin: Stdin::Null,
        }
    }
}

/// What a command reads from its standard input.
#[derive(Debug, Default)]
pub enum Stdin {
    /// Nothing.
    #[default]
    Null,
    /// These bytes, then the end.
    Bytes(Bytes),
    /// Whatever this open file, pipe or terminal gives.
    File(File),
}

/// How much a run may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long the command may run; then its whole process group is ended.
    pub timeout: Option<Duration>,
    /// How long it may take to end after SIGTERM, before SIGKILL.
    pub grace: Duration,
    /// Bytes kept of each of the two outputs: the first half and the last half of what is more.
    pub output_bytes: usize,
    /// Touched paths that are listed; more are counted.
    pub touched: usize,
    /// Bytes that the copying way may copy.
    pub copy_bytes: u64,
    /// Files and directories that the copying ways may make.
    pub copy_entries: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            timeout: None,
            grace: Duration::from_secs(2),
            output_bytes: 1 << 20,
            touched: 10_000,
            copy_bytes: 4 << 30,
            copy_entries: 1_000_000,
        }
    }
}

/// How the session's tree is put before the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// A mount over the workspace that only the command sees: the path is the workspace's own.
    Overlay,
    /// A mount that this process answers for.
    Fuse,
    /// A copy elsewhere that shares its blocks with the workspace.
    Reflink,
    /// A plain copy elsewhere.
    Copy,
}

impl Way {
    /// All of them, the best first.
    pub const ALL: [Way; 4] = [Way::Overlay, Way::Fuse, Way::Reflink, Way::Copy];

    /// Its name: `overlay`, `fuse`, `reflink` or `copy`.
    pub fn name(self) -> &'static str {
        match self {
            Way::Overlay => "overlay",
            Way::Fuse => "fuse",
            Way::Reflink => "reflink",
            Way::Copy => "copy",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a way was not taken.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Refusal {
    /// The way.
    pub way: Way,
    /// Why not, in a sentence for people.
    pub reason: String,
}

impl Refusal {
    pub(super) fn new(way: Way, reason: impl Into<String>) -> Refusal {
        Refusal { way, reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.way, self.reason)
    }
}

/// What to do about changes of paths that the workspace's ignore rules exclude.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IgnoredPaths {
    /// Counts them by the directory that is ignored.
    #[default]
    Summarise,
    /// Lists them like all others.
    List,
}

/// A command and the tree that it is to see.
#[derive(Debug)]
pub struct Request {
    /// The workspace. It is resolved: a link to it will do.
    pub root: PathBuf,
    /// How the session differs from the disk; each path once.
    pub overlaid: Vec<Overlaid>,
    /// What to run.
    pub command: Command,
    /// How much it may take.
    pub limits: Limits,
    /// The ways that may be taken, in the order they are tried.
    pub ways: Vec<Way>,
    /// What to do about ignored paths.
    pub ignored: IgnoredPaths,
}

impl Request {
    /// A request with the usual limits, in any way that works.
    pub fn new(root: impl Into<PathBuf>, overlaid: Vec<Overlaid>, command: Command) -> Request {
        Request {
            root: root.into(),
            overlaid,
            command,
            limits: Limits::default(),
            ways: Way::ALL.to_vec(),
            ignored: IgnoredPaths::default(),
        }
    }
}
