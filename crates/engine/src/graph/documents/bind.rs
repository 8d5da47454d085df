//! From what a document mentions to nodes: files by their paths, symbols by their names.

use std::sync::Arc;

use coderoom_syntax::Language;

use super::read::{How, Mention, is_distinctive, parts};
use crate::{
    RelPath,
    code::{Certainty, Code, Found, Map, Resolver, Target, language_of_file, named},
    file::FileId,
    graph::edges::AllNodes,
};

/// A name that leads to more nodes than this says too little of each.
const MOST_MEANT: usize = 3;
/// A plain name that more files define is a word.
const MOST_DEFINING: usize = 12;

/// A node of a file: the file, and the number of the node in it.
pub(super) type NodeAt = (FileId, usize);

/// What resolution of names has found out so far, for many documents.
#[derive(Default)]
pub(crate) struct Known {
    names: Map<String, Arc<[NodeAt]>>,
    tree: Option<Tree>,
}

/// What the paths of a snapshot say.
#[derive(Default)]
struct Tree {
    /// Files by the last component of their path.
    files: Map<Box<str>, Vec<FileId>>,
    /// Directories and stems of source files: what modules are called.
    modules: Set,
    /// How modules are written in the languages of the sources.
    ways: Vec<(Language, &'static str)>,
}

type Set = std::collections::HashSet<Box<str>, foldhash::fast::RandomState>;

impl Tree {
    fn new(code: &Code) -> Tree {
        let mut tree = Tree::default();
        let mut last_dir = "";
        for file in code.snapshot().files() {
            let Some(path) = file.path.as_str() else { continue };
            let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
            tree.files.entry(name.into()).or_default().push(file.id);
            if dir != last_dir {
                tree.modules.extend(dir.split('/').map(Into::into));
                last_dir = dir;
            }
            let Some(language) = language_of_file(file) else { continue };
            tree.modules.insert(name.split('.').next().unwrap_or(name).into());
            let separator = match language.plugin().family() {
                "rust" => "::",
                "go" | "c" | "typescript" | "ruby" => "/",
                _ => ".",
            };
            let family = |it: &(Language, _)| it.0.is_related(language);
            if !tree.ways.iter().any(family) {
                tree.ways.push((language, separator));
            }
        }
        tree
    }
}

/// What a mention leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bound {
    pub(super) to: NodeAt,
    pub(super) certainty: Certainty,
    /// Among how many.
    pub(super) of: usize,
}

/// Resolves mentions on one snapshot.
pub(super) struct Binder<'a, 'c, 'n> {
    pub(super) resolver: &'a mut Resolver<'c>,
    pub(super) all: &'a AllNodes<'n>,
    pub(super) known: &'a mut Known,
}

impl Binder<'_, '_, '_> {
    /// What a mention in a document at `path` leads to; nothing if it is unknown or says too little.
    pub(super) fn bind(&mut self, path: &str, mention: &Mention) -> Vec<Bound> {
        if mention.is_path {
            let found = self.path(path, &mention.text);
            if found.is_some() || mention.text.contains('/') {
                let bound = |(file, certainty)| Bound { to: (file, 0), certainty, of: 1 };
                return found.map(bound).into_iter().collect();
            }
        }
        if mention.how == How::Link {
            return Vec::new();
        }
        let qualified = parts(&mention.text).count() > 1;
        let within = mention.within.as_ref().map(|module| format!("{module}.{}", mention.text));
        let mut found: Arc<[NodeAt]> = Arc::default();
        let type_like = mention.text.len() > 3 && mention.text.starts_with(char::is_uppercase);
        let mut sure = qualified || type_like || is_distinctive(&mention.text);
        if let Some(within) = within {
            found = self.name(&within);
            sure |= !found.is_empty();
        }
        if found.is_empty() {
            found = self.name(&mention.text);
        }
        let certainty = match (found.len(), mention.how) {
            (1, How::Role | How::Code) if sure => Certainty::Exact,
            (1, _) => Certainty::Likely,
            // Prose that fits several things means none of them for sure.
            (_, How::Prose) => return Vec::new(),
            (n, _) if n <= MOST_MEANT => Certainty::Likely,
            _ => return Vec::new(),
        };
        found.iter().map(|to| Bound { to: *to, certainty, of: found.len() }).collect()
    }

    /// The nodes that a name leads to; those of tests only if there are no others.
    pub(super) fn name(&mut self, name: &str) -> Arc<[NodeAt]> {
        if let Some(known) = self.known.names.get(name) {
            return Arc::clone(known);
        }
        let found = self.name_now(name);
        self.known.names.insert(name.to_owned(), Arc::clone(&found));
        found
    }

    fn name_now(&mut self, name: &str) -> Arc<[NodeAt]> {
        let code = self.resolver.code;
        let Some(last) = parts(name).last() else { return Arc::default() };
        let plain = parts(name).count() == 1;
        let defining = code.files_with(last, true).len();
        let tree = self.known.tree.get_or_insert_with(|| Tree::new(code));
        // Most words name nothing of this workspace: that has to be known soon.
        let known =
            |part: &str| tree.modules.contains(part) || !code.files_with(part, true).is_empty();
        let outer = parts(name).rev().nth(1);
        let unknown = defining == 0 && !tree.modules.contains(last) && plain;
        if unknown || plain && defining > MOST_DEFINING || !outer.is_none_or(known) {
            return Arc::default();
        }
        let all = self.all;
        let first = parts(name).next().unwrap_or(last);
        // Crates are not called as their directories are.
        let in_tree = name.contains("::") || tree.modules.contains(first);
        let separator = if name.contains("::") { "::" } else { "." };
        let ways = tree.ways.iter().filter(|it| in_tree && it.1 == separator);
        let ways: Vec<(Language, &str)> = ways.copied().collect();
        let wanted = |target: Target| {
            all(target.file).is_some_and(|nodes| nodes.of_symbol(target.symbol).is_some())
        };
        let found = named(self.resolver, name, &wanted, &ways);
        let mut nodes: Vec<(bool, NodeAt)> = Vec::new();
        for found in found {
            let (file, symbol) = match found {
                Found::Symbol(target) => (target.file, Some(target.symbol)),
                Found::Module(place) => match code.file_of_place(&place) {
                    Some(file) => (file, None),
                    None => continue,
                },
                Found::External => continue,
            };
            let Some(here) = all(file) else { continue };
            let ix = symbol.map_or(Some(0), |symbol| here.of_symbol(symbol));
            nodes.extend(ix.map(|ix| (here.list[ix].test, (file, ix))));
        }
        if nodes.iter().any(|(test, _)| !test) {
            nodes.retain(|(test, _)| !test);
        }
        let mut nodes: Vec<NodeAt> = nodes.into_iter().map(|(_, at)| at).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.into()
    }

    /// The file that a path means: from the root, from the document's directory, or the only one
    /// that ends so.
    fn path(&mut self, document: &str, path: &str) -> Option<(FileId, Certainty)> {
        let code = self.resolver.code;
        let dir = document.rsplit_once('/').map_or("", |(dir, _)| dir);
        for base in [dir, ""] {
            let Some(full) = joined(base, path) else { continue };
            if let Some(id) = code.id_of(&full).filter(|id| (self.all)(*id).is_some()) {
                return Some((id, Certainty::Exact));
            }
        }
        let mut ending = self.files_ending(path);
        match (ending.next(), ending.next()) {
            (Some(id), None) => Some((id, Certainty::Likely)),
            _ => None,
        }
    }

    /// The files whose path ends with this one.
    pub(super) fn files_ending(&mut self, path: &str) -> impl Iterator<Item = FileId> + use<> {
        let code = self.resolver.code;
        let tree = self.known.tree.get_or_insert_with(|| Tree::new(code));
        let path = path.trim_start_matches("./").trim_start_matches("../");
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut found: Vec<FileId> = tree.files.get(name).cloned().unwrap_or_default();
        found.retain(|id| {
            let whole = code.path(*id);
            whole.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
                && (self.all)(*id).is_some()
        });
        found.into_iter()
    }
}

/// A path from a directory, without `.` and `..`; `None` if it leads outside.
pub(super) fn joined(dir: &str, path: &str) -> Option<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    RelPath::new(path.as_bytes()).ok().filter(|it| !it.is_root())?;
    Some(path)
}
