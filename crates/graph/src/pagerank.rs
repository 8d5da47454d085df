//! PageRank (Brin and Page, 1998) by power iteration, weighted.
//!
//! Each node pulls from those that point to it, in the order of their numbers, so that the result
//! does not depend on how the work is spread over threads. What a node without outgoing edges has is
//! given to all nodes alike. Weights are those that the graph was built with: learning does not
//! change importance.

use rayon::prelude::*;

use crate::{csr::Csr, finite::FiniteF32, kind::EdgeKind, parts::NodeIx};

/// How importance is computed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PageRankOptions {
    /// How much of a node's importance follows its edges; the rest is spread evenly. From 0 to 0.99.
    pub damping: f64,
    /// It ends when a round changes less than this in sum; 1 is the sum of all.
    pub tolerance: f64,
    /// It ends after this many rounds anyhow.
    pub max_rounds: u32,
}

impl Default for PageRankOptions {
    /// The damping of the paper; 0.85^100 is below the tolerance.
    fn default() -> PageRankOptions {
        PageRankOptions { damping: 0.85, tolerance: 1e-6, max_rounds: 100 }
    }
}

/// Whether importance flows along edges of a kind. Files that change together do not make each other
/// important.
fn counts(kind: EdgeKind) -> bool {
    kind != EdgeKind::CoChange
}

/// Nodes that one thread takes at once: fewer are not worth handing over.
const AT_ONCE: usize = 4096;

/// The importance of every node; in sum 1. It begins with all alike, so that it is the same however a
/// graph came to be. O(rounds x edges).
pub(crate) fn pagerank(nodes: usize, csr: &Csr, options: &PageRankOptions) -> Vec<FiniteF32> {
    if nodes == 0 {
        return Vec::new();
    }
    let damping = if options.damping.is_nan() { 0.0 } else { options.damping.clamp(0.0, 0.99) };
    let given = |node: usize| {
        let counted = csr.outgoing(NodeIx(node as u32)).filter(|edge| counts(edge.kind));
        counted.map(|edge| f64::from(csr.base(edge.ix))).sum::<f64>()
    };
    let out: Vec<f64> = (0..nodes).into_par_iter().with_min_len(AT_ONCE).map(given).collect();
    let idle: Vec<usize> = (0..nodes).filter(|node| out[*node] <= 0.0).collect();
    // What each edge passes on, in the order of the edges, so that a round only multiplies and adds.
    let share = |node: usize| {
        let row = csr.outgoing(NodeIx(node as u32));
        let of = out[node];
        row.map(move |it| if counts(it.kind) { f64::from(csr.base(it.ix)) / of } else { 0.0 })
    };
    let shares: Vec<f64> = (0..nodes).flat_map(share).collect();
    let even = 1.0 / nodes as f64;
    let mut rank = vec![even; nodes];
    for _ in 0..options.max_rounds {
        let lost: f64 = idle.iter().map(|node| rank[*node]).sum();
        let floor = (1.0 - damping) * even + damping * lost * even;
        let pull = |node: usize| {
            let (from, edges) = csr.ending_at(NodeIx(node as u32));
            let passed = from.iter().zip(edges);
            let passed = passed.map(|(from, edge)| rank[*from as usize] * shares[*edge as usize]);
            floor + damping * passed.sum::<f64>()
        };
        let next: Vec<f64> = (0..nodes).into_par_iter().with_min_len(AT_ONCE).map(pull).collect();
        let moved: f64 = next.iter().zip(&rank).map(|(a, b)| (a - b).abs()).sum();
        rank = next;
        if moved < options.tolerance {
            break;
        }
    }
    rank.into_iter().map(|rank| FiniteF32::clamped(rank as f32)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{built, graph_parts};

    /// The dense matrix, many times over. (petgraph's `page_rank` gives no rank for jumps from nodes
    /// that point here, so it is no reference.)
    fn reference(graph: &crate::Graph) -> Vec<f64> {
        let n = graph.node_count();
        let mut matrix = vec![vec![0.0; n]; n];
        for edge in graph.edges().filter(|edge| edge.kind != EdgeKind::CoChange) {
            matrix[edge.from.0 as usize][edge.to.0 as usize] += f64::from(edge.weight);
        }
        for row in &mut matrix {
            let sum: f64 = row.iter().sum();
            for cell in row.iter_mut() {
                *cell = if sum > 0.0 { *cell / sum } else { 1.0 / n as f64 };
                *cell = 0.85 * *cell + 0.15 / n as f64;
            }
        }
        let mut rank = vec![1.0 / n as f64; n];
        for _ in 0..300 {
            let next = |to: usize| (0..n).map(|from| rank[from] * matrix[from][to]).sum();
            rank = (0..n).map(next).collect();
        }
        rank
    }

    proptest! {
        /// Nodes without outgoing edges and parallel edges are where ranks go wrong.
        #[test]
        fn ranks_are_those_of_the_dense_matrix((nodes, edges) in graph_parts(12, 40)) {
            let graph = built(nodes, edges);
            for (node, wanted) in graph.nodes().zip(reference(&graph)) {
                prop_assert!((f64::from(graph.pagerank(node)) - wanted).abs() < 1e-5);
            }
        }
    }
}
