//! The background fold: indexes files that no segment covers, at low priority, so that edits never
//! wait for it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use coderoom_engine::{Covering, FoldPolicy, fold_plan};
use parking_lot::{Condvar, Mutex};

use super::Shared;

/// A tree is quiet after so long without a change.
const QUIET: Duration = Duration::from_millis(300);

/// With so many uncovered files it is not waited for quiet.
const TOO_MANY: usize = 4096;

/// Tells the folding thread that there may be work.
#[derive(Default)]
pub(super) struct Folder {
    changes: AtomicU64,
    is_stopped: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Folder {
    /// The trunk has changed.
    pub(super) fn notice(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        let _lock = self.lock.lock();
        self.changed.notify_all();
    }

    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        let _lock = self.lock.lock();
        self.changed.notify_all();
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    /// Waits for a change after number `seen`.
    fn wait(&self, seen: u64) {
        let mut lock = self.lock.lock();
        while self.changes.load(Ordering::SeqCst) == seen && !self.is_stopped() {
            self.changed.wait(&mut lock);
        }
    }

    /// Waits for quiet; false if it was stopped or something changed meanwhile.
    fn is_quiet(&self) -> bool {
        let before = self.changes.load(Ordering::SeqCst);
        let mut lock = self.lock.lock();
        let timed_out = self.changed.wait_for(&mut lock, QUIET).timed_out();
        timed_out && before == self.changes.load(Ordering::SeqCst)
    }
}

/// Runs until the workspace is shut down.
pub(super) fn run(shared: &Shared) {
    // On Linux this is the niceness of this thread alone.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
    let folder = &shared.folder;
    loop {
        let seen = folder.changes.load(Ordering::SeqCst);
        let snapshot = shared.session.snapshot();
        let plan = fold_plan(&snapshot, FoldPolicy::default());
        if folder.is_stopped() {
            return;
        }
        if plan.is_empty() {
            drop(snapshot);
            folder.wait(seen);
        } else if snapshot.coverage().0 >= TOO_MANY || folder.is_quiet() {
            shared.session.attach(Covering::build(&plan));
            tracing::debug!(files = plan.len(), "folded");
        }
    }
}
