//! The transports of a daemon that runs as a process of its own: the socket and what clients do to
//! it, requests that must be refused with advice, the process's start and end, and HTTP.

#[path = "../common/mod.rs"]
mod common;

mod clients;
mod http;
mod pipeline;
mod process;
mod refusals;
