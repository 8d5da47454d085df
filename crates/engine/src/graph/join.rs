//! The pieces of a snapshot joined into one graph.

use std::{collections::BTreeMap, sync::Arc};

use coderoom_graph::{
    BuildOptions, EdgeKind, EdgePart, Graph, GraphError, NodeIx, NodeKind, NodePart,
};

use coderoom_syntax::Kind;

use super::{
    Hints,
    edges::package_key,
    meaning::Labels,
    nodes::{FileRole, Node, NodeId, Nodes, key_of_path},
    piece::{Piece, PieceEdge},
    rejoin::rejoin,
};
use crate::{
    code::{Map, kind_word},
    file::FileId,
};

/// Where a node of the joined graph comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// A directory or a package: its key says all.
    Named,
    /// A node of a file.
    In(FileId, u32),
}

/// A graph, where its nodes come from, and the pieces that it was joined from, in path order.
pub(crate) struct Joined {
    pub(crate) graph: Arc<Graph>,
    pub(crate) numbering: Arc<Numbering>,
    pub(super) pieces: Box<[Arc<Piece>]>,
}

/// Which nodes there are, and their numbers. As long as an edit leaves the nodes as they are, the next
/// graph takes it over.
pub(crate) struct Numbering {
    pub(crate) origins: Box<[Origin]>,
    /// Which nodes belong to tests.
    pub(super) tests: Box<[bool]>,
    /// Nodes that were left out because there would have been too many.
    pub(crate) left_out: usize,
    /// Nodes that came in the place of others since all were named.
    pub(super) replaced: usize,
    /// Of each piece, in path order: the numbers of its nodes; `u32::MAX` is none.
    pub(super) files: Box<[Box<[u32]>]>,
    pub(super) numbers: Map<NodeId, u32>,
    /// What no piece is the reason for: what directories hold, and what is changed together.
    pub(super) fixed: Box<[EdgePart]>,
    pub(super) hints: Arc<Hints>,
    /// What the names of the nodes are found by.
    pub(super) labels: Labels,
}

/// The key of a directory.
pub(crate) fn key_of_directory(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { key_of_path(path) }
}

/// Collects the parts of a graph.
pub(super) struct Joiner<'h> {
    hints: &'h Hints,
    pub(super) nodes: Vec<NodePart>,
    edges: Vec<EdgePart>,
    pub(super) origins: Vec<Origin>,
    pub(super) tests: Vec<bool>,
    numbers: Map<NodeId, u32>,
}

/// Joins pieces, which come in path order. If an earlier graph has the same nodes, this only replaces
/// the rows of those whose pieces have other edges; if none have, it is the earlier graph. If a few files
/// have others, the rest is taken over.
pub(crate) fn join(
    pieces: &[&Arc<Piece>],
    hints: &Arc<Hints>,
    earlier: Option<&Joined>,
) -> Result<Joined, GraphError> {
    let most = |nodes: usize| BuildOptions {
        max_nodes: hints.max_nodes.max(nodes),
        ..BuildOptions::default()
    };
    let own = || pieces.iter().map(|it| Arc::clone(it)).collect();
    if let Some(earlier) = earlier
        && earlier.numbering.holds(pieces, &earlier.pieces, hints)
    {
        let numbering = Arc::clone(&earlier.numbering);
        let rows = numbering.differing_rows(pieces, &earlier.pieces);
        let graph = if rows.is_empty() {
            Arc::clone(&earlier.graph)
        } else {
            let options = most(numbering.origins.len());
            let edges = numbering.edges_from(&rows, pieces);
            Arc::new(earlier.graph.with_rows(&rows, edges, &options)?)
        };
        return Ok(Joined { graph, numbering, pieces: own() });
    }
    if let Some(joined) = earlier.and_then(|earlier| rejoin(pieces, hints, earlier)) {
        return joined;
    }
    let (numbering, nodes) = Numbering::new(pieces, hints);
    let options = most(nodes.len());
    let graph = Arc::new(Graph::build(nodes, numbering.edges(pieces), &options)?);
    Ok(Joined { graph, numbering: Arc::new(numbering), pieces: own() })
}

/// The packages that pieces name, sorted, each once.
fn packages_of<'p>(pieces: &[&'p Arc<Piece>]) -> Vec<&'p str> {
    let mut packages: Vec<&str> = Vec::new();
    packages.extend(pieces.iter().flat_map(|it| it.packages.iter().map(|name| &**name)));
    packages.sort_unstable();
    packages.dedup();
    packages
}

impl Numbering {
    fn new(pieces: &[&Arc<Piece>], hints: &Arc<Hints>) -> (Numbering, Vec<NodePart>) {
        let packages = packages_of(pieces);
        let directories = directories(pieces);
        let fixed = directories.len() + packages.len();
        let all = pieces.iter().map(|it| it.nodes.list.len()).sum::<usize>();
        let most = most_that_fit(pieces, hints.max_nodes.saturating_sub(fixed));
        let mut joiner = Joiner::new(hints, fixed + all);
        for dir in directories.keys() {
            joiner.named(key_of_directory(dir), dir.rsplit('/').next(), NodeKind::Directory);
        }
        let mut files = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let kept = joiner.nodes_of(&piece.nodes, most);
            files.push(kept.into_boxed_slice());
        }
        for package in &packages {
            joiner.named(package_key(package), Some(package), NodeKind::Package);
        }
        joiner.contained(&directories, pieces, &files);
        joiner.co_change();
        let numbering = Numbering {
            left_out: (fixed + all).saturating_sub(joiner.nodes.len()),
            origins: joiner.origins.into(),
            tests: joiner.tests.into(),
            replaced: 0,
            files: files.into(),
            numbers: joiner.numbers,
            fixed: joiner.edges.into(),
            hints: Arc::clone(hints),
            labels: Labels::default(),
        };
        (numbering, joiner.nodes)
    }

    /// Whether these pieces and hints make the same nodes with the same numbers as those that it was
    /// made for.
    fn holds(&self, pieces: &[&Arc<Piece>], before: &[Arc<Piece>], hints: &Arc<Hints>) -> bool {
        let same = |(piece, old): (&&Arc<Piece>, &Arc<Piece>)| {
            Arc::ptr_eq(piece, old)
                || (piece.nodes.are_named_as(&old.nodes) && piece.packages == old.packages)
        };
        Arc::ptr_eq(hints, &self.hints)
            && pieces.len() == before.len()
            && pieces.iter().zip(before).all(same)
    }

    /// The nodes at which edges may start that one of the two has and the other has not; in order.
    fn differing_rows(&self, pieces: &[&Arc<Piece>], before: &[Arc<Piece>]) -> Vec<NodeIx> {
        let mut rows = Vec::new();
        for (ix, (piece, old)) in pieces.iter().zip(before).enumerate() {
            if Arc::ptr_eq(piece, old) || (piece.edges == old.edges && piece.outside == old.outside)
            {
                continue;
            }
            let own = self.files[ix].iter().filter(|it| **it != u32::MAX);
            rows.extend(own.map(|it| NodeIx(*it)));
            for piece in [*piece, old] {
                rows.extend(self.parts(ix, piece).map(|it| it.from));
            }
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// All edges of pieces that it holds for.
    fn edges(&self, pieces: &[&Arc<Piece>]) -> Vec<EdgePart> {
        let count = pieces.iter().map(|it| it.edges.len()).sum::<usize>() + self.fixed.len();
        let mut edges = Vec::with_capacity(count);
        edges.extend_from_slice(&self.fixed);
        for (ix, piece) in pieces.iter().enumerate() {
            edges.extend(self.parts(ix, piece));
        }
        edges
    }

    /// Those of them that start at one of `rows`, which are in order.
    pub(super) fn edges_from(&self, rows: &[NodeIx], pieces: &[&Arc<Piece>]) -> Vec<EdgePart> {
        let wanted = |it: &EdgePart| rows.binary_search(&it.from).is_ok();
        let mut edges: Vec<EdgePart> = self.fixed.iter().copied().filter(wanted).collect();
        for (ix, piece) in pieces.iter().enumerate() {
            // The nodes of a file have numbers that follow each other.
            let mut own = self.files[ix].iter().filter(|it| **it != u32::MAX);
            let first = own.next().copied().unwrap_or(u32::MAX);
            let last = own.next_back().copied().unwrap_or(first);
            let at = rows.partition_point(|it| it.0 < first);
            if piece.foreign || rows.get(at).is_some_and(|it| it.0 <= last) {
                edges.extend(self.parts(ix, piece).filter(wanted));
            }
        }
        edges
    }

    /// The edges of the piece at this place.
    fn parts(&self, ix: usize, piece: &Piece) -> impl Iterator<Item = EdgePart> {
        let outside = piece.outside.iter().map(|id| self.numbers.get(id).copied());
        let outside = outside.map(|number| number.unwrap_or(u32::MAX));
        let ends: Vec<u32> = self.files[ix].iter().copied().chain(outside).collect();
        let number = move |end: u32| NodeIx(ends.get(end as usize).copied().unwrap_or(u32::MAX));
        let part = move |it: &PieceEdge| EdgePart {
            from: number(it.from),
            to: number(it.to),
            kind: it.kind,
            weight: it.weight,
        };
        let known = |it: &EdgePart| it.from.0 != u32::MAX && it.to.0 != u32::MAX;
        piece.edges.iter().map(part).filter(known)
    }
}

/// The directories of the files, with the number of each.
fn directories<'p>(pieces: &[&'p Arc<Piece>]) -> BTreeMap<&'p str, u32> {
    let mut found: BTreeMap<&str, u32> = [("", 0)].into();
    for piece in pieces {
        let mut dir = parent(&piece.nodes.path);
        while !dir.is_empty() && found.insert(dir, 0).is_none() {
            dir = parent(dir);
        }
    }
    for (number, it) in (0..).zip(found.values_mut()) {
        *it = number;
    }
    found
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// How soon a node is left out when there are too many: values first, files never.
fn rank(node: &Node) -> usize {
    match (node.kind, node.symbol_kind) {
        (NodeKind::Symbol, Some(kind)) if kind.is_type() || kind.is_callable() => 1,
        (NodeKind::Symbol, Some(Kind::Module)) => 1,
        (NodeKind::Section, _) => 2,
        (NodeKind::Symbol, _) => 3,
        _ => 0,
    }
}

/// The highest rank of which all nodes fit.
fn most_that_fit(pieces: &[&Arc<Piece>], room: usize) -> usize {
    let mut counts = [0; 4];
    for node in pieces.iter().flat_map(|it| &it.nodes.list) {
        counts[rank(node)] += 1;
    }
    let mut total = 0;
    let fits = |count: &usize| {
        total += count;
        total <= room
    };
    counts.iter().map_while(|count| Some(count).copied()).take_while(fits).count().max(1) - 1
}

impl<'h> Joiner<'h> {
    /// With room for so many nodes.
    pub(super) fn new(hints: &'h Hints, nodes: usize) -> Joiner<'h> {
        let mut numbers = Map::default();
        numbers.reserve(nodes);
        Joiner {
            hints,
            nodes: Vec::with_capacity(nodes),
            edges: Vec::new(),
            origins: Vec::with_capacity(nodes),
            tests: Vec::with_capacity(nodes),
            numbers,
        }
    }

    fn push(&mut self, id: NodeId, part: NodePart, origin: Origin, test: bool) -> u32 {
        let number = self.nodes.len() as u32;
        self.numbers.insert(id, number);
        self.nodes.push(part);
        self.origins.push(origin);
        self.tests.push(test);
        number
    }

    /// Adds a directory or package.
    fn named(&mut self, key: String, label: Option<&str>, kind: NodeKind) {
        let id = NodeId::of(&key);
        let label = label.filter(|it| !it.is_empty()).unwrap_or(&key).into();
        let part = NodePart {
            key: key.into(),
            label,
            kind,
            tags: Vec::new(),
            modified: 0,
            change_frequency: 0.0,
        };
        self.push(id, part, Origin::Named, false);
    }

    /// Adds the nodes of a file up to a rank; says for each its number, or that it has none.
    pub(super) fn nodes_of(&mut self, nodes: &Nodes, most: usize) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(nodes.list.len());
        let (modified, change_frequency) =
            self.hints.times.get(&*nodes.path).copied().unwrap_or_default();
        let role = match nodes.role {
            FileRole::Source(language) => language.plugin().name(),
            FileRole::Document => "document",
            FileRole::Other => "other",
        };
        for (ix, node) in nodes.list.iter().enumerate() {
            if rank(node) > most {
                numbers.push(u32::MAX);
                continue;
            }
            let mut tags: Vec<Box<str>> = Vec::with_capacity(3);
            tags.push(role.into());
            tags.extend(node.symbol_kind.map(|kind| kind_word(kind).into()));
            tags.extend(node.test.then(|| "test".into()));
            let part = NodePart {
                key: nodes.key(ix).into(),
                label: node.label.clone(),
                kind: node.kind,
                tags,
                modified,
                change_frequency: change_frequency.clamp(0.0, 1.0),
            };
            let origin = Origin::In(nodes.file, ix as u32);
            numbers.push(self.push(node.id, part, origin, node.test));
        }
        numbers
    }

    fn edge(&mut self, from: u32, to: u32, kind: EdgeKind, weight: f32) {
        let known = (self.nodes.len() as u32).min(u32::MAX - 1);
        if from < known && to < known {
            self.edges.push(EdgePart { from: NodeIx(from), to: NodeIx(to), kind, weight });
        }
    }

    /// Directories hold directories and files.
    fn contained(
        &mut self,
        directories: &BTreeMap<&str, u32>,
        pieces: &[&Arc<Piece>],
        files: &[Box<[u32]>],
    ) {
        let number = |dir: &str| directories.get(dir).copied().unwrap_or(u32::MAX);
        for (dir, inner) in directories.iter().filter(|(dir, _)| !dir.is_empty()) {
            self.edge(number(parent(dir)), *inner, EdgeKind::Contains, 1.0);
        }
        for (piece, kept) in pieces.iter().zip(files) {
            self.edge(number(parent(&piece.nodes.path)), kept[0], EdgeKind::Contains, 1.0);
        }
    }

    fn co_change(&mut self) {
        let hints = self.hints;
        for (one, other, weight) in &hints.co_change {
            let number = |path: &str| self.numbers.get(&NodeId::of(&key_of_path(path))).copied();
            let (Some(one), Some(other)) = (number(one), number(other)) else { continue };
            // Written so that NaN is left out.
            if *weight >= f32::MIN_POSITIVE {
                self.edge(one, other, EdgeKind::CoChange, weight.min(1.0));
                self.edge(other, one, EdgeKind::CoChange, weight.min(1.0));
            }
        }
    }
}
