//! `.gitignore` and `.gitattributes` as they are in the session's state.
//!
//! gix reads them from the working directory or the index; a session has its own. So the lists of
//! the directories above a path are stacked here, by whoever can read them.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use gix::{
    attrs::search::{MetadataCollection, Outcome},
    bstr::{BStr, ByteSlice},
    glob::pattern::Case,
};

use super::error::{ReviewError, git};

/// Reads a file of the session's state by its path in the repository.
pub(super) type Read<'a> = dyn FnMut(&[u8]) -> Option<Bytes> + 'a;

/// One directory on the stack.
struct Level {
    /// Its path; empty for the root.
    path: Vec<u8>,
    /// It, or one above it, is ignored.
    excluded: bool,
    has_ignore: bool,
    has_attributes: bool,
}

/// The lists of a repository and of a stack of directories.
pub(super) struct Rules {
    ignore: gix::ignore::Search,
    attributes: gix::attrs::Search,
    /// `info/attributes`: above all others.
    info: gix::attrs::Search,
    names: MetadataCollection,
    levels: Vec<Level>,
    case: Case,
}

impl Rules {
    /// The lists that hold for the whole repository.
    ///
    /// # Errors
    /// If a configured file cannot be read.
    pub(super) fn new(repo: &gix::Repository) -> Result<Rules, ReviewError> {
        let config = repo.config_snapshot();
        let fold = config.boolean("core.ignoreCase").unwrap_or(false);
        let mut buffer = Vec::new();
        let io = |err: std::io::Error| ReviewError::Git {
            doing: "read the lists of ignored files and attributes",
            reason: err.to_string(),
        };
        let excludes = git("read core.excludesFile", config.trusted_path("core.excludesFile"))?
            .or_else(default_excludes);
        let parse = gix::ignore::search::Ignore::default();
        let ignore =
            gix::ignore::Search::from_git_dir(repo.common_dir(), excludes, &mut buffer, parse)
                .map_err(io)?;
        let mut names = MetadataCollection::default();
        let globals = git("find attribute files", repo.attribute_global_paths())?;
        let attributes =
            gix::attrs::Search::new_globals(globals, &mut buffer, &mut names).map_err(io)?;
        let mut info = gix::attrs::Search::default();
        let path = repo.common_dir().join("info/attributes");
        info.add_patterns_file(path, true, None, &mut buffer, &mut names, true).map_err(io)?;
        let case = if fold { Case::Fold } else { Case::Sensitive };
        Ok(Rules { ignore, attributes, info, names, levels: Vec::new(), case })
    }

    /// Makes `dir` (a path in the repository, empty for its root) the top of the stack. Cheap if it
    /// is near the one before.
    pub(super) fn enter(&mut self, dir: &[u8], read: &mut Read<'_>) {
        while self.levels.last().is_some_and(|top| !is_below(dir, &top.path)) {
            self.pop();
        }
        loop {
            let next = match self.levels.last() {
                None => Vec::new(),
                Some(top) if top.path == dir => return,
                Some(top) => {
                    let from = if top.path.is_empty() { 0 } else { top.path.len() + 1 };
                    let end = dir[from..].find_byte(b'/').map_or(dir.len(), |at| from + at);
                    dir[..end].to_vec()
                }
            };
            self.push(next, read);
        }
    }

    fn push(&mut self, path: Vec<u8>, read: &mut Read<'_>) {
        let excluded = !path.is_empty() && self.is_ignored_here(&path, true);
        let mut level = Level { path, excluded, has_ignore: false, has_attributes: false };
        let name = |file: &str| match level.path.is_empty() {
            true => file.as_bytes().to_vec(),
            false => [&level.path[..], b"/", file.as_bytes()].concat(),
        };
        let (attributes, ignore) = (name(".gitattributes"), name(".gitignore"));
        let root = Some(Path::new(""));
        if let Some(bytes) = read(&attributes) {
            let macros = level.path.is_empty();
            let source = to_path(&attributes);
            let names = &mut self.names;
            let added = self.attributes.add_patterns_buffer(&bytes, source, root, names, macros);
            level.has_attributes = added.is_ok();
        }
        // What is in an ignored directory is ignored, whatever a list in there says.
        if !excluded && let Some(bytes) = read(&ignore) {
            let parse = gix::ignore::search::Ignore::default();
            let source = to_path(&ignore);
            level.has_ignore = self.ignore.add_patterns_buffer(&bytes, source, root, parse).is_ok();
        }
        self.levels.push(level);
    }

    fn pop(&mut self) {
        if let Some(level) = self.levels.pop() {
            if level.has_ignore {
                self.ignore.patterns.pop();
            }
            if level.has_attributes {
                self.attributes.pop_pattern_list();
            }
        }
    }

    /// Whether a path in the directory that was entered is ignored.
    pub(super) fn is_ignored_here(&self, path: &[u8], is_dir: bool) -> bool {
        if self.levels.last().is_some_and(|top| top.excluded) {
            return true;
        }
        let found =
            self.ignore.pattern_matching_relative_path(path.as_bstr(), Some(is_dir), self.case);
        found.is_some_and(|found| !found.pattern.is_negative())
    }

    /// The attributes of a path in the directory that was entered.
    pub(super) fn attributes_here(&self, path: &BStr, out: &mut Outcome) {
        out.initialize(&self.names);
        for group in [&self.info, &self.attributes] {
            group.pattern_matching_relative_path(path, self.case, Some(false), out);
            if out.is_done() {
                break;
            }
        }
    }
}

/// The directory of a path in a repository.
pub(super) fn dir_of(path: &[u8]) -> &[u8] {
    path.rfind_byte(b'/').map_or(&[], |at| &path[..at])
}

fn is_below(path: &[u8], dir: &[u8]) -> bool {
    dir.is_empty() || path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

fn to_path(path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

fn default_excludes() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty());
    let config = config
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("git/ignore"))
}
