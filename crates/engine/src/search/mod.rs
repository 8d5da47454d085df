//! Search: from a query and a snapshot to the bytes that ripgrep would print.
//!
//! `Search::new` compiles a query; `candidates` asks the index which files may match; `run` looks
//! at them with ripgrep's own searcher and printers, in parallel, and hands on the output in path
//! order. Nothing is reported that was not verified, and a cut answer says so.

mod candidates;
mod filter;
mod matcher;
mod query;
mod run;
mod trailer;
mod window;
mod worker;

pub use candidates::Candidates;
pub use grep_printer::Stats;
pub use query::{
    Boundary, Case, FileFilter, Glob, Mode, Output, Pattern, Query, SearchRoot, Sort, SortBy,
    TypeChange,
};
pub use run::{Cut, Limits, NotHeld, Sink, Summary};

use grep_regex::RegexMatcher;

use crate::plan::Plan;
use filter::Filter;

/// Why a query cannot be run. The texts are those of the libraries that refused it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A pattern is not a regular expression, or is too large.
    #[error("{0}")]
    BadRegex(String),
    /// A glob does not parse.
    #[error("{0}")]
    BadGlob(String),
    /// An unknown file type, or a bad definition of one.
    #[error("{0}")]
    BadType(String),
    /// A path to search is not inside the workspace.
    #[error("{0}")]
    OutsideWorkspace(String),
}

/// A compiled query: independent of any snapshot, so it may be kept and run again.
pub struct Search {
    query: Query,
    matcher: RegexMatcher,
    plan: Plan,
    filter: Filter,
    with_filename: bool,
    /// ripgrep would map the files that it was given instead of reading them.
    maps_files: bool,
}

impl Search {
    /// Compiles a query (20-200 us for common patterns). `root_is_file` says for each of the
    /// query's roots whether it names a file: ripgrep treats those as asked for by name.
    ///
    /// # Errors
    /// If a pattern, glob, type or path is not valid.
    pub fn new(mut query: Query, root_is_file: &[bool]) -> Result<Search, QueryError> {
        query.mode = match query.mode {
            Mode::CountMatches if query.pattern.invert_match => Mode::Count,
            Mode::Count if query.output.only_matching => Mode::CountMatches,
            mode => mode,
        };
        // Of the two kinds of lines only one can be; on a command line the later flag wins.
        query.pattern.crlf &= !query.pattern.null_data;
        let filter = Filter::new(&query.files)?;
        let one_file = root_is_file == [true];
        // ripgrep does not even read a pattern that cannot match.
        let never = Pattern::default();
        let pattern = if query.pattern.can_match() { &query.pattern } else { &never };
        let all_files = !root_is_file.is_empty() && root_is_file.iter().all(|is_file| *is_file);
        Ok(Search {
            matcher: matcher::build_matcher(pattern)?,
            plan: matcher::build_plan(pattern),
            filter,
            with_filename: query.output.with_filename.unwrap_or(query.output.vimgrep || !one_file),
            maps_files: all_files && root_is_file.len() <= 10,
            query,
        })
    }

    /// The query as it was understood.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether matching lines are numbered. Other flags imply it for ripgrep unless `-N` forbids it;
    /// that is settled by whoever makes the query.
    fn line_number(&self) -> bool {
        self.query.output.line_number
    }

    /// Whether files without a match are part of the answer, so that the index cannot help.
    fn wants_every_file(&self) -> bool {
        let output = &self.query.output;
        matches!(self.query.mode, Mode::Files | Mode::FilesWithoutMatch)
            || output.passthru
            || output.include_zero
    }

    /// Whether the answer tells how many files and bytes were searched.
    fn counts_searches(&self) -> bool {
        self.query.mode == Mode::Json || self.query.output.stats
    }

    /// Whether anything can be printed at all; if not, ripgrep does not even look.
    fn is_possible(&self) -> bool {
        self.query.mode == Mode::Files || self.query.pattern.can_match()
    }
}
