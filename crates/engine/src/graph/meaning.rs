//! The semantic dimension: what means something like a question. Its text does, and, if they are asked
//! for, labels that look like the question and nodes that random walks meet together with its seeds.

use std::{collections::BTreeMap, sync::OnceLock};

use coderoom_graph::{Cooccurrence, GraphError, NodeIx, SeedIndex, TrigramIndex};

use super::CodeGraph;

/// A part of the semantic dimension, as a place in arrays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(usize)]
pub enum SemanticPart {
    /// Files as `seek` ranks them, and the symbols in the first.
    Text,
    /// Labels whose trigrams are the question's: TF-IDF and cosine.
    Trigrams,
    /// Nodes that random walks meet together with the seeds: PPMI. Not in graphs of more than 50,000
    /// nodes.
    Cooccurrence,
}

impl SemanticPart {
    /// All of them, in the order of arrays.
    pub const ALL: [SemanticPart; 3] =
        [SemanticPart::Text, SemanticPart::Trigrams, SemanticPart::Cooccurrence];

    /// What each counts if it takes part. More than a tenth of the text makes the ranking worse.
    pub const WEIGHTS: [f32; 3] = [1.0, 0.1, 0.1];

    /// What counts unless somebody says otherwise: the text. The others make the ranking no better
    /// (`bench/graph/activate.md` has the numbers).
    pub(super) const USUAL: [f32; 3] = [1.0, 0.0, 0.0];
}

/// What questions in words read of the names of nodes; each is made when it is first asked for.
#[derive(Default)]
pub(super) struct Labels {
    seeds: OnceLock<SeedIndex>,
    trigrams: OnceLock<TrigramIndex>,
}

impl CodeGraph {
    /// The words of all labels, read when they are first asked for.
    ///
    /// # Errors
    /// If there is no graph.
    pub fn seed_index(&self) -> Result<&SeedIndex, GraphError> {
        let joined = self.joined()?;
        Ok(joined.numbering.labels.seeds.get_or_init(|| SeedIndex::new(&joined.graph)))
    }

    /// The trigrams of all labels, on the same terms.
    ///
    /// # Errors
    /// If there is no graph.
    pub fn trigram_index(&self) -> Result<&TrigramIndex, GraphError> {
        let joined = self.joined()?;
        Ok(joined.numbering.labels.trigrams.get_or_init(|| TrigramIndex::new(&joined.graph)))
    }

    /// What is met together; `None` if the graph is too large for it.
    ///
    /// # Errors
    /// If there is no graph.
    pub fn cooccurrence(&self) -> Result<Option<&Cooccurrence>, GraphError> {
        let graph = self.graph()?;
        Ok(self.cooccurrence.get_or_init(|| Cooccurrence::new(graph)).as_ref())
    }
}

/// What means something like a question, part by part.
pub(super) struct Meaning {
    weights: [f32; 3],
    /// What each node has of each part, weighed.
    nodes: BTreeMap<NodeIx, [f32; 3]>,
    /// The weights of all parts that have found something.
    sum: f32,
}

impl Meaning {
    /// Nothing yet; a part with the weight 0 does not take part.
    pub(super) fn new(weights: [f32; 3]) -> Meaning {
        Meaning { weights, nodes: BTreeMap::new(), sum: 0.0 }
    }

    /// Whether a part takes part.
    pub(super) fn wants(&self, part: SemanticPart) -> bool {
        self.weights[part as usize] > 0.0
    }

    /// Adds what a part has found. The best of each has 1; those of the text are so already, unless
    /// lessons speak against the best.
    pub(super) fn add(&mut self, part: SemanticPart, found: &[(NodeIx, f32)]) {
        let best = found.iter().map(|it| it.1).fold(0.0, f32::max);
        if !self.wants(part) || best <= 0.0 {
            return;
        }
        let best = if part == SemanticPart::Text { 1.0 } else { best };
        let weight = self.weights[part as usize];
        self.sum += weight;
        for (node, score) in found {
            self.nodes.entry(*node).or_default()[part as usize] = weight * score / best;
        }
    }

    /// All parts together, best first, ties by node.
    pub(super) fn scores(&self) -> Vec<(NodeIx, f32)> {
        let score = |parts: &[f32; 3]| parts.iter().sum::<f32>() / self.sum;
        let mut scores: Vec<(NodeIx, f32)> =
            self.nodes.iter().map(|(node, parts)| (*node, score(parts))).collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scores
    }

    /// The share of each part in what a node has: 1 together, or 0 if it has nothing.
    pub(super) fn shares(&self, node: NodeIx) -> [f32; 3] {
        let parts = self.nodes.get(&node).copied().unwrap_or_default();
        let sum: f32 = parts.iter().sum();
        parts.map(|it| if sum > 0.0 { it / sum } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the text alone, scores are the text's own, to the bit.
    #[test]
    fn the_text_alone_is_what_it_was() {
        let text = [(NodeIx(4), 0.9), (NodeIx(1), 0.3), (NodeIx(2), 0.1)];
        let mut meaning = Meaning::new(SemanticPart::USUAL);
        meaning.add(SemanticPart::Text, &text);
        meaning.add(SemanticPart::Trigrams, &[(NodeIx(9), 1.0)]);
        assert_eq!(meaning.scores(), text);
        assert_eq!(meaning.shares(NodeIx(1)), [1.0, 0.0, 0.0]);
        assert_eq!(meaning.shares(NodeIx(9)), [0.0; 3]);
    }

    /// Parts add up by their weights; one that has found nothing takes nothing away.
    #[test]
    fn parts_add_up() {
        let mut meaning = Meaning::new([1.0, 0.5, 0.5]);
        meaning.add(SemanticPart::Text, &[(NodeIx(1), 1.0)]);
        meaning.add(SemanticPart::Cooccurrence, &[]);
        assert_eq!(meaning.scores(), [(NodeIx(1), 1.0)]);
        meaning.add(SemanticPart::Trigrams, &[(NodeIx(2), 4.0), (NodeIx(1), 2.0)]);
        let scores = meaning.scores();
        assert_eq!(scores.iter().map(|it| it.0.0).collect::<Vec<_>>(), [1, 2]);
        assert!((scores[0].1 - 1.25 / 1.5).abs() < 1e-6 && (scores[1].1 - 0.5 / 1.5).abs() < 1e-6);
        let shares = meaning.shares(NodeIx(1));
        assert!((shares[0] - 0.8).abs() < 1e-6 && (shares.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
