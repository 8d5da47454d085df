//! The formats, as models write them: right, nearly right and wrong.

mod support;

use coderoom_edit::{Format, Outcome, ParseOptions, apply, detect, uri_path};
use support::{files, made, notes, written};

fn patch(body: &str) -> String {
    format!("*** Begin Patch\n{body}*** End Patch\n")
}

#[test]
fn formats_are_told_apart() {
    for (input, format) in [
        ("diff --git a/x b/x\n", Format::Unified),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-<<<<<<< SEARCH\n", Format::Unified),
        ("*** Begin Patch\n", Format::Codex),
        ("apply_patch <<'EOF'\n*** Begin Patch\n", Format::Codex),
        ("Here:\n\nsrc/x.rs\n```rust\n<<<<<<< SEARCH\n", Format::Blocks),
        (" {\"changes\": {}}", Format::WorkspaceEdit),
        ("", Format::Unified),
    ] {
        assert_eq!(detect(input.as_bytes()), format, "{input:?}");
    }
}

#[test]
fn hunks_are_found_at_an_offset_and_say_so() {
    let old = "new\nlines\nhere\na\nb\nc\n";
    let diff = "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n";
    let applied = made(Format::Unified, diff, &[("f", old)]);
    assert_eq!(written(&applied), [("f", "new\nlines\nhere\na\nx\nc\n")]);
    assert_eq!(notes(&applied), ["`f`: hunk 1 applied at line 4 (offset +3 lines)"]);
}

#[test]
fn wrong_counts_and_missing_numbers_are_made_good() {
    let old = "a\nb\nc\nd\ne\n";
    for header in ["@@ -2,9 +2,1 @@", "@@ -2 +2 @@ fn", "@@ -2,0 +2,0 @@", "@@", "@@ ... @@"] {
        let diff = format!("--- a/f\n+++ b/f\n{header}\n b\n-c\n+x\n+y\n d\n");
        let applied = made(Format::Unified, &diff, &[("f", old)]);
        assert_eq!(written(&applied), [("f", "a\nb\nx\ny\nd\ne\n")], "{header}");
    }
    // Two files, the first with counts that would swallow the second one's headers.
    let diff =
        "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n-a\n+x\n\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-1\n+2\n";
    let applied = made(Format::Unified, diff, &[("f", old), ("g", "1\n")]);
    assert_eq!(written(&applied), [("f", "x\nb\nc\nd\ne\n"), ("g", "2\n")]);
    assert_eq!(notes(&applied).len(), 1);
}

#[test]
fn lines_that_look_like_headers_stay_lines() {
    let diff = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n--- a\n+++ b\n c\n";
    let applied = made(Format::Unified, diff, &[("f", "-- a\nc\n")]);
    assert_eq!(written(&applied), [("f", "++ b\nc\n")]);
    let mail = "From: x\nSubject: y\n\n---\n f | 2 +-\n\ndiff --git a/f b/f\nindex 1..2 100644\n\
                --- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n-- \n2.47.3\n\n";
    assert_eq!(written(&made(Format::Unified, mail, &[("f", "a\n")])), [("f", "b\n")]);
    let fenced = "```diff\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n+b\n```\n";
    assert_eq!(written(&made(Format::Unified, fenced, &[("f", "a\n")])), [("f", "b\n")]);
}

#[test]
fn endings_of_the_file_win_over_those_of_the_diff() {
    let diff = "--- f\n+++ f\n@@ -1,2 +1,3 @@\n a\n-b\n+x\n+y\n";
    let applied = made(Format::Unified, diff, &[("f", "a\r\nb\r\n")]);
    assert_eq!(written(&applied), [("f", "a\r\nx\r\ny\r\n")]);
    // Without a word on it, the end of the file stays as it was.
    let applied = made(Format::Unified, diff, &[("f", "a\nb")]);
    assert_eq!(written(&applied), [("f", "a\nx\ny")]);
    let crlf = diff.replace('\n', "\r\n");
    assert_eq!(written(&made(Format::Unified, &crlf, &[("f", "a\nb\n")])), [("f", "a\nx\ny\n")]);
}

#[test]
fn a_batch_sees_its_own_edits() {
    let body = "*** Add File: new.txt\n+one\n*** Update File: new.txt\n@@\n-one\n+two\n";
    let applied = made(Format::Codex, &patch(body), &[]);
    assert_eq!(written(&applied), [("new.txt", "two\n")]);
    let body = "*** Delete File: f\n*** Add File: f\n+again\n";
    let applied = made(Format::Codex, &patch(body), &[("f", "a\n")]);
    assert_eq!(written(&applied), [("f", "again\n")]);
    let body = "*** Add File: g\n+x\n*** Delete File: g\n";
    assert_eq!(made(Format::Codex, &patch(body), &[]).files, []);
}

#[test]
fn codex_updates_moves_and_deletes() {
    let old =
        "class A:\n    def f(self):\n        pass\nclass B:\n    def f(self):\n        pass\n";
    let body = "*** Update File: a.py\n*** Move to: b.py\n@@ class B:\n@@     def f(self):\n\
                -        pass\n+        return 1\n*** Delete File: c\n";
    // Codex allows one context line for each chunk; a second one is a chunk without lines.
    let error = apply(Format::Codex, patch(body).as_bytes(), &ParseOptions::default(), &|_| None);
    assert_eq!(error.expect_err("test").code(), "bad_patch");
    let body = body.replace("@@     def f(self):\n", "     def f(self):\n");
    let applied = made(Format::Codex, &patch(&body), &[("a.py", old), ("c", "x")]);
    let new =
        old.replace("B:\n    def f(self):\n        pass", "B:\n    def f(self):\n        return 1");
    let moved = Outcome::Moved { from: "a.py".into(), bytes: new.into(), executable: None };
    assert_eq!(applied.files, [("b.py".into(), moved), ("c".into(), Outcome::Removed)]);
}

#[test]
fn codex_matches_loosely_and_says_how() {
    for (old, how) in [
        ("a\nb  \nc\n", "white space at line ends aside"),
        ("a\n  b\nc\n", "white space around lines aside"),
        ("a\n\u{a0}b\nc\n", "white space around lines aside"),
    ] {
        let applied =
            made(Format::Codex, &patch("*** Update File: f\n@@\n-b\n+x\n"), &[("f", old)]);
        assert_eq!(written(&applied), [("f", "a\nx\nc\n")]);
        assert_eq!(notes(&applied), [format!("`f`: chunk 1 matched at line 2, {how}")]);
    }
    let body = "*** Update File: f\n@@\n-it's \"b\" - ok\n+x\n";
    let old = "it\u{2019}s \u{201c}b\u{201d} \u{2013} ok\n";
    let applied = made(Format::Codex, &patch(body), &[("f", old)]);
    assert_eq!(written(&applied), [("f", "x\n")]);
    assert!(notes(&applied)[0].ends_with("typographic punctuation aside"));
}

#[test]
fn codex_knows_the_end_of_a_file_and_pure_additions() {
    let update = |body: &str, old: &str| {
        let applied =
            made(Format::Codex, &patch(&format!("*** Update File: f\n{body}")), &[("f", old)]);
        written(&applied)[0].1.to_owned()
    };
    assert_eq!(update("@@\n-a\n+x\n*** End of File\n", "a\nb\na\n"), "a\nb\nx\n");
    assert_eq!(update("@@\n+x\n", "a\n"), "a\nx\n");
    assert_eq!(update("@@\n a\n-b\n+c\n\n", "a\nb\n"), "a\nc\n");
    assert_eq!(update("-a\n+x\n", "a\n"), "x\n");
    assert_eq!(update("@@\n-a\n+x\n+y\n", "a\r\nb\r\n"), "x\r\ny\r\nb\r\n");
    assert_eq!(update("@@\n-b\n+x\n", "a\nb"), "a\nx\n");
    let heredoc = format!("<<'EOF'\n{}EOF\n", patch("*** Add File: f\n+x\n"));
    assert_eq!(written(&made(Format::Codex, &heredoc, &[])), [("f", "x\n")]);
}

#[test]
fn blocks_replace_create_and_append() {
    let input = "I will change it.\n\nsrc/a.rs\n```rust\n<<<<<<< SEARCH\none\n=======\n1\n>>>>>>> \
                 REPLACE\n\n<<<<<<< SEARCH\nthree\n=======\n>>>>>>> REPLACE\n```\n\n**b.txt:**\n\
                 ```\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n```\n";
    let applied = made(Format::Blocks, input, &[("src/a.rs", "one\ntwo\nthree\n")]);
    assert_eq!(written(&applied), [("b.txt", "new\n"), ("src/a.rs", "1\ntwo\n")]);
    let appended = made(Format::Blocks, input, &[("src/a.rs", "one\nthree"), ("b.txt", "old")]);
    assert_eq!(written(&appended), [("b.txt", "old\nnew\n"), ("src/a.rs", "1\n")]);
}

#[test]
fn blocks_follow_the_files_indentation_and_endings() {
    let block =
        |old: &str, new: &str| format!("f\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n");
    let applied =
        made(Format::Blocks, &block("a\n  b\n", "x\n\n  y\n"), &[("f", "    a\n      b\nc\n")]);
    assert_eq!(written(&applied), [("f", "    x\n\n      y\nc\n")]);
    assert_eq!(notes(&applied).len(), 1);
    let applied = made(Format::Blocks, &block("a\nb\n", "x\ny\n"), &[("f", "a\r\nb\r\nc\r\n")]);
    assert_eq!(written(&applied), [("f", "x\r\ny\r\nc\r\n")]);
    let applied = made(Format::Blocks, &block("b\n", "x\n"), &[("f", "a\nb")]);
    assert_eq!(written(&applied), [("f", "a\nx")]);
    let applied = made(Format::Blocks, &block("a\n", "x\n"), &[("f", "\u{feff}a\nb\n")]);
    assert_eq!(written(&applied), [("f", "\u{feff}x\nb\n")]);
    let applied = made(Format::Blocks, &block("a\n", ""), &[("f", "aa\na\naa\n")]);
    assert_eq!(written(&applied), [("f", "aa\naa\n")]);
}

#[test]
fn workspace_edits_count_in_utf16() {
    let edit = |character: u32| {
        format!(
            r#"{{"changes": {{"file:///root/a%20b.txt": [{{"range": {{"start": {{"line": 0,
            "character": {character}}}, "end": {{"line": 0, "character": {}}}}}, "newText": "x",
            "annotationId": "1"}}]}}}}"#,
            character + 1
        )
    };
    let old = files(&[("a b.txt", "\u{1f600}\u{e9}b\r\nc")]);
    for (encoding, character) in [("utf-16", 3), ("utf-8", 6), ("utf-32", 2)] {
        let encoding = serde_json::from_value(encoding.into()).expect("test");
        let options = ParseOptions { root: "/root".into(), encoding };
        let input = edit(character);
        let applied = apply(Format::WorkspaceEdit, input.as_bytes(), &options, &old).expect("test");
        assert_eq!(written(&applied), [("a b.txt", "\u{1f600}\u{e9}x\r\nc")]);
    }
}

#[test]
fn workspace_edits_make_move_and_delete_files() {
    let input = r#"{"documentChanges": [
        {"kind": "create", "uri": "file:///root/new.rs"},
        {"textDocument": {"uri": "file:///root/new.rs", "version": null}, "edits": [
            {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
             "newText": "one\n"},
            {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
             "newText": "two\n"}]},
        {"kind": "rename", "oldUri": "file:///root/a", "newUri": "file:///root/b"},
        {"textDocument": {"uri": "file:///root/c", "version": 7}, "edits": []},
        {"kind": "delete", "uri": "file:///root/d", "options": {"ignoreIfNotExists": true}}]}"#;
    let options = ParseOptions { root: "/root/".into(), ..ParseOptions::default() };
    let parsed =
        coderoom_edit::parse(Format::WorkspaceEdit, input.as_bytes(), &options).expect("test");
    assert_eq!(parsed.versions, [("c".to_owned(), 7)]);
    let source = files(&[("a", "A"), ("c", "C")]);
    let applied = apply(Format::WorkspaceEdit, input.as_bytes(), &options, &source).expect("test");
    let moved = Outcome::Moved { from: "a".into(), bytes: b"A".to_vec(), executable: None };
    assert_eq!(applied.files[0], ("b".to_owned(), moved));
    assert_eq!(written(&applied), [("c", "C"), ("new.rs", "one\ntwo\n")]);
}

#[test]
fn uris_are_made_relative() {
    assert_eq!(uri_path("file:///r/a%2Fb%C3%BC", "/r").ok().as_deref(), Some("a/bü"));
    assert_eq!(uri_path("file://localhost/r/a", "/r/").ok().as_deref(), Some("a"));
    assert_eq!(uri_path("src/a", "/r").ok().as_deref(), Some("src/a"));
    for bad in
        ["file:///rr/a", "file:///r", "file:///r/..%2Fx", "http://x/r/a", "file:///r/%zz", "/x"]
    {
        assert_eq!(uri_path(bad, "/r").expect_err("test").code(), "bad_path", "{bad}");
    }
}

/// A copy has the mode of what it is a copy of, which only the applier knows.
#[test]
fn a_copy_says_of_what() {
    let patch = "diff --git a/a b/b\nsimilarity index 100%\ncopy from a\ncopy to b\n";
    let source = files(&[("a", "A")]);
    let applied = apply(Format::Unified, patch.as_bytes(), &ParseOptions::default(), &source);
    let copy =
        Outcome::Written { bytes: b"A".to_vec(), executable: None, copy_of: Some("a".into()) };
    assert_eq!(applied.unwrap().files, [("b".to_owned(), copy)]);
}
