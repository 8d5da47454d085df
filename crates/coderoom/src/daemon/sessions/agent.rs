//! One edit session in memory.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use coderoom_engine::{
    Code as EngineCode, CodeGraph, Entry, FileMode, RelPath, Snapshot, State, TextStore,
};
use coderoom_system::disk::Disk;
use coderoom_system::journal::{CommitError, Head, JournalError, LiveSession};
use coderoom_system::review::Reviewer;
use parking_lot::Mutex;

use super::{SessionConfig, asked::Questions, now_ms, present::Sources};
use crate::{
    daemon::{
        graph::{Patience, following},
        rooms::Room,
    },
    error::{Code, OpError},
};

/// An agent's private copy of a workspace.
pub struct AgentSession {
    /// Its name: one for each workspace.
    pub name: String,
    /// The workspace.
    pub room: Arc<Room>,
    /// Its state and its journal.
    pub live: LiveSession,
    /// How it behaves.
    pub config: SessionConfig,
    /// The same as it was given.
    pub yaml: String,
    /// Who opened it.
    pub agent: String,
    /// When, in milliseconds since the epoch.
    pub created_ms: u64,
    /// Where its journal is.
    pub dir: PathBuf,
    /// The files that it started from.
    pub(super) disk: Disk,
    pub(super) store: TextStore,
    last_used_ms: AtomicU64,
    /// The view of its code, kept while it is used.
    code: Mutex<Option<Arc<EngineCode>>>,
    /// Its graph, on the same terms.
    graph: Mutex<Option<Arc<CodeGraph>>>,
    /// What it was asked lately. Forgotten when the session is put back to its journal.
    pub(super) questions: Mutex<Questions>,
    /// Held by whoever learns from what is handed over.
    pub(super) handing_over: Mutex<()>,
    /// Set while its files are being written.
    pub(super) syncing: AtomicBool,
    /// The review commit of its newest state, if one was made.
    pub review: Mutex<Option<String>>,
    /// Why the review commit that was tried last was not made, if it was not.
    pub review_error: Mutex<Option<OpError>>,
    /// What makes its review commits.
    pub(super) reviewer: Reviewer,
}

/// What a session is made of besides.
pub(super) struct Parts {
    pub(super) config: SessionConfig,
    pub(super) yaml: String,
    pub(super) dir: PathBuf,
    pub(super) store: TextStore,
}

/// Views of sessions that nobody has asked for so long are let go.
const IDLE_MS: u64 = 60_000;

impl AgentSession {
    pub(super) fn new(
        room: Arc<Room>,
        head: Head,
        live: LiveSession,
        parts: Parts,
    ) -> Result<AgentSession, OpError> {
        let disk = Disk::open(room.root()).map_err(|err| {
            let message = format!("cannot open {}: {err}", room.root().display());
            OpError::new(Code::WorkspaceGone, message)
        })?;
        let Parts { config, yaml, dir, store } = parts;
        let reviewer = Reviewer::new(room.root());
        Ok(AgentSession {
            disk,
            store,
            name: head.name,
            agent: head.agent,
            created_ms: head.created_ms,
            room,
            live,
            config,
            yaml,
            dir,
            last_used_ms: AtomicU64::new(now_ms()),
            code: Mutex::default(),
            graph: Mutex::default(),
            questions: Mutex::default(),
            handing_over: Mutex::default(),
            syncing: AtomicBool::new(false),
            review: Mutex::default(),
            review_error: Mutex::default(),
            reviewer,
        })
    }

    /// Its state now.
    pub fn state(&self) -> Arc<State> {
        self.last_used_ms.store(now_ms(), Ordering::Relaxed);
        self.live.state()
    }

    /// When it was used last, in milliseconds since the epoch.
    pub fn last_used_ms(&self) -> u64 {
        self.last_used_ms.load(Ordering::Relaxed)
    }

    /// The code of its snapshot.
    ///
    /// # Errors
    /// `bad_parameter` if its configuration switches such questions off.
    pub fn code(&self, snapshot: &Arc<Snapshot>) -> Result<Arc<EngineCode>, OpError> {
        if !self.config.agents.features.instant_symbol_lookup {
            let message = format!(
                "session `{}` has agents.features.instant_symbol_lookup: false; ask without \
                 `session` for the files on disk",
                self.name
            );
            return Err(OpError::new(Code::BadParameter, message));
        }
        if self.config.memory.cache_symbols {
            return Ok(self.room.code.of_session(snapshot, &self.code));
        }
        Ok(self.room.code.of_session(snapshot, &Mutex::default()))
    }

    /// The graph of its code, by what its own last one or that of the disk knows. `None` if it is not
    /// there in time.
    pub fn graph(
        &self,
        code: &EngineCode,
        trunk: &Arc<CodeGraph>,
        patience: Patience<'_>,
    ) -> Option<Arc<CodeGraph>> {
        let own = self.graph.lock().clone();
        let earlier = own.as_ref().unwrap_or(trunk);
        let graph = following(code, earlier, trunk.hints(), patience)?;
        *self.graph.lock() = Some(Arc::clone(&graph));
        Some(graph)
    }

    /// Writes its journal anew without the bytes that nothing needs. Undo goes back to the newest
    /// `keep` entries then; the trail stays whole. Gives the journal's bytes before and after.
    ///
    /// # Errors
    /// `journal_failed` if it cannot be written; then the old one stays.
    pub fn compact(&self, keep: usize) -> Result<(u64, u64), OpError> {
        let head = Head {
            name: self.name.clone(),
            root: self.room.root().as_os_str().as_encoded_bytes().to_vec(),
            agent: self.agent.clone(),
            created_ms: self.created_ms,
            config: self.yaml.clone(),
        };
        let failed = |err: Arc<JournalError>| OpError::new(Code::JournalFailed, err.to_string());
        self.live.compact(&head, keep).map_err(failed)
    }

    pub(super) fn sources<'a>(&'a self, state: &'a State, trunk: &'a Snapshot) -> Sources<'a> {
        Sources { state, trunk, disk: &self.disk, store: &self.store }
    }

    /// Its review branch.
    pub fn branch(&self) -> String {
        format!("refs/heads/{}/{}", self.config.git.diff_branch, self.name)
    }

    /// Whether a file that has no mode of its own is executable on disk.
    pub fn is_executable(&self, path: &RelPath) -> bool {
        matches!(self.disk.mode(path), Some(FileMode::Executable))
    }

    /// Lets go of what can be made again, if nobody has used it lately.
    pub fn keep_house(&self) {
        if now_ms().saturating_sub(self.last_used_ms()) > IDLE_MS {
            *self.code.lock() = None;
            *self.graph.lock() = None;
            self.reviewer.rest();
        }
    }

    /// Commits an entry on the newest state, within the session's memory.
    ///
    /// # Errors
    /// What `make` says, `stale_hash`, `too_large` beyond the session's memory, or
    /// `journal_failed`.
    pub fn commit(
        &self,
        mut make: impl FnMut(&State) -> Result<Entry, OpError>,
    ) -> Result<Arc<State>, OpError> {
        self.last_used_ms.store(now_ms(), Ordering::Relaxed);
        let made = self.live.commit(|state| {
            let entry = make(state)?;
            self.fits(state, &entry)?;
            Ok(entry)
        });
        made.map_err(|err| self.commit_error(err))
    }

    /// As `commit`, but an entry without files is not written: then there is no new state.
    ///
    /// # Errors
    /// As `commit`.
    pub fn commit_unless_empty(
        &self,
        mut make: impl FnMut(&State) -> Result<Entry, OpError>,
    ) -> Result<Option<Arc<State>>, OpError> {
        let made = self.live.commit(|state| {
            let entry = make(state).map_err(Some)?;
            if entry.files.is_empty() && entry.conflicts.is_empty() && entry.base.is_empty() {
                return Err(None);
            }
            self.fits(state, &entry).map_err(Some)?;
            Ok(entry)
        });
        self.last_used_ms.store(now_ms(), Ordering::Relaxed);
        match made {
            Ok(state) => Ok(Some(state)),
            Err(CommitError::Refused(None)) => Ok(None),
            Err(CommitError::Refused(Some(err))) => Err(err),
            Err(CommitError::Mismatch(err)) => Err(self.commit_error(CommitError::Mismatch(err))),
            Err(CommitError::Journal(err)) => Err(self.commit_error(CommitError::Journal(err))),
            Err(CommitError::Closed) => Err(self.commit_error(CommitError::Closed)),
        }
    }

    /// What a failed commit is to a client.
    pub fn commit_error(&self, err: CommitError<OpError>) -> OpError {
        match err {
            CommitError::Refused(err) => err,
            CommitError::Mismatch(err) => OpError::new(
                Code::StaleHash,
                format!("{err}: look at it again with `view`, then edit what is there"),
            ),
            CommitError::Journal(err) => OpError::new(Code::JournalFailed, err.to_string()),
            CommitError::Closed => {
                OpError::new(Code::SessionClosed, format!("session `{}` is closed", self.name))
            }
        }
    }

    fn fits(&self, state: &State, entry: &Entry) -> Result<(), OpError> {
        let limit = self.config.memory.max_memory_mb << 20;
        let held = state.own_bytes();
        if held + entry.bytes() <= limit {
            return Ok(());
        }
        let message = format!(
            "session `{}` holds {} MiB of versions of its own and may hold {} \
             (memory.max_memory_mb): sync and close it, or open one that may hold more",
            self.name,
            held >> 20,
            self.config.memory.max_memory_mb
        );
        Err(OpError::new(Code::TooLarge, message))
    }
}
