//! The trigram index of one segment: sorted keys, and one posting list for each.
//!
//! All three parts are flat bytes, so that a segment file can be mapped and used in place. A list
//! is a tag byte and then either delta-coded LEB128 document numbers or a bitmap, whichever is
//! shorter.

use bytes::Bytes;

use super::{DocId, DocSet, MalformedSegment};

/// Tag of a delta-coded list.
pub(super) const SPARSE: u8 = 0;
/// Tag of a bitmap.
pub(super) const DENSE: u8 = 1;

pub(crate) struct TrigramIndex {
    keys: Bytes,
    ends: Bytes,
    postings: Bytes,
}

/// A `Vec<u32>` that lends itself as bytes: keeps the alignment that `bytemuck` needs.
struct Words(Vec<u32>);

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// No bytes at all may lie anywhere, and are not words then.
fn aligned_if_empty(words: Bytes) -> Bytes {
    if words.is_empty() { Bytes::from_owner(Words(Vec::new())) } else { words }
}

/// The documents of a delta-coded list. Ends at the end of the bytes, whatever they hold.
pub(super) fn decode(deltas: &[u8]) -> impl Iterator<Item = DocId> + '_ {
    let mut rest = deltas.iter();
    let mut doc = 0u32;
    std::iter::from_fn(move || {
        let mut delta = 0u32;
        let mut shift = 0;
        loop {
            let byte = *rest.next()?;
            delta |= u32::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                doc = doc.wrapping_add(delta);
                return Some(doc);
            }
            shift += 7;
        }
    })
}

impl TrigramIndex {
    pub(super) fn from_vecs(keys: Vec<u32>, ends: Vec<u32>, postings: Bytes) -> TrigramIndex {
        TrigramIndex {
            keys: Bytes::from_owner(Words(keys)),
            ends: Bytes::from_owner(Words(ends)),
            postings,
        }
    }

    pub(super) fn new(
        keys: Bytes,
        ends: Bytes,
        postings: Bytes,
    ) -> Result<TrigramIndex, MalformedSegment> {
        let fail = |why| Err(MalformedSegment(why));
        let (keys, ends) = (aligned_if_empty(keys), aligned_if_empty(ends));
        let Ok(key_words) = bytemuck::try_cast_slice::<u8, u32>(&keys) else {
            return fail("keys are not aligned words");
        };
        let Ok(end_words) = bytemuck::try_cast_slice::<u8, u32>(&ends) else {
            return fail("ends are not aligned words");
        };
        if key_words.len() != end_words.len() {
            return fail("keys and ends differ in number");
        }
        if !key_words.is_sorted() || !end_words.is_sorted() {
            return fail("keys or ends are out of order");
        }
        if end_words.last().copied().unwrap_or(0) as usize != postings.len() {
            return fail("postings are cut short");
        }
        Ok(TrigramIndex { keys, ends, postings })
    }

    pub(super) fn parts(&self) -> (Bytes, Bytes, Bytes) {
        (self.keys.clone(), self.ends.clone(), self.postings.clone())
    }

    pub(super) fn len_bytes(&self) -> u64 {
        (self.keys.len() + self.ends.len() + self.postings.len()) as u64
    }

    /// The list of a trigram (tag first), or nothing if no document has it.
    pub(crate) fn list(&self, trigram: u32) -> Option<&[u8]> {
        let keys: &[u32] = bytemuck::cast_slice(&self.keys);
        let ends: &[u32] = bytemuck::cast_slice(&self.ends);
        let at = keys.binary_search(&trigram).ok()?;
        let start = if at == 0 { 0 } else { ends[at - 1] as usize };
        self.postings.get(start..ends[at] as usize)
    }
}

impl DocSet {
    /// Keeps the documents that the list (tag first) has too.
    pub(crate) fn intersect_list(&mut self, list: &[u8]) {
        match list.split_first() {
            Some((&DENSE, bitmap)) => self.intersect_bytes(bitmap),
            Some((_, deltas)) => {
                let mut kept = self.emptied();
                for doc in decode(deltas) {
                    if self.contains(doc) {
                        kept.insert(doc);
                    }
                }
                *self = kept;
            }
            None => *self = self.emptied(),
        }
    }

    fn emptied(&self) -> DocSet {
        let mut empty = self.clone();
        empty.clear();
        empty
    }
}
