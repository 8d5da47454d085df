//! Killed without warning while it loads, while it writes its cache, and while it puts one
//! workspace away for another: the next daemon's answers are right every time.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    assert_true,
    common::{Client, Daemon, Home, let_age, wait_until, write},
};

/// How often a daemon is killed in each phase.
fn rounds() -> u64 {
    std::env::var("CODEROOM_KILL_ROUNDS")
        .map_or(5, |text| text.parse().expect("CODEROOM_KILL_ROUNDS is a number"))
}

fn forest(home: &Home, name: &str) -> PathBuf {
    let root = home.path(name);
    for number in 0..300 {
        edit(&root, number, 0);
    }
    let_age();
    root
}

fn edit(root: &Path, number: u64, round: u64) {
    let line = format!("round {round} of file {number}\n");
    let path = root.join(format!("dir{}/file{number}.txt", number % 17));
    write(&path, line.repeat(20 + number as usize % 50));
}

/// Changes some of the files, so that each round has something new to load and to write.
fn change(root: &Path, round: u64) {
    for number in 0..20 {
        edit(root, (round * 37 + number * 13) % 300, round);
    }
}

/// A delay within `span`, spread evenly over the rounds and a little off each time.
fn delay(span: Duration, round: u64) -> Duration {
    let part = (round * 7 + 3) % 11;
    span * (part as u32) / 10 + Duration::from_micros(round * 173 % 1000)
}

/// How many files of `root` came from its cache.
fn recalled(daemon: &Daemon, root: &Path) -> u64 {
    let reply = daemon.client().call("load", json!({"root": root})).expect("it loads");
    reply["recalled_files"].as_u64().expect("a number")
}

#[test]
fn killed_while_loading() {
    let home = Home::new();
    let root = forest(&home, "forest");
    let (mut span, mut from_cache) = (Duration::ZERO, 0);
    for round in 0..=rounds() {
        change(&root, round);
        let started = Instant::now();
        let mut daemon = home
            .coderoom(&["serve", "--no-http"])
            .arg(&root)
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        if round > 0 {
            thread::sleep(delay(span, round));
        }
        if round == 0 {
            // The first one is left to finish, to know how long it takes.
            wait_until("the load", || {
                let client = Client::try_connect(&home.socket());
                client.is_ok_and(|mut client| {
                    let status = client.call("status", json!({})).expect("a status");
                    status["workspaces"][0]["root"] == json!(root)
                })
            });
            span = started.elapsed() * 2;
        }
        daemon.kill().expect("it is killed");
        daemon.wait().expect("it ends");
        let daemon = home.serve(&["--no-http"]);
        from_cache += recalled(&daemon, &root);
        assert_true(&mut daemon.client(), &root, &format!("killed while loading, round {round}"));
        // Every other round leaves a cache file.
        if round % 2 == 0 {
            assert_eq!(daemon.terminate().code(), Some(0));
        }
    }
    assert!(from_cache > 0, "no cache was ever used");
}

#[test]
fn killed_while_writing_its_cache() {
    let home = Home::new();
    let root = forest(&home, "forest");
    let (mut span, mut from_cache) = (Duration::ZERO, 0);
    for round in 0..=rounds() {
        let daemon = home.serve(&["--no-http"]);
        let mut client = daemon.client();
        client.call("load", json!({"root": root})).expect("it loads");
        change(&root, round);
        assert_true(&mut client, &root, &format!("before it is killed, round {round}"));
        let begun = Instant::now();
        client.send("unload", json!({"workspace": root}));
        if round == 0 {
            client.reply();
            span = begun.elapsed();
        } else {
            thread::sleep(delay(span, round));
        }
        daemon.kill();
        change(&root, round + 1000);
        let daemon = home.serve(&["--no-http"]);
        from_cache += recalled(&daemon, &root);
        assert_true(&mut daemon.client(), &root, &format!("killed while writing, round {round}"));
    }
    assert!(from_cache > 0, "no cache was ever used");
}

#[test]
fn killed_while_one_workspace_makes_room_for_another() {
    let home = Home::new();
    let (first, second) = (forest(&home, "first"), forest(&home, "second"));
    let arguments = ["--no-http", "--memory-budget", "300000"];
    let (mut span, mut from_cache) = (Duration::ZERO, 0);
    for round in 0..=rounds() {
        let daemon = home.serve(&arguments);
        let mut client = daemon.client();
        client.call("load", json!({"root": first})).expect("it loads");
        change(&first, round);
        change(&second, round);
        assert_true(&mut client, &first, &format!("before it is put away, round {round}"));
        let begun = Instant::now();
        client.send("load", json!({"root": second}));
        if round == 0 {
            client.reply();
            span = begun.elapsed();
        } else {
            thread::sleep(delay(span, round));
        }
        daemon.kill();
        let daemon = home.serve(&arguments);
        for root in [&first, &second] {
            from_cache += recalled(&daemon, root);
            let when = format!("killed while making room, round {round}");
            assert_true(&mut daemon.client(), root, &when);
        }
    }
    assert!(from_cache > 0, "no cache was ever used");
}
