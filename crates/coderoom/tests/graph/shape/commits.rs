//! Commits as states that questions compare.

use std::fs;

use serde_json::{Value, json};

use super::SHOP;
use crate::tree::{Bed, words};

/// The shop in a repository with three commits: a function came, then it went to another file and a
/// document spoke of it.
fn repository() -> Bed {
    let bed = Bed::new(SHOP);
    bed.git(&["init", "-q", "-b", "main"]);
    bed.commit("Open the shop");
    let billing = bed.root.join("shop/services/billing.py");
    let text = fs::read_to_string(&billing).expect("it is there");
    fs::write(&billing, format!("{text}\n\ndef refund(count):\n    return -bill(count)\n"))
        .expect("written");
    bed.commit("Give money back");
    bed.git(&["tag", "v1"]);
    fs::write(&billing, text).expect("written");
    let moved = "from shop.services.billing import bill\n\n\ndef refund(count):\n    \
                 return -bill(count)\n\n\ndef later():\n    pass\n";
    fs::write(bed.root.join("shop/services/refunds.py"), moved).expect("written");
    fs::remove_file(bed.root.join("web/cart.ts")).expect("it was there");
    fs::write(bed.root.join("shop/ring/b.py"), "def two():\n    return 2\n").expect("written");
    bed.commit("Have refunds for themselves");
    bed
}

fn lists(reply: &Value) -> [Vec<String>; 3] {
    [words(&reply["added"], ""), words(&reply["removed"], ""), words(&reply["moved"], "to")]
}

/// Whatever a commit is called, it is the same state; and what came one way went the other way.
#[test]
fn commits_are_compared() {
    let mut bed = repository();
    let first = bed.git(&["rev-parse", "HEAD~2"]);
    let short = &first.trim()[..9];
    let reply = bed.ask("differential", json!({"from": short, "to": "v1"}));
    assert_eq!(lists(&reply)[0], ["shop/services/billing.py#refund"], "{reply}");
    assert!(lists(&reply)[1].is_empty() && lists(&reply)[2].is_empty(), "{reply}");
    let calls = json!({"edge": "calls", "added": 1, "removed": 0});
    assert!(reply["kinds"].as_array().is_some_and(|it| it.contains(&calls)), "{reply}");
    let there = bed.ask("differential", json!({"from": "v1", "to": "main"}));
    let [added, removed, moved] = lists(&there);
    assert_eq!(added, ["shop/services/refunds.py", "shop/services/refunds.py#later"], "{there}");
    assert_eq!(removed, ["web/cart.ts", "web/cart.ts#show"], "{there}");
    assert_eq!(moved, ["shop/services/refunds.py#refund"], "{there}");
    assert_eq!(words(&there["cycles_removed"][0], ""), ["shop/ring/a.py", "shop/ring/b.py"]);
    let back = bed.ask("differential", json!({"from": "HEAD", "to": "HEAD~1"}));
    assert_eq!(lists(&back)[..2], [removed, added], "{back}");
    assert_eq!(back["edges_added"], there["edges_removed"]);
    assert_eq!(words(&back["cycles_added"][0], ""), ["shop/ring/a.py", "shop/ring/b.py"]);
}

/// Sessions and the disk are compared with commits; what is checked out is what HEAD is, whatever
/// was checked out when the workspace was loaded.
#[test]
fn commits_are_compared_with_what_is_there() {
    let mut bed = repository();
    let counts = |reply: &Value| (reply["total_added"].clone(), reply["total_removed"].clone());
    let clean = bed.ask("differential", json!({}));
    assert_eq!(counts(&clean), (json!(0), json!(0)), "{clean}");
    let edges = |reply: &Value| reply["kinds"].as_array().map_or(0, Vec::len);
    assert_eq!(edges(&clean), 0, "{clean}");
    bed.open("one");
    bed.edit("one", "shop/services/refunds.py", "def later():\n    pass\n", "");
    let one = bed.ask("differential", json!({"from": "HEAD", "to": "one"}));
    assert_eq!(lists(&one)[1], ["shop/services/refunds.py#later"], "{one}");
    let back = bed.ask("differential", json!({"from": "one", "to": "main"}));
    assert_eq!(lists(&back)[0], ["shop/services/refunds.py#later"], "{back}");
    // What is not committed: a file that git does not know, and a change.
    fs::write(bed.root.join("shop/new.py"), "def fresh():\n    pass\n").expect("written");
    let disk = bed.ask("differential", json!({}));
    assert_eq!(lists(&disk)[0], ["shop/new.py", "shop/new.py#fresh"], "{disk}");
    fs::remove_file(bed.root.join("shop/new.py")).expect("it was there");
    bed.git(&["checkout", "-q", "v1"]);
    let clean = bed.ask("differential", json!({"from": "HEAD", "to": "disk"}));
    assert_eq!((counts(&clean), edges(&clean)), ((json!(0), json!(0)), 0), "{clean}");
    let main = bed.ask("differential", json!({"from": "disk", "to": "main"}));
    assert_eq!(lists(&main)[2], ["shop/services/refunds.py#refund"], "{main}");
}

/// What documents say of code that has changed since a commit is told.
#[test]
fn drift_since_a_commit() {
    let mut bed = Bed::new(SHOP);
    bed.git(&["init", "-q", "-b", "main"]);
    bed.commit("Open the shop");
    let order = bed.root.join("shop/models/order.py");
    let text = fs::read_to_string(&order).expect("it is there");
    fs::write(&order, text.replace("count * 3", "count * 4")).expect("written");
    bed.commit("Ask for more");
    let since = |bed: &mut Bed, since: &str| {
        let reply = bed.ask("document_drift", json!({"since": since, "path": "docs"}));
        words(&reply["drift"], "kind").into_iter().zip(words(&reply["drift"], "mention")).collect()
    };
    let drift: Vec<(String, String)> = since(&mut bed, "HEAD~1");
    assert_eq!(drift, [("changed".to_owned(), "price".to_owned())]);
    let drift: Vec<(String, String)> = since(&mut bed, "HEAD");
    assert!(drift.is_empty(), "{drift:?}");
    fs::write(&order, text.replace("def price(", "def cost(")).expect("written");
    let drift: Vec<(String, String)> = since(&mut bed, "HEAD~1");
    assert_eq!(drift, [("gone".to_owned(), "price".to_owned())]);
}

/// Paths are relative to the workspace, also if it is a folder of the repository; what lies outside
/// of it, and what is ignored, is no part of the state.
#[test]
fn a_folder_of_a_repository_is_compared() {
    let mut bed = repository();
    fs::write(bed.root.join("shop/made.py"), "def made():\n    pass\n").expect("written");
    bed.git(&["add", "-f", "shop/made.py"]);
    fs::write(bed.root.join(".gitignore"), "made.py\n").expect("written");
    bed.commit("Keep what is ignored");
    let root = bed.root.join("shop");
    bed.call("load", json!({"root": root}));
    let ask = |bed: &mut Bed, from: &str| {
        bed.call("differential", json!({"workspace": root, "from": from}))
    };
    let reply = ask(&mut bed, "HEAD");
    assert_eq!((&reply["total_added"], &reply["total_removed"]), (&json!(0), &json!(0)), "{reply}");
    let notes = words(&reply["notes"], "");
    assert!(notes.iter().any(|note| note.contains("1 files of `HEAD` are left out")), "{reply}");
    let reply = ask(&mut bed, "v1");
    assert!(lists(&reply)[1].is_empty(), "{reply}");
    assert_eq!(lists(&reply)[2], ["services/refunds.py#refund"], "{reply}");
    // The repository itself is another workspace.
    let reply = bed.ask("differential", json!({"from": "v1", "to": "HEAD~1"}));
    assert_eq!(lists(&reply)[2], ["shop/services/refunds.py#refund"], "{reply}");
}

/// What cannot be is said, with a code of its own.
#[test]
fn what_is_no_commit_is_refused() {
    let mut bed = Bed::new(SHOP);
    let refused = |bed: &mut Bed, from: &str| bed.refusal("differential", json!({"from": from}));
    assert_eq!(refused(&mut bed, "HEAD~1"), "no_repository");
    assert_eq!(refused(&mut bed, "main"), "unknown_session");
    bed.git(&["init", "-q", "-b", "main"]);
    assert_eq!(refused(&mut bed, "HEAD"), "unknown_revision");
    bed.commit("Open the shop");
    fs::write(bed.root.join("web/money.ts"), "export function cash(): number { return 1; }\n")
        .expect("written");
    bed.commit("Take cash");
    for none in ["HEAD~7", "mein", "-n", "abcdef0123", "HEAD:web", ":/", "@{", "one@base", "\u{1}"]
    {
        assert_eq!(refused(&mut bed, none), "unknown_revision", "{none:?}");
    }
    let drift = bed.refusal("document_drift", json!({"since": "mein"}));
    assert_eq!(drift, "unknown_revision");
    let blob = bed.git(&["rev-parse", "HEAD~1:web/money.ts"]);
    let (dir, name) = blob.trim().split_at(2);
    let object = bed.root.join(".git/objects").join(dir).join(name);
    let bytes = fs::read(&object).expect("it is there");
    fs::remove_file(&object).expect("it was there");
    assert_eq!(refused(&mut bed, "HEAD~1"), "missing_object");
    // What has failed is tried again.
    fs::write(&object, bytes).expect("written");
    let reply = bed.ask("differential", json!({"from": "HEAD~1"}));
    assert_eq!(lists(&reply)[0], ["web/money.ts#cash"], "{reply}");
}

/// What is not committed is a change set like a session's edits, and so is what came since a commit.
#[test]
fn what_is_not_committed_may_have_forgotten_something() {
    let mut bed = Bed::new(SHOP);
    assert_eq!(bed.refusal("missing", json!({})), "bad_parameter");
    bed.git(&["init", "-q", "-b", "main"]);
    assert_eq!(bed.refusal("missing", json!({})), "bad_parameter");
    bed.commit("Open the shop");
    let none = bed.ask("missing", json!({}));
    assert_eq!((&none["verdict"], &none["changed"]), (&json!("complete"), &json!([])), "{none}");
    let path = "shop/models/order.py";
    bed.open("one");
    bed.edit("one", path, "def price(count)", "def cost(count)");
    let by_session = bed.ask("missing", json!({"session": "one"}));
    assert_eq!(by_session["verdict"], "broken", "{by_session}");
    let text = fs::read_to_string(bed.root.join(path)).expect("it is there");
    fs::write(bed.root.join(path), text.replace("def price(count)", "def cost(count)"))
        .expect("written");
    let same = |bed: &mut Bed, params: Value| {
        let reply = bed.ask("missing", params);
        for part in ["changed", "symbols", "gaps", "verdict"] {
            assert_eq!(reply[part], by_session[part], "{part}");
        }
    };
    same(&mut bed, json!({}));
    same(&mut bed, json!({"since": "main"}));
    bed.commit("Say what it costs");
    assert_eq!(bed.ask("missing", json!({}))["verdict"], "complete");
    same(&mut bed, json!({"since": "HEAD~1"}));
    same(&mut bed, json!({"session": "one", "since": "HEAD~1"}));
    let both = json!({"targets": [path], "since": "HEAD"});
    assert_eq!(bed.refusal("missing", both), "bad_parameter");
    assert_eq!(bed.refusal("missing", json!({"since": "mein"})), "unknown_revision");
}
