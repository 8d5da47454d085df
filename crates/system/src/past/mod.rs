//! What happened to a workspace before: the commits that its repository's HEAD reaches, and the
//! files that each has touched.
//!
//! Read straight from the object database, without a git process; nothing is fetched. Only commits
//! and trees are looked at, and the blobs of files that seem to have moved. It is read once and
//! then extended: what is known is not read again when HEAD moves forward.
//!
//! Merges are left out. What a merge changes against its first parent is the sum of a branch whose
//! commits are in the history themselves: it would count them twice, and tie together every two
//! files of a long-lived branch.

mod builder;
mod diff;
mod kept;
mod read;
mod renames;
mod revision;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use std::{ops::Range, path::PathBuf};

use coderoom_engine::RelPath;
use gix::ObjectId;

pub use read::read;
pub use revision::{Revision, RevisionError, revision};
pub use tree::{TreeChange, TreeLimits, change_to};

/// Bytes of a commit's message that are kept.
const MESSAGE_BYTES: usize = 4096;

/// A time, in seconds since 1970, as people and programs write it: `2026-11-22T01:30:00+00:00`.
pub fn written_time(seconds: i64) -> String {
    let format = gix::date::time::format::ISO8601_STRICT;
    gix::date::Time::new(seconds, 0).format_or_unix(format)
}

/// How much history to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commits to look at, merges among them, the newest first.
    pub commits: usize,
    /// Files of one commit. Of one with more only their number is kept: a licence header in every
    /// file says nothing about what belongs together.
    pub paths: usize,
    /// Touches in all; of older commits only the number of files is kept.
    pub touches: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { commits: 20_000, paths: 1_000, touches: 2_000_000 }
    }
}

/// Why there is no history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHistory {
    /// No repository holds the workspace.
    #[error("the workspace is in no git repository")]
    NoRepository,
    /// HEAD leads to no commit yet.
    #[error("the repository has no commit yet")]
    NoCommits,
    /// There is a repository that cannot be read.
    #[error("the repository's history cannot be read: {reason}")]
    Unusable {
        /// What git's files, or their owner, have against it.
        reason: String,
    },
}

/// A path of a [`Past`]: an index into its table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PathIx(pub u32);

/// What a commit did to a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Done {
    /// It was not there before.
    Added,
    /// Its bytes, mode or kind changed.
    Modified,
    /// It is not there any more.
    Deleted,
    /// It was this path before; its bytes may have changed as well.
    Renamed(PathIx),
}

/// A file that a commit touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touch {
    /// Where the file was after the commit (before it, if it was deleted).
    pub path: PathIx,
    /// What it is called at the tip, renames since then followed: the same as `path` if it was
    /// never renamed, also if it is gone.
    pub now: PathIx,
    /// What happened.
    pub done: Done,
}

/// A commit with one parent, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commit<'p> {
    /// Its id, in bytes.
    pub id: &'p [u8],
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// When it was written, in seconds since 1970: earlier, if it was rebased or picked.
    pub author_time: i64,
    /// The message, up to 4 KiB; bytes that are no UTF-8 are replaced.
    pub message: &'p str,
    /// Files of the workspace that it touched, also if they were too many to keep. At least 1: a
    /// commit that touched nothing here is not part of the history, unless its trees could not be
    /// read.
    pub files: u32,
    /// They, in the order of their paths; empty if there were too many.
    pub touches: &'p [Touch],
}

/// A commit as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: ObjectId,
    time: i64,
    author_time: i64,
    message: Range<u32>,
    files: u32,
    touches: Range<u32>,
}

/// The history of a workspace. Takes about 12 bytes a touch, 100 a commit, and the messages.
#[derive(Debug, PartialEq, Eq)]
pub struct Past {
    about: About,
    rows: Vec<Row>,
    touches: Vec<Touch>,
    paths: Vec<RelPath>,
    messages: String,
    is_cut: bool,
}

/// What a history was read from.
#[derive(Debug, PartialEq, Eq)]
struct About {
    tip: ObjectId,
    /// Every commit that was looked at, merges too, in order of id.
    seen: Vec<ObjectId>,
    /// Where the history was cut off by the clone.
    shallow: Vec<ObjectId>,
    /// The repository's directory and the workspace's place in its trees.
    place: (PathBuf, Vec<u8>),
    /// Commits and trees that could not be read.
    damaged: u32,
}

impl Past {
    /// The id of the newest commit, HEAD's, in bytes.
    pub fn tip(&self) -> &[u8] {
        self.about.tip.as_bytes()
    }

    /// How many commits there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no commit touched a file of the workspace.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The commits, the newest first.
    pub fn commits(&self) -> impl ExactSizeIterator<Item = Commit<'_>> {
        self.rows.iter().map(|row| Commit {
            id: row.id.as_bytes(),
            time: row.time,
            author_time: row.author_time,
            message: &self.messages[row.message.start as usize..row.message.end as usize],
            files: row.files,
            touches: &self.touches[row.touches.start as usize..row.touches.end as usize],
        })
    }

    /// Every path that a commit of this history has touched, by [`PathIx`].
    pub fn paths(&self) -> &[RelPath] {
        &self.paths
    }

    /// One path.
    ///
    /// # Panics
    /// If `path` is not of this history.
    pub fn path(&self, path: PathIx) -> &RelPath {
        &self.paths[path.0 as usize]
    }

    /// Whether there is older history that is not held: [`Limits::commits`] were reached, or the
    /// clone is shallow.
    pub fn is_cut(&self) -> bool {
        self.is_cut || !self.about.shallow.is_empty()
    }

    /// Commits and trees that could not be read, and were left out.
    pub fn damaged(&self) -> u32 {
        self.about.damaged
    }
}
