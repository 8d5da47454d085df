//! One server's process: started in a group of its own, written to and read from by threads of its
//! own, killed as a group.

use std::{
    collections::BTreeSet,
    io::{BufReader, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        mpsc::{self, SyncSender, TrySendError},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use super::{frame, heard::Heard};

/// Messages that wait to be read by the server.
const QUEUE: usize = 64;

/// Groups of processes that are alive: the end of a pool ends all of them, used or not.
#[derive(Clone, Default)]
pub(super) struct Groups(Arc<Mutex<BTreeSet<i32>>>);

impl Groups {
    pub(super) fn kill_all(&self) {
        for group in self.0.lock().iter() {
            kill(*group);
        }
    }
}

fn kill(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// A server's process. Dropping it kills it.
pub(super) struct Connection {
    child: Child,
    out: SyncSender<Vec<u8>>,
    groups: Groups,
    pub(super) heard: Arc<Heard>,
    next_id: i64,
}

/// Why a message was not sent.
pub(super) enum Unsent {
    /// The server does not read.
    Late,
    /// The server is gone.
    Gone,
}

impl Connection {
    /// Starts a server.
    ///
    /// # Errors
    /// If the process or a thread cannot be started.
    pub(super) fn start(
        mut command: Command,
        root: &Path,
        groups: &Groups,
    ) -> std::io::Result<Connection> {
        command.current_dir(root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).process_group(0).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (out, messages) = mpsc::sync_channel::<Vec<u8>>(QUEUE);
        let heard = Heard::new(root);
        groups.0.lock().insert(child.id() as i32);
        let (ears, answers) = (Arc::clone(&heard), out.clone());
        // From here on it is killed whatever happens.
        let connection = Connection { child, out, groups: groups.clone(), heard, next_id: 0 };
        let Some((mut stdin, stdout)) = pipes else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        thread("lsp write").spawn(move || {
            while let Ok(message) = messages.recv() {
                if stdin.write_all(&message).and_then(|()| stdin.flush()).is_err() {
                    break;
                }
            }
        })?;
        thread("lsp read").spawn(move || ears.listen(BufReader::new(stdout), &answers))?;
        Ok(connection)
    }

    fn send(&self, message: &Value, until: Instant) -> Result<(), Unsent> {
        let mut message = frame::encode(message.to_string().as_bytes());
        loop {
            match self.out.try_send(message) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(Unsent::Gone),
                Err(TrySendError::Full(back)) => message = back,
            }
            if self.heard.ended().is_some() {
                return Err(Unsent::Gone);
            }
            if Instant::now() >= until {
                return Err(Unsent::Late);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// If the server does not read it by `until`.
    pub(super) fn notify(&self, method: &str, params: Value, until: Instant) -> Result<(), Unsent> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}), until)
    }

    /// Sends a request; its number is to be waited for, or forgotten.
    ///
    /// # Errors
    /// If the server does not read it by `until`.
    pub(super) fn request(
        &mut self,
        method: &str,
        params: &Value,
        until: Instant,
    ) -> Result<i64, Unsent> {
        self.next_id += 1;
        let id = self.next_id;
        self.heard.want(id);
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&message, until).inspect_err(|_| self.heard.forget(id))?;
        Ok(id)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let group = self.child.id() as i32;
        kill(group);
        self.groups.0.lock().remove(&group);
        if let Err(err) = self.child.wait() {
            tracing::debug!(%err, "a language server cannot be waited for");
        }
    }
}
