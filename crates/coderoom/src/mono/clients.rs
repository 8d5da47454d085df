//! The clients that are there: each with its response socket, its codebase and its requests in turn.
//!
//! A client's requests are done one after another, so that its replies come in their order; clients
//! do not wait for each other. A client ends when it says so (`free_pid`), when its process ends, or
//! when it has neither been connected nor asked for anything for `grace`.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    codebase::{Codebase, context},
    delivery::{Delivery, Presence},
    process::Process,
    sockets::{self, SocketFile},
    wire::{self, Pid, Reply, Request},
};
use crate::{
    daemon::{
        cancel::{Cancel, CancelOnDrop},
        rooms::Rooms,
    },
    error::{Code, OpError},
};

/// Clients at once: each takes up to three file descriptors.
const MAX_CLIENTS: usize = 1024;
/// Requests of one client that may wait for their turn.
const WAITING_REQUESTS: usize = 64;
/// Replies of one client that may wait to be read; its further requests wait then.
const WAITING_REPLIES: usize = 8;
/// How long a request waits for a client's queue to have room.
const QUEUE_TIME: Duration = Duration::from_secs(30);
/// How long loading a codebase may take.
const LOAD_TIME: Duration = Duration::from_secs(3600);

/// A request as it was understood, or why it was not.
pub(super) type Job = Result<Request, String>;

/// All clients of the service.
pub(super) struct Clients {
    rooms: Arc<Rooms>,
    /// Path of response sockets, with `{pid}` in it.
    template: String,
    grace: Duration,
    table: Mutex<HashMap<Pid, Arc<Client>>>,
}

/// One of them.
pub(super) struct Client {
    process: Option<Process>,
    jobs: mpsc::Sender<Job>,
    presence: Arc<Presence>,
    /// Removed with the client.
    socket: Mutex<Option<SocketFile>>,
    end: CancellationToken,
    cancel: CancelOnDrop,
}

impl Clients {
    /// Nobody yet.
    pub(super) fn new(rooms: Arc<Rooms>, template: String, grace: Duration) -> Clients {
        Clients { rooms, template, grace, table: Mutex::default() }
    }

    /// The client of that number, if it is there.
    pub(super) fn find(&self, pid: Pid) -> Option<Arc<Client>> {
        self.table.lock().get(&pid).cloned()
    }

    /// The client of that number; a new one gets its response socket now.
    ///
    /// # Errors
    /// In words for the client, if it cannot have one.
    pub(super) fn find_or_open(&self, pid: Pid) -> Result<Arc<Client>, String> {
        let mut table = self.table.lock();
        if let Some(client) = table.get(&pid) {
            if client.is_there(self.grace) {
                return Ok(Arc::clone(client));
            }
            // The number has come to another process since.
            if let Some(client) = table.remove(&pid) {
                client.close();
            }
        }
        if table.len() >= MAX_CLIENTS {
            return Err(format!(
                "{MAX_CLIENTS} clients are allocated, which is the most there can be: free some \
                 with free_pid, or try again later."
            ));
        }
        let client = Arc::new(self.open(pid)?);
        table.insert(pid, Arc::clone(&client));
        Ok(client)
    }

    /// Lets a client go; whether it was there.
    pub(super) fn free(&self, pid: Pid) -> bool {
        let client = self.table.lock().remove(&pid);
        if let Some(client) = &client {
            client.close();
        }
        client.is_some()
    }

    /// Lets all of them go.
    pub(super) fn free_all(&self) {
        let clients: Vec<_> = self.table.lock().drain().collect();
        clients.iter().for_each(|(_, client)| client.close());
    }

    /// Lets those go that are gone, from time to time. Never ends by itself.
    pub(super) async fn watch(&self) {
        let pause = (self.grace / 2).clamp(Duration::from_millis(50), Duration::from_secs(1));
        loop {
            tokio::time::sleep(pause).await;
            let mut gone = Vec::new();
            self.table.lock().retain(|pid, client| {
                let stays = client.is_there(self.grace);
                if !stays {
                    gone.push((*pid, Arc::clone(client)));
                }
                stays
            });
            for (pid, client) in gone {
                tracing::info!(pid, "a client is gone");
                client.close();
            }
        }
    }

    fn open(&self, pid: Pid) -> Result<Client, String> {
        let path = PathBuf::from(self.template.replace("{pid}", &pid.to_string()));
        let (listener, socket) = sockets::bind(&path)
            .map_err(|err| format!("The response socket of PID {pid} cannot be made: {err}."))?;
        let (jobs, waiting) = mpsc::channel(WAITING_REQUESTS);
        let (replies, unread) = mpsc::channel(WAITING_REPLIES);
        let (end, cancel) = (CancellationToken::new(), Cancel::default());
        let presence = Arc::new(Presence::new());
        let delivery = Delivery::new(listener, unread, Arc::clone(&presence));
        tokio::spawn(delivery.run(end.clone()));
        let worker = Worker { pid, rooms: Arc::clone(&self.rooms), cancel: cancel.clone() };
        let ended = end.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = worker.run(waiting, replies) => {}
            }
        });
        Ok(Client {
            process: Process::running(pid),
            jobs,
            presence,
            socket: Mutex::new(Some(socket)),
            end,
            cancel: CancelOnDrop(cancel),
        })
    }
}

impl Client {
    /// Puts a request in the client's queue, waiting for room if need be.
    ///
    /// # Errors
    /// In words for the client.
    pub(super) async fn ask(&self, pid: Pid, job: Job) -> Result<(), String> {
        use mpsc::error::SendTimeoutError::{Closed, Timeout};
        self.presence.saw();
        match self.jobs.send_timeout(job, QUEUE_TIME).await {
            Ok(()) => Ok(()),
            Err(Closed(_)) => Err(wire::not_allocated(pid)),
            Err(Timeout(_)) => Err(format!(
                "PID {pid} has too many requests waiting: read the replies on its response socket \
                 first."
            )),
        }
    }

    fn is_there(&self, grace: Duration) -> bool {
        if self.process.as_ref().is_some_and(|process| !process.is_running()) {
            return false;
        }
        self.presence.away() < grace
    }

    /// Ends its tasks and its running search, and removes its socket.
    fn close(&self) {
        self.cancel.0.cancel();
        self.end.cancel();
        self.socket.lock().take();
    }
}

/// Does one client's requests, in turn.
struct Worker {
    pid: Pid,
    rooms: Arc<Rooms>,
    cancel: Cancel,
}

impl Worker {
    async fn run(self, mut waiting: mpsc::Receiver<Job>, replies: mpsc::Sender<Reply>) {
        let mut codebase = None;
        let worker = Arc::new(self);
        while let Some(job) = waiting.recv().await {
            let (here, mut current) = (Arc::clone(&worker), codebase.clone());
            let work = tokio::task::spawn_blocking(move || {
                let reply = here.answer(job, &mut current);
                (reply, current)
            });
            let reply = match work.await {
                Ok((reply, current)) => {
                    codebase = current;
                    reply
                }
                Err(_) => wire::failure(
                    "This request hit a fault of the service's own; others are not affected.",
                ),
            };
            if replies.send(reply).await.is_err() {
                return;
            }
        }
    }

    /// Does a request. `codebase` is what the client has allocated.
    fn answer(&self, job: Job, codebase: &mut Option<Codebase>) -> Reply {
        match self.outcome(job, codebase) {
            Ok((text, note)) => wire::success(&text, note.as_deref()),
            Err(error) => wire::failure(&error),
        }
    }

    fn outcome(
        &self,
        job: Job,
        codebase: &mut Option<Codebase>,
    ) -> Result<(String, Option<String>), String> {
        let allocated = |codebase: &Option<Codebase>| {
            codebase.clone().ok_or_else(|| wire::not_allocated(self.pid))
        };
        match job? {
            Request::Alloc { dir } => {
                let context = context(&self.rooms, &self.cancel, LOAD_TIME);
                let (new, size) = Codebase::allocate(&context, &dir).map_err(|err| {
                    format!(
                        "Cannot allocate `{dir}`: {err}. Give the absolute path of a directory."
                    )
                })?;
                *codebase = Some(new);
                Ok((format!("Allocated {} files", size.files), None))
            }
            Request::Ripgrep { pattern, case_sensitive } => {
                let time = self.rooms.config().query_time;
                let found = allocated(codebase)?
                    .ripgrep(&context(&self.rooms, &self.cancel, time), pattern, case_sensitive)
                    .map_err(|err| explain(&err))?;
                Ok((found.text, found.note))
            }
            Request::Describe => {
                let context = context(&self.rooms, &self.cancel, LOAD_TIME);
                let size = allocated(codebase)?.size(&context).map_err(|err| explain(&err))?;
                Ok((size.loaded(), None))
            }
            // It does not wait for its turn; see `connection`.
            Request::Free => Err(wire::not_allocated(self.pid)),
        }
    }
}

/// An error with what to do about it.
fn explain(err: &OpError) -> String {
    match err.code {
        Code::BadRegex => format!(
            "The pattern is not a valid regular expression: {err}\nEscape characters that are meant \
             literally with a backslash."
        ),
        Code::UnknownWorkspace | Code::WorkspaceGone => {
            format!(
                "The codebase cannot be read: {err}. Call alloc_pid with a directory that exists."
            )
        }
        Code::Timeout => {
            "The search ran out of time: give the pattern a literal part, or make it simpler."
                .into()
        }
        _ => err.to_string(),
    }
}
