//! What a word means among commits: `HEAD~3`, a branch, a tag, the first digits of a hash.

use std::path::Path;

use gix::{ObjectId, bstr::BStr};

use super::{NoHistory, read};

/// Longer words name no revision.
const MAX_NAME: usize = 512;

/// A commit of the repository that a workspace is in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Revision {
    pub(super) commit: ObjectId,
    pub(super) tree: ObjectId,
}

impl Revision {
    /// The commit's id, in hexadecimal digits.
    pub fn id(&self) -> String {
        self.commit.to_hex().to_string()
    }
}

/// Why there is no such state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// There is no repository, or it cannot be used.
    #[error(transparent)]
    NoHistory(#[from] NoHistory),
    /// No commit is called so.
    #[error("the repository has no revision `{name}`: {reason}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Git's words.
        reason: String,
    },
    /// The clone is shallow or partial, or the repository is damaged.
    #[error("{what} is not in this clone ({id}): fetch it with git first")]
    NotHere {
        /// What is missing.
        what: String,
        /// The object's id.
        id: String,
    },
    /// There is more than is held.
    #[error("the tree of that commit is too large: {what}")]
    TooLarge {
        /// What there is too much of.
        what: String,
    },
    /// The caller wanted no more of it.
    #[error("it was stopped")]
    Stopped,
}

/// The commit that `name` means in the repository of the workspace at `root`, which must be
/// canonical. Costs opening the repository, and reading what leads to the commit.
///
/// # Errors
/// If there is no repository, or nothing in it is called so, or it is no commit, or its commit is not
/// in the clone.
pub fn revision(root: &Path, name: &str) -> Result<Revision, RevisionError> {
    let repo = read::open(root)?.to_thread_local();
    read::place(&repo, root)?;
    let unknown = |reason: &dyn std::fmt::Display| {
        let reason = reason.to_string().lines().next().unwrap_or_default().to_owned();
        RevisionError::Unknown { name: name.chars().take(MAX_NAME).collect(), reason }
    };
    // What begins with a dash is an option to git everywhere else.
    if name.is_empty() || name.len() > MAX_NAME || name.starts_with('-') || name.contains('\0') {
        return Err(unknown(&"no revision has such a name"));
    }
    let id = repo.rev_parse_single(BStr::new(name)).map_err(|err| unknown(&err))?;
    let object = id.object().map_err(|_| not_here("what it leads to", id.detach()))?;
    let commit = object.peel_to_commit().map_err(|err| unknown(&err))?;
    let tree = commit.tree_id().map_err(|_| not_here("its commit", commit.id))?;
    Ok(Revision { commit: commit.id, tree: tree.detach() })
}

pub(super) fn not_here(what: impl Into<String>, id: ObjectId) -> RevisionError {
    RevisionError::NotHere { what: what.into(), id: id.to_hex_with_len(12).to_string() }
}
