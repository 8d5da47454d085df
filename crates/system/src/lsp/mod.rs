//! Language servers over buffers that were never saved: what type checkers say of a state of files
//! that is only in memory, beside what they said of the state that it began with.
//!
//! A server reads the disk by itself; whatever differs from the disk is opened as a buffer. So both
//! states, base and now, are shown to the same server one after the other, and what it says of the
//! base is kept by content. Nothing is written.

mod buffer;
mod catalog;
mod check;
mod compare;
mod connection;
mod disk;
mod error;
mod frame;
mod heard;
mod pool;
mod server;
#[cfg(test)]
mod tests;
mod uri;

pub use catalog::{Checker, Family, known_servers};
pub use check::{Document, Report, Request};
pub use compare::{Finding, Severity};
pub use error::CheckError;
pub use pool::Pool;
