//! The author's thread: sleeps, takes events, publishes one change for all of them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
    time::Duration,
};

use super::reconcile::Tree;
use crate::watch::Dirt;

/// Events wait so long for company, unless a query wants them.
const GATHER: Duration = Duration::from_millis(25);

/// The root itself is looked at so often without any event: one of the directories above it may
/// have been moved, which nobody tells us.
const CHECK_ROOT_EVERY: Duration = Duration::from_secs(2);

/// Runs until the workspace is shut down.
pub(super) fn run(mut tree: Tree) {
    let shared = tree.shared();
    let tickets = &shared.tickets;
    let mut failed_before = false;
    loop {
        if !tickets.is_wanted() && !shared.watches.has_events() {
            tickets.sleep(shared.watches.fd(), CHECK_ROOT_EVERY);
        }
        if !tickets.is_wanted() && shared.watches.has_events() {
            tickets.sleep(None, GATHER);
        }
        if tickets.is_stopped() {
            return;
        }
        shared.is_busy.store(true, Ordering::SeqCst);
        let is_asked = tickets.is_wanted();
        let ticket = tickets.asked();
        let mut dirt = Dirt { everything: failed_before, ..Dirt::default() };
        shared.watches.drain(&mut dirt);
        let outcome = catch_unwind(AssertUnwindSafe(|| tree.look(dirt, is_asked)));
        failed_before = outcome.is_err();
        if failed_before {
            // What was drained is lost, so stay busy and look at everything.
            tracing::error!(root = %shared.root.display(), "looking at the disk panicked");
            tickets.sleep(None, GATHER);
            continue;
        }
        shared.is_busy.store(false, Ordering::SeqCst);
        tickets.serve(ticket);
    }
}
