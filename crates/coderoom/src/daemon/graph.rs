//! What questions about meaning need of a workspace: its words, its history, its graph. Each is made
//! when it is first asked for, and carried from snapshot to snapshot.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use coderoom_engine::{
    Code, CodeGraph, Foresight, Hints, Lexicon, Outlook, Past, PastCommit, RelPath, Session,
};
use coderoom_graph::{COCHANGE, CoChange, Tempo, tempo};
use coderoom_system::past::{self, Limits, NoHistory};
use parking_lot::Mutex;

use super::{graph_files::GraphFiles, made::Made};

/// Words are weighed anew when so many files have changed, or a tenth of all.
const MANY_CHANGED: usize = 400;
/// How long a graph may take to be brought up to date before it is kept.
const KEEPING: Duration = Duration::from_secs(1);
/// Whether HEAD has moved is not asked more often than this.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Words, history and graph of one workspace.
pub struct RoomGraph {
    root: PathBuf,
    /// What a restart finds of it.
    keep: Arc<GraphFiles>,
    /// A session of the workspace, to prepare changes with.
    fork: Arc<Session>,
    /// Not everything that may have been affected by a change was made anew.
    inexact: AtomicBool,
    lexicon: Arc<Made<Lexicon>>,
    graph: Arc<Made<CodeGraph>>,
    foresight: Arc<Made<Foresight>>,
    /// What is foreseen, and the history that it was made with.
    outlook: Mutex<Option<(Arc<History>, Arc<Outlook>)>>,
    /// The history, and when it was last looked at.
    history: Mutex<Option<(Instant, Arc<History>)>>,
    stopped: Arc<AtomicBool>,
}

/// The history of a workspace.
pub struct History {
    /// As it was read; or why there is none.
    pub read: Result<Arc<past::Past>, NoHistory>,
    /// Ready for questions in words.
    pub past: Past,
    /// What changed together. Items are the numbers of paths in `read`.
    pub together: CoChange,
    /// What the graph takes from it.
    pub hints: Arc<Hints>,
    now: i64,
}

/// Partners of a file that become edges: those that are surest.
const EDGES_A_FILE: usize = 12;
/// Two files that changed together once may have done so by chance.
const LEAST_SUPPORT: u32 = 2;
/// Edges of less confidence say nothing.
const LEAST_CONFIDENCE: f64 = 0.05;

impl History {
    fn new(read: Result<Arc<past::Past>, NoHistory>) -> History {
        let past = read_past(&read);
        let mut together = CoChange::new(COCHANGE);
        let mut hints = Hints::default();
        let mut now = 0;
        if let Ok(read) = &read {
            let mut times: Vec<Vec<i64>> = vec![Vec::new(); read.paths().len()];
            for commit in read.commits() {
                now = now.max(commit.time);
                let items: Vec<u32> = commit.touches.iter().map(|it| it.now.0).collect();
                together.add(commit.time, &items);
                for item in items {
                    if let Some(times) = times.get_mut(item as usize) {
                        times.push(commit.time);
                    }
                }
            }
            hints = hints_of(read, &together, &times, now);
        }
        History { read, past, together, hints: Arc::new(hints), now }
    }

    /// The time of the newest commit, in seconds since 1970; 0 without one.
    pub fn now(&self) -> i64 {
        self.now
    }
}

/// Pairs and times, by path.
fn hints_of(read: &past::Past, together: &CoChange, times: &[Vec<i64>], now: i64) -> Hints {
    let mut hints = Hints::default();
    let path = |item: u32| read.paths().get(item as usize).and_then(|it| it.as_str());
    for (item, times) in (0u32..).zip(times) {
        let Some(own) = path(item).filter(|_| !times.is_empty()) else { continue };
        let Tempo { frequency, .. } = tempo(times, now);
        let newest = times.iter().copied().max().unwrap_or_default();
        hints.times.insert(own.to_owned(), (newest, frequency as f32));
        for partner in together.partners(item, now, EDGES_A_FILE) {
            let sure = partner.support >= LEAST_SUPPORT && partner.confidence >= LEAST_CONFIDENCE;
            if let Some(other) = path(partner.item).filter(|_| sure) {
                let weight = partner.confidence.min(1.0) as f32;
                hints.co_change.push((own.to_owned(), other.to_owned(), weight));
            }
        }
    }
    hints
}

/// How long somebody waits.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// Until when.
    pub until: Instant,
    /// Asked now and then: ends the wait.
    pub give_up: &'a dyn Fn() -> bool,
}

impl RoomGraph {
    /// Nothing is known yet of the workspace at `root`, but what was kept. `fork` is any session of
    /// it.
    pub fn new(root: PathBuf, keep: GraphFiles, fork: Session) -> RoomGraph {
        RoomGraph {
            root,
            keep: Arc::new(keep),
            fork: Arc::new(fork),
            inexact: AtomicBool::new(false),
            lexicon: Made::new(),
            graph: Made::new(),
            foresight: Made::new(),
            outlook: Mutex::default(),
            history: Mutex::default(),
            stopped: Arc::default(),
        }
    }

    /// The words of a workspace, of about this snapshot. `None` if they are not there in time.
    pub fn lexicon(&self, code: &Arc<Code>, patience: Patience<'_>) -> Option<Arc<Lexicon>> {
        self.keep.asked();
        let build = |code: Arc<Code>, stopped: Arc<AtomicBool>| {
            move || Lexicon::build(&code, &|| stopped.load(Ordering::Relaxed))
        };
        let make = build(Arc::clone(code), Arc::clone(&self.stopped));
        let lexicon = self.lexicon.wait(make, patience.until, patience.give_up)?;
        let files = code.snapshot().totals().text_files as usize;
        if lexicon.differing(code.snapshot()) <= MANY_CHANGED.max(files / 10) {
            return Some(lexicon);
        }
        let newer = build(Arc::clone(code), Arc::clone(&self.stopped))().map(Arc::new)?;
        self.lexicon.put(Arc::clone(&newer));
        Some(newer)
    }

    /// The graph of a snapshot of the disk. `None` if it is not there in time. The first is read back,
    /// or made, on a thread of its own; a later one takes over what still holds.
    pub fn graph(&self, code: &Arc<Code>, patience: Patience<'_>) -> Option<Arc<CodeGraph>> {
        self.keep.asked();
        let hints = Arc::clone(&self.history().hints);
        let earlier = {
            let (code, hints) = (Arc::clone(code), Arc::clone(&hints));
            let (keep, fork) = (Arc::clone(&self.keep), Arc::clone(&self.fork));
            let stopped = Arc::clone(&self.stopped);
            let make = move || {
                let stop = || stopped.load(Ordering::Relaxed);
                let kept = keep.graph(&code, &fork, &hints, &stop);
                kept.or_else(|| CodeGraph::build(&code, None, hints, &stop))
            };
            self.graph.wait(make, patience.until, patience.give_up)?
        };
        let newer = following(code, &earlier, &hints, patience)?;
        if newer.stats().partial {
            self.inexact.store(true, Ordering::Relaxed);
        }
        if newer.snapshot().revision() >= earlier.snapshot().revision() {
            self.graph.put(Arc::clone(&newer));
        }
        Some(newer)
    }

    /// What is needed to predict, of about this snapshot of the disk, with the history that it was
    /// made with. `None` if it is not there in time. It is gathered anew if many files have changed,
    /// or if one of `asked` came since.
    pub fn outlook(
        &self,
        code: &Arc<Code>,
        asked: &[RelPath],
        patience: Patience<'_>,
    ) -> Option<(Arc<History>, Arc<Outlook>)> {
        self.keep.asked();
        let make = || {
            let (code, stopped) = (Arc::clone(code), Arc::clone(&self.stopped));
            move || Foresight::build(&code, &|| stopped.load(Ordering::Relaxed))
        };
        let mut foresight = self.foresight.wait(make(), patience.until, patience.give_up)?;
        let snapshot = code.snapshot();
        let files = snapshot.totals().text_files as usize;
        let is_new = |path: &RelPath| !foresight.knows(path) && snapshot.file(path).is_some();
        if foresight.differing(snapshot) > MANY_CHANGED.max(files / 10) || asked.iter().any(is_new)
        {
            foresight = Arc::new(make()()?);
            self.foresight.put(Arc::clone(&foresight));
        }
        let history = self.history();
        let known = self.outlook.lock().clone();
        if let Some((of, outlook)) = known
            && Arc::ptr_eq(&of, &history)
            && Arc::ptr_eq(outlook.foresight(), &foresight)
        {
            return Some((history, outlook));
        }
        let paths = history.read.as_ref().map_or(&[][..], |read| read.paths());
        let outlook = Arc::new(Outlook::new(foresight, paths, &history.together, history.now));
        *self.outlook.lock() = Some((Arc::clone(&history), Arc::clone(&outlook)));
        Some((history, outlook))
    }

    /// The history up to where HEAD is now. What is known is only extended.
    pub fn history(&self) -> Arc<History> {
        let known = self.history.lock().clone();
        if let Some((seen, history)) = &known
            && seen.elapsed() < LOOK_AGAIN
        {
            return Arc::clone(history);
        }
        let before = match &known {
            Some((_, it)) => it.read.as_ref().ok().cloned(),
            None => self.keep.history(),
        };
        let read = past::read(&self.root, before.as_ref(), &Limits::default());
        // The same reason for none is the same history: what was made of it stays.
        let same = match (&read, known.as_ref().map(|(_, it)| &it.read)) {
            (Ok(now), Some(Ok(before))) => Arc::ptr_eq(now, before),
            (Err(now), Some(Err(before))) => now == before,
            _ => false,
        };
        let history = match known {
            Some((_, history)) if same => history,
            _ => Arc::new(History::new(read)),
        };
        *self.history.lock() = Some((Instant::now(), Arc::clone(&history)));
        history
    }

    /// Whether it is time to keep what was made.
    pub fn is_due(&self) -> bool {
        self.keep.is_due()
    }

    /// What went wrong with keeping it, or with what was kept.
    pub fn problem(&self) -> Option<String> {
        self.keep.problem()
    }

    /// Keeps what was made for the next start: the graph, of the newest `code` unless bringing it up
    /// to that takes long, and the history. The cache file of the same files has to be written
    /// before. Never waits for what is being made.
    pub fn keep(&self, code: impl FnOnce() -> Arc<Code>) {
        // One that takes too long to bring up to date is kept as it is: of its own texts.
        let newest = |graph: Arc<CodeGraph>| {
            let code = code();
            let patience = Patience { until: Instant::now() + KEEPING, give_up: &|| false };
            let newer = following(&code, &graph, graph.hints(), patience);
            newer.filter(|it| !it.stats().partial).unwrap_or(graph)
        };
        // One that is not exact would stay so for ever.
        let exact = self.graph.newest().filter(|_| !self.inexact.load(Ordering::Relaxed));
        let history = self.history.lock().clone();
        let history = history.as_ref().and_then(|(_, it)| it.read.as_deref().ok());
        self.keep.write(exact.map(newest).as_deref(), history);
    }

    /// No more of it is made: the workspace is let go.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// The graph of `code`, by what `earlier` knows: itself, if that is what it is of.
pub fn following(
    code: &Code,
    earlier: &Arc<CodeGraph>,
    hints: &Arc<Hints>,
    patience: Patience<'_>,
) -> Option<Arc<CodeGraph>> {
    let same_hints = Arc::ptr_eq(earlier.hints(), hints);
    if Arc::ptr_eq(earlier.snapshot(), code.snapshot()) {
        let renewed = || Arc::new(earlier.with_hints(Arc::clone(hints)));
        return Some(if same_hints { Arc::clone(earlier) } else { renewed() });
    }
    let stop = || Instant::now() >= patience.until;
    CodeGraph::build(code, Some(earlier), Arc::clone(hints), &stop).map(Arc::new)
}

fn read_past(read: &Result<Arc<past::Past>, NoHistory>) -> Past {
    let Ok(read) = read else { return Past::new([]) };
    Past::new(read.commits().map(|commit| {
        PastCommit {
            id: hex(commit.id).into(),
            time: commit.time,
            message: commit.message.into(),
            paths: commit
                .touches
                .iter()
                .filter_map(|touch| read.path(touch.now).as_str().map(Into::into))
                .collect(),
        }
    }))
}

/// The first digits of a commit's name.
pub fn hex(id: &[u8]) -> String {
    use std::fmt::Write;
    id.iter().take(6).fold(String::new(), |mut hex, byte| {
        let _: std::fmt::Result = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::graph_files::Before;

    /// Without a repository, nothing is made anew for each question.
    #[test]
    fn the_same_lack_of_history_is_the_same_history() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let fork = Session::open(Vec::new(), Vec::new());
        let before = Before { loaded: fork.snapshot(), replaced: Vec::new() };
        let graph = RoomGraph::new(root.clone(), GraphFiles::new(None, root, before), fork);
        let first = graph.history();
        assert!(first.read.is_err());
        // As if it had been looked at long ago.
        graph.history.lock().as_mut().unwrap().0 -= 2 * LOOK_AGAIN;
        assert!(Arc::ptr_eq(&first, &graph.history()));
    }
}
