//! Directories that hold what commands write, for as long as somebody wants it.
//!
//! They are named by process, start time and number, and locked; whoever opens the scratch
//! directory next removes what a process that is no more has left.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::fs::{FlockOperation, flock};

const LOCK: &str = "lock";
/// Names where a mount of this directory is, for whoever clears up.
#[cfg(target_os = "linux")]
const TARGET: &str = "target";

static COUNT: AtomicU64 = AtomicU64::new(0);

/// A directory of this process; removed when dropped.
#[derive(Debug)]
pub(super) struct RunDir {
    path: PathBuf,
    lock: File,
    /// Leave it to the next one who sweeps.
    keep: bool,
}

impl RunDir {
    /// Makes a new one. Costs a few system calls.
    pub(super) fn new(scratch: &Path) -> io::Result<RunDir> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let name = format!("run-{pid}-{}-{number}", start_time(pid).unwrap_or(0));
        let path = scratch.join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        let lock = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .inspect_err(|_| {
                // Empty, and of no use.
                let _ = fs::remove_dir(&path);
            })?;
        // Nobody else can have it: the name is this process's.
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(RunDir { path, lock, keep: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory in it.
    pub(super) fn make(&self, name: &str, mode: u32) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        DirBuilder::new().mode(mode).create(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(path)
    }

    /// Empties a directory in it and makes it anew.
    pub(super) fn remake(&self, name: &str, mode: u32) -> io::Result<PathBuf> {
        match remove_tree(&self.path.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => self.make(name, mode),
        }
    }

    /// Leaves word of a mount, which a sweep ends first.
    #[cfg(target_os = "linux")]
    pub(super) fn note_mount(&self, target: &Path) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt;
        fs::write(self.path.join(TARGET), target.as_os_str().as_bytes())
    }

    /// It is still in use by a mount that could not be ended.
    pub(super) fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if !self.keep
            && let Err(e) = remove_tree(&self.path)
        {
            // A sweep by a later process tries again.
            tracing::warn!(path = %self.path.display(), "a run's directory cannot be removed: {e}");
        }
        // A child that another thread has just forked may hold the same open file.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

/// Removes what processes that are no more have left in `scratch`. Returns how many directories.
pub(super) fn sweep(scratch: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(scratch)? {
        let entry = entry?;
        if is_abandoned(&entry.file_name(), &entry.path()) {
            super::runner::end_stragglers(&entry.path());
            end_mount(&entry.path());
            match remove_tree(&entry.path()) {
                Ok(()) => removed += 1,
                Err(e) => {
                    tracing::warn!(path = %entry.path().display(), "cannot be removed: {e}");
                }
            }
        }
    }
    Ok(removed)
}

fn is_abandoned(name: &OsStr, path: &Path) -> bool {
    let Some(mut parts) =
        name.to_str().and_then(|name| name.strip_prefix("run-")).map(|rest| rest.split('-'))
    else {
        return false;
    };
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (Some(pid), Some(start)) = (number(), number()) else {
        return false;
    };
    let is_alive = u32::try_from(pid).is_ok_and(|pid| start_time(pid) == Some(start));
    if is_alive {
        return false;
    }
    // The process may be of another PID namespace: its lock tells.
    match File::open(path.join(LOCK)) {
        Ok(lock) => flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok(),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(target_os = "linux")]
fn end_mount(dir: &Path) {
    use std::os::unix::ffi::OsStrExt;
    if let Ok(target) = fs::read(dir.join(TARGET)) {
        let target = Path::new(OsStr::from_bytes(&target));
        if super::overlay::is_ours(target)
            && let Err(e) = super::overlay::unmount(target, true)
        {
            tracing::warn!(path = %target.display(), "a mount of an earlier run remains: {e}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn end_mount(_: &Path) {}

/// When a process started, in the kernel's ticks: together with its number it names it for good.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses and may contain anything.
    let after = stat.iter().rposition(|&b| b == b')')? + 1;
    let fields = std::str::from_utf8(stat.get(after..)?).ok()?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Removes a directory and all below, even where a command took away the permission to.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {}
        done => return done,
    }
    let mut dirs = vec![path.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        fs::set_permissions(&dir, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                dirs.push(entry.path());
            }
        }
    }
    fs::remove_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_swept() {
        let scratch = tempfile::tempdir().unwrap();
        let ours = RunDir::new(scratch.path()).unwrap();
        // Of a process that cannot be: there is no such start time.
        let gone = scratch.path().join(format!("run-{}-1-0", std::process::id()));
        fs::create_dir_all(gone.join("work/work")).unwrap();
        fs::set_permissions(gone.join("work/work"), Permissions::from_mode(0o000)).unwrap();
        let locked = scratch.path().join("run-999999999-1-0");
        fs::create_dir(&locked).unwrap();
        let lock = File::create(locked.join(LOCK)).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        let foreign = scratch.path().join("notes");
        fs::create_dir(&foreign).unwrap();

        assert_eq!(sweep(scratch.path()).unwrap(), 1);
        assert!(!gone.exists() && ours.path().exists() && locked.exists() && foreign.exists());
        // Not by closing it: a child that another test has just forked may have it open still.
        flock(&lock, FlockOperation::Unlock).unwrap();
        assert_eq!(sweep(scratch.path()).unwrap(), 1);
        let path = ours.path().to_path_buf();
        drop(ours);
        assert!(!path.exists());
    }
}
