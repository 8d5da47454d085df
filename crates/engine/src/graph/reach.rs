//! What depends on what, directly and over others: the ground of claims about structure.

use std::collections::{BTreeSet, HashMap, VecDeque};

use coderoom_graph::{Edge, EdgeKind, Graph, KindFactors, NodeIx, NodeKind, Step};

/// The kinds of edges that are dependencies.
const DEPENDENCY: [EdgeKind; 4] =
    [EdgeKind::Imports, EdgeKind::Calls, EdgeKind::References, EdgeKind::Inherits];

/// The same, each with the factor 1.
pub fn dependency_kinds() -> KindFactors {
    KindFactors::of(&DEPENDENCY.map(|kind| (kind, 1.0)))
}

/// Nodes and all that they contain. O(what they contain).
pub fn with_members(graph: &Graph, nodes: &[NodeIx]) -> BTreeSet<NodeIx> {
    let mut all = BTreeSet::new();
    let mut rest: Vec<NodeIx> = nodes.iter().copied().filter(|node| graph.has(*node)).collect();
    while let Some(node) = rest.pop() {
        if all.insert(node) {
            let inner = graph.outgoing(node).filter(|edge| edge.kind == EdgeKind::Contains);
            rest.extend(inner.map(|edge| edge.to));
        }
    }
    all
}

/// The edges of some kinds from one set to another, by number. What is in both counts as the other's.
pub fn direct_edges(
    graph: &Graph,
    from: &BTreeSet<NodeIx>,
    to: &BTreeSet<NodeIx>,
    kinds: &KindFactors,
) -> Vec<Edge> {
    let outer = from.iter().filter(|node| !to.contains(node));
    let edges = outer.flat_map(|node| graph.outgoing(*node));
    edges.filter(|edge| kinds.get(edge.kind) > 0.0 && to.contains(&edge.to)).collect()
}

/// The edges of some kinds that lead into a set from outside of it, by number of the end.
pub fn incoming_edges(graph: &Graph, to: &BTreeSet<NodeIx>, kinds: &KindFactors) -> Vec<Edge> {
    let edges = to.iter().flat_map(|node| graph.incoming(*node));
    edges.filter(|edge| kinds.get(edge.kind) > 0.0 && !to.contains(&edge.from)).collect()
}

/// The shortest chain of dependencies from one set to another; ties by the numbers of nodes. Who
/// depends on a type depends on its members, who depends on a file not on all that is in it.
/// O(edges).
pub fn chain(
    graph: &Graph,
    from: &BTreeSet<NodeIx>,
    to: &BTreeSet<NodeIx>,
    kinds: &KindFactors,
) -> Option<Vec<Step>> {
    let mut came: HashMap<NodeIx, Option<Edge>> = HashMap::new();
    let mut queue: VecDeque<NodeIx> = VecDeque::new();
    for node in from.iter().filter(|node| !to.contains(node)) {
        came.insert(*node, None);
        queue.push_back(*node);
    }
    while let Some(node) = queue.pop_front() {
        for edge in graph.outgoing(node) {
            let inner = edge.kind == EdgeKind::Contains && graph.kind(node) == NodeKind::Symbol;
            if (kinds.get(edge.kind) > 0.0 || inner) && !came.contains_key(&edge.to) {
                came.insert(edge.to, Some(edge));
                if to.contains(&edge.to) {
                    return Some(steps_to(edge.to, &|node| came.get(&node).copied().flatten()));
                }
                queue.push_back(edge.to);
            }
        }
    }
    None
}

/// The shortest cycle of dependencies that a file, a directory or a symbol is in. Files count with
/// what is in them, directories with the files right in them. Gives one edge for each turn of the
/// cycle, so its ends need not meet: what joins them lies in the same file or directory. Edges that
/// were built with less than `least` weight are none. O(edges).
pub fn cycle(graph: &Graph, node: NodeIx, least: f32) -> Option<Vec<Step>> {
    let level = graph.kind(node);
    let kinds = dependency_kinds();
    let whole = |at: NodeIx| match level {
        NodeKind::File | NodeKind::Directory => graph.container(at, level).unwrap_or(at),
        _ => at,
    };
    let start = whole(node);
    let mut came: HashMap<NodeIx, Edge> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for inner in members_at(graph, at, level) {
            let counts =
                |edge: &Edge| kinds.get(edge.kind) > 0.0 && graph.base_weight(edge.ix) >= least;
            for edge in graph.outgoing(inner).filter(counts) {
                let next = whole(edge.to);
                if next == at || came.contains_key(&next) || graph.kind(next) == NodeKind::Package {
                    continue;
                }
                came.insert(next, edge);
                if next == start {
                    return Some(around(start, &came, &whole));
                }
                queue.push_back(next);
            }
        }
    }
    None
}

/// What counts as a node of a cycle.
fn members_at(graph: &Graph, at: NodeIx, level: NodeKind) -> BTreeSet<NodeIx> {
    if level != NodeKind::Directory {
        return with_members(graph, &[at]);
    }
    let inner = graph.outgoing(at).filter(|edge| edge.kind == EdgeKind::Contains);
    let files: Vec<NodeIx> =
        inner.map(|edge| edge.to).filter(|it| graph.kind(*it) == NodeKind::File).collect();
    with_members(graph, &files)
}

fn around(
    start: NodeIx,
    came: &HashMap<NodeIx, Edge>,
    whole: &dyn Fn(NodeIx) -> NodeIx,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = start;
    while let Some(edge) = came.get(&at) {
        steps.push(step(edge));
        at = whole(edge.from);
        if at == start {
            break;
        }
    }
    steps.reverse();
    steps
}

fn step(edge: &Edge) -> Step {
    Step { from: edge.from, to: edge.to, edge: edge.ix, kind: edge.kind, forward: true }
}

fn steps_to(end: NodeIx, came: &dyn Fn(NodeIx) -> Option<Edge>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = end;
    while let Some(edge) = came(at) {
        steps.push(step(&edge));
        at = edge.from;
    }
    steps.reverse();
    steps
}

#[cfg(test)]
pub(crate) mod testing {
    use coderoom_graph::{BuildOptions, EdgeKind, EdgePart, Graph, NodeIx, NodeKind, NodePart};

    /// A graph of files, each with a function, in the root; edges join the functions.
    pub(crate) fn files(count: u32, calls: &[(u32, u32)]) -> Graph {
        let part = |key: String, kind| NodePart {
            label: key.clone().into(),
            key: key.into(),
            kind,
            tags: Vec::new(),
            modified: 0,
            change_frequency: 0.0,
        };
        let mut nodes = vec![part(".".into(), NodeKind::Directory)];
        let mut edges = Vec::new();
        let mut edge = |from, to, kind| {
            edges.push(EdgePart { from: NodeIx(from), to: NodeIx(to), kind, weight: 1.0 });
        };
        for file in 0..count {
            nodes.push(part(format!("{file}.py"), NodeKind::File));
            nodes.push(part(format!("{file}.py#f"), NodeKind::Symbol));
            edge(0, 2 * file + 1, EdgeKind::Contains);
            edge(2 * file + 1, 2 * file + 2, EdgeKind::Contains);
        }
        for (from, to) in calls.iter().filter(|(from, to)| from.max(to) < &count) {
            edge(2 * from + 2, 2 * to + 2, EdgeKind::Calls);
        }
        Graph::build(nodes, edges, &BuildOptions::default()).expect("a graph")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COUNT: u32 = 7;

    /// Which files lead to which over one call or more.
    fn closure(calls: &[(u32, u32)]) -> Vec<Vec<bool>> {
        let size = COUNT as usize;
        let mut leads = vec![vec![false; size]; size];
        for (from, to) in calls.iter().filter(|(from, to)| from != to) {
            leads[*from as usize][*to as usize] = true;
        }
        for over in 0..size {
            for from in 0..size {
                for to in 0..size {
                    leads[from][to] |= leads[from][over] && leads[over][to];
                }
            }
        }
        leads
    }

    proptest! {
        /// Chains and cycles are found if and only if they are there, each step is an edge, and a
        /// chain hangs together.
        #[test]
        fn chains_and_cycles_are_those_of_the_closure(
            calls in proptest::collection::vec((0..COUNT, 0..COUNT), 0..16),
        ) {
            let graph = super::testing::files(COUNT, &calls);
            let leads = closure(&calls);
            for from in 0..COUNT {
                let file = NodeIx(2 * from + 1);
                let round = cycle(&graph, file, 1.0);
                prop_assert_eq!(round.is_some(), leads[from as usize][from as usize]);
                if let Some(steps) = round {
                    prop_assert_eq!(graph.parent(steps[0].from), Some(file));
                    prop_assert_eq!(graph.parent(steps[steps.len() - 1].to), Some(file));
                }
                for to in (0..COUNT).filter(|to| *to != from) {
                    let set = |file: u32| with_members(&graph, &[NodeIx(2 * file + 1)]);
                    let (a, b) = (set(from), set(to));
                    let found = chain(&graph, &a, &b, &dependency_kinds());
                    prop_assert_eq!(found.is_some(), leads[from as usize][to as usize]);
                    let direct = direct_edges(&graph, &a, &b, &dependency_kinds());
                    prop_assert_eq!(direct.is_empty(), !calls.contains(&(from, to)));
                    for pair in found.iter().flat_map(|steps| steps.windows(2)) {
                        prop_assert_eq!(pair[0].to, pair[1].from);
                    }
                }
            }
        }
    }
}
