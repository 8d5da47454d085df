//! A file keeps its history when it moves.

use super::*;

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

#[test]
fn older_commits_know_a_moved_file_by_its_name_at_the_tip() {
    let mut world = World::new();
    world.write("old.rs", TEXT);
    world.commit("0");
    world.write("old.rs", &format!("{TEXT}nine\n"));
    world.commit("1");
    fs::rename(world.repo.join("old.rs"), world.repo.join("mid.rs")).expect("moved");
    world.commit("2");
    fs::create_dir(world.repo.join("src")).expect("made");
    fs::rename(world.repo.join("mid.rs"), world.repo.join("src/new.rs")).expect("moved");
    world.write("src/new.rs", &format!("{TEXT}nine\nten\n"));
    world.commit("3");
    let past = world.past();
    for commit in 0..4 {
        assert_eq!(now(&past, commit), ["src/new.rs"], "commit {commit}");
    }
    assert!(lines(&past).contains(&"R mid.rs src/new.rs".to_owned()), "with changed lines, too");
}

#[test]
fn a_name_that_is_used_again_is_another_file() {
    let mut world = World::new();
    world.write("a.rs", TEXT);
    world.commit("0");
    fs::rename(world.repo.join("a.rs"), world.repo.join("b.rs")).expect("moved");
    world.commit("1");
    world.write("a.rs", "quite another file\n");
    world.commit("2");
    world.write("a.rs", "quite another file, edited\n");
    world.commit("3");
    let past = world.past();
    assert_eq!(now(&past, 0), ["a.rs"]);
    assert_eq!(now(&past, 1), ["a.rs"]);
    assert_eq!(now(&past, 2), ["b.rs"]);
    assert_eq!(now(&past, 3), ["b.rs"]);
}

#[test]
fn a_branch_that_knows_the_old_name_only_counts_for_the_new_one() {
    let mut world = World::new();
    world.write("old.rs", TEXT);
    world.commit("0");
    world.git(&["branch", "side"]);
    fs::rename(world.repo.join("old.rs"), world.repo.join("new.rs")).expect("moved");
    world.commit("move");
    world.git(&["checkout", "-q", "side"]);
    world.write("old.rs", &format!("{TEXT}side\n"));
    world.commit("newer than the move");
    world.git(&["checkout", "-q", "main"]);
    world.merge("side");
    let past = world.past();
    assert_eq!(now(&past, 0), ["new.rs"]);
}

#[test]
fn renames_there_and_back_end() {
    let mut world = World::new();
    world.write("a.rs", TEXT);
    world.commit("0");
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 { ("a.rs", "b.rs") } else { ("b.rs", "a.rs") };
        fs::rename(world.repo.join(from), world.repo.join(to)).expect("moved");
        world.commit("move");
    }
    let past = world.past();
    for commit in 0..7 {
        assert_eq!(now(&past, commit), ["a.rs"], "commit {commit}");
    }
}

#[test]
fn of_several_copies_the_one_of_the_same_name_moved() {
    let mut world = World::new();
    world.write("x/one.rs", TEXT);
    world.write("x/two.rs", TEXT);
    world.write("empty", "");
    world.commit("0");
    world.git(&["mv", "x", "y"]);
    world.git(&["mv", "empty", "void"]);
    world.commit("1");
    let lines = lines(&world.past());
    assert_eq!(
        lines[1..5],
        ["A void", "D empty", "R x/one.rs y/one.rs", "R x/two.rs y/two.rs"],
        "what is empty is like every empty file"
    );
}
