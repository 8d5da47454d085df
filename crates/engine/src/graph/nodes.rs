//! The nodes of one file: the file itself, and the symbols or sections in it. A function of its path
//! and bytes alone.

use std::hash::BuildHasher;

use coderoom_graph::NodeKind;
use coderoom_syntax::{Flags, Kind, Language, Span, SymbolIx};
use serde::{Deserialize, Serialize};

use super::tests_of::{is_test_path, is_test_symbol};
use crate::{
    code::{Lines, Loaded, Map, container, language_of_file, qualify, visible_heads},
    file::{File, FileId},
};

/// What names a node in memory: a hash of its key. Two of a million nodes have the same one with a
/// chance of 3 in 10^8.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct NodeId(u64);

impl NodeId {
    /// Of a key.
    pub(crate) fn of(key: &str) -> NodeId {
        NodeId(foldhash::quality::FixedState::with_seed(0).hash_one(key))
    }
}

/// What a file is to the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileRole {
    /// Source of a language.
    Source(Language),
    /// A document.
    Document,
    /// Anything else that is text.
    Other,
}

/// One node of a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    /// What stands behind `#` in its key; empty for the file.
    pub(crate) name: Box<str>,
    /// What people call it.
    pub(crate) label: Box<str>,
    pub(crate) kind: NodeKind,
    /// What kind of symbol it is.
    pub(crate) symbol_kind: Option<Kind>,
    /// Its number among the file's symbols.
    pub(crate) symbol: Option<SymbolIx>,
    /// Where its name stands.
    pub(crate) at: Span,
    /// The first and the last line of all of it, from 1.
    pub(crate) lines: (u32, u32),
    /// Whether it belongs to a test.
    pub(crate) test: bool,
}

/// The nodes of one file; the first is the file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Nodes {
    pub(crate) file: FileId,
    pub(crate) path: Box<str>,
    pub(crate) role: FileRole,
    /// In the order of their symbols' numbers.
    pub(crate) list: Box<[Node]>,
}

/// A path as it stands in keys: `#` begins what is inside of a file.
pub fn key_of_path(path: &str) -> String {
    let path = path.replace('#', "%23");
    // Directories and files cannot be told from packages otherwise.
    if path.starts_with("package:") { format!("./{path}") } else { path }
}

/// What a file is to the graph; `None` if it has no text or its path is not UTF-8.
pub(crate) fn role_of(file: &File) -> Option<FileRole> {
    let path = file.path.as_str()?;
    let text = file.text()?;
    if let Some(language) = language_of_file(file) {
        return Some(FileRole::Source(language));
    }
    let is_document = super::documents::is_document(path) && text.is_indexable();
    Some(if is_document { FileRole::Document } else { FileRole::Other })
}

impl Nodes {
    /// Of a file without anything in it.
    pub(crate) fn plain(file: &File, path: &str, role: FileRole) -> Nodes {
        let list = [Nodes::file_node(file, path, role, is_test_path(path))].into();
        Nodes { file: file.id, path: path.into(), role, list }
    }

    fn file_node(file: &File, path: &str, role: FileRole, test: bool) -> Node {
        let lines = match role {
            FileRole::Other => 1,
            _ => file.text().map_or(1, |text| Lines::new(text.clone()).count()),
        };
        Node {
            id: NodeId::of(&key_of_path(path)),
            name: Box::default(),
            label: path.rsplit('/').next().unwrap_or(path).into(),
            kind: NodeKind::File,
            symbol_kind: None,
            symbol: None,
            at: Span::default(),
            lines: (1, lines),
            test,
        }
    }

    /// Of a source file.
    pub(crate) fn of_source(file: &File, path: &str, language: Language, facts: &Loaded) -> Nodes {
        let test = is_test_path(path);
        let role = FileRole::Source(language);
        let mut list = vec![Nodes::file_node(file, path, role, test)];
        let mut names = Names::new(path);
        let lines = file.text().map(|text| Lines::new(text.clone()));
        let line = |at: u32| lines.as_ref().map_or(1, |lines| lines.line_of(at).max(1));
        for ix in visible_heads(facts).filter(|ix| is_node(facts, *ix)) {
            let symbol = facts.facts.symbol(ix);
            let label = facts.facts.name(symbol.name);
            let (id, name) = names.key(qualify(&container(facts, ix), label));
            let first = line(symbol.full.start);
            let last = line(symbol.full.end.max(symbol.full.start + 1) - 1).max(first);
            list.push(Node {
                id,
                name: name.into(),
                label: label.into(),
                kind: NodeKind::Symbol,
                symbol_kind: Some(symbol.kind),
                symbol: Some(ix),
                at: symbol.at,
                lines: (first, last),
                test: test || is_test_symbol(facts, ix),
            });
        }
        Nodes { file: file.id, path: path.into(), role, list: list.into() }
    }

    /// Of a document with these sections: each its heading, its name in keys, and its lines.
    pub(crate) fn of_document(
        file: &File,
        path: &str,
        sections: impl Iterator<Item = (String, String, (u32, u32))>,
    ) -> Nodes {
        let test = is_test_path(path);
        let mut list = vec![Nodes::file_node(file, path, FileRole::Document, test)];
        let mut names = Names::new(path);
        for (heading, slug, lines) in sections {
            let (id, name) = names.key(slug);
            list.push(Node {
                id,
                name: name.into(),
                label: heading.into(),
                kind: NodeKind::Section,
                symbol_kind: None,
                symbol: None,
                at: Span::default(),
                lines,
                test,
            });
        }
        Nodes { file: file.id, path: path.into(), role: FileRole::Document, list: list.into() }
    }

    /// The node of a symbol.
    pub(crate) fn of_symbol(&self, symbol: SymbolIx) -> Option<usize> {
        self.list.binary_search_by_key(&Some(symbol), |node| node.symbol).ok()
    }

    /// Whether these are the same nodes of the same file, wherever in it they stand now.
    pub(crate) fn are_named_as(&self, other: &Nodes) -> bool {
        let named = |it: &Node| (it.id, it.kind, it.symbol_kind, it.test);
        let same = |(a, b): (&Node, &Node)| named(a) == named(b) && a.label == b.label;
        (self.file, self.role, &self.path) == (other.file, other.role, &other.path)
            && self.list.len() == other.list.len()
            && self.list.iter().zip(&other.list).all(same)
    }

    /// The names of what a symbol stands in, inside of its file.
    pub(crate) fn inside(&self, ix: usize) -> &str {
        let Node { name, label, .. } = &self.list[ix];
        let plain = name.strip_suffix(&**label).or_else(|| {
            // The second of a name has an ordinal.
            name.rsplit_once('(')?.0.strip_suffix(&**label)
        });
        plain.unwrap_or_default().trim_end_matches('.')
    }

    /// The key of a node.
    pub(crate) fn key(&self, ix: usize) -> String {
        let path = key_of_path(&self.path);
        let name = &self.list[ix].name;
        if name.is_empty() { path } else { format!("{path}#{name}") }
    }
}

/// Gives out the keys of a file, each once.
struct Names {
    prefix: String,
    given: Map<String, u32>,
}

impl Names {
    fn new(path: &str) -> Names {
        Names { prefix: key_of_path(path), given: Map::default() }
    }

    /// The name itself, or with the first ordinal that is free: `Meta`, `Meta(2)`.
    fn key(&mut self, wanted: String) -> (NodeId, String) {
        let mut name = wanted.clone();
        let count = self.given.entry(wanted.clone()).or_insert(0);
        *count += 1;
        let mut ordinal = *count;
        while ordinal > 1 {
            name = format!("{wanted}({ordinal})");
            if !self.given.contains_key(&name) {
                self.given.insert(name.clone(), 1);
                self.given.insert(wanted, ordinal);
                break;
            }
            ordinal += 1;
        }
        (NodeId::of(&format!("{}#{name}", self.prefix)), name)
    }
}

/// Whether a symbol gets a node: what has a name and can be seen from outside of functions.
fn is_node(facts: &Loaded, ix: SymbolIx) -> bool {
    let symbol = facts.facts.symbol(ix);
    let kind = match symbol.kind {
        Kind::Parameter | Kind::TypeParameter | Kind::Impl | Kind::Alias | Kind::Section => false,
        // `mod name;` stands for its file.
        Kind::Module => !symbol.value.is_known(),
        _ => true,
    };
    kind && !symbol.flags.has(Flags::LOCAL) && !facts.facts.name(symbol.name).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documents say `Outer.name`: what a name stands in is told without the facts of its file.
    #[test]
    fn what_a_symbol_stands_in_is_part_of_its_name() {
        let node = |name: &str, label: &str| Node {
            id: NodeId::of(name),
            name: name.into(),
            label: label.into(),
            kind: NodeKind::Symbol,
            symbol_kind: Some(Kind::Method),
            symbol: Some(SymbolIx(0)),
            at: Span::default(),
            lines: (1, 1),
            test: false,
        };
        let list = [node("a", "a"), node("A.b.b", "b"), node("A.b(2)", "b"), node("A.()", "()")];
        let id = crate::file::FileId(0);
        let nodes = Nodes { file: id, path: "p".into(), role: FileRole::Other, list: list.into() };
        let inside: Vec<&str> = (0..4).map(|ix| nodes.inside(ix)).collect();
        assert_eq!(inside, ["", "A.b", "A", "A"]);
    }
}
