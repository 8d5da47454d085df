//! Makes a graph of nodes and edges in any order.

use std::sync::{Arc, OnceLock};

use thiserror::Error;

use crate::{
    csr::Csr,
    finite::{FiniteF32, PosF32},
    graph::Graph,
    intern::StringInterner,
    kind::EdgeKind,
    nodes::{Cold, NONE, Nodes, PlasticityNode},
    pagerank::PageRankOptions,
    parts::{EdgePart, NodePart},
    scratch::Pools,
};

/// Bounds of a graph.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BuildOptions {
    /// With more nodes, nothing is built.
    pub max_nodes: usize,
    /// How importance is computed.
    pub pagerank: PageRankOptions,
}

impl Default for BuildOptions {
    fn default() -> BuildOptions {
        BuildOptions { max_nodes: 500_000, pagerank: PageRankOptions::default() }
    }
}

/// Why no graph could be built.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum GraphError {
    /// More nodes than the bound.
    #[error("{nodes} nodes are more than the {max} that are allowed")]
    TooManyNodes {
        /// How many there are.
        nodes: usize,
        /// The bound.
        max: usize,
    },
    /// Two nodes with one key.
    #[error("two nodes have the key {key:?}")]
    DuplicateKey {
        /// The key.
        key: Box<str>,
    },
    /// An edge from or to a node that there is not.
    #[error("edge {edge} names node {node}, but there are {nodes}")]
    NoSuchNode {
        /// The place of the edge among the parts.
        edge: usize,
        /// The node that it names.
        node: u32,
        /// How many nodes there are.
        nodes: usize,
    },
    /// An edge with a weight that is not above 0 and up to 1.
    #[error("edge {edge} has the weight {weight}, which is not above 0 and up to 1")]
    Weight {
        /// The place of the edge among the parts.
        edge: usize,
        /// The weight.
        weight: f32,
    },
    /// A node with a change frequency that is not from 0 to 1.
    #[error("node {key:?} has the change frequency {frequency}, which is not from 0 to 1")]
    Frequency {
        /// The key of the node.
        key: Box<str>,
        /// The frequency.
        frequency: f32,
    },
    /// More edges than numbers for them, or more than 4 GiB of text.
    #[error("there is more than the numbers of a graph can hold")]
    TooLarge,
}

impl Graph {
    /// Builds a graph. An edge from a node to itself is left out, because no question is about it;
    /// co-change is made to stand in both directions. O(edges log edges).
    ///
    /// # Errors
    /// See [`GraphError`].
    pub fn build(
        nodes: Vec<NodePart>,
        edges: Vec<EdgePart>,
        options: &BuildOptions,
    ) -> Result<Graph, GraphError> {
        if nodes.len() > options.max_nodes.min(NONE as usize) {
            return Err(GraphError::TooManyNodes { nodes: nodes.len(), max: options.max_nodes });
        }
        let cold = Arc::new(cold(&nodes)?);
        check(nodes.len(), &edges)?;
        Graph::assemble(cold, &tidy(nodes.len(), edges), options)
    }

    /// From edges in order.
    pub(crate) fn assemble(
        cold: Arc<Cold>,
        edges: &[EdgePart],
        options: &BuildOptions,
    ) -> Result<Graph, GraphError> {
        if u32::try_from(edges.len()).is_err() {
            return Err(GraphError::TooLarge);
        }
        let count = cold.kind.len();
        let csr = Csr::new(count, edges);
        let mut degree = vec![0; count];
        let mut incoming = vec![0.0_f32; count];
        let mut parent = vec![NONE; count];
        for edge in edges {
            let (from, to) = (edge.from.0 as usize, edge.to.0 as usize);
            degree[from] += 1;
            degree[to] += 1;
            incoming[to] += edge.weight;
            if edge.kind == EdgeKind::Contains {
                parent[to] = parent[to].min(edge.from.0);
            }
        }
        let balance = |sum| PlasticityNode { incoming: PosF32::clamped(sum) };
        let nodes = Nodes {
            pagerank: OnceLock::new(),
            ranking: options.pagerank,
            degree,
            plasticity: incoming.into_iter().map(balance).collect(),
            parent,
            cold,
        };
        Ok(Graph { nodes: Arc::new(nodes), csr, pools: Arc::new(Pools::default()) })
    }
}

pub(crate) fn check(nodes: usize, edges: &[EdgePart]) -> Result<(), GraphError> {
    for (number, edge) in edges.iter().enumerate() {
        for node in [edge.from.0, edge.to.0] {
            if node as usize >= nodes {
                return Err(GraphError::NoSuchNode { edge: number, node, nodes });
            }
        }
        // Written so that NaN is refused.
        if !(edge.weight >= f32::MIN_POSITIVE && edge.weight <= 1.0) {
            return Err(GraphError::Weight { edge: number, weight: edge.weight });
        }
    }
    Ok(())
}

/// Sorted by start, end and kind, each once, with the largest of its weights. By counting, as the rows
/// of most nodes are short.
fn tidy(nodes: usize, mut edges: Vec<EdgePart>) -> Vec<EdgePart> {
    edges.retain(|edge| edge.from != edge.to);
    let together = |edge: &&EdgePart| edge.kind == EdgeKind::CoChange;
    let back = |edge: &EdgePart| EdgePart { from: edge.to, to: edge.from, ..*edge };
    let both: Vec<EdgePart> = edges.iter().filter(together).map(back).collect();
    edges.extend(both);
    let Some(any) = edges.first().copied() else { return edges };
    // Of usize: there may be more than there are numbers for, before doubles are left out.
    let mut next = vec![0_usize; nodes + 1];
    for edge in &edges {
        next[edge.from.0 as usize + 1] += 1;
    }
    for at in 1..next.len() {
        next[at] += next[at - 1];
    }
    let mut sorted = vec![any; edges.len()];
    for edge in edges {
        let place = &mut next[edge.from.0 as usize];
        sorted[*place] = edge;
        *place += 1;
    }
    for row in sorted.chunk_by_mut(|a, b| a.from == b.from) {
        let what = |edge: &EdgePart| (edge.to, edge.kind);
        row.sort_unstable_by(|a, b| what(a).cmp(&what(b)).then(b.weight.total_cmp(&a.weight)));
    }
    sorted.dedup_by_key(|edge| (edge.from, edge.to, edge.kind));
    sorted.shrink_to_fit();
    sorted
}

fn cold(nodes: &[NodePart]) -> Result<Cold, GraphError> {
    let length = nodes.iter().map(|node| node.key.len()).sum();
    let mut keys = StringInterner::with_room(nodes.len(), length);
    for (number, node) in nodes.iter().enumerate() {
        let key = keys.intern(&node.key).ok_or(GraphError::TooLarge)?;
        if key.0 as usize != number {
            return Err(GraphError::DuplicateKey { key: node.key.clone() });
        }
    }
    let mut words = Arc::new(StringInterner::default());
    let nodes: Vec<&NodePart> = nodes.iter().collect();
    let mut cold = columns(&nodes, &mut words)?;
    cold.tags.shrink_to_fit();
    if let Some(words) = Arc::get_mut(&mut words) {
        words.shrink();
    }
    Ok(Cold { keys, words, ..cold })
}

/// The columns of these nodes, without their keys. Labels and tags that are not among the words yet
/// are added to them.
pub(crate) fn columns(
    nodes: &[&NodePart],
    words: &mut Arc<StringInterner>,
) -> Result<Cold, GraphError> {
    let mut word = |word: &str| {
        let known = words.get(word);
        known.or_else(|| Arc::make_mut(words).intern(word)).ok_or(GraphError::TooLarge)
    };
    let mut cold = Cold::default();
    for node in nodes {
        cold.label.push(word(&node.label)?);
        cold.tag_start.push(u32::try_from(cold.tags.len()).map_err(|_| GraphError::TooLarge)?);
        for tag in &node.tags {
            cold.tags.push(word(tag)?);
        }
        let frequency = node.change_frequency;
        if !(0.0..=1.0).contains(&frequency) {
            return Err(GraphError::Frequency { key: node.key.clone(), frequency });
        }
        cold.change_frequency.push(FiniteF32::clamped(frequency));
        cold.kind.push(node.kind);
        cold.modified.push(node.modified);
    }
    cold.tag_start.push(u32::try_from(cold.tags.len()).map_err(|_| GraphError::TooLarge)?);
    Ok(cold)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::NodeKind,
        parts::NodeIx,
        testing::{edge, graph_parts, node},
    };

    fn build(nodes: Vec<NodePart>, edges: Vec<EdgePart>) -> Result<Graph, GraphError> {
        Graph::build(nodes, edges, &BuildOptions::default())
    }

    proptest! {
        /// Both sides, and a search by name, see exactly the edges that were given.
        #[test]
        fn rows_hold_the_edges_that_were_given((nodes, edges) in graph_parts(12, 60)) {
            let mut wanted: BTreeMap<(u32, u32, EdgeKind), f32> = BTreeMap::new();
            let mut want = |from: NodeIx, to: NodeIx, edge: &EdgePart| {
                let weight = wanted.entry((from.0, to.0, edge.kind)).or_insert(edge.weight);
                *weight = weight.max(edge.weight);
            };
            for edge in edges.iter().filter(|edge| edge.from != edge.to) {
                want(edge.from, edge.to, edge);
                if edge.kind == EdgeKind::CoChange {
                    want(edge.to, edge.from, edge);
                }
            }
            let graph = build(nodes.clone(), edges).unwrap();
            prop_assert_eq!(graph.edge_count(), wanted.len());
            let row = |edge: crate::Edge| ((edge.from.0, edge.to.0, edge.kind), edge.weight);
            let forward: Vec<_> = graph.edges().map(row).collect();
            prop_assert!(forward.is_sorted_by_key(|(what, _)| *what));
            prop_assert_eq!(&forward.into_iter().collect::<BTreeMap<_, _>>(), &wanted);
            let mut back = BTreeMap::new();
            for at in graph.nodes() {
                prop_assert!(graph.incoming(at).all(|edge| edge.to == at));
                back.extend(graph.incoming(at).map(row));
                prop_assert_eq!(graph.node(&nodes[at.0 as usize].key), Some(at));
                prop_assert_eq!(graph.key(at), &*nodes[at.0 as usize].key);
                prop_assert_eq!(graph.label(at), &*nodes[at.0 as usize].label);
                let degree = graph.outgoing(at).count() + graph.incoming(at).count();
                prop_assert_eq!(graph.degree(at), degree);
            }
            prop_assert_eq!(&back, &wanted);
            for (from, to, kind) in wanted.keys() {
                let found = graph.find_edge(NodeIx(*from), NodeIx(*to), *kind).unwrap();
                let edge = graph.edge(found).unwrap();
                prop_assert_eq!((edge.from.0, edge.to.0, edge.kind), (*from, *to, *kind));
            }
        }
    }

    proptest! {
        /// A graph with other rows is the one that is built from nothing, whatever it followed.
        #[test]
        fn other_rows_make_the_graph_that_they_make_alone(
            (nodes, edges) in graph_parts(12, 60),
            others in prop::collection::vec((0_u32..12, 0_u32..12, 0_usize..8, 0.1_f32..1.0), 0..20),
            rows in prop::collection::btree_set(0_u32..12, 0..6),
        ) {
            let count = nodes.len() as u32;
            let rows: Vec<NodeIx> = rows.into_iter().filter(|it| *it < count).map(NodeIx).collect();
            let inside = |edge: &EdgePart| rows.contains(&edge.from);
            let new: Vec<EdgePart> = others
                .into_iter()
                .map(|(from, to, kind, weight)| {
                    edge(from % count, to % count, EdgeKind::ALL[kind % EdgeKind::ALL.len()], weight)
                })
                // Co-change stands in both directions, which random rows are not.
                .filter(|it| inside(it) && it.kind != EdgeKind::CoChange)
                .collect();
            let edges: Vec<EdgePart> =
                edges.into_iter().filter(|it| it.kind != EdgeKind::CoChange).collect();
            let before = build(nodes.clone(), edges.clone()).unwrap();
            let after = before.with_rows(&rows, new.clone(), &BuildOptions::default()).unwrap();
            let mut all: Vec<EdgePart> = edges.into_iter().filter(|it| !inside(it)).collect();
            all.extend(new);
            let alone = build(nodes, all).unwrap();
            prop_assert!(after.edges().eq(alone.edges()));
            for at in alone.nodes() {
                prop_assert_eq!(after.key(at), alone.key(at));
                prop_assert_eq!(after.parent(at), alone.parent(at));
                prop_assert_eq!(after.degree(at), alone.degree(at));
                prop_assert!(after.incoming(at).eq(alone.incoming(at)));
                prop_assert_eq!(after.pagerank(at).to_bits(), alone.pagerank(at).to_bits());
            }
        }
    }

    #[test]
    fn edges_of_other_rows_are_refused() {
        let nodes = vec![node("a", NodeKind::File), node("b", NodeKind::File)];
        let graph = build(nodes, Vec::new()).unwrap();
        let stray = vec![edge(1, 0, EdgeKind::Calls, 1.0)];
        let error = graph.with_rows(&[NodeIx(0)], stray, &BuildOptions::default()).err().unwrap();
        assert_eq!(error, GraphError::NoSuchNode { edge: 0, node: 1, nodes: 2 });
    }

    #[test]
    fn what_cannot_be_built_is_named() {
        let two = || vec![node("a", NodeKind::File), node("b", NodeKind::File)];
        let same = vec![node("a", NodeKind::File), node("a", NodeKind::Symbol)];
        let error = build(same, Vec::new()).err().unwrap();
        assert_eq!(error, GraphError::DuplicateKey { key: "a".into() });
        let error = build(two(), vec![edge(0, 7, EdgeKind::Calls, 1.0)]).err().unwrap();
        assert_eq!(error, GraphError::NoSuchNode { edge: 0, node: 7, nodes: 2 });
        for weight in [f32::NAN, f32::INFINITY, 0.0, -1.0, 1.5] {
            let error = build(two(), vec![edge(0, 1, EdgeKind::Calls, weight)]).err().unwrap();
            assert!(matches!(error, GraphError::Weight { edge: 0, .. }), "{weight}: {error}");
        }
        let odd = NodePart { change_frequency: f32::NAN, ..node("a", NodeKind::File) };
        let error = build(vec![odd], Vec::new()).err().unwrap();
        assert!(matches!(error, GraphError::Frequency { .. }));
        let bound = BuildOptions { max_nodes: 1, ..BuildOptions::default() };
        let error = Graph::build(two(), Vec::new(), &bound).err().unwrap();
        assert_eq!(error, GraphError::TooManyNodes { nodes: 2, max: 1 });
    }

    #[test]
    fn an_empty_graph_is_a_graph() {
        let graph = build(Vec::new(), Vec::new()).unwrap();
        assert_eq!((graph.node_count(), graph.edge_count()), (0, 0));
        assert_eq!(graph.node("a"), None);
        assert_eq!(graph.outgoing(NodeIx(3)).count() + graph.incoming(NodeIx(3)).count(), 0);
    }

    #[test]
    fn a_label_is_no_key() {
        let named = NodePart { label: "b".into(), ..node("a", NodeKind::File) };
        let graph = build(vec![named], Vec::new()).unwrap();
        assert_eq!((graph.node("a"), graph.node("b")), (Some(NodeIx(0)), None));
    }
}
