//! Finds the repository, walks its history and compares the trees, on several threads.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use gix::ObjectId;
use rayon::prelude::*;

use super::{
    About, Limits, NoHistory, Past,
    builder::Builder,
    diff::{self, Changes},
    walk::{self, Before, Bounds, Node, Walked},
};

/// Commits that one thread compares in a row: neighbours share most of their trees, which are read
/// from the cache then.
const RUN: usize = 128;

/// Bytes of objects that each thread keeps at hand.
pub(super) const OBJECT_CACHE: usize = 16 << 20;

/// Reads the history of the workspace at `root`, which must be canonical. `before` is what was read
/// of it earlier: only what is new is read if HEAD has moved forward, and `before` is the answer if
/// it has not moved.
///
/// Costs reading each new commit, and the trees in which it differs from its parent: 0.2 ms of
/// processor time a commit on pytest's history. Objects that cannot be read are left out and counted.
///
/// # Errors
/// There is no history, or it is not to be read: see [`NoHistory`].
pub fn read(
    root: &Path,
    before: Option<&Arc<Past>>,
    limits: &Limits,
) -> Result<Arc<Past>, NoHistory> {
    let shared = open(root)?;
    let mut repo = shared.to_thread_local();
    repo.object_cache_size(OBJECT_CACHE);
    let place = place(&repo, root)?;
    let tip = tip(&repo)?;
    let shallow = shallow(&repo);
    let before = before.filter(|past| past.about.place == place && past.about.shallow == shallow);
    if let Some(past) = before.filter(|past| past.about.tip == tip) {
        return Ok(Arc::clone(past));
    }
    let bounds = |known: Option<&Past>| {
        let (commits, shallow) = (limits.commits, &shallow[..]);
        let (known, known_tip) =
            known.map_or((&[][..], None), |it| (&it.about.seen[..], Some(it.about.tip)));
        walk::walk(&repo, tip, &Bounds { commits, shallow, known, known_tip })
    };
    let mut walked = bounds(before.map(|past| &**past));
    let before = before.filter(|_| walked.goes_on && !walked.is_cut);
    if before.is_none() {
        walked = bounds(None);
    }
    if walked.seen.is_empty() {
        return Err(unusable(&"the commit of HEAD cannot be read"));
    }
    let (seen, damaged) = (std::mem::take(&mut walked.seen), walked.damaged);
    let about = About { tip, seen, shallow, place, damaged };
    Ok(Arc::new(put_together(&shared, walked, about, before.map(|past| &**past), limits)))
}

/// Compares the trees of what was found, and adds what was known.
fn put_together(
    repo: &gix::ThreadSafeRepository,
    walked: Walked,
    mut about: About,
    before: Option<&Past>,
    limits: &Limits,
) -> Past {
    let compared: Vec<Vec<Option<Changes>>> = walked
        .nodes
        .par_chunks(RUN)
        .map(|nodes| {
            let mut repo = repo.to_thread_local();
            repo.object_cache_size(OBJECT_CACHE);
            nodes.iter().map(|node| changes(&repo, &about.place.1, node, limits)).collect()
        })
        .collect();
    let mut builder = Builder::new(walked.is_cut);
    for (node, changes) in walked.nodes.iter().zip(compared.into_iter().flatten()) {
        match changes {
            Some(changes) if changes.files > 0 => builder.read(node, changes, limits),
            Some(_) => {}
            None => about.damaged += 1,
        }
    }
    if let Some(past) = before {
        builder.known(past, limits);
        about.damaged += past.about.damaged;
        about.seen.extend_from_slice(&past.about.seen);
        about.seen.sort_unstable();
    }
    builder.finish(about)
}

fn changes(repo: &gix::Repository, prefix: &[u8], node: &Node, limits: &Limits) -> Option<Changes> {
    let old = match node.before {
        Before::Nothing => None,
        Before::Tree(tree) => Some(tree),
        Before::Unknown => return Some(Changes::default()),
    };
    diff::between(repo, prefix, old, node.tree, limits.paths)
}

pub(super) fn open(root: &Path) -> Result<gix::ThreadSafeRepository, NoHistory> {
    if !root.ancestors().any(|dir| dir.join(".git").symlink_metadata().is_ok()) {
        return Err(NoHistory::NoRepository);
    }
    let repo = gix::ThreadSafeRepository::discover(root).map_err(|err| unusable(&err))?;
    // What its configuration says would be obeyed: where objects are, for one.
    if repo.to_thread_local().git_dir_trust() != gix::sec::Trust::Full {
        return Err(unusable(
            &"it belongs to another user: see safe.directory in `git help config`",
        ));
    }
    Ok(repo)
}

/// The repository's directory, and where the workspace is in its trees.
pub(super) fn place(repo: &gix::Repository, root: &Path) -> Result<(PathBuf, Vec<u8>), NoHistory> {
    let workdir = repo.workdir().ok_or_else(|| unusable(&"it has no working directory"))?;
    let workdir = workdir.canonicalize().map_err(|err| unusable(&err))?;
    let below = root.strip_prefix(&workdir);
    let below = below.map_err(|_| unusable(&"the workspace is not in its working directory"))?;
    Ok((repo.git_dir().to_path_buf(), below.as_os_str().as_bytes().to_vec()))
}

fn tip(repo: &gix::Repository) -> Result<ObjectId, NoHistory> {
    let mut head = repo.head().map_err(|err| unusable(&err))?;
    if head.is_unborn() {
        return Err(NoHistory::NoCommits);
    }
    let id = head.try_peel_to_id().map_err(|err| unusable(&err))?;
    id.map(gix::Id::detach).ok_or(NoHistory::NoCommits)
}

/// The commits whose parents the clone has left out, in order.
fn shallow(repo: &gix::Repository) -> Vec<ObjectId> {
    let commits = repo.shallow_commits().ok().flatten();
    let mut commits: Vec<ObjectId> = commits
        .into_iter()
        .flat_map(|commits| commits.iter().copied().collect::<Vec<_>>())
        .collect();
    commits.sort_unstable();
    commits
}

fn unusable(reason: &dyn std::fmt::Display) -> NoHistory {
    NoHistory::Unusable { reason: reason.to_string() }
}
