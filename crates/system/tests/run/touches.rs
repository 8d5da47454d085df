//! What a command changed, compared to the session.

use std::{fs, os::unix::fs::symlink};

use coderoom_system::run::{IgnoredPaths, Touched, TouchedKind};

use crate::bed::{Bed, linked, path, removed, sh, short, ways, written};

#[test]
fn changes_are_told_relative_to_the_session() {
    for way in ways() {
        let bed = Bed::new(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("gone", "1")]);
        let edits = vec![
            written("a", "session"),
            written("b", "session"),
            written("n", "session"),
            written("m", "session"),
            removed("gone"),
        ];
        let run = bed.sh(
            way,
            edits,
            // b and n as on disk again; c touched and rewritten with what it has; gone comes back.
            "printf 1 > b; rm n; touch c; printf 1 > c; echo new > x; rm d; printf 1 > gone; \
             printf changed > m; cat a > /dev/null",
        );
        assert_eq!(short(&run), ["~ b 1", "- d", "+ gone 1", "~ m changed", "- n", "+ x new;"]);
    }
}

#[test]
fn directories_replaced_by_files_and_the_other_way_round() {
    for way in ways() {
        let bed = Bed::new(&[
            ("dir/a", "a"),
            ("dir/sub/b", "b"),
            ("file", "f"),
            ("z/1", "1"),
            ("z/2", "2"),
        ]);
        let run = bed.sh(
            way,
            vec![written("dir/s", "s"), removed("z/2"), written("z/3", "3")],
            "rm -r dir; echo file > dir; rm file; mkdir file; echo in > file/in; \
             rm -r z; mkdir z; echo 3x > z/1",
        );
        assert_eq!(
            short(&run),
            [
                "+ dir file;",
                "- dir/a",
                "- dir/s",
                "- dir/sub/b",
                "- file",
                "+ file/in in;",
                "~ z/1 3x;",
                "- z/3"
            ]
        );
    }
}

#[test]
fn renames_modes_and_links() {
    for way in ways() {
        let bed = Bed::new(&[("a", "a"), ("src/x", "x"), ("src/y", "y"), ("s", "s"), ("e", "e")]);
        symlink("a", bed.root.join("link")).unwrap();
        symlink("a", bed.root.join("same")).unwrap();
        let run = bed.sh(
            way,
            vec![linked("mine", "a"), written("src/y", "session")],
            "mv a b; mv src dst; chmod +x s; ln -sf b link; ln -sf a same; rm mine; ln -s e new; \
             rm e; ln -s s e; mkfifo pipe; mkdir empty",
        );
        assert_eq!(
            short(&run),
            [
                "- a",
                "+ b a",
                "+ dst/x x",
                "+ dst/y session",
                "~ e -> s",
                "~ link -> b",
                "- mine",
                "+ new -> e",
                "m s s x",
                "- src/x",
                "- src/y"
            ]
        );
        assert_eq!(run.changes.special, 1);
    }
}

#[test]
fn links_into_the_tree_mean_the_workspace_in_every_way() {
    for way in ways() {
        let bed = Bed::new(&[("a", "a")]);
        let run = bed.sh(way, vec![], "ln -s \"$PWD/a\" link; ln -s /etc other");
        let target = bed.root.join("a").display().to_string();
        assert_eq!(short(&run), [format!("+ link -> {target}"), "+ other -> /etc".to_string()]);
    }
}

#[test]
fn ignored_output_is_summarised_unless_asked_for() {
    for way in ways() {
        let bed = Bed::new(&[
            (".gitignore", "target/\n*.log\n"),
            ("src/a.rs", "a"),
            ("target/old/1", "1"),
            ("target/old/2", "2"),
            ("src/x.log", "1"),
        ]);
        fs::create_dir(bed.root.join(".git")).unwrap();
        let script = "mkdir -p target/new; for i in 1 2 3; do echo $i > target/new/$i; done; \
                      rm target/old/1; echo x > target/old/2; echo y > src/x.log; echo z > src/b.rs; \
                      echo g > .git/index";
        let run = bed.sh(way, vec![], script);
        assert_eq!(short(&run), ["+ src/b.rs z;"]);
        let told: Vec<_> = (run.changes.ignored.iter())
            .map(|i| format!("{} {}/{}/{}", i.dir, i.created, i.modified, i.deleted))
            .collect();
        assert_eq!(told, [".git 1/0/0", "src 0/1/0", "target 3/1/1"]);

        let mut request = bed.request(way, vec![], sh(script));
        request.ignored = IgnoredPaths::List;
        request.limits.touched = 3;
        let run = bed.try_run(&request).unwrap();
        assert_eq!(run.changes.touched.len(), 3);
        assert_eq!(run.changes.cut, 5);
        assert!(run.changes.ignored.is_empty());

        // An ignored file that the session itself has edited is the session's.
        let run = bed.sh(way, vec![written("target/mine", "m")], "echo changed > target/mine");
        assert_eq!(short(&run), ["~ target/mine changed;"]);
    }
}

#[test]
fn what_was_written_is_kept_until_the_run_is_dropped_and_no_longer() {
    for way in ways() {
        let bed = Bed::new(&[("locked/a", "a")]);
        let run = bed.sh(
            way,
            vec![],
            "echo x > new; mkdir -p deep/er; echo y > deep/er/f; \
                                      chmod 0 deep/er deep; echo b > locked/b; chmod 0 locked/b",
        );
        let entries = || fs::read_dir(&bed.scratch).unwrap().count();
        assert_eq!(entries(), 1);
        let new = Touched {
            path: path("new"),
            kind: TouchedKind::Created,
            ..run.changes.touched.iter().find(|t| t.path == path("new")).unwrap().clone()
        };
        assert_eq!(run.read(&new, 2).unwrap(), "x\n");
        assert!(run.read(&new, 1).unwrap_err().to_string().contains("more than 1 bytes"));
        drop(run);
        assert_eq!(entries(), 0, "{way}");
    }
}
