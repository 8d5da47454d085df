//! The review branch: whether it can be written, what it is at, and moving it.

use std::path::Path;

use gix::{
    ObjectId,
    bstr::ByteSlice,
    refs::{
        FullName,
        transaction::{PreviousValue, RefEdit},
    },
};

use super::error::{ReviewError, git, words};

/// Refuses a branch that is checked out in a working directory.
///
/// # Errors
/// `CheckedOut`.
pub(super) fn check_not_checked_out(
    repo: &gix::Repository,
    branch: &str,
) -> Result<(), ReviewError> {
    let common = repo.common_dir();
    let is_on = |git_dir: &Path| {
        let head = std::fs::read(git_dir.join("HEAD")).unwrap_or_default();
        let target = head.strip_prefix(b"ref:").map(<[u8]>::trim_ascii);
        // A rebase under way has the branch it will write when it is done.
        let rebasing = ["rebase-merge/head-name", "rebase-apply/head-name"].iter().any(|file| {
            let name = std::fs::read(git_dir.join(file)).unwrap_or_default();
            name.trim_ascii() == branch.as_bytes()
        });
        target == Some(branch.as_bytes()) || rebasing
    };
    let refuse = |at: String| Err(ReviewError::CheckedOut { branch: branch.to_owned(), at });
    if is_on(common) {
        let at = common.parent().unwrap_or(common);
        return refuse(at.display().to_string());
    }
    let Ok(linked) = std::fs::read_dir(common.join("worktrees")) else { return Ok(()) };
    for dir in linked.flatten() {
        if is_on(&dir.path()) {
            let link = std::fs::read(dir.path().join("gitdir")).unwrap_or_default();
            let at = link.trim_ascii().to_str_lossy().into_owned();
            return refuse(at.strip_suffix("/.git").unwrap_or(&at).to_owned());
        }
    }
    Ok(())
}

/// Refuses a name that no branch can have.
///
/// # Errors
/// `BranchConflict`.
pub(super) fn check_spelling(branch: &str) -> Result<(), ReviewError> {
    if FullName::try_from(branch).is_ok() {
        return Ok(());
    }
    let other = "git's rule for names of branches".to_owned();
    Err(ReviewError::BranchConflict { branch: branch.to_owned(), other })
}

/// Refuses a branch whose name git could not have beside those that there are. One that is there
/// already is fine: git sees to that.
///
/// # Errors
/// `BranchConflict`.
pub(super) fn check_name(repo: &gix::Repository, branch: &str) -> Result<(), ReviewError> {
    let conflict = |other: &str| {
        let (branch, other) = (branch.to_owned(), other.to_owned());
        Err(ReviewError::BranchConflict { branch, other })
    };
    let heads = "refs/heads/".len();
    for (at, _) in branch.match_indices('/').filter(|(at, _)| *at > heads) {
        let above = &branch[..at];
        // What is not found is looked for in other places too: that is no conflict.
        let found = git("look up a branch", repo.try_find_reference(above))?;
        if found.is_some_and(|found| found.name().as_bstr() == above) {
            return conflict(above);
        }
    }
    let references = git("list branches", repo.references())?;
    let below = format!("{branch}/");
    let mut listed = git("list branches", references.prefixed(below.as_bytes().as_bstr()))?;
    match listed.next() {
        Some(Ok(other)) => conflict(&other.name().as_bstr().to_str_lossy()),
        _ => Ok(()),
    }
}

/// The commit that the branch is at.
///
/// # Errors
/// If the reference cannot be read.
pub(super) fn tip(repo: &gix::Repository, branch: &str) -> Result<Option<ObjectId>, ReviewError> {
    let found = git("look up the review branch", repo.try_find_reference(branch))?;
    Ok(found.and_then(|found| found.try_id().map(gix::Id::detach)))
}

/// The commit of HEAD; none before the first one.
///
/// # Errors
/// If HEAD cannot be read.
pub(super) fn head(repo: &gix::Repository) -> Result<Option<ObjectId>, ReviewError> {
    let mut head = git("read HEAD", repo.head())?;
    if head.is_unborn() {
        return Ok(None);
    }
    let id = git("read HEAD", head.try_peel_to_id())?;
    Ok(id.map(gix::Id::detach))
}

/// Moves the branch from what it was to `to`, and nothing else.
///
/// # Errors
/// `Locked` if it is not at `from` any more, or somebody holds its lock.
pub(super) fn advance(
    repo: &gix::Repository,
    branch: &str,
    from: Option<ObjectId>,
    to: ObjectId,
    log: &str,
    by: gix::actor::SignatureRef<'_>,
) -> Result<(), ReviewError> {
    let name = FullName::try_from(branch).map_err(|err| ReviewError::Git {
        doing: "name the review branch",
        reason: err.to_string(),
    })?;
    let expected = match from {
        Some(from) => PreviousValue::MustExistAndMatch(from.into()),
        None => PreviousValue::MustNotExist,
    };
    let edit = RefEdit::update(name, to, expected, log);
    let moved = repo.edit_references_as(Some(edit), Some(by));
    moved
        .map(drop)
        .map_err(|err| ReviewError::Locked { branch: branch.to_owned(), reason: words(&err) })
}
