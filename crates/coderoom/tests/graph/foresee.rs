//! What else has to change, what a change forgot, what an edit needs to see.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use super::common::{Client, Daemon, Home};

const FILES: &[(&str, &str)] = &[
    (
        "shop/orders.py",
        "from shop.money import price\n\n\nclass Order:\n    def total(self, count: int) -> int:\n        \
         return price(count)\n",
    ),
    (
        "shop/money.py",
        "def price(count: int) -> int:\n    return count * 3\n\n\ndef discount(amount):\n    return \
         amount - 1\n",
    ),
    (
        "shop/views.py",
        "from shop.orders import Order\n\n\ndef show():\n    order = Order()\n    return \
         order.total(2)\n",
    ),
    (
        "tests/test_orders.py",
        "from shop.orders import Order\n\n\ndef test_total():\n    assert Order().total(2) == 6\n",
    ),
    ("docs/orders.md", "# Sums\n\nCall `Order.total` for the sum.\n"),
    ("shop/limits.py", "MOST = 0\n"),
    ("deploy/limits.toml", "most = 0\n"),
];

/// A repository with a daemon.
struct Shop {
    _home: Home,
    root: PathBuf,
    _daemon: Daemon,
    client: Client,
}

fn git(root: &PathBuf, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    let status = Command::new("git").args(who).args(arguments).current_dir(root).status();
    assert!(status.expect("git runs").success(), "git {arguments:?}");
}

impl Shop {
    /// With a history in which the limits change together three times.
    fn new() -> Shop {
        Shop::of(FILES, |root| {
            git(root, &["init", "-q", "-b", "main"]);
            git(root, &["add", "-A"]);
            git(root, &["commit", "-q", "-m", "Begin"]);
            for n in 1..=3 {
                for (path, text) in [("shop/limits.py", "MOST"), ("deploy/limits.toml", "most")] {
                    std::fs::write(root.join(path), format!("{text} = {n}\n")).expect("written");
                }
                let subject = format!("Raise the limit to {n}\n\nBecause.");
                git(root, &["commit", "-q", "-a", "-m", &subject]);
            }
        })
    }

    fn of(files: &[(&str, &str)], before: impl FnOnce(&PathBuf)) -> Shop {
        let home = Home::new();
        let root = home.tree("project", files).canonicalize().expect("it is there");
        before(&root);
        let daemon = home.serve(&["--no-http"]);
        let client = daemon.client();
        Shop { _home: home, root, _daemon: daemon, client }
    }

    #[track_caller]
    fn ask(&mut self, operation: &str, mut params: Value) -> Value {
        params["workspace"] = json!(self.root);
        match self.client.call(operation, params.clone()) {
            Ok(reply) => reply,
            Err(refused) => panic!("`{operation}` with {params} is refused: {refused:?}"),
        }
    }

    /// The answer as a model reads it.
    #[track_caller]
    fn text(&mut self, operation: &str, mut params: Value) -> String {
        params["workspace"] = json!(self.root);
        self.client.text("call", json!({"operation": operation, "params": params}))
    }

    #[track_caller]
    fn refused(&mut self, operation: &str, mut params: Value) -> String {
        params["workspace"] = json!(self.root);
        self.client.refusal(operation, params).code
    }

    fn open(&mut self, session: &str) {
        self.ask("session_open", json!({"name": session, "agent": "tester"}));
    }

    fn edit(&mut self, session: &str, path: &str, old: &str, new: &str) {
        let params = json!({"session": session, "path": path, "old_str": old, "new_str": new});
        self.ask("edit_file", params);
    }
}

#[track_caller]
fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

#[track_caller]
fn row<'v>(rows: &'v Value, path: &str) -> &'v Value {
    let found = list(rows).iter().find(|it| it["path"] == path);
    found.unwrap_or_else(|| panic!("no {path}: {rows:#}"))
}

/// Kinds and places of gaps.
fn gaps(reply: &Value) -> Vec<String> {
    let gap = |it: &Value| format!("{} {}:{}", it["kind"], it["path"], it["line"]).replace('"', "");
    list(&reply["gaps"]).iter().map(gap).collect()
}

/// What is predicted comes with the commits that say so, the newest first, and with edges.
#[test]
fn predictions_show_their_evidence() {
    let mut shop = Shop::new();
    let reply = shop.ask("predict", json!({"targets": ["shop/limits.py"]}));
    let first = row(&reply["files"], "deploy/limits.toml");
    assert_eq!((&first["commits"], &first["because"]), (&json!(4), &json!("shop/limits.py")));
    assert_eq!(first["evidence"][0]["part"], "together", "{first:#}");
    let subjects: Vec<&Value> = list(&first["newest"]).iter().map(|it| &it["subject"]).collect();
    assert_eq!(subjects, ["Raise the limit to 3", "Raise the limit to 2", "Raise the limit to 1"]);
    assert_eq!(reply["proof_state"], "proving");

    let reply = shop.ask("predict", json!({"targets": ["Order.total"]}));
    assert_eq!(reply["changed"], json!(["shop/orders.py"]), "a symbol stands for its file");
    let money = row(&reply["files"], "shop/money.py");
    let calls = json!({"from": "shop/orders.py#Order.total", "edge": "calls",
                       "to": "shop/money.py#price", "along": true});
    assert!(list(&money["edges"]).contains(&calls), "{money:#}");
    assert_eq!(row(&reply["files"], "tests/test_orders.py")["role"], "test");
    let paths: Vec<&Value> = list(&reply["files"]).iter().map(|it| &it["path"]).collect();
    assert!(!paths.contains(&&json!("shop/orders.py")), "what is changed is no answer");
}

/// A new commit is seen, and evidence can be left out.
#[test]
fn predictions_follow_head() {
    let mut shop = Shop::new();
    let parts = json!({"targets": ["shop/limits.py"],
                       "without": ["together", "through", "often", "alike", "near", "named"]});
    let reply = shop.ask("predict", parts);
    let shares: Vec<f64> =
        list(&reply["files"]).iter().map(|it| it["share"].as_f64().expect("a number")).collect();
    assert!(shares.windows(2).all(|it| it[0] == it[1]), "nothing is left that ranks: {shares:?}");
    std::fs::write(shop.root.join("shop/limits.py"), "MOST = 4\n").expect("written");
    std::fs::write(shop.root.join("deploy/new.toml"), "a = 4\n").expect("written");
    git(&shop.root, &["add", "-A"]);
    git(&shop.root, &["commit", "-q", "-m", "Deploy anew"]);
    // Whether HEAD has moved is looked at every half second.
    super::common::wait_until("the commit to be seen", || {
        let reply = shop.ask("predict", json!({"targets": ["shop/limits.py", "deploy/new.toml"]}));
        let reply = reply.to_string();
        let alone = shop.ask("predict", json!({"targets": ["shop/limits.py"]})).to_string();
        alone.contains("Deploy anew") && !reply.contains("\"path\":\"deploy/new.toml\"")
    });
}

/// A session's own edits are the change set: users, tests and documents of what is declared otherwise
/// are missing until they are touched.
#[test]
fn what_a_session_forgot_is_found_until_it_is_done() {
    let mut shop = Shop::new();
    shop.open("s");
    let nothing = shop.ask("missing", json!({"session": "s"}));
    assert_eq!(nothing["verdict"], "complete", "{nothing:#}");
    shop.edit("s", "shop/orders.py", "self, count: int)", "self, count: int, tax: int)");
    let reply = shop.ask("missing", json!({"session": "s"}));
    assert_eq!(reply["changed"], json!(["shop/orders.py"]));
    let total = json!({"key": "shop/orders.py#Order.total", "became": "redeclared"});
    assert!(list(&reply["symbols"]).contains(&total), "{reply:#}");
    assert_eq!(
        gaps(&reply),
        ["user shop/views.py:6", "test tests/test_orders.py:5", "document docs/orders.md:3"],
        "{reply:#}"
    );
    assert!(list(&reply["gaps"]).iter().all(|it| it["proof"][0]["edge"].is_string()));
    assert_eq!(
        (&reply["verdict"], &reply["proof_state"]),
        (&json!("incomplete"), &json!("proving"))
    );

    shop.edit("s", "shop/views.py", "order.total(2)", "order.total(2, 1)");
    shop.edit("s", "tests/test_orders.py", ".total(2)", ".total(2, 1)");
    let reply = shop.ask("missing", json!({"session": "s"}));
    assert_eq!(gaps(&reply), ["document docs/orders.md:3"], "{reply:#}");
    let on_disk = shop.ask("missing", json!({"targets": ["Order.total"]}));
    assert!(gaps(&on_disk).contains(&"user shop/views.py:6".to_owned()), "the disk is as it was");
}

/// Names that lead nowhere come first, and are certain.
#[test]
fn dangling_names_break_a_change_set() {
    let mut shop = Shop::new();
    shop.open("s");
    shop.edit("s", "shop/money.py", "def price(", "def cost(");
    let reply = shop.ask("missing", json!({"session": "s"}));
    assert_eq!(
        (&reply["verdict"], &reply["proof_state"]),
        (&json!("broken"), &json!("ready_to_edit"))
    );
    let gaps = gaps(&reply);
    assert!(gaps.contains(&"dangling shop/orders.py:6".to_owned()), "{gaps:?}");
    assert!(gaps[0].starts_with("dangling "), "{gaps:?}");
    shop.edit("s", "shop/orders.py", "import price", "import cost as price");
    let reply = shop.ask("missing", json!({"session": "s"}));
    assert_ne!(reply["verdict"], "broken", "{reply:#}");
}

/// The files that a session has edited are what is predicted from.
#[test]
fn predictions_start_from_a_sessions_edits() {
    let mut shop = Shop::new();
    shop.open("s");
    shop.edit("s", "deploy/limits.toml", "most", "least");
    let reply = shop.ask("predict", json!({"session": "s"}));
    assert_eq!(reply["changed"], json!(["deploy/limits.toml"]));
    assert_eq!(reply["files"][0]["path"], "shop/limits.py", "{reply:#}");
    let missing = shop.ask("missing", json!({"session": "s"}));
    assert_eq!(missing["usually"][0]["path"], "shop/limits.py", "{missing:#}");
    assert_eq!(missing["verdict"], "unsure");
}

/// Only pairs that nothing in the code ties are ghosts.
#[test]
fn ghosts_change_together_without_a_tie() {
    let mut shop = Shop::new();
    let reply = shop.ask("ghost_edges", json!({}));
    let pairs = list(&reply["pairs"]);
    assert_eq!(pairs.len(), 1, "{reply:#}");
    assert_eq!(
        (&pairs[0]["a"], &pairs[0]["b"]),
        (&json!("deploy/limits.toml"), &json!("shop/limits.py"))
    );
    assert_eq!(pairs[0]["commits"], 4);
    let all = shop.ask("ghost_edges", json!({"support": 1})).to_string();
    assert!(!all.contains("\"a\":\"shop/money.py\",\"b\":\"shop/orders.py\""), "a call ties them");
    let none = shop.ask("ghost_edges", json!({"targets": ["shop/views.py"]}));
    assert!(list(&none["pairs"]).is_empty(), "{none:#}");
}

/// The target is whole and first, and what is around it comes with its lines.
#[test]
fn an_excerpt_has_what_an_edit_needs() {
    let mut shop = Shop::new();
    let reply = shop.ask("surgical_context_v2", json!({"target": "Order.total"}));
    let blocks = list(&reply["blocks"]);
    let shown: Vec<String> = blocks
        .iter()
        .map(|it| {
            let place = format!("{} {}:{}-{}", it["role"], it["path"], it["first"], it["last"]);
            place.replace('"', "")
        })
        .collect();
    assert_eq!(shown[0], "target shop/orders.py:5-6", "{reply:#}");
    assert_eq!(
        blocks[0]["text"],
        "    def total(self, count: int) -> int:\n        return price(count)\n"
    );
    for wanted in [
        "caller shop/views.py:4-6",
        "test tests/test_orders.py:4-5",
        "callee shop/money.py:1-1",
        "document docs/orders.md:1-3",
    ] {
        assert!(shown.contains(&wanted.to_owned()), "{wanted} is not in {shown:?}");
    }
    assert_eq!(reply["left_out_count"], 0);
    assert_eq!(reply["proof_state"], "ready_to_edit", "{reply:#}");
}

/// A session's excerpt is of its own state.
#[test]
fn an_excerpt_is_of_the_session() {
    let mut shop = Shop::new();
    shop.open("s");
    shop.edit("s", "shop/orders.py", "return price(count)", "return price(count) + 1");
    let mine = shop.text("surgical_context_v2", json!({"session": "s", "target": "Order.total"}));
    assert!(mine.contains("price(count) + 1"), "{mine}");
    let disk = shop.text("surgical_context_v2", json!({"target": "shop/orders.py:5"}));
    assert!(!disk.contains("price(count) + 1"), "{disk}");
}

/// The whole text stays within the budget, whatever it is, and says what is not in it.
#[test]
fn budgets_are_respected_to_the_byte() {
    let callers: String = (0..80)
        .map(|n| format!("def caller_number_{n}(x):\n    y = price(x)\n    return y + {n}\n\n\n"))
        .collect();
    let many = format!("from shop.money import price\n\n\n{callers}");
    let files = [FILES, &[("shop/many.py", &many)]].concat();
    let mut shop = Shop::of(&files, |_| ());
    for target in ["price", "shop/many.py", "shop/money.py", "shop/many.py:5", "Sums"] {
        for budget in [200, 201, 256, 300, 500, 1_000, 2_000, 6_000] {
            let params = json!({"target": target, "budget_tokens": budget});
            let Ok(_) = shop.client.call(
                "surgical_context_v2",
                json!({"workspace": shop.root, "target": target, "budget_tokens": budget}),
            ) else {
                assert_eq!(target, "Sums", "a heading need not be a name");
                continue;
            };
            let text = shop.text("surgical_context_v2", params.clone());
            assert!(text.len() <= budget * 4, "{} bytes for {budget} tokens: {text}", text.len());
            let reply = shop.ask("surgical_context_v2", params);
            assert_eq!(reply["tokens"], json!(text.len().div_ceil(4)));
            if reply["left_out_count"] != 0 {
                assert_eq!(reply["proof_state"], "proving");
                assert!(text.contains("left out: "), "{text}");
            }
        }
    }
    let small = shop.ask("surgical_context_v2", json!({"target": "price", "budget_tokens": 300}));
    assert!(small["left_out_count"].as_u64() > Some(60), "{small:#}");
    assert_eq!(small["blocks"][0]["role"], "target");
}

/// Without a repository the code alone speaks, and the answer says so.
#[test]
fn no_history_is_said() {
    let mut shop = Shop::of(FILES, |_| ());
    let reply = shop.ask("predict", json!({"targets": ["shop/orders.py"]}));
    assert!(reply["notes"].to_string().contains("no history"), "{reply:#}");
    assert_eq!(row(&reply["files"], "shop/money.py")["commits"], 0);
    assert!(list(&shop.ask("ghost_edges", json!({}))["pairs"]).is_empty());
}

/// No question, however odd, is more than refused.
#[test]
fn odd_questions_are_refused_in_words() {
    let mut shop = Shop::new();
    let long = "x".repeat(10_000);
    for odd in ["", " ", "\u{0}", "💥", "../..", "/etc/passwd", "shop/none.py", "a:b:c", "#", &long]
    {
        for (operation, params) in [
            ("predict", json!({"targets": [odd]})),
            ("missing", json!({"targets": [odd]})),
            ("ghost_edges", json!({"targets": [odd]})),
            ("surgical_context_v2", json!({"target": odd})),
        ] {
            let code = shop.refused(operation, params);
            assert_ne!(code, "internal", "{operation} {odd:?}");
        }
    }
    assert_eq!(shop.refused("predict", json!({})), "bad_parameter");
    assert_eq!(shop.refused("missing", json!({"since": "\u{0}"})), "unknown_revision");
    let nothing = json!({"targets": ["shop/orders.py"], "without": ["luck"]});
    assert_eq!(shop.refused("predict", nothing), "bad_parameter");
    assert_eq!(shop.refused("surgical_context_v2", json!({"target": "shop"})), "bad_parameter");
    let tiny = json!({"target": "price", "budget_tokens": 1});
    assert_eq!(shop.refused("surgical_context_v2", tiny), "bad_parameter");
    let most = shop.ask("predict", json!({"targets": ["shop"], "limit": u64::MAX}));
    assert!(!list(&most["changed"]).is_empty());
    assert!(
        list(&shop.ask("predict", json!({"targets": ["shop"], "limit": 0}))["files"]).is_empty()
    );
}
