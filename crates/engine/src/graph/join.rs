//! The pieces of a snapshot joined into one graph.

use std::{collections::BTreeMap, sync::Arc};

use coderoom_graph::{
    BuildOptions, EdgeKind, EdgePart, Graph, GraphError, NodeIx, NodeKind, NodePart,
};
use coderoom_syntax::Kind;

use super::{
    Hints,
    edges::package_key,
    nodes::{FileRole, Node, NodeId, Nodes, key_of_path},
    piece::{Piece, PieceEdge},
};
use crate::{code::Map, file::FileId};

/// Where a node of the joined graph comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// A directory or a package: its key says all.
    Named,
    /// A node of a file.
    In(FileId, u32),
}

/// A graph, and where its nodes come from.
pub(crate) struct Joined {
    pub(crate) graph: Graph,
    pub(crate) numbering: Arc<Numbering>,
}

/// The nodes of a piece, and their numbers; `u32::MAX` is none.
type Numbered = (Arc<Nodes>, Box<[u32]>);

/// Which nodes there are, and their numbers. As long as an edit leaves the nodes as they are, the next
/// graph takes it over.
pub(crate) struct Numbering {
    pub(crate) origins: Box<[Origin]>,
    /// Nodes that were left out because there would have been too many.
    pub(crate) left_out: usize,
    /// Of each piece, in path order.
    files: Box<[Numbered]>,
    packages: Box<[Box<str>]>,
    numbers: Map<NodeId, u32>,
    /// What no piece is the reason for: what directories hold, and what is changed together.
    fixed: Box<[EdgePart]>,
    hints: Arc<Hints>,
}

/// The key of a directory.
pub(crate) fn key_of_directory(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { key_of_path(path) }
}

/// Collects the parts of a graph.
struct Joiner<'h> {
    hints: &'h Hints,
    nodes: Vec<NodePart>,
    edges: Vec<EdgePart>,
    origins: Vec<Origin>,
    numbers: Map<NodeId, u32>,
}

/// Joins pieces, which come in path order. If an earlier graph has the same nodes, this only puts the
/// edges together.
pub(crate) fn join(
    pieces: &[&Arc<Piece>],
    hints: &Arc<Hints>,
    earlier: Option<&Joined>,
) -> Result<Joined, GraphError> {
    let mut packages: Vec<&str> = Vec::new();
    packages.extend(pieces.iter().flat_map(|it| it.packages.iter().map(|name| &**name)));
    packages.sort_unstable();
    packages.dedup();
    let most = |nodes: usize| BuildOptions {
        max_nodes: hints.max_nodes.max(nodes),
        ..BuildOptions::default()
    };
    if let Some(earlier) = earlier.filter(|it| it.numbering.holds(pieces, &packages, hints)) {
        let numbering = Arc::clone(&earlier.numbering);
        let options = most(numbering.origins.len());
        let graph = earlier.graph.with_edges(numbering.edges(pieces), &options)?;
        return Ok(Joined { graph, numbering });
    }
    let (numbering, nodes) = Numbering::new(pieces, &packages, hints);
    let options = most(nodes.len());
    let graph = Graph::build(nodes, numbering.edges(pieces), &options)?;
    Ok(Joined { graph, numbering: Arc::new(numbering) })
}

impl Numbering {
    fn new(
        pieces: &[&Arc<Piece>],
        packages: &[&str],
        hints: &Arc<Hints>,
    ) -> (Numbering, Vec<NodePart>) {
        let directories = directories(pieces);
        let fixed = directories.len() + packages.len();
        let all = pieces.iter().map(|it| it.nodes.list.len()).sum::<usize>();
        let most = most_that_fit(pieces, hints.max_nodes.saturating_sub(fixed));
        let mut joiner = Joiner {
            hints,
            nodes: Vec::with_capacity(fixed + all),
            edges: Vec::new(),
            origins: Vec::with_capacity(fixed + all),
            numbers: Map::default(),
        };
        joiner.numbers.reserve(fixed + all);
        for dir in directories.keys() {
            joiner.named(key_of_directory(dir), dir.rsplit('/').next(), NodeKind::Directory);
        }
        let mut files = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let kept = joiner.nodes_of(&piece.nodes, most);
            files.push((Arc::clone(&piece.nodes), kept.into()));
        }
        for package in packages {
            joiner.named(package_key(package), Some(package), NodeKind::Package);
        }
        joiner.contained(&directories, &files);
        joiner.co_change();
        let numbering = Numbering {
            left_out: (fixed + all).saturating_sub(joiner.nodes.len()),
            origins: joiner.origins.into(),
            files: files.into(),
            packages: packages.iter().map(|name| (*name).into()).collect(),
            numbers: joiner.numbers,
            fixed: joiner.edges.into(),
            hints: Arc::clone(hints),
        };
        (numbering, joiner.nodes)
    }

    /// Whether these pieces, packages and hints make the same nodes with the same numbers.
    fn holds(&self, pieces: &[&Arc<Piece>], packages: &[&str], hints: &Arc<Hints>) -> bool {
        let same = |(piece, (nodes, _)): (&&Arc<Piece>, &Numbered)| {
            Arc::ptr_eq(&piece.nodes, nodes) || piece.nodes.are_named_as(nodes)
        };
        Arc::ptr_eq(hints, &self.hints)
            && pieces.len() == self.files.len()
            && self.packages.iter().map(|name| &**name).eq(packages.iter().copied())
            && pieces.iter().zip(&self.files).all(same)
    }

    /// All edges of pieces that it holds for.
    fn edges(&self, pieces: &[&Arc<Piece>]) -> Vec<EdgePart> {
        let count = pieces.iter().map(|it| it.edges.len()).sum::<usize>() + self.fixed.len();
        let mut edges = Vec::with_capacity(count);
        edges.extend_from_slice(&self.fixed);
        let mut ends: Vec<u32> = Vec::new();
        for (piece, (_, kept)) in pieces.iter().zip(&self.files) {
            let outside = piece.outside.iter().map(|id| self.numbers.get(id).copied());
            ends.clear();
            ends.extend_from_slice(kept);
            ends.extend(outside.map(|number| number.unwrap_or(u32::MAX)));
            let number = |end: u32| NodeIx(ends.get(end as usize).copied().unwrap_or(u32::MAX));
            let part = |it: &PieceEdge| EdgePart {
                from: number(it.from),
                to: number(it.to),
                kind: it.kind,
                weight: it.weight,
            };
            let known = |it: &EdgePart| it.from.0 != u32::MAX && it.to.0 != u32::MAX;
            edges.extend(piece.edges.iter().map(part).filter(known));
        }
        edges
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

impl Joiner<'_> {
    fn push(&mut self, id: NodeId, part: NodePart, origin: Origin) -> u32 {
        let number = self.nodes.len() as u32;
        self.numbers.insert(id, number);
        self.nodes.push(part);
        self.origins.push(origin);
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
        self.push(id, part, Origin::Named);
    }

    /// Adds the nodes of a file up to a rank; says for each its number, or that it has none.
    fn nodes_of(&mut self, nodes: &Nodes, most: usize) -> Vec<u32> {
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
            tags.extend(node.symbol_kind.map(|kind| word(kind).into()));
            tags.extend(node.test.then(|| "test".into()));
            let part = NodePart {
                key: nodes.key(ix).into(),
                label: node.label.clone(),
                kind: node.kind,
                tags,
                modified,
                change_frequency: change_frequency.clamp(0.0, 1.0),
            };
            numbers.push(self.push(node.id, part, Origin::In(nodes.file, ix as u32)));
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
    fn contained(&mut self, directories: &BTreeMap<&str, u32>, files: &[(Arc<Nodes>, Box<[u32]>)]) {
        let number = |dir: &str| directories.get(dir).copied().unwrap_or(u32::MAX);
        for (dir, inner) in directories.iter().filter(|(dir, _)| !dir.is_empty()) {
            self.edge(number(parent(dir)), *inner, EdgeKind::Contains, 1.0);
        }
        for (nodes, kept) in files {
            self.edge(number(parent(&nodes.path)), kept[0], EdgeKind::Contains, 1.0);
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
            }
        }
    }
}

/// A kind as a tag.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Module => "module",
        Kind::Class => "class",
        Kind::Struct => "struct",
        Kind::Interface => "interface",
        Kind::Trait => "trait",
        Kind::Enum => "enum",
        Kind::EnumMember => "enum_member",
        Kind::TypeAlias => "type_alias",
        Kind::TypeParameter => "type_parameter",
        Kind::Function => "function",
        Kind::Method => "method",
        Kind::Constructor => "constructor",
        Kind::Property => "property",
        Kind::Field => "field",
        Kind::Variable => "variable",
        Kind::Constant => "constant",
        Kind::Parameter => "parameter",
        Kind::Macro => "macro",
        Kind::Impl => "impl",
        Kind::Alias => "alias",
        Kind::Section => "section",
    }
}
