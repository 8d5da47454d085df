//! The Unix socket: newline-delimited JSON-RPC, many requests at once on each connection.
//!
//! One task reads a connection; every request runs on a blocking thread, which puts its reply on the
//! socket. What that does not take at once waits in a bounded queue for a task that writes: a client
//! that does not read slows its own requests down, and after `WRITE_TIME` it is let go. When a
//! connection ends, its requests are cancelled.

use std::{
    collections::HashMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::Sink;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedReadHalf},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use super::{
    cancel::{Cancel, CancelOnDrop},
    frame::{self, MAX_LINE, Request},
    progress::{self, Progress},
    rooms::Rooms,
    wire::{Wire, wire},
};
use crate::{
    error::{Code, OpError},
    ops::{self, Context, rg},
};

/// Connections at once; one more is told to come back.
const MAX_CONNECTIONS: usize = 1024;
/// Requests under way at once on one connection; one more waits to be read.
const MAX_REQUESTS: usize = 64;
/// The longest that any request may take.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long a client may keep a piece of its reply waiting.
const WRITE_TIME: Duration = Duration::from_secs(60);

/// Serves connections until `stop`.
pub async fn serve(listener: UnixListener, rooms: Arc<Rooms>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(err) => {
                // Out of file descriptors, most likely: others may end meanwhile.
                tracing::warn!(%err, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if !is_owner(&stream) {
            tracing::warn!("refused a connection of another user");
            continue;
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tokio::spawn(turn_away(stream));
            continue;
        };
        let connection = Connection::start(stream, Arc::clone(&rooms), stop.clone());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

/// Tells a client that there is no room. A stream that was just accepted is not known to be
/// writable yet, so this has to wait a moment.
async fn turn_away(mut stream: UnixStream) {
    let busy = OpError::new(Code::Busy, "too many connections: close some, or try again");
    let line = frame::error(&Value::Null, &busy);
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&line)).await;
}

/// Whether the other end runs as the daemon's own user (or as root, whom nothing stops anyway).
pub(crate) fn is_owner(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// One client.
struct Connection {
    rooms: Arc<Rooms>,
    stop: CancellationToken,
    wire: Arc<Wire>,
    /// Requests under way that can be cancelled, by id.
    running: Arc<Mutex<HashMap<String, Cancel>>>,
    places: Arc<Semaphore>,
    /// Cancels every request when the connection ends.
    alive: Cancel,
}

impl Connection {
    async fn start(stream: UnixStream, rooms: Arc<Rooms>, stop: CancellationToken) {
        let (reader, writer) = stream.into_split();
        let (wire, waiting) = wire(writer);
        let wire = Arc::new(wire);
        let alive = Cancel::default();
        let end = CancelOnDrop(alive.clone());
        let writing = tokio::spawn(async move {
            waiting.write_all(WRITE_TIME).await;
            drop(end);
        });
        let connection = Connection {
            rooms,
            stop,
            wire,
            running: Arc::default(),
            places: Arc::new(Semaphore::new(MAX_REQUESTS)),
            alive: alive.clone(),
        };
        let end_all = CancelOnDrop(alive);
        connection.read_requests(reader).await;
        let running = Arc::clone(&connection.running);
        drop(connection);
        running.lock().values().for_each(Cancel::cancel);
        drop(end_all);
        let _ = writing.await;
    }

    async fn read_requests(&self, reader: OwnedReadHalf) {
        let mut reader = BufReader::with_capacity(64 * 1024, reader);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = (&mut reader).take(MAX_LINE as u64 + 1);
            let read = tokio::select! {
                () = self.stop.cancelled() => return,
                read = limited.read_until(b'\n', &mut line) => read,
            };
            match read {
                Ok(0) | Err(_) => return,
                Ok(_) if line.len() > MAX_LINE => {
                    let message = format!("a request has at most {MAX_LINE} bytes");
                    self.refuse(&Value::Null, Code::TooLarge, &message).await;
                    return;
                }
                Ok(_) if !line.ends_with(b"\n") => {
                    self.refuse(&Value::Null, Code::ParseError, "the line is cut off").await;
                    return;
                }
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => self.take(&line).await,
            }
        }
    }

    async fn refuse(&self, id: &Value, code: Code, message: &str) {
        let _ = self.wire.send(frame::error(id, &OpError::new(code, message)).into()).await;
    }

    /// Takes one line: a request, a notification, or a batch of them.
    async fn take(&self, line: &[u8]) {
        if line.trim_ascii_start().starts_with(b"[") {
            match serde_json::from_slice::<Vec<Value>>(line) {
                Ok(batch) if !batch.is_empty() => {
                    for item in batch {
                        self.take_value(item).await;
                    }
                }
                _ => self.refuse(&Value::Null, Code::ParseError, "the batch is not one").await,
            }
            return;
        }
        match serde_json::from_slice::<Request>(line) {
            Ok(request) => self.start_request(request).await,
            Err(err) => {
                let value: Value = serde_json::from_slice(line).unwrap_or_default();
                let id = value.get("id").cloned().unwrap_or_default();
                let message = format!("the line is not a JSON-RPC 2.0 request: {err}");
                self.refuse(&id, Code::ParseError, &message).await;
            }
        }
    }

    async fn take_value(&self, item: Value) {
        let id = item.get("id").cloned().unwrap_or_default();
        match serde_json::from_value(item) {
            Ok(request) => self.start_request(request).await,
            Err(err) => self.refuse(&id, Code::ParseError, &err.to_string()).await,
        }
    }

    async fn start_request(&self, request: Request) {
        if request.jsonrpc != "2.0" {
            let id = request.id.unwrap_or_default();
            return self.refuse(&id, Code::ParseError, "`jsonrpc` must be \"2.0\"").await;
        }
        let Some(id) = request.id else {
            if matches!(&request.method[..], "cancel" | "$/cancelRequest") {
                self.cancel(&request.params);
            }
            return;
        };
        if request.method == "stop" {
            let _ = self.wire.send(frame::result(&id, RawValue::TRUE).into()).await;
            self.stop.cancel();
            return;
        }
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
        let cancel = Cancel::default();
        let key = id.to_string();
        self.running.lock().insert(key.clone(), cancel.clone());
        let (rooms, wire) = (Arc::clone(&self.rooms), Arc::clone(&self.wire));
        let (running, alive) = (Arc::clone(&self.running), self.alive.clone());
        let progress = Progress::default();
        if request.progress {
            tokio::spawn(tell_progress(progress.clone(), id.clone(), Arc::clone(&wire)));
        }
        tokio::task::spawn_blocking(move || {
            let timed = timed_params(&request.method, &request.params);
            let mut context = Context::for_request(rooms, cancel, timed);
            context.progress = progress.clone();
            if request.method == rg::NAME && timed.get("timeout_ms").is_none() {
                // ripgrep has no such time, and its reader may be somebody with a pager: `rg` ends
                // with its client.
                context.deadline = Instant::now() + LONGEST;
            }
            let replies = Replies { id, wire, alive };
            let work =
                AssertUnwindSafe(|| answer(&context, &request.method, request.params, &replies));
            let reply = catch_unwind(work).unwrap_or_else(|_| {
                let message = "this request hit a fault of coderoom's own; others are not affected";
                frame::error(&replies.id, &OpError::new(Code::Internal, message))
            });
            progress.end();
            running.lock().remove(&key);
            let _ = replies.wire.send_blocking(reply.into());
            drop(place);
        });
    }

    fn cancel(&self, params: &Value) {
        if let Some(id) = params.get("id")
            && let Some(cancel) = self.running.lock().get(&id.to_string())
        {
            cancel.cancel();
        }
    }
}

/// Tells a client once a second how far its request is, until the reply is on its way. A client that
/// does not read misses some of it.
async fn tell_progress(progress: Progress, id: Value, wire: Arc<Wire>) {
    while !progress.has_ended() {
        tokio::time::sleep(progress::EVERY).await;
        progress.tell(|report| wire.offer(frame::progress(&id, &report).into()));
    }
}

/// The parameters that may say how long the request is to take.
fn timed_params<'a>(method: &str, params: &'a Value) -> &'a Value {
    if method == "call" { &params["params"] } else { params }
}

/// Runs the operation and gives the line that ends its reply.
fn answer(context: &Context, method: &str, params: Value, replies: &Replies) -> Vec<u8> {
    let line = |outcome: Result<Box<RawValue>, OpError>| {
        outcome.map(|value| frame::result(&replies.id, &value))
    };
    let outcome = if method == rg::NAME {
        let reply = serde_json::from_value(params)
            .map_err(|err| OpError::new(Code::BadParameter, format!("`rg`: {err}")))
            .and_then(|params| rg::run(context, params, &mut replies.sink()));
        line(reply.and_then(|reply| ops::json_of(&reply)))
    } else if method == "call" {
        line(call(context, params))
    } else {
        let answer = ops::find(method).and_then(|operation| (operation.run)(context, params));
        answer.and_then(|answer| frame::result_of(&replies.id, |line| answer.write(line)))
    };
    outcome.unwrap_or_else(|err| frame::error(&replies.id, &err))
}

/// What `call` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams {
    /// The operation.
    operation: String,
    /// Its parameters.
    #[serde(default)]
    params: Value,
    /// What is wanted of the answer.
    #[serde(default)]
    form: Form,
}

/// Forms of an answer.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// Data and text.
    #[default]
    Both,
    /// Data alone.
    Value,
    /// Text alone.
    Text,
}

/// The answer of `call`.
#[derive(Serialize)]
struct CallReply {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Runs an operation for a client that wants the answer as text too, or instead.
fn call(context: &Context, params: Value) -> Result<Box<RawValue>, OpError> {
    let CallParams { operation, params, form } = serde_json::from_value(params)
        .map_err(|err| OpError::new(Code::BadParameter, format!("`call`: {err}")))?;
    let answer = (ops::find(&operation)?.run)(context, params)?;
    let value = if form == Form::Text { None } else { Some(answer.json()?) };
    let text = (form != Form::Value).then(|| answer.text());
    ops::json_of(&CallReply { value, text })
}

/// Where the pieces of one reply go.
struct Replies {
    id: Value,
    wire: Arc<Wire>,
    alive: Cancel,
}

impl Replies {
    fn sink(&self) -> ReplySink<'_> {
        ReplySink(self)
    }
}

struct ReplySink<'a>(&'a Replies);

impl Sink for ReplySink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        if self.0.alive.is_cancelled() {
            return Err(gone());
        }
        // The announcement and its bytes are one piece, so that replies cannot mix.
        let mut piece = frame::output(&self.0.id, bytes.len());
        piece.extend_from_slice(bytes);
        self.0.wire.send_blocking(piece.into()).map_err(|_| gone())
    }
}
