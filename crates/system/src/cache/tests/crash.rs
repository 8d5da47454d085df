//! A store that is cut off at any point leaves the old state or the new one.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::*;
use crate::cache::disk::{count_steps, fail_from};

/// Set for a test that runs itself again as a child: the cache base.
const CHILD: &str = "CODEROOM_TEST_CACHE_CHILD";

/// Where a child writes down the error that it got.
const SAID: &str = "said";

fn worlds(texts: &TextStore, count: usize) -> [Session; 2] {
    ["old", "new"].map(|name| world(texts, name, count))
}

#[test]
fn a_store_that_fails_at_any_step_leaves_the_old_state_or_the_new() {
    let texts = TextStore::default();
    let [old, new] = worlds(&texts, 40);
    let meta = Meta::default();
    let [old_contents, new_contents] = [&old, &new].map(|w| contents(&w.snapshot()));
    let mut outcomes = [0; 2];
    for limit in 0.. {
        let base = tempfile::tempdir().expect("tempdir");
        let mut cache = lock(base.path());
        cache.store(&old.snapshot(), &meta).expect("store");
        let attempt = || count_steps(|| cache.store(&new.snapshot(), &meta).map(|_| ()));
        let (stored, steps) = fail_from(limit, attempt);
        if let Err(error) = &stored {
            assert_eq!(error.code(), "cache_full", "{error}");
        }
        drop(cache);
        let found = cached_contents(open(base.path()).expect("old or new"));
        let is_new = found == new_contents;
        assert!(is_new || found == old_contents, "step {limit}: neither old nor new");
        assert!(is_new || stored.is_err());
        outcomes[usize::from(is_new)] += 1;
        let mut cache = lock(base.path());
        assert!(names(cache.dir(), ".tmp").is_empty(), "the open sweeps");
        cache.store(&new.snapshot(), &meta).expect("store");
        assert_eq!(names(cache.dir(), ".crs").len(), 2, "nothing old is left");
        drop(cache);
        assert_eq!(cached_contents(open(base.path()).expect("new")), new_contents);
        if stored.is_ok() {
            assert!(limit >= steps);
            break;
        }
    }
    assert!(outcomes[0] > 10 && outcomes[1] > 2, "{outcomes:?}");
}

#[test]
fn a_failed_store_can_be_tried_again_by_the_same_process() {
    let texts = TextStore::default();
    let [old, new] = worlds(&texts, 40);
    let meta = Meta::default();
    let base = tempfile::tempdir().expect("tempdir");
    let mut cache = lock(base.path());
    for limit in 0.. {
        cache.store(&old.snapshot(), &meta).expect("store");
        let stored = fail_from(limit, || cache.store(&new.snapshot(), &meta));
        cache.store(&new.snapshot(), &meta).expect("store");
        let cached = cache.open(&[0; 32]).expect("open");
        assert_eq!(cached_contents(cached), contents(&new.snapshot()));
        if stored.is_ok() {
            break;
        }
    }
}

/// This test binary again, for one test only, as a child.
fn child(test: &str, base: &Path, shell: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(env::current_exe().expect("own path"))
        .args(["--exact", &format!("cache::tests::crash::{test}"), "--nocapture"])
        .env(CHILD, base)
        .stdout(Stdio::piped());
    command
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_state_or_the_new() {
    let texts = TextStore::default();
    let worlds = worlds(&texts, 400);
    if let Some(base) = env::var_os(CHILD) {
        let mut cache = lock(Path::new(&base));
        for world in worlds.iter().cycle() {
            cache.store(&world.snapshot(), &Meta::default()).expect("store");
            eprintln!("stored");
        }
    }
    let known = worlds.each_ref().map(|world| contents(&world.snapshot()));
    let base = tempfile::tempdir().expect("tempdir");
    for round in 0..40u64 {
        let mut child =
            child("a_kill_at_any_moment_leaves_the_old_state_or_the_new", base.path(), "")
                .stderr(Stdio::piped())
                .spawn()
                .expect("spawn");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        lines.take(1).for_each(|line| assert_eq!(line.expect("line"), "stored"));
        thread::sleep(Duration::from_micros(round * 7919 % 40_000));
        child.kill().expect("kill");
        child.wait().expect("wait");
        let found = cached_contents(open(base.path()).expect("old or new"));
        assert!(known.contains(&found), "round {round}: neither old nor new");
    }
}

#[test]
fn a_full_disk_is_said_so_and_changes_nothing() {
    let texts = TextStore::default();
    if let Some(base) = env::var_os(CHILD) {
        let new = world(&texts, "new", 400);
        let error = lock(Path::new(&base)).store(&new.snapshot(), &Meta::default());
        let error = error.map(|_| ()).expect_err("there is no room");
        let said = format!("code={} message={error}", error.code());
        std::fs::write(Path::new(&base).join(SAID), said).expect("write");
        return;
    }
    let old = world(&texts, "old", 10);
    let base = tempfile::tempdir().expect("tempdir");
    lock(base.path()).store(&old.snapshot(), &Meta::default()).expect("store");
    // A limit on file sizes stands for a full disk: the write fails after a part of it.
    let limit = "trap '' XFSZ; ulimit -f 64;";
    child("a_full_disk_is_said_so_and_changes_nothing", base.path(), limit).output().expect("run");
    let said = std::fs::read_to_string(base.path().join(SAID)).expect("what the child got");
    assert!(said.contains("code=cache_full"), "{said}");
    assert!(said.contains("free some disk space") && said.contains("stays in memory"), "{said}");
    let cache = lock(base.path());
    assert!(names(cache.dir(), ".tmp").is_empty(), "what was begun is removed at once");
    drop(cache);
    let found = cached_contents(open(base.path()).expect("the old state"));
    assert_eq!(found, contents(&old.snapshot()));
}
