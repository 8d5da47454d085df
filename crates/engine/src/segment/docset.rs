//! A set of documents of one segment, as a bitmap.

use super::DocId;

/// Which documents of a segment may match. A bitmap of a 16,384-document segment takes 2 KiB, so
/// intersections cost well under a microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DocSet {
    words: Vec<u64>,
}

impl DocSet {
    /// No document of a segment with `docs` documents.
    pub(crate) fn none(docs: usize) -> DocSet {
        DocSet { words: vec![0; docs.div_ceil(64)] }
    }

    /// Every document of a segment with `docs` documents.
    pub(crate) fn all(docs: usize) -> DocSet {
        let mut words = vec![u64::MAX; docs.div_ceil(64)];
        if !docs.is_multiple_of(64)
            && let Some(last) = words.last_mut()
        {
            *last = (1 << (docs % 64)) - 1;
        }
        DocSet { words }
    }

    /// Adds a document; one outside the segment is ignored.
    pub(crate) fn insert(&mut self, doc: DocId) {
        if let Some(word) = self.words.get_mut(doc as usize / 64) {
            *word |= 1 << (doc % 64);
        }
    }

    pub(crate) fn contains(&self, doc: DocId) -> bool {
        self.words.get(doc as usize / 64).is_some_and(|word| word & (1 << (doc % 64)) != 0)
    }

    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Removes every document.
    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(crate) fn union(&mut self, other: &DocSet) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    pub(crate) fn intersect(&mut self, other: &DocSet) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
    }

    /// Intersects with a bitmap in the postings' little-endian form.
    pub(crate) fn intersect_bytes(&mut self, bitmap: &[u8]) {
        for (i, word) in self.words.iter_mut().enumerate() {
            let mut raw = [0; 8];
            let part = bitmap.get(i * 8..).unwrap_or_default();
            let len = part.len().min(8);
            raw[..len].copy_from_slice(&part[..len]);
            *word &= u64::from_le_bytes(raw);
        }
    }

    /// The documents in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = DocId> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }
}
