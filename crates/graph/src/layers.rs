//! Layers: what depends on nothing is the ground, everything else lies above all it depends on.
//! Cycles lie in one layer, and are told together with the few dependencies that close them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    csr::EdgeIx,
    factors::KindFactors,
    graph::Graph,
    kind::{EdgeKind, NodeKind},
    parts::NodeIx,
    projection::Projection,
};

/// What layers are made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LayerOptions<'a> {
    /// Nodes count as their nearest container of this kind; without one, as themselves.
    pub level: Option<NodeKind>,
    /// Kinds with a factor above 0 are dependencies.
    pub kinds: KindFactors,
    /// Edges that were built with less weight are none: guesses close cycles that are not there.
    pub min_weight: f32,
    /// The layers that are wanted: nodes of that level with their number, from the ground up.
    pub wanted: &'a [(NodeIx, u32)],
}

impl Default for LayerOptions<'_> {
    fn default() -> Self {
        let kinds = [EdgeKind::Imports, EdgeKind::Calls, EdgeKind::References, EdgeKind::Inherits];
        let kinds = KindFactors::of(&kinds.map(|kind| (kind, 1.0)));
        LayerOptions { level: Some(NodeKind::File), kinds, min_weight: 0.0, wanted: &[] }
    }
}

/// Why a dependency should not be there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Without it, and its like, there would be no cycle.
    Cycle,
    /// It leads from a layer to a higher one.
    Upward,
}

/// A dependency that should not be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Violation {
    /// What depends.
    pub from: NodeIx,
    /// What it depends on.
    pub to: NodeIx,
    /// The first edge that says so.
    pub edge: EdgeIx,
    /// How many edges say so.
    pub count: u32,
    /// Why it should not.
    pub reason: Reason,
}

/// The layers of a graph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layers {
    /// From the ground up, each by node.
    pub layers: Vec<Vec<NodeIx>>,
    /// What depends on itself over others: the largest first.
    pub cycles: Vec<Vec<NodeIx>>,
    /// By reason and node.
    pub violations: Vec<Violation>,
}

impl Graph {
    /// The layers, the cycles, and what is wrong with them. O(edges log nodes). For each cycle, the
    /// dependencies that close it are those that lead backward in the order of Eades, Lin and Smyth
    /// (1993): few, but not always the fewest.
    pub fn layers(&self, options: &LayerOptions<'_>) -> Layers {
        let projection = Projection::new(self, options.level, &options.kinds, options.min_weight);
        let of = projection.components();
        let count = of.iter().max().map_or(0, |most| *most as usize + 1);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (group, component) in of.iter().enumerate() {
            members[*component as usize].push(group as u32);
        }
        // Components come after all that they depend on.
        let mut height = vec![0_usize; count];
        for (component, groups) in members.iter().enumerate() {
            let below = groups.iter().flat_map(|group| projection.links(*group));
            let below = below.map(|link| of[link.to as usize] as usize);
            let below = below.filter(|it| *it != component).map(|it| height[it] + 1);
            height[component] = below.max().unwrap_or(0);
        }
        let mut found = Layers::default();
        found.layers.resize(height.iter().max().map_or(0, |most| most + 1), Vec::new());
        for (group, component) in of.iter().enumerate() {
            found.layers[height[*component as usize]].push(projection.groups[group]);
        }
        for groups in members.iter().filter(|groups| groups.len() > 1) {
            let name = |group: &u32| projection.groups[*group as usize];
            found.cycles.push(groups.iter().map(name).collect());
            closing(&projection, groups, &mut found.violations);
        }
        found.cycles.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        upward(&projection, options.wanted, &mut found.violations);
        found.violations.sort_by_key(|it| (it.reason, it.from, it.to));
        found
    }
}

/// The dependencies that close the cycles of a component.
fn closing(projection: &Projection, groups: &[u32], violations: &mut Vec<Violation>) {
    let place = order(projection, groups);
    for from in groups {
        for link in projection.links(*from) {
            if place.get(&link.to).is_some_and(|to| *to < place[from]) {
                violations.push(Violation {
                    from: projection.groups[*from as usize],
                    to: projection.groups[link.to as usize],
                    edge: link.edge,
                    count: link.count,
                    reason: Reason::Cycle,
                });
            }
        }
    }
}

/// An order of groups in which few dependencies lead backward: sinks go to the end, sources to the
/// front, and if there is neither, whoever has most going out beyond what comes in.
fn order(projection: &Projection, groups: &[u32]) -> BTreeMap<u32, i64> {
    // What waits, by how soon it has its turn: (class, less out beyond in, group).
    type Turn = (u8, i64, u32);
    let turn = |group: u32, (out, into): (i64, i64)| -> Turn {
        let class = if out == 0 { 0 } else { u8::from(into != 0) + 1 };
        (class, into - out, group)
    };
    let inside: BTreeSet<u32> = groups.iter().copied().collect();
    let mut degrees: BTreeMap<u32, (i64, i64)> = inside.iter().map(|it| (*it, (0, 0))).collect();
    let mut users: BTreeMap<u32, Vec<(u32, i64)>> = BTreeMap::new();
    for from in groups {
        for link in projection.links(*from).iter().filter(|link| inside.contains(&link.to)) {
            let count = i64::from(link.count);
            degrees.entry(*from).or_default().0 += count;
            degrees.entry(link.to).or_default().1 += count;
            users.entry(link.to).or_default().push((*from, count));
        }
    }
    let mut waiting: BTreeSet<Turn> = degrees.iter().map(|(it, d)| turn(*it, *d)).collect();
    let mut place = BTreeMap::new();
    let (mut front, mut end) = (0_i64, i64::MAX);
    while let Some((class, _, group)) = waiting.pop_first() {
        degrees.remove(&group);
        let at = if class == 0 { &mut end } else { &mut front };
        place.insert(group, *at);
        *at += if class == 0 { -1 } else { 1 };
        let mut lower = |other: u32, out: i64, into: i64| {
            if let Some(degree) = degrees.get_mut(&other) {
                waiting.remove(&turn(other, *degree));
                *degree = (degree.0 - out, degree.1 - into);
                waiting.insert(turn(other, *degree));
            }
        };
        for link in projection.links(group) {
            lower(link.to, 0, i64::from(link.count));
        }
        for (user, count) in users.get(&group).map_or(&[][..], Vec::as_slice) {
            lower(*user, *count, 0);
        }
    }
    place
}

/// Dependencies that lead from a wanted layer to a higher one.
fn upward(projection: &Projection, wanted: &[(NodeIx, u32)], violations: &mut Vec<Violation>) {
    let wanted: BTreeMap<NodeIx, u32> = wanted.iter().copied().collect();
    if wanted.is_empty() {
        return;
    }
    for (number, from) in projection.groups.iter().enumerate() {
        let Some(layer) = wanted.get(from) else { continue };
        for link in projection.links(number as u32) {
            let to = projection.groups[link.to as usize];
            if wanted.get(&to).is_some_and(|other| other > layer) {
                violations.push(Violation {
                    from: *from,
                    to,
                    edge: link.edge,
                    count: link.count,
                    reason: Reason::Upward,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{built, edge, graph_parts, nodes};

    fn options() -> LayerOptions<'static> {
        let kinds = KindFactors::of(&EdgeKind::ALL.map(|kind| (kind, 1.0)));
        LayerOptions { level: None, kinds, min_weight: 0.0, wanted: &[] }
    }

    fn calls(pairs: &[(u32, u32)], count: usize) -> Graph {
        let edges = pairs.iter().map(|(a, b)| edge(*a, *b, EdgeKind::Calls, 1.0)).collect();
        built(nodes(count), edges)
    }

    fn numbers(nodes: &[NodeIx]) -> Vec<u32> {
        nodes.iter().map(|node| node.0).collect()
    }

    #[test]
    fn a_cycle_is_one_layer_and_one_dependency_closes_it() {
        let graph = calls(&[(0, 1), (1, 2), (2, 3), (3, 1), (0, 3), (2, 4)], 5);
        let found = graph.layers(&options());
        let layers: Vec<_> = found.layers.iter().map(|layer| numbers(layer)).collect();
        assert_eq!(layers, [vec![4], vec![1, 2, 3], vec![0]]);
        assert_eq!(found.cycles.iter().map(|it| numbers(it)).collect::<Vec<_>>(), [[1, 2, 3]]);
        assert_eq!(found.violations.len(), 1);
    }

    #[test]
    fn the_ground_must_not_look_up() {
        let graph = calls(&[(0, 1), (2, 0)], 3);
        let wanted = [(NodeIx(0), 0), (NodeIx(1), 1), (NodeIx(2), 1)];
        let found = graph.layers(&LayerOptions { wanted: &wanted, ..options() });
        let shown: Vec<_> =
            found.violations.iter().map(|it| (it.from.0, it.to.0, it.reason)).collect();
        assert_eq!(shown, [(0, 1, Reason::Upward)]);
    }

    proptest! {
        /// Everything is above what it depends on, and without what closes cycles there are none.
        #[test]
        fn layers_are_in_order_and_closing_edges_close((nodes, edges) in graph_parts(14, 50)) {
            let graph = built(nodes, edges);
            let found = graph.layers(&options());
            let layer = |node| found.layers.iter().position(|layer| layer.contains(&node)).unwrap();
            let cycle = |node| found.cycles.iter().position(|cycle| cycle.contains(&node));
            let closes: BTreeSet<_> = found.violations.iter().map(|it| (it.from, it.to)).collect();
            let mut left = petgraph::Graph::<(), ()>::new();
            let at: Vec<_> = graph.nodes().map(|_| left.add_node(())).collect();
            for edge in graph.edges() {
                let together = cycle(edge.from).is_some() && cycle(edge.from) == cycle(edge.to);
                prop_assert!(together || layer(edge.from) > layer(edge.to));
                prop_assert!(together || !closes.contains(&(edge.from, edge.to)));
                if !closes.contains(&(edge.from, edge.to)) {
                    left.add_edge(at[edge.from.0 as usize], at[edge.to.0 as usize], ());
                }
            }
            prop_assert!(!petgraph::algo::is_cyclic_directed(&left));
        }
    }
}
