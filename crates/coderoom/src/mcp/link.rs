//! A client of the daemon's socket for many calls at once on one connection.
//!
//! Calls do not wait for each other: a task writes requests, another hands each reply to its call.
//! A call that is dropped is cancelled in the daemon. The daemon is started when it is not there,
//! and looked for again when the connection breaks.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, mpsc, oneshot},
};

use crate::{
    client::Client,
    daemon::{config::socket_path, frame, progress::Progress},
    error::{Code, OpError},
    ops::{Answer, Entry},
};

/// Calls under way at once. Fewer than the daemon takes on a connection, so that it always reads on
/// and sees cancellations.
const MAX_CALLS: usize = 48;

/// The way to the daemon.
pub(super) struct Link {
    connection: tokio::sync::Mutex<Option<Arc<Connection>>>,
    places: Semaphore,
}

/// One connection.
struct Connection {
    next_id: AtomicU64,
    /// Lines to write; bounded by the number of calls.
    lines: mpsc::UnboundedSender<String>,
    /// Calls that wait for their reply; `None` when the connection has ended.
    waiting: Mutex<Option<HashMap<u64, Waiting>>>,
}

type Outcome = Result<Value, OpError>;

/// A call that waits: for its reply, and meanwhile for how far it is.
struct Waiting {
    reply: oneshot::Sender<Outcome>,
    progress: Progress,
}

/// The connection ended before the reply came.
struct Broken {
    /// Whether the daemon may have got the request.
    sent: bool,
}

impl Link {
    /// Not connected yet.
    pub(super) fn new() -> Link {
        Link { connection: tokio::sync::Mutex::default(), places: Semaphore::new(MAX_CALLS) }
    }

    /// Asks the daemon for an operation; dropping this future cancels it there.
    ///
    /// # Errors
    /// The operation's, or that the daemon cannot be reached.
    pub(super) async fn call(
        &self,
        entry: &Entry,
        params: Value,
        progress: &Progress,
    ) -> Result<Answer, OpError> {
        let _place = self.places.acquire().await;
        // Clients get one of the two: the other is not even made.
        let form = if entry.structured { "value" } else { "text" };
        let mut params = json!({"operation": entry.name, "params": params, "form": form});
        // A daemon that was stopped or replaced breaks the connection. Asking the next one the same
        // thing again is safe if it only reads.
        for _ in 0..2 {
            let connection = self.connected().await?;
            match connection.ask("call", &params, progress).await {
                // A daemon of an earlier build knows no forms, and has done nothing.
                Ok(Err(err)) if err.message.contains("unknown field `form`") => {
                    if let Some(params) = params.as_object_mut() {
                        params.remove("form");
                    }
                }
                Ok(outcome) => return outcome.and_then(answer),
                Err(Broken { sent }) => {
                    self.forget(&connection).await;
                    if sent && entry.changes {
                        let message = "the daemon went away before it answered, and what was asked \
                                       may be done: look (`history`, `session_list`) before you ask \
                                       again";
                        return Err(OpError::new(Code::Internal, message));
                    }
                }
            }
        }
        let message = "the daemon went away twice while answering: its log is daemon.log beside its \
                       socket";
        Err(OpError::new(Code::Internal, message))
    }

    async fn connected(&self) -> Result<Arc<Connection>, OpError> {
        let mut current = self.connection.lock().await;
        if let Some(connection) = &*current {
            return Ok(Arc::clone(connection));
        }
        let stream =
            connect().await.map_err(|err| OpError::new(Code::Internal, err.to_string()))?;
        Ok(Arc::clone(current.insert(Connection::start(stream))))
    }

    /// Lets a broken connection go, unless somebody has replaced it already.
    async fn forget(&self, broken: &Arc<Connection>) {
        let mut current = self.connection.lock().await;
        if current.as_ref().is_some_and(|connection| Arc::ptr_eq(connection, broken)) {
            *current = None;
        }
    }
}

async fn connect() -> anyhow::Result<UnixStream> {
    if let Ok(stream) = UnixStream::connect(socket_path()).await {
        return Ok(stream);
    }
    // Starting a daemon blocks until it answers.
    tokio::task::spawn_blocking(Client::connect_or_start).await??;
    Ok(UnixStream::connect(socket_path()).await?)
}

fn answer(mut reply: Value) -> Result<Answer, OpError> {
    match (reply["value"].take(), reply["text"].take()) {
        (value, Value::String(text)) => Ok(Answer::told(value, text)),
        (Value::Null, _) => Err(OpError::new(Code::Internal, "the daemon's answer is empty")),
        (value, _) => Ok(Answer::told(value, String::new())),
    }
}

impl Connection {
    fn start(stream: UnixStream) -> Arc<Connection> {
        let (reader, writer) = stream.into_split();
        let (lines, queue) = mpsc::unbounded_channel();
        let waiting = Mutex::new(Some(HashMap::new()));
        let connection = Arc::new(Connection { next_id: AtomicU64::new(1), lines, waiting });
        tokio::spawn(write_lines(writer, queue));
        tokio::spawn({
            let connection = Arc::clone(&connection);
            async move {
                if let Err(err) = connection.read_replies(reader).await {
                    tracing::debug!(%err, "the connection to the daemon broke");
                }
                // Whoever waits learns of the end by its sender's.
                connection.waiting.lock().take();
            }
        });
        connection
    }

    async fn ask(
        self: &Arc<Self>,
        method: &str,
        params: &Value,
        progress: &Progress,
    ) -> Result<Outcome, Broken> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, reply) = oneshot::channel();
        let waiting = Waiting { reply: sender, progress: progress.clone() };
        self.waiting.lock().as_mut().ok_or(Broken { sent: false })?.insert(id, waiting);
        // From here on, leaving means cancelling.
        let _asked = Asked { connection: self, id };
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params,
                          "progress": true}));
        reply.await.map_err(|_| Broken { sent: true })
    }

    fn send(&self, message: &Value) {
        // When the writer is gone, so is the reader, and every call learns of it.
        let _ = self.lines.send(format!("{message}\n"));
    }

    async fn read_replies(&self, reader: OwnedReadHalf) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(64 * 1024, reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).await? > 0 {
            let reply: Value = serde_json::from_slice(&line).map_err(io::Error::other)?;
            line.clear();
            if reply["method"] == "progress" {
                let report = &reply["params"];
                let told = report["id"].as_u64();
                if let (Some(calls), Some(id)) = (&*self.waiting.lock(), told)
                    && let Some(call) = calls.get(&id)
                {
                    call.progress.hear(report);
                }
                continue;
            }
            let call =
                reply["id"].as_u64().and_then(|id| self.waiting.lock().as_mut()?.remove(&id));
            if let Some(call) = call {
                let _ = call.reply.send(frame::outcome(reply));
            }
        }
        Ok(())
    }
}

/// A request that was sent. Dropped before its reply has come, it tells the daemon to stop.
struct Asked<'a> {
    connection: &'a Connection,
    id: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let waited =
            self.connection.waiting.lock().as_mut().and_then(|calls| calls.remove(&self.id));
        if waited.is_some() {
            let params = json!({"id": self.id});
            self.connection.send(&json!({"jsonrpc": "2.0", "method": "cancel", "params": params}));
        }
    }
}

async fn write_lines(mut writer: OwnedWriteHalf, mut queue: mpsc::UnboundedReceiver<String>) {
    while let Some(line) = queue.recv().await {
        if writer.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}
