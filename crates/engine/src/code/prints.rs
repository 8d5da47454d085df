//! What functions are compared by: the shingles of their tokens. A function of bytes and language,
//! kept between questions.

use std::{hash::BuildHasher, sync::Arc};

use coderoom_graph::Signature;
use coderoom_syntax::Language;

use super::Lines;
use crate::Text;

/// Tokens of a shingle.
const SHINGLE: usize = 5;
/// Tokens of one function that are looked at.
const MOST_TOKENS: usize = 4_000;

/// A function, as it is compared.
pub(crate) struct Print {
    /// How many tokens it has.
    pub(crate) tokens: usize,
    /// Sorted, each once.
    pub(crate) shingles: Box<[u64]>,
    pub(crate) signature: Signature,
}

/// The functions of a file that have at least a shingle, by their numbers.
#[derive(Default)]
pub(crate) struct Prints {
    list: Box<[(u32, Print)]>,
}

impl Prints {
    /// Of the functions of a text, with their first and last lines, in the order of their numbers.
    /// O(bytes).
    pub(crate) fn read(
        text: &Arc<Text>,
        language: Language,
        keep_names: bool,
        functions: &[(u32, (u32, u32))],
    ) -> Prints {
        let lines = Lines::new(Arc::clone(text));
        let hash_comments =
            matches!(language.plugin().name(), "python" | "ruby" | "shell" | "bash");
        let print = |(number, (first, last)): &(u32, (u32, u32))| {
            let (start, end) = (lines.range(*first)?.0, lines.range(*last)?.1);
            let body = text.bytes().get(start as usize..end as usize)?;
            let tokens = tokens(body, hash_comments, keep_names);
            if tokens.len() < SHINGLE {
                return None;
            }
            let hasher = foldhash::fast::FixedState::with_seed(2);
            let mut shingles: Vec<u64> =
                tokens.windows(SHINGLE).map(|window| hasher.hash_one(window)).collect();
            shingles.sort_unstable();
            shingles.dedup();
            let signature = Signature::of(&shingles);
            let tokens = tokens.len();
            Some((*number, Print { tokens, shingles: shingles.into(), signature }))
        };
        Prints { list: functions.iter().filter_map(print).collect() }
    }

    /// Of one function; `None` if it is too short.
    pub(crate) fn of(&self, number: usize) -> Option<&Print> {
        let at = self.list.binary_search_by_key(&number, |(number, _)| *number as usize).ok()?;
        Some(&self.list[at].1)
    }

    /// Bytes of memory.
    pub(crate) fn weight(&self) -> usize {
        let own = |(_, print): &(u32, Print)| size_of_val(&*print.shingles);
        size_of::<Prints>() + size_of_val(&*self.list) + self.list.iter().map(own).sum::<usize>()
    }
}

/// Words that mean the same in every function.
const KEYWORDS: [&str; 40] = [
    "and", "as", "async", "await", "break", "case", "catch", "class", "const", "continue", "def",
    "default", "do", "elif", "else", "except", "false", "finally", "fn", "for", "func", "function",
    "if", "in", "is", "let", "match", "new", "nil", "none", "not", "null", "or", "return",
    "switch", "throw", "true", "try", "while", "yield",
];

/// The tokens of a text as hashes: words, numbers, strings and signs, without comments. Without
/// names, all words but keywords are one token, and so are all strings.
fn tokens(text: &[u8], hash_comments: bool, keep_names: bool) -> Vec<u64> {
    let hasher = foldhash::fast::FixedState::with_seed(3);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() && tokens.len() < MOST_TOKENS {
        let rest = &text[at..];
        let length = match rest[0] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' if hash_comments => {
                at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                continue;
            }
            b'/' if !hash_comments && rest.starts_with(b"//") => {
                at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                continue;
            }
            b'/' if !hash_comments && rest.starts_with(b"/*") => {
                at += memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            byte if is_word(byte) => rest.iter().position(|it| !is_word(*it)).unwrap_or(rest.len()),
            quote @ (b'"' | b'`') => string_length(rest, quote),
            _ => 1,
        };
        let token = &rest[..length];
        at += length;
        let word = is_word(token[0]);
        let plain = !keep_names && (token.len() > 1 || word) && !is_keyword(token);
        let kind: &[u8] = if word { b"w" } else { b"s" };
        tokens.push(hasher.hash_one(if plain { kind } else { token }));
    }
    tokens
}

fn is_keyword(token: &[u8]) -> bool {
    let lower = token.to_ascii_lowercase();
    KEYWORDS.iter().any(|word| word.as_bytes() == lower)
}

/// The bytes of a string with its quotes; 1 if it does not end.
fn string_length(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            b'\n' if quote == b'"' => return 1,
            _ => at += 1,
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Comments and spaces are no tokens, and without names only the form counts.
    #[test]
    fn what_counts_as_a_token() {
        let read = |text: &str, keep| tokens(text.as_bytes(), false, keep);
        assert_eq!(read("a + b // c", true), read("a+b", true));
        assert_eq!(read("f(\"x y\", 1)", true).len(), 6);
        assert_ne!(read("a + b", true), read("a + c", true));
        assert_eq!(read("a + b", false), read("c + d", false));
        assert_ne!(read("if a", false), read("c d", false));
        assert_eq!(tokens(b"a // b # c", true, true).len(), 4);
    }

    proptest! {
        /// No text, however broken, makes reading it hang or panic.
        #[test]
        fn any_text_has_tokens(text in proptest::collection::vec(any::<u8>(), 0..200), hash in any::<bool>()) {
            prop_assert!(tokens(&text, hash, true).len() <= text.len());
        }
    }
}
