//! What a restart finds of a workspace's code: the facts of its texts, kept in its cache directory
//! when an index of them is finished.

use std::{
    path::PathBuf,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use coderoom_engine::{CodeIndex, Snapshot, facts_to_keep, give_facts};
use coderoom_system::cache::{FactsAtHand, keep_facts};
use parking_lot::Mutex;

use super::derived::{maker, patiently};

/// What is kept of one workspace's code.
pub struct CodeFiles {
    /// Where cache directories are; `None`: nothing is kept.
    base: Option<PathBuf>,
    root: PathBuf,
    /// The index whose facts are on disk.
    kept: Mutex<Weak<CodeIndex>>,
    recalled: AtomicU64,
}

impl CodeFiles {
    /// What is kept of the workspace at `root` below the directory for caches.
    pub fn new(base: Option<PathBuf>, root: PathBuf) -> CodeFiles {
        CodeFiles { base, root, kept: Mutex::default(), recalled: AtomicU64::new(0) }
    }

    /// Gives the texts of a snapshot the facts that were kept of them.
    pub(super) fn recall(&self, snapshot: &Snapshot) {
        let Some(base) = &self.base else { return };
        let begun = Instant::now();
        let mut there = FactsAtHand::open(base, &self.root, maker());
        if there.is_empty() {
            return;
        }
        let files = give_facts(snapshot, |hash, language| there.take(hash, language));
        self.recalled.fetch_add(files as u64, Ordering::Relaxed);
        let seconds = begun.elapsed().as_secs_f64();
        tracing::info!(root = %self.root.display(), files, seconds, "facts were read back");
    }

    /// How many files had facts before an index was made.
    pub(super) fn recalled(&self) -> u64 {
        self.recalled.load(Ordering::Relaxed)
    }

    /// Keeps the facts that an index was made of, unless they are. A failure harms nothing: the facts
    /// are taken out of the texts again.
    pub(super) fn keep(&self, index: &Arc<CodeIndex>) {
        let (Some(base), Some(snapshot)) = (&self.base, index.snapshot()) else { return };
        let now = Arc::downgrade(index);
        // Not tried again before there is another index: a disk that is full stays so.
        if std::mem::replace(&mut *self.kept.lock(), now.clone()).ptr_eq(&now) {
            return;
        }
        let facts = facts_to_keep(snapshot);
        match patiently(|| keep_facts(base, &self.root, maker(), &facts)) {
            Ok(bytes) => {
                tracing::info!(root = %self.root.display(), files = facts.len(), bytes, "facts are kept");
            }
            Err(err) => {
                tracing::warn!(root = %self.root.display(), %err, "facts were not kept for the next start");
            }
        }
    }
}
