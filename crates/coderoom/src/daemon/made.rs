//! A value that is expensive to make: made once at a time, on a thread of its own, while those who
//! want it wait for as long as they have.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// The newest value, if there is one.
pub(super) struct Made<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    value: Option<Arc<T>>,
    making: bool,
    /// How often making it has come to an end: with a value, or without.
    ended: u64,
}

/// How often those who wait look whether they still should.
const STEP: Duration = Duration::from_millis(20);

impl<T: Send + Sync + 'static> Made<T> {
    /// Nothing is made yet.
    pub(super) fn new() -> Arc<Made<T>> {
        let state = State { value: None, making: false, ended: 0 };
        Arc::new(Made { state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Keeps a value as the newest.
    pub(super) fn put(&self, value: Arc<T>) {
        self.state.lock().value = Some(value);
    }

    /// The newest value, if there is one now.
    pub(super) fn newest(&self) -> Option<Arc<T>> {
        self.state.lock().value.clone()
    }

    /// The newest value, if there is one. Otherwise it is made, and waited for until `until`, or
    /// until `give_up` says so; it goes on being made when nobody waits. `None` if it is not there by
    /// then, or could not be made.
    pub(super) fn wait(
        self: &Arc<Self>,
        make: impl FnOnce() -> Option<T> + Send + 'static,
        until: Instant,
        give_up: &dyn Fn() -> bool,
    ) -> Option<Arc<T>> {
        let mut state = self.state.lock();
        if let Some(value) = &state.value {
            return Some(Arc::clone(value));
        }
        if !state.making {
            state.making = true;
            let this = Arc::clone(self);
            let thread = std::thread::Builder::new().name("made".into());
            let started = thread.spawn(move || {
                // If making it panics, those who wait hear of it all the same.
                let ending = Ending(&this);
                let made = make().map(Arc::new);
                this.state.lock().value = made;
                drop(ending);
            });
            if let Err(err) = started {
                tracing::error!(%err, "no thread to make it on");
                state.making = false;
                return None;
            }
        }
        let ended = state.ended;
        while state.value.is_none() && state.ended == ended {
            if Instant::now() >= until || give_up() {
                return None;
            }
            self.changed.wait_until(&mut state, until.min(Instant::now() + STEP));
        }
        state.value.clone()
    }
}

struct Ending<'a, T>(&'a Made<T>);

impl<T> Drop for Ending<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.making = false;
        state.ended += 1;
        drop(state);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// Many want it, one makes it.
    #[test]
    fn it_is_made_once() {
        static TIMES: AtomicU32 = AtomicU32::new(0);
        let made: Arc<Made<u32>> = Made::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let make = || {
                        std::thread::sleep(Duration::from_millis(30));
                        Some(TIMES.fetch_add(1, Ordering::Relaxed))
                    };
                    assert_eq!(made.wait(make, soon(), &|| false).as_deref(), Some(&0));
                });
            }
        });
    }

    /// What cannot be made is said to those who wait, and can be tried again.
    #[test]
    fn failures_end_the_wait() {
        let made: Arc<Made<u32>> = Made::new();
        assert!(made.wait(|| None, soon(), &|| false).is_none());
        assert!(made.wait(|| panic!("as a test"), soon(), &|| false).is_none());
        assert!(made.wait(|| Some(1), Instant::now(), &|| true).is_none_or(|it| *it == 1));
        assert_eq!(made.wait(|| Some(1), soon(), &|| false).as_deref(), Some(&1));
    }
}
