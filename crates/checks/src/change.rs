//! Any sequence of changes, forks, folds and attachments leaves sessions what plain maps would be.

use std::{collections::BTreeMap, sync::Arc};

use coderoom_engine::{
    Change, ContentHash, Covering, FileChange, FoldPolicy, Query, RelPath, Search, Session,
    Snapshot, TextStore, fold_plan,
};

use crate::support::{Plain, PlainBody, World, answer, assert_is, open, path, search};

const PATHS: &[&[u8]] =
    &[b"a", b"a.txt", b"b/c.rs", b"b/c/d", b".h/x", b"ignored/y", b"\xff", b"b-c"];
const WORDS: &[&[u8]] =
    &[b"needle", b"NEEDLE", b"noodle", b"\n", b"task ", b"\xff", b"\0", b"\xef\xbb\xbf"];
const PATTERNS: &[&str] = &["needle", "(?i)needle|task", "n..dle$", "absent"];
/// Every step is checked in full, so long sequences are only slower.
const MAX_STEPS: usize = 64;
const MAX_BRANCHES: usize = 4;

/// Steps of two bytes: what to do in which branch, and with which path. A put takes its words from
/// the bytes that follow, up to one over 0xf0.
///
/// # Panics
/// If a session is not what the map is, or the index does not answer as a scan does.
pub fn change(data: &[u8]) {
    let mut room = Room {
        branches: vec![(open(&World::new()), World::new())],
        store: TextStore::default(),
        pending: Vec::new(),
        old: None,
        searches: PATTERNS.iter().map(|pattern| of(pattern)).collect(),
    };
    let mut bytes = data.iter().copied();
    for _ in 0..MAX_STEPS {
        let (Some(what), Some(which)) = (bytes.next(), bytes.next()) else { return };
        let branch = usize::from(what >> 4) % room.branches.len();
        room.step(what & 15, branch, usize::from(which), &mut bytes);
        room.check(branch);
    }
}

fn of(pattern: &str) -> Search {
    let mut query = Query::default();
    query.pattern.patterns = vec![pattern.to_string()];
    search(query)
}

struct Room {
    branches: Vec<(Session, World)>,
    store: TextStore,
    pending: Vec<Covering>,
    /// A snapshot from before, and what it was then.
    old: Option<(Arc<Snapshot>, World)>,
    searches: Vec<Search>,
}

impl Room {
    fn step(
        &mut self,
        what: u8,
        branch: usize,
        which: usize,
        bytes: &mut impl Iterator<Item = u8>,
    ) {
        let path = path(PATHS[which % PATHS.len()]);
        let (session, world) = &self.branches[branch];
        let found = world.get(&path).and_then(Plain::text_hash);
        match what {
            0..=6 => {
                let words: Vec<u8> = bytes.take_while(|&b| b <= 0xf0).collect();
                let text = words.iter().flat_map(|&w| WORDS[usize::from(w) % WORDS.len()]);
                let body = match words.first() {
                    Some(0xf0) => PlainBody::TooLarge,
                    Some(0xef) => PlainBody::Unreadable,
                    _ => PlainBody::Bytes(text.copied().collect()),
                };
                let file = Plain { body, mtime_ns: which as i64 };
                // With the right hash, with none at all, or with nothing said.
                let expected = match what {
                    0 => Some(None),
                    1 => Some(found),
                    2 => Some(Some(ContentHash([7; 32]))),
                    _ => None,
                };
                self.edit(branch, [(path, Some(file))].into(), expected);
            }
            7 | 8 => self.edit(branch, [(path, None)].into(), None),
            9 => {
                let to = PATHS[(which / PATHS.len()) % PATHS.len()];
                let files =
                    [(path.clone(), None), (crate::support::path(to), world.get(&path).cloned())];
                self.edit(branch, files.into(), Some(found));
            }
            10 if self.branches.len() < MAX_BRANCHES => {
                let fork = (session.fork(), world.clone());
                self.branches.push(fork);
            }
            11 => self.old = Some((session.snapshot(), world.clone())),
            12 => {
                let files = fold_plan(&session.snapshot(), policy(which));
                self.pending.push(Covering::build(&files));
            }
            13 if !self.pending.is_empty() => {
                let covering = self.pending.swap_remove(which % self.pending.len());
                session.attach(covering);
            }
            _ => {
                let files = fold_plan(&session.snapshot(), policy(which));
                session.attach(Covering::build(&files));
            }
        }
    }

    /// Edits both sides, or neither if the first path's text is not what it is expected to be.
    fn edit(
        &mut self,
        branch: usize,
        files: BTreeMap<RelPath, Option<Plain>>,
        expected: Option<Option<ContentHash>>,
    ) {
        let Some(first) = files.keys().next().cloned() else { return };
        let (session, world) = &mut self.branches[branch];
        let holds =
            expected.is_none_or(|hash| hash == world.get(&first).and_then(Plain::text_hash));
        let puts = files.iter().map(|(path, file)| {
            let put = |file: &Plain| file.put(path, &self.store);
            (path.clone(), file.as_ref().map_or(FileChange::Remove, put))
        });
        let change = Change {
            files: puts.collect(),
            expect: expected.map(|hash| (first, hash)).into_iter().collect(),
            unheld: None,
        };
        assert_eq!(session.apply(change).is_ok(), holds);
        if holds {
            for (path, file) in files {
                match file {
                    Some(file) => world.insert(path, file),
                    None => world.remove(&path),
                };
            }
        }
    }

    fn check(&self, branch: usize) {
        let dirs: Vec<RelPath> = [&b""[..], b"b", b"b/c", b"a"].map(path).to_vec();
        for (session, world) in &self.branches {
            assert_is(&session.snapshot(), world, &dirs);
        }
        if let Some((snapshot, world)) = &self.old {
            assert_is(snapshot, world, &dirs);
        }
        let (session, world) = &self.branches[branch];
        let scan = open(world).snapshot();
        for search in &self.searches {
            let found = answer(search, &session.snapshot());
            assert_eq!(found, answer(search, &scan), "{:?}", search.query());
        }
    }
}

fn policy(which: usize) -> FoldPolicy {
    FoldPolicy { min_files: which % 4, max_segments: which / 4 % 4 }
}
