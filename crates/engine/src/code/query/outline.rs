//! What a file offers: its symbols, nested as in the text.

use coderoom_syntax::{Flags, Kind, SymbolIx};

use super::{
    ask::{AskError, AskLimits},
    notes::notes_on,
    subject::source,
    symbol::{Pages, SymbolInfo},
};
use crate::{
    RelPath,
    code::{Code, loaded::Loaded, view::Target},
};

/// One line of an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineItem {
    /// How deep it is nested, from 0.
    pub depth: u32,
    /// The symbol.
    pub symbol: SymbolInfo,
}

/// A file's symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The language that the file was read as.
    pub language: String,
    /// In the order of the text.
    pub items: Vec<OutlineItem>,
    /// How many there are.
    pub total: usize,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

impl Code {
    /// The symbols of a file that are not local to its functions; imports and parameters are left
    /// out, and of a variable that is set several times the first is shown.
    ///
    /// # Errors
    /// If there is no such file, or it is no source.
    pub fn outline(&self, path: &RelPath, limits: &AskLimits<'_>) -> Result<Outline, AskError> {
        let (file, facts) = source(self, path)?;
        let mut shown: Vec<SymbolIx> = (0..facts.facts.symbols.len() as u32)
            .map(SymbolIx)
            .filter(|ix| is_shown(&facts, *ix))
            .collect();
        shown.sort_by_key(|ix| {
            let symbol = facts.facts.symbol(*ix);
            (symbol.full.start, std::cmp::Reverse(symbol.full.end), symbol.at.start)
        });
        let mut pages = Pages::new(self);
        let items = shown
            .iter()
            .skip(limits.offset)
            .take(limits.limit)
            .filter_map(|ix| {
                let symbol = pages.symbol_of(&facts, Target { file, symbol: *ix })?;
                Some(OutlineItem { depth: depth(&facts, *ix), symbol })
            })
            .collect();
        Ok(Outline {
            language: facts.facts.language.plugin().name().to_owned(),
            items,
            total: shown.len(),
            notes: notes_on(self, file, &facts),
        })
    }
}

/// The names of the symbols that an outline shows, as often as it does.
pub(crate) fn shown_names(facts: &Loaded) -> impl Iterator<Item = &str> {
    let all = (0..facts.facts.symbols.len() as u32).map(SymbolIx);
    let shown = all.filter(|ix| is_shown(facts, *ix));
    shown.map(|ix| facts.facts.name(facts.facts.symbol(ix).name))
}

fn is_shown(facts: &Loaded, ix: SymbolIx) -> bool {
    let symbol = facts.facts.symbol(ix);
    let value = matches!(symbol.kind, Kind::Variable | Kind::Constant | Kind::Field);
    !matches!(symbol.kind, Kind::Parameter | Kind::TypeParameter | Kind::Alias)
        && (!symbol.flags.has(Flags::LOCAL)
            || symbol.flags.has(Flags::INSTANCE)
            || is_large(facts, ix))
        && (!value || facts.head(ix) == ix)
}

/// Whether a local symbol is worth a line: a type, or a function of some length.
fn is_large(facts: &Loaded, ix: SymbolIx) -> bool {
    const LONG: u32 = 400;
    let symbol = facts.facts.symbol(ix);
    let long = symbol.full.end - symbol.full.start >= LONG;
    symbol.kind.is_type() || (symbol.kind.is_callable() && long)
}

/// How many shown symbols it stands in.
fn depth(facts: &Loaded, ix: SymbolIx) -> u32 {
    let mut depth = 0;
    let mut at = facts.facts.symbol(ix).container;
    while let Some(outer) = at {
        depth += u32::from(is_shown(facts, outer));
        at = facts.facts.symbol(outer).container;
        if depth > 32 {
            break;
        }
    }
    depth
}
