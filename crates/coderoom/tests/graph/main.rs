//! Questions about the graph of code over the real socket, on small trees in which everything is
//! known.

#[path = "../common/mod.rs"]
mod common;

mod bed;
mod shape;
