//! The conversation with the daemon: one line of JSON there; chunks of raw output and one line of
//! JSON back.
//!
//! ```text
//! > {"jsonrpc":"2.0","id":1,"method":"rg","params":{...}}
//! < {"jsonrpc":"2.0","method":"output","params":{"id":1,"bytes":N}}
//! < N bytes for standard output
//! < {"jsonrpc":"2.0","id":1,"result":{"exit":0,"stderr":""}}
//! ```
//!
//! An error comes instead of the result, and before any output. The two optional members
//! `assume_nothing_ignored` and `no_messages` are sent only when they are true; a daemon must refuse
//! (`unsupported`) a member that it does not know, because ignoring the first one would give a wrong
//! answer.

use std::{
    env, fs, io,
    io::Write,
    os::unix::{fs::MetadataExt, net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{Request, targets::Targets};

/// Where output is buffered: as much as one read from a busy socket is likely to give.
const BUFFER: usize = 256 * 1024;
/// No honest line is longer; only the daemon's words for standard error are of any size.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// How a conversation ended.
#[derive(Debug)]
pub enum Outcome {
    /// The request was answered.
    Done {
        /// ripgrep's exit status.
        exit: u8,
        /// What goes to standard error, newline included.
        stderr: String,
    },
    /// The daemon does not answer this. Nothing has been printed.
    Refused {
        /// A stable name for the reason.
        code: String,
        /// The reason in words.
        message: String,
    },
    /// Whoever reads standard output has gone.
    OutputClosed,
    /// Standard output failed otherwise.
    OutputFailed(io::Error),
    /// The daemon vanished or talked nonsense.
    Lost {
        /// Part of the answer is printed already.
        printed: bool,
        /// What happened.
        why: String,
    },
}

/// Reasons to let the next `rg` answer: nothing is wrong with the request itself.
pub fn is_for_next(code: &str) -> bool {
    matches!(code, "not_resident" | "not_held" | "unsupported" | "stale" | "busy" | "starting")
}

/// The daemon's socket.
///
/// # Errors
/// The directory that should be private to us is not.
pub fn socket_path() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os("CODEROOM_SOCKET").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let uid = rustix::process::getuid().as_raw();
    let given = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    // Whoever starts programs with a bare environment means the usual place.
    let usual = || {
        let dir = PathBuf::from(format!("/run/user/{uid}"));
        let is_ours = |meta: fs::Metadata| meta.is_dir() && meta.uid() == uid;
        fs::metadata(&dir).is_ok_and(is_ours).then_some(dir)
    };
    let dir = match given.or_else(usual) {
        Some(dir) => dir.join("coderoom"),
        None => {
            let dir = PathBuf::from(format!("/tmp/coderoom-{uid}"));
            check_private(&dir, uid)?;
            dir
        }
    };
    Ok(dir.join("daemon.sock"))
}

/// Anyone may make a directory below /tmp; only our own may be trusted with what we search for.
fn check_private(dir: &Path, uid: u32) -> Result<(), String> {
    match fs::symlink_metadata(dir) {
        Ok(metadata) if !metadata.is_dir() || metadata.uid() != uid => {
            Err(format!("{} is not ours", dir.display()))
        }
        Ok(metadata) if metadata.mode() & 0o077 != 0 => {
            Err(format!("{} is open to others (its mode should be 0700)", dir.display()))
        }
        // It does not exist: neither does the socket.
        _ => Ok(()),
    }
}

/// The line that asks for `request`. With `load`, the daemon loads what it does not hold.
pub fn request_line(request: &Request, targets: &Targets, load: bool) -> String {
    let mut params = json!({
        "cwd": targets.cwd,
        "paths": targets.paths,
        "displays": targets.displays,
        "query": request.query,
        "load": load,
    });
    for (name, on) in [
        ("assume_nothing_ignored", request.assume_nothing_ignored),
        ("no_messages", request.no_messages),
    ] {
        if on {
            params[name] = Value::Bool(true);
        }
    }
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "rg", "params": params});
    format!("{call}\n")
}

/// Sends `line` and prints the answer to `out`. `patience` bounds the wait for the first word, not
/// the answer as a whole.
pub fn converse(
    mut stream: UnixStream,
    line: &str,
    out: &mut impl Write,
    patience: Option<Duration>,
) -> Outcome {
    let sent = stream.set_read_timeout(patience).and_then(|()| stream.write_all(line.as_bytes()));
    if let Err(error) = sent {
        return lost(false, format!("the request could not be sent: {error}"));
    }
    let mut reader = Reader::new(stream);
    let mut printed = false;
    loop {
        let step = match reader.line() {
            Ok(line) => step(line),
            Err(error) => return lost(printed, describe(&error)),
        };
        match step {
            Step::Output(bytes) => {
                if !printed {
                    // The answer has begun; from now on only the search itself takes time.
                    let _ = reader.stream.set_read_timeout(None);
                }
                printed = true;
                match reader.copy(bytes, out) {
                    Ok(()) => {}
                    Err(Broken::Input(error)) => return lost(true, describe(&error)),
                    Err(Broken::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                        return Outcome::OutputClosed;
                    }
                    Err(Broken::Output(error)) => return Outcome::OutputFailed(error),
                }
            }
            Step::End(Outcome::Refused { message, .. }) if printed => return lost(true, message),
            Step::End(outcome) => return outcome,
            Step::Nonsense => return lost(printed, "the answer is not understood".into()),
        }
    }
}

fn lost(printed: bool, why: String) -> Outcome {
    Outcome::Lost { printed, why }
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the connection was closed".into(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "no answer came in time".into(),
        _ => error.to_string(),
    }
}

enum Step {
    Output(u64),
    End(Outcome),
    Nonsense,
}

fn step(line: &[u8]) -> Step {
    let Ok(message) = serde_json::from_slice::<Value>(line) else {
        return Step::Nonsense;
    };
    if message["method"] == "output" {
        return message["params"]["bytes"].as_u64().map_or(Step::Nonsense, Step::Output);
    }
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(error) = message.get("error").filter(|error| !error.is_null()) {
        return Step::End(Outcome::Refused {
            code: string(&error["data"]["code"]),
            message: string(&error["message"]),
        });
    }
    let result = &message["result"];
    match result["exit"].as_u64().map(u8::try_from) {
        Some(Ok(exit)) => Step::End(Outcome::Done { exit, stderr: string(&result["stderr"]) }),
        _ => Step::Nonsense,
    }
}

enum Broken {
    Input(io::Error),
    Output(io::Error),
}

/// Lines and raw bytes from one stream, through one buffer.
struct Reader {
    stream: UnixStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Reader {
    fn new(stream: UnixStream) -> Reader {
        Reader { stream, buffer: vec![0; BUFFER], start: 0, end: 0 }
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<&[u8]> {
        let mut looked_at = self.start;
        loop {
            let unseen = &self.buffer[looked_at..self.end];
            if let Some(at) = unseen.iter().position(|&byte| byte == b'\n') {
                let (from, to) = (self.start, looked_at + at);
                self.start = to + 1;
                return Ok(&self.buffer[from..to]);
            }
            let held = self.end - self.start;
            if held >= LONGEST_LINE {
                return Err(io::Error::other("a line of the answer is too long"));
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end, looked_at) = (0, held, held);
            if held == self.buffer.len() {
                self.buffer.resize(held * 2, 0);
            }
            self.fill()?;
        }
    }

    /// Passes on the next `count` bytes.
    fn copy(&mut self, mut count: u64, out: &mut impl Write) -> Result<(), Broken> {
        while count > 0 {
            if self.start == self.end {
                (self.start, self.end) = (0, 0);
                self.fill().map_err(Broken::Input)?;
            }
            let held = self.end - self.start;
            let now = usize::try_from(count).map_or(held, |count| count.min(held));
            let bytes = &self.buffer[self.start..self.start + now];
            out.write_all(bytes).map_err(Broken::Output)?;
            self.start += now;
            count -= now as u64;
        }
        Ok(())
    }

    /// Reads at least one byte behind what is held.
    fn fill(&mut self) -> io::Result<()> {
        loop {
            match io::Read::read(&mut self.stream, &mut self.buffer[self.end..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.end += count;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
