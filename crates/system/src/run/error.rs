//! Why a run or a mount did not come about.

use std::{io, path::PathBuf};

use super::Refusal;

/// Why a command was not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The request contradicts itself.
    #[error("this cannot be run: {0}")]
    Request(String),
    /// The workspace cannot be opened.
    #[error("the workspace {} cannot be opened: {source}", path.display())]
    Root {
        /// Its path.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The scratch directory is of no use.
    #[error("{} cannot hold what commands write: {source}; choose another directory or free some space", path.display())]
    Scratch {
        /// Its path.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The helper that sets the tree up cannot be started.
    #[error("the helper {} cannot be started: {source}; is the installation complete?", path.display())]
    Helper {
        /// Its path.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// No way works here.
    #[error("no way to show the session's tree to a command works here: {}", list(.0))]
    NoWay(Vec<Refusal>),
    /// [`super::Control::stop`] was called first.
    #[error("it was stopped before it was started")]
    Stopped,
    /// The tree was there, the command was not.
    #[error("`{program}` cannot be started: {reason}")]
    NotStarted {
        /// What was asked for.
        program: String,
        /// Why not.
        reason: String,
    },
    /// Something that was in order before the command is not any more.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's words.
        source: io::Error,
    },
}

impl RunError {
    /// For `map_err`: an error while doing `what`.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> RunError {
        move |source| RunError::Io { what: what.into(), source }
    }
}

fn list(refused: &[Refusal]) -> String {
    let lines: Vec<String> = refused.iter().map(ToString::to_string).collect();
    if lines.is_empty() { "none was allowed".into() } else { lines.join("; ") }
}
