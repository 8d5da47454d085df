//! What is learnt from an agent's own edits: when, of which files, and how it is taken back.

use serde_json::{Value, json};

use super::bed::{Bed, texts};

const ASKED: &str = "letter for a customer with the address";
const LIKE: &str = "a letter to the address of a customer";
const UNLIKE: &str = "entries of a book";

fn open(bed: &mut Bed, config: &str) {
    bed.ask("session_open", json!({"name": "s", "agent": "alice", "config": config}));
}

/// The files that were answered.
fn ask(bed: &mut Bed) -> Vec<String> {
    let reply = bed.ask("seek", json!({"session": "s", "question": ASKED}));
    texts(&reply["files"], "path")
}

fn edit(bed: &mut Bed, path: &str) {
    let edit = json!({"kind": "insert", "path": path, "line": 0, "text": "# edited\n"});
    bed.ask("apply_batch", json!({"session": "s", "edits": [edit]}));
}

fn hand_over(bed: &mut Bed) {
    bed.ask("sync", json!({"session": "s"}));
}

fn lessons(bed: &mut Bed) -> Vec<Value> {
    let reply = bed.ask("learn", json!({"action": "list"}));
    reply["lessons"].as_array().expect("a list").clone()
}

/// Where a file is among the answers to a question like the one that was asked.
fn place(bed: &mut Bed, operation: &str, path: &str) -> usize {
    let reply = bed.ask(operation, json!({"question": LIKE, "files_only": true}));
    let files = texts(&reply["results"], "path");
    files.iter().position(|it| it == path).unwrap_or(usize::MAX)
}

/// Edited files that were answered are a lesson for the question, once and for like questions only;
/// it can be listed, exported, reset like any other, and says where it comes from.
#[test]
fn edits_that_are_handed_over_teach() {
    let mut bed = Bed::new();
    open(&mut bed, "");
    let unlike = bed.ask("seek", json!({"question": UNLIKE, "places": 0}));
    let before = place(&mut bed, "activate", "shop/post.py");
    let answered = ask(&mut bed);
    assert!(answered.contains(&"shop/post.py".to_owned()), "{answered:?}");
    assert!(!answered.contains(&"shop/ledger.py".to_owned()), "{answered:?}");
    assert!(before > 0, "it is not the first already");
    for path in ["shop/post.py", "shop/ledger.py", "tests/test_models.py"] {
        edit(&mut bed, path);
    }
    assert!(lessons(&mut bed).is_empty(), "nothing was handed over");
    for _ in 0..2 {
        hand_over(&mut bed);
    }
    let learnt = lessons(&mut bed);
    assert_eq!(learnt.len(), 1, "{learnt:?}");
    let first = &learnt[0];
    assert_eq!((&first["question"], &first["source"]), (&json!(ASKED), &json!("edits")));
    assert_eq!((&first["useful"], &first["agent"]), (&json!(["shop/post.py"]), &json!("alice")));
    let heard = bed.ask("activate", json!({"question": LIKE}));
    assert_eq!(heard["lessons"][0]["id"], first["id"]);
    assert!(place(&mut bed, "activate", "shop/post.py") < before);
    let files = |reply: &Value| texts(&reply["files"], "path");
    let after = bed.ask("seek", json!({"question": UNLIKE, "places": 0}));
    assert_eq!(files(&after), files(&unlike), "an unlike question");
    let export = bed.ask("learn", json!({"action": "export"}))["export"].clone();
    let reset = |source: &str| json!({"action": "reset", "source": source});
    assert_eq!(bed.ask("learn", reset("told"))["changed"], 0);
    assert_eq!(bed.ask("learn", reset("edits"))["changed"], 1);
    bed.ask("learn", json!({"action": "import", "lessons": export}));
    assert_eq!(lessons(&mut bed)[0]["source"], "edits");
    let told = bed.ask("learn", json!({"action": "list", "source": "told"}));
    assert_eq!(told["lessons"], json!([]));
}

/// What an agent takes back before it hands over teaches nothing; what it takes back later takes the
/// lesson back.
#[test]
fn what_is_undone_teaches_nothing() {
    let mut bed = Bed::new();
    open(&mut bed, "");
    ask(&mut bed);
    edit(&mut bed, "shop/post.py");
    bed.ask("undo", json!({"session": "s"}));
    hand_over(&mut bed);
    assert!(lessons(&mut bed).is_empty());
    edit(&mut bed, "shop/post.py");
    hand_over(&mut bed);
    assert_eq!(lessons(&mut bed).len(), 1);
    edit(&mut bed, "shop/mail.py");
    hand_over(&mut bed);
    let grown = lessons(&mut bed);
    assert_eq!(grown.len(), 1, "the same question has one lesson: {grown:?}");
    assert_eq!(grown[0]["useful"], json!(["shop/mail.py", "shop/post.py"]));
    bed.ask("rollback", json!({"session": "s", "to": 0}));
    hand_over(&mut bed);
    assert!(lessons(&mut bed).is_empty());
}

/// A lesson that somebody has taken back does not come back, and one that was told stands alone.
#[test]
fn people_have_the_last_word() {
    let mut bed = Bed::new();
    open(&mut bed, "");
    ask(&mut bed);
    edit(&mut bed, "shop/post.py");
    hand_over(&mut bed);
    bed.ask("learn", json!({"action": "undo"}));
    edit(&mut bed, "shop/mail.py");
    hand_over(&mut bed);
    assert!(lessons(&mut bed).is_empty());
    bed.ask("session_close", json!({"session": "s"}));
    bed.ask("learn", json!({"question": ASKED, "not_useful": ["shop/post.py"]}));
    open(&mut bed, "");
    ask(&mut bed);
    edit(&mut bed, "shop/post.py");
    hand_over(&mut bed);
    let learnt = lessons(&mut bed);
    assert_eq!((learnt.len(), &learnt[0]["source"]), (1, &json!("told")), "{learnt:?}");
}

/// Only edits that come after a question of the same session count; a review commit hands over, a
/// commit behind the edits and a session that is thrown away do not; the setting switches it off.
#[test]
fn only_what_follows_a_question_and_is_handed_over_counts() {
    let mut bed = Bed::new();
    open(&mut bed, "");
    bed.ask("seek", json!({"question": ASKED}));
    edit(&mut bed, "shop/post.py");
    ask(&mut bed);
    hand_over(&mut bed);
    assert!(lessons(&mut bed).is_empty(), "it was edited before the session asked");
    edit(&mut bed, "shop/post.py");
    bed.ask("session_close", json!({"session": "s", "discard": true}));
    assert!(lessons(&mut bed).is_empty(), "thrown away");
    open(&mut bed, "graph:\n  learn_from_edits: false\n");
    ask(&mut bed);
    edit(&mut bed, "shop/post.py");
    bed.ask("commit_review", json!({"session": "s"}));
    bed.ask("session_close", json!({"session": "s", "discard": true}));
    assert!(lessons(&mut bed).is_empty(), "switched off");
    open(&mut bed, "");
    ask(&mut bed);
    edit(&mut bed, "shop/post.py");
    bed.ask("commit_review", json!({"session": "s"}));
    bed.ask("session_close", json!({"session": "s", "discard": true}));
    assert_eq!(lessons(&mut bed).len(), 1, "it is on the review branch");
}
