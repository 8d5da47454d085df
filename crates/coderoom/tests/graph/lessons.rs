//! `learn`: what it moves, what it leaves alone, and how it is taken back and kept.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::bed::{Bed, texts};

const TAUGHT: &str = "reminders reach every customer in the morning";
const LIKE: &str = "customer reminders are late in the morning";
const UNLIKE: [&str; 3] = ["price of an order", "deliver a letter", "detail of a request"];

/// All answers to questions that a lesson may or may not touch.
fn answers(bed: &mut Bed, question: &str) -> Vec<Value> {
    ["seek", "activate"].map(|it| bed.ask(it, json!({"question": question, "limit": 50}))).into()
}

fn teach(bed: &mut Bed) -> Value {
    let lesson = json!({
        "question": TAUGHT,
        "useful": ["shop/mail.py#greet"],
        "not_useful": ["shop/models.py"],
    });
    bed.ask("learn", lesson)
}

fn place(paths: &[String], path: &str) -> usize {
    paths.iter().position(|it| it == path).unwrap_or(usize::MAX)
}

fn files(bed: &mut Bed, question: &str) -> (Vec<String>, Vec<String>) {
    let seek = bed.ask("seek", json!({"question": question}));
    let lit = bed.ask("activate", json!({"question": question, "files_only": true}));
    (texts(&seek["files"], "path"), texts(&lit["results"], "path"))
}

fn file_of_lessons(bed: &Bed) -> PathBuf {
    let dir = bed.home.path("state/coderoom/learnt");
    let room = fs::read_dir(dir).expect("it was taught").next().expect("one").expect("one");
    room.path().join("lessons")
}

/// A lesson moves the answers to like questions up and down, says so, leaves others exactly as they
/// were, and is gone without a trace when it is taken back.
#[test]
fn like_questions_move_and_others_do_not() {
    let mut bed = Bed::new();
    let before: Vec<_> = UNLIKE.iter().map(|it| answers(&mut bed, it)).collect();
    let (like, found) = (answers(&mut bed, LIKE), files(&mut bed, LIKE));
    assert_eq!(found.0[0], "shop/models.py", "its words are there");
    assert!(place(&found.0, "shop/mail.py") > 0);
    assert_eq!(teach(&mut bed)["changed"], 1);
    let (seek, lit) = files(&mut bed, LIKE);
    assert!(place(&seek, "shop/mail.py") < place(&found.0, "shop/mail.py"), "{seek:?}");
    assert!(place(&lit, "shop/mail.py") < place(&found.1, "shop/mail.py"), "{lit:?}");
    for _ in 0..2 {
        teach(&mut bed);
    }
    let (seek, lit) = files(&mut bed, LIKE);
    assert_eq!((&*seek[0], &*lit[0]), ("shop/mail.py", "shop/mail.py"), "said three times");
    assert!(seek.contains(&"shop/models.py".to_owned()), "it goes down, not away");
    let heard = bed.ask("activate", json!({"question": LIKE}));
    assert_eq!(heard["lessons"][0]["id"], 3, "{}", heard["lessons"]);
    let aside =
        bed.ask("activate", json!({"question": LIKE, "without_lessons": true, "limit": 50}));
    assert_eq!(aside, like[1]);
    let after: Vec<_> = UNLIKE.iter().map(|it| answers(&mut bed, it)).collect();
    assert_eq!(before, after, "unlike questions");
    for _ in 0..3 {
        bed.ask("learn", json!({"action": "undo"}));
    }
    assert_eq!(answers(&mut bed, LIKE), like, "taken back");
}

/// Lessons of one question add up within bounds; each can be taken back by its number.
#[test]
fn lessons_are_listed_and_taken_back() {
    let mut bed = Bed::new();
    let before = answers(&mut bed, LIKE);
    for _ in 0..5 {
        teach(&mut bed);
    }
    let listed = bed.ask("learn", json!({"action": "list", "limit": 2}));
    assert_eq!((&listed["lessons"][0]["id"], &listed["total"]), (&json!(5), &json!(5)));
    assert_eq!(listed["lessons"][0]["useful"], json!(["shop/mail.py#greet"]));
    for result in bed.ask("activate", json!({"question": LIKE}))["results"].as_array().expect("it")
    {
        assert!(result["score"].as_f64().is_some_and(|it| it > 0.0 && it <= 1.5), "{result}");
    }
    bed.ask("learn", json!({"action": "undo", "id": 2}));
    let refused = bed.try_ask("learn", json!({"action": "undo", "id": 2}));
    assert_eq!(refused.expect_err("it is gone").code, "bad_parameter");
    assert_eq!(bed.ask("learn", json!({"action": "reset"}))["changed"], 4);
    assert_eq!(answers(&mut bed, LIKE), before);
    let unknown = json!({"question": TAUGHT, "useful": ["no/such.py"]});
    assert!(bed.try_ask("learn", unknown).is_err());
}

/// What is exported can be brought back, once; anything else is refused and changes nothing.
#[test]
fn lessons_travel() {
    let mut bed = Bed::new();
    teach(&mut bed);
    let taught = answers(&mut bed, LIKE);
    let export = bed.ask("learn", json!({"action": "export"}))["export"].clone();
    bed.ask("learn", json!({"action": "reset"}));
    for odd in ["", "[", "{}", r#"[{"id": NaN}]"#, r#"[{"odd": 1}]"#] {
        let refused = bed.try_ask("learn", json!({"action": "import", "lessons": odd}));
        assert_eq!(refused.expect_err(odd).code, "bad_parameter");
    }
    for new in [1, 0] {
        let reply = bed.ask("learn", json!({"action": "import", "lessons": export}));
        assert_eq!((&reply["changed"], &reply["total"]), (&json!(new), &json!(1)));
    }
    let again = files(&mut bed, LIKE);
    assert_eq!(texts(&taught[0]["files"], "path"), again.0);
}

/// A lesson is on disk when it is acknowledged: it survives a daemon that is killed.
#[test]
fn lessons_survive() {
    let mut bed = Bed::new();
    teach(&mut bed);
    let before = files(&mut bed, LIKE);
    bed.restart(|_| ());
    assert_eq!(files(&mut bed, LIKE), before);
    assert_eq!(bed.ask("learn", json!({"action": "list"}))["total"], 1);
}

/// A damaged file is set aside and said, in the next answer and in `status`; the rest goes on.
#[test]
fn a_damaged_file_is_set_aside() {
    let mut bed = Bed::new();
    let without = files(&mut bed, LIKE);
    teach(&mut bed);
    bed.restart(|bed| {
        let file = file_of_lessons(bed);
        let mut bytes = fs::read(&file).expect("it was written");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&file, bytes).expect("it is written");
    });
    let reply = bed.ask("seek", json!({"question": LIKE}));
    let said = reply["notes"].to_string();
    assert!(said.contains("set aside") && said.contains("checksum"), "{said}");
    assert_eq!(texts(&reply["files"], "path"), without.0);
    let status = bed.status();
    assert!(status["workspaces"][0]["problems"].to_string().contains("set aside"), "{status}");
    let file = file_of_lessons(&bed);
    assert!(!file.exists() && file.with_extension("damaged").exists());
    assert_eq!(teach(&mut bed)["total"], 1, "it can learn again");
    assert!(file.exists());
}
