//! From what a document mentions to nodes: files by their paths, symbols by their names.

use std::sync::Arc;

use coderoom_syntax::Language;

use super::read::{How, Mention, is_distinctive, parts};
use crate::{
    RelPath,
    code::{
        Certainty, Code, Found, Map, Resolver, Target, handed_on, language_of_file, parts_of,
        stands_in,
    },
    file::FileId,
    graph::{edges::AllNodes, nodes::Nodes},
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
    /// By the last part of a name: the symbols that are called so.
    called: Map<String, Arc<[NodeAt]>>,
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
        let parts = parts_of(name);
        let Some((last, outer)) = parts.split_last() else { return Arc::default() };
        let called = self.called(last);
        if outer.is_empty() {
            let defining = called.chunk_by(|a, b| a.0 == b.0).count();
            return if defining > MOST_DEFINING { Arc::default() } else { self.chosen(&called) };
        }
        // Most words name nothing of this workspace: that has to be known soon.
        if called.is_empty() && !self.is_module(last) && code.files_with(last, true).is_empty() {
            return Arc::default();
        }
        let around = outer[outer.len() - 1];
        if !self.is_module(around) && self.called(around).is_empty() {
            return Arc::default();
        }
        let all = self.all;
        let stands = |at: &NodeAt| {
            let inside = |nodes: &Arc<Nodes>| stands_in(&nodes.path, nodes.inside(at.1), outer);
            all(at.0).is_some_and(inside)
        };
        let here: Vec<NodeAt> = called.iter().copied().filter(stands).collect();
        if here.is_empty() { self.elsewhere(name, &parts) } else { self.chosen(&here) }
    }

    /// The symbols of a name, by their places.
    fn called(&mut self, name: &str) -> Arc<[NodeAt]> {
        if let Some(known) = self.known.called.get(name) {
            return Arc::clone(known);
        }
        let mut found: Vec<NodeAt> = Vec::new();
        for file in self.resolver.code.files_with(name, true) {
            let Some(nodes) = (self.all)(file) else { continue };
            let called = |ix: &usize| {
                let node = &nodes.list[*ix];
                node.symbol.is_some() && &*node.label == name
            };
            found.extend((0..nodes.list.len()).filter(called).map(|ix| (file, ix)));
        }
        let found: Arc<[NodeAt]> = found.into();
        self.known.called.insert(name.to_owned(), Arc::clone(&found));
        found
    }

    fn is_module(&mut self, name: &str) -> bool {
        let code = self.resolver.code;
        self.known.tree.get_or_insert_with(|| Tree::new(code)).modules.contains(name)
    }

    /// What a name leads to that is not declared where the name says.
    fn elsewhere(&mut self, name: &str, parts: &[&str]) -> Arc<[NodeAt]> {
        let code = self.resolver.code;
        // Crates are not called as their directories are.
        let in_tree = name.contains("::") || self.is_module(parts[0]);
        let separator = if name.contains("::") { "::" } else { "." };
        let outer = self.name(&parts[..parts.len() - 1].join(separator));
        let all = self.all;
        let symbol =
            |at: &NodeAt| Some(Target { file: at.0, symbol: all(at.0)?.list.get(at.1)?.symbol? });
        let owners: Vec<Target> = outer.iter().filter_map(symbol).collect();
        let tree = self.known.tree.get_or_insert_with(|| Tree::new(code));
        let ways = tree.ways.iter().filter(|it| in_tree && it.1 == separator);
        let ways: Vec<(Language, &str)> = ways.copied().collect();
        if ways.is_empty() && owners.is_empty() {
            return Arc::default();
        }
        // So that what bounds cut does not depend on what was asked before.
        self.resolver.forget();
        let found = handed_on(self.resolver, parts, &ways, &owners);
        let node = |found: Found| match found {
            Found::Symbol(target) => {
                Some((target.file, all(target.file)?.of_symbol(target.symbol)?))
            }
            Found::Module(place) => {
                let file = code.file_of_place(&place)?;
                all(file).map(|_| (file, 0))
            }
            Found::External => None,
        };
        let found: Vec<NodeAt> = found.into_iter().filter_map(node).collect();
        self.chosen(&found)
    }

    /// The nodes in order, those of tests only if there are no others.
    fn chosen(&self, nodes: &[NodeAt]) -> Arc<[NodeAt]> {
        let test = |at: &NodeAt| (self.all)(at.0).is_some_and(|nodes| nodes.list[at.1].test);
        let mut chosen: Vec<NodeAt> = nodes.iter().copied().filter(|at| !test(at)).collect();
        if chosen.is_empty() {
            chosen = nodes.to_vec();
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen.into()
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
