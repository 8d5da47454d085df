//! Reads one file, trusting no `stat` that it has not seen on both sides of the read.

use bytes::Bytes;
use coderoom_engine::{Body, RelPath, Stamp, TextStore};
use rustix::{
    fd::OwnedFd,
    fs::{FileType, Stat},
    io::Errno,
};

use crate::root::{Root, file_type, is_absence, now_ns, stamp, words};

/// How often a file that changes while it is read is read again. A writer that is faster than this
/// makes another event, so what is kept after the last try is corrected soon.
const TRIES: usize = 8;

/// What came of reading a path.
pub(crate) enum Outcome {
    /// A regular file with this body.
    File(Body, Stamp),
    /// No regular file is there.
    Absent,
}

/// Reads the file at `path`.
pub(crate) fn read_file(
    root: &Root,
    path: &RelPath,
    max_file_size: u64,
    store: &TextStore,
) -> Outcome {
    let read_ns = now_ns();
    match open_and_read(root, path, max_file_size, read_ns) {
        Ok(Some((contents, stat))) => {
            let body = match contents {
                Contents::TooLarge => Body::TooLarge,
                Contents::Bytes(bytes) => store.intern(bytes).map_or(Body::Binary, Body::Text),
            };
            Outcome::File(body, stamp(&stat, read_ns))
        }
        Ok(None) => Outcome::Absent,
        Err(error) if is_absence(error) => Outcome::Absent,
        Err(error) => match root.stat(path) {
            Ok(stat) if file_type(&stat) == FileType::RegularFile => {
                Outcome::File(Body::Unreadable(words(error).into()), stamp(&stat, read_ns))
            }
            // The directory may not be searched any more: the name is all that is known.
            Err(Errno::ACCESS) => Outcome::File(
                Body::Unreadable(words(error).into()),
                Stamp { read_ns, ..Stamp::default() },
            ),
            _ => Outcome::Absent,
        },
    }
}

/// What a regular file holds.
pub(crate) enum Contents {
    /// All of it.
    Bytes(Bytes),
    /// More than was asked for.
    TooLarge,
}

/// The contents with a `stat` that belongs to them; or nothing if it is not a regular file.
pub(crate) fn open_and_read(
    root: &Root,
    path: &RelPath,
    max_file_size: u64,
    read_ns: i64,
) -> Result<Option<(Contents, Stat)>, Errno> {
    let file = root.file(path)?;
    let mut before = rustix::fs::fstat(&file)?;
    if file_type(&before) != FileType::RegularFile {
        return Ok(None);
    }
    let mut contents = Bytes::new();
    for _ in 0..TRIES {
        let size = stamp(&before, read_ns).size;
        if size > max_file_size {
            return Ok(Some((Contents::TooLarge, before)));
        }
        contents = read_bytes(&file, size)?;
        let after = rustix::fs::fstat(&file)?;
        let is_steady = stamp(&after, read_ns) == stamp(&before, read_ns);
        before = after;
        if is_steady && contents.len() as u64 == size {
            break;
        }
    }
    Ok(Some((Contents::Bytes(contents), before)))
}

/// At most `size` bytes from the start, straight into a buffer of exactly that size.
fn read_bytes(file: &OwnedFd, size: u64) -> Result<Bytes, Errno> {
    let size = usize::try_from(size).map_err(|_| Errno::FBIG)?;
    let mut buffer: Vec<u8> = Vec::new();
    if buffer.try_reserve_exact(size).is_err() {
        return Err(Errno::NOMEM);
    }
    while buffer.len() < size {
        let offset = buffer.len() as u64;
        match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut buffer), offset) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Bytes::from(buffer))
}
