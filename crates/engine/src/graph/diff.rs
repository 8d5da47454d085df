//! What two graphs of one workspace have that the other has not.

use std::collections::{BTreeMap, BTreeSet};

use coderoom_graph::{Edge, EdgeKind, Graph, LayerOptions, NodeIx, NodeKind};

use super::reach::dependency_kinds;

/// How one directory depends on another, before and after.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Coupling {
    /// The directory that depends.
    pub from: String,
    /// The directory that it depends on.
    pub to: String,
    /// Edges before.
    pub before: u32,
    /// Edges after.
    pub after: u32,
}

/// What differs. Removed nodes and edges are of the first graph, added ones of the second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphDiff {
    /// Files, symbols and sections that came.
    pub added: Vec<NodeIx>,
    /// Those that went.
    pub removed: Vec<NodeIx>,
    /// Those that have gone from one file or type to another: the only one of its kind and name that
    /// went, and the only one that came.
    pub moved: Vec<(NodeIx, NodeIx)>,
    /// Edges that came; what contains what and changes together left out.
    pub edges_added: Vec<Edge>,
    /// Edges that went.
    pub edges_removed: Vec<Edge>,
    /// Directories that depend on each other more or less than before: the largest change first.
    pub coupling: Vec<Coupling>,
    /// Cycles of files that were none, or were smaller.
    pub cycles_added: Vec<Vec<NodeIx>>,
    /// Cycles of files that are none any more, or are smaller.
    pub cycles_removed: Vec<Vec<NodeIx>>,
}

/// Compares two graphs. Nodes are the same if their keys are. O(nodes + edges log degree).
pub fn difference(before: &Graph, after: &Graph) -> GraphDiff {
    let (mut removed, mut added) = (only_in(before, after), only_in(after, before));
    let moved = moved(before, &mut removed, after, &mut added);
    let (edges_removed, edges_added) = (edges_only_in(before, after), edges_only_in(after, before));
    let coupling = coupling((before, &edges_removed), (after, &edges_added));
    let (cycles_before, cycles_after) = (cycles(before), cycles(after));
    GraphDiff {
        added,
        removed,
        moved,
        cycles_added: larger(after, &cycles_after, before, &cycles_before),
        cycles_removed: larger(before, &cycles_before, after, &cycles_after),
        edges_added,
        edges_removed,
        coupling,
    }
}

fn only_in(graph: &Graph, other: &Graph) -> Vec<NodeIx> {
    let mine = graph.nodes().filter(|node| graph.kind(*node) != NodeKind::Directory);
    mine.filter(|node| other.node(graph.key(*node)).is_none()).collect()
}

/// Takes out of both lists what has only moved.
fn moved(
    before: &Graph,
    removed: &mut Vec<NodeIx>,
    after: &Graph,
    added: &mut Vec<NodeIx>,
) -> Vec<(NodeIx, NodeIx)> {
    type Name<'g> = (NodeKind, &'g str);
    fn by_name<'g>(graph: &'g Graph, nodes: &[NodeIx]) -> BTreeMap<Name<'g>, Vec<NodeIx>> {
        let mut named: BTreeMap<Name<'_>, Vec<NodeIx>> = BTreeMap::new();
        let movable = nodes.iter().filter(|node| graph.kind(**node) != NodeKind::Package);
        for node in movable {
            named.entry((graph.kind(*node), graph.label(*node))).or_default().push(*node);
        }
        named
    }
    let mut moved = Vec::new();
    let now = by_name(after, added);
    for (name, went) in by_name(before, removed) {
        if let ([went], Some([came])) = (&went[..], now.get(&name).map(Vec::as_slice)) {
            moved.push((*went, *came));
        }
    }
    let (went, came): (BTreeSet<NodeIx>, BTreeSet<NodeIx>) = moved.iter().copied().unzip();
    removed.retain(|node| !went.contains(node));
    added.retain(|node| !came.contains(node));
    moved.sort_unstable();
    moved
}

fn edges_only_in(graph: &Graph, other: &Graph) -> Vec<Edge> {
    let there: Vec<Option<NodeIx>> =
        graph.nodes().map(|node| other.node(graph.key(node))).collect();
    let counts = |edge: &Edge| !matches!(edge.kind, EdgeKind::Contains | EdgeKind::CoChange);
    let missing = |edge: &Edge| match (there[edge.from.0 as usize], there[edge.to.0 as usize]) {
        (Some(from), Some(to)) => other.find_edge(from, to, edge.kind).is_none(),
        _ => true,
    };
    graph.edges().filter(counts).filter(missing).collect()
}

/// The directories at the ends of a dependency, if they are two.
fn between<'g>(graph: &'g Graph, edge: &Edge) -> Option<(&'g str, &'g str)> {
    if dependency_kinds().get(edge.kind) == 0.0 {
        return None;
    }
    let directory = |node| Some(graph.key(graph.container(node, NodeKind::Directory)?));
    let (from, to) = (directory(edge.from)?, directory(edge.to)?);
    (from != to).then_some((from, to))
}

fn coupling(before: (&Graph, &[Edge]), after: (&Graph, &[Edge])) -> Vec<Coupling> {
    let mut counts: BTreeMap<(&str, &str), (u32, u32)> = BTreeMap::new();
    for (graph, edges) in [before, after] {
        for pair in edges.iter().filter_map(|edge| between(graph, edge)) {
            counts.entry(pair).or_default();
        }
    }
    if counts.is_empty() {
        return Vec::new();
    }
    for pair in before.0.edges().filter_map(|edge| between(before.0, &edge)) {
        counts.entry(pair).and_modify(|it| it.0 += 1);
    }
    for pair in after.0.edges().filter_map(|edge| between(after.0, &edge)) {
        counts.entry(pair).and_modify(|it| it.1 += 1);
    }
    let row = |((from, to), (before, after)): ((&str, &str), (u32, u32))| Coupling {
        from: from.to_owned(),
        to: to.to_owned(),
        before,
        after,
    };
    let mut rows: Vec<Coupling> =
        counts.into_iter().filter(|(_, (before, after))| before != after).map(row).collect();
    rows.sort_by_key(|it| std::cmp::Reverse(it.before.abs_diff(it.after)));
    rows
}

fn cycles(graph: &Graph) -> Vec<Vec<NodeIx>> {
    let options =
        LayerOptions { kinds: dependency_kinds(), min_weight: 1.0, ..LayerOptions::default() };
    graph.layers(&options).cycles
}

/// Cycles that are part of none of the other graph's.
fn larger(
    graph: &Graph,
    cycles: &[Vec<NodeIx>],
    other: &Graph,
    others: &[Vec<NodeIx>],
) -> Vec<Vec<NodeIx>> {
    let mut cycle_of: BTreeMap<NodeIx, usize> = BTreeMap::new();
    for (number, nodes) in others.iter().enumerate() {
        cycle_of.extend(nodes.iter().map(|node| (*node, number)));
    }
    let part = |nodes: &&Vec<NodeIx>| {
        let there = |node: &NodeIx| cycle_of.get(&other.node(graph.key(*node))?).copied();
        let numbers: BTreeSet<Option<usize>> = nodes.iter().map(there).collect();
        numbers.len() == 1 && !numbers.contains(&None)
    };
    cycles.iter().filter(|nodes| !part(nodes)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::reach::testing::files;

    proptest! {
        /// What came one way went the other way, and both are exactly what the lists differ in.
        #[test]
        fn differences_are_those_of_the_lists(
            old in proptest::collection::btree_set((0u32..6, 0u32..6), 0..12),
            new in proptest::collection::btree_set((0u32..6, 0u32..6), 0..12),
            counts in (1u32..6, 1u32..6),
        ) {
            let calls = |set: &BTreeSet<(u32, u32)>| set.iter().copied().collect::<Vec<_>>();
            let (before, after) = (files(counts.0, &calls(&old)), files(counts.1, &calls(&new)));
            let (there, back) = (difference(&before, &after), difference(&after, &before));
            prop_assert_eq!(&there.added, &back.removed);
            prop_assert_eq!(there.edges_added.len(), back.edges_removed.len());
            prop_assert_eq!(&there.cycles_added, &back.cycles_removed);
            let real = |set: &BTreeSet<(u32, u32)>, count: u32| -> BTreeSet<(u32, u32)> {
                set.iter().copied().filter(|(a, b)| a != b && a.max(b) < &count).collect()
            };
            let (old, new) = (real(&old, counts.0), real(&new, counts.1));
            prop_assert_eq!(there.edges_added.len(), new.difference(&old).count());
            prop_assert_eq!(there.edges_removed.len(), old.difference(&new).count());
            prop_assert_eq!(there.added.len() as u32, 2 * counts.1.saturating_sub(counts.0));
        }
    }

    /// A new tie that closes a cycle is told as one; the same cycle is no news.
    #[test]
    fn new_cycles_are_told() {
        let (before, after) = (files(3, &[(0, 1), (1, 2)]), files(3, &[(0, 1), (1, 2), (2, 0)]));
        let files = vec![vec![NodeIx(1), NodeIx(3), NodeIx(5)]];
        assert_eq!(difference(&before, &after).cycles_added, files);
        assert_eq!(difference(&after, &before).cycles_removed, files);
        assert!(difference(&after, &after).cycles_added.is_empty());
    }
}
