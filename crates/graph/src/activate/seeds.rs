//! Where activation starts: the nodes that a question names, over an inverted index of the words of
//! labels.
//!
//! Five levels, the better one counts: the label itself, a prefix of it or of one of its words, a
//! substring, a tag, and trigrams for what is misspelt. The last is tried for a word that nothing
//! else matches. A word that matches many nodes counts less, as in TF-IDF; a single letter matches
//! only the label that it is.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;

use crate::{
    graph::Graph,
    parts::NodeIx,
    scratch::{Pool, Stamped},
    words::words,
};

type Map<K, V> = std::collections::HashMap<K, V, FixedState>;

/// The most words of a question that are looked at.
const MAX_TERMS: usize = 64;
/// The most nodes that one word may match: what matches more says nothing.
const MAX_MATCHES: usize = 20_000;
/// The most entries that are looked at for a substring of them.
const MAX_SCANNED: usize = 4_000;
/// What two words must have in common of their trigrams, by the coefficient of Dice.
const FUZZY: f32 = 0.45;
/// Words of questions that name nothing. They count if there is nothing else.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has",
    "how", "if", "in", "into", "is", "it", "its", "not", "of", "on", "or", "that", "the", "this",
    "to", "was", "what", "when", "where", "which", "who", "why", "with",
];

/// How a node was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SeedLevel {
    /// The word is the label.
    Exact,
    /// The label, or one of its words, starts with it.
    Prefix,
    /// It is somewhere in the label.
    Substring,
    /// It is a tag.
    Tag,
    /// It looks like a word of the label.
    Fuzzy,
}

impl SeedLevel {
    /// What a match counts at most.
    fn value(self) -> f32 {
        match self {
            SeedLevel::Exact => 1.0,
            SeedLevel::Prefix => 0.85,
            SeedLevel::Substring => 0.6,
            SeedLevel::Tag => 0.5,
            SeedLevel::Fuzzy => 0.4,
        }
    }
}

/// A node to start from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seed {
    /// The node.
    pub node: NodeIx,
    /// How well it matches, above 0 and up to 1.
    pub score: f32,
    /// The best level at which a word has matched.
    pub level: SeedLevel,
}

/// Which part of a label an entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Whole,
    First,
    Later,
}

/// The words of all labels, and where they are.
pub struct SeedIndex {
    /// Words, and whole labels without what stands between their words; sorted.
    entries: Vec<Box<str>>,
    /// Where each entry's nodes start; one more than there are entries.
    starts: Vec<u32>,
    nodes: Vec<(NodeIx, Role)>,
    /// The entries that have a trigram, sorted.
    trigrams: Map<[u8; 3], Vec<u32>>,
    /// How many trigrams each entry has, at most 65,535.
    trigram_counts: Vec<u16>,
    tags: Map<Box<str>, Vec<NodeIx>>,
    /// Bytes of each node's whole label, at most 255.
    lengths: Vec<u8>,
    /// Buffers that questions have done with.
    tables: Pool<Tables>,
}

/// What a node has of a word, or of all of them.
#[derive(Clone, Copy)]
struct Match {
    value: f32,
    level: SeedLevel,
}

impl Default for Match {
    fn default() -> Match {
        Match { value: 0.0, level: SeedLevel::Fuzzy }
    }
}

/// Matches of one word, and of all.
#[derive(Default)]
struct Tables {
    term: Stamped<Match>,
    all: Stamped<Match>,
}

impl SeedIndex {
    /// Reads all labels and tags. O(their bytes).
    pub fn new(graph: &Graph) -> SeedIndex {
        let mut places: BTreeMap<Box<str>, Vec<(NodeIx, Role)>> = BTreeMap::new();
        let mut tags: Map<Box<str>, Vec<NodeIx>> = Map::default();
        let mut lengths = Vec::with_capacity(graph.node_count());
        for node in graph.nodes() {
            let parts: Vec<String> = words(graph.label(node)).collect();
            let whole = parts.concat();
            lengths.push(u8::try_from(whole.len()).unwrap_or(u8::MAX));
            if parts.len() > 1 {
                for (at, part) in parts.into_iter().enumerate() {
                    let role = if at == 0 { Role::First } else { Role::Later };
                    places.entry(part.into()).or_default().push((node, role));
                }
            }
            if !whole.is_empty() {
                places.entry(whole.into()).or_default().push((node, Role::Whole));
            }
            for tag in graph.tags(node) {
                tags.entry(tag.to_lowercase().into()).or_default().push(node);
            }
        }
        let mut index = SeedIndex {
            entries: Vec::with_capacity(places.len()),
            starts: vec![0],
            nodes: Vec::new(),
            trigrams: Map::default(),
            trigram_counts: Vec::new(),
            tags,
            lengths,
            tables: Pool::default(),
        };
        for (number, (entry, nodes)) in places.into_iter().enumerate() {
            let own = trigrams(&entry);
            index.trigram_counts.push(u16::try_from(own.len()).unwrap_or(u16::MAX));
            for trigram in own {
                index.trigrams.entry(trigram).or_default().push(number as u32);
            }
            index.entries.push(entry);
            index.nodes.extend(nodes);
            index.starts.push(index.nodes.len() as u32);
        }
        index
    }

    /// The nodes that a question names, best first, ties by node; at most `limit`, of which 200 is a
    /// good number.
    pub fn find(&self, question: &str, limit: usize) -> Vec<Seed> {
        let mut terms = terms(question);
        if terms.iter().any(|term| !STOP_WORDS.contains(&term.as_str())) {
            terms.retain(|term| !STOP_WORDS.contains(&term.as_str()));
        }
        let mut seeds = self.tables.with(|tables| self.score(&terms, tables));
        let better = |a: &Seed, b: &Seed| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node));
        if limit < seeds.len() {
            seeds.select_nth_unstable_by(limit, better);
            seeds.truncate(limit);
        }
        seeds.sort_unstable_by(better);
        seeds
    }

    /// Every node that a term matches, in any order.
    fn score(&self, terms: &[String], tables: &mut Tables) -> Vec<Seed> {
        let Tables { term: of_term, all: found } = tables;
        found.reset(self.lengths.len());
        let mut all = 0.0;
        for term in terms {
            of_term.reset(self.lengths.len());
            self.matches(term, of_term);
            if of_term.touched().is_empty() {
                continue;
            }
            let rarity = (1.0 + self.lengths.len() as f32 / of_term.touched().len() as f32).ln();
            all += rarity;
            for node in of_term.touched() {
                let matched = of_term.get(*node).unwrap_or_default();
                let seed = found.entry(*node);
                seed.value += rarity * matched.value;
                seed.level = seed.level.min(matched.level);
            }
        }
        let seed = |node: &u32| {
            let Match { value, level } = found.get(*node).unwrap_or_default();
            Seed { node: NodeIx(*node), score: (value / all).min(1.0), level }
        };
        found.touched().iter().map(seed).collect()
    }

    /// Bytes on the heap, about.
    pub fn memory(&self) -> usize {
        let text: usize = self.entries.iter().map(|entry| entry.len() + 16).sum();
        let trigrams: usize = self.trigrams.values().map(|list| list.capacity() * 4 + 32).sum();
        let tags: usize = self.tags.iter().map(|(tag, list)| tag.len() + list.len() * 4 + 48).sum();
        text + self.starts.len() * 4
            + self.trigram_counts.len() * 2
            + self.nodes.len() * 8
            + trigrams
            + tags
            + self.lengths.len()
    }

    /// What one word matches, with the best value for each node.
    fn matches(&self, term: &str, found: &mut Stamped<Match>) {
        let mut matches = Matches { index: self, term, found };
        let first = self.entries.partition_point(|entry| &**entry < term);
        if self.entries.get(first).is_some_and(|entry| **entry == *term) {
            matches.add(first, None);
        }
        if term.chars().nth(1).is_some() {
            let starts = self.entries[first..].iter().take_while(|entry| entry.starts_with(term));
            for at in first..first + starts.count() {
                matches.add(at, Some(SeedLevel::Prefix));
            }
            for at in self.containing(term) {
                matches.add(at, Some(SeedLevel::Substring));
            }
        }
        let tagged = self.tags.get(term).map_or(&[][..], Vec::as_slice);
        for node in tagged.iter().take(MAX_MATCHES) {
            matches.put(*node, SeedLevel::Tag.value(), SeedLevel::Tag);
        }
        if matches.found.touched().is_empty() {
            for (at, likeness) in self.like(term) {
                for (node, _) in self.places(at) {
                    matches.put(*node, SeedLevel::Fuzzy.value() * likeness, SeedLevel::Fuzzy);
                }
            }
        }
    }

    fn places(&self, entry: usize) -> &[(NodeIx, Role)] {
        &self.nodes[self.starts[entry] as usize..self.starts[entry + 1] as usize]
    }

    /// The entries that hold a word, but do not start with it.
    fn containing(&self, term: &str) -> Vec<usize> {
        let lists =
            term.as_bytes().windows(3).map(|it| self.trigrams.get(it).map_or(&[][..], |l| l));
        let Some(rarest) = lists.min_by_key(|list| list.len()) else { return Vec::new() };
        let entries = rarest.iter().take(MAX_SCANNED).map(|at| *at as usize);
        let holds = |entry: &str| entry.contains(term) && !entry.starts_with(term);
        entries.filter(|at| holds(&self.entries[*at])).collect()
    }

    /// The entries most like a word, with their likeness, best first.
    fn like(&self, term: &str) -> Vec<(usize, f32)> {
        if term.len() < 4 {
            return Vec::new();
        }
        let own = trigrams(term);
        let mut shared: Map<u32, u32> = Map::default();
        for trigram in &own {
            for entry in self.trigrams.get(trigram).map_or(&[][..], Vec::as_slice) {
                *shared.entry(*entry).or_default() += 1;
            }
        }
        let dice = |(entry, shared): (u32, u32)| {
            let theirs = usize::from(self.trigram_counts[entry as usize]);
            (entry as usize, 2.0 * shared as f32 / (own.len() + theirs) as f32)
        };
        let mut like: Vec<(usize, f32)> =
            shared.into_iter().map(dice).filter(|(_, likeness)| *likeness >= FUZZY).collect();
        like.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        like.truncate(20);
        like
    }
}

/// What a word has matched so far.
struct Matches<'a> {
    index: &'a SeedIndex,
    term: &'a str,
    found: &'a mut Stamped<Match>,
}

impl Matches<'_> {
    /// The nodes of an entry; without a level, the entry is the word itself.
    fn add(&mut self, entry: usize, level: Option<SeedLevel>) {
        let length = self.term.len() as f32;
        let of_entry = length / self.index.entries[entry].len() as f32;
        let alone = self.term.chars().nth(1).is_none();
        for (node, role) in self.index.places(entry) {
            if level.is_none() && *role == Role::Whole {
                self.put(*node, SeedLevel::Exact.value(), SeedLevel::Exact);
            } else if !alone {
                // A word of the label that is equal starts with itself.
                let level = level.unwrap_or(SeedLevel::Prefix);
                let of_label = length / f32::from(self.index.lengths[node.0 as usize].max(1));
                let later = if *role == Role::Later { 0.9 } else { 1.0 };
                let covered = 0.5 + 0.3 * of_entry + 0.2 * of_label.min(1.0);
                self.put(*node, level.value() * later * covered, level);
            }
        }
    }

    fn put(&mut self, node: NodeIx, value: f32, level: SeedLevel) {
        if self.found.touched().len() >= MAX_MATCHES && self.found.get(node.0).is_none() {
            return;
        }
        let best = self.found.entry(node.0);
        best.value = best.value.max(value);
        best.level = best.level.min(level);
    }
}

/// The words of a question: of each piece its words, and all of them as one; of a short question also
/// all of it as one, because `query set` may be a `QuerySet`.
fn terms(question: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for piece in question.split_whitespace() {
        let parts: Vec<String> = words(piece).collect();
        if parts.len() > 1 {
            terms.push(parts.concat());
        }
        terms.extend(parts);
        if terms.len() >= MAX_TERMS {
            break;
        }
    }
    terms.truncate(MAX_TERMS);
    if terms.len() <= 4 {
        terms.push(words(question).collect::<String>());
    }
    // The first of equals stays, in order.
    let mut seen = std::collections::BTreeSet::new();
    terms.retain(|term| !term.is_empty() && term.len() <= 256 && seen.insert(term.clone()));
    terms
}

/// The trigrams of a word with a mark before and behind it, each once.
fn trigrams(word: &str) -> Vec<[u8; 3]> {
    let mut bytes = Vec::with_capacity(word.len() + 2);
    bytes.push(1);
    bytes.extend_from_slice(word.as_bytes());
    bytes.push(1);
    let mut all: Vec<[u8; 3]> = bytes.windows(3).map(|it| [it[0], it[1], it[2]]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::NodeKind,
        parts::NodePart,
        testing::{built, node},
    };

    fn index(labels: &[&str]) -> SeedIndex {
        let part = |(number, label): (usize, &&str)| NodePart {
            label: (*label).into(),
            tags: vec!["Python".into()],
            ..node(&number.to_string(), NodeKind::Symbol)
        };
        SeedIndex::new(&built(labels.iter().enumerate().map(part).collect(), Vec::new()))
    }

    const LABELS: &[&str] =
        &["QuerySet", "query_set_filter", "subquery", "Model", "x", "HTTPServer", "test_models"];

    fn found(question: &str) -> Vec<(u32, SeedLevel)> {
        index(LABELS).find(question, 200).iter().map(|it| (it.node.0, it.level)).collect()
    }

    #[test]
    fn each_level_is_found_and_the_better_comes_first() {
        use SeedLevel::{Exact, Fuzzy, Prefix, Substring, Tag};
        assert_eq!(found("QuerySet")[..2], [(0, Exact), (1, Prefix)]);
        assert_eq!(found("query set")[..2], [(0, Exact), (1, Prefix)]);
        assert_eq!(found("query"), [(0, Prefix), (1, Prefix), (2, Substring)]);
        assert_eq!(found("model"), [(3, Exact), (6, Prefix)]);
        assert_eq!(found("serv"), [(5, Prefix)]);
        assert_eq!(found("python").len(), LABELS.len());
        assert!(found("python").iter().all(|(_, level)| *level == Tag));
        assert_eq!(found("htpserver"), [(5, Fuzzy)]);
    }

    #[test]
    fn a_letter_matches_nothing_but_itself() {
        assert_eq!(found("x"), [(4, SeedLevel::Exact)]);
        assert_eq!(found("e"), []);
        assert_eq!(found("how does the model"), found("model"));
    }

    #[test]
    fn odd_questions_are_answered() {
        let index = index(LABELS);
        for odd in ["", " ", "\0", "😀", "a", "()", &"long ".repeat(2000), &"x".repeat(10_000)] {
            index.find(odd, 200);
        }
        assert!(index.find("query", 1).len() == 1 && index.find("query", 0).is_empty());
        let empty = SeedIndex::new(&built(Vec::new(), Vec::new()));
        assert!(empty.find("query", 9).is_empty());
    }

    proptest! {
        /// The index finds every label that holds a word of the question, as a scan would.
        #[test]
        fn nothing_is_missed(
            labels in prop::collection::vec("[a-c]{1,6}(_[a-c]{1,4})?", 1..20),
            word in "[a-c]{3,4}",
        ) {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let seeds = index(&labels).find(&word, 200);
            for (number, label) in labels.iter().enumerate() {
                let whole: String = words(label).collect();
                let seed = seeds.iter().find(|seed| seed.node.0 == number as u32);
                let firm = seed.is_some_and(|seed| seed.level <= SeedLevel::Substring);
                prop_assert_eq!(firm, whole.contains(&word), "{} in {}", word, label);
                prop_assert_eq!(seed.is_some_and(|it| it.level == SeedLevel::Exact), whole == word);
            }
        }
    }
}
