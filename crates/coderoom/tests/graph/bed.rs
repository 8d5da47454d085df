//! A repository with a daemon.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use super::common::{Client, Daemon, Home, Refused};

const FILES: &[(&str, &str)] = &[
    ("shop/__init__.py", ""),
    (
        "shop/models.py",
        "class Order:\n    \"\"\"An order of a customer.\"\"\"\n\n    def total(self):\n        \
         return price(1)\n\n    def save(self):\n        self.total()\n\n\ndef price(count):\n    \
         return count * 3\n",
    ),
    (
        "shop/views.py",
        "from shop.models import Order\n\n\ndef detail(request):\n    order = Order()\n    \
         order.save()\n    return order\n",
    ),
    ("shop/mail.py", "def greet(address):\n    return address\n"),
    ("shop/post.py", "def deliver(letter):\n    return letter\n"),
    ("shop/ledger.py", "def entries(book):\n    return book\n"),
    (
        "tests/test_models.py",
        "from shop.models import Order\n\n\ndef test_total():\n    Order().total()\n",
    ),
    ("docs/orders.md", "# Orders\n\nAn order has a `Order.total`.\n"),
];

/// A daemon over a small repository.
pub struct Bed {
    pub home: Home,
    pub root: PathBuf,
    daemon: Option<Daemon>,
    client: Client,
}

impl Bed {
    pub fn new() -> Bed {
        let home = Home::new();
        let root = home.tree("project", FILES).canonicalize().expect("it is there");
        for arguments in
            [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-q", "-m", "Begin"]]
        {
            let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
            let status = Command::new("git").args(who).args(arguments).current_dir(&root).status();
            assert!(status.expect("git runs").success(), "git {arguments:?}");
        }
        let daemon = home.serve(&["--no-http"]);
        let client = daemon.client();
        Bed { home, root, daemon: Some(daemon), client }
    }

    /// Ends the daemon without a chance to clean up, does something, and starts another.
    pub fn restart(&mut self, between: impl FnOnce(&Bed)) {
        self.daemon.take().expect("it serves").kill();
        between(self);
        let daemon = self.home.serve(&["--no-http"]);
        self.client = daemon.client();
        self.daemon = Some(daemon);
    }

    /// Ends the daemon.
    pub fn stop(&mut self) {
        self.daemon.take().expect("it serves").kill();
    }

    /// The answer that must come.
    #[track_caller]
    pub fn ask(&mut self, operation: &str, mut params: Value) -> Value {
        params["workspace"] = json!(self.root);
        match self.client.call(operation, params.clone()) {
            Ok(reply) => reply,
            Err(refused) => panic!("`{operation}` with {params} is refused: {refused:?}"),
        }
    }

    pub fn status(&mut self) -> Value {
        self.client.call("status", json!({})).expect("there is a status")
    }

    /// The answer, or the error.
    pub fn try_ask(&mut self, operation: &str, mut params: Value) -> Result<Value, Refused> {
        params["workspace"] = json!(self.root);
        self.client.call(operation, params)
    }
}

/// One text of each entry.
#[track_caller]
pub fn texts(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|it| it[key].as_str().unwrap_or_default().to_owned()).collect()
}
