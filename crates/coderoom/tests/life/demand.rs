//! The command line, which starts the daemon that it needs.

use std::{collections::BTreeSet, process::Output, thread};

use serde_json::{Value, json};

use crate::common::{Client, Home};

fn words(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_first_search_starts_the_daemon() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle one\n"), ("src/b.rs", "needle two\n")]);
    let run = |args: &[&str]| {
        let output = home.coderoom(args).current_dir(&root).output().expect("it runs");
        words(&output)
    };
    let none = String::new;
    assert_eq!(run(&["status"]).0, Some(1), "nothing runs yet");
    assert_eq!(run(&["search", "one"]), (Some(0), "a.txt:1:needle one\n".into(), none()));
    assert_eq!(run(&["status"]).0, Some(0), "now one does");
    assert_eq!(run(&["search", "absent"]), (Some(1), none(), none()));
    assert_eq!(run(&["search", "needle", "src"]).1, "b.rs:1:needle two\n");
    let (code, _, stderr) = run(&["search", "("]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("coderoom: "), "{stderr}");
}

#[test]
fn every_command_works_on_a_tree() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle one\n"), ("src/b.rs", "needle two\n")]);
    let run = |args: &[&str]| {
        let output = home.coderoom(args).current_dir(&root).output().expect("it runs");
        words(&output)
    };
    let (code, stdout, stderr) = run(&["load"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("2 files"), "{stdout}");
    assert_eq!(run(&["glob", "*.rs"]), (Some(0), "src/b.rs\n".into(), String::new()));
    assert_eq!(run(&["view", "a.txt"]).1, "     1\tneedle one\n");
    assert_eq!(run(&["view", "src/b.rs:1-1", "a.txt"]).0, Some(0));
    let (code, stdout, stderr) = run(&["search", "needle", "a.txt"]);
    assert_eq!((code, &stdout[..]), (Some(0), "a.txt:1:needle one\n"), "{stderr}");
    let (code, stdout, _) = run(&["unload"]);
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("unloaded "), "{stdout}");
    let (code, _, stderr) = run(&["unload"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert_eq!(run(&["stop"]), (Some(0), "stopped\n".into(), String::new()));
}

#[test]
fn many_first_searches_at_once_start_one_daemon() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle\n")]);
    let searches: Vec<_> = (0..8)
        .map(|_| {
            let mut command = home.coderoom(&["search", "needle"]);
            command.current_dir(&root);
            thread::spawn(move || command.output().expect("it runs"))
        })
        .collect();
    for search in searches {
        let output = search.join().expect("no panic");
        assert_eq!(words(&output), (Some(0), "a.txt:1:needle\n".into(), String::new()));
    }
    let pid = |_| {
        let status = Client::connect(&home.socket()).call("status", Value::Null);
        status.expect("a status")["pid"].as_i64()
    };
    assert_eq!((0..5).map(pid).collect::<BTreeSet<_>>().len(), 1);
    let mut client = Client::connect(&home.socket());
    assert_eq!(client.text("search", json!({"pattern": "needle"})), "a.txt:1:needle\n");
}
