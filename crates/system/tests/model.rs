//! Random operations on a tree: after each few, a fresh snapshot is what a straight walk finds.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use coderoom_system::LoadOptions;
use common::{Dice, Disk, assert_fresh};

const NAMES: &[&str] = &["a", "b", "c.log", "d.txt", ".e", "sub", "build", ".ignore", ".gitignore"];
const RULES: &[&str] = &["*.log\n", "build/\n", "sub\n", "!.e\n", "/a\n", "*\n!*/\n", "", "b/**\n"];

/// A path that may or may not exist, at most four levels deep.
fn some_path(dice: &mut Dice, root: &Path) -> PathBuf {
    let mut path = root.to_path_buf();
    for _ in 0..=dice.below(4) {
        path.push(dice.pick(NAMES));
    }
    path
}

fn contents(dice: &mut Dice, path: &Path) -> Vec<u8> {
    let name = path.file_name().unwrap().to_string_lossy();
    if name.ends_with("ignore") {
        return dice.pick(RULES).into();
    }
    match dice.below(8) {
        0 => b"bin\0ary".to_vec(),
        1 => Vec::new(),
        _ => format!("text {}\n", dice.below(1000)).into_bytes(),
    }
}

/// One random operation. Most that cannot be done fail, which is as good a test. Returns its name.
fn operate(dice: &mut Dice, root: &Path, outside: &Path) -> String {
    let path = some_path(dice, root);
    let other = some_path(dice, root);
    let (name, result) = match dice.below(16) {
        0..=4 => {
            if dice.below(2) == 0 {
                let _ = fs::create_dir_all(path.parent().unwrap());
            }
            ("write", fs::write(&path, contents(dice, &path)))
        }
        5 => ("mkdir", fs::create_dir_all(&path)),
        6 | 7 => ("remove", fs::remove_file(&path)),
        8 => ("rmdir", fs::remove_dir_all(&path)),
        9 | 10 => ("rename", fs::rename(&path, &other)),
        11 => ("symlink", symlink(dice.pick(&["a", "..", "/etc", "sub"]), &path)),
        12 => ("link", fs::hard_link(&path, &other)),
        13 => ("move out", fs::rename(&path, outside.join(dice.pick(NAMES)))),
        14 => ("move in", fs::rename(outside.join(dice.pick(NAMES)), &path)),
        _ => match dice.below(8) {
            0 => ("init", fs::create_dir_all(root.join(".git/info"))),
            1 => ("exclude", fs::write(root.join(".git/info/exclude"), dice.pick(RULES))),
            2 => ("deinit", fs::remove_dir_all(root.join(".git"))),
            3 => ("init below", fs::create_dir_all(path.join(".git"))),
            4 => ("rules above", fs::write(outside.join("../.ignore"), dice.pick(RULES))),
            _ => ("truncate", fs::File::create(&path).and_then(|file| file.set_len(3))),
        },
    };
    let done = result.map_or_else(|error| error.kind().to_string(), |()| "done".to_owned());
    format!("{name} {} {}: {done}", path.display(), other.display())
}

fn run(seed: u64, operations: usize, options: LoadOptions) {
    let mut dice = Dice::new(seed);
    let disk = Disk::new();
    let outside = disk.root.parent().unwrap().join("outside");
    fs::create_dir(&outside).unwrap();
    for _ in 0..60 {
        operate(&mut dice, &disk.root, &outside);
    }
    let workspace = disk.open_with(options);
    let mut history = Vec::new();
    for i in 0..operations {
        history.push(operate(&mut dice, &disk.root, &outside));
        if dice.below(3) == 0 {
            let last = &history[history.len().saturating_sub(12)..];
            assert_fresh(&workspace, &format!("seed {seed}, operation {i}:\n{}", last.join("\n")));
        }
    }
    assert_fresh(&workspace, &format!("seed {seed}, the end"));
    assert!(workspace.status().problems.is_empty());
}

#[test]
fn random_operations() {
    // 203: a name of a hard link that leaves, while another one of its names is written.
    for seed in (0..8).chain([203]) {
        run(seed, 300, LoadOptions::default());
    }
}

#[test]
fn random_operations_with_no_ignore() {
    let options = LoadOptions { no_ignore: true, ..LoadOptions::default() };
    for seed in 100..103 {
        run(seed, 300, options.clone());
    }
}
