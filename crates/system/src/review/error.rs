//! Why a session's state cannot be committed for review.

/// Why there is no review commit. Nothing was changed then, but for objects that nobody names.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// No directory above the workspace has a repository.
    #[error(
        "{root} is in no git repository: `git init` makes one; without it a session's changes \
             are in its log, and `sync` writes them to the working directory"
    )]
    NoRepository {
        /// The workspace.
        root: String,
    },
    /// There is one that cannot be used.
    #[error("the git repository of {root} cannot be used: {reason}")]
    Unusable {
        /// The workspace.
        root: String,
        /// Why not.
        reason: String,
    },
    /// The review branch is checked out.
    #[error(
        "branch {branch} is checked out in {at}: a commit to it would pull the files there from \
             under whoever works on them; check out another branch there, or open the session with \
             another git.diff_branch"
    )]
    CheckedOut {
        /// The branch.
        branch: String,
        /// The working directory.
        at: String,
    },
    /// Git cannot have both branches.
    #[error(
        "branch {branch} cannot be made because there is {other}: rename or delete that, or \
             open the session with another git.diff_branch"
    )]
    BranchConflict {
        /// The branch that is wanted.
        branch: String,
        /// The reference in the way.
        other: String,
    },
    /// Somebody holds the branch's lock, or has moved the branch meanwhile.
    #[error(
        "branch {branch} is being written by somebody else ({reason}): try again; if no git \
             process is running, remove what is left of its lock file"
    )]
    Locked {
        /// The branch.
        branch: String,
        /// What is in the way.
        reason: String,
    },
    /// A file's content cannot be made into what git stores.
    #[error(
        "{path} cannot be stored as git would store it: {reason}; repair its filter in the git \
             configuration, or its line in .gitattributes"
    )]
    Filter {
        /// Which.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// Which.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// The repository fails.
    #[error("git: cannot {doing}: {reason}")]
    Git {
        /// What was being done.
        doing: &'static str,
        /// What it says.
        reason: String,
    },
}

impl ReviewError {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ReviewError::NoRepository { .. } => "no_repository",
            ReviewError::Unusable { .. } => "repository_unusable",
            ReviewError::CheckedOut { .. } => "branch_checked_out",
            ReviewError::BranchConflict { .. } => "branch_conflict",
            ReviewError::Locked { .. } => "repository_locked",
            ReviewError::Filter { .. } => "filter_failed",
            ReviewError::Unreadable { .. } => "file_unreadable",
            ReviewError::Git { .. } => "git_failed",
        }
    }
}

/// Names what git was asked for when it failed.
pub(super) fn git<T>(doing: &'static str, result: gix::Result<T>) -> Result<T, ReviewError> {
    result.map_err(|err| ReviewError::Git { doing, reason: words(&err) })
}

/// All that an error of gix has to say, in one line.
pub(super) fn words(err: &gix::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for part in err.iter_errors() {
        let part = part.to_string();
        if !said.contains(&part) {
            said.push(part);
        }
    }
    if said.is_empty() { err.to_string() } else { said.join(": ") }
}
