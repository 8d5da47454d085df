//! Watches: which directory each one speaks for, and what its events make doubtful.
//!
//! Events are never taken at their word. They only say where to look; what is there now decides.
//! So a stale path, an event twice or one too many costs a look and nothing else.

mod outside;
#[cfg_attr(target_os = "linux", path = "inotify.rs")]
#[cfg_attr(not(target_os = "linux"), path = "absent.rs")]
mod queue;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use coderoom_engine::RelPath;
use parking_lot::Mutex;
use queue::{Event, Kind, Queue, WatchId};
use rustix::{fd::BorrowedFd, io::Errno};

use crate::rules::{REPOSITORY_MARKS, RULE_FILES};

/// What has to be looked at again.
#[derive(Default, Debug)]
pub(crate) struct Dirt {
    /// Events were lost.
    pub(crate) everything: bool,
    /// Paths at which something may have changed.
    pub(crate) names: BTreeSet<RelPath>,
    /// Directories whose attributes changed.
    pub(crate) attributes: BTreeSet<RelPath>,
    /// Directories below which other rules may apply.
    pub(crate) rules: BTreeSet<RelPath>,
}

impl Dirt {
    pub(crate) fn is_empty(&self) -> bool {
        !self.everything
            && self.names.is_empty()
            && self.attributes.is_empty()
            && self.rules.is_empty()
    }
}

/// What a watch speaks for.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    /// A directory of the workspace.
    Dir(RelPath),
    /// A file of the workspace that has other names, too.
    Linked(RelPath),
    /// Something that holds rules for a directory of the workspace: a file, or a directory of
    /// which only one of these names matters.
    Rules { of: RelPath, names: &'static [&'static [u8]] },
}

/// All watches of one workspace.
pub(crate) struct Watches {
    root: PathBuf,
    queue: Option<Queue>,
    max_watches: usize,
    book: Mutex<Book>,
    /// How many directories have no watch; read without the lock.
    unwatched: AtomicUsize,
}

#[derive(Default)]
struct Book {
    places: HashMap<WatchId, Vec<Place>>,
    dirs: BTreeMap<RelPath, WatchId>,
    linked: BTreeMap<RelPath, WatchId>,
    /// Directories that have no watch, or have linked files without one.
    unwatched: BTreeSet<RelPath>,
    /// The limit that was met first.
    limit: Option<&'static str>,
}

impl Watches {
    /// No watches yet. Without a queue every directory will count as unwatched.
    pub(crate) fn new(root: &Path, max_watches: Option<usize>) -> Watches {
        let queue = Queue::new();
        let mut book = Book::default();
        if let Err(error) = &queue {
            tracing::warn!(%error, "no queue for file system events: scanning again instead");
            book.limit = Some(queue::QUEUE_LIMIT);
        }
        Watches {
            root: root.to_path_buf(),
            queue: queue.ok(),
            max_watches: max_watches.unwrap_or(usize::MAX),
            book: Mutex::new(book),
            unwatched: AtomicUsize::new(0),
        }
    }

    /// Whether an event waits.
    pub(crate) fn has_events(&self) -> bool {
        self.queue.as_ref().is_some_and(Queue::has_events)
    }

    /// For waiting until an event comes.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.queue.as_ref().map(Queue::fd)
    }

    /// Watches a directory of the workspace, which is open as `dir`; again if it was another one.
    pub(crate) fn add_dir(&self, path: &RelPath, dir: BorrowedFd<'_>) {
        let mut book = self.book.lock();
        let is_full = book.count() >= self.max_watches && !book.dirs.contains_key(path);
        let result = match &self.queue {
            Some(queue) if !is_full => queue.add_dir(dir, &self.root.join(path.as_path())),
            _ => Err(Errno::NOSPC),
        };
        match result {
            Ok(watch) => {
                let old = book.dirs.insert(path.clone(), watch);
                self.let_go(&mut book, old.filter(|old| *old != watch), path);
                book.place(watch, Place::Dir(path.clone()));
                book.unwatched.remove(path);
            }
            Err(_) => {
                let old = book.dirs.remove(path);
                self.let_go(&mut book, old, path);
                book.limit.get_or_insert(queue::WATCH_LIMIT);
                book.unwatched.insert(path.clone());
            }
        }
        self.unwatched.store(book.unwatched.len(), Ordering::Release);
    }

    /// Watches a file that has other names. True if it was not watched before.
    pub(crate) fn add_linked(&self, path: &RelPath) -> bool {
        // Leaves most of the kernel's limit to directories.
        const MAX_LINKED: usize = 16 * 1024;
        let mut book = self.book.lock();
        let is_full = book.count() >= self.max_watches || book.linked.len() >= MAX_LINKED;
        let is_known = book.linked.contains_key(path);
        let result = match &self.queue {
            Some(queue) if is_known || !is_full => {
                queue.add_linked(&self.root.join(path.as_path()))
            }
            _ => Err(Errno::NOSPC),
        };
        match (result, path.parent()) {
            (Ok(watch), _) => {
                let old = book.linked.insert(path.clone(), watch);
                self.let_go(&mut book, old.filter(|old| *old != watch), path);
                book.place(watch, Place::Linked(path.clone()));
                old != Some(watch)
            }
            (Err(Errno::NOSPC), Some(dir)) => {
                book.limit.get_or_insert(queue::WATCH_LIMIT);
                book.unwatched.insert(dir);
                self.unwatched.store(book.unwatched.len(), Ordering::Release);
                true
            }
            _ => true,
        }
    }

    /// Ends the watches of `dir` and everything below.
    pub(crate) fn remove_within(&self, dir: &RelPath) {
        let mut book = self.book.lock();
        for path in within(&book.dirs, dir) {
            let watch = book.dirs.remove(&path);
            self.let_go(&mut book, watch, &path);
        }
        for path in within(&book.linked, dir) {
            let watch = book.linked.remove(&path);
            self.let_go(&mut book, watch, &path);
        }
        book.unwatched.retain(|path| !path.is_within(dir));
        self.unwatched.store(book.unwatched.len(), Ordering::Release);
    }

    /// A watch no longer speaks for `path`; it ends with its last place.
    fn let_go(&self, book: &mut Book, watch: Option<WatchId>, path: &RelPath) {
        let Some(watch) = watch else { return };
        let Some(places) = book.places.get_mut(&watch) else {
            return;
        };
        places.retain(|place| match place {
            Place::Dir(at) | Place::Linked(at) => at != path,
            Place::Rules { .. } => true,
        });
        if places.is_empty() {
            book.places.remove(&watch);
            if let Some(queue) = &self.queue {
                queue.remove(watch);
            }
        }
    }

    /// Watches a file that holds rules for `of`.
    pub(crate) fn add_rule_file(&self, file: &Path, of: &RelPath) {
        self.add_rules(of, &[], |queue| queue.add_file(file));
    }

    /// Watches for names in a directory that hold rules for `of`. False if it cannot be.
    fn add_rule_dir(&self, dir: &Path, of: &RelPath, names: &'static [&'static [u8]]) -> bool {
        self.add_rules(of, names, |queue| queue.add_names(dir))
    }

    fn add_rules(
        &self,
        of: &RelPath,
        names: &'static [&'static [u8]],
        add: impl Fn(&Queue) -> Result<WatchId, Errno>,
    ) -> bool {
        let mut book = self.book.lock();
        match self.queue.as_ref().map(add) {
            Some(Ok(watch)) => {
                let of = of.clone();
                book.place(watch, Place::Rules { of, names });
                true
            }
            Some(Err(Errno::NOSPC)) => {
                book.limit.get_or_insert(queue::WATCH_LIMIT);
                false
            }
            _ => false,
        }
    }

    /// Takes all queued events and notes what they make doubtful.
    pub(crate) fn drain(&self, dirt: &mut Dirt) {
        if let Some(queue) = &self.queue {
            let mut book = self.book.lock();
            queue.drain(|event| book.note(&event, dirt));
        }
    }

    /// How many directories have a watch.
    pub(crate) fn watched(&self) -> usize {
        self.book.lock().dirs.len()
    }

    /// How many directories have none, or files whose other names cannot be watched.
    pub(crate) fn unwatched(&self) -> usize {
        self.unwatched.load(Ordering::Acquire)
    }

    /// These directories.
    pub(crate) fn unwatched_dirs(&self) -> Vec<RelPath> {
        self.book.lock().unwatched.iter().cloned().collect()
    }

    /// What has to be raised so that all directories can be watched.
    pub(crate) fn limit(&self) -> Option<&'static str> {
        self.book.lock().limit
    }
}

impl Book {
    fn count(&self) -> usize {
        self.dirs.len() + self.linked.len()
    }

    fn place(&mut self, watch: WatchId, place: Place) {
        let places = self.places.entry(watch).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn note(&mut self, event: &Event<'_>, dirt: &mut Dirt) {
        if event.kind == Kind::Overflow {
            dirt.everything = true;
            return;
        }
        if event.kind == Kind::WatchEnded {
            for place in self.places.remove(&event.watch).unwrap_or_default() {
                match place {
                    Place::Rules { of, .. } => dirt.rules.insert(of),
                    Place::Dir(path) => {
                        if self.dirs.get(&path) == Some(&event.watch) {
                            self.dirs.remove(&path);
                        }
                        dirt.names.insert(path)
                    }
                    Place::Linked(path) => {
                        if self.linked.get(&path) == Some(&event.watch) {
                            self.linked.remove(&path);
                        }
                        dirt.names.insert(path)
                    }
                };
            }
            return;
        }
        for place in self.places.get(&event.watch).into_iter().flatten() {
            match place {
                Place::Dir(dir) => note_in_dir(dir, event, dirt),
                Place::Linked(path) => {
                    dirt.names.insert(path.clone());
                }
                Place::Rules { of, names } => {
                    if event.name.is_none_or(|name| names.contains(&name)) {
                        dirt.rules.insert(of.clone());
                    }
                }
            }
        }
    }
}

fn note_in_dir(dir: &RelPath, event: &Event<'_>, dirt: &mut Dirt) {
    let path = event.name.map_or_else(|| dir.clone(), |name| dir.join(name));
    match (event.kind, event.name) {
        (Kind::DirAttributes, _) => dirt.attributes.insert(path),
        (_, Some(name)) => {
            if RULE_FILES.contains(&name) || REPOSITORY_MARKS.contains(&name) {
                dirt.rules.insert(dir.clone());
            }
            dirt.names.insert(path)
        }
        (_, None) => dirt.names.insert(path),
    };
}

/// The keys at and below `dir`.
pub(crate) fn within<T>(map: &BTreeMap<RelPath, T>, dir: &RelPath) -> Vec<RelPath> {
    map.range(dir.clone()..)
        .map(|(path, _)| path)
        .take_while(|path| path.is_within(dir))
        .cloned()
        .collect()
}
