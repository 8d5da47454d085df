//! The disk as the author of a workspace's trunk.
//!
//! One thread owns the watches and turns what happens on disk into changes of the trunk. A query
//! asks `fresh` first: if the kernel has no event queued and the author is not at work, the current
//! snapshot has every write that was finished before; otherwise the query waits for the author.

mod fold;
mod reconcile;
mod run;
#[cfg(test)]
mod tests;
mod tickets;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use coderoom_engine::{Body, RelPath, Session, Snapshot, TextStore, Totals};
use parking_lot::Mutex;

use crate::{LoadOptions, Memory, Progress, Timings, load::Loader, root::Root, watch::Watches};
use fold::Folder;
use reconcile::Tree;
use tickets::Tickets;

/// Directories without a watch are scanned again at most so often.
const RESCAN_EVERY: Duration = Duration::from_secs(2);

/// How true to the disk a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// It has every write that was finished before it was asked for.
    Exact,
    /// So it has, except below directories that cannot be watched: these were scanned so long ago.
    Rescanned {
        /// Time since then.
        age: Duration,
    },
    /// The deadline came before everything was read.
    Late,
    /// The root is gone; it is looked for at every query.
    Gone,
}

/// Why a workspace cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The root is not there, is no directory or may not be entered.
    #[error("cannot open the directory `{}`: {source}", .root.display())]
    Root {
        /// What was asked for.
        root: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// The operating system gives no thread or pipe.
    #[error("cannot start watching `{}`: {source}", .root.display())]
    Start {
        /// The canonical root.
        root: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

/// What there is to say about a workspace.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Status {
    /// Its canonical root.
    pub root: PathBuf,
    /// The root is gone: moved, removed or replaced.
    pub is_gone: bool,
    /// Counts up with every change.
    pub revision: u64,
    /// How much it holds.
    pub totals: Totals,
    /// Bytes of postings.
    pub index_bytes: u64,
    /// Files that no segment covers yet.
    pub uncovered_files: usize,
    /// Segments.
    pub segments: usize,
    /// Names that are known and not held.
    pub unheld: usize,
    /// How it is kept true to the disk.
    pub watch: WatchStatus,
    /// What could not be looked at, with the operating system's words.
    pub problems: Vec<(String, String)>,
    /// What the load took.
    pub load: Timings,
}

/// How a workspace is kept true to the disk.
#[derive(Clone, Debug, serde::Serialize)]
pub struct WatchStatus {
    /// Directories that are watched.
    pub watched_dirs: usize,
    /// Directories that are scanned again and again instead.
    pub unwatched_dirs: usize,
    /// What has to be raised to watch them, in the terms of the operating system.
    pub limit: Option<&'static str>,
}

/// A directory tree in memory, kept true to the disk.
pub struct Workspace {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads of a workspace share.
struct Shared {
    root: PathBuf,
    options: LoadOptions,
    store: TextStore,
    session: Session,
    watches: Watches,
    tickets: Tickets,
    folder: Folder,
    /// Set before the author takes events from the queue, cleared after it has published.
    is_busy: AtomicBool,
    is_gone: AtomicBool,
    rescanned: Mutex<Instant>,
    problems: Mutex<Vec<(RelPath, String)>>,
    load: Timings,
}

impl Workspace {
    /// Loads the tree at `root` and starts to keep it true. `store` may be shared by workspaces.
    ///
    /// # Errors
    /// If the root cannot be opened, or the operating system gives no thread.
    pub fn open(
        root: &Path,
        options: LoadOptions,
        store: TextStore,
    ) -> Result<Arc<Workspace>, OpenError> {
        Workspace::open_with(root, options, store, None, &|_| ())
    }

    /// As `open`, with what an earlier run remembers, and telling of its progress.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_with(
        root: &Path,
        options: LoadOptions,
        store: TextStore,
        memory: Option<&dyn Memory>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Arc<Workspace>, OpenError> {
        let tree = prepare(root, options, store, memory, progress)?;
        let shared = tree.shared();
        let no_start = |source| OpenError::Start { root: shared.root.clone(), source };
        let workspace =
            Arc::new(Workspace { shared: Arc::clone(&shared), threads: Mutex::default() });
        let folder = Arc::clone(&shared);
        workspace
            .start("author", move || run::run(tree))
            .and_then(|()| workspace.start("fold", move || fold::run(&folder)))
            .map_err(no_start)?;
        Ok(workspace)
    }

    fn start(&self, name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        self.threads.lock().push(builder.spawn(body)?);
        Ok(())
    }

    /// A snapshot that has every write to disk that was finished before this call, unless it takes
    /// longer than until `deadline` or part of the tree cannot be watched: then it says so.
    ///
    /// Costs about a microsecond if nothing has happened.
    pub fn fresh(&self, deadline: Instant) -> (Arc<Snapshot>, Freshness) {
        let shared = &self.shared;
        let in_time = shared.is_true_to_disk() || shared.tickets.wait(deadline);
        let freshness = shared.freshness(in_time);
        (shared.session.snapshot(), freshness)
    }

    /// The current snapshot, however true to the disk it is.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.session.snapshot()
    }

    /// A session of one's own over the current snapshot.
    pub fn fork(&self) -> Session {
        self.shared.session.fork()
    }

    /// The canonical root.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// The options that it was opened with.
    pub fn options(&self) -> &LoadOptions {
        &self.shared.options
    }

    /// What there is to say about it.
    pub fn status(&self) -> Status {
        let shared = &self.shared;
        let snapshot = shared.session.snapshot();
        let (uncovered_files, segments) = snapshot.coverage();
        let described = |(path, words): &(RelPath, String)| (path.to_string(), words.clone());
        let mut problems: Vec<_> = shared.problems.lock().iter().map(described).collect();
        if snapshot.totals().unreadable_files > 0 {
            problems.extend(snapshot.files().filter_map(|file| match &file.body {
                Body::Unreadable(words) => Some((file.path.to_string(), words.to_string())),
                _ => None,
            }));
        }
        Status {
            root: shared.root.clone(),
            is_gone: shared.is_gone.load(Ordering::SeqCst),
            revision: snapshot.revision(),
            totals: snapshot.totals(),
            index_bytes: snapshot.index_bytes(),
            uncovered_files,
            segments,
            unheld: snapshot.unheld().len(),
            watch: WatchStatus {
                watched_dirs: shared.watches.watched(),
                unwatched_dirs: shared.watches.unwatched(),
                limit: shared.watches.limit(),
            },
            problems,
            load: shared.load,
        }
    }

    /// Stops the threads; snapshots stay valid, and `fresh` is `Late` from now on.
    pub fn shutdown(&self) {
        self.shared.tickets.stop();
        self.shared.folder.stop();
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!(root = %self.shared.root.display(), "a workspace thread panicked");
            }
        }
    }
}

/// Watches and loads a tree; nothing keeps it true yet.
fn prepare(
    root: &Path,
    options: LoadOptions,
    store: TextStore,
    memory: Option<&dyn Memory>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Tree, OpenError> {
    let no_root = |source| OpenError::Root { root: root.to_path_buf(), source };
    let path = root.canonicalize().map_err(no_root)?;
    let held = Root::open(&path).map_err(|error| no_root(error.into()))?;
    let tickets = Tickets::new()
        .map_err(|error| OpenError::Start { root: path.clone(), source: error.into() })?;
    let watches = Watches::new(&path, options.max_watches);
    watches.add_outside(&path);
    let loader = Loader {
        root: &held,
        options: &options,
        store: &store,
        memory,
        watches: Some(&watches),
        progress,
    };
    let loaded = loader.run();
    let shared = Arc::new(Shared {
        root: path,
        options,
        store,
        session: loaded.session,
        watches,
        tickets,
        folder: Folder::default(),
        is_busy: AtomicBool::new(false),
        is_gone: AtomicBool::new(false),
        rescanned: Mutex::new(Instant::now()),
        problems: Mutex::new(loaded.problems),
        load: loaded.timings,
    });
    Ok(Tree::new(shared, held, loaded.dirs))
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    /// Whether the current snapshot has everything, without asking the author. The order counts:
    /// an event that has left the queue before we look is either published or the author is busy.
    fn is_true_to_disk(&self) -> bool {
        !self.watches.has_events()
            && !self.is_busy.load(Ordering::SeqCst)
            && !self.is_gone.load(Ordering::SeqCst)
            && !self.is_rescan_due()
            && !self.tickets.is_stopped()
    }

    fn is_rescan_due(&self) -> bool {
        self.watches.unwatched() > 0 && self.rescanned.lock().elapsed() >= RESCAN_EVERY
    }

    fn freshness(&self, in_time: bool) -> Freshness {
        if self.is_gone.load(Ordering::SeqCst) {
            Freshness::Gone
        } else if !in_time {
            Freshness::Late
        } else if self.watches.unwatched() > 0 {
            let age = self.rescanned.lock().elapsed();
            Freshness::Rescanned { age }
        } else {
            Freshness::Exact
        }
    }
}
