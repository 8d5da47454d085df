//! MCP end to end: the built program over stdio and over HTTP, on a workspace of its own.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// A workspace and a daemon that nobody else uses; the daemon ends with it.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Home {
        let dir = tempfile::tempdir().unwrap();
        for name in ["run", "cache", "project/src"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let home = Home { dir };
        home.write("src/main.rs", "fn main() {\n    greet();\n}\n");
        home.write("src/greet.rs", "pub fn greet() {}\n");
        home
    }

    fn project(&self) -> String {
        self.dir.path().join("project").canonicalize().unwrap().display().to_string()
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.dir.path().join("project").join(path), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coderoom"));
        command
            .args(arguments)
            .env("XDG_RUNTIME_DIR", self.dir.path().join("run"))
            .env("XDG_CACHE_HOME", self.dir.path().join("cache"))
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env_remove("CODEROOM_SOCKET")
            .current_dir(self.dir.path().join("project"));
        command
    }

    fn stop(&self) {
        self.command(&["stop"]).stdout(Stdio::null()).status().unwrap();
    }

    fn stdio(&self) -> Agent {
        self.stdio_with(&["mcp"])
    }

    fn stdio_with(&self, arguments: &[&str]) -> Agent {
        let mut child =
            self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let writer = child.stdin.take();
        let reader = BufReader::new(child.stdout.take().unwrap());
        Agent { child, writer, reader, next_id: 0 }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `coderoom mcp` and its pipes.
struct Agent {
    child: Child,
    writer: Option<ChildStdin>,
    reader: BufReader<ChildStdout>,
    next_id: u64,
}

impl Agent {
    fn write(&mut self, text: &str) {
        self.writer.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.write(&format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        ));
        id
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.write(&format!("{}\n", json!({"jsonrpc": "2.0", "method": method, "params": params})));
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|err| panic!("{err}: {line:?}"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        let reply = self.read();
        assert_eq!(reply["id"], id, "{reply}");
        reply
    }

    fn initialize(&mut self) -> Value {
        let reply = self.ask("initialize", initialize_params());
        self.notify("notifications/initialized", json!({}));
        reply
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))["result"].take()
    }

    /// Ends the input; the program must end by itself, cleanly.
    fn finish(mut self) -> String {
        drop(self.writer.take());
        let mut rest = String::new();
        self.reader.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

fn initialize_params() -> Value {
    json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    })
}

/// What each request of the newest revision carries instead of a handshake.
fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

/// A client that wants few tools is offered few, and the others are not to be called.
#[test]
fn tools_are_offered_by_groups_and_names() {
    let home = Home::new();
    let mut agent = home.stdio_with(&["mcp", "--tools", "search,impact"]);
    agent.initialize();
    let tools = agent.ask("tools/list", json!({}))["result"]["tools"].take();
    let names: Vec<&str> =
        tools.as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["search", "glob", "view", "impact", "status"]);
    let call = json!({"name": "seek", "arguments": {"question": "greet"}});
    assert!(agent.ask("tools/call", call)["error"].is_object());
    let output = home.command(&["mcp", "--tools", "colours"]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("groups of tools: search, code, graph, edit"), "{said}");
}

/// Every tool, in the order in which agents see them.
const TOOLS: &[&str] = &[
    "search",
    "glob",
    "view",
    "symbols",
    "outline",
    "definition",
    "references",
    "hover",
    "callers",
    "callees",
    "implementations",
    "supertypes",
    "dependencies",
    "dependents",
    "unused",
    "seek",
    "impact",
    "why",
    "trace",
    "activate",
    "learn",
    "resonate",
    "surgical_context_v2",
    "predict",
    "missing",
    "ghost_edges",
    "layers",
    "counterfactual",
    "hypothesize",
    "duplicates",
    "differential",
    "document_resolve",
    "document_bindings",
    "document_drift",
    "document_note",
    "trail_save",
    "trail_resume",
    "trail_list",
    "trail_merge",
    "trail_delete",
    "edit_file",
    "edit_symbol",
    "rename_symbol",
    "rewrite",
    "write_file",
    "apply_batch",
    "apply_patch",
    "undo",
    "redo",
    "rollback",
    "history",
    "diff",
    "session_open",
    "session_list",
    "session_close",
    "sync",
    "rebase",
    "merge",
    "replay",
    "resolve",
    "commit_review",
    "validate",
    "blame",
    "run",
    "status",
];

#[test]
fn an_agent_finds_lists_and_reads_over_stdio() {
    let home = Home::new();
    let mut agent = home.stdio();
    let server = agent.initialize();
    assert_eq!(server["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(server["result"]["serverInfo"]["name"], "coderoom");

    let tools = agent.ask("tools/list", json!({}))["result"]["tools"].take();
    let names: Vec<&str> =
        tools.as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, TOOLS);
    let schemas = tools.to_string();
    for unportable in ["$ref", "\"null\"", "oneOf", "\\n"] {
        assert!(!schemas.contains(unportable), "{unportable} in {schemas}");
    }
    assert_eq!(tools[0]["inputSchema"]["required"], json!(["pattern"]));

    // No workspace: the directory that the agent started the server in.
    let found = agent.call("search", json!({"pattern": "greet", "glob": "*.rs", "limit": null}));
    assert_eq!(text(&found), "src/greet.rs:1:pub fn greet() {}\nsrc/main.rs:2:    greet();\n");
    assert_eq!(found.get("structuredContent"), None);
    let listed = agent.call("glob", json!({"workspace": home.project(), "glob": ["**/main.*"]}));
    assert_eq!(text(&listed), "src/main.rs\n");
    let part = json!([{"path": "src/main.rs", "start": 2, "end": 2}]);
    let viewed = agent.call("view", json!({"files": part}));
    assert!(text(&viewed).ends_with("     2\t    greet();\n"), "{viewed}");

    let status = agent.call("status", json!({}));
    assert_eq!(serde_json::from_str::<Value>(text(&status)).unwrap(), status["structuredContent"]);
    assert_eq!(status["structuredContent"]["workspaces"][0]["root"], home.project());
    assert_eq!(agent.finish(), "");
}

#[test]
fn errors_reach_the_model_as_results_and_survive_a_restart() {
    let home = Home::new();
    let mut agent = home.stdio();
    agent.initialize();
    let bad = agent.call("search", json!({"pattern": "("}));
    assert_eq!(bad["isError"], true);
    assert!(text(&bad).starts_with("bad_regex: "), "{bad}");
    let unknown = agent.call("view", json!({"files": [{"path": "main.rs"}]}));
    assert!(text(&unknown).starts_with("unknown_path: "), "{unknown}");
    let extra = agent.call("search", json!({"pattern": "x", "colour": true}));
    assert!(text(&extra).starts_with("bad_parameter: "), "{extra}");
    let reply = agent.ask("tools/call", json!({"name": "unload", "arguments": {}}));
    assert_eq!(reply["error"]["code"], -32602);

    home.stop();
    let found = agent.call("search", json!({"pattern": "fn main"}));
    assert_eq!(text(&found), "src/main.rs:1:fn main() {\n");
    agent.finish();
}

#[test]
fn the_newest_revision_needs_no_handshake() {
    let home = Home::new();
    let mut agent = home.stdio();
    let arguments = json!({"pattern": "fn main"});
    let params = json!({"name": "search", "arguments": arguments, "_meta": meta()});
    let found = agent.ask("tools/call", params)["result"].take();
    assert_eq!(text(&found), "src/main.rs:1:fn main() {\n");
    assert_eq!(found["resultType"], "complete");
    let list = agent.ask("tools/list", json!({"_meta": meta()}));
    assert_eq!(list["result"]["cacheScope"], "public");
    assert!(list["result"]["ttlMs"].as_u64() > Some(0));
    agent.finish();
}

#[test]
fn a_client_that_frames_by_length_is_answered_in_kind() {
    let home = Home::new();
    let mut agent = home.stdio();
    let request =
        json!({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": initialize_params()});
    let body = format!("{request:#}");
    agent.write(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    let mut header = String::new();
    agent.reader.read_line(&mut header).unwrap();
    let length: usize = header.strip_prefix("Content-Length: ").unwrap().trim().parse().unwrap();
    let mut body = vec![0; length + 2];
    agent.reader.read_exact(&mut body).unwrap();
    let reply: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(reply["id"], 7);
    assert_eq!(agent.finish(), "");
}

#[test]
fn a_cancelled_call_ends_in_the_daemon_and_is_not_answered() {
    let home = Home::new();
    // What does not match here has no literal to look for and an automaton too large to build.
    let mut seed = 1_u32;
    let mut letter = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"abcdefgh"[(seed >> 29) as usize] as char
    };
    for number in 0..600 {
        let line = |_| (0..260).map(|_| letter()).chain(['\n']).collect::<String>();
        home.write(&format!("src/{number}.txt"), &(0..200).map(line).collect::<String>());
    }
    let mut agent = home.stdio();
    agent.initialize();
    let daemon = agent.call("status", json!({}))["structuredContent"]["pid"].as_u64().unwrap();
    agent.call("search", json!({"pattern": "fn main"}));

    let pattern = "[a-g].{240}[A-Z]";
    let arguments = json!({"pattern": pattern, "timeout_ms": 600_000});
    let slow = agent.send("tools/call", json!({"name": "search", "arguments": arguments}));
    wait_until(|| busy(daemon));
    // Others are answered meanwhile.
    let found = agent.call("search", json!({"pattern": "fn main"}));
    assert_eq!(text(&found), "src/main.rs:1:fn main() {\n");
    agent.notify("notifications/cancelled", json!({"requestId": slow}));
    wait_until(|| !busy(daemon));
    agent.call("search", json!({"pattern": "fn main"}));
    assert_eq!(agent.finish(), "");
}

/// Whether a process computes.
fn busy(process: u64) -> bool {
    let ticks = || {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
        fields[12].parse::<u64>().unwrap() + fields[13].parse::<u64>().unwrap()
    };
    let before = ticks();
    std::thread::sleep(Duration::from_millis(300));
    ticks() > before + 2
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "it did not come to that");
    }
}

/// Posts a message and gives the status and the body.
fn post(address: &str, headers: &[(&str, &str)], message: &Value) -> (u16, String) {
    let body = message.to_string();
    let mut request = format!(
        "POST /mcp HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_string())
}

/// Asks a server at `address` in every way that must work and every way that must not.
fn check_http(address: &str, token: &str, workspace: &str) {
    let bearer = format!("Bearer {}", token.trim());
    let arguments = json!({"workspace": workspace, "pattern": "fn main"});
    let old = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "search", "arguments": arguments}});
    let mut new = old.clone();
    new["params"]["_meta"] = meta();
    let good = [("Host", address), ("Authorization", &bearer)];
    let newest = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "search"),
    ];
    for (headers, message) in [(good.to_vec(), &old), ([&good[..], &newest[..]].concat(), &new)] {
        let (status, body) = post(address, &headers, message);
        assert_eq!(status, 200, "{body}");
        let reply: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(text(&reply["result"]), "src/main.rs:1:fn main() {\n", "{body}");
    }
    let refused = [
        (401, vec![("Host", address)]),
        (401, vec![("Host", address), ("Authorization", "Bearer 0")]),
        (403, [&good[..], &[("Origin", "http://evil.example")]].concat()),
        (403, vec![("Host", "evil.example"), good[1]]),
    ];
    for (expected, headers) in refused {
        assert_eq!(post(address, &headers, &old).0, expected, "{headers:?}");
    }
}

#[test]
fn the_daemon_speaks_mcp_over_http_to_those_with_the_token() {
    let home = Home::new();
    let mut daemon = home.command(&["serve"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("http://")).unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let token = fs::read_to_string(home.dir.path().join("run/coderoom/http.token")).unwrap();
    check_http(address, &token, &home.project());
    home.stop();
    assert_eq!(lines.last().as_deref(), Some("stopped"));
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn http_in_the_foreground_keeps_to_the_loopback() {
    let home = Home::new();
    let outside = home.command(&["mcp", "--http", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(outside.status.code(), Some(2));

    let mut server =
        home.command(&["mcp", "--http", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let token_file = line.trim().split("token in ").nth(1).unwrap().trim_end_matches(')');
    check_http(address, &fs::read_to_string(token_file).unwrap(), &home.project());
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_client_with_a_progress_token_hears_how_far_a_long_call_is() {
    let home = Home::new();
    let mut agent = home.stdio();
    agent.initialize();
    let open = json!({"name": "session_open", "arguments": {"name": "s"}});
    assert_ne!(agent.ask("tools/call", open)["result"]["isError"], true);
    let arguments = json!({"session": "s", "command": ["sleep", "3.5"]});
    let call = json!({"name": "run", "arguments": arguments, "_meta": {"progressToken": "far"}});
    let id = agent.send("tools/call", call);
    let mut told = Vec::new();
    let reply = loop {
        let message = agent.read();
        if message["method"] != "notifications/progress" {
            break message;
        }
        told.push(message["params"].clone());
    };
    assert_eq!(reply["id"], id, "{reply}");
    assert!(!told.is_empty(), "a run of some seconds tells of itself");
    assert!(told.iter().all(|report| report["progressToken"] == "far"), "{told:?}");
    let says = |report: &Value| report["message"].as_str().unwrap().starts_with("running sleep");
    assert!(told.iter().any(says), "what the daemon is doing comes through: {told:?}");
    let grows = |pair: &[Value]| pair[0]["progress"].as_f64() < pair[1]["progress"].as_f64();
    assert!(told.windows(2).all(grows), "{told:?}");
}
