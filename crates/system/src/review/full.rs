//! Every path of a session's state, as `git add -A` would find them after a sync: what git tracks,
//! and what it does not and is not ignored.

use std::collections::{HashMap, HashSet};

use coderoom_engine::Snapshot;
use gix::{
    bstr::{BStr, ByteSlice},
    index::entry::{Flags, Mode},
    objs::tree::EntryKind,
};

use super::{
    blobs::{Item, Maker, kept},
    error::ReviewError,
    moment::{OnDisk, Seen, is_absence, unreadable},
    rules::dir_of,
};

/// A session's state as one list.
#[derive(Default)]
pub(super) struct Full {
    /// By path, as git orders them.
    pub(super) items: Vec<Item>,
    /// Those below a directory that is there as a whole: outside of a sparse checkout's cone.
    pub(super) within: Vec<(Vec<u8>, Option<Item>)>,
    /// Directories that are repositories of their own.
    pub(super) modules: Vec<Vec<u8>>,
    /// What is not in the list and perhaps should be.
    pub(super) notes: Vec<String>,
}

/// Lists the state. Costs a `stat` for each file that git tracks, a look into each directory that is
/// not ignored, and reading what differs from git's index.
///
/// # Errors
/// If files or directories cannot be read or stored.
pub(super) fn full(maker: &mut Maker<'_>) -> Result<Full, ReviewError> {
    let index = maker.index;
    let mut walk = Walk {
        tracked: index.entries().iter().map(|entry| entry.path(index)).collect(),
        real: HashMap::new(),
        found: HashSet::new(),
        full: Full::default(),
        maker,
    };
    walk.tracked_files()?;
    walk.others_on_disk(b"")?;
    let moment = walk.maker.moment;
    walk.others_held(moment.state.snapshot())?;
    let mut full = walk.full;
    full.items.sort_by(|a, b| a.path.cmp(&b.path));
    full.items.dedup_by(|a, b| a.path == b.path);
    let whole = |item: &&Item| item.kind == EntryKind::Tree;
    let whole: Vec<Vec<u8>> = full.items.iter().filter(whole).map(|it| it.path.clone()).collect();
    if !whole.is_empty() {
        let is_within = |item: &mut Item| module_of(&whole, &item.path).is_some();
        let within = full.items.extract_if(.., is_within);
        full.within = within.map(|item| (item.path.clone(), Some(item))).collect();
    }
    Ok(full)
}

struct Walk<'m, 'a> {
    maker: &'m mut Maker<'a>,
    tracked: HashSet<&'a BStr>,
    /// Whether a directory is one, without a link on the way.
    real: HashMap<Vec<u8>, bool>,
    /// Files that git does not track, found on disk.
    found: HashSet<Vec<u8>>,
    full: Full,
}

impl Walk<'_, '_> {
    fn tracked_files(&mut self) -> Result<(), ReviewError> {
        let index = self.maker.index;
        let mut last: &[u8] = b"\0";
        for entry in index.entries() {
            let path: &[u8] = entry.path(index);
            // Of the sides of a conflict, the working directory's counts.
            if path == last {
                continue;
            }
            last = path;
            let inside = self.maker.place.inside(path);
            let state = self.maker.moment.state;
            let is_dirty = inside.is_some_and(|rel| state.dirty_file(&rel).is_some());
            let item = if entry.mode == Mode::COMMIT {
                self.full.modules.push(path.to_vec());
                self.module(path, entry)?
            } else if entry.mode == Mode::DIR {
                kept(path.strip_suffix(b"/").unwrap_or(path), entry)
            } else if !is_dirty && self.is_left_alone(path, entry)? {
                kept(path, entry)
            } else if !is_dirty && !self.is_real(dir_of(path))? && !self.is_held(path) {
                None
            } else {
                self.maker.item(path)?
            };
            self.full.items.extend(item);
        }
        Ok(())
    }

    /// Whether git looks away: assumed to be unchanged, or outside of a sparse checkout's cone.
    fn is_left_alone(&self, path: &[u8], entry: &gix::index::Entry) -> Result<bool, ReviewError> {
        if entry.flags.contains(Flags::ASSUME_VALID) {
            return Ok(true);
        }
        let is_skipped = entry.flags.contains(Flags::SKIP_WORKTREE);
        Ok(is_skipped && matches!(self.maker.place.stat(path)?, OnDisk::Nothing))
    }

    fn is_held(&self, path: &[u8]) -> bool {
        let rel = self.maker.place.inside(path);
        rel.is_some_and(|rel| matches!(self.maker.moment.look(&rel), Seen::Held(..)))
    }

    fn is_real(&mut self, dir: &[u8]) -> Result<bool, ReviewError> {
        if dir.is_empty() {
            return Ok(true);
        }
        if let Some(real) = self.real.get(dir) {
            return Ok(*real);
        }
        let real = self.is_real(dir_of(dir))? && matches!(self.maker.place.stat(dir)?, OnDisk::Dir);
        self.real.insert(dir.to_vec(), real);
        Ok(real)
    }

    /// A submodule: the commit that is checked out in it.
    fn module(
        &mut self,
        path: &[u8],
        entry: &gix::index::Entry,
    ) -> Result<Option<Item>, ReviewError> {
        if entry.flags.contains(Flags::SKIP_WORKTREE) {
            return Ok(kept(path, entry));
        }
        match self.maker.place.stat(path)? {
            OnDisk::Dir => Ok(match self.head_of(path) {
                Some(id) => Some(Item { path: path.to_vec(), kind: EntryKind::Commit, id }),
                None => kept(path, entry),
            }),
            OnDisk::Nothing => Ok(None),
            _ => self.maker.item(path),
        }
    }

    fn head_of(&self, dir: &[u8]) -> Option<gix::ObjectId> {
        if !self.maker.place.is_repository(dir) {
            return None;
        }
        let options = self.maker.objects.repo.open_options().clone();
        let repo = gix::open_opts(self.maker.place.path(dir), options).ok()?;
        repo.head_id().ok().map(gix::Id::detach)
    }

    /// Untracked files below a directory on disk.
    fn others_on_disk(&mut self, dir: &[u8]) -> Result<(), ReviewError> {
        use std::os::unix::ffi::OsStrExt;
        let listing = match std::fs::read_dir(self.maker.place.path(dir)) {
            Ok(listing) => listing,
            Err(err) if is_absence(&err) => return Ok(()),
            Err(err) => return Err(unreadable(dir, &err)),
        };
        let mut dirs = Vec::new();
        for entry in listing {
            let entry = entry.map_err(|err| unreadable(dir, &err))?;
            let name = entry.file_name();
            if name == ".git" {
                continue;
            }
            let name = name.as_bytes();
            let path = if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() };
            if self.tracked.contains(path.as_bstr()) {
                continue;
            }
            let kind = entry.file_type().map_err(|err| unreadable(&path, &err))?;
            if kind.is_dir() {
                dirs.push(path);
            } else if (kind.is_file() || kind.is_symlink()) && !self.maker.is_ignored(&path, false)
            {
                let item = self.maker.item(&path)?;
                self.full.items.extend(item);
                self.found.insert(path);
            }
        }
        for dir in dirs {
            if self.maker.is_ignored(&dir, true) {
                continue;
            }
            if self.maker.place.is_repository(&dir) {
                match self.head_of(&dir) {
                    Some(id) => {
                        let (path, kind) = (dir.clone(), EntryKind::Commit);
                        self.full.items.push(Item { path, kind, id });
                    }
                    None => self.full.notes.push(format!(
                        "{} is a repository without a commit: not in the tree",
                        String::from_utf8_lossy(&dir)
                    )),
                }
                self.full.modules.push(dir);
                continue;
            }
            self.others_on_disk(&dir)?;
        }
        Ok(())
    }

    /// Untracked files that the session has and the disk has not.
    fn others_held(&mut self, snapshot: &Snapshot) -> Result<(), ReviewError> {
        for file in snapshot.files() {
            let path = self.maker.place.outside(&file.path);
            let is_known = self.tracked.contains(path.as_bstr()) || self.found.contains(&path);
            if is_known || is_gits_own(&path) {
                continue;
            }
            if let Some(module) = module_of(&self.full.modules, &path) {
                if self.maker.moment.state.dirty_file(&file.path).is_some() {
                    self.full.notes.push(in_module(&path, module));
                }
                continue;
            }
            if !self.maker.is_ignored(&path, false) {
                let item = self.maker.item(&path)?;
                self.full.items.extend(item);
            }
        }
        Ok(())
    }
}

/// Whether a path is in a `.git`, which no tree has.
pub(super) fn is_gits_own(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|name| name.eq_ignore_ascii_case(b".git"))
}

/// The repository of its own that a path is in.
pub(super) fn module_of<'m>(modules: &'m [Vec<u8>], path: &[u8]) -> Option<&'m [u8]> {
    let is_in =
        |module: &&Vec<u8>| path.strip_prefix(&module[..]).is_some_and(|it| it.starts_with(b"/"));
    modules.iter().find(is_in).map(|module| &module[..])
}

/// Says that a file is not in the tree.
pub(super) fn in_module(path: &[u8], module: &[u8]) -> String {
    let (path, module) = (String::from_utf8_lossy(path), String::from_utf8_lossy(module));
    format!("{path} is in the submodule {module}: its change is not in the commit")
}
