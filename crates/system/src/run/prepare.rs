//! Makes what a command will write to: the layers of an overlay, or a copy with the edits in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use coderoom_engine::RelPath;

use super::{
    Control, Limits, Overlaid, RunError, Way,
    apply::apply,
    copy::Plan,
    scratch::RunDir,
    spec::{edits, open_blobs, write_blobs},
    touched::{Mark, marks},
};

/// Names in the directory of a run.
pub(super) const UPPER: &str = "upper";
pub(super) const WORK: &str = "work";
const TREE: &str = "tree";

pub(super) const NO_FUSE: &str = "not built in";

/// The coarsest step of the times that file systems keep.
const TIME_STEP: Duration = Duration::from_millis(10);

/// What a command writes to.
pub(super) struct Layer {
    pub(super) way: Way,
    /// Where the tree is seen.
    pub(super) place: PathBuf,
    /// Where what is written ends up.
    pub(super) written: PathBuf,
    /// Of a copy: how everything was before the command.
    pub(super) marks: Option<BTreeMap<RelPath, Mark>>,
}

/// Prepares one way after the other.
pub(super) struct Preparer<'a> {
    root: &'a Path,
    dir: &'a RunDir,
    overlaid: &'a [Overlaid],
    limits: &'a Limits,
    /// Ends copying early.
    control: &'a Control,
    plan: Option<Result<Plan, String>>,
}

impl<'a> Preparer<'a> {
    pub(super) fn new(
        root: &'a Path,
        dir: &'a RunDir,
        overlaid: &'a [Overlaid],
        limits: &'a Limits,
        control: &'a Control,
    ) -> Preparer<'a> {
        Preparer { root, dir, overlaid, limits, control, plan: None }
    }

    /// Prepares a run in this way, or says why it does not work.
    pub(super) fn prepare(&mut self, way: Way) -> Result<Result<Layer, String>, RunError> {
        match way {
            Way::Fuse => Ok(Err(NO_FUSE.into())),
            Way::Overlay if !cfg!(target_os = "linux") => Ok(Err("overlayfs is Linux's".into())),
            Way::Overlay => self.layers(self.root.to_path_buf()),
            Way::Reflink | Way::Copy => {
                let meta = fs::metadata(self.root)
                    .map_err(|source| RunError::Root { path: self.root.into(), source })?;
                let tree = self
                    .dir
                    .remake(TREE, meta.mode() & 0o7777 | 0o700)
                    .map_err(RunError::io("the directory for a copy cannot be made"))?;
                Ok(self.copy(way, tree))
            }
        }
    }

    /// The empty layers of an overlay that will be at `place`.
    pub(super) fn layers(&self, place: PathBuf) -> Result<Result<Layer, String>, RunError> {
        if self.dir.path().starts_with(self.root) {
            return Ok(Err(format!(
                "what commands write would lie in the workspace itself, at {}; choose another \
                 scratch directory",
                self.dir.path().display()
            )));
        }
        let failed = || RunError::io("the layers of an overlay cannot be made");
        let meta = fs::metadata(self.root)
            .map_err(|source| RunError::Root { path: self.root.into(), source })?;
        // What the root of the overlay is like, the upper layer tells.
        let upper = self.dir.remake(UPPER, meta.mode() & 0o7777).map_err(failed())?;
        if chown(&upper, Some(meta.uid()), Some(meta.gid())).is_ok() {
            // Changing the owner may have taken bits away.
            fs::set_permissions(&upper, meta.permissions()).map_err(failed())?;
        }
        self.dir.remake(WORK, 0o700).map_err(failed())?;
        Ok(Ok(Layer { way: Way::Overlay, place, written: upper, marks: None }))
    }

    /// A copy of the workspace in the empty directory `tree`, with the edits.
    pub(super) fn copy(&mut self, way: Way, tree: PathBuf) -> Result<Layer, String> {
        let (root, limits) = (self.root, self.limits);
        let scratch = self.dir.path().parent().unwrap_or(self.dir.path());
        let plan = self.plan.get_or_insert_with(|| {
            Plan::new(root, &[scratch, &tree], limits.copy_entries, self.control)
        });
        let plan = plan.as_ref().map_err(Clone::clone)?;
        match way {
            Way::Reflink => plan.can_share(root, &tree)?,
            _ => plan.fits(limits)?,
        }
        plan.copy(root, &tree, way, self.control).map_err(|e| format!("the copy failed: {e}"))?;
        self.put_edits(&tree)?;
        let marks = marks(&tree).map_err(|e| format!("the copy cannot be read: {e}"))?;
        // A change right after must get another time than the copy.
        std::thread::sleep(TIME_STEP);
        Ok(Layer { way, place: tree.clone(), written: tree, marks: Some(marks) })
    }

    /// Applies the edits to the tree at `tree`.
    pub(super) fn put_edits(&self, tree: &Path) -> Result<(), String> {
        write_blobs(self.dir.path(), self.overlaid)
            .and_then(|()| open_blobs(self.dir.path()))
            .and_then(|blobs| apply(tree, &edits(self.overlaid), blobs))
            .map_err(|e| format!("the session's edits cannot be put into the tree: {e}"))
    }
}

/// Refuses edits that contradict each other.
pub(super) fn check_edits(overlaid: &[Overlaid]) -> Result<(), RunError> {
    let mut seen = BTreeSet::new();
    for Overlaid { path, .. } in overlaid {
        if path.is_root() {
            return Err(RunError::Request("an edit is of the workspace itself".into()));
        }
        if !seen.insert(path) {
            return Err(RunError::Request(format!("{path} is edited twice")));
        }
    }
    Ok(())
}
