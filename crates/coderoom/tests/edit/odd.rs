//! Files that are not what most are: read-only, replaced by something else, named alike, huge, empty,
//! without a last newline, not UTF-8.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

use serde_json::json;

use super::{Fixture, strings, write};

/// Latin-1: `café` and a line that stays.
const LATIN: &[u8] = b"caf\xe9\nkept\n";

#[test]
fn a_read_only_file_is_replaced_and_stays_read_only() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let file = fixture.root.join("a.txt");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("set");
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fixture.on_disk("a.txt"), "two\n");
    assert_eq!(fs::metadata(&file).expect("there").mode() & 0o777, 0o444);
}

#[test]
fn files_that_became_directories_or_links_are_conflicts_and_nothing_goes_through_them() {
    let mut fixture = Fixture::new(&[
        ("dir.txt", "one\n"),
        ("link.txt", "one\n"),
        ("sub/below.txt", "one\n"),
        ("plain.txt", "one\n"),
    ]);
    let outside = fixture.home.tree("outside", &[("below.txt", "one\n"), ("target", "one\n")]);
    let root = fixture.root.clone();
    fixture.open("s");
    for file in ["dir.txt", "link.txt", "sub/below.txt", "plain.txt"] {
        fixture.edit("s", file, "one", "two");
    }
    fs::remove_file(root.join("dir.txt")).expect("removed");
    fs::create_dir(root.join("dir.txt")).expect("made");
    write(&root, "dir.txt/inside", "theirs\n");
    fs::remove_file(root.join("link.txt")).expect("removed");
    symlink(outside.join("target"), root.join("link.txt")).expect("linked");
    fs::remove_dir_all(root.join("sub")).expect("removed");
    symlink(&outside, root.join("sub")).expect("linked");
    let synced = fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["written"]), ["plain.txt"], "{synced}");
    assert_eq!(strings(&synced["conflicts"]), ["dir.txt", "link.txt", "sub/below.txt"]);
    for (path, with) in [("dir.txt", "ours"), ("sub/below.txt", "ours"), ("link.txt", "ours")] {
        fixture.call("resolve", json!({"session": "s", "path": path, "with": with}));
    }
    for path in ["dir.txt", "sub"] {
        let sync = json!({"session": "s", "paths": [path]});
        let refused = fixture.client.refusal("sync", sync);
        assert_eq!(refused.code, "sync_failed", "{}", refused.message);
    }
    let synced = fixture.call("sync", json!({"session": "s", "paths": ["link.txt"]}));
    assert_eq!(strings(&synced["written"]), ["link.txt"], "the link itself is what was settled");
    assert!(fs::symlink_metadata(root.join("link.txt")).expect("there").is_file());
    assert_eq!(fixture.on_disk("dir.txt/inside"), "theirs\n");
    for file in ["below.txt", "target"] {
        assert_eq!(fs::read(outside.join(file)).expect("there"), b"one\n", "{file}");
    }
}

#[test]
fn a_rename_that_changes_only_the_case_is_a_rename() {
    let mut fixture = Fixture::new(&[("Foo.py", "value = 1\n"), ("Dir/bar.py", "import Foo\n")]);
    let root = fixture.root.clone();
    fixture.open("s");
    let names = |dir: &str| {
        let entries = fs::read_dir(root.join(dir)).expect("a directory");
        let mut names: Vec<String> = entries
            .map(|it| it.expect("there").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    };
    let edits = json!([{"kind": "rename", "path": "Foo.py", "to": "foo.py"},
                       {"kind": "rename", "path": "Dir/bar.py", "to": "dir/Bar.py"}]);
    fixture.call("apply_batch", json!({"session": "s", "edits": edits}));
    assert_eq!(fixture.text("s", "foo.py"), "value = 1\n");
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(
        (names(""), names("dir")),
        (vec!["dir".into(), "foo.py".into()], vec!["Bar.py".into()])
    );
    fixture.call("undo", json!({"session": "s"}));
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(
        (names(""), names("Dir")),
        (vec!["Dir".into(), "Foo.py".into()], vec!["bar.py".into()])
    );
}

#[test]
fn a_gibibyte_is_refused_by_name_and_never_read() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n"), ("b.txt", "one\n")]);
    let root = fixture.root.clone();
    let huge = |path: &str| {
        let file = fs::File::create(root.join(path)).expect("made");
        file.set_len(1 << 30).expect("sparse");
    };
    huge("huge.txt");
    fixture.open("s");
    for edit in [
        json!({"kind": "edit", "path": "huge.txt", "old_str": "a", "new_str": "b"}),
        json!({"kind": "write", "path": "huge.txt", "content": "small\n"}),
        json!({"kind": "delete", "path": "huge.txt"}),
        json!({"kind": "rename", "path": "huge.txt", "to": "other.txt"}),
    ] {
        let params = json!({"session": "s", "edits": [edit]});
        let refused = fixture.client.refusal("apply_batch", params);
        assert_eq!(refused.code, "too_large", "{}", refused.message);
        assert!(refused.message.contains("1073741824 bytes"), "{}", refused.message);
    }
    // One that grows under the session's feet is not read either.
    fixture.edit("s", "a.txt", "one", "two");
    fixture.edit("s", "b.txt", "one", "two");
    huge("a.txt");
    let refused = fixture.client.refusal("sync", json!({"session": "s"}));
    assert_eq!(refused.code, "too_large", "{}", refused.message);
    let synced = fixture.call("sync", json!({"session": "s", "paths": ["b.txt"]}));
    assert_eq!(strings(&synced["written"]), ["b.txt"]);
    let status = format!("/proc/{}/status", fixture.daemon.as_ref().expect("a daemon").pid());
    let status = fs::read_to_string(status).expect("there");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < 1 << 20, "the daemon held {peak} KiB at its peak");
}

#[test]
fn empty_files_and_missing_last_newlines_stay_as_they_are() {
    let mut fixture =
        Fixture::new(&[("empty.txt", ""), ("bare.txt", "one\ntwo"), ("c.txt", "c\n")]);
    fixture.open("s");
    fixture.edit("s", "bare.txt", "one", "1");
    let edits = json!([{"kind": "insert", "path": "empty.txt", "line": 0, "text": "first\n"},
                       {"kind": "write", "path": "c.txt", "content": ""},
                       {"kind": "create", "path": "new.txt", "content": ""}]);
    fixture.call("apply_batch", json!({"session": "s", "edits": edits}));
    fixture.call("sync", json!({"session": "s"}));
    let all = |fixture: &Fixture| {
        ["empty.txt", "bare.txt", "c.txt", "new.txt"]
            .map(|path| fs::read(fixture.root.join(path)).ok())
    };
    let some = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(all(&fixture), [some("first\n"), some("1\ntwo"), some(""), some("")]);
    fixture.call("rollback", json!({"session": "s", "to": 0}));
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(all(&fixture), [some(""), some("one\ntwo"), some("c\n"), None]);
}

#[test]
fn bytes_that_are_not_utf8_pass_through_unharmed() {
    let mut fixture = Fixture::new(&[]);
    let file = fixture.root.join("latin.txt");
    fs::write(&file, LATIN).expect("written");
    let root = fixture.root.clone();
    fixture.open("s");
    fixture.edit("s", "latin.txt", "kept", "changed");
    fixture.edit("s", "latin.txt", "changed", "last");
    let found =
        fixture.call("search", json!({"workspace": root, "session": "s", "pattern": "last"}));
    assert!(found["text"].as_str().is_some_and(|text| text.contains("latin.txt:2:")), "{found}");
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fs::read(&file).expect("there"), b"caf\xe9\nlast\n");
    fixture.call("undo", json!({"session": "s"}));
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fs::read(&file).expect("there"), b"caf\xe9\nchanged\n");
    // Somebody else's change of such a file is merged by lines, byte for byte.
    fixture.edit("s", "latin.txt", "changed", "ours");
    fs::write(&file, b"th\xeb\ncaf\xe9\nchanged\n").expect("written");
    let synced = fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["merged"]), ["latin.txt"], "{synced}");
    assert_eq!(fs::read(&file).expect("there"), b"th\xeb\ncaf\xe9\nours\n");
    fixture.restart();
    fixture.call("rollback", json!({"workspace": root, "session": "s", "to": 0}));
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fs::read(&file).expect("there"), LATIN);
}
