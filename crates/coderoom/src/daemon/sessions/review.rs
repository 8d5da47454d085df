//! Review commits of sessions: made when asked, and behind the edits if the configuration says so.
//!
//! One thread makes those that edits ask for, so no edit waits for git; a session that asks again
//! before its turn is committed once. What fails there is shown by `session_list`
//! and tried again with the next edit.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use coderoom_engine::{RelPath, Version};
use coderoom_system::{
    journal::Durability,
    review::{Moment, Request, ReviewError, Reviewed, Stored},
};
use parking_lot::{Condvar, Mutex};

use super::{AgentSession, present};
use crate::{
    daemon::rooms::Rooms,
    error::{Code, OpError},
};

/// How long a commit waits for the trunk to take in what was written just before.
const FRESH: Duration = Duration::from_secs(1);

/// Sessions whose newest state is to be committed.
#[derive(Default)]
pub(super) struct ReviewQueue {
    shared: Arc<Shared>,
    started: OnceLock<bool>,
}

#[derive(Default)]
struct Shared {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Arc<AgentSession>>,
    running: Option<Arc<AgentSession>>,
}

impl ReviewQueue {
    /// Asks for a commit of a session's newest state; returns at once.
    fn soon(&self, session: &Arc<AgentSession>) {
        let started = self.started.get_or_init(|| {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("review".into());
            thread.spawn(move || run(&shared)).is_ok()
        });
        if !started {
            tracing::warn!("no thread for review commits: ask for them with `commit_review`");
            return;
        }
        let mut jobs = self.shared.jobs.lock();
        if !jobs.waiting.iter().any(|waiting| Arc::ptr_eq(waiting, session)) {
            jobs.waiting.push_back(Arc::clone(session));
            self.shared.changed.notify_all();
        }
    }

    /// Waits until nothing of a session is queued, or of any; not beyond `deadline`.
    pub(super) fn settle(&self, session: Option<&Arc<AgentSession>>, deadline: Instant) -> bool {
        let is_it = |other: &Arc<AgentSession>| session.is_none_or(|it| Arc::ptr_eq(it, other));
        let mut jobs = self.shared.jobs.lock();
        while jobs.waiting.iter().chain(&jobs.running).any(is_it) {
            if self.shared.changed.wait_until(&mut jobs, deadline).timed_out() {
                return false;
            }
        }
        true
    }
}

/// Ends with the process: a commit that is cut off leaves the branch as it was.
fn run(shared: &Shared) {
    loop {
        let session = {
            let mut jobs = shared.jobs.lock();
            while jobs.waiting.is_empty() {
                shared.changed.wait(&mut jobs);
            }
            let next = jobs.waiting.pop_front();
            jobs.running.clone_from(&next);
            next
        };
        if let Some(session) = session {
            let commit = || session.review_now("", "");
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(commit)) {
                Ok(Ok(_) | Err(ReviewError::NoRepository { .. })) => {}
                Ok(Err(err)) => {
                    tracing::warn!(session = session.name, %err, "no review commit");
                    *session.review_error.lock() = Some(err.into());
                }
                Err(_) => {
                    tracing::error!(session = session.name, "a review commit panicked");
                    let message = "the commit hit a fault of coderoom's own";
                    let err = OpError::new(Code::Internal, message);
                    *session.review_error.lock() = Some(err);
                }
            }
        }
        // The session is let go before anybody is told that it is done.
        let done = shared.jobs.lock().running.take();
        drop(done);
        shared.changed.notify_all();
    }
}

/// One file on both sides: old, then new.
pub type Pair = (RelPath, Option<Version>, Option<Version>);

impl AgentSession {
    /// Commits the newest state to the review branch behind the caller's back, if the configuration
    /// wants that. Costs the caller next to nothing.
    pub fn review_soon(self: &Arc<Self>, rooms: &Rooms) {
        if self.config.git.auto_commit {
            rooms.sessions.reviews.soon(self);
        }
    }

    /// Commits the newest state to the review branch, after what is queued.
    ///
    /// # Errors
    /// `no_repository`, `branch_checked_out`, `branch_conflict`, `repository_locked`,
    /// `review_failed`, or `timeout`.
    pub fn commit_review(
        self: &Arc<Self>,
        rooms: &Rooms,
        agent: &str,
        reason: &str,
        deadline: Instant,
    ) -> Result<Reviewed, OpError> {
        if !rooms.sessions.reviews.settle(Some(self), deadline) {
            let message = "the review commit before this one is not done yet: ask again, with a \
                           longer `timeout_ms`";
            return Err(OpError::new(Code::Timeout, message));
        }
        Ok(self.review_now(agent, reason)?)
    }

    fn review_now(&self, agent: &str, reason: &str) -> Result<Reviewed, ReviewError> {
        let state = self.live.state();
        let (trunk, _) = self.room.workspace.fresh(Instant::now() + FRESH);
        let branch = self.branch();
        let agent = if agent.is_empty() { &self.agent } else { agent };
        let durable = self.config.durability == Durability::Power;
        let how = Request { branch: &branch, session: &self.name, agent, reason, durable };
        let reviewed = self.reviewer.commit(Moment { state: &state, trunk: &trunk }, &how)?;
        *self.review.lock() = Some(reviewed.commit.clone());
        *self.review_error.lock() = None;
        Ok(reviewed)
    }

    /// The session's files beside those of HEAD, both as git stores them: with its line ends and
    /// filters. Only those that differ.
    ///
    /// # Errors
    /// `no_repository` if there is none, `review_failed` if it cannot be read.
    pub fn against_head(&self) -> Result<Vec<Pair>, OpError> {
        let state = self.state();
        let (trunk, _) = self.room.workspace.fresh(Instant::now() + FRESH);
        let pairs = self.reviewer.against_head(Moment { state: &state, trunk: &trunk })?;
        let version = |stored: Stored| Version {
            mode: Some(stored.mode),
            ..present::of_bytes(&self.store, stored.bytes)
        };
        let pair = |(path, old, new): (RelPath, Option<Stored>, Option<Stored>)| {
            (path, old.map(version), new.map(version))
        };
        Ok(pairs.into_iter().map(pair).collect())
    }
}

impl From<ReviewError> for OpError {
    fn from(err: ReviewError) -> OpError {
        let code = match err {
            ReviewError::NoRepository { .. } | ReviewError::Unusable { .. } => Code::NoRepository,
            ReviewError::CheckedOut { .. } => Code::BranchCheckedOut,
            ReviewError::BranchConflict { .. } => Code::BranchConflict,
            ReviewError::Locked { .. } => Code::RepositoryLocked,
            _ => Code::ReviewFailed,
        };
        OpError::new(code, err.to_string())
    }
}
