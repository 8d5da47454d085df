//! The `rg` command line as data, and the wire to the daemon that answers it.
//!
//! [`parse`] turns ripgrep's arguments into the engine's `Query`, and says which of them a search
//! from memory cannot honour. It reads nothing by itself: what it must know of the outside comes in
//! as [`Surroundings`]. The binary of this crate decides who answers: the daemon, or the next `rg`
//! on PATH. Nothing here compiles a regex or starts a thread, because the whole process has about a
//! millisecond.

mod args;
mod build;
mod flags;
pub mod next;
mod raw;
mod suggest;
pub mod targets;
mod value;
pub mod wire;

pub use args::{
    GenerateKind, ParseError, Parsed, PatternFile, Request, Special, Surroundings, Unsupported,
    flag_forms, parse,
};

/// The version of ripgrep whose command line and output this is.
pub const RIPGREP_VERSION: &str = "15.2.0";
