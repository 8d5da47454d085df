//! Times a cold load, a store, an open and a warm start of one directory.
//!
//! `cargo run --release -p coderoom-system --example warm -- DIR [CACHE_BASE]`
#![allow(clippy::print_stdout)]

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use coderoom_engine::{
    Body, Covering, File, FileChange, RelPath, Session, Stamp, TextStore, Visibility,
};
use coderoom_system::cache::{Cache, Listed, Listing, Meta, warm};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let root = args.next().ok_or("usage: warm DIR [CACHE_BASE]")?;
    let root = root.canonicalize()?;
    let base = args
        .next()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("warm-{}", std::process::id())));

    let clock = Clock::start();
    let texts = TextStore::default();
    let session = cold(&root, &texts)?;
    clock.lap("cold load and index");
    let snapshot = session.snapshot();
    let totals = snapshot.totals();
    println!(
        "{:>10} files, {} MB of text, {} MB of postings",
        totals.files,
        totals.text_bytes >> 20,
        snapshot.index_bytes() >> 20
    );

    let mut cache = Cache::lock(&base, &root)?;
    let meta = Meta::default();
    let clock = Clock::start();
    let stored = cache.store(&snapshot, &meta)?;
    clock.lap("store");
    println!(
        "{:>10} MB in {} parts",
        stored.bytes >> 20,
        stored.parts_written
    );
    let clock = Clock::start();
    cache.store(&snapshot, &meta)?;
    clock.lap("store again, nothing new");
    drop((session, snapshot, stored, texts));

    for round in 1..=3 {
        println!("warm start {round}");
        let texts = TextStore::default();
        let all = Clock::start();
        let clock = Clock::start();
        let cached = cache.open(&meta.options)?;
        clock.lap("open and verify");
        let clock = Clock::start();
        let listing = list(&root)?;
        clock.lap("walk and stat");
        let clock = Clock::start();
        let warmed = warm(cached, &texts, listing, |doubtful| {
            read(&root, doubtful, &texts)
        });
        clock.lap("intern and attach");
        all.lap("in all");
        println!(
            "{:?}, uncovered and segments: {:?}",
            warmed.stats,
            warmed.session.snapshot().coverage()
        );
    }
    let dir = cache.dir().to_owned();
    drop(cache);
    fs::remove_dir_all(dir)?;
    Ok(())
}

struct Clock(Instant);

impl Clock {
    fn start() -> Clock {
        Clock(Instant::now())
    }

    fn lap(&self, what: &str) {
        println!("{:>8.0} ms  {what}", self.0.elapsed().as_secs_f64() * 1e3);
    }
}

/// Reads and indexes everything, on two threads.
fn cold(root: &Path, texts: &TextStore) -> io::Result<Session> {
    let listed = list(root)?.files;
    let share = listed.len().div_ceil(2).max(1);
    let files = thread::scope(|scope| {
        let workers: Vec<_> = listed
            .chunks(share)
            .map(|share| scope.spawn(|| read(root, share.to_vec(), texts)))
            .collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"));
        joined.flatten().collect()
    });
    let session = Session::open(files, Vec::new());
    let files: Vec<Arc<File>> = session.snapshot().files().cloned().collect();
    let share = files.len().div_ceil(6).max(1);
    let shares: Vec<_> = files.chunks(share).collect();
    for pair in shares.chunks(2) {
        thread::scope(|scope| {
            for share in pair {
                scope.spawn(|| session.attach(Covering::build(share)));
            }
        });
    }
    Ok(session)
}

/// Every regular file below `root` (no ignore rules: this is about time).
fn list(root: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut dirs = vec![(root.to_owned(), RelPath::root())];
    while let Some((dir, rel)) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let path = rel.join(entry.file_name().as_bytes());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                dirs.push((entry.path(), path));
            } else if kind.is_file() {
                listing.files.push(Listed {
                    path,
                    stamp: stamp(&entry.metadata()?),
                    visibility: Visibility::default(),
                });
            }
        }
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

fn read(root: &Path, files: Vec<Listed>, texts: &TextStore) -> Vec<(RelPath, FileChange)> {
    let one = |listed: Listed| {
        let bytes = fs::read(root.join(listed.path.as_path())).ok()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let put = FileChange::Put {
            body: texts.intern(bytes.into()).map_or(Body::Binary, Body::Text),
            stamp: Stamp {
                read_ns: now.as_nanos() as i64,
                ..listed.stamp
            },
            visibility: listed.visibility,
        };
        Some((listed.path, put))
    };
    files.into_iter().filter_map(one).collect()
}

fn stamp(meta: &fs::Metadata) -> Stamp {
    Stamp {
        size: meta.size(),
        mtime_ns: meta.mtime() * 1_000_000_000 + meta.mtime_nsec(),
        ctime_ns: meta.ctime() * 1_000_000_000 + meta.ctime_nsec(),
        ino: meta.ino(),
        read_ns: 0,
    }
}
