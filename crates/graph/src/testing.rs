//! What tests make graphs of.

use proptest::prelude::*;

use crate::{
    build::BuildOptions,
    graph::Graph,
    kind::{EdgeKind, NodeKind},
    parts::{EdgePart, NodeIx, NodePart},
};

/// A node whose label is its key.
pub(crate) fn node(key: &str, kind: NodeKind) -> NodePart {
    NodePart {
        key: key.into(),
        label: key.into(),
        kind,
        tags: Vec::new(),
        modified: 0,
        change_frequency: 0.0,
    }
}

/// Symbols named `n0`, `n1` and so on.
pub(crate) fn nodes(count: usize) -> Vec<NodePart> {
    (0..count).map(|number| node(&format!("n{number}"), NodeKind::Symbol)).collect()
}

/// An edge.
pub(crate) fn edge(from: u32, to: u32, kind: EdgeKind, weight: f32) -> EdgePart {
    EdgePart { from: NodeIx(from), to: NodeIx(to), kind, weight }
}

/// The graph of parts that are in order.
pub(crate) fn built(nodes: Vec<NodePart>, edges: Vec<EdgePart>) -> Graph {
    Graph::build(nodes, edges, &BuildOptions::default()).unwrap()
}

/// Up to so many nodes and edges, of all kinds.
pub(crate) fn graph_parts(
    max_nodes: usize,
    max_edges: usize,
) -> impl Strategy<Value = (Vec<NodePart>, Vec<EdgePart>)> {
    (1..=max_nodes).prop_flat_map(move |count| {
        let end = 0..count as u32;
        let kind = prop::sample::select(EdgeKind::ALL.to_vec());
        let part = (end.clone(), end, kind, 0.05_f32..=1.0)
            .prop_map(|(from, to, kind, weight)| edge(from, to, kind, weight));
        (Just(nodes(count)), prop::collection::vec(part, 0..=max_edges))
    })
}

/// Numbers that look random and are always the same.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    /// The next number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}
