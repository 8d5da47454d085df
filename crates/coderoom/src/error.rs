//! Errors as clients see them: a stable code, a message that says what to do next.

use coderoom_engine::{PathError, QueryError};
use serde::{Deserialize, Serialize};

/// What kind of thing went wrong. The names are part of the protocol and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The line is not JSON, or not a request.
    ParseError,
    /// There is no such operation.
    UnknownOperation,
    /// A parameter is missing, unknown or of the wrong form.
    BadParameter,
    /// A pattern is not a regular expression, or is too large.
    BadRegex,
    /// A glob does not parse.
    BadGlob,
    /// There is no such file type.
    BadType,
    /// The path does not exist in the workspace.
    UnknownPath,
    /// The path leads out of the workspace.
    OutsideWorkspace,
    /// No workspace holds the path, and it could not be loaded.
    UnknownWorkspace,
    /// No workspace holds the path; loading was not asked for.
    NotResident,
    /// The workspace's root is gone.
    WorkspaceGone,
    /// The file is no SCIP index, or a damaged one.
    BadIndex,
    /// The file is no source of a known language.
    NotSource,
    /// The file has no such line or column, or no name stands there.
    NoSuchPlace,
    /// Nothing is called so.
    UnknownSymbol,
    /// Several symbols are called so.
    AmbiguousSymbol,
    /// It is not known what the name there stands for.
    UnresolvedSymbol,
    /// It is defined outside of the workspace.
    ForeignSymbol,
    /// There is no such session.
    UnknownSession,
    /// A session of that name is open.
    SessionExists,
    /// The session is closed.
    SessionClosed,
    /// A session's configuration has something that cannot be.
    BadConfig,
    /// The text to replace is not there.
    OldStrNotFound,
    /// The text to replace is there more than once.
    OldStrAmbiguous,
    /// A patch, a block or an edit does not parse or does not fit.
    BadPatch,
    /// The file is not the version that the edit was made for.
    StaleHash,
    /// There is a file already.
    PathExists,
    /// The edit adds a syntax error.
    SyntaxError,
    /// There is no such entry in the log, or no step to take.
    NoSuchEntry,
    /// Two changes do not go together: settle them first.
    Conflict,
    /// The session has changes that would be lost.
    Unsynced,
    /// It could not be written down, so it did not happen.
    JournalFailed,
    /// Files could not be written to the working directory.
    SyncFailed,
    /// Tests failed, so nothing was written.
    TestsFailed,
    /// There is no git repository, or it cannot be used.
    NoRepository,
    /// No commit is called so, and no session.
    UnknownRevision,
    /// The clone lacks a part of that commit.
    MissingObject,
    /// The review branch is checked out somewhere.
    BranchCheckedOut,
    /// Another branch is where the review branch would be.
    BranchConflict,
    /// Somebody else is writing the review branch.
    RepositoryLocked,
    /// The session's state could not be committed.
    ReviewFailed,
    /// The command could not be run.
    RunFailed,
    /// A rename would have to guess: the doubtful places are listed.
    Uncertain,
    /// A rename would give a name to something else: what has it already is named.
    NameTaken,
    /// ripgrep would look into something that is not held.
    NotHeld,
    /// It is not ripgrep's answer that would be given: run ripgrep.
    Unsupported,
    /// The answer might miss the newest writes, and the client asked for certainty.
    Stale,
    /// The query ran out of its time.
    Timeout,
    /// The client cancelled, or went away.
    Cancelled,
    /// The request or the answer is larger than allowed.
    TooLarge,
    /// Too many requests at once.
    Busy,
    /// A fault of coderoom's own.
    Internal,
}

/// An error on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct OpError {
    /// The stable code.
    pub code: Code,
    /// What happened and what to do, in a sentence or two.
    pub message: String,
}

impl OpError {
    /// An error with this code and message.
    pub fn new(code: Code, message: impl Into<String>) -> OpError {
        OpError { code, message: message.into() }
    }

    /// The number that JSON-RPC wants: its own for its own errors, one for all of ours.
    pub fn json_rpc_code(&self) -> i64 {
        match self.code {
            Code::ParseError => -32700,
            Code::UnknownOperation => -32601,
            Code::BadParameter => -32602,
            Code::Internal => -32603,
            _ => -32000,
        }
    }
}

impl From<QueryError> for OpError {
    fn from(err: QueryError) -> OpError {
        let code = match err {
            QueryError::BadRegex(_) => Code::BadRegex,
            QueryError::BadGlob(_) => Code::BadGlob,
            QueryError::BadType(_) => Code::BadType,
            QueryError::OutsideWorkspace(_) => Code::OutsideWorkspace,
        };
        OpError::new(code, err.to_string())
    }
}

impl From<PathError> for OpError {
    fn from(err: PathError) -> OpError {
        OpError::new(Code::OutsideWorkspace, err.to_string())
    }
}
