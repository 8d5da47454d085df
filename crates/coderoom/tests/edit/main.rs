//! Edit sessions over the real socket: what is edited is seen, kept, written and refused.

mod confined;
#[cfg(debug_assertions)]
mod crash;
mod disk;
mod edits;
mod full;
mod kill;
mod machine;
mod many;
mod model;
mod odd;
mod refusals;
mod review;
mod run;
mod symbols;

#[path = "../common/mod.rs"]
mod common;

use std::path::Path;

use common::{Client, Daemon, Home};
use serde_json::{Value, json};

/// A daemon with one workspace and a client.
struct Fixture {
    home: Home,
    daemon: Option<Daemon>,
    client: Client,
    root: std::path::PathBuf,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Fixture {
        let home = Home::new();
        let root = home.tree("project", files).canonicalize().expect("it is there");
        let daemon = home.serve(&["--no-http"]);
        let client = Client::connect(&home.socket());
        Fixture { home, daemon: Some(daemon), client, root }
    }

    /// Ends the daemon with SIGKILL.
    fn kill(&mut self) {
        self.daemon.take().expect("a daemon").kill();
    }

    fn start(&mut self) {
        self.daemon = Some(self.home.serve(&["--no-http"]));
        self.client = Client::connect(&self.home.socket());
    }

    fn restart(&mut self) {
        self.kill();
        self.start();
    }

    /// Opens a session.
    #[track_caller]
    fn open(&mut self, name: &str) -> Value {
        self.call("session_open", json!({"workspace": self.root, "name": name, "agent": "tester"}))
    }

    #[track_caller]
    fn call(&mut self, method: &str, params: Value) -> Value {
        match self.client.call(method, params.clone()) {
            Ok(reply) => reply,
            Err(refused) => panic!("`{method}` with {params} is refused: {refused:?}"),
        }
    }

    /// Replaces text in a file of a session.
    #[track_caller]
    fn edit(&mut self, session: &str, path: &str, old: &str, new: &str) -> Value {
        let root = self.root.clone();
        self.call(
            "edit_file",
            json!({"workspace": root, "session": session, "path": path, "old_str": old,
                   "new_str": new, "reason": format!("{old} is {new}")}),
        )
    }

    /// A file as a session has it.
    #[track_caller]
    fn text(&mut self, session: &str, path: &str) -> String {
        let params = json!({"workspace": self.root, "session": session, "plain": true,
                            "files": [{"path": path}]});
        let reply = self.call("view", params);
        reply["text"].as_str().expect("a text").to_owned()
    }

    fn on_disk(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_default()
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn write(root: &Path, path: &str, text: &str) {
    std::fs::write(root.join(path), text).expect("written");
}
