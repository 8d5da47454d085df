//! The kernel's queue of file system events on Linux.
//!
//! An event is in the queue before the system call that caused it returns, which is what makes
//! "nothing is queued" a proof that nothing was missed.

use std::{mem::MaybeUninit, path::Path};

use rustix::{
    fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    io::Errno,
};

/// The name of the limit on watches.
pub(crate) const WATCH_LIMIT: &str = "fs.inotify.max_user_watches";
/// The name of the limit on queues.
pub(crate) const QUEUE_LIMIT: &str = "fs.inotify.max_user_instances";

/// Number of a watch in its queue.
pub(crate) type WatchId = i32;

/// One event of a queue.
pub(crate) struct Event<'a> {
    pub(crate) watch: WatchId,
    /// The entry of the watched directory that it is about, or nothing if it is about the watched
    /// thing itself.
    pub(crate) name: Option<&'a [u8]>,
    pub(crate) kind: Kind,
}

/// What an event asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Something happened to contents or names.
    Changed,
    /// Only the attributes of a directory changed.
    DirAttributes,
    /// The watched thing was removed or moved.
    SelfMoved,
    /// The watch has ended.
    WatchEnded,
    /// Events were lost.
    Overflow,
}

const FILE_FLAGS: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::MASK_ADD);

/// A queue of events.
pub(crate) struct Queue {
    fd: OwnedFd,
}

impl Queue {
    pub(crate) fn new() -> Result<Queue, Errno> {
        let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        Ok(Queue { fd })
    }

    /// Watches an open directory for everything that may change its part of the tree. `path` is
    /// used where the open directory cannot be named.
    pub(crate) fn add_dir(&self, dir: BorrowedFd<'_>, path: &Path) -> Result<WatchId, Errno> {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::ATTRIB
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::MASK_ADD;
        // The open directory, not its path: nobody can swap it for another in between.
        let held = format!("/proc/self/fd/{}", dir.as_raw_fd());
        match inotify::add_watch(&self.fd, held.as_str(), flags | WatchFlags::ONLYDIR) {
            Err(Errno::NOENT | Errno::NOTDIR) => inotify::add_watch(
                &self.fd,
                path,
                flags | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW,
            ),
            result => result,
        }
    }

    /// Watches a directory for names that come and go, not for writes.
    pub(crate) fn add_names(&self, dir: &Path) -> Result<WatchId, Errno> {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR
            | WatchFlags::MASK_ADD;
        inotify::add_watch(&self.fd, dir, flags)
    }

    /// Watches one file, through symbolic links.
    pub(crate) fn add_file(&self, file: &Path) -> Result<WatchId, Errno> {
        let moves = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        inotify::add_watch(&self.fd, file, FILE_FLAGS | moves)
    }

    /// Watches the contents of one file, whichever of its names they are written through.
    pub(crate) fn add_linked(&self, file: &Path) -> Result<WatchId, Errno> {
        inotify::add_watch(&self.fd, file, FILE_FLAGS | WatchFlags::DONT_FOLLOW)
    }

    pub(crate) fn remove(&self, watch: WatchId) {
        // Fails only if the kernel has removed it already.
        let _ = inotify::remove_watch(&self.fd, watch);
    }

    /// Whether an event waits. One system call, about 0.2 us.
    pub(crate) fn has_events(&self) -> bool {
        self.queued_bytes() > 0
    }

    fn queued_bytes(&self) -> u64 {
        // An error would mean that the queue is unusable: then drain and find out.
        rustix::io::ioctl_fionread(&self.fd).unwrap_or(1)
    }

    /// Takes the events that are queued now (not those that come meanwhile).
    pub(crate) fn drain(&self, mut each: impl FnMut(Event<'_>)) {
        const ROOM_FOR_ONE: u64 = 4096;
        let room = self.queued_bytes() + ROOM_FOR_ONE;
        let mut buffer = vec![MaybeUninit::uninit(); room as usize];
        let mut reader = Reader::new(&self.fd, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => each(Event {
                    watch: event.wd(),
                    name: event.file_name().map(std::ffi::CStr::to_bytes),
                    kind: kind(event.events()),
                }),
                Err(Errno::INTR) => continue,
                Err(_) => return,
            }
            if reader.is_buffer_empty() {
                return;
            }
        }
    }

    /// For waiting until an event comes.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn kind(flags: ReadFlags) -> Kind {
    let attributes_only = ReadFlags::ATTRIB | ReadFlags::ISDIR;
    if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
        Kind::Overflow
    } else if flags.contains(ReadFlags::IGNORED) {
        Kind::WatchEnded
    } else if flags.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT) {
        Kind::SelfMoved
    } else if flags == attributes_only {
        Kind::DirAttributes
    } else {
        Kind::Changed
    }
}
