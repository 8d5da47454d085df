//! SCIP indexes: written from what we know, and read from what a compiler knows.
//!
//! `scip.proto` is the schema; `docs/code-scip.md` says what of it is used and how.

mod doc;
mod export;
mod lines;
mod outside;
mod schema;
mod wire;

pub use export::{ScipPart, scip_head, scip_tail};
