//! Everything of coderoom that touches the operating system.
//!
//! It scans and loads trees, keeps them true to the disk, and hands plain values to the engine,
//! which touches nothing.

mod author;
pub mod cache;
pub mod crash;
pub mod disk;
pub mod journal;
mod load;
pub mod lsp;
pub mod past;
mod read;
pub mod review;
mod root;
mod rules;
pub mod run;
mod scan;
mod watch;

pub use author::{Freshness, OpenError, Status, WatchStatus, Workspace};
pub use load::{LoadOptions, Loaded, Memory, Progress, Timings, load};
pub use scan::{Access, Listed, Listing, scan};
