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

/// Gives the texts of a snapshot the facts that `find` has of them, and returns how many it gave.
/// They have to be what this very program would take out of those bytes: an index takes them as they
/// are. What does not unpack is taken out anew.
pub fn give_facts(
    snapshot: &Snapshot,
    mut find: impl FnMut(ContentHash, Language) -> Option<Packed>,
) -> usize {
    let mut given = 0;
    for file in snapshot.files() {
        let Some(language) = language_of(file) else { continue };
        let Some(slot) = file.text().map(|text| (text.hash(), text.facts())) else { continue };
        if slot.1.get().is_some() {
            continue;
        }
        if let Some(packed) = find(slot.0, language)
            && slot.1.set((language, packed)).is_ok()
        {
            given += 1;
        }
    }
    given
}
