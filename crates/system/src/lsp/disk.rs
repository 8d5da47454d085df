//! What has changed on disk since a server was told last: a server that watches no files by itself
//! would go on with what it has read.

use std::{collections::HashMap, path::Path};

use coderoom_engine::{ContentHash, RelPath, Snapshot};
use serde_json::{Value, json};

use super::uri;

/// More changes than that are not told one by one: the server is started anew.
const MOST: usize = 2_000;

/// The files of a snapshot as a server knows them: paths are shared with the snapshot, texts are not
/// held.
#[derive(Default)]
pub(super) struct Known {
    revision: Option<u64>,
    files: HashMap<RelPath, ContentHash>,
}

/// What to tell the server.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// Nothing.
    Nothing,
    /// These changes, as `workspace/didChangeWatchedFiles` has them.
    Changes(Vec<Value>),
    /// Too much to tell.
    Anew,
}

impl Known {
    /// Compares with the newest snapshot. Costs a look at every file if its revision is another.
    pub(super) fn tell(&mut self, root: &Path, disk: &Snapshot) -> Told {
        const CREATED: u32 = 1;
        const CHANGED: u32 = 2;
        const DELETED: u32 = 3;
        if self.revision == Some(disk.revision()) {
            return Told::Nothing;
        }
        let first = self.revision.replace(disk.revision()).is_none();
        let mut old = std::mem::take(&mut self.files);
        let mut changes: Vec<(RelPath, u32)> = Vec::new();
        for file in disk.files() {
            let Some(hash) = file.text().map(|text| text.hash()) else { continue };
            match old.remove(&file.path) {
                None if !first => changes.push((file.path.clone(), CREATED)),
                Some(known) if known != hash => changes.push((file.path.clone(), CHANGED)),
                _ => {}
            }
            self.files.insert(file.path.clone(), hash);
        }
        changes.extend(old.into_keys().map(|path| (path, DELETED)));
        match changes.len() {
            0 => Told::Nothing,
            n if n > MOST => Told::Anew,
            _ => {
                let one = |(path, kind): (RelPath, u32)| json!({"uri": uri::of_path(&root.join(path.as_path())), "type": kind});
                Told::Changes(changes.into_iter().map(one).collect())
            }
        }
    }
}
