//! MONO's protocol: a shared request socket, and a response socket for every client.
//!
//! `wire` reads requests and writes replies, `service` takes connections, `clients` knows who is
//! there and notices who is gone, `delivery` brings replies to a client, `codebase` asks the rooms.
//! docs/mono.md is the protocol in words. Nothing here searches or loads by itself.

pub mod benchmark;
mod clients;
mod codebase;
mod connection;
mod delivery;
mod process;
mod service;
mod sockets;
mod wire;

pub use service::{Options, main};

/// Shows a line to whoever started the program; that nobody reads it any more is no error.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
