//! The daemon: workspaces in memory, served on a Unix socket and over HTTP on the loopback.

pub mod cancel;
pub mod code;
mod code_files;
pub mod compiled;
pub mod config;
mod derived;
pub mod frame;
pub mod graph;
pub mod graph_files;
pub mod http;
pub mod imports;
pub mod kept;
pub mod lifecycle;
mod located;
mod made;
pub mod progress;
pub mod revisions;
pub mod rooms;
pub mod sessions;
pub mod socket;
pub mod trails;
mod wire;
