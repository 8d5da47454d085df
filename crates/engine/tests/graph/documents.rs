//! Documents: sections, what they are bound to, and drift.

use coderoom_engine::{Certainty, Documents, DriftKind, Why};

use super::world::{World, expect};

const MODEL: &str = "class Model:\n    def save(self): pass\n    def full_clean(self): pass\n\ndef \
                     make_model(): pass\n";

#[test]
fn sections_are_bound_to_what_they_mention() {
    expect(
        &[
            ("app/models.py", MODEL),
            ("app/other.py", "def save(): pass\ndef make(): pass\n"),
            (
                "docs/guide.md",
                "---\ntitle: make_model\n---\nSee [the models](../app/models.py) and [notes](notes.rst#x).\n\n# \
                 The `Model`\n\nIt calls make_model() and `Model.save`, or `save`.\n\n## Deeper\n\nIn \
                 app/models.py there is full_clean; save is a word, os.path.join is not ours.\n",
            ),
            (
                "docs/notes.rst",
                "Notes\n=====\n\n.. currentmodule:: app.models\n\n:meth:`~Model.full_clean` and \
                 :func:`make_model`\n\n``make_model`` text\n------------------\n\n.. class:: Model\n",
            ),
            ("requirements.txt", "Model\nmake_model\n"),
        ],
        &[
            "docs/guide.md documents app/models.py",
            "docs/guide.md references docs/notes.rst",
            "docs/guide.md#the-model documents app/models.py#Model",
            "docs/guide.md#the-model ~documents app/models.py#make_model",
            "docs/guide.md#the-model documents app/models.py#Model.save",
            "docs/guide.md#the-model ~documents app/other.py#save",
            "docs/guide.md#deeper documents app/models.py",
            "docs/guide.md#deeper ~documents app/models.py#Model.full_clean",
            "docs/notes.rst#notes documents app/models.py",
            "docs/notes.rst#notes documents app/models.py#Model.full_clean",
            "docs/notes.rst#notes documents app/models.py#make_model",
            "docs/notes.rst#make_model-text documents app/models.py#make_model",
            "docs/notes.rst#make_model-text documents app/models.py#Model",
        ],
    );
}

#[test]
fn sections_know_their_lines_and_their_outer_ones() {
    let text = "intro\n\n# One\n\na\n\n## Two\n\nb\n\n# One\n";
    let world =
        World::of(&[("a.md", text), ("b.txt", "\nTitle\n*****\n\ntext\n\nSub\n---\nmore\n")]);
    let (code, graph) = (world.code(), world.graph(None));
    let documents = Documents::new(&code, &graph);
    let show = |path: &str| -> Vec<String> {
        let sections = documents.resolve(path).unwrap().into_iter();
        sections.map(|it| format!("{} {} {}-{}", it.key, it.level, it.line, it.end_line)).collect()
    };
    assert_eq!(show("a.md"), ["a.md#one 1 3-6", "a.md#two 2 7-10", "a.md#one(2) 1 11-11"]);
    assert_eq!(show("b.txt"), ["b.txt#title 1 2-6", "b.txt#sub 2 7-9"]);
    assert!(documents.resolve("c.md").is_none());
    assert_eq!(documents.paths().collect::<Vec<_>>(), ["a.md", "b.txt"]);
    let two = graph.node_of("a.md#two").unwrap();
    assert_eq!(graph.graph().unwrap().parent(two), graph.node_of("a.md#one"));
    assert_eq!(graph.node_at("a.md", 8), Some(two));
}

/// In notes, each entry of a list is a section: with its own mentions, below the heading before it,
/// by its first line. Elsewhere entries are text.
#[test]
fn entries_of_notes_are_sections() {
    let text = "---\ntags: [\"x\"]\n---\n\n# Done\n\n- [x] `Model.save` is slow\n  when full\n  - \
                `make_model` inside\n\n  More of `Model`.\n- plain\n\n1.\n2. ```\n   code\n   ```\n\n## Next\n\n* *soon*\n";
    let world =
        World::of(&[("app/models.py", MODEL), (".coderoom/notes/n.md", text), ("docs/n.md", text)]);
    let (code, graph) = (world.code(), world.graph(None));
    let documents = Documents::new(&code, &graph);
    let sections = |path: &str| -> Vec<(String, u8, u32, u32)> {
        let found = documents.resolve(path).unwrap().into_iter();
        found.map(|it| (it.heading, it.level, it.line, it.end_line)).collect()
    };
    let row = |heading: &str, level, first, last| (heading.to_owned(), level, first, last);
    let notes = [
        row("Done", 1, 5, 6),
        row("Model.save is slow when full", 7, 7, 11),
        row("plain", 7, 12, 18),
        row("Next", 2, 19, 20),
        row("soon", 7, 21, 21),
    ];
    assert_eq!(sections(".coderoom/notes/n.md"), notes);
    assert_eq!(sections("docs/n.md"), [row("Done", 1, 5, 18), row("Next", 2, 19, 21)]);
    let first = graph.node_of(".coderoom/notes/n.md#modelsave-is-slow-when-full").unwrap();
    let done = graph.node_of(".coderoom/notes/n.md#done");
    assert_eq!(graph.graph().unwrap().parent(first), done);
    let bound = documents.bindings(".coderoom/notes/n.md");
    let bound: Vec<_> = bound.iter().map(|it| (&*it.section, it.line, &*it.target)).collect();
    let slow = "Model.save is slow when full";
    assert_eq!(
        bound,
        [
            (slow, 7, "app/models.py#Model.save"),
            (slow, 9, "app/models.py#make_model"),
            (slow, 11, "app/models.py#Model"),
        ]
    );
}

#[test]
fn bindings_go_both_ways() {
    let world = World::of(&[
        ("app/models.py", MODEL),
        (
            ".coderoom/notes/n.md",
            "Save with `Model.save`.\n\n# Why\n\nSee `Model.save` in app/models.py\n",
        ),
    ]);
    let (code, graph) = (world.code(), world.graph(None));
    let documents = Documents::new(&code, &graph);
    let from = documents.bindings(".coderoom/notes/n.md");
    let short: Vec<_> =
        from.iter().map(|it| (&*it.section, it.line, &*it.target, it.why)).collect();
    assert_eq!(
        short,
        [
            ("", 1, "app/models.py#Model.save", Why::CodeSpan),
            ("Why", 5, "app/models.py", Why::Path),
            ("Why", 5, "app/models.py#Model.save", Why::CodeSpan),
        ]
    );
    assert!(from.iter().all(|it| it.certainty == Certainty::Exact));
    assert_eq!(documents.bindings("app/models.py"), from);
    assert_eq!(documents.bindings("app/models.py#Model").len(), 2);
    assert!(documents.bindings("app/models.py#make_model").is_empty());
}

#[test]
fn drift_tells_what_is_gone_moved_and_changed() {
    let notes = "# Notes\n\n`Model.save`, `Model.full_clean`, `make_model()`, app/models.py\n\n# Same\n\n\
                 `Model.save`\n";
    let world = World::of(&[("app/models.py", MODEL), ("notes.md", notes)]);
    let (past_code, past) = (world.code(), world.graph(None));
    let past = Documents::new(&past_code, &past);
    assert!(past.drift("notes.md", None).is_empty());
    assert!(past.drift("notes.md", Some(past)).is_empty());
    world.edit("app/models.py", Some("class Model:\n    def save(self): return 1\n"));
    world.edit("app/made.py", Some("def make_model(): pass\n"));
    world.edit("notes.md", Some(&notes.replace("# Notes\n", "# Notes\n\nNew words.\n")));
    let (code, graph) = (world.code(), world.graph(None));
    let documents = Documents::new(&code, &graph);
    let short = |past| -> Vec<(String, String, DriftKind, Certainty)> {
        let found = documents.drift("notes.md", past).into_iter();
        found.map(|it| (it.section, it.mention, it.kind, it.certainty)).collect()
    };
    let is = |section: &str, mention: &str, kind, certainty| {
        (section.to_owned(), mention.to_owned(), kind, certainty)
    };
    assert_eq!(
        short(Some(past)),
        [
            is("Notes", "Model.full_clean", DriftKind::Gone, Certainty::Exact),
            is("Notes", "make_model", DriftKind::Moved, Certainty::Exact),
            // In the first section the words are others as well.
            is("Same", "Model.save", DriftKind::Changed, Certainty::Exact),
        ]
    );
    assert_eq!(
        short(None),
        [is("Notes", "Model.full_clean", DriftKind::Gone, Certainty::Likely)],
        "without a past, only what ought to be there is missed"
    );
    world.edit("app/models.py", None);
    world.edit("lib/models.py", Some("x = 1\n"));
    let (code, graph) = (world.code(), world.graph(None));
    let documents = Documents::new(&code, &graph);
    let found = documents.drift("notes.md", None);
    let found: Vec<_> = found.iter().map(|it| (&*it.mention, it.kind, &it.now[..])).collect();
    assert_eq!(found, [("app/models.py", DriftKind::Moved, &["lib/models.py".to_owned()][..])]);
}
