//! The shim with a real daemon behind it prints what ripgrep prints, says what ripgrep says, and
//! ends as ripgrep ends: random command lines over generated trees, and those that clients send.
//!
//! Needs ripgrep 15 (`RG`, or `rg` on PATH) and the `coderoom` binary beside this crate's `rg`.
//! `CODEROOM_SHIM_CASES` sets the number of random command lines (default 400),
//! `CODEROOM_SHIM_SEED` the first seed; a failure prints what to run again.

mod clients;
mod line;
mod stage;
#[path = "../../../system/tests/differential/support.rs"]
mod support;
#[path = "../../../system/tests/differential/tree.rs"]
mod tree;

use std::{fs, path::Path, time::SystemTime};

use line::Line;
use stage::{Answer, Choice, Stage};
pub(crate) use support::Random;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Gives every file a time of its own, so that sorting by it has one result.
fn spread_times(dir: &Path, next: &mut u64) {
    for entry in fs::read_dir(dir).expect("a directory of the tree") {
        let path = entry.expect("an entry").path();
        let kind = fs::symlink_metadata(&path).expect("it is there").file_type();
        if kind.is_dir() {
            spread_times(&path, next);
        } else if kind.is_file() {
            // Neither in the order of names nor in that of the walk.
            *next = (*next * 7919) % 1_000_003;
            let time =
                SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000 + *next);
            let file = fs::File::options().append(true).open(&path).expect("it opens");
            file.set_modified(time).expect("a time");
        }
    }
}

#[test]
fn random_command_lines_are_answered_as_ripgrep_answers_them() {
    let stage = Stage::new();
    let cases = number("CODEROOM_SHIM_CASES", 400);
    let first = number("CODEROOM_SHIM_SEED", 1);
    let mut failures = Vec::new();
    let (mut refused, mut matched) = (0, 0);
    for tree_seed in 0..cases.div_ceil(40) {
        let mut random = Random(first + tree_seed * 1000);
        let root = stage.path(&format!("case{tree_seed}/tree"));
        fs::create_dir_all(&root).expect("a directory for the tree");
        tree::make(&mut random, &root);
        for dir in ["src", "a"] {
            fs::create_dir_all(root.join(dir)).expect("a directory to start in");
        }
        spread_times(&root, &mut 1);
        // `auto` asks only about what is resident.
        stage.run(Choice::Resident, &root, &Line::of(&["--files"]));
        for number in 0..40 {
            let line = Line::random(&mut random, &root);
            let real = stage.real(&root, &line);
            matched += u64::from(real.exit == 0);
            let seed = first + tree_seed * 1000;
            let auto = stage.run(Choice::Auto, &root, &line);
            if !auto.is(&real) {
                failures.push(format!("seed {seed}.{number}, auto: {}", line.differ(&real, &auto)));
            }
            let resident = stage.run(Choice::Resident, &root, &line);
            if is_refusal(&resident) && !resident.is(&real) {
                refused += 1;
            } else if line.args.iter().any(|arg| arg == "-m0") && is_missing(&resident) {
                // Where nothing can match, ripgrep does not even notice that a path is missing.
            } else if resident.exit != real.exit || resident.stdout != real.stdout {
                let words = line.differ(&real, &resident);
                failures.push(format!("seed {seed}.{number}, resident: {words}"));
            }
        }
    }
    let shown: Vec<&str> = failures.iter().take(12).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} answers differ:\n{}", failures.len(), shown.join("\n"));
    // The generator must not drift into lines that are all refused or find nothing.
    let answered = stage.lines_run() - stage.lines_passed_on();
    eprintln!("{cases} lines: {matched} matched, {refused} refused, {answered} from memory");
    assert!(matched * 3 > cases, "only {matched} of {cases} lines matched anything");
    assert!(refused * 2 < cases, "{refused} of {cases} lines were refused");
    assert!(answered * 3 > cases, "only {answered} of {cases} lines were answered from memory");
}

/// `resident` may decline, in these forms only: nothing printed, status 2, words that are ours.
fn is_refusal(answer: &Answer) -> bool {
    answer.exit == 2 && answer.stdout.is_empty() && answer.stderr.starts_with("rg: ")
}

fn is_missing(answer: &Answer) -> bool {
    answer.exit == 2 && answer.stdout.is_empty()
}

#[test]
fn resident_names_the_flag_that_it_cannot_honour() {
    let stage = Stage::new();
    let root = stage.path("tree");
    fs::create_dir(&root).expect("a directory");
    fs::write(root.join("a.txt"), "needle\n").expect("a file");
    for flag in ["--follow", "--pcre2", "--search-zip", "--one-file-system", "--pre=cat", "--mmap"]
    {
        let answer = stage.run(Choice::Resident, &root, &Line::of(&[flag, "needle"]));
        assert!(is_refusal(&answer), "{flag}: {answer:?}");
        let name = flag.split('=').next().expect("a name");
        assert!(answer.stderr.contains(name), "{flag}: {}", answer.stderr);
    }
    assert_eq!(stage.lines_passed_on(), 0, "`resident` never runs the next rg");
}

#[test]
fn resident_starts_the_daemon_and_loads_what_it_is_pointed_at() {
    let stage = Stage::without_daemon();
    let root = stage.path("tree");
    fs::create_dir(&root).expect("a directory");
    fs::write(root.join("a.txt"), "needle\n").expect("a file");
    let auto = stage.run(Choice::Auto, &root, &Line::of(&["needle"]));
    assert_eq!(auto.stdout, b"a.txt:needle\n");
    assert_eq!(stage.lines_passed_on(), 1, "`auto` starts nothing");
    let resident = stage.run(Choice::Resident, &root, &Line::of(&["needle"]));
    assert_eq!((resident.exit, &resident.stdout[..]), (0, &b"a.txt:needle\n"[..]), "{resident:?}");
    let auto = stage.run(Choice::Auto, &root, &Line::of(&["needle"]));
    assert_eq!(auto.stdout, b"a.txt:needle\n");
    assert_eq!(stage.lines_passed_on(), 1, "now there is one to ask");
}
