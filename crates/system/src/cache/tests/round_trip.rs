//! What is stored comes back the same, whatever happened before.

use coderoom_engine::{Change, Unheld};
use proptest::prelude::*;

use super::*;

/// Every kind of file: kinds of text, equal texts, things that are not held.
fn menagerie(texts: &TextStore) -> Session {
    let late_nul = [b"ab\n".repeat(40_000), vec![0, b'\n']].concat();
    let mut list = vec![
        (path("a/crlf"), text(texts, b"one\r\ntwo\r\n")),
        (path("a/empty"), text(texts, b"")),
        (path("a/late-nul"), text(texts, &late_nul)),
        (path("a/same"), text(texts, b"twins\n")),
        (path("b/same"), text(texts, b"twins\n")),
        (path("b/latin1"), text(texts, b"caf\xe9 \xff\n")),
        (path("b/utf16"), text(texts, b"\xff\xfeh\0i\0\n\0")),
        (RelPath::new(b"b/\xff\xfe").expect("bytes"), text(texts, b"odd name")),
        (path("c/binary"), put(Body::Binary, stamp(9, 2))),
        (path("c/huge"), put(Body::TooLarge, stamp(1 << 40, 3))),
        (path("d/late"), text(texts, b"no segment has this\n")),
    ];
    list.sort_by(|a, b| a.0.cmp(&b.0));
    let unheld =
        Unheld { path: path("target"), is_dir: true, visibility: Visibility::IGNORED_SELF };
    let session = Session::open(list, vec![unheld]);
    let all = files(&session);
    session.attach(Covering::build(&all[..5]));
    session.attach(Covering::build(&all[5..9]));
    session
}

#[test]
fn every_kind_of_file_comes_back() {
    let texts = TextStore::default();
    let session = menagerie(&texts);
    let base = tempfile::tempdir().expect("tempdir");
    let before = session.snapshot();
    let meta = Meta { options: [3; 32], dirs: vec![path("a"), path("b"), path("b/empty")] };
    let stored = lock(base.path()).store(&before, &meta).expect("store");
    assert_eq!(stored.folded.len(), 1, "the uncovered text is folded");

    let cached = lock(base.path()).open(&meta.options).expect("open");
    assert_eq!(cached.dirs, meta.dirs);
    assert_eq!(cached.segments.len(), 3);
    for (was, is) in before.segments().map(|(_, s)| s).zip(&cached.segments) {
        let (was, is) = (was.to_parts(), is.to_parts());
        assert_eq!((was.docs, was.text_bytes), (is.docs, is.text_bytes));
        assert_eq!((was.keys, was.ends, was.postings), (is.keys, is.ends, is.postings));
    }
    drop(texts);
    let fresh = TextStore::default();
    let warmed = warm(cached, &fresh, listing(&before), |_| panic!("no doubt"));
    let after = warmed.session.snapshot();
    assert_eq!(contents(&after), contents(&before));
    assert_eq!(after.unheld(), before.unheld());
    assert_eq!(after.totals(), before.totals());
    assert_eq!(after.coverage(), (2, 3), "only the UTF-16 and the late-NUL text are uncovered");
    let twins = [path("a/same"), path("b/same")].map(|p| after.file(&p).cloned());
    let [one, two] = twins.map(|file| file.expect("file").text().cloned().expect("text"));
    assert!(Arc::ptr_eq(&one, &two), "equal texts are held once");
}

#[test]
fn a_warm_start_reads_what_its_stamp_does_not_prove() {
    let texts = TextStore::default();
    let racy = Stamp { read_ns: 1_000_000_001, ..stamp(4, 1) };
    let body = |bytes: &'static [u8]| Body::Text(texts.intern(bytes.into()).expect("text"));
    let list = vec![
        (path("changed"), text(&texts, b"old\n")),
        (path("gone"), text(&texts, b"gone")),
        (path("kept"), text(&texts, b"kept")),
        (path("racy"), put(body(b"racy"), racy)),
        (path("torn"), put(body(b"torn"), stamp(5, 1))),
        (path("unreadable"), put(Body::Unreadable("denied".into()), stamp(1, 1))),
    ];
    let session = Session::open(list, Vec::new());
    let base = tempfile::tempdir().expect("tempdir");
    let mut cache = lock(base.path());
    cache.store(&session.snapshot(), &Meta::default()).expect("store");

    let mut tree = listing(&session.snapshot());
    tree.files.retain(|file| file.path != path("gone"));
    tree.files[0].stamp.ctime_ns += 1;
    tree.files[1].visibility = Visibility::default();
    let fresh = Listed { path: path("zz"), ..tree.files[0].clone() };
    tree.files.push(fresh);
    let cached = cache.open(&[0; 32]).expect("open");
    let warmed = warm(cached, &texts, tree, |doubtful| {
        let names: Vec<String> = doubtful.iter().map(|file| file.path.to_string()).collect();
        assert_eq!(names, ["changed", "racy", "torn", "unreadable", "zz"]);
        // `zz` has vanished before it could be read.
        doubtful[..4].iter().map(|file| (file.path.clone(), text(&texts, b"read now"))).collect()
    });
    assert_eq!(warmed.stats, WarmStats { kept: 1, read: 5, gone: 1 });
    let after = warmed.session.snapshot();
    let now = contents(&after);
    assert_eq!(now.len(), 5);
    assert_eq!(now[&path("changed")].3, b"read now");
    assert_eq!(now[&path("kept")].3, b"kept");
    assert!(now[&path("kept")].1.is_plain(), "who sees a file is what the walk says");
    assert_eq!(now[&path("kept")].0, stamp(4, 1), "the time of reading is kept");
    assert_eq!(after.coverage().0, 4, "no postings speak for what was read anew");
}

#[test]
fn a_second_store_writes_only_what_is_new() {
    let texts = TextStore::default();
    let session = world(&texts, "w", 60);
    let base = tempfile::tempdir().expect("tempdir");
    let mut cache = lock(base.path());
    let store = |cache: &mut Cache| cache.store(&session.snapshot(), &Meta::default());
    let first = store(&mut cache).expect("store");
    assert_eq!((first.parts_written, first.parts_kept), (2, 0));
    for covering in first.folded {
        session.attach(covering);
    }
    let again = store(&mut cache).expect("store");
    assert_eq!((again.parts_written, again.bytes_written, again.parts_kept), (0, 0, 2));
    // After a warm start, what was verified counts as known too.
    cache.open(&[0; 32]).expect("open");
    assert_eq!(store(&mut cache).expect("store").parts_written, 0);
    let files = [(path("w/1.rs"), text(&texts, b"edited\n"))].into();
    session.apply(Change { files, ..Change::default() }).expect("apply");
    assert_eq!(store(&mut cache).expect("store").parts_written, 1);
    drop(cache);
    assert_eq!(cached_contents(open(base.path()).expect("open")), contents(&session.snapshot()));
}

/// One step in the life of a workspace.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Remove(u8),
    Fold,
    Store,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..12u8, 0..20u8).prop_map(|(file, version)| Step::Put(file, version)),
        2 => (0..12u8).prop_map(Step::Remove),
        2 => Just(Step::Fold),
        2 => Just(Step::Store),
        2 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..40)
}

fn version(number: u8) -> Vec<u8> {
    match number {
        0 => b"\xff\xfeu\0".to_vec(),
        // Large enough that dead ones make a part worth rewriting.
        n if n > 16 => format!("{n}\n").repeat(150_000).into_bytes(),
        n => format!("version {n}\n").into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Against the plainest model: the cache gives back the world of the last store.
    #[test]
    fn any_history_survives_restarts(steps in steps()) {
        let base = tempfile::tempdir().expect("tempdir");
        let mut cache = lock(base.path());
        let mut texts = TextStore::default();
        let mut session = Session::open(Vec::new(), Vec::new());
        let mut stored: Option<Contents> = None;
        for step in steps {
            let change = |file: u8, change| Change {
                files: [(path(&format!("f{file}")), change)].into(),
                ..Change::default()
            };
            match step {
                Step::Put(file, v) => {
                    session.apply(change(file, text(&texts, &version(v)))).expect("apply");
                }
                Step::Remove(file) => {
                    session.apply(change(file, FileChange::Remove)).expect("apply");
                }
                Step::Fold => {
                    let uncovered: Vec<_> =
                        files(&session).into_iter().filter(|f| f.is_uncovered()).collect();
                    session.attach(Covering::build(&uncovered));
                }
                Step::Store => {
                    cache.store(&session.snapshot(), &Meta::default()).expect("store");
                    stored = Some(contents(&session.snapshot()));
                }
                Step::Restart => {
                    drop(cache);
                    cache = lock(base.path());
                    let Some(stored) = &stored else { continue };
                    let tree = listing(&session.snapshot());
                    let old = std::mem::take(&mut texts);
                    let cached = cache.open(&[0; 32]).expect("open");
                    let disk = session.snapshot();
                    let read = |doubtful: Vec<Listed>| {
                        doubtful.into_iter().map(|file| {
                            let held = disk.file(&file.path).expect("listed").text().expect("text");
                            (file.path, text(&texts, held.bytes()))
                        }).collect()
                    };
                    // The tree has moved on since the store; equal stamps prove equal bytes only
                    // if sizes tell versions apart, so take the stored world where they do not.
                    let same = contents(&disk) == *stored;
                    let tree = if same { tree } else { Listing {
                        files: tree.files.into_iter().map(|mut f| { f.stamp.ino += 1; f }).collect(),
                        ..tree
                    }};
                    let warmed = warm(cached, &texts, tree, read);
                    prop_assert_eq!(warmed.stats.kept, if same { stored.len() } else { 0 });
                    prop_assert_eq!(contents(&warmed.session.snapshot()), contents(&disk));
                    session = warmed.session;
                    drop(old);
                }
            }
            if let Some(stored) = &stored {
                let dir = cache.dir().to_owned();
                prop_assert!(names(&dir, ".tmp").is_empty());
                drop(cache);
                prop_assert_eq!(&cached_contents(open(base.path()).expect("open")), stored);
                cache = lock(base.path());
                cache.open(&[0; 32]).expect("open");
            }
        }
    }
}
