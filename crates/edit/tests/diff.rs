//! Diffs and merges as people and programs see them.

use coderoom_edit::{
    DiffOptions, LineKind, MergeOptions, Side, diff, hunks, merge, numstat, stat, stat_table, words,
};

fn side<'a>(path: &'a str, text: &'a str) -> Option<Side<'a>> {
    Some(Side { path, bytes: text.as_bytes(), executable: false })
}

fn shown(old: Option<Side<'_>>, new: Option<Side<'_>>) -> String {
    String::from_utf8(diff(old, new, &DiffOptions::default())).expect("test")
}

const OLD: &str =
    "fn one() {\n    1\n}\n\nfn two() {\n    a();\n    b();\n    c();\n    d();\n    2\n}\n";

#[test]
fn headers_are_gits() {
    let executable =
        |side: Option<Side<'static>>| side.map(|side| Side { executable: true, ..side });
    let all = [
        shown(side("a.rs", OLD), side("a.rs", &OLD.replace("    2\n", "    3\n"))),
        shown(None, side("new file.txt", "x")),
        shown(side("ü", "x\n"), None),
        shown(None, side("empty", "")),
        shown(side("a", "x\n"), executable(side("a", "x\n"))),
        shown(side("a", "x\ny\nz\n"), side("b c", "x\ny\n")),
        shown(side("a", "x\n"), side("b", "x\n")),
        shown(side("a", "\0"), side("a", "\0\0")),
        shown(side("a", "\0"), None),
        shown(side("a", "x\n"), side("a", "x\n")),
    ];
    insta::assert_snapshot!(all.join("---- ----\n"));
}

#[test]
fn hunks_are_data_too() {
    let found = hunks(OLD.as_bytes(), OLD.replace("    2\n", "    3").as_bytes(), 1);
    insta::assert_json_snapshot!(found);
}

#[test]
fn new_blocks_begin_where_people_would_cut() {
    let new = OLD.replace("fn two", "fn new() {\n    0\n}\n\nfn two");
    let found = hunks(OLD.as_bytes(), new.as_bytes(), 0);
    let added: Vec<&str> = found[0].lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(added, ["fn new() {", "    0", "}", ""]);
}

#[test]
fn counts_are_a_table() {
    let many = "line\n".repeat(300);
    let stats = [
        stat(side("a.rs", OLD), side("a.rs", &OLD.replace('1', "one"))),
        stat(side("old", "x\n"), side("new", "y\n")),
        stat(None, side("long", &many)),
        stat(side("p.png", "\0"), side("p.png", "\0\0")),
        stat(side("gone", "x\ny\n"), None),
    ];
    insta::assert_snapshot!(format!("{}\n{}", numstat(&stats), stat_table(&stats, 60)));
}

#[test]
fn words_are_told_apart() {
    let parts = words(b"let total = a + b;", b"let sum = a + b;");
    let changed: Vec<_> = parts
        .iter()
        .filter(|part| part.kind != LineKind::Context)
        .map(|part| part.text.as_str())
        .collect();
    assert_eq!(changed, ["total", "sum"]);
}

#[test]
fn conflicts_are_values() {
    let base = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
    let ours = "a\nB\nc\nd\ne\nf\ng\nH1\ni\n";
    let theirs = "a\nB\nc\nd\ne\nx\nf\ng\nH2\ni\n";
    let merged =
        merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), &MergeOptions::default());
    insta::assert_snapshot!(String::from_utf8(merged.text).expect("test"));
    insta::assert_json_snapshot!(merged.conflicts);
}

#[test]
fn a_cut_down_conflict_knows_its_base() {
    let base = "head\nold 1\nold 2\ntail\n";
    let ours = "head\nsame\nfoo ours\nsame too\nand more\nsame three\ntail\n";
    let theirs = "head\nsame\nfoo theirs\nsame too\nand more\nsame three\ntail\n";
    let merged =
        merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), &MergeOptions::default());
    let [conflict] = &merged.conflicts[..] else { panic!("{:?}", merged.conflicts) };
    assert_eq!((&*conflict.ours.text, &*conflict.theirs.text), ("foo ours\n", "foo theirs\n"));
    assert_eq!((conflict.ours.first_line, conflict.ours.lines), (3, 1));
    assert_eq!(conflict.base.text, "old 1\nold 2\n");
}

#[test]
fn line_endings_are_kept() {
    let options = MergeOptions::default();
    let merged = merge(b"a\r\nb\r\nc\r\n", b"A\r\nb\r\nc\r\n", b"a\r\nb\r\nC\r\n", &options);
    assert_eq!((merged.text.as_slice(), merged.conflicts.len()), (&b"A\r\nb\r\nC\r\n"[..], 0));
    let merged = merge(b"a\r\nb\r\n", b"x\r\nb\r\n", b"y\r\nb\r\n", &options);
    assert_eq!(
        String::from_utf8_lossy(&merged.text),
        "<<<<<<< ours\r\nx\r\n=======\r\ny\r\n>>>>>>> theirs\r\nb\r\n"
    );
}
