//! Others clean the repository up between two commits: what is kept from the first one must not let
//! the second name objects that are gone.

use std::fs;

use super::{BRANCH, World, git, git_with};

/// Three directories, of which the first is edited and committed.
fn reviewed() -> World {
    let mut world = World::new("", |repo| {
        for path in ["a/one.txt", "a/two.txt", "b/deep/one.txt", "c.txt"] {
            fs::create_dir_all(repo.join(path).parent().expect("a parent")).expect("made");
            fs::write(repo.join(path), format!("{path}\n")).expect("written");
        }
        git(repo, &["add", "-A"]);
        git(repo, &["commit", "-qm", "first"]);
    });
    world.write("a/one.txt", "1\n");
    world.write("b/deep/one.txt", "1\n");
    world.commit();
    world
}

/// Commits another change, of which everything must be there.
#[track_caller]
fn goes_on(world: &mut World) {
    world.write("a/two.txt", "2\n");
    let commit = world.commit();
    assert!(commit.created);
    assert_eq!(git(&world.repo, &["fsck", "--strict", "--no-dangling", BRANCH]), "");
    for (path, text) in [("a/one.txt", "1"), ("a/two.txt", "2"), ("b/deep/one.txt", "1")] {
        let name = format!("{BRANCH}:{path}");
        assert_eq!(git(&world.repo, &["cat-file", "blob", &name]), text);
    }
    world.sync();
    assert_eq!(commit.tree, world.gits_tree());
}

fn collect(world: &World) {
    git(&world.repo, &["gc", "-q", "--prune=now"]);
}

#[test]
fn a_collection_between_two_commits_changes_nothing() {
    let mut world = reviewed();
    collect(&world);
    assert!(git(&world.repo, &["count-objects"]).starts_with("0 objects"), "nothing was packed");
    goes_on(&mut world);
    collect(&world);
    world.write("a/one.txt", "a/one.txt\n");
    world.commit();
    assert_eq!(git(&world.repo, &["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn a_branch_that_was_deleted_and_cleaned_away_is_made_anew() {
    let mut world = reviewed();
    // `git branch -D` would rewrite the configuration, and then all is looked at again anyway.
    git(&world.repo, &["update-ref", "-d", BRANCH]);
    collect(&world);
    goes_on(&mut world);
}

#[test]
fn a_branch_that_was_moved_and_cleaned_is_made_anew() {
    let mut world = reviewed();
    git(&world.repo, &["update-ref", BRANCH, "HEAD"]);
    git(&world.repo, &["reflog", "expire", "--expire=now", "--all"]);
    collect(&world);
    goes_on(&mut world);
}

#[test]
fn a_commit_that_failed_keeps_nothing_that_can_be_cleaned_away() {
    let mut world = reviewed();
    let lock = world.repo.join(".git/refs/heads/in-memory-edits/s.lock");
    fs::write(&lock, "").expect("written");
    world.write("c.txt", "c\n");
    assert_eq!(world.try_commit().expect_err("it is locked").code(), "repository_locked");
    fs::remove_file(lock).expect("removed");
    collect(&world);
    goes_on(&mut world);
    assert_eq!(git(&world.repo, &["cat-file", "blob", &format!("{BRANCH}:c.txt")]), "c");
}

#[test]
fn an_object_of_a_pack_that_is_gone_is_written_again() {
    let mut world = reviewed();
    let id = git_with(&world.repo, &["hash-object", "-w", "--stdin"], &[], "2\n");
    git(&world.repo, &["tag", "other", &id]);
    collect(&world);
    // The pack with the blob is looked up from here on.
    world.write("c.txt", "c\n");
    world.commit();
    git(&world.repo, &["tag", "-d", "other"]);
    collect(&world);
    goes_on(&mut world);
}

#[test]
fn a_look_at_the_differences_comes_between_commits_unnoticed() {
    let mut world = reviewed();
    world.write("a/two.txt", "not yet\n");
    assert_eq!(world.against_head().len(), 3);
    goes_on(&mut world);
    assert_eq!(git(&world.repo, &["rev-list", "--count", &format!("HEAD..{BRANCH}")]), "2");
}
