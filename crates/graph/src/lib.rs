//! The weighted graph and its engines: numbers in, numbers out.
//!
//! Pure: no files, no clock, no environment, no randomness; time is an argument. It knows nothing of
//! source code: nodes have a kind, a label and tags, edges a kind and a weight. This file is the one
//! door.

mod kind;
mod parts;
mod semantic;

pub use kind::{EdgeKind, NodeKind};
pub use parts::{EdgePart, NodeIx, NodePart};
pub use semantic::{Bm25f, Bm25fBuilder, Field};
