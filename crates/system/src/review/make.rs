//! The tree of a moment: all of it the first time, then by what the log says since.

use std::{path::Path, sync::Arc};

use coderoom_engine::{EntryKind as LogKind, RelPath};
use gix::ObjectId;

use super::{
    Reviewer,
    blobs::Maker,
    branch,
    edit::{self, Trees},
    error::{ReviewError, git, words},
    full,
    moment::{self, Moment, Place},
    objects::Objects,
    tree,
};

/// What is known after a tree was made: the next one differs by what the log says since.
pub(super) struct Kept {
    repo: gix::ThreadSafeRepository,
    /// The directory of packs when the repository was opened.
    packs: Option<Look>,
    tree: ObjectId,
    /// The commit that has the tree: while a reference leads to it, nobody cleans the tree away.
    held_by: Option<ObjectId>,
    /// The log's newest entry then.
    entry: u64,
    seen: SeenOfGit,
    modules: Vec<Vec<u8>>,
    index: Arc<gix::index::File>,
    trees: Trees,
}

/// What a tree is made from besides the session: if it changes, all is looked at again.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SeenOfGit {
    pub(super) head: Option<ObjectId>,
    /// The index.
    index: Option<Look>,
    /// The configuration.
    config: Option<Look>,
}

/// A file as `stat` has it: size, time and number.
type Look = (u64, i64, i64, u64);

/// The repository as it is now, and what is known of it.
pub(super) struct Opened {
    pub(super) repo: gix::Repository,
    shared: gix::ThreadSafeRepository,
    packs: Option<Look>,
    kept: Option<Kept>,
}

/// What a tree is for.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// To be looked at: nothing is written.
    Look,
    /// To be committed to a branch that is at this.
    Commit(Option<ObjectId>),
}

/// A tree, and what to know about it.
pub(super) struct Made {
    pub(super) objects: Objects,
    pub(super) place: Place,
    pub(super) tree: ObjectId,
    pub(super) seen: SeenOfGit,
    pub(super) notes: Vec<String>,
    /// What the next tree can be made from: this one once it is committed, and until then the one
    /// before, which a reference holds.
    kept: Option<Kept>,
}

impl Reviewer {
    /// Opens the repository, or takes it as it was left. Whoever comes meanwhile opens it anew.
    pub(super) fn opened(&self) -> Result<Opened, ReviewError> {
        let kept = self.kept.lock().take();
        if let Some(known) = &kept {
            let (shared, repo) = (known.repo.clone(), known.repo.to_thread_local());
            let packs = packs_of(&repo);
            // Packs that `git gc` has replaced would still be looked up: with objects that are gone.
            if packs == known.packs {
                return Ok(Opened { repo, shared, packs, kept });
            }
        }
        let shared = self.open()?;
        let repo = shared.to_thread_local();
        let packs = packs_of(&repo);
        Ok(Opened { repo, shared, packs, kept })
    }

    /// The tree of a moment.
    pub(super) fn tree(
        &self,
        at: Moment<'_>,
        opened: Opened,
        goal: Goal,
    ) -> Result<Made, ReviewError> {
        let Opened { repo, shared, packs, kept } = opened;
        let seen = seen_of_git(&repo)?;
        let kept = kept.filter(|kept| kept.seen == seen && kept.is_held(goal));
        if let Some(kept) = kept
            && let Some(changed) = changed_since(at, kept.entry)
        {
            let kept = Kept { repo: shared, packs, ..kept };
            return self.tree_after(objects(repo, goal), kept, at, &changed);
        }
        // The configuration may have changed too.
        let shared = self.open()?;
        let repo = shared.to_thread_local();
        let packs = packs_of(&repo);
        let objects = objects(repo, goal);
        let place = self.place(&objects.repo)?;
        let index = open_index(&objects.repo)?;
        let mut maker = Maker::new(&objects, &place, at, &index)?;
        let mut full = full::full(&mut maker)?;
        full.notes.append(&mut maker.notes);
        drop(maker);
        let mut trees = Trees::default();
        let mut tree = tree::write(&objects, &full.items)?;
        if !full.within.is_empty() {
            tree = edit::edit(&objects, &mut trees, tree, &full.within)?;
        }
        let kept = Kept {
            repo: shared,
            packs,
            tree,
            held_by: None,
            entry: at.state.head(),
            seen: seen.clone(),
            modules: full.modules,
            index: Arc::new(index),
            trees,
        };
        let kept = matches!(goal, Goal::Commit(_)).then_some(kept);
        Ok(Made { objects, place, tree, seen, notes: full.notes, kept })
    }

    /// The tree by the changes since the one before.
    fn tree_after(
        &self,
        objects: Objects,
        mut kept: Kept,
        at: Moment<'_>,
        changed: &[RelPath],
    ) -> Result<Made, ReviewError> {
        let place = self.place(&objects.repo)?;
        let mut notes = Vec::new();
        let mut tree = kept.tree;
        if !changed.is_empty() {
            let mut maker = Maker::new(&objects, &place, at, &kept.index)?;
            let mut changes = Vec::with_capacity(changed.len());
            for path in changed {
                let path = place.outside(path);
                if let Some(module) = full::module_of(&kept.modules, &path) {
                    notes.push(full::in_module(&path, module));
                    continue;
                }
                let is_out = full::is_gits_own(&path)
                    || maker.tracked(&path).is_none() && maker.is_ignored(&path, false);
                let item = if is_out { None } else { maker.item(&path)? };
                changes.push((path, item));
            }
            notes.append(&mut maker.notes);
            drop(maker);
            tree = edit::edit(&objects, &mut kept.trees, tree, &changes)?;
        }
        let seen = kept.seen.clone();
        Ok(Made { objects, place, tree, seen, notes, kept: Some(kept) })
    }

    /// Keeps what the next tree is made from: the tree itself if it is in a commit now.
    pub(super) fn keep(&self, made: Made, entry: u64, committed: Option<ObjectId>) {
        let Some(mut kept) = made.kept else { return };
        if committed.is_some() {
            (kept.tree, kept.entry, kept.held_by) = (made.tree, entry, committed);
        }
        *self.kept.lock() = Some(kept);
    }

    pub(super) fn open(&self) -> Result<gix::ThreadSafeRepository, ReviewError> {
        let root = || self.root.display().to_string();
        if !self.root.ancestors().any(|dir| dir.join(".git").symlink_metadata().is_ok()) {
            return Err(ReviewError::NoRepository { root: root() });
        }
        let unusable = |reason: String| ReviewError::Unusable { root: root(), reason };
        let repo =
            gix::ThreadSafeRepository::discover(&self.root).map_err(|err| unusable(words(&err)))?;
        // Its configuration would not be read, and so its filters would be left out silently.
        if repo.to_thread_local().git_dir_trust() != gix::sec::Trust::Full {
            let reason = "it belongs to another user: see safe.directory in `git help config`";
            return Err(unusable(reason.into()));
        }
        Ok(repo)
    }

    pub(super) fn place(&self, repo: &gix::Repository) -> Result<Place, ReviewError> {
        let unusable = |reason: &str| ReviewError::Unusable {
            root: self.root.display().to_string(),
            reason: reason.to_owned(),
        };
        let workdir = repo.workdir().ok_or_else(|| unusable("it has no working directory"))?;
        let workdir = workdir.canonicalize().map_err(|err| unusable(&err.to_string()))?;
        moment::place(&workdir, &self.root)
            .ok_or_else(|| unusable("the workspace is not in its working directory"))
    }
}

impl Kept {
    /// Whether the tree is sure to be there for what is to be made from it.
    fn is_held(&self, goal: Goal) -> bool {
        match goal {
            // What is missing is noticed when it is read.
            Goal::Look => true,
            Goal::Commit(tip) => {
                self.held_by.is_some() && (self.held_by == tip || self.held_by == self.seen.head)
            }
        }
    }
}

fn objects(repo: gix::Repository, goal: Goal) -> Objects {
    match goal {
        Goal::Look => Objects::imagined(repo),
        Goal::Commit(_) => Objects::written(repo),
    }
}

/// The paths that the log has touched since an entry; none if all must be looked at again.
fn changed_since(at: Moment<'_>, entry: u64) -> Option<Vec<RelPath>> {
    let new = usize::try_from(at.state.head().checked_sub(entry)?).ok()?;
    let mut changed = Vec::new();
    for entry in at.state.log().rev().take(new) {
        if entry.kind == LogKind::Rebase {
            return None;
        }
        for delta in entry.files.iter().chain(&entry.base) {
            if matches!(delta.path.file_name(), b".gitignore" | b".gitattributes") {
                return None;
            }
            changed.push(delta.path.clone());
        }
    }
    changed.sort_unstable();
    changed.dedup();
    Some(changed)
}

fn look(path: &Path) -> Option<Look> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ino()))
}

fn packs_of(repo: &gix::Repository) -> Option<Look> {
    look(&repo.objects.store_ref().path().join("pack"))
}

fn seen_of_git(repo: &gix::Repository) -> Result<SeenOfGit, ReviewError> {
    Ok(SeenOfGit {
        head: branch::head(repo)?,
        index: look(&repo.index_path()),
        config: look(&repo.common_dir().join("config")),
    })
}

/// The index as it is on disk now; empty if there is none.
fn open_index(repo: &gix::Repository) -> Result<gix::index::File, ReviewError> {
    if repo.index_path().exists() {
        return git("read the index", repo.open_index());
    }
    let state = gix::index::State::new(repo.object_hash());
    Ok(gix::index::File::from_state(state, repo.index_path()))
}
