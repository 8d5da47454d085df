//! `document_resolve`, `document_bindings` and `document_drift`.

use serde_json::json;

use super::SHOP;
use crate::tree::{Bed, words};

/// Sections are told with their lines and with what they name as code.
#[test]
fn documents_are_resolved() {
    let mut bed = Bed::new(SHOP);
    let reply = bed.ask("document_resolve", json!({"path": "docs/shop.md"}));
    let headings = words(&reply["sections"], "heading");
    assert_eq!(headings, ["Shop", "Prices", "Billing"], "{reply}");
    let prices = &reply["sections"][1];
    assert_eq!((&prices["line"], &prices["end_line"]), (&json!(5), &json!(8)));
    assert_eq!(words(&prices["mentions"], "text"), ["price", "shop/models/order.py"], "{reply}");
    assert_eq!(bed.refusal("document_resolve", json!({"path": "web/cart.ts"})), "unknown_path");
}

/// A document's code, and a symbol's documents, are told with how certain they are.
#[test]
fn documents_are_bound_both_ways() {
    let mut bed = Bed::new(SHOP);
    let reply = bed.ask("document_bindings", json!({"target": "docs/shop.md"}));
    let targets = words(&reply["bindings"], "target");
    assert!(targets.contains(&"shop/models/order.py".to_owned()), "{reply}");
    assert!(targets.contains(&"shop/models/order.py#price".to_owned()), "{reply}");
    let reply = bed.ask("document_bindings", json!({"target": "price"}));
    assert_eq!(words(&reply["bindings"], "section"), ["Prices"], "{reply}");
    assert_eq!(reply["bindings"][0]["line"], 7);
    assert_eq!(reply["bindings"][0]["why"], "code_span");
    assert_eq!(bed.refusal("document_bindings", json!({"target": "nowhere"})), "unknown_symbol");
}

/// What a document names and the code has not is told; a session's edit makes more of it at once.
#[test]
fn drift_is_seen_in_sessions() {
    let mut bed = Bed::new(SHOP);
    let reply = bed.ask("document_drift", json!({}));
    assert_eq!(
        words(&reply["drift"], "mention"),
        ["Order.refund", "shop/services/gone.py"],
        "{reply}"
    );
    bed.open("one");
    bed.edit("one", "shop/models/order.py", "def price(count)", "def cost(count)");
    let since = json!({"session": "one", "since": "disk", "path": "docs"});
    let reply = bed.ask("document_drift", since);
    assert_eq!(words(&reply["drift"], "mention"), ["price"], "{reply}");
    assert_eq!(words(&reply["drift"], "kind"), ["gone"], "{reply}");
    let base = json!({"session": "one", "since": "one@base"});
    assert_eq!(words(&bed.ask("document_drift", base)["drift"], "mention"), ["price"]);
    let disk = bed.ask("document_drift", json!({"since": "disk"}));
    assert_eq!(disk["total"], 0, "{disk}");
}

/// Notes in a hidden directory are documents, and bound to the code that they name.
#[test]
fn notes_are_documents() {
    let mut files = SHOP.to_vec();
    files.push((".coderoom/notes/prices.md", "# Prices\n\n`price` rounds down.\n"));
    let mut bed = Bed::new(&files);
    let reply = bed.ask("document_bindings", json!({"target": "price"}));
    let documents = words(&reply["bindings"], "document");
    assert_eq!(documents, [".coderoom/notes/prices.md", "docs/shop.md"], "{reply}");
    bed.open("one");
    let note = json!({"session": "one", "path": ".coderoom/notes/bills.md", "reason": "to know it",
                      "content": "# Bills\n\n`bill` saves the order.\n"});
    bed.ask("write_file", note);
    let inside = bed.ask("document_bindings", json!({"target": "bill", "session": "one"}));
    assert_eq!(words(&inside["bindings"], "document"), [".coderoom/notes/bills.md"], "{inside}");
}

/// A note that is written comes back: from the code that it names, from its own file, and from a
/// question; it is an edit like others, and says what it names that is not there.
#[test]
fn notes_are_written_and_come_back() {
    let mut bed = Bed::new(SHOP);
    bed.open("one");
    let note = json!({"session": "one", "title": "Why prices round: the till", "tags": ["billing"],
                      "text": "- `price` rounds for the till's drawer\n- [ ] see `Order.nowhere`"});
    let reply = bed.ask("document_note", note.clone());
    let path = ".coderoom/notes/why-prices-round-the-till.md";
    assert_eq!((&reply["path"], &reply["edit"]["entry"]), (&json!(path), &json!(1)), "{reply}");
    assert_eq!(words(&reply["bindings"], "mention"), ["price"], "{reply}");
    assert_eq!(reply["unknown"], json!(["Order.nowhere"]));
    assert_eq!(
        (&reply["next_suggested_tool"], &reply["next_suggested_target"]),
        (&json!("symbols"), &json!("Order.nowhere"))
    );
    let view =
        bed.text("view", json!({"session": "one", "files": [{"path": path}], "plain": true}));
    assert!(
        view.contains("agent: \"tester\"\ntime: 20")
            && view.contains("tags: [\"billing\"]\n---\n\n# Why"),
        "{view}"
    );
    let bound = bed.ask("document_bindings", json!({"target": "price", "session": "one"}));
    assert!(words(&bound["bindings"], "document").contains(&path.to_owned()), "{bound}");
    let held = bed.ask("document_resolve", json!({"path": path, "session": "one"}));
    let headings =
        ["Why prices round: the till", "price rounds for the till's drawer", "see Order.nowhere"];
    assert_eq!(words(&held["sections"], "heading"), headings);
    let sought =
        bed.ask("seek", json!({"question": "notes on the till's drawer", "session": "one"}));
    assert_eq!(sought["files"][0]["path"], path, "{sought}");
    assert_eq!(bed.refusal("document_note", note), "path_exists");
    let disk = bed.ask("document_bindings", json!({"target": "price"}));
    assert!(
        !words(&disk["bindings"], "document").contains(&path.to_owned()),
        "only the session has it"
    );
    bed.ask("undo", json!({"session": "one"}));
    assert_eq!(
        bed.refusal("document_resolve", json!({"path": path, "session": "one"})),
        "unknown_path"
    );
}

/// What names no file, or says nothing, is refused.
#[test]
fn odd_notes_are_refused() {
    let mut bed = Bed::new(SHOP);
    bed.open("one");
    let odd = [
        json!({"title": "", "text": "x"}),
        json!({"title": "a\nb", "text": "x"}),
        json!({"title": "💥", "text": "x"}),
        json!({"title": "a", "text": " "}),
        json!({"title": "a", "text": "x", "path": "a.py"}),
        json!({"title": "a", "text": "x", "tags": vec!["x"; 21]}),
    ];
    for mut params in odd {
        params["session"] = json!("one");
        assert_eq!(bed.refusal("document_note", params.clone()), "bad_parameter", "{params}");
    }
    let outside = json!({"session": "one", "title": "a", "text": "x", "path": "../a.md"});
    assert_eq!(bed.refusal("document_note", outside), "outside_workspace");
    assert_eq!(bed.refusal("document_note", json!({"title": "a", "text": "x"})), "bad_parameter");
}
