//! Trees: written from a list of all paths, and compared.

use gix::{
    ObjectId,
    bstr::{BString, ByteSlice},
    objs::{
        Tree,
        tree::{Entry, EntryKind},
    },
};

use super::{
    blobs::Item,
    error::{ReviewError, git},
    objects::Objects,
};

/// Writes the trees of a sorted list. Trees that are there already are not written again.
///
/// # Errors
/// If an object cannot be written.
pub(super) fn write(objects: &Objects, items: &[Item]) -> Result<ObjectId, ReviewError> {
    write_below(objects, items, 0)
}

fn write_below(objects: &Objects, items: &[Item], depth: usize) -> Result<ObjectId, ReviewError> {
    let mut tree = Tree { entries: Vec::new() };
    let mut rest = items;
    while let Some(first) = rest.first() {
        let below = &first.path[depth..];
        let Some(end) = below.find_byte(b'/') else {
            tree.entries.push(entry(below, first.kind, first.id));
            rest = &rest[1..];
            continue;
        };
        let dir = &first.path[..depth + end + 1];
        let many = rest.partition_point(|item| item.path.starts_with(dir));
        let id = write_below(objects, &rest[..many], dir.len())?;
        tree.entries.push(entry(&below[..end], EntryKind::Tree, id));
        rest = &rest[many..];
    }
    // A file and a directory of one name are never both there; the order is git's all the same.
    tree.entries.sort();
    objects.encode("write a tree", &tree)
}

fn entry(name: &[u8], kind: EntryKind, id: ObjectId) -> Entry {
    Entry { mode: kind.into(), filename: BString::from(name), oid: id }
}

/// A path, with what the old tree and the new one have there.
pub(super) type Difference = (Vec<u8>, Option<Item>, Option<Item>);

/// Paths that differ between two trees: blobs and links, old and new.
///
/// # Errors
/// If a tree cannot be read.
pub(super) fn differences(
    repo: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
) -> Result<Vec<Difference>, ReviewError> {
    let mut found = Vec::new();
    compare(repo, old, new, &[], &mut found)?;
    Ok(found)
}

fn compare(
    repo: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    dir: &[u8],
    found: &mut Vec<Difference>,
) -> Result<(), ReviewError> {
    if old == new {
        return Ok(());
    }
    let list = |id: Option<ObjectId>| -> Result<Vec<(BString, EntryKind, ObjectId)>, ReviewError> {
        let Some(id) = id else { return Ok(Vec::new()) };
        let tree = git("read a tree", repo.find_tree(id))?;
        let tree = git("read a tree", tree.decode())?;
        let one = |it: &gix::objs::tree::EntryRef<'_>| {
            (it.filename.to_owned(), it.mode.kind(), it.oid.to_owned())
        };
        let mut list: Vec<_> = tree.entries.iter().map(one).collect();
        list.sort();
        Ok(list)
    };
    let (old, new) = (list(old)?, list(new)?);
    let mut names: Vec<&BString> = old.iter().chain(&new).map(|(name, ..)| name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let get = |list: &[(BString, EntryKind, ObjectId)]| {
            let at = list.binary_search_by(|(it, ..)| it.cmp(name)).ok()?;
            Some((list[at].1, list[at].2))
        };
        let (before, after) = (get(&old), get(&new));
        if before == after {
            continue;
        }
        let path = match dir.is_empty() {
            true => name.to_vec(),
            false => [dir, b"/", &name[..]].concat(),
        };
        let tree = |it: Option<(EntryKind, ObjectId)>| {
            it.filter(|(kind, _)| *kind == EntryKind::Tree).map(|(_, id)| id)
        };
        let leaf = |it: Option<(EntryKind, ObjectId)>| {
            let (kind, id) = it?;
            let is_leaf = !matches!(kind, EntryKind::Tree | EntryKind::Commit);
            is_leaf.then(|| Item { path: path.clone(), kind, id })
        };
        compare(repo, tree(before), tree(after), &path, found)?;
        let (before, after) = (leaf(before), leaf(after));
        if before.is_some() || after.is_some() {
            found.push((path.clone(), before, after));
        }
    }
    Ok(())
}
