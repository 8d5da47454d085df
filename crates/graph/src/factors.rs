//! How much of a signal passes along edges of each kind, and the steps that this allows.

use crate::{
    csr::{Edge, EdgeIx},
    finite::share,
    graph::Graph,
    kind::EdgeKind,
    parts::NodeIx,
};

/// A number from 0 to 1 for each kind of edge; 0 means that nothing passes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct KindFactors([f32; EdgeKind::ALL.len()]);

impl KindFactors {
    /// Nothing passes.
    pub const NONE: KindFactors = KindFactors([0.0; EdgeKind::ALL.len()]);

    /// These kinds pass so much, others nothing. What is not from 0 to 1 is cut to it, NaN to 0.
    pub fn of(kinds: &[(EdgeKind, f32)]) -> KindFactors {
        kinds.iter().fold(KindFactors::NONE, |factors, (kind, factor)| factors.with(*kind, *factor))
    }

    /// The same with another factor for one kind.
    pub fn with(mut self, kind: EdgeKind, factor: f32) -> KindFactors {
        self.0[kind as usize] = share(factor);
        self
    }

    /// The factor of a kind.
    pub fn get(&self, kind: EdgeKind) -> f32 {
        self.0[kind as usize]
    }

    /// The largest of them.
    pub(crate) fn most(&self) -> f32 {
        self.0.iter().copied().fold(0.0, f32::max)
    }

    /// All of them times a number, cut to 0 to 1.
    pub fn scaled(mut self, by: f32) -> KindFactors {
        for factor in &mut self.0 {
            *factor = share(*factor * by);
        }
        self
    }
}

/// Factors for walking along edges, and for walking against them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Factors {
    /// From the start of an edge to its end.
    pub forward: KindFactors,
    /// From the end of an edge to its start.
    pub backward: KindFactors,
}

/// One step of a path: the proof of one link between two nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where the step starts.
    pub from: NodeIx,
    /// Where it leads.
    pub to: NodeIx,
    /// The edge that it goes along, or against.
    pub edge: EdgeIx,
    /// The kind of that edge.
    pub kind: EdgeKind,
    /// Whether it goes along the edge, from its start to its end.
    pub forward: bool,
}

impl Graph {
    /// The steps from a node that factors allow, and how strong each is: weight (at most 1) times
    /// factor, above 0 and up to 1. Along edges first, each side in the order of the other node.
    pub(crate) fn steps<'a>(
        &'a self,
        from: NodeIx,
        factors: &'a Factors,
    ) -> impl Iterator<Item = (Step, f32)> + 'a {
        let strength =
            |factors: &KindFactors, edge: &Edge| edge.weight.min(1.0) * factors.get(edge.kind);
        let forward = self.outgoing(from).map(move |edge| {
            let Edge { ix, to, kind, .. } = edge;
            (Step { from, to, edge: ix, kind, forward: true }, strength(&factors.forward, &edge))
        });
        let backward = self.incoming(from).map(move |edge| {
            let Edge { ix, from: to, kind, .. } = edge;
            (Step { from, to, edge: ix, kind, forward: false }, strength(&factors.backward, &edge))
        });
        forward.chain(backward).filter(|(_, strength)| *strength > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_from_nothing_to_all() {
        let factors = KindFactors::of(&[
            (EdgeKind::Calls, f32::NAN),
            (EdgeKind::Tests, 3.0),
            (EdgeKind::Imports, -1.0),
            (EdgeKind::Inherits, 0.5),
        ]);
        let all: Vec<f32> = EdgeKind::ALL.iter().map(|kind| factors.get(*kind)).collect();
        assert_eq!(all, [0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 0.0, 0.0]);
    }
}
