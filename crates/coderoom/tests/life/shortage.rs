//! Too little memory, no room on the disk, and a root that vanishes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use serde_json::{Value, json};

use crate::{
    assert_true,
    common::{Client, Home, let_age, wait_until, write},
};

/// About a megabyte of text, all of it different from tree to tree.
fn megabyte(home: &Home, name: &str) -> PathBuf {
    let root = home.path(name);
    for number in 0..100 {
        let line = format!("{name} file {number} has lines of its own\n");
        write(&root.join(format!("{number}.txt")), line.repeat(10_000 / line.len()));
    }
    root
}

fn status(client: &mut Client) -> Value {
    client.call("status", Value::Null).expect("a status")
}

#[test]
fn what_was_put_away_comes_back_from_its_cache() {
    let home = Home::new();
    let roots = ["first", "second", "third"].map(|name| megabyte(&home, name));
    let_age();
    let daemon = home.serve(&["--no-http", "--memory-budget", "2000000"]);
    let mut client = daemon.client();
    let find = |client: &mut Client, root: &Path| {
        let found = json!({"workspace": root, "pattern": "file 42 ", "max_per_file": 1});
        let name = root.file_name().expect("a name").to_string_lossy().into_owned();
        let expected = format!("42.txt:1:{name} file 42 has lines of its own\n");
        assert_eq!(client.text("search", found), expected);
    };
    find(&mut client, &roots[0]);
    assert_eq!(status(&mut client)["evictions"], 0);
    for round in 0..3 {
        for root in &roots {
            find(&mut client, root);
            assert_true(&mut client, root, "after it came back");
            let now = status(&mut client);
            let held = now["workspaces"].as_array().expect("a list").clone();
            assert!(held.len() < roots.len(), "all are held: {now}");
            let this = held.iter().find(|held| held["root"] == json!(root)).expect("it is held");
            if round > 0 {
                assert_eq!(this["recalled_files"], 100, "{this}");
            }
        }
    }
    assert!(status(&mut client)["evictions"].as_u64() >= Some(5));
    // The same from many clients at once: some of them while it is put away.
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut client = daemon.client();
                for round in 0..6 {
                    find(&mut client, &roots[round % roots.len()]);
                }
            });
        }
    });
}

#[test]
fn a_root_that_vanishes_is_told_and_comes_back() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle one\n"), ("sub/b.txt", "needle two\n")]);
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let params = json!({"workspace": root, "pattern": "needle"});
    let bare = json!({"pattern": "needle"});
    let both = "a.txt:1:needle one\nsub/b.txt:1:needle two\n";
    for round in 0..3 {
        assert_eq!(client.text("search", params.clone()), both, "round {round}");
        let elsewhere = home.path("elsewhere");
        fs::rename(&root, &elsewhere).expect("it is moved away");
        let refusal = client.refusal("search", params.clone());
        let codes = ["workspace_gone", "unknown_workspace"];
        assert!(codes.contains(&&refusal.code[..]), "{refusal:?}");
        assert!(refusal.message.contains("tree"), "{refusal:?}");
        assert_eq!(client.refusal("search", bare.clone()).code, "workspace_gone");
        let problems = status(&mut client)["workspaces"][0]["problems"].to_string();
        assert!(problems.contains("gone"), "{problems}");
        fs::rename(&elsewhere, &root).expect("it comes back");
    }
    // Another tree under the same name.
    fs::remove_dir_all(&root).expect("it is removed");
    assert_eq!(client.refusal("search", bare.clone()).code, "workspace_gone");
    home.tree("tree", &[("c.txt", "needle three\n")]);
    assert_eq!(client.text("search", params), "c.txt:1:needle three\n");
    write(&root.join("d.txt"), "needle four\n");
    assert_eq!(client.text("search", bare), "c.txt:1:needle three\nd.txt:1:needle four\n");
    assert_true(&mut client, &root, "after it came back as another");
}

#[test]
fn a_file_in_the_roots_place_is_told() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle\n")]);
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let bare = json!({"pattern": "needle"});
    client.call("load", json!({"root": root})).expect("it loads");
    fs::remove_dir_all(&root).expect("it is removed");
    write(&root, "needle in a file\n");
    assert_eq!(client.refusal("search", bare.clone()).code, "workspace_gone");
    fs::remove_file(&root).expect("it is removed");
    home.tree("tree", &[("a.txt", "needle again\n")]);
    assert_eq!(client.text("search", bare), "a.txt:1:needle again\n");
}

#[test]
fn a_disk_without_room_for_the_cache_costs_the_cache_only() {
    let home = Home::new();
    let root = megabyte(&home, "tree");
    let mut command = Command::new("bash");
    let script = format!("ulimit -f 16; exec {} serve --no-http", env!("CARGO_BIN_EXE_coderoom"));
    command.args(["-c", &script]);
    home.settle(&mut command);
    // The log cannot be written either: a full disk has no room for complaints.
    let log = home.path("log");
    fs::write(&log, vec![b'x'; 64 << 10]).expect("written");
    let log = fs::OpenOptions::new().append(true).open(&log).expect("opened");
    command.stderr(log);
    let mut daemon = home.start(command);
    let mut client = daemon.client();
    assert_true(&mut client, &root, "before any cache is written");
    let mut problems = String::new();
    wait_until("the daemon to try, and to name the problem", || {
        problems = status(&mut client)["workspaces"][0]["problems"].to_string();
        problems.contains("cache")
    });
    assert!(problems.contains("File too large"), "{problems}");
    assert_true(&mut client, &root, "after the cache could not be written");
    client.call("unload", json!({"workspace": root})).expect("it goes without a cache");
    assert_true(&mut client, &root, "after it was loaded again");
    daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(daemon.await_end().code(), Some(0));

    let daemon = home.serve(&["--no-http"]);
    assert_true(&mut daemon.client(), &root, "after half a cache was left behind");
}
