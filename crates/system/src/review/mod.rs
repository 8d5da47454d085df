//! Review commits: a session's state as a commit on a branch of its own, written straight into the
//! repository. The index, the working directory, HEAD and the branch that is checked out stay as
//! they are; no hook runs.
//!
//! The tree is the one that `git add -A && git write-tree` would give after a sync of the session.
//! It starts from git's index and the working directory: files that a session's base holds are as
//! they were when it began, all others as they are on disk when the first commit is made.

mod blobs;
mod branch;
mod edit;
mod error;
mod full;
mod make;
mod message;
mod moment;
mod objects;
mod rules;
#[cfg(test)]
mod tests;
mod tree;
mod who;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use coderoom_engine::{FileMode, RelPath};
use gix::{ObjectId, objs::tree::EntryKind};
use parking_lot::Mutex;

use blobs::Item;
use error::git;
use make::{Goal, Kept, Made};
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
    tree: ObjectId,
    head: Option<ObjectId>,
    entry: u64,
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
    /// Whether the commit survives a power cut when it is acknowledged.
    pub durable: bool,
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
        let opened = self.opened()?;
        branch::check_not_checked_out(&opened.repo, how.branch)?;
        branch::check_spelling(how.branch)?;
        let tip = branch::tip(&opened.repo, how.branch)?;
        let made = self.tree(at, opened, Goal::Commit(tip))?;
        let mut tries = 0;
        let result = loop {
            tries += 1;
            match self.commit_tree(&made, at, how) {
                Err(ReviewError::Locked { .. }) if tries < TRIES => {}
                result => break result,
            }
        };
        let committed = result.as_ref().ok().map(|(_, commit)| *commit);
        self.keep(made, at.state.head(), committed);
        result.map(|(reviewed, _)| reviewed)
    }

    /// The files in which HEAD and the session differ, in the workspace, as git stores both. Writes
    /// nothing.
    ///
    /// # Errors
    /// See [`ReviewError`].
    pub fn against_head(&self, at: Moment<'_>) -> Result<Vec<HeadPair>, ReviewError> {
        let made = self.tree(at, self.opened()?, Goal::Look)?;
        let repo = &made.objects.repo;
        let head = match made.seen.head {
            Some(head) => Some(tree_of(repo, head)?),
            None => None,
        };
        let mut pairs = Vec::new();
        for (path, old, new) in tree::differences(repo, head, Some(made.tree))? {
            let Some(path) = made.place.inside(&path) else { continue };
            let read = |item: Option<Item>| item.map(|it| stored(repo, &it)).transpose();
            pairs.push((path, read(old)?, read(new)?));
        }
        self.keep(made, at.state.head(), None);
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
    ) -> Result<(Reviewed, ObjectId), ReviewError> {
        let (repo, head) = (&made.objects.repo, made.seen.head);
        let mut notes = made.notes.clone();
        branch::check_not_checked_out(repo, how.branch)?;
        let tip = branch::tip(repo, how.branch)?;
        if tip.is_none() {
            branch::check_name(repo, how.branch)?;
        }
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
        let reviewed = |commit: ObjectId, created: bool, notes: Vec<String>| {
            let (branch, tree) = (how.branch.to_owned(), made.tree.to_string());
            let (entry, name) = (at.state.head(), commit.to_string());
            (Reviewed { commit: name, branch, tree, entry, created, notes }, commit)
        };
        match parent {
            Some(parent) if self.tree_of(repo, parent)? == made.tree => {
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
        let id = made.objects.encode("write a commit", &commit)?;
        let subject = text.lines().next().unwrap_or_default();
        let log = format!("coderoom: {subject}");
        let mut buffer = gix::date::parse::TimeBuf::default();
        let by = who.committer().to_ref(&mut buffer);
        // A branch never leads to what a power cut has taken.
        if how.durable {
            flush(repo)?;
        }
        branch::advance(repo, how.branch, tip, id, &log, by)?;
        if how.durable {
            flush(repo)?;
        }
        let last = Last { commit: id, tree: made.tree, head, entry: at.state.head() };
        *self.last.lock() = Some(last);
        Ok(reviewed(id, true, notes))
    }

    /// A commit's tree; that of the last one is known.
    fn tree_of(&self, repo: &gix::Repository, commit: ObjectId) -> Result<ObjectId, ReviewError> {
        match *self.last.lock() {
            Some(last) if last.commit == commit => return Ok(last.tree),
            _ => {}
        }
        tree_of(repo, commit)
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
}

/// Brings all that was written to a repository's file system to the disk. Its objects are small files
/// in many directories, which would cost more one by one.
fn flush(repo: &gix::Repository) -> Result<(), ReviewError> {
    let flushed = std::fs::File::open(repo.common_dir()).and_then(|dir| {
        #[cfg(target_os = "linux")]
        return Ok(rustix::fs::syncfs(&dir)?);
        #[cfg(not(target_os = "linux"))]
        return dir.sync_all();
    });
    let failed = |err: std::io::Error| ReviewError::Git {
        doing: "write it to the disk",
        reason: err.to_string(),
    };
    flushed.map_err(failed)
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
