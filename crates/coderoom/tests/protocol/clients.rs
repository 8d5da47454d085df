//! Clients that go away, stop reading or come in crowds: nobody else notices.

use std::{fs, thread, time::Duration};

use coderoom_engine::{Pattern, Query};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::common::{
    Client, Daemon, Home, TEDIOUS, outcome, request, rg_params, tedious_tree, wait_until, write,
};

/// Waits until the daemon uses no processor time for a while.
fn await_idleness(daemon: &Daemon) {
    let mut before = daemon.ticks();
    wait_until("the daemon to be idle", || {
        thread::sleep(Duration::from_millis(500));
        let now = daemon.ticks();
        let idle = now - before <= 5;
        before = now;
        idle
    });
}

#[test]
fn a_search_ends_when_its_client_goes_away() {
    let home = Home::new();
    let root = tedious_tree(&home).display().to_string();
    let daemon = home.serve(&["--no-http"]);
    let mut other = daemon.client();
    other.call("load", json!({"root": root})).expect("it loads");
    let params = json!({"workspace": root, "pattern": TEDIOUS, "timeout_ms": 3_000_000});
    for _ in 0..3 {
        let mut client = daemon.client();
        for _ in 0..4 {
            client.send("search", params.clone());
        }
        thread::sleep(Duration::from_millis(200));
        drop(client);
    }
    await_idleness(&daemon);
    other.call("status", Value::Null).expect("the other one goes on");
}

#[test]
fn one_who_stops_reading_a_large_answer_holds_up_nobody_and_loses_nothing() {
    let home = Home::new();
    let root = home.path("large");
    let line = "a needle in every line of a large answer\n";
    for number in 0..25 {
        write(&root.join(format!("{number:02}.txt")), line.repeat((2 << 20) / line.len()));
    }
    write(&root.join("z.txt"), "last\n");
    let daemon = home.serve(&["--no-http"]);
    let pattern = Pattern { patterns: vec![".".into()], ..Pattern::default() };
    let query = Query { pattern, ..Query::default() };
    let mut slow = daemon.client();
    slow.call("load", json!({"root": root})).expect("it loads");
    let id = slow.send("rg", rg_params(&root, query));
    let first = slow.reply();
    assert_eq!(first["method"], "output", "{first}");

    for _ in 0..50 {
        let mut client = daemon.client();
        let found = client.text("search", json!({"workspace": root, "pattern": "last"}));
        assert_eq!(found, "z.txt:1:last\n");
    }

    let mut message = first;
    let mut output = Vec::new();
    while message["method"] == "output" {
        output.extend(slow.bytes(message["params"]["bytes"].as_u64().expect("a number")));
        message = slow.reply();
    }
    assert_eq!(message["id"], json!(id));
    assert_eq!(outcome(message).expect("it ends well")["exit"], 0);
    assert!(output.len() > 50 << 20, "{} bytes", output.len());
    let lines = output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let whole =
        |found: &[u8]| found.ends_with(line.trim_end().as_bytes()) || found.ends_with(b"last");
    assert!(lines.clone().all(whole), "a line is torn");
    assert_eq!(lines.count(), 25 * ((2 << 20) / line.len()) + 1);
}

#[test]
fn crowds_of_clients_that_do_not_read_leave_room_for_one_that_does() {
    let home = Home::new();
    let root = home.path("large");
    let line = "a needle in every line of a large answer\n";
    for number in 0..4 {
        write(&root.join(format!("{number}.txt")), line.repeat((128 << 10) / line.len()));
    }
    write(&root.join("z.txt"), "last\n");
    let daemon = home.serve(&["--no-http"]);
    daemon.client().call("load", json!({"root": root})).expect("it loads");
    let pattern = Pattern { patterns: vec![".".into()], ..Pattern::default() };
    let params = rg_params(&root, Query { pattern, ..Query::default() });
    let mut crowd: Vec<Client> = (0..6).map(|_| daemon.client()).collect();
    for client in &mut crowd {
        // As many as one connection may have under way.
        for _ in 0..64 {
            client.send("rg", params.clone());
        }
    }
    await_idleness(&daemon);
    let mut client = daemon.client();
    let found = client.text("search", json!({"workspace": root, "pattern": "last"}));
    assert_eq!(found, "z.txt:1:last\n");
}

#[test]
fn one_connection_too_many_is_told_so_and_may_come_back() {
    // This process needs as many descriptors as the daemon.
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).expect("up to the hard limit");
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle\n")]);
    // What a login shell usually allows; the daemon has to help itself.
    let mut command = std::process::Command::new("bash");
    let script =
        format!("ulimit -Sn 1024; exec {} serve --no-http", env!("CARGO_BIN_EXE_coderoom"));
    command.args(["-c", &script]);
    home.settle(&mut command);
    let daemon = home.start(command);
    // What `start` connected to see whether anybody listens must be gone.
    let mut before = usize::MAX;
    wait_until("the first connection to be forgotten", || {
        thread::sleep(Duration::from_millis(200));
        before == std::mem::replace(&mut before, sockets(&daemon))
    });

    let mut crowd: Vec<Client> = (0..1024).map(|_| daemon.client()).collect();
    let params = json!({"workspace": root, "pattern": "needle"});
    for client in &mut crowd {
        assert_eq!(client.text("search", params.clone()), "a.txt:1:needle\n");
    }
    for _ in 0..20 {
        let mut late = daemon.client();
        let refusal = outcome(late.reply()).expect_err("there is no room");
        assert_eq!(refusal.code, "busy");
        assert!(late.next_reply().is_none(), "then the connection ends");
    }
    crowd.truncate(1023);
    let mut found = String::new();
    wait_until("room", || {
        let mut late = daemon.client();
        let _ = late.try_send_raw(request(&json!("late"), "search", params.clone()).as_bytes());
        let reply = late.next_reply().unwrap_or_default();
        found = reply["result"]["text"].as_str().unwrap_or_default().to_owned();
        !found.is_empty()
    });
    assert_eq!(found, "a.txt:1:needle\n");
}

/// Sockets that the daemon has open.
fn sockets(daemon: &Daemon) -> usize {
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).expect("it is alive");
    let targets = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}
