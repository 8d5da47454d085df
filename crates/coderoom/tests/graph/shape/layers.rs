//! `layers` and `counterfactual`.

use serde_json::json;

use super::SHOP;
use crate::tree::{Bed, words};

/// Directories lie above what they depend on, and the text says so.
#[test]
fn directories_lie_in_layers() {
    let mut bed = Bed::new(SHOP);
    let reply = bed.ask("layers", json!({"path": "shop"}));
    let layer = |n: usize| words(&reply["layers"][n]["members"], "");
    assert!(layer(0).contains(&"shop/models".to_owned()), "{reply}");
    assert_eq!(layer(1), ["shop/services"], "{reply}");
    assert_eq!(layer(2), ["shop/views"], "{reply}");
    assert_eq!(reply["total_cycles"], 0);
}

/// Cycles between files are told with the line that closes them.
#[test]
fn cycles_and_wanted_orders_are_violated_by_lines() {
    let mut bed = Bed::new(SHOP);
    let reply = bed.ask("layers", json!({"of": "files"}));
    assert_eq!(reply["total_cycles"], 1, "{reply}");
    assert_eq!(words(&reply["cycles"][0]["members"], ""), ["shop/ring/a.py", "shop/ring/b.py"]);
    assert_eq!(words(&reply["violations"], "reason"), ["cycle"], "{reply}");
    assert_eq!(reply["violations"][0]["lines"].as_array().map(Vec::len), Some(1), "{reply}");
    let wanted = json!(["shop/services", "shop/models"]);
    let reply = bed.ask("layers", json!({"wanted": wanted}));
    let upward = &reply["violations"][0];
    assert_eq!((&upward["from"], &upward["to"]), (&json!("shop/services"), &json!("shop/models")));
    assert_eq!(upward["lines"][0]["path"], "shop/services/billing.py");
    assert_eq!(upward["reason"], "upward");
    assert_eq!(bed.refusal("layers", json!({"wanted": ["nowhere"]})), "unknown_path");
    assert_eq!(bed.refusal("layers", json!({"path": "docs"})), "bad_parameter");
}

/// What is cut off has a line as proof; what only the removed used is orphaned.
#[test]
fn what_would_break_is_proven() {
    let mut bed = Bed::new(SHOP);
    let reply = bed.ask("counterfactual", json!({"targets": ["bill"]}));
    assert_eq!(reply["removed"], 1);
    let broken = words(&reply["cut_off"], "key");
    assert!(broken.contains(&"shop/views/pages.py#show".to_owned()), "{reply}");
    let mut show = reply["cut_off"].as_array().into_iter().flatten();
    let show = show.find(|it| it["key"] == "shop/views/pages.py#show").expect("it is there");
    assert_eq!(show["lines"][0]["line"], 6, "{reply}");
    let reply = bed.ask("counterfactual", json!({"targets": ["web/cart.ts"]}));
    assert_eq!(reply["total_cut_off"], 0, "{reply}");
    assert!(words(&reply["orphaned"], "key").contains(&"web/money.ts#money".to_owned()), "{reply}");
    assert_eq!(bed.refusal("counterfactual", json!({"targets": []})), "bad_parameter");
    assert_eq!(bed.refusal("counterfactual", json!({"targets": ["nowhere"]})), "unknown_symbol");
}
