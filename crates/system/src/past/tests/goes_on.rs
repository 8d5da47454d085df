//! A history that is extended is the one that would be read from the start.

use super::*;

fn more(world: &World, before: &Arc<Past>) -> Arc<Past> {
    read(&world.repo, Some(before), &Limits::default()).expect("a history")
}

#[test]
fn what_has_not_moved_is_not_read_again() {
    let mut world = World::new();
    world.write("a", "1");
    world.commit("0");
    let past = world.past();
    assert!(Arc::ptr_eq(&past, &more(&world, &past)));
}

#[test]
fn head_moved_forward() {
    let mut world = World::new();
    world.write("a", "1\n");
    world.write("b", "1\n");
    world.commit("0");
    let first = world.past();
    world.write("a", "2\n");
    world.write("c/d", "1\n");
    world.commit("1");
    world.git(&["mv", "b", "e"]);
    world.commit("2");
    let second = more(&world, &first);
    assert_eq!(*second, *world.past());
    assert_eq!(now(&second, 2), ["a", "e"], "a rename counts for what was known before");
    // A branch from before what was known, merged after.
    world.git(&["checkout", "-q", "-b", "side", "HEAD~2"]);
    world.write("side", "1\n");
    world.commit("3");
    world.git(&["checkout", "-q", "main"]);
    world.merge("side");
    let third = more(&world, &second);
    assert_eq!(lines(&third), lines(&world.past()));
    assert_eq!(third.len(), 4);
}

#[test]
fn what_is_known_is_not_looked_at() {
    let mut world = World::new();
    world.write("a", "1\n");
    world.commit("0");
    world.write("a", "2\n");
    let old = world.commit("1");
    let first = world.past();
    world.write("a", "3\n");
    world.commit("2");
    // The tree of the commit that was known is needed, its parent is not.
    let parent = world.git(&["rev-parse", &format!("{old}^")]);
    fs::remove_file(object(&world, &parent)).expect("a loose object");
    let second = more(&world, &first);
    assert_eq!((second.len(), second.damaged()), (3, 0));
    assert_eq!(world.past().damaged(), 1, "reading it all meets the gap");
}

#[test]
fn a_rewritten_history_is_read_anew() {
    let mut world = World::new();
    world.write("a", "1\n");
    world.commit("0");
    world.write("a", "2\n");
    world.commit("1");
    let first = world.past();
    world.write("b", "3\n");
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--amend", "-m", "other"]);
    let amended = more(&world, &first);
    assert_eq!(*amended, *world.past());
    assert_eq!(amended.commits().next().map(|commit| commit.files), Some(2));
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let back = more(&world, &amended);
    assert_eq!(*back, *world.past());
    assert_eq!(back.len(), 1);
}

fn object(world: &World, id: &str) -> PathBuf {
    world.repo.join(".git/objects").join(&id[..2]).join(&id[2..])
}
