//! `activate` and `resonate`.

use serde_json::json;

use super::bed::{Bed, texts};

const QUESTION: &str = "save the order of a customer";

/// What the words mean comes first, what is joined to it follows with the way that leads there, and
/// the answer says where it started and what each dimension added.
#[test]
fn answers_come_with_their_proof() {
    let mut bed = Bed::new();
    let reply = bed.ask("activate", json!({"question": QUESTION, "limit": 40}));
    let keys = texts(&reply["results"], "key");
    assert!(keys[0].starts_with("shop/models.py"), "{keys:?}");
    let detail = keys.iter().position(|it| it == "shop/views.py#detail");
    let detail = &reply["results"][detail.unwrap_or_else(|| panic!("{keys:?}"))];
    let proof = detail["proof"].as_array().expect("a list");
    let seed = texts(&reply["seeds"], "key").contains(&"shop/views.py#detail".to_owned());
    assert!(seed || !proof.is_empty(), "{detail}");
    for step in proof {
        assert!(!step["edge"].as_str().unwrap_or_default().is_empty(), "{detail}");
    }
    let weights: f64 = reply["dimensions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["weight"].as_f64().expect("a number"))
        .sum();
    assert!((weights - 1.0).abs() < 1e-3, "{}", reply["dimensions"]);
    let price = bed.ask("activate", json!({"question": "price"}));
    let seed = price["seeds"].as_array().expect("a list").iter();
    let seed = seed.clone().find(|it| it["key"] == "shop/models.py#price");
    assert_eq!(seed.expect("it is named")["level"], "exact", "{}", price["seeds"]);
}

/// Each dimension can be had alone, and then the others add nothing.
#[test]
fn dimensions_can_be_switched() {
    let mut bed = Bed::new();
    let all = ["structural", "semantic", "temporal", "causal"];
    for wanted in all {
        let params = json!({"question": QUESTION, "dimensions": [wanted]});
        let reply = bed.ask("activate", params);
        for result in reply["results"].as_array().expect("a list") {
            for other in all.iter().filter(|it| **it != wanted) {
                assert_eq!(result[*other], 0.0, "{wanted}: {result}");
            }
        }
    }
    let refused = bed.try_ask("activate", json!({"question": "x", "dimensions": ["odd"]}));
    assert!(refused.expect_err("there is none").message.contains("structural"));
}

/// Kinds are filtered, files come once each, and limits hold.
#[test]
fn results_can_be_narrowed() {
    let mut bed = Bed::new();
    let reply = bed.ask("activate", json!({"question": QUESTION, "kinds": ["symbol"]}));
    assert!(texts(&reply["results"], "node").iter().all(|it| it == "symbol"), "{reply}");
    let reply = bed.ask("activate", json!({"question": QUESTION, "files_only": true}));
    let mut paths = texts(&reply["results"], "path");
    let count = paths.len();
    assert_eq!(paths[0], "shop/models.py");
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), count, "each file once");
    let reply = bed.ask("activate", json!({"question": QUESTION, "limit": 2}));
    assert_eq!(reply["results"].as_array().map(Vec::len), Some(2));
}

/// Asking leaves nothing behind: the same question has the same answer, whatever came between.
#[test]
fn questions_change_nothing() {
    let mut bed = Bed::new();
    let options = json!({"question": QUESTION, "resonance": true, "xlr": true});
    let before =
        (bed.ask("activate", options.clone()), bed.ask("seek", json!({"question": QUESTION})));
    for other in ["greet an address", "price", "deliver letters", QUESTION] {
        bed.ask("activate", json!({"question": other}));
        bed.ask("resonate", json!({"question": other}));
    }
    let after = (bed.ask("activate", options), bed.ask("seek", json!({"question": QUESTION})));
    assert_eq!(before, after);
}

/// Waves from two places meet in what joins them.
#[test]
fn waves_stand_between_what_is_struck() {
    let mut bed = Bed::new();
    let targets = ["shop/views.py#detail", "tests/test_models.py#test_total"];
    let reply = bed.ask("resonate", json!({"targets": targets}));
    let keys = texts(&reply["antinodes"], "key");
    assert!(keys.iter().any(|it| it.starts_with("shop/models.py")), "{keys:?}");
    assert!(reply["pulses"].as_u64().expect("a number") > 2 && reply["cut"].is_boolean());
    let first = &reply["antinodes"][0];
    assert!((1..=5).contains(&first["harmonic"].as_u64().expect("a number")), "{first}");
    assert!(first["phase"].as_f64().expect("a number").abs() <= 3.15, "{first}");
    let peaks = bed.ask("resonate", json!({"question": "order", "peaks_only": true}));
    let peaks = peaks["antinodes"].as_array().expect("a list");
    assert!(!peaks.is_empty() && peaks.iter().all(|it| it["peak"] == true));
}

/// Whatever is asked, there is an answer or an error, and the daemon goes on.
#[test]
fn odd_questions_do_no_harm() {
    let mut bed = Bed::new();
    let long = "order ".repeat(1700);
    let joined = "💥".repeat(3000);
    for odd in
        ["", " \n\t", "\0", "a\0b order", "💥", &joined, &long, "::::((((``", "ﬀ İ ß", "-1e999"]
    {
        for operation in ["activate", "resonate", "seek"] {
            match bed.try_ask(operation, json!({"question": odd})) {
                Ok(reply) => assert!(reply["proof_state"].is_string(), "{reply}"),
                Err(refused) => assert_eq!(refused.code, "bad_parameter", "{}", refused.message),
            }
        }
        let lesson = json!({"question": odd, "useful": ["shop/mail.py"]});
        if let Err(refused) = bed.try_ask("learn", lesson) {
            assert_eq!(refused.code, "bad_parameter", "{}", refused.message);
        }
    }
    let reply = bed.ask("activate", json!({"question": QUESTION}));
    assert!(!reply["results"].as_array().expect("a list").is_empty());
}

/// A daemon that a command has started reads history though the directory where that was is gone.
#[test]
fn the_place_where_it_began_may_go_away() {
    let mut bed = Bed::new();
    bed.stop();
    let other = bed.home.tree("other", &[("a.py", "order = 1\n")]);
    let seek = |bed: &Bed, place: &std::path::Path, root: &std::path::Path| {
        let root = root.display().to_string();
        let mut command = bed.home.coderoom(&["seek", "order", "--json", "--path", &root]);
        let output = command.current_dir(place).output().expect("the program runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(seek(&bed, &other, &other).contains("a.py"));
    std::fs::remove_dir_all(&other).expect("it was there");
    let found = seek(&bed, &bed.root, &bed.root);
    assert!(found.contains("shop/models.py") && !found.contains("cannot be read"), "{found}");
}

/// Other parts of the semantic dimension can be asked for: they find what the text does not say, the
/// answer says what each added, and without them everything is as it was.
#[test]
fn semantic_parts_can_be_switched() {
    let mut bed = Bed::new();
    let ask = |bed: &mut Bed, question: &str, parts: &[&str]| {
        bed.ask("activate", json!({"question": question, "semantic": parts, "limit": 40}))
    };
    let usual = bed.ask("activate", json!({"question": QUESTION, "limit": 40}));
    assert_eq!(usual["semantic"], json!([]));
    assert_eq!(usual["results"][0]["semantic_parts"], json!([]));
    let misspelt = ask(&mut bed, "delivver", &["trigrams"]);
    assert_eq!(misspelt["results"][0]["key"], "shop/post.py#deliver", "{}", misspelt["results"]);
    let all = ["text", "trigrams", "cooccurrence"];
    let reply = ask(&mut bed, QUESTION, &all);
    assert_eq!(texts(&reply["semantic"], "part"), all);
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let list = |value: &serde_json::Value| value.as_array().expect("a list").clone();
    let shares: Vec<f64> = list(&reply["semantic"]).iter().map(|it| number(&it["share"])).collect();
    assert!(shares.iter().all(|it| *it > 0.0), "{shares:?}");
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-3, "{shares:?}");
    for result in list(&reply["results"]) {
        let adds: f64 = list(&result["semantic_parts"]).iter().map(|it| number(&it["adds"])).sum();
        assert!((adds - number(&result["semantic"])).abs() < 1e-3, "{result}");
    }
    assert_eq!(ask(&mut bed, QUESTION, &["text"]), usual);
    let refused = bed.try_ask("activate", json!({"question": "x", "semantic": ["odd"]}));
    assert!(refused.expect_err("there is none").message.contains("trigrams"));
}
