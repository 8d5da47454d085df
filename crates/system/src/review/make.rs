//! The tree of a moment: all of it the first time, then by what the log says since.

use std::sync::Arc;

use coderoom_engine::{EntryKind as LogKind, RelPath};
use gix::ObjectId;

use super::{
    Reviewer,
    blobs::Maker,
    branch,
    error::{ReviewError, git, words},
    full,
    moment::{self, Moment, Place},
    tree,
};

/// What is known after a tree was made: the next one differs by what the log says since.
pub(super) struct Kept {
    repo: gix::ThreadSafeRepository,
    tree: ObjectId,
    /// The log's newest entry then.
    entry: u64,
    seen: SeenOfGit,
    modules: Vec<Vec<u8>>,
    index: Arc<gix::index::File>,
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

/// A tree, and what to know about it.
pub(super) struct Made {
    pub(super) repo: gix::Repository,
    pub(super) place: Place,
    pub(super) tree: ObjectId,
    pub(super) seen: SeenOfGit,
    pub(super) notes: Vec<String>,
}

impl Reviewer {
    /// The tree of a moment; `dry`: without writing anything to disk.
    pub(super) fn tree(&self, at: Moment<'_>, dry: bool) -> Result<Made, ReviewError> {
        // Taken away while it is used: whoever comes meanwhile does without it.
        let kept = self.kept.lock().take();
        let shared = match &kept {
            Some(kept) => kept.repo.clone(),
            None => self.open()?,
        };
        let mut repo = shared.to_thread_local();
        let seen = seen_of_git(&repo)?;
        if let Some(kept) = kept
            && kept.seen == seen
            && let Some(changed) = changed_since(at, kept.entry)
        {
            let made = self.tree_after(&repo, &kept, at, &changed, dry)?;
            *self.kept.lock() = Some(match dry {
                true => kept,
                false => Kept { tree: made.tree, entry: at.state.head(), ..kept },
            });
            return Ok(made);
        }
        // The configuration may have changed too.
        let shared = self.open()?;
        repo = shared.to_thread_local();
        if dry {
            repo = repo.with_object_memory();
        }
        let place = self.place(&repo)?;
        let index = open_index(&repo)?;
        let mut maker = Maker::new(&repo, &place, at, &index)?;
        let mut full = full::full(&mut maker)?;
        full.notes.append(&mut maker.notes);
        drop(maker);
        let mut tree = tree::write(&repo, &full.items)?;
        if !full.within.is_empty() {
            tree = tree::edit(&repo, tree, &full.within)?;
        }
        if !dry {
            let (entry, seen) = (at.state.head(), seen.clone());
            let modules = full.modules;
            let kept = Kept { repo: shared, tree, entry, seen, modules, index: Arc::new(index) };
            *self.kept.lock() = Some(kept);
        }
        Ok(Made { repo, place, tree, seen, notes: full.notes })
    }

    /// The tree by the changes since the one before.
    fn tree_after(
        &self,
        repo: &gix::Repository,
        kept: &Kept,
        at: Moment<'_>,
        changed: &[RelPath],
        dry: bool,
    ) -> Result<Made, ReviewError> {
        let mut repo = repo.clone();
        if dry {
            repo = repo.with_object_memory();
        }
        let place = self.place(&repo)?;
        let mut notes = Vec::new();
        let mut tree = kept.tree;
        if !changed.is_empty() {
            let mut maker = Maker::new(&repo, &place, at, &kept.index)?;
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
            tree = tree::edit(&repo, tree, &changes)?;
        }
        Ok(Made { repo, place, tree, seen: kept.seen.clone(), notes })
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

/// The paths that the log has touched since an entry; none if all must be looked at again.
fn changed_since(at: Moment<'_>, entry: u64) -> Option<Vec<RelPath>> {
    let told = usize::try_from(entry).ok().filter(|_| entry <= at.state.head())?;
    let mut changed = Vec::new();
    for entry in at.state.log().skip(told) {
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

fn seen_of_git(repo: &gix::Repository) -> Result<SeenOfGit, ReviewError> {
    use std::os::unix::fs::MetadataExt;
    let look = |path: std::path::PathBuf| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ino()))
    };
    Ok(SeenOfGit {
        head: branch::head(repo)?,
        index: look(repo.index_path()),
        config: look(repo.common_dir().join("config")),
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
