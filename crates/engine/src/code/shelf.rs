//! Where facts are kept: packed with their text, once an index has been made of it, for as long as
//! the text lives; unpacked while there is room.

use std::sync::Arc;

use coderoom_syntax::{Budget, Facts, Language, Packed, extract, extract_after};
use quick_cache::{Weighter, sync::Cache};

use super::{loaded::Loaded, prints::Prints};
use crate::{ContentHash, Text};

/// Unpacked facts of recently used files, up to a number of bytes. Shared by all workspaces.
pub struct Shelf {
    loaded: Cache<(ContentHash, Language), Arc<Loaded>, ByWeight>,
    /// What functions are compared by, with names or without; made when somebody compares them.
    prints: Cache<(ContentHash, Language, bool), Arc<Prints>, ByWeight>,
    /// Texts without syntax errors whose facts nobody needed so far.
    pub(super) clean: Cache<(ContentHash, Language), ()>,
}

/// How many texts are remembered as clean.
const MOST_CLEAN: usize = 8192;

#[derive(Clone)]
struct ByWeight;

impl Weighter<(ContentHash, Language), Arc<Loaded>> for ByWeight {
    fn weight(&self, _: &(ContentHash, Language), loaded: &Arc<Loaded>) -> u64 {
        loaded.weight() as u64
    }
}

impl Weighter<(ContentHash, Language, bool), Arc<Prints>> for ByWeight {
    fn weight(&self, _: &(ContentHash, Language, bool), prints: &Arc<Prints>) -> u64 {
        prints.weight() as u64
    }
}

impl Shelf {
    /// Keeps up to `bytes` of unpacked facts, and a quarter as much of what else is made of texts.
    pub fn new(bytes: u64) -> Shelf {
        // An entry weighs some 40 KiB on average.
        let entries = (bytes / (40 << 10)).max(64) as usize;
        Shelf {
            loaded: Cache::with_weighter(entries, bytes, ByWeight),
            prints: Cache::with_weighter(entries, bytes / 4, ByWeight),
            clean: Cache::new(MOST_CLEAN),
        }
    }

    /// The facts of a text, and how many bytes they take packed; packs them if nobody has.
    pub(crate) fn packing(text: &Text, language: Language) -> (Facts, usize) {
        if let Some((facts, bytes)) = Shelf::unpacked(text, language) {
            return (facts, bytes);
        }
        let facts = extract(language, text.bytes(), &Budget::default());
        let (_, packed) = text.facts().get_or_init(|| (language, Packed::new(&facts)));
        (facts, packed.as_bytes().len())
    }

    fn unpacked(text: &Text, language: Language) -> Option<(Facts, usize)> {
        let packed = Shelf::packed(text, language)?;
        Some((packed.unpack().ok()?, packed.as_bytes().len()))
    }

    /// The packed facts of a text, if it has any as a file of that language.
    pub(super) fn packed(text: &Text, language: Language) -> Option<&Packed> {
        let (_, packed) = text.facts().get().filter(|(first, _)| *first == language)?;
        Some(packed)
    }

    /// The facts of a text, unpacked, or taken out now. A text that no index has packed is one that
    /// is being edited: its next version comes soon, and somebody waits for the answer.
    fn taken_out(&self, text: &Text, language: Language) -> Facts {
        let unpacked = Shelf::unpacked(text, language).map(|(facts, _)| facts);
        let budget = Budget { keep: true, ..Budget::default() };
        unpacked
            .or_else(|| self.spliced(text, language))
            .unwrap_or_else(|| extract(language, text.bytes(), &budget))
    }

    /// The facts of a text made of those that it had before an edit, if those are at hand and the
    /// edit is inside one function.
    fn spliced(&self, text: &Text, language: Language) -> Option<Facts> {
        let origin = text.origin()?;
        let before = self.at_hand(origin.hash, origin.text.upgrade().as_deref(), language)?;
        extract_after(language, &before.facts, text.bytes(), origin.edit, &Budget::default())
    }

    /// The facts of a text if they need not be taken out of it.
    fn at_hand(
        &self,
        hash: ContentHash,
        text: Option<&Text>,
        language: Language,
    ) -> Option<Arc<Loaded>> {
        self.loaded.get(&(hash, language)).or_else(|| {
            let (facts, _) = Shelf::unpacked(text?, language)?;
            Some(self.keep(text?, language, facts))
        })
    }

    /// Whether a text has no syntax errors, if its facts are at hand or can be made of such.
    pub(super) fn known_clean(&self, text: &Text, language: Language) -> Option<bool> {
        if text.facts().get().is_some_and(|(first, it)| *first == language && it.is_clean()) {
            return Some(true);
        }
        let loaded = self.at_hand(text.hash(), Some(text), language);
        let loaded = loaded
            .or_else(|| self.spliced(text, language).map(|facts| self.keep(text, language, facts)));
        loaded.map(|it| it.facts.errors.is_empty())
    }

    /// The facts of a text.
    pub(crate) fn facts(&self, text: &Text, language: Language) -> Arc<Loaded> {
        if let Some(loaded) = self.loaded.get(&(text.hash(), language)) {
            return loaded;
        }
        self.keep(text, language, self.taken_out(text, language))
    }

    fn keep(&self, text: &Text, language: Language, facts: Facts) -> Arc<Loaded> {
        let loaded = Arc::new(Loaded::new(facts));
        self.loaded.insert((text.hash(), language), Arc::clone(&loaded));
        loaded
    }

    /// What the functions of a text are compared by. `functions` are their numbers and lines, in order:
    /// a matter of the text and the language.
    pub(crate) fn prints(
        &self,
        text: &Arc<Text>,
        language: Language,
        keep_names: bool,
        functions: impl FnOnce() -> Vec<(u32, (u32, u32))>,
    ) -> Arc<Prints> {
        let key = (text.hash(), language, keep_names);
        if let Some(prints) = self.prints.get(&key) {
            return prints;
        }
        let prints = Arc::new(Prints::read(text, language, keep_names, &functions()));
        self.prints.insert(key, Arc::clone(&prints));
        prints
    }

    /// Bytes of unpacked facts, and of what else is made of texts, that are kept now.
    pub fn bytes(&self) -> u64 {
        self.loaded.weight() + self.prints.weight()
    }
}
