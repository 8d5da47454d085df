//! Operations on the graph, over the real socket, on a small repository in which everything is known.
#![allow(dead_code, unreachable_pub)] // Each topic uses a part of the beds.

#[path = "../common/mod.rs"]
mod common;

mod bed;
mod edits;
mod foresee;
mod keep;
mod lessons;
mod lit;
mod shape;
mod trails;
mod tree;
