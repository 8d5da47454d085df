//! Servers with bad manners: a script in place of a server, and an answer in time whatever it does.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{Language, RelPath, Session, Snapshot, TextStore};
use parking_lot::{Mutex, MutexGuard};

use super::{CheckError, Document, Family, Pool, Report, Request};

/// The head of a script that speaks the protocol: `say` sends a message.
const SAY: &str = r#"#!/bin/sh
say() { printf 'Content-Length: %d\r\n\r\n%s' ${#1} "$1"; }
"#;
/// Answers `initialize` once it is asked, and asks for what every server may ask.
const HELLO: &str = r#"
read -r header
say '{"jsonrpc":"2.0","id":1,"result":{"capabilities":{"diagnosticProvider":{}}}}'
say '{"jsonrpc":"2.0","id":"x","method":"workspace/configuration","params":{"items":[{"section":"ty"}]}}'
"#;

/// A script that is being written while another test starts a process cannot be started ("text file
/// busy"): the child holds it open for a moment.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct World {
    _turn: MutexGuard<'static, ()>,
    dir: tempfile::TempDir,
    pool: Pool,
    disk: Arc<Snapshot>,
}

impl World {
    /// A workspace whose Python type checker is this script.
    fn new(script: &str) -> World {
        let turn = ONE_AT_A_TIME.lock();
        let dir = tempfile::tempdir().expect("a directory");
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).expect("made");
        if !script.is_empty() {
            let program = bin.join("ty");
            fs::write(
                &program,
                format!("{SAY}echo x >> {}/starts\n{script}", dir.path().display()),
            )
            .expect("written");
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("allowed");
        }
        // The script's own tools are called by name.
        let pool = Pool::with_path(bin.into_os_string());
        World { _turn: turn, dir, pool, disk: Session::open(Vec::new(), Vec::new()).snapshot() }
    }

    fn check(&self, patience: Duration) -> Result<Report, CheckError> {
        let text = |text: &'static [u8]| TextStore::default().intern(text.into());
        let documents = [Document {
            path: RelPath::new(b"a.py").expect("a path"),
            language: Language::Python,
            base: text(b"x = 1\n"),
            now: text(b"x = 2\n"),
        }];
        self.pool.check(&Request {
            root: self.dir.path(),
            family: Family::Python,
            documents: &documents,
            disk: &self.disk,
            warnings: false,
            until: Instant::now() + patience,
            stop: &|| false,
        })
    }

    fn starts(&self) -> usize {
        fs::read_to_string(self.dir.path().join("starts")).map_or(0, |text| text.lines().count())
    }
}

const SHORT: Duration = Duration::from_millis(700);
/// Nothing takes so long unless it hangs.
const LONG: Duration = Duration::from_secs(60);

#[track_caller]
fn failed(script: &str, patience: Duration) -> (CheckError, usize) {
    let world = World::new(script);
    let begun = Instant::now();
    let err = world.check(patience).expect_err("a bad server");
    assert!(begun.elapsed() < LONG, "{err}");
    (err, world.starts())
}

#[test]
fn none_that_is_there_is_named_with_how_to_get_it() {
    let world = World::new("");
    let err = world.check(LONG).expect_err("no server");
    assert!(matches!(err, CheckError::Missing(_)));
    assert!(err.to_string().contains("pip install ty"), "{err}");
}

#[test]
fn one_that_never_answers_is_given_up_and_kept_for_the_next() {
    let world = World::new("exec sleep 1000");
    for _ in 0..2 {
        let err = world.check(SHORT).expect_err("silence");
        assert!(matches!(err, CheckError::Timeout { server: "ty", .. }), "{err}");
    }
    assert_eq!(world.starts(), 1, "it may only be slow");
    drop(world);
    // One that has started is asked for diagnostics; how soon it starts is the machine's business.
    let world = World::new(&format!("{HELLO}exec sleep 1000"));
    let begun = Instant::now();
    loop {
        let err = world.check(SHORT).expect_err("silence");
        if matches!(err, CheckError::Timeout { doing: "it is checking", .. }) {
            break;
        }
        assert!(begun.elapsed() < LONG, "{err}");
    }
    assert_eq!(world.starts(), 1);
}

#[test]
fn one_that_dies_is_started_once_more() {
    for script in ["exit 3", &format!("{HELLO}exit 3")] {
        let (err, starts) = failed(script, LONG);
        assert!(matches!(err, CheckError::Died { server: "ty", .. }), "{err}");
        assert_eq!(starts, 2, "{script}");
    }
}

#[test]
fn what_is_not_the_protocol_ends_it() {
    for (script, words) in [
        ("exec yes", "protocol"),
        ("printf 'Content-Length: 99999999999\\r\\n\\r\\n'; exec sleep 1000", "longer than"),
        ("printf 'Content-Length: 3\\r\\n\\r\\nx y'; exec sleep 1000", "not JSON"),
        ("exec tr '\\0' x < /dev/zero", "header"),
    ] {
        let (err, starts) = failed(script, LONG);
        assert!(err.to_string().contains(words), "{script}: {err}");
        assert_eq!(starts, 2, "{script}");
    }
}

#[test]
fn a_flood_of_messages_is_passed_over() {
    let flood = r#"{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":
        {"uri":"file:///elsewhere/a.py","diagnostics":[]}}"#;
    let script = format!("{HELLO}\nwhile :; do say '{}'; done", flood.replace('\n', ""));
    let (err, _) = failed(&script, SHORT);
    assert!(matches!(err, CheckError::Timeout { .. }), "{err}");
    // It asks and asks and reads no answer.
    let ask = r#"{"jsonrpc":"2.0","id":"y","method":"workspace/configuration","params":{}}"#;
    let (err, _) = failed(&format!("{HELLO}\nwhile :; do say '{ask}'; done"), LONG);
    assert!(matches!(err, CheckError::Died { .. }), "{err}");
}

#[test]
fn nothing_is_left_behind_by_a_pool_that_ends() {
    let world = World::new("sleep 1000 & echo $! > \"${0%/*}/../child\"; wait");
    world.check(SHORT).expect_err("silence");
    let until = Instant::now() + LONG;
    let child = loop {
        let child = fs::read_to_string(world.dir.path().join("child")).unwrap_or_default();
        if child.ends_with('\n') {
            break child;
        }
        assert!(Instant::now() < until, "it does not start");
        std::thread::sleep(Duration::from_millis(5));
    };
    let place = std::path::PathBuf::from(format!("/proc/{}/stat", child.trim()));
    assert!(place.exists());
    world.pool.close();
    let is_alive = || fs::read_to_string(&place).is_ok_and(|stat| !stat.contains(") Z "));
    while is_alive() {
        assert!(Instant::now() < until, "a child of the server is alive");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(matches!(world.check(SHORT), Err(CheckError::Stopped)));
}
