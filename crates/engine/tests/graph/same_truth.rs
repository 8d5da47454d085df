//! The graph says what the questions about code say: callees, supertypes, dependencies.

use std::collections::BTreeSet;

use coderoom_engine::{
    Ask, AskLimits, Certainty, CodeGraph, EdgeKind, Kind, NodeIx, NodeKind, SymbolInfo,
};

use super::world::{World, path};

fn all() -> AskLimits<'static> {
    AskLimits { offset: 0, limit: usize::MAX, stop: &|| false }
}

/// The node of a symbol that an answer names.
fn node_of(graph: &CodeGraph, info: &SymbolInfo) -> Option<NodeIx> {
    let key = format!("{}#{}", info.path, info.qualified());
    let candidates = (1..9).map(|n| if n == 1 { key.clone() } else { format!("{key}({n})") });
    let mut nodes = candidates.filter_map(|key| graph.node_of(&key));
    nodes.find(|node| {
        let place = graph.place_of(*node).expect("it is there");
        place.symbol == Some(info.kind) && place.line <= info.line && info.line <= place.end_line
    })
}

fn out(graph: &CodeGraph, node: NodeIx, kind: EdgeKind) -> BTreeSet<String> {
    let it = graph.graph().expect("it is there");
    let edges = it.outgoing(node).filter(|edge| edge.kind == kind);
    edges.map(|edge| it.key(edge.to).to_owned()).collect()
}

fn check(files: &[(&str, &str)]) {
    let world = World::of(files);
    let (code, graph) = (world.code(), world.graph(None));
    let joined = graph.graph().expect("it is there");
    let mut compared = 0;
    for node in joined.nodes().filter(|it| joined.kind(*it) == NodeKind::Symbol) {
        let place = graph.place_of(node).expect("it is there");
        let key = joined.key(node);
        let callable =
            matches!(place.symbol, Some(Kind::Function | Kind::Method | Kind::Constructor));
        let ask = Ask::At {
            path: path(&place.path),
            line: place.line,
            column: None,
            name: Some(joined.label(node).to_owned()),
        };
        let subject = |info: Option<&SymbolInfo>| info.and_then(|it| node_of(&graph, it));
        if callable && let Ok(calls) = code.callees(&ask, 1, Certainty::Likely, &all()) {
            // A prototype is asked for with its definition.
            if calls.subjects.len() != 1 || subject(calls.subjects.first()) != Some(node) {
                continue;
            }
            let callees = calls.calls.iter().filter_map(|it| node_of(&graph, &it.symbol));
            let callees: BTreeSet<String> =
                callees.filter(|it| *it != node).map(|it| joined.key(it).to_owned()).collect();
            assert_eq!(out(&graph, node, EdgeKind::Calls), callees, "what {key} calls");
            compared += 1;
        }
        if let Ok(above) = code.supertypes(&ask, &all()) {
            if subject(above.subjects.first()) != Some(node) {
                continue;
            }
            let above = above.relatives.iter().filter_map(|it| node_of(&graph, &it.symbol));
            let above: BTreeSet<String> = above.map(|it| joined.key(it).to_owned()).collect();
            let direct = out(&graph, node, EdgeKind::Inherits);
            assert!(direct.is_subset(&above), "{key}: {direct:?} of {above:?}");
            assert_eq!(direct.is_empty(), above.is_empty(), "{key}: {direct:?} of {above:?}");
        }
    }
    assert!(compared > 0, "nothing was compared");
    for node in joined.nodes().filter(|it| joined.kind(*it) == NodeKind::File) {
        let file = path(&graph.place_of(node).expect("it is there").path);
        let Ok(answer) = code.dependencies(&file, 1, &all()) else { continue };
        let files: BTreeSet<String> = answer.files.iter().map(|it| it.path.to_string()).collect();
        let mut imports = out(&graph, node, EdgeKind::Imports);
        imports.retain(|key| !key.contains(['#', ':']));
        assert_eq!(imports, files, "what {file} imports");
    }
}

#[test]
fn python_says_the_same() {
    check(&[
        ("m/__init__.py", "from .a import *\n__all__ = ['A', 'make']\n"),
        (
            "m/a.py",
            "class A:\n    def go(self, x=None):\n        return self.stop(x)\n    def stop(self, x): \
             return x.size()\n    @property\n    def p(self): return make()\n\ndef make(kind=A):\n    def \
             inner(): return kind()\n    return inner()\n",
        ),
        (
            "m/b.py",
            "from m import A, make\nfrom .a import make as build\n\nclass B(A):\n    class Meta:\n        \
             def deep(self): return build().go()\n    def stop(self, x):\n        super().stop(x)\n        \
             return [it.go() for it in (make(), B())]\n\ndef f(a: A, b):\n    a.go(B())\n    b.stop(1)\n    \
             f(a, b)\n    lambda: make()\n",
        ),
    ]);
}

#[test]
fn other_languages_say_the_same() {
    check(&[
        ("Cargo.toml", "[package]\nname = \"x\"\n"),
        (
            "src/lib.rs",
            "mod a;\nuse a::{Run, make};\npub struct S;\nimpl Run for S { fn run(&self) -> u8 { make(1) } \
             }\nimpl S { fn go(&self) -> u8 { self.run() + self.twice() + helper(|| make(2)) } }\nfn \
             helper(f: impl Fn() -> u8) -> u8 { f() }\n",
        ),
        (
            "src/a.rs",
            "pub trait Run { fn run(&self) -> u8; fn twice(&self) -> u8 { self.run() * 2 } }\npub fn \
             make(x: u8) -> u8 { x }\n",
        ),
    ]);
    check(&[
        (
            "a.ts",
            "export abstract class A { abstract go(): void; stop() { this.go(); } }\nexport const make = \
             () => new B();\nexport class B extends A { go() { super.stop(); make(); } }\nexport default \
             function main() { make().stop(); }\n",
        ),
        (
            "b.ts",
            "import main, { make as build } from './a';\nfunction f() { main(); build().go(); }\n",
        ),
    ]);
    check(&[
        ("a.h", "int f(int x);\nint g(int x);\n"),
        ("a.c", "#include \"a.h\"\nint f(int x) { return x ? g(x) : f(x + 1); }\n"),
        (
            "b.c",
            "#include \"a.h\"\nstatic int h(int x) { return f(x); }\nint g(int x) { return h(x); }\n",
        ),
    ]);
}
