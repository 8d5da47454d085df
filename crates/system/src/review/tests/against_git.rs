//! Random repositories and edits: the tree is git's after a sync.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use coderoom_engine::FileMode;

use super::{BRANCH, Dice, World, git};

const NAMES: &[&str] = &[
    "a.txt",
    "b.txt",
    "src/main.rs",
    "src/lib.rs",
    "src/deep/er/x.txt",
    "win.bat",
    "crlf/one.txt",
    "crlf/two.md",
    "bin.dat",
    "doc/a b.md",
    "doc/ü.md",
    "out/gen.txt",
    "keep.log",
    "build.log",
    "sub/in.txt",
    "sub/logs/x.log",
    "sub/deep/y.rs",
    "sub/win.bat",
    "a",
    "sub.txt",
    "sub-x/z.txt",
];

const ATTRIBUTES: &[&str] = &[
    "",
    "* text=auto\n*.bat eol=crlf\n",
    "*.txt text\n*.md eol=crlf\nbin.dat binary\n",
    "[attr]mine text eol=lf\ncrlf/* mine\n*.rs ident\n*.dat -text\n",
    "* text=auto eol=crlf\n*.rs filter=shout\n*.md working-tree-encoding=UTF-16LE\n",
];

fn text(dice: &mut Dice) -> Vec<u8> {
    let end: &str = dice.pick(&["\n", "\r\n", "\n", "\r"]);
    let lines = 1 + dice.roll(6);
    let mut text = Vec::new();
    for _ in 0..lines {
        let word: &str = dice.pick(&["one", "$Id$", "two", "ünf", "", "$Id: 12 $"]);
        text.extend_from_slice(word.as_bytes());
        text.extend_from_slice(if dice.roll(8) == 0 { b"\n" } else { end.as_bytes() });
    }
    if dice.roll(12) == 0 {
        text.push(0);
    }
    text
}

/// Whether a file of that name can be there: no directory or file is in its way.
fn has_place(root: &Path, name: &str) -> bool {
    let at = root.join(name);
    let above = Path::new(name).ancestors().skip(1).filter(|it| !it.as_os_str().is_empty());
    let blocked = above
        .into_iter()
        .any(|dir| root.join(dir).symlink_metadata().is_ok_and(|meta| !meta.is_dir()));
    !blocked && !at.symlink_metadata().is_ok_and(|meta| meta.is_dir())
}

fn put_on_disk(root: &Path, name: &str, dice: &mut Dice) {
    if !has_place(root, name) {
        return;
    }
    let at = root.join(name);
    fs::create_dir_all(at.parent().expect("a parent")).expect("made");
    let _ = fs::remove_file(&at);
    match dice.roll(10) {
        0 => symlink(dice.pick(NAMES), &at).expect("made"),
        _ => {
            let bytes = text(dice);
            fs::write(&at, bytes).expect("written");
            let mode = if dice.roll(5) == 0 { 0o755 } else { 0o644 };
            fs::set_permissions(&at, fs::Permissions::from_mode(mode)).expect("set");
        }
    }
}

fn fill(repo: &Path, dice: &mut Dice) {
    git(repo, &["config", "filter.shout.clean", "tr a-z A-Z"]);
    git(repo, &["config", "filter.shout.smudge", "tr A-Z a-z"]);
    git(repo, &["config", "core.safecrlf", "false"]);
    match dice.roll(5) {
        0 => drop(git(repo, &["config", "core.autocrlf", "true"])),
        1 => drop(git(repo, &["config", "core.autocrlf", "input"])),
        2 => drop(git(repo, &["config", "core.fileMode", "false"])),
        _ => {}
    }
    for _ in 0..14 {
        let name = dice.pick(NAMES);
        put_on_disk(repo, name, dice);
    }
    fs::create_dir_all(repo.join("sub")).expect("made");
    fs::write(repo.join("sub/always.txt"), "here\n").expect("written");
    fs::write(repo.join(".gitignore"), "*.log\n!keep.log\nout/\n").expect("written");
    fs::write(repo.join(".gitattributes"), no_utf16(dice.pick(ATTRIBUTES))).expect("written");
    git(repo, &["add", "-A"]);
    if repo.join("build.log").exists() {
        git(repo, &["add", "-f", "build.log"]);
    }
    git(repo, &["commit", "-qm", "first"]);
    // What the user does besides, without committing.
    for _ in 0..4 {
        let name = dice.pick(NAMES);
        put_on_disk(repo, name, dice);
    }
    if dice.roll(2) == 0 {
        git(repo, &["add", "-A"]);
        put_on_disk(repo, "a.txt", dice);
    }
    let _ = fs::remove_file(repo.join(dice.pick(NAMES)));
}

/// git refuses bytes that are not in the encoding it is told: only whole texts may be so.
fn no_utf16(attributes: &str) -> String {
    attributes.replace("*.md working-tree-encoding=UTF-16LE\n", "")
}

fn random_edit(world: &mut World, dice: &mut Dice, sub: &str) {
    let mut changes = Vec::new();
    let mut used: Vec<String> = Vec::new();
    for _ in 0..1 + dice.roll(4) {
        let Some(name) = dice.pick(NAMES).strip_prefix(sub) else { continue };
        let near = |it: &String| {
            it == name || it.starts_with(&format!("{name}/")) || name.starts_with(&format!("{it}/"))
        };
        if used.iter().any(near) {
            continue;
        }
        let path = coderoom_engine::RelPath::new(name.as_bytes()).expect("clean");
        let there = world.now(&path).is_some();
        let snapshot = world.state.snapshot();
        let blocked = !has_place(&world.root, name)
            || snapshot.files_within(&path).any(|file| file.path != path)
            || std::iter::successors(path.parent(), coderoom_engine::RelPath::parent)
                .any(|dir| !dir.is_root() && snapshot.file(&dir).is_some());
        // Links and ignored files are in no session before it makes them its own.
        let is_held = snapshot.file(&path).is_some() || world.state.dirty_file(&path).is_some();
        if (blocked && !there) || (there && !is_held) {
            continue;
        }
        used.push(name.to_owned());
        if there && dice.roll(4) == 0 {
            changes.push((name, None));
            continue;
        }
        let mode = match dice.roll(8) {
            0 => Some(FileMode::Executable),
            1 => Some(FileMode::File),
            2 if !there => Some(FileMode::Link),
            // A file in the place of a link must say so, or a sync keeps the kind that is there.
            _ if world.root.join(name).is_symlink() => Some(FileMode::File),
            _ => None,
        };
        let was_link = world.now(&path).is_some_and(|it| it.mode == Some(FileMode::Link));
        if was_link {
            changes.push((name, None));
            continue;
        }
        let bytes = match mode {
            Some(FileMode::Link) => b"a.txt".to_vec(),
            _ => text(dice),
        };
        changes.push((name, Some(world.version(&bytes, mode))));
    }
    if dice.roll(6) == 0 {
        let ignore = dice.pick(&["*.log\n", "out/\n*.bat\n", "\n", "*.md\n!a b.md\n"]);
        changes.push((".gitignore", Some(world.version(ignore.as_bytes(), None))));
    }
    if dice.roll(8) == 0 {
        let text = no_utf16(dice.pick(ATTRIBUTES));
        changes.push((".gitattributes", Some(world.version(text.as_bytes(), None))));
    }
    world.edit(&changes, "random");
}

fn one(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let sub = if seed.is_multiple_of(3) { "sub/" } else { "" };
    let mut world = World::new(sub, |repo| fill(repo, &mut dice));
    for round in 0..4 {
        for _ in 0..1 + dice.roll(3) {
            random_edit(&mut world, &mut dice, sub);
            if dice.roll(2) == 0 {
                world.commit();
            }
        }
        let before = world.surroundings();
        let reviewed = world.commit();
        assert_eq!(world.surroundings(), before, "seed {seed}: something else was touched");
        let on_branch = git(&world.repo, &["rev-parse", &format!("{}^{{tree}}", reviewed.commit)]);
        assert_eq!(on_branch, reviewed.tree);
        world.sync();
        let expected = world.gits_tree();
        if reviewed.tree != expected {
            let diff = git(
                &world.repo,
                &["diff", "--raw", "-p", "--text", "--no-textconv", &expected, &reviewed.tree],
            );
            panic!("seed {seed}, round {round}: git's tree, then ours:\n{diff}");
        }
        let again = world.commit();
        assert!(!again.created, "seed {seed}: a sync is no change");
        assert_eq!(again.tree, reviewed.tree);
        // The same from the beginning.
        world.reviewer = super::Reviewer::new(&world.root);
        assert_eq!(world.commit().tree, reviewed.tree, "seed {seed}, round {round}: anew");
    }
    let fsck = git(&world.repo, &["fsck", "--strict", "--no-dangling"]);
    assert_eq!(fsck, "", "seed {seed}");
    let count = git(&world.repo, &["rev-list", "--count", &format!("HEAD..{BRANCH}")]);
    assert_ne!(count, "0");
}

/// `CODEROOM_REVIEW_SEEDS=1000` makes more of them, `CODEROOM_REVIEW_SEED=7` begins there.
#[test]
fn the_tree_is_what_git_would_make_of_it() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let first = number("CODEROOM_REVIEW_SEED").unwrap_or(1);
    let last = number("CODEROOM_REVIEW_SEEDS").unwrap_or(16);
    (first..=last).for_each(one);
}
