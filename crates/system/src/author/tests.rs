//! The author without its threads: what only a lost event or a torn moment would show.

use std::{collections::BTreeMap, fs, path::Path};

use super::*;
use crate::watch::Dirt;

fn held(tree: &Tree) -> BTreeMap<String, Vec<u8>> {
    let snapshot = tree.shared().session.snapshot();
    let texts = snapshot.files().filter_map(|file| {
        let text = file.text()?.bytes().to_vec();
        Some((file.path.to_string(), text))
    });
    texts.collect()
}

fn on_disk(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let listing = crate::scan(root, &LoadOptions::default()).unwrap();
    let read = |path: &RelPath| fs::read(root.join(path.as_path())).unwrap();
    let files = listing.files.iter();
    files.map(|file| (file.path.to_string(), read(&file.path))).collect()
}

fn open(root: &Path) -> Tree {
    let options = LoadOptions::default();
    prepare(root, options, TextStore::default(), None, &|_| ()).unwrap()
}

fn tree_on_disk() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for sub in ["a/b", "c"] {
        fs::create_dir_all(dir.path().join(sub)).unwrap();
    }
    for file in ["a/1", "a/b/2", "c/3", "4"] {
        fs::write(dir.path().join(file), file).unwrap();
    }
    dir
}

/// What happens on disk while events are lost.
fn rearrange(root: &Path) {
    fs::rename(root.join("a"), root.join("moved")).unwrap();
    fs::create_dir(root.join("a")).unwrap();
    fs::write(root.join("a/1"), "new").unwrap();
    fs::write(root.join("moved/b/2"), "changed").unwrap();
    fs::remove_dir_all(root.join("c")).unwrap();
    fs::write(root.join("c"), "a file").unwrap();
    fs::write(root.join(".ignore"), "4\n").unwrap();
}

#[test]
fn after_lost_events_everything_is_looked_at() {
    let dir = tree_on_disk();
    let mut tree = open(dir.path());
    rearrange(dir.path());
    tree.shared().watches.drain(&mut Dirt::default());
    let everything = || Dirt { everything: true, ..Dirt::default() };
    tree.look(everything(), false);
    assert_eq!(held(&tree), on_disk(dir.path()));
    // The watches are right again, too.
    fs::write(dir.path().join("moved/b/2"), "once more").unwrap();
    fs::write(dir.path().join("a/1"), "once more").unwrap();
    let mut dirt = Dirt::default();
    tree.shared().watches.drain(&mut dirt);
    assert!(!dirt.everything);
    tree.look(dirt, false);
    assert_eq!(held(&tree), on_disk(dir.path()));
}

#[test]
fn an_event_too_many_costs_nothing() {
    let dir = tree_on_disk();
    let mut tree = open(dir.path());
    let before = tree.shared().session.snapshot().revision();
    let mut dirt = Dirt::default();
    for path in ["a", "a/1", "a/b", "c/3", "gone", "gone/deeper", "", "a/b/2/3"] {
        dirt.names.insert(RelPath::new(path.as_bytes()).unwrap());
    }
    dirt.rules.insert(RelPath::new(b"gone").unwrap());
    dirt.attributes.insert(RelPath::new(b"a").unwrap());
    tree.look(dirt, false);
    assert_eq!(tree.shared().session.snapshot().revision(), before);
    assert_eq!(held(&tree), on_disk(dir.path()));
}

#[cfg(target_os = "linux")]
#[test]
fn an_overflow_of_the_queue_is_noticed() {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    let dir = tree_on_disk();
    let mut tree = open(dir.path());
    // Alternating files, because the kernel merges equal events.
    for _ in 0..=limit / 2 {
        fs::File::create(dir.path().join("a/1")).unwrap();
        fs::File::create(dir.path().join("c/3")).unwrap();
    }
    rearrange(dir.path());
    let mut dirt = Dirt::default();
    tree.shared().watches.drain(&mut dirt);
    assert!(dirt.everything);
    tree.look(dirt, false);
    assert_eq!(held(&tree), on_disk(dir.path()));
}

#[test]
fn removed_directories_leave_no_watch_behind() {
    let dir = tree_on_disk();
    let mut tree = open(dir.path());
    assert_eq!(tree.shared().watches.watched(), 4);
    fs::remove_dir_all(dir.path().join("a")).unwrap();
    fs::rename(dir.path().join("c"), dir.path().join("d")).unwrap();
    let mut dirt = Dirt::default();
    tree.shared().watches.drain(&mut dirt);
    tree.look(dirt, false);
    assert_eq!(tree.shared().watches.watched(), 2);
    assert!(tree.shared().watches.has_events(), "the end of watches is told");
    let mut dirt = Dirt::default();
    tree.shared().watches.drain(&mut dirt);
    tree.look(dirt, false);
    assert_eq!(held(&tree), on_disk(dir.path()));
    assert_eq!(tree.shared().watches.watched(), 2);
}
