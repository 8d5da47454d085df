//! Code intelligence: what the names in a snapshot's sources stand for.
//!
//! Facts of a file are a pure function of its bytes and live with its text. An index of names is
//! built in the background; a view (`Code`) of any snapshot uses it for the files that have not
//! changed since and looks at the others directly. Resolution runs on a view, lazily.

mod check;
mod descriptor;
mod graph;
mod imported;
mod index;
mod kept;
mod loaded;
mod names;
mod naming;
mod prints;
mod query;
mod resolve;
mod scip;
mod shelf;
mod view;

pub use check::{SyntaxProblem, language_of};
pub use imported::{ImportError, ImportReport, Imported, Refusal, RefusedDocument};
pub(crate) use index::language_of as language_of_file;
pub use index::{CodeIndex, IndexStats};
pub use kept::{KeptFacts, facts_to_keep, give_facts};
pub(crate) use query::Pages;
pub use query::{
    Ask, AskError, AskLimits, Call, Calls, CodeScope, Dangling, DanglingNames, Definition,
    Definitions, Dependencies, Dependency, Extent, Hover, Hovers, Outline, OutlineItem, Reference,
    References, Relative, Relatives, Spelling, SymbolInfo, Symbols, Unused, UnusedSymbols,
    cut_words, kind_word,
};
pub use resolve::Certainty;
pub use scip::{ScipPart, scip_head, scip_project, scip_tail};
pub use shelf::Shelf;
pub use view::Code;
pub(crate) use view::Target;

// What the graph of a snapshot is made from.
pub(crate) use graph::imports_of;
pub(crate) use loaded::Loaded;
pub(crate) use prints::{Print, Prints};
pub(crate) use query::{
    Lines, container, handed_on, named_nodes, parts_of, qualify, shown_names, stands_in,
    visible_heads,
};
pub(crate) use resolve::{Found, Resolver, Thing};

/// A table with small keys that is looked at all the time.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
