//! Indexes that are read.

use std::sync::Arc;

use coderoom_engine::{
    Certainty, Code, ImportError, ImportReport, Imported, Reference, Refusal, RelPath, scip_project,
};
use proptest::prelude::*;
use protobuf::{EnumOrUnknown, Message, MessageField};
use scip::types::{
    Document, Index, Metadata, Occurrence, PositionEncoding, SymbolInformation, ToolInfo,
};

use super::{Files, SHAPES, code, edit, export, path, session};

const UTF8: PositionEncoding = PositionEncoding::UTF8CodeUnitOffsetFromLineStart;
const UTF16: PositionEncoding = PositionEncoding::UTF16CodeUnitOffsetFromLineStart;
const UTF32: PositionEncoding = PositionEncoding::UTF32CodeUnitOffsetFromLineStart;
const UNSAID: PositionEncoding = PositionEncoding::UnspecifiedPositionEncoding;

/// A document: its path, its encoding, and occurrences as range, symbol and roles.
type Page<'a> = (&'a str, PositionEncoding, &'a [([i32; 3], &'a str, i32)]);

/// An index as a compiler might make it: for each document ranges with symbols and roles.
fn index(documents: &[Page<'_>]) -> Vec<u8> {
    let documents = documents.iter().map(|(path, units, occurrences)| Document {
        relative_path: (*path).to_owned(),
        position_encoding: EnumOrUnknown::new(*units),
        occurrences: occurrences
            .iter()
            .map(|(range, symbol, roles)| Occurrence {
                range: range.to_vec(),
                symbol: (*symbol).to_owned(),
                symbol_roles: *roles,
                ..Occurrence::default()
            })
            .collect(),
        ..Document::default()
    });
    let tool = ToolInfo { name: "gcc".into(), version: "99".into(), ..ToolInfo::default() };
    let metadata = Metadata { tool_info: MessageField::some(tool), ..Metadata::default() };
    let index = Index {
        metadata: MessageField::some(metadata),
        documents: documents.collect(),
        ..Index::default()
    };
    index.write_to_bytes().expect("it can be written")
}

fn read(bytes: &[u8], code: &Code) -> Imported {
    Imported::read(bytes, &RelPath::root(), None, code, &|| false).expect("an index")
}

fn refusals(report: &ImportReport) -> Vec<(&str, Refusal)> {
    report.refused_documents.iter().map(|it| (it.path.as_str(), it.reason)).collect()
}

/// `path:line:column certainty`.
fn references(code: &Code, file: &str, line: u32, column: u32) -> Vec<String> {
    let found = code.references_at(&path(file), line, column, Certainty::ByName);
    let show = |it: &Reference| format!("{}:{}:{} {:?}", it.path, it.line, it.column, it.certainty);
    found.into_iter().flat_map(|it| it.references).map(|it| show(&it)).collect()
}

/// A receiver of which the source says nothing: a compiler that runs the program may know.
const UNKNOWN: Files<'static> = &[
    ("a.py", "class A:\n    def get(self): pass\n\nclass B:\n    def get(self): pass\n"),
    ("b.py", "def f(x):\n    x.get()\n    x.get()\n"),
    ("c.py", "from a import A\nA().get()\n"),
];

fn unknown_index() -> Vec<u8> {
    let a: &[_] = &[
        ([1, 8, 11], "x p p 1 a/A#get().", 1),
        ([4, 8, 11], "x p p 1 a/B#get().", 1),
        ([0, 6, 7], "x p p 1 a/A#", 1),
    ];
    let b: &[_] = &[([1, 6, 9], "x p p 1 a/A#get().", 0), ([2, 6, 9], "x p p 1 a/B#get().", 8)];
    index(&[("a.py", UTF8, a), ("b.py", UTF8, b)])
}

#[test]
fn imported_references_are_exact_and_replace_ours() {
    let session = session(UNKNOWN);
    let plain = code(&session);
    assert!(!references(&plain, "a.py", 2, 9).contains(&"b.py:2:7 Exact".to_owned()));
    let imported = read(&unknown_index(), &plain);
    let report = imported.report().clone();
    assert_eq!(report.tools, ["gcc 99"]);
    assert_eq!((report.documents, report.occurrences, report.symbols), (2, 5, 3));
    let known = code(&session).with_imported(Some(Arc::new(imported)));
    // `c.py` is not in the index: what we know of it stays.
    let of_a = ["a.py:2:9 Exact", "b.py:2:7 Exact", "c.py:2:5 Exact"];
    assert_eq!(references(&known, "a.py", 2, 9), of_a);
    assert_eq!(references(&known, "b.py", 2, 7), of_a, "from a use");
    assert_eq!(references(&known, "c.py", 2, 5), of_a, "from a file that is not in the index");
    assert_eq!(references(&known, "a.py", 5, 9), ["a.py:5:9 Exact", "b.py:3:7 Exact"]);
}

#[test]
fn an_edit_takes_a_file_back_and_undoing_it_gives_it_back() {
    let session = session(UNKNOWN);
    let imported = Arc::new(read(&unknown_index(), &code(&session)));
    let now = || code(&session).with_imported(Some(Arc::clone(&imported)));
    assert_eq!(imported.covered(&now()), 2);
    edit(&session, "b.py", "def f(x):\n    x.get()\n    x.get() # edited\n");
    assert_eq!(imported.covered(&now()), 1);
    assert!(!references(&now(), "a.py", 2, 9).contains(&"b.py:2:7 Exact".to_owned()));
    edit(&session, "b.py", UNKNOWN[1].1);
    assert!(references(&now(), "a.py", 2, 9).contains(&"b.py:2:7 Exact".to_owned()));
    // Without the file of the definition, the index does not know the symbol any more.
    edit(&session, "a.py", &format!("# moved\n{}", UNKNOWN[0].1));
    assert!(!references(&now(), "a.py", 3, 9).contains(&"b.py:2:7 Exact".to_owned()));
}

#[test]
fn what_is_kept_holds_for_the_bytes_that_were_imported() {
    let session = session(UNKNOWN);
    let first = read(&unknown_index(), &code(&session));
    let again = read(first.kept(), &code(&session));
    assert_eq!(again.report(), first.report());
    assert_eq!(again.kept(), first.kept());
    // A later index adds to it, and is believed where both speak of a file.
    let b: &[_] = &[([1, 6, 9], "x p p 1 a/B#get().", 0)];
    let newer = index(&[("b.py", UTF8, b)]);
    let both =
        Imported::read(&newer, &RelPath::root(), Some(first.kept()), &code(&session), &|| false);
    let both = both.expect("two indexes");
    assert_eq!((both.report().documents, both.report().refused.len()), (2, 0));
    let known = code(&session).with_imported(Some(Arc::new(both)));
    assert_eq!(references(&known, "a.py", 5, 9), ["a.py:5:9 Exact", "b.py:2:7 Exact"]);
    // The names still fit, but these are not the bytes that a compiler has seen.
    edit(&session, "b.py", "def f(x):\n    x.get()\n    x.get()\nx = 1\n");
    assert_eq!(read(first.kept(), &code(&session)).report().documents, 1);
    assert_eq!(read(&unknown_index(), &code(&session)).report().documents, 2);
}

#[test]
fn an_index_of_a_directory_in_the_workspace_is_read_there() {
    let session = session(SHAPES);
    let occurrences: &[_] = &[([0, 4, 9], "x . . . setup().", 1)];
    let bytes = index(&[("conftest.py", UTF8, occurrences)]);
    let imported = Imported::read(&bytes, &path("lib/a"), None, &code(&session), &|| false);
    let imported = imported.expect("an index");
    assert_eq!(imported.report().documents, 1);
    assert_eq!(read(imported.kept(), &code(&session)).report().documents, 1);
    let whole = export(&code(&session), Certainty::Exact, usize::MAX);
    assert_eq!(scip_project(&whole).as_deref(), Some("/home/me/a b"));
    assert_eq!(scip_project(&bytes), None);
}

#[test]
fn documents_that_do_not_fit_are_refused_one_by_one() {
    let session = session(SHAPES);
    let f: &[_] = &[([0, 4, 9], "x . . . setup().", 1)];
    let late: &[_] = &[([1, 4, 9], "x . . . setup().", 1)];
    let beyond: &[_] = &[([70, 4, 9], "x . . . setup().", 0)];
    let name = "lib/a/conftest.py";
    for (documents, expected) in [
        (vec![(name, UTF8, f)], vec![]),
        (vec![(name, UTF8, late)], vec![(name, Refusal::Changed)]),
        (vec![(name, UTF8, beyond)], vec![(name, Refusal::Changed)]),
        (vec![(name, UTF8, f), (name, UTF8, f)], vec![(name, Refusal::Duplicate)]),
        (vec![("../x.py", UTF8, f)], vec![("../x.py", Refusal::OutsideWorkspace)]),
        (vec![("/etc/x.py", UTF8, f)], vec![("/etc/x.py", Refusal::OutsideWorkspace)]),
        (vec![("x.py", UTF8, f)], vec![("x.py", Refusal::UnknownFile)]),
        (vec![("notes.txt", UTF8, f)], vec![("notes.txt", Refusal::NotSource)]),
    ] {
        let imported = read(&index(&documents), &code(&session));
        let report = imported.report();
        assert_eq!(refusals(report), expected);
        assert_eq!(report.refused.values().sum::<u64>(), expected.len() as u64);
        assert_eq!(report.documents as usize, documents.len() - expected.len());
    }
}

#[test]
fn what_indexers_say_of_other_things_than_names_is_left_out() {
    let session = session(SHAPES);
    let init: &[_] = &[
        ([0, 0, 0], "scip-python python demo 1 pkg/__init__:", 1),
        ([0, 5, 12], "scip-python python demo 1 `pkg.shapes`/__init__:", 8),
        // All of `Shape as Base`.
        ([0, 20, 33], "scip-python python demo 1 `pkg.shapes`/Shape#", 8),
        ([0, 35, 39], "scip-python python demo 1 `pkg.shapes`/area().", 8),
        ([0, 19, 20], "x . . . add().", 0),
    ];
    let main: &[_] = &[
        ([0, 21, 23], "local 0", 8),
        ([5, 10, 15], "scip-python python python-stdlib 3.11 builtins/print().", 8),
        ([6, 32, 34], "local 0", 8),
        // A name that was imported under another.
        ([6, 44, 48], "scip-python python demo 1 `pkg.shapes`/Shape#", 8),
    ];
    let imported = read(
        &index(&[("pkg/__init__.py", UNSAID, init), ("main.py", UNSAID, main)]),
        &code(&session),
    );
    assert_eq!(refusals(imported.report()), []);
    assert_eq!(imported.report().occurrences, 6);
    // Each local has one spelling.
    let main: &[_] = &[([0, 21, 23], "local 0", 8), ([4, 0, 1], "local 0", 8)];
    let imported = read(&index(&[("main.py", UTF16, main)]), &code(&session));
    assert_eq!(refusals(imported.report()), [("main.py", Refusal::Changed)]);
}

#[test]
fn columns_are_counted_as_the_index_says_or_as_the_names_stand() {
    let session = session(SHAPES);
    // `é = "🚀"; print(é, s.name)`
    for (units, column, fits) in [
        (UTF8, 25, true),
        (UTF16, 21, true),
        (UTF32, 20, true),
        (UNSAID, 25, true),
        (UNSAID, 21, true),
        (UNSAID, 20, true),
        (UTF8, 21, false),
        (UTF16, 20, false),
    ] {
        let main: &[_] = &[([5, column, column + 4], "x . . . Shape#name.", 8)];
        let imported = read(&index(&[("main.py", units, main)]), &code(&session));
        assert_eq!(imported.report().documents == 1, fits, "{units:?} {column}");
    }
}

#[test]
fn an_index_that_brings_the_text_must_bring_ours() {
    let session = session(UNKNOWN);
    for (text, documents) in [(UNKNOWN[1].1, 1), ("x = 1\n", 0)] {
        let mut parsed = Index::parse_from_bytes(&index(&[("b.py", UTF8, &[])])).expect("ours");
        parsed.documents[0].text = text.to_owned();
        let bytes = parsed.write_to_bytes().expect("it can be written");
        assert_eq!(read(&bytes, &code(&session)).report().documents, documents);
    }
}

#[test]
fn what_is_exported_can_be_imported() {
    let session = session(SHAPES);
    let code = code(&session);
    let imported = read(&export(&code, Certainty::Exact, usize::MAX), &code);
    assert_eq!(refusals(imported.report()), []);
    assert_eq!(imported.report().documents, 5);
    let known = super::code(&session).with_imported(Some(Arc::new(imported)));
    for (file, line, column) in
        [("pkg/shapes.py", 6, 7), ("pkg/shapes.py", 22, 9), ("main.py", 7, 7), ("main.py", 5, 1)]
    {
        let ours = references(&code, file, line, column);
        assert!(!ours.is_empty());
        assert_eq!(references(&known, file, line, column), ours, "{file}:{line}:{column}");
    }
}

#[test]
fn bytes_that_are_no_index_are_refused_with_a_reason() {
    let session = session(UNKNOWN);
    let good = unknown_index();
    for (bytes, words) in [
        (&b"not an index"[..], "the bytes are not a SCIP index"),
        (&good[..good.len() - 1], "it ends too early"),
        (b"", "it has no metadata"),
        (b"\x0a\x00\x12\x0c\x0a\x04b.py\x12\x04\x0a\x02\x01\x02", "neither three nor four"),
        (b"\x0a\x00\x12\x03\x0a\x01\xff", "not UTF-8"),
        (b"\x0a\x00\x10\x03", "a number stands where"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "it ends too early"),
    ] {
        let refused = Imported::read(bytes, &RelPath::root(), None, &code(&session), &|| false)
            .err()
            .expect("no index");
        assert!(refused.to_string().contains(words), "{refused}");
    }
    let stopped = Imported::read(&good, &RelPath::root(), None, &code(&session), &|| true).err();
    assert_eq!(stopped, Some(ImportError::Stopped));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Bytes of any kind are refused or read, and what was read can be asked.
    #[test]
    fn no_bytes_do_harm(
        noise in prop::collection::vec(any::<u8>(), 0..64),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let session = session(UNKNOWN);
        let code = code(&session);
        let _ = Imported::read(&noise, &RelPath::root(), Some(&noise), &code, &|| false);
        let mut bytes = unknown_index();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 8);
        if let Ok(imported) = Imported::read(&bytes, &RelPath::root(), None, &code, &|| false) {
            let known = super::code(&session).with_imported(Some(Arc::new(imported)));
            for (file, line) in [("a.py", 2), ("a.py", 5), ("b.py", 2), ("b.py", 3)] {
                for column in 1..12 {
                    references(&known, file, line, column);
                }
            }
        }
    }

    /// Ranges of any size, anywhere, are refused or hold a name.
    #[test]
    fn no_range_does_harm(
        ranges in prop::collection::vec(prop::array::uniform3(prop_oneof![
            0..12i32, any::<i32>(),
        ]), 1..6),
        units in prop::sample::select(vec![UTF8, UTF16, UTF32, UNSAID]),
        symbol in prop::sample::select(vec!["local 1", "x . . . name.", "x . . . é.", "?", ""]),
    ) {
        let session = session(SHAPES);
        let code = code(&session);
        let main: Vec<_> = ranges.into_iter().map(|range| (range, symbol, 1)).collect();
        let imported = read(&index(&[("main.py", units, &main)]), &code);
        let known = super::code(&session).with_imported(Some(Arc::new(imported)));
        for line in 1..8 {
            references(&known, "main.py", line, 1);
        }
    }
}

/// What only says how a symbol is shown is not needed.
#[test]
fn names_of_locals_are_believed() {
    let session = session(UNKNOWN);
    for (name, documents) in [("x", 1), ("y", 0)] {
        let bytes = index(&[("b.py", UTF8, &[([0, 6, 7], "local 3", 1)])]);
        let mut parsed = Index::parse_from_bytes(&bytes).expect("ours");
        parsed.documents[0].symbols.push(SymbolInformation {
            symbol: "local 3".into(),
            display_name: name.into(),
            ..SymbolInformation::default()
        });
        let bytes = parsed.write_to_bytes().expect("it can be written");
        assert_eq!(read(&bytes, &code(&session)).report().documents, documents);
    }
}
