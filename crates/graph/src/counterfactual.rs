//! What would be if some nodes were not there: who would miss them, and what nobody would use any
//! more.

use crate::{
    csr::EdgeIx, factors::KindFactors, graph::Graph, kind::EdgeKind, nodes::NONE, parts::NodeIx,
    projection::Projection,
};

/// What counts as use.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CounterfactualOptions {
    /// Kinds with a factor above 0 are use. `Contains` and co-change are none, whatever is said.
    pub kinds: KindFactors,
    /// The most nodes of each list.
    pub max_results: usize,
}

impl Default for CounterfactualOptions {
    /// A test keeps nothing alive: what only tests use is not used.
    fn default() -> CounterfactualOptions {
        let kinds = [EdgeKind::Imports, EdgeKind::Calls, EdgeKind::References, EdgeKind::Inherits];
        let kinds = KindFactors::of(&kinds.map(|kind| (kind, 1.0)));
        CounterfactualOptions { kinds, max_results: 200 }
    }
}

/// A node that uses something that would not be there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CutOff {
    /// The node.
    pub node: NodeIx,
    /// What it would miss most.
    pub missed: NodeIx,
    /// The edge that says so.
    pub edge: EdgeIx,
    /// The sum of the weights of all that it would miss.
    pub weight: f32,
}

/// What would be.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Counterfactual {
    /// All that would not be there: the nodes, and what they contain; by node.
    pub removed: Vec<NodeIx>,
    /// Who uses any of it: who would miss most first, ties by node.
    pub cut_off: Vec<CutOff>,
    /// What was used before and would not be any more, directly or over others that are used: the
    /// most important first, ties by node. What contains something that is still used is not in it.
    pub orphaned: Vec<NodeIx>,
    /// How many there are of each, beyond the most results.
    pub totals: (usize, usize),
    /// The share of all importance that would be removed or orphaned, from 0 to 1.
    pub importance: f32,
}

impl Graph {
    /// What would be if nodes were not there. Whatever nobody uses today (a program, a test, a cycle
    /// that nobody enters) is taken to be wanted for itself; orphaned is what cannot be reached any
    /// more from there. O(edges).
    pub fn without(&self, nodes: &[NodeIx], options: &CounterfactualOptions) -> Counterfactual {
        let kinds = options.kinds.with(EdgeKind::Contains, 0.0).with(EdgeKind::CoChange, 0.0);
        let gone = self.with_members(nodes);
        let mut cut_off = self.cut_off(&gone, &kinds);
        let mut orphaned = self.orphaned(&gone, &kinds);
        let removed: Vec<NodeIx> = self.nodes().filter(|node| gone[node.0 as usize]).collect();
        let lost = removed.iter().chain(&orphaned).map(|node| f64::from(self.pagerank(*node)));
        let importance = lost.sum::<f64>().min(1.0) as f32;
        let totals = (cut_off.len(), orphaned.len());
        cut_off.truncate(options.max_results);
        orphaned.truncate(options.max_results);
        Counterfactual { removed, cut_off, orphaned, totals, importance }
    }

    /// Which nodes are among these or in one of them.
    fn with_members(&self, nodes: &[NodeIx]) -> Vec<bool> {
        let mut gone = vec![false; self.node_count()];
        let mut rest: Vec<NodeIx> = nodes.iter().copied().filter(|node| self.has(*node)).collect();
        while let Some(node) = rest.pop() {
            if !std::mem::replace(&mut gone[node.0 as usize], true) {
                let members = self.outgoing(node).filter(|edge| edge.kind == EdgeKind::Contains);
                rest.extend(members.map(|edge| edge.to));
            }
        }
        gone
    }

    fn cut_off(&self, gone: &[bool], kinds: &KindFactors) -> Vec<CutOff> {
        let mut found = Vec::new();
        for node in self.nodes().filter(|node| !gone[node.0 as usize]) {
            let missed = self
                .outgoing(node)
                .filter(|edge| gone[edge.to.0 as usize] && kinds.get(edge.kind) > 0.0);
            let mut sum = 0.0;
            let most = missed
                .inspect(|edge| sum += edge.weight)
                .reduce(|most, edge| if edge.weight > most.weight { edge } else { most });
            if let Some(edge) = most {
                found.push(CutOff { node, missed: edge.to, edge: edge.ix, weight: sum });
            }
        }
        found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.node.cmp(&b.node)));
        found
    }

    fn orphaned(&self, gone: &[bool], kinds: &KindFactors) -> Vec<NodeIx> {
        let uses = Projection::new(self, None, kinds, 0.0);
        let of = uses.components();
        let count = of.iter().max().map_or(0, |most| *most as usize + 1);
        // A component that nobody enters is wanted for itself, unless a part of it is gone.
        let (mut entered, mut broken) = (vec![false; count], vec![false; count]);
        for node in 0..uses.len() as u32 {
            let component = of[node as usize];
            broken[component as usize] |= gone[node as usize];
            for link in uses.links(node).iter().filter(|link| of[link.to as usize] != component) {
                entered[of[link.to as usize] as usize] = true;
            }
        }
        let wanted = |node: &u32| {
            let component = of[*node as usize] as usize;
            !entered[component] && !broken[component]
        };
        let mut alive = vec![false; uses.len()];
        let mut rest: Vec<u32> = (0..uses.len() as u32).filter(wanted).collect();
        while let Some(node) = rest.pop() {
            if !gone[node as usize] && !std::mem::replace(&mut alive[node as usize], true) {
                rest.extend(uses.links(node).iter().map(|link| link.to));
            }
        }
        // What contains something alive is alive.
        for node in 0..uses.len() as u32 {
            let mut at = if alive[node as usize] { self.nodes.parent[node as usize] } else { NONE };
            while at != NONE && !alive[at as usize] {
                alive[at as usize] = true;
                at = self.nodes.parent[at as usize];
            }
        }
        let dead = |node: &NodeIx| !alive[node.0 as usize] && !gone[node.0 as usize];
        let mut orphaned: Vec<NodeIx> = self.nodes().filter(dead).collect();
        orphaned.sort_by(|a, b| self.pagerank(*b).total_cmp(&self.pagerank(*a)).then(a.cmp(b)));
        orphaned
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{built, edge, graph_parts, nodes};

    fn calls(pairs: &[(u32, u32)], count: usize) -> Graph {
        let edges = pairs.iter().map(|(a, b)| edge(*a, *b, EdgeKind::Calls, 1.0)).collect();
        built(nodes(count), edges)
    }

    fn without(graph: &Graph, node: u32) -> (Vec<u32>, Vec<u32>) {
        let found = graph.without(&[NodeIx(node)], &CounterfactualOptions::default());
        let mut orphaned: Vec<u32> = found.orphaned.iter().map(|node| node.0).collect();
        orphaned.sort_unstable();
        (found.cut_off.iter().map(|it| it.node.0).collect(), orphaned)
    }

    #[test]
    fn what_only_it_uses_is_orphaned_even_in_a_circle() {
        // 0 uses 1; 1 uses 2 and 3; 2 and 4 use each other; 5 uses 3.
        let graph = calls(&[(0, 1), (1, 2), (1, 3), (2, 4), (4, 2), (5, 3)], 6);
        assert_eq!(without(&graph, 1), (vec![0], vec![2, 4]));
        assert_eq!(without(&graph, 0), (vec![], vec![1, 2, 4]));
        assert_eq!(without(&graph, 99), (vec![], vec![]));
    }

    #[test]
    fn members_go_with_what_holds_them() {
        let edges = vec![
            edge(0, 1, EdgeKind::Contains, 1.0),
            edge(2, 1, EdgeKind::Calls, 0.5),
            edge(1, 3, EdgeKind::Calls, 1.0),
        ];
        let graph = built(nodes(4), edges);
        let found = graph.without(&[NodeIx(0)], &CounterfactualOptions::default());
        assert_eq!(found.removed, [NodeIx(0), NodeIx(1)]);
        assert_eq!((found.cut_off[0].node, found.cut_off[0].missed), (NodeIx(2), NodeIx(1)));
        assert_eq!(found.orphaned, [NodeIx(3)]);
        assert!(found.importance > 0.5 && found.importance < 1.0);
    }

    proptest! {
        /// Reachability node by node, from every node that no other component reaches.
        #[test]
        fn orphans_are_what_cannot_be_reached((nodes, edges) in graph_parts(10, 25), gone in 0_u32..10) {
            let edges = edges.into_iter().filter(|edge| edge.kind != EdgeKind::Contains).collect();
            let graph = built(nodes, edges);
            let gone = NodeIx(gone % graph.node_count() as u32);
            let kinds = CounterfactualOptions::default().kinds;
            let n = graph.node_count();
            let reach = |without: Option<NodeIx>| {
                let mut reach = vec![vec![false; n]; n];
                (0..n).for_each(|at| reach[at][at] = without != Some(NodeIx(at as u32)));
                for _ in 0..n {
                    for edge in graph.edges().filter(|edge| kinds.get(edge.kind) > 0.0) {
                        if Some(edge.to) != without && Some(edge.from) != without {
                            for row in &mut reach {
                                row[edge.to.0 as usize] |= row[edge.from.0 as usize];
                            }
                        }
                    }
                }
                reach
            };
            let (before, after) = (reach(None), reach(Some(gone)));
            let root = |at: usize| (0..n).all(|from| !before[from][at] || before[at][from]);
            let whole = |at: usize| {
                let gone = gone.0 as usize;
                !(before[at][gone] && before[gone][at])
            };
            let roots: Vec<usize> = (0..n).filter(|at| root(*at) && whole(*at)).collect();
            let wanted: Vec<u32> = (0..n)
                .filter(|at| *at != gone.0 as usize && !roots.iter().any(|root| after[*root][*at]))
                .map(|at| at as u32)
                .collect();
            prop_assert_eq!(without(&graph, gone.0).1, wanted);
        }
    }
}
