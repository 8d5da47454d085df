//! The bytes of one version of one file, held once for everyone who has them.
//!
//! A `Text` is keyed by its full content hash. `TextStore` hands out the one `Arc` of each, so
//! equal files, equal trees in two workspaces and equal versions in two sessions share memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock, Weak},
};

use bytes::Bytes;
use coderoom_syntax::{Language, Packed, TextEdit};
use parking_lot::Mutex;

/// BLAKE3 of a file's bytes: long enough that equality of hashes is equality of contents.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Hashes `bytes` (1-3 GB/s on one core).
    pub fn of(bytes: &[u8]) -> ContentHash {
        ContentHash(*blake3::hash(bytes).as_bytes())
    }

    /// Lower-case hexadecimal.
    pub fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", &self.to_hex()[..12])
    }
}

/// How many bytes ripgrep looks at before it may have printed a match: a NUL byte among them makes
/// a file binary, one behind them only stops the search there (grep-searcher's buffer capacity).
pub const BINARY_WINDOW: usize = 64 * 1024;

/// One version of a file's bytes, as they are on disk.
pub struct Text {
    hash: ContentHash,
    bytes: Bytes,
    encoding: TextEncoding,
    facts: FactsSlot,
    origin: OnceLock<Box<Origin>>,
}

/// The text that an edit has made another one of. It is not kept alive for that.
pub(crate) struct Origin {
    pub(crate) hash: ContentHash,
    pub(crate) text: Weak<Text>,
    pub(crate) edit: TextEdit,
}

/// The packed facts of a text, with the language that it was read as: they live as long as it does.
pub(crate) type FactsSlot = OnceLock<(Language, Packed)>;

/// What the search must know about a text before it may treat it as a plain slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// No NUL byte and no UTF-16 mark: the bytes are what is searched.
    Plain,
    /// Starts with a UTF-16 byte order mark: ripgrep searches its transcoding, so trigrams of the
    /// raw bytes say nothing and such a file is never covered by a segment.
    Utf16,
    /// Has a NUL byte behind the window in which ripgrep would have called it binary.
    LateNul,
}

/// What a file's bytes turn out to be when they are read.
pub enum Classified {
    /// Worth holding.
    Text(TextEncoding),
    /// ripgrep would never print a match from it in a directory search.
    Binary,
}

/// Classifies as ripgrep's searcher does for files found in a directory.
///
/// It stops at a NUL byte in the first buffer before it has searched anything, with one exception:
/// its first read is as short as a byte order mark (3 bytes), and if that much ends a line, the
/// line is searched before the rest is looked at. Such files are held, and the searcher decides.
pub fn classify(bytes: &[u8]) -> Classified {
    const BOM_READ: usize = 3;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Classified::Text(TextEncoding::Utf16);
    }
    match memchr::memchr(0, bytes) {
        None => Classified::Text(TextEncoding::Plain),
        Some(at) if at >= BINARY_WINDOW => Classified::Text(TextEncoding::LateNul),
        Some(at) if at >= BOM_READ && memchr::memchr(b'\n', &bytes[..BOM_READ]).is_some() => {
            Classified::Text(TextEncoding::LateNul)
        }
        Some(_) => Classified::Binary,
    }
}

impl Text {
    /// The hash of the bytes.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    fn new(hash: ContentHash, bytes: Bytes, encoding: TextEncoding) -> Text {
        Text { hash, bytes, encoding, facts: OnceLock::new(), origin: OnceLock::new() }
    }

    /// The bytes as they are on disk.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether trigrams of the raw bytes say what the search will see, all of it. Other texts are
    /// candidates of every query.
    pub fn is_indexable(&self) -> bool {
        self.encoding == TextEncoding::Plain
    }

    /// How many bytes ripgrep counts as searched when a plain text has no match: a UTF-8 byte order
    /// mark is taken off first.
    pub(crate) fn searched_len(&self) -> u64 {
        let mark = if self.bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        self.bytes.len() as u64 - mark
    }

    /// Its facts, once somebody has asked for them.
    pub(crate) fn facts(&self) -> &FactsSlot {
        &self.facts
    }

    /// Notes that an edit has made this text of another, and says which edit. The first such note
    /// stays. Costs a comparison of both.
    pub(crate) fn came_from(&self, before: &Arc<Text>) -> TextEdit {
        if let Some(origin) = self.origin.get()
            && origin.hash == before.hash
        {
            return origin.edit;
        }
        let edit = TextEdit::between(&before.bytes, &self.bytes);
        let text = Arc::downgrade(before);
        if before.hash != self.hash {
            self.origin.get_or_init(|| Box::new(Origin { hash: before.hash, text, edit }));
        }
        edit
    }

    /// What it was made of, if it was seen to be made.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.get().map(|origin| &**origin)
    }

    /// How the search has to treat them.
    pub fn encoding(&self) -> TextEncoding {
        self.encoding
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?}, {} bytes)", self.hash, self.bytes.len())
    }
}

/// Hands out one shared `Text` for each distinct content. Cheap to clone; safe to share.
#[derive(Clone, Default)]
pub struct TextStore {
    shards: Arc<[Mutex<Shard>; 16]>,
}

/// One shard: how many entries it may hold before dead ones are swept, and the entries.
#[derive(Default)]
struct Shard {
    sweep_at: usize,
    texts: HashMap<ContentHash, Weak<Text>>,
}

impl TextStore {
    /// The shared text for `bytes`, classified and hashed; `None` if they are binary.
    pub fn intern(&self, bytes: Bytes) -> Option<Arc<Text>> {
        match classify(&bytes) {
            Classified::Binary => None,
            Classified::Text(encoding) => {
                let hash = ContentHash::of(&bytes);
                Some(self.insert(Text::new(hash, bytes, encoding)))
            }
        }
    }

    /// As `intern` for bytes whose hash was verified before (a checked cache file).
    pub fn intern_hashed(&self, hash: ContentHash, bytes: Bytes) -> Option<Arc<Text>> {
        match classify(&bytes) {
            Classified::Binary => None,
            Classified::Text(encoding) => Some(self.insert(Text::new(hash, bytes, encoding))),
        }
    }

    fn insert(&self, text: Text) -> Arc<Text> {
        let mut shard = self.shards[usize::from(text.hash.0[0] & 15)].lock();
        if let Some(held) = shard.texts.get(&text.hash).and_then(Weak::upgrade) {
            return held;
        }
        if shard.texts.len() >= shard.sweep_at {
            shard.texts.retain(|_, weak| weak.strong_count() > 0);
            shard.sweep_at = (shard.texts.len() * 2).max(256);
        }
        let text = Arc::new(text);
        shard.texts.insert(text.hash, Arc::downgrade(&text));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_are_held_once_and_let_go() {
        let store = TextStore::default();
        let one = store.intern(Bytes::from_static(b"same")).expect("text");
        let two = store.intern(Bytes::from(b"same".to_vec())).expect("text");
        assert!(Arc::ptr_eq(&one, &two));
        let weak = Arc::downgrade(&one);
        drop((one, two));
        assert!(weak.upgrade().is_none(), "the store must not keep dead texts alive");
    }

    #[test]
    fn a_nul_byte_matters_only_inside_ripgreps_first_buffer() {
        let mut bytes = vec![b'a'; BINARY_WINDOW + 10];
        bytes[BINARY_WINDOW - 1] = 0;
        assert!(matches!(classify(&bytes), Classified::Binary));
        bytes[BINARY_WINDOW - 1] = b'a';
        bytes[BINARY_WINDOW] = 0;
        assert!(matches!(classify(&bytes), Classified::Text(TextEncoding::LateNul)));
        assert!(matches!(classify(b"\xff\xfea\0"), Classified::Text(TextEncoding::Utf16)));
    }
}
