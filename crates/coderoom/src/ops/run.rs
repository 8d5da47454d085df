//! `run`: runs a command that sees a session's files where the workspace is.

use std::time::Duration;

use base64::Engine;
use coderoom_engine::{FileMode, RelPath};
use coderoom_system::run::{Command, Content, Control, Ending, IgnoredPaths, Stdin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Operation, edits};
use crate::{
    daemon::sessions::{self, AgentSession, Left},
    error::{Code, OpError},
};

/// A command is run to its end.
pub struct Run;
/// How a session's files differ from those on disk; for clients that run commands themselves.
pub struct Overlay;
/// Files are put into a session as they are; for the same.
pub struct Take;

/// What to run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "command"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The program and its arguments: `["python3", "-m", "pytest", "-q"]`.
    pub command: Vec<String>,
    /// The directory to run in, relative to the workspace. Default: the workspace.
    pub dir: String,
    /// Variables to set.
    pub env: std::collections::BTreeMap<String, String>,
    /// What it reads.
    pub stdin: Option<String>,
    /// Take what it writes into the session; default: only tell.
    pub take: bool,
    /// Bytes of each output that are kept: the first and the last ones. Default 256 KiB.
    pub output_bytes: Option<u64>,
    /// Milliseconds that it may take. Default 600,000.
    pub timeout_ms: Option<u64>,
    /// Why: kept in the log if something is taken.
    pub reason: String,
}

/// How it ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was ended because its time was up.
    pub timed_out: bool,
    /// What it printed.
    pub stdout: String,
    /// What it printed on standard error.
    pub stderr: String,
    /// How it saw the session's files: `overlay`, `reflink` or `copy`.
    pub way: String,
    /// Where it saw them: the workspace's own path, unless it is a copy.
    pub place: String,
    /// Files that it created, changed or deleted.
    pub changed: Vec<TouchedRow>,
    /// The entry with which they were taken into the session; 0 if they were not.
    pub entry: u64,
    /// Milliseconds until it was started.
    pub setup_ms: f64,
    /// What to know besides.
    pub notes: Vec<String>,
}

/// A file that a command touched.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TouchedRow {
    /// Where.
    pub path: String,
    /// `created`, `modified`, `deleted` or `mode_changed`.
    pub change: String,
}

impl Operation for Run {
    const NAME: &'static str = "run";
    const TITLE: &'static str = "Run a command on a session";
    const DESCRIPTION: &'static str = "Run a command (tests, a build, a formatter) that sees an edit \
        session's files at the workspace's own path, unsynced edits included. Nothing that it writes \
        reaches the working directory; what it changed is listed, and taken into the session with \
        `take`.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        if params.command.is_empty() {
            let message = "`command` is empty: give the program and its arguments as a list";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let runner = sessions::runner(context.rooms.config().state_dir.as_ref())?;
        let mut command = Command::new(params.command.clone());
        command.dir = match &params.dir[..] {
            "" => RelPath::root(),
            dir => located.relative(dir)?,
        };
        let set = params.env.iter().map(|(key, value)| (key.into(), Some(value.into())));
        command.env = set.collect();
        if let Some(text) = params.stdin.clone() {
            command.stdin = Stdin::Bytes(text.into_bytes().into());
        }
        let timeout = Duration::from_millis(params.timeout_ms.unwrap_or(600_000));
        let output = params.output_bytes.unwrap_or(256 << 10) as usize;
        let control = Control::default();
        context.progress.doing(format!("running {}", params.command[0]));
        let (run, notes) = watched(context, &control, || {
            session.run(
                runner,
                &session.state(),
                command,
                |request| {
                    request.limits.timeout = Some(timeout);
                    request.limits.output_bytes = output;
                    request.ignored = IgnoredPaths::Summarise;
                },
                &control,
            )
        })?;
        let mut reply = reply_of(&run, notes);
        if params.take {
            let (left, missed) = sessions::left(&run, &run.changes.touched);
            reply.notes.extend(missed);
            let state = session.take(&left, "", &params.reason)?;
            reply.entry = state.map_or(0, |state| state.head());
        }
        Ok(reply)
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.stdout.clone();
        if !reply.stderr.is_empty() {
            text.push_str(&format!("[stderr]\n{}", reply.stderr));
        }
        let ended = match (reply.code, reply.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, signal) => format!("ended by signal {}", signal.unwrap_or_default()),
        };
        text.push_str(&format!("\n[{ended}; {}]\n", reply.way));
        const SHOWN: usize = 50;
        for row in reply.changed.iter().take(SHOWN) {
            text.push_str(&format!("[{} {}]\n", row.change, row.path));
        }
        if reply.changed.len() > SHOWN {
            text.push_str(&format!("[and {} more]\n", reply.changed.len() - SHOWN));
        }
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

/// Does the work, stopping the command when the client goes away.
fn watched<T>(context: &Context, control: &Control, work: impl FnOnce() -> T) -> T {
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                if context.cancel.is_cancelled() {
                    control.stop();
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        });
        let result = work();
        done.store(true, std::sync::atomic::Ordering::Release);
        result
    })
}

fn reply_of(run: &coderoom_system::run::Run, mut notes: Vec<String>) -> Reply {
    let (code, signal) = match run.ending {
        Ending::Exited(code) => (Some(code), None),
        Ending::Signaled(signal) => (None, Some(signal)),
    };
    notes.extend(run.refused.iter().map(ToString::to_string));
    if run.changes.cut > 0 {
        notes.push(format!("{} more files were changed", run.changes.cut));
    }
    for ignored in &run.changes.ignored {
        let all = ignored.created + ignored.modified + ignored.deleted;
        notes.push(format!("{all} ignored files changed in {}", ignored.dir));
    }
    let row = |it: &coderoom_system::run::Touched| TouchedRow {
        path: it.path.to_string(),
        change: super::code::word(it.kind),
    };
    Reply {
        code,
        signal,
        timed_out: run.timed_out,
        stdout: run.stdout.to_text(),
        stderr: run.stderr.to_text(),
        way: run.way.to_string(),
        place: run.place.display().to_string(),
        changed: run.changes.touched.iter().map(row).collect(),
        entry: 0,
        setup_ms: run.times.setup.as_secs_f64() * 1e3,
        notes,
    }
}

/// Which session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct OverlayParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
}

/// How a session differs from the disk.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OverlayReply {
    /// The workspace's root.
    pub root: String,
    /// Where runs may write.
    pub scratch: String,
    /// The files.
    pub files: Vec<RawFile>,
    /// What could not be had.
    pub notes: Vec<String>,
}

/// A file as bytes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawFile {
    /// Where: bytes in base64, since it need not be UTF-8.
    pub path: String,
    /// Its bytes in base64; of a link, its target. None: there is no such file.
    pub bytes: Option<String>,
    /// `file`, `executable`, `link`, or none to keep what is there.
    pub mode: Option<String>,
}

impl Operation for Overlay {
    const NAME: &'static str = "overlay";
    const TITLE: &'static str = "How a session differs from the disk";
    const DESCRIPTION: &'static str = "All files of an edit session that differ from the working \
        directory as it is now, as bytes: what `coderoom run` and `coderoom mount` put over it.";
    const FOR_AGENTS: bool = false;
    const STRUCTURED: bool = true;
    type Params = OverlayParams;
    type Reply = OverlayReply;

    fn run(context: &Context, params: OverlayParams) -> Result<OverlayReply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        session.room.workspace.fresh(context.deadline);
        let (overlaid, notes) = session.overlaid(&session.state())?;
        let base64 = base64::engine::general_purpose::STANDARD;
        let files = overlaid
            .iter()
            .map(|it| {
                let (bytes, mode) = match &it.content {
                    Content::Removed => (None, None),
                    Content::Link { target } => (Some(&target[..]), Some("link")),
                    Content::Written { bytes, mode: Some(0o755) } => {
                        (Some(&bytes[..]), Some("executable"))
                    }
                    Content::Written { bytes, mode: Some(_) } => (Some(&bytes[..]), Some("file")),
                    Content::Written { bytes, mode: None } => (Some(&bytes[..]), None),
                };
                RawFile {
                    path: base64.encode(it.path.as_bytes()),
                    bytes: bytes.map(|bytes| base64.encode(bytes)),
                    mode: mode.map(str::to_owned),
                }
            })
            .collect();
        let state_dir = context.rooms.config().state_dir.clone().unwrap_or_default();
        Ok(OverlayReply {
            root: session.room.root().display().to_string(),
            scratch: state_dir.join("runs").display().to_string(),
            files,
            notes,
        })
    }
}

/// What to take.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "files"]))]
pub struct TakeParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The files.
    pub files: Vec<RawFile>,
    /// Why: kept in the log.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
}

/// What was taken.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TakeReply {
    /// The entry; 0 if nothing changed.
    pub entry: u64,
}

impl Operation for Take {
    const NAME: &'static str = "take";
    const TITLE: &'static str = "Put files into a session";
    const DESCRIPTION: &'static str = "Put files into an edit session as bytes: what a command that \
        ran on it has left. Nothing is judged.";
    const FOR_AGENTS: bool = false;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = TakeParams;
    type Reply = TakeReply;

    fn run(context: &Context, params: TakeParams) -> Result<TakeReply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        let mut all = Vec::with_capacity(params.files.len());
        for file in &params.files {
            all.push(raw(file)?);
        }
        let state = session.take(&all, &params.agent, &params.reason)?;
        if let Some(state) = &state {
            AgentSession::after(&session, &context.rooms, state);
        }
        Ok(TakeReply { entry: state.map_or(0, |state| state.head()) })
    }
}

fn raw(file: &RawFile) -> Result<Left, OpError> {
    let decode = |text: &str| {
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_err(|err| OpError::new(Code::BadParameter, format!("base64: {err}")))
    };
    let path = RelPath::new(&decode(&file.path)?)?;
    let mode = match file.mode.as_deref() {
        None | Some("file") => FileMode::File,
        Some("executable") => FileMode::Executable,
        Some("link") => FileMode::Link,
        Some(other) => {
            let message = format!("`{other}` is no mode: `file`, `executable` or `link`");
            return Err(OpError::new(Code::BadParameter, message));
        }
    };
    let now = match &file.bytes {
        None => None,
        Some(text) => Some((decode(text)?.into(), mode)),
    };
    Ok(Left { path, now })
}
