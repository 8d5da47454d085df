//! MCP: the operations marked for agents as tools, over stdio and over streamable HTTP.
//!
//! One handler (`server`) serves every transport and is made from `ops::TABLE`; nothing here knows
//! what an operation does. State lies in the daemon, never on a connection: each call names its
//! workspace.

mod backend;
mod conformance;
mod framing;
mod http;
mod link;
mod schema;
mod server;
mod stdio;
mod tools;

use std::{net::SocketAddr, process::ExitCode};

use tracing_subscriber::EnvFilter;

pub use http::router;

/// `coderoom mcp`: serves standard input and output until they end, or HTTP on an address.
///
/// # Errors
/// If the transport cannot be set up, or breaks.
pub fn run(http: Option<SocketAddr>, conformance: bool) -> anyhow::Result<ExitCode> {
    start_logging();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match http {
        Some(address) => runtime.block_on(http::run(address, conformance))?,
        None => runtime.block_on(stdio::run())?,
    }
    // A read of standard input may still block a thread; nobody waits for it.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

/// Logs to standard error, warnings unless `CODEROOM_LOG` says otherwise: clients show what they
/// find there to people, and standard output belongs to the protocol. rmcp's service reports what
/// clients do wrong, or stop waiting for; that is theirs to know.
fn start_logging() {
    let filter = EnvFilter::try_from_env("CODEROOM_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,rmcp::service=off"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}
