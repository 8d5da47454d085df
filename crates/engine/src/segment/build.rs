//! Builds a segment: one pass over each text while it is warm in the cache.
//!
//! The distinct trigrams of a text are found with a bitmap over all 2^24 (source code touches a few
//! kilobytes of it) and written, with the text's number, behind the others that begin with the same
//! byte: some hundred streams that only grow at their ends, where a list for each trigram would
//! miss the cache at every step. `finish` sorts each stream by counting.

use std::collections::HashMap;

use bytes::Bytes;

use super::{DocId, FOLD, Segment, index::DENSE, index::SPARSE, index::TrigramIndex};
use crate::{ContentHash, Text};

/// All trigrams of folded bytes.
const TRIGRAMS: usize = 1 << 24;

/// A document's number has to fit into half of a stream's word.
const MAX_DOCS: usize = 1 << 16;

/// Streams may hold so many words together (a gigabyte of them).
const MAX_WORDS: usize = 1 << 28;

/// Texts of more than twice this are indexed in parts of about this size, each a document: a text
/// of megabytes has nearly every trigram somewhere, but seldom those of one line in one part.
const PART_BYTES: usize = 64 * 1024;

/// Collects texts in document order; `finish` makes the segment.
///
/// For a loader that indexes each text right after it was read; `Covering::of_stored` then pairs
/// the segment with the files of a snapshot.
pub struct SegmentBuilder {
    docs: Vec<ContentHash>,
    doc_of: HashMap<ContentHash, DocId>,
    text_bytes: u64,
    /// One bit a trigram, all clear between texts.
    seen: Vec<u64>,
    touched: Vec<u32>,
    /// For each first byte: the other two bytes and a document, in order of documents.
    streams: Vec<Vec<u32>>,
    words: usize,
}

impl Default for SegmentBuilder {
    fn default() -> SegmentBuilder {
        SegmentBuilder::new()
    }
}

impl SegmentBuilder {
    /// An empty builder: two megabytes of bitmap.
    pub fn new() -> SegmentBuilder {
        SegmentBuilder {
            docs: Vec::new(),
            doc_of: HashMap::new(),
            text_bytes: 0,
            seen: vec![0; TRIGRAMS / 64],
            touched: Vec::new(),
            streams: vec![Vec::new(); 256],
            words: 0,
        }
    }

    /// Adds a text if it can be covered at all: neither UTF-16 nor too much for this segment.
    pub fn offer(&mut self, text: &Text) {
        self.add(text);
    }

    /// Adds a text and returns its first document, if it can be covered at all. One that is there
    /// already is not added twice.
    pub(crate) fn add(&mut self, text: &Text) -> Option<DocId> {
        if let Some(doc) = self.doc_of.get(&text.hash()) {
            return Some(*doc);
        }
        let most_parts = text.bytes().len() / PART_BYTES + 1;
        let has_room = self.docs.len() + most_parts <= MAX_DOCS && self.words < MAX_WORDS;
        if !text.is_indexable() || !has_room {
            return None;
        }
        let first = self.docs.len() as DocId;
        self.doc_of.insert(text.hash(), first);
        self.text_bytes += text.bytes().len() as u64;
        for part in parts(text.bytes()) {
            self.add_part(text.hash(), part);
        }
        Some(first)
    }

    fn add_part(&mut self, hash: ContentHash, part: &[u8]) {
        let doc = self.docs.len() as DocId;
        self.docs.push(hash);
        self.collect_trigrams(part);
        for &trigram in &self.touched {
            self.seen[trigram as usize / 64] = 0;
            // No match spans lines, so no query asks for a line's end.
            if !trigram.to_be_bytes()[1..].contains(&b'\n') {
                self.streams[(trigram >> 16) as usize].push(trigram << 16 | doc);
                self.words += 1;
            }
        }
        self.touched.clear();
    }

    fn collect_trigrams(&mut self, bytes: &[u8]) {
        let Some((first, rest)) = bytes.split_first_chunk::<2>() else {
            return;
        };
        let fold = |byte: u8| u32::from(FOLD[usize::from(byte)]);
        let mut trigram = fold(first[0]) << 8 | fold(first[1]);
        for &byte in rest {
            trigram = (trigram << 8 | fold(byte)) & 0xff_ffff;
            let word = &mut self.seen[trigram as usize / 64];
            let bit = 1u64 << (trigram % 64);
            if *word & bit == 0 {
                *word |= bit;
                self.touched.push(trigram);
            }
        }
    }

    /// The finished segment.
    pub fn finish(mut self) -> Segment {
        let mut lists = Lists::for_docs(self.docs.len());
        let mut ends = vec![0u32; 1 << 16];
        let mut docs = Vec::new();
        for (first, stream) in self.streams.iter_mut().enumerate() {
            // Lets the memory of each stream go at once.
            let stream = std::mem::take(stream);
            if stream.is_empty() {
                continue;
            }
            sort_by_tail(&stream, &mut ends, &mut docs);
            let mut start = 0;
            for (tail, &end) in ends.iter().enumerate() {
                let list = &docs[start..end as usize];
                if !list.is_empty() {
                    lists.push((first << 16 | tail) as u32, list);
                }
                start = end as usize;
            }
        }
        Segment { docs: self.docs, text_bytes: self.text_bytes, index: lists.finish() }
    }
}

/// A text as one part, or a large one as several that end with lines: at least `PART_BYTES` each,
/// but the last.
fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let size = if bytes.len() > 2 * PART_BYTES { PART_BYTES } else { bytes.len() };
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let wanted = size.min(bytes.len());
        let end = memchr::memchr(b'\n', &bytes[wanted..]).map_or(bytes.len(), |i| wanted + i + 1);
        let (part, behind) = bytes.split_at(end);
        rest = (!behind.is_empty()).then_some(behind);
        Some(part)
    })
}

/// Sorts a stream by the upper half of its words, keeping their order otherwise: `docs` gets the
/// lower halves, and the list of `tail` ends at `ends[tail]`.
fn sort_by_tail(stream: &[u32], ends: &mut [u32], docs: &mut Vec<u16>) {
    ends.fill(0);
    for word in stream {
        ends[(word >> 16) as usize] += 1;
    }
    let mut before = 0;
    for end in ends.iter_mut() {
        before += std::mem::replace(end, before);
    }
    docs.resize(stream.len(), 0);
    for &word in stream {
        let place = &mut ends[(word >> 16) as usize];
        docs[*place as usize] = word as u16;
        *place += 1;
    }
}

/// Posting lists in order of their trigrams.
struct Lists {
    bitmap_len: usize,
    keys: Vec<u32>,
    ends: Vec<u32>,
    postings: Vec<u8>,
}

impl Lists {
    fn for_docs(docs: usize) -> Lists {
        Lists {
            bitmap_len: docs.div_ceil(8),
            keys: Vec::new(),
            ends: Vec::new(),
            postings: Vec::new(),
        }
    }

    /// Appends a list (ascending) in the form that is shorter.
    fn push(&mut self, trigram: u32, docs: &[u16]) {
        let start = self.postings.len();
        self.postings.push(SPARSE);
        let mut last = 0;
        for &doc in docs {
            let mut delta = doc - last;
            last = doc;
            while delta >= 0x80 {
                self.postings.push(delta as u8 | 0x80);
                delta >>= 7;
            }
            self.postings.push(delta as u8);
        }
        if self.postings.len() - start - 1 > self.bitmap_len {
            self.postings.truncate(start);
            self.postings.push(DENSE);
            let bitmap = self.postings.len();
            self.postings.resize(bitmap + self.bitmap_len, 0);
            for doc in docs {
                self.postings[bitmap + usize::from(*doc) / 8] |= 1 << (doc % 8);
            }
        }
        self.keys.push(trigram);
        self.ends.push(self.postings.len() as u32);
    }

    fn finish(mut self) -> TrigramIndex {
        self.postings.shrink_to_fit();
        TrigramIndex::from_vecs(self.keys, self.ends, Bytes::from(self.postings))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{TextStore, segment::DocSet};

    /// The documents of every trigram, found the slow way.
    fn expected(texts: &[Vec<u8>]) -> BTreeMap<u32, BTreeSet<DocId>> {
        let mut lists: BTreeMap<u32, BTreeSet<DocId>> = BTreeMap::new();
        for (doc, text) in (0..).zip(texts) {
            for line in text.split(|&b| b == b'\n') {
                for three in line.windows(3) {
                    let [a, b, c] = [0, 1, 2].map(|i| u32::from(three[i].to_ascii_lowercase()));
                    lists.entry(a << 16 | b << 8 | c).or_default().insert(doc);
                }
            }
        }
        lists
    }

    #[test]
    fn every_list_is_what_a_scan_finds() {
        // Common and rare trigrams, so that both forms of lists occur; lines of all lengths.
        let texts: Vec<Vec<u8>> = (0..300u32)
            .map(|i| {
                let line = |n: u32| format!("fn Common_{}\n{}\nab\n\n", n % 7, n * i % 1009);
                let mut text: Vec<u8> = (0..i % 40).flat_map(|n| line(n).into_bytes()).collect();
                text.extend([(i % 251) as u8 | 1, 0xff, b'\n', (i >> 8) as u8 + 1, b'z']);
                text.extend(i.to_string().bytes());
                text
            })
            .collect();
        let store = TextStore::default();
        let mut builder = SegmentBuilder::new();
        for (doc, text) in (0..).zip(&texts) {
            let text = store.intern(text.clone().into()).expect("text");
            assert_eq!(builder.add(&text), Some(doc));
            assert_eq!(builder.add(&text), Some(doc), "a text twice is one document");
        }
        let segment = builder.finish();
        let expected = expected(&texts);
        let mut forms = BTreeSet::new();
        for (&trigram, docs) in &expected {
            let list = segment.index().list(trigram).expect("a list");
            forms.insert(list[0]);
            let mut found = DocSet::all(texts.len());
            found.intersect_list(list);
            assert!(found.iter().eq(docs.iter().copied()), "{trigram:06x}");
        }
        assert_eq!(forms.len(), 2);
        assert_eq!(segment.index().parts().0.len(), expected.len() * 4);
    }

    #[test]
    fn texts_shorter_than_a_trigram_have_none() {
        let store = TextStore::default();
        let mut builder = SegmentBuilder::new();
        for text in [&b""[..], b"a", b"ab", b"ab\nc", b"\n\n\n\n"] {
            builder.add(&store.intern(text.to_vec().into()).expect("text"));
        }
        let segment = builder.finish();
        assert_eq!(segment.docs().len(), 5);
        assert!(segment.index().parts().0.is_empty());
    }
}
