//! Operations on the graph, over the real socket, on small repositories in which everything is known.

#[path = "../common/mod.rs"]
mod common;

mod foresee;
