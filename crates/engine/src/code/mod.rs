//! Code intelligence: what the names in a snapshot's sources stand for.
//!
//! Facts of a file are a pure function of its bytes and live with its text. An index of names is
//! built in the background; a view (`Code`) of any snapshot uses it for the files that have not
//! changed since and looks at the others directly. Resolution runs on a view, lazily.

mod graph;
mod index;
mod loaded;
mod names;
mod query;
mod resolve;
mod shelf;
mod view;

pub use index::{CodeIndex, IndexStats};
pub use query::{
    Ask, AskError, AskLimits, Call, Calls, CodeScope, Definition, Definitions, Dependencies,
    Dependency, Hover, Hovers, Outline, OutlineItem, Reference, References, Relative, Relatives,
    Spelling, SymbolInfo, Symbols, Unused, UnusedSymbols, cut_words, kind_word,
};
pub use resolve::Certainty;
pub use shelf::Shelf;
pub use view::Code;
