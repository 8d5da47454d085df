//! Review commits: a session's state as a commit on a branch of its own, written straight into the
//! repository. The index, the working directory, HEAD and the branch that is checked out stay as
//! they are; no hook runs.
//!
//! The tree is the one that `git add -A && git write-tree` would give after a sync of the session.
//! It starts from git's index and the working directory: files that a session's base holds are as
//! they were when it began, all others as they are on disk when the first commit is made.

mod blobs;
mod branch;
mod error;
mod full;
mod message;
mod moment;
mod rules;
#[cfg(test)]
mod tests;
mod tree;
mod who;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use coderoom_engine::{EntryKind as LogKind, FileMode, RelPath};
use gix::{ObjectId, objs::tree::EntryKind};
use parking_lot::Mutex;

use blobs::{Item, Maker};
use error::{git, words};
use moment::Place;
use who::Who;

pub use error::ReviewError;
pub use moment::Moment;

/// Tries when somebody else moves the branch meanwhile.
const TRIES: usize = 3;

/// What makes the review commits of one session.
pub struct Reviewer {
    root: PathBuf,
    kept: Mutex<Option<Kept>>,
    last: Mutex<Option<Last>>,
}

/// The commit that was made last: the branch goes on from it without being walked.
#[derive(Clone, Copy)]
struct Last {
    commit: ObjectId,
    head: Option<ObjectId>,
    entry: u64,
}

/// What is known after a tree was made: the next one differs by what the log says since.
struct Kept {
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
struct SeenOfGit {
    head: Option<ObjectId>,
    /// Of the index: size, time and number.
    index: Option<(u64, i64, i64, u64)>,
}

/// How to commit.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The whole name of the branch: `refs/heads/...`.
    pub branch: &'a str,
    /// The session's name.
    pub session: &'a str,
    /// Who commits, if git knows no user.
    pub agent: &'a str,
    /// Why; empty: the newest entry's reason.
    pub reason: &'a str,
}

/// A commit of a session's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Its id, in hexadecimal. Without a difference to HEAD and a commit before: HEAD's.
    pub commit: String,
    /// The branch that it is on.
    pub branch: String,
    /// Its tree.
    pub tree: String,
    /// The log's newest entry that is in it.
    pub entry: u64,
    /// Whether it was made now: nothing is made if the tree is that of the commit before.
    pub created: bool,
    /// What to know besides.
    pub notes: Vec<String>,
}

/// A file of HEAD or of the session, as git stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Bytes,
    /// What kind of file it is.
    pub mode: FileMode,
}

/// A file that differs: what HEAD has, and what the session has.
pub type HeadPair = (RelPath, Option<Stored>, Option<Stored>);

/// A tree, and what to know about it.
struct Made {
    repo: gix::Repository,
    place: Place,
    tree: ObjectId,
    seen: SeenOfGit,
    notes: Vec<String>,
}

impl Reviewer {
    /// For the sessions over the workspace at `root`, which must be canonical. Looks at nothing yet.
    pub fn new(root: &Path) -> Reviewer {
        Reviewer { root: root.to_path_buf(), kept: Mutex::default(), last: Mutex::default() }
    }

    /// Commits a moment of the session. In a repository without commits it is a root commit.
    ///
    /// The first time, and whenever HEAD, the index, a `.gitignore` or a `.gitattributes` has
    /// changed, it costs what `git add -A` costs; after that, the changed files and the trees above
    /// them.
    ///
    /// # Errors
    /// See [`ReviewError`]; the branch is as it was then.
    pub fn commit(&self, at: Moment<'_>, how: &Request<'_>) -> Result<Reviewed, ReviewError> {
        let made = self.tree(at, false)?;
        branch::check_not_checked_out(&made.repo, how.branch)?;
        branch::check_name(&made.repo, how.branch)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.commit_tree(&made, at, how) {
                Err(ReviewError::Locked { .. }) if tries < TRIES => {}
                result => return result,
            }
        }
    }

    /// The files in which HEAD and the session differ, in the workspace, as git stores both. Writes
    /// nothing.
    ///
    /// # Errors
    /// See [`ReviewError`].
    pub fn against_head(&self, at: Moment<'_>) -> Result<Vec<HeadPair>, ReviewError> {
        let made = self.tree(at, true)?;
        let head = match made.seen.head {
            Some(head) => Some(tree_of(&made.repo, head)?),
            None => None,
        };
        let mut pairs = Vec::new();
        for (path, old, new) in tree::differences(&made.repo, head, Some(made.tree))? {
            let Some(path) = made.place.inside(&path) else { continue };
            let read = |item: Option<Item>| item.map(|it| stored(&made.repo, &it)).transpose();
            pairs.push((path, read(old)?, read(new)?));
        }
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(pairs)
    }

    /// HEAD's version of a file of the workspace, as git stores it.
    ///
    /// # Errors
    /// See [`ReviewError`].
    pub fn head_version(&self, path: &RelPath) -> Result<Option<Stored>, ReviewError> {
        let repo = self.open()?.to_thread_local();
        let place = self.place(&repo)?;
        let Some(head) = branch::head(&repo)? else { return Ok(None) };
        let tree = git("read HEAD's tree", repo.find_tree(tree_of(&repo, head)?))?;
        let whole = place.outside(path);
        let names = whole.split(|byte| *byte == b'/').map(<[u8]>::to_vec);
        let Some(entry) = git("read HEAD's tree", tree.lookup_entry(names))? else {
            return Ok(None);
        };
        let item = Item { path: whole, kind: entry.mode().kind(), id: entry.object_id() };
        let is_file = !matches!(item.kind, EntryKind::Tree | EntryKind::Commit);
        is_file.then(|| stored(&repo, &item)).transpose()
    }

    /// Lets go of what the next commit would be quicker with: git's index, for one.
    pub fn rest(&self) {
        let kept = self.kept.lock().take();
        drop(kept);
    }

    /// Commits a tree, unless it is the newest commit's.
    fn commit_tree(
        &self,
        made: &Made,
        at: Moment<'_>,
        how: &Request<'_>,
    ) -> Result<Reviewed, ReviewError> {
        let (repo, head) = (&made.repo, made.seen.head);
        let mut notes = made.notes.clone();
        let tip = branch::tip(repo, how.branch)?;
        let mut since = 0;
        let goes_on = match tip {
            Some(tip) => match self.line(repo, tip, head, how.session)? {
                Some(entry) => {
                    since = if entry > at.state.head() { 0 } else { entry };
                    true
                }
                None => {
                    notes.push(format!(
                        "HEAD has moved since the last review commit: {} starts anew from it; \
                         {tip} is in its reflog",
                        how.branch
                    ));
                    false
                }
            },
            None => false,
        };
        let parent = if goes_on { tip } else { head };
        let reviewed = |commit: ObjectId, created: bool, notes: Vec<String>| Reviewed {
            commit: commit.to_string(),
            branch: how.branch.to_owned(),
            tree: made.tree.to_string(),
            entry: at.state.head(),
            created,
            notes,
        };
        match parent {
            Some(parent) if tree_of(repo, parent)? == made.tree => {
                if !goes_on {
                    notes.push("the session's files are as in HEAD: nothing to review".into());
                }
                return Ok(reviewed(parent, false, notes));
            }
            Some(_) => {}
            None => notes.push("HEAD has no commit yet: this is a root commit".into()),
        }
        let text = message::message(at.state, how.session, since, how.reason);
        let who = Who::of(repo, how.agent);
        let commit = who.commit(made.tree, parent, &text);
        let id = git("write a commit", repo.write_object(&commit))?.detach();
        let subject = text.lines().next().unwrap_or_default();
        let log = format!("coderoom: {subject}");
        let mut buffer = gix::date::parse::TimeBuf::default();
        let by = who.committer().to_ref(&mut buffer);
        branch::advance(repo, how.branch, tip, id, &log, by)?;
        *self.last.lock() = Some(Last { commit: id, head, entry: at.state.head() });
        Ok(reviewed(id, true, notes))
    }

    /// The tree of a moment; `dry`: without writing anything to disk.
    fn tree(&self, at: Moment<'_>, dry: bool) -> Result<Made, ReviewError> {
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

    /// The entry of the newest review commit, if the branch goes on from HEAD: following first parents,
    /// nothing but this session's commits comes before HEAD.
    fn line(
        &self,
        repo: &gix::Repository,
        tip: ObjectId,
        head: Option<ObjectId>,
        session: &str,
    ) -> Result<Option<u64>, ReviewError> {
        if let Some(last) = *self.last.lock()
            && last.commit == tip
            && last.head == head
        {
            return Ok(Some(last.entry));
        }
        let (mut at, mut newest) = (Some(tip), None);
        while at != head {
            let Some(id) = at else { return Ok(None) };
            let commit = git("read a review commit", repo.find_commit(id))?;
            let said = message::trailers(git("read a review commit", commit.message_raw())?);
            if said.session.as_deref() != Some(session) {
                return Ok(None);
            }
            newest = newest.or(said.entry);
            at = commit.parent_ids().next().map(gix::Id::detach);
        }
        Ok(Some(newest.unwrap_or(0)))
    }

    fn open(&self) -> Result<gix::ThreadSafeRepository, ReviewError> {
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

    fn place(&self, repo: &gix::Repository) -> Result<Place, ReviewError> {
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
    let index = std::fs::metadata(repo.index_path()).ok();
    let index = index.map(|it| (it.len(), it.mtime(), it.mtime_nsec(), it.ino()));
    Ok(SeenOfGit { head: branch::head(repo)?, index })
}

/// The index as it is on disk now; empty if there is none.
fn open_index(repo: &gix::Repository) -> Result<gix::index::File, ReviewError> {
    if repo.index_path().exists() {
        return git("read the index", repo.open_index());
    }
    let state = gix::index::State::new(repo.object_hash());
    Ok(gix::index::File::from_state(state, repo.index_path()))
}

fn tree_of(repo: &gix::Repository, commit: ObjectId) -> Result<ObjectId, ReviewError> {
    let commit = git("read a commit", repo.find_commit(commit))?;
    git("read a commit", commit.tree_id()).map(gix::Id::detach)
}

fn stored(repo: &gix::Repository, item: &Item) -> Result<Stored, ReviewError> {
    let mut blob = git("read a blob", repo.find_blob(item.id))?;
    let mode = match item.kind {
        EntryKind::Link => FileMode::Link,
        EntryKind::BlobExecutable => FileMode::Executable,
        _ => FileMode::File,
    };
    Ok(Stored { bytes: Bytes::from(blob.take_data()), mode })
}
