//! Where a query runs: a workspace, the snapshot that it sees, and what a client's paths mean there.

use std::{path::Path, sync::Arc};

use coderoom_engine::{RelPath, SearchRoot, Snapshot};
use coderoom_system::Freshness;

use super::{rooms::Room, sessions::AgentSession};
use crate::error::{Code, OpError};

/// A workspace found for a query, with the snapshot that the query runs on.
pub struct Located {
    /// The workspace.
    pub room: Arc<Room>,
    /// What the query sees.
    pub snapshot: Arc<Snapshot>,
    /// The files as they are on disk: the same, unless a session is asked.
    pub trunk: Arc<Snapshot>,
    /// The session that is asked.
    pub session: Option<Arc<AgentSession>>,
    /// How true that is to the disk.
    pub freshness: Freshness,
    /// The directory that the client's paths are relative to.
    pub(super) base: RelPath,
}

impl Located {
    /// The path that a client gave, relative to the workspace's root.
    ///
    /// # Errors
    /// `outside_workspace` if it leads out of it.
    pub fn relative(&self, path: &str) -> Result<RelPath, OpError> {
        let given = Path::new(path);
        let inside = match given.strip_prefix(self.room.root()) {
            Ok(below) => return Ok(RelPath::new(below.as_os_str().as_encoded_bytes())?),
            Err(_) => RelPath::new(path.as_bytes())?,
        };
        if inside.is_root() { Ok(self.base.clone()) } else { Ok(self.base.join(inside.as_bytes())) }
    }

    /// An absolute path without links, relative to the workspace's root.
    ///
    /// # Errors
    /// `not_resident` if it lies outside.
    pub fn inside(&self, absolute: &str) -> Result<RelPath, OpError> {
        match Path::new(absolute).strip_prefix(self.room.root()) {
            Ok(below) => Ok(RelPath::new(below.as_os_str().as_encoded_bytes())?),
            Err(_) => {
                let message = format!("{absolute} is outside of {}", self.room.root().display());
                Err(OpError::new(Code::NotResident, message))
            }
        }
    }

    /// The client's paths as roots of a search, and whether each is a file.
    ///
    /// # Errors
    /// `unknown_path` if there is no such file or directory.
    pub fn search_roots(&self, paths: &[String]) -> Result<Vec<(SearchRoot, bool)>, OpError> {
        if paths.is_empty() && self.base.is_root() {
            return Ok(Vec::new());
        }
        if paths.is_empty() {
            let path = self.base.to_string();
            return Ok(vec![(SearchRoot { path, display: String::new() }, false)]);
        }
        paths.iter().map(|path| self.search_root(path)).collect()
    }

    fn search_root(&self, given: &str) -> Result<(SearchRoot, bool), OpError> {
        let path = self.relative(given)?;
        let is_file = self.snapshot.file(&path).is_some();
        if !is_file && !self.snapshot.has_dir(&path) {
            let message = format!("there is no {given} in the workspace: find it with `glob`");
            return Err(OpError::new(Code::UnknownPath, message));
        }
        let trimmed = given.strip_prefix("./").unwrap_or(given).trim_end_matches('/');
        let display = if path == self.base { String::new() } else { trimmed.to_string() };
        Ok((SearchRoot { path: path.to_string(), display }, is_file))
    }
}
