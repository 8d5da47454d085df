//! The workspaces in memory: each loaded once, shared by every client, let go when memory is short.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use coderoom_engine::{Lessons, RelPath, Shelf, TextStore};
use coderoom_system::{
    LoadOptions, Memory, Workspace,
    cache::{self, Cache, Meta, Recall},
    lsp::Pool,
};
use parking_lot::{Condvar, Mutex};

pub use super::located::Located;
pub use coderoom_system::Freshness;

use super::{
    code::RoomCode,
    code_files::CodeFiles,
    compiled::Compiled,
    config::Config,
    graph::RoomGraph,
    graph_files::{Before, GraphFiles, MOST_DIFFERING},
    kept::Kept,
    revisions::Revisions,
    sessions::Sessions,
    trails::Trails,
};
use crate::{
    error::{Code, OpError},
    ops::{Context, load},
};

/// All workspaces of one daemon.
pub struct Rooms {
    config: Config,
    store: TextStore,
    started: Instant,
    slots: Mutex<HashMap<PathBuf, Slot>>,
    /// Signals that a slot has changed.
    changed: Condvar,
    evictions: AtomicU64,
    /// Facts of sources that were used lately.
    shelf: Arc<Shelf>,
    /// Queries that were asked before.
    pub compiled: Compiled,
    /// The edit sessions.
    pub sessions: Sessions,
    /// The type checkers that `validate` asks.
    pub checkers: Pool,
}

/// What is known of a root.
enum Slot {
    /// Somebody is loading it; others wait.
    Loading,
    /// It is in memory.
    Ready(Arc<Room>),
}

/// One workspace in memory.
pub struct Room {
    /// The workspace.
    pub workspace: Arc<Workspace>,
    /// What its code says.
    pub code: Arc<RoomCode>,
    /// Its words, history and graph.
    pub graph: RoomGraph,
    /// What it was taught.
    pub lessons: Kept<Lessons>,
    /// Commits that it was compared with.
    pub revisions: Revisions,
    /// Where agents have left off.
    pub trails: Kept<Trails>,
    /// Milliseconds after the daemon's start.
    last_used: AtomicU64,
    /// How many queries it has answered.
    pub queries: AtomicU64,
    /// Files that came from the cache file when it was loaded.
    pub recalled: usize,
    /// Seconds that loading took.
    pub load_seconds: f64,
    /// What went wrong with its cache file, if anything did.
    pub cache_problem: Mutex<Option<String>>,
    /// The revision that the cache file has.
    persisted: AtomicU64,
    last_persist: Mutex<Instant>,
}

/// No revision: there is no cache file of this load yet.
const NEVER: u64 = u64::MAX;
/// How old the cache file of a changing workspace may grow.
const PERSIST_EVERY: Duration = Duration::from_secs(300);

impl Rooms {
    /// No workspaces yet.
    pub fn new(config: Config) -> Rooms {
        let shelf = Arc::new(Shelf::new(config.facts_budget));
        let store = TextStore::default();
        Rooms {
            sessions: Sessions::new(config.state_dir.clone(), store.clone()),
            config,
            shelf,
            store,
            started: Instant::now(),
            slots: Mutex::default(),
            changed: Condvar::new(),
            evictions: AtomicU64::new(0),
            compiled: Compiled::default(),
            checkers: Pool::default(),
        }
    }

    /// The bounds it keeps to.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Threads for one large query.
    pub fn threads(&self) -> usize {
        self.config.threads
    }

    /// How often a workspace was put away because memory was short.
    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    /// Bytes of facts that are kept unpacked, for all workspaces together.
    pub fn unpacked_facts(&self) -> u64 {
        self.shelf.bytes()
    }

    /// How long the daemon has been up.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The workspaces in memory, by root.
    pub fn list(&self) -> Vec<Arc<Room>> {
        let slots = self.slots.lock();
        let mut rooms: Vec<Arc<Room>> = slots.values().filter_map(Slot::ready).cloned().collect();
        rooms.sort_by(|a, b| a.root().cmp(b.root()));
        rooms
    }

    /// Finds the workspace that holds `path`, loading it if need be, and a fresh snapshot of it.
    ///
    /// # Errors
    /// If there is no such directory, or the path is empty and does not tell which one is meant.
    pub fn locate(&self, path: &str, context: &Context) -> Result<Located, OpError> {
        if path.is_empty()
            && !context.session.is_empty()
            && let Some(session) = self.sessions.named(&context.session)
        {
            let (room, root) = (Arc::clone(&session.room), session.room.root().to_path_buf());
            return self.enter(room, &root, context);
        }
        let path = self.meant_path(path)?;
        let room = match self.holding(&path) {
            Some(room) => room,
            None => {
                let root = workspace_root(&path)?;
                context.progress.doing(format!("loading {}", root.display()));
                self.open(&root, &self.load_options(None, None), context)?
            }
        };
        self.enter(room, &path, context)
    }

    /// As `locate`, but never loads anything.
    ///
    /// # Errors
    /// `not_resident` if no loaded workspace holds the path.
    pub fn locate_resident(&self, path: &Path, context: &Context) -> Result<Located, OpError> {
        let room = self.holding(path).ok_or_else(|| {
            let message = format!("no loaded workspace holds {}", path.display());
            OpError::new(Code::NotResident, message)
        })?;
        self.enter(room, path, context)
    }

    /// Loads a root with the options given, or finds it loaded.
    ///
    /// # Errors
    /// If it is not a directory that can be read.
    pub fn load(&self, params: &load::Params, context: &Context) -> Result<Arc<Room>, OpError> {
        let root = canonical(Path::new(&params.root))?;
        if !root.is_dir() {
            let message = format!("{} is not a directory", root.display());
            return Err(OpError::new(Code::UnknownWorkspace, message));
        }
        context.progress.doing(format!("loading {}", root.display()));
        let options = self.load_options(Some(params.no_ignore), params.max_file_size);
        self.open(&root, &options, context)
    }

    /// Lets a workspace go; its cache file is written first.
    ///
    /// # Errors
    /// `not_resident` if it is not loaded.
    pub fn unload(&self, path: &str) -> Result<PathBuf, OpError> {
        let path = self.meant_path(path)?;
        let room = self.slots.lock().get(&path).and_then(Slot::ready).cloned();
        let Some(room) = room else {
            let message = format!("{} is not the root of a loaded workspace", path.display());
            return Err(OpError::new(Code::NotResident, message));
        };
        // Resumed from their journals when named. One that stays would go on with this workspace
        // beside the next, and each would write over what the other keeps.
        if !self.sessions.park(&room) {
            let message = "an edit session of it is at work, or has `memory.lru_eviction: false`: \
                           close it (`session_list` names them), or try again";
            return Err(OpError::new(Code::Busy, message));
        }
        self.checkers.forget(room.root());
        self.put_away(&room);
        Ok(path)
    }

    /// Writes every workspace's cache file and lets all of them go.
    pub fn close(&self) {
        self.checkers.close();
        self.sessions.settle();
        for room in self.list() {
            self.put_away(&room);
        }
    }

    fn load_options(&self, no_ignore: Option<bool>, max_file_size: Option<u64>) -> LoadOptions {
        LoadOptions {
            no_ignore: no_ignore.unwrap_or(false) || self.config.no_ignore,
            max_file_size: max_file_size.unwrap_or(self.config.max_file_size),
            threads: self.config.threads,
            max_watches: self.config.max_watches,
        }
    }

    /// The path that a client's words mean.
    fn meant_path(&self, path: &str) -> Result<PathBuf, OpError> {
        if !path.is_empty() {
            return canonical(Path::new(path));
        }
        let rooms = self.list();
        match &rooms[..] {
            [room] => Ok(room.root().to_path_buf()),
            [] => Err(OpError::new(
                Code::UnknownWorkspace,
                "no workspace is loaded: give `workspace` as the absolute path of a directory",
            )),
            _ => {
                let roots: Vec<_> = rooms.iter().map(|r| r.root().display().to_string()).collect();
                let message =
                    format!("several workspaces are loaded, say which: {}", roots.join(", "));
                Err(OpError::new(Code::UnknownWorkspace, message))
            }
        }
    }

    /// The innermost loaded workspace that holds `path`.
    fn holding(&self, path: &Path) -> Option<Arc<Room>> {
        let slots = self.slots.lock();
        path.ancestors().find_map(|dir| slots.get(dir)?.ready().cloned())
    }

    /// Takes a fresh snapshot for a query about `path`.
    fn enter(&self, room: Arc<Room>, path: &Path, context: &Context) -> Result<Located, OpError> {
        room.last_used.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
        room.queries.fetch_add(1, Ordering::Relaxed);
        let session = match &context.session[..] {
            "" => None,
            name => Some(self.sessions.find(&room, name)?),
        };
        // The workspace may have been let go and loaded again meanwhile.
        let room = session.as_ref().map_or(room, |session| Arc::clone(&session.room));
        let deadline = context.deadline.min(Instant::now() + self.config.fresh_time);
        let (trunk, freshness) = match &session {
            None => room.workspace.fresh(deadline),
            // What a session sees does not depend on the disk.
            Some(_) => (room.workspace.snapshot(), Freshness::Exact),
        };
        let snapshot = match &session {
            None => Arc::clone(&trunk),
            Some(session) => Arc::clone(session.state().snapshot()),
        };
        if freshness == Freshness::Gone {
            let message = format!("the workspace's root {} is gone", room.root().display());
            return Err(OpError::new(Code::WorkspaceGone, message));
        }
        let below = path.strip_prefix(room.root()).unwrap_or(Path::new(""));
        let mut base = RelPath::new(std::os::unix::ffi::OsStrExt::as_bytes(below.as_os_str()))?;
        if snapshot.file(&base).is_some() {
            base = base.parent().unwrap_or_else(RelPath::root);
        }
        Ok(Located { room, snapshot, trunk, session, freshness, base })
    }

    /// Loads a root unless it is there; one thread loads, others wait for it.
    fn open(
        &self,
        root: &Path,
        options: &LoadOptions,
        context: &Context,
    ) -> Result<Arc<Room>, OpError> {
        let mut slots = self.slots.lock();
        loop {
            match slots.get(root) {
                Some(Slot::Ready(room)) => return Ok(Arc::clone(room)),
                Some(Slot::Loading) => {
                    self.changed.wait_for(&mut slots, Duration::from_millis(20));
                    if let Some(reason) = context.interruption() {
                        return Err(reason);
                    }
                }
                None => break,
            }
        }
        slots.insert(root.to_path_buf(), Slot::Loading);
        drop(slots);
        let mut loading = LoadingSlot { rooms: self, root, room: None };
        let room = Arc::new(self.load_room(root, options)?);
        loading.room = Some(Arc::clone(&room));
        drop(loading);
        self.make_room(&room);
        Ok(room)
    }

    /// Loads a root from its cache file as far as that holds, and from the disk.
    fn load_room(&self, root: &Path, options: &LoadOptions) -> Result<Room, OpError> {
        let begun = Instant::now();
        let recall = self.recall(root, options);
        let memory = recall.as_ref().map(|recall| recall as &dyn Memory);
        let store = self.store.clone();
        let workspace = Workspace::open_with(root, options.clone(), store, memory, &|_| ())
            .map_err(|err| OpError::new(Code::UnknownWorkspace, err.to_string()))?;
        let recall_imports = self.recall_imports(root);
        let files = CodeFiles::new(self.config.cache_dir.clone(), root.to_path_buf());
        let shelf = Arc::clone(&self.shelf);
        let code = RoomCode::new(shelf, self.config.threads, files, recall_imports);
        let loaded = workspace.snapshot();
        code.build(&loaded);
        let replaced = recall.as_ref().map(|recall| recall.replaced(&loaded, MOST_DIFFERING));
        let before = Before { loaded, replaced: replaced.unwrap_or_default() };
        let keep = GraphFiles::new(self.config.cache_dir.clone(), root.to_path_buf(), before);
        let fork = workspace.fork();
        Ok(Room {
            workspace,
            code,
            graph: RoomGraph::new(root.to_path_buf(), keep, fork),
            lessons: Kept::new(self.config.state_dir.as_deref(), root),
            revisions: Revisions::new(self.store.clone()),
            trails: Kept::new(self.config.state_dir.as_deref(), root),
            last_used: AtomicU64::new(self.started.elapsed().as_millis() as u64),
            queries: AtomicU64::new(0),
            recalled: recall.map_or(0, |recall| recall.kept()),
            load_seconds: begun.elapsed().as_secs_f64(),
            cache_problem: Mutex::new(None),
            persisted: AtomicU64::new(NEVER),
            last_persist: Mutex::new(Instant::now()),
        })
    }

    fn recall(&self, root: &Path, options: &LoadOptions) -> Option<Recall> {
        let base = self.config.cache_dir.as_deref()?;
        Recall::open(base, root, options, self.store.clone())
            .inspect_err(|err| {
                tracing::debug!(root = %root.display(), %err, "loading without a cache file");
            })
            .ok()
    }

    /// Writes the cache files that are missing, and now and then those that are out of date.
    /// Called every few seconds by the daemon.
    pub fn keep_house(&self) {
        for session in self.sessions.in_memory() {
            session.keep_house();
        }
        self.checkers.keep_house();
        for room in self.list() {
            room.revisions.keep_house();
            let never = room.persisted.load(Ordering::Relaxed) == NEVER;
            if never || room.last_persist.lock().elapsed() > PERSIST_EVERY {
                self.persist(&room);
            }
            room.code.keep();
            if room.graph.is_due() {
                self.keep_graph(&room);
            }
        }
    }

    /// Keeps the graph for the next start, and the texts that it is of.
    fn keep_graph(&self, room: &Room) {
        self.persist(room);
        room.graph.keep(|| room.code.of(&room.workspace.snapshot()));
    }

    /// Writes the cache file of a workspace, if cache files are kept and it is out of date; a
    /// failure is remembered for the status and harms nothing else.
    fn persist(&self, room: &Room) {
        let Some(base) = &self.config.cache_dir else { return };
        let revision = room.workspace.snapshot().revision();
        if room.persisted.swap(revision, Ordering::Relaxed) == revision {
            return;
        }
        *room.last_persist.lock() = Instant::now();
        let stored = Cache::lock(base, room.root()).and_then(|mut cache| {
            let options = room.workspace.options().fingerprint();
            let meta = Meta { options, dirs: Vec::new() };
            cache.store(&room.workspace.snapshot(), &meta)
        });
        let problem = stored.err().map(|err| {
            tracing::warn!(root = %room.root().display(), %err, "no cache file was written");
            format!("no cache file was written: {err}")
        });
        *room.cache_problem.lock() = problem;
        if let Err(err) = cache::prune(base, self.config.cache_budget) {
            tracing::warn!(%err, "cannot prune cache files");
        }
    }

    /// Puts the least recently used workspaces away until the budget is kept, but never `newest`.
    fn make_room(&self, newest: &Arc<Room>) {
        let mut rooms = self.list();
        rooms.sort_by_key(|room| room.last_used.load(Ordering::Relaxed));
        let mut held: u64 = rooms.iter().map(|room| room.bytes()).sum();
        for room in rooms {
            if held <= self.config.memory_budget {
                return;
            }
            if !Arc::ptr_eq(&room, newest) && self.sessions.park(&room) {
                held -= room.bytes();
                tracing::info!(root = %room.root().display(), "putting a workspace away");
                self.evictions.fetch_add(1, Ordering::Relaxed);
                self.put_away(&room);
            }
        }
    }

    /// Writes the cache file, then forgets the workspace. Queries that are under way finish on the
    /// snapshot they have.
    fn put_away(&self, room: &Arc<Room>) {
        self.keep_graph(room);
        room.code.keep();
        let mut slots = self.slots.lock();
        if let Some(Slot::Ready(held)) = slots.get(room.root())
            && Arc::ptr_eq(held, room)
        {
            slots.remove(room.root());
        }
        drop(slots);
        room.code.stop();
        room.graph.stop();
        room.revisions.stop();
        self.changed.notify_all();
    }
}

/// The claim on a root while it loads: settled on every way out, panics included.
struct LoadingSlot<'a> {
    rooms: &'a Rooms,
    root: &'a Path,
    room: Option<Arc<Room>>,
}

impl Drop for LoadingSlot<'_> {
    fn drop(&mut self) {
        let mut slots = self.rooms.slots.lock();
        match self.room.take() {
            Some(room) => slots.insert(self.root.to_path_buf(), Slot::Ready(room)),
            None => slots.remove(self.root),
        };
        drop(slots);
        self.rooms.changed.notify_all();
    }
}

impl Slot {
    fn ready(&self) -> Option<&Arc<Room>> {
        match self {
            Slot::Ready(room) => Some(room),
            Slot::Loading => None,
        }
    }
}

impl Room {
    /// The workspace's root.
    pub fn root(&self) -> &Path {
        self.workspace.root()
    }

    /// Bytes of text, postings, facts and names that it holds.
    pub fn bytes(&self) -> u64 {
        let snapshot = self.workspace.snapshot();
        snapshot.totals().text_bytes + snapshot.index_bytes() + self.code.bytes()
    }
}

/// The real path, without links.
fn canonical(path: &Path) -> Result<PathBuf, OpError> {
    if !path.is_absolute() {
        let message = format!("`{}` is not an absolute path", path.display());
        return Err(OpError::new(Code::BadParameter, message));
    }
    path.canonicalize().map_err(|err| {
        let message = format!("there is no {}: {err}", path.display());
        OpError::new(Code::UnknownWorkspace, message)
    })
}

/// The root to load for a path that nobody has loaded: the repository it is in, or the directory
/// itself. Whole disks and home directories are only loaded when asked for by name.
fn workspace_root(path: &Path) -> Result<PathBuf, OpError> {
    let dir = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let root = dir.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(dir);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    if root.parent().is_none() || home.as_deref() == Some(root) {
        let message = format!(
            "{} is no workspace: name a project's directory, or load it with `coderoom load`",
            root.display()
        );
        return Err(OpError::new(Code::UnknownWorkspace, message));
    }
    Ok(root.to_path_buf())
}
