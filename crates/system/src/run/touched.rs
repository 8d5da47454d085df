//! What a command changed, compared to the session's tree that it was shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, Permissions},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use coderoom_engine::RelPath;
use rustix::fs::OFlags;

use super::{
    base::{Base, BaseFile, MODE_BITS, Node},
    copy::turned_back,
    ignored::Ignored,
};
use crate::root::{Root, is_absence};

/// A path that a command changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touched {
    /// Where.
    pub path: RelPath,
    /// How.
    pub kind: TouchedKind,
    /// What is there now.
    pub now: Now,
    /// Where its bytes are while the [`super::Run`] lives; only for regular files.
    pub bytes_at: Option<PathBuf>,
}

/// How a path was changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchedKind {
    /// Nothing was there, or a directory.
    Created,
    /// Other bytes, another target, or a link in place of a file.
    Modified,
    /// It is gone, or a directory now.
    Deleted,
    /// Same bytes, other permission bits.
    ModeChanged,
}

/// What is at a touched path after the command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Now {
    /// A regular file.
    File {
        /// Permission bits.
        mode: u32,
        /// Its size.
        len: u64,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        target: Vec<u8>,
    },
    /// Neither.
    Absent,
}

/// Changes below one ignored directory, by number.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct IgnoredChanges {
    /// The ignored directory, or the one that holds ignored files.
    pub dir: RelPath,
    /// How many paths were created.
    pub created: u64,
    /// How many were modified, or changed their permission bits.
    pub modified: u64,
    /// How many were deleted.
    pub deleted: u64,
}

/// Everything that a command changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// In path order.
    pub touched: Vec<Touched>,
    /// How many more there are than the limit let in.
    pub cut: u64,
    /// Changes of ignored paths (and in `.git`), if they were to be summarised. In path order.
    pub ignored: Vec<IgnoredChanges>,
    /// New sockets, pipes and devices: nothing that a session could take.
    pub special: u64,
}

/// Gathers changes: told of paths that may have changed, it asks the base whether they did.
pub(super) struct Gatherer<'a> {
    base: &'a Base<'a>,
    /// The tree or upper layer that the command wrote to.
    written: &'a Path,
    ignored: Option<Ignored<'a>>,
    touched: BTreeMap<RelPath, Touched>,
    summaries: BTreeMap<RelPath, IgnoredChanges>,
    /// Of a copy: what it is a copy of.
    original: Option<&'a Path>,
    limit: usize,
    cut: u64,
    special: u64,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(
        base: &'a Base<'a>,
        written: &'a Path,
        ignored: Option<Ignored<'a>>,
        limit: usize,
    ) -> Gatherer<'a> {
        Gatherer {
            base,
            written,
            ignored,
            touched: BTreeMap::new(),
            summaries: BTreeMap::new(),
            original: None,
            limit,
            cut: 0,
            special: 0,
        }
    }

    /// What was written to is a copy of `original`: links into the one mean the other.
    pub(super) fn turn_links_to(&mut self, original: &'a Path) {
        self.original = Some(original);
    }

    pub(super) fn finish(self) -> Changes {
        Changes {
            touched: self.touched.into_values().collect(),
            cut: self.cut,
            ignored: self.summaries.into_values().collect(),
            special: self.special,
        }
    }

    fn add(&mut self, path: &RelPath, kind: TouchedKind, now: Now) {
        if self.touched.contains_key(path) {
            return;
        }
        let summary = match &mut self.ignored {
            Some(ignored) if !self.base.is_edited(path) => ignored.home(path),
            _ => None,
        };
        if let Some(dir) = summary {
            let none = || IgnoredChanges { dir: dir.clone(), created: 0, modified: 0, deleted: 0 };
            let summary = self.summaries.entry(dir.clone()).or_insert_with(none);
            match kind {
                TouchedKind::Created => summary.created += 1,
                TouchedKind::Modified | TouchedKind::ModeChanged => summary.modified += 1,
                TouchedKind::Deleted => summary.deleted += 1,
            }
            return;
        }
        if self.touched.len() >= self.limit {
            self.cut += 1;
            return;
        }
        let bytes_at = matches!(now, Now::File { .. }).then(|| self.written.join(path.as_path()));
        self.touched.insert(path.clone(), Touched { path: path.clone(), kind, now, bytes_at });
    }

    /// Nothing of the session's is left at `path`.
    fn gone(&mut self, path: &RelPath) {
        match self.base.node(path) {
            Node::File(_) | Node::Link(_) => self.add(path, TouchedKind::Deleted, Now::Absent),
            Node::Dir => self.gone_below(path, &BTreeSet::new()),
            Node::Nothing | Node::Other => {}
        }
    }

    /// Nothing of the session's is left below `dir`, except below the names in `kept`.
    fn gone_below(&mut self, dir: &RelPath, kept: &BTreeSet<Vec<u8>>) {
        for path in self.base.files_below(dir) {
            let below = path.below(dir).unwrap_or_default();
            let name = below.split(|&b| b == b'/').next().unwrap_or_default();
            if !kept.contains(name) {
                self.add(&path, TouchedKind::Deleted, Now::Absent);
            }
        }
    }

    /// A directory is at `path` now.
    fn dir(&mut self, path: &RelPath) {
        if matches!(self.base.node(path), Node::File(_) | Node::Link(_)) {
            self.add(path, TouchedKind::Deleted, Now::Absent);
        }
    }

    /// Something that is no directory is at `path` now, as `meta` tells.
    fn entry(&mut self, path: &RelPath, meta: &fs::Metadata) -> io::Result<()> {
        let before = self.base.node(path);
        if matches!(before, Node::Dir) {
            self.gone_below(path, &BTreeSet::new());
        }
        let at = self.written.join(path.as_path());
        if meta.is_symlink() {
            let target = fs::read_link(&at)?.as_os_str().as_bytes().to_vec();
            let target = match self.original {
                Some(original) => turned_back(&target, original, self.written),
                None => target,
            };
            let kind = match before {
                Node::Link(before) if before == target => return Ok(()),
                Node::Nothing | Node::Dir => TouchedKind::Created,
                _ => TouchedKind::Modified,
            };
            self.add(path, kind, Now::Link { target });
        } else if meta.is_file() {
            let kind = match before {
                Node::File(before) => match self.compare(path, &before, &at, meta) {
                    None => return Ok(()),
                    Some(kind) => kind,
                },
                Node::Nothing | Node::Dir => TouchedKind::Created,
                Node::Link(_) | Node::Other => TouchedKind::Modified,
            };
            self.add(path, kind, Now::File { mode: meta.mode() & MODE_BITS, len: meta.len() });
        } else {
            if matches!(before, Node::File(_) | Node::Link(_)) {
                self.add(path, TouchedKind::Deleted, Now::Absent);
            }
            self.special += 1;
        }
        Ok(())
    }

    fn compare(
        &self,
        path: &RelPath,
        before: &BaseFile<'_>,
        at: &Path,
        meta: &fs::Metadata,
    ) -> Option<TouchedKind> {
        const EXECUTABLE: u32 = 0o111;
        if !open_written(at).is_ok_and(|file| self.base.is_same(path, before, file)) {
            return Some(TouchedKind::Modified);
        }
        let has_mode = match before.mode {
            Some(mode) => mode & MODE_BITS == meta.mode() & MODE_BITS,
            None => meta.mode() & EXECUTABLE == 0,
        };
        (!has_mode).then_some(TouchedKind::ModeChanged)
    }
}

/// Opens a regular file for reading, and nothing else.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("is no file any more")) }
}

/// Opens a file that a command wrote, also if it took the permission to.
pub(super) fn open_written(path: &Path) -> io::Result<File> {
    match open_file(path) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let mode = fs::symlink_metadata(path)?.permissions();
            fs::set_permissions(path, Permissions::from_mode(0o600))?;
            let file = open_file(path);
            fs::set_permissions(path, mode)?;
            file
        }
        done => done,
    }
}

/// Lists a directory that a command wrote, also if it took the permission to. It is given back to
/// the owner then: what is below cannot be reached otherwise.
fn list_written(dir: &Path) -> io::Result<fs::ReadDir> {
    match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            fs::set_permissions(dir, Permissions::from_mode(0o700))?;
            fs::read_dir(dir)
        }
        done => done,
    }
}

/// Gathers the changes in the upper layer of an overlay. Costs what the layer holds, nothing for
/// the rest of the tree.
///
/// # Errors
/// If the layer cannot be read.
pub(super) fn from_upper(gatherer: &mut Gatherer<'_>) -> io::Result<()> {
    let mut dirs = vec![RelPath::root()];
    while let Some(dir) = dirs.pop() {
        let at = gatherer.written.join(dir.as_path());
        let mut names = BTreeSet::new();
        for entry in list_written(&at)? {
            let entry = entry?;
            let path = dir.join(entry.file_name().as_bytes());
            let meta = entry.metadata()?;
            names.insert(entry.file_name().as_bytes().to_vec());
            if meta.is_dir() {
                gatherer.dir(&path);
                dirs.push(path);
            } else if meta.file_type().is_char_device() && meta.rdev() == 0 {
                gatherer.gone(&path);
            } else {
                gatherer.entry(&path, &meta)?;
            }
        }
        if is_opaque(&at) && matches!(gatherer.base.node(&dir), Node::Dir) {
            gatherer.gone_below(&dir, &names);
        }
    }
    // What only the session had leaves no trace when it is removed.
    let (base, upper) = (gatherer.base, Root::open(gatherer.written)?);
    for path in base.edits() {
        if upper.stat(path).is_err_and(is_absence) {
            gatherer.gone(path);
        }
    }
    Ok(())
}

/// Whether a directory of an upper layer hides the one below it.
fn is_opaque(dir: &Path) -> bool {
    ["user.overlay.opaque", "trusted.overlay.opaque"].into_iter().any(|name| {
        let mut value = [0; 4];
        rustix::fs::lgetxattr(dir, name, &mut value).is_ok_and(|len| &value[..len] == b"y")
    })
}

/// What tells whether an entry of a tree has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    mode: u32,
    len: u64,
    ino: u64,
    /// Every change of contents, permissions and names moves it, and no program can set it.
    changed: (i64, i64),
}

/// The marks of everything below `tree` that is no directory.
///
/// # Errors
/// If a directory cannot be listed.
pub(super) fn marks(tree: &Path) -> io::Result<BTreeMap<RelPath, Mark>> {
    let mut marks = BTreeMap::new();
    let mut dirs = vec![RelPath::root()];
    while let Some(dir) = dirs.pop() {
        for entry in list_written(&tree.join(dir.as_path()))? {
            let entry = entry?;
            let path = dir.join(entry.file_name().as_bytes());
            let meta = entry.metadata()?;
            if meta.is_dir() {
                dirs.push(path);
            } else {
                let changed = (meta.ctime(), meta.ctime_nsec());
                let mark = Mark { mode: meta.mode(), len: meta.len(), ino: meta.ino(), changed };
                marks.insert(path, mark);
            }
        }
    }
    Ok(marks)
}

/// Gathers the changes of a copied tree since its marks were taken. Looks at all of it.
///
/// # Errors
/// If the tree cannot be read.
pub(super) fn from_copy(
    gatherer: &mut Gatherer<'_>,
    before: &BTreeMap<RelPath, Mark>,
) -> io::Result<()> {
    let after = marks(gatherer.written)?;
    for (path, mark) in &after {
        if before.get(path) != Some(mark) {
            let meta = fs::symlink_metadata(gatherer.written.join(path.as_path()))?;
            gatherer.entry(path, &meta)?;
        }
    }
    for path in before.keys().filter(|path| !after.contains_key(path)) {
        gatherer.gone(path);
    }
    Ok(())
}
