//! What the whole-system tests share: a home of its own for every daemon, the daemon as a process,
//! and a client of its socket.
//!
//! Waiting is always for something that happens; the times here only keep a broken test from
//! hanging.
#![allow(dead_code, unreachable_pub, unused_imports)] // Each test binary uses a part.

mod client;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

pub use client::{Client, Refused, outcome, request, rg_params};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Nothing here takes so long unless it hangs.
pub const HANG: Duration = Duration::from_secs(120);

/// A user's directories: runtime, cache, home, and room for trees. Whatever daemon serves from here
/// ends with it.
pub struct Home {
    dir: TempDir,
}

impl Home {
    pub fn new() -> Home {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for sub in ["run", "cache", "home"] {
            fs::create_dir(dir.path().join(sub)).expect("a directory of a new home");
        }
        Home { dir }
    }

    /// A canonical path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("the home is there").join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("run/coderoom/daemon.sock")
    }

    /// The program, as this user runs it.
    pub fn coderoom(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coderoom"));
        command.args(args);
        self.settle(&mut command);
        command
    }

    /// Gives a command this user's environment.
    pub fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.path("home"))
            .stdin(Stdio::null())
            .env_remove("CODEROOM_SOCKET")
            .env_remove("CODEROOM_MEMORY_BUDGET")
            .env_remove("CODEROOM_HTTP_PORT")
            .env("CODEROOM_LOG", "warn")
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("HOME", self.path("home"));
    }

    /// Writes files below `name` and gives that directory.
    pub fn tree(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = self.path(name);
        fs::create_dir_all(&root).expect("a directory for the tree");
        for (path, text) in files {
            write(&root.join(path), text);
        }
        root
    }

    /// Starts a daemon and waits until it listens.
    pub fn serve(&self, args: &[&str]) -> Daemon {
        self.start(self.coderoom(&[&["serve"], args].concat()))
    }

    /// Starts `command`, which becomes a daemon, and waits until it listens.
    pub fn start(&self, mut command: Command) -> Daemon {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the daemon starts");
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().expect("no panic").push(line);
            }
        });
        let daemon = Daemon { child, said, socket: self.socket() };
        daemon.await_words("  mcp ");
        wait_until("the socket to answer", || UnixStream::connect(&daemon.socket).is_ok());
        daemon
    }
}

impl Drop for Home {
    /// Ends a daemon that some command started in the background.
    fn drop(&mut self) {
        let Ok(mut client) = Client::try_connect(&self.socket()) else { return };
        let Ok(status) = client.call("status", serde_json::Value::Null) else { return };
        if let Some(pid) = status["pid"].as_i64().and_then(|pid| Pid::from_raw(pid as i32)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// A daemon's process; killed when dropped.
pub struct Daemon {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    pub socket: PathBuf,
}

impl Daemon {
    pub fn client(&self) -> Client {
        Client::connect(&self.socket)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The first line on standard output with these words, when it comes.
    pub fn await_words(&self, words: &str) -> String {
        let find = || {
            let said = self.said.lock().expect("no panic");
            said.iter().find(|line| line.contains(words)).cloned()
        };
        let mut found = None;
        wait_until(&format!("the daemon to say `{words}`"), || {
            found = find();
            found.is_some()
        });
        found.expect("it was just there")
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the daemon is there to be signalled");
    }

    /// Ends it without a chance to clean up.
    pub fn kill(mut self) {
        self.child.kill().expect("the daemon is there to be killed");
        self.child.wait().expect("it ends");
    }

    /// Ends it as a service manager does.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.await_end()
    }

    pub fn await_end(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the daemon to end", || {
            status = self.child.try_wait().expect("its status can be had");
            status.is_some()
        });
        status.expect("it was just there")
    }

    /// Processor time it has used, in clock ticks.
    pub fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it is alive");
        let (_, rest) = stat.rsplit_once(") ").expect("a process name in brackets");
        let fields: Vec<&str> = rest.split(' ').collect();
        [11, 12].iter().map(|&i: &usize| fields[i].parse::<u64>().expect("a number")).sum()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again, and panics only if it hangs.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < HANG, "gave up waiting for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lets what was just written grow old enough to be trusted by its times: a file that changed within
/// two seconds of being read may change again without showing it.
pub fn let_age() {
    std::thread::sleep(Duration::from_millis(2100));
}

/// Writes a file, and the directories above it.
#[track_caller]
pub fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a file has a parent")).expect("its directory");
    fs::write(path, text).unwrap_or_else(|err| panic!("cannot write {}: {err}", path.display()));
}

/// What the real ripgrep prints for `pattern` in `root`, in path order.
pub fn real_rg(root: &Path, args: &[&str]) -> Vec<u8> {
    let program = std::env::var_os("RG").unwrap_or_else(|| "rg".into());
    let output = Command::new(&program)
        .args(["--no-config", "--sort", "path"])
        .args(args)
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|err| {
            panic!(
                "this test compares with the real ripgrep: `cargo install ripgrep --version \
                 15.2.0`, or set RG to its path (tried {program:?}: {err})"
            )
        });
    assert!(output.status.code() != Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A tree whose search takes long: random letters in long lines, for `TEDIOUS`.
pub fn tedious_tree(home: &Home) -> PathBuf {
    let root = home.path("tedious");
    let mut state = 1_u64;
    for number in 0..100 {
        let mut text = Vec::with_capacity(100_000);
        while text.len() < 100_000 {
            for _ in 0..400 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(b'a' + ((state >> 33) % 26) as u8);
            }
            text.push(b'\n');
        }
        write(&root.join(format!("{number}.txt")), text);
    }
    root
}

/// Has no literal for an index, and no automaton of a bearable size: what it has to remember is
/// which of the last hundred letters were of the first half of the alphabet.
pub const TEDIOUS: &str = r"[a-mA-M]\pL{100}\d";
