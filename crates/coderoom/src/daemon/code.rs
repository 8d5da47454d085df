//! A workspace's code: its index of names, made in the background, and the view of the newest
//! snapshot that questions share.
//!
//! Neither loading nor searching waits for it. An edit never does either: files that have changed
//! since the index was made are looked at directly, and when there are many, it is made anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use coderoom_engine::{Code, CodeIndex, Imported, IndexStats, Shelf, Snapshot};
use parking_lot::{Condvar, Mutex};

use super::code_files::CodeFiles;

/// The index is made anew when so many files have changed, or a twentieth of all.
const MANY_CHANGED: usize = 200;
/// The engine asks whether to stop once for so many files.
const FILES_A_STEP: u64 = 256;

/// The code of one workspace.
pub struct RoomCode {
    shelf: Arc<Shelf>,
    threads: usize,
    files: CodeFiles,
    state: Mutex<State>,
    /// Signals that an index is finished.
    finished: Condvar,
    stopped: AtomicBool,
    /// Files taken into the index that is being made.
    progress: AtomicU64,
    seconds: Mutex<f64>,
    /// Imports are changed one at a time. What was kept of earlier ones is read first.
    turn: Mutex<Option<Recall>>,
}

/// Reads what was kept of imports; the closure says when to stop.
pub type Recall = Box<dyn FnOnce(&Code, &dyn Fn() -> bool) -> Option<Imported> + Send>;

struct State {
    index: Arc<CodeIndex>,
    view: Option<Arc<Code>>,
    imported: Option<Arc<Imported>>,
    building: bool,
}

/// How an index is doing.
#[derive(Clone, Copy, Debug)]
pub struct CodeStatus {
    /// What it holds.
    pub stats: IndexStats,
    /// Whether a first index is there.
    pub ready: bool,
    /// Whether one is being made.
    pub building: bool,
    /// About how many files that one has taken in.
    pub progress: u64,
    /// Seconds that the last one took.
    pub seconds: f64,
    /// Files whose facts were kept from an earlier start.
    pub recalled: u64,
}

impl RoomCode {
    /// Nothing is known yet.
    pub fn new(
        shelf: Arc<Shelf>,
        threads: usize,
        files: CodeFiles,
        recall: Option<Recall>,
    ) -> Arc<RoomCode> {
        Arc::new(RoomCode {
            shelf,
            threads,
            files,
            state: Mutex::new(State {
                index: Arc::new(CodeIndex::empty()),
                view: None,
                imported: None,
                building: false,
            }),
            finished: Condvar::new(),
            stopped: AtomicBool::new(false),
            progress: AtomicU64::new(0),
            seconds: Mutex::new(0.0),
            turn: Mutex::new(recall),
        })
    }

    /// The code of a snapshot. What was found out on it before is kept while it is the newest.
    pub fn of(self: &Arc<Self>, snapshot: &Arc<Snapshot>) -> Arc<Code> {
        let (index, earlier, imported) = {
            let state = self.state.lock();
            if let Some(view) = &state.view
                && Arc::ptr_eq(view.snapshot(), snapshot)
                && Arc::ptr_eq(view.index(), &state.index)
            {
                return Arc::clone(view);
            }
            (Arc::clone(&state.index), state.view.clone(), state.imported.clone())
        };
        let mut code = Code::new(Arc::clone(snapshot), index, Arc::clone(&self.shelf));
        if let Some(earlier) = &earlier {
            code = code.following(earlier);
        }
        let code = Arc::new(code.with_imported(imported));
        let files = snapshot.totals().text_files as usize;
        let uncovered = code.uncovered();
        let first = code.index().revision().is_none();
        if first || uncovered > MANY_CHANGED.max(files / 20) {
            self.build(snapshot);
        }
        let mut state = self.state.lock();
        let newer = |view: &Arc<Code>| view.snapshot().revision() > snapshot.revision();
        let same_import = code.has_imported(state.imported.as_ref());
        if same_import && !state.view.as_ref().is_some_and(newer) {
            state.view = Some(Arc::clone(&code));
        }
        code
    }

    /// The code of a session's snapshot. `kept` has the session's last view, and gets this one.
    pub fn of_session(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        kept: &Mutex<Option<Arc<Code>>>,
    ) -> Arc<Code> {
        let (index, newest, imported) = {
            let state = self.state.lock();
            (Arc::clone(&state.index), state.view.clone(), state.imported.clone())
        };
        let earlier = kept.lock().clone();
        if let Some(view) = &earlier
            && Arc::ptr_eq(view.snapshot(), snapshot)
            && Arc::ptr_eq(view.index(), &index)
            && view.has_imported(imported.as_ref())
        {
            return Arc::clone(view);
        }
        let mut code = Code::new(Arc::clone(snapshot), index, Arc::clone(&self.shelf));
        if let Some(earlier) = earlier.as_ref().or(newest.as_ref()) {
            code = code.following(earlier);
        }
        let code = Arc::new(code.with_imported(imported));
        *kept.lock() = Some(Arc::clone(&code));
        code
    }

    /// The code of a snapshot that differs much from what the index speaks for, with an index of its
    /// own. `None` if `stop` said so.
    pub fn apart(
        &self,
        snapshot: &Arc<Snapshot>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<Arc<Code>> {
        let index = Arc::new(CodeIndex::build(snapshot, stop)?);
        let imported = self.state.lock().imported.clone();
        let code = Code::new(Arc::clone(snapshot), index, Arc::clone(&self.shelf));
        Some(Arc::new(code.with_imported(imported)))
    }

    /// Facts of sources that were used lately.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// As [`RoomCode::of`], but waits until a first index is there, or `until`.
    pub fn indexed(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        until: Instant,
        give_up: &dyn Fn() -> bool,
    ) -> Arc<Code> {
        let code = self.of(snapshot);
        if code.index().revision().is_some() {
            return code;
        }
        let mut state = self.state.lock();
        while state.building && state.index.revision().is_none() {
            let step = Duration::from_millis(20);
            self.finished.wait_until(&mut state, until.min(Instant::now() + step));
            if Instant::now() >= until || give_up() {
                break;
            }
        }
        drop(state);
        self.of(snapshot)
    }

    /// Starts making an index of a snapshot, unless one is being made.
    pub fn build(self: &Arc<Self>, snapshot: &Arc<Snapshot>) {
        let mut state = self.state.lock();
        if state.building || self.stopped.load(Ordering::Relaxed) {
            return;
        }
        state.building = true;
        drop(state);
        self.progress.store(0, Ordering::Relaxed);
        let (this, snapshot) = (Arc::clone(self), Arc::clone(snapshot));
        let thread = std::thread::Builder::new().name("code index".into());
        let started = thread.spawn(move || {
            let made =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| this.make(&snapshot)));
            let mut state = this.state.lock();
            state.building = false;
            if let Ok(Some(index)) = made {
                state.index = Arc::new(index);
            }
            drop(state);
            this.finished.notify_all();
            // On the same terms: a broken import must not end the daemon.
            let recalled = std::panic::AssertUnwindSafe(|| this.recall(&snapshot));
            if std::panic::catch_unwind(recalled).is_err() {
                tracing::error!("reading back what was imported failed");
            }
        });
        if let Err(err) = started {
            tracing::error!(%err, "no thread for the code index");
            self.state.lock().building = false;
        }
    }

    /// Makes an index on threads that give way to all others.
    fn make(&self, snapshot: &Arc<Snapshot>) -> Option<CodeIndex> {
        let begun = Instant::now();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .thread_name(|n| format!("code index {n}"))
            .start_handler(|_| give_way())
            .build()
            .inspect_err(|err| tracing::error!(%err, "no threads for the code index"))
            .ok()?;
        let stop = || {
            self.progress.fetch_add(FILES_A_STEP, Ordering::Relaxed);
            self.stopped.load(Ordering::Relaxed)
        };
        if self.index_is_first() {
            self.files.recall(snapshot);
        }
        let index = pool.install(|| CodeIndex::build(snapshot, &stop));
        *self.seconds.lock() = begun.elapsed().as_secs_f64();
        index
    }

    fn index_is_first(&self) -> bool {
        self.state.lock().index.revision().is_none()
    }

    /// Keeps the facts of the newest index for the next start.
    pub fn keep(&self) {
        let index = Arc::clone(&self.state.lock().index);
        self.files.keep(&index);
    }

    /// What is imported.
    pub fn imported(&self) -> Option<Arc<Imported>> {
        self.state.lock().imported.clone()
    }

    /// Changes what is imported, given what is; one change after the other.
    ///
    /// # Errors
    /// What `change` says; then nothing is changed.
    pub fn change_imported<T, E>(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        change: impl FnOnce(Option<&Imported>) -> Result<(Option<Imported>, T), E>,
    ) -> Result<T, E> {
        self.recall(snapshot);
        let _turn = self.turn.lock();
        let (imported, result) = change(self.imported().as_deref())?;
        self.set_imported(imported);
        Ok(result)
    }

    /// Reads what was kept of imports, if nobody has yet.
    fn recall(self: &Arc<Self>, snapshot: &Arc<Snapshot>) {
        let mut turn = self.turn.lock();
        let Some(recall) = turn.take() else { return };
        let stop = || self.stopped.load(Ordering::Relaxed);
        if let Some(imported) = recall(&self.of(snapshot), &stop) {
            self.set_imported(Some(imported));
        }
    }

    fn set_imported(&self, imported: Option<Imported>) {
        let mut state = self.state.lock();
        state.imported = imported.map(Arc::new);
        state.view = None;
    }

    /// No more indexes: the workspace is let go.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// How it is doing.
    pub fn status(&self) -> CodeStatus {
        let state = self.state.lock();
        CodeStatus {
            stats: state.index.stats(),
            ready: state.index.revision().is_some(),
            building: state.building,
            progress: self.progress.load(Ordering::Relaxed).saturating_sub(FILES_A_STEP),
            seconds: *self.seconds.lock(),
            recalled: self.files.recalled(),
        }
    }

    /// The first files that are not read to their end.
    pub fn cut_files(&self) -> Vec<String> {
        let index = Arc::clone(&self.state.lock().index);
        index.cut_files().iter().map(ToString::to_string).collect()
    }

    /// Bytes of packed facts and names.
    pub fn bytes(&self) -> u64 {
        let stats = self.state.lock().index.stats();
        stats.facts_bytes + stats.names_bytes
    }
}

/// Lowers the priority of the calling thread.
fn give_way() {
    const NICENESS: i32 = 10;
    // On Linux "this process" is the calling thread.
    if let Err(err) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%err, "the code index keeps its priority");
    }
}
