//! Words of a text, for ranking: identifiers whole and split at their case and underscores, lower
//! case, without endings.
//!
//! A word is the hash of its bytes: 64 bits, so that two words of one code base that fall together
//! are not to be expected; a ranking would hardly show it.

use std::hash::{BuildHasher, Hasher};

/// A word, hashed.
pub(crate) type Word = u64;

/// Longer words are not words.
const MAX_WORD: usize = 64;

/// Words that say nothing in a question.
const STOP: &[&str] = &[
    "a", "also", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did",
    "do", "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it",
    "its", "may", "not", "of", "on", "only", "or", "should", "so", "some", "than", "that", "the",
    "their", "then", "there", "these", "they", "this", "to", "us", "use", "used", "uses", "using",
    "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would",
    "you", "your",
];

/// The hash of a word that is lower case already.
pub(crate) fn word(text: &[u8]) -> Word {
    let mut hasher = foldhash::quality::FixedState::with_seed(0x636f_6465).build_hasher();
    hasher.write(stem(text));
    hasher.finish()
}

/// The hash of a name as it is spelled.
pub(crate) fn name_hash(name: &[u8]) -> Word {
    let mut hasher = foldhash::quality::FixedState::with_seed(0x6e61_6d65).build_hasher();
    hasher.write(name);
    hasher.finish()
}

/// A word without its ending. Crude on purpose: it is done to questions and texts alike, and leaves at
/// least four letters, so that little falls together that does not belong together.
fn stem(word: &[u8]) -> &[u8] {
    for ending in [&b"ing"[..], b"ed", b"es", b"s"] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 4
        {
            return rest;
        }
    }
    word
}

/// Whether a word says nothing in a question.
pub(crate) fn is_stop_word(lower: &[u8]) -> bool {
    std::str::from_utf8(lower).is_ok_and(|it| STOP.binary_search(&it).is_ok())
}

/// Calls `take` for each word of a text, in order: the parts of an identifier, and then the whole of
/// it if there are several. Parts of one letter are left out. Costs one pass.
pub(crate) fn each_word(text: &[u8], take: &mut dyn FnMut(&[u8])) {
    each_word_at(text, &mut |_, lower| take(lower));
}

/// The same, with where the identifier starts that the word is or is a part of.
pub(crate) fn each_word_at(text: &[u8], take: &mut dyn FnMut(usize, &[u8])) {
    let mut lower = [0u8; MAX_WORD];
    let mut at = 0;
    while at < text.len() {
        if !is_word_byte(text[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < text.len() && is_word_byte(text[at]) {
            at += 1;
        }
        let whole = &text[start..at];
        if whole.len() > MAX_WORD {
            continue;
        }
        for (to, from) in lower.iter_mut().zip(whole) {
            *to = from.to_ascii_lowercase();
        }
        let mut parts = 0;
        let mut from = 0;
        while from < whole.len() {
            let end = part_end(whole, from);
            if whole[from] != b'_' {
                parts += 1;
                if end - from > 1 {
                    take(start, &lower[from..end]);
                }
            }
            from = end;
        }
        if parts > 1 {
            take(start, &lower[..whole.len()]);
        }
    }
}

/// The hashes of a text's words.
pub(crate) fn words_of(text: &[u8], into: &mut Vec<Word>) {
    each_word(text, &mut |lower| into.push(word(lower)));
}

/// Where the part that begins at `from` ends: `HTTPServer2_x` is `HTTP`, `Server`, `2`, `_`, `x`.
fn part_end(word: &[u8], from: usize) -> usize {
    let class = |at: usize| word.get(at).map(|byte| Class::of(*byte));
    let first = Class::of(word[from]);
    let mut end = from + 1;
    if first == Class::Upper {
        if class(end) == Some(Class::Upper) {
            while class(end) == Some(Class::Upper) {
                end += 1;
            }
            // The last capital begins the next word.
            if class(end) == Some(Class::Lower) {
                end -= 1;
            }
            return end;
        }
        while class(end) == Some(Class::Lower) {
            end += 1;
        }
        return end;
    }
    while class(end) == Some(first) {
        end += 1;
    }
    end
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Underscore,
}

impl Class {
    fn of(byte: u8) -> Class {
        match byte {
            b'A'..=b'Z' => Class::Upper,
            b'0'..=b'9' => Class::Digit,
            b'_' => Class::Underscore,
            _ => Class::Lower,
        }
    }
}

/// Letters of other scripts count as letters.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text.as_bytes(), &mut |it| words.push(String::from_utf8_lossy(it).into_owned()));
        words
    }

    /// Identifiers are found by their parts, and as they are written.
    #[test]
    fn identifiers_are_split_before_they_lose_their_case() {
        assert_eq!(
            spelled("HTTPServer.get_URL2(x)"),
            ["http", "server", "httpserver", "get", "url", "get_url2"]
        );
        assert_eq!(spelled("__init__ über \u{0}x"), ["init", "über"]);
        assert_eq!(spelled("a_b"), ["a_b"]);
        assert!(spelled("").is_empty());
    }

    /// A question in the plural finds the singular, short words stay what they are.
    #[test]
    fn endings_do_not_matter() {
        assert_eq!(word(b"sessions"), word(b"session"));
        assert_eq!(word(b"parsing"), word(b"parsed"));
        assert_ne!(word(b"bus"), word(b"bu"));
    }

    /// The list is searched by halving.
    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP.is_sorted());
        assert!(is_stop_word(b"the") && !is_stop_word(b"session"));
    }
}
