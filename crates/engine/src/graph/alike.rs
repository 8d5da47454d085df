//! Functions that are nearly the same, by the shingles of their tokens.

use std::hash::BuildHasher;

use coderoom_graph::{NodeIx, SimilarOptions, near_duplicates};
use rayon::prelude::*;

use super::{CodeGraph, join::Origin, nodes::FileRole};
use crate::{Code, RelPath, code::Lines};

/// Tokens of a shingle.
const SHINGLE: usize = 5;
/// Functions that are compared at most.
const MOST_FUNCTIONS: usize = 200_000;
/// Tokens of one function that are looked at.
const MOST_TOKENS: usize = 4_000;

/// What counts as alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlikeOptions {
    /// The least share of shingles in common, from 0 to 1.
    pub similarity: f32,
    /// Shorter functions say nothing.
    pub min_tokens: usize,
    /// Whether names, numbers and strings count as what they are, or all the same.
    pub keep_names: bool,
    /// Whether tests are looked at.
    pub tests: bool,
}

impl Default for AlikeOptions {
    fn default() -> AlikeOptions {
        AlikeOptions { similarity: 0.8, min_tokens: 40, keep_names: true, tests: false }
    }
}

/// Functions that are alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlikeGroup {
    /// By place.
    pub members: Vec<NodeIx>,
    /// How alike the least alike of them are that hang together directly.
    pub similarity: f32,
    /// Lines of all of them but the shortest.
    pub lines: u32,
}

/// What is alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alike {
    /// Those with the most lines that could go first.
    pub groups: Vec<AlikeGroup>,
    /// Functions that were compared.
    pub examined: usize,
    /// Whether there were more than could be compared.
    pub cut: bool,
}

/// A function, as it is compared.
struct Function {
    node: NodeIx,
    lines: u32,
    shingles: Vec<u64>,
}

impl CodeGraph {
    /// Groups of functions that are nearly the same, of those in a directory. Reads all of them: O(bytes),
    /// on all of rayon's threads.
    pub fn alike(&self, code: &Code, within: &RelPath, options: &AlikeOptions) -> Alike {
        let (functions, cut) = self.functions(code, within, options);
        let sets: Vec<Vec<u64>> = functions.iter().map(|it| it.shingles.clone()).collect();
        let similar = SimilarOptions {
            threshold: options.similarity,
            min_shingles: 1,
            ..SimilarOptions::default()
        };
        let found = near_duplicates(&sets, &similar);
        let mut group_of = vec![usize::MAX; functions.len()];
        for (number, members) in found.groups.iter().enumerate() {
            for member in members {
                group_of[*member as usize] = number;
            }
        }
        let mut groups: Vec<AlikeGroup> = found
            .groups
            .iter()
            .map(|members| {
                let of = members.iter().map(|it| &functions[*it as usize]);
                let lines = of.clone().map(|it| it.lines);
                let least = lines.clone().min().unwrap_or_default();
                let members = of.map(|it| it.node).collect();
                AlikeGroup { members, similarity: 1.0, lines: lines.sum::<u32>() - least }
            })
            .collect();
        for pair in &found.pairs {
            if let Some(group) = groups.get_mut(group_of[pair.first as usize]) {
                group.similarity = group.similarity.min(pair.similarity);
            }
        }
        groups.sort_by(|a, b| b.lines.cmp(&a.lines).then(a.members.cmp(&b.members)));
        Alike { groups, examined: functions.len(), cut: cut || found.truncated }
    }

    /// The functions in a directory that are like one: the most alike first. `None` if it is no
    /// function that is long enough.
    pub fn like(
        &self,
        code: &Code,
        one: NodeIx,
        within: &RelPath,
        options: &AlikeOptions,
    ) -> Option<Vec<(NodeIx, f32)>> {
        let Origin::In(file, ix) = *self.joined().ok()?.numbering.origins.get(one.0 as usize)?
        else {
            return None;
        };
        let own = self.shingles(code, file, ix as usize, options)?;
        let (functions, _) = self.functions(code, within, options);
        let mut alike: Vec<(NodeIx, f32)> = functions
            .par_iter()
            .filter(|it| it.node != one)
            .map(|it| (it.node, jaccard(&own, &it.shingles)))
            .filter(|(_, similarity)| *similarity >= options.similarity)
            .collect();
        alike.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Some(alike)
    }

    fn functions(
        &self,
        code: &Code,
        within: &RelPath,
        options: &AlikeOptions,
    ) -> (Vec<Function>, bool) {
        let Ok(joined) = self.joined() else { return (Vec::new(), false) };
        let mut wanted = Vec::new();
        for (node, origin) in (0..).map(NodeIx).zip(&joined.numbering.origins) {
            let Origin::In(file, ix) = *origin else { continue };
            let Some(piece) = self.piece(file) else { continue };
            let it = &piece.nodes.list[ix as usize];
            let callable = it.symbol_kind.is_some_and(|kind| kind.is_callable());
            if callable && (options.tests || !it.test) {
                wanted.push((node, file, ix as usize));
            }
        }
        let inside = |path: &RelPath| within.is_root() || path.is_within(within);
        wanted.retain(|(_, file, _)| code.file(*file).is_some_and(|it| inside(&it.path)));
        let cut = wanted.len() > MOST_FUNCTIONS;
        wanted.truncate(MOST_FUNCTIONS);
        let read = wanted.par_iter().filter_map(|(node, file, ix)| {
            let (first, last) = self.piece(*file)?.nodes.list[*ix].lines;
            let shingles = self.shingles(code, *file, *ix, options)?;
            Some(Function { node: *node, lines: last - first + 1, shingles })
        });
        (read.collect(), cut)
    }

    /// The shingles of a function, sorted; `None` if it is too short.
    fn shingles(
        &self,
        code: &Code,
        file: crate::file::FileId,
        ix: usize,
        options: &AlikeOptions,
    ) -> Option<Vec<u64>> {
        let nodes = &self.piece(file)?.nodes;
        let FileRole::Source(language) = nodes.role else { return None };
        let node = nodes.list.get(ix)?;
        let text = code.file(file)?.text()?;
        let (first, last) = node.lines;
        // A function of n tokens has at least n bytes.
        let lines = Lines::new(std::sync::Arc::clone(text));
        let (start, end) = (lines.range(first)?.0, lines.range(last)?.1);
        let body = text.bytes().get(start as usize..end as usize)?;
        let hash_comments =
            matches!(language.plugin().name(), "python" | "ruby" | "shell" | "bash");
        let tokens = tokens(body, hash_comments, options.keep_names);
        if tokens.len() < options.min_tokens.max(SHINGLE) {
            return None;
        }
        let hasher = foldhash::fast::FixedState::with_seed(2);
        let mut shingles: Vec<u64> =
            tokens.windows(SHINGLE).map(|window| hasher.hash_one(window)).collect();
        shingles.sort_unstable();
        shingles.dedup();
        Some(shingles)
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

/// What two sorted sets have in common by what either has.
fn jaccard(a: &[u64], b: &[u64]) -> f32 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let either = a.len() + b.len() - common;
    if either == 0 { 0.0 } else { common as f32 / either as f32 }
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

        /// The share in common is that of plain sets.
        #[test]
        fn likeness_is_that_of_sets(a in proptest::collection::btree_set(0u64..30, 0..20), b in proptest::collection::btree_set(0u64..30, 0..20)) {
            let (x, y): (Vec<u64>, Vec<u64>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let either = a.union(&b).count();
            let wanted = if either == 0 { 0.0 } else { a.intersection(&b).count() as f32 / either as f32 };
            prop_assert_eq!(jaccard(&x, &y), wanted);
        }
    }
}
