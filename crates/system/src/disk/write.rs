//! Puts one file in place of another, atomically, and looks at what it has replaced.
//!
//! The new file is made beside the old one and the two change places in one step; then the old one,
//! which nobody can write to under its old name any more, is read once more. If it is not what was
//! expected, they change back: whatever somebody else wrote meanwhile is never lost.

use std::{
    fs::File,
    io::{self, Seek, Write},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use coderoom_engine::{FileMode, RelPath};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{AtFlags, Mode, OFlags, RenameFlags, Stat},
    io::Errno,
};

use crate::crash;

use super::{
    Disk, DiskError, DiskFile, Expected, LARGEST,
    read::{io_error, mode_of},
};

/// What a path is to become.
#[derive(Clone, Debug)]
pub enum Target {
    /// Gone.
    Absent,
    /// A file with these bytes. Without a mode it keeps the one that it has.
    File(Bytes, Option<FileMode>),
}

/// How a write ended.
#[derive(Debug)]
pub enum Written {
    /// It is done.
    Done,
    /// Something else is there: this, or nothing. It was left alone.
    Changed(Option<DiskFile>),
}

/// Names that no two writes share.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What the names of files that are about to take another's place begin and end with.
pub(super) const PREFIX: &str = ".coderoom-";
pub(super) const SUFFIX: &str = ".tmp";

/// A name for a file that is about to take another's place.
fn beside() -> Vec<u8> {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{}-{n}{SUFFIX}", std::process::id()).into_bytes()
}

impl Disk {
    /// Makes `path` what `target` says if it is what `expected` says.
    ///
    /// Keeps owner, permissions and other names of the file. With `durable` the bytes are on disk
    /// when this returns.
    ///
    /// # Errors
    /// If it cannot be written; then it is as it was.
    pub fn write(
        &self,
        path: &RelPath,
        expected: &Expected,
        target: &Target,
        durable: bool,
    ) -> Result<Written, DiskError> {
        let now = self.read(path, LARGEST)?;
        let as_expected = match (&now, expected) {
            (None, Expected::Absent) => true,
            (Some(file), expected) => file.is(expected),
            (None, Expected::File(..)) => false,
        };
        if !as_expected {
            return Ok(Written::Changed(now));
        }
        match (now, target) {
            (None, Target::Absent) => {
                // Whoever removed it may have died before this.
                self.drop_empty_dirs(path);
                Ok(Written::Done)
            }
            (None, Target::File(bytes, mode)) => self.create(path, bytes, *mode, durable),
            (Some(_), Target::Absent) => self.remove(path, expected),
            (Some(old), Target::File(bytes, mode)) => {
                let links = [Some(old.mode), *mode].contains(&Some(FileMode::Link));
                if old.is_linked && !links {
                    self.overwrite(path, &old.bytes, bytes, *mode, durable)
                } else {
                    self.replace(path, expected, bytes, *mode, durable)
                }
            }
        }
    }

    fn create(
        &self,
        path: &RelPath,
        bytes: &Bytes,
        mode: Option<FileMode>,
        durable: bool,
    ) -> Result<Written, DiskError> {
        let made = self.make_dirs(path)?;
        let (parent, name) = self.parent(path)?;
        let temporary = beside();
        if let Err(err) = self.make(path, &parent, &temporary, bytes, mode, None, durable) {
            self.unmake_dirs(&made);
            return Err(err);
        }
        crash::step("create: beside");
        match rename(&parent, &temporary, name, RenameFlags::NOREPLACE) {
            Ok(()) => {
                crash::step("create: in place");
                Ok(Written::Done)
            }
            Err(errno) => {
                let _ = rustix::fs::unlinkat(&parent, &temporary[..], AtFlags::empty());
                match errno {
                    Errno::EXIST => Ok(Written::Changed(self.read(path, LARGEST)?)),
                    errno => Err(io_error("write", path, errno)),
                }
            }
        }
    }

    fn replace(
        &self,
        path: &RelPath,
        expected: &Expected,
        bytes: &Bytes,
        mode: Option<FileMode>,
        durable: bool,
    ) -> Result<Written, DiskError> {
        let fail = |errno| io_error("write", path, errno);
        let (parent, name) = self.parent(path)?;
        let old = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(fail)?;
        let temporary = beside();
        self.make(path, &parent, &temporary, bytes, mode, Some(&old), durable)?;
        let drop_temporary =
            || rustix::fs::unlinkat(&parent, &temporary[..], AtFlags::empty()).is_ok();
        crash::step("replace: beside");
        if let Err(errno) = rename(&parent, &temporary, name, RenameFlags::EXCHANGE) {
            drop_temporary();
            return match errno {
                Errno::NOENT => Ok(Written::Changed(None)),
                errno => Err(fail(errno)),
            };
        }
        crash::step("replace: in place");
        let replaced = self.read(&sibling(path, &temporary), LARGEST);
        if matches!(&replaced, Ok(Some(file)) if file.is(expected)) {
            drop_temporary();
            crash::step("replace: done");
            if durable {
                rustix::fs::fsync(&parent).map_err(fail)?;
            }
            return Ok(Written::Done);
        }
        rename(&parent, &temporary, name, RenameFlags::EXCHANGE).map_err(fail)?;
        crash::step("replace: back");
        drop_temporary();
        Ok(Written::Changed(self.read(path, LARGEST)?))
    }

    fn remove(&self, path: &RelPath, expected: &Expected) -> Result<Written, DiskError> {
        let fail = |errno| io_error("remove", path, errno);
        let (parent, name) = self.parent(path)?;
        let temporary = beside();
        if let Err(errno) = rename_to(&parent, name, &temporary) {
            return match errno {
                Errno::NOENT => Ok(Written::Changed(None)),
                errno => Err(fail(errno)),
            };
        }
        crash::step("remove: aside");
        let removed = self.read(&sibling(path, &temporary), LARGEST);
        if matches!(&removed, Ok(Some(file)) if file.is(expected)) {
            rustix::fs::unlinkat(&parent, &temporary[..], AtFlags::empty()).map_err(fail)?;
            crash::step("remove: gone");
            self.drop_empty_dirs(path);
            return Ok(Written::Done);
        }
        // Somebody who has made a new file in the meantime keeps it; ours stays beside it.
        rename(&parent, &temporary, name, RenameFlags::NOREPLACE).map_err(fail)?;
        Ok(Written::Changed(self.read(path, LARGEST)?))
    }

    /// Writes into the file itself: it has other names, which must go on naming it. Room for all of
    /// it is made first, so that a full disk is found before anything is written over.
    fn overwrite(
        &self,
        path: &RelPath,
        old: &Bytes,
        bytes: &Bytes,
        mode: Option<FileMode>,
        durable: bool,
    ) -> Result<Written, DiskError> {
        let fail = |errno| io_error("write", path, errno);
        let mut file = File::from(self.root.writable(path).map_err(fail)?);
        let io = |source| DiskError::Io { doing: "write", path: path.clone(), source };
        if let Err(err) = overwritten(&mut file, old, bytes) {
            // What was there has its room, so that it can be put back.
            let back = file.rewind().and_then(|()| file.write_all(old));
            if let Err(err) = back.and_then(|()| file.set_len(old.len() as u64)) {
                tracing::error!(%path, %err, "a file that is half written cannot be put back");
            }
            return Err(io(err));
        }
        crash::step("overwrite: bytes");
        if let Some(mode) = mode {
            let stat = rustix::fs::fstat(&file).map_err(fail)?;
            rustix::fs::fchmod(&file, permissions(Some(mode), Some(&stat))).map_err(fail)?;
        }
        if durable {
            file.sync_data().map_err(io)?;
        }
        Ok(Written::Done)
    }

    /// Makes a file of this name with the owner and permissions of `like`.
    #[expect(clippy::too_many_arguments, reason = "all of it is one file")]
    fn make(
        &self,
        path: &RelPath,
        parent: &OwnedFd,
        name: &[u8],
        bytes: &Bytes,
        mode: Option<FileMode>,
        like: Option<&Stat>,
        durable: bool,
    ) -> Result<(), DiskError> {
        let fail = |errno| io_error("write", path, errno);
        let kept = like.map(mode_of);
        if mode.or(kept) == Some(FileMode::Link) {
            return rustix::fs::symlinkat(&bytes[..], parent, name).map_err(fail);
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        // A new file gets what the user's umask leaves of the usual bits.
        let created = if mode == Some(FileMode::Executable) { 0o777 } else { 0o666 };
        let created = if like.is_some() { 0o600 } else { created };
        let bits = Mode::from_raw_mode(created);
        let file = rustix::fs::openat(parent, name, flags | OFlags::CLOEXEC, bits).map_err(fail)?;
        let file = File::from(file);
        let made = crash::write_all(&file, bytes, "beside: half").and_then(|()| {
            let regular = like.filter(|stat| mode_of(stat) != FileMode::Link);
            if let Some(stat) = regular {
                keep_owner(&file, stat);
                rustix::fs::fchmod(&file, permissions(mode, Some(stat)))?;
            } else if like.is_some() {
                rustix::fs::fchmod(&file, permissions(mode, None))?;
            }
            if durable { file.sync_data() } else { Ok(()) }
        });
        made.map_err(|source| {
            let _ = rustix::fs::unlinkat(parent, name, AtFlags::empty());
            DiskError::Io { doing: "write", path: path.clone(), source }
        })
    }

    /// The directory of a path, open, and the path's last part.
    pub(super) fn parent<'p>(&self, path: &'p RelPath) -> Result<(OwnedFd, &'p [u8]), DiskError> {
        let dir = path.parent().unwrap_or_else(RelPath::root);
        match self.root.dir(&dir) {
            Ok(fd) => Ok((fd, path.file_name())),
            Err(Errno::LOOP) => Err(DiskError::ThroughLink { path: path.clone() }),
            Err(errno) => Err(io_error("open the directory of", path, errno)),
        }
    }

    /// Makes the directories that a path needs, following no link. Gives those that were not there,
    /// the deepest first.
    fn make_dirs(&self, path: &RelPath) -> Result<Vec<RelPath>, DiskError> {
        let Some(dir) = path.parent() else { return Ok(Vec::new()) };
        let mut missing: Vec<RelPath> = Vec::new();
        for above in std::iter::successors(Some(dir), RelPath::parent) {
            match self.root.dir(&above) {
                Ok(_) => break,
                Err(Errno::NOENT) => missing.push(above),
                Err(Errno::LOOP) => return Err(DiskError::ThroughLink { path: path.clone() }),
                Err(Errno::NOTDIR) => return Err(DiskError::NotDirectory { path: path.clone() }),
                Err(errno) => return Err(io_error("open the directory of", path, errno)),
            }
        }
        for (n, dir) in missing.iter().enumerate().rev() {
            let (parent, name) = self.parent(dir)?;
            match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => crash::step("create: a directory"),
                Err(errno) => {
                    self.unmake_dirs(&missing[n + 1..]);
                    return Err(io_error("make the directory", dir, errno));
                }
            }
        }
        Ok(missing)
    }

    /// Removes directories that were made for a file that could not be: those that are empty.
    fn unmake_dirs(&self, made: &[RelPath]) {
        for dir in made {
            if let Ok((parent, name)) = self.parent(dir) {
                let _ = rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR);
            }
        }
    }

    /// Removes the directories above a removed file that have become empty, as git does.
    fn drop_empty_dirs(&self, path: &RelPath) {
        for dir in std::iter::successors(path.parent(), RelPath::parent) {
            if dir.is_root() {
                return;
            }
            let Ok((parent, name)) = self.parent(&dir) else { return };
            if rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR).is_err() {
                return;
            }
        }
    }
}

/// Writes `bytes` over what a file has, which is `old`.
fn overwritten(file: &mut File, old: &Bytes, bytes: &Bytes) -> io::Result<()> {
    if bytes.len() > old.len() {
        let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
        let (from, more) = (old.len() as u64, (bytes.len() - old.len()) as u64);
        match rustix::fs::fallocate(&*file, flags, from, more) {
            // Not every file system can say; then the disk says it while it is written.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    crash::write_all(file, bytes, "overwrite: half")?;
    crash::step("overwrite: length");
    file.set_len(bytes.len() as u64)
}

/// Whether `there` is what a crash leaves of a file with several names while `new` is being written
/// over `old`: some bytes of the new one, then the rest of the old one.
pub fn is_half_written(old: &[u8], new: &[u8], there: &[u8]) -> bool {
    let written = there.iter().zip(new).take_while(|(a, b)| a == b).count();
    there[written..] == old[written.min(old.len())..]
}

fn sibling(path: &RelPath, name: &[u8]) -> RelPath {
    path.parent().unwrap_or_else(RelPath::root).join(name)
}

fn rename(parent: &OwnedFd, from: &[u8], to: &[u8], how: RenameFlags) -> Result<(), Errno> {
    rustix::fs::renameat_with(parent.as_fd(), from, parent.as_fd(), to, how)
}

fn rename_to(parent: &OwnedFd, from: &[u8], to: &[u8]) -> Result<(), Errno> {
    rename(parent, from, to, RenameFlags::NOREPLACE)
}

/// The permissions of a file of this mode: the old ones, with or without the right to execute
/// wherever there is the right to read.
fn permissions(mode: Option<FileMode>, like: Option<&Stat>) -> Mode {
    let old = like.map_or(0o644, |stat| stat.st_mode & 0o7777);
    Mode::from_raw_mode(match mode {
        Some(FileMode::Executable) => old | (old & 0o444) >> 2,
        Some(FileMode::File) => old & !0o111,
        Some(FileMode::Link) | None => old,
    })
}

/// Gives a file the owner of another as far as this user may.
fn keep_owner(file: &File, like: &Stat) {
    let Ok(own) = rustix::fs::fstat(file) else { return };
    if (own.st_uid, own.st_gid) == (like.st_uid, like.st_gid) {
        return;
    }
    let (uid, gid) =
        (rustix::fs::Uid::from_raw(like.st_uid), rustix::fs::Gid::from_raw(like.st_gid));
    let both = rustix::fs::fchown(file, Some(uid), Some(gid));
    if both.is_err() && rustix::fs::fchown(file, None, Some(gid)).is_err() {
        tracing::debug!("a file's owner could not be kept");
    }
}
