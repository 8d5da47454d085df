//! Trees edited by paths beside trees written from the whole list, and objects beside git's own.

use std::{collections::BTreeMap, fs, path::Path};

use gix::objs::{Kind, tree::EntryKind};
use proptest::prelude::*;
use tempfile::TempDir;

use super::git;
use crate::review::{
    blobs::Item,
    edit::{self, Trees},
    objects::Objects,
    tree,
};

/// Files by path: what of a kind they are, and a number that stands for the content.
type Files = BTreeMap<String, (bool, u8)>;

fn repository() -> (TempDir, gix::Repository) {
    let dir = tempfile::tempdir().expect("a directory");
    git(dir.path(), &["init", "-q"]);
    let repo = gix::open(dir.path()).expect("a repository");
    (dir, repo)
}

fn item(path: &str, (executable, number): (bool, u8)) -> Item {
    let kind = if executable { EntryKind::BlobExecutable } else { EntryKind::Blob };
    let id = gix::ObjectId::from_bytes_or_panic(&[number; 20]);
    Item { path: path.into(), kind, id }
}

fn whole(objects: &Objects, files: &Files) -> gix::ObjectId {
    let mut items: Vec<Item> = files.iter().map(|(path, file)| item(path, *file)).collect();
    items.sort_by(|a, b| a.path.cmp(&b.path));
    tree::write(objects, &items).expect("written")
}

/// Puts a file there, in place of what is in its way.
fn set(files: &mut Files, path: &str, file: Option<(bool, u8)>) {
    let below = format!("{path}/");
    files.remove(path);
    if let Some(file) = file {
        files.retain(|it, _| !it.starts_with(&below) && !path.starts_with(&format!("{it}/")));
        files.insert(path.to_owned(), file);
    }
}

/// What makes one of the other, and some that changes nothing.
fn changes(before: &Files, after: &Files, idle: &[String]) -> Vec<(Vec<u8>, Option<Item>)> {
    let all: Vec<&String> = before.keys().chain(after.keys()).collect();
    let differs = |path: &&&String| before.get(**path) != after.get(**path);
    let mut paths: Vec<&String> = all.iter().filter(differs).copied().chain(idle).collect();
    paths.sort();
    paths.dedup();
    let one = |path: &String| {
        let now = after.get(path).map(|file| item(path, *file));
        (path.clone().into_bytes(), now)
    };
    paths.into_iter().map(one).collect()
}

fn path() -> impl Strategy<Value = String> {
    // Names that git orders otherwise as directories than as files.
    let name = prop_oneof![Just("a"), Just("a.b"), Just("a-"), Just("a0"), Just("b"), Just("B")];
    prop::collection::vec(name, 1..4).prop_map(|parts| parts.join("/"))
}

fn edits() -> impl Strategy<Value = Vec<(String, Option<(bool, u8)>)>> {
    let file = prop::option::weighted(0.7, (any::<bool>(), 1..9u8));
    prop::collection::vec((path(), file), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The list of all files is the slow way to the same tree, whatever is kept from the edit before.
    #[test]
    fn an_edited_tree_is_the_one_of_the_whole_list(
        first in edits(),
        rounds in prop::collection::vec((edits(), prop::collection::vec(path(), 0..3)), 1..5),
    ) {
        let (_dir, repo) = repository();
        let objects = Objects::imagined(repo);
        let mut trees = Trees::default();
        let mut files = Files::new();
        for (path, file) in &first {
            set(&mut files, path, *file);
        }
        let mut tree = whole(&objects, &files);
        for (edits, idle) in &rounds {
            let before = files.clone();
            for (path, file) in edits {
                set(&mut files, path, *file);
            }
            let changes = changes(&before, &files, idle);
            tree = edit::edit(&objects, &mut trees, tree, &changes).expect("edited");
            prop_assert_eq!(tree, whole(&objects, &files), "{:?} by {:?}", before, changes);
        }
    }
}

#[test]
fn a_directory_is_not_taken_for_a_file_that_is_gone() {
    let (_dir, repo) = repository();
    let objects = Objects::imagined(repo);
    let files = Files::from([("a/b".to_owned(), (false, 1)), ("c".to_owned(), (false, 1))]);
    let tree = whole(&objects, &files);
    let gone = [(b"a".to_vec(), None), (b"c/d".to_vec(), None), (b"x/y".to_vec(), None)];
    let same = edit::edit(&objects, &mut Trees::default(), tree, &gone).expect("edited");
    assert_eq!(same, tree);
}

#[test]
fn names_that_git_keeps_out_are_refused() {
    let (_dir, repo) = repository();
    let objects = Objects::imagined(repo);
    let tree = whole(&objects, &Files::new());
    for path in ["a/.git/config", "a/../b", "git~1", "a//b"] {
        let changes = [(path.as_bytes().to_vec(), Some(item(path, (false, 1))))];
        let refused = edit::edit(&objects, &mut Trees::default(), tree, &changes);
        assert!(refused.is_err(), "{path}");
    }
}

fn left_behind(dir: &Path) -> Vec<String> {
    let list = |dir: &Path| -> Vec<fs::DirEntry> {
        fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("there")).collect()
    };
    let dirs = list(&dir.join(".git/objects")).into_iter().filter(|it| it.path().is_dir());
    let files = dirs.flat_map(|dir| list(&dir.path()));
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("tmp")).collect()
}

#[test]
fn git_reads_every_object_that_is_written() {
    for level in ["-1", "0", "1", "9"] {
        let (dir, _) = repository();
        git(dir.path(), &["config", "core.looseCompression", level]);
        let repo = gix::open(dir.path()).expect("a repository");
        let objects = Objects::written(repo);
        let mut dice = super::Dice(0x0b1ec7);
        let noise: Vec<u8> = (0..300_000).map(|_| dice.roll(256) as u8).collect();
        let many = b"all the same ".repeat(50_000);
        let all = [&b""[..], b"x", &noise[..65_530], &noise[..65_536], &noise, &many];
        for bytes in all {
            let id = objects.write("write it", Kind::Blob, bytes).expect("written");
            let stored = objects.repo.find_blob(id).expect("there").take_data();
            assert!(stored == bytes, "level {level}, {} bytes", bytes.len());
            assert_eq!(
                git(dir.path(), &["cat-file", "-s", &id.to_string()]),
                bytes.len().to_string()
            );
        }
        assert_eq!(git(dir.path(), &["fsck", "--strict", "--no-dangling"]), "");
        assert_eq!(git(dir.path(), &["count-objects"]).split(' ').next(), Some("6"));
        assert_eq!(left_behind(dir.path()), [""; 0]);
    }
}

#[test]
fn a_file_that_a_killed_process_has_left_is_no_hindrance() {
    let (dir, repo) = repository();
    let objects = Objects::written(repo);
    let id = objects.write("write it", Kind::Blob, b"one\n").expect("written").to_string();
    let pack = dir.path().join(".git/objects").join(&id[..2]);
    // The names that would come next.
    for number in 0..40 {
        let name = format!("tmp_obj_{:x}_{number:x}", std::process::id());
        fs::write(pack.join(name), "half").expect("written");
    }
    fs::remove_file(pack.join(&id[2..])).expect("removed");
    objects.write("write it", Kind::Blob, b"one\n").expect("written");
    assert_eq!(git(dir.path(), &["cat-file", "blob", &id]), "one");
}
