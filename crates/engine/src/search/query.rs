//! A search as plain data: ripgrep's own options under ripgrep's own names.
//!
//! Every field means what the flag of that name means to ripgrep 15; the defaults are ripgrep's
//! when standard output is not a terminal. The same value travels from the `rg` shim to the daemon
//! as JSON, so missing fields take their defaults and unknown ones are refused.

use serde::{Deserialize, Serialize};

/// What to look for, where, and how to print it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// What to do with the files that are selected.
    pub mode: Mode,
    /// What to look for.
    pub pattern: Pattern,
    /// Which files to look at.
    pub files: FileFilter,
    /// How to print what is found.
    pub output: Output,
}

/// What the output consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Matching lines.
    #[default]
    Standard,
    /// ripgrep's JSON Lines (`--json`).
    Json,
    /// `--files-with-matches`
    FilesWithMatches,
    /// `--files-without-match`
    FilesWithoutMatch,
    /// `--count` (of lines)
    Count,
    /// `--count-matches`
    CountMatches,
    /// `--files`: paths that would be searched; there is no pattern.
    Files,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pattern {
    /// `-e` (alternatives; none at all never matches)
    pub patterns: Vec<String>,
    /// `--fixed-strings`
    pub fixed_strings: bool,
    /// `--case-sensitive`, `--ignore-case`, `--smart-case`
    pub case: Case,
    /// `--word-regexp`, `--line-regexp`
    pub boundary: Option<Boundary>,
    /// `--multiline`
    pub multiline: bool,
    /// `--multiline-dotall`
    pub multiline_dotall: bool,
    /// `--crlf`
    pub crlf: bool,
    /// `--null-data`
    pub null_data: bool,
    /// `--no-unicode`
    pub no_unicode: bool,
    /// `--invert-match`
    pub invert_match: bool,
    /// `--text`
    pub text: bool,
    /// `--stop-on-nonmatch`
    pub stop_on_nonmatch: bool,
    /// `--max-count` (matching lines a file)
    pub max_count: Option<u64>,
    /// `--regex-size-limit`, bytes
    pub regex_size_limit: Option<usize>,
    /// `--dfa-size-limit`, bytes
    pub dfa_size_limit: Option<usize>,
}

impl Default for Pattern {
    fn default() -> Pattern {
        Pattern {
            patterns: Vec::new(),
            fixed_strings: false,
            case: Case::Sensitive,
            boundary: None,
            multiline: false,
            multiline_dotall: false,
            crlf: false,
            null_data: false,
            no_unicode: false,
            invert_match: false,
            text: false,
            stop_on_nonmatch: false,
            max_count: None,
            regex_size_limit: None,
            dfa_size_limit: None,
        }
    }
}

/// How letters compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// As written.
    #[default]
    Sensitive,
    /// Either case.
    Insensitive,
    /// Either case, unless the pattern has an upper-case letter.
    Smart,
}

/// What a match must be surrounded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// Word boundaries.
    Word,
    /// Line boundaries.
    Line,
}

/// Which files to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileFilter {
    /// Where to look, in this order. Nothing means the workspace root, printed without a prefix.
    pub roots: Vec<SearchRoot>,
    /// The directory that globs are relative to, as the absolute path the client is in. Empty for
    /// the workspace root.
    pub cwd: String,
    /// `--glob` and `--iglob`, in this order of precedence (a later one wins).
    pub globs: Vec<Glob>,
    /// `--type`, `--type-not`, `--type-add`, `--type-clear`, in the order given.
    pub types: Vec<TypeChange>,
    /// `--hidden`
    pub hidden: bool,
    /// `--no-ignore`
    pub no_ignore: bool,
    /// `--max-depth`
    pub max_depth: Option<usize>,
    /// `--max-filesize`, bytes
    pub max_filesize: Option<u64>,
    /// `--sort`, `--sortr`. Without one, files come in path order.
    pub sort: Option<Sort>,
}

/// A file or directory to search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchRoot {
    /// Relative to the workspace root; empty for the root itself.
    pub path: String,
    /// What paths below it are printed with in front: the argument as the client gave it (`./src/`),
    /// or nothing.
    pub display: String,
}

/// `--glob` or `--iglob`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Glob {
    /// The glob; `!` in front excludes.
    pub glob: String,
    /// Letters match either case.
    pub case_insensitive: bool,
}

/// One step in choosing file types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeChange {
    /// `--type NAME`
    Select(String),
    /// `--type-not NAME`
    Negate(String),
    /// `--type-add DEFINITION`
    Add(String),
    /// `--type-clear NAME`
    Clear(String),
}

/// The order of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Descending.
    pub reverse: bool,
}

/// What files are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// Component by component.
    Path,
    /// Last change of the contents.
    Modified,
}

/// How to print what is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// `--line-number`
    pub line_number: bool,
    /// `--column`
    pub column: bool,
    /// `--byte-offset`
    pub byte_offset: bool,
    /// `--with-filename`; if not said, paths are shown unless a single file is searched.
    pub with_filename: Option<bool>,
    /// `--heading`
    pub heading: bool,
    /// `--color=always` (ripgrep's default colours)
    pub color: bool,
    /// `--before-context`, lines
    pub before_context: usize,
    /// `--after-context`, lines
    pub after_context: usize,
    /// `--passthru`
    pub passthru: bool,
    /// `--only-matching`
    pub only_matching: bool,
    /// `--vimgrep`
    pub vimgrep: bool,
    /// `--replace`
    pub replace: Option<String>,
    /// `--max-columns`, bytes
    pub max_columns: Option<u64>,
    /// `--max-columns-preview`
    pub max_columns_preview: bool,
    /// `--trim`
    pub trim: bool,
    /// `--null`: a NUL byte after paths
    pub null: bool,
    /// `--include-zero`
    pub include_zero: bool,
    /// `--quiet`: print nothing, stop at the first match
    pub quiet: bool,
    /// `--stats`
    pub stats: bool,
    /// `--context-separator`; `None` for `--no-context-separator`
    pub context_separator: Option<String>,
    /// `--field-match-separator`
    pub field_match_separator: String,
    /// `--field-context-separator`
    pub field_context_separator: String,
    /// `--path-separator`
    pub path_separator: Option<u8>,
}

impl Default for Output {
    fn default() -> Output {
        Output {
            line_number: false,
            column: false,
            byte_offset: false,
            with_filename: None,
            heading: false,
            color: false,
            before_context: 0,
            after_context: 0,
            passthru: false,
            only_matching: false,
            vimgrep: false,
            replace: None,
            max_columns: None,
            max_columns_preview: false,
            trim: false,
            null: false,
            include_zero: false,
            quiet: false,
            stats: false,
            context_separator: Some("--".into()),
            field_match_separator: ":".into(),
            field_context_separator: "-".into(),
            path_separator: None,
        }
    }
}
