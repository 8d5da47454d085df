//! The edit sessions of all workspaces: opened, resumed from their journals, listed, closed.
//!
//! A session's directory below the state directory holds its journal; whatever was acknowledged is
//! there. A session that is not in memory is resumed when somebody names it.

mod agent;
mod asked;
mod batch;
mod config;
mod meet;
mod present;
mod replay;
mod review;
mod run;
mod sync;
mod types;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use coderoom_engine::{Entry, EntryKind, State, TextStore};
use coderoom_system::journal::{Durability, Head, Journal, JournalError, LiveSession, Syncer};
use parking_lot::Mutex;

pub use agent::AgentSession;
pub use asked::Handed;
pub(crate) use batch::edit_error;
pub use batch::{Batch, Change, Done, Judgement, Problem, rows_of};
pub use config::{SessionConfig, SyncMode};
pub use meet::{Met, Settlement};
pub use replay::Replayed;
pub use review::Pair;
pub use run::{HELPER, Left, left, run_error, runner};
pub use sync::Synced;
pub use types::{TypeAnswer, TypeQuestion};

use super::rooms::Room;
use crate::error::{Code, OpError};

/// Names are file names and parts of branch names.
const MAX_NAME: usize = 64;

/// A session is not closed, nor the daemon stopped, before its review commits are made; but a git
/// repository that hangs holds neither up longer than this.
const SETTLE: Duration = Duration::from_secs(10);

/// All sessions of one daemon.
pub struct Sessions {
    /// Where journals live.
    dir: Option<PathBuf>,
    store: TextStore,
    syncer: OnceLock<Syncer>,
    open: Mutex<HashMap<(PathBuf, String), Arc<AgentSession>>>,
    /// One session is opened at a time: the journal of each is held once.
    opening: Mutex<()>,
    /// Sessions to be committed behind their edits.
    reviews: review::ReviewQueue,
}

/// How to open a session.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// Its name.
    pub name: String,
    /// Who opens it.
    pub agent: String,
    /// `session.yaml`, as text.
    pub config: String,
}

/// A session's directory, found on disk.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Its journal.
    pub journal: PathBuf,
    /// Bytes of that.
    pub bytes: u64,
}

impl Sessions {
    /// None yet.
    pub fn new(state_dir: Option<PathBuf>, store: TextStore) -> Sessions {
        Sessions {
            dir: state_dir.map(|dir| dir.join("sessions")),
            store,
            syncer: OnceLock::new(),
            open: Mutex::default(),
            opening: Mutex::default(),
            reviews: review::ReviewQueue::default(),
        }
    }

    /// Sessions in memory, by workspace and name.
    pub fn in_memory(&self) -> Vec<Arc<AgentSession>> {
        let mut all: Vec<_> = self.open.lock().values().cloned().collect();
        all.sort_by(|a, b| (a.room.root(), &a.name).cmp(&(b.room.root(), &b.name)));
        all
    }

    /// The session of that name in any workspace, if it is in memory and the only one.
    pub fn named(&self, name: &str) -> Option<Arc<AgentSession>> {
        let open = self.open.lock();
        let mut found = open.values().filter(|session| session.name == name);
        let first = found.next()?;
        found.next().is_none().then(|| Arc::clone(first))
    }

    /// The session, resumed from its journal if it is not in memory.
    ///
    /// # Errors
    /// `unknown_session`, with those that there are.
    pub fn find(&self, room: &Arc<Room>, name: &str) -> Result<Arc<AgentSession>, OpError> {
        check_name(name)?;
        if let Some(session) = self.held(room, name) {
            return Ok(session);
        }
        let _turn = self.opening.lock();
        if let Some(session) = self.held(room, name) {
            return Ok(session);
        }
        let dir = self.room_dir(room.root())?.join(name);
        if !dir.join("log").exists() {
            let names: Vec<String> = self.kept(room.root()).into_iter().map(|it| it.name).collect();
            let there = match &names[..] {
                [] => "no session is open there".to_owned(),
                names => format!("open sessions: {}", names.join(", ")),
            };
            let root = room.root().display();
            let message = format!(
                "there is no session `{name}` over {root}: {there}; open one with `session_open`"
            );
            return Err(OpError::new(Code::UnknownSession, message));
        }
        let session = self.resume(room, name, &dir)?;
        if let Err(err) = session.carry_on() {
            tracing::warn!(session = name, %err, "a sync that was cut off cannot be carried on");
        }
        Ok(self.keep(session))
    }

    fn held(&self, room: &Arc<Room>, name: &str) -> Option<Arc<AgentSession>> {
        let key = (room.root().to_path_buf(), name.to_owned());
        self.open.lock().get(&key).cloned()
    }

    fn keep(&self, session: AgentSession) -> Arc<AgentSession> {
        let session = Arc::new(session);
        let key = (session.room.root().to_path_buf(), session.name.clone());
        self.open.lock().insert(key, Arc::clone(&session));
        session
    }

    /// Opens a new session over a workspace, or over another session's state.
    ///
    /// # Errors
    /// `session_exists`, `bad_config`, or if the journal cannot be made.
    pub fn open(
        &self,
        room: &Arc<Room>,
        opening: &Opening,
        over: Option<&AgentSession>,
    ) -> Result<Arc<AgentSession>, OpError> {
        check_name(&opening.name)?;
        let yaml = match over {
            Some(parent) if opening.config.trim().is_empty() => parent.yaml.clone(),
            _ => opening.config.clone(),
        };
        let config = SessionConfig::parse(&yaml, room.root())?;
        let _turn = self.opening.lock();
        let dir = self.room_dir(room.root())?.join(&opening.name);
        if dir.join("log").exists() {
            let name = &opening.name;
            let message = format!(
                "there is a session `{name}` already: go on with it by naming it, close it with \
                 `session_close`, or choose another name"
            );
            return Err(OpError::new(Code::SessionExists, message));
        }
        let made = fs::create_dir_all(&dir).and_then(|()| private(&dir));
        made.map_err(|err| failed("make", &dir, &err))?;
        let head = Head {
            name: opening.name.clone(),
            root: room.root().as_os_str().as_encoded_bytes().to_vec(),
            agent: opening.agent.clone(),
            created_ms: now_ms(),
            config: yaml.clone(),
        };
        let durable = config.durability == Durability::Power;
        let session = room.workspace.fork();
        let state = match over {
            None => State::over(session.snapshot()),
            Some(parent) => {
                let from = parent.live.state();
                let kind = EntryKind::Fork { from: parent.name.clone(), at: from.head() };
                let entry = Entry::new(kind, Vec::new()).by(&opening.agent, "", now_ms());
                from.fork(&session, entry)
                    .map_err(|err| OpError::new(Code::Internal, err.to_string()))?
            }
        };
        let begin = state.log().map(|it| &**it);
        let journal = Journal::create(&dir.join("log"), &head, begin, durable);
        let journal = journal.map_err(|err| {
            // Nothing stays that would look like a session.
            let _ = fs::remove_dir(&dir);
            journal_error(err)
        })?;
        let syncer = self.syncer()?;
        let live = LiveSession::new(session, state, journal, config.durability, syncer);
        let parts = agent::Parts { config, yaml, dir, store: self.store.clone() };
        Ok(self.keep(AgentSession::new(Arc::clone(room), head, live, parts)?))
    }

    fn resume(&self, room: &Arc<Room>, name: &str, dir: &Path) -> Result<AgentSession, OpError> {
        let begun = Instant::now();
        let (journal, recovered) =
            Journal::open(&dir.join("log"), self.store.clone()).map_err(journal_error)?;
        let config = SessionConfig::parse(&recovered.head.config, room.root())?;
        let session = room.workspace.fork();
        let state = State::replay(&session, &session.snapshot(), recovered.entries)
            .map_err(|err| OpError::new(Code::Internal, format!("the journal: {err}")))?;
        if let Some(bytes) = recovered.torn {
            tracing::warn!(session = name, bytes, "a record was cut off, never acknowledged");
        }
        tracing::info!(session = name, seconds = begun.elapsed().as_secs_f64(), "resumed");
        let live = LiveSession::new(session, state, journal, config.durability, self.syncer()?);
        let yaml = recovered.head.config.clone();
        let parts = agent::Parts { config, yaml, dir: dir.into(), store: self.store.clone() };
        AgentSession::new(Arc::clone(room), recovered.head, live, parts)
    }

    /// The sessions over a root that have a journal, in memory or not.
    pub fn kept(&self, root: &Path) -> Vec<Kept> {
        let Ok(dir) = self.room_dir(root) else { return Vec::new() };
        let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
        let mut kept: Vec<Kept> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let journal = entry.path().join("log");
                let bytes = fs::metadata(&journal).ok()?.len();
                Some(Kept { name: entry.file_name().into_string().ok()?, journal, bytes })
            })
            .collect();
        kept.sort_by(|a, b| a.name.cmp(&b.name));
        kept
    }

    /// Ends a session: its directory is moved to `closed/`, where its log stays to be read.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn close(&self, session: &Arc<AgentSession>) -> Result<PathBuf, OpError> {
        self.reviews.settle(Some(session), Instant::now() + SETTLE);
        let _turn = self.opening.lock();
        session.live.close();
        let closed = session.dir.parent().and_then(Path::parent).and_then(Path::parent);
        let closed = closed.unwrap_or(&session.dir).join("closed");
        fs::create_dir_all(&closed).map_err(|err| failed("make", &closed, &err))?;
        let to = closed.join(format!("{}-{}", session.name, now_ms()));
        fs::rename(&session.dir, &to).map_err(|err| failed("move", &session.dir, &err))?;
        let key = (session.room.root().to_path_buf(), session.name.clone());
        self.open.lock().remove(&key);
        Ok(to)
    }

    /// Waits for the review commits that are queued.
    pub fn settle(&self) {
        self.reviews.settle(None, Instant::now() + SETTLE);
    }

    /// Puts sessions of a workspace that nobody is using back to their journals. True if none is
    /// left in memory.
    pub fn park(&self, room: &Arc<Room>) -> bool {
        let mut open = self.open.lock();
        open.retain(|(root, _), session| {
            let idle = Arc::strong_count(session) == 1;
            let may = session.config.memory.lru_eviction;
            root.as_path() != room.root() || !(idle && may)
        });
        !open.keys().any(|(root, _)| root.as_path() == room.root())
    }

    fn syncer(&self) -> Result<Syncer, OpError> {
        if let Some(syncer) = self.syncer.get() {
            return Ok(syncer.clone());
        }
        let syncer = Syncer::start().map_err(|err| {
            OpError::new(Code::Internal, format!("no thread for the journals: {err}"))
        })?;
        Ok(self.syncer.get_or_init(|| syncer).clone())
    }

    /// The directory of the sessions over a root.
    fn room_dir(&self, root: &Path) -> Result<PathBuf, OpError> {
        let dir = self.dir.as_ref().ok_or_else(|| {
            let message = "there is no directory for sessions: set XDG_STATE_HOME or HOME";
            OpError::new(Code::JournalFailed, message)
        })?;
        let hash = coderoom_engine::ContentHash::of(root.as_os_str().as_encoded_bytes()).to_hex();
        Ok(dir.join(&hash[..16]))
    }
}

/// Milliseconds since the epoch.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

fn check_name(name: &str) -> Result<(), OpError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let good = !name.is_empty()
        && name.len() <= MAX_NAME
        && name.bytes().all(fits)
        && !name.starts_with(['.', '-'])
        && !name.ends_with(['.'])
        && !name.contains("..")
        && !name.ends_with(".lock")
        && name != meet::DISK;
    if good {
        return Ok(());
    }
    let message = format!(
        "`{name}` is no name for a session: letters, digits, `-`, `_` and `.`, at most {MAX_NAME}; not `disk`"
    );
    Err(OpError::new(Code::BadParameter, message))
}

fn private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

fn failed(doing: &str, path: &Path, err: &io::Error) -> OpError {
    OpError::new(Code::JournalFailed, format!("cannot {doing} {}: {err}", path.display()))
}

/// What a journal says, as clients see it.
pub(crate) fn journal_error(err: JournalError) -> OpError {
    OpError::new(Code::JournalFailed, err.to_string())
}
