//! A tree made from another by a few changes. What else is in the trees above them is copied as it
//! stands, in git's own encoding: neither looked up nor taken apart.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use gix::{
    ObjectId,
    bstr::{BStr, ByteSlice},
    objs::{
        Kind, TreeRefIter,
        tree::{EntryKind, EntryMode, EntryRef},
    },
};

use super::{
    blobs::Item,
    error::{ReviewError, git},
    objects::Objects,
};

/// Bytes of half of the trees that are kept.
const HALF: usize = 1 << 20;

/// Trees that edits went through lately. A tree of an id is never another, so they are right whatever
/// happens to the repository; whether they are still in it is for others to know.
#[derive(Default)]
pub(super) struct Trees {
    /// Those used last. When they are `HALF` they become the older ones, and those are let go of.
    young: HashMap<ObjectId, Arc<[u8]>>,
    old: HashMap<ObjectId, Arc<[u8]>>,
    bytes: usize,
}

impl Trees {
    fn get(&mut self, id: ObjectId) -> Option<Arc<[u8]>> {
        if let Some(raw) = self.young.get(&id) {
            return Some(raw.clone());
        }
        let raw = self.old.remove(&id)?;
        self.put(id, raw.clone());
        Some(raw)
    }

    fn put(&mut self, id: ObjectId, raw: Arc<[u8]>) {
        if self.bytes + raw.len() > HALF {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += raw.len();
        self.young.insert(id, raw);
    }
}

/// The tree that differs from `tree` by these paths; those without an item are not in it. A directory
/// of which nothing is left goes too, and one is not taken for a file that is gone. Costs reading,
/// hashing and writing the trees above the paths.
///
/// # Errors
/// If an object cannot be read or written, or git would not have a file of such a name.
pub(super) fn edit(
    objects: &Objects,
    trees: &mut Trees,
    tree: ObjectId,
    changes: &[(Vec<u8>, Option<Item>)],
) -> Result<ObjectId, ReviewError> {
    let names = Names::of(&objects.repo);
    let mut root = Change::default();
    for (path, item) in changes {
        if let Some(item) = item {
            names.check(path, item.kind)?;
        }
        let mut at = &mut root;
        for part in path.split_str("/") {
            at = at.below.entry(part.as_bstr()).or_default();
        }
        at.here = Some(item.as_ref().map(|item| (item.kind.into(), item.id)));
    }
    match (Editor { objects, trees }).dir(Some(tree), &root)? {
        Some(id) => Ok(id),
        None => objects.write("write a tree", Kind::Tree, b""),
    }
}

/// What becomes of a name.
#[derive(Default)]
struct Change<'a> {
    /// Of what is no directory.
    here: Option<Option<Leaf>>,
    below: BTreeMap<&'a BStr, Change<'a>>,
}

type Leaf = (EntryMode, ObjectId);

struct Editor<'e> {
    objects: &'e Objects,
    trees: &'e mut Trees,
}

impl Editor<'_> {
    /// A directory after its changes; none if it is empty then.
    fn dir(
        &mut self,
        old: Option<ObjectId>,
        change: &Change<'_>,
    ) -> Result<Option<ObjectId>, ReviewError> {
        let raw = match old {
            Some(id) => self.read(id)?,
            None => Arc::default(),
        };
        let hash = self.objects.repo.object_hash();
        let mut before: HashMap<&BStr, Leaf> = HashMap::new();
        for entry in TreeRefIter::from_bytes(&raw, hash) {
            let entry = git("read a tree", entry)?;
            if change.below.contains_key(entry.filename) {
                before.insert(entry.filename, (entry.mode, entry.oid.to_owned()));
            }
        }
        let mut new = Vec::with_capacity(change.below.len());
        for (name, below) in &change.below {
            let leaf = self.entry(before.get(*name).copied(), below)?;
            new.extend(leaf.map(|(mode, id)| (mode, *name, id)));
        }
        let mut new: Vec<EntryRef<'_>> = new
            .iter()
            .map(|(mode, filename, oid)| EntryRef { mode: *mode, filename, oid })
            .collect();
        new.sort();
        let mut out = Vec::with_capacity(raw.len() + 64 * new.len());
        let mut new = new.into_iter().peekable();
        let (mut rest, mut start) = (TreeRefIter::from_bytes(&raw, hash), 0);
        while let Some(entry) = rest.next() {
            let entry = git("read a tree", entry)?;
            let end = rest.offset_to_next_entry(&raw);
            if !change.below.contains_key(entry.filename) {
                while let Some(new) = new.next_if(|new| *new < entry) {
                    put(&mut out, &new);
                }
                out.extend_from_slice(&raw[start..end]);
            }
            start = end;
        }
        new.for_each(|new| put(&mut out, &new));
        if out.is_empty() {
            return Ok(None);
        }
        if let Some(old) = old.filter(|_| out == *raw) {
            return Ok(Some(old));
        }
        let id = self.objects.write("write a tree", Kind::Tree, &out)?;
        self.trees.put(id, out.into());
        Ok(Some(id))
    }

    /// What there is of a name after a change.
    fn entry(
        &mut self,
        old: Option<Leaf>,
        change: &Change<'_>,
    ) -> Result<Option<Leaf>, ReviewError> {
        if let Some(Some(leaf)) = change.here {
            return Ok(Some(leaf));
        }
        let (dir, file) = match old {
            Some((mode, id)) if mode.is_tree() => (Some(id), None),
            // A file that is gone is so; what is gone from below a file never was there.
            file => (None, file.filter(|_| change.here.is_none())),
        };
        let dir = match change.below.is_empty() {
            true => dir,
            false => self.dir(dir, change)?,
        };
        Ok(dir.map(|id| (EntryKind::Tree.into(), id)).or(file))
    }

    fn read(&mut self, id: ObjectId) -> Result<Arc<[u8]>, ReviewError> {
        if let Some(raw) = self.trees.get(id) {
            return Ok(raw);
        }
        let tree = git("read a tree", self.objects.repo.find_tree(id))?;
        let raw: Arc<[u8]> = Arc::from(&tree.data[..]);
        self.trees.put(id, raw.clone());
        Ok(raw)
    }
}

/// Adds an entry as git encodes it.
fn put(out: &mut Vec<u8>, entry: &EntryRef<'_>) {
    out.extend_from_slice(entry.mode.as_bytes(&mut [0; 6]));
    out.push(b' ');
    out.extend_from_slice(entry.filename);
    out.push(0);
    out.extend_from_slice(entry.oid.as_bytes());
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

    fn check(&self, path: &[u8], kind: EntryKind) -> Result<(), ReviewError> {
        use gix::validate::path::{component, component::Mode};
        let mut parts = path.split_str("/").peekable();
        while let Some(part) = parts.next() {
            let is_link = kind == EntryKind::Link && parts.peek().is_none();
            let mode = is_link.then_some(Mode::Symlink);
            component(part.as_bstr(), mode, self.0).map_err(|err| ReviewError::Git {
                doing: "name a file of a tree",
                reason: format!("{}: {err}", part.as_bstr()),
            })?;
        }
        Ok(())
    }
}
