//! The file of the snapshot that a path of a trace means.
//!
//! Traces come from other machines: from containers, build directories, installed packages. What two
//! paths have in common is their end.

use std::collections::HashMap;

use crate::{Snapshot, file::FileId};

/// Files of a snapshot by the last component of their paths.
pub(super) struct Files<'s> {
    by_name: HashMap<&'s str, Vec<(&'s str, FileId)>>,
}

impl<'s> Files<'s> {
    /// Those of the snapshot whose names are asked for. Costs one pass over its paths.
    pub(super) fn named(snapshot: &'s Snapshot, wanted: &[&str]) -> Files<'s> {
        let mut by_name: HashMap<&str, Vec<(&str, FileId)>> = HashMap::new();
        for file in snapshot.files() {
            let Some(path) = file.path.as_str() else { continue };
            let name = last(path);
            if wanted.contains(&name) {
                by_name.entry(name).or_default().push((path, file.id));
            }
        }
        Files { by_name }
    }

    /// The file whose path has the longest end in common with `path`. `None` if there is none, if
    /// two have as much in common, or if a path of several components has only its name in common
    /// with a file that lies in a directory of another name.
    pub(super) fn find(&self, path: &str) -> Option<FileId> {
        let path = path.trim_start_matches("./").replace('\\', "/");
        let candidates = self.by_name.get(last(&path))?;
        let shared = |own: &str| {
            let (a, b) = (own.rsplit('/'), path.rsplit('/'));
            a.zip(b).take_while(|(a, b)| a == b).count()
        };
        let most = candidates.iter().map(|(own, _)| shared(own)).max()?;
        let mut best = candidates.iter().filter(|(own, _)| shared(own) == most);
        let (own, file) = best.next()?;
        let whole = most == own.split('/').count() || most == path.split('/').count();
        (best.next().is_none() && (whole || most >= 2)).then_some(*file)
    }
}

/// The last component of a path of any system.
pub(super) fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
