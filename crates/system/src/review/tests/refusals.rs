//! What is refused, by which name, and that nothing was changed then.

use std::fs;

use super::{BRANCH, World, git};
use crate::review::{Reviewer, message};

fn simple() -> World {
    World::new("", |repo| {
        fs::write(repo.join("a.txt"), "one\n").expect("written");
        git(repo, &["add", "-A"]);
        git(repo, &["commit", "-qm", "first"]);
    })
}

#[track_caller]
fn refused(world: &World, code: &str) {
    let before = git(&world.repo, &["for-each-ref"]);
    match world.try_commit() {
        Err(err) => assert_eq!(err.code(), code, "{err}"),
        Ok(reviewed) => panic!("{reviewed:?}"),
    }
    assert_eq!(git(&world.repo, &["for-each-ref"]), before);
}

#[test]
fn without_a_repository_there_is_no_review() {
    let mut world = simple();
    world.write("a.txt", "two\n");
    let git_dir = world.repo.join(".git");
    fs::rename(&git_dir, world.repo.join("elsewhere")).expect("moved");
    world.reviewer = Reviewer::new(&world.root);
    let err = world.try_commit().expect_err("there is none");
    assert_eq!(err.code(), "no_repository");
    fs::write(&git_dir, "gitdir: /nowhere/at/all\n").expect("written");
    assert_eq!(world.try_commit().expect_err("it leads nowhere").code(), "repository_unusable");
}

#[test]
fn a_branch_that_is_checked_out_is_left_alone() {
    let mut world = simple();
    world.write("a.txt", "two\n");
    world.commit();
    let linked = world.repo.parent().expect("a parent").join("linked");
    let path = linked.to_str().expect("UTF-8");
    git(&world.repo, &["worktree", "add", "-q", path, "in-memory-edits/s"]);
    world.write("a.txt", "three\n");
    refused(&world, "branch_checked_out");
    git(&world.repo, &["worktree", "remove", path]);
    world.commit();
    git(&world.repo, &["checkout", "-q", "in-memory-edits/s"]);
    world.write("a.txt", "four\n");
    refused(&world, "branch_checked_out");
}

#[test]
fn a_branch_in_the_way_is_named() {
    let mut world = simple();
    world.write("a.txt", "two\n");
    git(&world.repo, &["branch", "in-memory-edits"]);
    refused(&world, "branch_conflict");
    git(&world.repo, &["branch", "-D", "in-memory-edits"]);
    git(&world.repo, &["branch", "in-memory-edits/s/deeper"]);
    refused(&world, "branch_conflict");
    git(&world.repo, &["branch", "-D", "in-memory-edits/s/deeper"]);
    assert!(world.commit().created);
}

#[test]
fn a_held_lock_is_waited_for_and_then_named() {
    let mut world = simple();
    world.write("a.txt", "two\n");
    world.commit();
    let lock = world.repo.join(".git/refs/heads/in-memory-edits/s.lock");
    fs::write(&lock, "").expect("written");
    world.write("a.txt", "three\n");
    refused(&world, "repository_locked");
    fs::remove_file(lock).expect("removed");
    assert!(world.commit().created);
}

#[test]
fn another_hash_is_refused_in_words() {
    let mut world = simple();
    world.write("a.txt", "two\n");
    fs::remove_dir_all(world.repo.join(".git")).expect("removed");
    git(&world.repo, &["init", "-q", "--object-format=sha256"]);
    world.reviewer = Reviewer::new(&world.root);
    let err = world.try_commit().expect_err("not this one");
    assert_eq!(err.code(), "repository_unusable");
    assert!(err.to_string().contains("sha256"), "{err}");
}

#[test]
fn a_required_filter_that_fails_stops_the_commit() {
    let mut world = World::new("", |repo| {
        git(repo, &["config", "filter.broken.clean", "false"]);
        git(repo, &["config", "filter.broken.required", "true"]);
        fs::write(repo.join(".gitattributes"), "*.bin filter=broken\n").expect("written");
        git(repo, &["add", "-A"]);
        git(repo, &["commit", "-qm", "first"]);
    });
    world.write("x.bin", "big\n");
    refused(&world, "filter_failed");
}

#[test]
fn a_repository_without_commits_gets_a_root_commit() {
    let mut world = World::new("", |repo| {
        fs::write(repo.join("a.txt"), "one\n").expect("written");
    });
    world.write("a.txt", "two\n");
    let first = world.commit();
    assert!(first.created && first.notes.iter().any(|it| it.contains("root")), "{first:?}");
    assert_eq!(git(&world.repo, &["rev-list", "--count", BRANCH]), "1");
    world.write("b.txt", "two\n");
    world.commit();
    assert_eq!(git(&world.repo, &["rev-list", "--count", BRANCH]), "2");
    assert!(git(&world.repo, &["status", "--porcelain", "-b"]).contains("No commits yet"));
}

#[test]
fn commits_follow_one_another_and_say_who_and_why() {
    let mut world = simple();
    assert!(!world.commit().created, "nothing to review");
    world.write("a.txt", "two\n");
    world.write("b.txt", "two\n");
    let first = world.commit();
    assert!(!world.commit().created);
    world.write("c.txt", "three\n");
    let second = world.commit();
    assert_eq!(git(&world.repo, &["rev-parse", &format!("{}^", second.commit)]), first.commit);
    let head = git(&world.repo, &["rev-parse", "HEAD"]);
    assert_eq!(git(&world.repo, &["rev-parse", &format!("{}^", first.commit)]), head);
    let text = git(&world.repo, &["log", "-1", "--format=%B", &first.commit]);
    assert_eq!(
        text.trim(),
        "write b.txt\n\n* 1: tester: write a.txt\n* 2: tester: write b.txt\n\n\
         Coderoom-Session: s\nCoderoom-Entry: 2"
    );
    let text = git(&world.repo, &["log", "-1", "--format=%B", BRANCH]);
    let said = message::trailers(text.as_bytes());
    assert_eq!((said.session.as_deref(), said.entry), (Some("s"), Some(3)));
    assert_eq!(
        git(&world.repo, &["log", "-1", "--format=%an <%ae>", BRANCH]),
        "Tess Ter <tess@example.com>"
    );
    let reflog = git(&world.repo, &["reflog", "in-memory-edits/s"]);
    assert!(reflog.contains("coderoom: write c.txt"), "{reflog}");
    // Somebody commits on main: the branch begins anew from there.
    git(&world.repo, &["commit", "-q", "--allow-empty", "-m", "second"]);
    world.write("d.txt", "four\n");
    let third = world.commit();
    let head = git(&world.repo, &["rev-parse", "HEAD"]);
    assert_eq!(git(&world.repo, &["rev-parse", &format!("{}^", third.commit)]), head);
    assert!(third.notes.iter().any(|it| it.contains("HEAD has moved")), "{third:?}");
    assert!(git(&world.repo, &["reflog", "in-memory-edits/s"]).lines().count() == 3);
}

#[test]
fn differences_to_head_are_as_git_stores_them_and_write_nothing() {
    let mut world = World::new("", |repo| {
        fs::write(repo.join(".gitattributes"), "*.txt eol=crlf\n").expect("written");
        fs::write(repo.join("a.txt"), "one\r\ntwo\r\n").expect("written");
        fs::write(repo.join("b.txt"), "b\r\n").expect("written");
        git(repo, &["add", "-A"]);
        git(repo, &["commit", "-qm", "first"]);
    });
    world.write("a.txt", "one\r\n2\r\n");
    world.edit(&[("b.txt", None)], "gone");
    world.write("c.md", "new\n");
    let objects = git(&world.repo, &["count-objects"]);
    let pairs = world.against_head();
    assert_eq!(git(&world.repo, &["count-objects"]), objects);
    let text = |it: &Option<crate::review::Stored>| {
        it.as_ref().map(|it| String::from_utf8_lossy(&it.bytes).into_owned())
    };
    let pairs: Vec<_> =
        pairs.iter().map(|(path, old, new)| (path.to_string(), text(old), text(new))).collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        pairs,
        [
            ("a.txt".to_owned(), some("one\ntwo\n"), some("one\n2\n")),
            ("b.txt".to_owned(), some("b\n"), None),
            ("c.md".to_owned(), None, some("new\n")),
        ]
    );
    let path = coderoom_engine::RelPath::new(b"b.txt").expect("clean");
    let head = world.reviewer.head_version(&path).expect("read");
    assert_eq!(head.map(|it| it.bytes.to_vec()), Some(b"b\n".to_vec()));
}
