//! What is known of nodes, a column each: hot for every query, warm for learning, cold for names.

use std::sync::{Arc, OnceLock};

use crate::{
    finite::{FiniteF32, PosF32},
    intern::{InternedStr, StringInterner},
    kind::NodeKind,
    pagerank::PageRankOptions,
};

/// No node.
pub(crate) const NONE: u32 = u32::MAX;

/// The columns. A node's number is its place in each.
pub(crate) struct Nodes {
    /// Hot: how important a node is among all, 1 in sum; computed when it is first asked for.
    pub(crate) pagerank: OnceLock<Vec<FiniteF32>>,
    /// How it is computed.
    pub(crate) ranking: PageRankOptions,
    /// Hot: how many edges start or end at it.
    pub(crate) degree: Vec<u32>,
    /// Warm: what learning keeps in balance.
    pub(crate) plasticity: Vec<PlasticityNode>,
    /// Cold: the node that contains it, or [`NONE`].
    pub(crate) parent: Vec<u32>,
    /// Cold: all that names it and tells of it. Graphs of the same nodes share it.
    pub(crate) cold: Arc<Cold>,
}

/// What learning keeps in balance at a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlasticityNode {
    /// The sum of the weights of its incoming edges before anything was learnt.
    pub(crate) incoming: PosF32,
}

/// Columns that propagation never touches.
#[derive(Default)]
pub(crate) struct Cold {
    pub(crate) kind: Vec<NodeKind>,
    pub(crate) label: Vec<InternedStr>,
    /// Where the tags of each node start in `tags`; one more than there are nodes.
    pub(crate) tag_start: Vec<u32>,
    pub(crate) tags: Vec<InternedStr>,
    pub(crate) modified: Vec<i64>,
    pub(crate) change_frequency: Vec<FiniteF32>,
    /// The key of node `n` is string `n`.
    pub(crate) keys: StringInterner,
    /// Labels and tags, and some that nodes had before they were replaced.
    pub(crate) words: Arc<StringInterner>,
}

impl Nodes {
    /// Bytes on the heap, with the text.
    pub(crate) fn memory(&self) -> usize {
        let cold = &self.cold;
        let columns = [
            self.pagerank.get().map_or(0, |it| it.capacity() * 4),
            self.degree.capacity() * 4,
            self.plasticity.capacity() * size_of::<PlasticityNode>(),
            cold.kind.capacity(),
            cold.label.capacity() * 4,
            self.parent.capacity() * 4,
            cold.tag_start.capacity() * 4,
            cold.tags.capacity() * 4,
            cold.modified.capacity() * 8,
            cold.change_frequency.capacity() * 4,
            cold.keys.memory(),
            cold.words.memory(),
        ];
        columns.iter().sum()
    }
}
