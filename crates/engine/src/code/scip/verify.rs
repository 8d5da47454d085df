//! Whether a document of an index speaks of the bytes that we have.
//!
//! An index does not say which bytes it was made from, so they are asked: each range must hold the
//! name of its symbol. Indexers also give ranges to things that are no names (operators, whole
//! modules, quoted paths): those are left out. But a name in a wrong place means that the file was
//! another one, and then nothing of the document is believed.

use std::collections::HashMap;

use coderoom_syntax::{Kind, OccurrenceIx, Span, SymbolIx};

use super::{
    lines::{Lines, Units},
    read::{RawDocument, RawOccurrence},
    schema::{UTF8_UNITS, UTF16_UNITS, UTF32_UNITS, role},
    wire::Malformed,
};
use crate::code::{
    descriptor::{Descriptor, Suffix, SymbolName},
    loaded::Loaded,
};

/// A name in the text, and the symbol that the index says it is.
pub(crate) struct Verified<'a> {
    pub(crate) span: Span,
    pub(crate) symbol: &'a str,
    pub(crate) roles: u32,
}

/// What an index says of a range that does not hold what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// The occurrences of names in a document, if all of them are where the index says. `is_alias`: some
/// file gives a name of this spelling to something else.
pub(crate) fn verify<'a>(
    document: &RawDocument<'a>,
    source: &str,
    facts: Option<&Loaded>,
    is_alias: &dyn Fn(&str) -> bool,
) -> Result<Result<Vec<Verified<'a>>, Mismatch>, Malformed> {
    if !document.text.is_empty() && document.text != source {
        let expected = "the text that the index has".to_owned();
        return Ok(Err(Mismatch { line: 1, expected, found: "another one".to_owned() }));
    }
    let lines = Lines::new(source.as_bytes());
    let candidates: &[Units] = match document.units {
        UTF8_UNITS => &[Units::Utf8],
        UTF16_UNITS => &[Units::Utf16],
        UTF32_UNITS => &[Units::Utf32],
        // Most indexers that do not say are written in JavaScript.
        _ if !lines.is_ascii() => &[Units::Utf16, Units::Utf8, Units::Utf32],
        _ => &[Units::Utf8],
    };
    let mut names = HashMap::new();
    for name in document.names() {
        let (symbol, name) = name?;
        if symbol.starts_with("local ") && !name.is_empty() {
            names.insert(symbol, Known::Name(name.to_owned()));
        }
    }
    let mut first = None;
    for units in candidates {
        let mut check = Check { lines: &lines, source, facts, is_alias, names: names.clone() };
        match check.all(document, *units)? {
            Ok(verified) => return Ok(Ok(verified)),
            Err(mismatch) => first = first.or(Some(mismatch)),
        }
    }
    let unknown = || Mismatch { line: 0, expected: String::new(), found: String::new() };
    Ok(Err(first.unwrap_or_else(unknown)))
}

/// What is known of a symbol's spelling.
#[derive(Clone, Debug)]
enum Known {
    /// It is spelled so.
    Name(String),
    /// It is a file or a directory: ranges hold paths of all kinds.
    Module,
    /// It makes instances of this type and is spelled as the type or not at all.
    Constructor(String),
    /// Nothing; a local must be spelled the same everywhere.
    Unknown,
}

/// What to make of one occurrence.
enum Verdict {
    Use(Span),
    /// It is no name.
    LeaveOut,
    /// The right name is not there; unless another symbol's is.
    Wrong,
}

struct Check<'t, 'a> {
    lines: &'t Lines<'t>,
    source: &'t str,
    facts: Option<&'t Loaded>,
    is_alias: &'t dyn Fn(&str) -> bool,
    names: HashMap<&'a str, Known>,
}

impl<'a> Check<'_, 'a> {
    fn all(
        &mut self,
        document: &RawDocument<'a>,
        units: Units,
    ) -> Result<Result<Vec<Verified<'a>>, Mismatch>, Malformed> {
        let mut verified: Vec<Verified<'a>> = Vec::with_capacity(document.len());
        let mut wrong: Vec<(Span, Mismatch)> = Vec::new();
        for occurrence in document.occurrences() {
            let occurrence = occurrence?;
            if occurrence.symbol.is_empty() {
                continue;
            }
            let [line, start, last, end] = occurrence.range;
            let span =
                self.lines.offset(line, start, units).zip(self.lines.offset(last, end, units));
            let Some((start, end)) = span.filter(|(start, end)| start <= end) else {
                let found = "no such place".to_owned();
                let expected = occurrence.symbol.to_owned();
                return Ok(Err(Mismatch { line: line + 1, expected, found }));
            };
            let (symbol, roles) = (occurrence.symbol, occurrence.roles);
            match self.verdict(&occurrence, Span { start, end }) {
                Verdict::Use(span) => verified.push(Verified { span, symbol, roles }),
                Verdict::LeaveOut => {}
                Verdict::Wrong => {
                    let found = self.text(Span { start, end }).chars().take(60).collect();
                    let mismatch = Mismatch { line: line + 1, expected: symbol.to_owned(), found };
                    wrong.push((Span { start, end }, mismatch));
                }
            }
        }
        verified.sort_by_key(|it| (it.span.start, it.span.end));
        // A macro makes several symbols of one name: it is enough that one of them is spelled so.
        let holds = |span: &Span| {
            let from = verified.partition_point(|it| it.span.start < span.start);
            verified.get(from).is_some_and(|it| it.span == *span)
        };
        match wrong.into_iter().find(|(span, _)| !holds(span)) {
            Some((_, mismatch)) => Ok(Err(mismatch)),
            None => Ok(Ok(verified)),
        }
    }

    fn text(&self, span: Span) -> &str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn verdict(&mut self, occurrence: &RawOccurrence<'a>, span: Span) -> Verdict {
        let symbol = occurrence.symbol;
        if span.is_empty() || occurrence.range[0] != occurrence.range[2] {
            return Verdict::LeaveOut;
        }
        let known = self.names.entry(symbol).or_insert_with(|| known(symbol)).clone();
        let text = self.text(span).to_owned();
        if matches!(known, Known::Module) || !text.chars().any(is_word) {
            return Verdict::LeaveOut;
        }
        if let Known::Name(name) = &known {
            if bare(&text) == bare(name) {
                return if self.is_bounded(span) { Verdict::Use(span) } else { Verdict::Wrong };
            }
            // `Name as Other` in one range.
            if let Some(at) = find_word(&text, name) {
                let start = span.start + at as u32;
                return Verdict::Use(Span { start, end: start + name.len() as u32 });
            }
        }
        if !bare(&text).chars().all(is_word) || !self.is_bounded(span) {
            return Verdict::Wrong;
        }
        match known {
            Known::Unknown if symbol.starts_with("local ") => {
                self.names.insert(symbol, Known::Name(text));
                Verdict::Use(span)
            }
            Known::Constructor(of) if bare(&text) == of => Verdict::Use(span),
            Known::Constructor(_) if occurrence.roles & role::DEFINITION != 0 => Verdict::Use(span),
            Known::Unknown | Known::Module => Verdict::Use(span),
            Known::Name(_) | Known::Constructor(_) => {
                let is_definition = occurrence.roles & role::DEFINITION != 0;
                self.other_name(symbol, &text, span, is_definition)
            }
        }
    }

    /// What to make of a word that is not the symbol's name.
    fn other_name(&self, symbol: &str, text: &str, span: Span, is_definition: bool) -> Verdict {
        if is_definition {
            return Verdict::Wrong;
        }
        if matches!(text, "self" | "Self" | "this" | "super" | "cls" | "crate" | "default") {
            return Verdict::Use(span);
        }
        let Some(facts) = self.facts else { return Verdict::Use(span) };
        let renamed = facts.name(bare(text)).is_some_and(|name| {
            facts.named(name).any(|ix| facts.facts.symbol(ix).kind == Kind::Alias)
        });
        // A member of a module can have the name that the module's own import gives it.
        if renamed
            || (self.is_alias)(bare(text))
            || owner(symbol).is_some_and(|owner| owner == text)
        {
            return Verdict::Use(span);
        }
        let is_name = facts
            .occurrence_at(span.start)
            .is_some_and(|ix: OccurrenceIx| facts.facts.span(facts.facts.occurrence(ix)) == span);
        // A keyword (`await`) stands for what it calls.
        if is_name { Verdict::Wrong } else { Verdict::LeaveOut }
    }

    /// Whether the range does not begin or end within a word.
    fn is_bounded(&self, span: Span) -> bool {
        let (start, end) = (span.start as usize, span.end as usize);
        let text = self.text(span);
        let before = self.source.get(..start).and_then(|it| it.chars().next_back());
        let behind = self.source.get(end..).and_then(|it| it.chars().next());
        let joins =
            |a: Option<char>, b: Option<char>| a.is_some_and(is_word) && b.is_some_and(is_word);
        !joins(before, text.chars().next()) && !joins(text.chars().next_back(), behind)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A name without what marks it as one: quotes, `r#`, `@`.
fn bare(text: &str) -> &str {
    let text = text.strip_prefix("r#").unwrap_or(text);
    text.trim_matches(['"', '\'', '`', '@', '#', '!', ':'])
}

/// Where `word` stands in a longer text as a whole word.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let bounded = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !behind.is_some_and(is_word)
    };
    if word.is_empty() {
        return None;
    }
    text.match_indices(word).map(|(at, _)| at).find(bounded)
}

/// How a symbol is spelled, as far as its string says.
fn known(symbol: &str) -> Known {
    let Ok(SymbolName::Global { descriptors, .. }) = SymbolName::parse(symbol) else {
        return Known::Unknown;
    };
    let Some(last) = descriptors.last() else { return Known::Unknown };
    match last {
        Descriptor { suffix: Suffix::Namespace, .. } => Known::Module,
        Descriptor { suffix: Suffix::Meta, name } if name == "__init__" => Known::Module,
        // scip-typescript numbers the members of object types.
        Descriptor { suffix: Suffix::Meta, name } => {
            Known::Name(name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
        }
        Descriptor { name, .. } if name.starts_with('<') => {
            Known::Constructor(owner(symbol).unwrap_or_default())
        }
        // We number what would have one name.
        Descriptor { name, .. } => Known::Name(match name.rsplit_once('+') {
            Some((plain, number)) if !plain.is_empty() && number.parse::<u32>().is_ok() => {
                plain.to_owned()
            }
            _ => name.clone(),
        }),
    }
}

/// The name of what a symbol belongs to.
fn owner(symbol: &str) -> Option<String> {
    let Ok(SymbolName::Global { descriptors, .. }) = SymbolName::parse(symbol) else { return None };
    let owner = descriptors.len().checked_sub(2)?;
    Some(descriptors[owner].name.clone())
}

/// The symbol with this span in the facts, if it is one of ours.
pub(crate) fn symbol_at(facts: &Loaded, start: u32) -> Option<SymbolIx> {
    let symbols = &facts.facts.symbols;
    let found = symbols.iter().position(|it| it.at.start == start && it.kind != Kind::Impl)?;
    Some(facts.head(SymbolIx(found as u32)))
}
