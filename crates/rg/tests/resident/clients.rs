//! The command lines that coding agents really send, each in every form its source has.

use std::{fs, path::PathBuf};

use crate::{
    line::Line,
    stage::{Choice, Stage},
};

/// May `resident` decline a line?
#[derive(Clone, Copy, PartialEq)]
enum Must {
    /// It answers from memory.
    Answer,
    /// It may say that it cannot; `auto` then runs ripgrep.
    Agree,
}

/// `{ROOT}` becomes the tree's absolute path.
#[rustfmt::skip] // a line each
const LINES: &[(Must, &str)] = &[
    // qwen-code: always --ignore-case, an absolute directory.
    (Must::Answer, "--json --no-messages --path-separator / --ignore-case --regexp needle --threads 4 {ROOT}"),
    (Must::Answer, "--json --no-messages --path-separator / --ignore-case --regexp needle --no-ignore-vcs --threads 4 {ROOT}"),
    (Must::Answer, "--json --no-messages --path-separator / --ignore-case --regexp fn\\s+\\w+ --glob *.rs --threads 4 {ROOT}"),
    (Must::Answer, "--json --no-messages --path-separator / --ignore-case --regexp needle --threads 4 {ROOT}/src {ROOT}/docs"),
    (Must::Answer, "--json --no-messages --path-separator / --ignore-case --regexp absent --threads 4 {ROOT}"),
    (Must::Agree, "--json --no-messages --path-separator / --ignore-case --regexp needle --no-ignore-vcs --ignore-file {ROOT}/rules --glob *.rs --threads 4 {ROOT}"),
    // opencode.
    (Must::Answer, "--no-config --json --hidden --no-messages --glob=!**/.git/** -- needle ."),
    (Must::Answer, "--no-config --json --hidden --no-messages --glob=*.rs --glob=!**/.git/** -- needle ."),
    (Must::Answer, "--no-config --json --hidden --no-messages --glob=!**/.git/** -- needle src/main.rs"),
    (Must::Answer, "--no-config --files --glob=**/*.rs --glob=!**/.git/** ."),
    (Must::Answer, "--no-config --files --hidden --glob=!**/.git/** ."),
    (Must::Agree, "--no-config --files --hidden --follow --glob=**/*.rs --glob=!**/.git/** ."),
    // gemini-cli.
    (Must::Answer, "--json --ignore-case --regexp needle --threads 4 {ROOT}"),
    (Must::Answer, "--json --fixed-strings --regexp main() --threads 4 {ROOT}"),
    (Must::Answer, "--json --ignore-case --regexp needle --context 15 --threads 4 {ROOT}"),
    (Must::Answer, "--json --regexp needle --after-context 2 --before-context 1 --max-count 1 --glob *.md --threads 4 {ROOT}"),
    (Must::Answer, "--json --ignore-case --regexp needle --no-ignore-vcs --no-ignore-exclude --glob !**/node_modules/** --threads 4 {ROOT}"),
    (Must::Agree, "--json --ignore-case --regexp needle --no-ignore --threads 4 {ROOT}"),
    (Must::Agree, "--json --regexp needle --ignore-file {ROOT}/rules --threads 4 {ROOT}"),
    // Claude Code: Grep.
    (Must::Answer, "--hidden --no-follow --glob !.git --glob !.svn --glob !.hg --glob !.bzr --glob !.jj --glob !.sl --max-columns 500 -l --null needle {ROOT}"),
    (Must::Answer, "--no-config --hidden --no-follow --glob !.git --max-columns 500 -c -H --null needle {ROOT}"),
    (Must::Answer, "--no-config --hidden --no-follow --glob !.git --max-columns 500 --json -n needle {ROOT}"),
    (Must::Answer, "--hidden --no-follow --glob !.git --max-columns 500 -i --json -n -C 2 -e needle --type rust {ROOT}"),
    (Must::Answer, "--hidden --no-follow --glob !.git --max-columns 500 -U --multiline-dotall --json -n -A 1 -B 1 needle.*end {ROOT}"),
    (Must::Answer, "--hidden --no-follow --glob !.git --max-columns 500 -o --json -n needle --glob *.rs --iglob *.RS {ROOT}/src"),
    (Must::Answer, "-j 1 --hidden --no-follow --glob !.git --max-columns 500 -l --null needle {ROOT}"),
    // Claude Code: Glob, and its lists of files.
    (Must::Agree, "--files --null --glob **/*.rs --sort=modified --no-ignore --hidden {ROOT}"),
    (Must::Agree, "--files --null --glob **/*.rs --sort=modified --no-ignore --hidden --no-follow --iglob !*.MD {ROOT}"),
    (Must::Agree, "--files --null --glob **/*.rs --sort=modified --hidden --no-follow {ROOT}"),
    (Must::Agree, "--files --hidden --max-depth 2 --line-buffered --glob *.md"),
    (Must::Agree, "--files --hidden --follow --no-ignore --max-depth 3 -g *.rs"),
    // Codex and other shells.
    (Must::Answer, "needle"),
    (Must::Answer, "-n needle src"),
    (Must::Answer, "--files"),
    (Must::Answer, "--files -g *.md"),
    (Must::Agree, "-n --hidden -S NEEDLE ."),
    (Must::Answer, "-uu -l --fixed-strings --ignore-case needle docs"),
    (Must::Answer, "-l --fixed-strings --ignore-case --no-ignore needle src docs"),
    (Must::Answer, "-n -C2 needle src/main.rs docs/a.md"),
    (Must::Answer, "-c needle -trust"),
    (Must::Answer, "--stats needle"),
    (Must::Answer, "-q needle"),
    (Must::Answer, "-q absent"),
    (Must::Answer, "-m1 -o \\w+ ."),
    (Must::Answer, "needle nowhere src"),
    (Must::Agree, "--type-list"),
    (Must::Agree, "--no-such-flag needle"),
    (Must::Agree, "foo("),
    (Must::Agree, "-P (?<=x)needle"),
];

/// A tree; `ignoring` gives it rules that decide about files.
fn tree(stage: &Stage, name: &str, ignoring: bool) -> PathBuf {
    let root = stage.path(name);
    for dir in [".git", "src", "docs", "node_modules/x"] {
        fs::create_dir_all(root.join(dir)).expect("a directory");
    }
    let mut files = vec![
        (".git/config", "needle in git\n"),
        (".env", "needle hidden\n"),
        ("src/main.rs", "fn main() {\n    // needle one\n    let end = 1;\n}\n"),
        ("src/lib.rs", "pub fn lib() {}\n// Needle TWO needle\n"),
        ("docs/a.md", "# needle\n\nsome text\nneedle again\n"),
        ("rules", "*.md\n"),
        ("empty", ""),
        ("z.RS", "needle upper\n"),
    ];
    if ignoring {
        files.push((".gitignore", "node_modules/\n*.log\n"));
        files.push(("node_modules/x/index.js", "needle ignored\n"));
        files.push(("debug.log", "needle ignored\n"));
        files.push(("src/.ignore", "lib.rs\n"));
    }
    for (path, text) in files {
        fs::write(root.join(path), text).expect("a file");
    }
    crate::spread_times(&root, &mut 1);
    root
}

fn replay(ignoring: bool) {
    let stage = Stage::new();
    let root = tree(&stage, "tree", ignoring);
    stage.run(Choice::Resident, &root, &Line::of(&["--files"]));
    for (must, words) in LINES {
        let words = words.replace("{ROOT}", &root.display().to_string());
        let args: Vec<&str> = words.split(' ').collect();
        let line = Line::of(&args);
        let real = stage.real(&root, &line);
        let auto = stage.run(Choice::Auto, &root, &line);
        assert!(auto.is(&real), "auto {}", line.differ(&real, &auto));
        let resident = stage.run(Choice::Resident, &root, &line);
        if crate::is_refusal(&resident) && (ignoring || *must == Must::Agree) {
            continue;
        }
        let same = resident.stdout == real.stdout && resident.exit == real.exit;
        assert!(same, "resident {}", line.differ(&real, &resident));
    }
}

#[test]
fn what_clients_send_is_answered_from_memory() {
    replay(false);
}

#[test]
fn what_clients_send_is_right_where_rules_ignore_files() {
    replay(true);
}

#[test]
fn a_probe_for_the_version_finds_ripgrep() {
    let stage = Stage::without_daemon();
    let root = tree(&stage, "tree", false);
    for choice in [Choice::Auto, Choice::Resident] {
        let answer = stage.run(choice, &root, &Line::of(&["--version"]));
        assert_eq!((answer.exit, &answer.stderr[..]), (0, ""), "{choice:?}");
        assert!(answer.stdout.starts_with(b"ripgrep 15."), "{answer:?}");
    }
}
