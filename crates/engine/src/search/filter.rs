//! Which files a search looks at: roots, globs, types, hidden and ignored files, by ripgrep's rules.
//!
//! ripgrep decides while it walks: a directory that is refused hides everything below it, and a
//! glob that admits a path overrules ignore rules and hiddenness for it. The same decisions are
//! made here from the flags that the walk left on each file.

use std::path::{Path, PathBuf};
use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use ignore::{
    Match,
    overrides::{Override, OverrideBuilder},
    types::{Types, TypesBuilder},
};

use super::{
    QueryError,
    query::{FileFilter, Glob, SearchRoot, TypeChange},
};
use crate::{RelPath, Visibility, file::Unheld};

/// A compiled `FileFilter`.
pub(super) struct Filter {
    pub(super) roots: Vec<Root>,
    overrides: Override,
    /// Those of the globs that shut out all that lies below something.
    shutting: Override,
    types: Types,
    hidden: bool,
    no_ignore: bool,
    max_depth: Option<usize>,
    max_filesize: Option<u64>,
}

/// One place to search.
pub(super) struct Root {
    pub(super) path: RelPath,
    /// What is printed in front of what is below `path`.
    display: Vec<u8>,
}

impl Root {
    fn new(root: &SearchRoot) -> Result<Root, QueryError> {
        let path = RelPath::new(root.path.as_bytes())
            .map_err(|err| QueryError::OutsideWorkspace(err.to_string()))?;
        Ok(Root { path, display: root.display.as_bytes().to_vec() })
    }

    /// How ripgrep would print `path`, which lies within this root.
    pub(super) fn display(&self, path: &RelPath) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.display_bytes(path.below(&self.path).unwrap_or(b""))))
    }

    fn display_bytes(&self, below: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(self.display.len() + 1 + below.len());
        shown.extend_from_slice(&self.display);
        if !below.is_empty() {
            if !shown.is_empty() && !shown.ends_with(b"/") {
                shown.push(b'/');
            }
            shown.extend_from_slice(below);
        }
        shown
    }
}

impl Filter {
    pub(super) fn new(filter: &FileFilter) -> Result<Filter, QueryError> {
        let roots = if filter.roots.is_empty() {
            vec![Root { path: RelPath::root(), display: Vec::new() }]
        } else {
            filter.roots.iter().map(Root::new).collect::<Result<_, _>>()?
        };
        Ok(Filter {
            roots,
            overrides: build_overrides(filter, &filter.globs)?,
            shutting: build_overrides(filter, shutting_globs(&filter.globs))?,
            types: build_types(filter)?,
            hidden: filter.hidden,
            no_ignore: filter.no_ignore,
            max_depth: filter.max_depth,
            max_filesize: filter.max_filesize,
        })
    }

    /// Whether the filter is that of a plain `rg` (or `rg --hidden`) in the workspace root, and if
    /// so, whether hidden files are in.
    pub(super) fn is_whole_workspace(&self) -> Option<bool> {
        let whole = matches!(&self.roots[..], [root] if root.path.is_root())
            && self.overrides.is_empty()
            && self.types.is_empty()
            && !self.no_ignore
            && self.max_depth.is_none()
            && self.max_filesize.is_none();
        whole.then_some(self.hidden)
    }

    /// Whether a glob may admit what ignore rules keep out.
    fn overrides_rules(&self) -> bool {
        self.overrides.num_whitelists() > 0
    }

    /// Whether something that is not held might be looked at: only then is the list worth a pass.
    pub(super) fn may_see_unheld(&self) -> bool {
        self.hidden || self.no_ignore || self.overrides_rules()
    }

    /// Whether ripgrep would look into this entry, if it was there to be looked into.
    pub(super) fn sees_unheld(&self, entry: &Unheld) -> bool {
        let mut memo = DirMemo::default();
        self.roots.iter().any(|root| {
            let Some(below) = entry.path.below(&root.path) else {
                // A root inside of a directory that is not held.
                return entry.is_dir && root.path.is_within(&entry.path);
            };
            below.is_empty()
                || (self.admits_dirs_above(root, below, entry.visibility, &mut memo)
                    && self.admits_entry(root, below, entry.visibility, entry.is_dir)
                    && !(entry.is_dir && self.shuts_out_all_in(root, below)))
        })
    }

    /// Whether a walk would enter the directory (as it does for `!**/.git/**`, which does not match
    /// `.git` itself) and find nothing there that it may take.
    fn shuts_out_all_in(&self, root: &Root, dir: &[u8]) -> bool {
        // A glob that ends in `/**` and matches one thing in a directory matches everything there.
        let any = [dir, b"/x"].concat();
        self.shutting.matched(path_of(&root.display_bytes(&any)), false).is_ignore()
    }

    /// Whether ripgrep would search the file at `path` when it walks `root`.
    pub(super) fn admits(
        &self,
        root: &Root,
        path: &RelPath,
        visibility: Visibility,
        size: u64,
        memo: &mut DirMemo,
    ) -> bool {
        let Some(below) = path.below(&root.path) else {
            return false;
        };
        if self.max_filesize.is_some_and(|max| size > max) {
            return false;
        }
        if let Some(max) = self.max_depth
            && 1 + memchr::memchr_iter(b'/', below).count() > max
        {
            return false;
        }
        self.admits_dirs_above(root, below, visibility, memo)
            && self.admits_entry(root, below, visibility, false)
    }

    /// Whether the walk would come as far as the directory that holds `below`.
    fn admits_dirs_above(
        &self,
        root: &Root,
        below: &[u8],
        visibility: Visibility,
        memo: &mut DirMemo,
    ) -> bool {
        let Some(end) = memchr::memrchr(b'/', below) else {
            return true;
        };
        let hidden_above = !self.hidden && visibility.has(Visibility::HIDDEN_DIR);
        let ignored_above = !self.no_ignore && visibility.has(Visibility::IGNORED_DIR);
        if self.overrides.is_empty() && !hidden_above {
            return !ignored_above;
        }
        let dir = &below[..end];
        if memo.dir == dir && memo.root == root.display && memo.flags == Some(visibility) {
            return memo.admitted;
        }
        let prefixes = memchr::memchr_iter(b'/', dir).chain([end]).map(|end| &below[..end]);
        let admitted = prefixes.into_iter().all(|dir| {
            match self.overrides.matched(path_of(&root.display_bytes(dir)), true) {
                Match::Whitelist(_) => true,
                Match::Ignore(_) => false,
                Match::None => !(ignored_above || hidden_above && is_dotted(dir)),
            }
        });
        *memo = DirMemo {
            root: root.display.clone(),
            dir: dir.to_vec(),
            flags: Some(visibility),
            admitted,
        };
        admitted
    }

    /// Whether the walk would take the entry itself, in ripgrep's order of precedence: globs, then
    /// ignore rules, then types, then hiddenness.
    fn admits_entry(
        &self,
        root: &Root,
        below: &[u8],
        visibility: Visibility,
        is_dir: bool,
    ) -> bool {
        if !self.overrides.is_empty() {
            match self.overrides.matched(path_of(&root.display_bytes(below)), is_dir) {
                Match::Whitelist(_) => return true,
                Match::Ignore(_) => return false,
                Match::None => {}
            }
        }
        if !self.no_ignore && visibility.has(Visibility::IGNORED_SELF) {
            return false;
        }
        if !self.types.is_empty() {
            match self.types.matched(path_of(below), is_dir) {
                Match::Whitelist(_) => return true,
                Match::Ignore(_) => return false,
                Match::None => {}
            }
        }
        self.hidden || !visibility.has(Visibility::HIDDEN_SELF)
    }
}

/// The last decision about a directory: files come in path order, so most share it.
#[derive(Default)]
pub(super) struct DirMemo {
    root: Vec<u8>,
    dir: Vec<u8>,
    flags: Option<Visibility>,
    admitted: bool,
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Whether the last component begins with a dot.
fn is_dotted(path: &[u8]) -> bool {
    let start = memchr::memrchr(b'/', path).map_or(0, |i| i + 1);
    path.get(start) == Some(&b'.')
}

/// The globs of the form `!DIR/**` that no later glob can overrule. The last match decides, so
/// these are among those behind the last one that admits anything.
fn shutting_globs(globs: &[Glob]) -> impl Iterator<Item = &Glob> {
    let excluding = globs.iter().rev().take_while(|glob| glob.glob.starts_with('!'));
    excluding.filter(|glob| glob.glob.ends_with("/**"))
}

fn build_overrides<'a>(
    filter: &FileFilter,
    globs: impl IntoIterator<Item = &'a Glob>,
) -> Result<Override, QueryError> {
    let mut globs = globs.into_iter().peekable();
    if globs.peek().is_none() {
        return Ok(Override::empty());
    }
    let bad = |err: ignore::Error| QueryError::BadGlob(err.to_string());
    let mut builder = OverrideBuilder::new(&filter.cwd);
    for glob in globs {
        builder.case_insensitive(glob.case_insensitive).map_err(bad)?;
        builder.add(&glob.glob).map_err(bad)?;
    }
    builder.build().map_err(bad)
}

fn build_types(filter: &FileFilter) -> Result<Types, QueryError> {
    if filter.types.is_empty() {
        return Ok(Types::empty());
    }
    let bad = |err: ignore::Error| QueryError::BadType(err.to_string());
    let mut builder = TypesBuilder::new();
    builder.add_defaults();
    for change in &filter.types {
        match change {
            TypeChange::Clear(name) => {
                builder.clear(name);
            }
            TypeChange::Add(definition) => builder.add_def(definition).map_err(bad)?,
            TypeChange::Select(name) => {
                builder.select(name);
            }
            TypeChange::Negate(name) => {
                builder.negate(name);
            }
        }
    }
    builder.build().map_err(bad)
}
