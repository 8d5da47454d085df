//! Starting the daemon, for those who insist on it.

use std::{
    env,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a daemon may take to listen. It does so before it loads anything.
const START: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

/// Starts the daemon in the background and connects as soon as it listens.
pub(crate) fn start(socket: &Path) -> Result<UnixStream, String> {
    let program = program();
    let mut child = Command::new(&program)
        .args(["serve", "--background"])
        .stdin(Stdio::null())
        // Its words must not get into an answer.
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let started = Instant::now();
    loop {
        if let Ok(stream) = UnixStream::connect(socket) {
            return Ok(stream);
        }
        // `--background` may return at once; that is no failure.
        let failed = child.try_wait().ok().flatten();
        if let Some(status) = failed.filter(|status| !status.success()) {
            // It also fails where another one was quicker.
            let why = format!("{} serve --background failed: {status}", program.display());
            return UnixStream::connect(socket).map_err(|_| why);
        }
        if started.elapsed() > START {
            let seconds = START.as_secs();
            let socket = socket.display();
            return Err(format!("the daemon does not listen on {socket} after {seconds} s"));
        }
        thread::sleep(PAUSE);
    }
}

/// The binary beside this one, or whatever PATH has.
fn program() -> PathBuf {
    let beside = env::current_exe()
        .ok()
        .and_then(|own| own.canonicalize().ok())
        .map(|own| own.with_file_name("coderoom"));
    match beside {
        Some(program) if program.is_file() => program,
        _ => PathBuf::from("coderoom"),
    }
}
