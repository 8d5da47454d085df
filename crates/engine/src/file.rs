//! One file of a snapshot: where it is, what is known of its bytes, who sees it.

use std::sync::Arc;

use crate::{RelPath, Text};

/// A path's number inside one workspace. Stable while the workspace is loaded, for every session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// The number of a segment attached to one workspace; never reused while it is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SegmentId(pub u32);

/// What `stat` said when the bytes were read. Times are nanoseconds since the epoch.
///
/// A stamp alone never decides that a file is unchanged while it is watched; it does so only at a
/// warm restart and in a re-scan, and only if `ctime_ns` is safely older than the read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Last change of the contents.
    pub mtime_ns: i64,
    /// Last change of contents or metadata: cannot be set back by the user.
    pub ctime_ns: i64,
    /// Inode number.
    pub ino: u64,
    /// When the bytes were read.
    pub read_ns: i64,
}

impl Stamp {
    /// Whether a new `stat` proves the bytes unchanged: all fields equal, and the last change more
    /// than two seconds before the read (the coarsest time stamps of common file systems).
    pub fn proves_unchanged(&self, now: &Stamp) -> bool {
        const DOUBT_NS: i64 = 2_000_000_000;
        self.size == now.size
            && self.mtime_ns == now.mtime_ns
            && self.ctime_ns == now.ctime_ns
            && self.ino == now.ino
            && self.ctime_ns.saturating_add(DOUBT_NS) < self.read_ns
    }
}

/// What hides a path from a search without `--hidden` or `--no-ignore`.
///
/// "Self" flags speak of the last component, "dir" flags of any directory above it. A whitelisting
/// ignore rule (`!.github`) clears the hidden flags, as it does for ripgrep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Visibility(u8);

impl Visibility {
    /// Its name begins with a dot.
    pub const HIDDEN_SELF: Visibility = Visibility(1);
    /// A directory above it is hidden.
    pub const HIDDEN_DIR: Visibility = Visibility(2);
    /// An ignore rule matches it.
    pub const IGNORED_SELF: Visibility = Visibility(4);
    /// An ignore rule matches a directory above it.
    pub const IGNORED_DIR: Visibility = Visibility(8);

    /// Both sets of flags.
    #[must_use]
    pub fn with(self, other: Visibility) -> Visibility {
        Visibility(self.0 | other.0)
    }

    /// What a directory with these flags hands on to everything below it.
    #[must_use]
    pub fn inherited(self) -> Visibility {
        let dir_of_self = (self.0 & (Self::HIDDEN_SELF.0 | Self::IGNORED_SELF.0)) << 1;
        Visibility(dir_of_self | self.0 & (Self::HIDDEN_DIR.0 | Self::IGNORED_DIR.0))
    }

    /// Whether any flag of `other` is set.
    pub fn has(self, other: Visibility) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether an ignore rule keeps it out.
    pub fn is_ignored(self) -> bool {
        self.has(Visibility::IGNORED_SELF.with(Visibility::IGNORED_DIR))
    }

    /// Whether a plain `rg` would visit it.
    pub fn is_plain(self) -> bool {
        self.0 == 0
    }
}

/// What is held of a file's contents.
#[derive(Clone, Debug)]
pub enum Body {
    /// The bytes.
    Text(Arc<Text>),
    /// Known, but not held: a NUL byte near its start.
    Binary,
    /// Known, but not held: larger than the workspace's limit (`Stamp::size` tells).
    TooLarge,
    /// Known, but it could not be read: the operating system's words.
    Unreadable(Arc<str>),
}

/// One file in a snapshot.
#[derive(Clone, Debug)]
pub struct File {
    /// Its number.
    pub id: FileId,
    /// Where it is.
    pub path: RelPath,
    /// Its contents.
    pub body: Body,
    /// What `stat` said.
    pub stamp: Stamp,
    /// Who sees it.
    pub visibility: Visibility,
    /// The segment whose postings speak for exactly these bytes; without one, the file is a
    /// candidate of every query.
    pub segment: Option<SegmentId>,
}

impl File {
    /// The text, if it is held.
    pub fn text(&self) -> Option<&Arc<Text>> {
        match &self.body {
            Body::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it ought to be covered by a segment and is not yet.
    pub fn is_uncovered(&self) -> bool {
        self.segment.is_none() && matches!(self.body, Body::Text(_))
    }
}

/// Something in the directory tree that is known by name and not held, because an ignore rule (or
/// being `.git`) keeps it out. A query that would have to look into it says so.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unheld {
    /// Where it is.
    pub path: RelPath,
    /// A directory: everything below it is unknown.
    pub is_dir: bool,
    /// Why, in the terms of the filters.
    pub visibility: Visibility,
}
