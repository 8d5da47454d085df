//! `duplicates` and `differential`.

use serde_json::json;

use super::SHOP;
use crate::tree::{Bed, words};

const LONG: &str = "def first(items, tax):\n    total = 0\n    for item in items:\n        \
    if item.price > 0:\n            total = total + item.price * item.count\n        else:\n            \
    total = total - item.discount\n    return round(total * (1 + tax), 2)\n";

/// Copies are found by their tokens, whatever their comments and names.
#[test]
fn copies_are_found() {
    let near = LONG
        .replace("first", "second")
        .replace("    total = 0\n", "    # From here.\n    total = 0\n");
    let other = LONG
        .replace("first", "third")
        .replace("total", "sum")
        .replace("item", "row")
        .replace("tax", "rate");
    let mut bed = Bed::new(&[
        ("a.py", LONG),
        ("lib/b.py", &near),
        ("lib/c.py", &other),
        ("lib/d.py", "def short(a):\n    return a\n\n\ndef quick(a):\n    return a\n"),
    ]);
    let found = |bed: &mut Bed, params| -> Vec<Vec<String>> {
        let reply = bed.ask("duplicates", params);
        let groups = reply["groups"].as_array().cloned().unwrap_or_default();
        groups.iter().map(|it| words(&it["functions"], "key")).collect()
    };
    assert_eq!(found(&mut bed, json!({})), [["a.py#first", "lib/b.py#second"]]);
    let all = [["a.py#first", "lib/b.py#second", "lib/c.py#third"]];
    assert_eq!(found(&mut bed, json!({"any_names": true})), all);
    assert!(found(&mut bed, json!({"path": "lib"})).is_empty());
    let like = json!({"like": "first", "path": "lib"});
    assert_eq!(found(&mut bed, like), [["lib/b.py#second"]]);
    // What is kept of an earlier question is that of the text, not of the file.
    let b = bed.root.join("lib/b.py");
    std::fs::write(&b, "def second():\n    pass\n").expect("written");
    assert!(found(&mut bed, json!({})).is_empty());
    std::fs::write(&b, near.replace("second", "again")).expect("written");
    assert_eq!(found(&mut bed, json!({})), [["a.py#first", "lib/b.py#again"]]);
    std::fs::write(&b, &near).expect("written");
    assert_eq!(found(&mut bed, json!({})), [["a.py#first", "lib/b.py#second"]]);
    assert_eq!(bed.refusal("duplicates", json!({"like": "short"})), "bad_parameter");
    assert_eq!(bed.refusal("duplicates", json!({"similarity": 7.0})), "bad_parameter");
    assert_eq!(bed.refusal("duplicates", json!({"like": "\u{0}"})), "unknown_symbol");
}

/// What a session's edits do to the structure is told; the disk stays as it is.
#[test]
fn sessions_differ_from_the_disk_by_their_edits() {
    let mut bed = Bed::new(SHOP);
    bed.open("one");
    let none = bed.ask("differential", json!({"to": "one"}));
    assert_eq!((&none["total_added"], &none["total_removed"]), (&json!(0), &json!(0)), "{none}");
    bed.edit(
        "one",
        "shop/services/billing.py",
        "def vague(anything):\n    anything.settle()\n",
        "",
    );
    bed.edit("one", "shop/views/pages.py", "def show", "def later():\n    pass\n\n\ndef show");
    let import = "from shop.services.billing import bill\n\n\nclass Base:";
    bed.edit("one", "shop/models/base.py", "class Base:", import);
    let reply = bed.ask("differential", json!({"from": "one@base", "to": "one"}));
    assert_eq!(words(&reply["added"], ""), ["shop/views/pages.py#later"], "{reply}");
    assert_eq!(words(&reply["removed"], ""), ["shop/services/billing.py#vague"], "{reply}");
    assert_eq!(
        reply["coupling"][0],
        json!({"from": "shop/models", "to": "shop/services", "before": 0, "after": 2})
    );
    let cycle = ["shop/models/base.py", "shop/models/order.py", "shop/services/billing.py"];
    assert_eq!(words(&reply["cycles_added"][0], ""), cycle, "{reply}");
    assert!(reply["edges_removed"].as_array().is_some_and(Vec::is_empty), "{reply}");
    let back = bed.ask("differential", json!({"from": "one", "to": "disk"}));
    assert_eq!(words(&back["added"], ""), ["shop/services/billing.py#vague"], "{back}");
    assert_eq!(words(&back["cycles_removed"][0], ""), cycle, "{back}");
    assert_eq!(bed.refusal("differential", json!({"to": "two"})), "unknown_session");
    assert_eq!(bed.refusal("differential", json!({})), "no_repository");
}
