//! Where facts are kept: packed with their text for as long as the text lives, unpacked while there
//! is room.

use std::sync::Arc;

use coderoom_syntax::{Budget, Facts, Language, Packed, extract};
use quick_cache::{Weighter, sync::Cache};

use super::loaded::Loaded;
use crate::{ContentHash, Text};

/// Unpacked facts of recently used files, up to a number of bytes. Shared by all workspaces.
pub struct Shelf {
    loaded: Cache<(ContentHash, Language), Arc<Loaded>, ByWeight>,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<(ContentHash, Language), Arc<Loaded>> for ByWeight {
    fn weight(&self, _: &(ContentHash, Language), loaded: &Arc<Loaded>) -> u64 {
        loaded.weight() as u64
    }
}

impl Shelf {
    /// Keeps up to `bytes` of unpacked facts.
    pub fn new(bytes: u64) -> Shelf {
        // An entry weighs some 40 KiB on average.
        let entries = (bytes / (40 << 10)).max(64) as usize;
        Shelf { loaded: Cache::with_weighter(entries, bytes, ByWeight) }
    }

    /// The packed facts of a text; made now if it has none.
    pub(crate) fn packed(text: &Text, language: Language, budget: &Budget) -> Arc<Packed> {
        let make = || Arc::new(Packed::new(&extract(language, text.bytes(), budget)));
        let (first, packed) = text.facts().get_or_init(|| (language, make()));
        // The same bytes under a second language are rare enough to be read again.
        if *first == language { Arc::clone(packed) } else { make() }
    }

    /// The facts of a text, unpacked, or taken out now and packed for later.
    fn taken_out(text: &Text, language: Language) -> Facts {
        if let Some((first, packed)) = text.facts().get()
            && *first == language
            && let Ok(facts) = packed.unpack()
        {
            return facts;
        }
        let facts = extract(language, text.bytes(), &Budget::default());
        text.facts().get_or_init(|| (language, Arc::new(Packed::new(&facts))));
        facts
    }

    /// The facts of a text.
    pub(crate) fn facts(&self, text: &Text, language: Language) -> Arc<Loaded> {
        let key = (text.hash(), language);
        if let Some(loaded) = self.loaded.get(&key) {
            return loaded;
        }
        let facts = Shelf::taken_out(text, language);
        let loaded = Arc::new(Loaded::new(facts));
        self.loaded.insert(key, Arc::clone(&loaded));
        loaded
    }

    /// Bytes of unpacked facts that are kept now.
    pub fn bytes(&self) -> u64 {
        self.loaded.weight()
    }
}
