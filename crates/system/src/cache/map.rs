//! The one place that maps a file into memory.
#![allow(unsafe_code)]

use std::{fs::File, io};

use bytes::Bytes;
use memmap2::{Mmap, MmapOptions};

/// Maps the first `len` bytes of `file`, read-only.
///
/// A mapping is unsafe because somebody may change or truncate the file while a slice of it is
/// borrowed. Here nobody does: the caller passes files of a cache directory only, which belongs to
/// this user with mode 0700 and is held under a lock. A cache file is written under a temporary name,
/// renamed into place when complete, and never opened for writing again; later it is unlinked or
/// replaced by a rename, which both leave the mapped inode as it is. (A user's own files are never
/// mapped. What remains is a disk that fails while it pages a verified block in again: SIGBUS, as
/// for the pages of any running program.)
pub(super) fn map(file: &File, len: usize) -> io::Result<Bytes> {
    // SAFETY: the file is immutable for as long as it has a name or a mapping; see above.
    let map: Mmap = unsafe { MmapOptions::new().len(len).map(file)? };
    Ok(Bytes::from_owner(map))
}
