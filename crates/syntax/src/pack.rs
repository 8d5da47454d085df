//! Facts as they are kept: compact bytes, unpacked when a query needs them.
//!
//! What is many (occurrences, expressions, symbols) is stored in columns of small differences, each
//! a list of varints (postcard), and the whole is compressed (LZ4).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    columns::{ExprColumns, OccurrenceColumns, SymbolColumns},
    facts::{CallSite, Cut, Facts, Import, Name, Narrowing, Scope, SyntaxError},
    languages::Language,
    splice::Region,
};

/// The facts of one file, packed.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed {
    bytes: Bytes,
    is_clean: bool,
}

/// The bytes are no packed facts of this version.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are not facts of this version")]
pub struct Damaged;

/// [`Facts`] as they are serialised.
#[derive(Serialize, Deserialize)]
struct Stored {
    language: Language,
    name_lengths: Vec<u32>,
    name_text: String,
    symbols: SymbolColumns,
    scopes: Vec<Scope>,
    occurrences: OccurrenceColumns,
    exprs: ExprColumns,
    imports: Vec<Import>,
    calls: Vec<CallSite>,
    narrowings: Vec<Narrowing>,
    regions: Vec<Region>,
    offers: Option<Vec<Name>>,
    errors: Vec<SyntaxError>,
    cut: Option<Cut>,
}

impl Packed {
    /// Packs facts.
    pub fn new(facts: &Facts) -> Packed {
        let stored = Stored {
            language: facts.language,
            name_lengths: facts.names.iter().map(|name| name.len() as u32).collect(),
            name_text: facts.names.concat(),
            symbols: SymbolColumns::of(&facts.symbols),
            scopes: facts.scopes.clone(),
            occurrences: OccurrenceColumns::of(&facts.occurrences),
            exprs: ExprColumns::of(&facts.exprs),
            imports: facts.imports.clone(),
            calls: facts.calls.clone(),
            narrowings: facts.narrowings.clone(),
            regions: facts.regions.clone(),
            offers: facts.offers.clone(),
            errors: facts.errors.clone(),
            cut: facts.cut,
        };
        let plain = postcard::to_allocvec(&stored).unwrap_or_default();
        let bytes = lz4_flex::compress_prepend_size(&plain).into();
        Packed { bytes, is_clean: facts.errors.is_empty() }
    }

    /// Whether the facts list no syntax errors, without unpacking them.
    pub fn is_clean(&self) -> bool {
        self.is_clean
    }

    /// The facts again.
    ///
    /// # Errors
    /// If the bytes came from elsewhere ([`Packed::from_bytes`]) and are damaged.
    pub fn unpack(&self) -> Result<Facts, Damaged> {
        // The size comes first; a damaged one must not ask for gigabytes.
        const MOST: u32 = 1 << 28;
        let size =
            self.bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(Damaged)?;
        if size > MOST {
            return Err(Damaged);
        }
        let plain = lz4_flex::decompress_size_prepended(&self.bytes).map_err(|_| Damaged)?;
        let stored: Stored = postcard::from_bytes(&plain).map_err(|_| Damaged)?;
        let mut names = Vec::with_capacity(stored.name_lengths.len());
        let mut text = stored.name_text.as_str();
        for length in stored.name_lengths {
            let (name, rest) = text.split_at_checked(length as usize).ok_or(Damaged)?;
            names.push(name.into());
            text = rest;
        }
        let facts = Facts {
            language: stored.language,
            names,
            symbols: stored.symbols.symbols().ok_or(Damaged)?,
            scopes: stored.scopes,
            occurrences: stored.occurrences.occurrences().ok_or(Damaged)?,
            exprs: stored.exprs.exprs().ok_or(Damaged)?,
            imports: stored.imports,
            calls: stored.calls,
            narrowings: stored.narrowings,
            regions: stored.regions,
            offers: stored.offers,
            errors: stored.errors,
            cut: stored.cut,
        };
        if facts.is_sound() { Ok(facts) } else { Err(Damaged) }
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Facts from bytes that [`Packed::as_bytes`] gave, and what [`Packed::is_clean`] said. They are
    /// looked at when unpacked.
    pub fn from_bytes(bytes: Bytes, is_clean: bool) -> Packed {
        Packed { bytes, is_clean }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Packed;
    use crate::{Budget, Language, extract};

    const SOURCE: &str = "from a import b as c\nclass D(c):\n    '''doc'''\n    x: int = 1\n    \
        def f(self, y=2):\n        self.z = [y.w(k=v) for v in self.x]\n        return self.z\n";

    #[test]
    fn unpacked_facts_are_the_packed_ones() {
        let facts = extract(Language::Python, SOURCE.as_bytes(), &Budget::default());
        assert!(!facts.occurrences.is_empty() && !facts.symbols.is_empty());
        assert!(Packed::new(&facts).unpack().expect("sound") == facts);
    }

    #[test]
    fn packed_facts_know_whether_they_list_errors() {
        for (source, is_clean) in [(SOURCE, true), ("def f(:\n", false)] {
            let facts = extract(Language::Python, source.as_bytes(), &Budget::default());
            let packed = Packed::new(&facts);
            assert_eq!(packed.is_clean(), is_clean, "{source}");
        }
    }

    proptest! {
        /// Damaged bytes are refused or unpack to something sound; they never panic.
        #[test]
        fn damage_is_noticed_or_harmless(at in 0usize..4000, value: u8, cut in 0usize..4000) {
            let facts = extract(Language::Python, SOURCE.as_bytes(), &Budget::default());
            let mut bytes = Packed::new(&facts).as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(bytes.len() - cut % 8);
            let _ = Packed::from_bytes(bytes.into(), false).unpack();
        }
    }
}
