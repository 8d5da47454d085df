//! The scan lists what the real ripgrep lists.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use coderoom_engine::{RelPath, Visibility};
use coderoom_system::{Listing, LoadOptions, scan};
use common::{Dice, Disk, name, rg_files};

fn paths(listing: &Listing, shown: impl Fn(Visibility) -> bool) -> Vec<RelPath> {
    let files = listing.files.iter();
    let shown = files.filter(|file| shown(file.visibility));
    shown.map(|file| file.path.clone()).collect()
}

fn is_hidden(visibility: Visibility) -> bool {
    visibility.has(Visibility::HIDDEN_SELF.with(Visibility::HIDDEN_DIR))
}

fn is_ignored(visibility: Visibility) -> bool {
    visibility.has(Visibility::IGNORED_SELF.with(Visibility::IGNORED_DIR))
}

#[track_caller]
fn assert_same(ours: &[RelPath], theirs: &[RelPath], what: &str) {
    let extra: Vec<_> = ours.iter().filter(|path| !theirs.contains(path)).collect();
    let missing: Vec<_> = theirs.iter().filter(|path| !ours.contains(path)).collect();
    assert!(
        extra.is_empty() && missing.is_empty() && ours.len() == theirs.len(),
        "{what}: extra {extra:?}, missing {missing:?}"
    );
}

/// Compares a tree with ripgrep in every way that the flags of a listing promise.
#[track_caller]
fn check(root: &Path, what: &str) {
    let listing = scan(root, &LoadOptions::default()).unwrap();
    assert!(listing.files.is_sorted_by(|a, b| a.path < b.path));
    assert!(listing.dirs.is_sorted_by(|a, b| a.0 < b.0));
    assert!(listing.unheld.is_sorted_by(|a, b| a.path < b.path));
    let all = paths(&listing, |_| true);
    assert_same(&all, &rg_files(root, &["--hidden"]), &format!("{what}, --hidden"));
    let plain = paths(&listing, Visibility::is_plain);
    assert_same(&plain, &rg_files(root, &[]), what);

    let options = LoadOptions { no_ignore: true, ..LoadOptions::default() };
    let everything = scan(root, &options).unwrap();
    let all = paths(&everything, |_| true);
    let theirs = rg_files(root, &["--hidden", "--no-ignore"]);
    assert_same(&all, &theirs, &format!("{what}, --hidden --no-ignore"));
    let unignored = paths(&everything, |visibility| !is_ignored(visibility));
    let theirs = rg_files(root, &["--hidden"]);
    assert_same(&unignored, &theirs, &format!("{what}, labels of --no-ignore"));
    check_unheld(root, &listing, &everything, what);
    check_named_dirs(root, &everything, what);
}

/// What is unheld is exactly what lies between the listing and everything.
#[track_caller]
fn check_unheld(root: &Path, listing: &Listing, everything: &Listing, what: &str) {
    for unheld in &listing.unheld {
        let path = root.join(unheld.path.as_path());
        assert_eq!(unheld.is_dir, path.is_dir(), "{what}: {:?}", unheld.path);
        let is_git = unheld.is_dir && unheld.path.file_name() == b".git";
        assert!(is_git || unheld.visibility.has(Visibility::IGNORED_SELF));
    }
    for file in &everything.files {
        let is_held = listing.files.iter().any(|held| held.path == file.path);
        let unheld = listing.unheld.iter().any(|u| file.path.is_within(&u.path));
        assert!(is_held != unheld, "{what}: {:?} is held and unheld, or neither", file.path);
    }
}

/// "Self" flags speak of the last component alone: somebody who names an ignored directory on
/// ripgrep's command line gets what is in it.
#[track_caller]
fn check_named_dirs(root: &Path, everything: &Listing, what: &str) {
    for (dir, _) in &everything.dirs {
        let named = dir.as_path().to_str();
        let Some(named) = named.filter(|named| !named.is_empty()) else {
            continue;
        };
        // Flags that speak of the named directory or of those above do not count.
        let hides_below = |path: &RelPath| {
            let files = everything.files.iter().find(|file| file.path == *path);
            let own = files.map(|file| file.visibility).unwrap_or_default();
            own.has(Visibility::IGNORED_SELF)
        };
        let direct = |path: &RelPath| path.parent().as_ref() == Some(dir);
        let ours: Vec<RelPath> = paths(everything, |_| true)
            .into_iter()
            .filter(|path| direct(path) && !hides_below(path))
            .collect();
        let theirs: Vec<RelPath> = rg_files(root, &["--hidden", "--max-depth", "1", "--", named])
            .into_iter()
            .filter(direct)
            .collect();
        assert_same(&ours, &theirs, &format!("{what}, naming {named}"));
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_repository_with_all_kinds_of_rules() {
    let disk = Disk::new();
    let root = &disk.root;
    fs::create_dir_all(root.join(".git/info")).unwrap();
    write(root, ".git/config", "");
    write(root, ".git/info/exclude", "excluded.txt\n");
    write(root, ".gitignore", "*.log\nbuild/\n!keep.log\n!.github\n/only-root\n");
    write(root, ".ignore", "dot-ignored\n!shown-again.log\n");
    write(root, ".rgignore", "rg-ignored\n");
    for file in [
        "a.rs",
        "b.log",
        "keep.log",
        "shown-again.log",
        "excluded.txt",
        "dot-ignored",
        "rg-ignored",
        "only-root",
        "deep/only-root",
        "deep/b.log",
        "build/out.o",
        "deep/build/out.o",
        "deep/build",
        ".hidden",
        ".hidden-dir/file",
        ".github/workflows/ci.yml",
        ".github/.hidden",
        "vendor/.github/x",
        "target.txt",
        "a/b/c/d/e.txt",
        "a.b/c",
        "a-b/c",
    ] {
        if file != "deep/build" {
            write(root, file, file);
        }
    }
    write(root, "other/build", "a file named like an ignored directory");
    write(root, "deep/.gitignore", "!*.log\nnested.txt\n");
    write(root, "deep/nested.txt", "");
    write(root, "deep/er/nested.txt", "");
    // A repository inside: its parent's git rules end at its door, `.ignore` does not.
    fs::create_dir_all(root.join("inner/.git/info")).unwrap();
    write(root, "inner/.git/info/exclude", "inner-excluded\n");
    for file in ["inner/b.log", "inner/dot-ignored", "inner/inner-excluded", "inner/x/y.log"] {
        write(root, file, "");
    }
    fs::write(root.join(name(b"not-utf8-\xff\xfe.txt")), "x").unwrap();
    fs::create_dir(root.join(name(b"dir-\xff"))).unwrap();
    fs::write(root.join(name(b"dir-\xff/file.log")), "x").unwrap();
    symlink("a.rs", root.join("link-to-file")).unwrap();
    symlink("deep", root.join("link-to-dir")).unwrap();
    symlink("/etc", root.join("link-out")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    check(root, "repository");
    check(&root.join("deep"), "below a repository");
    check(&root.join("inner"), "inner repository");
}

#[test]
fn without_a_repository_git_rules_do_not_apply() {
    let disk = Disk::new();
    let root = &disk.root;
    write(root, ".gitignore", "*.log\n");
    write(root, ".ignore", "*.tmp\n");
    for file in ["a.log", "a.tmp", "a.txt", "x/.gitignore", "x/a.log", "x/a.tmp"] {
        write(root, file, "*.txt\n");
    }
    check(root, "no repository");
    fs::create_dir(root.join("x/.git")).unwrap();
    check(root, "a repository inside of no repository");
    fs::create_dir(root.join(".jj")).unwrap();
    check(root, "a jj repository");
}

#[test]
fn a_linked_worktree_uses_the_excludes_of_its_repository() {
    let disk = Disk::new();
    let root = &disk.root;
    write(root, "main/.git/info/exclude", "excluded\n");
    write(root, "main/.git/worktrees/w/commondir", "../..\n");
    let git_dir = root.join("main/.git/worktrees/w");
    write(root, "tree/.git", &format!("gitdir: {}\n", git_dir.display()));
    for file in ["tree/excluded", "tree/shown", "tree/.gitignore"] {
        write(root, file, "");
    }
    check(&root.join("tree"), "linked worktree");
    check(root, "repositories side by side");
}

/// Directories and files with rules and names that invite mistakes, drawn at random.
fn grow(dice: &mut Dice, dir: &Path, depth: usize) {
    const NAMES: &[&[u8]] = &[
        b"a",
        b"b",
        b"a.log",
        b"b.log",
        b"build",
        b".hidden",
        b".git-like",
        b"x y",
        b"[ab]",
        b"!not",
        b"#hash",
        b"UPPER",
        b"upper",
        b".env",
        b"tmp~",
        b"\xffraw",
        b"keep",
        b"sub",
    ];
    const RULES: &[&str] = &[
        "*.log",
        "build/",
        "build",
        "/a",
        "!a",
        "!*.log",
        "!.hidden",
        ".*",
        "!.env",
        "sub/*",
        "!sub/keep",
        "**/b",
        "a/**",
        "*",
        "!*/",
        "x y",
        "\\!not",
        "\\#hash",
        "upper",
        "[ab]",
        "*~",
        "!keep",
        "sub/a",
        "# comment",
        "",
        "/sub/",
    ];
    for rules in [".gitignore", ".ignore", ".rgignore"] {
        if dice.below(4) == 0 {
            let lines: Vec<&str> = (0..=dice.below(4)).map(|_| dice.pick(RULES)).collect();
            fs::write(dir.join(rules), lines.join("\n")).unwrap();
        }
    }
    if dice.below(8) == 0 {
        fs::create_dir_all(dir.join(".git/info")).unwrap();
        fs::write(dir.join(".git/info/exclude"), dice.pick(RULES)).unwrap();
    }
    for _ in 0..dice.below(7) + 2 {
        let path = dir.join(name(dice.pick(NAMES)));
        if path.symlink_metadata().is_ok() {
            continue;
        }
        match dice.below(6) {
            0 | 1 if depth < 4 => {
                fs::create_dir(&path).unwrap();
                grow(dice, &path, depth + 1);
            }
            2 => symlink(dice.pick(&["a", "..", "sub", "nowhere"]), &path).unwrap(),
            _ => fs::write(&path, "x").unwrap(),
        }
    }
}

#[test]
fn generated_trees() {
    for seed in 0..60 {
        let disk = Disk::new();
        let mut dice = Dice::new(seed);
        if dice.below(3) > 0 {
            fs::create_dir(disk.root.join(".git")).unwrap();
        }
        if dice.below(3) == 0 {
            let above: PathBuf = disk.root.parent().unwrap().join(".ignore");
            fs::write(above, "*.log\n!keep\n").unwrap();
        }
        grow(&mut dice, &disk.root, 0);
        check(&disk.root, &format!("seed {seed}"));
    }
}

#[test]
fn more_threads_find_the_same() {
    let disk = Disk::new();
    fs::create_dir(disk.root.join(".git")).unwrap();
    grow(&mut Dice::new(7), &disk.root, 0);
    let scan_with = |threads| {
        let options = LoadOptions { threads, ..LoadOptions::default() };
        let listing = scan(&disk.root, &options).unwrap();
        format!("{:?} {:?} {:?}", listing.files, listing.dirs, listing.unheld)
    };
    assert_eq!(scan_with(1), scan_with(0));
}

#[test]
fn a_hidden_name_is_hidden_unless_a_rule_shows_it() {
    let disk = Disk::new();
    fs::create_dir(disk.root.join(".git")).unwrap();
    write(&disk.root, ".gitignore", "!.shown\n");
    write(&disk.root, ".shown/a", "");
    write(&disk.root, ".other/a", "");
    let listing = scan(&disk.root, &LoadOptions::default()).unwrap();
    let hidden: Vec<String> = paths(&listing, is_hidden).iter().map(ToString::to_string).collect();
    assert_eq!(hidden, [".gitignore", ".other/a"]);
}
