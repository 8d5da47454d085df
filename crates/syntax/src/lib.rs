//! Bytes in, facts out: what a source file says about names, and the rules of its language.
//!
//! Parsers and grammars are fenced in here; nothing of them is seen outside. Pure: no files, no
//! clock, no environment. Each language is a folder under `languages/`.

mod builder;
mod columns;
mod comments;
mod extract;
mod facts;
mod language;
mod languages;
mod pack;
mod parts;
mod recent;
mod render;
mod rewrite;
mod splice;
mod table;
mod tree;

pub use builder::Builder;
pub use extract::{extract, extract_after, source_text, stays_clean, syntax_errors};
pub use facts::{
    CallSite, Cut, Expr, ExprIx, Facts, Flags, Form, Import, Kind, Name, Narrowing, Occurrence,
    OccurrenceIx, Placed, Role, Scope, ScopeIx, ScopeKind, Span, Symbol, SymbolIx, SyntaxError,
    Visibility,
};
pub use language::{Budget, Place, Plugin, Redeclared, Rules, Spaces, Tree, TypeScope, detect};
pub use languages::Language;
pub use pack::{Damaged, Packed};
pub use rewrite::{Replacement, RewriteError, Rewriter};
pub use splice::{Region, TextEdit, changed_region, say_the_same};
