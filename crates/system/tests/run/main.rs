//! Commands in a session's tree: real commands, real trees, in every way that works here.
#![allow(clippy::unwrap_used)]

mod bed;
mod endings;
mod mounts;
mod seen;
mod tools;
mod touches;
