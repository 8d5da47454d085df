//! What a graph is built from.

use crate::kind::{EdgeKind, NodeKind};

/// A node of a graph: an index into its columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeIx(pub u32);

/// A node to be.
#[derive(Clone, PartialEq, Debug)]
pub struct NodePart {
    /// What names it for good, across snapshots: a path, a path with a qualified name. Unique.
    pub key: Box<str>,
    /// What people call it: the last component of its path, the name of a symbol, a heading.
    pub label: Box<str>,
    /// What it is.
    pub kind: NodeKind,
    /// Words that it can be found by: its language, what kind of symbol it is.
    pub tags: Vec<Box<str>>,
    /// When it was last changed, in seconds since 1970; 0 if that is not known.
    pub modified: i64,
    /// How often it is changed, from 0 to 1; 0 if that is not known.
    pub change_frequency: f32,
}

/// An edge to be. Several of the same kind between the same nodes count as one, with the largest
/// weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EdgePart {
    /// Where it starts.
    pub from: NodeIx,
    /// Where it ends.
    pub to: NodeIx,
    /// What it says.
    pub kind: EdgeKind,
    /// How much it counts, above 0 and up to 1.
    pub weight: f32,
}
