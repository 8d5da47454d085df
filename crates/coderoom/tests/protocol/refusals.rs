//! Requests that cannot be answered: each gets a stable code and words that say what to do, and the
//! connection goes on (unless what came was no line at all).

use std::{os::unix::fs::symlink, path::PathBuf};

use coderoom_engine::{Pattern, Query};
use serde_json::{Value, json};

use crate::common::{Client, Daemon, Home, outcome, request, write};

struct Stage {
    _home: Home,
    daemon: Daemon,
    root: PathBuf,
}

impl Stage {
    /// A tree with a binary file, one over the limit and links that lead out.
    fn new() -> Stage {
        let home = Home::new();
        let files = [("src/main.rs", "fn main() {}\n// needle\n"), ("deep/Other.rs", "1\n2\n3\n")];
        let root = home.tree("tree", &files);
        write(&root.join("binary.dat"), b"needle\0needle\n");
        write(&root.join("large.txt"), "needle in a large file\n".repeat(5000));
        write(&home.path("outside.txt"), "needle outside\n");
        symlink(home.path("outside.txt"), root.join("link.txt")).expect("a link");
        symlink(home.path("home"), root.join("link-dir")).expect("a link");
        let daemon = home.serve(&["--no-http", "--max-file-size", "50000"]);
        Stage { _home: home, daemon, root }
    }

    fn search(&self, extra: Value) -> Value {
        let mut params = json!({"workspace": self.root, "pattern": "needle"});
        let extra = extra.as_object().expect("an object").clone();
        params.as_object_mut().expect("an object").extend(extra);
        params
    }

    fn view(&self, file: Value) -> Value {
        json!({"workspace": self.root, "files": [file]})
    }
}

/// Asserts that a call is refused with this code and with all of these words.
#[track_caller]
fn refused(client: &mut Client, method: &str, params: Value, code: &str, words: &[&str]) {
    let refusal = client.refusal(method, params.clone());
    assert_eq!(refusal.code, code, "{method} {params}: {}", refusal.message);
    for word in words {
        assert!(refusal.message.contains(word), "no `{word}` in: {}", refusal.message);
    }
}

#[test]
fn an_unknown_name_gets_the_list_of_those_that_exist() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    refused(client, "serch", Value::Null, "unknown_operation", &["`serch`", "search", "view"]);
    let typo = stage.search(json!({"patern": "x"}));
    refused(client, "search", typo, "bad_parameter", &["`patern`", "`pattern`", "`glob`"]);
    let wrong = stage.search(json!({"limit": "ten"}));
    refused(client, "search", wrong, "bad_parameter", &["search", "ten"]);
    let wrong = stage.search(json!({"output": "lines"}));
    refused(client, "search", wrong, "bad_parameter", &["`lines`", "`content`", "`count`"]);
    refused(client, "search", json!("text"), "bad_parameter", &["`search`"]);
    refused(client, "view", json!({"workspace": stage.root}), "bad_parameter", &["`files`"]);
    refused(client, "rg", json!({"load": 7}), "bad_parameter", &["rg"]);
    refused(client, "status", json!({"x": 1}), "bad_parameter", &["`x`"]);
}

#[test]
fn a_bad_pattern_glob_or_type_is_named() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    refused(client, "search", stage.search(json!({"pattern": "a(b"})), "bad_regex", &["a(b"]);
    refused(client, "search", stage.search(json!({"pattern": ""})), "bad_parameter", &["glob"]);
    refused(client, "search", stage.search(json!({"pattern": "(?=x)"})), "bad_regex", &["look"]);
    let huge = json!({"pattern": r"(?:\pL{1000}){1000}"});
    refused(client, "search", stage.search(huge), "bad_regex", &["size"]);
    refused(client, "search", stage.search(json!({"glob": ["{a"]})), "bad_glob", &["{a"]);
    refused(client, "search", stage.search(json!({"type": ["rustt"]})), "bad_type", &["rustt"]);
    let glob = json!({"workspace": stage.root, "glob": ["[z-a]"]});
    refused(client, "glob", glob, "bad_glob", &["z-a"]);
}

#[test]
fn nothing_leads_out_of_the_workspace() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    let climbing = format!("{}/../outside.txt", stage.root.display());
    for path in ["../outside.txt", "src/../../outside.txt", "/etc/passwd", "/", &climbing, "a\0b"] {
        let search = stage.search(json!({"paths": [path]}));
        refused(client, "search", search, "outside_workspace", &["not a path inside"]);
        let view = stage.view(json!({"path": path}));
        refused(client, "view", view, "outside_workspace", &["not a path inside"]);
    }
    // Links that lead out are neither read nor searched.
    for path in ["link.txt", "link-dir", "link-dir/x"] {
        refused(client, "view", stage.view(json!({"path": path})), "unknown_path", &[path]);
        let search = stage.search(json!({"paths": [path]}));
        refused(client, "search", search, "unknown_path", &[path]);
    }
    let text = client.text("search", stage.search(json!({})));
    assert!(!text.contains("outside"), "{text}");
}

#[test]
fn an_unknown_path_gets_those_that_are_spelled_nearly_so() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    let view = |path: &str| stage.view(json!({"path": path}));
    refused(client, "view", view("main.rs"), "unknown_path", &["src/main.rs"]);
    refused(client, "view", view("other.rs"), "unknown_path", &["deep/Other.rs"]);
    refused(client, "view", view("none.rs"), "unknown_path", &["none.rs", "glob"]);
    refused(client, "view", view("src"), "unknown_path", &["directory"]);
    refused(client, "view", view("src/main.rs/x"), "unknown_path", &["src/main.rs/x"]);
    let search = stage.search(json!({"paths": ["nowhere"]}));
    refused(client, "search", search, "unknown_path", &["nowhere"]);

    let nowhere = stage.root.join("no such directory");
    let search = json!({"workspace": nowhere, "pattern": "x"});
    refused(client, "search", search, "unknown_workspace", &["no such directory"]);
    let relative = json!({"workspace": "tree", "pattern": "x"});
    refused(client, "search", relative, "bad_parameter", &["absolute"]);
    refused(
        client,
        "load",
        json!({"root": stage.root.join("src/main.rs")}),
        "unknown_workspace",
        &["not a directory"],
    );
    refused(
        client,
        "search",
        json!({"workspace": "/", "pattern": "x"}),
        "unknown_workspace",
        &["project"],
    );
}

#[test]
fn a_workspace_may_be_left_out_only_while_it_is_clear_which_one() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    let bare = json!({"pattern": "needle"});
    refused(client, "search", bare.clone(), "unknown_workspace", &["`workspace`"]);
    client.call("load", json!({"root": stage.root})).expect("it loads");
    assert!(client.text("search", bare.clone()).contains("src/main.rs"));
    let second = stage._home.tree("second", &[("a.txt", "needle\n")]);
    client.call("load", json!({"root": second})).expect("it loads");
    refused(client, "search", bare, "unknown_workspace", &["tree", "second"]);
    refused(client, "unload", json!({"workspace": "/etc"}), "not_resident", &["/etc"]);
}

#[test]
fn what_is_not_held_is_told_not_left_out_in_silence() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    let view = |path: &str| stage.view(json!({"path": path}));
    refused(client, "view", view("binary.dat"), "not_held", &["binary"]);
    refused(client, "view", view("large.txt"), "not_held", &["size limit"]);
    let reply = client.call("search", stage.search(json!({}))).expect("an answer");
    assert!(reply["notes"].to_string().contains("large.txt"), "{reply}");
    // The shim must not be answered: ripgrep would look into that file.
    let pattern = Pattern { patterns: vec!["needle".into()], ..Pattern::default() };
    let query = Query { pattern, ..Query::default() };
    assert_eq!(client.rg(&stage.root, query).expect_err("it is left out").code, "not_held");
}

#[test]
fn ranges_of_lines_are_checked() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    let view = |start: u64, end: Option<u64>| {
        stage.view(json!({"path": "deep/Other.rs", "start": start, "end": end}))
    };
    refused(client, "view", view(4, None), "bad_parameter", &["3 lines"]);
    refused(client, "view", view(3, Some(2)), "bad_parameter", &["before"]);
    refused(client, "view", view(u64::MAX, None), "bad_parameter", &["3 lines"]);
    refused(
        client,
        "view",
        stage.view(json!({"path": "a", "start": -1})),
        "bad_parameter",
        &["-1"],
    );
    let numbered = "     1\t1\n     2\t2\n     3\t3\n";
    assert_eq!(client.text("view", view(0, None)), numbered);
    assert_eq!(client.text("view", view(1, Some(u64::MAX))), numbered);
    let last = "==> deep/Other.rs (lines 3-3 of 3) <==\n     3\t3\n";
    assert_eq!(client.text("view", view(3, Some(99))), last);
}

#[test]
fn what_is_no_request_is_refused_with_its_id() {
    let stage = Stage::new();
    let client = &mut stage.daemon.client();
    for (line, id) in [
        ("garbage", Value::Null),
        ("\u{0}\u{1}", Value::Null),
        ("{}", Value::Null),
        ("7", Value::Null),
        ("{\"jsonrpc\":\"2.0\",\"id\":5}", json!(5)),
        ("{\"jsonrpc\":\"1.0\",\"id\":6,\"method\":\"status\"}", json!(6)),
        ("{\"id\":7,\"method\":\"status\"}", json!(7)),
        ("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":9}", json!(8)),
        ("[{\"jsonrpc\":\"2.0\",\"id\":9,", Value::Null),
    ] {
        client.send_raw(format!("{line}\n").as_bytes());
        let reply = client.reply();
        assert_eq!(reply["id"], id, "{line}");
        assert_eq!(reply["error"]["code"], json!(-32700), "{line}: {reply}");
    }
    client.send_raw(b"\xff\xfe not UTF-8\n");
    assert_eq!(client.reply()["error"]["code"], json!(-32700));
    let deep = "[".repeat(100_000) + "\n";
    client.send_raw(deep.as_bytes());
    assert_eq!(client.reply()["error"]["code"], json!(-32700));
    client.call("status", Value::Null).expect("the connection goes on");
}

#[test]
fn half_a_line_at_the_end_is_an_error_not_a_request() {
    let stage = Stage::new();
    let mut client = stage.daemon.client();
    let whole = request(&json!(1), "status", Value::Null);
    client.send_raw(&whole.as_bytes()[..whole.len() - 1]);
    client.end_sending();
    let refusal = outcome(client.reply()).expect_err("it has no end");
    assert_eq!(refusal.code, "parse_error");
    assert!(refusal.message.contains("cut off"), "{}", refusal.message);
    assert!(client.next_reply().is_none(), "then the connection ends");
}

#[test]
fn a_line_over_the_limit_ends_its_connection_only() {
    let stage = Stage::new();
    let mut other = stage.daemon.client();
    // Just below the limit it is a request like any other.
    let pattern = "x".repeat((16 << 20) - 1000);
    let fits = request(&json!(1), "nonsense", json!({"pattern": pattern}));
    assert!(fits.len() < 16 << 20);
    let mut client = stage.daemon.client();
    client.send_raw(fits.as_bytes());
    assert_eq!(outcome(client.reply()).expect_err("nonsense").code, "unknown_operation");

    let over = format!("{{\"x\":\"{}", "y".repeat(17 << 20));
    // The daemon may close before it has everything.
    let _ = client.try_send_raw(over.as_bytes());
    let refusal = outcome(client.reply()).expect_err("it is too large");
    assert_eq!(refusal.code, "too_large");
    assert!(refusal.message.contains("16777216"), "{}", refusal.message);
    assert!(client.next_reply().is_none(), "then the connection ends");
    other.call("status", Value::Null).expect("the other one goes on");
}
