//! The files of a commit, as a change to what a workspace holds now.
//!
//! What is the same in both is not read: a file of the workspace that git's index knows by its stamp
//! has the index's blob, and of the others the blob's id is computed from the bytes that are held. So
//! the change is as large as the difference, and texts that both have are held once.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::OsStr,
    fs::OpenOptions,
    io::Read,
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    path::Path,
    sync::Arc,
};

use coderoom_engine::{
    Body, Change, File, FileChange, RelPath, Snapshot, Stamp, TextStore, Visibility,
};
use gix::{
    ObjectId,
    index::entry::{Flags, Stage},
    objs::Kind,
};
use rayon::prelude::*;
use rustix::fs::OFlags;

use super::{
    diff,
    read::{self, OBJECT_CACHE},
    revision::{Revision, RevisionError, not_here},
};

/// Files that one thread reads in a row.
const RUN: usize = 64;

/// Larger binary files are not compared by their bytes.
const MOST_READ: u64 = 64 << 20;

/// How much of a commit to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLimits {
    /// Files and directories of its tree.
    pub entries: usize,
    /// Bytes of the files that the workspace has not, or has otherwise.
    pub bytes: u64,
    /// Larger files are known by name only, as they are in the workspace.
    pub file_bytes: u64,
}

impl Default for TreeLimits {
    fn default() -> TreeLimits {
        TreeLimits { entries: 500_000, bytes: 512 << 20, file_bytes: u64::MAX }
    }
}

/// What makes a workspace's snapshot into a commit's.
#[derive(Debug)]
pub struct TreeChange {
    /// To be applied to the snapshot that it was made for.
    pub change: Change,
    /// Files of the commit that the workspace's ignore rules keep out; they are left out.
    pub ignored: usize,
}

/// What turns `present`, a snapshot of the disk of the workspace at `root`, into the files of a
/// commit. Files of submodules stay as they are, and so do those that are too large to be held, if
/// their sizes are the same. Blobs come as git has them, without the filters of
/// a checkout. Costs reading the trees and the blobs that differ, and comparing the rest by their
/// stamps with git's index.
///
/// # Errors
/// If the repository cannot be used, a tree or blob is not in the clone, there is more than `limits`
/// allow, or `stop` says so, which is asked between trees and between blobs.
pub fn change_to(
    root: &Path,
    revision: &Revision,
    present: &Snapshot,
    store: &TextStore,
    limits: &TreeLimits,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<TreeChange, RevisionError> {
    let shared = read::open(root)?;
    let mut repo = shared.to_thread_local();
    repo.object_cache_size(OBJECT_CACHE);
    let (_, prefix) = read::place(&repo, root)?;
    let missing = || not_here("its tree", revision.tree);
    let top = diff::below(&repo, revision.tree, &prefix).ok_or_else(missing)?;
    let mut listing = Listing { repo: &repo, limits, stop, entries: 0, found: Found::default() };
    if let Some(top) = top {
        listing.tree(top, &RelPath::root())?;
    }
    let Found { mut files, submodules } = listing.found;
    let ignored = leave_out_ignored(&mut files, present);
    let known = Known::new(&repo, &prefix);
    let same: HashSet<&RelPath> = files
        .par_iter()
        .filter(|(path, id)| {
            let file = present.file(path);
            !stop() && file.is_some_and(|file| known.id_of(file, root, limits) == Some(**id))
        })
        .map(|(path, _)| path)
        .collect();
    let wanted: Vec<(&RelPath, ObjectId)> = files
        .iter()
        .filter(|(path, _)| !same.contains(path))
        .map(|(path, id)| (path, *id))
        .collect();
    let bodies = read_blobs(&shared, &wanted, store, limits, stop)?;
    let mut change = Change::default();
    for ((path, _), (body, size)) in wanted.into_iter().zip(bodies) {
        // What is too large to be looked at is the same if it is as large.
        let present_size = |file: &Arc<File>| match (&file.body, &body) {
            (Body::TooLarge, Body::TooLarge) => Some(file.stamp.size),
            _ => None,
        };
        if present.file(path).and_then(present_size) == Some(size) {
            continue;
        }
        let visibility = present.file(path).map_or_else(|| hidden(path), |file| file.visibility);
        let stamp = Stamp { size, ..Stamp::default() };
        change.files.insert(path.clone(), FileChange::Put { body, stamp, visibility });
    }
    let in_submodule = |path: &RelPath| submodules.iter().any(|dir| path.is_within(dir));
    let gone = present.files().map(|file| &file.path);
    let gone = gone.filter(|path| !files.contains_key(path) && !in_submodule(path));
    change.files.extend(gone.map(|path| (path.clone(), FileChange::Remove)));
    Ok(TreeChange { change, ignored })
}

/// Files of a tree by path, and where other repositories hang in it.
#[derive(Default)]
struct Found {
    files: BTreeMap<RelPath, ObjectId>,
    submodules: Vec<RelPath>,
}

/// Goes through a tree.
struct Listing<'a> {
    repo: &'a gix::Repository,
    limits: &'a TreeLimits,
    stop: &'a (dyn Fn() -> bool + Sync),
    entries: usize,
    found: Found,
}

impl Listing<'_> {
    /// Adds what is below `dir`. Links are no files of a workspace.
    fn tree(&mut self, top: ObjectId, dir: &RelPath) -> Result<(), RevisionError> {
        let mut waiting = vec![(top, dir.clone())];
        while let Some((id, dir)) = waiting.pop() {
            if (self.stop)() {
                return Err(RevisionError::Stopped);
            }
            let missing = |_| not_here(format!("the tree of `{dir}`"), id);
            let tree = self.repo.find_tree(id).map_err(missing)?;
            for entry in tree.iter() {
                let entry = entry.map_err(|_| not_here(format!("a part of `{dir}`"), id))?;
                self.entries += 1;
                if self.entries > self.limits.entries {
                    let what = format!("more than {} files", self.limits.entries);
                    return Err(RevisionError::TooLarge { what });
                }
                let Some(path) = child(&dir, entry.filename()) else { continue };
                let mode = entry.mode();
                if mode.is_tree() {
                    waiting.push((entry.object_id(), path));
                } else if mode.is_commit() {
                    self.found.submodules.push(path);
                } else if mode.is_blob() {
                    self.found.files.insert(path, entry.object_id());
                }
            }
        }
        Ok(())
    }
}

/// A path below a directory. A tree may hold any bytes, but a name leads nowhere else.
fn child(dir: &RelPath, name: &[u8]) -> Option<RelPath> {
    let is_name = !matches!(name, b"" | b"." | b".." | b".git") && !name.contains(&b'/');
    is_name.then(|| dir.join(name))
}

/// What the workspace would not hold if it were there: it is known by name only.
fn leave_out_ignored(files: &mut BTreeMap<RelPath, ObjectId>, present: &Snapshot) -> usize {
    let before = files.len();
    let unheld = present.unheld();
    if !unheld.is_empty() {
        let paths: HashMap<&RelPath, bool> =
            unheld.iter().map(|it| (&it.path, it.is_dir)).collect();
        files.retain(|path, _| {
            let above = std::iter::successors(path.parent(), RelPath::parent);
            !paths.contains_key(path)
                && !above.into_iter().any(|dir| paths.get(&dir) == Some(&true))
        });
    }
    before - files.len()
}

/// Flags of a path that the workspace does not have.
fn hidden(path: &RelPath) -> Visibility {
    let is_hidden = |name: &[u8]| name.starts_with(b".");
    let (mut names, mut flags) =
        (path.as_bytes().rsplit(|byte| *byte == b'/'), Visibility::default());
    if names.next().is_some_and(is_hidden) {
        flags = flags.with(Visibility::HIDDEN_SELF);
    }
    if names.any(is_hidden) {
        flags = flags.with(Visibility::HIDDEN_DIR);
    }
    flags
}

/// The blobs of the files that a workspace holds.
struct Known {
    kind: gix::hash::Kind,
    /// What git looked at last, if it has an index.
    index: Option<gix::index::File>,
    /// The workspace's place in the repository, with a slash behind it if it is not all of it.
    prefix: Vec<u8>,
}

impl Known {
    fn new(repo: &gix::Repository, prefix: &[u8]) -> Known {
        let mut prefix = prefix.to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        Known { kind: repo.object_hash(), index: repo.open_index().ok(), prefix }
    }

    /// The blob of a file: by what git has looked at, else by its bytes, which are read from the
    /// disk if they are not held.
    fn id_of(&self, file: &File, root: &Path, limits: &TreeLimits) -> Option<ObjectId> {
        if let Some(id) = self.by_stamp(file) {
            return Some(id);
        }
        let hash = |bytes: &[u8]| gix::objs::compute_hash(self.kind, Kind::Blob, bytes).ok();
        match &file.body {
            Body::Text(text) => hash(text.bytes()),
            Body::Binary if file.stamp.size <= limits.file_bytes.min(MOST_READ) => {
                let path = root.join(OsStr::from_bytes(file.path.as_bytes()));
                // What has become a pipe or a link meanwhile is not waited for, nor followed.
                let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
                let flags = i32::try_from(flags.bits()).ok()?;
                let there = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
                let mut bytes = Vec::new();
                there.take(file.stamp.size.saturating_add(1)).read_to_end(&mut bytes).ok()?;
                hash(&bytes)
            }
            _ => None,
        }
    }

    /// The index's blob, if git and we have looked at the same version of the file.
    fn by_stamp(&self, file: &File) -> Option<ObjectId> {
        const NS: i64 = 1_000_000_000;
        let (index, stamp) = (self.index.as_ref()?, &file.stamp);
        let path = [&self.prefix[..], file.path.as_bytes()].concat();
        let entry = index.entry_by_path_and_stage((&path[..]).into(), Stage::Unconflicted)?;
        let stat = &entry.stat;
        let same_time = |time: gix::index::entry::stat::Time, ns: i64| {
            i64::from(time.secs) == ns.div_euclid(NS) && i64::from(time.nsecs) == ns.rem_euclid(NS)
        };
        let same = !stat.is_racy(index.timestamp(), Default::default())
            && !entry.flags.contains(Flags::INTENT_TO_ADD)
            && stamp.proves_unchanged(stamp)
            && u64::from(stat.size) == stamp.size
            && u64::from(stat.ino) == stamp.ino & u64::from(u32::MAX)
            && same_time(stat.mtime, stamp.mtime_ns)
            && same_time(stat.ctime, stamp.ctime_ns);
        same.then_some(entry.id)
    }
}

/// The bodies of blobs and their sizes, in order.
fn read_blobs(
    repo: &gix::ThreadSafeRepository,
    wanted: &[(&RelPath, ObjectId)],
    store: &TextStore,
    limits: &TreeLimits,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<(Body, u64)>, RevisionError> {
    let total = std::sync::atomic::AtomicU64::new(0);
    let run = |blobs: &[(&RelPath, ObjectId)]| -> Result<Vec<(Body, u64)>, RevisionError> {
        let repo = repo.to_thread_local();
        let mut bodies = Vec::with_capacity(blobs.len());
        for (path, id) in blobs {
            if stop() {
                return Err(RevisionError::Stopped);
            }
            let missing = || not_here(format!("`{path}`"), *id);
            // Its size first: what is too large is not to be unpacked.
            let size = repo.find_header(*id).map_err(|_| missing())?.size();
            if size > limits.file_bytes {
                bodies.push((Body::TooLarge, size));
                continue;
            }
            let before = total.fetch_add(size, std::sync::atomic::Ordering::Relaxed);
            if before.saturating_add(size) > limits.bytes {
                let what = format!("more than {} MiB differ from the disk", limits.bytes >> 20);
                return Err(RevisionError::TooLarge { what });
            }
            let mut blob = repo.find_blob(*id).map_err(|_| missing())?;
            let body = store.intern(blob.take_data().into()).map_or(Body::Binary, Body::Text);
            bodies.push((body, size));
        }
        Ok(bodies)
    };
    let runs: Result<Vec<Vec<(Body, u64)>>, RevisionError> =
        wanted.par_chunks(RUN).map(run).collect();
    Ok(runs?.into_iter().flatten().collect())
}
