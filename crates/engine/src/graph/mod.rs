//! The code of a snapshot as a weighted graph: directories, files, symbols, sections of documents and
//! packages; who contains, imports, calls, names, inherits from, tests and documents whom.
//!
//! Each file contributes a piece: its nodes, and the edges that its text is the reason for, with the
//! other ends by their keys. So the graph of the next snapshot, or of a session, takes over every
//! piece that still holds, and only joins them anew. Edges are what resolution says with certainty
//! or likelihood; what only has the same name is none.

mod activation;
mod alike;
mod changed;
mod claim;
mod diff;
mod documents;
mod edges;
mod evidence;
mod interface;
mod join;
mod judge;
mod kept;
mod meaning;
mod nodes;
mod packages;
mod piece;
mod reach;
mod rejoin;
mod rests;
mod tests_of;
mod work;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use coderoom_graph::{Cooccurrence, EdgeKind, Graph, GraphError, NodeIx, NodeKind};
use parking_lot::Mutex;

pub use self::activation::{LightOptions, Lit, LitSeed, dimension_word};
pub use self::alike::{Alike, AlikeGroup, AlikeOptions};
pub use self::claim::{CLAIM_GRAMMAR, Claim, Verb};
pub use self::diff::{Coupling, GraphDiff, difference};
pub use self::documents::{
    Binding, Documents, Drift, DriftKind, MentionInfo, NOTES, SectionInfo, Why,
};
pub use self::evidence::{Doubts, EdgeLine};
pub use self::judge::{Court, Judgement};
pub use self::kept::KeptGraph;
pub use self::meaning::SemanticPart;
pub use self::nodes::key_of_path;
pub use self::reach::{chain, cycle, dependency_kinds, direct_edges, incoming_edges, with_members};
use self::{
    join::{Joined, Origin, join},
    piece::Piece,
};
use crate::{
    Kind, Snapshot,
    code::{Ask, AskError, Code, named_nodes},
    file::FileId,
};

/// What a graph takes from elsewhere.
#[derive(Clone, Debug)]
pub struct Hints {
    /// Files that were changed together: two paths and a weight above 0 and up to 1.
    pub co_change: Vec<(String, String, f32)>,
    /// By path: when a file was last changed, in seconds since 1970, and how often it is, from 0 to 1.
    pub times: HashMap<String, (i64, f32)>,
    /// Nodes at most. If there are more, fields and values are left out first, then sections, then
    /// all symbols, all of a kind at once.
    pub max_nodes: usize,
}

impl Default for Hints {
    fn default() -> Hints {
        Hints { co_change: Vec::new(), times: HashMap::new(), max_nodes: 500_000 }
    }
}

/// What making a graph took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct PieceStats {
    /// Files with a piece.
    pub files: usize,
    /// Files that were parsed into nodes for this graph.
    pub parsed: usize,
    /// Files all of whose edges were made for this graph.
    pub derived: usize,
    /// Files of which an earlier graph's edges were taken over, but for those of one function or
    /// none: they say little else than before. All other files' edges were taken over as they were.
    pub patched: usize,
    /// So many files might be affected by the change that not all were looked at: a graph that is
    /// built without an earlier one would be more exact.
    pub partial: bool,
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NodePlace {
    /// The path of its file or directory; the name of a package.
    pub path: String,
    /// Its first line, from 1; 0 for directories and packages.
    pub line: u32,
    /// Its last line.
    pub end_line: u32,
    /// What it is.
    pub kind: NodeKind,
    /// What kind of symbol it is.
    pub symbol: Option<Kind>,
    /// Its qualified name, the slug of its heading, or the last component of its path.
    pub name: String,
    /// Whether it belongs to a test.
    pub test: bool,
}

/// In which file a node is.
#[derive(Clone, Copy, Debug)]
pub struct NodeOrigin<'g> {
    /// The file.
    pub path: &'g str,
    /// Its first line, from 1.
    pub line: u32,
    /// What kind of symbol it is.
    pub symbol: Option<Kind>,
}

/// The graph of one snapshot's code.
pub struct CodeGraph {
    snapshot: Arc<Snapshot>,
    /// By the numbers of the files.
    pieces: Vec<Option<Arc<Piece>>>,
    hints: Arc<Hints>,
    stats: PieceStats,
    joined: OnceLock<Result<Arc<Joined>, GraphError>>,
    /// The joined graph that this one follows, until it is joined itself.
    earlier: Mutex<Option<Arc<Joined>>>,
    /// What random walks meet together, once it is asked for.
    cooccurrence: OnceLock<Option<Cooccurrence>>,
}

impl CodeGraph {
    /// The graph of `code`. `None` if `stop` said so, which is asked between files.
    ///
    /// Without an earlier graph every file is read, on all of rayon's threads. With one (of any
    /// snapshot of the same workspace) it costs what has changed since: the changed files, the files
    /// that name something whose declaration has changed, and those whose imports lead elsewhere
    /// now; `changed.rs` says what this may miss.
    pub fn build(
        code: &Code,
        earlier: Option<&CodeGraph>,
        hints: Arc<Hints>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<CodeGraph> {
        let plan = match earlier {
            Some(earlier) => changed::since(code, &earlier.snapshot, &earlier.pieces),
            None => changed::everything(code),
        };
        let (pieces, stats) = work::carry_out(code, plan, stop)?;
        let snapshot = Arc::clone(code.snapshot());
        let earlier = Mutex::new(earlier.and_then(CodeGraph::newest_joined));
        let (joined, cooccurrence) = (OnceLock::new(), OnceLock::new());
        Some(CodeGraph { snapshot, pieces, hints, stats, joined, earlier, cooccurrence })
    }

    /// The same graph with other hints; nothing is read again.
    #[must_use]
    pub fn with_hints(&self, hints: Arc<Hints>) -> CodeGraph {
        CodeGraph {
            snapshot: Arc::clone(&self.snapshot),
            pieces: self.pieces.clone(),
            hints,
            stats: self.stats,
            joined: OnceLock::new(),
            cooccurrence: OnceLock::new(),
            earlier: Mutex::default(),
        }
    }

    /// The snapshot that it speaks of.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// What it took from elsewhere.
    pub fn hints(&self) -> &Arc<Hints> {
        &self.hints
    }

    /// What making it took.
    pub fn stats(&self) -> PieceStats {
        self.stats
    }

    /// Bytes of memory of the pieces, many of which other graphs share; the joined graph tells its
    /// own.
    pub fn piece_bytes(&self) -> usize {
        self.pieces.iter().flatten().map(|it| it.bytes()).sum()
    }

    /// The graph, joined when it is first asked for. The nodes are numbered in path order:
    /// directories, then files with what is in them, then packages.
    ///
    /// # Errors
    /// If there is more than the numbers of a graph can hold.
    pub fn graph(&self) -> Result<&Graph, GraphError> {
        self.joined().map(|it| &*it.graph)
    }

    fn joined(&self) -> Result<&Joined, GraphError> {
        let joined = self.joined.get_or_init(|| {
            let files = self.snapshot.files();
            let pieces: Vec<&Arc<Piece>> = files.filter_map(|file| self.piece(file.id)).collect();
            let earlier = self.earlier.lock().take();
            join(&pieces, &self.hints, earlier.as_deref()).map(Arc::new)
        });
        joined.as_deref().map_err(Clone::clone)
    }

    /// This graph if it is joined, or the one that it follows.
    fn newest_joined(&self) -> Option<Arc<Joined>> {
        let own = self.joined.get().and_then(|it| it.as_ref().ok().cloned());
        own.or_else(|| self.earlier.lock().clone())
    }

    pub(crate) fn piece(&self, file: FileId) -> Option<&Arc<Piece>> {
        self.pieces.get(file.0 as usize)?.as_ref()
    }

    /// Nodes that were left out because there were more than [`Hints::max_nodes`].
    pub fn left_out(&self) -> usize {
        self.joined().map_or(0, |it| it.numbering.left_out)
    }

    /// The node with a key: a path, `path#Qualified.name`, `path#heading-slug`, `package:name`; the
    /// root directory is `.`. Of several symbols of one name in a file, the second is `name(2)`.
    pub fn node_of(&self, key: &str) -> Option<NodeIx> {
        self.graph().ok()?.node(key)
    }

    /// The innermost node at a line of a file, from 1.
    pub fn node_at(&self, path: &str, line: u32) -> Option<NodeIx> {
        let path = crate::RelPath::new(path.as_bytes()).ok()?;
        let nodes = &self.piece(self.snapshot.id_of(&path)?)?.nodes;
        let holds = |ix: &usize| {
            let (first, last) = nodes.list[*ix].lines;
            first <= line && line <= last
        };
        let inner = (0..nodes.list.len()).filter(holds).min_by_key(|ix| {
            let (first, last) = nodes.list[*ix].lines;
            (last - first, std::cmp::Reverse(*ix))
        });
        self.node_of(&nodes.key(inner?))
    }

    /// The nodes of the symbols or files that are meant.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is nothing of this workspace.
    pub fn nodes_of(&self, code: &Code, ask: &Ask) -> Result<Vec<NodeIx>, AskError> {
        let keys = named_nodes(code, ask)?.into_iter().filter_map(|(file, symbol)| {
            let nodes = &self.piece(file)?.nodes;
            let ix = symbol.map_or(Some(0), |symbol| nodes.of_symbol(symbol))?;
            Some(nodes.key(ix))
        });
        Ok(keys.filter_map(|key| self.node_of(&key)).collect())
    }

    /// In which file a node is, borrowed: for answers of many. `None` for directories and packages.
    pub fn origin_of(&self, node: NodeIx) -> Option<NodeOrigin<'_>> {
        let Origin::In(file, ix) = self.joined().ok()?.numbering.origins.get(node.0 as usize)?
        else {
            return None;
        };
        let nodes = &self.piece(*file)?.nodes;
        let it = nodes.list.get(*ix as usize)?;
        Some(NodeOrigin { path: &nodes.path, line: it.lines.0, symbol: it.symbol_kind })
    }

    /// Where a node is; `None` if there is no such node.
    pub fn place_of(&self, node: NodeIx) -> Option<NodePlace> {
        let joined = self.joined().ok()?;
        let graph = &joined.graph;
        match joined.numbering.origins.get(node.0 as usize)? {
            Origin::Named => {
                let (key, kind) = (graph.key(node), graph.kind(node));
                let path = key.strip_prefix("package:").unwrap_or(key).to_owned();
                let name = graph.label(node).to_owned();
                Some(NodePlace {
                    path,
                    line: 0,
                    end_line: 0,
                    kind,
                    symbol: None,
                    name,
                    test: false,
                })
            }
            Origin::In(file, ix) => {
                let nodes = &self.piece(*file)?.nodes;
                let it = nodes.list.get(*ix as usize)?;
                let name = if it.name.is_empty() { &it.label } else { &it.name };
                Some(NodePlace {
                    path: nodes.path.to_string(),
                    line: it.lines.0,
                    end_line: it.lines.1,
                    kind: it.kind,
                    symbol: it.symbol_kind,
                    name: name.to_string(),
                    test: it.test,
                })
            }
        }
    }

    /// Whether a node belongs to a test.
    pub fn is_test(&self, node: NodeIx) -> bool {
        self.joined().is_ok_and(|it| it.numbering.tests.get(node.0 as usize) == Some(&true))
    }

    /// How many nodes and edges of each kind there are.
    pub fn counts(&self) -> (BTreeMap<NodeKind, usize>, BTreeMap<EdgeKind, usize>) {
        let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
        if let Ok(graph) = self.graph() {
            for node in graph.nodes() {
                *nodes.entry(graph.kind(node)).or_default() += 1;
            }
            for edge in graph.edges() {
                *edges.entry(edge.kind).or_default() += 1;
            }
        }
        (nodes, edges)
    }
}
