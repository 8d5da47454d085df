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

pub use http::router;

/// `coderoom mcp`: serves standard input and output until they end, or HTTP on an address. Over
/// standard input and output, `tools` (groups or names) are offered; all if there are none.
///
/// # Errors
/// If the transport cannot be set up, or breaks.
pub fn run(
    http: Option<SocketAddr>,
    conformance: bool,
    tools: &[String],
) -> anyhow::Result<ExitCode> {
    crate::logging::start("warn");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match http {
        Some(address) => runtime.block_on(http::run(address, conformance))?,
        None => runtime.block_on(stdio::run(tools))?,
    }
    // A read of standard input may still block a thread; nobody waits for it.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
