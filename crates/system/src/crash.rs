//! Steps at which a test ends the process, to see what a crash there leaves behind.
//!
//! Debug builds count the steps that they come past and die by SIGKILL at the one that
//! `CODEROOM_CRASH_AT` says. In release builds there is nothing of it.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
};

/// Comes past a step; `what` names it in the log.
#[inline]
pub fn step(what: &'static str) {
    #[cfg(debug_assertions)]
    counting::step(what);
    #[cfg(not(debug_assertions))]
    let _ = what;
}

/// Writes all of `bytes`; if somebody counts, with a step in the middle.
pub(crate) fn write_all(mut file: &File, bytes: &[u8], what: &'static str) -> io::Result<()> {
    in_halves(bytes, what, |part, _| file.write_all(part))
}

/// As `write_all`, at a place in the file.
pub(crate) fn write_all_at(
    file: &File,
    bytes: &[u8],
    at: u64,
    what: &'static str,
) -> io::Result<()> {
    in_halves(bytes, what, |part, done| file.write_all_at(part, at + done))
}

/// Hands `write` all of `bytes`, or one half after the other with how much is done.
fn in_halves(
    bytes: &[u8],
    what: &'static str,
    mut write: impl FnMut(&[u8], u64) -> io::Result<()>,
) -> io::Result<()> {
    #[cfg(debug_assertions)]
    if counting::last().is_some() {
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        write(first, 0)?;
        step(what);
        return write(rest, first.len() as u64);
    }
    let _ = what;
    write(bytes, 0)
}

#[cfg(debug_assertions)]
mod counting {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    use rustix::process::{Signal, getpid, kill_process};

    static COUNT: AtomicU64 = AtomicU64::new(0);
    static LAST: OnceLock<Option<u64>> = OnceLock::new();

    /// The step to die at, if there is one.
    pub(super) fn last() -> Option<u64> {
        *LAST.get_or_init(|| std::env::var("CODEROOM_CRASH_AT").ok()?.parse().ok())
    }

    pub(super) fn step(what: &'static str) {
        let Some(last) = last() else { return };
        if COUNT.fetch_add(1, Ordering::Relaxed) + 1 == last {
            tracing::warn!(step = last, what, "ending here, as CODEROOM_CRASH_AT says");
            let _ = kill_process(getpid(), Signal::KILL);
            // The signal has come by the time this is over.
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }
}
