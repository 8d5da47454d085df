//! The graph seen from further away: symbols as their files, files as their directories, with the
//! edges between them; and its strongly connected components.

use crate::{
    csr::EdgeIx, factors::KindFactors, graph::Graph, kind::NodeKind, nodes::NONE, parts::NodeIx,
};

/// Groups of nodes and the edges between them.
pub(crate) struct Projection {
    /// The node that each group is named by, by number.
    pub(crate) groups: Vec<NodeIx>,
    starts: Vec<u32>,
    edges: Vec<Link>,
}

/// All edges from one group to another as one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The group where it ends.
    pub(crate) to: u32,
    /// The first of the edges.
    pub(crate) edge: EdgeIx,
    /// How many there are.
    pub(crate) count: u32,
}

impl Projection {
    /// Nodes as their nearest container of a kind, those without one left out; without a kind, each
    /// node as itself. Edges of kinds with a factor above 0 count.
    pub(crate) fn new(
        graph: &Graph,
        level: Option<NodeKind>,
        kinds: &KindFactors,
        least: f32,
    ) -> Projection {
        let group = |node| level.map_or(Some(node), |kind| graph.container(node, kind));
        let named: Vec<Option<NodeIx>> = graph.nodes().map(group).collect();
        let mut groups: Vec<NodeIx> = named.iter().copied().flatten().collect();
        groups.sort_unstable();
        groups.dedup();
        let number = |node: NodeIx| groups.binary_search(&node).map_or(NONE, |at| at as u32);
        let of: Vec<u32> = named.into_iter().map(|it| it.map_or(NONE, number)).collect();
        let mut all: Vec<(u32, u32, EdgeIx)> = graph
            .edges()
            .filter(|edge| kinds.get(edge.kind) > 0.0 && graph.base_weight(edge.ix) >= least)
            .map(|edge| (of[edge.from.0 as usize], of[edge.to.0 as usize], edge.ix))
            .filter(|(from, to, _)| from != to && *from != NONE && *to != NONE)
            .collect();
        all.sort_unstable();
        let mut starts = Vec::with_capacity(groups.len() + 1);
        let mut edges: Vec<Link> = Vec::new();
        let mut rest = all.into_iter().peekable();
        for group in 0..groups.len() as u32 {
            let first = edges.len();
            starts.push(first as u32);
            while let Some((_, to, edge)) = rest.next_if(|(from, ..)| *from == group) {
                match edges[first..].last_mut() {
                    Some(last) if last.to == to => last.count += 1,
                    _ => edges.push(Link { to, edge, count: 1 }),
                }
            }
        }
        starts.push(edges.len() as u32);
        Projection { groups, starts, edges }
    }

    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn links(&self, group: u32) -> &[Link] {
        let at = group as usize;
        &self.edges[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The strongly connected component of each group, by Tarjan's algorithm (1972) without recursion.
    /// A link never leads to a component of a larger number: what is depended upon comes first.
    pub(crate) fn components(&self) -> Vec<u32> {
        let mut of = vec![NONE; self.len()];
        let mut index = vec![NONE; self.len()];
        let mut low = vec![0_u32; self.len()];
        let (mut stack, mut calls) = (Vec::new(), Vec::new());
        let (mut next, mut count) = (0, 0);
        for root in 0..self.len() as u32 {
            if index[root as usize] != NONE {
                continue;
            }
            calls.push((root, 0_usize));
            while let Some((node, at)) = calls.pop() {
                let here = node as usize;
                if at == 0 {
                    index[here] = next;
                    low[here] = next;
                    next += 1;
                    stack.push(node);
                }
                if let Some(link) = self.links(node).get(at) {
                    calls.push((node, at + 1));
                    let there = link.to as usize;
                    if index[there] == NONE {
                        calls.push((link.to, 0));
                    } else if of[there] == NONE {
                        low[here] = low[here].min(index[there]);
                    }
                    continue;
                }
                if let Some((above, _)) = calls.last() {
                    let above = *above as usize;
                    low[above] = low[above].min(low[here]);
                }
                if low[here] == index[here] {
                    while let Some(member) = stack.pop() {
                        of[member as usize] = count;
                        if member == node {
                            break;
                        }
                    }
                    count += 1;
                }
            }
        }
        of
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::EdgeKind,
        testing::{built, edge, graph_parts, node},
    };

    pub(super) fn all() -> KindFactors {
        KindFactors::of(&EdgeKind::ALL.map(|kind| (kind, 1.0)))
    }

    proptest! {
        #[test]
        fn components_are_those_of_petgraph((nodes, edges) in graph_parts(20, 60)) {
            let graph = built(nodes, edges);
            let projection = Projection::new(&graph, None, &all(), 0.0);
            let of = projection.components();
            for (from, component) in of.iter().enumerate() {
                for link in projection.links(from as u32) {
                    prop_assert!(of[link.to as usize] <= *component);
                }
            }
            let mut theirs = petgraph::Graph::<(), ()>::new();
            let at: Vec<_> = graph.nodes().map(|_| theirs.add_node(())).collect();
            for edge in graph.edges() {
                theirs.add_edge(at[edge.from.0 as usize], at[edge.to.0 as usize], ());
            }
            let wanted: BTreeSet<BTreeSet<usize>> = petgraph::algo::tarjan_scc(&theirs)
                .into_iter()
                .map(|part| part.into_iter().map(|node| node.index()).collect())
                .collect();
            let count = of.iter().max().map_or(0, |most| most + 1);
            let part = |number| (0..of.len()).filter(|node| of[*node] == number).collect();
            let ours: BTreeSet<BTreeSet<usize>> = (0..count).map(part).collect();
            prop_assert_eq!(ours, wanted);
        }
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let edges = (1..100_000).map(|to| edge(to - 1, to, EdgeKind::Calls, 1.0)).collect();
        let graph = built(crate::testing::nodes(100_000), edges);
        assert_eq!(Projection::new(&graph, None, &all(), 0.0).components()[0], 99_999);
    }

    #[test]
    fn symbols_are_seen_as_their_files() {
        let kinds = [NodeKind::File, NodeKind::Symbol, NodeKind::File, NodeKind::Symbol];
        let nodes = kinds.iter().enumerate().map(|(n, kind)| node(&n.to_string(), *kind)).collect();
        let contains = |from, to| edge(from, to, EdgeKind::Contains, 1.0);
        let edges = vec![
            contains(0, 1),
            contains(2, 3),
            edge(1, 3, EdgeKind::Calls, 1.0),
            edge(0, 2, EdgeKind::Imports, 1.0),
        ];
        let graph = built(nodes, edges);
        let kinds = KindFactors::of(&[(EdgeKind::Calls, 1.0), (EdgeKind::Imports, 1.0)]);
        let files = Projection::new(&graph, Some(NodeKind::File), &kinds, 0.0);
        assert_eq!(files.groups, [NodeIx(0), NodeIx(2)]);
        let links: Vec<_> = files.links(0).iter().map(|link| (link.to, link.count)).collect();
        assert_eq!(links, [(1, 2)]);
    }
}
