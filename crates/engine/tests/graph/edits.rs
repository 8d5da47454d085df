//! A graph that takes over from an earlier one what still holds equals one that is made from nothing.

use coderoom_engine::{CodeGraph, KeptGraph};
use proptest::prelude::*;

use super::world::{World, all_edges, all_nodes};

/// A function of one of the files: its name, what it calls, what it makes.
#[derive(Clone, Debug)]
struct Function {
    name: usize,
    calls: usize,
    class: usize,
    variant: usize,
}

/// One file: which class it has, what that inherits, functions, and which file it imports from.
#[derive(Clone, Debug)]
struct Module {
    class: usize,
    base: usize,
    from: usize,
    functions: Vec<Function>,
}

#[derive(Clone, Copy, Debug)]
enum Notation {
    Python,
    TypeScript,
    Rust,
}

const CLASSES: [&str; 3] = ["Base", "Child", "Other"];
const FUNCTIONS: [&str; 4] = ["load", "save", "build", "helper"];
const STEMS: [&str; 4] = ["alpha", "beta", "gamma", "test_delta"];

fn function() -> impl Strategy<Value = Function> {
    (0..4usize, 0..4usize, 0..3usize, 0..3usize)
        .prop_map(|(name, calls, class, variant)| Function { name, calls, class, variant })
}

fn module() -> impl Strategy<Value = Module> {
    let functions = prop::collection::vec(function(), 0..4);
    (0..3usize, 0..3usize, 0..4usize, functions).prop_map(|(class, base, from, functions)| Module {
        class,
        base,
        from,
        functions,
    })
}

fn notation() -> impl Strategy<Value = Notation> {
    prop_oneof![Just(Notation::Python), Just(Notation::TypeScript), Just(Notation::Rust)]
}

impl Module {
    fn text(&self, notation: Notation) -> String {
        let (class, base, from) = (CLASSES[self.class], CLASSES[self.base], STEMS[self.from]);
        let mut text = String::new();
        let imported: Vec<&str> = FUNCTIONS.into_iter().chain([base]).collect();
        let names = imported.join(", ");
        match notation {
            Notation::Python => {
                text += &format!("from {from} import {names}\nimport os\n\n");
                text += &format!(
                    "class {class}({base}):\n    def run(self):\n        return load()\n\n"
                );
            }
            Notation::TypeScript => {
                text += &format!("import {{ {names} }} from './{from}';\n");
                text += &format!(
                    "export class {class} extends {base} {{ run() {{ return load(); }} }}\n"
                );
            }
            Notation::Rust => {
                text += &format!("use crate::{from}::{{{names}}};\n");
                text += &format!(
                    "pub struct {class} {{ pub inner: Option<Box<{base}>> }}\nimpl {class} {{ pub fn \
                     run(&self) {{ load(); }} }}\n"
                );
            }
        }
        for function in &self.functions {
            text += &function.text(notation);
        }
        text
    }
}

impl Function {
    fn text(&self, notation: Notation) -> String {
        let (name, calls) = (FUNCTIONS[self.name], FUNCTIONS[self.calls]);
        let class = CLASSES[self.class];
        match (notation, self.variant) {
            (Notation::Python, 0) => format!("def {name}():\n    return {calls}().run()\n\n"),
            (Notation::Python, 1) => {
                format!(
                    "def {name}(it):\n    x = {class}()\n    {calls}(x)\n    it.run()\n    return x\n\n"
                )
            }
            (Notation::Python, _) => format!("def {name}():\n    return {class}()\n\n"),
            (Notation::TypeScript, 0) => {
                format!("export function {name}() {{ return {calls}().run(); }}\n")
            }
            (Notation::TypeScript, 1) => format!(
                "export function {name}(it: {class}) {{ it.run(); {calls}(); return it; }}\n"
            ),
            (Notation::TypeScript, _) => {
                format!("export const {name} = () => new {class}();\n")
            }
            (Notation::Rust, 0) => format!("pub fn {name}() {{ {calls}().run(); }}\n"),
            (Notation::Rust, 1) => {
                format!("pub fn {name}(it: &{class}) -> &{class} {{ it.run(); {calls}(); it }}\n")
            }
            (Notation::Rust, _) => {
                format!("pub fn {name}() -> {class} {{ {class} {{ inner: None }} }}\n")
            }
        }
    }
}

fn place(notation: Notation, stem: usize) -> String {
    let stem = STEMS[stem];
    match notation {
        Notation::Python => format!("{stem}.py"),
        Notation::TypeScript => format!("{stem}.ts"),
        Notation::Rust => format!("src/{stem}.rs"),
    }
}

const NOTES: [&str; 3] = [
    "# Notes\n\n`load` and `Child.run`, see [alpha](alpha.py) and src/beta.rs\n",
    "# Notes\n\nWe call save_all and `helper()`.\n\n## More\n\n`Base` and gamma.ts\n",
    "Only words, and `build`.\n",
];

/// An edit: a file that is put, removed, or a document.
#[derive(Clone, Debug)]
enum Edit {
    Put(usize, Module),
    Remove(usize),
    Note(usize),
    /// A line of [`LINES`] comes before an indented line of a file.
    Line(usize, usize, usize),
    /// An indented line goes: one level in, one level out, away, or below the next.
    Move(usize, usize, usize),
}

/// Lines that can stand in a function's body: for Python, and a remark for the others.
const LINES: [&str; 13] = [
    "# A remark.",
    "load()",
    "x = save()",
    "self.run()",
    "return build()",
    "import os.path",
    "global far; far = helper()",
    "class Local(Base): pass",
    "Local = Other; return Local()",
    "load = None",
    "return Local()",
    "self.made = Child().run()",
    "if isinstance(x, Other): x.run(load)",
];

/// The text with a line more, or with one moved if there is none to add.
fn with_line(text: &str, notation: Notation, at: usize, how: Result<usize, usize>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let is_inside = |line: &String| !matches!(notation, Notation::Python) || line.starts_with(' ');
    let inside: Vec<usize> = (0..lines.len()).filter(|n| is_inside(&lines[*n])).collect();
    let Some(at) = inside.get(at % inside.len().max(1)).copied() else { return text.to_owned() };
    let indent = lines[at].len() - lines[at].trim_start().len();
    match how {
        Ok(line) => {
            let python = matches!(notation, Notation::Python);
            let new = if python { LINES[line] } else { "// A remark." };
            lines.insert(at, format!("{}{new}", " ".repeat(indent)));
        }
        Err(0) => lines[at].insert_str(0, "    "),
        Err(1) => drop(lines[at].drain(..indent.min(4))),
        Err(2) => drop(lines.remove(at)),
        Err(_) if at + 1 < lines.len() => lines.swap(at, at + 1),
        Err(_) => {}
    }
    lines.join("\n") + "\n"
}

fn edit_line(world: &World, notation: Notation, file: usize, at: usize, how: Result<usize, usize>) {
    let name = place(notation, file);
    let snapshot = world.session.snapshot();
    let text = snapshot.file(&super::world::path(&name)).and_then(|it| it.text());
    if let Some(text) = text.map(|it| String::from_utf8_lossy(it.bytes()).into_owned()) {
        world.edit(&name, Some(&with_line(&text, notation, at, how)));
    }
}

fn an_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0..4usize, module()).prop_map(|(at, it)| Edit::Put(at, it)),
        1 => (0..4usize).prop_map(Edit::Remove),
        1 => (0..3usize).prop_map(Edit::Note),
        6 => (0..4usize, 0..20usize, 0..LINES.len()).prop_map(|(at, n, it)| Edit::Line(at, n, it)),
        4 => (0..4usize, 0..20usize, 0..4usize).prop_map(|(at, n, how)| Edit::Move(at, n, how)),
    ]
}

fn assert_same(earlier: &CodeGraph, world: &World) -> CodeGraph {
    // What is joined from it takes over what it can.
    earlier.graph().expect("it is not too large");
    let (next, alone) = (world.graph(Some(earlier)), world.graph(None));
    assert_eq!(all_nodes(&next), all_nodes(&alone));
    let (found, expected) = (all_edges(&next), all_edges(&alone));
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing {missing:#?}\nmore {more:#?}");
    next
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// After every edit of a chain; a stale piece would show at once, or at the next edit.
    #[test]
    fn taking_over_changes_nothing(
        notation in notation(),
        modules in prop::collection::vec(module(), 4),
        edits in prop::collection::vec(an_edit(), 1..6),
    ) {
        let mut files: Vec<(String, String)> = modules
            .iter()
            .enumerate()
            .map(|(ix, it)| (place(notation, ix), it.text(notation)))
            .collect();
        let roots = "mod alpha;\nmod beta;\nmod gamma;\nmod test_delta;\n";
        files.push(("src/lib.rs".into(), roots.into()));
        files.push(("notes.md".into(), NOTES[0].into()));
        let world = World::new(files.iter().map(|(name, text)| (&**name, text.as_bytes())));
        let mut graph = world.graph(None);
        for edit in edits {
            match edit {
                Edit::Put(at, it) => world.edit(&place(notation, at), Some(&it.text(notation))),
                Edit::Remove(at) => {
                    let name = place(notation, at);
                    if world.session.snapshot().file(&super::world::path(&name)).is_some() {
                        world.edit(&name, None);
                    }
                }
                Edit::Note(ix) => world.edit("notes.md", Some(NOTES[ix])),
                Edit::Line(at, n, line) => edit_line(&world, notation, at, n, Ok(line)),
                Edit::Move(at, n, how) => edit_line(&world, notation, at, n, Err(how)),
            }
            graph = assert_same(&graph, &world);
        }
    }

    /// A graph that was kept is the one that was made, in another run with other numbers of files;
    /// and after edits, what follows it is what would be made.
    #[test]
    fn keeping_changes_nothing(
        notation in notation(),
        modules in prop::collection::vec(module(), 4),
        edits in prop::collection::vec(an_edit(), 0..3),
        late in 0..4usize,
    ) {
        let text = |ix: usize| (place(notation, ix), modules[ix].text(notation));
        let lib = ("src/lib.rs".to_owned(), "mod alpha;\nmod beta;\nmod gamma;\n".to_owned());
        let notes = ("notes.md".to_owned(), NOTES[0].to_owned());
        let all: Vec<_> = (0..4).map(text).chain([lib, notes]).collect();
        let of = |files: &[(String, String)]| {
            World::new(files.iter().map(|(name, text)| (&**name, text.as_bytes())))
        };
        // One file comes after the others, so its number is not that of its place. (In Rust, what is
        // imported and declared at once is an error, and then the first by number is meant.)
        let late = if matches!(notation, Notation::Rust) { 3 } else { late };
        let mut first = all.clone();
        let (name, text) = first.remove(late);
        let first = of(&first);
        first.edit(&name, Some(&text));
        let bytes = first.graph(None).encode("here").expect("bytes");
        let world = of(&all);
        let kept = KeptGraph::decode(&bytes, "here").expect("sound").expect("ours");
        let snapshot = world.session.snapshot();
        prop_assert!(kept.differing(&snapshot).is_empty());
        let graph = kept.into_graph(&snapshot, Default::default()).expect("of the same texts");
        prop_assert_eq!(all_edges(&graph), all_edges(&world.graph(None)));
        prop_assert_eq!(graph.encode("here").expect("bytes"), bytes);
        let old = world.session.snapshot();
        for edit in edits {
            match edit {
                Edit::Put(at, it) => world.edit(&place(notation, at), Some(&it.text(notation))),
                Edit::Remove(at) => world.edit(&place(notation, at), None),
                Edit::Note(ix) => world.edit("notes.md", Some(NOTES[ix])),
                Edit::Line(at, n, line) => edit_line(&world, notation, at, n, Ok(line)),
                Edit::Move(at, n, how) => edit_line(&world, notation, at, n, Err(how)),
            }
        }
        let next = assert_same(&graph, &world);
        // What differs is told by paths and what was there.
        let bytes = graph.encode("here").expect("bytes");
        let kept = KeptGraph::decode(&bytes, "here").expect("sound").expect("ours");
        let mut told = kept.differing(&world.session.snapshot());
        told.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let wanted = old.differing(&world.session.snapshot()).into_iter().map(|path| {
            let hash = old.file(&path).and_then(|file| Some(file.text()?.hash()));
            (path, hash)
        });
        prop_assert_eq!(told, wanted.collect::<Vec<_>>());
        drop(next);
    }
}

/// Edits that leave every word where it was, or seem to concern one function alone, and are seen from
/// elsewhere in the file.
#[test]
fn what_reaches_out_of_a_function_is_seen() {
    let file = "class A:\n    def run(self): pass\n\nclass B:\n    def run(self): pass\n\n\
        def g(): pass\n\ndef f():\n    g()\n    g()\n\n\
        def pick(x):\n    if isinstance(x, A):\n        x.run()\n    return x\n\n\
        def make():\n    class Local(A): pass\n    return Local()\n\n\
        def helper(x): x.run()\n\ndef calls():\n    helper(A())\n\n\
        def use(y):\n    make().run()\n    pick(y).run()\n";
    for (old, new) in [
        ("    g()\n\n", "g()\n\n"),
        ("    return x\n", "        return x\n"),
        ("Local(A): pass", "Local(B): pass"),
        ("Local(A): pass", "Local(A):\n        def run(self): pass"),
        ("    helper(A())", "    helper = None\n    helper(A())"),
        ("    helper(A())", "    helper(B())"),
        ("    helper(A())", "    def inner(): pass\n    helper(A())"),
    ] {
        let world = World::of(&[("a.py", file)]);
        let graph = world.graph(None);
        world.edit("a.py", Some(&file.replacen(old, new, 1)));
        assert_same(&graph, &world);
    }
}

/// What an edit of a body costs is that function alone, or nothing if it says what it said.
#[test]
fn an_edit_costs_what_it_touches() {
    let world = World::of(&[
        ("a.py", "def f():\n    return 1\n"),
        ("b.py", "from a import f\n\ndef g():\n    f()\n\ndef h():\n    g()\n"),
        ("c.py", "def unrelated(): pass\n"),
    ]);
    let graph = world.graph(None);
    let made = |graph: &CodeGraph| {
        let stats = graph.stats();
        (stats.parsed, stats.derived, stats.patched)
    };
    assert_eq!(made(&graph), (3, 3, 0));
    world.edit("b.py", Some("from a import f\n\ndef g():\n    f()\n\ndef h():\n    g(); f()\n"));
    let next = assert_same(&graph, &world);
    assert_eq!(made(&next), (1, 0, 1));
    assert!(all_edges(&next).contains("b.py#h calls a.py#f"), "{:#?}", all_edges(&next));
    world.edit(
        "b.py",
        Some("# Top.\nfrom a import f\n\n# G.\ndef g():\n    f()\n\ndef h():\n    g(); f()\n"),
    );
    let next = assert_same(&next, &world);
    assert_eq!(made(&next), (1, 0, 1));
    world.edit("b.py", Some("from a import f\n\ndef g():\n    f()\n\ndef h(x):\n    g(); f()\n"));
    let next = assert_same(&next, &world);
    assert_eq!(made(&next), (1, 1, 0), "others can see that");
    world.edit("a.py", Some("def f(x):\n    return 1\n"));
    let next = assert_same(&next, &world);
    assert_eq!(made(&next), (1, 2, 0), "b names f");
    world.edit("c.py", None);
    let next = assert_same(&next, &world);
    assert_eq!((next.stats().files, next.stats().derived), (2, 0));
    // Back to the start, from a graph that is not the one before.
    world.edit("c.py", Some("def unrelated(): pass\n"));
    assert_same(&graph, &world);
}
