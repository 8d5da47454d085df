//! Programs that people use: git, Python.

use std::process::Command as Program;

use coderoom_system::run::Command;

use crate::bed::{Bed, out, removed, short, state, ways, written};

/// Whether a program is there; tests of it are left out if not.
fn has(program: &str) -> bool {
    Program::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn git(bed: &Bed, args: &[&str]) {
    let mut git = Program::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=e@example.com"]).args(args);
    let output = git.current_dir(&bed.root).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn git_shows_the_sessions_changes_and_commits_into_thin_air() {
    if !has("git") {
        return;
    }
    for way in ways() {
        let bed = Bed::new(&[("a.txt", "a"), ("b.txt", "b"), ("sub/c.txt", "c")]);
        git(&bed, &["init", "-q"]);
        git(&bed, &["add", "."]);
        git(&bed, &["commit", "-qm", "first"]);
        let edits = vec![written("a.txt", "session"), removed("b.txt"), written("new", "n")];
        let run = bed.sh(way, edits.clone(), "git status --porcelain; git diff --stat | tail -1");
        let text = out(&run);
        assert!(text.starts_with(" M a.txt\n D b.txt\n?? new\n"), "{text}");
        assert!(text.contains("2 files changed"), "{text}");
        assert_eq!(short(&run), [""; 0]);

        let run = bed.sh(
            way,
            edits,
            "git -c user.name=n -c user.email=e@example.com commit -qam second; git log --oneline | wc -l; \
             git checkout -q HEAD~1 -- b.txt; git status --porcelain",
        );
        assert_eq!(out(&run), "2\nA  b.txt\n?? new\n");
        assert_eq!(short(&run), ["+ b.txt b"]);
        let git_dir = &run.changes.ignored[0];
        assert!(git_dir.dir.as_bytes() == b".git" && git_dir.created > 0);
    }
}

#[test]
fn a_python_test_passes_only_with_the_sessions_fix() {
    if !has("python3") {
        return;
    }
    const NO_BYTECODE: &str = "PYTHONDONTWRITEBYTECODE";
    const TEST: &str = "import unittest\nfrom pkg.calc import add\nclass T(unittest.TestCase):\n    \
                        def test(self):\n        self.assertEqual(add(2, 2), 4)\n";
    for way in ways() {
        let bed = Bed::new(&[
            ("pkg/__init__.py", ""),
            ("pkg/calc.py", "def add(a, b):\n    return a - b\n"),
            ("test_calc.py", TEST),
            (".gitignore", "__pycache__\n"),
        ]);
        std::fs::create_dir(bed.root.join(".git")).unwrap();
        // Compiled on disk, with the size and the second that the session's version has too.
        let compile = ["-m", "compileall", "-q", "."];
        assert!(
            Program::new("python3")
                .env_remove(NO_BYTECODE)
                .args(compile)
                .current_dir(&bed.root)
                .status()
                .unwrap()
                .success()
        );
        let test = || {
            let mut test = Command::new(["python3", "-m", "unittest"]);
            test.env.push((NO_BYTECODE.into(), None));
            test
        };
        let before = state(&bed.root);
        let fixed = vec![written("pkg/calc.py", "def add(a, b):\n    return a + b\n")];
        let run = bed.try_run(&bed.request(way, vec![], test())).unwrap();
        assert_eq!(run.ending.code(), 1, "{}", run.stderr.to_text());
        let run = bed.try_run(&bed.request(way, fixed, test())).unwrap();
        assert_eq!(run.ending.code(), 0, "{}", run.stderr.to_text());
        assert_eq!(short(&run), [""; 0]);
        assert_eq!(run.changes.ignored.len(), 1, "{:?}", run.changes.ignored);
        assert_eq!(state(&bed.root), before);
    }
}
