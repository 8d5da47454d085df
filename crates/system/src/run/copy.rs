//! The way that works everywhere: a copy of the workspace, sharing its blocks where the file system
//! can.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
};

use super::{Control, Limits, Way, touched::open_file};

const STOPPED: &str = "it was stopped before the copy was complete";

/// What is to be copied. Sockets, pipes and devices are left out.
#[derive(Debug)]
pub(super) struct Plan {
    /// Parents before what they hold.
    entries: Vec<Entry>,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    /// Below the root.
    path: PathBuf,
    kind: Kind,
    mode: u32,
    mtime: std::time::SystemTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dir,
    File,
    Link,
}

impl Plan {
    /// Looks at all of `root` but the directories `except`.
    ///
    /// # Errors
    /// Says what cannot be read, or that there is too much.
    pub(super) fn new(
        root: &Path,
        except: &[&Path],
        most: usize,
        control: &Control,
    ) -> Result<Plan, String> {
        let mut plan = Plan { entries: Vec::new(), bytes: 0 };
        let mut dirs = vec![PathBuf::new()];
        while let Some(dir) = dirs.pop() {
            if control.is_stopped() {
                return Err(STOPPED.into());
            }
            let at = root.join(&dir);
            let fail = |e: io::Error| format!("{} cannot be listed: {e}", at.display());
            for entry in fs::read_dir(&at).map_err(fail)? {
                let entry = entry.map_err(fail)?;
                let meta = entry.metadata().map_err(fail)?;
                let path = dir.join(entry.file_name());
                let kind = match meta.file_type() {
                    t if t.is_dir() && except.contains(&&*root.join(&path)) => continue,
                    t if t.is_dir() => Kind::Dir,
                    t if t.is_symlink() => Kind::Link,
                    t if t.is_file() => Kind::File,
                    _ => continue,
                };
                match kind {
                    Kind::Dir => dirs.push(path.clone()),
                    Kind::File => plan.bytes += meta.len(),
                    Kind::Link => {}
                }
                let mtime = meta.modified().map_err(fail)?;
                plan.entries.push(Entry { path, kind, mode: meta.mode() & 0o7777, mtime });
                if plan.entries.len() > most {
                    return Err(format!(
                        "the workspace has more than {most} files and directories, which is the \
                         limit for a copy; raise it, or make overlays possible"
                    ));
                }
            }
        }
        Ok(plan)
    }

    /// Whether a copy may be this large.
    ///
    /// # Errors
    /// Says that it may not.
    pub(super) fn fits(&self, limits: &Limits) -> Result<(), String> {
        if self.bytes <= limits.copy_bytes {
            return Ok(());
        }
        Err(format!(
            "the workspace has {} bytes and a copy may have {}; raise the limit, or make overlays \
             possible",
            self.bytes, limits.copy_bytes
        ))
    }

    /// Whether blocks of `root` can be shared with files in `to`, found out by trying.
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn can_share(&self, root: &Path, to: &Path) -> Result<(), String> {
        let Some(file) = self.entries.iter().find(|entry| entry.kind == Kind::File) else {
            return Ok(());
        };
        let probe = to.join(".probe");
        let result = File::create(&probe)
            .and_then(|probe| share(&open_file(&root.join(&file.path))?, &probe));
        // The copy is removed as a whole if this fails.
        let _ = fs::remove_file(&probe);
        result.map_err(|e| {
            format!("the file systems of the workspace and {} share no blocks: {e}", to.display())
        })
    }

    /// Copies to the empty directory `to`, with permissions and times. Links into the workspace are
    /// turned towards the copy, so that nothing is written through them.
    ///
    /// # Errors
    /// The first that the system reports, with the path.
    pub(super) fn copy(
        &self,
        root: &Path,
        to: &Path,
        way: Way,
        control: &Control,
    ) -> io::Result<()> {
        for entry in &self.entries {
            if control.is_stopped() {
                return Err(io::Error::other(STOPPED));
            }
            self.copy_entry(root, to, way, entry).map_err(|e| {
                io::Error::new(e.kind(), format!("{}: {e}", root.join(&entry.path).display()))
            })?;
        }
        // Last, because filling a directory changes its time and takes the permission to.
        for entry in self.entries.iter().rev().filter(|entry| entry.kind == Kind::Dir) {
            let at = to.join(&entry.path);
            File::open(&at)?.set_modified(entry.mtime)?;
            fs::set_permissions(&at, Permissions::from_mode(entry.mode))?;
        }
        Ok(())
    }

    fn copy_entry(&self, root: &Path, to: &Path, way: Way, entry: &Entry) -> io::Result<()> {
        let (from, to_path) = (root.join(&entry.path), to.join(&entry.path));
        match entry.kind {
            Kind::Dir => fs::create_dir(&to_path),
            Kind::Link => symlink(turned(fs::read_link(&from)?, root, to), &to_path),
            Kind::File => {
                let mut source = open_file(&from)?;
                let mut file =
                    File::options().write(true).create_new(true).mode(0o600).open(&to_path)?;
                if way != Way::Reflink || share(&source, &file).is_err() {
                    io::copy(&mut source, &mut file)?;
                }
                file.set_permissions(Permissions::from_mode(entry.mode))?;
                file.set_modified(entry.mtime)
            }
        }
    }
}

/// A link's target, in the copy if it was in the workspace.
fn turned(target: PathBuf, root: &Path, to: &Path) -> PathBuf {
    if !target.is_absolute() {
        return target;
    }
    match target.strip_prefix(root) {
        Ok(below) if below.as_os_str().is_empty() => to.to_path_buf(),
        Ok(below) => to.join(below),
        Err(_) => target,
    }
}

/// The other way round, for what a command has linked.
pub(super) fn turned_back(target: &[u8], root: &Path, to: &Path) -> Vec<u8> {
    let target = PathBuf::from(std::ffi::OsString::from_vec(target.to_vec()));
    turned(target, to, root).as_os_str().as_bytes().to_vec()
}

#[cfg(target_os = "linux")]
fn share(from: &File, to: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(to, from)?)
}

#[cfg(not(target_os = "linux"))]
fn share(_: &File, _: &File) -> io::Result<()> {
    Err(io::Error::other("not built in for this system"))
}
