//! Rules that lie outside of the tree, or in a part of it that is not walked: ignore files of the
//! directories above, a repository's excludes, and the user's global ones.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use coderoom_engine::RelPath;

use super::Watches;
use crate::rules::{REPOSITORY_MARKS, RULE_FILES};

const NAMES_ABOVE: &[&[u8]] =
    &[RULE_FILES[0], RULE_FILES[1], RULE_FILES[2], REPOSITORY_MARKS[0], REPOSITORY_MARKS[1]];

/// Files below the home or configuration directory that make up git's global configuration.
const GLOBAL_NAMES: &[&[u8]] = &[b".gitconfig", b"config", b"ignore", b".config", b"git"];

impl Watches {
    /// Watches everything outside of `root` that decides what belongs to it. May be called again.
    pub(crate) fn add_outside(&self, root: &Path) {
        let whole = RelPath::root();
        for dir in root.ancestors().skip(1) {
            self.add_rule_dir(dir, &whole, NAMES_ABOVE);
            for name in [".gitignore", ".ignore", ".rgignore"] {
                self.add_rule_file(&dir.join(name), &whole);
            }
            if dir.join(".git").exists() {
                self.add_repository(dir, &whole);
            }
        }
        for file in global_files() {
            if let Some(dir) = file.parent() {
                // Without the directory, wait for it to be made.
                let is_watched = self.add_rule_dir(dir, &whole, GLOBAL_NAMES);
                if let (false, Some(above)) = (is_watched, dir.parent()) {
                    self.add_rule_dir(above, &whole, GLOBAL_NAMES);
                }
            }
            self.add_rule_file(&file, &whole);
        }
    }

    /// Watches the excludes of the repository in `root/dir`, which are rules for `dir`.
    pub(crate) fn add_repository(&self, root: &Path, dir: &RelPath) {
        let Some(common) = common_dir(&root.join(dir.as_path())) else {
            return;
        };
        let info = common.join("info");
        if self.add_rule_dir(&info, dir, &[b"exclude"]) {
            self.add_rule_file(&info.join("exclude"), dir);
        } else {
            self.add_rule_dir(&common, dir, &[b"info"]);
        }
    }
}

/// The directory that holds what all worktrees of the repository in `dir` share.
fn common_dir(dir: &Path) -> Option<PathBuf> {
    let mark = dir.join(".git");
    if mark.is_dir() {
        return Some(mark);
    }
    let line = |path: &Path| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(text.lines().next()?.to_owned())
    };
    let git_dir = PathBuf::from(line(&mark)?.strip_prefix("gitdir: ")?);
    Some(git_dir.join(line(&git_dir.join("commondir"))?))
}

/// git's global configuration, and the excludes that it names.
fn global_files() -> Vec<PathBuf> {
    let variable = |name: &str| -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    };
    let home = variable("HOME").map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(home.as_ref()?.join(".config")));
    [
        variable("GIT_CONFIG_GLOBAL").map(PathBuf::from),
        home.map(|home| home.join(".gitconfig")),
        config.as_ref().map(|config| config.join("git/config")),
        ignore::gitignore::gitconfig_excludes_path(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
