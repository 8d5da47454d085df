//! `status`: what is in memory, and how it is doing.

use std::sync::atomic::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation};
use crate::{daemon::rooms::Room, error::OpError};

/// The operation.
pub struct Status;

/// Nothing to choose.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {}

/// The daemon and its workspaces.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// coderoom's version.
    pub version: String,
    /// The daemon's process.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Bytes of text, postings and facts in memory.
    pub held_bytes: u64,
    /// Of those, facts about code that are kept unpacked.
    pub unpacked_facts_bytes: u64,
    /// Bytes that may be held before workspaces are put away.
    pub memory_budget: u64,
    /// How often that has happened.
    pub evictions: u64,
    /// The workspaces, by root.
    pub workspaces: Vec<Workspace>,
}

/// One workspace.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Workspace {
    /// Its root.
    pub root: String,
    /// Counts up with every change on disk that was taken in.
    pub revision: u64,
    /// Files known.
    pub files: u64,
    /// Files whose text is held.
    pub text_files: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Bytes of postings.
    pub index_bytes: u64,
    /// Binary files: known, not held.
    pub binary_files: u64,
    /// Files over the size limit: known, not held.
    pub too_large_files: u64,
    /// Files that could not be read.
    pub unreadable_files: u64,
    /// Files and directories that ignore rules keep out.
    pub ignored_entries: u64,
    /// Text files that no segment covers yet; they are scanned by every query.
    pub uncovered_files: u64,
    /// Segments.
    pub segments: u64,
    /// Directories watched by the kernel.
    pub watches: u64,
    /// Directories that are re-scanned because no watch could be had.
    pub unwatched: u64,
    /// Queries answered.
    pub queries: u64,
    /// Seconds that loading took.
    pub load_seconds: f64,
    /// Files that came from the cache file when it was loaded.
    pub recalled_files: u64,
    /// The index of its code.
    pub code: CodeIndex,
    /// What went wrong lately, newest last.
    pub problems: Vec<String>,
}

/// The index of a workspace's code.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeIndex {
    /// `ready`, `building` (questions are answered meanwhile, from what is there) or `none`.
    pub state: &'static str,
    /// Files taken into the index that is being made.
    pub progress_files: u64,
    /// Source files.
    pub files: u64,
    /// Bytes of source.
    pub source_bytes: u64,
    /// Symbols that other files can see, or that belong to types.
    pub symbols: u64,
    /// Occurrences of names.
    pub occurrences: u64,
    /// Files with syntax errors; what could be understood of them is there.
    pub with_errors: u64,
    /// Files that are not read to their end: larger than 4 MiB, nested too deep, or too slow to
    /// parse.
    pub cut: u64,
    /// The first 20 of those.
    pub cut_files: Vec<String>,
    /// Bytes of packed facts and of the names' index.
    pub bytes: u64,
    /// Files that have changed since the index was made; they are looked at directly.
    pub uncovered_files: u64,
    /// Seconds that making it took.
    pub seconds: f64,
    /// Files of which it was known already what they say when the first index was made.
    pub recalled_files: u64,
    /// What was imported of SCIP indexes.
    pub imported: Option<Imports>,
}

/// SCIP indexes that were imported.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Imports {
    /// Who made them.
    pub tools: Vec<String>,
    /// Files that they spoke for when they were imported.
    pub documents: u64,
    /// Files of those that still are as they were.
    pub covered: u64,
    /// Definitions and references in them.
    pub occurrences: u64,
}

impl Operation for Status {
    const NAME: &'static str = "status";
    const TITLE: &'static str = "Status";
    const DESCRIPTION: &'static str = "Which code bases are in memory for search and reading, how \
        large they are, and whether anything is left out.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Search;
    const STRUCTURED: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, _: Params) -> Result<Reply, OpError> {
        let rooms = context.rooms.list();
        Ok(Reply {
            version: env!("CARGO_PKG_VERSION").to_string(),
            pid: std::process::id(),
            uptime_seconds: context.rooms.uptime().as_secs(),
            held_bytes: rooms.iter().map(|room| room.bytes()).sum::<u64>()
                + context.rooms.unpacked_facts(),
            unpacked_facts_bytes: context.rooms.unpacked_facts(),
            memory_budget: context.rooms.config().memory_budget,
            evictions: context.rooms.evictions(),
            workspaces: rooms.iter().map(|room| describe(room, context)).collect(),
        })
    }
}

/// One workspace's part of the status.
pub(super) fn describe(room: &Room, context: &Context) -> Workspace {
    // Take in what is queued first, so that the numbers are those of now.
    room.workspace.fresh(context.deadline);
    let status = room.workspace.status();
    let snapshot = room.workspace.snapshot();
    let totals = snapshot.totals();
    let (uncovered, segments) = snapshot.coverage();
    Workspace {
        root: room.root().display().to_string(),
        revision: snapshot.revision(),
        files: totals.files,
        text_files: totals.text_files,
        text_bytes: totals.text_bytes,
        index_bytes: snapshot.index_bytes(),
        binary_files: totals.binary_files,
        too_large_files: totals.too_large_files,
        unreadable_files: totals.unreadable_files,
        ignored_entries: snapshot.unheld().len() as u64,
        uncovered_files: uncovered as u64,
        segments: segments as u64,
        watches: status.watch.watched_dirs as u64,
        unwatched: status.watch.unwatched_dirs as u64,
        queries: room.queries.load(Ordering::Relaxed),
        load_seconds: room.load_seconds,
        recalled_files: room.recalled as u64,
        code: describe_code(room, &snapshot),
        problems: problems(room, status),
    }
}

fn describe_code(room: &Room, snapshot: &std::sync::Arc<coderoom_engine::Snapshot>) -> CodeIndex {
    let code = room.code.of(snapshot);
    let imported = room.code.imported().map(|imported| Imports {
        tools: imported.report().tools.clone(),
        documents: imported.report().documents,
        covered: imported.covered(&code),
        occurrences: imported.report().occurrences,
    });
    let status = room.code.status();
    let stats = status.stats;
    CodeIndex {
        state: match (status.building, status.ready) {
            (true, _) => "building",
            (false, true) => "ready",
            (false, false) => "none",
        },
        progress_files: if status.building { status.progress } else { stats.files },
        files: stats.files,
        source_bytes: stats.source_bytes,
        symbols: stats.symbols,
        occurrences: stats.occurrences,
        with_errors: stats.with_errors,
        cut: stats.cut,
        cut_files: room.code.cut_files(),
        bytes: stats.facts_bytes + stats.names_bytes,
        uncovered_files: code.uncovered() as u64,
        seconds: status.seconds,
        recalled_files: status.recalled,
        imported,
    }
}

/// Everything that is wrong, in sentences; at most 20 files by name.
fn problems(room: &Room, status: coderoom_system::Status) -> Vec<String> {
    let mut problems: Vec<String> =
        status.problems.iter().take(20).map(|(path, words)| format!("{path}: {words}")).collect();
    if status.problems.len() > 20 {
        problems.push(format!("... and {} more files", status.problems.len() - 20));
    }
    if status.is_gone {
        problems.push("the root is gone; it is looked for at every query".into());
    }
    if let Some(limit) = status.watch.limit {
        problems.push(format!(
            "{} directories are not watched but scanned again every 2 s: raise {limit}",
            status.watch.unwatched_dirs
        ));
    }
    problems.extend(room.cache_problem.lock().clone());
    problems.extend(room.lessons.problem());
    problems.extend(room.trails.problem());
    problems.extend(room.graph.problem());
    problems
}
