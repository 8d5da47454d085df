//! Why a language server said nothing.

/// Why there is no answer of a type checker. The words are for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// None of the known servers is installed.
    #[error("{0}")]
    Missing(String),
    /// It does not start.
    #[error("{server} cannot be started, so no types were checked: {why}")]
    Start {
        /// Its name.
        server: &'static str,
        /// The operating system's words.
        why: String,
    },
    /// It ended, and so did the one that was started in its place.
    #[error(
        "{server} ended without an answer, so no types were checked: {why}; run it by hand to \
             see what it wants"
    )]
    Died {
        /// Its name.
        server: &'static str,
        /// What was seen of it.
        why: String,
    },
    /// It did not answer by the deadline. It goes on, so the next answer is faster.
    #[error(
        "{server} did not answer in time ({doing}), so no types were checked: ask again, or \
             raise `timeout_ms`"
    )]
    Timeout {
        /// Its name.
        server: &'static str,
        /// What it was doing.
        doing: &'static str,
    },
    /// It answered that it cannot.
    #[error("{server} refused to check types: {why}")]
    Refused {
        /// Its name.
        server: &'static str,
        /// Its words.
        why: String,
    },
    /// The client went away.
    #[error("the check was cancelled")]
    Stopped,
}
