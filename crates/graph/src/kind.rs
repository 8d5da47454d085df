//! What nodes and edges are.

use serde::{Deserialize, Serialize};

/// What a node stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A function, type, constant or the like.
    Symbol,
    /// A section of a document.
    Section,
    /// A package or module from outside of the workspace.
    Package,
}

/// What an edge says of the nodes that it joins. It goes from the one that depends to the one that
/// is depended upon, but for `Contains`, which goes from the outer to the inner one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EdgeKind {
    /// The first holds the second: a directory its files, a file its symbols, a class its members.
    Contains,
    /// A file imports a file, a symbol or a package.
    Imports,
    /// A function calls a function.
    Calls,
    /// Code names a symbol without calling it: a type, a value, a field.
    References,
    /// A type inherits from or implements another, a method overrides another.
    Inherits,
    /// A test exercises the second.
    Tests,
    /// A section of a document speaks of the second.
    Documents,
    /// Two files were changed by the same commits. Stands in both directions.
    CoChange,
}

impl NodeKind {
    /// Its name in answers.
    pub fn word(self) -> &'static str {
        match self {
            NodeKind::Directory => "directory",
            NodeKind::File => "file",
            NodeKind::Symbol => "symbol",
            NodeKind::Section => "section",
            NodeKind::Package => "package",
        }
    }
}

impl EdgeKind {
    /// Its name in answers.
    pub fn word(self) -> &'static str {
        match self {
            EdgeKind::Contains => "contains",
            EdgeKind::Imports => "imports",
            EdgeKind::Calls => "calls",
            EdgeKind::References => "references",
            EdgeKind::Inherits => "inherits",
            EdgeKind::Tests => "tests",
            EdgeKind::Documents => "documents",
            EdgeKind::CoChange => "co_change",
        }
    }

    /// All of them, in the order of their numbers.
    pub const ALL: [EdgeKind; 8] = [
        EdgeKind::Contains,
        EdgeKind::Imports,
        EdgeKind::Calls,
        EdgeKind::References,
        EdgeKind::Inherits,
        EdgeKind::Tests,
        EdgeKind::Documents,
        EdgeKind::CoChange,
    ];
}
