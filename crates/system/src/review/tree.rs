//! Trees: written from a list of all paths, or made from the one before by a few changes.

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
};

/// Writes the trees of a sorted list. Trees that are there already are not written again.
///
/// # Errors
/// If an object cannot be written.
pub(super) fn write(repo: &gix::Repository, items: &[Item]) -> Result<ObjectId, ReviewError> {
    write_below(repo, items, 0)
}

fn write_below(
    repo: &gix::Repository,
    items: &[Item],
    depth: usize,
) -> Result<ObjectId, ReviewError> {
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
        let id = write_below(repo, &rest[..many], dir.len())?;
        tree.entries.push(entry(&below[..end], EntryKind::Tree, id));
        rest = &rest[many..];
    }
    // A file and a directory of one name are never both there; the order is git's all the same.
    tree.entries.sort();
    git("write a tree", repo.write_object(&tree)).map(gix::Id::detach)
}

fn entry(name: &[u8], kind: EntryKind, id: ObjectId) -> Entry {
    Entry { mode: kind.into(), filename: BString::from(name), oid: id }
}

/// The tree that differs from `tree` by these paths. Costs the trees above them.
///
/// What else is in those trees is not looked up: it was there when they were written, and a look
/// for each of a thousand files of a directory would cost more than all the rest.
///
/// # Errors
/// If an object cannot be read or written, or git would not have a file of such a name.
pub(super) fn edit(
    repo: &gix::Repository,
    tree: ObjectId,
    changes: &[(Vec<u8>, Option<Item>)],
) -> Result<ObjectId, ReviewError> {
    let names = Names::of(repo);
    let mut editor = git("read a tree", repo.edit_tree(tree))?.detach();
    let parts = |path: &[u8]| path.split_str("/").map(BString::from).collect::<Vec<_>>();
    for (path, _) in changes.iter().filter(|(_, item)| item.is_none()) {
        git("edit a tree", editor.remove(parts(path)).map(drop))?;
    }
    for item in changes.iter().filter_map(|(_, item)| item.as_ref()) {
        let parts = parts(&item.path);
        names.check(&parts, item.kind)?;
        git("edit a tree", editor.upsert(parts, item.kind, item.id).map(drop))?;
    }
    let written = editor.write(|tree| repo.write_object(tree).map(gix::Id::detach));
    git("write a tree", written)
}

/// Which names git keeps out of trees.
struct Names(gix::validate::path::component::Options);

impl Names {
    /// By the repository's configuration, with git's own defaults.
    fn of(repo: &gix::Repository) -> Names {
        let config = repo.config_snapshot();
        let said = |key: &str, default: bool| config.boolean(key).unwrap_or(default);
        Names(gix::validate::path::component::Options {
            protect_windows: cfg!(windows),
            protect_hfs: said("core.protectHFS", cfg!(target_os = "macos")),
            protect_ntfs: said("core.protectNTFS", true),
        })
    }

    fn check(&self, parts: &[BString], kind: EntryKind) -> Result<(), ReviewError> {
        use gix::validate::path::{component, component::Mode};
        for (at, part) in parts.iter().enumerate() {
            let is_link = kind == EntryKind::Link && at + 1 == parts.len();
            let mode = is_link.then_some(Mode::Symlink);
            component(part.as_ref(), mode, self.0).map_err(|err| ReviewError::Git {
                doing: "name a file of a tree",
                reason: format!("{part}: {err}"),
            })?;
        }
        Ok(())
    }
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
