//! The walk: which files belong to a workspace, and what is known of the rest by name only.
//!
//! It lists what `rg --files --hidden` lists, minus `.git` directories, and says which of these a
//! plain `rg` would skip. A directory is put under watch before it is listed, so that nothing that
//! happens in between is missed. Symbolic links are neither followed nor listed.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use coderoom_engine::{RelPath, Stamp, Unheld, Visibility};
use parking_lot::{Condvar, Mutex};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{AtFlags, Dir, FileType, Stat},
    io::Errno,
};

use crate::{
    LoadOptions,
    root::{Root, file_type, is_absence, is_linked, stamp, words},
    rules::{REPOSITORY_MARKS, RULE_FILES, Rules, Standing},
    watch::Watches,
};

/// What a walk found, everything in path order.
#[derive(Default, Debug)]
pub struct Listing {
    /// The files that belong to the workspace.
    pub files: Vec<Listed>,
    /// The directories that were visited.
    pub dirs: Vec<(RelPath, Access)>,
    /// What the ignore rules (or being `.git`) keep out.
    pub unheld: Vec<Unheld>,
    /// What could not be looked at, with the operating system's words.
    pub problems: Vec<(RelPath, String)>,
    /// Directories that belong but were known and left alone.
    pub(crate) passed: Vec<RelPath>,
}

/// A file that belongs to the workspace.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is.
    pub path: RelPath,
    /// What `stat` says (`read_ns` is zero), or zeros if it says nothing.
    pub stamp: Stamp,
    /// Who sees it.
    pub visibility: Visibility,
    /// It has other names, through which it can change without its directory telling.
    pub is_linked: bool,
}

/// Who may enter a directory: a change of it changes what can be read below.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Access {
    mode: u32,
    owner: (u32, u32),
}

impl Access {
    pub(crate) fn of(stat: &Stat) -> Access {
        Access { mode: stat.st_mode, owner: (stat.st_uid, stat.st_gid) }
    }
}

/// Lists the workspace at `root`.
///
/// # Errors
/// If `root` cannot be opened as a directory.
pub fn scan(root: &Path, options: &LoadOptions) -> std::io::Result<Listing> {
    let root = Root::open(root)?;
    let walk = Walk { root: &root, options, watches: None, pass: None };
    Ok(walk.run(vec![RelPath::root()]))
}

/// A walk over some directories of a workspace.
pub(crate) struct Walk<'a> {
    pub(crate) root: &'a Root,
    pub(crate) options: &'a LoadOptions,
    /// Told of each directory before it is listed.
    pub(crate) watches: Option<&'a Watches>,
    /// Directories below the starting ones that need no visit.
    pub(crate) pass: Option<&'a (dyn Fn(&RelPath) -> bool + Sync)>,
}

struct Job {
    dir: RelPath,
    standing: Standing,
}

/// The directories still to visit, and how many are being visited.
#[derive(Default)]
struct Queue {
    jobs: Mutex<(Vec<Job>, usize)>,
    changed: Condvar,
}

impl Queue {
    /// The next job; nothing once all are done. Its end must be told with `done`.
    fn next(&self) -> Option<Job> {
        let mut state = self.jobs.lock();
        loop {
            if let Some(job) = state.0.pop() {
                state.1 += 1;
                return Some(job);
            }
            if state.1 == 0 {
                return None;
            }
            self.changed.wait(&mut state);
        }
    }

    fn done(&self, found: &mut Vec<Job>) {
        let mut state = self.jobs.lock();
        state.1 -= 1;
        state.0.append(found);
        self.changed.notify_all();
    }
}

impl Walk<'_> {
    /// Visits `starts` and what belongs to the workspace below them. A start that does not belong
    /// is not visited.
    pub(crate) fn run(&self, starts: Vec<RelPath>) -> Listing {
        let is_whole = starts.iter().any(RelPath::is_root);
        let threads = if is_whole { self.options.threads() } else { 1 };
        let mut rules = self.rules();
        let queue = Queue::default();
        let jobs = starts.into_iter().filter_map(|dir| {
            let standing = rules.standing(&dir)?;
            Some(Job { dir, standing })
        });
        queue.jobs.lock().0 = jobs.collect();
        let mut whole = Listing::default();
        std::thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads).map(|_| scope.spawn(|| self.work(&queue, self.rules()))).collect();
            whole = self.work(&queue, rules);
            for other in others {
                match other.join() {
                    Ok(part) => whole.append(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        whole.sort();
        whole
    }

    fn rules(&self) -> Rules<'_> {
        Rules::new(self.root.path(), self.options.no_ignore)
    }

    fn work(&self, queue: &Queue, mut rules: Rules<'_>) -> Listing {
        let mut listing = Listing::default();
        let mut found = Vec::new();
        while let Some(job) = queue.next() {
            self.visit(&job, &mut rules, &mut listing, &mut found);
            queue.done(&mut found);
        }
        listing
    }

    fn visit(&self, job: &Job, rules: &mut Rules<'_>, listing: &mut Listing, found: &mut Vec<Job>) {
        let (dir, access, entries) = match self.list(&job.dir) {
            Ok(parts) => parts,
            Err(error) => {
                if !is_absence(error) {
                    let access = match self.root.stat(&job.dir) {
                        Ok(stat) => Access::of(&stat),
                        Err(_) => Access::default(),
                    };
                    listing.dirs.push((job.dir.clone(), access));
                    listing.problems.push((job.dir.clone(), words(error)));
                }
                return;
            }
        };
        listing.dirs.push((job.dir.clone(), access));
        self.watch_rules(&job.dir, &entries);
        for (name, kind) in entries {
            let path = job.dir.join(&name);
            let is_dir = match kind {
                FileType::Directory => true,
                FileType::RegularFile => false,
                _ => continue,
            };
            let visibility = rules.judge(&job.standing, &path, is_dir);
            if !rules.admits(visibility) || (is_dir && name == b".git") {
                listing.unheld.push(Unheld { path, is_dir, visibility });
            } else if !is_dir {
                listing.push_file(&dir, path, visibility);
            } else if self.pass.is_some_and(|pass| pass(&path)) {
                listing.passed.push(path);
            } else {
                let standing = rules.enter(&job.standing, &path, visibility);
                found.push(Job { dir: path, standing });
            }
        }
    }

    /// Watches a directory, then lists it.
    #[allow(clippy::type_complexity)]
    fn list(&self, path: &RelPath) -> Result<(OwnedFd, Access, Vec<(Vec<u8>, FileType)>), Errno> {
        let dir = self.root.dir(path)?;
        if let Some(watches) = self.watches {
            watches.add_dir(path, dir.as_fd());
        }
        let access = Access::of(&rustix::fs::fstat(&dir)?);
        let mut entries = Vec::new();
        for entry in Dir::read_from(&dir)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => {
                    match rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                        Ok(stat) => file_type(&stat),
                        Err(_) => continue,
                    }
                }
                kind => kind,
            };
            entries.push((name.to_vec(), kind));
        }
        Ok((dir, access, entries))
    }

    /// Watches what decides about this directory from elsewhere, before its rules are read: the
    /// excludes of a repository, and rule files that are links.
    fn watch_rules(&self, dir: &RelPath, entries: &[(Vec<u8>, FileType)]) {
        let Some(watches) = self.watches else { return };
        for (name, kind) in entries {
            let name = name.as_slice();
            if REPOSITORY_MARKS.contains(&name) {
                watches.add_repository(self.root.path(), dir);
            } else if *kind == FileType::Symlink && RULE_FILES.contains(&name) {
                let path = self.root.path().join(dir.join(name).as_path());
                watches.add_rule_file(&path, dir);
            }
        }
    }
}

impl Listing {
    fn push_file(&mut self, dir: &OwnedFd, path: RelPath, visibility: Visibility) {
        match rustix::fs::statat(dir, path.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => self.files.push(Listed {
                path,
                stamp: stamp(&stat, 0),
                visibility,
                is_linked: is_linked(&stat),
            }),
            Err(error) if is_absence(error) => {}
            Err(error) => {
                self.problems.push((path.clone(), words(error)));
                self.files.push(Listed {
                    path,
                    stamp: Stamp::default(),
                    visibility,
                    is_linked: false,
                });
            }
        }
    }

    fn append(&mut self, mut other: Listing) {
        self.files.append(&mut other.files);
        self.dirs.append(&mut other.dirs);
        self.unheld.append(&mut other.unheld);
        self.problems.append(&mut other.problems);
        self.passed.append(&mut other.passed);
    }

    /// Sorts everything; a path that two walks of one run met is kept once.
    fn sort(&mut self) {
        self.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.files.dedup_by(|a, b| a.path == b.path);
        self.dirs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        self.dirs.dedup_by(|a, b| a.0 == b.0);
        self.unheld.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.unheld.dedup_by(|a, b| a.path == b.path);
        self.problems.sort_unstable();
        self.passed.sort_unstable();
    }
}

/// Runs `work` for every index below `count`, on `threads` threads; results in order of index.
pub(crate) fn in_parallel<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(run)).collect();
        let mut results = run();
        for other in others {
            match other.join() {
                Ok(mut part) => results.append(&mut part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
