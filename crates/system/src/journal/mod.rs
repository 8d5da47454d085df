//! The journal of a session: its log on disk, append-only.
//!
//! One file a session. A record is a frame of length, checksum and payload; the payload is one entry
//! of the log with the bytes that no earlier record has. A record that was cut off by a crash is
//! found by its checksum and cut away; it was never acknowledged.

mod file;
mod live;
mod record;
mod syncer;
#[cfg(test)]
mod tests;

pub use file::{Journal, JournalError, Recovered};
pub use live::{CommitError, Durability, LiveSession};
pub use record::Head;
pub use syncer::Syncer;
