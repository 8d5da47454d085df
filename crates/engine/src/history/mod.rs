//! A session's history: what it has changed, who did it and why, and the way back.
//!
//! A `State` is one immutable moment of a session: the base that it forked from, the snapshot that
//! its queries see, the files that differ, and the log. An `Entry` leads from one state to the next;
//! undo appends an entry of its own, so the log only ever grows.

mod combine;
mod compact;
mod entry;
mod state;
mod steps;
#[cfg(test)]
mod tests;

pub use combine::{Combined, combine};
pub use entry::{Content, Entry, EntryKind, FileDelta, Mode, Version};
pub use state::{Conflict, Dirty, Mismatch, State};
pub use steps::NoStep;
