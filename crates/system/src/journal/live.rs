//! A session at work: prepare, journal, publish.
//!
//! A change is prepared without a lock, queued under one, written by whoever finds nobody writing,
//! and published once it is written. So whatever a reader sees is in the journal, nobody holds a
//! lock while the disk works, and writers that come meanwhile share the next write and its sync.

use std::{fmt, mem, sync::Arc};

use coderoom_engine::{Entry, Mismatch, Session, State};
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

use super::{Head, Journal, JournalError, Syncer};

/// When an edit is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// When it survives the end of the process; a power cut may take the last 50 ms.
    #[default]
    Process,
    /// When it survives a power cut.
    Power,
}

/// Why an edit did not happen.
#[derive(Debug)]
pub enum CommitError<E> {
    /// It was not made: the caller's reason.
    Refused(E),
    /// A file is not what it was made for.
    Mismatch(Mismatch),
    /// It could not be written down.
    Journal(Arc<JournalError>),
    /// The session is closed.
    Closed,
}

impl<E: fmt::Display> fmt::Display for CommitError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommitError::Refused(err) => err.fmt(f),
            CommitError::Mismatch(err) => err.fmt(f),
            CommitError::Journal(err) => err.fmt(f),
            CommitError::Closed => f.write_str("the session is closed"),
        }
    }
}

/// A session whose every change is in its journal before anybody sees it.
pub struct LiveSession {
    session: Session,
    current: RwLock<Arc<State>>,
    turn: Mutex<Turn>,
    woken: Condvar,
    durability: Durability,
    syncer: Syncer,
}

/// Who writes, and what waits to be written.
struct Turn {
    /// The newest state, published or not: what the next change is prepared on.
    head: Arc<State>,
    queue: Vec<Arc<State>>,
    /// Away while somebody writes.
    journal: Option<Journal>,
    /// The number of the newest entry that is published.
    published: u64,
    /// Counts failed writes: whoever queued before one has failed too.
    failures: u64,
    failure: Option<Arc<JournalError>>,
    closed: bool,
}

impl LiveSession {
    /// A session with its journal, at the state that the journal leads to.
    pub fn new(
        session: Session,
        state: State,
        mut journal: Journal,
        durability: Durability,
        syncer: Syncer,
    ) -> LiveSession {
        if durability == Durability::Power {
            journal.keep_ahead();
        }
        let state = Arc::new(state);
        LiveSession {
            session,
            current: RwLock::new(Arc::clone(&state)),
            turn: Mutex::new(Turn {
                published: state.head(),
                head: state,
                queue: Vec::new(),
                journal: Some(journal),
                failures: 0,
                failure: None,
                closed: false,
            }),
            woken: Condvar::new(),
            durability,
            syncer,
        }
    }

    /// What the session is now. Never waits for more than the swap of a pointer.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.current.read())
    }

    /// For preparing states of sessions over the same workspace.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Makes an entry on the newest state, writes it down and publishes it. `make` may be called
    /// again if somebody else is faster. An entry that changes nothing is written too.
    ///
    /// # Errors
    /// What `make` says; or if the entry does not fit, or cannot be written: then nothing happened.
    pub fn commit<E>(
        &self,
        mut make: impl FnMut(&State) -> Result<Entry, E>,
    ) -> Result<Arc<State>, CommitError<E>> {
        self.advance(|head, session| {
            let entry = make(head).map_err(CommitError::Refused)?;
            head.next(session, entry).map_err(CommitError::Mismatch)
        })
    }

    /// As `commit`, for a next state that is more than the last one with an entry: one over another
    /// base. It must have exactly one entry more.
    ///
    /// # Errors
    /// As `commit`.
    pub fn advance<E>(
        &self,
        mut make: impl FnMut(&State, &Session) -> Result<State, CommitError<E>>,
    ) -> Result<Arc<State>, CommitError<E>> {
        loop {
            let head = {
                let turn = self.turn.lock();
                if turn.closed {
                    return Err(CommitError::Closed);
                }
                Arc::clone(&turn.head)
            };
            let next = Arc::new(make(&head, &self.session)?);
            debug_assert_eq!(next.head(), head.head() + 1);
            let mut turn = self.turn.lock();
            if turn.closed {
                return Err(CommitError::Closed);
            }
            if !Arc::ptr_eq(&turn.head, &head) {
                continue;
            }
            turn.head = Arc::clone(&next);
            turn.queue.push(Arc::clone(&next));
            return self.written(turn, next).map_err(CommitError::Journal);
        }
    }

    /// Waits until `mine` is in the journal, writing it and what is queued if nobody else does.
    fn written<'a>(
        &'a self,
        mut turn: MutexGuard<'a, Turn>,
        mine: Arc<State>,
    ) -> Result<Arc<State>, Arc<JournalError>> {
        let failures = turn.failures;
        loop {
            if turn.failures != failures {
                let failure = turn.failure.clone();
                return Err(failure.unwrap_or_else(|| Arc::new(JournalError::Broken)));
            }
            if turn.published >= mine.head() {
                return Ok(mine);
            }
            match turn.journal.take() {
                None => self.woken.wait(&mut turn),
                Some(journal) => {
                    let batch = mem::take(&mut turn.queue);
                    drop(turn);
                    self.lead(journal, &batch);
                    turn = self.turn.lock();
                }
            }
        }
    }

    /// Writes a batch and publishes it, or takes it and all that was built on it back.
    fn lead(&self, journal: Journal, batch: &[Arc<State>]) {
        let mut back = GiveBack { live: self, journal: Some(journal), result: None };
        let Some(journal) = &mut back.journal else { return };
        let entries = batch.iter().filter_map(|state| Some(&**state.log().next_back()?));
        let mut result = journal.append(entries);
        if result.is_ok() {
            match self.durability {
                Durability::Power => result = journal.sync(),
                Durability::Process => self.syncer.soon(journal.file()),
            }
        }
        if let (Ok(()), Some(last)) = (&result, batch.last()) {
            *self.current.write() = Arc::clone(last);
        }
        back.result = Some(result.map_err(Arc::new));
    }

    /// Writes the journal anew without the bytes that nothing needs (see [`State::compacted`]), and
    /// puts it in place of the old one. Edits that come meanwhile wait for it. Gives the bytes of
    /// the old journal and of the new one.
    ///
    /// # Errors
    /// If it cannot be written: then the old one stays.
    pub fn compact(&self, head: &Head, keep: usize) -> Result<(u64, u64), Arc<JournalError>> {
        let mut turn = self.turn.lock();
        let mut journal = loop {
            match turn.journal.take() {
                Some(journal) => break journal,
                None => self.woken.wait(&mut turn),
            }
        };
        let state = self.state();
        let failures = turn.failures;
        drop(turn);
        let before = journal.len();
        let small = state.compacted(keep);
        let result = journal.rewrite(head, small.log().map(|entry| &**entry));
        let after = journal.len();
        let mut turn = self.turn.lock();
        debug_assert_eq!(turn.failures, failures);
        turn.journal = Some(journal);
        // What was prepared meanwhile goes on from the state as it was.
        if result.is_ok() && Arc::ptr_eq(&turn.head, &state) {
            let small = Arc::new(small);
            turn.head = Arc::clone(&small);
            *self.current.write() = small;
        }
        drop(turn);
        self.woken.notify_all();
        result.map(|()| (before, after)).map_err(Arc::new)
    }

    /// No more changes. What is queued is still written.
    pub fn close(&self) {
        let mut turn = self.turn.lock();
        turn.closed = true;
        let mut journal = loop {
            match turn.journal.take() {
                Some(journal) => break journal,
                None => self.woken.wait(&mut turn),
            }
        };
        drop(turn);
        journal.finish();
        self.turn.lock().journal = Some(journal);
        self.woken.notify_all();
    }

    /// Bytes of the journal; 0 while it is being written.
    pub fn journal_bytes(&self) -> u64 {
        self.turn.lock().journal.as_ref().map_or(0, Journal::len)
    }
}

/// Puts the journal back and wakes the others on every way out, panics included.
struct GiveBack<'a> {
    live: &'a LiveSession,
    journal: Option<Journal>,
    result: Option<Result<(), Arc<JournalError>>>,
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        let current = self.live.state();
        let mut turn = self.live.turn.lock();
        turn.journal = self.journal.take();
        match self.result.take() {
            Some(Ok(())) => turn.published = current.head(),
            failed => {
                turn.failures += 1;
                turn.failure = failed.and_then(Result::err);
                turn.queue.clear();
                turn.head = current;
            }
        }
        drop(turn);
        self.live.woken.notify_all();
    }
}
