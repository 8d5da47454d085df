//! Brings replies to one client: its response socket, and the connection it reads from.
//!
//! Replies leave in the order of the requests. Those that come before the client has connected, or
//! while it is away, wait; how many is bounded by the channel they come through. One that a client
//! has not been sent whole is sent again, from its start, on its next connection.

use std::{
    future::pending,
    os::fd::AsFd,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::wire::Reply;
use crate::daemon::socket::is_owner;

/// How long a client may let its reply wait in a full connection before it is disconnected.
const WRITE_TIME: Duration = Duration::from_secs(60);
/// How often to look whether a client that only listens is still there.
const HANGUP_TIME: Duration = Duration::from_secs(1);

/// When a client was last seen, shared by those who see it and those who ask.
#[derive(Debug)]
pub(super) struct Presence(Mutex<Seen>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    connected: bool,
    last: Instant,
}

impl Presence {
    /// Seen just now, not connected.
    pub(super) fn new() -> Presence {
        Presence(Mutex::new(Seen { connected: false, last: Instant::now() }))
    }

    /// It has asked for something.
    pub(super) fn saw(&self) {
        self.0.lock().last = Instant::now();
    }

    /// How long it has been away; nothing as long as it is connected.
    pub(super) fn away(&self) -> Duration {
        let seen = *self.0.lock();
        if seen.connected { Duration::ZERO } else { seen.last.elapsed() }
    }

    fn set_connected(&self, connected: bool) {
        *self.0.lock() = Seen { connected, last: Instant::now() };
    }
}

/// One client's end of its response socket.
pub(super) struct Delivery {
    listener: UnixListener,
    replies: mpsc::Receiver<Reply>,
    presence: Arc<Presence>,
    connection: Option<UnixStream>,
    /// The client has shut down its sending half. It may still read.
    half_closed: bool,
    /// The reply that is being sent, and how much of it has been.
    reply: Option<Reply>,
    sent: usize,
}

/// What happens next to a client's connection.
enum Event {
    Connected(UnixStream),
    Disconnected,
    HalfClosed,
    Sent(usize),
    Reply(Reply),
    Nothing,
}

impl Delivery {
    /// Replies come through `replies`.
    pub(super) fn new(
        listener: UnixListener,
        replies: mpsc::Receiver<Reply>,
        presence: Arc<Presence>,
    ) -> Delivery {
        Delivery {
            listener,
            replies,
            presence,
            connection: None,
            half_closed: false,
            reply: None,
            sent: 0,
        }
    }

    /// Delivers until `end`.
    pub(super) async fn run(mut self, end: CancellationToken) {
        loop {
            let event = tokio::select! {
                () = end.cancelled() => return,
                event = self.next() => event,
            };
            match event {
                // The newest connection is the client's: the one before it may be a dead one's.
                Event::Connected(stream) => self.change_connection(Some(stream)),
                Event::Disconnected => self.change_connection(None),
                Event::HalfClosed => self.half_closed = true,
                Event::Sent(bytes) => self.count_sent(bytes),
                Event::Reply(reply) => (self.reply, self.sent) = (Some(reply), 0),
                Event::Nothing => {}
            }
        }
    }

    /// Waits for the next event. Nothing is lost if the wait is given up.
    async fn next(&mut self) -> Event {
        let (mut reader, mut writer) = match &mut self.connection {
            Some(stream) => {
                let (reader, writer) = stream.split();
                (Some(reader), Some(writer))
            }
            None => (None, None),
        };
        let unsent = self.reply.as_ref().map(|reply| &reply[self.sent..]);
        let half_closed = self.half_closed;
        tokio::select! {
            // A client that has connected before it asked must be answered there: who has just
            // connected comes before a reply.
            biased;
            accepted = self.listener.accept() => match accepted {
                Ok((stream, _)) if is_owner(&stream) => Event::Connected(stream),
                Ok(_) => Event::Nothing,
                Err(_) => {
                    // Out of file descriptors, most likely: others may end meanwhile.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Event::Nothing
                }
            },
            event = async {
                match &mut reader {
                    Some(reader) if half_closed => {
                        tokio::time::sleep(HANGUP_TIME).await;
                        if has_hung_up(reader.as_ref()) { Event::Disconnected } else { Event::Nothing }
                    }
                    // Nothing is expected here; what comes is passed over.
                    Some(reader) => match reader.read(&mut [0; 256]).await {
                        Ok(0) if !has_hung_up(reader.as_ref()) => Event::HalfClosed,
                        Ok(0) | Err(_) => Event::Disconnected,
                        Ok(_) => Event::Nothing,
                    },
                    None => pending().await,
                }
            } => event,
            event = async {
                match (&mut writer, unsent) {
                    (Some(writer), Some(unsent)) => {
                        let writing = tokio::time::timeout(WRITE_TIME, writer.write(unsent));
                        writing.await.ok().and_then(Result::ok).map_or(Event::Disconnected, Event::Sent)
                    }
                    _ => pending().await,
                }
            } => event,
            reply = self.replies.recv(), if unsent.is_none() => match reply {
                Some(reply) => Event::Reply(reply),
                None => pending().await,
            },
        }
    }

    fn change_connection(&mut self, connection: Option<UnixStream>) {
        self.presence.set_connected(connection.is_some());
        self.connection = connection;
        self.half_closed = false;
        self.sent = 0;
    }

    fn count_sent(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.reply.as_ref().is_some_and(|reply| reply.len() <= self.sent) {
            self.reply = None;
        }
    }
}

/// Whether the other end is closed for good: then nothing sent to it would arrive.
fn has_hung_up(stream: &UnixStream) -> bool {
    let mut sockets = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    match rustix::event::poll(&mut sockets, Some(&now)) {
        Ok(_) => sockets[0].revents().intersects(PollFlags::HUP | PollFlags::ERR),
        Err(_) => false,
    }
}
