//! Many readers beside writers: nobody ever sees less than what was finished before he asked.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use coderoom_engine::RelPath;
use coderoom_system::Freshness;
use common::{Disk, assert_fresh, patience};

#[test]
fn a_reader_never_sees_an_older_value_than_the_last_one_finished() {
    const FILES: usize = 4;
    const READERS: usize = 8;
    const WRITES: u64 = 400;
    let path = |i: usize| format!("dir{i}/counter");
    let disk = Disk::new();
    for i in 0..FILES {
        disk.write(&path(i), "0");
    }
    let workspace = disk.open();
    let finished: [AtomicU64; FILES] = Default::default();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let least = finished.each_ref().map(|n| n.load(Ordering::SeqCst));
                    let (snapshot, freshness) = workspace.fresh(patience());
                    assert_eq!(freshness, Freshness::Exact);
                    for (i, least) in least.into_iter().enumerate() {
                        let file = snapshot.file(&RelPath::new(path(i).as_bytes()).unwrap());
                        let bytes = file.unwrap().text().unwrap().bytes().clone();
                        let text = std::str::from_utf8(&bytes).unwrap();
                        // In place, a writer truncates first: nothing is a value that is coming.
                        if let Ok(value) = text.parse::<u64>() {
                            assert!(value >= least, "{value} is older than {least}");
                        }
                    }
                }
            });
        }
        for n in 1..=WRITES {
            for (i, finished) in finished.iter().enumerate() {
                if i % 2 == 0 {
                    disk.write(&path(i), n.to_string());
                } else {
                    let tmp = format!("dir{i}/tmp");
                    disk.write(&tmp, n.to_string());
                    std::fs::rename(disk.path(&tmp), disk.path(&path(i))).unwrap();
                }
                finished.store(n, Ordering::SeqCst);
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert_fresh(&workspace, "all writes");
}

#[test]
fn workspaces_share_equal_texts_and_open_and_close_side_by_side() {
    let disk = Disk::with(&[("a", "the same"), ("b", "the same")]);
    let store = coderoom_engine::TextStore::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let opened = coderoom_system::Workspace::open(
                        &disk.root,
                        Default::default(),
                        store.clone(),
                    );
                    assert_fresh(&opened.unwrap(), "opening");
                }
            });
        }
    });
    let one = disk.open();
    let snapshot = one.snapshot();
    let texts: Vec<_> = snapshot.files().map(|file| file.text().unwrap()).collect();
    assert!(std::sync::Arc::ptr_eq(texts[0], texts[1]));
}
