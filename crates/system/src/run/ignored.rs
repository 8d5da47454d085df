//! Which changed paths are build output: what the workspace's ignore rules exclude.

use std::{collections::HashMap, path::Path};

use coderoom_engine::RelPath;

use crate::rules::{Rules, Standing};

/// The rules, as they are on disk now.
pub(super) struct Ignored<'a> {
    rules: Rules<'a>,
    /// Of directories: where they stand, and the first ignored one on the way there.
    known: HashMap<RelPath, (Option<Standing>, Option<RelPath>)>,
}

impl<'a> Ignored<'a> {
    pub(super) fn new(root: &'a Path) -> Ignored<'a> {
        Ignored { rules: Rules::new(root, true), known: HashMap::new() }
    }

    /// The ignored directory that `path` belongs to; its own directory if only the file is ignored;
    /// nothing if it belongs to the workspace.
    pub(super) fn home(&mut self, path: &RelPath) -> Option<RelPath> {
        let parent = path.parent()?;
        let (standing, home) = self.dir(&parent);
        if home.is_some() {
            return home;
        }
        let is_ignored = self.rules.judge(&standing?, path, false).is_ignored();
        is_ignored.then_some(parent)
    }

    fn dir(&mut self, dir: &RelPath) -> (Option<Standing>, Option<RelPath>) {
        if let Some(known) = self.known.get(dir) {
            return known.clone();
        }
        let found = match dir.parent() {
            None => (self.rules.standing(dir), None),
            Some(parent) => match self.dir(&parent) {
                (standing, Some(home)) => (standing, Some(home)),
                (_, None) if dir.file_name() == b".git" => (None, Some(dir.clone())),
                (None, None) => (None, None),
                (Some(above), None) => {
                    let visibility = self.rules.judge(&above, dir, true);
                    let standing = self.rules.enter(&above, dir, visibility);
                    (Some(standing), visibility.is_ignored().then(|| dir.clone()))
                }
            },
        };
        self.known.insert(dir.clone(), found.clone());
        found
    }
}
