//! What is edited is in every answer of its session at once, and in no other.

use serde_json::json;

use super::{Fixture, strings};

const SHAPES: &str = "def area(side):\n    return side * side\n";
const USER: &str = "from shapes import area\n\nprint(area(3))\n";

#[test]
fn an_edit_is_seen_by_search_view_and_code_in_its_session_alone() {
    let mut fixture = Fixture::new(&[("shapes.py", SHAPES), ("user.py", USER)]);
    let root = fixture.root.clone();
    fixture.open("one");
    fixture.open("two");
    let reply =
        fixture.edit("one", "user.py", "print(area(3))", "total = area(3)\nprint(area(total))");
    assert_eq!(reply["entry"], 1);
    assert_eq!(reply["files"][0]["added"], 2);
    assert_eq!(reply["files"][0]["removed"], 1);
    let references = |fixture: &mut Fixture, session: &str| {
        let params = json!({"workspace": root, "session": session, "symbol": "area"});
        let reply = fixture.call("references", params);
        reply["references"].as_array().map_or(0, Vec::len)
    };
    let search = |fixture: &mut Fixture, session: &str| {
        let params = json!({"workspace": root, "session": session, "pattern": "total"});
        fixture.call("search", params)["text"].as_str().unwrap_or_default().to_owned()
    };
    assert!(search(&mut fixture, "one").contains("total = area(3)"));
    assert!(!search(&mut fixture, "two").contains("total"));
    assert!(!search(&mut fixture, "").contains("total"));
    let (one, two) = (references(&mut fixture, "one"), references(&mut fixture, "two"));
    assert_eq!(one, two + 1, "the session's own call is found, and only there");
    assert_eq!(references(&mut fixture, ""), two);
    assert_eq!(fixture.on_disk("user.py"), USER, "nothing is written before a sync");
}

#[test]
fn undo_redo_and_rollback_walk_the_log() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let session = json!({"session": "s"});
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    fixture.edit("s", "a.txt", "two", "three");
    fixture.call("undo", session.clone());
    assert_eq!(fixture.text("s", "a.txt"), "two\n");
    fixture.call("undo", session.clone());
    assert_eq!(fixture.text("s", "a.txt"), "one\n");
    fixture.call("redo", session.clone());
    assert_eq!(fixture.text("s", "a.txt"), "two\n");
    let reply = fixture.call("rollback", json!({"session": "s", "to": 2}));
    assert_eq!(reply["entry"], 6);
    assert_eq!(fixture.text("s", "a.txt"), "three\n");
    let log = fixture.call("history", json!({"session": "s"}));
    let kinds: Vec<&str> = log["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|it| it["kind"].as_str().expect("a word"))
        .collect();
    assert_eq!(kinds, ["rollback", "redo", "undo", "undo", "edit", "edit"]);
    assert_eq!(log["entries"][5]["reason"], "one is two");
    assert_eq!(log["entries"][5]["agent"], "tester");
    let diff = fixture.call("diff", json!({"session": "s", "against": "2"}));
    assert_eq!(diff["text"], "");
}

#[test]
fn a_batch_is_made_whole_or_not_at_all() {
    let mut fixture = Fixture::new(&[("shapes.py", SHAPES), ("user.py", USER), ("old.txt", "x\n")]);
    fixture.open("s");
    let reply = fixture.call(
        "apply_batch",
        json!({"session": "s", "reason": "rename", "edits": [
            {"kind": "edit", "path": "shapes.py", "old_str": "area", "new_str": "surface"},
            {"kind": "edit", "path": "user.py", "old_str": "area", "new_str": "surface", "replace_all": true},
            {"kind": "rename", "path": "old.txt", "to": "new/place.txt"},
            {"kind": "create", "path": "new/other.txt", "content": "1\n2\n"},
            {"kind": "insert", "path": "new/other.txt", "line": 1, "text": "between\n"},
            {"kind": "lines", "path": "new/other.txt", "start": 3, "end": 3, "text": "two\n"},
        ]}),
    );
    assert_eq!(reply["entry"], 1);
    assert_eq!(reply["files"].as_array().map(Vec::len), Some(4), "{reply}");
    assert_eq!(fixture.text("s", "new/other.txt"), "1\nbetween\ntwo\n");
    assert_eq!(fixture.text("s", "new/place.txt"), "x\n");
    let refused = fixture.client.refusal(
        "apply_batch",
        json!({"session": "s", "edits": [
            {"kind": "write", "path": "shapes.py", "content": "pass\n"},
            {"kind": "delete", "path": "no/such/file"},
        ]}),
    );
    assert_eq!(refused.code, "unknown_path");
    assert!(fixture.text("s", "shapes.py").contains("surface"), "the first edit is not there");
    fixture.call("undo", json!({"session": "s"}));
    let glob = fixture.call("glob", json!({"session": "s", "glob": ["**/*.txt"]}));
    assert_eq!(glob["text"], "old.txt\n");
}

#[test]
fn patches_of_every_format_are_taken() {
    let mut fixture = Fixture::new(&[("a.txt", "one\ntwo\nthree\n")]);
    fixture.open("s");
    for (patch, now) in [
        ("--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n", "one\n2\nthree\n"),
        (
            "*** Begin Patch\n*** Update File: a.txt\n@@\n one\n-2\n+zwei\n*** End Patch\n",
            "one\nzwei\nthree\n",
        ),
        (
            "a.txt\n```\n<<<<<<< SEARCH\nzwei\n=======\ndeux\n>>>>>>> REPLACE\n```\n",
            "one\ndeux\nthree\n",
        ),
        (
            "{\"changes\": {\"a.txt\": [{\"range\": {\"start\": {\"line\": 0, \"character\": 0}, \"end\": \
             {\"line\": 0, \"character\": 3}}, \"newText\": \"un\"}]}}",
            "un\ndeux\nthree\n",
        ),
    ] {
        fixture.call("apply_patch", json!({"session": "s", "patch": patch}));
        assert_eq!(fixture.text("s", "a.txt"), now);
    }
}

#[test]
fn a_syntax_error_that_was_not_there_is_refused_and_an_old_one_is_not() {
    let mut fixture = Fixture::new(&[
        ("good.py", "def f():\n    return 1\n"),
        ("bad.py", "def broken(:\n    pass\n\n\ndef g():\n    return 1\n"),
    ]);
    fixture.open("s");
    let edit =
        json!({"session": "s", "path": "good.py", "old_str": "def f():", "new_str": "def f(:"});
    let refused = fixture.client.refusal("edit_file", edit.clone());
    assert_eq!(refused.code, "syntax_error");
    assert!(refused.message.contains("good.py:1:"), "{}", refused.message);
    assert_eq!(fixture.text("s", "good.py"), "def f():\n    return 1\n");
    fixture.edit("s", "bad.py", "return 1", "return 2");
    let mut allowed = edit;
    allowed["allow_syntax_errors"] = json!(true);
    let reply = fixture.call("edit_file", allowed);
    assert_eq!(reply["problems"][0]["kind"], "syntax");
    // A batch is judged by what it comes to, not by its steps.
    fixture.call(
        "apply_batch",
        json!({"session": "s", "edits": [
            {"kind": "edit", "path": "good.py", "old_str": "f(:", "new_str": "f("},
            {"kind": "edit", "path": "good.py", "old_str": "f(", "new_str": "f():"},
        ]}),
    );
    let dry = fixture.call(
        "apply_batch",
        json!({"session": "s", "dry_run": true, "edits": [
            {"kind": "write", "path": "good.py", "content": "def (\n"}]}),
    );
    assert_eq!(
        (&dry["entry"], dry["problems"].as_array().map(Vec::is_empty)),
        (&json!(0), Some(false))
    );
    assert_eq!(fixture.text("s", "good.py"), "def f():\n    return 1\n");
}

#[test]
fn endings_marks_and_encodings_stay_as_they_were() {
    let mut fixture = Fixture::new(&[("crlf.txt", "\u{feff}one\r\ntwo\r\n"), ("open.txt", "end")]);
    std::fs::write(fixture.root.join("wide.txt"), b"\xff\xfeo\0n\0e\0\n\0").expect("written");
    fixture.open("s");
    fixture.edit("s", "crlf.txt", "one\ntwo", "one\nnew\ntwo");
    fixture.edit("s", "open.txt", "end", "the end");
    fixture.edit("s", "wide.txt", "one", "two");
    fixture.call("write_file", json!({"session": "s", "path": "crlf.txt", "content": "a\nb\n"}));
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fixture.on_disk("crlf.txt"), "\u{feff}a\r\nb\r\n");
    assert_eq!(fixture.on_disk("open.txt"), "the end");
    let wide = std::fs::read(fixture.root.join("wide.txt")).expect("there");
    assert_eq!(wide, b"\xff\xfet\0w\0o\0\n\0");
}

#[test]
fn a_fork_begins_where_its_parent_is_and_can_be_merged_back() {
    let mut fixture = Fixture::new(&[("a.txt", "one\ntwo\nthree\nfour\nfive\n")]);
    let root = fixture.root.clone();
    fixture.open("parent");
    fixture.edit("parent", "a.txt", "one", "1");
    fixture.call("session_open", json!({"workspace": root, "name": "child", "fork_of": "parent"}));
    assert_eq!(fixture.text("child", "a.txt"), "1\ntwo\nthree\nfour\nfive\n");
    fixture.edit("child", "a.txt", "five", "5");
    fixture.edit("parent", "a.txt", "1", "eins");
    let met = fixture.call("merge", json!({"session": "parent", "from": "child"}));
    assert_eq!(strings(&met["conflicts"]), ["a.txt"], "both changed the first line: {met}");
    let shown = fixture.call("resolve", json!({"session": "parent", "path": "a.txt"}));
    assert!(shown["text"].as_str().expect("a text").contains("<<<<<<< parent"), "{shown}");
    let content = "eins\ntwo\nthree\nfour\n5\n";
    fixture.call("resolve", json!({"session": "parent", "path": "a.txt", "content": content}));
    assert_eq!(fixture.text("parent", "a.txt"), content);
    assert_eq!(fixture.text("child", "a.txt"), "1\ntwo\nthree\nfour\n5\n");
}

#[test]
fn a_session_is_there_after_the_daemon_is_killed() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    fixture.call("write_file", json!({"session": "s", "path": "b/new.txt", "content": "new\n"}));
    fixture.restart();
    let root = fixture.root.clone();
    let list = fixture.call("session_list", json!({"workspace": root}));
    assert_eq!(strings(&list["sessions"][0]["files"]), ["a.txt", "b/new.txt"]);
    let view =
        json!({"workspace": root, "session": "s", "plain": true, "files": [{"path": "a.txt"}]});
    assert_eq!(fixture.call("view", view)["text"], "two\n");
    fixture.call("undo", json!({"session": "s"}));
    fixture.call("undo", json!({"session": "s"}));
    assert_eq!(fixture.text("s", "a.txt"), "one\n");
}
