//! Makes journals safe from a power cut soon after they were written.

use std::{
    fs::File,
    io,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// Journals written with durability `process` are on disk after this time.
const WITHIN: Duration = Duration::from_millis(50);

/// One thread that syncs the journals of all sessions.
#[derive(Clone)]
pub struct Syncer {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    due: Mutex<Due>,
    woken: Condvar,
}

#[derive(Default)]
struct Due {
    files: Vec<Arc<File>>,
    first: Option<Instant>,
}

impl Syncer {
    /// Starts the thread; it ends when the last clone is gone.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start() -> io::Result<Syncer> {
        let shared = Arc::new(Shared::default());
        let weak = Arc::downgrade(&shared);
        std::thread::Builder::new().name("journal".into()).spawn(move || run(&weak))?;
        Ok(Syncer { shared })
    }

    /// Asks for a file to be synced within 50 ms.
    pub(super) fn soon(&self, file: &Arc<File>) {
        let mut due = self.shared.due.lock();
        if !due.files.iter().any(|other| Arc::ptr_eq(other, file)) {
            due.files.push(Arc::clone(file));
        }
        if due.first.is_none() {
            due.first = Some(Instant::now());
            self.shared.woken.notify_one();
        }
    }
}

fn run(weak: &Weak<Shared>) {
    // Half of the promise is for waiting, half for the disk.
    let gather = WITHIN / 2;
    while let Some(shared) = weak.upgrade() {
        let files = {
            let mut due = shared.due.lock();
            if due.first.is_none() {
                shared.woken.wait_for(&mut due, Duration::from_secs(1));
            }
            match due.first {
                Some(first) if first.elapsed() >= gather => {
                    due.first = None;
                    std::mem::take(&mut due.files)
                }
                _ => Vec::new(),
            }
        };
        let idle = files.is_empty();
        for file in files {
            if let Err(err) = file.sync_data() {
                tracing::error!(%err, "a session's journal could not be synced to the disk");
            }
        }
        let pending = shared.due.lock().first;
        drop(shared);
        if let (true, Some(first)) = (idle, pending) {
            std::thread::sleep(gather.saturating_sub(first.elapsed()));
        }
    }
}
