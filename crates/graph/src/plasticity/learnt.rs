//! What was learnt, named so that it outlives its graph: by the keys of both ends and the kind.

use serde::{Deserialize, Serialize};

use super::{MAX_FACTOR, MIN_FACTOR, bounds};
use crate::{
    csr::EdgeIx,
    finite::{FiniteF32, PosF32},
    graph::Graph,
    kind::EdgeKind,
};

/// A weight that was learnt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Learnt {
    /// The key of the node where the edge starts.
    pub from: Box<str>,
    /// The key of the node where it ends.
    pub to: Box<str>,
    /// What it says.
    pub kind: EdgeKind,
    /// The weight by the weight that the edge was built with. NaN cannot be one.
    pub factor: PosF32,
}

/// What came of taking in weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// How many weights were put in place.
    pub applied: usize,
    /// How many are of edges that the graph does not have.
    pub unknown: usize,
}

impl Graph {
    /// All weights that are not what they were built with, by edge.
    pub fn export_learnt(&self) -> Vec<Learnt> {
        let edges = self.edges().filter(|edge| edge.weight != self.base_weight(edge.ix));
        edges
            .map(|edge| Learnt {
                from: self.key(edge.from).into(),
                to: self.key(edge.to).into(),
                kind: edge.kind,
                factor: PosF32::clamped(edge.weight / self.base_weight(edge.ix)),
            })
            .collect()
    }

    /// Puts weights in place; those of other edges stay as they are. A factor out of bounds counts as
    /// the nearest bound.
    pub fn import_learnt(&self, learnt: &[Learnt]) -> Imported {
        let mut imported = Imported::default();
        for one in learnt {
            let Some(edge) = self.named(one) else {
                imported.unknown += 1;
                continue;
            };
            let base = self.base_weight(edge);
            let (least, most) = bounds(base);
            let weight = base * one.factor.get().clamp(MIN_FACTOR, MAX_FACTOR);
            self.csr.plastic(edge).set(FiniteF32::clamped(weight.clamp(least, most)));
            imported.applied += 1;
        }
        imported
    }

    fn named(&self, learnt: &Learnt) -> Option<EdgeIx> {
        self.find_edge(self.node(&learnt.from)?, self.node(&learnt.to)?, learnt.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        finite::LearningRate,
        parts::{EdgePart, NodeIx},
        plasticity::{Feedback, Lesson, PlasticityOptions},
        testing::{built, edge, nodes},
    };

    fn edges() -> Vec<EdgePart> {
        vec![edge(0, 1, EdgeKind::Calls, 0.5), edge(1, 2, EdgeKind::Imports, 0.25)]
    }

    #[test]
    fn what_was_learnt_moves_to_another_graph_of_the_same_names() {
        let graph = built(nodes(3), edges());
        let active = [(NodeIx(0), 1.0), (NodeIx(1), 1.0)];
        let rate = LearningRate::clamped(0.3);
        let lesson = Lesson { active: &active, feedback: Feedback::Useful, rate };
        graph.learn(&lesson, &PlasticityOptions::default());
        let learnt = graph.export_learnt();
        assert_eq!(learnt.len(), 2);
        // The nodes come in another order there, and one is gone.
        let mut fewer = nodes(2);
        fewer.reverse();
        let other = built(fewer, vec![edge(1, 0, EdgeKind::Calls, 0.5)]);
        assert_eq!(other.import_learnt(&learnt), Imported { applied: 1, unknown: 1 });
        let weight = |graph: &Graph| graph.edges().next().unwrap().weight;
        assert!((weight(&other) - weight(&graph)).abs() < 1e-6);
        assert!(weight(&other) > 0.5);
    }

    #[test]
    fn a_factor_out_of_bounds_is_cut() {
        let graph = built(nodes(3), edges());
        let one = |factor| Learnt {
            from: "n0".into(),
            to: "n1".into(),
            kind: EdgeKind::Calls,
            factor: PosF32::clamped(factor),
        };
        for (factor, wanted) in [(1e30, 1.5), (1e-30, 0.025), (f32::NAN, 0.025)] {
            graph.import_learnt(&[one(factor)]);
            assert!((graph.edges().next().unwrap().weight - wanted).abs() < 1e-6);
        }
    }
}
