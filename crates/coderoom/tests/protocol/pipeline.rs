//! Framing: however requests are cut into writes, each gets one reply with its own id.

use std::{collections::BTreeSet, thread, time::Duration};

use serde_json::{Value, json};

use crate::common::{Client, Home, TEDIOUS, outcome, request, tedious_tree};

/// A home with a small tree.
fn stage() -> (Home, String) {
    let home = Home::new();
    let root = home.tree("tree", &[("a.txt", "needle one\n"), ("b/c.txt", "needle two\nhay\n")]);
    let root = root.display().to_string();
    (home, root)
}

fn search(root: &str, pattern: &str) -> Value {
    json!({"workspace": root, "pattern": pattern})
}

/// Reads `count` replies and gives their ids.
fn ids(client: &mut Client, count: usize) -> BTreeSet<u64> {
    (0..count)
        .map(|_| {
            let reply = client.reply();
            let id = reply["id"].as_u64().expect("an id of ours");
            let text = outcome(reply).expect("a result")["text"].as_str().map(str::to_owned);
            let found = format!("needle {}", if id.is_multiple_of(2) { "one" } else { "two" });
            assert!(text.as_deref().is_some_and(|text| text.contains(&found)), "{id}: {text:?}");
            id
        })
        .collect()
}

fn numbered(root: &str, id: u64) -> String {
    request(&json!(id), "search", search(root, if id.is_multiple_of(2) { "one" } else { "two" }))
}

#[test]
fn twenty_requests_in_one_write_get_twenty_replies() {
    let (home, root) = stage();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let all: String = (0..20).map(|id| numbered(&root, id)).collect();
    client.send_raw(all.as_bytes());
    assert_eq!(ids(&mut client, 20), (0..20).collect());
}

#[test]
fn more_requests_than_may_be_under_way_are_all_answered() {
    let (home, root) = stage();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let all: String = (0..500).map(|id| numbered(&root, id)).collect();
    client.send_raw(all.as_bytes());
    assert_eq!(ids(&mut client, 500), (0..500).collect());
}

#[test]
fn a_request_may_come_in_pieces_and_end_with_the_next_ones_beginning() {
    let (home, root) = stage();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let both = numbered(&root, 1) + &numbered(&root, 2);
    for piece in both.as_bytes().chunks(both.len() / 7) {
        client.send_raw(piece);
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(ids(&mut client, 2), BTreeSet::from([1, 2]));
    // Blank lines and a carriage return are no requests.
    client.send_raw(b"\n\r\n");
    client.send_raw(numbered(&root, 4).replace('\n', "\r\n").as_bytes());
    assert_eq!(ids(&mut client, 1), BTreeSet::from([4]));
}

#[test]
fn a_batch_is_answered_request_by_request() {
    let (home, root) = stage();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let both = [numbered(&root, 1), numbered(&root, 2)];
    let batch = format!("[{},{}]\n", both[0].trim(), both[1].trim());
    client.send_raw(batch.as_bytes());
    assert_eq!(ids(&mut client, 2), BTreeSet::from([1, 2]));

    client.send_raw(b"[]\n");
    assert_eq!(outcome(client.reply()).expect_err("an empty batch").code, "parse_error");
    client.send_raw(b"[7]\n");
    assert_eq!(outcome(client.reply()).expect_err("not a request").code, "parse_error");
    client.send_raw(numbered(&root, 3).as_bytes());
    assert_eq!(ids(&mut client, 1), BTreeSet::from([3]));
}

#[test]
fn a_notification_gets_no_reply() {
    let (home, root) = stage();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    for method in ["search", "nonsense", "cancel", "$/cancelRequest", "stop"] {
        let line = json!({"jsonrpc": "2.0", "method": method, "params": {"id": "none"}});
        client.send_raw(format!("{line}\n").as_bytes());
    }
    client.send_raw(numbered(&root, 6).as_bytes());
    assert_eq!(ids(&mut client, 1), BTreeSet::from([6]), "the first reply is to the first request");
}

#[test]
fn ids_come_back_as_they_were_given() {
    let (home, _) = stage();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    for id in [json!("a \"quoted\" one\n"), json!(-1), json!(u64::MAX), json!(1.5), json!("")] {
        client.send_raw(request(&id, "status", Value::Null).as_bytes());
        assert_eq!(client.reply()["id"], id);
    }
}

#[test]
fn a_cancelled_search_says_so_while_others_go_on() {
    let home = Home::new();
    let root = tedious_tree(&home).display().to_string();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    client.call("load", json!({"root": root})).expect("it loads");
    let params = json!({"workspace": root, "pattern": TEDIOUS, "timeout_ms": 3_000_000});
    for method in ["cancel", "$/cancelRequest"] {
        let id = client.send("search", params.clone());
        // While it runs, the same connection is served.
        let status = client.send("status", Value::Null);
        assert_eq!(client.reply()["id"], json!(status));
        thread::sleep(Duration::from_millis(100));
        let line = json!({"jsonrpc": "2.0", "method": method, "params": {"id": id}});
        client.send_raw(format!("{line}\n").as_bytes());
        let reply = client.reply();
        assert_eq!(reply["id"], json!(id));
        assert_eq!(outcome(reply).expect_err("it was cancelled").code, "cancelled");
    }
    // A search that is done, and one that never was, cannot be cancelled; nobody minds.
    let line = json!({"jsonrpc": "2.0", "method": "cancel", "params": {"id": 1}});
    client.send_raw(format!("{line}\n").as_bytes());
    client.call("status", Value::Null).expect("it goes on");
}

#[test]
fn a_search_that_runs_out_of_time_says_what_to_do() {
    let home = Home::new();
    let root = tedious_tree(&home).display().to_string();
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    client.call("load", json!({"root": root})).expect("it loads");
    let params = json!({"workspace": root, "pattern": TEDIOUS, "timeout_ms": 1});
    let refused = client.refusal("search", params);
    assert_eq!(refused.code, "timeout");
    assert!(refused.message.contains("timeout_ms"), "{}", refused.message);
}
