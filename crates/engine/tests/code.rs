//! Questions about code on sessions' snapshots: an old index answers as a fresh one does, and every
//! session sees its own truth.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use coderoom_engine::{
    Ask, AskError, AskLimits, Body, Certainty, Change, Code, CodeIndex, CodeScope, FileChange,
    RelPath, Session, Shelf, Snapshot, Spelling, Stamp, TextStore, Visibility,
};
use proptest::prelude::*;

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a clean path")
}

fn put(store: &TextStore, text: &str) -> FileChange {
    let body = store.intern(Bytes::from(text.to_owned())).map_or(Body::Binary, Body::Text);
    FileChange::Put { body, stamp: Stamp::default(), visibility: Visibility::default() }
}

fn open(store: &TextStore, files: &BTreeMap<&str, String>) -> Session {
    let mut list: Vec<_> =
        files.iter().map(|(name, text)| (path(name), put(store, text))).collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    Session::open(list, Vec::new())
}

fn edit(session: &Session, store: &TextStore, name: &str, text: Option<&str>) -> Arc<Snapshot> {
    let change = text.map_or(FileChange::Remove, |text| put(store, text));
    let files = [(path(name), change)].into();
    session.apply(Change { files, ..Change::default() }).expect("there are no preconditions")
}

fn index(snapshot: &Arc<Snapshot>) -> Arc<CodeIndex> {
    Arc::new(CodeIndex::build(snapshot, &|| false).expect("it was not stopped"))
}

fn shelf() -> Arc<Shelf> {
    Arc::new(Shelf::new(32 << 20))
}

fn all() -> AskLimits<'static> {
    AskLimits { offset: 0, limit: usize::MAX, stop: &|| false }
}

fn named(name: &str) -> Ask {
    Ask::Named { name: name.to_owned(), within: None }
}

/// References as `path:line:column role certainty`.
fn references(code: &Code, ask: &Ask, floor: Certainty) -> Result<Vec<String>, AskError> {
    let found = code.references(ask, floor, &all())?;
    let line = |it: &coderoom_engine::Reference| {
        format!("{}:{}:{} {:?} {:?}", it.path, it.line, it.column, it.role, it.certainty)
    };
    Ok(found.references.iter().map(line).collect())
}

const NAMES: [&str; 8] = ["Base", "Child", "save", "helper", "value", "LIMIT", "load", "m"];
const FILES: [&str; 6] = ["a.py", "b.py", "pkg/__init__.py", "pkg/m.py", "pkg/n.py", "notes.txt"];
/// Lines that make files with imports, classes, calls and broken ends.
const LINES: [&str; 18] = [
    "from pkg.m import Base, helper",
    "from pkg import m",
    "from .m import helper as save",
    "from . import m",
    "import pkg.m",
    "from pkg import *",
    "import os",
    "LIMIT = 3",
    "class Base:\n    def save(self):\n        return helper(LIMIT)",
    "class Child(Base):\n    value = 1\n    def load(self):\n        self.save()",
    "class Child(m.Base):\n    def save(self):\n        super().save()",
    "def helper(value):\n    return value",
    "def load(value: Base):\n    value.save()\n    return m.helper(value=LIMIT)",
    "Base().save()",
    "x = Child()\nx.load()",
    "m.helper(1)",
    "unknown.save()",
    "def broken(:",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&LINES[..]), 0..8)
        .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

/// Everything that is asked, as text.
fn answers(code: &Code) -> Vec<String> {
    let mut answers = Vec::new();
    let scope = CodeScope::default();
    for name in NAMES {
        let ask = named(name);
        let symbols = code.symbols(name, Spelling::Fuzzy, &scope, &all());
        answers.push(format!("symbols {name}: {symbols:?}"));
        answers.push(format!(
            "definition {name}: {:?}",
            code.definition(&ask, Certainty::ByName, &all())
        ));
        answers.push(format!("references {name}: {:?}", references(code, &ask, Certainty::ByName)));
    }
    for file in FILES {
        let file = path(file);
        answers.push(format!("dependencies {file}: {:?}", code.dependencies(&file, 9, &all())));
        answers.push(format!("dependents {file}: {:?}", code.dependents(&file, 9, &all())));
        for (line, column) in [(1, 8), (1, 20), (2, 9), (3, 9), (4, 12), (7, 10)] {
            let ask = Ask::At { path: file.clone(), line, column: Some(column), name: None };
            answers.push(format!(
                "{file}:{line}:{column} {:?} {:?}",
                code.definition(&ask, Certainty::ByName, &all()),
                references(code, &ask, Certainty::ByName),
            ));
        }
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever was edited since, an index answers as one that is made from scratch.
    #[test]
    fn an_old_index_answers_as_a_new_one(
        first in prop::collection::btree_map(prop::sample::select(&FILES[..]), text(), 1..6),
        edits in prop::collection::vec(
            (prop::sample::select(&FILES[..]), prop::option::weighted(0.85, text())), 1..6,
        ),
    ) {
        let store = TextStore::default();
        let session = open(&store, &first);
        let old = index(&session.snapshot());
        let mut before = Code::new(session.snapshot(), Arc::clone(&old), shelf());
        for (file, text) in edits {
            let now = edit(&session, &store, file, text.as_deref());
            let current = Code::new(Arc::clone(&now), Arc::clone(&old), shelf()).following(&before);
            let fresh = Code::new(Arc::clone(&now), index(&now), shelf());
            let (ours, expected) = (answers(&current), answers(&fresh));
            for (ours, expected) in ours.iter().zip(&expected) {
                prop_assert_eq!(ours, expected);
            }
            before = current;
        }
    }

    /// Nothing that is asked of any text panics, wherever the question points.
    #[test]
    fn any_place_can_be_asked_about(
        text in text(),
        line in 0..12_u32,
        column in prop::option::of(0..60_u32),
    ) {
        let store = TextStore::default();
        let session = open(&store, &[("a.py", text)].into());
        let code = Code::new(session.snapshot(), Arc::new(CodeIndex::empty()), shelf());
        let ask = Ask::At { path: path("a.py"), line, column, name: None };
        let floor = Certainty::Likely;
        let _ = code.definition(&ask, floor, &all());
        let _ = code.references(&ask, floor, &all());
        let _ = code.callers(&ask, 3, floor, &all());
        let _ = code.callees(&ask, 3, floor, &all());
        let _ = code.hover(&ask, &all());
        let _ = code.implementations(&ask, &all());
        let _ = code.supertypes(&ask, &all());
        let _ = code.outline(&path("a.py"), &all());
        let _ = code.unused(&CodeScope::default(), false, &all());
    }
}

#[test]
fn two_sessions_see_their_own_truth() {
    let store = TextStore::default();
    let files = [
        ("lib.py", "def greet():\n    pass\n".to_owned()),
        ("use.py", "from lib import greet\n\ngreet()\n".to_owned()),
    ];
    let trunk = open(&store, &files.into());
    let base = index(&trunk.snapshot());
    let one = trunk.fork();
    let other = trunk.fork();
    edit(&one, &store, "use.py", Some("from lib import greet\n\n\ngreet()\ngreet()\n"));
    edit(&other, &store, "lib.py", Some("# moved down\ndef greet():\n    pass\n"));
    edit(&other, &store, "more.py", Some("import lib\nlib.greet()\n"));
    let ask = |session: &Session| {
        let code = Code::new(session.snapshot(), Arc::clone(&base), shelf());
        references(&code, &named("greet"), Certainty::Exact).expect("there is one `greet`")
    };
    let expected =
        |list: &[&str]| list.iter().map(|line| format!("{line} Exact")).collect::<Vec<_>>();
    let untouched = ["lib.py:1:5 Definition", "use.py:1:17 Import", "use.py:3:1 Call"];
    assert_eq!(ask(&trunk), expected(&untouched));
    assert_eq!(
        ask(&one),
        expected(&[
            "lib.py:1:5 Definition",
            "use.py:1:17 Import",
            "use.py:4:1 Call",
            "use.py:5:1 Call"
        ])
    );
    assert_eq!(
        ask(&other),
        expected(&[
            "lib.py:2:5 Definition",
            "more.py:2:5 Call",
            "use.py:1:17 Import",
            "use.py:3:1 Call"
        ])
    );
}

#[test]
fn what_an_edit_has_removed_is_gone_at_once() {
    let store = TextStore::default();
    let files = [("lib.py", "def greet():\n    pass\n\ndef greets():\n    pass\n".to_owned())];
    let session = open(&store, &files.into());
    let old = index(&session.snapshot());
    let now = edit(&session, &store, "lib.py", Some("def greets():\n    pass\n"));
    let code = Code::new(now, old, shelf());
    let error = code.definition(&named("greet"), Certainty::Exact, &all()).expect_err("it is gone");
    assert_eq!(
        error.to_string(),
        "nothing in the workspace is called `greet`: did you mean greets?"
    );
}

/// An iterator that is its own iterable has no end of iterables.
#[test]
fn what_iterates_itself_gives_what_comes_next() {
    let store = TextStore::default();
    let text = "class B:\n    def m(self): pass\n\nclass A:\n    def __iter__(self): return \
                self\n    def __next__(self): return B()\n\nclass C:\n    def __iter__(self): return \
                D()\n\nclass D:\n    def __iter__(self): return C()\n\nfor a in A():\n    \
                a.m()\nfor c in C():\n    c.other()\n";
    let session = open(&store, &[("a.py", text.to_owned())].into());
    let code = Code::new(session.snapshot(), index(&session.snapshot()), shelf());
    let found = references(&code, &named("B.m"), Certainty::Exact).expect("it is there");
    assert_eq!(found, ["a.py:2:9 Definition Exact", "a.py:15:7 Call Exact"]);
    let at = Ask::At { path: path("a.py"), line: 17, column: Some(7), name: None };
    assert!(references(&code, &at, Certainty::ByName).is_err());
}

/// What C has twice under one name, behind `struct` and without, is asked for as one.
#[test]
fn a_struct_and_its_alias_go_by_one_name() {
    let store = TextStore::default();
    let header = "typedef struct node node;\nint f(node *it);\n";
    let source =
        "#include \"node.h\"\nstruct node { int key; };\nint f(struct node *it) { return 0; }\n";
    let files = [("node.h", header.to_owned()), ("node.c", source.to_owned())];
    let session = open(&store, &files.into());
    let code = Code::new(session.snapshot(), index(&session.snapshot()), shelf());
    let found = references(&code, &named("node"), Certainty::Exact).expect("they are one");
    assert_eq!(
        found,
        [
            "node.c:2:8 Definition Exact",
            "node.c:3:14 Type Exact",
            "node.h:1:16 Type Exact",
            "node.h:1:21 Definition Exact",
            "node.h:2:7 Type Exact"
        ]
    );
}
