//! The present bytes of a file in a session, as an edit wants them.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap};

use bytes::Bytes;
use coderoom_edit::{Action, FileEdit};
use coderoom_engine::{
    Content, ContentHash, FileMode, RelPath, Snapshot, State, TextEncoding, TextStore, Version,
};
use coderoom_system::disk::{Disk, DiskError, LARGEST};

use crate::error::{Code, OpError};

impl From<DiskError> for OpError {
    fn from(err: DiskError) -> OpError {
        let code = match err {
            DiskError::ThroughLink { .. } => Code::OutsideWorkspace,
            DiskError::NotFile { .. } | DiskError::NotDirectory { .. } => Code::PathExists,
            DiskError::TooLarge { .. } => Code::TooLarge,
            DiskError::Io { .. } => Code::SyncFailed,
        };
        OpError::new(code, err.to_string())
    }
}

/// Where versions of files come from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) state: &'a State,
    /// What is known of the disk.
    pub(super) trunk: &'a Snapshot,
    pub(super) disk: &'a Disk,
    pub(super) store: &'a TextStore,
}

impl Sources<'_> {
    /// The version of a file that a session sees. What no snapshot holds (ignored, binary, large) is
    /// read from the disk; what is new on disk is not there for the session.
    pub(super) fn version(&self, path: &RelPath) -> Result<Option<Version>, OpError> {
        let Sources { state, trunk, disk, store } = *self;
        if state.dirty_file(path).is_some() {
            return Ok(state.version(path));
        }
        if let Some(version) = state.version(path) {
            return Ok(Some(version));
        }
        let is_new = || trunk.file(path).is_some_and(|file| file.text().is_some());
        if state.snapshot().file(path).is_none() && is_new() {
            return Ok(None);
        }
        let file = disk.read(path, LARGEST)?;
        Ok(file.map(|file| {
            let link = (file.mode == FileMode::Link).then_some(FileMode::Link);
            Version { mode: link, ..of_bytes(store, file.bytes) }
        }))
    }
}

/// A version with these bytes.
pub(super) fn of_bytes(store: &TextStore, bytes: Bytes) -> Version {
    match store.intern(bytes.clone()) {
        Some(text) => Version::of_text(text),
        None => {
            let hash = ContentHash::of(&bytes);
            Version { hash, content: Content::Bytes(bytes), mode: None }
        }
    }
}

/// What a batch of edits sees of a session, and remembers to put back: encodings.
pub(super) struct Present<'a> {
    sources: Sources<'a>,
    /// Every file that was asked for, as it was.
    seen: RefCell<BTreeMap<String, Option<Version>>>,
    failure: RefCell<Option<OpError>>,
}

impl<'a> Present<'a> {
    pub(super) fn new(sources: Sources<'a>) -> Present<'a> {
        Present { sources, seen: RefCell::default(), failure: RefCell::default() }
    }

    /// The text of a file for an edit: UTF-16 as UTF-8.
    pub(super) fn text(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match self.version(path) {
            Ok(version) => {
                let version = version?;
                let bytes = version.bytes()?;
                Some(Cow::Owned(match utf16(&version) {
                    Some(big_endian) => decode(bytes, big_endian).into_bytes(),
                    None => bytes.to_vec(),
                }))
            }
            Err(err) => {
                self.fail(err);
                None
            }
        }
    }

    /// Refuses edits inside of links: they can be moved and deleted, and nothing else.
    pub(super) fn check_links(&self, edits: &[FileEdit]) -> Result<(), OpError> {
        for edit in edits {
            if matches!(edit.action, Action::Delete { .. } | Action::Rename { .. }) {
                continue;
            }
            let path = &edit.path;
            if self.version(path)?.is_some_and(|it| it.mode == Some(FileMode::Link)) {
                let message = format!(
                    "{path} is a symbolic link: edit the file that it leads to, or delete the \
                     link first"
                );
                return Err(OpError::new(Code::PathExists, message));
            }
        }
        Ok(())
    }

    fn fail(&self, err: OpError) {
        self.failure.borrow_mut().get_or_insert(err);
    }

    /// What went wrong while files were looked at.
    pub(super) fn failure(&self) -> Option<OpError> {
        self.failure.borrow_mut().take()
    }

    /// The version of a file.
    pub(super) fn version(&self, path: &str) -> Result<Option<Version>, OpError> {
        if let Some(version) = self.seen.borrow().get(path) {
            return Ok(version.clone());
        }
        let rel = RelPath::new(path.as_bytes())?;
        let version = self.sources.version(&rel)?;
        self.seen.borrow_mut().insert(path.to_owned(), version.clone());
        Ok(version)
    }

    /// New bytes for what was in the encoding of `before`.
    pub(super) fn encoded(
        &self,
        path: &str,
        before: Option<&Version>,
        bytes: Vec<u8>,
    ) -> Result<Bytes, OpError> {
        let Some(big_endian) = before.and_then(utf16) else { return Ok(bytes.into()) };
        let text = String::from_utf8(bytes).map_err(|_| {
            let message = format!("{path} is UTF-16, and the new text is not valid UTF-8");
            OpError::new(Code::BadPatch, message)
        })?;
        let text = if text.starts_with('\u{feff}') { text } else { format!("\u{feff}{text}") };
        let unit = |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
        Ok(text.encode_utf16().flat_map(unit).collect::<Vec<u8>>().into())
    }
}

/// Whether a version is UTF-16, and then whether its high bytes come first.
fn utf16(version: &Version) -> Option<bool> {
    match &version.content {
        Content::Text(text) if text.encoding() == TextEncoding::Utf16 => {
            Some(text.bytes().starts_with(&[0xfe, 0xff]))
        }
        _ => None,
    }
}

fn decode(bytes: &[u8], big_endian: bool) -> String {
    let unit = |pair: &[u8]| match *pair {
        [a, b] if big_endian => u16::from_be_bytes([a, b]),
        [a, b] => u16::from_le_bytes([a, b]),
        _ => 0xfffd,
    };
    let units: Vec<u16> = bytes.chunks(2).map(unit).collect();
    String::from_utf16_lossy(&units)
}

/// The whole new text of a file that somebody rewrites: line ends and byte order mark stay as the
/// file had them, if it had them throughout.
pub(super) fn rewritten(before: &[u8], content: &[u8]) -> Vec<u8> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut new = content.to_vec();
    let ends = memchr::memchr_iter(b'\n', before).count();
    let crlf = memchr::memmem::find_iter(before, b"\r\n").count();
    if ends > 0 && crlf == ends && !content.contains(&b'\r') {
        new = Vec::with_capacity(content.len() + crlf);
        for line in content.split_inclusive(|&byte| byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    new.extend_from_slice(line);
                    new.extend_from_slice(b"\r\n");
                }
                None => new.extend_from_slice(line),
            }
        }
    }
    if before.starts_with(BOM) && !new.starts_with(BOM) {
        new.splice(..0, BOM.iter().copied());
    }
    new
}
