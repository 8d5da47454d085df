//! Histories against a model: a list of whole worlds.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{FileChange, RelPath, Session, Snapshot, Stamp, TextStore, Visibility};

type World = BTreeMap<String, String>;

struct Fixture {
    store: TextStore,
    session: Session,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Fixture {
        let store = TextStore::default();
        let files = files
            .iter()
            .map(|(name, text)| {
                let text = store.intern(Bytes::copy_from_slice(text.as_bytes())).expect("text");
                let (stamp, visibility) = (Stamp::default(), Visibility::default());
                (path(name), FileChange::Put { body: crate::Body::Text(text), stamp, visibility })
            })
            .collect();
        Fixture { store, session: Session::open(files, Vec::new()) }
    }

    fn version(&self, text: &str) -> Version {
        Version::of_text(self.store.intern(Bytes::copy_from_slice(text.as_bytes())).expect("text"))
    }

    fn edit(&self, state: &State, name: &str, to: Option<&str>) -> State {
        let path = path(name);
        let delta = FileDelta {
            before: state.version(&path),
            after: to.map(|text| self.version(text)),
            path,
        };
        let entry = Entry::new(EntryKind::Edit, vec![delta]);
        state.next(&self.session, entry).expect("it fits")
    }
}

fn path(name: &str) -> RelPath {
    RelPath::new(name.as_bytes()).expect("a clean path")
}

fn world(snapshot: &Snapshot) -> World {
    let text = |file: &Arc<crate::File>| {
        let bytes = file.text()?.bytes().to_vec();
        Some((file.path.to_string(), String::from_utf8(bytes).ok()?))
    };
    snapshot.files().filter_map(text).collect()
}

#[test]
fn an_edit_that_brings_the_old_bytes_back_leaves_nothing_dirty() {
    let fixture = Fixture::new(&[("a", "1")]);
    let state = State::over(fixture.session.snapshot());
    let state = fixture.edit(&state, "a", Some("2"));
    assert_eq!(state.dirty_len(), 1);
    let state = fixture.edit(&state, "a", Some("1"));
    assert_eq!(state.dirty_len(), 0);
    assert_eq!(state.head(), 2);
}

#[test]
fn an_entry_for_another_version_is_refused_and_changes_nothing() {
    let fixture = Fixture::new(&[("a", "1")]);
    let state = State::over(fixture.session.snapshot());
    let delta = FileDelta {
        path: path("a"),
        before: Some(fixture.version("0")),
        after: Some(fixture.version("2")),
    };
    let Err(mismatch) = state.next(&fixture.session, Entry::new(EntryKind::Edit, vec![delta]))
    else {
        panic!("it was applied")
    };
    assert_eq!(mismatch.path, path("a"));
    assert_eq!(world(state.snapshot())["a"], "1");
}

#[test]
fn a_new_base_leaves_what_differs_dirty_and_moves_the_rest() {
    let fixture = Fixture::new(&[("a", "1"), ("b", "1")]);
    let state = State::over(fixture.session.snapshot());
    let state = fixture.edit(&state, "a", Some("mine"));
    let to = |name: &str, from: &str, text: &str| FileDelta {
        path: path(name),
        before: Some(fixture.version(from)),
        after: Some(fixture.version(text)),
    };
    let mut entry = Entry::new(EntryKind::Rebase, Vec::new());
    entry.base = vec![to("a", "1", "disk"), to("b", "1", "disk")];
    entry.files = vec![to("a", "mine", "both")];
    let state = state.next(&fixture.session, entry).expect("it fits");
    assert_eq!(world(state.base())["a"], "disk");
    assert_eq!(world(state.snapshot())["a"], "both");
    assert_eq!(state.dirty_len(), 2, "b was not taken in, so it differs");
}

#[test]
fn a_compacted_log_keeps_the_trail_and_what_is_needed() {
    let fixture = Fixture::new(&[("a", "first")]);
    let mut state = State::over(fixture.session.snapshot());
    for n in 0..20 {
        state = fixture.edit(&state, "a", Some(&format!("version {n}")));
    }
    let small = state.compacted(3);
    assert_eq!(small.head(), 20);
    assert!(small.own_bytes() < state.own_bytes() / 4);
    assert!(small.log().zip(state.log()).all(|(a, b)| a == b), "versions are equal by hash");
    let log: Vec<Entry> = small.log().map(|entry| Entry::clone(entry)).collect();
    let again = State::replay(&fixture.session, &fixture.session.snapshot(), log).expect("it fits");
    assert_eq!(world(again.snapshot())["a"], "version 19");
    assert_eq!(world(again.base())["a"], "first");
    let mut state = again;
    for n in [18, 17, 16] {
        state = state.next(&fixture.session, state.undo().expect("kept")).expect("it fits");
        assert_eq!(world(state.snapshot())["a"], format!("version {n}"));
    }
    assert!(matches!(state.undo(), Err(NoStep::Dropped { .. })));
    assert!(state.rollback(0).is_ok(), "the beginning is always there");
}

/// Only what an agent's edits have made of a file counts, and only while it stands.
#[test]
fn what_edits_have_changed_since_an_entry() {
    let fixture = Fixture::new(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    let since = |state: &State, at| -> Vec<String> {
        state.edited_since(at).iter().map(ToString::to_string).collect()
    };
    let state = fixture.edit(&State::over(fixture.session.snapshot()), "a", Some("2"));
    let state = fixture.edit(&state, "b", Some("2"));
    assert_eq!(
        (since(&state, 0), since(&state, 1)),
        (vec!["a".into(), "b".into()], vec!["b".into()])
    );
    let undone =
        state.next(&fixture.session, state.undo().expect("it was edited")).expect("it fits");
    assert_eq!(since(&undone, 0), ["a"]);
    let back = state.rollback(1).expect("it is there");
    assert_eq!(since(&state.next(&fixture.session, back).expect("it fits"), 0), ["a"]);
    let by_hand = fixture.edit(&state, "b", Some("1"));
    assert_eq!(since(&fixture.edit(&by_hand, "c", None), 0), ["a"], "as before, and deleted");
    let delta = FileDelta {
        path: path("d"),
        before: Some(fixture.version("1")),
        after: Some(fixture.version("2")),
    };
    let merged = Entry::new(EntryKind::Merge { from: "other".into() }, vec![delta]);
    let merged = state.next(&fixture.session, merged).expect("it fits");
    assert_eq!(since(&merged, 1), ["b"], "another's work");
    let mut synced = Entry::new(EntryKind::Sync, Vec::new());
    synced.base = vec![FileDelta {
        path: path("a"),
        before: Some(fixture.version("1")),
        after: Some(fixture.version("2")),
    }];
    let synced = state.next(&fixture.session, synced).expect("it fits");
    assert_eq!(since(&synced, 0), ["a", "b"], "written to disk, it still is an edit");
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Remove(u8),
    Undo,
    Redo,
    Rollback(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4u8, 0..5u8).prop_map(|(file, text)| Step::Put(file, text)),
        2 => (0..4u8).prop_map(Step::Remove),
        3 => Just(Step::Undo),
        2 => Just(Step::Redo),
        1 => any::<u8>().prop_map(Step::Rollback),
    ]
}

/// What undo, redo and rollback mean, said with whole worlds.
struct Model {
    now: World,
    /// The world after each entry.
    after: Vec<World>,
    undo: Vec<(World, World)>,
    redo: Vec<(World, World)>,
}

impl Model {
    fn did(&mut self, next: World, changed: bool) {
        if changed {
            self.undo.push((self.now.clone(), next.clone()));
            self.redo.clear();
        }
        self.now = next.clone();
        self.after.push(next);
    }
}

proptest! {
    #[test]
    fn histories_are_those_of_a_list_of_worlds(steps in prop::collection::vec(step(), 1..60)) {
        let fixture = Fixture::new(&[("f0", "t0"), ("f1", "t1")]);
        let mut state = State::over(fixture.session.snapshot());
        let first = world(state.snapshot());
        let (now, after) = (first.clone(), vec![first.clone()]);
        let mut model = Model { now, after, undo: Vec::new(), redo: Vec::new() };
        for step in steps {
            let entry = match &step {
                Step::Put(file, text) => {
                    let name = format!("f{file}");
                    let text = format!("t{text}");
                    let mut next = model.now.clone();
                    next.insert(name.clone(), text.clone());
                    model.did(next, true);
                    state = fixture.edit(&state, &name, Some(&text));
                    continue;
                }
                Step::Remove(file) => {
                    let name = format!("f{file}");
                    if !model.now.contains_key(&name) { continue; }
                    let mut next = model.now.clone();
                    next.remove(&name);
                    model.did(next, true);
                    state = fixture.edit(&state, &name, None);
                    continue;
                }
                Step::Undo => match (state.undo(), model.undo.pop()) {
                    (Ok(entry), Some((before, after))) => {
                        model.redo.push((before.clone(), after));
                        model.now = before.clone();
                        model.after.push(before);
                        entry
                    }
                    (Err(NoStep::NothingToUndo), None) => continue,
                    (got, _) => panic!("{got:?}"),
                },
                Step::Redo => match (state.redo(), model.redo.pop()) {
                    (Ok(entry), Some((before, after))) => {
                        model.undo.push((before, after.clone()));
                        model.now = after.clone();
                        model.after.push(after);
                        entry
                    }
                    (Err(NoStep::NothingToRedo), None) => continue,
                    (got, _) => panic!("{got:?}"),
                },
                Step::Rollback(to) => {
                    let to = usize::from(*to) % model.after.len();
                    let next = model.after[to].clone();
                    let entry = state.rollback(to as u64).expect("it can");
                    model.did(next, !entry.files.is_empty());
                    entry
                }
            };
            state = state.next(&fixture.session, entry).expect("it fits");
            prop_assert_eq!(&world(state.snapshot()), &model.now, "{:?}", step);
            prop_assert_eq!(state.head() as usize, model.after.len() - 1);
        }
        let differs = |name: &String| first.get(name) != model.now.get(name);
        let names = first.keys().chain(model.now.keys().filter(|name| !first.contains_key(*name)));
        prop_assert_eq!(state.dirty_len(), names.filter(|name| differs(name)).count());
        for at in 0..model.after.len() {
            for name in ["f0", "f1", "f2", "f3"] {
                let then = state.version_at(&path(name), at as u64);
                let text = then.and_then(|it| String::from_utf8(it.bytes()?.to_vec()).ok());
                prop_assert_eq!(text.as_ref(), model.after[at].get(name));
            }
        }
    }
}
