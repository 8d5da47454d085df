//! Questions about code, over the socket, the command line and MCP, on a small workspace in which
//! everything is known.

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod current;
mod questions;

use std::path::PathBuf;

use common::{Client, Daemon, Home, wait_until};
use serde_json::{Value, json};

/// A workspace with a daemon.
struct Stage {
    home: Home,
    daemon: Daemon,
    root: PathBuf,
}

const FILES: &[(&str, &str)] = &[
    ("shop/__init__.py", "from .models import Order\n"),
    (
        "shop/models.py",
        "\"\"\"What is sold.\"\"\"\n\
         import json\n\
         \n\
         \n\
         class Base:\n    \
             \"\"\"A thing with a price.\n\
         \n    \
             Prices are in cents.\n    \
             \"\"\"\n\
         \n    \
             def total(self):\n        \
                 return 0\n\
         \n    \
             def save(self):\n        \
                 json.dumps(self.total())\n\
         \n\
         \n\
         class Order(Base):\n    \
             def total(self):\n        \
                 return price(1)\n\
         \n\
         \n\
         def price(count):\n    \
             return count * 3\n\
         \n\
         \n\
         def forgotten():\n    \
             pass\n",
    ),
    (
        "shop/views.py",
        "from shop import Order\n\
         from shop.models import price as cost\n\
         from . import models\n\
         \n\
         \n\
         def show(order: Order, anything):\n    \
             order.save()\n    \
             anything.save()\n    \
             return cost(2) + models.price(3)\n\
         \n\
         \n\
         def checkout():\n    \
             show(Order(), None)\n",
    ),
    ("shop/broken.py", "def fine():\n    pass\n\ndef broken(:\n    pass\n"),
    (
        "shop/vague.py",
        "class Engine:\n    \
             def run(self):\n        \
                 pass\n\
         \n\
         \n\
         class Contest:\n    \
             def run(self):\n        \
                 pass\n\
         \n\
         \n\
         def vague(anything):\n    \
             anything.run()\n",
    ),
    ("notes.txt", "price list\n"),
];

impl Stage {
    fn new() -> Stage {
        let home = Home::new();
        let root = home.tree("project", FILES);
        std::fs::create_dir(root.join(".git")).expect("a directory");
        let daemon = home.serve(&[&root.display().to_string(), "--no-http"]);
        let stage = Stage { home, daemon, root };
        stage.await_index();
        stage
    }

    /// Waits for the index of code: an answer without it has a note that says so.
    fn await_index(&self) {
        let mut client = self.client();
        client.call("symbols", self.params(json!({"name": "price"}))).expect("an answer");
        wait_until("the index of code", || {
            let status = client.call("status", json!({})).expect("a status");
            status["workspaces"][0]["code"]["state"] == "ready"
        });
    }

    fn client(&self) -> Client {
        self.daemon.client()
    }

    /// The parameters with the workspace.
    fn params(&self, mut params: Value) -> Value {
        params["workspace"] = json!(self.root);
        params
    }

    /// The answer as a model reads it.
    #[track_caller]
    fn text(&self, operation: &str, params: Value) -> String {
        let params = json!({"operation": operation, "params": self.params(params)});
        self.client().text("call", params)
    }

    /// The message of the error that a question must end in.
    #[track_caller]
    fn refusal(&self, operation: &str, params: Value) -> String {
        let refused = self.client().refusal(operation, self.params(params));
        format!("{}: {}", refused.code, refused.message)
    }

    /// What the command line prints, run in the workspace.
    fn cli(&self, args: &[&str]) -> (String, Option<i32>) {
        let output =
            self.home.coderoom(args).current_dir(&self.root).output().expect("the program runs");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    }

    /// The array that `--json` prints.
    #[track_caller]
    fn array(&self, args: &[&str]) -> Vec<Value> {
        let (text, _) = self.cli(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|err| panic!("{err}: {text}"))
    }
}

/// `path:line:column role certainty` of each entry.
fn places(entries: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries
        .iter()
        .map(|it| {
            let (role, certainty) = (word(&it["role"]), word(&it["certainty"]));
            format!("{}:{}:{} {role} {certainty}", word(&it["path"]), it["line"], it["column"])
        })
        .collect()
}
