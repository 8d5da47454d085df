//! A save on disk is in the next answer.

use serde_json::json;

use crate::{Stage, common::write, places};

#[test]
fn what_is_saved_is_in_the_next_answer() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut uses = || {
        let params = stage.params(json!({"symbol": "price", "path": "shop/models.py"}));
        let reply = client.call("references", params).expect("an answer");
        reply["references"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(uses(), 6);
    for round in 0..20 {
        let calls = "    price(4)\n".repeat(round);
        let text = format!("from shop.models import price\n\n\ndef f{round}():\n    pass\n{calls}");
        write(&stage.root.join("shop/more.py"), text);
        assert_eq!(uses(), 7 + round);
    }
    std::fs::remove_file(stage.root.join("shop/more.py")).expect("it is there");
    assert_eq!(uses(), 6);
}

#[test]
fn a_renamed_symbol_is_found_under_its_new_name_only() {
    let stage = Stage::new();
    assert_eq!(stage.array(&["definition", "forgotten"]).len(), 1);
    let path = stage.root.join("shop/models.py");
    let text = std::fs::read_to_string(&path).expect("it is there");
    write(&path, text.replace("def forgotten", "\n\ndef remembered"));
    assert_eq!(
        places(&stage.array(&["definition", "remembered"])),
        ["shop/models.py:29:5 definition exact"]
    );
    let gone = stage.refusal("definition", json!({"symbol": "forgotten"}));
    assert!(gone.starts_with("unknown_symbol: "), "{gone}");
}
