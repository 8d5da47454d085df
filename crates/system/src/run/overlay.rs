//! The best way: an overlay over the workspace at its own path, in a mount namespace of its own.
//!
//! Only a process with one thread may enter a user namespace, so this runs in the helper
//! ([`super::child_main`]), never in the daemon.

use std::{
    ffi::CString,
    fs, io,
    os::{fd::AsRawFd, unix::ffi::OsStrExt},
    path::Path,
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
    mount::{MountFlags, MountPropagationFlags, UnmountFlags},
    process::{getegid, geteuid},
    thread::UnshareFlags,
};

use super::prepare::{UPPER, WORK};
use crate::root::words;

/// How the sources of our mounts begin in the table of mounts; the name of the run follows.
const SOURCE: &str = "coderoom:";

/// Moves this process to a mount namespace of its own.
///
/// # Errors
/// Says which step the system does not allow, and what could be done about it.
pub(super) fn enter_namespace() -> Result<(), String> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    // Root needs no user namespace, and keeps being able to act as every user without one.
    let as_root = uid == 0 && unshare(UnshareFlags::NEWNS).is_ok();
    if !as_root {
        unshare(UnshareFlags::NEWNS | UnshareFlags::NEWUSER).map_err(|e| {
            format!(
                "user namespaces are not allowed here ({}); the sysctls \
                 user.max_user_namespaces, kernel.unprivileged_userns_clone and \
                 kernel.apparmor_restrict_unprivileged_userns decide this",
                words(e)
            )
        })?;
        let map = |file: &str, line: String| {
            fs::write(file, line).map_err(|e| format!("{file} cannot be written: {e}"))
        };
        // Without it, an ordinary user may not map groups.
        map("/proc/self/setgroups", "deny".into())?;
        map("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
        map("/proc/self/gid_map", format!("{gid} {gid} 1"))?;
    }
    let receive_only = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", receive_only)
        .map_err(|e| format!("mounts cannot be made private: {}", words(e)))
}

fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // What makes it unsafe is UnshareFlags::FILES, which is never given.
    #[allow(deprecated)]
    rustix::thread::unshare(flags)
}

/// Mounts an overlay at `target`: `root` below, `run_dir/upper` above.
///
/// # Errors
/// Says why the kernel does not do it.
pub(super) fn mount(root: &Path, run_dir: &Path, target: &Path) -> Result<(), String> {
    if let Some(inner) = mounted_below(root) {
        return Err(format!(
            "something else is mounted in the workspace, at {inner}, which an overlay would hide"
        ));
    }
    let open = |path: &Path| {
        rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|e| format!("{}: {}", path.display(), words(e)))
    };
    let lower = open(root)?;
    let upper = open(&run_dir.join(UPPER))?;
    let work = open(&run_dir.join(WORK))?;
    // By descriptor: paths would need escapes, which kernels disagree about.
    let layers = format!(
        "lowerdir=/proc/self/fd/{},upperdir=/proc/self/fd/{},workdir=/proc/self/fd/{}",
        lower.as_raw_fd(),
        upper.as_raw_fd(),
        work.as_raw_fd()
    );
    // `volatile`: nobody needs these files after a crash, so nothing is flushed. `userxattr`: what
    // an ordinary user may set. Without it, renames of directories must not leave references.
    let tries = [",userxattr,volatile", ",userxattr", ",redirect_dir=off,metacopy=off"];
    let source = source(run_dir);
    let mut last = Errno::INVAL;
    for options in tries {
        let data = CString::new([&layers, options].concat()).map_err(|e| e.to_string())?;
        match rustix::mount::mount(&source, target, "overlay", MountFlags::empty(), &*data) {
            Ok(()) => return Ok(()),
            Err(e @ (Errno::INVAL | Errno::OPNOTSUPP)) => last = e,
            Err(e) => {
                last = e;
                break;
            }
        }
    }
    Err(match last {
        Errno::NODEV => "the kernel has no overlayfs (the module `overlay` is missing)".into(),
        Errno::PERM | Errno::ACCESS => format!(
            "overlayfs may not be mounted here ({}); it takes Linux 5.11 and no security module \
             that forbids it",
            words(last)
        ),
        _ => format!(
            "overlayfs refuses these directories ({}): {} must be on a file system with extended \
             attributes that is no overlay itself",
            words(last),
            run_dir.display()
        ),
    })
}

/// A mount point below `root`, if there is one. An overlay shows the empty directory underneath.
fn mounted_below(root: &Path) -> Option<String> {
    let table = fs::read("/proc/self/mountinfo").ok()?;
    let root = root.as_os_str().as_bytes();
    table.split(|&b| b == b'\n').find_map(|line| {
        let point = unescape(line.split(|&b| b == b' ').nth(4)?);
        let rest = point.strip_prefix(root)?;
        let is_below = rest.len() > 1 && (rest[0] == b'/' || root == b"/");
        is_below.then(|| String::from_utf8_lossy(&point).into_owned())
    })
}

/// The kernel writes blanks, line ends and backslashes as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| first == b'\\');
        let code = digits.and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 8).ok());
        out.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    out
}

/// Ends a mount of ours; with `force`, also while it is used.
///
/// # Errors
/// The system's words.
pub(super) fn unmount(target: &Path, force: bool) -> io::Result<()> {
    let detach = if force { UnmountFlags::DETACH } else { UnmountFlags::empty() };
    Ok(rustix::mount::unmount(target, detach | UnmountFlags::NOFOLLOW)?)
}

/// No two runs have the same, even one after the other.
fn source(run_dir: &Path) -> Vec<u8> {
    let name = run_dir.file_name().unwrap_or_default().as_bytes();
    [SOURCE.as_bytes(), name].concat()
}

/// Whether an overlay of ours is mounted at `target`.
pub(super) fn is_ours(target: &Path) -> bool {
    has_overlay("self", |point, source| {
        point == target.as_os_str().as_bytes() && source.starts_with(SOURCE.as_bytes())
    })
}

/// Whether a process sees the overlay of the run in `run_dir`.
pub(super) fn is_seen_by(process: &str, run_dir: &Path) -> bool {
    let name = source(run_dir);
    has_overlay(process, |_, source| source == name)
}

/// Whether a process sees an overlay for which `test` holds, given its place and its source.
fn has_overlay(process: &str, test: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let Ok(table) = fs::read(format!("/proc/{process}/mountinfo")) else {
        return false;
    };
    table.split(|&b| b == b'\n').any(|line| {
        let mut fields = line.split(|&b| b == b' ');
        let Some(point) = fields.nth(4).map(unescape) else {
            return false;
        };
        // After a lone hyphen: type and source.
        let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
        let is_overlay = fields.next() == Some(b"overlay");
        is_overlay && fields.next().is_some_and(|source| test(&point, &unescape(source)))
    })
}

/// The name of the mount namespace of a process: equal for processes that share one.
pub(super) fn namespace_of(process: &str) -> Option<Vec<u8>> {
    let link = fs::read_link(format!("/proc/{process}/ns/mnt")).ok()?;
    Some(link.as_os_str().as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_as_the_kernel_writes_them() {
        assert_eq!(unescape(b"/a\\040b\\134c"), b"/a b\\c");
        assert_eq!(unescape(b"/plain\\04"), b"/plain\\04");
        assert!(mounted_below(Path::new("/")).is_some());
        assert_eq!(mounted_below(Path::new("/proc/self/nothing")), None);
    }
}
