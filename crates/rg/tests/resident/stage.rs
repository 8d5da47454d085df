//! A user with a daemon, our `rg` first on PATH and the real one behind it.

use std::{
    fs,
    io::Write,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

use crate::{line::Line, support::without_times};

/// Nothing here takes so long unless it hangs.
const HANG: Duration = Duration::from_secs(60);

/// `CODEROOM_RG`
#[derive(Clone, Copy, Debug)]
pub(crate) enum Choice {
    Auto,
    Resident,
}

/// How a command line was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Without durations.
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) exit: i32,
}

impl Answer {
    pub(crate) fn is(&self, other: &Answer) -> bool {
        self.exit == other.exit && self.stdout == other.stdout && self.stderr == other.stderr
    }
}

pub(crate) struct Stage {
    dir: TempDir,
    daemon: Option<Child>,
    run: AtomicU64,
}

impl Stage {
    /// With a daemon that listens.
    pub(crate) fn new() -> Stage {
        let mut stage = Stage::without_daemon();
        let mut command = Command::new(coderoom());
        command.args(["serve", "--no-http"]).stdout(Stdio::null()).env("CODEROOM_LOG", "warn");
        stage.settle(&mut command);
        stage.daemon = Some(command.spawn().expect("the daemon starts"));
        let started = Instant::now();
        while UnixStream::connect(stage.socket()).is_err() {
            assert!(started.elapsed() < HANG, "the daemon does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        stage
    }

    pub(crate) fn without_daemon() -> Stage {
        next_rg();
        coderoom();
        let dir = tempfile::tempdir().expect("a temporary directory");
        for sub in ["run", "cache", "home"] {
            fs::create_dir(dir.path().join(sub)).expect("a directory of a new home");
        }
        Stage { dir, daemon: None, run: AtomicU64::new(0) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("the stage is there").join(name)
    }

    fn socket(&self) -> PathBuf {
        self.path("run/coderoom/daemon.sock")
    }

    fn settle(&self, command: &mut Command) {
        command
            .env_remove("CODEROOM_SOCKET")
            .env_remove("CODEROOM_RG_PASSED")
            .env_remove("RIPGREP_CONFIG_PATH")
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HOME", self.path("home"))
            .env("PATH", next_rg())
            .env("SHIM_TEST_LOG", self.path("passed-on"));
    }

    /// What ripgrep says to `line`, in path order where it would print in any.
    pub(crate) fn real(&self, root: &Path, line: &Line) -> Answer {
        let mut command = Command::new(real_rg());
        command.args(["--sort", "path"]);
        self.answer(command, root, line)
    }

    /// What our `rg` says.
    pub(crate) fn run(&self, choice: Choice, root: &Path, line: &Line) -> Answer {
        if matches!(choice, Choice::Auto) {
            self.run.fetch_add(1, Ordering::Relaxed);
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_rg"));
        command.env(
            "CODEROOM_RG",
            match choice {
                Choice::Auto => "auto",
                Choice::Resident => "resident",
            },
        );
        self.answer(command, root, line)
    }

    fn answer(&self, mut command: Command, root: &Path, line: &Line) -> Answer {
        self.settle(&mut command);
        command.args(&line.args).current_dir(root.join(line.cwd));
        let stdin = if line.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("rg runs");
        if let (Some(text), Some(mut stdin)) = (line.stdin, child.stdin.take()) {
            // Who does not read it need not.
            let _ = stdin.write_all(text.as_bytes());
        }
        let output = child.wait_with_output().expect("rg ends");
        Answer {
            stdout: without_times(&output.stdout),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            exit: output.status.code().unwrap_or(-1),
        }
    }

    /// How many lines were run in `auto` mode.
    pub(crate) fn lines_run(&self) -> u64 {
        self.run.load(Ordering::Relaxed)
    }

    /// How many of them the next `rg` had to answer.
    pub(crate) fn lines_passed_on(&self) -> u64 {
        fs::read(self.path("passed-on")).map_or(0, |log| log.len() as u64)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        } else if let Ok(stream) = UnixStream::connect(self.socket()) {
            // One that the shim started: whoever listens there is ours.
            if let Ok(peer) = rustix::net::sockopt::socket_peercred(&stream) {
                let _ = kill_process(peer.pid, Signal::KILL);
            }
        }
    }
}

fn real_rg() -> PathBuf {
    let named = std::env::var_os("RG").map(PathBuf::from);
    let on_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|dir| dir.join("rg")).find(|rg| rg.is_file())
    };
    let rg = named.or_else(on_path).unwrap_or_default();
    let version = Command::new(&rg).arg("--version").output();
    let is_ripgrep = version.is_ok_and(|out| out.stdout.starts_with(b"ripgrep 15."));
    assert!(is_ripgrep, "this test needs ripgrep 15: set RG or put rg on PATH");
    rg
}

/// The daemon's binary, which the build puts beside ours.
fn coderoom() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_rg")).with_file_name("coderoom");
    assert!(program.is_file(), "no {}: run `cargo build --workspace` first", program.display());
    program
}

/// A directory whose `rg` is the real one, in path order, and counts how often it was needed. Made
/// before anything is started: a script must not be open for writing while processes fork.
fn next_rg() -> &'static Path {
    static DIR: OnceLock<TempDir> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let real = real_rg();
        let script = format!(
            "#!/bin/sh\nprintf x >> \"$SHIM_TEST_LOG\"\nexec '{}' --sort path \"$@\"\n",
            real.display()
        );
        fs::write(dir.path().join("rg"), script).expect("the script is written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path().join("rg"), mode).expect("it can be run");
        dir
    })
    .path()
}
