//! What a journal promises: all that was acknowledged, whole, after any cut.

use std::{fs, path::Path, sync::Arc};

use bytes::Bytes;
use coderoom_engine::{
    Body, Entry, EntryKind, FileChange, FileDelta, FileMode, RelPath, Session, Stamp, State,
    TextStore, Version, Visibility,
};
use proptest::prelude::*;

use super::*;

fn path(name: &str) -> RelPath {
    RelPath::new(name.as_bytes()).expect("a clean path")
}

fn version(store: &TextStore, text: &str) -> Version {
    Version::of_text(store.intern(Bytes::copy_from_slice(text.as_bytes())).expect("text"))
}

fn trunk(store: &TextStore) -> Session {
    let text = store.intern(Bytes::from_static(b"first\n")).expect("text");
    let (stamp, visibility) = (Stamp::default(), Visibility::default());
    let file = FileChange::Put { body: Body::Text(text), stamp, visibility };
    Session::open(vec![(path("a.txt"), file)], Vec::new())
}

fn head() -> Head {
    Head {
        name: "s".into(),
        root: b"/somewhere".to_vec(),
        agent: "tester".into(),
        created_ms: 7,
        config: String::new(),
    }
}

fn put(state: &State, store: &TextStore, name: &str, text: &str) -> Entry {
    let path = path(name);
    let delta = FileDelta { before: state.version(&path), after: Some(version(store, text)), path };
    Entry::new(EntryKind::Edit, vec![delta]).by("tester", "to see", 1)
}

fn live(dir: &Path, store: &TextStore, durability: Durability) -> LiveSession {
    let trunk = trunk(store);
    let journal = Journal::create(&dir.join("log"), &head(), [], true).expect("a new journal");
    let state = State::over(trunk.snapshot());
    let syncer = Syncer::start().expect("a thread");
    LiveSession::new(trunk, state, journal, durability, syncer)
}

/// The session as a restart would find it.
fn reopened(file: &Path) -> (State, Recovered) {
    let store = TextStore::default();
    let trunk = trunk(&store);
    let (_, mut recovered) = Journal::open(file, store).expect("a journal");
    let entries = std::mem::take(&mut recovered.entries);
    let state = State::replay(&trunk, &trunk.snapshot(), entries).expect("a log that fits");
    (state, recovered)
}

fn text(state: &State, name: &str) -> Option<String> {
    let file = state.snapshot().file(&path(name))?.text()?.bytes().to_vec();
    Some(String::from_utf8(file).expect("UTF-8"))
}

#[test]
fn a_session_is_there_after_a_restart_with_its_log() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = TextStore::default();
    let live = live(dir.path(), &store, Durability::Process);
    let long = "line of the file\n".repeat(400);
    live.commit(|state| Ok::<_, ()>(put(state, &store, "b/new.txt", &long))).expect("written");
    let changed = long.replacen("line", "LINE", 1);
    live.commit(|state| Ok::<_, ()>(put(state, &store, "b/new.txt", &changed))).expect("written");
    let script = FileDelta {
        path: path("run.sh"),
        before: None,
        after: Some(Version { mode: Some(FileMode::Executable), ..version(&store, "#!/bin/sh\n") }),
    };
    live.commit(|_| Ok::<_, ()>(Entry::new(EntryKind::Take, vec![script.clone()]))).expect("ok");
    live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", "second\n"))).expect("written");
    live.commit(|state| state.undo()).expect("written");

    let (state, recovered) = reopened(&dir.path().join("log"));
    assert_eq!(recovered.head, head());
    assert_eq!(recovered.torn, None);
    assert_eq!(state.head(), 5);
    assert_eq!(text(&state, "b/new.txt").as_deref(), Some(&*changed));
    assert_eq!(text(&state, "a.txt").as_deref(), Some("first\n"));
    let dirty = state.dirty_file(&path("run.sh")).expect("dirty");
    assert_eq!(dirty.now.as_ref().and_then(|it| it.mode), Some(FileMode::Executable));
    let entry = state.entry(2).expect("there");
    assert_eq!((&*entry.agent, &*entry.reason, entry.time_ms), ("tester", "to see", 1));
    assert!(state.redo().is_ok(), "what was undone can be redone");
    let size = fs::metadata(dir.path().join("log")).expect("there").len();
    assert!(size < long.len() as u64 + 1500, "an edit of one line wrote {size} bytes");
}

#[test]
fn a_record_cut_anywhere_is_cut_away_and_the_rest_is_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = TextStore::default();
    let file = dir.path().join("log");
    let live = live(dir.path(), &store, Durability::Power);
    live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", "second\n"))).expect("written");
    let whole = live.journal_bytes() as usize;
    live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", "third\n"))).expect("written");
    let end = live.journal_bytes() as usize;
    let bytes = fs::read(&file).expect("there");
    assert!(bytes.len() > end && bytes[end..].iter().all(|byte| *byte == 0), "room made ahead");
    // A power cut leaves some of a record: the file ends there, or zeros follow.
    for (cut, room) in (whole..end).flat_map(|cut| [(cut, 0), (cut, 100)]) {
        let mut left = bytes[..cut].to_vec();
        left.resize(cut + room, 0);
        fs::write(&file, &left).expect("written");
        let (state, recovered) = reopened(&file);
        assert_eq!(text(&state, "a.txt").as_deref(), Some("second\n"), "cut at {cut}");
        let torn = left[whole..].iter().rposition(|byte| *byte != 0).map(|last| last as u64 + 1);
        assert_eq!(recovered.torn, torn);
        let len = if torn.is_some() { whole } else { cut + room };
        assert_eq!(fs::metadata(&file).expect("there").len() as usize, len);
    }
    for at in whole..end {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        fs::write(&file, &damaged).expect("written");
        let (state, _) = reopened(&file);
        assert_eq!(text(&state, "a.txt").as_deref(), Some("second\n"), "damaged at {at}");
    }
}

#[test]
fn what_is_no_journal_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("log");
    for bytes in [&b""[..], b"hello", b"CRjourn\x01", b"CRjourn\x02\0\0\0\0\0\0\0\0\0\0\0\0"] {
        fs::write(&file, bytes).expect("written");
        let opened = Journal::open(&file, TextStore::default());
        assert!(matches!(opened, Err(JournalError::NotOne { .. })));
    }
}

#[test]
fn many_writers_of_one_session_are_all_there_in_one_order() {
    const WRITERS: usize = 8;
    const EDITS: usize = 50;
    let dir = tempfile::tempdir().expect("a directory");
    let store = TextStore::default();
    let live = Arc::new(live(dir.path(), &store, Durability::Process));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (live, store) = (Arc::clone(&live), store.clone());
            scope.spawn(move || {
                for edit in 0..EDITS {
                    let name = format!("f{writer}");
                    let text = format!("{writer} {edit}\n");
                    let state = live.commit(|state| Ok::<_, ()>(put(state, &store, &name, &text)));
                    let state = state.expect("written");
                    assert_eq!(self::text(&state, &name).as_ref(), Some(&text));
                    assert!(live.state().head() >= state.head(), "acknowledged, so it is seen");
                }
            });
        }
    });
    assert_eq!(live.state().head() as usize, WRITERS * EDITS);
    let (state, _) = reopened(&dir.path().join("log"));
    assert_eq!(state.head() as usize, WRITERS * EDITS);
    for writer in 0..WRITERS {
        let last = format!("{writer} {}\n", EDITS - 1);
        assert_eq!(text(&state, &format!("f{writer}")), Some(last));
    }
    live.close();
    let late = live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", "late")));
    assert!(matches!(late, Err(CommitError::Closed)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn entries_come_back_as_they_were(texts in prop::collection::vec("[ab\n]{0,40}", 1..12)) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = TextStore::default();
        let live = live(dir.path(), &store, Durability::Process);
        for (n, text) in texts.iter().enumerate() {
            let name = ["a.txt", "b.txt"][n % 2];
            live.commit(|state| Ok::<_, ()>(put(state, &store, name, text))).expect("written");
        }
        let (state, _) = reopened(&dir.path().join("log"));
        let (ours, theirs) = (live.state(), state);
        prop_assert!(ours.log().eq(theirs.log()));
        prop_assert!(ours.dirty().eq(theirs.dirty()));
    }
}

#[test]
fn a_compacted_journal_leads_to_the_same_state_and_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = TextStore::default();
    let live = live(dir.path(), &store, Durability::Process);
    for n in 0..50 {
        let text = format!("{n} ").repeat(500);
        live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", &text))).expect("written");
    }
    let (before, after) = live.compact(&head(), 2).expect("compacted");
    assert!(after * 5 < before, "{before} bytes became {after}");
    live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", "the last\n"))).expect("written");
    let (state, recovered) = reopened(&dir.path().join("log"));
    assert_eq!((state.head(), recovered.torn), (51, None));
    assert_eq!(text(&state, "a.txt").as_deref(), Some("the last\n"));
    assert!(live.state().log().eq(state.log()), "the trail is whole");
}

#[test]
fn a_journal_with_room_ahead_goes_on_after_a_restart_and_gives_the_room_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = TextStore::default();
    let file = dir.path().join("log");
    let len = || fs::metadata(&file).expect("there").len();
    let first = live(dir.path(), &store, Durability::Power);
    // More than the least room, so that it is made more than once.
    for n in 0..40 {
        let text = format!("{n} ").repeat(2000);
        first.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", &text))).expect("written");
    }
    assert!(len() > first.journal_bytes());
    drop(first);

    // As after `kill -9`: nobody has given the room back.
    for (durability, more) in [(Durability::Process, "process\n"), (Durability::Power, "power\n")] {
        let trunk = trunk(&store);
        let (journal, recovered) = Journal::open(&file, store.clone()).expect("a journal");
        assert_eq!(recovered.torn, None, "zeros are no record");
        let state = State::replay(&trunk, &trunk.snapshot(), recovered.entries).expect("it fits");
        let syncer = Syncer::start().expect("a thread");
        let live = LiveSession::new(trunk, state, journal, durability, syncer);
        let before = len();
        live.commit(|state| Ok::<_, ()>(put(state, &store, "a.txt", more))).expect("written");
        assert_eq!(len(), before, "a record goes where there is room");
        let (state, _) = reopened(&file);
        assert_eq!(text(&state, "a.txt").as_deref(), Some(more));
        if durability == Durability::Power {
            live.close();
            assert_eq!(len(), live.journal_bytes());
        }
    }
    let (state, recovered) = reopened(&file);
    assert_eq!((state.head(), recovered.torn), (42, None));
}
