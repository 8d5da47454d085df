//! What the cache promises, tried on small worlds.

mod crash;
mod damage;
mod directory;
mod round_trip;
mod warm;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use coderoom_engine::{
    Body, Covering, File, FileChange, RelPath, Session, Snapshot, Stamp, TextStore, Visibility,
};

use super::*;
use warm::{Listed, Listing, WarmStats, warm};

const ROOT: &str = "/somewhere/project";

/// Everything that a snapshot says of a file, in a form that compares.
type Contents = BTreeMap<RelPath, (Stamp, Visibility, String, Vec<u8>)>;

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("clean path")
}

/// A stamp that proves what it is equal to: read long after the last change.
fn stamp(size: usize, time: i64) -> Stamp {
    Stamp {
        size: size as u64,
        mtime_ns: time,
        ctime_ns: time,
        ino: 7,
        read_ns: time + 3_000_000_000,
    }
}

fn put(body: Body, stamp: Stamp) -> FileChange {
    FileChange::Put { body, stamp, visibility: Visibility::HIDDEN_DIR }
}

fn text(texts: &TextStore, bytes: &[u8]) -> FileChange {
    let text = texts.intern(bytes.to_vec().into()).expect("text");
    put(Body::Text(text), stamp(bytes.len(), 1))
}

fn files(session: &Session) -> Vec<Arc<File>> {
    session.snapshot().files().cloned().collect()
}

/// A session with a segment over some of `count` files; no two names have the same contents.
fn world(texts: &TextStore, name: &str, count: usize) -> Session {
    let mut paths: Vec<RelPath> = (0..count).map(|i| path(&format!("{name}/{i}.rs"))).collect();
    paths.sort();
    let bytes = |i: usize| format!("// {name} {i}\n{}", "fn body() {}\n".repeat(i % 40));
    let list = paths.into_iter().enumerate();
    let list = list.map(|(i, path)| (path, text(texts, bytes(i).as_bytes())));
    let session = Session::open(list.collect(), Vec::new());
    session.attach(Covering::build(&files(&session)[..count * 2 / 3]));
    session
}

fn contents(snapshot: &Snapshot) -> Contents {
    let file = |file: &Arc<File>| {
        let (kind, bytes) = match &file.body {
            Body::Text(text) => {
                (format!("{:?} {:?}", text.hash(), text.encoding()), text.bytes().to_vec())
            }
            other => (format!("{other:?}"), Vec::new()),
        };
        (file.path.clone(), (file.stamp, file.visibility, kind, bytes))
    };
    snapshot.files().map(file).collect()
}

/// The tree as `snapshot` has it.
fn listing(snapshot: &Snapshot) -> Listing {
    let listed = |file: &Arc<File>| Listed {
        path: file.path.clone(),
        stamp: file.stamp,
        visibility: file.visibility,
    };
    Listing { files: snapshot.files().map(listed).collect(), unheld: snapshot.unheld().to_vec() }
}

/// What is cached, taken as it is (all stamps of these tests prove their files).
fn cached_contents(cached: Cached) -> Contents {
    let tree = cached.files.iter().map(|file| Listed {
        path: file.path.clone(),
        stamp: file.stamp,
        visibility: file.visibility,
    });
    let tree = Listing { files: tree.collect(), unheld: Vec::new() };
    let warmed = warm(cached, &TextStore::default(), tree, |doubtful| {
        panic!("nothing is in doubt, but {doubtful:?} is to be read")
    });
    contents(&warmed.session.snapshot())
}

fn lock(base: &Path) -> Cache {
    Cache::lock(base, Path::new(ROOT)).expect("lock")
}

fn open(base: &Path) -> Result<Cached, CacheError> {
    lock(base).open(&[0; 32])
}

/// The names in the cache directory that end with `end`, sorted.
fn names(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("directory");
    let mut names: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    names.retain(|path| path.to_string_lossy().ends_with(end));
    names.sort();
    names
}
