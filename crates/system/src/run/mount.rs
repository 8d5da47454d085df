//! A session as a directory, for an editor or an IDE.
//!
//! A mount that every program sees takes root (or FUSE); without, the directory is filled with a
//! copy. A user namespace is no help: its mounts are seen only by programs started in it.

use std::{fs, io, path::PathBuf};

use bytes::Bytes;

use super::{
    Changes, Control, IgnoredPaths, Limits, Overlaid, Refusal, RunError, Runner, Touched, Way,
    base::Base,
    ignored::Ignored,
    prepare::{Layer, NO_FUSE, Preparer, check_edits},
    runner::{open_root, read},
    scratch::{RunDir, remove_tree},
    touched::Gatherer,
};

/// What is to be shown where.
#[derive(Clone, Debug)]
pub struct MountRequest {
    /// The workspace.
    pub root: PathBuf,
    /// How the session differs from the disk; each path once.
    pub overlaid: Vec<Overlaid>,
    /// The directory: empty, or to be made. It must lie outside of the workspace.
    pub at: PathBuf,
    /// Its limits for copies and for touched paths count.
    pub limits: Limits,
    /// The ways that may be taken, in the order they are tried.
    pub ways: Vec<Way>,
}

impl MountRequest {
    /// A request with the usual limits, in any way that works.
    pub fn new(
        root: impl Into<PathBuf>,
        overlaid: Vec<Overlaid>,
        at: impl Into<PathBuf>,
    ) -> MountRequest {
        MountRequest {
            root: root.into(),
            overlaid,
            at: at.into(),
            limits: Limits::default(),
            ways: Way::ALL.to_vec(),
        }
    }
}

/// A session that is shown in a directory, until this is unmounted or dropped.
///
/// What is written there stays there: [`Mount::changes`] tells it. Later edits of the session do not
/// appear. A copy that a crash leaves behind is not removed; an overlay is unmounted by the next
/// [`Runner::open`].
pub struct Mount {
    request: MountRequest,
    layer: Layer,
    refused: Vec<Refusal>,
    made_directory: bool,
    is_mounted: bool,
    dir: RunDir,
}

impl Runner {
    /// Shows a session in a directory. An overlay costs some milliseconds, a copy the whole tree;
    /// a copy that is being made ends when `control` is stopped.
    ///
    /// # Errors
    /// If the directory will not do or no way works.
    pub fn mount(&self, mut request: MountRequest, control: &Control) -> Result<Mount, RunError> {
        check_edits(&request.overlaid)?;
        request.root = open_root(&request.root)?;
        let (at, made_directory) = open_target(&request)?;
        request.at = at;
        let result = self.mount_at(&request, control);
        let (layer, refused, dir) = match result {
            Ok(done) => done,
            Err(e) => {
                if made_directory {
                    // It was not there before; it is empty, unless somebody else uses it.
                    let _ = fs::remove_dir(&request.at);
                }
                return Err(e);
            }
        };
        Ok(Mount { request, layer, refused, made_directory, is_mounted: true, dir })
    }

    fn mount_at(
        &self,
        request: &MountRequest,
        control: &Control,
    ) -> Result<(Layer, Vec<Refusal>, RunDir), RunError> {
        let dir = self.new_dir()?;
        let mut refused = Vec::new();
        for &way in &request.ways {
            let mut preparer =
                Preparer::new(&request.root, &dir, &request.overlaid, &request.limits, control);
            let layer = match way {
                Way::Fuse => Err(NO_FUSE.to_string()),
                Way::Overlay => mount_overlay(&preparer, request, &dir)?,
                Way::Reflink | Way::Copy => {
                    preparer.copy(way, request.at.clone()).inspect_err(|_| empty(request))
                }
            };
            match layer {
                Ok(layer) => return Ok((layer, refused, dir)),
                Err(reason) => refused.push(Refusal::new(way, reason)),
            }
        }
        Err(RunError::NoWay(refused))
    }
}

/// Where it is to be, and whether it was made for that.
fn open_target(request: &MountRequest) -> Result<(PathBuf, bool), RunError> {
    let at = &request.at;
    let bad = |what: &str| RunError::Request(format!("{}: {what}", at.display()));
    let made = match fs::create_dir(at) {
        Ok(()) => true,
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
        Err(e) => return Err(bad(&format!("cannot be made: {e}"))),
    };
    let path = fs::canonicalize(at).map_err(|e| bad(&e.to_string()))?;
    let verdict = match fs::read_dir(&path).map(Iterator::count) {
        Err(e) => Err(bad(&format!("is no directory that can be used: {e}"))),
        Ok(1..) => Err(bad("is not empty; name another")),
        Ok(_) if path.starts_with(&request.root) || request.root.starts_with(&path) => {
            Err(bad("is not apart from the workspace; name another"))
        }
        Ok(_) => Ok((path, made)),
    };
    if verdict.is_err() && made {
        // Just made, and empty.
        let _ = fs::remove_dir(at);
    }
    verdict
}

/// Takes back a copy that was begun.
fn empty(request: &MountRequest) {
    let Ok(entries) = fs::read_dir(&request.at) else {
        return;
    };
    for entry in entries.flatten() {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed =
            if is_dir { remove_tree(&entry.path()) } else { fs::remove_file(entry.path()) };
        if let Err(e) = removed {
            tracing::warn!(path = %entry.path().display(), "cannot be removed: {e}");
        }
    }
}

#[cfg(target_os = "linux")]
fn mount_overlay(
    preparer: &Preparer<'_>,
    request: &MountRequest,
    dir: &RunDir,
) -> Result<Result<Layer, String>, RunError> {
    use super::overlay;
    if !rustix::process::geteuid().is_root() {
        return Ok(Err("only root may mount it for all programs; in a user namespace, only \
                       programs that coderoom starts would see it"
            .into()));
    }
    let layer = match preparer.layers(request.at.clone())? {
        Ok(layer) => layer,
        Err(reason) => return Ok(Err(reason)),
    };
    dir.note_mount(&request.at).map_err(RunError::io("the mount cannot be noted"))?;
    if let Err(reason) = overlay::mount(&request.root, dir.path(), &request.at) {
        return Ok(Err(reason));
    }
    if let Err(reason) = preparer.put_edits(&request.at) {
        return match overlay::unmount(&request.at, true) {
            Ok(()) => Ok(Err(reason)),
            Err(e) => Err(RunError::io("a mount that failed cannot be ended")(e)),
        };
    }
    Ok(Ok(layer))
}

#[cfg(not(target_os = "linux"))]
fn mount_overlay(
    _: &Preparer<'_>,
    _: &MountRequest,
    _: &RunDir,
) -> Result<Result<Layer, String>, RunError> {
    Ok(Err("overlayfs is Linux's".into()))
}

impl Mount {
    /// Where it is.
    pub fn at(&self) -> &std::path::Path {
        &self.request.at
    }

    /// The way that was taken.
    pub fn way(&self) -> Way {
        self.layer.way
    }

    /// The better ways, and why they were not taken.
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }

    /// What was changed there so far, compared to the session's tree. Costs what was written; of a
    /// copy, the whole tree.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn changes(&self, ignored: IgnoredPaths) -> Result<Changes, RunError> {
        let request = &self.request;
        let gather = || -> io::Result<Changes> {
            let base = Base::new(&request.root, &request.overlaid)?;
            let ignored = (ignored == IgnoredPaths::Summarise).then(|| Ignored::new(&request.root));
            let (written, limit) = (&self.layer.written, request.limits.touched);
            self.layer.changes(Gatherer::new(&base, written, ignored, limit), &request.root)
        };
        gather().map_err(RunError::io("what was changed cannot be read"))
    }

    /// The bytes that a touched file has now: at most `limit`.
    ///
    /// # Errors
    /// If it is no regular file, has more bytes than that, or cannot be read.
    pub fn read(&self, touched: &Touched, limit: u64) -> io::Result<Bytes> {
        read(touched, limit)
    }

    /// Ends it and removes everything that was written there. With `force`, also while programs use
    /// it; they keep what they have open.
    ///
    /// # Errors
    /// While programs use it, or if the system refuses; it is still there then.
    pub fn unmount(&mut self, force: bool) -> Result<(), RunError> {
        if !self.is_mounted {
            return Ok(());
        }
        let at = &self.request.at;
        let failed = || {
            let what = format!("{} cannot be unmounted; close what uses it", at.display());
            RunError::io(what)
        };
        match self.layer.way {
            #[cfg(target_os = "linux")]
            Way::Overlay => super::overlay::unmount(at, force).map_err(failed())?,
            _ => empty(&self.request),
        }
        let _ = force;
        self.is_mounted = false;
        if self.made_directory {
            fs::remove_dir(at).map_err(failed())?;
        }
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(e) = self.unmount(true) {
            tracing::warn!("{e}");
            if self.is_mounted {
                // The next sweep tries again.
                self.dir.keep();
            }
        }
    }
}
