//! The load: what it holds, what it covers, and what it recalls from an earlier run.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use coderoom_engine::{Body, RelPath, Segment, SegmentBuilder, Stamp, TextStore};
use coderoom_system::{LoadOptions, Memory, load};
use common::{Disk, World};

#[test]
fn everything_is_held_and_covered() {
    let disk = Disk::new();
    // More than one range for each thread: sizes from nothing to a quarter of a megabyte.
    for i in 0..200 {
        let line = format!("file number {i}\n");
        disk.write(&format!("d{}/f{i}", i % 9), line.repeat((i * 97) % 8000));
    }
    disk.write("utf16", b"\xff\xfeh\0i\0");
    let seen = AtomicU64::new(0);
    let loaded =
        load(&disk.root, &LoadOptions::default(), &TextStore::default(), None, &|progress| {
            assert!(progress.files <= progress.of_files);
            seen.fetch_max(progress.files, Ordering::SeqCst);
        })
        .unwrap();
    let snapshot = loaded.session.snapshot();
    assert_eq!(loaded.dirs.len(), 10, "nine directories and the root");
    assert_eq!(seen.load(Ordering::SeqCst), 201);
    // Trigrams of raw UTF-16 say nothing, so that file stays a candidate of every query.
    assert_eq!(snapshot.coverage().0, 1);
    let held = World::of_snapshot(&snapshot).files;
    for i in 0..200 {
        let path = RelPath::new(format!("d{}/f{i}", i % 9).as_bytes()).unwrap();
        assert_eq!(held[&path].1, std::fs::read(disk.root.join(path.as_path())).unwrap());
    }
}

#[test]
fn a_file_with_two_names_is_loaded_under_both_by_whoever_watches_nothing() {
    let disk = Disk::with(&[("one", "the same bytes")]);
    std::fs::hard_link(disk.root.join("one"), disk.root.join("two")).unwrap();
    let options = LoadOptions::default();
    let loaded = load(&disk.root, &options, &TextStore::default(), None, &|_| ()).unwrap();
    assert_eq!(World::of_snapshot(&loaded.session.snapshot()).files.len(), 2);
}

struct Past {
    store: TextStore,
    segment: Arc<Segment>,
}

impl Memory for Past {
    fn recall(&self, path: &RelPath, now: &Stamp) -> Option<(Body, Stamp)> {
        let text =
            (path.file_name() == b"known").then(|| self.store.intern("remembered".into()))?;
        Some((Body::Text(text?), *now))
    }

    fn segments(&self) -> Vec<Arc<Segment>> {
        vec![Arc::clone(&self.segment)]
    }
}

#[test]
fn what_is_remembered_is_neither_read_nor_indexed_again() {
    let disk = Disk::with(&[("known", "on disk"), ("new", "on disk, too")]);
    let store = TextStore::default();
    let mut builder = SegmentBuilder::new();
    let text = store.intern("remembered".into()).unwrap();
    builder.offer(&text);
    let past = Past { store: store.clone(), segment: Arc::new(builder.finish()) };
    let options = LoadOptions::default();
    let loaded = load(&disk.root, &options, &store, Some(&past), &|_| ()).unwrap();
    let snapshot = loaded.session.snapshot();
    let texts: Vec<_> = snapshot.files().map(|file| file.text().unwrap().bytes().clone()).collect();
    assert_eq!(texts, [&b"remembered"[..], b"on disk, too"]);
    assert_eq!(snapshot.coverage(), (0, 2));
}
