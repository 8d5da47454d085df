//! The engine of coderoom: snapshots, sessions, changes, segments and search.
//!
//! Pure and synchronous: it never touches files, processes, the network, the environment, the
//! clock, randomness or standard output. Bytes and time come in as arguments, plain data goes out.
//! This file is its one door; the modules are private.

mod change;
mod file;
mod path;
mod plan;
mod search;
mod segment;
mod session;
mod snapshot;
mod table;
mod text;

pub use change::{Change, FileChange, Stale};
pub use file::{Body, File, FileId, SegmentId, Stamp, Unheld, Visibility};
pub use path::{PathError, RelPath};
pub use search::{
    Boundary, Case, FileFilter, Glob, Mode, Output, Pattern, Query, SearchRoot, Sort, SortBy,
    TypeChange,
};
pub use segment::{MalformedSegment, Segment, SegmentBuilder, SegmentParts};
pub use session::{Covering, FoldPolicy, Session, fold_plan};
pub use snapshot::{Snapshot, Totals};
pub use text::{BINARY_WINDOW, Classified, ContentHash, Text, TextEncoding, TextStore, classify};
