//! What a session's edits have done to symbols: which are gone, declared otherwise, or have another
//! body.

use std::collections::{BTreeMap, BTreeSet};

use coderoom_engine::{AskLimits, Code, RelPath, SymbolInfo, view_lines};

/// Symbols of one file that are compared.
const MAX_SYMBOLS: usize = 20_000;

/// What has become of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Became {
    /// It is not there any more.
    Gone,
    /// Its declaration is another.
    Redeclared,
    /// Its text is another.
    Changed,
    /// It was not there.
    New,
}

/// A symbol that an edit has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangedSymbol {
    /// The key of its node: `path#Qualified.name`.
    pub(super) key: String,
    /// Its name.
    pub(super) name: String,
    /// What has become of it.
    pub(super) became: Became,
}

/// A symbol as it is compared.
struct Declared {
    name: String,
    signature: String,
    body: Vec<u8>,
}

/// The symbols of a file that differ between two snapshots. A type is not said to have changed if
/// only what is in it has.
pub(super) fn changed_symbols(base: &Code, now: &Code, path: &RelPath) -> Vec<ChangedSymbol> {
    let (before, after) = (declared(base, path), declared(now, path));
    let mut found: Vec<ChangedSymbol> = Vec::new();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in names {
        let became = match (before.get(key), after.get(key)) {
            (Some(_), None) => Became::Gone,
            (None, Some(_)) => Became::New,
            (Some(one), Some(other)) if one.signature != other.signature => Became::Redeclared,
            (Some(one), Some(other)) if one.body != other.body => Became::Changed,
            _ => continue,
        };
        let name = before.get(key).or(after.get(key)).map_or(String::new(), |it| it.name.clone());
        found.push(ChangedSymbol { key: key.clone(), name, became });
    }
    let keys: BTreeSet<String> = found.iter().map(|it| it.key.clone()).collect();
    found.retain(|it| {
        let inner = format!("{}.", it.key);
        let has_inner =
            keys.range(inner.clone()..).next().is_some_and(|key| key.starts_with(&inner));
        it.became != Became::Changed || !has_inner
    });
    found
}

/// The symbols of a file by the keys of their nodes; of several of one name the second is `name(2)`.
fn declared(code: &Code, path: &RelPath) -> BTreeMap<String, Declared> {
    let mut found = BTreeMap::new();
    let limits = AskLimits { offset: 0, limit: MAX_SYMBOLS, stop: &|| false };
    let Ok(outline) = code.outline(path, &limits) else { return found };
    let Some(text) = code.snapshot().file(path).and_then(|file| file.text()).cloned() else {
        return found;
    };
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for item in outline.items {
        let SymbolInfo { line, end_line, signature, name, .. } = &item.symbol;
        let qualified = item.symbol.qualified();
        let time = times.entry(qualified.clone()).or_default();
        *time += 1;
        let nth = if *time > 1 { format!("({time})") } else { String::new() };
        let body = view_lines(&text, u64::from(*line), u64::from(*end_line)).bytes;
        let declared = Declared { name: name.clone(), signature: signature.clone(), body };
        found.insert(format!("{path}#{qualified}{nth}"), declared);
    }
    found
}
