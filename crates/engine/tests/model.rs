//! Sessions against a plain map: whatever is done to them, in whatever order, a snapshot holds what
//! the map holds, and the index finds what a scan finds.

#[path = "support/queries.rs"]
mod queries;
#[path = "support/mod.rs"]
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use coderoom_engine::{
    Change, ContentHash, Covering, FileChange, FoldPolicy, Query, RelPath, Search, Segment,
    SegmentParts, Session, Snapshot, TextStore, fold_plan,
};
use proptest::{collection::vec, prelude::*, sample::select};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use support::{Plain, PlainBody, World, answer, assert_is, open, path, search};

/// Names that sort differently as bytes and as components, hidden, ignored and not UTF-8.
const PATHS: &[&[u8]] = &[
    b"a.txt",
    b"a/z",
    b"a-b/x.rs",
    b"a/b/c.rs",
    b"a/b.c",
    b"B",
    b"b",
    b".hidden/f.rs",
    b".dot",
    b"ignored/f",
    b"sub/deep/er/f.rs",
    b"sub/deep.rs",
    b"sub/.x",
    b"\xff\xfe/n",
    b"z",
];
const DIRS: &[&[u8]] = &[b"", b"a", b"a/b", b"sub", b"sub/deep", b"a/z", b"nowhere", b"\xff\xfe"];

/// What files are made of, so that many queries have something to find.
const WORDS: &[&[u8]] = &[
    b"needle",
    b"Needle",
    b"NEEDLE",
    b"foo",
    b"bar",
    b"foo.bar",
    b"baaarzed",
    b"task",
    b"TASK",
    "ta\u{17f}k".as_bytes(),
    "\u{212a}elvin".as_bytes(),
    b"kelvin",
    b"return",
    b"my_lock(",
    b"a.b(",
    b"ab\xffcd",
    "ab\u{fffd}cd".as_bytes(),
    b" ",
    b"\r",
    b"\n",
    b"\n",
    b"\n",
];

/// The old snapshots that are watched for changes.
const REMEMBERED: usize = 6;
const MAX_BRANCHES: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Expect {
    Right,
    Wrong,
    Absent,
}

#[derive(Clone, Debug)]
enum Step {
    /// A batch of puts (and removals, where there is nothing to put) with preconditions.
    Apply {
        branch: usize,
        files: BTreeMap<RelPath, Option<Plain>>,
        expect: Vec<(RelPath, Expect)>,
    },
    /// More text at the end of a file, or other text of the same length, made for the bytes it has.
    Edit {
        branch: usize,
        path: RelPath,
        more: Vec<u8>,
        flip: bool,
    },
    /// Takes a file to where there must be no text.
    Rename {
        branch: usize,
        from: RelPath,
        to: RelPath,
    },
    Fork {
        branch: usize,
    },
    Fold {
        branch: usize,
        policy: FoldPolicy,
    },
    /// Builds a covering and leaves it lying; `Attach` may give it to any branch, much later.
    Build {
        branch: usize,
        policy: FoldPolicy,
    },
    Attach {
        branch: usize,
        which: usize,
    },
    /// Writes the segments of a branch down and takes them from there, into the same workspace or
    /// into a new one (a warm restart: nothing else survives it).
    Recall {
        branch: usize,
        restart: bool,
    },
    Ask {
        branch: usize,
        pattern: String,
        insensitive: bool,
    },
}

#[derive(Clone, Debug)]
struct Model {
    branches: Vec<World>,
    /// What the last change ought to have come to.
    stale: Option<RelPath>,
    pending: usize,
}

impl Model {
    fn branch(&self, number: usize) -> usize {
        number % self.branches.len()
    }

    fn found(&self, branch: usize, path: &RelPath) -> Option<ContentHash> {
        self.branches[branch].get(path).and_then(Plain::text_hash)
    }

    /// The change that a step makes, with the hashes its preconditions name.
    fn change(&self, step: &Step) -> Option<(usize, BTreeMap<RelPath, Option<Plain>>, Expected)> {
        let none = || (BTreeMap::new(), Expected::new());
        let (branch, (files, expected)) = match step {
            Step::Apply { branch, files, expect } => {
                let branch = self.branch(*branch);
                let expected = expect.iter().map(|(path, expect)| {
                    let hash = match expect {
                        Expect::Right => self.found(branch, path),
                        Expect::Wrong => Some(ContentHash::of(b"somebody else's")),
                        Expect::Absent => None,
                    };
                    (path.clone(), hash)
                });
                (branch, (files.clone(), expected.collect()))
            }
            Step::Edit { branch, path, more, flip } => {
                let branch = self.branch(*branch);
                let edit = match self.branches[branch].get(path) {
                    Some(Plain { body: PlainBody::Bytes(bytes), mtime_ns }) => {
                        let bytes =
                            if *flip { flipped(bytes) } else { [&bytes[..], more].concat() };
                        let body = PlainBody::Bytes(bytes);
                        let file = Plain { body, mtime_ns: mtime_ns + 1 };
                        let expected = self.found(branch, path);
                        ([(path.clone(), Some(file))].into(), [(path.clone(), expected)].into())
                    }
                    _ => none(),
                };
                (branch, edit)
            }
            Step::Rename { branch, from, to } => {
                let branch = self.branch(*branch);
                let edit = match self.branches[branch].get(from) {
                    Some(file) if from != to => {
                        let files = [(from.clone(), None), (to.clone(), Some(file.clone()))];
                        let expected =
                            [(from.clone(), self.found(branch, from)), (to.clone(), None)];
                        (files.into(), expected.into())
                    }
                    _ => none(),
                };
                (branch, edit)
            }
            _ => return None,
        };
        Some((branch, files, expected))
    }
}

/// Letters become others, and by the same way themselves again.
fn flipped(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|&b| if b.is_ascii_lowercase() { b'a' + b'z' - b } else { b }).collect()
}

type Expected = BTreeMap<RelPath, Option<ContentHash>>;

fn any_path() -> impl Strategy<Value = RelPath> {
    select(PATHS).prop_map(path)
}

fn any_file() -> impl Strategy<Value = Plain> {
    let text = || vec(select(WORDS), 0..10).prop_map(|words| words.concat());
    let body = prop_oneof![
        12 => text().prop_map(PlainBody::Bytes),
        1 => text().prop_map(|text| PlainBody::Bytes([b"x\0", &text[..]].concat())),
        // Held, but not to be covered: a late NUL byte, UTF-16. A mark that is taken off.
        1 => text().prop_map(|text| PlainBody::Bytes([b"n\n\0needle\n", &text[..]].concat())),
        1 => Just(PlainBody::Bytes(b"\xff\xfen\0e\0e\0d\0l\0e\0\n\0".to_vec())),
        1 => text().prop_map(|text| PlainBody::Bytes([b"\xef\xbb\xbf", &text[..]].concat())),
        1 => text().prop_map(|text| PlainBody::Bytes(large(&text))),
        1 => Just(PlainBody::TooLarge),
        1 => Just(PlainBody::Unreadable),
    ];
    (body, 0..4i64).prop_map(|(body, mtime_ns)| Plain { body, mtime_ns })
}

/// So large that it is indexed in parts, with the text in several of them and where they meet.
fn large(text: &[u8]) -> Vec<u8> {
    let filler = b"filler of a line\n".repeat(4096);
    [text, &filler, b"foo\nbar", text, &filler, text].concat()
}

fn any_policy() -> impl Strategy<Value = FoldPolicy> {
    (1..4usize, 1..4usize)
        .prop_map(|(min_files, max_segments)| FoldPolicy { min_files, max_segments })
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        proptest::collection::btree_map(any_path(), any_file(), 0..10)
            .prop_map(|world| Model { branches: vec![world], stale: None, pending: 0 })
            .boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        let branch = || 0..MAX_BRANCHES;
        let files =
            proptest::collection::btree_map(any_path(), proptest::option::of(any_file()), 1..5);
        let expect = prop_oneof![
            8 => Just(Expect::Right), 1 => Just(Expect::Wrong), 1 => Just(Expect::Absent),
        ];
        let expect = vec((any_path(), expect), 0..3);
        let more = vec(select(WORDS), 0..4).prop_map(|words| words.concat());
        prop_oneof![
            5 => (branch(), files, expect)
                .prop_map(|(branch, files, expect)| Step::Apply { branch, files, expect }),
            3 => (branch(), any_path(), more, any::<bool>())
                .prop_map(|(branch, path, more, flip)| Step::Edit { branch, path, more, flip }),
            2 => (branch(), any_path(), any_path())
                .prop_map(|(branch, from, to)| Step::Rename { branch, from, to }),
            1 => branch().prop_map(|branch| Step::Fork { branch }),
            3 => (branch(), any_policy()).prop_map(|(branch, policy)| Step::Fold { branch, policy }),
            2 => (branch(), any_policy()).prop_map(|(branch, policy)| Step::Build { branch, policy }),
            2 => (branch(), 0..4usize).prop_map(|(branch, which)| Step::Attach { branch, which }),
            1 => (branch(), any::<bool>())
                .prop_map(|(branch, restart)| Step::Recall { branch, restart }),
            2 => (branch(), "[a-dfk-oret.?+|_\\[\\]ſ]{1,8}", any::<bool>()).prop_map(
                |(branch, pattern, insensitive)| Step::Ask { branch, pattern, insensitive }),
        ]
        .boxed()
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        match step {
            Step::Fork { .. } => model.branches.len() < MAX_BRANCHES,
            Step::Attach { .. } => model.pending > 0,
            _ => true,
        }
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.stale = None;
        if let Some((branch, files, expected)) = model.change(step) {
            let fails = |(path, hash): &(&RelPath, &_)| model.found(branch, path) != **hash;
            model.stale = expected.iter().find(fails).map(|(path, _)| path.clone());
            if model.stale.is_none() {
                for (path, file) in files {
                    match file {
                        Some(file) => model.branches[branch].insert(path, file),
                        None => model.branches[branch].remove(&path),
                    };
                }
            }
            return model;
        }
        match step {
            Step::Fork { branch } => {
                let world = model.branches[model.branch(*branch)].clone();
                model.branches.push(world);
            }
            Step::Build { .. } => model.pending += 1,
            Step::Attach { .. } => model.pending -= 1,
            Step::Recall { branch, restart: true } => {
                model.branches = vec![model.branches.swap_remove(model.branch(*branch))];
                model.pending = 0;
            }
            _ => {}
        }
        model
    }
}

static SEARCHES: LazyLock<Vec<Search>> = LazyLock::new(queries::all);

struct Real {
    sessions: Vec<Session>,
    store: TextStore,
    pending: Vec<Covering>,
    /// Snapshots taken on the way, with what they held then.
    remembered: Vec<(Arc<Snapshot>, World)>,
    /// The model before the step: preconditions name what was there.
    before: Model,
    last: usize,
}

impl Real {
    fn attach(&self, branch: usize, covering: Covering) -> Arc<Snapshot> {
        let before = self.sessions[branch].snapshot();
        let after = self.sessions[branch].attach(covering);
        assert_eq!(after.revision(), before.revision() + 1);
        after
    }

    fn take(&mut self, branch: usize, step: Step) {
        let session = &self.sessions[branch];
        match step {
            Step::Fork { .. } => {
                let fork = session.fork();
                assert!(Arc::ptr_eq(fork.base(), &session.snapshot()));
                self.sessions.push(fork);
            }
            Step::Fold { policy, .. } => {
                let files = fold_plan(&session.snapshot(), policy);
                let ids: BTreeSet<_> = files.iter().map(|file| file.id).collect();
                assert_eq!(ids.len(), files.len(), "a file is folded once");
                if !files.is_empty() {
                    let after = self.attach(branch, Covering::build(&files));
                    let indexable = |text: &Arc<_>| coderoom_engine::Text::is_indexable(text);
                    let left = after
                        .files()
                        .filter(|file| file.is_uncovered() && file.text().is_some_and(indexable));
                    assert_eq!(left.count(), 0, "a fold covers all that can be covered");
                }
            }
            Step::Build { policy, .. } => {
                self.pending.push(Covering::build(&fold_plan(&session.snapshot(), policy)));
            }
            Step::Attach { which, .. } => {
                let covering = self.pending.swap_remove(which % self.pending.len());
                self.attach(branch, covering);
            }
            Step::Recall { restart, .. } => {
                let snapshot = session.snapshot();
                let segments: Vec<_> = snapshot.segments().map(|(_, s)| recalled(s)).collect();
                if restart {
                    self.sessions = vec![open(&self.before.branches[branch])];
                    self.pending.clear();
                    self.last = 0;
                }
                for segment in segments {
                    let covering =
                        Covering::of_stored(segment, &self.sessions[self.last].snapshot());
                    self.attach(self.last, covering);
                }
                let covered = |s: &Snapshot| s.coverage().0;
                let now = self.sessions[self.last].snapshot();
                assert!(covered(&now) <= covered(&snapshot), "what was covered is covered again");
            }
            Step::Ask { pattern, insensitive, .. } => {
                let mut query = Query::default();
                query.pattern.patterns = vec![pattern];
                if insensitive {
                    query.pattern.case = coderoom_engine::Case::Insensitive;
                }
                // Most random patterns are regular expressions.
                if let Ok(search) = Search::new(query, &[]) {
                    let scan = open(&self.before.branches[branch]).snapshot();
                    assert_eq!(answer(&search, &session.snapshot()), answer(&search, &scan));
                }
            }
            Step::Apply { .. } | Step::Edit { .. } | Step::Rename { .. } => {}
        }
    }

    fn change(
        &self,
        branch: usize,
        files: BTreeMap<RelPath, Option<Plain>>,
        expect: Expected,
        stale: Option<&RelPath>,
    ) {
        let puts = files.into_iter().map(|(path, file)| {
            let change = file.map_or(FileChange::Remove, |file| file.put(&path, &self.store));
            (path, change)
        });
        let change = Change { files: puts.collect(), expect, unheld: None };
        let before = self.sessions[branch].snapshot();
        match (self.sessions[branch].apply(change), stale) {
            (Ok(after), None) => {
                assert!(Arc::ptr_eq(&after, &self.sessions[branch].snapshot()));
                assert_eq!(after.revision(), before.revision() + 1);
            }
            (Err(found), Some(expected)) => {
                assert_eq!(&found.path, expected);
                assert!(Arc::ptr_eq(&before, &self.sessions[branch].snapshot()), "all or nothing");
            }
            (result, expected) => panic!("{:?}, but expected {expected:?}", result.map(|_| ())),
        }
    }
}

/// The segment after a journey through plain bytes.
fn recalled(segment: &Segment) -> Arc<Segment> {
    let parts = segment.to_parts();
    let aligned = |bytes: &Bytes| {
        let words =
            bytes.chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().expect("4")));
        Bytes::from_owner(Words(words.collect()))
    };
    let parts = SegmentParts { keys: aligned(&parts.keys), ends: aligned(&parts.ends), ..parts };
    Arc::new(Segment::from_parts(parts).expect("a segment is one again"))
}

/// Aligned as a mapped file would be.
struct Words(Vec<u32>);

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl StateMachineTest for Real {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(model: &Model) -> Real {
        Real {
            sessions: vec![open(&model.branches[0])],
            store: TextStore::default(),
            pending: Vec::new(),
            remembered: Vec::new(),
            before: model.clone(),
            last: 0,
        }
    }

    fn apply(mut real: Real, model: &Model, step: Step) -> Real {
        let (Step::Apply { branch, .. }
        | Step::Edit { branch, .. }
        | Step::Rename { branch, .. }
        | Step::Fork { branch }
        | Step::Fold { branch, .. }
        | Step::Build { branch, .. }
        | Step::Attach { branch, .. }
        | Step::Recall { branch, .. }
        | Step::Ask { branch, .. }) = step;
        real.last = real.before.branch(branch);
        match real.before.change(&step) {
            Some((branch, files, expected)) => {
                real.change(branch, files, expected, model.stale.as_ref());
            }
            None => real.take(real.last, step),
        }
        real.before = model.clone();
        let seen = (real.sessions[real.last].snapshot(), model.branches[real.last].clone());
        real.remembered.insert(0, seen);
        real.remembered.truncate(REMEMBERED);
        real
    }

    fn check_invariants(real: &Real, model: &Model) {
        assert_eq!(real.sessions.len(), model.branches.len());
        let dirs: Vec<RelPath> = DIRS.iter().map(|dir| path(dir)).collect();
        for (session, world) in real.sessions.iter().zip(&model.branches) {
            assert_is(&session.snapshot(), world, &dirs);
        }
        for (snapshot, world) in &real.remembered {
            assert_is(snapshot, world, &[]);
        }
        let (now, world) = (real.sessions[real.last].snapshot(), &model.branches[real.last]);
        let scan = open(world).snapshot();
        for search in SEARCHES.iter() {
            let (found, expected) = (answer(search, &now), answer(search, &scan));
            assert_eq!(found, expected, "index and scan differ for {:?}", search.query());
        }
        if let Some((old, world)) = real.remembered.last() {
            let scan = open(world).snapshot();
            assert_eq!(answer(&SEARCHES[0], old), answer(&SEARCHES[0], &scan));
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        // 64 by default; PROPTEST_CASES asks for more.
        cases: ProptestConfig::default().cases / 4,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn sessions_are_plain_maps_and_the_index_answers_as_a_scan(sequential 1..24 => Real);
}

/// Enough files at once that the table's delta is merged, on one side of a fork only.
#[test]
fn a_change_of_thousands_of_files_stays_on_its_side_of_a_fork() {
    let file = |n: usize, word: &str| Plain {
        body: PlainBody::Bytes(format!("{word} {n}\n").into_bytes()),
        mtime_ns: n as i64,
    };
    let name = |n: usize| path(format!("d{}/f{n}.rs", n % 7).as_bytes());
    let mut world: World = (0..3000).map(|n| (name(n), file(n, "needle"))).collect();
    let trunk = open(&world);
    let files: Vec<_> = trunk.snapshot().files().cloned().collect();
    let before = trunk.attach(Covering::build(&files));
    let old = world.clone();

    let fork = trunk.fork();
    let store = TextStore::default();
    let mut change = Change::default();
    for n in (0..4500).filter(|n| n % 3 != 0) {
        let (path, file) = (name(n), file(n, "task"));
        if n % 5 == 0 {
            world.remove(&path);
            change.files.insert(path, FileChange::Remove);
        } else {
            change.files.insert(path.clone(), file.put(&path, &store));
            world.insert(path, file);
        }
    }
    fork.apply(change).expect("no preconditions");
    let policy = FoldPolicy { min_files: 1, max_segments: 1 };
    let unfolded = fork.snapshot();
    let folded = fork.attach(Covering::build(&fold_plan(&unfolded, policy)));
    assert_eq!(folded.coverage(), (0, 1), "one segment is left of two");
    for (snapshot, world) in [(&before, &old), (&unfolded, &world), (&folded, &world)] {
        assert_is(snapshot, world, &[path(b"d3"), path(b"d6/f13.rs")]);
        let scan = open(world).snapshot();
        for pattern in ["needle", "task 44", "needle 299|task 1", "absent"] {
            let mut query = Query::default();
            query.pattern.patterns = vec![pattern.into()];
            let search = search(query);
            assert_eq!(answer(&search, snapshot), answer(&search, &scan));
        }
    }
}

/// A workspace of texts without a single trigram has a segment too, wherever its bytes come from.
#[test]
fn a_segment_without_postings_can_be_recalled() {
    let world: World =
        [(path(b"a"), Plain { body: PlainBody::Bytes(b"a\n".to_vec()), mtime_ns: 0 })].into();
    let session = open(&world);
    let files: Vec<_> = session.snapshot().files().cloned().collect();
    let parts = Covering::build(&files).segment.to_parts();
    assert!(parts.keys.is_empty() && parts.postings.is_empty());
    let parts = SegmentParts { keys: Bytes::new(), ends: Bytes::new(), ..parts };
    let segment = Segment::from_parts(parts).expect("nothing is aligned to anything");
    let covering = Covering::of_stored(Arc::new(segment), &session.snapshot());
    assert_eq!(session.attach(covering).coverage(), (0, 1));
}
