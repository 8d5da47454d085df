//! `kill -9` of a daemon under a load of edits: nothing that was acknowledged is missing, nothing is
//! half applied. `CODEROOM_KILLS` says how often (CI: a few; the promise was tried with 1,000).

use std::{
    collections::BTreeMap,
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Client, Fixture};

/// Files of one batch: all of them have the same number, or the batch is half applied.
const FILES: usize = 3;
const AGENTS: usize = 4;
/// After so many kills the sessions are opened anew.
const FRESH: u32 = 25;

/// Edits as fast as answers come; says which number was acknowledged last.
fn agent(socket: &std::path::Path, root: &str, session: &str, first: u64) -> u64 {
    let mut acknowledged = first;
    let Ok(mut client) = Client::try_connect(socket) else { return acknowledged };
    loop {
        let number = acknowledged + 1;
        let edit = |file: usize| json!({"kind": "write", "path": format!("{session}/f{file}.txt"), "content": format!("{number}\n")});
        let edits: Vec<_> = (0..FILES).map(edit).collect();
        let params = json!({"workspace": root, "session": session, "edits": edits});
        match client.try_call("apply_batch", params) {
            Some(reply) => {
                assert!(reply.get("error").is_none(), "{reply}");
                acknowledged = number;
            }
            None => return acknowledged,
        }
    }
}

#[test]
fn nothing_acknowledged_is_missing_and_nothing_is_half_there() {
    let kills: u32 =
        std::env::var("CODEROOM_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(6);
    let mut fixture = Fixture::new(&[("a.txt", "one\n")]);
    let root = fixture.root.display().to_string();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for n in 0..AGENTS {
        fixture.open(&format!("agent{n}"));
        last.insert(format!("agent{n}"), 0);
    }
    let begun = Instant::now();
    let mut edits = 0;
    for round in 0..kills {
        let (done, results) = mpsc::channel();
        for (session, first) in &last {
            let (socket, root) = (fixture.home.socket(), root.clone());
            let (session, first, done) = (session.clone(), *first, done.clone());
            std::thread::spawn(move || {
                let acknowledged = agent(&socket, &root, &session, first);
                let _ = done.send((session, acknowledged));
            });
        }
        drop(done);
        // Not the same moment each time: anywhere within the first edits or later.
        std::thread::sleep(Duration::from_micros(u64::from(round * 7919 % 60) * 500));
        fixture.kill();
        let acknowledged: BTreeMap<String, u64> = results.into_iter().collect();
        fixture.start();
        for (session, acknowledged) in acknowledged {
            let mut numbers = Vec::new();
            for file in 0..FILES {
                let path = format!("{session}/f{file}.txt");
                let params = json!({"workspace": root, "session": session, "plain": true, "files": [{"path": path}]});
                let text = match fixture.client.call("view", params) {
                    Ok(reply) => reply["text"].as_str().unwrap_or_default().trim().to_owned(),
                    Err(_) => String::from("0"),
                };
                numbers.push(text.parse::<u64>().expect("a number"));
            }
            let all_equal = numbers.windows(2).all(|pair| pair[0] == pair[1]);
            assert!(all_equal, "a batch is half applied: {numbers:?} in round {round}");
            assert!(
                numbers[0] >= acknowledged,
                "{acknowledged} was acknowledged, {numbers:?} is there"
            );
            assert!(numbers[0] <= acknowledged + 1, "nobody asked for {numbers:?}");
            last.insert(session, numbers[0]);
        }
        if round % FRESH == FRESH - 1 {
            // Logs that grow without end would make this a test of long logs.
            for (session, number) in &mut last {
                let at = json!({"workspace": root, "session": session, "discard": true});
                fixture.call("session_close", at);
                fixture.open(session);
                edits += std::mem::take(number);
            }
        }
    }
    edits += last.values().sum::<u64>();
    assert!(edits > 0, "the load never got to edit anything");
    eprintln!("{kills} kills, {edits} batches of {FILES} files, {:?}", begun.elapsed());
}
