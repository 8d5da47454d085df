//! A piece: what one file contributes to the graph. Pieces are shared by all snapshots in which
//! nothing that they rest on has changed.

use std::sync::Arc;

use coderoom_graph::EdgeKind;
use serde::{Deserialize, Serialize};

use super::nodes::{NodeId, Nodes};
use crate::code::{Certainty, Map};

/// What an edge counts for if what it says follows from the code as written.
const EXACT: f32 = 1.0;
/// If it is inferred from what usually holds.
const LIKELY: f32 = 0.7;

/// The weight of an edge that is this certain; what only has the same name is no edge.
pub(crate) fn weight_of(certainty: Certainty) -> Option<f32> {
    match certainty {
        Certainty::Exact => Some(EXACT),
        Certainty::Likely => Some(LIKELY),
        Certainty::ByName => None,
    }
}

/// An edge of a piece. Ends below the number of the piece's nodes are these; the others are
/// `outside`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct PieceEdge {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) kind: EdgeKind,
    pub(crate) weight: f32,
}

/// What one file contributes: its nodes, and the edges that its text is the reason for.
#[derive(PartialEq, Debug)]
pub(crate) struct Piece {
    pub(crate) nodes: Arc<Nodes>,
    /// Nodes of other files, and packages.
    pub(crate) outside: Box<[NodeId]>,
    /// By their ends and kinds; each once.
    pub(crate) edges: Box<[PieceEdge]>,
    /// Whether some of its edges start at nodes of other files.
    pub(crate) foreign: bool,
    /// The packages that it names.
    pub(crate) packages: Box<[Box<str>]>,
    /// The files that it imports, sorted: if they are others, it has to be made anew.
    pub(crate) imports: Box<[crate::file::FileId]>,
    /// Hashes of the names that a document mentions, sorted.
    pub(crate) mentions: Box<[u64]>,
}

impl Piece {
    /// The same of the file's next version, in which all this is said, if elsewhere in the text.
    pub(crate) fn moved(&self, nodes: Arc<Nodes>) -> Piece {
        Piece {
            nodes,
            outside: self.outside.clone(),
            edges: self.edges.clone(),
            foreign: self.foreign,
            packages: self.packages.clone(),
            imports: self.imports.clone(),
            mentions: self.mentions.clone(),
        }
    }

    /// Bytes of memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let names = self.nodes.list.iter().map(|node| node.name.len() + node.label.len());
        size_of_val(&*self.nodes.list)
            + names.sum::<usize>()
            + size_of_val(&*self.outside)
            + size_of_val(&*self.edges)
            + size_of_val(&*self.imports)
            + size_of_val(&*self.mentions)
            + self.packages.iter().map(|name| name.len() + size_of::<Box<str>>()).sum::<usize>()
            + size_of::<Piece>()
            + size_of::<Nodes>()
    }
}

/// Collects the edges of a piece.
#[derive(Default)]
pub(crate) struct PieceBuilder {
    edges: Vec<(NodeId, NodeId, EdgeKind, f32)>,
    pub(crate) packages: Vec<Box<str>>,
    pub(crate) imports: Vec<crate::file::FileId>,
    pub(crate) mentions: Vec<u64>,
}

impl PieceBuilder {
    /// All that a piece has.
    pub(crate) fn of(piece: &Piece) -> PieceBuilder {
        let id = |ix: u32| match piece.nodes.list.get(ix as usize) {
            Some(node) => node.id,
            None => piece.outside[ix as usize - piece.nodes.list.len()],
        };
        let edges = piece.edges.iter().map(|it| (id(it.from), id(it.to), it.kind, it.weight));
        PieceBuilder {
            edges: edges.collect(),
            packages: piece.packages.to_vec(),
            imports: piece.imports.to_vec(),
            mentions: piece.mentions.to_vec(),
        }
    }

    /// Takes the edges of some kinds out that start at a node.
    pub(crate) fn forget(&mut self, from: NodeId, kinds: &[EdgeKind]) {
        self.edges.retain(|it| it.0 != from || !kinds.contains(&it.2));
    }

    /// Adds an edge, unless it leads back to where it starts.
    pub(crate) fn edge(&mut self, from: NodeId, to: NodeId, kind: EdgeKind, weight: f32) {
        if from != to {
            self.edges.push((from, to, kind, weight));
        }
    }

    /// The piece. Of several edges of one kind between the same nodes, the heaviest stays.
    pub(crate) fn finish(mut self, nodes: Arc<Nodes>) -> Piece {
        let mut numbers: Map<NodeId, u32> = Map::default();
        numbers.extend(nodes.list.iter().zip(0..).map(|(node, ix)| (node.id, ix)));
        let mut outside: Vec<NodeId> = Vec::new();
        // Sorted before they are numbered, so that a piece is the same however it was made.
        self.edges.sort_by(|a, b| {
            (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)).then_with(|| b.3.total_cmp(&a.3))
        });
        self.edges.dedup_by_key(|it| (it.0, it.1, it.2));
        let mut number = |id: NodeId| {
            let next = (nodes.list.len() + outside.len()) as u32;
            *numbers.entry(id).or_insert_with(|| {
                outside.push(id);
                next
            })
        };
        let edge = |(from, to, kind, weight)| {
            let (from, to) = (number(from), number(to));
            PieceEdge { from, to, kind, weight }
        };
        let edges: Box<[PieceEdge]> = self.edges.into_iter().map(edge).collect();
        self.mentions.sort_unstable();
        self.mentions.dedup();
        self.packages.sort_unstable();
        self.packages.dedup();
        self.imports.sort_unstable();
        self.imports.dedup();
        let foreign = edges.iter().any(|it| it.from as usize >= nodes.list.len());
        Piece {
            nodes,
            outside: outside.into(),
            edges,
            foreign,
            packages: self.packages.into(),
            imports: self.imports.into(),
            mentions: self.mentions.into(),
        }
    }
}
