//! Small trees as snapshots, and their graphs as text.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use coderoom_engine::{
    Body, Change, Code, CodeGraph, CodeIndex, EdgeKind, FileChange, Hints, NodeIx, RelPath,
    Session, Shelf, Stamp, TextStore, Visibility,
};

/// A tree that is edited.
pub(crate) struct World {
    store: TextStore,
    pub(crate) session: Session,
    index: Arc<CodeIndex>,
    shelf: Arc<Shelf>,
}

pub(crate) fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a clean path")
}

impl World {
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> World {
        let store = TextStore::default();
        let files: BTreeMap<RelPath, FileChange> =
            files.into_iter().map(|(name, text)| (path(name), put(&store, text))).collect();
        let session = Session::open(files.into_iter().collect(), Vec::new());
        let index = CodeIndex::build(&session.snapshot(), &|| false).expect("it was not stopped");
        World { store, session, index: Arc::new(index), shelf: Arc::new(Shelf::new(32 << 20)) }
    }

    pub(crate) fn of(files: &[(&str, &str)]) -> World {
        World::new(files.iter().map(|(name, text)| (*name, text.as_bytes())))
    }

    /// The code of the newest snapshot. The index is that of the first one.
    pub(crate) fn code(&self) -> Code {
        let (index, shelf) = (Arc::clone(&self.index), Arc::clone(&self.shelf));
        Code::new(self.session.snapshot(), index, shelf)
    }

    /// With the earlier graph's own hints: only then is anything of how it was joined taken over.
    pub(crate) fn graph(&self, earlier: Option<&CodeGraph>) -> CodeGraph {
        let hints = earlier.map_or_else(Arc::<Hints>::default, |it| Arc::clone(it.hints()));
        CodeGraph::build(&self.code(), earlier, hints, &|| false).expect("it was not stopped")
    }

    /// Puts a text at a path, or removes the file.
    pub(crate) fn edit(&self, name: &str, text: Option<&str>) {
        let change = text.map_or(FileChange::Remove, |text| put(&self.store, text.as_bytes()));
        let files = [(path(name), change)].into();
        self.session.apply(Change { files, ..Change::default() }).expect("no preconditions");
    }
}

fn put(store: &TextStore, text: &[u8]) -> FileChange {
    let body = store.intern(Bytes::from(text.to_vec())).map_or(Body::Binary, Body::Text);
    FileChange::Put { body, stamp: Stamp::default(), visibility: Visibility::default() }
}

/// Edges as `from kind to`, `~` before those that are not exact; what contains what is left out.
pub(crate) fn edges(graph: &CodeGraph) -> BTreeSet<String> {
    let all = all_edges(graph);
    all.into_iter().filter(|edge| !edge.contains(" contains ")).collect()
}

/// All edges.
pub(crate) fn all_edges(graph: &CodeGraph) -> BTreeSet<String> {
    let graph = graph.graph().expect("it is not too large");
    let edge = |it: coderoom_engine::Edge| {
        let sure = if it.weight < 1.0 && it.kind != EdgeKind::Tests { "~" } else { "" };
        let kind = format!("{:?}", it.kind).to_lowercase();
        format!("{} {sure}{kind} {}", graph.key(it.from), graph.key(it.to))
    };
    graph.edges().map(edge).collect()
}

/// All nodes in the order of their numbers, with what is known of each.
pub(crate) fn all_nodes(code: &CodeGraph) -> Vec<String> {
    let graph = code.graph().expect("it is not too large");
    let node = |it: NodeIx| {
        let key = graph.key(it);
        assert_eq!(code.node_of(key), Some(it), "{key}");
        assert_eq!(code.is_test(it), code.place_of(it).is_some_and(|place| place.test), "{key}");
        let tags: Vec<&str> = graph.tags(it).collect();
        let (label, degree, parent) = (graph.label(it), graph.degree(it), graph.parent(it));
        format!("{key} {label} {tags:?} {degree} {parent:?} {:?}", code.place_of(it))
    };
    graph.nodes().map(node).collect()
}

/// Fails unless the edges are these.
#[track_caller]
pub(crate) fn expect(files: &[(&str, &str)], expected: &[&str]) {
    let found = edges(&World::of(files).graph(None));
    let expected: BTreeSet<String> = expected.iter().map(|it| (*it).to_owned()).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing {missing:#?}\nmore {more:#?}");
}
