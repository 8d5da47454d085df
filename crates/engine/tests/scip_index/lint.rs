//! What must hold of every index: the rules of `scip lint`, and that ranges hold names.

use std::collections::{BTreeMap, BTreeSet};

use scip::{
    symbol::{format_symbol, parse_symbol},
    types::{Index, PositionEncoding, SymbolRole},
};

/// Fails unless the index keeps to the schema's rules for these files.
pub(crate) fn lint(index: &Index, files: &BTreeMap<String, String>) -> Result<(), String> {
    let external: BTreeSet<&str> =
        index.external_symbols.iter().map(|it| it.symbol.as_str()).collect();
    check(external.len() == index.external_symbols.len(), || "external symbols twice".into())?;
    let paths: Vec<&str> = index.documents.iter().map(|it| it.relative_path.as_str()).collect();
    check(paths.is_sorted_by(|a, b| order(a) < order(b)), || format!("not in order: {paths:?}"))?;
    let mut defined: BTreeSet<&str> = BTreeSet::new();
    for document in &index.documents {
        let mut here = BTreeSet::new();
        for about in &document.symbols {
            check(here.insert(about.symbol.as_str()), || format!("{} twice", about.symbol))?;
            check(!external.contains(about.symbol.as_str()), || {
                format!("{} is both", about.symbol)
            })?;
        }
        defined.extend(here);
    }
    for document in &index.documents {
        let source =
            files.get(&document.relative_path).ok_or("a document of no file".to_owned())?;
        check(!document.language.is_empty(), || "no language".into())?;
        check(
            document.position_encoding.enum_value()
                == Ok(PositionEncoding::UTF8CodeUnitOffsetFromLineStart),
            || "other units".into(),
        )?;
        let own: BTreeMap<&str, &str> = document
            .symbols
            .iter()
            .map(|it| (it.symbol.as_str(), it.display_name.as_str()))
            .collect();
        for about in &document.symbols {
            let mut related = BTreeSet::new();
            for other in &about.relationships {
                let known = defined.contains(other.symbol.as_str())
                    || external.contains(other.symbol.as_str());
                check(known, || {
                    format!("{} is related to nothing: {}", about.symbol, other.symbol)
                })?;
                check(other.is_implementation || other.is_reference, || "no flag".into())?;
                check(related.insert(&other.symbol), || format!("{} twice", other.symbol))?;
            }
        }
        let mut last = None;
        for it in &document.occurrences {
            let place = format!("{} {:?} {}", document.relative_path, it.range, it.symbol);
            canonical(&it.symbol).map_err(|err| format!("{place}: {err}"))?;
            let known = if it.symbol.starts_with("local ") {
                own.contains_key(it.symbol.as_str())
            } else {
                defined.contains(it.symbol.as_str()) || external.contains(it.symbol.as_str())
            };
            check(known, || format!("{place}: nothing is said of the symbol"))?;
            let [line, start, end] = it.range[..] else { return Err(place) };
            let text = source.split('\n').nth(line as usize).ok_or(format!("{place}: no line"))?;
            let text = text
                .get(start as usize..end as usize)
                .ok_or_else(|| format!("{place}: no such range"))?;
            let definition = it.symbol_roles & SymbolRole::Definition as i32 != 0;
            if definition && !text.is_empty() {
                check(own.get(it.symbol.as_str()) == Some(&text), || format!("{place}: {text}"))?;
            }
            let forward = it.symbol_roles & SymbolRole::ForwardDefinition as i32 != 0;
            check(!(definition && forward), || format!("{place}: both definitions"))?;
            let key = (line, start, end, &it.symbol, it.symbol_roles);
            check(last.is_none_or(|last| last < key), || format!("{place}: not in order"))?;
            last = Some(key);
        }
    }
    Ok(())
}

fn check(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}

/// Paths are in order component by component.
fn order(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

/// A symbol that is written as the schema's own writer would.
fn canonical(symbol: &str) -> Result<(), String> {
    let parsed = parse_symbol(symbol).map_err(|err| format!("{err:?}"))?;
    let formatted = format_symbol(parsed);
    check(formatted == symbol, || format!("should be {formatted}"))
}
