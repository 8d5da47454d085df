//! Submodules, sparse checkouts, linked worktrees, and what others do on disk meanwhile.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use coderoom_engine::FileMode;

use super::{World, git};

fn commit_all(repo: &Path) {
    git(repo, &["-c", "advice.addEmbeddedRepo=false", "add", "-A"]);
    git(repo, &["commit", "-qm", "first"]);
}

fn write(repo: &Path, path: &str, text: &str) {
    let at = repo.join(path);
    fs::create_dir_all(at.parent().expect("a parent")).expect("made");
    fs::write(at, text).expect("written");
}

#[track_caller]
fn same_as_git(world: &mut World) {
    let ours = world.commit();
    world.sync();
    let theirs = world.gits_tree();
    let diff = git(&world.repo, &["diff", "--raw", &theirs, &ours.tree]);
    assert_eq!(diff, "", "git's tree, then ours: {:?}", ours.notes);
}

#[test]
fn a_submodule_stays_a_link_to_its_commit() {
    let mut world = World::new("", |repo| {
        write(repo, "a.txt", "one\n");
        let inner = repo.join("vendor/lib");
        write(&inner, "lib.c", "int x;\n");
        git(&inner, &["init", "-q", "-b", "main"]);
        git(&inner, &["config", "user.name", "T"]);
        git(&inner, &["config", "user.email", "t@example.com"]);
        commit_all(&inner);
        commit_all(repo);
        git(&inner, &["commit", "-q", "--allow-empty", "-m", "second"]);
    });
    world.write("a.txt", "two\n");
    same_as_git(&mut world);
    world.write("vendor/lib/lib.c", "int y;\n");
    let reviewed = world.commit();
    assert!(reviewed.notes.iter().any(|it| it.contains("vendor/lib")), "{reviewed:?}");
    world.reviewer = super::Reviewer::new(&world.root);
    assert_eq!(world.commit().tree, reviewed.tree);
}

#[test]
fn what_a_sparse_checkout_leaves_out_stays() {
    for sparse_index in ["false", "true"] {
        let mut world = World::new("", |repo| {
            for path in ["top.txt", "in/a.txt", "out/b.txt", "out/deep/c.txt"] {
                write(repo, path, path);
            }
            commit_all(repo);
            git(repo, &["sparse-checkout", "init", "--cone"]);
            git(repo, &["config", "index.sparse", sparse_index]);
            git(repo, &["sparse-checkout", "set", "in"]);
            assert!(!repo.join("out").exists());
        });
        world.write("in/a.txt", "changed\n");
        same_as_git(&mut world);
        world.write("out/new.txt", "outside of the cone\n");
        let reviewed = world.commit();
        let names = git(&world.repo, &["ls-tree", "-r", "--name-only", &reviewed.tree]);
        assert_eq!(names, "in/a.txt\nout/b.txt\nout/deep/c.txt\nout/new.txt\ntop.txt");
        world.reviewer = super::Reviewer::new(&world.root);
        assert_eq!(world.commit().tree, reviewed.tree);
    }
}

#[test]
fn a_linked_worktree_has_its_own_head() {
    let dir = tempfile::tempdir().expect("a directory");
    let main = dir.path().canonicalize().expect("there").join("main");
    let linked = main.parent().expect("a parent").join("linked");
    write(&main, "a.txt", "one\n");
    git(&main, &["init", "-q", "-b", "main"]);
    git(&main, &["config", "user.name", "T"]);
    git(&main, &["config", "user.email", "t@example.com"]);
    commit_all(&main);
    git(&main, &["worktree", "add", "-q", "-b", "other", "../linked"]);
    write(&linked, "b.txt", "two\n");
    commit_all(&linked);
    let mut world = World::over(dir, linked.clone(), "");
    world.write("c.txt", "three\n");
    let reviewed = world.commit();
    let parent = git(&linked, &["rev-parse", &format!("{}^", reviewed.commit)]);
    assert_eq!(parent, git(&linked, &["rev-parse", "other"]));
    let names = git(&main, &["ls-tree", "--name-only", &reviewed.tree]);
    assert_eq!(names, "a.txt\nb.txt\nc.txt");
}

#[test]
fn what_others_write_meanwhile_is_not_the_sessions() {
    let mut world = World::new("", |repo| {
        write(repo, "a.txt", "one\n");
        write(repo, "b.txt", "one\n");
        write(repo, "run.sh", "#!/bin/sh\n");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(repo.join("run.sh"), executable).expect("set");
        commit_all(repo);
    });
    world.write("a.txt", "two\n");
    write(&world.repo, "b.txt", "theirs\n");
    git(&world.repo, &["commit", "-qam", "theirs"]);
    world.edit(&[("run.sh", Some(world.version(b"#!/bin/bash\n", None)))], "bash");
    let reviewed = world.commit();
    let text = |path: &str| git(&world.repo, &["show", &format!("{}:{path}", reviewed.commit)]);
    assert_eq!((text("a.txt"), text("b.txt")), ("two".to_owned(), "one".to_owned()));
    let modes = git(&world.repo, &["ls-tree", &reviewed.tree, "run.sh"]);
    assert!(modes.starts_with("100755"), "{modes}");
    world.edit(&[("run.sh", Some(world.version(b"#!/bin/bash\n", Some(FileMode::File))))], "no");
    let modes = git(&world.repo, &["ls-tree", &world.commit().tree, "run.sh"]);
    assert!(modes.starts_with("100644"), "{modes}");
}

#[test]
fn conflicts_and_files_that_git_is_told_to_assume_are_as_git_adds_them() {
    let mut world = World::new("", |repo| {
        write(repo, "a.txt", "one\n");
        write(repo, "assumed.txt", "one\n");
        write(repo, "later.txt", "one\n");
        commit_all(repo);
        git(repo, &["checkout", "-qb", "side"]);
        write(repo, "a.txt", "side\n");
        git(repo, &["commit", "-qam", "side"]);
        git(repo, &["checkout", "-q", "main"]);
        write(repo, "a.txt", "main\n");
        git(repo, &["commit", "-qam", "main"]);
        let merged = std::process::Command::new("git")
            .args(["merge", "-q", "side"])
            .current_dir(repo)
            .output()
            .expect("git is there");
        assert!(!merged.status.success(), "a conflict");
        git(repo, &["update-index", "--assume-unchanged", "assumed.txt"]);
        write(repo, "assumed.txt", "other\n");
        write(repo, "wanted.txt", "new\n");
        git(repo, &["add", "-N", "wanted.txt"]);
    });
    world.write("later.txt", "two\n");
    same_as_git(&mut world);
}

#[test]
fn what_is_configured_meanwhile_counts() {
    let mut world = World::new("", |repo| {
        write(repo, "a.txt", "one\n");
        commit_all(repo);
    });
    world.write("a.txt", "two\r\n");
    world.commit();
    git(&world.repo, &["config", "core.autocrlf", "input"]);
    git(&world.repo, &["config", "core.safecrlf", "false"]);
    write(&world.repo, ".git/info/exclude", "*.tmp\n");
    world.write("b.txt", "two\r\n");
    world.write("c.tmp", "scratch\n");
    same_as_git(&mut world);
    world.write(".gitignore", "!c.tmp\n");
    same_as_git(&mut world);
    let names = git(&world.repo, &["ls-tree", "--name-only", &world.commit().tree]);
    assert_eq!(names, ".gitignore\na.txt\nb.txt\nc.tmp");
}

#[test]
fn a_long_running_filter_is_asked() {
    let script = r#"#!/usr/bin/env python3
import sys
inp, out = sys.stdin.buffer, sys.stdout.buffer
def read():
    size = int(inp.read(4) or b"0000", 16)
    return inp.read(size - 4) if size else None
def lines():
    return list(iter(read, None))
def say(*all):
    for one in all:
        out.write(b"%04x" % (len(one) + 4) + one)
    out.write(b"0000")
    out.flush()
lines(); say(b"git-filter-server\n", b"version=2\n")
lines(); say(b"capability=clean\n")
while True:
    head = inp.read(4)
    if not head:
        break
    inp.read(int(head, 16) - 4)
    lines()
    data = b"".join(lines())
    say(b"status=success\n"); say(b"pointer to %d bytes\n" % len(data)); say()
"#;
    let mut world = World::new("", |repo| {
        write(repo, ".git/filter.py", script);
        git(repo, &["config", "filter.big.process", "python3 .git/filter.py"]);
        git(repo, &["config", "filter.big.required", "true"]);
        write(repo, ".gitattributes", "*.big filter=big\n");
        write(repo, "a.big", "12345");
        commit_all(repo);
        assert_eq!(git(repo, &["show", "HEAD:a.big"]), "pointer to 5 bytes");
    });
    world.write("b.big", "1234567");
    let reviewed = world.commit();
    let stored = git(&world.repo, &["show", &format!("{}:b.big", reviewed.commit)]);
    assert_eq!(stored, "pointer to 7 bytes");
    same_as_git(&mut world);
}
