//! One connection to the request socket: requests come in, refusals go out.
//!
//! Replies go to the response socket of the client that a request names. Here is answered only what
//! has no response socket to go to: what names no client, a client that is not allocated, and
//! `free_pid`, which ends the response socket.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use super::{
    clients::Clients,
    wire::{self, Decoder, MAX_REQUEST, Message, Reply, Request},
};

/// How long the other end may take to accept a refusal.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// Serves a connection until it ends.
pub(super) async fn serve(mut stream: UnixStream, clients: Arc<Clients>) {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(read) => read,
            Err(_) => return,
        };
        let messages = if read == 0 { decoder.finish() } else { decoder.push(&buffer[..read]) };
        for message in messages {
            if let Some(reply) = dispatch(&clients, message).await
                && !send(&mut stream, reply).await
            {
                return;
            }
        }
        if decoder.is_overfull() {
            let error = format!(
                "A request has at most {MAX_REQUEST} bytes: use a shorter pattern. This connection \
                 is closed."
            );
            send(&mut stream, wire::failure(&error)).await;
            let _ = stream.shutdown().await;
            // Whoever still writes gets to the point of reading that.
            let rest = async { while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {} };
            let _ = tokio::time::timeout(WRITE_TIME, rest).await;
            return;
        }
        if read == 0 {
            return;
        }
    }
}

/// Hands a request to its client, or answers it here.
async fn dispatch(clients: &Clients, message: Message) -> Option<Reply> {
    let Message { pid, request } = message;
    let Some(pid) = pid else {
        return request.err().map(|error| wire::failure(&error));
    };
    let client = match request {
        Ok(Request::Free) => {
            return Some(if clients.free(pid) {
                wire::success(&format!("Freed PID {pid}"), None)
            } else {
                wire::failure(&wire::not_allocated(pid))
            });
        }
        Ok(Request::Alloc { .. }) => match clients.find_or_open(pid) {
            Ok(client) => client,
            Err(error) => return Some(wire::failure(&error)),
        },
        _ => match clients.find(pid) {
            Some(client) => client,
            None => {
                let error = request.err().unwrap_or_else(|| wire::not_allocated(pid));
                return Some(wire::failure(&error));
            }
        },
    };
    client.ask(pid, request).await.err().map(|error| wire::failure(&error))
}

async fn send(stream: &mut UnixStream, reply: Reply) -> bool {
    let writing = tokio::time::timeout(WRITE_TIME, stream.write_all(&reply));
    matches!(writing.await, Ok(Ok(())))
}
