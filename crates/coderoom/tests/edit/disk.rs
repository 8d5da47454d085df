//! A session and the working directory: what is written, what is merged, what is left alone.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use super::{Fixture, strings, write};

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

#[test]
fn a_sync_writes_what_was_changed_and_leaves_the_session_clean() {
    let mut fixture =
        Fixture::new(&[("a.txt", "one\n"), ("run.sh", "#!/bin/sh\n"), ("gone.txt", "x\n")]);
    let script = fixture.root.join("run.sh");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("set");
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    fixture.edit("s", "run.sh", "sh", "bash");
    fixture.call(
        "apply_batch",
        json!({"session": "s", "edits": [
            {"kind": "delete", "path": "gone.txt"},
            {"kind": "create", "path": "deep/er/new.sh", "content": "#!/bin/sh\n", "executable": true},
            {"kind": "create", "path": ".env", "content": "A=1\n"}]}),
    );
    let synced = fixture.call("sync", json!({"session": "s"}));
    assert_eq!(synced["written"].as_array().map(Vec::len), Some(5), "{synced}");
    assert_eq!(fixture.on_disk("a.txt"), "two\n");
    assert_eq!(fixture.on_disk("run.sh"), "#!/bin/bash\n");
    assert!(!fixture.root.join("gone.txt").exists());
    let mode = |path: &str| {
        fs::metadata(fixture.root.join(path)).expect("there").permissions().mode() & 0o777
    };
    assert_eq!(mode("run.sh"), 0o755);
    assert_eq!(mode("deep/er/new.sh") & 0o111, 0o111);
    let session = fixture.call("session_list", json!({"session": "s"}));
    assert_eq!(session["sessions"][0]["dirty"], 0, "{session}");
    fixture.call("undo", json!({"session": "s"}));
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(
        fixture.on_disk("gone.txt"),
        "x\n",
        "what was synced can be undone and synced again"
    );
    assert!(!fixture.root.join("deep").exists());
}

#[test]
fn what_somebody_else_wrote_is_merged_or_held_as_a_conflict_and_never_lost() {
    let mut fixture = Fixture::new(&[("a.txt", LINES), ("b.txt", LINES), ("c.txt", LINES)]);
    fixture.open("s");
    for file in ["a.txt", "b.txt", "c.txt"] {
        fixture.edit("s", file, "two", "ours");
    }
    write(&fixture.root, "a.txt", &LINES.replace("six", "theirs"));
    write(&fixture.root, "b.txt", &LINES.replace("two", "theirs"));
    fs::remove_file(fixture.root.join("c.txt")).expect("removed");
    let synced = fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["merged"]), ["a.txt"]);
    assert_eq!(strings(&synced["conflicts"]), ["b.txt", "c.txt"]);
    let both = LINES.replace("two", "ours").replace("six", "theirs");
    assert_eq!(fixture.on_disk("a.txt"), both);
    assert_eq!(fixture.text("s", "a.txt"), both);
    assert_eq!(fixture.on_disk("b.txt"), LINES.replace("two", "theirs"));
    assert!(!fixture.root.join("c.txt").exists());
    fixture.call("resolve", json!({"session": "s", "path": "b.txt", "with": "ours"}));
    fixture.call("resolve", json!({"session": "s", "path": "c.txt", "with": "theirs"}));
    let synced = fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["conflicts"]), [""; 0]);
    assert_eq!(fixture.on_disk("b.txt"), LINES.replace("two", "ours"));
    assert!(!fixture.root.join("c.txt").exists());
}

#[test]
fn a_rebase_takes_in_the_disk_and_keeps_the_sessions_changes() {
    let mut fixture = Fixture::new(&[("a.txt", LINES), ("b.txt", "old\n")]);
    fixture.open("s");
    fixture.edit("s", "a.txt", "two", "ours");
    write(&fixture.root, "a.txt", &LINES.replace("six", "theirs"));
    write(&fixture.root, "b.txt", "new\n");
    write(&fixture.root, "c.txt", "newer\n");
    assert_eq!(fixture.text("s", "b.txt"), "old\n", "the disk is just another author");
    let met = fixture.call("rebase", json!({"session": "s"}));
    assert_eq!(strings(&met["merged"]), ["a.txt"], "{met}");
    assert_eq!(fixture.text("s", "a.txt"), LINES.replace("two", "ours").replace("six", "theirs"));
    assert_eq!(fixture.text("s", "b.txt"), "new\n");
    assert_eq!(fixture.text("s", "c.txt"), "newer\n");
    let diff = fixture.call("diff", json!({"session": "s"}));
    assert!(!diff["text"].as_str().expect("text").contains("theirs\n+"), "{diff}");
    assert_eq!(diff["files"].as_array().map(Vec::len), Some(1));
}

#[test]
fn write_through_is_on_disk_when_it_is_acknowledged() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let root = fixture.root.clone();
    let config = "git:\n  sync_frequency: write_through\n";
    fixture.call("session_open", json!({"workspace": root, "name": "s", "config": config}));
    fixture.edit("s", "a.txt", "one", "two");
    assert_eq!(fixture.on_disk("a.txt"), "two\n");
    fixture.call("undo", json!({"session": "s"}));
    assert_eq!(fixture.on_disk("a.txt"), "one\n");
}

#[test]
fn closing_loses_nothing_by_accident() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let root = fixture.root.clone();
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    let refused = fixture.client.refusal("session_close", json!({"session": "s"}));
    assert_eq!(refused.code, "unsynced");
    let closed = fixture.call("session_close", json!({"session": "s", "discard": true}));
    assert_eq!(closed["discarded"], 1);
    assert!(std::path::Path::new(closed["log"].as_str().expect("a path")).join("log").exists());
    let gone = fixture.client.refusal("undo", json!({"workspace": root, "session": "s"}));
    assert_eq!(gone.code, "unknown_session");
    let config = "git:\n  sync_frequency: lazy\n";
    fixture.call("session_open", json!({"workspace": root, "name": "s", "config": config}));
    fixture.edit("s", "a.txt", "one", "three");
    assert_eq!(fixture.on_disk("a.txt"), "one\n");
    let closed = fixture.call("session_close", json!({"session": "s"}));
    assert_eq!(closed["synced"], 1);
    assert_eq!(fixture.on_disk("a.txt"), "three\n");
}

#[test]
fn ignored_files_and_links_are_files_like_others() {
    let mut fixture = Fixture::new(&[(".gitignore", "secret.txt\n"), ("secret.txt", "one\n")]);
    fs::create_dir(fixture.root.join(".git")).expect("made");
    for name in ["link", "other"] {
        std::os::unix::fs::symlink("elsewhere", fixture.root.join(name)).expect("linked");
    }
    fixture.open("s");
    fixture.edit("s", "secret.txt", "one", "two");
    fixture.call("undo", json!({"session": "s"}));
    fixture.call("redo", json!({"session": "s"}));
    fixture.call(
        "apply_batch",
        json!({"session": "s", "edits": [{"kind": "delete", "path": "link"}]}),
    );
    let create = json!([{"kind": "create", "path": "link", "content": "a file now\n"}]);
    fixture.call("apply_batch", json!({"session": "s", "edits": create}));
    let synced = fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["written"]).len(), 2, "{synced}");
    assert_eq!(fixture.on_disk("secret.txt"), "two\n");
    let link = fs::symlink_metadata(fixture.root.join("link")).expect("there");
    assert!(link.is_file());
    let moved = json!([{"kind": "rename", "path": "other", "to": "moved"}]);
    fixture.call("apply_batch", json!({"session": "s", "edits": moved}));
    fixture.call("sync", json!({"session": "s"}));
    let target = fs::read_link(fixture.root.join("moved")).expect("a link");
    assert_eq!(target, std::path::Path::new("elsewhere"));
    assert_eq!(fixture.on_disk("link"), "a file now\n");
}

#[test]
fn a_replay_makes_each_edit_again_over_what_the_disk_has_become() {
    let mut fixture = Fixture::new(&[("a.txt", LINES), ("b.txt", LINES), ("c.txt", LINES)]);
    let root = fixture.root.clone();
    fixture.open("old");
    fixture.edit("old", "a.txt", "two", "2");
    fixture.edit("old", "b.txt", "two", "2");
    fixture.edit("old", "c.txt", "two", "undone");
    fixture.call("undo", json!({"session": "old"}));
    fixture.edit("old", "c.txt", "two", "2");
    fixture.edit("old", "c.txt", "four", "4");
    fixture.edit("old", "a.txt", "four", "4");
    // Others: a change that goes together with ours, the same one, and one that does not.
    write(&root, "a.txt", &LINES.replace("six", "theirs"));
    write(&root, "b.txt", &LINES.replace("two", "2"));
    write(&root, "c.txt", &LINES.replace("two", "theirs"));
    let replayed = fixture.call("replay", json!({"session": "old", "name": "new"}));
    let rows: Vec<String> = replayed["entries"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let word = |key: &str| row[key].as_str().expect("a word").to_owned();
            format!("{} {} {}: {}", row["old"], row["entry"], word("outcome"), word("reason"))
        })
        .collect();
    let wanted = [
        "1 1 merged: two is 2",
        "2 0 there: two is 2",
        "5 2 conflict: two is 2",
        "6 3 conflict: four is 4",
        "7 4 merged: four is 4",
    ];
    assert_eq!(rows, wanted);
    assert_eq!(strings(&replayed["conflicts"]), ["c.txt"]);
    let both = LINES.replace("two", "2").replace("four", "4");
    assert_eq!(fixture.text("new", "a.txt"), both.replace("six", "theirs"));
    let resolve = json!({"session": "new", "path": "c.txt", "with": "theirs"});
    fixture.call("resolve", resolve);
    assert_eq!(fixture.text("new", "c.txt"), both, "the other side has both changes of the file");
    fixture.call("undo", json!({"session": "new"}));
    fixture.call("undo", json!({"session": "new"}));
    let half = LINES.replace("two", "2").replace("six", "theirs");
    assert_eq!(fixture.text("new", "a.txt"), half, "entries stay entries: each can be undone");
    assert_eq!(fixture.text("old", "a.txt"), both, "the old session stays as it is");
}
