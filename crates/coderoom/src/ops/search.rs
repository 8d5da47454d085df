//! `search`: the text search that agents use, answered as ripgrep would print it.

use coderoom_engine as engine;
use engine::{Case, Cut, Mode, Query, SearchRoot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation};
use crate::{
    daemon::rooms::{Freshness, Located},
    error::{Code, OpError},
};

/// The operation.
pub struct Search;

/// What to search for, where, and how much of it to show.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["pattern"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// Regular expression (Rust syntax, as ripgrep's).
    pub pattern: String,
    /// Files or directories to search, relative to the workspace. Default: all of it.
    pub paths: Vec<String>,
    /// Globs that files must match, as ripgrep's -g: `*.rs`, `!tests/**`.
    pub glob: Vec<String>,
    /// File types, as ripgrep's -t: `rust`, `py`.
    #[serde(rename = "type")]
    pub types: Vec<String>,
    /// `content` (matching lines), `files` (paths only), `files_without_match`, `count` (matching
    /// lines a file), `json` (ripgrep's JSON Lines).
    pub output: OutputMode,
    /// Take the pattern as plain text.
    pub fixed_strings: bool,
    /// Ignore upper and lower case.
    pub ignore_case: bool,
    /// Ignore case unless the pattern has upper-case letters.
    pub smart_case: bool,
    /// Match whole words only.
    pub word: bool,
    /// Match whole lines only.
    pub line: bool,
    /// Let matches span lines; `.` then matches line ends too.
    pub multiline: bool,
    /// Show lines that do not match.
    pub invert: bool,
    /// Show only the matching parts of lines.
    pub only_matching: bool,
    /// Lines of context before and after each match.
    pub context: usize,
    /// Lines of context before each match.
    pub before: usize,
    /// Lines of context after each match.
    pub after: usize,
    /// Matching lines a file at most.
    pub max_per_file: Option<u64>,
    /// Look into hidden files too.
    pub hidden: bool,
    /// Look into ignored files too (only if the workspace was loaded with them).
    pub no_ignore: bool,
    /// `path` (default), `modified` (newest first).
    pub sort: SortOrder,
    /// Lines of output at most. Default 250.
    pub limit: Option<u64>,
    /// Lines of output to pass over first.
    pub offset: u64,
    /// Milliseconds that the search may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What the output consists of.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputMode {
    /// Matching lines.
    #[default]
    Content,
    /// Paths of files with a match.
    Files,
    /// Paths of files without one.
    FilesWithoutMatch,
    /// Matching lines a file.
    Count,
    /// ripgrep's JSON Lines.
    Json,
}

/// The order of files.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// By path.
    #[default]
    Path,
    /// Newest first.
    Modified,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What ripgrep would print.
    pub text: String,
    /// Whether anything matched.
    pub matched: bool,
    /// There is more than `limit` lines or the size of an answer allow.
    pub truncated: bool,
    /// What the answer leaves out or may miss, in words. Empty if it is complete and fresh.
    pub notes: Vec<String>,
}

/// Lines of output unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 250;
/// Bytes of output at most, whatever the client says: about 60,000 tokens.
pub(super) const MAX_BYTES: u64 = 256 * 1024;
/// Columns after which a line is cut and marked: one minified line must not fill the answer.
const MAX_COLUMNS: u64 = 2000;

impl Operation for Search {
    const NAME: &'static str = "search";
    const TITLE: &'static str = "Search code";
    const DESCRIPTION: &'static str = "Search the text of a code base with a regular expression: \
        exactly ripgrep's (grep) matches and output, answered from memory in about a millisecond, \
        always up to date with the files on disk. Use it instead of grep, rg or find.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Search;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        if params.pattern.is_empty() {
            let message =
                "`pattern` is empty: give a regular expression, or use `glob` to list files";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let located = context.rooms.locate(&params.workspace, context)?;
        let roots = located.search_roots(&params.paths)?;
        let offset = params.offset;
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
        let root_is_file: Vec<bool> = roots.iter().map(|(_, is_file)| *is_file).collect();
        let query = query(params, roots.into_iter().map(|(root, _)| root).collect());
        let search = context.rooms.compiled.get(query, root_is_file)?;
        execute(context, &located, &search, offset, Some(limit))
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.text.clone();
        if !reply.matched && text.is_empty() {
            text.push_str("No matches.\n");
        }
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

/// Runs a compiled search for an agent: bounded, with notes on whatever is missing.
pub(super) fn execute(
    context: &Context,
    located: &Located,
    search: &engine::Search,
    offset: u64,
    limit: Option<u64>,
) -> Result<Reply, OpError> {
    let candidates = search.candidates(&located.snapshot);
    let limits = engine::Limits {
        threads: context.rooms.threads(),
        offset,
        head_limit: limit,
        max_bytes: Some(MAX_BYTES),
        stop: &|| context.interruption().is_some(),
    };
    let mut output = Vec::new();
    let summary = search
        .run(&candidates, &limits, &mut output)
        .map_err(|err| OpError::new(Code::Internal, format!("the search failed: {err}")))?;
    let mut notes = Vec::new();
    if summary.cut == Some(Cut::Stopped) {
        let Some(reason) = context.interruption() else {
            return Err(OpError::new(Code::Internal, "the search stopped without a reason"));
        };
        if reason.code == Code::Cancelled || output.is_empty() {
            return Err(reason);
        }
        notes.push(format!("incomplete: {}", reason.message));
    }
    if summary.cut == Some(Cut::Limit) {
        let shown = memchr_lines(&output);
        let next = offset + shown;
        notes.push(format!(
            "truncated: {shown} lines shown, there are more; continue with offset={next}, or narrow \
             the search"
        ));
    }
    notes.extend(not_held_note(&candidates));
    notes.extend(freshness_note(located.freshness));
    Ok(Reply {
        text: String::from_utf8_lossy(&output).into_owned(),
        matched: summary.matched,
        truncated: summary.cut.is_some(),
        notes,
    })
}

fn memchr_lines(output: &[u8]) -> u64 {
    output.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Names what ripgrep would have looked into and coderoom could not.
fn not_held_note(candidates: &engine::Candidates) -> Option<String> {
    let missing = candidates.not_held();
    let shown: Vec<String> =
        missing.iter().take(5).map(|entry| format!("{} ({})", entry.path, entry.reason)).collect();
    let more = missing.len().saturating_sub(shown.len());
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!shown.is_empty()).then(|| format!("not searched: {}{tail}", shown.join(", ")))
}

pub(super) fn freshness_note(freshness: Freshness) -> Option<String> {
    match freshness {
        Freshness::Exact | Freshness::Gone => None,
        Freshness::Late => Some("writes of the last moment may be missing: ask again".into()),
        Freshness::Rescanned { age } => Some(format!(
            "some directories are not watched; changes there may be up to {:.1} s old",
            age.as_secs_f32()
        )),
    }
}

fn query(params: Params, roots: Vec<SearchRoot>) -> Query {
    let mut query = Query {
        mode: match params.output {
            OutputMode::Content => Mode::Standard,
            OutputMode::Files => Mode::FilesWithMatches,
            OutputMode::FilesWithoutMatch => Mode::FilesWithoutMatch,
            OutputMode::Count => Mode::Count,
            OutputMode::Json => Mode::Json,
        },
        ..Query::default()
    };
    query.pattern.patterns = vec![params.pattern];
    query.pattern.fixed_strings = params.fixed_strings;
    query.pattern.case = match (params.ignore_case, params.smart_case) {
        (true, _) => Case::Insensitive,
        (false, true) => Case::Smart,
        (false, false) => Case::Sensitive,
    };
    query.pattern.boundary = match (params.line, params.word) {
        (true, _) => Some(engine::Boundary::Line),
        (false, true) => Some(engine::Boundary::Word),
        (false, false) => None,
    };
    query.pattern.multiline = params.multiline;
    query.pattern.multiline_dotall = params.multiline;
    query.pattern.invert_match = params.invert;
    query.pattern.max_count = params.max_per_file;
    query.files.roots = roots;
    query.files.globs = globs(params.glob);
    query.files.types = params.types.into_iter().map(engine::TypeChange::Select).collect();
    query.files.hidden = params.hidden;
    query.files.no_ignore = params.no_ignore;
    query.files.sort = match params.sort {
        SortOrder::Path => None,
        SortOrder::Modified => Some(engine::Sort { by: engine::SortBy::Modified, reverse: true }),
    };
    query.output.with_filename = Some(true);
    query.output.line_number = true;
    query.output.only_matching = params.only_matching;
    query.output.before_context = params.before.max(params.context);
    query.output.after_context = params.after.max(params.context);
    query.output.max_columns = Some(MAX_COLUMNS);
    query.output.max_columns_preview = true;
    query
}

pub(super) fn globs(globs: Vec<String>) -> Vec<engine::Glob> {
    globs.into_iter().map(|glob| engine::Glob { glob, case_insensitive: false }).collect()
}
