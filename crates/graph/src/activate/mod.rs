//! Activation: what a question lights up, from seeds, in four dimensions.
//!
//! Nothing of a question stays: its state is a buffer that the next one clears.

mod dimensions;
mod flow;
mod heap;
mod hybrid;
mod merge;
pub(crate) mod seeds;
mod wavefront;

pub use dimensions::TemporalOptions;
pub(crate) use flow::Cell;
pub use flow::SpreadOptions;
pub use hybrid::Strategy;

use self::{flow::Spread, merge::DIMENSIONS};
use crate::{
    factors::{Factors, KindFactors, Step},
    finite::DecayFactor,
    graph::Graph,
    kind::EdgeKind,
    parts::NodeIx,
    xlr::XlrOptions,
};

/// A dimension, as a place in arrays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Dimension {
    /// What edges of all kinds lead to.
    Structural,
    /// What means something like the question; the caller says so.
    Semantic,
    /// What was changed lately, often, or together with seeds.
    Temporal,
    /// What seeds make happen, or make them happen.
    Causal,
}

impl Dimension {
    /// All of them, in the order of arrays.
    pub const ALL: [Dimension; DIMENSIONS] =
        [Dimension::Structural, Dimension::Semantic, Dimension::Temporal, Dimension::Causal];
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Question<'a> {
    /// Where activation starts, with scores above 0. What is no node, or no such score, is left out.
    pub seeds: &'a [(NodeIx, f32)],
    /// What means something like the question, with scores above 0.
    pub semantic: &'a [(NodeIx, f32)],
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// What takes part in an activation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ActivateOptions {
    /// How much each dimension counts, from 0 to 1, in the order of [`Dimension::ALL`]; 0 switches
    /// one off. What is empty gives its weight to the others.
    pub weights: [f32; DIMENSIONS],
    /// Whether dimensions that agree count more.
    pub resonance: bool,
    /// How structure spreads.
    pub structural: SpreadOptions,
    /// How cause spreads.
    pub causal: SpreadOptions,
    /// How time counts.
    pub temporal: TemporalOptions,
    /// Which way scores spread.
    pub strategy: Strategy,
    /// Cancelling of noise in the structural dimension, if it is wanted.
    pub xlr: Option<XlrOptions>,
    /// The most results.
    pub max_results: usize,
}

impl Default for ActivateOptions {
    fn default() -> ActivateOptions {
        let forward = KindFactors::of(&[
            (EdgeKind::Contains, 0.4),
            (EdgeKind::Imports, 0.6),
            (EdgeKind::Calls, 1.0),
            (EdgeKind::References, 0.7),
            (EdgeKind::Inherits, 0.9),
            (EdgeKind::Tests, 0.6),
            (EdgeKind::Documents, 0.6),
        ]);
        let backward = KindFactors::of(&[
            (EdgeKind::Contains, 0.8),
            (EdgeKind::Imports, 0.4),
            (EdgeKind::Calls, 0.6),
            (EdgeKind::References, 0.4),
            (EdgeKind::Inherits, 0.6),
            (EdgeKind::Tests, 0.5),
            (EdgeKind::Documents, 0.5),
        ]);
        let causal = [EdgeKind::Calls, EdgeKind::Imports, EdgeKind::Inherits, EdgeKind::Tests];
        let causal = KindFactors::of(&causal.map(|kind| (kind, 1.0)));
        let spread = |forward, backward| SpreadOptions {
            factors: Factors { forward, backward },
            decay: DecayFactor::clamped(0.55),
            precision: 1e-5,
            max_work: 2_000_000,
        };
        ActivateOptions {
            weights: [0.35, 0.25, 0.15, 0.25],
            resonance: true,
            structural: spread(forward, backward),
            // What is caused counts less when it is asked for the other way round.
            causal: spread(causal, causal.scaled(0.7)),
            temporal: TemporalOptions::default(),
            strategy: Strategy::Auto,
            xlr: None,
            max_results: 50,
        }
    }
}

/// A node that is lit up.
#[derive(Clone, PartialEq, Debug)]
pub struct Activated {
    /// The node.
    pub node: NodeIx,
    /// All dimensions together.
    pub score: f32,
    /// What it has of each, from 0 to 1, in the order of [`Dimension::ALL`]; times the weights of the
    /// answer, what each adds to the score before the bonus.
    pub dimensions: [f32; DIMENSIONS],
    /// The way on which most of it came from a seed; empty for seeds, and for what only means
    /// something like the question.
    pub path: Vec<Step>,
}

/// What a question lights up.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Activation {
    /// The nodes, best first, ties by node.
    pub results: Vec<Activated>,
    /// How much each dimension counted: 1 in sum.
    pub weights: [f32; DIMENSIONS],
    /// The way that was taken.
    pub strategy: Strategy,
    /// Whether spreading was cut off by its bound of work.
    pub truncated: bool,
}

impl Graph {
    /// What a question lights up. Changes nothing.
    pub fn activate(&self, question: &Question<'_>, options: &ActivateOptions) -> Activation {
        let on = |dimension: Dimension| options.weights[dimension as usize] > 0.0;
        let spread = |wanted: bool, how: &SpreadOptions| match wanted {
            true => hybrid::spread(self, question.seeds, how, options.strategy),
            false => Spread::default(),
        };
        let structural = spread(on(Dimension::Structural), &options.structural);
        let causal = spread(on(Dimension::Causal), &options.causal);
        let mut scores: [Vec<(NodeIx, f32)>; DIMENSIONS] = Default::default();
        scores[Dimension::Structural as usize] = structural.scores();
        scores[Dimension::Causal as usize] = causal.scores();
        if on(Dimension::Semantic) {
            scores[Dimension::Semantic as usize] = question.semantic.to_vec();
        }
        if on(Dimension::Temporal) {
            let found = dimensions::temporal(self, question.seeds, question.now, &options.temporal);
            scores[Dimension::Temporal as usize] = found;
        }
        if let Some(xlr) = &options.xlr {
            let gates = self.xlr(question.seeds, &[], &options.structural.factors, xlr);
            for (node, score) in &mut scores[Dimension::Structural as usize] {
                *score *= gates.gate(*node);
            }
        }
        let (merged, weights) =
            merge::merge(self, &scores, &options.weights, options.resonance, options.max_results);
        let lit = |it: merge::Merged| Activated {
            node: it.node,
            score: it.score,
            dimensions: it.dimensions,
            path: self.way(question, options, &structural, &causal, it.node),
        };
        Activation {
            results: merged.into_iter().map(lit).collect(),
            weights,
            strategy: options.strategy.of(self, question.seeds.len()),
            truncated: structural.truncated || causal.truncated,
        }
    }

    fn way(
        &self,
        question: &Question<'_>,
        options: &ActivateOptions,
        structural: &Spread,
        causal: &Spread,
        node: NodeIx,
    ) -> Vec<Step> {
        if question.seeds.iter().any(|(seed, score)| *seed == node && *score > 0.0) {
            return Vec::new();
        }
        let mut path = structural.path(self, &options.structural.factors, node);
        if path.is_empty() {
            path = causal.path(self, &options.causal.factors, node);
        }
        if path.is_empty() && options.weights[Dimension::Temporal as usize] > 0.0 {
            path.extend(self.co_change_from(question.seeds, node));
        }
        path
    }

    /// The step of co-change by which most came from a seed.
    fn co_change_from(&self, seeds: &[(NodeIx, f32)], node: NodeIx) -> Option<Step> {
        let came = self.incoming(node).filter(|edge| edge.kind == EdgeKind::CoChange);
        let scored = came.filter_map(|edge| {
            let (_, score) =
                seeds.iter().find(|(seed, score)| *seed == edge.from && *score > 0.0)?;
            Some((score * edge.weight, edge))
        });
        // The first of equals: `max_by` would take the last.
        let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, edge)| Step {
            from: edge.from,
            to: node,
            edge: edge.ix,
            kind: edge.kind,
            forward: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{built, edge, graph_parts, nodes};

    fn question<'a>(seeds: &'a [(NodeIx, f32)], semantic: &'a [(NodeIx, f32)]) -> Question<'a> {
        Question { seeds, semantic, now: 1_000_000 }
    }

    #[test]
    fn a_dimension_that_is_off_adds_nothing() {
        let edges = vec![edge(0, 1, EdgeKind::Calls, 1.0), edge(0, 2, EdgeKind::CoChange, 1.0)];
        let graph = built(nodes(4), edges);
        let (seeds, semantic) = ([(NodeIx(0), 1.0)], [(NodeIx(3), 1.0)]);
        let question = question(&seeds, &semantic);
        let found = |off: Option<Dimension>| {
            let mut options = ActivateOptions::default();
            if let Some(off) = off {
                options.weights[off as usize] = 0.0;
            }
            let answer = graph.activate(&question, &options);
            assert!((answer.weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let mut found: Vec<u32> = answer.results.iter().map(|it| it.node.0).collect();
            found.sort_unstable();
            if let Some(dimension) = off {
                let all = answer.results.iter();
                assert!(all.map(|it| it.dimensions[dimension as usize]).all(|it| it == 0.0));
            }
            found
        };
        assert_eq!(found(None), [0, 1, 2, 3]);
        assert_eq!(found(Some(Dimension::Semantic)), [0, 1, 2]);
        assert_eq!(found(Some(Dimension::Temporal)), [0, 1, 3]);
        assert_eq!(found(Some(Dimension::Structural)), [0, 1, 2, 3]);
    }

    #[test]
    fn each_result_has_its_proof() {
        let edges = vec![
            edge(0, 1, EdgeKind::Calls, 1.0),
            edge(2, 1, EdgeKind::Calls, 1.0),
            edge(0, 3, EdgeKind::CoChange, 0.5),
        ];
        let graph = built(nodes(4), edges);
        let answer =
            graph.activate(&question(&[(NodeIx(0), 1.0)], &[]), &ActivateOptions::default());
        let path = |node: u32| {
            let found = answer.results.iter().find(|it| it.node.0 == node).unwrap();
            found.path.iter().map(|step| (step.from.0, step.to.0, step.forward)).collect::<Vec<_>>()
        };
        assert_eq!(path(0), []);
        assert_eq!(path(2), [(0, 1, true), (1, 2, false)]);
        assert_eq!(path(3), [(0, 3, true)]);
    }

    proptest! {
        /// The same question has the same answer, and leaves no trace in the graph or its buffers.
        #[test]
        fn answers_repeat((nodes, edges) in graph_parts(20, 80), seed in 0_u32..20) {
            let graph = built(nodes, edges);
            let ask = |seed: u32| {
                let seeds = [(NodeIx(seed % graph.node_count() as u32), 1.0)];
                let xlr = Some(XlrOptions::default());
                let options = ActivateOptions { xlr, ..ActivateOptions::default() };
                graph.activate(&question(&seeds, &[]), &options)
            };
            let before: Vec<_> = graph.edges().collect();
            let first = ask(seed);
            ask(seed + 1);
            prop_assert_eq!(&ask(seed), &first);
            prop_assert_eq!(graph.edges().collect::<Vec<_>>(), before);
            prop_assert!(first.results.iter().all(|it| it.score.is_finite() && it.score > 0.0));
        }
    }
}
