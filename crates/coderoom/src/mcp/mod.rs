//! MCP.
#![allow(missing_docs)]
pub fn run(_: Option<std::net::SocketAddr>, _: bool) -> anyhow::Result<std::process::ExitCode> {
    anyhow::bail!("later")
}
pub fn router(_: std::sync::Arc<crate::daemon::rooms::Rooms>) -> axum::Router {
    axum::Router::new()
}
