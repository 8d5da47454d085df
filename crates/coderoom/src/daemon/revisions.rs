//! The code of commits: made when somebody compares with one, and kept for a while.
//!
//! A commit's files are a change to the snapshot of the disk, so all that both have is shared: texts,
//! facts, and the pieces of the graph. It is made on a thread of its own and goes on being made when
//! a client's time is over; when all who asked have cancelled, it is stopped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use coderoom_engine::{Code, CodeGraph, Hints, Snapshot, TextStore, Unheld};
use coderoom_system::{
    Workspace,
    past::{self, Revision, RevisionError, TreeLimits},
};
use parking_lot::Mutex;

use super::{code::RoomCode, graph::Patience, made::Made};

/// Commits that are kept at once: two to compare, and one to go on from.
const KEPT: usize = 3;
/// One that nobody has asked for so long is let go.
const IDLE: Duration = Duration::from_secs(600);
/// With more files that no index speaks for, an index of the commit costs less than looking at each
/// of them for every name.
const FEW: usize = 400;

/// The commits of one workspace that were asked for lately.
pub struct Revisions {
    store: TextStore,
    /// The one that was used last comes last.
    kept: Mutex<Vec<Arc<Kept>>>,
}

/// The code of a commit.
pub struct PastState {
    /// Its code.
    pub code: Arc<Code>,
    /// Its graph, joined.
    pub graph: Arc<CodeGraph>,
    /// Files that the workspace's ignore rules keep out.
    pub ignored: usize,
}

struct Kept {
    revision: Revision,
    /// What the workspace's ignore rules kept out then: other rules, another state.
    unheld: Box<[Unheld]>,
    made: Arc<Made<Result<PastState, RevisionError>>>,
    stop: Arc<AtomicBool>,
    waiting: AtomicUsize,
    used: Mutex<Instant>,
}

/// What a commit is made beside.
pub struct Beside<'a> {
    /// The workspace.
    pub workspace: &'a Arc<Workspace>,
    /// Its code.
    pub room: &'a Arc<RoomCode>,
    /// The graph of the disk.
    pub graph: &'a Arc<CodeGraph>,
}

impl Revisions {
    /// None yet; texts are shared through `store`.
    pub fn new(store: TextStore) -> Revisions {
        Revisions { store, kept: Mutex::default() }
    }

    /// The state of a commit; `None` if it is not there in time.
    ///
    /// # Errors
    /// If there is no such commit, or it cannot be read, or is too large.
    pub fn state(
        &self,
        name: &str,
        beside: &Beside<'_>,
        patience: Patience<'_>,
    ) -> Result<Option<Arc<Result<PastState, RevisionError>>>, RevisionError> {
        let revision = past::revision(beside.workspace.root(), name)?;
        let kept = self.kept(revision, beside.graph.snapshot().unheld());
        let maker = Maker {
            revision,
            workspace: Arc::clone(beside.workspace),
            room: Arc::clone(beside.room),
            graph: Arc::clone(beside.graph),
            store: self.store.clone(),
            stop: Arc::clone(&kept.stop),
        };
        let state = kept.made.wait(move || Some(maker.make()), patience.until, patience.give_up);
        let alone = kept.waiting.fetch_sub(1, Ordering::Relaxed) == 1;
        let failed = state.as_ref().is_some_and(|state| state.is_err());
        let cancelled = state.is_none() && Instant::now() < patience.until;
        if failed || cancelled && alone {
            self.forget(&kept);
        }
        Ok(state)
    }

    /// The place of a commit, as the one that was used last.
    fn kept(&self, revision: Revision, unheld: &[Unheld]) -> Arc<Kept> {
        let mut all = self.kept.lock();
        let same = |it: &Arc<Kept>| it.revision == revision && *it.unheld == *unheld;
        let kept = match all.iter().position(same) {
            Some(at) => all.remove(at),
            None => Arc::new(Kept {
                revision,
                unheld: unheld.into(),
                made: Made::new(),
                stop: Arc::default(),
                waiting: AtomicUsize::new(0),
                used: Mutex::new(Instant::now()),
            }),
        };
        *kept.used.lock() = Instant::now();
        all.push(Arc::clone(&kept));
        // Those that are waited for stay, however many.
        let mut surplus = all.len().saturating_sub(KEPT);
        all.retain(|it| {
            let idle = it.waiting.load(Ordering::Relaxed) == 0;
            if surplus == 0 || !idle || Arc::ptr_eq(it, &kept) {
                return true;
            }
            surplus -= 1;
            it.stop.store(true, Ordering::Relaxed);
            false
        });
        // Counted before anybody else may look.
        kept.waiting.fetch_add(1, Ordering::Relaxed);
        kept
    }

    fn forget(&self, kept: &Arc<Kept>) {
        kept.stop.store(true, Ordering::Relaxed);
        self.kept.lock().retain(|it| !Arc::ptr_eq(it, kept));
    }

    /// Lets go of what nobody has asked for lately.
    pub fn keep_house(&self) {
        let idle = |it: &Arc<Kept>| {
            it.waiting.load(Ordering::Relaxed) == 0 && it.used.lock().elapsed() > IDLE
        };
        self.kept.lock().retain(|it| !idle(it));
    }

    /// No more of them: the workspace is let go.
    pub fn stop(&self) {
        let all = std::mem::take(&mut *self.kept.lock());
        all.iter().for_each(|it| it.stop.store(true, Ordering::Relaxed));
    }
}

/// Makes the state of a commit.
struct Maker {
    revision: Revision,
    workspace: Arc<Workspace>,
    room: Arc<RoomCode>,
    graph: Arc<CodeGraph>,
    store: TextStore,
    stop: Arc<AtomicBool>,
}

impl Maker {
    fn make(self) -> Result<PastState, RevisionError> {
        let stop = || self.stop.load(Ordering::Relaxed);
        let present = self.graph.snapshot();
        let limits = TreeLimits {
            file_bytes: self.workspace.options().max_file_size,
            ..TreeLimits::default()
        };
        let (root, revision) = (self.workspace.root(), &self.revision);
        let made = past::change_to(root, revision, present, &self.store, &limits, &stop)?;
        let snapshot = if made.change.is_empty() {
            Arc::clone(present)
        } else {
            let prepared = self.workspace.fork().prepare(present, made.change);
            // It expects nothing, so nothing can be stale.
            prepared.map_err(|_| RevisionError::Stopped)?
        };
        let code = self.code(&snapshot, &stop).ok_or(RevisionError::Stopped)?;
        let graph = self.graph_of(&code, &stop).ok_or(RevisionError::Stopped)?;
        let too_large =
            |err: coderoom_engine::GraphError| RevisionError::TooLarge { what: err.to_string() };
        graph.graph().map_err(too_large)?;
        Ok(PastState { code, graph, ignored: made.ignored })
    }

    fn code(
        &self,
        snapshot: &Arc<Snapshot>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<Arc<Code>> {
        let code = self.room.of_session(snapshot, &Mutex::default());
        if code.uncovered() <= FEW { Some(code) } else { self.room.apart(snapshot, stop) }
    }

    /// The graph, by what that of the disk knows; from nothing where that would leave something out.
    fn graph_of(&self, code: &Code, stop: &(dyn Fn() -> bool + Sync)) -> Option<Arc<CodeGraph>> {
        let hints: &Arc<Hints> = self.graph.hints();
        if Arc::ptr_eq(self.graph.snapshot(), code.snapshot()) {
            return Some(Arc::clone(&self.graph));
        }
        let build = |earlier| CodeGraph::build(code, earlier, Arc::clone(hints), stop);
        let near = code.snapshot().differing(self.graph.snapshot()).len() <= FEW;
        let mut graph = build(near.then_some(&*self.graph))?;
        if graph.stats().partial {
            graph = build(None)?;
        }
        Some(Arc::new(graph))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, process::Command};

    use coderoom_engine::Shelf;
    use coderoom_system::LoadOptions;

    use super::*;
    use crate::daemon::code_files::CodeFiles;

    fn git(dir: &Path, args: &[&str]) {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        let mut git = Command::new("git");
        git.args(who).args(args).current_dir(dir);
        // Whatever the user's git is told, and if the tests run below one of its hooks.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            git.env_remove(name);
        }
        let done = git.status();
        assert!(done.unwrap().success(), "{args:?}");
    }

    /// What everybody has cancelled is stopped and made again when it is asked for again; of those
    /// that were asked for, the last few are kept.
    #[test]
    fn commits_are_stopped_kept_and_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        git(&root, &["init", "-q"]);
        for n in 0..5 {
            fs::write(root.join("a.py"), format!("def f{n}():\n    pass\n")).unwrap();
            git(&root, &["add", "-A"]);
            git(&root, &["commit", "-q", "-m", "one more"]);
        }
        let store = TextStore::default();
        let workspace = Workspace::open(&root, LoadOptions::default(), store.clone()).unwrap();
        let room = RoomCode::new(
            Arc::new(Shelf::new(1 << 20)),
            1,
            CodeFiles::new(None, root.clone()),
            None,
        );
        let code = room.of(&workspace.snapshot());
        let graph = CodeGraph::build(&code, None, Arc::default(), &|| false).unwrap();
        let graph = Arc::new(graph);
        let beside = Beside { workspace: &workspace, room: &room, graph: &graph };
        let revisions = Revisions::new(store);
        let until = Instant::now() + Duration::from_secs(60);
        let ask = |name: &str, given_up: bool| {
            let give_up = || given_up;
            revisions.state(name, &beside, Patience { until, give_up: &give_up }).unwrap()
        };
        assert!(ask("HEAD~1", true).is_none());
        assert!(revisions.kept.lock().is_empty(), "nobody waits for it");
        let has = |name: &str, key: &str| {
            let state = ask(name, false).unwrap();
            state.as_ref().as_ref().unwrap().graph.node_of(key).is_some()
        };
        for n in 0..5 {
            assert!(has(&format!("HEAD~{}", 4 - n), &format!("a.py#f{n}")));
        }
        assert!(!has("HEAD", "a.py#f3"));
        assert_eq!(revisions.kept.lock().len(), KEPT);
        let kept = ask("HEAD", false).unwrap();
        assert!(Arc::ptr_eq(&kept, &ask("HEAD", false).unwrap()));
        let stops: Vec<_> = revisions.kept.lock().iter().map(|it| Arc::clone(&it.stop)).collect();
        revisions.stop();
        assert!(stops.iter().all(|stop| stop.load(Ordering::Relaxed)));
    }
}
