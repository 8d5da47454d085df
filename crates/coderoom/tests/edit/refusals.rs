//! Every refusal has a stable code and says what would work.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::Fixture;

#[track_caller]
fn refused(fixture: &mut Fixture, method: &str, params: Value, code: &str, said: &str) {
    let refusal = fixture.client.refusal(method, params);
    assert_eq!(refusal.code, code, "{}", refusal.message);
    assert!(refusal.message.contains(said), "{}", refusal.message);
}

#[test]
fn an_edit_that_does_not_fit_shows_what_is_there() {
    let mut fixture =
        Fixture::new(&[("a.py", "def f():\n\treturn 'one'\n\n\ndef g():\n\treturn 'one'\n")]);
    fixture.open("s");
    let edit = |old: &str| json!({"session": "s", "path": "a.py", "old_str": old, "new_str": "x"});
    refused(&mut fixture, "edit_file", edit("return 'one'"), "old_str_ambiguous", "lines 2, 6");
    refused(
        &mut fixture,
        "edit_file",
        edit("def f():\n    return 'one'"),
        "old_str_not_found",
        "indent",
    );
    refused(
        &mut fixture,
        "edit_file",
        edit("def f():\n\treturn \"one\""),
        "old_str_not_found",
        "quotes",
    );
    let stale =
        json!({"session": "s", "path": "a.py", "old_str": "f", "new_str": "h", "hash": "00112233"});
    refused(&mut fixture, "edit_file", stale, "stale_hash", "`view`");
    let missing = json!({"session": "s", "path": "b.py", "old_str": "f", "new_str": "h"});
    refused(&mut fixture, "edit_file", missing, "unknown_path", "b.py");
}

#[test]
fn no_path_leaves_the_workspace() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n"), ("dir/b.txt", "two\n")]);
    let outside = tempfile::tempdir().expect("a directory");
    std::fs::write(outside.path().join("secret"), "s\n").expect("written");
    symlink(outside.path(), fixture.root.join("out")).expect("linked");
    symlink(outside.path().join("secret"), fixture.root.join("link")).expect("linked");
    fixture.open("s");
    for path in ["../x", "/etc/passwd", "dir/../../x", "out/secret", "out/new", "a\u{0}b"] {
        for edit in [
            json!({"kind": "write", "path": path, "content": "x"}),
            json!({"kind": "edit", "path": path, "old_str": "s", "new_str": "x"}),
            json!({"kind": "delete", "path": path}),
            json!({"kind": "rename", "path": "a.txt", "to": path}),
        ] {
            let params = json!({"session": "s", "edits": [edit]});
            refused(&mut fixture, "apply_batch", params, "outside_workspace", "");
        }
    }
    let through = json!({"session": "s", "path": "link", "old_str": "s", "new_str": "x"});
    refused(&mut fixture, "edit_file", through, "path_exists", "symbolic link");
    for path in ["dir", "a.txt/below"] {
        let params = json!({"session": "s", "path": path, "content": "x"});
        refused(&mut fixture, "write_file", params, "path_exists", "");
    }
    let patch = "--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n";
    refused(
        &mut fixture,
        "apply_patch",
        json!({"session": "s", "patch": patch}),
        "outside_workspace",
        "",
    );
    let secret = std::fs::read_to_string(outside.path().join("secret")).expect("there");
    assert_eq!(secret, "s\n");
}

#[test]
fn sessions_are_named_and_configured_or_refused() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let root = fixture.root.clone();
    let open =
        |name: &str, config: &str| json!({"workspace": root, "name": name, "config": config});
    refused(&mut fixture, "session_open", open("a/b", ""), "bad_parameter", "letters");
    refused(&mut fixture, "session_open", open("s", "colour: red\n"), "bad_config", "colour");
    fixture.open("s");
    let mut again = open("s", "");
    again["new"] = json!(true);
    refused(&mut fixture, "session_open", again, "session_exists", "session_close");
    let view = json!({"workspace": root, "session": "t", "files": [{"path": "a.txt"}]});
    refused(&mut fixture, "view", view, "unknown_session", "open sessions: s");
    refused(&mut fixture, "undo", json!({"workspace": root}), "bad_parameter", "session");
    refused(&mut fixture, "undo", json!({"session": "s"}), "no_such_entry", "nothing to undo");
    refused(&mut fixture, "rollback", json!({"session": "s", "to": 7}), "no_such_entry", "1 to 0");
    let resolve = json!({"session": "s", "path": "a.txt", "with": "ours"});
    refused(&mut fixture, "resolve", resolve, "bad_parameter", "no conflict");
    let batch = json!({"session": "s", "edits": [{"kind": "paint", "path": "a.txt"}]});
    refused(&mut fixture, "apply_batch", batch, "bad_parameter", "paint");
}
