//! What a workspace keeps beside its files: read when it is first wanted, written whole whenever it
//! changes.
//!
//! A change is on disk before it is acknowledged, so nothing is left to be saved later. The file is
//! replaced by renaming: it is the old or the new one, whatever happens. One that cannot be read is
//! set aside, never overwritten, and said.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use coderoom_engine::{ContentHash, Lessons};
use coderoom_graph::PersistError;
use parking_lot::Mutex;

use crate::error::{Code, OpError};

/// Larger files are not ours.
const MAX_FILE: u64 = 256 << 20;
/// So many damaged ones are kept beside it.
const MAX_SET_ASIDE: u32 = 8;

/// What can be kept: small enough to be written whole.
pub trait Keep: Clone + Default {
    /// The name of its file.
    const FILE: &'static str;
    /// What it is, in the message that it cannot be read.
    const WHAT: &'static str;
    /// How to go on without it.
    const REMEDY: &'static str;

    /// As bytes, with a version and a checksum.
    ///
    /// # Errors
    /// If it cannot be encoded.
    fn encode(&self) -> Result<Vec<u8>, PersistError>;

    /// From bytes.
    ///
    /// # Errors
    /// If they are not exactly what `encode` has made.
    fn decode(bytes: &[u8]) -> Result<Self, PersistError>;
}

impl Keep for Lessons {
    const FILE: &'static str = "lessons";
    const WHAT: &'static str = "what this workspace was taught";
    const REMEDY: &'static str = "bring back an export with `learn` and `action: import`";

    fn encode(&self) -> Result<Vec<u8>, PersistError> {
        Lessons::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Lessons, PersistError> {
        Lessons::decode(bytes)
    }
}

/// Something that one workspace keeps.
pub struct Kept<T> {
    /// Where it is kept; `None`: in memory alone.
    file: Option<PathBuf>,
    known: Mutex<Option<Known<T>>>,
    /// One reads or writes the file at a time.
    turn: Mutex<()>,
    /// Whether the problem was told with an answer.
    told: AtomicBool,
}

#[derive(Clone, Default)]
struct Known<T> {
    value: Arc<T>,
    problem: Option<String>,
    /// There is a file that could not be read: it must not be written over.
    unread: bool,
}

impl<T: Keep> Kept<T> {
    /// That of the workspace at `root`, below the directory for state.
    pub fn new(state_dir: Option<&Path>, root: &Path) -> Kept<T> {
        let hash = ContentHash::of(root.as_os_str().as_encoded_bytes()).to_hex();
        Kept {
            file: state_dir.map(|dir| dir.join("learnt").join(&hash[..16]).join(T::FILE)),
            known: Mutex::default(),
            turn: Mutex::default(),
            told: AtomicBool::new(false),
        }
    }

    /// All of it. The first call reads the file.
    pub fn known(&self) -> Arc<T> {
        self.read().value
    }

    /// What went wrong with its file, if anything did.
    pub fn problem(&self) -> Option<String> {
        self.read().problem
    }

    /// The same, but only once: for the next answer.
    pub fn note(&self) -> Option<String> {
        let problem = self.problem()?;
        (!self.told.swap(true, Ordering::Relaxed)).then_some(problem)
    }

    /// Changes it, and writes it before anybody sees the change.
    ///
    /// # Errors
    /// Those of `change`, or if it cannot be written; then nothing has changed.
    pub fn change<R>(
        &self,
        change: impl FnOnce(&mut T) -> Result<R, OpError>,
    ) -> Result<R, OpError> {
        let known = self.read();
        let _turn = self.turn.lock();
        // Somebody may have had a turn meanwhile.
        let known = self.known.lock().clone().unwrap_or(known);
        if known.unread {
            let problem = known.problem.unwrap_or_default();
            return Err(OpError::new(Code::JournalFailed, problem));
        }
        let mut value = (*known.value).clone();
        let result = change(&mut value)?;
        if let Some(file) = &self.file {
            let bytes = value.encode().map_err(|err| {
                OpError::new(Code::Internal, format!("{} cannot be written: {err}", T::WHAT))
            })?;
            replace(file, &bytes).map_err(|err| {
                let message =
                    format!("cannot write {}: {err}; nothing has changed", file.display());
                OpError::new(Code::JournalFailed, message)
            })?;
        }
        *self.known.lock() = Some(Known { value: Arc::new(value), ..known });
        Ok(result)
    }

    fn read(&self) -> Known<T> {
        if let Some(known) = &*self.known.lock() {
            return known.clone();
        }
        let _turn = self.turn.lock();
        if let Some(known) = &*self.known.lock() {
            return known.clone();
        }
        let known = match &self.file {
            Some(file) => read(file),
            None => Known::default(),
        };
        // What could not be read is tried again by the next who wants it.
        if !known.unread {
            *self.known.lock() = Some(known.clone());
        }
        known
    }
}

fn read<T: Keep>(file: &Path) -> Known<T> {
    let bytes = match fs::metadata(file) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Known::default(),
        Ok(meta) if meta.len() > MAX_FILE => Ok(None),
        Ok(_) => fs::read(file).map(Some),
        Err(err) => Err(err),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes.ok_or_else(|| "it is too large".to_owned()),
        // That says nothing of the file: it stays, and nothing is written over it.
        Err(err) => {
            let problem = format!("{} cannot be read now: {}: {err}", T::WHAT, file.display());
            tracing::warn!("{problem}");
            return Known { problem: Some(problem), unread: true, ..Known::default() };
        }
    };
    match bytes.and_then(|bytes| T::decode(&bytes).map_err(|err| err.to_string())) {
        Ok(value) => Known { value: Arc::new(value), ..Known::default() },
        Err(why) => {
            let aside = free_name(file);
            let kept = match fs::rename(file, &aside) {
                Ok(()) => format!("it was set aside as {}", aside.display()),
                Err(err) => {
                    let problem = format!(
                        "{} could not be read ({why}), and cannot be set aside: {err}",
                        T::WHAT
                    );
                    tracing::warn!(file = %file.display(), "{problem}");
                    return Known { problem: Some(problem), unread: true, ..Known::default() };
                }
            };
            let problem = format!(
                "{} could not be read ({why}), {kept}; answers do without it: {}",
                T::WHAT,
                T::REMEDY
            );
            tracing::warn!(file = %file.display(), "{problem}");
            Known { problem: Some(problem), ..Known::default() }
        }
    }
}

/// Where a damaged file goes: over no other.
fn free_name(file: &Path) -> PathBuf {
    let name = |n: u32| match n {
        0 => file.with_extension("damaged"),
        n => file.with_extension(format!("damaged.{n}")),
    };
    let free = (0..MAX_SET_ASIDE).map(name).find(|it| !it.exists());
    free.unwrap_or_else(|| name(MAX_SET_ASIDE))
}

/// Replaces a file whole: written beside it, made durable, renamed.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(dir) = file.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let beside = file.with_extension("new");
    let options =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    let mut new = options?;
    new.write_all(bytes)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    File::open(dir)?.sync_all()
}
