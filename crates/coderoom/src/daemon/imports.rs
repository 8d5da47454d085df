//! Imported SCIP indexes: one value for each workspace, kept on disk beside the cache files.

use std::path::Path;

use coderoom_engine::{Imported, RelPath};
use coderoom_system::cache::{forget_index, keep_index, kept_index};

use super::{
    code::Recall,
    rooms::{Located, Rooms},
};
use crate::error::{Code, OpError};

impl Rooms {
    /// Imports an index: `read` makes it, given what is imported already. Also what went wrong with
    /// keeping it, if anything did.
    ///
    /// # Errors
    /// What `read` says; then what was imported before still counts.
    pub fn import(
        &self,
        located: &Located,
        read: impl FnOnce(Option<&Imported>) -> Result<Imported, OpError>,
    ) -> Result<Option<String>, OpError> {
        let room = &located.room;
        room.code.change_imported(&located.snapshot, |earlier| {
            let imported = read(earlier)?;
            let lost = "the import is lost when the daemon ends";
            let kept = match &self.config().cache_dir {
                Some(base) => keep_index(base, room.root(), imported.kept())
                    .map_err(|err| format!("{lost}: {err}")),
                None => Err(format!("{lost}: no cache files are kept")),
            };
            Ok((Some(imported), kept.err()))
        })
    }

    /// Drops what is imported, and says who had made it.
    ///
    /// # Errors
    /// If it cannot be removed from the disk; then it still counts.
    pub fn forget_imports(&self, located: &Located) -> Result<Vec<String>, OpError> {
        let room = &located.room;
        room.code.change_imported(&located.snapshot, |earlier| {
            if let Some(base) = &self.config().cache_dir {
                forget_index(base, room.root())
                    .map_err(|err| OpError::new(Code::Internal, err.to_string()))?;
            }
            Ok((None, earlier.map_or_else(Vec::new, |it| it.report().tools.clone())))
        })
    }

    /// How to read back what was imported before the daemon ended or the workspace was put away.
    pub(super) fn recall_imports(&self, root: &Path) -> Option<Recall> {
        let base = self.config().cache_dir.clone()?;
        let root = root.to_path_buf();
        Some(Box::new(move |code, stop| {
            let lost = |err: &dyn std::error::Error| {
                tracing::warn!(root = %root.display(), %err, "what was imported is lost");
            };
            // Paths and hashes come on top of what an index may have.
            let limit = 2 * Imported::MAX_BYTES as u64;
            let bytes = kept_index(&base, &root, limit).inspect_err(|err| lost(err)).ok()??;
            Imported::read(&bytes, &RelPath::root(), None, code, stop)
                .inspect_err(|err| lost(err))
                .ok()
        }))
    }
}
