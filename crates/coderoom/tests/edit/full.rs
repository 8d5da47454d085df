//! Disks that are full or read-only: what cannot be written is refused with a code, nothing is half
//! written, and all goes on when there is room again.

use std::fs;

use serde_json::{Value, json};

use super::{confined::Confined, strings};

const PROJECT_1M: &str = "mount -t tmpfs -o size=1m tmpfs project";
const STATE_1M: &str = "mount -t tmpfs -o size=1m tmpfs state";

/// Takes all the room that is left in a directory.
fn fill(dir: &std::path::Path) {
    let _ = fs::write(dir.join("filler"), vec![b'x'; 2 << 20]);
    let mut more = 1 << 16;
    while more > 0 {
        let file = fs::OpenOptions::new().append(true).open(dir.join("filler")).expect("there");
        if std::io::Write::write_all(&mut &file, &vec![b'x'; more]).is_err() {
            more /= 2;
        }
    }
}

/// Gives back what [`fill`] took, at once: a daemon that is just reading the file would keep the
/// room of a removed one until it has closed it.
fn make_room(dir: &std::path::Path) {
    let filler = dir.join("filler");
    fs::OpenOptions::new().write(true).truncate(true).open(&filler).expect("truncated");
    fs::remove_file(filler).expect("removed");
}

fn names(dir: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("a directory")
        .map(|it| it.expect("there").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_sync_onto_a_full_disk_is_refused_and_carried_on_when_there_is_room() {
    let Some(mut at) = Confined::start(PROJECT_1M) else { return };
    fs::write(at.file("a.txt"), "one\n").expect("written");
    fs::write(at.file("linked.txt"), "one\n").expect("written");
    fs::hard_link(at.file("linked.txt"), at.file("other name.txt")).expect("linked");
    at.fixture.open("s");
    let large = "two two two two\n".repeat(20_000);
    let edits = json!([
        {"kind": "write", "path": "a.txt", "content": large},
        {"kind": "create", "path": "deep/er/new.txt", "content": large}]);
    at.fixture.call("apply_batch", json!({"session": "s", "edits": edits}));
    fill(&at.file(""));
    let before = names(&at.file(""));
    for path in ["a.txt", "deep"] {
        let sync = json!({"session": "s", "paths": [path]});
        let refused = at.fixture.client.refusal("sync", sync);
        assert_eq!(refused.code, "sync_failed", "{}", refused.message);
        assert!(refused.message.contains("No space left"), "{}", refused.message);
    }
    assert_eq!(names(&at.file("")), before, "nothing is left beside the files, nor a directory");
    assert_eq!(fs::read_to_string(at.file("a.txt")).expect("there"), "one\n");
    // A file with two names is written in place: that must not tear it either.
    let edit = json!({"session": "s", "path": "linked.txt", "content": large});
    at.fixture.call("write_file", edit);
    let sync = json!({"session": "s", "paths": ["linked.txt"]});
    assert_eq!(at.fixture.client.refusal("sync", sync).code, "sync_failed");
    assert_eq!(fs::read_to_string(at.file("other name.txt")).expect("there"), "one\n");
    assert_eq!(dirty(&mut at), 3);
    make_room(&at.file(""));
    let synced = at.fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["written"]).len(), 3, "{synced}");
    for path in ["a.txt", "deep/er/new.txt", "linked.txt", "other name.txt"] {
        assert!(fs::read_to_string(at.file(path)).expect("there") == large, "{path}");
    }
    assert_eq!(dirty(&mut at), 0);
}

fn dirty(at: &mut Confined) -> Value {
    at.fixture.call("session_list", json!({"session": "s"}))["sessions"][0]["dirty"].clone()
}

#[test]
fn an_edit_that_cannot_be_journalled_did_not_happen() {
    let Some(mut at) = Confined::start(STATE_1M) else { return };
    fs::write(at.file("a.txt"), "one\n").expect("written");
    at.fixture.open("s");
    at.fixture.edit("s", "a.txt", "one", "two");
    let state = at.inside(&at.fixture.home.path("state"));
    fill(&state);
    let large: String = (0..1_000).map(|n| format!("{n} {}\n", "three ".repeat(20))).collect();
    let write = json!({"session": "s", "path": "a.txt", "content": large});
    for _ in 0..2 {
        let refused = at.fixture.client.refusal("write_file", write.clone());
        assert_eq!(refused.code, "journal_failed", "{}", refused.message);
        assert!(refused.message.contains("No space left"), "{}", refused.message);
    }
    assert_eq!(at.fixture.text("s", "a.txt"), "two\n", "what was acknowledged is there");
    let root = at.fixture.root.clone();
    let config = format!("# {}\n", "x".repeat(100_000));
    let open = json!({"workspace": root, "name": "t", "config": config});
    let refused = at.fixture.client.refusal("session_open", open.clone());
    assert_eq!(refused.code, "journal_failed", "{}", refused.message);
    make_room(&state);
    assert_eq!(
        at.fixture.call("session_open", open)["resumed"],
        false,
        "nothing half made is left"
    );
    at.fixture.call("write_file", write);
    assert!(at.fixture.text("s", "a.txt") == large, "and now it is");
    let history = at.fixture.call("history", json!({"session": "s"}));
    assert_eq!(history["entries"].as_array().map(Vec::len), Some(2), "{history}");
}

#[test]
fn what_was_journalled_before_the_disk_was_full_survives_the_daemon() {
    let Some(mut at) = Confined::start(STATE_1M) else { return };
    fs::write(at.file("a.txt"), "0\n").expect("written");
    at.fixture.open("s");
    let mut last = 0;
    // Bytes that do not compress, until they do not fit.
    let refused = loop {
        let noise: String = (0..1_500).map(|n| format!("{}\n", n * 7919 + last)).collect();
        let content = format!("{}\n{noise}", last + 1);
        let write = json!({"session": "s", "path": "a.txt", "content": content});
        match at.fixture.client.call("write_file", write) {
            Ok(_) => last += 1,
            Err(refused) => break refused,
        }
        assert!(last < 10_000, "1 MiB is full long before");
    };
    assert_eq!(refused.code, "journal_failed", "{}", refused.message);
    // The state directory goes with the namespace: its journal is looked at as it is.
    let sessions = at.inside(&at.fixture.home.path("state")).join("coderoom/sessions");
    let room = fs::read_dir(&sessions).expect("there").next().expect("one").expect("there");
    let kept = fs::read(room.path().join("s/log")).expect("a journal");
    at.fixture.kill();
    let root = at.fixture.root.clone();
    let dir = at.fixture.home.path("state/coderoom/sessions").join(room.file_name()).join("s");
    fs::create_dir_all(&dir).expect("made");
    fs::write(dir.join("log"), kept).expect("written");
    at.fixture.start();
    let text = at.fixture.call(
        "view",
        json!({"workspace": root, "session": "s", "plain": true, "files": [{"path": "a.txt"}]}),
    );
    let text = text["text"].as_str().expect("a text").to_owned();
    assert_eq!(text.lines().next(), Some(&*last.to_string()), "all that was acknowledged");
    assert!(!dir.join("log.torn").exists(), "nothing of what was refused is in the journal");
}

#[test]
fn a_read_only_directory_is_told_and_the_rest_goes_on() {
    let mounts = "mkdir project/locked; echo one > project/locked/a.txt; echo one > project/z.txt; \
                  mount --bind project/locked project/locked; \
                  mount -o remount,bind,ro project/locked";
    let Some(mut at) = Confined::start(mounts) else { return };
    at.fixture.open("s");
    at.fixture.edit("s", "locked/a.txt", "one", "two");
    at.fixture.edit("s", "z.txt", "one", "two");
    let refused = at.fixture.client.refusal("sync", json!({"session": "s"}));
    assert_eq!(refused.code, "sync_failed", "{}", refused.message);
    assert!(refused.message.contains("locked/a.txt"), "{}", refused.message);
    assert!(refused.message.contains("Read-only"), "{}", refused.message);
    let synced = at.fixture.call("sync", json!({"session": "s", "paths": ["z.txt"]}));
    assert_eq!(strings(&synced["written"]), ["z.txt"]);
    assert_eq!(fs::read_to_string(at.file("locked/a.txt")).expect("there"), "one\n");
    at.shell("mount -o remount,bind,rw \"$ROOT/locked\"");
    let synced = at.fixture.call("sync", json!({"session": "s"}));
    assert_eq!(strings(&synced["written"]), ["locked/a.txt"]);
    assert_eq!(fs::read_to_string(at.file("locked/a.txt")).expect("there"), "two\n");
}
