//! What a server is shown, and for how long it is waited for.

use std::{sync::Arc, time::Instant};

use coderoom_engine::{ContentHash, RelPath, Text};

/// A file as a server is to see it.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    pub(super) path: RelPath,
    pub(super) language: &'static str,
    pub(super) text: Arc<str>,
    pub(super) hash: ContentHash,
}

impl Buffer {
    pub(super) fn new(path: &RelPath, language: &'static str, text: &Text) -> Buffer {
        let (hash, bytes) = (text.hash(), text.bytes());
        let text = String::from_utf8_lossy(bytes).into();
        Buffer { path: path.clone(), language, text, hash }
    }

    pub(super) fn empty(path: &RelPath, language: &'static str) -> Buffer {
        let hash = ContentHash::of(b"");
        Buffer { path: path.clone(), language, text: "".into(), hash }
    }
}

/// How much longer somebody waits for an answer.
#[derive(Clone, Copy)]
pub(super) struct Patience<'a> {
    pub(super) until: Instant,
    pub(super) stop: &'a dyn Fn() -> bool,
}

/// The hash of all that is open.
pub(super) fn state_key(buffers: &[Buffer]) -> ContentHash {
    let mut bytes = Vec::new();
    for buffer in buffers {
        bytes.extend_from_slice(buffer.path.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&buffer.hash.0);
    }
    ContentHash::of(&bytes)
}
