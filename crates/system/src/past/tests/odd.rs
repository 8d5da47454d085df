//! Repositories that are not as they should be: a history as far as there is one, and words.

use super::*;

fn no_history(root: &Path) -> NoHistory {
    read(root, None, &Limits::default()).expect_err("no history")
}

fn object(repo: &Path, id: &str) -> PathBuf {
    repo.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Three commits of one file.
fn three() -> World {
    let mut world = World::new();
    for round in 0..3 {
        world.write("dir/a", &format!("{round}\n"));
        world.write("b", &format!("{round}\n"));
        world.commit("round");
    }
    world
}

#[test]
fn without_a_repository_or_a_commit_there_is_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().canonicalize().expect("there");
    assert_eq!(no_history(&root), NoHistory::NoRepository);
    assert_eq!(no_history(&World::new().repo), NoHistory::NoCommits);
    fs::create_dir(root.join(".git")).expect("made");
    assert!(matches!(no_history(&root), NoHistory::Unusable { .. }));
}

#[test]
fn what_git_does_not_track_has_an_empty_history() {
    let world = three();
    fs::create_dir(world.repo.join("untracked")).expect("made");
    let past = read(&world.repo.join("untracked"), None, &Limits::default()).expect("a history");
    assert!(past.is_empty());
}

#[test]
fn a_shallow_clone_has_the_commits_whose_parents_it_has() {
    let world = three();
    let clone = world.beside("clone");
    let url = format!("file://{}", world.repo.display());
    let target = clone.to_str().expect("UTF-8");
    git_at(&world.repo, &["clone", "-q", "--depth", "2", &url, target], CLOCK);
    let shallow = read(&clone, None, &Limits::default()).expect("a history");
    assert_eq!(shallow.len(), 1, "of the older one nobody knows what it changed");
    assert_eq!((shallow.is_cut(), shallow.damaged()), (true, 0));
    git_at(&clone, &["fetch", "-q", "--unshallow"], CLOCK);
    let whole = read(&clone, Some(&shallow), &Limits::default()).expect("a history");
    assert_eq!(lines(&whole), lines(&world.past()));
    assert!(!whole.is_cut());
}

#[test]
fn a_worktree_of_a_bare_repository_and_a_detached_head_are_as_good() {
    let world = three();
    let expected = lines(&world.past());
    let (bare, tree) = (world.beside("bare"), world.beside("tree"));
    let as_text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    world.git(&["clone", "-q", "--bare", ".", &as_text(&bare)]);
    git_at(&bare, &["worktree", "add", "-q", "--detach", &as_text(&tree)], CLOCK);
    let past = read(&tree, None, &Limits::default()).expect("a history");
    assert_eq!(lines(&past), expected);
    world.git(&["checkout", "-q", "--detach", "HEAD~1"]);
    assert_eq!(lines(&world.past()), expected[3..]);
}

#[test]
fn a_submodule_has_its_own_history_and_is_no_file_of_its_parent() {
    let (inner, mut outer) = (three(), World::new());
    outer.write("x", "1\n");
    outer.commit("0");
    let url = inner.repo.to_str().expect("UTF-8").to_owned();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "add", "-q", &url, "mod"]);
    outer.commit("1");
    let past = read(&outer.repo.join("mod"), None, &Limits::default()).expect("a history");
    assert_eq!(lines(&past), lines(&inner.past()));
    assert_eq!(lines(&outer.past())[1..2], ["A .gitmodules"]);
}

#[test]
fn what_is_damaged_is_left_out_and_counted() {
    let world = three();
    let middle = world.git(&["rev-parse", "HEAD~1:dir"]);
    fs::remove_file(object(&world.repo, &middle)).expect("a loose object");
    let past = world.past();
    assert_eq!((past.len(), past.damaged()), (1, 2), "two commits are compared with that tree");
    let oldest = world.git(&["rev-parse", "HEAD~2"]);
    let path = object(&world.repo, &oldest);
    fs::remove_file(&path).expect("a loose object");
    fs::write(&path, b"no object").expect("written");
    assert_eq!(
        world.past().damaged(),
        2,
        "what followed it cannot be compared, and is not damaged"
    );
    let head = world.git(&["rev-parse", "HEAD"]);
    fs::remove_file(object(&world.repo, &head)).expect("a loose object");
    assert!(matches!(no_history(&world.repo), NoHistory::Unusable { .. }));
}

#[test]
fn limits_keep_the_newest_and_say_so() {
    let world = three();
    let limits = Limits { commits: 2, ..Limits::default() };
    let past = read(&world.repo, None, &limits).expect("a history");
    assert_eq!((past.len(), past.is_cut()), (2, true));
    let limits = Limits { paths: 1, ..Limits::default() };
    let past = read(&world.repo, None, &limits).expect("a history");
    let seen: Vec<(u32, usize)> = past.commits().map(|it| (it.files, it.touches.len())).collect();
    assert_eq!(seen, [(2, 0); 3], "only the number of files is kept");
    let limits = Limits { touches: 3, ..Limits::default() };
    let past = read(&world.repo, None, &limits).expect("a history");
    let seen: Vec<(u32, usize)> = past.commits().map(|it| (it.files, it.touches.len())).collect();
    assert_eq!(seen, [(2, 2), (2, 0), (2, 0)], "older commits lose theirs first");
}

#[test]
fn trees_that_hold_each_other_many_times_do_not_take_for_ever() {
    let mut world = World::new();
    world.write("a", "1\n");
    world.commit("0");
    let blob = world.git(&["hash-object", "-w", "a"]);
    let mut entry = format!("100644 blob {blob}");
    // 10 to the power of 9 files.
    for _ in 0..9 {
        let list: String = (0..10).map(|at| format!("{entry}\tn{at}\n")).collect();
        fs::write(world.beside("list"), list).expect("written");
        let make = format!("git mktree < {}", world.beside("list").display());
        let out = Command::new("sh").args(["-c", &make]).current_dir(&world.repo).output();
        let tree = String::from_utf8(out.expect("git is there").stdout).expect("an id");
        entry = format!("040000 tree {}", tree.trim());
    }
    let tree = entry.rsplit(' ').next().expect("an id").to_owned();
    let commit = world.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "bomb"]);
    world.git(&["update-ref", "HEAD", &commit]);
    let past = world.past();
    let newest = past.commits().next().expect("a commit");
    assert!(newest.files > 1000 && newest.touches.is_empty());
}
