//! Questions that cannot be answered: what people and models read then.

use serde_json::json;

use crate::{Stage, common::write};

#[test]
fn errors_say_what_would_work() {
    let stage = Stage::new();
    let mut text = String::new();
    for (operation, params) in [
        ("references", json!({"symbol": "prise"})),
        ("references", json!({"symbol": "total"})),
        ("references", json!({"symbol": "Order.nothing"})),
        ("references", json!({})),
        ("references", json!({"path": "shop/models.py"})),
        ("definition", json!({"path": "models.py", "line": 1})),
        ("definition", json!({"path": "shop/models.py", "line": 99})),
        ("definition", json!({"path": "shop/models.py", "line": 5, "column": 99})),
        ("definition", json!({"path": "shop/models.py", "line": 3})),
        ("definition", json!({"path": "shop/views.py", "line": 9})),
        ("definition", json!({"path": "shop/vague.py", "line": 12, "symbol": "run"})),
        ("definition", json!({"path": "shop/models.py", "line": 15, "symbol": "dumps"})),
        ("outline", json!({"path": "notes.txt"})),
        ("outline", json!({"path": "../outside.py"})),
        ("implementations", json!({"symbol": "price"})),
        ("symbols", json!({"name": "a", "kind": ["klass"]})),
        ("symbols", json!({"name": "a", "language": ["klingon"]})),
        ("symbols", json!({"name": "a", "glob": ["[a"]})),
        ("dependents", json!({"path": "shop/nothing.py"})),
    ] {
        let asked = format!("{operation} {params}");
        text.push_str(&format!("{asked}\n    {}\n", stage.refusal(operation, params)));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_file_that_does_not_parse_is_answered_in_part_and_says_so() {
    let stage = Stage::new();
    let outline = stage.text("outline", json!({"path": "shop/broken.py"}));
    assert!(outline.contains("function fine"), "{outline}");
    assert!(outline.contains("shop/broken.py has syntax errors, the first at 4:"), "{outline}");
}

#[test]
fn a_file_that_is_too_large_says_so() {
    let stage = Stage::new();
    let line = "def a_function_with_a_long_name():\n    pass\n\n\n";
    write(&stage.root.join("large.py"), line.repeat((5 << 20) / line.len()));
    let outline = stage.text("outline", json!({"path": "large.py"}));
    // A note that the index is being made again may follow.
    let said = "No symbols.\n[large.py is not read to its end: it is larger than 4 MiB]\n";
    assert!(outline.starts_with(said), "{outline}");
}
