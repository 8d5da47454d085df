//! Trails: what is kept, what becomes of their places, how they are merged and bounded.

use std::fs;

use serde_json::{Value, json};

use super::bed::{Bed, texts};

fn save(bed: &mut Bed, name: &str, mut more: Value) -> Value {
    more["name"] = json!(name);
    bed.ask("trail_save", more)
}

/// Each place with its state and where it is now.
fn places(reply: &Value) -> Vec<[String; 3]> {
    let [keys, states, now] = ["key", "state", "now"].map(|key| texts(&reply["places"], key));
    keys.into_iter().zip(states).zip(now).map(|((key, state), now)| [key, state, now]).collect()
}

fn next(reply: &Value) -> [&str; 3] {
    ["proof_state", "next_suggested_tool", "next_suggested_target"]
        .map(|key| reply[key].as_str().unwrap_or_default())
}

/// What is saved comes back, is added to, and leads to what is undecided and open; answers close
/// questions and verdicts replace verdicts.
#[test]
fn trails_go_on() {
    let mut bed = Bed::new();
    let first = json!({
        "task": "totals are wrong", "notes": ["price is 3 each"],
        "undecided": ["nothing calls greet", "it is the rounding"],
        "questions": ["who calls total?", "since when?"],
        "visited": ["Order.total", "shop/views.py"],
    });
    let reply = save(&mut bed, "totals", first);
    assert_eq!(next(&reply), ["proving", "hypothesize", "nothing calls greet"]);
    let more = json!({
        "notes": ["Price is 3 each.", "views save"], "confirmed": ["nothing calls greet"],
        "refuted": ["it is  the rounding"], "answered": ["Who calls total?", "never asked"],
        "visited": ["Order.total"],
    });
    let reply = save(&mut bed, "totals", more);
    assert!(reply["notes"].to_string().contains("`never asked` was no open question"), "{reply}");
    let reply = bed.ask("trail_resume", json!({}));
    let trail = &reply["trail"];
    assert_eq!(trail["notes"], json!(["price is 3 each", "views save"]));
    assert_eq!(trail["confirmed"], json!(["nothing calls greet"]));
    assert_eq!(trail["refuted"], json!(["it is the rounding"]));
    assert_eq!((&trail["undecided"], &trail["questions"]), (&json!([]), &json!(["since when?"])));
    assert_eq!(next(&reply), ["proving", "seek", "since when?"]);
    assert_eq!(
        (&reply["focus"], &reply["question"]),
        (&json!("shop/models.py:4"), &json!("since when?"))
    );
    let order = texts(&reply["places"], "key");
    assert_eq!(order, ["shop/views.py", "shop/models.py#Order.total"], "the latest is last");
}

/// A place is the same wherever its lines are; it has changed with its text; it has moved with its
/// name or its text to another file, a file with its text to another path; else it is gone.
#[test]
fn places_are_found_again() {
    let mut bed = Bed::new();
    let visited = json!([
        "Order.total",
        "Order.save",
        "greet",
        "deliver",
        "entries",
        "shop/post.py",
        "shop/mail.py",
        "docs/orders.md#orders"
    ]);
    save(&mut bed, "all", json!({"visited": visited}));
    let root = bed.root.clone();
    let models = fs::read_to_string(root.join("shop/models.py")).expect("it is there");
    let models =
        models.replace("price(1)", "price(2)").replace("class Order", "\n\n# New\nclass Order");
    fs::write(root.join("shop/models.py"), models).expect("it is written");
    fs::rename(root.join("shop/mail.py"), root.join("shop/letters.py")).expect("it moves");
    fs::rename(root.join("shop/post.py"), root.join("tests/post.py")).expect("it moves");
    fs::write(root.join("tests/post.py"), "def deliver(letter, to):\n    return to\n").expect("it");
    fs::remove_file(root.join("shop/ledger.py")).expect("it goes");
    let reply = bed.ask("trail_resume", json!({"name": "all"}));
    let wanted = [
        ["shop/models.py#Order.total", "changed", "shop/models.py:7"],
        ["shop/models.py#Order.save", "same", "shop/models.py:10"],
        ["shop/mail.py#greet", "moved", "shop/letters.py"],
        ["shop/post.py#deliver", "moved", "tests/post.py"],
        ["shop/ledger.py#entries", "gone", ""],
        ["shop/post.py", "gone", ""],
        ["shop/mail.py", "moved", "shop/letters.py"],
        ["docs/orders.md#orders", "same", "docs/orders.md"],
    ];
    assert_eq!(places(&reply), wanted.map(|it| it.map(str::to_owned)));
    let changed =
        reply["places"].as_array().expect("a list").iter().map(|it| it["changed"] == true);
    assert_eq!(changed.collect::<Vec<_>>(), [true, false, false, true, false, false, false, false]);
    assert_eq!(next(&reply), ["triaging", "surgical_context_v2", "tests/post.py"]);
    assert_eq!(reply["focus"], "tests/post.py");
}

/// A session sees its own state of the places.
#[test]
fn sessions_have_their_own_places() {
    let mut bed = Bed::new();
    save(&mut bed, "a", json!({"visited": ["greet"]}));
    bed.ask("session_open", json!({"name": "s", "agent": "tester"}));
    let edit = json!({"session": "s", "path": "shop/mail.py", "old_str": "return address",
        "new_str": "return address.lower()"});
    bed.ask("edit_file", edit);
    let resume = |bed: &mut Bed, session: &str| {
        let reply = bed.ask("trail_resume", json!({"name": "a", "session": session}));
        texts(&reply["places"], "state")
    };
    assert_eq!(
        (resume(&mut bed, "s"), resume(&mut bed, "")),
        (vec!["changed".into()], vec!["same".into()])
    );
}

/// Merging is a union that names contradictions; until somebody decides, they are what comes next.
#[test]
fn trails_are_merged() {
    let mut bed = Bed::new();
    save(
        &mut bed,
        "a",
        json!({"notes": ["x"], "confirmed": ["it is greet"], "visited": ["greet"]}),
    );
    save(&mut bed, "b", json!({"notes": ["y"], "refuted": ["It is greet."], "questions": ["q"]}));
    save(&mut bed, "c", json!({}));
    let reply = bed.ask("trail_merge", json!({"names": ["a", "b"], "into": "both"}));
    let conflict = json!([{"claim": "it is greet", "confirmed_by": ["a"], "refuted_by": ["b"]}]);
    assert_eq!(reply["conflicts"], conflict);
    assert_eq!(reply["trail"]["contested"], json!(["it is greet"]));
    assert_eq!(reply["trail"]["notes"].as_array().map(Vec::len), Some(2));
    assert_eq!(next(&reply), ["proving", "seek", "it is greet"]);
    let reply = save(&mut bed, "both", json!({"confirmed": ["it is greet"]}));
    assert_eq!(
        (&reply["trail"]["contested"], next(&reply)),
        (&json!([]), ["proving", "seek", "q"])
    );
    for (names, into) in [
        (vec!["a"], "d"),
        (vec!["a", "a"], "d"),
        (vec!["a", "no"], "d"),
        (vec!["a", "b"], "c"),
        (vec!["a", "b"], ""),
    ] {
        let refused = bed.try_ask("trail_merge", json!({"names": names, "into": into}));
        assert_eq!(refused.expect_err(into).code, "bad_parameter", "{names:?} {into}");
    }
    let listed = bed.ask("trail_list", json!({}));
    assert_eq!(listed["total"], 4);
    bed.ask("trail_delete", json!({"name": "a"}));
    let mut left = texts(&bed.ask("trail_list", json!({}))["trails"], "name");
    left.sort_unstable();
    assert_eq!(left, ["b", "both", "c"]);
    assert_eq!(
        bed.try_ask("trail_delete", json!({"name": "a"})).expect_err("gone").code,
        "bad_parameter"
    );
}

/// What is refused changes nothing.
#[test]
fn what_is_refused_changes_nothing() {
    let mut bed = Bed::new();
    save(&mut bed, "a", json!({"notes": ["x"]}));
    let before = bed.ask("trail_list", json!({}));
    let odd = [
        json!({"name": ""}),
        json!({"name": "a\nb"}),
        json!({"name": "a", "visited": ["no/such.py"]}),
        json!({"name": "a", "notes": ["x".repeat(5000)]}),
        json!({"name": "a", "anew": true, "questions": (0..301).map(|it| it.to_string()).collect::<Vec<_>>()}),
        json!({"name": "a", "odd": 1}),
    ];
    for params in odd {
        assert!(bed.try_ask("trail_save", params.clone()).is_err(), "{params}");
    }
    assert!(bed.try_ask("trail_resume", json!({"name": "no"})).is_err());
    assert_eq!(bed.ask("trail_list", json!({})), before);
    let reply = save(&mut bed, "a", json!({"anew": true, "notes": ["💥\0"]}));
    assert_eq!(reply["trail"]["notes"], json!(["💥\0"]));
}

/// A trail outlives a daemon that is killed; a damaged file is set aside and said.
#[test]
fn trails_survive_and_damage_is_said() {
    let mut bed = Bed::new();
    save(&mut bed, "a", json!({"notes": ["x"], "visited": ["greet"]}));
    bed.restart(|_| ());
    let reply = bed.ask("trail_resume", json!({"name": "a"}));
    assert_eq!(
        (texts(&reply["places"], "state"), &reply["trail"]["notes"][0]),
        (vec!["same".to_owned()], &json!("x"))
    );
    bed.restart(|bed| {
        let dir = bed.home.path("state/coderoom/learnt");
        let room = fs::read_dir(dir).expect("it is there").next().expect("one").expect("one");
        let file = room.path().join("trails");
        let mut bytes = fs::read(&file).expect("it was written");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&file, bytes).expect("it is written");
    });
    let listed = bed.ask("trail_list", json!({}));
    assert_eq!(listed["total"], 0);
    assert!(listed["notes"].to_string().contains("set aside"), "{listed}");
    assert!(bed.status()["workspaces"][0]["problems"].to_string().contains("set aside"));
    assert_eq!(save(&mut bed, "a", json!({}))["notes"], json!([]), "it was said once");
}
