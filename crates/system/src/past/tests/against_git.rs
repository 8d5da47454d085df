//! The same commits and files that `git log --name-status` prints.

use super::*;

/// What git says, in the form of [`lines`]: commits without files of the directory left out.
fn git_log(world: &World, dir: &str) -> Vec<String> {
    let range = if dir.is_empty() { "." } else { dir };
    let out = world.git(&[
        "-c",
        "core.quotePath=false",
        "log",
        "--no-merges",
        "--date-order",
        "--name-status",
        "-M50%",
        "--ignore-submodules=all",
        "--format=%H",
        "--relative",
        "--",
        range,
    ]);
    let mut lines: Vec<String> = Vec::new();
    let mut touches: Vec<String> = Vec::new();
    for line in out.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('\t').collect();
        let strip = |path: &str| match dir {
            "" => path.to_owned(),
            dir => path.strip_prefix(&format!("{dir}/")).unwrap_or(path).to_owned(),
        };
        match parts[..] {
            [id] => {
                touches.sort();
                lines.append(&mut touches);
                lines.push(id.to_owned());
            }
            [what, path] => {
                // A change of type is a modification here.
                let what = if what == "T" { "M" } else { what };
                touches.push(format!("{what} {}", strip(path)));
            }
            [_, old, new] => touches.push(format!("R {} {}", strip(old), strip(new))),
            _ => panic!("git says {line}"),
        }
    }
    touches.sort();
    lines.append(&mut touches);
    lines
}

fn filled() -> World {
    let mut world = World::new();
    world.write("a.rs", "fn a() {}\n");
    world.write("sub/b.rs", "fn b() {}\nfn bb() {}\n");
    world.write("sub/deep/c.rs", "fn c() {}\n");
    world.write("ö ü/d e.txt", "umlauts\n");
    world.commit("first");
    world.write("a.rs", "fn a() { 1 }\n");
    world.write("sub/b.rs", "fn b() {}\nfn bb() { 2 }\n");
    world.commit("two files");
    world.commit("nothing");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("side.rs", "fn side() {}\n");
    world.write("sub/deep/c.rs", "fn c() { 3 }\n");
    world.commit("on a branch");
    world.git(&["checkout", "-q", "main"]);
    world.remove("ö ü/d e.txt");
    fs::remove_dir(world.repo.join("ö ü")).expect("empty");
    world.write("ö ü", "a file where a directory was\n");
    world.commit("a directory becomes a file");
    world.merge("side");
    world.remove("ö ü");
    world.commit("gone");
    world.git(&["update-index", "--chmod=+x", "a.rs"]);
    world.git(&["commit", "-q", "-m", "mode"]);
    world.remove("a.rs");
    std::os::unix::fs::symlink("sub/b.rs", world.repo.join("a.rs")).expect("linked");
    world.commit("a file becomes a link");
    world
}

#[test]
fn a_history_is_what_git_log_says() {
    let world = filled();
    assert_eq!(lines(&world.past()), git_log(&world, ""));
}

#[test]
fn a_workspace_below_the_repository_has_its_own_part_of_the_history() {
    let world = filled();
    let past = read(&world.repo.join("sub"), None, &Limits::default()).expect("a history");
    assert_eq!(lines(&past), git_log(&world, "sub"));
    assert_eq!(past.len(), 3, "commits elsewhere are not in it");
}

#[test]
fn times_and_messages_are_the_commits() {
    let mut world = World::new();
    world.write("a", "1");
    world.commit("subject\n\nbody with ünicode\n");
    world.write("a", "2");
    world.commit(&"ä".repeat(4000));
    let past = world.past();
    let commits: Vec<_> = past.commits().collect();
    assert_eq!(commits[1].message, "subject\n\nbody with ünicode");
    assert_eq!(commits[1].time, 1_600_000_060);
    assert_eq!(commits[0].author_time, 1_600_000_120);
    assert_eq!(commits[0].message, "ä".repeat(2048), "cut at 4 KiB");
    assert_eq!(commits[0].files, 1);
}

#[test]
fn a_generated_history_is_what_git_log_says() {
    // A small generator of its own: the history must be the same each time the test runs.
    let mut state = 7_u64;
    let mut next = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut world = World::new();
    world.write("seed", "seed\n");
    world.commit("seed");
    for round in 0..60 {
        for _ in 0..=next(4) {
            let path = format!("d{}/e{}/f{}.txt", next(3), next(2), next(4));
            if world.repo.join(&path).exists() && next(4) == 0 {
                world.remove(&path);
            } else {
                // Texts without a line in common: no two files are alike enough to be one.
                world.write(&path, &format!("{round} {path} {}\n", next(1_000_000)));
            }
        }
        if next(6) == 0 && round > 3 {
            let branch = format!("b{round}");
            world.git(&["add", "-A"]);
            world.git(&["stash", "-q"]);
            world.git(&["checkout", "-q", "-b", &branch, "HEAD~1"]);
            world.write(&format!("branch/{round}"), &format!("{round}\n"));
            world.commit("branch");
            world.git(&["checkout", "-q", "main"]);
            world.merge(&branch);
        } else {
            world.commit("round");
        }
    }
    assert_eq!(lines(&world.past()), git_log(&world, ""));
}
