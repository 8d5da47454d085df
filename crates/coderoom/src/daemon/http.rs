//! HTTP on the loopback: operations as `POST /v1/NAME`, and MCP at `/mcp`.
//!
//! The loopback is open to every user of the machine, so each request needs the bearer token that
//! lies beside the socket, readable by its owner only; `Host` and `Origin` must be the loopback's,
//! so that no web page can reach it through a browser.

use std::{
    fs, io,
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path as UrlPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    cancel::{Cancel, CancelOnDrop},
    frame::MAX_LINE,
    rooms::Rooms,
};
use crate::{
    error::{Code, OpError},
    ops::{self, Context},
};

/// A bound HTTP server.
pub struct Server {
    listener: TcpListener,
    router: Router,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What a request must present.
#[derive(Clone)]
struct Guard {
    /// None is asked for in tests only.
    token: Option<Arc<str>>,
    port: u16,
}

impl Server {
    /// Binds to a port of the loopback (0: any) and writes a fresh token to `token_file`.
    ///
    /// # Errors
    /// If the port is taken or the file cannot be written.
    pub async fn bind(
        port: u16,
        token_file: &Path,
        rooms: Arc<Rooms>,
        mcp: Router,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let router = Router::new()
            .route("/v1", get(list))
            .route("/v1/{operation}", post(call))
            .layer(DefaultBodyLimit::max(MAX_LINE))
            .with_state(rooms)
            .merge(mcp);
        Server::guarded(listener, Some(token_file), router)
    }

    /// Puts a guard before a router: requests must come from the loopback and, if there is a token
    /// file, carry the fresh token that is written to it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn guarded(
        listener: TcpListener,
        token_file: Option<&Path>,
        router: Router,
    ) -> io::Result<Server> {
        let address = listener.local_addr()?;
        let token = token_file.map(new_token).transpose()?.map(Arc::from);
        let guard = Guard { token, port: address.port() };
        let router = router.layer(middleware::from_fn_with_state(guard, check));
        Ok(Server { listener, router, address })
    }

    /// Serves until `stop`.
    pub async fn serve(self, stop: CancellationToken) {
        let listener = self.listener.tap_io(|stream| {
            // Without it every small reply waits 40 ms for an acknowledgement.
            let _ = stream.set_nodelay(true);
        });
        let serving = axum::serve(listener, self.router)
            .with_graceful_shutdown(async move { stop.cancelled().await });
        if let Err(err) = serving.await {
            tracing::warn!(%err, "HTTP ended");
        }
    }
}

/// 256 random bits from the kernel, in a file of mode 0600.
fn new_token(path: &Path) -> io::Result<String> {
    let mut random = [0; 32];
    io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut random)?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{token}")?;
    Ok(token)
}

/// Lets a request pass that comes from this machine, not by way of a web page, with the token.
async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !is_loopback(headers, header::HOST, guard.port, false)
        || !is_loopback(headers, header::ORIGIN, guard.port, true)
    {
        return refusal(StatusCode::FORBIDDEN, "only the loopback's own host and origin get in");
    }
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .unwrap_or_default();
    if let Some(token) = &guard.token
        && !same(given.trim().as_bytes(), token.as_bytes())
    {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "give the token (in `http.token` beside the socket, or in the file named at the start) \
             as `Authorization: Bearer TOKEN`",
        );
    }
    next.run(request).await
}

/// Compares without telling by its duration how much is right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

fn is_loopback(headers: &HeaderMap, name: header::HeaderName, port: u16, optional: bool) -> bool {
    let Some(value) = headers.get(name) else { return optional };
    let Ok(value) = value.to_str() else { return false };
    let host = value.strip_prefix("http://").unwrap_or(value);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host == format!("{name}:{port}"))
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message}}))).into_response()
}

async fn list() -> Json<Value> {
    let operations: Vec<Value> = ops::TABLE
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name,
                "description": entry.description,
                "params": (entry.params_schema)(),
                "reply": (entry.reply_schema)(),
            })
        })
        .collect();
    Json(json!({ "operations": operations }))
}

async fn call(
    State(rooms): State<Arc<Rooms>>,
    UrlPath(name): UrlPath<String>,
    body: Bytes,
) -> Response {
    let params: Value = match body.trim_ascii() {
        b"" => Value::Null,
        text => match serde_json::from_slice(text) {
            Ok(params) => params,
            Err(err) => return failure(&OpError::new(Code::ParseError, err.to_string())),
        },
    };
    let cancel = Cancel::default();
    // Dropped with this future when the client goes away.
    let _end = CancelOnDrop(cancel.clone());
    let working = tokio::task::spawn_blocking(move || {
        let context = Context::for_request(rooms, cancel, &params);
        let answer = ops::find(&name).and_then(|operation| (operation.run)(&context, params));
        answer.and_then(|answer| answer.json())
    });
    match working.await {
        Ok(Ok(json)) => Json(json).into_response(),
        Ok(Err(err)) => failure(&err),
        Err(_) => {
            failure(&OpError::new(Code::Internal, "this request hit a fault of coderoom's own"))
        }
    }
}

fn failure(err: &OpError) -> Response {
    let status = match err.code {
        Code::UnknownOperation | Code::UnknownPath | Code::UnknownWorkspace => {
            StatusCode::NOT_FOUND
        }
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, Json(json!({ "error": err }))).into_response()
}
