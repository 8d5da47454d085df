//! A workspace as a plain map, the sessions made from it, and answers that can be compared.

use std::collections::BTreeMap;

use bytes::Bytes;
use coderoom_engine::{
    Body, ContentHash, FileChange, Limits, NotHeld, Query, RelPath, Search, Session, Snapshot,
    Stamp, Stats, TextStore, Totals, Visibility,
};

/// What the oracle knows of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) body: PlainBody,
    pub(crate) mtime_ns: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PlainBody {
    Bytes(Vec<u8>),
    TooLarge,
    Unreadable,
}

/// A snapshot, as simple as it can be. `RelPath` brings nothing but its order.
pub(crate) type World = BTreeMap<RelPath, Plain>;

pub(crate) fn path(bytes: &[u8]) -> RelPath {
    RelPath::new(bytes).expect("a clean path")
}

impl Plain {
    /// The change that puts it at `path`.
    pub(crate) fn put(&self, path: &RelPath, store: &TextStore) -> FileChange {
        let (body, size) = match &self.body {
            PlainBody::Bytes(bytes) => {
                let body = store.intern(Bytes::from(bytes.clone()));
                (body.map_or(Body::Binary, Body::Text), bytes.len() as u64)
            }
            PlainBody::TooLarge => (Body::TooLarge, 1 << 30),
            PlainBody::Unreadable => (Body::Unreadable("permission denied".into()), 7),
        };
        let stamp = Stamp { size, mtime_ns: self.mtime_ns, ..Stamp::default() };
        FileChange::Put { body, stamp, visibility: visibility(path) }
    }

    /// The hash that a precondition would have to name: there is none without a text.
    pub(crate) fn text_hash(&self) -> Option<ContentHash> {
        let PlainBody::Bytes(bytes) = &self.body else { return None };
        let text = TextStore::default().intern(Bytes::from(bytes.clone()))?;
        assert_eq!(text.hash(), ContentHash::of(bytes));
        Some(text.hash())
    }
}

/// Dotted names are hidden and everything called `ignored` is ignored.
fn visibility(path: &RelPath) -> Visibility {
    path.as_bytes().split(|&b| b == b'/').fold(Visibility::default(), |above, name| {
        let mut here = above.inherited();
        if name.starts_with(b".") {
            here = here.with(Visibility::HIDDEN_SELF);
        }
        if name == b"ignored" {
            here = here.with(Visibility::IGNORED_SELF);
        }
        here
    })
}

/// A first session over the world: no segment, so every search is a scan.
pub(crate) fn open(world: &World) -> Session {
    let store = TextStore::default();
    let files = world.iter().map(|(path, file)| (path.clone(), file.put(path, &store)));
    Session::open(files.collect(), Vec::new())
}

/// Fails unless the snapshot is the world: by iteration, by path, by directory, and in its totals.
pub(crate) fn assert_is(snapshot: &Snapshot, world: &World, dirs: &[RelPath]) {
    let listed: Vec<&RelPath> = snapshot.files().map(|file| &file.path).collect();
    assert_eq!(listed, world.keys().collect::<Vec<_>>(), "files()");
    let mut totals = Totals::default();
    let (mut uncovered, segments) = (0, snapshot.segments().count());
    for (path, plain) in world {
        let file = snapshot.file(path).expect("file()");
        assert_eq!((&file.path, file.stamp.mtime_ns), (path, plain.mtime_ns));
        totals.files += 1;
        match (&plain.body, &file.body) {
            (PlainBody::Bytes(bytes), Body::Text(text)) => {
                assert_eq!(text.bytes(), bytes, "{path}");
                totals.text_files += 1;
                totals.text_bytes += bytes.len() as u64;
            }
            (PlainBody::Bytes(bytes), Body::Binary) if bytes.contains(&0) => {
                totals.binary_files += 1;
            }
            (PlainBody::TooLarge, Body::TooLarge) => totals.too_large_files += 1,
            (PlainBody::Unreadable, Body::Unreadable(_)) => totals.unreadable_files += 1,
            (plain, body) => panic!("{path}: {plain:?} is held as {body:?}"),
        }
        uncovered += usize::from(file.is_uncovered());
        let attached = |id| snapshot.segments().any(|(segment, _)| segment == id);
        assert!(file.segment.is_none_or(attached), "{path} names a segment that is gone");
    }
    let found = snapshot.totals();
    let public = |t: Totals| {
        let texts = (t.text_files, t.text_bytes);
        (t.files, texts, t.binary_files, t.too_large_files, t.unreadable_files)
    };
    assert_eq!(public(found), public(totals), "totals()");
    assert_eq!(snapshot.coverage(), (uncovered, segments), "coverage()");
    for dir in dirs {
        let found: Vec<&RelPath> = snapshot.files_within(dir).map(|file| &file.path).collect();
        let expected: Vec<&RelPath> = world.keys().filter(|path| path.is_within(dir)).collect();
        assert_eq!(found, expected, "files_within({dir})");
        let has_dir = dir.is_root() || expected.iter().any(|path| *path != dir);
        assert_eq!(snapshot.has_dir(dir), has_dir, "has_dir({dir})");
        assert_eq!(snapshot.file(dir).is_some(), world.contains_key(dir), "file({dir})");
    }
}

/// Everything about an answer that must not depend on the index.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) output: String,
    pub(crate) matched: bool,
    pub(crate) searched: bool,
    pub(crate) stats: Option<[u64; 6]>,
    pub(crate) not_held: Vec<NotHeld>,
}

pub(crate) fn answer(search: &Search, snapshot: &Snapshot) -> Answer {
    let candidates = search.candidates(snapshot);
    let limits =
        Limits { threads: 1, offset: 0, head_limit: None, max_bytes: None, stop: &|| false };
    let mut output = Vec::new();
    let summary = search.run(&candidates, &limits, &mut output).expect("memory takes everything");
    assert_eq!(summary.bytes_printed, output.len() as u64);
    Answer {
        output: untimed(&output),
        matched: summary.matched,
        searched: summary.searched,
        stats: summary.stats.as_ref().map(numbers),
        not_held: candidates.not_held().to_vec(),
    }
}

/// The output without what a clock has to say in it; bytes that are not UTF-8 stay apart.
fn untimed(output: &[u8]) -> String {
    let shown = output.escape_ascii().to_string().replace("\\n", "\n");
    let lines = shown.split('\n').map(|line| match line.find("elapsed") {
        Some(start) => {
            let end = line[start..].find('}').map_or(line.len(), |end| start + end);
            format!("{}{}", &line[..start], &line[end..])
        }
        None => line.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn numbers(stats: &Stats) -> [u64; 6] {
    [
        stats.searches(),
        stats.searches_with_match(),
        stats.bytes_searched(),
        stats.bytes_printed(),
        stats.matched_lines(),
        stats.matches(),
    ]
}

pub(crate) fn search(query: Query) -> Search {
    Search::new(query, &[]).expect("a valid query")
}
