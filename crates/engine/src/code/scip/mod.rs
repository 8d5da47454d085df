//! SCIP indexes: written from what we know, and read from what a compiler knows.
//!
//! `scip.proto` is the schema; `docs/code-scip.md` says what of it is used and how.

mod export;
mod lines;
mod outside;
mod read;
mod schema;
mod verify;
mod wire;

pub use export::{ScipPart, scip_head, scip_tail};
pub use read::scip_project;
pub(crate) use read::{RawDocument, Tool, keep, keep_tool, kept_hashes, read};
pub(crate) use verify::{Mismatch, Verified, symbol_at, verify};
pub(crate) use wire::Malformed;
