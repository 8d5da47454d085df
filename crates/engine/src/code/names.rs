//! From a name to the files that have it: sorted names, and for each a list of documents.
//!
//! A list entry says whether the document defines the name (so that others can see it) or only uses
//! it. Names that are only local to functions count as used.

use coderoom_syntax::{Facts, Flags, Kind};

use super::Map;

/// A document's number in one index.
pub(crate) type Doc = u32;

/// Names with the documents that have them.
#[derive(Default)]
pub(crate) struct Names {
    text: Box<str>,
    /// Where each name begins in `text`, in the order of spelling, and the end.
    starts: Box<[u32]>,
    /// Where each name's list begins in `lists`, and the end.
    offsets: Box<[u32]>,
    lists: Box<[u8]>,
}

/// Collects names.
#[derive(Default)]
pub(crate) struct NamesBuilder {
    lists: Map<Box<str>, Vec<u32>>,
}

impl NamesBuilder {
    /// Adds what a document has. Documents must come in order.
    pub(crate) fn add(&mut self, doc: Doc, names: impl IntoIterator<Item = (Box<str>, bool)>) {
        for (name, defines) in names {
            self.lists.entry(name).or_default().push(doc << 1 | u32::from(defines));
        }
    }

    /// The finished table.
    pub(crate) fn finish(self) -> Names {
        let mut lists: Vec<(Box<str>, Vec<u32>)> = self.lists.into_iter().collect();
        lists.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut text = String::new();
        let (mut starts, mut offsets, mut bytes) = (vec![0], vec![0], Vec::new());
        for (name, list) in lists {
            text.push_str(&name);
            starts.push(text.len() as u32);
            let mut last = 0;
            for entry in list {
                push_varint(&mut bytes, (entry >> 1).wrapping_sub(last) << 1 | entry & 1);
                last = entry >> 1;
            }
            offsets.push(bytes.len() as u32);
        }
        Names {
            text: text.into(),
            starts: starts.into(),
            offsets: offsets.into(),
            lists: bytes.into(),
        }
    }
}

/// The distinct names of a file, each with whether the file defines it for others to see.
pub(crate) fn names_of(facts: &Facts) -> Vec<(Box<str>, bool)> {
    let mut defines = vec![false; facts.names.len()];
    for symbol in &facts.symbols {
        if !symbol.flags.has(Flags::LOCAL) && symbol.kind != Kind::Parameter {
            defines[symbol.name.0 as usize] = true;
        }
    }
    facts.names.iter().cloned().zip(defines).collect()
}

impl Names {
    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The `n`-th name in the order of spelling.
    pub(crate) fn get(&self, n: usize) -> &str {
        &self.text[self.starts[n] as usize..self.starts[n + 1] as usize]
    }

    /// The place of the first name that is not less than `name`.
    pub(crate) fn lower_bound(&self, name: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.get(middle) < name { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The place of a name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let at = self.lower_bound(name);
        (at < self.len() && self.get(at) == name).then_some(at)
    }

    /// The documents that have the `n`-th name, each with whether it defines it.
    pub(crate) fn docs(&self, n: usize) -> impl Iterator<Item = (Doc, bool)> + use<'_> {
        let mut rest = &self.lists[self.offsets[n] as usize..self.offsets[n + 1] as usize];
        let mut last = 0u32;
        std::iter::from_fn(move || {
            let entry = take_varint(&mut rest)?;
            last = last.wrapping_add(entry >> 1);
            Some((last, entry & 1 == 1))
        })
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> u64 {
        (self.text.len() + self.lists.len() + 4 * (self.starts.len() + self.offsets.len())) as u64
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every document of every name comes back, in order, with its flag.
        #[test]
        fn lists_are_what_was_added(docs in prop::collection::vec(
            prop::collection::btree_map("[a-c]{1,3}", any::<bool>(), 0..6), 0..40,
        )) {
            let mut builder = NamesBuilder::default();
            for (doc, names) in docs.iter().enumerate() {
                let names = names.iter().map(|(name, defines)| (name.as_str().into(), *defines));
                builder.add(doc as u32 * 1000, names);
            }
            let names = builder.finish();
            for n in 0..names.len() {
                let name = names.get(n).to_owned();
                prop_assert_eq!(names.find(&name), Some(n));
                let expected: Vec<_> = docs.iter().enumerate()
                    .filter_map(|(doc, it)| Some((doc as u32 * 1000, *it.get(&name)?))).collect();
                prop_assert_eq!(names.docs(n).collect::<Vec<_>>(), expected);
            }
        }
    }
}
