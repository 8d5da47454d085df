//! The one table of ripgrep 15.2's flags: every name it answers to, and what it does.
//!
//! It never decides what a combination means; `build` does, when all flags have been seen.

use std::ffi::{OsStr, OsString};

use coderoom_engine::{Boundary, Case, Mode, TypeChange};

use crate::{
    args::Special,
    raw::{Context, PatternSource, Raw, RawMode},
    value::{memory_size, number, path_separator, separator, size, utf8},
};

/// A flag.
pub(crate) struct Flag {
    pub(crate) long: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) alias: Option<&'static str>,
    pub(crate) action: Action,
}

/// What a flag does. A negated name never takes a value.
pub(crate) enum Action {
    /// Turned on, and never off again.
    On(fn(&mut Raw)),
    /// The same, but every time counts.
    Repeated(fn(&mut Raw) -> Result<(), String>),
    /// Turned on, or off by the negated name.
    Switch(&'static str, fn(&mut Raw, bool)),
    /// Ends everything else: what the short name does, what the long one does.
    Special(Special, Special),
    /// Takes any text.
    Text(fn(&mut Raw, &str)),
    /// Takes text that may be wrong.
    CheckedText(fn(&mut Raw, &str) -> Result<(), String>),
    /// Takes any bytes.
    Raw(fn(&mut Raw, OsString)),
    /// Takes a separator, unescaped; nothing if it is not text.
    Separator(fn(&mut Raw, Option<String>)),
    /// Takes a value, or none by the negated name.
    Optional(&'static str, fn(&mut Raw, Option<&OsStr>) -> Result<(), String>),
    /// Recognised, changes nothing that a caller can see in the output.
    Harmless(Option<&'static str>),
    /// Cannot be honoured while it is on: the negated name, and why.
    Refused(Option<&'static str>, &'static str),
}

impl Flag {
    pub(crate) fn negated(&self) -> Option<&'static str> {
        match self.action {
            Action::Switch(name, _) | Action::Optional(name, _) => Some(name),
            Action::Harmless(name) | Action::Refused(name, _) => name,
            _ => None,
        }
    }

    pub(crate) fn takes_value(&self) -> bool {
        matches!(
            self.action,
            Action::Text(_)
                | Action::CheckedText(_)
                | Action::Raw(_)
                | Action::Separator(_)
                | Action::Optional(..)
        )
    }

    const fn short(mut self, short: char) -> Flag {
        self.short = Some(short);
        self
    }

    const fn alias(mut self, alias: &'static str) -> Flag {
        self.alias = Some(alias);
        self
    }
}

const fn flag(long: &'static str, action: Action) -> Flag {
    Flag { long, short: None, alias: None, action }
}

const fn on(long: &'static str, set: fn(&mut Raw)) -> Flag {
    flag(long, Action::On(set))
}

const fn switch(long: &'static str, negated: &'static str, set: fn(&mut Raw, bool)) -> Flag {
    flag(long, Action::Switch(negated, set))
}

const fn text(long: &'static str, set: fn(&mut Raw, &str)) -> Flag {
    flag(long, Action::Text(set))
}

const fn checked(long: &'static str, set: fn(&mut Raw, &str) -> Result<(), String>) -> Flag {
    flag(long, Action::CheckedText(set))
}

const fn raw(long: &'static str, set: fn(&mut Raw, OsString)) -> Flag {
    flag(long, Action::Raw(set))
}

const fn optional(
    long: &'static str,
    negated: &'static str,
    set: fn(&mut Raw, Option<&OsStr>) -> Result<(), String>,
) -> Flag {
    flag(long, Action::Optional(negated, set))
}

const fn harmless(long: &'static str, negated: &'static str) -> Flag {
    flag(long, Action::Harmless(Some(negated)))
}

const fn refused(long: &'static str, negated: &'static str, why: &'static str) -> Flag {
    flag(long, Action::Refused(Some(negated), why))
}

const LOGGING: &str = "there is no log of a walk that is not made";
const NOT_TEXT: &str = "a separator must be text";

/// Every flag, in the order of ripgrep's own list (its suggestions come in that order).
#[rustfmt::skip] // a table: one flag a line where it fits
pub(crate) static FLAGS: &[Flag] = &[
    text("regexp", |r, v| r.patterns.push(PatternSource::Pattern(v.into()))).short('e'),
    raw("file", |r, v| r.patterns.push(PatternSource::File(v))).short('f'),
    checked("after-context", |r, v| set(&mut r.limited_context().after, number(v))).short('A'),
    checked("before-context", |r, v| set(&mut r.limited_context().before, number(v))).short('B'),
    switch("binary", "no-binary", |r, on| r.binary(on, "--binary")),
    harmless("block-buffered", "no-block-buffered"),
    switch("byte-offset", "no-byte-offset", |r, on| r.query.output.byte_offset = on).short('b'),
    on("case-sensitive", |r| r.query.pattern.case = Case::Sensitive).short('s'),
    checked("color", Raw::color),
    // Not checked here, so refused even where nothing is coloured.
    text("colors", |r, _| r.refuse("colors", "--colors", "only the default colours are printed")),
    switch("column", "no-column", |r, on| r.column = Some(on)),
    checked("context", |r, v| set(&mut r.limited_context().both, number(v))).short('C'),
    optional("context-separator", "no-context-separator", |r, v| {
        let Some(v) = v else {
            r.allow("context-separator");
            r.query.output.context_separator = None;
            return Ok(());
        };
        let text = separator(v)?;
        r.refuse_if(text.is_none(), "context-separator", "--context-separator", NOT_TEXT);
        r.query.output.context_separator = text;
        Ok(())
    }),
    on("count", |r| r.search_mode(Mode::Count)).short('c'),
    on("count-matches", |r| r.search_mode(Mode::CountMatches)),
    switch("crlf", "no-crlf", |r, on| {
        r.query.pattern.crlf = on;
        r.query.pattern.null_data &= !on;
    }),
    flag("debug", Action::Refused(None, LOGGING)),
    checked("dfa-size-limit", |r, v| set(&mut r.query.pattern.dfa_size_limit, memory_size(v))),
    optional("encoding", "no-encoding", |r, v| {
        r.encoding(v.map(utf8).transpose()?);
        Ok(())
    }).short('E'),
    checked("engine", Raw::engine_named),
    flag("field-context-separator", Action::Separator(|r, v| {
        r.refuse_if(v.is_none(), "field-context-separator", "--field-context-separator", NOT_TEXT);
        r.query.output.field_context_separator = v.unwrap_or_default();
    })),
    flag("field-match-separator", Action::Separator(|r, v| {
        r.refuse_if(v.is_none(), "field-match-separator", "--field-match-separator", NOT_TEXT);
        r.query.output.field_match_separator = v.unwrap_or_default();
    })),
    on("files", |r| r.mode = RawMode::Files),
    on("files-with-matches", |r| r.search_mode(Mode::FilesWithMatches)).short('l'),
    on("files-without-match", |r| r.search_mode(Mode::FilesWithoutMatch)),
    switch("fixed-strings", "no-fixed-strings", |r, on| r.query.pattern.fixed_strings = on).short('F'),
    refused("follow", "no-follow", "symbolic links are not followed").short('L'),
    checked("generate", Raw::generate),
    text("glob", |r, v| r.globs.push(v.into())).short('g'),
    switch("glob-case-insensitive", "no-glob-case-insensitive", |r, on| r.glob_case_insensitive = on),
    switch("heading", "no-heading", |r, on| r.heading = Some(on)),
    flag("help", Action::Special(Special::HelpShort, Special::HelpLong)).short('h'),
    switch("hidden", "no-hidden", |r, on| r.query.files.hidden = on).short('.'),
    raw("hostname-bin", |r, v| r.refuse_if(!v.is_empty(), "hostname-bin", "--hostname-bin", "no program is run")),
    text("hyperlink-format", |r, v| r.hyperlink_format(v)),
    text("iglob", |r, v| r.iglobs.push(v.into())),
    on("ignore-case", |r| r.query.pattern.case = Case::Insensitive).short('i'),
    raw("ignore-file", |r, _| r.ignore.has_file = true),
    switch("ignore-file-case-insensitive", "no-ignore-file-case-insensitive", |r, on| r.ignore.case_insensitive = on),
    switch("include-zero", "no-include-zero", |r, on| r.query.output.include_zero = on),
    switch("invert-match", "no-invert-match", |r, on| r.query.pattern.invert_match = on).short('v'),
    switch("json", "no-json", |r, on| if on { r.search_mode(Mode::Json) } else { r.no_json() }),
    harmless("line-buffered", "no-line-buffered"),
    on("line-number", |r| r.line_number = Some(true)).short('n'),
    on("no-line-number", |r| r.line_number = Some(false)).short('N'),
    on("line-regexp", |r| r.query.pattern.boundary = Some(Boundary::Line)).short('x'),
    checked("max-columns", |r, v| {
        // 0 means no limit.
        r.query.output.max_columns = Some(number(v)?).filter(|&max| max > 0);
        Ok(())
    }).short('M'),
    switch("max-columns-preview", "no-max-columns-preview", |r, on| r.query.output.max_columns_preview = on),
    checked("max-count", |r, v| set(&mut r.query.pattern.max_count, number(v))).short('m'),
    checked("max-depth", |r, v| set(&mut r.query.files.max_depth, number(v))).short('d').alias("maxdepth"),
    checked("max-filesize", |r, v| set(&mut r.query.files.max_filesize, size(v))),
    switch("mmap", "no-mmap", |r, on| r.mmap(if on { "--mmap" } else { "--no-mmap" })),
    switch("multiline", "no-multiline", |r, on| {
        r.query.pattern.multiline = on;
        r.query.pattern.stop_on_nonmatch &= !on;
    }).short('U'),
    switch("multiline-dotall", "no-multiline-dotall", |r, on| r.query.pattern.multiline_dotall = on),
    on("no-config", |r| r.no_config = true),
    switch("no-ignore", "ignore", Raw::no_ignore),
    switch("no-ignore-dot", "ignore-dot", |r, on| r.ignore.no_dot = on),
    switch("no-ignore-exclude", "ignore-exclude", |r, on| r.ignore.no_exclude = on),
    switch("no-ignore-files", "ignore-files", |r, on| r.ignore.no_files = on),
    switch("no-ignore-global", "ignore-global", |r, on| r.ignore.no_global = on),
    harmless("no-ignore-messages", "ignore-messages"),
    switch("no-ignore-parent", "ignore-parent", |r, on| r.ignore.no_parent = on),
    switch("no-ignore-vcs", "ignore-vcs", |r, on| r.ignore.no_vcs = on),
    switch("no-messages", "messages", |r, on| r.no_messages = on),
    switch("no-require-git", "require-git", |r, on| r.ignore.no_require_git = on),
    switch("no-unicode", "unicode", |r, on| r.query.pattern.no_unicode = on),
    on("null", |r| r.query.output.null = true).short('0'),
    on("null-data", |r| {
        r.query.pattern.null_data = true;
        r.query.pattern.crlf = false;
    }),
    // A tree held in memory may well span file systems.
    refused("one-file-system", "no-one-file-system", "file systems are not told apart"),
    on("only-matching", |r| r.query.output.only_matching = true).short('o'),
    checked("path-separator", |r, v| {
        r.query.output.path_separator = path_separator(v)?;
        Ok(())
    }),
    on("passthru", |r| {
        r.context = Context::default();
        r.query.output.passthru = true;
    }).alias("passthrough"),
    switch("pcre2", "no-pcre2", |r, on| r.engine(on, "--pcre2")).short('P'),
    on("pcre2-version", |r| r.special = Some(Special::Pcre2Version)),
    optional("pre", "no-pre", |r, v| {
        r.pre(v);
        Ok(())
    }),
    text("pre-glob", |r, _| r.refuse("pre-glob", "--pre-glob", "a preprocessor has to see each file")),
    on("pretty", Raw::pretty).short('p'),
    on("quiet", |r| r.query.output.quiet = true).short('q'),
    checked("regex-size-limit", |r, v| set(&mut r.query.pattern.regex_size_limit, memory_size(v))),
    text("replace", |r, v| r.query.output.replace = Some(v.into())).short('r'),
    switch("search-zip", "no-search-zip", Raw::search_zip).short('z'),
    on("smart-case", |r| r.query.pattern.case = Case::Smart).short('S'),
    checked("sort", |r, v| r.sort(v, false)),
    checked("sortr", |r, v| r.sort(v, true)),
    switch("stats", "no-stats", |r, on| r.query.output.stats = on),
    on("stop-on-nonmatch", |r| {
        r.query.pattern.stop_on_nonmatch = true;
        r.query.pattern.multiline = false;
    }),
    switch("text", "no-text", Raw::text).short('a'),
    // How many threads search is the daemon's business; one of them changes an error's wording.
    checked("threads", |r, v| {
        r.one_thread = number::<usize>(v)? == 1;
        Ok(())
    }).short('j'),
    flag("trace", Action::Refused(None, LOGGING)),
    switch("trim", "no-trim", |r, on| r.query.output.trim = on),
    text("type", |r, v| r.types(TypeChange::Select(v.into()))).short('t'),
    text("type-not", |r, v| r.types(TypeChange::Negate(v.into()))).short('T'),
    text("type-add", |r, v| r.types(TypeChange::Add(v.into()))),
    text("type-clear", |r, v| r.types(TypeChange::Clear(v.into()))),
    on("type-list", |r| r.mode = RawMode::Types),
    flag("unrestricted", Action::Repeated(Raw::unrestrict)).short('u'),
    flag("version", Action::Special(Special::VersionShort, Special::VersionLong)).short('V'),
    on("vimgrep", |r| r.query.output.vimgrep = true),
    on("with-filename", |r| r.query.output.with_filename = Some(true)).short('H'),
    on("no-filename", |r| r.query.output.with_filename = Some(false)).short('I'),
    on("word-regexp", |r| r.query.pattern.boundary = Some(Boundary::Word)).short('w'),
    switch("auto-hybrid-regex", "no-auto-hybrid-regex", |r, on| r.engine(on, "--auto-hybrid-regex")),
    switch("no-pcre2-unicode", "pcre2-unicode", |r, on| r.query.pattern.no_unicode = on),
    switch("sort-files", "no-sort-files", Raw::sort_files),
];

fn set<T>(field: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    *field = Some(value?);
    Ok(())
}
