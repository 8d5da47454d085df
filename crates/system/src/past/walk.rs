//! The commits that a tip reaches, the newest first.
//!
//! A walk of our own, because gix's ends at the first object that cannot be read. A commit comes
//! before its parents wherever clocks were right; sorting by topology would have to walk the whole
//! history first.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use gix::{ObjectId, bstr::ByteSlice};

use super::MESSAGE_BYTES;

/// What a commit is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Before {
    /// Nothing: it is the first.
    Nothing,
    /// Its parent's tree.
    Tree(ObjectId),
    /// Its parent is not there: what it changed is not known.
    Unknown,
}

/// A commit without its changes.
pub(super) struct Node {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) before: Before,
    pub(super) time: i64,
    pub(super) author_time: i64,
    pub(super) message: Box<str>,
    parents: Vec<ObjectId>,
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Walked {
    /// The commits that are not merges, the newest first.
    pub(super) nodes: Vec<Node>,
    /// All that were looked at.
    pub(super) seen: Vec<ObjectId>,
    /// It came to the tip of the history that is known.
    pub(super) goes_on: bool,
    /// There is more.
    pub(super) is_cut: bool,
    /// Commits that could not be read.
    pub(super) damaged: u32,
}

/// What bounds a walk.
pub(super) struct Bounds<'a> {
    /// Commits to look at.
    pub(super) commits: usize,
    /// Commits whose parents are not in the clone, in order.
    pub(super) shallow: &'a [ObjectId],
    /// Commits that are known already, in order; the walk does not enter them.
    pub(super) known: &'a [ObjectId],
    /// The tip of those.
    pub(super) known_tip: Option<ObjectId>,
}

/// Walks from `tip`. Costs reading each commit.
pub(super) fn walk(repo: &gix::Repository, tip: ObjectId, bounds: &Bounds<'_>) -> Walked {
    let mut walked = Walked::default();
    let mut trees: HashMap<ObjectId, Option<ObjectId>> = HashMap::new();
    let mut queue = Queue::default();
    let mut meet = |id: ObjectId, queue: &mut Queue, walked: &mut Walked| {
        walked.goes_on |= Some(id) == bounds.known_tip;
        if bounds.known.binary_search(&id).is_ok() || trees.contains_key(&id) {
            return;
        }
        let node = node(repo, id);
        trees.insert(id, node.as_ref().map(|node| node.tree));
        match node {
            Some(node) => queue.push(node),
            None => walked.damaged += 1,
        }
    };
    meet(tip, &mut queue, &mut walked);
    while let Some(node) = queue.pop() {
        if walked.seen.len() == bounds.commits {
            walked.is_cut = true;
            break;
        }
        walked.seen.push(node.id);
        if bounds.shallow.binary_search(&node.id).is_ok() {
            // Git shows such a commit as if it had added every file; nobody has changed them.
            walked.nodes.push(Node { before: Before::Unknown, ..node });
            continue;
        }
        for parent in &node.parents {
            meet(*parent, &mut queue, &mut walked);
        }
        if node.parents.len() < 2 {
            walked.nodes.push(node);
        }
    }
    for node in &mut walked.nodes {
        if let (Some(parent), Before::Nothing) = (node.parents.first(), node.before) {
            let tree = trees.get(parent).copied();
            let tree = tree.unwrap_or_else(|| tree_of(repo, *parent));
            node.before = tree.map_or(Before::Unknown, Before::Tree);
        }
    }
    walked.seen.sort_unstable();
    walked
}

/// Commits that wait, by time; of those of one second, the first that was met.
#[derive(Default)]
struct Queue {
    order: BinaryHeap<(i64, Reverse<usize>)>,
    nodes: HashMap<usize, Node>,
    met: usize,
}

impl Queue {
    fn push(&mut self, node: Node) {
        self.order.push((node.time, Reverse(self.met)));
        self.nodes.insert(self.met, node);
        self.met += 1;
    }

    fn pop(&mut self) -> Option<Node> {
        let (_, Reverse(number)) = self.order.pop()?;
        self.nodes.remove(&number)
    }
}

fn tree_of(repo: &gix::Repository, commit: ObjectId) -> Option<ObjectId> {
    repo.find_commit(commit).ok()?.tree_id().ok().map(gix::Id::detach)
}

fn node(repo: &gix::Repository, id: ObjectId) -> Option<Node> {
    let commit = repo.find_commit(id).ok()?;
    let said = commit.decode().ok()?;
    let time = said.committer().ok()?.seconds();
    Some(Node {
        id,
        tree: said.tree(),
        before: Before::Nothing,
        time,
        author_time: said.author().map_or(time, |author| author.seconds()),
        message: bounded(said.message),
        parents: said.parents().collect(),
    })
}

/// A message's beginning as text.
fn bounded(message: &[u8]) -> Box<str> {
    let cut = &message[..message.len().min(MESSAGE_BYTES)];
    let text = match cut.to_str() {
        Ok(text) => text.into(),
        // A character that the cut has halved is left out, not replaced.
        Err(err) if err.error_len().is_none() => cut[..err.valid_up_to()].to_str_lossy(),
        Err(_) => cut.to_str_lossy(),
    };
    text.trim_end().into()
}
