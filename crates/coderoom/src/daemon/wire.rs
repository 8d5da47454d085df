//! The way back to a client: replies leave from the thread that made them if nobody's are before
//! theirs, and wait for the writing task otherwise.
//!
//! Waking the writing task costs as much as many a question does. So whoever has a reply writes as
//! much of it as the socket takes at once; only what is left over goes into the queue, which is
//! bounded: a client that does not read slows its own requests down.

use std::{io, sync::Arc, time::Duration};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::{
    net::{UnixStream, unix::OwnedWriteHalf},
    sync::mpsc::{self, error::TrySendError},
};

/// Pieces of replies that may wait for a client.
const WRITE_QUEUE: usize = 16;

/// One client's end of the socket, for those who have something to say.
pub(super) struct Wire {
    end: Arc<End>,
    queue: mpsc::Sender<Bytes>,
}

/// What waits, and the end that it goes to.
pub(super) struct Waiting {
    end: Arc<End>,
    pieces: mpsc::Receiver<Bytes>,
}

struct End {
    half: OwnedWriteHalf,
    /// Pieces that were given to the queue and are not written yet. While there are any, all others
    /// have to queue up behind them. Held while a piece is put on the socket: for as long as that
    /// takes bytes at once.
    waiting: Mutex<usize>,
}

/// The two sides of a way back to a client.
pub(super) fn wire(half: OwnedWriteHalf) -> (Wire, Waiting) {
    let (queue, pieces) = mpsc::channel(WRITE_QUEUE);
    let end = Arc::new(End { half, waiting: Mutex::new(0) });
    (Wire { end: Arc::clone(&end), queue }, Waiting { end, pieces })
}

impl Wire {
    /// Sends a piece from a thread that may wait: it does while too many are before it.
    ///
    /// # Errors
    /// If the client is gone.
    pub(super) fn send_blocking(&self, piece: Bytes) -> io::Result<()> {
        match self.begin(piece)? {
            Some(rest) => self.queue.blocking_send(rest).map_err(|_| gone()),
            None => Ok(()),
        }
    }

    /// Sends a piece from a task.
    ///
    /// # Errors
    /// If the client is gone.
    pub(super) async fn send(&self, piece: Bytes) -> io::Result<()> {
        match self.begin(piece)? {
            Some(rest) => self.queue.send(rest).await.map_err(|_| gone()),
            None => Ok(()),
        }
    }

    /// Sends a piece if there is room for it, and else not at all.
    pub(super) fn offer(&self, piece: Bytes) {
        // Whoever holds it is sending: the client hears of the request anyway.
        let Some(mut waiting) = self.end.waiting.try_lock() else { return };
        if self.queue.try_send(piece).is_ok() {
            *waiting += 1;
        }
    }

    /// Puts a piece on the socket, if nothing waits before it; gives it back, counted, if something
    /// does. What the socket does not take goes into the queue, before anybody else's.
    fn begin(&self, mut piece: Bytes) -> io::Result<Option<Bytes>> {
        let mut waiting = self.end.waiting.lock();
        if *waiting > 0 {
            *waiting += 1;
            return Ok(Some(piece));
        }
        while !piece.is_empty() {
            match self.end.half.try_write(&piece) {
                Ok(0) => return Err(self.end.fail(&mut waiting, gone())),
                Ok(written) => piece.advance(written),
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                    *waiting = 1;
                    return match self.queue.try_send(piece) {
                        Ok(()) => Ok(None),
                        // Nothing waits, so there is room.
                        Err(TrySendError::Full(_) | TrySendError::Closed(_)) => Err(gone()),
                    };
                }
                Err(err) => return Err(self.end.fail(&mut waiting, err)),
            }
        }
        Ok(None)
    }
}

impl Waiting {
    /// Writes what waits until nobody can send any more; a piece that the client does not take for
    /// `patience` ends the connection.
    pub(super) async fn write_all(mut self, patience: Duration) {
        while let Some(piece) = self.pieces.recv().await {
            match tokio::time::timeout(patience, self.end.write(piece)).await {
                Ok(Ok(())) => *self.end.waiting.lock() -= 1,
                Ok(Err(_)) | Err(_) => return self.end.shut(),
            }
        }
    }
}

impl End {
    /// Ends the connection: others hold this end, too, and the client has to see that nothing comes
    /// any more.
    fn shut(&self) {
        let stream: &UnixStream = self.half.as_ref();
        let _ = rustix::net::shutdown(stream, rustix::net::Shutdown::Both);
    }

    /// A part of a piece may be on the socket, and the rest will not come: nothing may follow it.
    fn fail(&self, waiting: &mut usize, err: io::Error) -> io::Error {
        *waiting += 1;
        self.shut();
        err
    }

    async fn write(&self, mut piece: Bytes) -> io::Result<()> {
        while !piece.is_empty() {
            match self.half.try_write(&piece) {
                Ok(0) => return Err(gone()),
                Ok(written) => piece.advance(written),
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => self.half.writable().await?,
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }
}

fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    /// Pieces of many threads arrive whole, each once, however slowly the client reads.
    #[test]
    fn pieces_do_not_mix() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let text = runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().expect("a pair");
            let (_reader, half) = ours.into_split();
            let (wire, waiting) = wire(half);
            let wire = Arc::new(wire);
            tokio::spawn(waiting.write_all(Duration::from_secs(60)));
            let senders: Vec<_> = (0..8u8)
                .map(|name| {
                    let wire = Arc::clone(&wire);
                    tokio::task::spawn_blocking(move || {
                        for size in [1, 300_000, 7, 90_000, 50] {
                            let piece = vec![b'a' + name; size];
                            wire.send_blocking([&piece[..], b"\n"].concat().into()).expect("sent");
                        }
                    })
                })
                .collect();
            let mut text = Vec::new();
            let all = 8 * (1 + 300_000 + 7 + 90_000 + 50 + 5);
            let mut part = vec![0; 40_000];
            while text.len() < all {
                let read = theirs.read(&mut part).await.expect("read");
                text.extend_from_slice(&part[..read]);
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
            for sender in senders {
                sender.await.expect("no panic");
            }
            text
        });
        let mut pieces: Vec<(u8, usize)> = text
            .split(|&byte| byte == b'\n')
            .filter(|piece| !piece.is_empty())
            .inspect(|piece| assert!(piece.iter().all(|byte| *byte == piece[0]), "two mixed"))
            .map(|piece| (piece[0], piece.len()))
            .collect();
        pieces.sort_unstable();
        let sizes = [1, 7, 50, 90_000, 300_000];
        let expected = (b'a'..b'a' + 8).flat_map(|name| sizes.map(|size| (name, size)));
        assert_eq!(pieces, expected.collect::<Vec<_>>());
    }
}
