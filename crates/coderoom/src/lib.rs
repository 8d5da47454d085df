//! coderoom: operations, transports and the command line around the engine.
//!
//! `ops` has one file per operation; `daemon` holds the workspaces and serves them on the Unix
//! socket and over HTTP; `mcp` and `mono` speak those protocols; `cli` is the command line. Nothing
//! here knows how an index works.

pub mod cli;
pub mod client;
pub mod daemon;
pub mod error;
pub mod logging;
pub mod mcp;
pub mod mono;
pub mod ops;
