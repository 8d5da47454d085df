//! Commands that see a session's files: what differs from the disk, what a command left behind.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use coderoom_engine::{Body, Entry, EntryKind, FileDelta, FileMode, RelPath, State, Version};
use coderoom_system::{
    disk::LARGEST,
    run::{
        Command, Content, Control, Helper, Now, Overlaid, Request, Run, RunError, Runner, Touched,
    },
};

use super::{AgentSession, now_ms, present};
use crate::error::{Code, OpError};

/// What this program is called with to become a command of a run.
pub const HELPER: &str = "__run";

/// A file that a command has left, for a session.
#[derive(Clone, Debug)]
pub struct Left {
    /// Where.
    pub path: RelPath,
    /// What is there now; nothing if it is gone.
    pub now: Option<(Bytes, FileMode)>,
}

static RUNNER: OnceLock<Runner> = OnceLock::new();

/// What runs commands; its scratch directory is beside the sessions' journals.
///
/// # Errors
/// `run_failed` if that directory cannot be used.
pub fn runner(state_dir: Option<&PathBuf>) -> Result<&'static Runner, OpError> {
    if let Some(runner) = RUNNER.get() {
        return Ok(runner);
    }
    let dir = state_dir.ok_or_else(|| {
        let message = "there is no directory for runs: set XDG_STATE_HOME or HOME";
        OpError::new(Code::RunFailed, message)
    })?;
    let runner = Runner::open(&dir.join("runs"), Helper::this_program(HELPER))
        .map_err(|err| run_error(&err))?;
    Ok(RUNNER.get_or_init(|| runner))
}

/// What a failed run is to a client.
pub fn run_error(err: &RunError) -> OpError {
    OpError::new(Code::RunFailed, err.to_string())
}

impl AgentSession {
    /// How the session's tree differs from the working directory as it is now: its own changes, and
    /// what others have changed there since it started. Notes say what could not be had.
    ///
    /// # Errors
    /// If a version's bytes are gone.
    pub fn overlaid(&self, state: &State) -> Result<(Vec<Overlaid>, Vec<String>), OpError> {
        let trunk = self.room.workspace.snapshot();
        let (mut overlaid, mut notes) = (Vec::new(), Vec::new());
        for path in state.snapshot().differing(&trunk) {
            if state.dirty_file(&path).is_some() {
                continue;
            }
            let content = match state.snapshot().file(&path).map(|file| &file.body) {
                None => Content::Removed,
                Some(Body::Text(text)) => {
                    Content::Written { bytes: text.bytes().clone(), mode: None }
                }
                Some(_) => {
                    notes.push(format!(
                        "{path} has changed on disk, and no copy of how it was is held"
                    ));
                    continue;
                }
            };
            overlaid.push(Overlaid { path, content });
        }
        for (path, dirty) in state.dirty() {
            let content = match &dirty.now {
                None => Content::Removed,
                Some(version) => written(version)?,
            };
            overlaid.push(Overlaid { path: path.clone(), content });
        }
        Ok((overlaid, notes))
    }

    /// Runs a command and waits for its end.
    ///
    /// # Errors
    /// `run_failed` if it cannot be started. A command that fails is no error.
    pub fn run(
        &self,
        runner: &Runner,
        state: &State,
        command: Command,
        shape: impl FnOnce(&mut Request),
        control: &Control,
    ) -> Result<(Run, Vec<String>), OpError> {
        let (overlaid, notes) = self.overlaid(state)?;
        let mut request = Request::new(self.room.root(), overlaid, command);
        shape(&mut request);
        let run = runner.run(&request, control, &mut |_, _| ()).map_err(|err| run_error(&err))?;
        Ok((run, notes))
    }

    /// Takes what a command has left into the session.
    ///
    /// # Errors
    /// If a file is too large, or it cannot be written down.
    pub fn take(
        self: &Arc<Self>,
        left: &[Left],
        agent: &str,
        reason: &str,
    ) -> Result<Option<Arc<State>>, OpError> {
        let agent = if agent.is_empty() { &self.agent } else { agent };
        let trunk = self.room.workspace.snapshot();
        self.commit_unless_empty(|state| {
            let mut entry = Entry::new(EntryKind::Take, Vec::new());
            for file in left {
                let before = self.sources(state, &trunk).version(&file.path)?;
                let after = file.now.as_ref().map(|(bytes, mode)| {
                    let plain = *mode == FileMode::File
                        && before.as_ref().is_none_or(|it| it.mode.is_none());
                    Version {
                        mode: (!plain).then_some(*mode),
                        ..present::of_bytes(&self.store, bytes.clone())
                    }
                });
                if before != after {
                    entry.files.push(FileDelta { path: file.path.clone(), before, after });
                }
            }
            Ok(entry.by(agent, reason, now_ms()))
        })
    }

    /// The tests that must succeed before files are written.
    ///
    /// # Errors
    /// `tests_failed`, with the end of what they printed.
    pub(super) fn run_tests(&self, state_dir: Option<&PathBuf>) -> Result<(), OpError> {
        let command = Command::new(self.config.validation.test_command.clone());
        let (run, _) = self.run(
            runner(state_dir)?,
            &self.state(),
            command,
            |request| request.limits.timeout = Some(std::time::Duration::from_secs(3600)),
            &Control::default(),
        )?;
        if run.ending.code() == 0 {
            return Ok(());
        }
        let output = format!("{}{}", run.stdout.to_text(), run.stderr.to_text());
        let start = output.char_indices().rev().nth(4000).map_or(0, |(at, _)| at);
        let message = format!(
            "`{}` ended with {} on the session's files, so nothing was written to disk:\n{}",
            self.config.validation.test_command.join(" "),
            run.ending.code(),
            &output[start..]
        );
        Err(OpError::new(Code::TestsFailed, message))
    }
}

/// The bytes of what a command has touched, as far as a session can take them; and the rest.
pub fn left(run: &Run, touched: &[Touched]) -> (Vec<Left>, Vec<String>) {
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    for it in touched {
        let now = match &it.now {
            Now::Absent => None,
            Now::Link { target } => Some((Bytes::from(target.clone()), FileMode::Link)),
            Now::File { mode, .. } => match run.read(it, LARGEST) {
                Ok(bytes) => {
                    let executable = mode & 0o100 != 0;
                    let mode = if executable { FileMode::Executable } else { FileMode::File };
                    Some((bytes, mode))
                }
                Err(err) => {
                    notes.push(format!("{} was not taken: {err}", it.path));
                    continue;
                }
            },
        };
        all.push(Left { path: it.path.clone(), now });
    }
    (all, notes)
}

fn written(version: &Version) -> Result<Content, OpError> {
    let bytes = version
        .bytes()
        .cloned()
        .ok_or_else(|| OpError::new(Code::Internal, "the session has lost a version's bytes"))?;
    Ok(match version.mode {
        Some(FileMode::Link) => Content::Link { target: bytes.to_vec() },
        Some(FileMode::Executable) => Content::Written { bytes, mode: Some(0o755) },
        Some(FileMode::File) => Content::Written { bytes, mode: Some(0o644) },
        None => Content::Written { bytes, mode: None },
    })
}
