//! Where in a file a question is answered: its symbols, or sections, ranked by the question's words.

use std::collections::HashMap;

use coderoom_syntax::{Flags, Kind, SymbolIx};

use super::{
    lexicon::Lexicon,
    question::Question,
    words::{Word, each_word, word},
};
use crate::{
    code::{Code, Pages, SymbolInfo, Target},
    file::FileId,
};

/// Bytes of one symbol that are read.
const MAX_SYMBOL: usize = 32 << 10;
/// Symbols of one file that are looked at.
const MAX_SYMBOLS: usize = 4_000;
/// What a word in a symbol's name counts more than one in its text.
const IN_NAME: f32 = 3.0;
/// What a symbol gains that the question calls by its name.
const NAMED: f32 = 2.0;
/// Words of a symbol at which its length begins to count against it.
const USUAL_LENGTH: f32 = 80.0;

/// A place in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SeekPlace {
    /// The symbol.
    pub symbol: SymbolInfo,
    /// How well it fits, above 0.
    pub score: f32,
}

/// The symbols of a file that have most of a question, the best first.
pub(super) fn places(
    code: &Code,
    lexicon: &Lexicon,
    file: FileId,
    question: &Question,
    limit: usize,
) -> Vec<SeekPlace> {
    let (Some(facts), Some(text)) = (code.facts(file), code.file(file).and_then(|it| it.text()))
    else {
        return Vec::new();
    };
    let worth: HashMap<Word, f32> =
        question.words.iter().map(|(it, weight)| (*it, weight * lexicon.idf(*it))).collect();
    let mut found: Vec<(f32, SymbolIx)> = Vec::new();
    let symbols = facts.facts.symbols.iter().enumerate().take(MAX_SYMBOLS);
    for (n, symbol) in symbols {
        if symbol.flags.has(Flags::LOCAL) || !is_place(symbol.kind) {
            continue;
        }
        let name = facts.facts.name(symbol.name);
        let mut score = IN_NAME * of_words(name.as_bytes(), &worth).0;
        let span = symbol.full;
        let end = (span.end as usize).min(span.start as usize + MAX_SYMBOL);
        if let Some(bytes) = text.bytes().get(span.start as usize..end) {
            let (sum, length) = of_words(bytes, &worth);
            score += sum / (0.5 + 0.5 * (length / USUAL_LENGTH).max(1.0).sqrt());
        }
        if question.names.contains(name) {
            score *= NAMED;
        }
        if score > 0.0 {
            found.push((score, SymbolIx(n as u32)));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut pages = Pages::new(code);
    let mut places: Vec<SeekPlace> = Vec::new();
    for (score, symbol) in found {
        if places.len() == limit {
            break;
        }
        let Some(symbol) = pages.symbol(Target { file, symbol }) else { continue };
        // One of several that are around each other is enough.
        let around =
            |it: &SeekPlace| it.symbol.line <= symbol.end_line && symbol.line <= it.symbol.end_line;
        if !places.iter().any(around) {
            places.push(SeekPlace { symbol, score });
        }
    }
    places
}

/// What each different word of a text is worth, together; and how many words it has.
fn of_words(text: &[u8], worth: &HashMap<Word, f32>) -> (f32, f32) {
    let (mut sum, mut length) = (0.0, 0.0f32);
    let mut seen: Vec<Word> = Vec::new();
    each_word(text, &mut |lower| {
        length += 1.0;
        let it = word(lower);
        if let Some(worth) = worth.get(&it)
            && !seen.contains(&it)
        {
            seen.push(it);
            sum += worth;
        }
    });
    (sum, length)
}

fn is_place(kind: Kind) -> bool {
    !matches!(kind, Kind::Parameter | Kind::TypeParameter | Kind::Alias | Kind::Impl | Kind::Module)
}
