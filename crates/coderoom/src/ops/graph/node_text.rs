//! Texts of nodes in answers. An answer names hundreds of nodes, and most are read once: when the reply
//! is written. Until then they are where they are, in the graph.

use std::{fmt, ops::Deref, sync::Arc};

use coderoom_engine::CodeGraph;
use coderoom_graph::NodeIx;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// The key or the path of a node, or a text of one's own.
#[derive(Clone)]
pub struct NodeText(Source);

#[derive(Clone)]
enum Source {
    Written(Box<str>),
    Key(Arc<CodeGraph>, NodeIx),
    Path(Arc<CodeGraph>, NodeIx),
}

impl NodeText {
    /// The key of a node of this graph.
    pub(super) fn key(graph: &Arc<CodeGraph>, node: NodeIx) -> NodeText {
        NodeText(Source::Key(Arc::clone(graph), node))
    }

    /// The path of the file that a node of this graph is in; empty if it is in none.
    pub(super) fn path(graph: &Arc<CodeGraph>, node: NodeIx) -> NodeText {
        NodeText(Source::Path(Arc::clone(graph), node))
    }
}

impl Deref for NodeText {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Source::Written(text) => text,
            // Whoever has a node has its graph: that it cannot be joined was said before.
            Source::Key(graph, node) => graph.graph().map_or("", |graph| graph.key(*node)),
            Source::Path(graph, node) => graph.origin_of(*node).map_or("", |it| it.path),
        }
    }
}

impl Default for NodeText {
    fn default() -> NodeText {
        NodeText(Source::Written(Box::default()))
    }
}

impl From<String> for NodeText {
    fn from(text: String) -> NodeText {
        NodeText(Source::Written(text.into()))
    }
}

impl PartialEq for NodeText {
    fn eq(&self, other: &NodeText) -> bool {
        **self == **other
    }
}

impl fmt::Debug for NodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for NodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl Serialize for NodeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl JsonSchema for NodeText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}
