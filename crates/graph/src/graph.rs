//! The graph as it is read: nodes by number and by key, edges from both sides.

use std::sync::Arc;

use crate::{
    csr::{Csr, Edge, EdgeIx},
    intern::InternedStr,
    kind::{EdgeKind, NodeKind},
    nodes::{NONE, Nodes},
    pagerank::pagerank,
    parts::NodeIx,
    scratch::Pools,
};

/// Nodes and weighted edges. Its shape never changes; only learning moves weights, and only when it
/// is told to. Share it behind an `Arc`: every question takes `&Graph`.
pub struct Graph {
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) csr: Csr,
    /// Buffers that questions have done with; they hold nothing that a question reads.
    pub(crate) pools: Arc<Pools>,
}

/// Bytes on the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// All columns of nodes, with the text of keys, labels and tags.
    pub nodes: usize,
    /// All columns of edges.
    pub edges: usize,
}

impl Graph {
    /// The same graph with weights of its own, which start where these are now: what is learnt there
    /// is not learnt here. Copies one number for each edge.
    #[must_use]
    pub fn fork(&self) -> Graph {
        Graph {
            nodes: Arc::clone(&self.nodes),
            csr: self.csr.fork(),
            pools: Arc::clone(&self.pools),
        }
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.degree.len()
    }

    /// How many edges there are. Co-change counts twice, once in each direction.
    pub fn edge_count(&self) -> usize {
        self.csr.len()
    }

    /// All nodes, by number.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..self.node_count() as u32).map(NodeIx)
    }

    /// Whether there is a node of this number. What asks for facts of a node below panics if not.
    pub fn has(&self, node: NodeIx) -> bool {
        (node.0 as usize) < self.node_count()
    }

    /// The node of a key. O(1).
    pub fn node(&self, key: &str) -> Option<NodeIx> {
        self.nodes.cold.keys.get(key).map(|number| NodeIx(number.0))
    }

    /// What names a node for good.
    pub fn key(&self, node: NodeIx) -> &str {
        assert!(self.has(node), "there is no node {}", node.0);
        self.nodes.cold.keys.resolve(InternedStr(node.0))
    }

    /// What people call a node.
    pub fn label(&self, node: NodeIx) -> &str {
        self.nodes.cold.words.resolve(self.nodes.cold.label[node.0 as usize])
    }

    /// What a node is.
    pub fn kind(&self, node: NodeIx) -> NodeKind {
        self.nodes.cold.kind[node.0 as usize]
    }

    /// Words that a node can be found by.
    pub fn tags(&self, node: NodeIx) -> impl Iterator<Item = &str> {
        let cold = &self.nodes.cold;
        let at = node.0 as usize;
        let range = cold.tag_start[at] as usize..cold.tag_start[at + 1] as usize;
        cold.tags[range].iter().map(|tag| cold.words.resolve(*tag))
    }

    /// When a node was last changed, in seconds since 1970; 0 if that is not known.
    pub fn modified(&self, node: NodeIx) -> i64 {
        self.nodes.cold.modified[node.0 as usize]
    }

    /// How often a node is changed, from 0 to 1.
    pub fn change_frequency(&self, node: NodeIx) -> f32 {
        self.nodes.cold.change_frequency[node.0 as usize].get()
    }

    /// The node that contains this one; the first by number if several do.
    pub fn parent(&self, node: NodeIx) -> Option<NodeIx> {
        let parent = self.nodes.parent[node.0 as usize];
        (parent != NONE).then_some(NodeIx(parent))
    }

    /// The nearest container of a kind, or the node itself if it is of that kind.
    pub fn container(&self, node: NodeIx, kind: NodeKind) -> Option<NodeIx> {
        let mut at = Some(node);
        // Containers may go in a circle if they were built so.
        for _ in 0..64 {
            match at {
                Some(node) if self.kind(node) == kind => return at,
                Some(node) => at = self.parent(node),
                None => return None,
            }
        }
        None
    }

    /// How important a node is among all of them: they sum up to 1. The first to ask waits until it
    /// is computed: O(rounds x edges).
    pub fn pagerank(&self, node: NodeIx) -> f32 {
        let Nodes { pagerank: known, ranking, .. } = &*self.nodes;
        known.get_or_init(|| pagerank(self.node_count(), &self.csr, ranking))[node.0 as usize].get()
    }

    /// How many edges start or end at a node.
    pub fn degree(&self, node: NodeIx) -> usize {
        self.nodes.degree[node.0 as usize] as usize
    }

    /// The edges that start at a node, by their end and kind.
    pub fn outgoing(&self, node: NodeIx) -> impl Iterator<Item = Edge> + '_ {
        self.csr.outgoing(node)
    }

    /// The edges that end at a node, by their start and kind.
    pub fn incoming(&self, node: NodeIx) -> impl Iterator<Item = Edge> + '_ {
        self.csr.incoming(node)
    }

    /// An edge by its number.
    pub fn edge(&self, edge: EdgeIx) -> Option<Edge> {
        self.csr.edge(edge)
    }

    /// What an edge says. O(1).
    pub fn edge_kind(&self, edge: EdgeIx) -> Option<EdgeKind> {
        self.csr.kind(edge)
    }

    /// The number of an edge by what it says. O(log edges of its start).
    pub fn find_edge(&self, from: NodeIx, to: NodeIx, kind: EdgeKind) -> Option<EdgeIx> {
        self.csr.find(from, to, kind)
    }

    /// All edges, by number.
    pub fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.nodes().flat_map(|node| self.outgoing(node))
    }

    /// The weight that an edge was built with.
    pub fn base_weight(&self, edge: EdgeIx) -> f32 {
        self.csr.base(edge)
    }

    /// How much memory it takes.
    pub fn memory(&self) -> Memory {
        Memory { nodes: self.nodes.memory(), edges: self.csr.memory() }
    }
}
