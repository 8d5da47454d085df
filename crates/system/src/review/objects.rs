//! New objects of a repository, written loose: a file each, below a name of its own until it is whole,
//! as git does it.
//!
//! gix can write them too. A review commit makes some twenty at once, though, and what gix sets up for
//! each (the state of a compressor, of a quarter of a megabyte) costs as much as compressing them.

use std::{
    cell::RefCell,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use gix::{
    ObjectId,
    objs::{Kind, Write as _, WriteTo},
    zlib::{
        Compression, Status,
        stream::deflate::{Compress, FlushCompress},
    },
};

use super::error::{ReviewError, git};

/// Bytes that are compressed before they are written: most objects are one write.
const ROOM: usize = 64 << 10;
/// Names that are tried for a new file: those of processes that have died may be there.
const NAMES: usize = 64;

/// A repository and where its new objects go.
pub(super) struct Objects {
    pub(super) repo: gix::Repository,
    /// None: they are kept in memory and forgotten.
    loose: Option<RefCell<Loose>>,
}

impl Objects {
    /// New objects are written.
    pub(super) fn written(repo: gix::Repository) -> Objects {
        let loose = Loose::of(&repo);
        Objects { repo, loose: Some(RefCell::new(loose)) }
    }

    /// New objects can be read from the repository as it is here, and are gone with it.
    pub(super) fn imagined(repo: gix::Repository) -> Objects {
        Objects { repo: repo.with_object_memory(), loose: None }
    }

    /// Stores an object, unless it is there. It is not on the disk yet if the power fails.
    ///
    /// # Errors
    /// If it cannot be written; `doing` says what was to be done.
    pub(super) fn write(
        &self,
        doing: &'static str,
        kind: Kind,
        bytes: &[u8],
    ) -> Result<ObjectId, ReviewError> {
        let Some(loose) = &self.loose else {
            return git(doing, self.repo.objects.write_buf(kind, bytes));
        };
        let id = git(doing, gix::objs::compute_hash(self.repo.object_hash(), kind, bytes))?;
        if !self.repo.objects.exists_without_refresh(&id) {
            let written = loose.borrow_mut().write(id, kind, bytes);
            written.map_err(|err| ReviewError::Git { doing, reason: err.to_string() })?;
        }
        Ok(id)
    }

    /// Stores a tree or a commit.
    ///
    /// # Errors
    /// As [`Objects::write`].
    pub(super) fn encode(
        &self,
        doing: &'static str,
        object: &dyn WriteTo,
    ) -> Result<ObjectId, ReviewError> {
        let mut bytes = Vec::new();
        let encoded = object.write_to(&mut bytes);
        encoded.map_err(|err| ReviewError::Git { doing, reason: err.to_string() })?;
        self.write(doing, object.kind(), &bytes)
    }
}

/// Writes loose objects.
struct Loose {
    /// The repository's `objects`.
    dir: PathBuf,
    deflate: Compress,
    room: Vec<u8>,
}

impl Loose {
    fn of(repo: &gix::Repository) -> Loose {
        let config = repo.config_snapshot();
        let level = config.integer("core.looseCompression").or(config.integer("core.compression"));
        let level = match level.map(i32::try_from) {
            // zlib's own choice, which git asks for so.
            Some(Ok(-1)) => Some(Compression::DEFAULT),
            Some(Ok(level)) => Compression::new(level),
            _ => None,
        };
        Loose {
            dir: repo.objects.store_ref().path().to_path_buf(),
            deflate: Compress::new(level.unwrap_or(Compression::BEST_SPEED)),
            room: vec![0; ROOM],
        }
    }

    fn write(&mut self, id: ObjectId, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        let name = id.to_hex().to_string();
        let (dir, name) = name.split_at(2);
        let dir = self.dir.join(dir);
        let (file, temporary) = match new_file(&dir) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => match fs::create_dir(&dir) {
                Err(err) if err.kind() != io::ErrorKind::AlreadyExists => return Err(err),
                _ => new_file(&dir)?,
            },
            made => made?,
        };
        let written = self.fill(file, kind, bytes);
        let written = written.and_then(|()| fs::rename(&temporary, dir.join(name)));
        if written.is_err() {
            // What stays is swept away by `git gc`, which knows it by its name.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// The compressed object: its header, then its bytes.
    fn fill(&mut self, mut file: File, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        let header = gix::objs::encode::loose_header(kind, bytes.len() as u64);
        let (deflate, room) = (&mut self.deflate, &mut self.room);
        deflate.reset();
        let mut filled = 0;
        let parts = [(&header[..], FlushCompress::None), (bytes, FlushCompress::Finish)];
        for (mut rest, flush) in parts {
            loop {
                let (read, made) = (deflate.total_in(), deflate.total_out());
                let status = deflate.compress(rest, &mut room[filled..], flush);
                let status = status.map_err(io::Error::other)?;
                let (read, made) = (deflate.total_in() - read, deflate.total_out() - made);
                rest = &rest[read as usize..];
                filled += made as usize;
                let is_last = matches!(flush, FlushCompress::Finish);
                if matches!(status, Status::StreamEnd) || !is_last && rest.is_empty() {
                    break;
                }
                if filled == room.len() {
                    file.write_all(room)?;
                    filled = 0;
                } else if read == 0 && made == 0 {
                    return Err(io::Error::other("it cannot be compressed"));
                }
            }
        }
        file.write_all(&room[..filled])
    }
}

/// A file of a name that is nobody's.
fn new_file(dir: &Path) -> io::Result<(File, PathBuf)> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o444);
    let mut last = None;
    for _ in 0..NAMES {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("tmp_obj_{:x}_{number:x}", std::process::id()));
        match options.open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => last = Some(err),
            Err(err) => return Err(err),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
}
