//! MCP over streamable HTTP: in the daemon's router, or in the foreground on an address.
//!
//! Who may call is checked before anything arrives here (`daemon::http`). No sessions are kept: a
//! call that comes without one is as good as any other.

use std::{io::Write, net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{backend::Backend, conformance, link::Link, server::Server};
use crate::daemon::{
    config::{private_dir, runtime_dir},
    frame::MAX_LINE,
    http,
    rooms::Rooms,
};

/// MCP at `/mcp`, answered from the workspaces of this process.
pub fn router(rooms: Arc<Rooms>) -> Router {
    let server = Server::new(Backend::Rooms(rooms), None);
    endpoint(server, config(CancellationToken::new()))
}

/// Serves MCP on a loopback address until a signal ends it; calls go to the daemon.
pub(super) async fn run(address: SocketAddr, conformance: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        address.ip().is_loopback(),
        "{address} can be reached from other machines: give a loopback address, as 127.0.0.1:{}",
        address.port(),
    );
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let server = Server::new(Backend::Daemon(Arc::new(Link::new())), None);
    let (router, token_file) = if conformance {
        // The suite's older scenarios call back to the client, which takes a session.
        let config = config(stop.clone()).with_legacy_session_mode(true);
        (endpoint(conformance::Fixtures::new(server)?, config), None)
    } else {
        private_dir(&runtime_dir())?;
        let token_file = runtime_dir().join(format!("mcp-{}.token", address.port()));
        (endpoint(server, config(stop.clone())), Some(token_file))
    };
    let serving = http::Server::guarded(listener, token_file.as_deref(), router)?;
    let mut line = format!("http://{address}/mcp");
    if let Some(file) = &token_file {
        line.push_str(&format!(" (token in {})", file.display()));
    }
    writeln!(std::io::stdout(), "{line}")?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        () = serving.serve(stop.clone()) => {}
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    stop.cancel();
    if let Some(file) = token_file {
        let _ = std::fs::remove_file(file);
    }
    Ok(())
}

fn endpoint<H: ServerHandler + Clone>(handler: H, config: StreamableHttpServerConfig) -> Router {
    let service: StreamableHttpService<H, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(handler.clone()), Arc::default(), config);
    Router::new().route_service("/mcp", service)
}

/// One JSON reply a request, without sessions, whichever revision the client speaks.
fn config(stop: CancellationToken) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_LINE)
        .with_allowed_origins(["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"])
        .with_cancellation_token(stop)
}
