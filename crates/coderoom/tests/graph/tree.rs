//! A daemon over a small tree, with a client.
#![allow(dead_code)] // Each topic uses a part.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use super::common::{Client, Daemon, Home};

/// A workspace with a daemon.
pub struct Bed {
    pub home: Home,
    _daemon: Daemon,
    client: Client,
    pub root: PathBuf,
}

impl Bed {
    pub fn new(files: &[(&str, &str)]) -> Bed {
        let home = Home::new();
        let root = home.tree("project", files).canonicalize().expect("it is there");
        let daemon = home.serve(&["--no-http"]);
        let client = Client::connect(&home.socket());
        Bed { home, _daemon: daemon, client, root }
    }

    /// Answers a question about the workspace.
    #[track_caller]
    pub fn ask(&mut self, operation: &str, mut params: Value) -> Value {
        params["workspace"] = json!(self.root);
        match self.client.call(operation, params.clone()) {
            Ok(reply) => reply,
            Err(refused) => panic!("`{operation}` with {params} is refused: {refused:?}"),
        }
    }

    /// The answer as a model reads it.
    #[track_caller]
    pub fn text(&mut self, operation: &str, mut params: Value) -> String {
        params["workspace"] = json!(self.root);
        self.client.text("call", json!({"operation": operation, "params": params}))
    }

    /// The code of the error that a question must end in.
    #[track_caller]
    pub fn refusal(&mut self, operation: &str, mut params: Value) -> String {
        params["workspace"] = json!(self.root);
        self.client.refusal(operation, params).code
    }

    /// Opens a session.
    #[track_caller]
    pub fn open(&mut self, name: &str) {
        self.ask("session_open", json!({"name": name, "agent": "tester"}));
    }

    /// Replaces text in a file of a session.
    #[track_caller]
    pub fn edit(&mut self, session: &str, path: &str, old: &str, new: &str) {
        let params = json!({"session": session, "path": path, "old_str": old, "new_str": new,
                            "reason": format!("{old} is {new}")});
        self.ask("edit_file", params);
    }

    /// Answers a question, whatever workspace it names.
    #[track_caller]
    pub fn call(&mut self, operation: &str, params: Value) -> Value {
        match self.client.call(operation, params.clone()) {
            Ok(reply) => reply,
            Err(refused) => panic!("`{operation}` with {params} is refused: {refused:?}"),
        }
    }

    /// Runs git in the workspace, and gives what it prints.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=T", "-c", "user.email=t@example.org"]).args(args);
        self.home.settle(&mut command);
        let done = command.current_dir(&self.root).output().expect("git runs");
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Commits all there is.
    #[track_caller]
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }
}

/// The words of a list, one for each entry.
pub fn words(list: &Value, field: &str) -> Vec<String> {
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |it: &Value| match it.get(field) {
        Some(word) => word.as_str().unwrap_or_default().to_owned(),
        None => it.as_str().unwrap_or_default().to_owned(),
    };
    entries.iter().map(word).collect()
}
