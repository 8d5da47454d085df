//! Review commits over the socket: asked for, behind edits, refused.

use std::{path::Path, process::Command};

use serde_json::json;

use super::{Fixture, common::wait_until, write};

#[track_caller]
fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git is there");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {said}");
    String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
}

fn repository(files: &[(&str, &str)]) -> Fixture {
    let fixture = Fixture::new(files);
    git(&fixture.root, &["init", "-q", "-b", "main"]);
    git(&fixture.root, &["config", "user.name", "Tess"]);
    git(&fixture.root, &["config", "user.email", "tess@example.com"]);
    git(&fixture.root, &["add", "-A"]);
    git(&fixture.root, &["commit", "-qm", "first"]);
    fixture
}

/// Opens a session that commits when asked.
fn open_quiet(fixture: &mut Fixture) {
    let root = fixture.root.clone();
    let config = "git:\n  auto_commit: false\n  diff_branch: proposals\n";
    fixture.call(
        "session_open",
        json!({"workspace": root, "name": "s", "agent": "ada", "config": config}),
    );
}

#[test]
fn a_session_is_committed_and_nothing_else_is_touched() {
    let mut fixture = repository(&[("a.txt", "one\n"), ("b.txt", "b\n")]);
    let root = fixture.root.clone();
    open_quiet(&mut fixture);
    fixture.edit("s", "a.txt", "one", "two");
    let index = std::fs::read(root.join(".git/index")).expect("there");
    let first = fixture.call("commit_review", json!({"session": "s"}));
    assert_eq!(first["created"], true, "{first}");
    assert_eq!(first["branch"], "refs/heads/proposals/s");
    let commit = first["commit"].as_str().expect("an id");
    assert_eq!(git(&root, &["rev-parse", "proposals/s"]), commit);
    assert_eq!(git(&root, &["show", "proposals/s:a.txt"]), "two");
    assert_eq!(git(&root, &["log", "-1", "--format=%s|%an", "proposals/s"]), "one is two|Tess");
    let trailers = "--format=%(trailers:key=Coderoom-Session,valueonly)";
    assert_eq!(git(&root, &["log", "-1", trailers, "proposals/s"]), "s");
    assert_eq!(std::fs::read(root.join(".git/index")).expect("there"), index);
    assert_eq!(git(&root, &["--no-optional-locks", "status", "--porcelain"]), "");
    let again = fixture.call("commit_review", json!({"session": "s"}));
    assert_eq!((&again["created"], &again["commit"]), (&json!(false), &first["commit"]));
    fixture.call("sync", json!({"session": "s"}));
    let again = fixture.call("commit_review", json!({"session": "s", "reason": "why"}));
    assert_eq!(again["created"], false, "a sync changes no file of the session: {again}");
    git(&root, &["add", "-A"]);
    assert_eq!(first["tree"].as_str(), Some(&git(&root, &["write-tree"])[..]));
    let listed = fixture.call("session_list", json!({"session": "s"}));
    assert_eq!(listed["sessions"][0]["review"], first["commit"]);
}

#[test]
fn edits_are_committed_behind_them() {
    let mut fixture = repository(&[("a.txt", "0\n")]);
    let root = fixture.root.clone();
    fixture.open("s");
    for n in 0..10 {
        fixture.edit("s", "a.txt", &n.to_string(), &(n + 1).to_string());
    }
    fixture.call("undo", json!({"session": "s"}));
    let last = fixture.call("commit_review", json!({"session": "s"}));
    assert_eq!(last["entry"], 11);
    assert_eq!(git(&root, &["show", "in-memory-edits/s:a.txt"]), "9");
    fixture.edit("s", "a.txt", "9", "ten");
    fixture.call("session_close", json!({"session": "s", "discard": true}));
    assert_eq!(git(&root, &["show", "in-memory-edits/s:a.txt"]), "ten", "closing waits for it");
    assert_eq!(git(&root, &["fsck", "--strict", "--no-dangling"]), "");
    assert_eq!(fixture.on_disk("a.txt"), "0\n");
}

#[test]
fn a_commit_behind_an_edit_that_fails_is_shown_until_one_succeeds() {
    let mut fixture = repository(&[("a.txt", "0\n")]);
    let root = fixture.root.clone();
    git(&root, &["branch", "in-memory-edits"]);
    fixture.open("s");
    fixture.edit("s", "a.txt", "0", "1");
    let mut row = json!(null);
    wait_until("the failure to be shown", || {
        row = fixture.call("session_list", json!({"session": "s"}))["sessions"][0].clone();
        row["review_error"].is_object()
    });
    assert_eq!(row["review_error"]["code"], "branch_conflict", "{row}");
    let message = row["review_error"]["message"].as_str().expect("a message");
    assert!(message.contains("in-memory-edits"), "{message}");
    git(&root, &["branch", "-qD", "in-memory-edits"]);
    fixture.edit("s", "a.txt", "1", "2");
    fixture.call("commit_review", json!({"session": "s"}));
    let row = fixture.call("session_list", json!({"session": "s"}))["sessions"][0].clone();
    assert!(row["review_error"].is_null() && row["review"].is_string(), "{row}");
}

#[test]
fn differences_to_head_count_what_the_user_has_changed_too() {
    let mut fixture = repository(&[("a.txt", "one\n"), ("b.txt", "b\n"), ("c.txt", "c\n")]);
    write(&fixture.root.clone(), "c.txt", "the user's\n");
    open_quiet(&mut fixture);
    fixture.edit("s", "a.txt", "one", "two");
    let diff = fixture.call("diff", json!({"session": "s", "against": "HEAD"}));
    let text = diff["text"].as_str().expect("a patch");
    assert!(text.contains("-one\n+two\n") && text.contains("+the user's"), "{text}");
    assert!(!text.contains("b.txt"), "{text}");
}

#[test]
fn refusals_have_names() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let root = fixture.root.clone();
    open_quiet(&mut fixture);
    fixture.edit("s", "a.txt", "one", "two");
    let refused = fixture.client.refusal("commit_review", json!({"session": "s"}));
    assert_eq!(refused.code, "no_repository", "{}", refused.message);
    assert!(refused.message.contains("git init"), "{}", refused.message);
    git(&root, &["init", "-q", "-b", "main"]);
    let root_commit = fixture.call("commit_review", json!({"session": "s"}));
    assert_eq!(root_commit["created"], true, "{root_commit}");
    git(&root, &["checkout", "-qf", "proposals/s"]);
    fixture.edit("s", "a.txt", "two", "three");
    let refused = fixture.client.refusal("commit_review", json!({"session": "s"}));
    assert_eq!(refused.code, "branch_checked_out", "{}", refused.message);
    git(&root, &["checkout", "-q", "--detach"]);
    git(&root, &["branch", "-qD", "proposals/s"]);
    git(&root, &["branch", "proposals"]);
    let refused = fixture.client.refusal("commit_review", json!({"session": "s"}));
    assert_eq!(refused.code, "branch_conflict", "{}", refused.message);
}
