//! How queries wake the author and wait for it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    fd::{BorrowedFd, OwnedFd},
    io::Errno,
    pipe::PipeFlags,
};

/// Numbered requests to look at the disk: all up to a number are served together.
pub(super) struct Tickets {
    state: Mutex<State>,
    served: Condvar,
    is_stopped: AtomicBool,
    /// A byte in this pipe wakes the author.
    wake: (OwnedFd, OwnedFd),
}

#[derive(Default)]
struct State {
    asked: u64,
    served: u64,
}

impl Tickets {
    pub(super) fn new() -> Result<Tickets, Errno> {
        Ok(Tickets {
            state: Mutex::default(),
            served: Condvar::new(),
            is_stopped: AtomicBool::new(false),
            wake: rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?,
        })
    }

    /// Asks the author to look, and waits until it has. False if the deadline came first.
    pub(super) fn wait(&self, deadline: Instant) -> bool {
        let mut state = self.state.lock();
        state.asked += 1;
        let mine = state.asked;
        self.wake();
        while state.served < mine {
            if self.is_stopped() || self.served.wait_until(&mut state, deadline).timed_out() {
                return state.served >= mine;
            }
        }
        true
    }

    /// The last ticket so far: a look that begins now serves all up to it.
    pub(super) fn asked(&self) -> u64 {
        self.state.lock().asked
    }

    /// Whether somebody waits.
    pub(super) fn is_wanted(&self) -> bool {
        let state = self.state.lock();
        state.served < state.asked
    }

    /// Lets those go who hold a ticket up to `ticket`.
    pub(super) fn serve(&self, ticket: u64) {
        self.state.lock().served = ticket;
        self.served.notify_all();
    }

    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        let _state = self.state.lock();
        self.served.notify_all();
        self.wake();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    fn wake(&self) {
        // A full pipe wakes just as well.
        let _ = rustix::io::write(&self.wake.1, &[1]);
    }

    /// Sleeps until somebody asks, `also` becomes readable or the time is over.
    pub(super) fn sleep(&self, also: Option<BorrowedFd<'_>>, time: Duration) {
        let mut fds = vec![PollFd::new(&self.wake.0, PollFlags::IN)];
        fds.extend(also.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        let time = Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: time.subsec_nanos().into(),
        };
        let result = rustix::event::poll(&mut fds, Some(&time));
        if result.is_ok() && !fds[0].revents().is_empty() {
            let mut bytes = [0u8; 64];
            while matches!(rustix::io::read(&self.wake.0, &mut bytes), Ok(64)) {}
        }
    }
}
