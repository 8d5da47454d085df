//! MCP over standard input and output: what agents start as a child process.
//!
//! This process holds no workspace; it asks the daemon, and ends when its input does.

use std::sync::Arc;

use anyhow::Context as _;
use rmcp::{
    service::{ServerInitializeError, serve_server},
    transport::io::stdio_pipes,
};

use super::{backend::Backend, framing, link::Link, server::Server, tools::chosen};

/// Serves until the input ends.
pub(super) async fn run(tools: &[String]) -> anyhow::Result<()> {
    let tools = chosen(tools)?;
    // Agents start their servers in the project: that is what calls without a workspace mean.
    let started_in = std::env::current_dir().ok().and_then(|path| path.to_str().map(String::from));
    let server = Server::new(Backend::Daemon(Arc::new(Link::new())), started_in).with_tools(tools);
    let (reader, writer) = stdio_pipes();
    let (reader, writer, framed) = framing::detect(reader, writer).await?;
    match serve_server(server, (reader, writer)).await {
        Ok(service) => {
            service.waiting().await?;
        }
        // The input ended before anything was asked.
        Err(ServerInitializeError::ConnectionClosed(_)) => {}
        Err(err) => return Err(err).context("the client did not begin as MCP clients do"),
    }
    if let Some(framed) = framed {
        framed.await?;
    }
    Ok(())
}
