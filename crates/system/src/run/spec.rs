//! What the helper is told, and what it answers: files in the directory of the run.
//!
//! A file needs no descriptor that would have to survive an `exec` in a process with many threads.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use coderoom_engine::RelPath;
use serde::{Deserialize, Serialize};

use super::{Command, Content, Overlaid};

const SPEC: &str = "spec";
const BLOBS: &str = "blobs";
const REPORT: &str = "report";

/// What the helper is told.
#[derive(Serialize, Deserialize)]
pub(super) struct ChildSpec {
    /// The workspace.
    pub(super) root: Vec<u8>,
    /// Mount an overlay there first; without, the tree at `root` is ready as it is.
    pub(super) overlay: bool,
    /// The working directory below `root`.
    pub(super) dir: RelPath,
    /// Program and arguments.
    pub(super) argv: Vec<Vec<u8>>,
    /// Variables that are set or taken away, after the environment was emptied or not.
    pub(super) env: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) clear_env: bool,
    /// The process that must stay alive.
    pub(super) parent: i32,
    /// The session's edits; the bytes of written files lie one after the other in another file.
    pub(super) edits: Vec<Edit>,
}

/// An [`Overlaid`] without its bytes.
#[derive(Serialize, Deserialize)]
pub(super) struct Edit {
    pub(super) path: RelPath,
    pub(super) what: What,
}

/// What to do at a path.
#[derive(Serialize, Deserialize)]
pub(super) enum What {
    /// Write the next `len` bytes.
    Write { len: u64, mode: Option<u32> },
    /// Remove what is there.
    Remove,
    /// Make a link.
    Link { target: Vec<u8> },
}

/// What the helper answers.
#[derive(Serialize, Deserialize, Debug)]
pub(super) enum Report {
    /// The tree is there and the command is about to be started.
    Ready {
        /// Monotonic time.
        at_ns: u64,
        /// The name of the mount namespace, if it is a new one.
        namespace: Option<Vec<u8>>,
    },
    /// This way does not work.
    Refused(String),
    /// The tree was there, but the command could not be started.
    NotStarted(String),
}

/// Splits the bytes off.
pub(super) fn edits(overlaid: &[Overlaid]) -> Vec<Edit> {
    let edit = |overlaid: &Overlaid| Edit {
        path: overlaid.path.clone(),
        what: match &overlaid.content {
            Content::Written { bytes, mode } => {
                What::Write { len: bytes.len() as u64, mode: *mode }
            }
            Content::Removed => What::Remove,
            Content::Link { target } => What::Link { target: target.clone() },
        },
    };
    overlaid.iter().map(edit).collect()
}

impl ChildSpec {
    pub(super) fn new(root: &Path, command: &Command) -> ChildSpec {
        let bytes = |text: &OsStr| text.as_bytes().to_vec();
        ChildSpec {
            root: root.as_os_str().as_bytes().to_vec(),
            overlay: false,
            dir: command.dir.clone(),
            argv: command.argv.iter().map(|word| bytes(word)).collect(),
            env: (command.env.iter())
                .map(|(name, value)| (bytes(name), value.as_deref().map(bytes)))
                .collect(),
            clear_env: command.clear_env,
            parent: rustix::process::getpid().as_raw_nonzero().get(),
            edits: Vec::new(),
        }
    }

    /// Leaves this, and the bytes of `overlaid`, for the helper.
    pub(super) fn write(&self, run_dir: &Path, overlaid: &[Overlaid]) -> io::Result<()> {
        write_blobs(run_dir, overlaid)?;
        fs::write(run_dir.join(SPEC), encode(self)?)
    }

    pub(super) fn read(run_dir: &Path) -> io::Result<ChildSpec> {
        decode(&fs::read(run_dir.join(SPEC))?)
    }
}

impl Report {
    pub(super) fn write(&self, run_dir: &Path) -> io::Result<()> {
        fs::write(run_dir.join(REPORT), encode(self)?)
    }

    /// Nothing if the helper ended before it could say anything.
    pub(super) fn read(run_dir: &Path) -> io::Result<Option<Report>> {
        match fs::read(run_dir.join(REPORT)) {
            Ok(bytes) if bytes.is_empty() => Ok(None),
            Ok(bytes) => decode(&bytes).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// For another try in the same directory.
    pub(super) fn clear(run_dir: &Path) {
        // It may not be there.
        let _ = fs::remove_file(run_dir.join(REPORT));
    }
}

/// The bytes of all written files, in their order.
pub(super) fn write_blobs(run_dir: &Path, overlaid: &[Overlaid]) -> io::Result<()> {
    let mut blobs = BufWriter::new(File::create(run_dir.join(BLOBS))?);
    for overlaid in overlaid {
        if let Content::Written { bytes, .. } = &overlaid.content {
            blobs.write_all(bytes)?;
        }
    }
    blobs.flush()
}

pub(super) fn open_blobs(run_dir: &Path) -> io::Result<File> {
    File::open(run_dir.join(BLOBS))
}

fn encode<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(io::Error::other)
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> io::Result<T> {
    postcard::from_bytes(bytes).map_err(io::Error::other)
}

/// Monotonic time, comparable between processes of one system.
pub(super) fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000) + u64::try_from(now.tv_nsec).unwrap_or(0)
}
