//! The daemon as a process: who may reach its socket, and how it starts and ends.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    thread,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::common::{Home, TEDIOUS, tedious_tree};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn the_socket_is_the_users_alone() {
    let home = Home::new();
    // A careless umask must not matter, nor that the directory is there and open.
    fs::create_dir(home.path("run/coderoom")).expect("a directory");
    fs::set_permissions(home.path("run/coderoom"), fs::Permissions::from_mode(0o777))
        .expect("a mode");
    let mut command = std::process::Command::new("bash");
    let script = format!("umask 000; exec {} serve", env!("CARGO_BIN_EXE_coderoom"));
    command.args(["-c", &script]);
    home.settle(&mut command);
    let daemon = home.start(command);
    daemon.await_words("  http ");
    assert_eq!(mode(&home.socket()), 0o600);
    assert_eq!(mode(&home.path("run/coderoom")), 0o700);
    assert_eq!(mode(&home.path("run/coderoom/http.token")), 0o600);
}

#[test]
fn a_directory_that_was_not_made_for_the_socket_keeps_its_mode() {
    let home = Home::new();
    let shared = home.path("shared");
    fs::create_dir(&shared).expect("a directory");
    for shared_mode in [0o755, 0o1777] {
        fs::set_permissions(&shared, fs::Permissions::from_mode(shared_mode)).expect("a mode");
        let mut command = home.coderoom(&["serve", "--no-http"]);
        command.env("CODEROOM_SOCKET", shared.join("daemon.sock"));
        let mut child = command.spawn().expect("it starts");
        crate::common::wait_until("an end or a socket", || {
            shared.join("daemon.sock").exists() || child.try_wait().is_ok_and(|end| end.is_some())
        });
        child.kill().expect("it can be ended");
        child.wait().expect("it ends");
        let _ = fs::remove_file(shared.join("daemon.sock"));
        assert_eq!(mode(&shared), shared_mode);
    }
}

#[test]
fn a_socket_that_a_dead_daemon_left_behind_is_taken_over() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle\n")]);
    for _ in 0..3 {
        let daemon = home.serve(&["--no-http"]);
        let params = json!({"workspace": root, "pattern": "needle"});
        assert_eq!(daemon.client().text("search", params), "a.txt:1:needle\n");
        daemon.kill();
        let left = fs::metadata(home.socket()).expect("nobody cleaned up");
        assert!(left.file_type().is_socket());
    }
    let status = home.coderoom(&["status"]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&status.stdout), "no daemon is running\n");
    assert_eq!(status.status.code(), Some(1));
}

#[test]
fn a_second_daemon_is_refused_in_clear_words() {
    let home = Home::new();
    let daemon = home.serve(&["--no-http"]);
    let second = home.coderoom(&["serve"]).output().expect("it runs");
    assert_eq!(second.status.code(), Some(2));
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(words.contains("already running") && words.contains("coderoom stop"), "{words}");
    daemon.client().call("status", Value::Null).expect("the first one goes on");
}

#[test]
fn a_signal_ends_it_cleanly() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle\n")]);
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = home.serve(&[&root.display().to_string()]);
        daemon.await_words("loaded ");
        daemon.signal(signal);
        let status = daemon.await_end();
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(!home.socket().exists(), "{signal:?}: the socket is left behind");
    }
}

#[test]
fn a_signal_ends_it_in_the_middle_of_work() {
    let home = Home::new();
    let root = tedious_tree(&home);
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    client.call("load", json!({"root": root})).expect("it loads");
    let params = json!({"workspace": root, "pattern": TEDIOUS, "timeout_ms": 3_000_000});
    for _ in 0..3 {
        client.send("search", params.clone());
    }
    thread::sleep(Duration::from_millis(100));
    assert_eq!(daemon.terminate().code(), Some(0));
    assert!(!home.socket().exists());
}

#[test]
fn stop_is_answered_before_the_daemon_ends() {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle\n")]);
    for round in 0..10 {
        let mut daemon = home.serve(&["--no-http"]);
        if round % 2 == 0 {
            daemon.client().call("load", json!({"root": root})).expect("it loads");
        }
        let stop = home.coderoom(&["stop"]).output().expect("it runs");
        let words = String::from_utf8_lossy(&stop.stderr).into_owned();
        assert_eq!(stop.status.code(), Some(0), "round {round}: {words}");
        assert_eq!(daemon.await_end().code(), Some(0), "round {round}");
    }
}
