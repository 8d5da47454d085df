//! What one commit changed: the difference of two trees, below the workspace's place in them.

use std::ops::ControlFlow;

use coderoom_engine::RelPath;
use gix::{
    ObjectId,
    bstr::BStr,
    diff::tree::{
        Recorder, State, Visit, recorder,
        visit::{Action, Change},
    },
    objs::{TreeRefIter, tree::EntryMode},
};

use super::renames;

/// Entries of trees that are looked at for one commit. A few trees that hold each other many times
/// can stand for more files than there is time to count.
const MAX_VISITS: usize = 200_000;

/// A file that a commit touched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Changed {
    pub(super) path: RelPath,
    pub(super) what: What,
}

/// What happened to it, and the blobs that it was and is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    Added(ObjectId),
    Modified,
    Deleted(ObjectId),
    Renamed(RelPath),
}

/// What a commit changed.
#[derive(Default)]
pub(super) struct Changes {
    /// How many files.
    pub(super) files: u32,
    /// They, by path; none if there are too many.
    pub(super) list: Vec<Changed>,
}

/// The files below `prefix` in which the trees `old` (none: an empty one) and `new` differ.
/// `None` if a tree cannot be read.
pub(super) fn between(
    repo: &gix::Repository,
    prefix: &[u8],
    old: Option<ObjectId>,
    new: ObjectId,
    most: usize,
) -> Option<Changes> {
    let old = match old {
        Some(tree) => below(repo, tree, prefix)?,
        None => None,
    };
    let new = below(repo, new, prefix)?;
    if old == new {
        return Some(Changes::default());
    }
    let read = |tree: Option<ObjectId>| match tree {
        Some(tree) => repo.find_tree(tree).ok().map(|tree| tree.detach().data),
        None => Some(Vec::new()),
    };
    let (old, new) = (read(old)?, read(new)?);
    let kind = repo.object_hash();
    let mut counting = Counting { inner: Recorder::default(), visits: 0, files: 0, most };
    let done = gix::diff::tree(
        TreeRefIter::from_bytes(&old, kind),
        TreeRefIter::from_bytes(&new, kind),
        State::default(),
        &repo.objects,
        &mut counting,
    );
    // Stopping where enough was counted is an error too.
    if done.is_err() && counting.visits <= MAX_VISITS {
        return None;
    }
    if counting.files > most || counting.visits > MAX_VISITS {
        let files = u32::try_from(counting.files.max(most + 1)).unwrap_or(u32::MAX);
        return Some(Changes { files, list: Vec::new() });
    }
    let mut list: Vec<Changed> = counting.inner.records.into_iter().filter_map(changed).collect();
    renames::find(repo, &mut list);
    list.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Some(Changes { files: u32::try_from(list.len()).unwrap_or(u32::MAX), list })
}

/// The tree at `prefix` in a tree, if there is one. The outer `None`: it cannot be read.
pub(super) fn below(
    repo: &gix::Repository,
    tree: ObjectId,
    prefix: &[u8],
) -> Option<Option<ObjectId>> {
    let mut at = tree;
    for name in prefix.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        let tree = repo.find_tree(at).ok()?;
        let entry = tree.iter().filter_map(Result::ok).find(|entry| entry.filename() == name);
        match entry {
            Some(entry) if entry.mode().is_tree() => at = entry.object_id(),
            _ => return Some(None),
        }
    }
    Some(Some(at))
}

/// Files and links; a submodule is no file of this workspace.
fn is_file(mode: EntryMode) -> bool {
    mode.is_blob_or_symlink()
}

fn changed(record: recorder::Change) -> Option<Changed> {
    use recorder::Change::{Addition, Deletion, Modification};
    let (path, what) = match record {
        Addition { entry_mode, oid, path, .. } if is_file(entry_mode) => (path, What::Added(oid)),
        Deletion { entry_mode, oid, path, .. } if is_file(entry_mode) => (path, What::Deleted(oid)),
        Modification { previous_entry_mode, previous_oid, entry_mode, oid, path } => {
            let what = match (is_file(previous_entry_mode), is_file(entry_mode)) {
                (true, true) => What::Modified,
                (true, false) => What::Deleted(previous_oid),
                (false, true) => What::Added(oid),
                (false, false) => return None,
            };
            (path, what)
        }
        _ => return None,
    };
    // A tree may hold names that no checkout would write, `..` for one.
    let rel = RelPath::new(&path).ok().filter(|rel| rel.as_bytes() == &path[..])?;
    Some(Changed { path: rel, what })
}

/// Records changes as long as they are few, and counts them as long as that takes no time.
struct Counting {
    inner: Recorder,
    visits: usize,
    files: usize,
    most: usize,
}

impl Visit for Counting {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.inner.pop_front_tracked_path_and_set_current();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.inner.push_back_tracked_path_component(component);
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.inner.push_path_component(component);
    }

    fn pop_path_component(&mut self) {
        self.inner.pop_path_component();
    }

    fn visit(&mut self, change: Change) -> Action {
        self.visits += 1;
        if self.visits > MAX_VISITS {
            return ControlFlow::Break(());
        }
        let before = match &change {
            Change::Modification { previous_entry_mode, .. } => is_file(*previous_entry_mode),
            _ => false,
        };
        if !before && !is_file(change.entry_mode()) {
            return ControlFlow::Continue(());
        }
        self.files += 1;
        if self.files > self.most {
            return ControlFlow::Continue(());
        }
        self.inner.visit(change)
    }
}
