//! Parts: immutable files that hold texts, and the postings of the segment that covers them.
//!
//! ```text
//! magic, version, kind                                  16 bytes
//! texts        one after another, in document order
//! documents    for each: hash (32), offset (8), length (8); an offset of all ones: not held here
//! keys, ends   sorted trigrams; where the postings of each end
//! postings
//! footer       (offset, length) of the five sections, bytes of text, then a checksum for each
//!              4 MiB of everything before the footer
//! trailer      the footer's offset, a checksum of footer and offset, magic
//! ```
//!
//! Sections begin at multiples of 8, numbers are in the machine's own order (on another kind of
//! machine the version does not match). The trailer's checksum covers all other checksums, so it
//! stands for the whole file. Texts keep bytes that a segment needs no more only until half of the
//! part is dead; then it is written anew (see `store`).

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use coderoom_engine::{ContentHash, Segment, SegmentParts, Text};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    CacheError, VERSION,
    disk::{NewFile, open_own},
    map::map,
};

const MAGIC: [u8; 8] = *b"crpart\n\0";
const END_MAGIC: [u8; 8] = *b"\0crend\n\0";
const HEADER: usize = 16;
const TRAILER: usize = 8 + 16 + 8;
const DOCUMENT: usize = 32 + 8 + 8;
/// What one checksum covers. A thread takes about 0.4 ms for it. (Small in tests, so that their small
/// parts have many.)
const CHUNK: usize = if cfg!(test) { 512 } else { 4 << 20 };
/// The offset of a text that the part does not hold.
const NOT_HERE: u64 = u64::MAX;
const SECTIONS: usize = 5;
/// Section bounds and the bytes of text.
const FOOTER_HEAD: usize = (SECTIONS * 2 + 1) * 8;

/// Whether a part has postings beside its texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Texts and the postings that cover them.
    Segment = 1,
    /// Texts that no index can speak for (UTF-16), or that their segment's part lacks.
    Texts = 2,
}

/// One document of a part: its text's hash, and where its bytes are (if they are).
pub(super) struct Document {
    pub(super) hash: ContentHash,
    pub(super) bytes: Option<Bytes>,
}

/// A part that is mapped. Not to be used before every chunk is verified.
pub(super) struct Part {
    path: PathBuf,
    bytes: Bytes,
    kind: Kind,
    sections: [Bytes; SECTIONS],
    text_bytes: u64,
    sums: Bytes,
    /// The trailer's checksum, which stands for the whole file.
    pub(super) sum: u128,
}

/// Writes a part. `texts` are the documents' texts, as far as they are to be held.
pub(super) fn write(
    path: PathBuf,
    kind: Kind,
    parts: &SegmentParts,
    texts: &[Option<Arc<Text>>],
) -> Result<(u128, u64), CacheError> {
    let mut out = Writer::create(path)?;
    out.put(&MAGIC)?;
    out.put(&VERSION.to_ne_bytes())?;
    out.put(&(kind as u32).to_ne_bytes())?;
    let mut bounds = Vec::with_capacity(SECTIONS * 2);
    let mut table = Vec::with_capacity(parts.docs.len() * DOCUMENT);
    let start = out.len;
    for (hash, text) in parts.docs.iter().zip(texts) {
        let (offset, len) = match text {
            Some(text) => (out.len - start, text.bytes().len() as u64),
            None => (NOT_HERE, 0),
        };
        table.extend_from_slice(&hash.0);
        table.extend_from_slice(&offset.to_ne_bytes());
        table.extend_from_slice(&len.to_ne_bytes());
        if let Some(text) = text {
            out.put(text.bytes())?;
        }
    }
    bounds.extend([start, out.len - start]);
    for section in [&table[..], &parts.keys, &parts.ends, &parts.postings] {
        out.align()?;
        bounds.extend([out.len, section.len() as u64]);
        out.put(section)?;
    }
    bounds.push(parts.text_bytes);
    out.align()?;
    out.finish(&bounds)
}

/// Gathers bytes into chunks, and checksums and writes each when it is full.
struct Writer {
    file: NewFile,
    chunk: Vec<u8>,
    len: u64,
    sums: Vec<u8>,
}

impl Writer {
    fn create(path: PathBuf) -> Result<Writer, CacheError> {
        Ok(Writer {
            file: NewFile::create(path)?,
            chunk: Vec::with_capacity(CHUNK),
            len: 0,
            sums: Vec::new(),
        })
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<(), CacheError> {
        self.len += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
            if self.chunk.len() == CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn align(&mut self) -> Result<(), CacheError> {
        let padding = self.len.next_multiple_of(8) - self.len;
        self.put(&[0; 8][..padding as usize])
    }

    fn flush(&mut self) -> Result<(), CacheError> {
        self.sums.extend_from_slice(&xxh3_128(&self.chunk).to_ne_bytes());
        self.file.write(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }

    fn finish(mut self, head: &[u64]) -> Result<(u128, u64), CacheError> {
        if !self.chunk.is_empty() {
            self.flush()?;
        }
        let mut footer: Vec<u8> = head.iter().flat_map(|n| n.to_ne_bytes()).collect();
        footer.append(&mut self.sums);
        footer.extend_from_slice(&self.len.to_ne_bytes());
        let sum = xxh3_128(&footer);
        footer.extend_from_slice(&sum.to_ne_bytes());
        footer.extend_from_slice(&END_MAGIC);
        self.file.write(&footer)?;
        self.file.commit()?;
        Ok((sum, self.len + footer.len() as u64))
    }
}

impl Part {
    /// Maps a part and checks its frame: versions, footer and bounds, not yet the contents.
    pub(super) fn open(path: PathBuf) -> Result<Part, CacheError> {
        let (file, len) = open_own(&path)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len < HEADER + FOOTER_HEAD + TRAILER {
            return Err(CacheError::damaged(&path, "it is cut short"));
        }
        let bytes = map(&file, len).map_err(|e| CacheError::io(&path, e))?;
        Part::of_bytes(path, bytes)
    }

    fn of_bytes(path: PathBuf, bytes: Bytes) -> Result<Part, CacheError> {
        let damaged = |why| CacheError::damaged(&path, why);
        if bytes[..8] != MAGIC {
            return Err(damaged("it does not begin as a part"));
        }
        let found = u32::from_ne_bytes(array(&bytes, 8));
        if found != VERSION {
            return Err(CacheError::Version { file: path, found, expected: VERSION });
        }
        let kind = match u32::from_ne_bytes(array(&bytes, 12)) {
            1 => Kind::Segment,
            2 => Kind::Texts,
            _ => return Err(damaged("it is of an unknown kind")),
        };
        let trailer = bytes.len() - TRAILER;
        if bytes[trailer + 24..] != END_MAGIC {
            return Err(damaged("its end is missing"));
        }
        let footer = u64::from_ne_bytes(array(&bytes, trailer)) as usize;
        if footer < HEADER || footer > trailer - FOOTER_HEAD {
            return Err(damaged("its footer is out of place"));
        }
        let sum = u128::from_ne_bytes(array(&bytes, trailer + 8));
        if xxh3_128(&bytes[footer..trailer + 8]) != sum {
            return Err(damaged("its footer's checksum is wrong"));
        }
        let sums = bytes.slice(footer + FOOTER_HEAD..trailer);
        if sums.len() != footer.div_ceil(CHUNK) * 16 {
            return Err(damaged("it lacks checksums"));
        }
        let number = |i: usize| u64::from_ne_bytes(array(&bytes, footer + i * 8)) as usize;
        let mut sections = [const { Bytes::new() }; SECTIONS];
        for (i, section) in sections.iter_mut().enumerate() {
            let (start, len) = (number(i * 2), number(i * 2 + 1));
            match start.checked_add(len) {
                Some(end) if end <= footer => *section = bytes.slice(start..end),
                _ => return Err(damaged("a section is out of place")),
            }
        }
        let text_bytes = number(SECTIONS * 2) as u64;
        Ok(Part { kind, sections, text_bytes, sums, sum, bytes: bytes.slice(..footer), path })
    }

    /// How many chunks are to be verified.
    pub(super) fn chunks(&self) -> usize {
        self.sums.len() / 16
    }

    /// Whether chunk `i` holds what was written.
    pub(super) fn verify(&self, i: usize) -> Result<(), CacheError> {
        let end = self.bytes.len().min((i + 1) * CHUNK);
        if xxh3_128(&self.bytes[i * CHUNK..end]) != u128::from_ne_bytes(array(&self.sums, i * 16)) {
            return Err(CacheError::damaged(&self.path, "a checksum is wrong"));
        }
        Ok(())
    }

    /// Its documents in order.
    pub(super) fn documents(&self) -> Result<Vec<Document>, CacheError> {
        let [texts, table, ..] = &self.sections;
        table
            .chunks(DOCUMENT)
            .map(|row| {
                let malformed = || CacheError::damaged(&self.path, "a document is out of place");
                if row.len() != DOCUMENT {
                    return Err(malformed());
                }
                let offset = u64::from_ne_bytes(array(row, 32));
                let len = u64::from_ne_bytes(array(row, 40));
                let bytes = match offset.checked_add(len) {
                    _ if offset == NOT_HERE => None,
                    Some(end) if end <= texts.len() as u64 => {
                        Some(texts.slice(offset as usize..end as usize))
                    }
                    _ => return Err(malformed()),
                };
                Ok(Document { hash: ContentHash(array(row, 0)), bytes })
            })
            .collect()
    }

    /// The segment over its documents, if it has one. The postings stay where they are mapped.
    pub(super) fn segment(&self, documents: &[Document]) -> Result<Option<Segment>, CacheError> {
        if self.kind == Kind::Texts {
            return Ok(None);
        }
        let [_, _, keys, ends, postings] = &self.sections;
        Segment::from_parts(SegmentParts {
            docs: documents.iter().map(|document| document.hash).collect(),
            text_bytes: self.text_bytes,
            keys: keys.clone(),
            ends: ends.clone(),
            postings: postings.clone(),
        })
        .map(Some)
        .map_err(|_| CacheError::damaged(&self.path, "its postings are malformed"))
    }

    /// Whether it has postings.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Its length on disk.
    pub(super) fn file_len(&self) -> u64 {
        (self.bytes.len() + FOOTER_HEAD + self.sums.len() + TRAILER) as u64
    }
}

/// `N` bytes at `at`, which the caller knows to be there.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}
