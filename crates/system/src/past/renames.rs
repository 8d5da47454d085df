//! Files that moved: an addition and a deletion of one commit that are the same file.
//!
//! As git sees it (`diffcore-rename.c`): first those with the same bytes, of several the one with
//! the same name; then those that share at least half of their lines, the likest pair first. What
//! they share is weighed in bytes of whole lines.

use std::collections::HashMap;

use coderoom_engine::RelPath;
use gix::ObjectId;

use super::diff::{Changed, What};

/// Additions, and deletions, that are compared by their lines: the square of this is read at worst.
const MAX_SIDES: usize = 40;

/// Bytes of a file that is compared by its lines.
const MAX_BYTES: usize = 1 << 20;

/// Turns additions into renames, and takes the deletions away that they belong to.
pub(super) fn find(repo: &gix::Repository, list: &mut Vec<Changed>) {
    let (mut new, mut old) = (Vec::new(), Vec::new());
    for (at, changed) in list.iter().enumerate() {
        match changed.what {
            What::Added(blob) => new.push((at, blob)),
            What::Deleted(blob) => old.push((at, blob)),
            _ => {}
        }
    }
    if new.is_empty() || old.is_empty() {
        return;
    }
    let empty = ObjectId::empty_blob(repo.object_hash());
    let mut pairs = Vec::new();
    let mut pair =
        |new: &mut Vec<(usize, ObjectId)>, old: &mut Vec<(usize, ObjectId)>, to, from| {
            pairs.push((to, from));
            new.retain(|(at, _)| *at != to);
            old.retain(|(at, _)| *at != from);
        };
    let name = |at: usize| list[at].path.file_name();
    for (to, blob) in new.clone() {
        if blob == empty {
            continue;
        }
        let same = |(_, other): &&(usize, ObjectId)| *other == blob;
        let best = old.iter().filter(same).max_by_key(|(from, _)| name(*from) == name(to));
        if let Some((from, _)) = best.copied() {
            pair(&mut new, &mut old, to, from);
        }
    }
    if new.len() <= MAX_SIDES && old.len() <= MAX_SIDES {
        for (to, from) in by_lines(repo, list, &new, &old) {
            pair(&mut new, &mut old, to, from);
        }
    }
    let from: HashMap<usize, RelPath> =
        pairs.iter().map(|(to, from)| (*to, list[*from].path.clone())).collect();
    for (to, from) in from {
        list[to].what = What::Renamed(from);
    }
    let mut gone: Vec<usize> = pairs.iter().map(|(_, from)| *from).collect();
    gone.sort_unstable();
    for at in gone.into_iter().rev() {
        list.remove(at);
    }
}

/// Pairs that share half of their lines or more: each addition and deletion in one at most.
fn by_lines(
    repo: &gix::Repository,
    list: &[Changed],
    new: &[(usize, ObjectId)],
    old: &[(usize, ObjectId)],
) -> Vec<(usize, usize)> {
    let read = |side: &[(usize, ObjectId)]| -> Vec<(usize, Lines)> {
        side.iter().filter_map(|(at, blob)| Some((*at, Lines::of(repo, *blob)?))).collect()
    };
    let (new, old) = (read(new), read(old));
    let name = |at: usize| list[at].path.file_name();
    let mut alike = Vec::new();
    for (to, new) in &new {
        for (from, old) in &old {
            if let Some(share) = new.share(old) {
                alike.push((share, name(*to) == name(*from), *to, *from));
            }
        }
    }
    alike.sort_unstable_by(|a, b| (b.0, b.1, a.2, a.3).cmp(&(a.0, a.1, b.2, b.3)));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, _, to, from) in alike {
        if pairs.iter().all(|(other_to, other_from)| *other_to != to && *other_from != from) {
            pairs.push((to, from));
        }
    }
    pairs
}

/// A file as a bag of lines: the hash and the bytes of each, in order of hash.
struct Lines {
    lines: Vec<(u64, usize)>,
    bytes: usize,
}

impl Lines {
    fn of(repo: &gix::Repository, blob: ObjectId) -> Option<Lines> {
        let header = repo.find_header(blob).ok()?;
        if header.size() == 0 || header.size() > MAX_BYTES as u64 {
            return None;
        }
        let data = repo.find_blob(blob).ok()?.take_data();
        let lines = data.split_inclusive(|byte| *byte == b'\n');
        let mut lines: Vec<(u64, usize)> =
            lines.map(|line| (xxhash_rust::xxh3::xxh3_64(line), line.len())).collect();
        lines.sort_unstable();
        Some(Lines { lines, bytes: data.len() })
    }

    /// How much of the larger of both is in the other, in thousandths; `None` below a half.
    fn share(&self, other: &Lines) -> Option<usize> {
        let most = self.bytes.max(other.bytes);
        if self.bytes.min(other.bytes) * 2 < most {
            return None;
        }
        let (mut a, mut b, mut shared) = (0, 0, 0);
        while let (Some(x), Some(y)) = (self.lines.get(a), other.lines.get(b)) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => a += 1,
                std::cmp::Ordering::Greater => b += 1,
                std::cmp::Ordering::Equal => {
                    shared += x.1;
                    a += 1;
                    b += 1;
                }
            }
        }
        let share = shared * 1000 / most;
        (share >= 500).then_some(share)
    }
}
