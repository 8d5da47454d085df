//! Strings held once and named by a number.
//!
//! All text lies in one buffer; the table holds numbers only, and hashes with a fixed seed.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::{build::GraphError, splice::Run};

/// The number of a string, in the order in which they came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct InternedStr(pub u32);

/// Strings and their numbers, both ways in O(1).
#[derive(Clone, Default)]
pub struct StringInterner {
    text: String,
    /// Where each string ends in `text`; it starts where the one before ends.
    ends: Vec<u32>,
    table: HashTable<u32>,
    hasher: FixedState,
}

impl StringInterner {
    /// With room for so many strings, and bytes of text.
    pub(crate) fn with_room(strings: usize, bytes: usize) -> StringInterner {
        StringInterner {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(strings),
            table: HashTable::with_capacity(strings),
            hasher: FixedState::default(),
        }
    }

    /// The number of a string, which is new if it has not come before; `None` if there is no room
    /// for it: 4 GiB of text, or 2^32 strings.
    pub fn intern(&mut self, string: &str) -> Option<InternedStr> {
        let hash = self.hasher.hash_one(string);
        if let Some(known) = self.find(hash, string) {
            return Some(known);
        }
        let number = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.text.len() + string.len()).ok()?;
        self.text.push_str(string);
        self.ends.push(end);
        let StringInterner { text, ends, table, hasher } = self;
        table.insert_unique(hash, number, |it| hasher.hash_one(slice(text, ends, *it)));
        Some(InternedStr(number))
    }

    /// The strings with `new` ones among them, in the order that `runs` says; those that no run has
    /// are gone. What stays is not hashed again.
    ///
    /// # Errors
    /// If a string would be there twice, or there is no room for it.
    pub(crate) fn spliced(&self, runs: &[Run], new: &[&str]) -> Result<StringInterner, GraphError> {
        let mut next = StringInterner {
            text: String::with_capacity(self.text.len()),
            ends: Vec::with_capacity(self.ends.len() + new.len()),
            table: self.table.clone(),
            hasher: self.hasher.clone(),
        };
        let mut moved = vec![u32::MAX; self.len()];
        let mut added = Vec::with_capacity(new.len());
        for run in runs {
            match run {
                Run::Old(range) if range.is_empty() => {}
                Run::Old(range) => {
                    let first = next.ends.len() as u32;
                    for (number, place) in (first..).zip(&mut moved[range.clone()]) {
                        *place = number;
                    }
                    let start = range.start.checked_sub(1).map_or(0, |before| self.ends[before]);
                    let end = self.ends[range.end - 1];
                    let to = next.end()?;
                    next.text.push_str(&self.text[start as usize..end as usize]);
                    next.end()?;
                    next.ends.extend(self.ends[range.clone()].iter().map(|it| it - start + to));
                }
                Run::New(range) => {
                    for string in &new[range.clone()] {
                        added.push((next.ends.len() as u32, *string));
                        next.text.push_str(string);
                        let end = next.end()?;
                        next.ends.push(end);
                    }
                }
            }
        }
        next.table.retain(|number| {
            *number = moved[*number as usize];
            *number != u32::MAX
        });
        for (number, string) in added {
            let hash = next.hasher.hash_one(string);
            if next.find(hash, string).is_some() {
                return Err(GraphError::DuplicateKey { key: string.into() });
            }
            let StringInterner { text, ends, table, hasher } = &mut next;
            table.insert_unique(hash, number, |it| hasher.hash_one(slice(text, ends, *it)));
        }
        Ok(next)
    }

    /// Where the text ends.
    fn end(&self) -> Result<u32, GraphError> {
        u32::try_from(self.text.len()).map_err(|_| GraphError::TooLarge)
    }

    /// The number of a string that has come before.
    pub fn get(&self, string: &str) -> Option<InternedStr> {
        self.find(self.hasher.hash_one(string), string)
    }

    fn find(&self, hash: u64, string: &str) -> Option<InternedStr> {
        let found = self.table.find(hash, |it| slice(&self.text, &self.ends, *it) == string);
        found.map(|number| InternedStr(*number))
    }

    /// The string of a number; empty for a number of another interner that is not known here.
    pub fn resolve(&self, number: InternedStr) -> &str {
        if (number.0 as usize) < self.ends.len() {
            slice(&self.text, &self.ends, number.0)
        } else {
            ""
        }
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4 + self.table.allocation_size()
    }

    /// Gives back what was set aside for more.
    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], number: u32) -> &'a str {
    let at = number as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &text[start..ends[at] as usize]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A number stands for one string and a string for one number, however many there are.
        #[test]
        fn numbers_and_strings_are_one_to_one(words in prop::collection::vec(".{0,4}", 0..200)) {
            let mut interner = StringInterner::default();
            let mut known: HashMap<String, InternedStr> = HashMap::new();
            for word in &words {
                let number = interner.intern(word).unwrap();
                prop_assert_eq!(*known.entry(word.clone()).or_insert(number), number);
                prop_assert_eq!(interner.resolve(number), word);
            }
            prop_assert_eq!(interner.len(), known.len());
            prop_assert_eq!(interner.get("not among them"), None);
        }
    }

    #[test]
    fn a_strange_number_is_an_empty_string() {
        assert_eq!(StringInterner::default().resolve(InternedStr(7)), "");
    }
}
