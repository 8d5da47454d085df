//! Each question with an answer that people have checked.

use serde_json::json;

use crate::{Stage, places};

#[test]
fn references_and_definitions_are_arrays_of_places() {
    let stage = Stage::new();
    let expected = [
        "shop/models.py:23:5 definition exact",
        "shop/models.py:20:16 call exact",
        "shop/views.py:2:25 import exact",
        "shop/views.py:2:34 definition exact",
        "shop/views.py:9:12 call exact",
        "shop/views.py:9:29 call exact",
    ];
    let found = stage.array(&["references", "shop/models.py:23:5"]);
    let mut places_found = places(&found);
    places_found.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(places_found, expected);
    assert_eq!(
        found[0].as_object().map(|it| it.keys().map(String::as_str).collect::<Vec<_>>()),
        Some(vec!["certainty", "column", "line", "path", "role"])
    );
    // From any of its uses, and by its name.
    for ask in ["shop/views.py:9:13", "price", "shop.models.price", "models.price"] {
        let mut again = places(&stage.array(&["references", ask]));
        again.sort();
        assert_eq!(again, expected, "{ask}");
    }
    let definition = stage.array(&["definition", "shop/views.py:9:12"]);
    assert_eq!(places(&definition), ["shop/models.py:23:5 definition exact"]);
}

#[test]
fn a_receiver_of_unknown_type_is_below_the_floor() {
    let stage = Stage::new();
    let save = |floor| places(&stage.array(&["references", "Base.save", "--floor", floor]));
    let sure = save("exact");
    assert_eq!(sure, ["shop/models.py:14:9 definition exact", "shop/views.py:7:11 call exact"]);
    assert!(save("by_name").iter().any(|it| it.starts_with("shop/views.py:8:14 call")));
}

#[test]
fn an_import_leads_to_its_module_and_a_foreign_one_to_itself() {
    let stage = Stage::new();
    for place in ["shop/views.py:3:15", "shop/views.py:2:12", "shop/views.py:9:22"] {
        let found = places(&stage.array(&["definition", place]));
        assert_eq!(found, ["shop/models.py:1:1 definition exact"], "{place}");
    }
    let foreign = stage.array(&["definition", "shop/models.py:15:9"]);
    assert_eq!(places(&foreign), ["shop/models.py:2:8 import exact"]);
    assert_eq!(places(&stage.array(&["definition", "json"])), places(&foreign));
    let uses = places(&stage.array(&["references", "json"]));
    assert_eq!(uses, ["shop/models.py:2:8 import exact", "shop/models.py:15:9 read exact"]);
}

#[test]
fn answers_are_short_enough_to_read() {
    let stage = Stage::new();
    for (operation, params) in [
        ("references", json!({"symbol": "price"})),
        ("definition", json!({"symbol": "Order.save"})),
        ("symbols", json!({"name": "o", "kind": ["type"]})),
        ("symbols", json!({"name": "Order.total"})),
        ("outline", json!({"path": "shop/models.py"})),
        ("hover", json!({"symbol": "Base"})),
        ("callers", json!({"symbol": "price", "depth": 2})),
        ("callees", json!({"symbol": "show"})),
        ("implementations", json!({"symbol": "Base"})),
        ("implementations", json!({"symbol": "Base.total"})),
        ("supertypes", json!({"symbol": "Order.total"})),
        ("dependencies", json!({"path": "shop/views.py", "transitive": true})),
        ("dependents", json!({"path": "shop/models.py"})),
        ("unused", json!({})),
    ] {
        let name = format!("{operation} {params}");
        let text = stage.text(operation, params);
        insta::assert_snapshot!(
            name.replace(['{', '}', '"', ':', ',', '[', ']', '/', '.'], " ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join("_"),
            text
        );
    }
}

#[test]
fn the_command_line_says_the_same_and_tells_by_its_status() {
    let stage = Stage::new();
    let (text, code) = stage.cli(&["outline", "shop/models.py"]);
    assert_eq!((text, code), (stage.text("outline", json!({"path": "shop/models.py"})), Some(0)));
    let (text, code) = stage.cli(&["symbols", "nothing_like_it_at_all"]);
    assert_eq!((&text[..], code), ("No symbols.\n", Some(1)));
    assert_eq!(stage.cli(&["references", "nothing_like_it_at_all"]).1, Some(2));
}

#[test]
fn status_tells_of_the_index() {
    let stage = Stage::new();
    let mut client = stage.client();
    client.call("references", stage.params(json!({"symbol": "price"}))).expect("an answer");
    let status = client.call("status", json!({})).expect("a status");
    let code = &status["workspaces"][0]["code"];
    assert_eq!(code["state"], "ready", "{code}");
    assert_eq!(code["files"], 5);
    assert_eq!(code["with_errors"], 1);
    assert!(code["bytes"].as_u64() > Some(0));
}
