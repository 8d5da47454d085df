//! What a restart finds of a workspace's graph and history: kept in its cache directory, now and then
//! and when it is put away.
//!
//! A kept graph is one of the texts that it was made for. Where the workspace has others by now, those
//! are found in the cache file, which is written just before, and the graph of now follows the kept
//! one as that of any edit would. Nothing is kept that another build of this program has made, and a
//! file that is damaged is set aside and said: then all of it is made anew, as if there were none.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use coderoom_engine::{
    Body, Change, Code, CodeGraph, ContentHash, FileChange, Hints, KeptGraph, PersistError,
    RelPath, Session, Snapshot, Stamp, Text, Visibility,
};
use coderoom_system::{
    cache::{keep_derived, kept_derived, set_derived_aside},
    past,
};
use parking_lot::Mutex;

use super::derived::{maker, patiently};

/// So many questions, and what has changed is kept.
const EVERY: u64 = 50;
/// Larger files are neither written nor read.
const MAX_BYTES: usize = 256 << 20;
/// Where more files differ from those of the kept graph, a new one costs no more.
pub(super) const MOST_DIFFERING: usize = 400;

const GRAPH: &str = "graph";
const HISTORY: &str = "history";

/// What is kept of one workspace.
pub struct GraphFiles {
    /// Where cache directories are; `None`: nothing is kept.
    base: Option<PathBuf>,
    root: PathBuf,
    /// What there was before; let go when the graph is there.
    before: Mutex<Option<Before>>,
    questions: AtomicU64,
    written: Mutex<Written>,
    problem: Mutex<Option<String>>,
}

/// Texts that a kept graph may be of, beside those of now.
pub struct Before {
    /// The files as they were when the workspace was loaded.
    pub loaded: Arc<Snapshot>,
    /// What the cache file had of those that were others by then.
    pub replaced: Vec<Arc<Text>>,
}

/// What is on disk, as far as this process knows.
#[derive(Default)]
struct Written {
    questions: u64,
    graph: Option<ContentHash>,
    tip: Option<Vec<u8>>,
}

impl GraphFiles {
    /// What is kept of the workspace at `root` below the directory for caches.
    pub fn new(base: Option<PathBuf>, root: PathBuf, before: Before) -> GraphFiles {
        let before = base.is_some().then_some(before);
        GraphFiles {
            base,
            root,
            before: Mutex::new(before),
            questions: AtomicU64::new(0),
            written: Mutex::default(),
            problem: Mutex::default(),
        }
    }

    /// Somebody has asked a question.
    pub fn asked(&self) {
        self.questions.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether enough was asked since something was written.
    pub fn is_due(&self) -> bool {
        let asked = self.questions.load(Ordering::Relaxed);
        self.base.is_some() && asked.saturating_sub(self.written.lock().questions) >= EVERY
    }

    /// What went wrong, if anything did.
    pub fn problem(&self) -> Option<String> {
        self.problem.lock().clone()
    }

    /// The graph of `code`, by what was kept. `None` if nothing was that would help. `fork` is any
    /// session of the workspace.
    pub fn graph(
        &self,
        code: &Code,
        fork: &Session,
        hints: &Arc<Hints>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<CodeGraph> {
        let begun = Instant::now();
        let before = self.before.lock().take();
        let kept = self.read(GRAPH, |bytes| {
            let kept = KeptGraph::decode(bytes, maker())?;
            // What has not changed until the end is not written again.
            self.written.lock().graph = kept.as_ref().map(|_| ContentHash::of(bytes));
            Ok(kept)
        })?;
        let snapshot = code.snapshot();
        let differing = kept.differing(snapshot);
        let files = differing.len();
        let texts = before.filter(|_| files <= MOST_DIFFERING)?;
        let of = match texts.change(differing)? {
            change if change.is_empty() => Arc::clone(snapshot),
            change => fork.prepare(snapshot, change).ok()?,
        };
        let mut graph = kept.into_graph(&of, Arc::clone(hints))?;
        if !Arc::ptr_eq(&of, snapshot) {
            graph = CodeGraph::build(code, Some(&graph), Arc::clone(hints), stop)?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        tracing::info!(root = %self.root.display(), files, seconds, "the graph was read back");
        (!graph.stats().partial).then_some(graph)
    }

    /// The history, as far as it was kept.
    pub fn history(&self) -> Option<Arc<past::Past>> {
        let past = self.read(HISTORY, |bytes| past::Past::decode(bytes, maker()))?;
        self.written.lock().tip = Some(past.tip().to_vec());
        Some(Arc::new(past))
    }

    /// Keeps what is not kept yet. A failure is remembered for the status and harms nothing else.
    pub fn write(&self, graph: Option<&CodeGraph>, history: Option<&past::Past>) {
        if self.base.is_none() {
            return;
        }
        self.written.lock().questions = self.questions.load(Ordering::Relaxed);
        let kept = self.write_graph(graph).and_then(|()| self.write_history(history));
        let problem = kept.err().map(|why| {
            tracing::warn!(root = %self.root.display(), why, "the graph was not kept");
            format!("the graph was not kept for the next start: {why}")
        });
        *self.problem.lock() = problem;
    }

    fn write_graph(&self, graph: Option<&CodeGraph>) -> Result<(), String> {
        let Some(graph) = graph.filter(|it| it.piece_bytes() <= MAX_BYTES) else { return Ok(()) };
        let bytes = graph.encode(maker()).map_err(|err| err.to_string())?;
        let hash = ContentHash::of(&bytes);
        if bytes.len() > MAX_BYTES || self.written.lock().graph == Some(hash) {
            return Ok(());
        }
        self.put(GRAPH, &bytes)?;
        self.written.lock().graph = Some(hash);
        Ok(())
    }

    fn write_history(&self, history: Option<&past::Past>) -> Result<(), String> {
        let known = self.written.lock().tip.clone();
        // What lacks commits is read again at the next start: they may be there by then.
        let whole = history.filter(|it| it.damaged() == 0);
        let Some(past) = whole.filter(|it| known.as_deref() != Some(it.tip())) else {
            return Ok(());
        };
        let bytes = past.encode(maker()).map_err(|err| err.to_string())?;
        if bytes.len() > MAX_BYTES {
            return Ok(());
        }
        self.put(HISTORY, &bytes)?;
        self.written.lock().tip = Some(past.tip().to_vec());
        Ok(())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let Some(base) = &self.base else { return Ok(()) };
        // The cache file may be being written.
        let done = patiently(|| keep_derived(base, &self.root, name, bytes));
        done.map_err(|err| err.to_string())
    }

    /// What was kept under a name. What is damaged is set aside.
    fn read<T>(
        &self,
        name: &str,
        decode: impl FnOnce(&[u8]) -> Result<Option<T>, PersistError>,
    ) -> Option<T> {
        let base = self.base.as_ref()?;
        let why = match kept_derived(base, &self.root, name, MAX_BYTES as u64) {
            Ok(None) => return None,
            Ok(Some(bytes)) => match decode(&bytes) {
                Ok(kept) => return kept,
                // As if there were none: the next one takes its place.
                Err(PersistError::Version { .. }) => return None,
                Err(err) => err.to_string(),
            },
            Err(err) => err.to_string(),
        };
        let aside = patiently(|| set_derived_aside(base, &self.root, name));
        let aside = match aside {
            Ok(path) => format!("it was set aside as {}", path.display()),
            Err(err) => format!("and it cannot be set aside: {err}"),
        };
        let problem =
            format!("the kept {name} could not be read ({why}), {aside}; it is made anew");
        tracing::warn!(root = %self.root.display(), "{problem}");
        *self.problem.lock() = Some(problem);
        None
    }
}

impl Before {
    /// What makes the files of now into those that a graph is of; `None` if a text is not there any
    /// more.
    fn change(&self, differing: Vec<(RelPath, Option<ContentHash>)>) -> Option<Change> {
        let replaced: HashMap<ContentHash, &Arc<Text>> =
            self.replaced.iter().map(|text| (text.hash(), text)).collect();
        let mut change = Change::default();
        for (path, hash) in differing {
            let put = match hash {
                None => FileChange::Remove,
                Some(hash) => {
                    let file = self.loaded.file(&path).and_then(|file| file.text());
                    let text = file.filter(|text| text.hash() == hash);
                    let text = text.or_else(|| replaced.get(&hash).copied())?;
                    FileChange::Put {
                        body: Body::Text(Arc::clone(text)),
                        stamp: Stamp::default(),
                        visibility: Visibility::default(),
                    }
                }
            };
            change.files.insert(path, put);
        }
        Some(change)
    }
}
