//! Labels that look like a question: cosines of TF-IDF vectors over trigrams of characters.
//!
//! A label's words (`getUser_by` has three) each stand between two blanks, so that beginnings and
//! ends count. A trigram weighs its frequency in the label times `ln(N / df) + 1`. Postings lie by
//! trigram: a question costs those of its own trigrams, not all nodes.

use std::collections::BTreeMap;

use crate::{
    graph::Graph,
    parts::NodeIx,
    scratch::{Pool, Stamped},
    top::best,
    words::words,
};

/// Postings that are held, at 8 bytes each.
const MAX_POSTINGS: usize = 4_000_000;
/// Trigrams of one label, the first; fewer in graphs so large that all would not fit.
const OF_LABEL: usize = 64;
/// Trigrams of a question, the first that differ.
const OF_QUESTION: usize = 2_000;
/// Postings that one question looks at, those of its rarest trigrams first.
const MAX_WORK: usize = 1_000_000;

/// Three characters, 21 bits each.
type Trigram = u64;

/// Labels by their trigrams.
pub struct TrigramIndex {
    /// Sorted.
    trigrams: Vec<Trigram>,
    /// Where each trigram's postings start; one more than there are trigrams.
    starts: Vec<u32>,
    /// A node, and the trigram's weight in its vector, which has length 1.
    postings: Vec<(NodeIx, f32)>,
    nodes: usize,
    scores: Pool<Stamped<f32>>,
}

impl TrigramIndex {
    /// Reads all labels. O(their bytes), and a sort.
    pub fn new(graph: &Graph) -> TrigramIndex {
        TrigramIndex::bounded(graph, MAX_POSTINGS)
    }

    fn bounded(graph: &Graph, most: usize) -> TrigramIndex {
        let nodes = graph.node_count();
        let of_label = (most / nodes.max(1)).clamp(1, OF_LABEL);
        let mut all: Vec<(Trigram, NodeIx, f32)> = Vec::new();
        for node in graph.nodes().take(most) {
            let counts = counts(graph.label(node), of_label);
            all.extend(counts.into_iter().map(|(trigram, count)| (trigram, node, count as f32)));
        }
        all.sort_unstable_by_key(|(trigram, node, _)| (*trigram, *node));
        let mut index = TrigramIndex {
            trigrams: Vec::new(),
            starts: vec![0],
            postings: Vec::with_capacity(all.len()),
            nodes,
            scores: Pool::default(),
        };
        let mut lengths = vec![0.0_f32; nodes];
        for of_trigram in all.chunk_by(|a, b| a.0 == b.0) {
            let rarity = rarity(nodes, of_trigram.len());
            for (_, node, count) in of_trigram {
                let weight = count * rarity;
                lengths[node.0 as usize] += weight * weight;
                index.postings.push((*node, weight));
            }
            index.trigrams.push(of_trigram[0].0);
            index.starts.push(index.postings.len() as u32);
        }
        for (node, weight) in &mut index.postings {
            *weight /= lengths[node.0 as usize].sqrt();
        }
        index
    }

    /// The nodes whose labels look most like a text, with the cosine of both, above 0 and up to 1;
    /// best first, ties by node.
    pub fn like(&self, text: &str, limit: usize) -> Vec<(NodeIx, f32)> {
        let mut asked: Vec<(&[(NodeIx, f32)], f32)> = Vec::new();
        for (trigram, count) in counts(text, OF_QUESTION) {
            let Ok(at) = self.trigrams.binary_search(&trigram) else { continue };
            let there = &self.postings[self.starts[at] as usize..self.starts[at + 1] as usize];
            asked.push((there, count as f32 * rarity(self.nodes, there.len())));
        }
        let length = asked.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        asked.sort_by_key(|(there, _)| there.len());
        let mut left = MAX_WORK;
        let mut found = self.scores.with(|scores| {
            scores.reset(self.nodes);
            for (there, weight) in asked {
                let Some(rest) = left.checked_sub(there.len()) else { break };
                left = rest;
                for (node, theirs) in there {
                    *scores.entry(node.0) += weight * theirs;
                }
            }
            let one = |node: &u32| {
                let score = scores.get(*node).unwrap_or_default() / length;
                (NodeIx(*node), score.min(1.0))
            };
            scores.touched().iter().map(one).collect::<Vec<_>>()
        });
        best(&mut found, limit, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }

    /// Bytes on the heap, about.
    pub fn memory(&self) -> usize {
        self.trigrams.len() * 12 + self.postings.len() * 8
    }
}

/// How much a trigram tells that is in `df` of all labels.
fn rarity(nodes: usize, df: usize) -> f32 {
    (nodes as f32 / df.max(1) as f32).ln() + 1.0
}

/// The trigrams of a text, the first `most` that differ, with how often each of them is there.
fn counts(text: &str, most: usize) -> BTreeMap<Trigram, u32> {
    let mut counts = BTreeMap::new();
    for word in words(text) {
        let mut last = u64::from(u32::from(' '));
        for (at, next) in word.chars().chain([' ']).enumerate() {
            last = ((last << 21) | u64::from(u32::from(next))) & ((1 << 63) - 1);
            if at == 0 {
                continue;
            }
            if counts.len() >= most && !counts.contains_key(&last) {
                return counts;
            }
            *counts.entry(last).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::NodeKind,
        testing::{built, node},
    };

    fn graph(labels: &[String]) -> Graph {
        let part = |(at, label): (usize, &String)| {
            let mut part = node(&format!("{at}"), NodeKind::Symbol);
            part.label = label.as_str().into();
            part
        };
        built(labels.iter().enumerate().map(part).collect(), Vec::new())
    }

    /// The trigrams of a text, one by one, as text.
    fn spelt(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        for word in words(text) {
            let chars: Vec<char> = format!(" {word} ").chars().collect();
            all.extend(chars.windows(3).map(String::from_iter));
        }
        all
    }

    /// The cosine as it is written in books, label by label.
    fn slow(labels: &[String], question: &str, of: usize) -> f32 {
        let weigh = |text: &str| -> BTreeMap<String, f32> {
            let mut weights = BTreeMap::new();
            for trigram in spelt(text) {
                let df = labels.iter().filter(|it| spelt(it).contains(&trigram)).count();
                if df > 0 {
                    let idf = (labels.len() as f32 / df as f32).ln() + 1.0;
                    *weights.entry(trigram).or_default() += idf;
                }
            }
            weights
        };
        let (a, b) = (weigh(question), weigh(&labels[of]));
        let product: f32 = a.iter().filter_map(|(it, x)| Some(x * b.get(it)?)).sum();
        let norm = |it: &BTreeMap<String, f32>| it.values().map(|x| x * x).sum::<f32>().sqrt();
        if product > 0.0 { product / (norm(&a) * norm(&b)) } else { 0.0 }
    }

    proptest! {
        /// What the postings say is what the formula says, for every node that has anything of the
        /// question, and for no other.
        #[test]
        fn cosines_are_those_of_the_formula(
            labels in prop::collection::vec("[a-cA-C_ü]{0,9}", 1..12),
            question in "[a-cA-C ü]{0,16}",
        ) {
            let index = TrigramIndex::new(&graph(&labels));
            let found: BTreeMap<u32, f32> =
                index.like(&question, 99).into_iter().map(|(node, it)| (node.0, it)).collect();
            for of in 0..labels.len() {
                let expected = slow(&labels, &question, of);
                let score = found.get(&(of as u32)).copied().unwrap_or_default();
                prop_assert!((score - expected).abs() < 1e-4, "{of}: {score}, not {expected}");
                prop_assert_eq!(expected > 0.0, found.contains_key(&(of as u32)));
            }
        }

        /// The best of all are the beginning of all, in one order.
        #[test]
        fn fewer_are_the_first_of_many(labels in prop::collection::vec("[ab]{0,6}", 1..20)) {
            let index = TrigramIndex::new(&graph(&labels));
            let all = index.like("ab ba aab", 99);
            prop_assert!(all.is_sorted_by(|a, b| (b.1, a.0) <= (a.1, b.0)));
            prop_assert_eq!(&index.like("ab ba aab", 3)[..], &all[..all.len().min(3)]);
        }
    }

    #[test]
    fn odd_questions_are_like_nothing() {
        let index = TrigramIndex::new(&graph(&["save".into(), String::new(), "💥".into()]));
        for odd in ["", "  ", "💥💥\0", &"x".repeat(100_000)] {
            assert!(index.like(odd, 9).is_empty(), "{odd:.20}");
        }
        assert!(TrigramIndex::new(&graph(&[])).like("save", 9).is_empty());
        assert_eq!(index.like("saved", 9)[0].0, NodeIx(0));
    }

    /// In a graph that is too large, every label keeps its beginning.
    #[test]
    fn there_is_a_bound() {
        let labels: Vec<String> = (0..20).map(|at| format!("label number {at} of many")).collect();
        let index = TrigramIndex::bounded(&graph(&labels), 60);
        assert!(index.postings.len() <= 60 && index.memory() > 0);
        assert_eq!(index.like("label", 99).len(), 20);
    }
}
