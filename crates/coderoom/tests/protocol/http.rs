//! HTTP on the loopback: who gets in, and the operations as routes.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::common::{Daemon, HANG, Home};

struct Site {
    home: Home,
    _daemon: Daemon,
    address: String,
    token: String,
}

impl Site {
    fn new() -> Site {
        let home = Home::new();
        home.tree("tree", &[("a.txt", "needle one\n")]);
        let daemon = home.serve(&[]);
        let line = daemon.await_words("  http ");
        let (_, rest) = line.split_once("http://").expect("an address");
        let address = rest.split('/').next().expect("a host and a port").to_owned();
        let token = fs::read_to_string(home.path("run/coderoom/http.token")).expect("a token");
        Site { home, _daemon: daemon, address, token: token.trim().to_owned() }
    }

    /// Sends one request with these headers; gives the status and the body.
    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(HANG)).expect("a timeout");
        stream.write_all(text.as_bytes()).expect("the server takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer in text");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        (status.expect("a status"), serde_json::from_str(body).unwrap_or_default())
    }

    fn post(&self, name: &str, body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("Host", &self.address[..]), ("Authorization", &bearer)];
        self.ask(&format!("POST /v1/{name}"), &headers, body)
    }
}

#[test]
fn only_those_with_the_token_get_in() {
    let site = Site::new();
    let host = ("Host", &site.address[..]);
    let (right, other) = (format!("Bearer {}", site.token), format!("Bearer {}x", site.token));
    let short = format!("Bearer {}", &site.token[1..]);
    let basic = format!("Basic {}", site.token);
    for path in ["POST /v1/status", "GET /v1", "POST /mcp", "GET /nowhere"] {
        for wrong in [None, Some(&other[..]), Some(&short[..]), Some("Bearer "), Some(&basic[..])] {
            let mut headers = vec![host];
            headers.extend(wrong.map(|wrong| ("Authorization", wrong)));
            let (status, body) = site.ask(path, &headers, "{}");
            assert_eq!(status, 401, "{path} with {wrong:?}");
            assert!(body["error"]["message"].to_string().contains("Bearer TOKEN"), "{body}");
        }
    }
    let (status, _) = site.ask("POST /v1/status", &[host, ("Authorization", &right)], "{}");
    assert_eq!(status, 200);
}

#[test]
fn no_web_page_gets_in_even_with_the_token() {
    let site = Site::new();
    let bearer = format!("Bearer {}", site.token);
    let port = site.address.rsplit(':').next().expect("a port");
    let ask = |headers: &[(&str, &str)]| {
        let headers = [headers, &[("Authorization", &bearer[..])]].concat();
        site.ask("POST /v1/status", &headers, "{}").0
    };
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""] {
        assert_eq!(ask(&[("Host", host)]), 403, "host `{host}`");
    }
    let right = ("Host", &site.address[..]);
    for origin in ["http://evil.example", "null", "https://127.0.0.1", "file://"] {
        assert_eq!(ask(&[right, ("Origin", origin)]), 403, "origin {origin}");
    }
    let local = format!("localhost:{port}");
    assert_eq!(ask(&[("Host", &local)]), 200);
    assert_eq!(ask(&[right, ("Origin", &format!("http://{local}"))]), 200);
}

#[test]
fn operations_are_routes() {
    let site = Site::new();
    let root = site.home.path("tree");
    let search = json!({"workspace": root, "pattern": "needle"}).to_string();
    let (status, body) = site.post("search", &search);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["text"], "a.txt:1:needle one\n");
    let (status, body) = site.post("status", "");
    assert_eq!((status, &body["workspaces"][0]["root"]), (200, &json!(root)));

    let view = json!({"workspace": root, "files": [{"path": "none"}]}).to_string();
    let (status, body) = site.post("view", &view);
    assert_eq!((status, &body["error"]["code"]), (404, &json!("unknown_path")));
    let (status, body) = site.post("serch", "{}");
    assert_eq!((status, &body["error"]["code"]), (404, &json!("unknown_operation")));
    let (status, body) = site.post("search", "{");
    assert_eq!((status, &body["error"]["code"]), (400, &json!("parse_error")));
    let bad = json!({"workspace": root, "pattern": "("}).to_string();
    let (status, body) = site.post("search", &bad);
    assert_eq!((status, &body["error"]["code"]), (400, &json!("bad_regex")));
}
