//! What the writes of a process that was killed have left beside files.

use bytes::Bytes;
use coderoom_engine::RelPath;
use rustix::{fs::AtFlags, io::Errno};

use super::{
    Disk, DiskError, LARGEST,
    read::io_error,
    write::{PREFIX, SUFFIX},
};

impl Disk {
    /// Removes from a directory what writes of a process that was killed have left beside files, if
    /// `is_known` says that its bytes are ours. Gives the others: they may be somebody's only copy.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn sweep(
        &self,
        dir: &RelPath,
        is_known: &dyn Fn(&Bytes) -> bool,
    ) -> Result<Vec<RelPath>, DiskError> {
        let fd = match self.root.dir(dir) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(errno) => return Err(io_error("read", dir, errno)),
        };
        let entries = rustix::fs::Dir::read_from(&fd).map_err(|it| io_error("read", dir, it))?;
        let own = format!("{PREFIX}{}-", std::process::id());
        let mut kept = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_bytes();
            let ours = name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
            if !ours || name.starts_with(own.as_bytes()) {
                continue;
            }
            let path = dir.join(name);
            match self.read(&path, LARGEST) {
                Ok(Some(file)) if !is_known(&file.bytes) => kept.push(path),
                Err(_) => kept.push(path),
                Ok(Some(_)) => {
                    rustix::fs::unlinkat(&fd, name, AtFlags::empty())
                        .map_err(|errno| io_error("remove", &path, errno))?;
                }
                Ok(None) => {}
            }
        }
        Ok(kept)
    }
}
