//! The session's tree, as the disk and the edits tell it: what a command's changes are compared to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::Path,
};

use bytes::Bytes;
use coderoom_engine::RelPath;
use rustix::fs::{Dir, FileType, Stat};

use super::{Content, Overlaid};
use crate::root::{Root, file_type};

/// Permission bits that count.
pub(super) const MODE_BITS: u32 = 0o7777;

/// What the session has at a path.
pub(super) enum Node<'a> {
    Nothing,
    File(BaseFile<'a>),
    Link(Vec<u8>),
    Dir,
    /// A socket, a pipe, a device.
    Other,
}

pub(super) struct BaseFile<'a> {
    /// Nothing: those of a new file.
    pub(super) mode: Option<u32>,
    bytes: Source<'a>,
}

enum Source<'a> {
    Held(&'a Bytes),
    Disk(u64),
}

/// The session's tree.
pub(super) struct Base<'a> {
    root: Root,
    overlaid: BTreeMap<RelPath, &'a Content>,
}

impl<'a> Base<'a> {
    pub(super) fn new(root: &Path, overlaid: &'a [Overlaid]) -> io::Result<Base<'a>> {
        let overlaid = overlaid.iter().map(|o| (o.path.clone(), &o.content)).collect();
        Ok(Base { root: Root::open(root)?, overlaid })
    }

    /// Whether the session itself has edited this path.
    pub(super) fn is_edited(&self, path: &RelPath) -> bool {
        self.overlaid.contains_key(path)
    }

    /// What the session has at `path`. Costs a few system calls at most.
    pub(super) fn node(&self, path: &RelPath) -> Node<'_> {
        match self.overlaid.get(path) {
            Some(Content::Written { bytes, mode }) => {
                let on_disk = || self.disk(path).filter(|s| file_type(s) == FileType::RegularFile);
                let mode = mode.or_else(|| on_disk().map(|stat| raw_mode(&stat)));
                return Node::File(BaseFile { mode, bytes: Source::Held(bytes) });
            }
            Some(Content::Link { target }) => return Node::Link(target.clone()),
            _ if self.has_edits_below(path) => return Node::Dir,
            Some(Content::Removed) => return Node::Nothing,
            None => {}
        }
        if self.is_covered(path) {
            return Node::Nothing;
        }
        let Some(stat) = self.disk(path) else {
            return Node::Nothing;
        };
        match file_type(&stat) {
            FileType::RegularFile => Node::File(BaseFile {
                mode: Some(raw_mode(&stat)),
                bytes: Source::Disk(u64::try_from(stat.st_size).unwrap_or(0)),
            }),
            FileType::Directory => Node::Dir,
            FileType::Symlink => std::fs::read_link(self.root.path().join(path.as_path())).map_or(
                Node::Nothing,
                |target| {
                    use std::os::unix::ffi::OsStrExt;
                    Node::Link(target.as_os_str().as_bytes().to_vec())
                },
            ),
            _ => Node::Other,
        }
    }

    fn disk(&self, path: &RelPath) -> Option<Stat> {
        self.root.stat(path).ok()
    }

    /// Whether an edit above `path` hides what the disk has there.
    fn is_covered(&self, path: &RelPath) -> bool {
        let above = std::iter::successors(path.parent(), RelPath::parent);
        above.into_iter().any(|dir| self.overlaid.contains_key(&dir))
    }

    /// Whether an edit makes `path` a directory.
    fn has_edits_below(&self, path: &RelPath) -> bool {
        self.edits_below(path).next().is_some()
    }

    /// Files and links that edits make.
    pub(super) fn edits(&self) -> impl Iterator<Item = &RelPath> {
        let is_there = |content: &Content| !matches!(content, Content::Removed);
        self.overlaid.iter().filter(move |(_, content)| is_there(content)).map(|(path, _)| path)
    }

    /// Files and links that edits make below `dir`, in path order.
    fn edits_below(&self, dir: &RelPath) -> impl Iterator<Item = &RelPath> {
        let from = (std::ops::Bound::Excluded(dir), std::ops::Bound::Unbounded);
        self.overlaid
            .range::<RelPath, _>(from)
            .take_while(move |(path, _)| path.is_within(dir))
            .filter(|(_, content)| !matches!(content, Content::Removed))
            .map(|(path, _)| path)
    }

    /// All files and links below `dir`. Lists the directories of the disk below it.
    pub(super) fn files_below(&self, dir: &RelPath) -> BTreeSet<RelPath> {
        let mut files: BTreeSet<RelPath> = self.edits_below(dir).cloned().collect();
        let mut dirs = vec![dir.clone()];
        while let Some(dir) = dirs.pop() {
            let Ok(listed) = self.root.dir(&dir).and_then(Dir::new) else {
                continue;
            };
            for entry in listed.flatten() {
                let name = entry.file_name().to_bytes();
                if name == b"." || name == b".." {
                    continue;
                }
                let path = dir.join(name);
                match self.node(&path) {
                    Node::File(_) | Node::Link(_) => drop(files.insert(path)),
                    Node::Dir => dirs.push(path),
                    Node::Nothing | Node::Other => {}
                }
            }
        }
        files
    }

    /// Whether `file` has the bytes of `base`, which is at `path`. Reads both if sizes are equal.
    pub(super) fn is_same(&self, path: &RelPath, base: &BaseFile<'_>, mut file: File) -> bool {
        let Ok(len) = file.metadata().map(|meta| meta.len()) else {
            return false;
        };
        match base.bytes {
            Source::Held(bytes) => bytes.len() as u64 == len && equal(&mut &bytes[..], &mut file),
            Source::Disk(size) => {
                let disk = || self.root.file(path).map(File::from);
                size == len && disk().is_ok_and(|mut disk| equal(&mut disk, &mut file))
            }
        }
    }
}

#[allow(clippy::unnecessary_cast)] // The field's type differs by platform.
fn raw_mode(stat: &Stat) -> u32 {
    stat.st_mode as u32
}

/// Whether two readers give the same bytes.
fn equal(a: &mut impl Read, b: &mut impl Read) -> bool {
    const CHUNK: u64 = 1 << 16;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        let read = (a.take(CHUNK).read_to_end(&mut left), b.take(CHUNK).read_to_end(&mut right));
        if !matches!(read, (Ok(_), Ok(_))) || left != right {
            return false;
        }
        if left.is_empty() {
            return true;
        }
    }
}
