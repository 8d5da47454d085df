//! Makes the graph of a directory, prints what it holds, and then for each `PATH LINE COLUMN` of
//! standard input the edges into the symbol that is defined there, and into the members that it
//! overrides or that override it, with the lines that each rests on: one JSON object a line,
//! without a daemon.
//!
//! `cargo run --release -p coderoom-system --example edges -- DIR`

#![allow(clippy::print_stdout)]

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::BufRead,
    path::Path,
    sync::Arc,
};

use coderoom_engine::{
    Ask, Certainty, Code, CodeGraph, CodeIndex, Edge, EdgeKind, Graph, NodeIx, NodeKind, RelPath,
    Shelf, TextStore,
};
use coderoom_system::{LoadOptions, load};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// The kinds that an oracle of references can judge.
const KINDS: [EdgeKind; 4] =
    [EdgeKind::Calls, EdgeKind::Imports, EdgeKind::References, EdgeKind::Inherits];

/// Lines of one edge at most.
const MOST_LINES: usize = 10_000;

fn main() -> Result<(), Failure> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let store = TextStore::default();
    let loaded = load(Path::new(&dir), &LoadOptions::default(), &store, None, &|_| ())?;
    let snapshot = loaded.session.snapshot();
    let index = CodeIndex::build(&snapshot, &|| false).ok_or("stopped")?;
    let code = Code::new(snapshot, Arc::new(index), Arc::new(Shelf::new(256 << 20)));
    let graph = CodeGraph::build(&code, None, Arc::default(), &|| false).ok_or("stopped")?;
    println!("{}", totals(&graph)?);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [path, row, column] = parts[..] else { continue };
        let path = RelPath::new(path.as_bytes())?;
        let ask = Ask::At { path, line: row.parse()?, column: column.parse().ok(), name: None };
        // What has no node has no edges.
        let nodes = graph.nodes_of(&code, &ask).unwrap_or_default();
        println!("{}", into(&code, &graph, &nodes)?);
    }
    Ok(())
}

/// Nodes and edges of each kind; of the edges into symbols also the pairs of a file and a symbol.
fn totals(graph: &CodeGraph) -> Result<Value, Failure> {
    let (nodes, edges) = graph.counts();
    let all = graph.graph()?;
    let mut pairs: BTreeMap<EdgeKind, HashSet<(NodeIx, NodeIx)>> = BTreeMap::new();
    let judged = |edge: &Edge| KINDS.contains(&edge.kind) && all.kind(edge.to) == NodeKind::Symbol;
    for edge in all.edges().filter(judged) {
        let file = all.container(edge.from, NodeKind::File).unwrap_or(edge.from);
        pairs.entry(edge.kind).or_default().insert((file, edge.to));
    }
    let pairs: BTreeMap<EdgeKind, usize> =
        pairs.into_iter().map(|(kind, pairs)| (kind, pairs.len())).collect();
    Ok(json!({ "nodes": nodes, "edges": edges, "pairs": pairs }))
}

/// The edges into some nodes and into their relatives.
fn into(code: &Code, graph: &CodeGraph, nodes: &[NodeIx]) -> Result<Value, Failure> {
    let all = graph.graph()?;
    let mut edges = Vec::new();
    let family = family(graph, all, nodes);
    let incoming = family.iter().flat_map(|node| all.incoming(*node));
    for edge in incoming.filter(|edge| KINDS.contains(&edge.kind)) {
        let lines = graph.lines_of(code, edge.ix, MOST_LINES);
        // A line that only has the name is no ground of an edge.
        let sure = lines.iter().filter(|line| line.certainty != Certainty::ByName);
        edges.push(json!({
            "kind": edge.kind,
            "from": all.key(edge.from),
            "path": graph.place_of(edge.from).map(|place| place.path),
            "own": nodes.contains(&edge.to),
            "lines": sure.map(|line| line.line).collect::<Vec<u32>>(),
        }));
    }
    let names: Vec<&str> = nodes.iter().map(|node| all.key(*node)).collect();
    Ok(json!({ "nodes": names, "edges": edges }))
}

/// Nodes, and the members that they override or that override them, over any number of steps. Types
/// stay alone: who uses a subclass does not use the class.
fn family(graph: &CodeGraph, all: &Graph, nodes: &[NodeIx]) -> BTreeSet<NodeIx> {
    let is_type = |node: NodeIx| {
        let place = graph.place_of(node);
        place.and_then(|it| it.symbol).is_none_or(|kind| kind.is_type())
    };
    let mut found: BTreeSet<NodeIx> = nodes.iter().copied().collect();
    let mut rest: Vec<NodeIx> = nodes.iter().copied().filter(|node| !is_type(*node)).collect();
    while let Some(node) = rest.pop() {
        let up = all.outgoing(node).filter(|edge| edge.kind == EdgeKind::Inherits);
        let down = all.incoming(node).filter(|edge| edge.kind == EdgeKind::Inherits);
        for next in up.map(|edge| edge.to).chain(down.map(|edge| edge.from)) {
            if found.insert(next) {
                rest.push(next);
            }
        }
    }
    found
}
