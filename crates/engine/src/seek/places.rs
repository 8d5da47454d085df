//! Where in a file a question is answered: its symbols, or sections, ranked by the question's words.

use coderoom_syntax::{Flags, Kind, SymbolIx};

use super::{
    lexicon::Lexicon,
    question::Question,
    words::{Word, each_word_at, word},
};
use crate::{
    code::{Code, Pages, SymbolInfo, Target},
    file::FileId,
};

/// Bytes of one symbol that are read.
const MAX_SYMBOL: u32 = 32 << 10;
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
    let worth: Vec<(Word, f32)> =
        question.words.iter().map(|(it, weight)| (*it, weight * lexicon.idf(*it))).collect();
    let words = Words::of(text.bytes(), &worth);
    let mut found: Vec<(f32, SymbolIx)> = Vec::new();
    let symbols = facts.facts.symbols.iter().enumerate().take(MAX_SYMBOLS);
    for (n, symbol) in symbols {
        if symbol.flags.has(Flags::LOCAL) || !is_place(symbol.kind) {
            continue;
        }
        let name = facts.facts.name(symbol.name);
        let span = symbol.full;
        let end = span.end.min(span.start.saturating_add(MAX_SYMBOL));
        let (sum, length) = words.within(span.start, end);
        let mut score = sum / (0.5 + 0.5 * (length / USUAL_LENGTH).max(1.0).sqrt());
        // What is not in the text of a symbol is not in its name.
        if score > 0.0 {
            score += IN_NAME * Words::of(name.as_bytes(), &worth).within(0, u32::MAX).0;
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

/// The words of a text, read once for all the symbols in it, which lie in each other.
struct Words<'w> {
    worth: &'w [(Word, f32)],
    /// Where each word of the text starts.
    starts: Vec<u32>,
    /// Where words of the question start, and which they are.
    hits: Vec<(u32, u32)>,
}

impl<'w> Words<'w> {
    fn of(text: &[u8], worth: &'w [(Word, f32)]) -> Words<'w> {
        let mut words =
            Words { worth, starts: Vec::with_capacity(text.len() / 8), hits: Vec::new() };
        // Most words are none of the question's: one bit says so.
        let bit = |word: Word| 1_u64 << (word >> 58);
        let bits = worth.iter().fold(0, |bits, (word, _)| bits | bit(*word));
        each_word_at(text, &mut |at, lower| {
            words.starts.push(at as u32);
            let it = word(lower);
            if bits & bit(it) == 0 {
                return;
            }
            if let Some(which) = worth.iter().position(|(word, _)| *word == it) {
                words.hits.push((at as u32, which as u32));
            }
        });
        words
    }

    /// What each different word of a part is worth, together; and how many words it has.
    fn within(&self, start: u32, end: u32) -> (f32, f32) {
        let place = |at: u32| self.starts.partition_point(|it| *it < at);
        let hit = |at: u32| self.hits.partition_point(|(it, _)| *it < at);
        let (from, to) = (hit(start), hit(end));
        let mut seen: Vec<u32> = Vec::new();
        let mut sum = 0.0;
        for (_, which) in self.hits.get(from..to).unwrap_or_default() {
            if !seen.contains(which) {
                seen.push(*which);
                sum += self.worth[*which as usize].1;
            }
        }
        (sum, place(end).saturating_sub(place(start)) as f32)
    }
}

fn is_place(kind: Kind) -> bool {
    !matches!(kind, Kind::Parameter | Kind::TypeParameter | Kind::Alias | Kind::Impl | Kind::Module)
}
