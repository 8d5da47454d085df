//! What git says: our diffs through `git apply`, git's diffs through ours, merges side by side.
#![allow(clippy::disallowed_methods, reason = "the oracle is a program that works on files")]

mod texts;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use coderoom_edit::{
    DiffOptions, Format, MergeOptions, Outcome, ParseOptions, Side, apply, diff, merge, numstat,
    stat, stat_table,
};
use proptest::{prelude::*, strategy::ValueTree as _};
use texts::{pair, plain_triple, triple};

/// A tree: bytes and executable bit by path.
type Tree = BTreeMap<String, (Vec<u8>, bool)>;

const NAMES: [&str; 7] = ["a", "b.rs", "dir/c", "dir/with space", "tab\there", "ü/ö.txt", "z"];

fn git(dir: &Path, args: &[&str]) -> Output {
    let out = Command::new("git")
        .args(["-c", "core.autocrlf=false", "-c", "core.safecrlf=false"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", dir.parent().expect("test"))
        .output();
    out.expect("git")
}

fn must(dir: &Path, args: &[&str]) -> Vec<u8> {
    let out = git(dir, args);
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn write(dir: &Path, tree: &Tree) {
    for entry in std::fs::read_dir(dir).expect("test").flatten() {
        if entry.file_name() == ".git" {
            continue;
        }
        match entry.file_type().expect("test").is_dir() {
            true => std::fs::remove_dir_all(entry.path()).expect("test"),
            false => std::fs::remove_file(entry.path()).expect("test"),
        }
    }
    for (path, (bytes, executable)) in tree {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().expect("test")).expect("test");
        std::fs::write(&path, bytes).expect("test");
        let mode = if *executable { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("test");
    }
}

fn read(dir: &Path) -> Tree {
    let mut tree = Tree::new();
    for name in NAMES.iter().flat_map(|name| [(*name).to_owned(), format!("moved/{name}")]) {
        if let Ok(bytes) = std::fs::read(dir.join(&name)) {
            let mode = std::fs::metadata(dir.join(&name)).expect("test").permissions().mode();
            tree.insert(name, (bytes, mode & 0o100 != 0));
        }
    }
    tree
}

fn applied(old: &Tree, patch: &[u8]) -> Tree {
    let source = |path: &str| old.get(path).map(|file| Cow::Borrowed(&file.0[..]));
    let result = apply(Format::Unified, patch, &ParseOptions::default(), &source);
    let result =
        result.unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(patch)));
    assert_eq!(result.notes, Vec::<String>::new(), "{}", String::from_utf8_lossy(patch));
    let mut new = old.clone();
    for (path, outcome) in result.files {
        let was = |tree: &Tree, path: &str| tree.get(path).is_some_and(|file| file.1);
        match outcome {
            Outcome::Written { bytes, executable, copy_of } => {
                let before = copy_of.as_ref().unwrap_or(&path);
                let executable = executable.unwrap_or_else(|| was(old, before));
                new.insert(path, (bytes, executable));
            }
            Outcome::Removed => drop(new.remove(&path)),
            Outcome::Moved { from, bytes, executable } => {
                new.remove(&from);
                new.insert(path, (bytes, executable.unwrap_or_else(|| was(old, &from))));
            }
        }
    }
    new
}

/// Two versions of a tree: files come, go, move, change their mode and their text.
fn trees() -> impl Strategy<Value = (Tree, Tree)> {
    let file = (pair(), any::<bool>(), any::<bool>(), 0..8u8);
    prop::collection::vec(file, NAMES.len()).prop_map(|files| {
        let (mut old, mut new) = (Tree::new(), Tree::new());
        for (name, ((a, b), x, y, fate)) in NAMES.iter().zip(files) {
            let name = (*name).to_owned();
            let moved = format!("moved/{name}");
            match fate {
                0 => drop(new.insert(name, (b, y))),
                1 => drop(old.insert(name, (a, x))),
                2 => {
                    old.insert(name, (a, x));
                    new.insert(moved, (b, x));
                }
                3 => {
                    old.insert(name.clone(), (a.clone(), x));
                    new.insert(name, (a, y));
                }
                _ => {
                    old.insert(name.clone(), (a, x));
                    new.insert(name, (b, if fate == 4 { y } else { x }));
                }
            }
        }
        (old, new)
    })
}

/// Our diff of two trees; files that moved are told by their names.
fn our_diff(old: &Tree, new: &Tree, options: &DiffOptions) -> (Vec<u8>, Vec<coderoom_edit::Stat>) {
    let (mut patch, mut stats) = (Vec::new(), Vec::new());
    fn side<'a>(tree: &'a Tree, path: &'a str) -> Option<Side<'a>> {
        let (bytes, executable) = tree.get(path)?;
        Some(Side { path, bytes, executable: *executable })
    }
    for name in NAMES {
        let moved = format!("moved/{name}");
        let (before, after) = (side(old, name), side(new, name).or(side(new, &moved)));
        let part = diff(before, after, options);
        if !part.is_empty() {
            stats.push(stat(before, after));
        }
        patch.extend(part);
    }
    (patch, stats)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn git_takes_our_diffs((old, new) in trees(), context in 1..5usize) {
        let dir = tempfile::tempdir().expect("test");
        write(dir.path(), &old);
        let (patch, _) = our_diff(&old, &new, &DiffOptions { context, ..DiffOptions::default() });
        prop_assert_eq!(&applied(&old, &patch), &new);
        if !patch.is_empty() {
            let file = dir.path().join("patch");
            std::fs::write(&file, &patch).expect("test");
            must(dir.path(), &["apply", "--whitespace=nowarn", "patch"]);
        }
        prop_assert_eq!(read(dir.path()), new, "{}", String::from_utf8_lossy(&patch));
    }

    #[test]
    fn git_takes_our_binary_diffs_and_takes_them_back(
        old in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        new in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        repeats in 1..40usize,
        (was, is) in any::<(bool, bool)>(),
    ) {
        let tree = |side: Option<Vec<u8>>, executable: bool| -> Tree {
            let bytes = side.map(|it| [&it.repeat(repeats)[..], b"\0\xff"].concat());
            bytes.into_iter().map(|bytes| ("z".to_owned(), (bytes, executable))).collect()
        };
        let (old, new) = (tree(old, was), tree(new, is));
        let dir = tempfile::tempdir().expect("test");
        write(dir.path(), &old);
        let options = DiffOptions { binary: true, ..DiffOptions::default() };
        let (patch, _) = our_diff(&old, &new, &options);
        if !patch.is_empty() {
            std::fs::write(dir.path().join("patch"), &patch).expect("test");
            must(dir.path(), &["apply", "patch"]);
            prop_assert_eq!(read(dir.path()), new);
            must(dir.path(), &["apply", "-R", "patch"]);
            // git forgets the mode of a deleted binary file on the way back, in its own patches too.
            let bytes = |tree: Tree| tree.into_values().map(|file| file.0).collect::<Vec<_>>();
            prop_assert_eq!(bytes(read(dir.path())), bytes(old));
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_survive_a_patch_that_travels_as_text((a, b) in pair()) {
        let (mut a, mut b) = (a, b);
        a.extend(b"caf\xe9\n");
        b.extend(b"caf\xe9!\n");
        let tree = |bytes: Vec<u8>| Tree::from([("z".to_owned(), (bytes, false))]);
        let (old, new) = (tree(a), tree(b));
        let dir = tempfile::tempdir().expect("test");
        write(dir.path(), &old);
        let options = DiffOptions { binary: true, utf8: true, ..DiffOptions::default() };
        let patch = String::from_utf8(our_diff(&old, &new, &options).0).expect("UTF-8");
        std::fs::write(dir.path().join("patch"), &patch).expect("test");
        must(dir.path(), &["apply", "patch"]);
        prop_assert_eq!(read(dir.path()), new);
    }

    #[test]
    fn we_take_gits_diffs((old, new) in trees(), context in 0..5usize) {
        let dir = tempfile::tempdir().expect("test");
        must(dir.path(), &["init", "-q"]);
        write(dir.path(), &old);
        must(dir.path(), &["add", "-A"]);
        let tree = String::from_utf8(must(dir.path(), &["write-tree"])).expect("test");
        write(dir.path(), &new);
        must(dir.path(), &["add", "-A"]);
        let unified = format!("-U{context}");
        for find in ["-M", "-C", "--no-renames"] {
            let args = ["diff", "--cached", find, &unified, tree.trim()];
            let patch = must(dir.path(), &args);
            if !patch.is_empty() {
                prop_assert_eq!(&applied(&old, &patch), &new, "{}", String::from_utf8_lossy(&patch));
            }
        }
    }

    #[test]
    fn counts_are_gits((old, new) in trees()) {
        let (patch, stats) = our_diff(&old, &new, &DiffOptions::default());
        prop_assume!(!patch.is_empty());
        let dir = tempfile::tempdir().expect("test");
        std::fs::write(dir.path().join("patch"), &patch).expect("test");
        let theirs = String::from_utf8(must(dir.path(), &["apply", "--numstat", "patch"])).expect("test");
        // `git apply` names renamed files by their new name only.
        let plain: Vec<_> = stats
            .iter()
            .cloned()
            .map(|stat| coderoom_edit::Stat { from: None, ..stat })
            .collect();
        prop_assert_eq!(numstat(&plain), theirs);
        let table = stat_table(&plain, 80);
        let theirs = String::from_utf8(must(dir.path(), &["apply", "--stat", "patch"])).expect("test");
        prop_assert_eq!(table.lines().last(), theirs.lines().last());
    }
}

/// Runs `git merge-file` and says what it prints and how many conflicts it counts.
fn merge_file(dir: &Path, texts: [&[u8]; 3], flags: &[&str]) -> (Vec<u8>, usize) {
    for (name, text) in ["base", "ours", "theirs"].iter().zip(texts) {
        std::fs::write(dir.join(name), text).expect("test");
    }
    let labels = ["-L", "ours", "-L", "base", "-L", "theirs"];
    let args = [&["merge-file", "-p"][..], flags, &labels, &["ours", "base", "theirs"]].concat();
    let out = git(dir, &args);
    (out.stdout, out.status.code().unwrap_or(255) as usize)
}

/// Whether our merge is git's, both ways of showing conflicts; the difference if it is not.
fn same_merge(
    dir: &Path,
    (base, ours, theirs): &(Vec<u8>, Vec<u8>, Vec<u8>),
) -> Result<(), String> {
    for show_base in [false, true] {
        let flags: &[&str] = if show_base { &["--diff3"] } else { &[] };
        let (text, conflicts) = merge_file(dir, [base, ours, theirs], flags);
        let options = MergeOptions { show_base, ..MergeOptions::default() };
        let merged = merge(base, ours, theirs, &options);
        if merged.text != text || merged.conflicts.len() != conflicts {
            let [a, b] = [&merged.text, &text].map(|text| String::from_utf8_lossy(text));
            return Err(format!("ours:\n{a}\ngit's:\n{b}"));
        }
        let lines: Vec<&[u8]> = merged.text.split(|b| *b == b'\n').collect();
        for conflict in &merged.conflicts {
            assert!(lines[conflict.line as usize - 1].starts_with(b"<<<<<<< ours"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn merges_are_gits(texts in plain_triple()) {
        let dir = tempfile::tempdir().expect("test");
        prop_assert_eq!(same_merge(dir.path(), &texts), Ok(()));
    }
}

/// Where lines repeat there can be several shortest diffs, and git may have taken another one: that
/// is allowed for one text in a hundred.
#[test]
fn merges_of_texts_that_repeat_are_nearly_always_gits() {
    let dir = tempfile::tempdir().expect("test");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut others = Vec::new();
    for _ in 0..400 {
        let texts = triple().new_tree(&mut runner).expect("texts").current();
        others.extend(same_merge(dir.path(), &texts).err());
    }
    assert!(others.len() <= 4, "{} differ, such as\n{}", others.len(), others[0]);
}
