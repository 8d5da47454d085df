//! Packed facts that outlive the process: what there is to keep, and what was kept given back.

use std::collections::HashSet;

use coderoom_syntax::{Language, Packed};

use super::{index::language_of, shelf::Shelf};
use crate::{ContentHash, Snapshot};

/// The facts of one text, as they are kept.
#[derive(Clone)]
pub struct KeptFacts {
    /// Of which text.
    pub hash: ContentHash,
    /// What it was read as.
    pub language: Language,
    /// What it says.
    pub packed: Packed,
}

/// The facts of a snapshot's texts that an index has packed, each text once, in path order.
pub fn facts_to_keep(snapshot: &Snapshot) -> Vec<KeptFacts> {
    let mut seen = HashSet::new();
    let kept = snapshot.files().filter_map(|file| {
        let language = language_of(file)?;
        let text = file.text()?;
        let packed = Shelf::packed(text, language)?.clone();
        let hash = text.hash();
        seen.insert(hash).then_some(KeptFacts { hash, language, packed })
    });
    kept.collect()
}

/// Gives the texts of a snapshot the facts that `find` has of them, and returns how many files have
/// facts then.
/// They have to be what this very program would take out of those bytes: an index takes them as they
/// are. What does not unpack is taken out anew.
pub fn give_facts(
    snapshot: &Snapshot,
    mut find: impl FnMut(ContentHash, Language) -> Option<Packed>,
) -> usize {
    let mut known = 0;
    for file in snapshot.files() {
        let (Some(language), Some(text)) = (language_of(file), file.text()) else { continue };
        let slot = text.facts();
        if slot.get().is_none()
            && let Some(packed) = find(text.hash(), language)
        {
            slot.get_or_init(|| (language, packed));
        }
        known += usize::from(Shelf::packed(text, language).is_some());
    }
    known
}
