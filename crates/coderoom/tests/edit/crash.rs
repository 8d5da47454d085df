//! A daemon that dies at every single step of a sync, and again while it carries it on: each file is
//! wholly old or wholly new, the log is whole, and what was begun is done.
//!
//! Release builds have no such steps, and this test is left out of them. `CODEROOM_CRASHES=all` dies a
//! second time at every step too, instead of at one for each first.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use serde_json::{Value, json};

use super::{Client, Fixture, write};

/// A file by path: its bytes, and whether it is executable.
type Tree = BTreeMap<String, (String, bool)>;

/// No sync of these files has more steps.
const MOST: u64 = 400;

const LINES: &str = "1\n2\n3\n4\n5\n6\n7\n8\n";

fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("there").path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            let name = path.strip_prefix(root).expect("below").display().to_string();
            let executable = fs::metadata(&path).expect("there").mode() & 0o100 != 0;
            tree.insert(name, (fs::read_to_string(&path).expect("text"), executable));
        }
    }
    tree
}

/// A session with a change of every kind, not synced; and the daemon gone.
fn prepared() -> Fixture {
    let mut fixture = Fixture::new(&[
        ("a.txt", "old\n"),
        ("dir/gone.txt", "old\n"),
        ("longer.txt", "old\n"),
        ("merged.txt", LINES),
        ("mode.sh", "old\n"),
        ("run.sh", "old\n"),
        ("shorter.txt", "old and longer than it will be\n"),
    ]);
    let root = fixture.root.clone();
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).expect("set");
    for file in ["longer", "shorter", "mode"] {
        let name = if file == "mode" { "mode.sh".into() } else { format!("{file}.txt") };
        fs::hard_link(root.join(&name), root.join(format!("{file}.other"))).expect("linked");
    }
    fixture.open("s");
    let edits = json!([
        {"kind": "write", "path": "a.txt", "content": "new\n"},
        {"kind": "delete", "path": "dir/gone.txt"},
        {"kind": "create", "path": "deep/er/made.txt", "content": "new\n"},
        {"kind": "write", "path": "longer.txt", "content": "new and longer than before\n"},
        {"kind": "write", "path": "mode.sh", "content": "new!\n", "executable": true},
        {"kind": "edit", "path": "merged.txt", "old_str": "2", "new_str": "two"},
        {"kind": "write", "path": "run.sh", "content": "new\n"},
        {"kind": "write", "path": "shorter.txt", "content": "new\n"}]);
    fixture.call("apply_batch", json!({"session": "s", "edits": edits}));
    fixture.kill();
    write(&root, "merged.txt", &LINES.replace('7', "seven"));
    fixture
}

/// Starts a daemon that dies at a step.
fn start_dying(fixture: &mut Fixture, at: u64) {
    let mut command = fixture.home.coderoom(&["serve", "--no-http"]);
    command.env("CODEROOM_CRASH_AT", at.to_string()).env("CODEROOM_LOG", "error");
    fixture.daemon = Some(fixture.home.start(command));
    fixture.client = Client::connect(&fixture.home.socket());
}

/// The tree when all is done.
fn done(old: &Tree) -> Tree {
    let mut new = old.clone();
    let mut put = |path: &str, text: &str, executable| {
        new.insert(path.into(), (text.into(), executable));
    };
    put("a.txt", "new\n", false);
    put("deep/er/made.txt", "new\n", false);
    put("merged.txt", &LINES.replace('2', "two").replace('7', "seven"), false);
    put("run.sh", "new\n", true);
    for name in ["longer.txt", "longer.other"] {
        put(name, "new and longer than before\n", false);
    }
    for name in ["shorter.txt", "shorter.other"] {
        put(name, "new\n", false);
    }
    for name in ["mode.sh", "mode.other"] {
        put(name, "new!\n", true);
    }
    new.remove("dir/gone.txt");
    new
}

/// What a crash may leave before anybody carries on: files with several names may be half written.
#[track_caller]
fn check_left(root: &Path, old: &Tree, new: &Tree, at: &str) {
    for (path, (text, _)) in tree(root) {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let in_place = ["longer", "shorter", "mode"].iter().any(|it| name.starts_with(it));
        if in_place || name.starts_with(".coderoom-") {
            continue;
        }
        let is = |tree: &Tree| tree.get(&path).is_some_and(|file| file.0 == text);
        assert!(is(old) || is(new), "{at}: {path} is neither old nor new: {text:?}");
    }
}

/// All or nothing; then the rest, and the session goes on.
#[track_caller]
fn check_carried_on(fixture: &mut Fixture, old: &Tree, new: &Tree, at: &str) {
    let root = fixture.root.clone();
    let here = |more: Value| {
        let mut params = json!({"workspace": root, "session": "s"});
        params.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        params
    };
    let session = fixture.call("session_list", here(json!({})))["sessions"][0].clone();
    let found = tree(&fixture.root);
    if session["dirty"] == 0 {
        assert_eq!(found, *new, "{at}: carried on to the end");
    } else {
        assert_eq!(found, *old, "{at}: not begun, so nothing is written");
    }
    let synced = fixture.call("sync", here(json!({})));
    assert_eq!(synced["conflicts"].as_array().map(Vec::len), Some(0), "{at}: {synced}");
    assert_eq!(tree(&fixture.root), *new, "{at}: nothing is left beside the files");
    assert!(!fixture.root.join("dir").exists(), "{at}: an empty directory is left");
    let history = fixture.call("history", here(json!({})));
    let kinds: Vec<&str> = history["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["kind"]["kind"].as_str().or(entry["kind"].as_str()))
        .collect();
    assert!(kinds.contains(&"edit") && kinds.contains(&"sync"), "{at}: {history}");
    fixture.call("edit_file", here(json!({"path": "a.txt", "old_str": "new", "new_str": "newer"})));
    fixture.call("sync", here(json!({})));
    assert_eq!(fixture.on_disk("a.txt"), "newer\n", "{at}");
}

/// Dies at `first` in the sync and at `second` while it is carried on. Gives which of both came.
fn crash(first: u64, second: u64) -> (bool, bool) {
    let mut fixture = prepared();
    let root = fixture.root.clone();
    let (old, at) = (tree(&root), format!("steps {first} and {second}"));
    let new = done(&old);
    start_dying(&mut fixture, first);
    let sync = json!({"workspace": root, "session": "s"});
    let answered = fixture.client.try_call("sync", sync.clone()).is_some();
    fixture.kill();
    check_left(&root, &old, &new, &at);
    let mut carried = true;
    if !answered && second > 0 {
        start_dying(&mut fixture, second);
        carried = fixture.client.try_call("session_list", sync).is_some();
        fixture.kill();
        check_left(&root, &old, &new, &at);
    }
    fixture.start();
    check_carried_on(&mut fixture, &old, &new, &at);
    (!answered, !carried)
}

#[test]
fn a_sync_survives_a_crash_at_every_step_and_another_while_it_is_carried_on() {
    let all = std::env::var("CODEROOM_CRASHES").is_ok_and(|it| it == "all");
    let (mut crashes, mut steps) = (0, 0);
    for first in 1..=MOST {
        // 11 and 23 have no common divisor: in the end every step has been the second one.
        let mut second = if all { 1 } else { 1 + first * 11 % 23 };
        let (died, mut again) = crash(first, second);
        if !died {
            break;
        }
        steps = first;
        crashes += 1 + u32::from(again);
        while all && again {
            second += 1;
            again = crash(first, second).1;
            crashes += 1 + u32::from(again);
        }
    }
    eprintln!("{crashes} crashes at {steps} steps");
    assert!((30..MOST).contains(&steps), "a sync of these files has {steps} steps");
}
