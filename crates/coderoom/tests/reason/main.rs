//! Questions in words, stack traces and the graph, over the real socket and command line, on a small
//! repository with a history.

#[path = "../common/mod.rs"]
mod common;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use common::{Client, Daemon, Home};
use serde_json::{Value, json};

const MODELS: &str = "\
\"\"\"What is sold.\"\"\"


class Order:
    \"\"\"An order of a customer.\"\"\"

    def total(self):
        return sum(line.price for line in self.lines)

    def save(self):
        self.total()
";
const VIEWS: &str = "\
from shop.models import Order


def detail(request):
    order = Order()
    order.save()
    return order
";
const TESTS: &str = "\
from shop.models import Order


def test_total():
    Order().total()
";

struct Fixture {
    home: Home,
    _daemon: Daemon,
    client: Client,
    root: PathBuf,
}

impl Fixture {
    fn new() -> Fixture {
        let home = Home::new();
        let files = [
            ("shop/__init__.py", ""),
            ("shop/models.py", MODELS),
            ("shop/views.py", VIEWS),
            ("shop/mail.py", "def send(address):\n    return address\n"),
            ("shop/tax.py", "RATE = 0.19\n"),
            ("tests/test_models.py", TESTS),
            ("docs/orders.md", "# Orders\n\nAn order has a `Order.total`.\n"),
        ];
        let root = home.tree("project", &files).canonicalize().expect("it is there");
        git(&root, &["init", "-q", "-b", "main"]);
        commit(&root, "Begin the shop");
        append(&root, "shop/tax.py", "REDUCED = 0.07\n");
        commit(&root, "Levy the reduced percentage on books");
        let daemon = home.serve(&["--no-http"]);
        let client = Client::connect(&home.socket());
        Fixture { home, _daemon: daemon, client, root }
    }

    #[track_caller]
    fn call(&mut self, method: &str, mut params: Value) -> Value {
        params["workspace"] = json!(self.root);
        match self.client.call(method, params.clone()) {
            Ok(reply) => reply,
            Err(refused) => panic!("`{method}` with {params} is refused: {refused:?}"),
        }
    }

    fn refusal(&mut self, method: &str, mut params: Value) -> common::Refused {
        params["workspace"] = json!(self.root);
        self.client.refusal(method, params)
    }

    fn files(&mut self, question: &str) -> Vec<String> {
        let reply = self.call("seek", json!({"question": question}));
        texts(&reply["files"], "path")
    }
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().expect("a list");
    list.iter().map(|it| it[key].as_str().expect("text").to_owned()).collect()
}

#[track_caller]
fn git(root: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    let status = Command::new("git").args(who).args(arguments).current_dir(root).status();
    assert!(status.expect("git runs").success(), "git {arguments:?}");
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", message]);
}

fn append(root: &Path, path: &str, text: &str) {
    let mut file =
        std::fs::OpenOptions::new().append(true).open(root.join(path)).expect("it is there");
    file.write_all(text.as_bytes()).expect("it is written");
}

/// The words of code, paths and names decide; tests and documents come after code.
#[test]
fn words_find_files_and_places() {
    let mut it = Fixture::new();
    let reply = it.call("seek", json!({"question": "save an order of a customer"}));
    let files = texts(&reply["files"], "path");
    assert_eq!(files[0], "shop/models.py", "{reply}");
    let places = texts(&reply["files"][0]["places"], "name");
    assert_eq!(places, ["Order"], "the class around them is enough: {reply}");
    let of = |path: &str| files.iter().position(|it| it == path);
    assert!(of("shop/views.py") < of("tests/test_models.py"), "{files:?}");
    assert!(["proving", "triaging"].contains(&reply["proof_state"].as_str().unwrap_or_default()));
}

/// A file without a word of the question is found by a commit that had them.
#[test]
fn commits_that_sound_alike_find_files() {
    let mut it = Fixture::new();
    let reply = it.call("seek", json!({"question": "books: percentage"}));
    assert_eq!(reply["files"][0]["path"], "shop/tax.py", "{reply}");
    let like = reply["files"][0]["like_commit"].as_str().unwrap_or_default();
    assert!(like.ends_with("Levy the reduced percentage on books"), "{like}");
    let without = ["like_commits", "like_commit", "recent"];
    let reply = it.call("seek", json!({"question": "books: percentage", "without": without}));
    assert!(!texts(&reply["files"], "path").contains(&"shop/tax.py".to_owned()), "{reply}");
}

/// What a commit says is known as soon as HEAD is at it.
#[test]
fn new_commits_are_heard() {
    let mut it = Fixture::new();
    assert!(!it.files("greet subscribers").contains(&"shop/mail.py".to_owned()));
    append(&it.root, "shop/mail.py", "\n");
    commit(&it.root, "Greet subscribers");
    // HEAD is looked at again after half a second at the latest.
    let seen = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        it.files("greet subscribers").first().is_some_and(|it| it == "shop/mail.py")
    });
    assert!(seen);
}

/// An edit of a session is in its answers at once, and in nobody else's.
#[test]
fn a_session_is_asked_about_its_own_state() {
    let mut it = Fixture::new();
    it.call("session_open", json!({"name": "s", "agent": "t"}));
    let edit = json!({"session": "s", "path": "shop/mail.py", "old_str": "return address",
                      "new_str": "return zebra_crossing(address)"});
    it.call("edit_file", edit);
    let mine = it.call("seek", json!({"session": "s", "question": "zebra crossing"}));
    assert_eq!(mine["files"][0]["path"], "shop/mail.py");
    assert_eq!(it.call("seek", json!({"question": "zebra crossing"}))["total"], 0);
    let edit = json!({"session": "s", "path": "shop/views.py", "old_str": "    order.save()\n",
                      "new_str": ""});
    it.call("edit_file", edit);
    let callers = |reply: &Value| texts(&reply["reached"], "key");
    let mine = it.call("impact", json!({"session": "s", "targets": ["Order.save"]}));
    let disk = it.call("impact", json!({"targets": ["Order.save"]}));
    let caller = "shop/views.py#detail".to_owned();
    assert!(!callers(&mine).contains(&caller) || callers(&disk)[0] == caller, "{mine}");
    assert!(callers(&disk).contains(&caller), "{disk}");
    let direct = |reply: &Value| {
        let rows = reply["reached"].as_array().cloned().unwrap_or_default();
        rows.iter().any(|it| it["key"] == "shop/views.py#detail" && it["hops"] == 1)
    };
    assert!(direct(&disk) && !direct(&mine));
}

/// By default impact asks who depends on something, and names the tests to run.
#[test]
fn impact_goes_to_dependents() {
    let mut it = Fixture::new();
    let reply = it.call("impact", json!({"targets": ["Order.total"]}));
    let reached = texts(&reply["reached"], "key");
    assert_eq!(reached[0], "shop/models.py#Order.save", "{reply}");
    assert!(reached.contains(&"shop/views.py#detail".to_owned()), "{reached:?}");
    assert!(!reached.contains(&"shop/tax.py".to_owned()));
    let tests = texts(&reply["tests"], "key");
    assert!(tests.contains(&"tests/test_models.py#test_total".to_owned()), "{reply}");
    let proof = &reply["reached"][0]["proof"][0];
    assert_eq!((&proof["edge"], &proof["along"]), (&json!("calls"), &json!(false)), "{proof}");
    let class = it.call("impact", json!({"targets": ["Order"]}));
    let own = |key: &String| key.starts_with("shop/models.py#Order.");
    assert!(!texts(&class["reached"], "key").iter().any(own), "its own members: {class}");
    let built_on = it.call("impact", json!({"targets": ["detail"], "direction": "dependencies"}));
    assert!(texts(&built_on["reached"], "key").contains(&"shop/models.py#Order.save".to_owned()));
}

/// Two things are joined by the edges between them, or not at all.
#[test]
fn paths_explain_what_joins_two_things() {
    let mut it = Fixture::new();
    let reply = it.call("why", json!({"from": "detail", "to": "Order.total"}));
    let steps = reply["paths"][0]["steps"].as_array().cloned().unwrap_or_default();
    let ends: Vec<&Value> = steps.iter().map(|it| &it["to"]).collect();
    assert_eq!(ends.last(), Some(&&json!("shop/models.py#Order.total")), "{reply}");
    let way = json!({"from": "shop/tax.py", "to": "shop/mail.py", "walk": "depends"});
    assert_eq!(it.call("why", way)["paths"], json!([]));
}

/// A trace from another machine is found by the ends of its paths.
#[test]
fn a_trace_leads_to_its_functions() {
    let mut it = Fixture::new();
    let text = "Traceback (most recent call last):\n  File \"/srv/app/shop/views.py\", line 6, in \
                detail\n    order.save()\n  File \"/srv/app/shop/models.py\", line 8, in total\n    \
                return sum()\nAttributeError: no lines\n";
    let reply = it.call("trace", json!({"text": text}));
    assert_eq!(texts(&reply["suspects"], "path"), ["shop/models.py", "shop/views.py"], "{reply}");
    assert_eq!(reply["suspects"][0]["function"][0]["name"], "total");
    assert_eq!(reply["proof_state"], "proving");
    let elsewhere = text.replace("shop/", "other/");
    assert_eq!(it.call("trace", json!({"text": elsewhere}))["inside"], 0);
    assert_eq!(it.refusal("trace", json!({"text": "it is broken"})).code, "bad_parameter");
}

/// The command reads the question from standard input and prints paths, one a line.
#[test]
fn the_command_line_prints_paths() {
    let it = Fixture::new();
    let mut child = it
        .home
        .coderoom(&["seek", "--files", "--limit", "2"])
        .current_dir(&it.root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(b"total of an order\n").expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(text.lines().next(), Some("shop/models.py"), "{text}");
    assert_eq!(text.lines().count(), 2);
}

/// No question, however odd, does harm.
#[test]
fn odd_questions_are_answered_or_refused() {
    let mut it = Fixture::new();
    assert_eq!(it.refusal("seek", json!({"question": " \n"})).code, "bad_parameter");
    assert_eq!(
        it.refusal("seek", json!({"question": "a", "without": ["x"]})).code,
        "bad_parameter"
    );
    let long = "order ".repeat(2_000);
    for odd in ["\u{0}", "🦀🦀", "((((", "::: `", &long, "order: order: order"] {
        it.call("seek", json!({"question": odd}));
    }
    assert_eq!(it.refusal("impact", json!({"targets": []})).code, "bad_parameter");
    assert_eq!(it.refusal("impact", json!({"targets": ["nowhere"]})).code, "unknown_symbol");
    assert_eq!(it.refusal("why", json!({"from": "../x", "to": "Order"})).code, "unknown_symbol");
}

/// The same question on the same snapshot has the same answer, to the last digit.
#[test]
fn answers_are_the_same_each_time() {
    let mut it = Fixture::new();
    let first = it.call("seek", json!({"question": "order total price"}));
    let impact = it.call("impact", json!({"targets": ["Order"]}));
    for _ in 0..5 {
        assert_eq!(it.call("seek", json!({"question": "order total price"})), first);
        assert_eq!(it.call("impact", json!({"targets": ["Order"]})), impact);
    }
}
