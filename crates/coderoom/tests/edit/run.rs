//! Commands on a session's files: the working directory is never written to.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::json;

use super::{Fixture, strings, write};

const CODE: &str = "def double(n):\n    return n + n\n";
const TEST: &str = "import unittest\nfrom code_under_test import double\n\n\nclass T(unittest.TestCase):\n    \
                    def test_double(self):\n        self.assertEqual(double(4), 8)\n";

fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("there").path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                files.insert(path.display().to_string(), fs::read(&path).expect("there"));
            }
        }
    }
    files
}

#[test]
fn tests_fail_on_a_planted_bug_and_pass_after_the_fix_with_the_directory_untouched() {
    let files = [("code_under_test.py", CODE), ("test_it.py", TEST)];
    let mut fixture = Fixture::new(&files);
    let before = tree(&fixture.root);
    fixture.open("s");
    let run = json!({"session": "s", "command": ["python3", "-m", "unittest", "-q"]});
    assert_eq!(fixture.call("run", run.clone())["code"], 0);
    fixture.edit("s", "code_under_test.py", "n + n", "n * n");
    let failed = fixture.call("run", run.clone());
    assert_eq!(failed["code"], 1, "{failed}");
    assert!(failed["stderr"].as_str().expect("text").contains("16 != 8"), "{failed}");
    assert_eq!(failed["place"], json!(fixture.root), "the workspace's own path");
    fixture.edit("s", "code_under_test.py", "n * n", "2 * n");
    assert_eq!(fixture.call("run", run)["code"], 0);
    assert_eq!(tree(&fixture.root), before);
}

#[test]
fn what_a_command_writes_is_told_and_taken_only_if_asked() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n"), ("gone.txt", "x\n")]);
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    let script =
        "cat a.txt; echo three >> a.txt; rm gone.txt; echo '#!/bin/sh' > new.sh; chmod +x new.sh";
    let mut run = json!({"session": "s", "command": ["sh", "-c", script]});
    let told = fixture.call("run", run.clone());
    assert_eq!(told["stdout"], "two\n");
    let rows: Vec<String> = told["changed"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| format!("{} {}", row["change"].as_str().unwrap(), row["path"].as_str().unwrap()))
        .collect();
    assert_eq!(rows, ["modified a.txt", "deleted gone.txt", "created new.sh"]);
    assert_eq!(fixture.text("s", "a.txt"), "two\n");
    run["take"] = json!(true);
    let taken = fixture.call("run", run);
    assert_eq!(taken["entry"], 2);
    assert_eq!(fixture.text("s", "a.txt"), "two\nthree\n");
    assert_eq!(fixture.on_disk("a.txt"), "one\n");
    let session = fixture.call("session_list", json!({"session": "s"}));
    assert_eq!(strings(&session["sessions"][0]["files"]), ["a.txt", "gone.txt", "new.sh"]);
    fixture.call("sync", json!({"session": "s"}));
    assert!(fixture.root.join("new.sh").exists() && !fixture.root.join("gone.txt").exists());
}

#[test]
fn a_session_sees_its_own_base_even_if_the_disk_has_moved_on() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n"), ("b.txt", "old\n")]);
    fixture.open("s");
    write(&fixture.root, "b.txt", "new\n");
    write(&fixture.root, "c.txt", "new\n");
    let run = json!({"session": "s", "command": ["sh", "-c", "cat b.txt; test ! -e c.txt"]});
    let root = fixture.root.clone();
    // What was written just now must be in the trunk first: the difference is counted from it.
    fixture.call("search", json!({"workspace": root, "pattern": "new"}));
    let reply = fixture.call("run", run);
    assert_eq!((&reply["stdout"], &reply["code"]), (&json!("old\n"), &json!(0)), "{reply}");
}

#[test]
fn tests_guard_the_sync_if_the_configuration_says_so() {
    let mut fixture = Fixture::new(&[("code_under_test.py", CODE), ("test_it.py", TEST)]);
    let root = fixture.root.clone();
    let config =
        "validation:\n  run_tests_before_sync: true\n  test_command: [python3, -m, unittest, -q]\n";
    fixture.call("session_open", json!({"workspace": root, "name": "s", "config": config}));
    fixture.edit("s", "code_under_test.py", "n + n", "n * n");
    let refused = fixture.client.refusal("sync", json!({"session": "s"}));
    assert_eq!(refused.code, "tests_failed");
    assert!(refused.message.contains("16 != 8"), "{}", refused.message);
    assert_eq!(fixture.on_disk("code_under_test.py"), CODE);
    fixture.edit("s", "code_under_test.py", "n * n", "2 * n");
    fixture.call("sync", json!({"session": "s"}));
    assert!(fixture.on_disk("code_under_test.py").contains("2 * n"));
}

#[test]
fn whoever_asks_hears_how_far_a_long_request_is() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    fixture.open("s");
    let params = json!({"session": "s", "command": ["sleep", "2.5"]});
    let mut request = json!({"jsonrpc": "2.0", "id": 77, "method": "run", "params": params});
    request["progress"] = json!(true);
    fixture.client.send_raw(format!("{request}\n").as_bytes());
    let mut told = Vec::new();
    loop {
        let message = fixture.client.reply();
        if message["method"] != "progress" {
            assert_eq!((&message["id"], &message["result"]["code"]), (&json!(77), &json!(0)));
            break;
        }
        told.push(message["params"].clone());
    }
    assert!(!told.is_empty(), "a run of some seconds tells of itself");
    for report in &told {
        let (id, what) = (&report["id"], &report["what"]);
        assert_eq!((id, what), (&json!(77), &json!("running sleep")), "{report}");
    }
    // Who does not ask hears nothing, however long it takes.
    let quiet = json!({"session": "s", "command": ["sleep", "1.5"]});
    assert_eq!(fixture.call("run", quiet)["code"], 0);
}

#[test]
fn the_command_line_passes_output_input_and_the_exit_code_through() {
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    fixture.open("s");
    fixture.edit("s", "a.txt", "one", "two");
    let mut command: Command = fixture.home.coderoom(&[
        "run",
        "--session",
        "s",
        "--",
        "sh",
        "-c",
        "cat a.txt -; echo err >&2; echo x > out; exit 7",
    ]);
    command.current_dir(&fixture.root).stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), b"typed\n")
        .expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "two\ntyped\n");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("err\n") && stderr.contains("created out"), "{stderr}");
    assert_eq!(output.status.code(), Some(7));
    assert!(!fixture.root.join("out").exists());
}
