//! A client of the daemon's socket for the command line: one request at a time, blocking.

use std::{
    io::{self, BufRead, BufReader, IsTerminal, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    daemon::{config::socket_path, frame, progress::Report},
    error::OpError,
};

/// A connection to the daemon.
pub struct Client {
    reader: BufReader<UnixStream>,
    next_id: u64,
}

/// What can go wrong between a client and the daemon.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon's own answer.
    #[error("{0}")]
    Refused(OpError),
    /// There is no daemon, and none was to be started.
    #[error("no daemon is running (start one with `coderoom serve DIR`)")]
    NotRunning,
    /// One was started and did not come up.
    #[error("the daemon did not come up within {0:?}: try `coderoom serve` to see why")]
    NotStarted(Duration),
    /// The connection broke.
    #[error("the daemon cannot be reached: {0}")]
    Io(#[from] io::Error),
}

/// The session of this process, if its user named one.
static SESSION: OnceLock<String> = OnceLock::new();

/// Every question that can be about a session is about this one, unless it names another.
pub fn work_in(session: String) {
    let _ = SESSION.set(session);
}

/// Adds the session to parameters.
fn in_session(method: &str, mut params: Value) -> Value {
    let Some(session) = SESSION.get() else { return params };
    let (operation, inner) = match method {
        "call" => {
            (params["operation"].as_str().unwrap_or_default().to_owned(), &mut params["params"])
        }
        method => (method.to_owned(), &mut params),
    };
    let takes = crate::ops::find(&operation).is_ok_and(|entry| entry.takes("session"));
    if takes && let Some(inner) = inner.as_object_mut() {
        inner.entry("session").or_insert_with(|| session.clone().into());
    }
    params
}

/// How long a daemon may take until its socket answers.
const START_TIME: Duration = Duration::from_secs(10);

impl Client {
    /// Connects to a running daemon.
    ///
    /// # Errors
    /// `NotRunning` if there is none.
    pub fn connect() -> Result<Client, ClientError> {
        match UnixStream::connect(socket_path()) {
            Ok(stream) => Ok(Client { reader: BufReader::new(stream), next_id: 0 }),
            Err(err)
                if matches!(
                    err.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                ) =>
            {
                Err(ClientError::NotRunning)
            }
            Err(err) => Err(err.into()),
        }
    }

    /// Connects, starting a daemon in the background if none is running.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn connect_or_start() -> Result<Client, ClientError> {
        match Client::connect() {
            Err(ClientError::NotRunning) => {}
            other => return other,
        }
        start_daemon(&std::env::current_exe()?)?;
        let started = Instant::now();
        while started.elapsed() < START_TIME {
            match Client::connect() {
                Err(ClientError::NotRunning) => std::thread::sleep(Duration::from_millis(5)),
                other => return other,
            }
        }
        Err(ClientError::NotStarted(START_TIME))
    }

    /// Asks for an operation and waits for its result. What takes longer than a second is told on
    /// standard error, if that is a terminal.
    ///
    /// # Errors
    /// The daemon's error, or that of the connection.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, ClientError> {
        self.next_id += 1;
        let params = in_session(method, params);
        let shown = io::stderr().is_terminal();
        let request = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method,
                             "params": params, "progress": shown});
        let mut line = request.to_string();
        line.push('\n');
        self.reader.get_mut().write_all(line.as_bytes())?;
        let mut told = false;
        let reply = loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let message: Value = serde_json::from_str(&line).map_err(io::Error::other)?;
            if message["method"] != "progress" {
                break message;
            }
            if let Ok(report) = serde_json::from_value::<Report>(message["params"].clone()) {
                told = true;
                // The line is written over by the next one.
                write!(io::stderr(), "\r\x1b[K{}", report.line())?;
            }
        };
        if told {
            write!(io::stderr(), "\r\x1b[K")?;
        }
        frame::outcome(reply).map_err(ClientError::Refused)
    }
}

/// Starts a daemon that outlives this process.
fn start_daemon(executable: &Path) -> io::Result<()> {
    let path: PathBuf = executable.to_path_buf();
    let mut child = Command::new(path)
        .args(["serve", "--background"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // It forks into the background by itself; what we started ends at once.
    child.wait()?;
    Ok(())
}
