//! Nodes that random walks meet together: positive pointwise mutual information (PPMI).
//!
//! Nobody walks. What walks would count in the limit follows from the graph (Levy and Goldberg 2014;
//! Qiu et al., "Network Embedding as Matrix Factorization", 2018): with `P` the matrix of steps, `d`
//! the strength of a node, `vol` that of all, two nodes meet within a window of `T` steps by
//! `PMI(i, j) = ln(vol / d_j * (P + P^2 + ... + P^T)[i, j] / T)`. Edges lead both ways here. Only rows
//! that a question asks for are made, so there is no matrix: one number for each node is kept.

use crate::{
    graph::Graph,
    parts::NodeIx,
    scratch::{Pool, Stamped},
    top::best,
};

/// Larger graphs have no co-occurrence.
pub const COOCCURRENCE_MAX_NODES: usize = 50_000;
/// Steps that two nodes may be apart and still meet.
const WINDOW: usize = 4;
/// A chance that is smaller is not followed further: where all of it would go does not count.
const LEAST: f64 = 1e-4;
/// Edges that are looked at for one node.
const MAX_WORK: usize = 50_000;
/// Nodes of one question, the first.
const MAX_STARTS: usize = 16;

/// How strongly nodes are tied into a graph.
pub struct Cooccurrence {
    strength: Vec<f64>,
    volume: f64,
    least: f64,
    tables: Pool<Tables>,
}

/// Chances of being somewhere.
#[derive(Default)]
struct Tables {
    now: Stamped<f64>,
    next: Stamped<f64>,
    /// Over all steps.
    sum: Stamped<f64>,
    /// What a question adds up.
    all: Stamped<f32>,
}

impl Cooccurrence {
    /// For a graph of at most [`COOCCURRENCE_MAX_NODES`]; `None` for a larger one. O(edges).
    pub fn new(graph: &Graph) -> Option<Cooccurrence> {
        (graph.node_count() <= COOCCURRENCE_MAX_NODES).then(|| Cooccurrence::walking(graph, LEAST))
    }

    fn walking(graph: &Graph, least: f64) -> Cooccurrence {
        let strength: Vec<f64> =
            graph.nodes().map(|node| ties(graph, node).map(|(_, weight)| weight).sum()).collect();
        let volume = strength.iter().sum();
        Cooccurrence { strength, volume, least, tables: Pool::default() }
    }

    /// The nodes that walks meet together with a node, with their PPMI, above 0, by node. `graph` is
    /// the one that this was made for. Costs the edges within reach, 50,000 at most.
    pub fn of(&self, graph: &Graph, node: NodeIx) -> Vec<(NodeIx, f32)> {
        self.tables.with(|tables| {
            self.row(graph, node, tables);
            let mut row = self.read(node, &tables.sum);
            row.sort_unstable_by_key(|(node, _)| *node);
            row
        })
    }

    /// The nodes that walks meet together with the first 16 of these, each of which counts by its
    /// score: the mean of their PPMI. Best first, ties by node.
    pub fn with(
        &self,
        graph: &Graph,
        starts: &[(NodeIx, f32)],
        limit: usize,
    ) -> Vec<(NodeIx, f32)> {
        let good = |it: &&(NodeIx, f32)| graph.has(it.0) && it.1.is_finite() && it.1 > 0.0;
        let starts: Vec<_> = starts.iter().filter(good).take(MAX_STARTS).collect();
        let weight: f32 = starts.iter().map(|it| it.1).sum();
        let mut found = self.tables.with(|tables| {
            tables.all.reset(self.strength.len());
            for (start, score) in starts {
                self.row(graph, *start, tables);
                for (node, information) in self.read(*start, &tables.sum) {
                    *tables.all.entry(node.0) += information * score / weight;
                }
            }
            let all = &tables.all;
            let one = |node: &u32| (NodeIx(*node), all.get(*node).unwrap_or_default());
            all.touched().iter().map(one).collect::<Vec<_>>()
        });
        best(&mut found, limit, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }

    /// Bytes on the heap, about.
    pub fn memory(&self) -> usize {
        self.strength.len() * 8
    }

    /// Fills `sum` with the chances of being anywhere, over all steps from a node.
    fn row(&self, graph: &Graph, from: NodeIx, tables: &mut Tables) {
        let Tables { now, next, sum, .. } = tables;
        sum.reset(self.strength.len());
        now.reset(self.strength.len());
        if self.strength.get(from.0 as usize).is_some_and(|it| *it > 0.0) {
            *now.entry(from.0) = 1.0;
        }
        let mut work = 0;
        for _ in 0..WINDOW {
            next.reset(self.strength.len());
            for at in now.touched() {
                let chance = now.get(*at).unwrap_or_default();
                if chance < self.least || work >= MAX_WORK {
                    continue;
                }
                let share = chance / self.strength[*at as usize];
                for (to, weight) in ties(graph, NodeIx(*at)) {
                    *next.entry(to.0) += share * weight;
                    work += 1;
                }
            }
            for at in next.touched() {
                *sum.entry(*at) += next.get(*at).unwrap_or_default();
            }
            std::mem::swap(now, next);
        }
    }

    /// The information in chances; without the node itself, and none that is not positive.
    fn read(&self, from: NodeIx, sum: &Stamped<f64>) -> Vec<(NodeIx, f32)> {
        let one = |at: &u32| {
            let chance = sum.get(*at).unwrap_or_default() / WINDOW as f64;
            let information = (self.volume / self.strength[*at as usize] * chance).ln();
            (NodeIx(*at), information as f32)
        };
        let good = |it: &(NodeIx, f32)| it.0 != from && it.1.is_finite() && it.1 > 0.0;
        sum.touched().iter().map(one).filter(good).collect()
    }
}

/// The edges of a node, from both sides: the other end, and the weight.
fn ties(graph: &Graph, node: NodeIx) -> impl Iterator<Item = (NodeIx, f64)> + '_ {
    let out = graph.outgoing(node).map(|edge| (edge.to, edge.weight));
    let back = graph.incoming(node).map(|edge| (edge.from, edge.weight));
    out.chain(back)
        .filter(move |(other, _)| *other != node)
        .map(|(other, weight)| (other, f64::from(weight)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::EdgeKind,
        testing::{Lcg, built, edge, graph_parts, nodes},
    };

    type Matrix = Vec<Vec<f64>>;

    fn product(a: &Matrix, b: &Matrix) -> Matrix {
        let size = a.len();
        let cell = |row: usize, column: usize| (0..size).map(|k| a[row][k] * b[k][column]).sum();
        (0..size).map(|row| (0..size).map(|column| cell(row, column)).collect()).collect()
    }

    /// The formula with whole matrices.
    fn slow(graph: &Graph) -> Matrix {
        let size = graph.node_count();
        let mut ties = vec![vec![0.0; size]; size];
        for edge in graph.edges().filter(|edge| edge.from != edge.to) {
            let (a, b) = (edge.from.0 as usize, edge.to.0 as usize);
            ties[a][b] += f64::from(edge.weight);
            ties[b][a] += f64::from(edge.weight);
        }
        let strength: Vec<f64> = ties.iter().map(|row| row.iter().sum()).collect();
        let volume: f64 = strength.iter().sum();
        let mut step = ties;
        for (row, strength) in step.iter_mut().zip(&strength) {
            row.iter_mut().for_each(|it| *it = if *strength > 0.0 { *it / strength } else { 0.0 });
        }
        let (mut power, mut sum) = (step.clone(), step.clone());
        for _ in 1..WINDOW {
            power = product(&power, &step);
            for (row, more) in sum.iter_mut().zip(&power) {
                row.iter_mut().zip(more).for_each(|(it, more)| *it += more);
            }
        }
        for row in &mut sum {
            for (it, strength) in row.iter_mut().zip(&strength) {
                *it = (volume / strength * *it / WINDOW as f64).ln();
            }
        }
        sum
    }

    proptest! {
        /// Rows are those of the whole matrix; those of walks that give up early never say more.
        #[test]
        fn rows_are_those_of_the_matrix((nodes, edges) in graph_parts(12, 40)) {
            let graph = built(nodes, edges);
            let (whole, hasty) =
                (Cooccurrence::walking(&graph, 0.0), Cooccurrence::walking(&graph, 0.1));
            let matrix = slow(&graph);
            for node in graph.nodes() {
                let row: BTreeMap<NodeIx, f32> = whole.of(&graph, node).into_iter().collect();
                for other in graph.nodes().filter(|it| *it != node) {
                    let expected = matrix[node.0 as usize][other.0 as usize];
                    match row.get(&other) {
                        Some(it) => prop_assert!((f64::from(*it) - expected).abs() < 1e-3),
                        None => prop_assert!(!expected.is_finite() || expected < 1e-6),
                    }
                }
                prop_assert!(!row.contains_key(&node));
                for (other, it) in hasty.of(&graph, node) {
                    prop_assert!(it <= row[&other] + 1e-5);
                }
            }
        }

        /// Meeting goes both ways, and several starts are the mean of each.
        #[test]
        fn meeting_is_mutual((nodes, edges) in graph_parts(12, 40)) {
            let graph = built(nodes, edges);
            let whole = Cooccurrence::walking(&graph, 0.0);
            let rows: Vec<BTreeMap<NodeIx, f32>> =
                graph.nodes().map(|it| whole.of(&graph, it).into_iter().collect()).collect();
            for (node, row) in rows.iter().enumerate() {
                for (other, it) in row.iter().filter(|(_, it)| **it > 1e-3) {
                    let back = rows[other.0 as usize].get(&NodeIx(node as u32));
                    prop_assert!(back.is_some_and(|back| (back - it).abs() < 1e-3));
                }
            }
            let last = NodeIx(rows.len() as u32 - 1);
            let starts = [(NodeIx(0), 3.0), (last, 1.0), (NodeIx(99), 1.0), (last, f32::NAN)];
            for (node, it) in whole.with(&graph, &starts, 99) {
                let of = |row: usize| rows[row].get(&node).copied().unwrap_or_default();
                let mean = (3.0 * of(0) + of(rows.len() - 1)) / 4.0;
                prop_assert!((it - mean).abs() < 1e-4, "{it}, not {mean}");
            }
        }
    }

    /// Among many, what is close says more than what everybody meets.
    #[test]
    fn hubs_say_little() {
        let mut edges: Vec<_> = (1..40).map(|it| edge(0, it, EdgeKind::Imports, 1.0)).collect();
        edges.extend([edge(1, 2, EdgeKind::Calls, 1.0), edge(2, 3, EdgeKind::Calls, 1.0)]);
        let graph = built(nodes(40), edges);
        let found = Cooccurrence::new(&graph).unwrap().with(&graph, &[(NodeIx(1), 1.0)], 2);
        assert_eq!(found[0].0, NodeIx(2), "{found:?}");
        assert!(found.iter().all(|it| it.0 != NodeIx(0)), "{found:?}");
    }

    /// However dense a graph is, a row ends; one that is too large has none.
    #[test]
    fn there_are_bounds() {
        let mut random = Lcg(1);
        let mut end = || random.below(2_000) as u32;
        let edges = (0..200_000).map(|_| edge(end(), end(), EdgeKind::Calls, 1.0)).collect();
        let graph = built(nodes(2_000), edges);
        let index = Cooccurrence::new(&graph).unwrap();
        assert_eq!(index.of(&graph, NodeIx(7)), index.of(&graph, NodeIx(7)));
        assert_eq!(index.memory(), 16_000);
        assert!(Cooccurrence::new(&built(nodes(COOCCURRENCE_MAX_NODES + 1), Vec::new())).is_none());
        let alone = built(nodes(2), Vec::new());
        let index = Cooccurrence::new(&alone).unwrap();
        assert!(index.of(&alone, NodeIx(1)).is_empty() && index.of(&alone, NodeIx(9)).is_empty());
    }
}
