//! What a workspace was taught: read when it is first wanted, written whole whenever it changes.
//!
//! A lesson is on disk before it is acknowledged, so nothing is left to be saved later. The file is
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
use parking_lot::Mutex;

use crate::error::{Code, OpError};

/// Larger files of lessons are not ours.
const MAX_FILE: u64 = 256 << 20;

/// The lessons of one workspace.
pub struct RoomLessons {
    /// Where they are kept; `None`: in memory alone.
    file: Option<PathBuf>,
    known: Mutex<Option<Known>>,
    /// One reads or writes the file at a time.
    turn: Mutex<()>,
    /// Whether the problem was told with an answer.
    told: AtomicBool,
}

#[derive(Clone, Default)]
struct Known {
    lessons: Arc<Lessons>,
    problem: Option<String>,
}

impl RoomLessons {
    /// Those of the workspace at `root`, below the directory for state.
    pub fn new(state_dir: Option<&Path>, root: &Path) -> RoomLessons {
        let hash = ContentHash::of(root.as_os_str().as_encoded_bytes()).to_hex();
        RoomLessons {
            file: state_dir.map(|dir| dir.join("learnt").join(&hash[..16]).join("lessons")),
            known: Mutex::default(),
            turn: Mutex::default(),
            told: AtomicBool::new(false),
        }
    }

    /// All of them. The first call reads the file.
    pub fn known(&self) -> Arc<Lessons> {
        self.read().lessons
    }

    /// What went wrong with their file, if anything did.
    pub fn problem(&self) -> Option<String> {
        self.read().problem
    }

    /// The same, but only once: for the next answer.
    pub fn note(&self) -> Option<String> {
        let problem = self.problem()?;
        (!self.told.swap(true, Ordering::Relaxed)).then_some(problem)
    }

    /// Changes them, and writes them before anybody sees the change.
    ///
    /// # Errors
    /// If they cannot be written; then nothing has changed.
    pub fn change<R>(&self, change: impl FnOnce(&mut Lessons) -> R) -> Result<R, OpError> {
        let known = self.read();
        let _turn = self.turn.lock();
        // Somebody may have had a turn meanwhile.
        let known = self.known.lock().clone().unwrap_or(known);
        let mut lessons = (*known.lessons).clone();
        let result = change(&mut lessons);
        if let Some(file) = &self.file {
            let bytes = lessons.encode().map_err(|err| {
                OpError::new(Code::Internal, format!("lessons cannot be written: {err}"))
            })?;
            replace(file, &bytes).map_err(|err| {
                let message = format!("cannot write {}: {err}; nothing was learnt", file.display());
                OpError::new(Code::JournalFailed, message)
            })?;
        }
        *self.known.lock() = Some(Known { lessons: Arc::new(lessons), ..known });
        Ok(result)
    }

    fn read(&self) -> Known {
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
        *self.known.lock() = Some(known.clone());
        known
    }
}

fn read(file: &Path) -> Known {
    let bytes = match fs::metadata(file) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Known::default(),
        Ok(meta) if meta.len() > MAX_FILE => Err("it is too large".to_owned()),
        _ => fs::read(file).map_err(|err| err.to_string()),
    };
    let lessons = bytes.and_then(|bytes| Lessons::decode(&bytes).map_err(|err| err.to_string()));
    match lessons {
        Ok(lessons) => Known { lessons: Arc::new(lessons), problem: None },
        Err(why) => {
            let aside = file.with_extension("damaged");
            let kept = match fs::rename(file, &aside) {
                Ok(()) => format!("it was set aside as {}", aside.display()),
                Err(err) => format!("and it cannot be set aside: {err}"),
            };
            let problem = format!(
                "what this workspace was taught could not be read ({why}), {kept}; answers do \
                 without it: bring back an export with `learn` and `action: import`"
            );
            tracing::warn!(file = %file.display(), "{problem}");
            Known { problem: Some(problem), ..Known::default() }
        }
    }
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
