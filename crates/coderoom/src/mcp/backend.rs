//! Where calls go: to the workspaces of this process, or to the daemon by way of its socket.

use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::link::Link;
use crate::{
    daemon::{
        cancel::{Cancel, CancelOnDrop},
        progress::Progress,
        rooms::Rooms,
    },
    error::{Code, OpError},
    ops::{Answer, Context, Entry},
};

/// Does what tools are asked to do. Cheap to clone.
#[derive(Clone)]
pub(super) enum Backend {
    /// In the daemon: the workspaces are here.
    Rooms(Arc<Rooms>),
    /// Elsewhere: the daemon is asked, and started if need be.
    Daemon(Arc<Link>),
}

impl Backend {
    /// Runs an operation until it is done or `ended`; `progress` says how far it is meanwhile.
    ///
    /// # Errors
    /// The operation's, or `cancelled`.
    pub(super) async fn call(
        &self,
        entry: &'static Entry,
        params: Value,
        ended: &CancellationToken,
        progress: &Progress,
    ) -> Result<Answer, OpError> {
        let working = async {
            match self {
                Backend::Rooms(rooms) => {
                    here(Arc::clone(rooms), entry, params, progress.clone()).await
                }
                Backend::Daemon(link) => link.call(entry, params, progress).await,
            }
        };
        // Whichever ends first, the other is dropped: work that is dropped is cancelled.
        tokio::select! {
            outcome = working => outcome,
            () = ended.cancelled() => {
                Err(OpError::new(Code::Cancelled, "the request was cancelled"))
            }
        }
    }
}

/// Runs the operation on a thread that may block; dropping this future cancels it.
async fn here(
    rooms: Arc<Rooms>,
    entry: &'static Entry,
    params: Value,
    progress: Progress,
) -> Result<Answer, OpError> {
    let cancel = Cancel::default();
    let _end = CancelOnDrop(cancel.clone());
    let working = tokio::task::spawn_blocking(move || {
        let mut context = Context::for_request(rooms, cancel, &params);
        context.progress = progress;
        (entry.run)(&context, params)
    });
    working.await.unwrap_or_else(|_| {
        let message = "this request hit a fault of coderoom's own; others are not affected";
        Err(OpError::new(Code::Internal, message))
    })
}
