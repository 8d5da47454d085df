//! Entries of a session's log, and the versions of files that they lead between.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Body, ContentHash, RelPath, Text};

/// What kind of file a path is. Read as git does: no other permission bits are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// An ordinary file.
    File,
    /// An ordinary file that its owner may execute.
    Executable,
    /// A symbolic link; the bytes are its target.
    Link,
}

/// The bytes of one version of a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text, shared with every snapshot that has it.
    Text(Arc<Text>),
    /// Bytes that no search goes through.
    Bytes(Bytes),
    /// Known by hash: a compacted log no longer has them.
    Dropped,
}

/// One version of one file.
#[derive(Clone, Debug)]
pub struct Version {
    /// Of the bytes.
    pub hash: ContentHash,
    /// The bytes.
    pub content: Content,
    /// What the session made of it; `None` is "as it is on disk".
    pub mode: Option<Mode>,
}

/// Versions are equal if bytes and mode are.
impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.hash == other.hash && self.mode == other.mode
    }
}

impl Version {
    /// A version that is text.
    pub fn of_text(text: Arc<Text>) -> Version {
        Version { hash: text.hash(), content: Content::Text(text), mode: None }
    }

    /// The bytes, unless a compaction has dropped them.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Text(text) => Some(text.bytes()),
            Content::Bytes(bytes) => Some(bytes),
            Content::Dropped => None,
        }
    }

    /// How a snapshot holds it.
    pub(crate) fn body(&self) -> Body {
        match &self.content {
            Content::Text(text) if self.mode != Some(Mode::Link) => Body::Text(Arc::clone(text)),
            _ => Body::Binary,
        }
    }
}

/// What becomes of one path. `None` is "no such file".
#[derive(Clone, Debug, PartialEq)]
pub struct FileDelta {
    /// The path.
    pub path: RelPath,
    /// What was there.
    pub before: Option<Version>,
    /// What is there now.
    pub after: Option<Version>,
}

impl FileDelta {
    /// The way back.
    pub(crate) fn inverse(&self) -> FileDelta {
        FileDelta {
            path: self.path.clone(),
            before: self.after.clone(),
            after: self.before.clone(),
        }
    }
}

/// What led to an entry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum EntryKind {
    /// A batch of edits.
    Edit,
    /// What the session began with: the changes of another.
    Fork {
        /// Its name.
        from: String,
        /// The other's newest entry then.
        at: u64,
    },
    /// The inverse of an entry.
    Undo {
        /// Its number.
        of: u64,
    },
    /// An undone entry once more.
    Redo {
        /// Its number.
        of: u64,
    },
    /// Back to the state after an entry (0: the base).
    Rollback {
        /// Its number.
        to: u64,
    },
    /// The files were written to the working directory.
    Sync,
    /// What others wrote to the working directory was taken in.
    Rebase,
    /// What another session had changed was taken in.
    Merge {
        /// Its name.
        from: String,
    },
    /// What a command had written was taken in.
    Take,
    /// A conflict was settled.
    Resolve,
}

/// One record of the log. Never changes once it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Counts up from 1.
    pub id: u64,
    /// Milliseconds since the epoch.
    pub time_ms: u64,
    /// Who did it.
    pub agent: String,
    /// Why, in the agent's words.
    pub reason: String,
    /// What led to it.
    pub kind: EntryKind,
    /// What became of the session's files.
    pub files: Vec<FileDelta>,
    /// What became of the versions that the session's differences are counted from.
    pub base: Vec<FileDelta>,
    /// Conflicts that arose (with both sides), and paths whose conflicts are settled (with none).
    pub conflicts: Vec<(RelPath, Option<super::Conflict>)>,
}

impl Entry {
    /// An entry that changes files; `State::next` gives it its number.
    pub fn new(kind: EntryKind, files: Vec<FileDelta>) -> Entry {
        Entry {
            id: 0,
            time_ms: 0,
            agent: String::new(),
            reason: String::new(),
            kind,
            files,
            base: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    /// Bytes of the versions that it leads to.
    pub fn bytes(&self) -> u64 {
        let after = self.files.iter().filter_map(|delta| delta.after.as_ref()?.bytes());
        after.map(|bytes| bytes.len() as u64).sum()
    }

    /// By whom, why and when.
    #[must_use]
    pub fn by(mut self, agent: &str, reason: &str, time_ms: u64) -> Entry {
        self.agent = agent.to_owned();
        self.reason = reason.to_owned();
        self.time_ms = time_ms;
        self
    }
}
