//! `hypothesize`: claims and their verdicts.

use serde_json::{Value, json};

use super::SHOP;
use crate::tree::{Bed, words};

/// `true exact`.
fn verdict(reply: &Value) -> String {
    let word = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", word("verdict"), word("certainty"))
}

/// `path:line` of each line.
fn lines(list: &Value) -> Vec<String> {
    let paths = words(list, "path").into_iter();
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    paths.zip(entries).map(|(path, it)| format!("{path}:{}", it["line"])).collect()
}

#[track_caller]
fn check(bed: &mut Bed, claim: &str, wanted: &str, proof: &[&str]) {
    let reply = bed.ask("hypothesize", json!({"claim": claim}));
    assert_eq!(verdict(&reply), wanted, "{claim}: {reply}");
    assert_eq!(lines(&reply["lines"]), proof, "{claim}: {reply}");
}

/// Each form of claim has the right verdict, with the line that proves it.
#[test]
fn claims_are_judged_by_lines() {
    let mut bed = Bed::new(SHOP);
    let mut wrong = Vec::new();
    for (claim, wanted) in [
        ("Order inherits from Base", "true exact shop/models/order.py:4 shop/models/order.py:5"),
        ("bill calls price", "true exact shop/services/billing.py:7"),
        ("bill never calls price", "false exact shop/services/billing.py:7"),
        (
            "shop/services/billing.py imports shop/models/order.py",
            "true exact shop/services/billing.py:1",
        ),
        (
            "tests/test_order.py tests price",
            "true exact tests/test_order.py:5 tests/test_order.py:1",
        ),
        ("shop/views/pages.py imports requests", "true exact"),
        ("web/cart.ts calls money", "true exact web/cart.ts:4"),
        ("web/money.ts depends on web/cart.ts", "false likely"),
        ("nothing calls money", "false exact web/cart.ts:4"),
        ("forgotten is unused", "true exact"),
        (
            "shop/models/order.py never calls shop/models/base.py",
            "true likely shop/models/order.py:1 shop/models/order.py:4 shop/models/order.py:5",
        ),
        (
            "nothing calls price",
            "false exact shop/models/order.py:6 shop/services/billing.py:7 tests/test_order.py:5",
        ),
        ("shop/models depends on shop/views", "false likely"),
        ("there is no cycle through shop/models/order.py", "true likely"),
    ] {
        let reply = bed.ask("hypothesize", json!({"claim": claim}));
        let shown = [vec![verdict(&reply)], lines(&reply["lines"])].concat().join(" ");
        if shown != wanted {
            wrong.push(format!("{claim}: {shown}, not {wanted}: {reply}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What leads there only over others is told with the chain, and counts for `depends` alone.
#[test]
fn chains_count_for_dependence_and_not_for_calls() {
    let mut bed = Bed::new(SHOP);
    let show = "shop/views/pages.py#show";
    for (claim, wanted) in [
        ("depends on price", "true exact"),
        ("directly depends on price", "false exact"),
        ("calls price", "false exact"),
        ("never calls price", "true exact"),
        ("does not depend on price", "false exact"),
    ] {
        let reply = bed.ask("hypothesize", json!({"claim": format!("{show} {claim}")}));
        assert_eq!(verdict(&reply), wanted, "{claim}: {reply}");
        assert_eq!(words(&reply["path"], "edge"), ["calls", "calls"], "{claim}: {reply}");
        assert_eq!(lines(&reply["lines"]), ["shop/views/pages.py:6", "shop/services/billing.py:7"]);
    }
}

/// A name of which nobody knows what it means leaves a claim open, and is shown.
#[test]
fn doubts_are_told() {
    let mut bed = Bed::new(SHOP);
    for claim in ["vague calls Ledger.settle", "nothing calls Ledger.settle"] {
        let reply = bed.ask("hypothesize", json!({"claim": claim}));
        assert_eq!(verdict(&reply), "unknown by_name", "{claim}: {reply}");
        assert_eq!(lines(&reply["doubts"]), ["shop/services/billing.py:11"], "{claim}: {reply}");
    }
}

/// A cycle is proven by the lines that close it.
#[test]
fn cycles_are_proven() {
    let mut bed = Bed::new(SHOP);
    check(
        &mut bed,
        "there is a cycle through shop/ring/a.py",
        "true exact",
        &["shop/ring/a.py:1", "shop/ring/b.py:2"],
    );
}

/// A session's edit changes the verdict in the session at once, and not on disk.
#[test]
fn sessions_are_judged_by_their_own_text() {
    let mut bed = Bed::new(SHOP);
    bed.open("one");
    let claim = json!({"claim": "bill calls price"});
    assert_eq!(verdict(&bed.ask("hypothesize", claim.clone())), "true exact");
    bed.edit("one", "shop/services/billing.py", "return price(count)", "return count");
    let mut inside = claim.clone();
    inside["session"] = json!("one");
    assert_eq!(verdict(&bed.ask("hypothesize", inside)), "false exact");
    assert_eq!(verdict(&bed.ask("hypothesize", claim)), "true exact");
}

/// Only the history says what changes together; without one, nothing is said.
#[test]
fn changes_together_come_from_history() {
    let mut bed = Bed::new(SHOP);
    let claim = json!({"claim": "shop/ring/a.py and shop/ring/b.py change together"});
    assert_eq!(verdict(&bed.ask("hypothesize", claim.clone())), "unknown by_name");
    let mut bed = Bed::new(SHOP);
    bed.git(&["init", "-q"]);
    for n in 0..3 {
        for path in ["shop/ring/a.py", "shop/ring/b.py"] {
            let text = std::fs::read_to_string(bed.root.join(path)).expect("it is there");
            std::fs::write(bed.root.join(path), format!("{text}# {n}\n")).expect("written");
        }
        bed.git(&["add", "shop/ring"]);
        bed.git(&["commit", "-q", "-m", "Turn"]);
    }
    bed.git(&["add", "web"]);
    bed.git(&["commit", "-q", "-m", "Web"]);
    assert_eq!(verdict(&bed.ask("hypothesize", claim)), "true exact");
    let never = json!({"claim": "shop/ring/a.py and web/cart.ts never change together"});
    assert_eq!(verdict(&bed.ask("hypothesize", never)), "true exact");
}

/// What cannot be read or is not there is refused with what would work; nothing panics.
#[test]
fn odd_claims_are_refused() {
    let mut bed = Bed::new(SHOP);
    let long = "x ".repeat(5_000);
    for claim in ["", "  ", "good code", "\u{0}", "🙂 calls", &long, "`", "a calls b calls"] {
        assert_eq!(bed.refusal("hypothesize", json!({"claim": claim})), "bad_parameter", "{claim}");
    }
    assert_eq!(
        bed.refusal("hypothesize", json!({"claim": "nowhere calls price"})),
        "unknown_symbol"
    );
    let same = bed.ask("hypothesize", json!({"claim": "price calls price"}));
    assert_eq!(verdict(&same), "unknown by_name");
}
