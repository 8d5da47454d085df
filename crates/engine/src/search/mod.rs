//! Search: from a query and a snapshot to the bytes that ripgrep would print.

mod query;

pub use query::{
    Boundary, Case, FileFilter, Glob, Mode, Output, Pattern, Query, SearchRoot, Sort, SortBy,
    TypeChange,
};
