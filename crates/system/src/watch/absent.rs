//! Where the kernel offers no queue that can be asked: nothing can be watched, and the author
//! scans again instead.

use std::path::Path;

use rustix::{fd::BorrowedFd, io::Errno};

pub(crate) const WATCH_LIMIT: &str = "file system events, which this system does not offer";
pub(crate) const QUEUE_LIMIT: &str = WATCH_LIMIT;

pub(crate) type WatchId = i32;

pub(crate) struct Event<'a> {
    pub(crate) watch: WatchId,
    pub(crate) name: Option<&'a [u8]>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code)] // Nothing here ever makes one.
pub(crate) enum Kind {
    Changed,
    DirAttributes,
    SelfMoved,
    WatchEnded,
    Overflow,
}

/// A queue that cannot be made.
pub(crate) enum Queue {}

impl Queue {
    pub(crate) fn new() -> Result<Queue, Errno> {
        Err(Errno::NOSYS)
    }

    pub(crate) fn add_dir(&self, _: BorrowedFd<'_>, _: &Path) -> Result<WatchId, Errno> {
        match *self {}
    }

    pub(crate) fn add_names(&self, _: &Path) -> Result<WatchId, Errno> {
        match *self {}
    }

    pub(crate) fn add_file(&self, _: &Path) -> Result<WatchId, Errno> {
        match *self {}
    }

    pub(crate) fn add_linked(&self, _: &Path) -> Result<WatchId, Errno> {
        match *self {}
    }

    pub(crate) fn remove(&self, _: WatchId) {
        match *self {}
    }

    pub(crate) fn has_events(&self) -> bool {
        match *self {}
    }

    pub(crate) fn drain(&self, _: impl FnMut(Event<'_>)) {
        match *self {}
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        match *self {}
    }
}
