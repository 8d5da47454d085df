//! Which paths belong to a workspace: ripgrep's ignore rules, asked one path at a time.
//!
//! The rules come from the `ignore` crate, configured as `rg` does without flags. Asking for each
//! path, instead of filtering a walk, tells in one pass what is ignored, what is only hidden and
//! what a whitelisting rule (`!.github`) shows; and a later look at a single new file gives the
//! answer that a walk of the whole tree would have given.

use std::{collections::HashMap, ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use coderoom_engine::{RelPath, Visibility};
use ignore::{IncrementalIgnore, WalkBuilder};

/// Names of the files that hold rules for the directory they are in.
pub(crate) const RULE_FILES: [&[u8]; 3] = [b".gitignore", b".ignore", b".rgignore"];

/// Names that, next to rules, decide whether git's rules apply.
pub(crate) const REPOSITORY_MARKS: [&[u8]; 2] = [b".git", b".jj"];

/// The rules as they were when each directory was first asked about. Make a new one to see changes.
pub(crate) struct Rules<'a> {
    root: &'a Path,
    no_ignore: bool,
    matchers: HashMap<RelPath, IncrementalIgnore>,
}

/// Where a directory stands: what it hands on to its entries.
#[derive(Clone)]
pub(crate) struct Standing {
    /// The nearest directory above that an ignore rule matches, or the root. Rules are asked from
    /// there, as they are when somebody names that directory on ripgrep's command line.
    base: RelPath,
    /// Flags that everything below has.
    inherited: Visibility,
}

impl<'a> Rules<'a> {
    /// Rules for the workspace at `root`. With `no_ignore` they label paths and exclude none.
    pub(crate) fn new(root: &'a Path, no_ignore: bool) -> Rules<'a> {
        Rules { root, no_ignore, matchers: HashMap::new() }
    }

    /// Where `dir` stands, or nothing if it is not part of the workspace.
    pub(crate) fn standing(&mut self, dir: &RelPath) -> Option<Standing> {
        match dir.parent() {
            None => Some(Standing { base: RelPath::root(), inherited: Visibility::default() }),
            Some(parent) => {
                let above = self.standing(&parent)?;
                let visibility = self.judge(&above, dir, true);
                let belongs = dir.file_name() != b".git" && self.admits(visibility);
                belongs.then(|| self.enter(&above, dir, visibility))
            }
        }
    }

    /// The standing of a directory that was judged before.
    pub(crate) fn enter(
        &self,
        above: &Standing,
        dir: &RelPath,
        visibility: Visibility,
    ) -> Standing {
        let is_ignored = visibility.has(Visibility::IGNORED_SELF);
        Standing {
            base: if is_ignored { dir } else { &above.base }.clone(),
            inherited: visibility.inherited(),
        }
    }

    /// Whether something with these flags is held.
    pub(crate) fn admits(&self, visibility: Visibility) -> bool {
        self.no_ignore || !visibility.has(Visibility::IGNORED_SELF)
    }

    /// What hides `path`, which lies in the directory of `above`.
    pub(crate) fn judge(&mut self, above: &Standing, path: &RelPath, is_dir: bool) -> Visibility {
        let relative = path.below(&above.base).unwrap_or_default();
        let matcher = self
            .matchers
            .entry(above.base.clone())
            .or_insert_with(|| matcher(self.root, &above.base));
        let verdict = matcher.matched(Path::new(OsStr::from_bytes(relative)), is_dir);
        let mut visibility = above.inherited;
        if verdict.is_ignore() {
            visibility = visibility.with(Visibility::IGNORED_SELF);
        }
        if path.file_name().starts_with(b".") && !verdict.is_whitelist() {
            visibility = visibility.with(Visibility::HIDDEN_SELF);
        }
        visibility
    }
}

/// ripgrep's rules without flags, except that hidden names are left to the caller.
fn matcher(root: &Path, base: &RelPath) -> IncrementalIgnore {
    let mut builder = WalkBuilder::new(if base.is_root() {
        root.to_path_buf()
    } else {
        root.join(base.as_path())
    });
    builder
        .hidden(false)
        .parents(true)
        .ignore(true)
        .git_global(true)
        .git_ignore(true)
        .git_exclude(true)
        .require_git(true)
        .ignore_case_insensitive(false)
        .current_dir(root)
        .add_custom_ignore_filename(".rgignore");
    builder.build_matchers().swap_remove(0)
}
