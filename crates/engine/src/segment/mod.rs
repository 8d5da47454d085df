//! Segments: trigram postings computed once for many texts, shared by every snapshot.
//!
//! A segment knows documents (distinct texts), not files; an `Attachment` says which files of one
//! workspace have them. A posting counts for a file if and only if the file names the attachment as
//! its segment, so nothing is ever masked or deleted: an edit makes its file uncovered, no more.

mod build;
mod docset;
mod index;

pub use build::SegmentBuilder;
pub(crate) use docset::DocSet;
pub(crate) use index::TrigramIndex;

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    ContentHash,
    file::{FileId, SegmentId},
};

/// A document's number inside its segment.
pub(crate) type DocId = u32;

/// Folds ASCII upper case away: postings are kept for lower-case bytes, which makes a
/// case-insensitive query as cheap as a sensitive one and the index smaller.
pub(crate) const FOLD: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = (i as u8).to_ascii_lowercase();
        i += 1;
    }
    table
};

/// Immutable postings for a set of distinct texts.
pub struct Segment {
    /// The text of each document; those of a large text's parts stand side by side.
    docs: Vec<ContentHash>,
    text_bytes: u64,
    index: TrigramIndex,
}

/// The parts of a segment as plain bytes, for writing it down and mapping it back.
pub struct SegmentParts {
    /// The text of each document, in document order. A large text is several documents, one for each
    /// of its parts, side by side.
    pub docs: Vec<ContentHash>,
    /// How many bytes they have together.
    pub text_bytes: u64,
    /// Sorted trigrams, little-endian `u32`s.
    pub keys: Bytes,
    /// Where each trigram's postings end, little-endian `u32`s.
    pub ends: Bytes,
    /// The postings.
    pub postings: Bytes,
}

/// The parts do not make a segment: written by something else, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("not a segment: {0}")]
pub struct MalformedSegment(pub(crate) &'static str);

impl Segment {
    /// Puts a segment together from stored parts. The caller vouches for their integrity by a
    /// checksum; what is checked here is only that no query can read outside of them.
    ///
    /// # Errors
    /// If lengths, alignment or order are not those of a segment.
    pub fn from_parts(parts: SegmentParts) -> Result<Segment, MalformedSegment> {
        let index = TrigramIndex::new(parts.keys, parts.ends, parts.postings)?;
        Ok(Segment { docs: parts.docs, text_bytes: parts.text_bytes, index })
    }

    /// The parts that `from_parts` takes. Costs nothing but the list of documents.
    pub fn to_parts(&self) -> SegmentParts {
        let (keys, ends, postings) = self.index.parts();
        SegmentParts { docs: self.docs.clone(), text_bytes: self.text_bytes, keys, ends, postings }
    }

    /// The text of each document, in document order. A large text is several documents, one for each
    /// of its parts, side by side.
    pub fn docs(&self) -> &[ContentHash] {
        &self.docs
    }

    /// Bytes of text that it covers.
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Bytes that the postings take.
    pub fn index_bytes(&self) -> u64 {
        self.index.len_bytes() + (self.docs.len() * size_of::<ContentHash>()) as u64
    }

    /// The documents of the text whose first one is `first`.
    pub(crate) fn parts_of(&self, first: DocId) -> std::ops::Range<DocId> {
        let rest = self.docs.get(first as usize..).unwrap_or_default();
        let parts = rest.iter().take_while(|hash| **hash == rest[0]).count();
        first..first + parts as DocId
    }

    pub(crate) fn index(&self) -> &TrigramIndex {
        &self.index
    }
}

/// A segment in use by one workspace: which files have its documents.
pub(crate) struct Attachment {
    pub(crate) id: SegmentId,
    pub(crate) segment: Arc<Segment>,
    /// `files[starts[d]..starts[d + 1]]` have document `d` (equal files share one).
    starts: Vec<u32>,
    files: Vec<FileId>,
    /// Every file that it was attached for, once.
    members: Vec<FileId>,
    /// Those of them that have several documents.
    large: Vec<FileId>,
}

impl Attachment {
    /// Attaches a segment; `firsts` are the files with the first document of each.
    pub(crate) fn new(
        id: SegmentId,
        segment: Arc<Segment>,
        firsts: impl Iterator<Item = (DocId, FileId)>,
    ) -> Attachment {
        let mut pairs = Vec::new();
        let (mut members, mut large) = (Vec::new(), Vec::new());
        for (first, file) in firsts {
            let parts = segment.parts_of(first);
            members.push(file);
            if parts.len() > 1 {
                large.push(file);
            }
            pairs.extend(parts.map(|doc| (doc, file)));
        }
        pairs.sort_unstable();
        let docs = segment.docs().len();
        let mut starts = Vec::with_capacity(docs + 1);
        let mut next = 0;
        for doc in 0..=docs as u32 {
            while next < pairs.len() && pairs[next].0 < doc {
                next += 1;
            }
            starts.push(next as u32);
        }
        let files = pairs.iter().map(|&(_, file)| file).collect();
        Attachment { id, segment, starts, files, members, large }
    }

    /// Files whose text is several documents: a match that spans lines may lie across two of them.
    pub(crate) fn large_files(&self) -> &[FileId] {
        &self.large
    }

    /// The files that had document `doc` when the segment was attached.
    pub(crate) fn files_of(&self, doc: DocId) -> &[FileId] {
        let doc = doc as usize;
        &self.files[self.starts[doc] as usize..self.starts[doc + 1] as usize]
    }

    /// Every file that it was attached for, once.
    pub(crate) fn members(&self) -> &[FileId] {
        &self.members
    }
}
