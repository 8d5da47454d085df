//! The graph of a snapshot's code: exactly the edges that are there, the same truth as the other
//! questions have, whatever the tree.

mod documents;
mod edits;
mod languages;
mod same_truth;
mod world;

use std::sync::Arc;

use coderoom_engine::{Ask, CodeGraph, EdgeKind, Hints, NodeKind};
use world::{World, all_edges};

#[test]
fn an_empty_tree_has_a_root() {
    let graph = World::of(&[]).graph(None);
    assert_eq!(graph.graph().unwrap().node_count(), 1);
    assert_eq!(graph.place_of(graph.node_of(".").unwrap()).unwrap().kind, NodeKind::Directory);
    assert!(graph.node_at("a.py", 1).is_none());
}

/// A published implementation gives up on the whole tree here.
#[test]
fn duplicates_have_ordinals() {
    let python = "class A:\n    class Meta: x = 1\nclass B:\n    class Meta: x = 2\nclass A:\n    \
                  class Meta: y = 1\n";
    let rust = "struct S;\nimpl From<u8> for S { fn from(_: u8) -> S { S } }\n\
                impl From<u16> for S { fn from(_: u16) -> S { S } }\n";
    let graph = World::of(&[("a.py", python), ("b.rs", rust)]).graph(None);
    for key in ["a.py#A.Meta", "a.py#A.Meta(2)", "a.py#B.Meta", "b.rs#S.from", "b.rs#S.from(2)"] {
        assert!(graph.node_of(key).is_some(), "{key}: {:#?}", all_edges(&graph));
    }
}

#[test]
fn odd_names_and_bytes_are_taken_as_they_are() {
    let odd = "a b#c(2).py";
    let nul = b"# A\0\n\n`x`\xff\xfe ``y``\n=====\n";
    let files: [(&str, &[u8]); 8] = [
        (odd, b"def f(): pass\n"),
        ("package:os", b"text"),
        ("x.md", nul),
        ("y.rst", &[0xff, 0xfe, b'`', b'\n', b'=', b'=']),
        ("z.txt", b"``\n`\n:f:`\n.. class::\n.. class:: \xc3\n***\n"),
        ("u.py", "def \u{e4}\u{f6}(): pass\nimport os\n".as_bytes()),
        ("deep.md", &b"#".repeat(5000)),
        ("w.py", b"def f(:\n class\n\xff"),
    ];
    let world = World::new(files);
    let graph = world.graph(None);
    assert!(graph.node_of("a b%23c(2).py#f").is_some());
    assert_eq!(graph.place_of(graph.node_of("a b%23c(2).py#f").unwrap()).unwrap().path, odd);
    assert_eq!(
        graph.graph().unwrap().kind(graph.node_of("package:os").unwrap()),
        NodeKind::Package
    );
    assert!(graph.node_of("./package:os").is_some());
    let code = world.code();
    let documents = coderoom_engine::Documents::new(&code, &graph);
    for path in documents.paths() {
        documents.bindings(path);
        documents.drift(path, None);
    }
}

#[test]
fn nodes_say_where_they_are() {
    let world = World::of(&[("a/b.py", "import x\n\nclass C:\n    def m(self):\n        pass\n")]);
    let graph = world.graph(None);
    let node = graph.node_of("a/b.py#C.m").unwrap();
    assert_eq!(graph.node_at("a/b.py", 5), Some(node));
    assert_eq!(graph.node_at("a/b.py", 3), graph.node_of("a/b.py#C"));
    assert_eq!(graph.node_at("a/b.py", 1), graph.node_of("a/b.py"));
    let place = graph.place_of(node).unwrap();
    assert_eq!((&*place.path, place.line, place.end_line, &*place.name), ("a/b.py", 4, 5, "C.m"));
    let ask = Ask::Named { name: "C.m".into(), within: None };
    assert_eq!(graph.nodes_of(&world.code(), &ask).unwrap(), [node]);
}

#[test]
fn hints_bring_history_and_bounds() {
    let world = World::of(&[("a.py", "X = 1\ndef f(): pass\n"), ("b.py", ""), ("c.txt", "")]);
    let pair = |to: &str, weight| ("a.py".to_owned(), to.to_owned(), weight);
    let hints = Hints {
        co_change: vec![pair("b.py", 0.5), pair("gone.py", 0.5), pair("c.txt", f32::NAN)],
        times: [("a.py".to_owned(), (7, 2.0))].into(),
        max_nodes: 5,
    };
    let build = |hints: Hints| CodeGraph::build(&world.code(), None, Arc::new(hints), &|| false);
    let graph = build(hints).unwrap();
    let a = graph.node_of("a.py").unwrap();
    assert_eq!(graph.graph().unwrap().modified(a), 7);
    assert_eq!(graph.graph().unwrap().change_frequency(a), 1.0);
    let (_, edges) = graph.counts();
    assert_eq!(edges[&EdgeKind::CoChange], 2, "it stands in both directions");
    assert!(graph.node_of("a.py#f").is_some());
    assert!(graph.node_of("a.py#X").is_none(), "values go first");
    assert_eq!(graph.left_out(), 1);
    let none = build(Hints { max_nodes: 0, ..Hints::default() }).unwrap();
    assert!(none.node_of("a.py").is_some(), "files are never left out");
    assert!(CodeGraph::build(&world.code(), None, Arc::default(), &|| true).is_none());
}
