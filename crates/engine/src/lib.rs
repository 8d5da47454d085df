//! The engine of coderoom: snapshots, sessions, changes, segments and search.
//!
//! Pure and synchronous: it never touches files, processes, the network, the environment, the
//! clock, randomness or standard output. Bytes and time come in as arguments, plain data goes out.
//! This file is its one door; the modules are private.

mod change;
mod code;
mod file;
mod foresee;
mod graph;
mod history;
mod path;
mod plan;
mod search;
mod seek;
mod segment;
mod session;
mod snapshot;
mod table;
mod text;
mod trace;
mod view;

pub use change::{Change, FileChange, Stale};
pub use code::{
    Ask, AskError, AskLimits, Call, Calls, Certainty, Code, CodeIndex, CodeScope, Dangling,
    DanglingNames, Definition, Definitions, Dependencies, Dependency, Extent, Hover, Hovers,
    ImportError, ImportReport, Imported, IndexStats, KeptFacts, Outline, OutlineItem, Reference,
    References, Refusal, RefusedDocument, Relative, Relatives, ScipPart, Shelf, Spelling,
    SymbolInfo, Symbols, SyntaxProblem, Unused, UnusedSymbols, cut_words, facts_to_keep,
    give_facts, kind_word, language_of, scip_head, scip_project, scip_tail,
};
pub use coderoom_graph::{
    Edge, EdgeKind, Graph, GraphError, NodeIx, NodeKind, PersistError, seal, unseal,
};
pub use coderoom_syntax::{
    Cut as FactsCut, Kind, Language, Packed, Replacement, RewriteError, Rewriter, Role,
    Visibility as SymbolVisibility,
};
pub use file::{Body, File, FileId, SegmentId, Stamp, Unheld, Visibility};
pub use foresee::{Foresight, Outlook};
pub use graph::{
    Alike, AlikeGroup, AlikeOptions, Binding, CLAIM_GRAMMAR, Claim, CodeGraph, Coupling, Court,
    Documents, Doubts, Drift, DriftKind, EdgeLine, GraphDiff, Hints, Judgement, KeptGraph,
    LightOptions, Lit, LitSeed, MentionInfo, NOTES, NodeOrigin, NodePlace, PieceStats, SectionInfo,
    SemanticPart, Verb, Why, chain, cycle, dependency_kinds, difference, dimension_word,
    direct_edges, incoming_edges, key_of_path, with_members,
};
pub use history::{
    Combined, Conflict, Content, Dirty, Entry, EntryKind, FileDelta, Mismatch, Mode as FileMode,
    NoStep, State, Version, combine,
};
pub use path::{PathError, RelPath};
pub use search::{
    Boundary, Candidates, Case, Cut, FileFilter, Glob, Limits, Mode, NotHeld, Output, Pattern,
    Query, QueryError, Search, SearchRoot, Sink, Sort, SortBy, Stats, Summary, TypeChange,
};
pub use seek::{
    FileRole, HeardLesson, Lesson, LessonSource, Lessons, Lexicon, MAX_LESSONS, MAX_TARGETS, Past,
    PastCommit, SeekKnown, SeekPart, SeekPlace, Sought, SoughtFile,
};
pub use segment::{MalformedSegment, Segment, SegmentBuilder, SegmentParts};
pub use session::{Covering, FoldPolicy, Session, fold_plan};
pub use snapshot::{Snapshot, Totals};
pub use text::{BINARY_WINDOW, Classified, ContentHash, Text, TextEncoding, TextStore, classify};
pub use trace::{Frame, Suspect, SuspectPart, Trace, TraceLanguage, Traced, read_trace};
pub use view::{LineRange, view_lines};
