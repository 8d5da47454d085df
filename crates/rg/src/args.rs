//! Reads ripgrep's command line. What it takes and refuses, and in which words, is what ripgrep
//! does; what it makes of it is a query for the engine.

use std::{
    ffi::{OsStr, OsString},
    fmt, io,
};

use coderoom_engine::Query;

use crate::{
    build,
    flags::{Action, FLAGS, Flag},
    raw::Raw,
    suggest::similar_flags,
    value::{separator, utf8},
};

/// What a command line asks for.
#[derive(Debug)]
pub enum Parsed {
    /// Something other than a search.
    Special(Special),
    /// A search, or the list of files that would be searched.
    Search(Box<Request>),
}

/// A search as the command line gives it.
#[derive(Debug, Default)]
pub struct Request {
    /// What to search for and how. The searched paths and the current directory are not in it yet.
    pub query: Query,
    /// Where to search, as given. Nothing means the current directory, or standard input.
    pub paths: Vec<OsString>,
    /// Flags that only ripgrep itself can honour. A request that has any must not be answered from
    /// memory.
    pub unsupported: Vec<Unsupported>,
    /// Some kinds of ignore rules are switched off and others are not. The query stands only where
    /// no ignore rule of any kind decides about any path.
    pub assume_nothing_ignored: bool,
    /// `--no-messages`: what goes wrong with single files is not told.
    pub no_messages: bool,
    /// `--no-config`
    pub no_config: bool,
    /// ripgrep would use one thread even where there is much to search.
    pub one_thread: bool,
}

/// A flag that a search from memory cannot honour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Flags that replace each other share one.
    pub(crate) slot: &'static str,
    /// The flag, with its dashes.
    pub flag: String,
    /// Why not.
    pub why: &'static str,
}

/// What is done instead of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// `-h`
    HelpShort,
    /// `--help`
    HelpLong,
    /// `-V`
    VersionShort,
    /// `--version`
    VersionLong,
    /// `--pcre2-version`
    Pcre2Version,
    /// `--type-list`
    TypeList,
    /// `--generate`
    Generate(GenerateKind),
}

/// What `--generate` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerateKind {
    /// The manual page.
    Man,
    /// Completions for bash.
    Bash,
    /// Completions for zsh.
    Zsh,
    /// Completions for fish.
    Fish,
    /// Completions for PowerShell.
    PowerShell,
}

/// What the meaning of a command line depends on besides itself.
pub struct Surroundings<'a> {
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// The environment has nothing against colours on a terminal (`TERM`, `NO_COLOR`).
    pub colors_allowed: bool,
    /// Reads a file of patterns (`-f`).
    pub pattern_file: &'a dyn Fn(&OsStr) -> PatternFile,
}

impl Default for Surroundings<'_> {
    /// Neither a terminal nor files: what a server that is handed arguments wants.
    fn default() -> Self {
        Surroundings {
            stdout_is_terminal: false,
            colors_allowed: false,
            pattern_file: &|_| PatternFile::Unsupported("files of patterns are not read here"),
        }
    }
}

/// What became of a file of patterns.
pub enum PatternFile {
    /// Its contents.
    Bytes(Vec<u8>),
    /// It cannot be read without taking it away from whoever answers instead (a pipe).
    Unsupported(&'static str),
    /// It could not be read.
    Failed(io::Error),
}

/// What is wrong with a command line, in ripgrep's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(pub(crate) String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

/// Parses a command line, without the program's name.
///
/// # Errors
/// Where ripgrep would refuse it.
pub fn parse<I>(args: I, surroundings: &Surroundings<'_>) -> Result<Parsed, ParseError>
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    let raw = read_flags(lexopt::Parser::from_args(args)).map_err(ParseError)?;
    build::build(raw, surroundings).map_err(ParseError)
}

/// Every flag: its long names (negated ones included), its short name, and whether it takes a
/// value. For tests and documentation.
pub fn flag_forms() -> impl Iterator<Item = (Vec<&'static str>, Option<char>, bool)> {
    FLAGS.iter().map(|flag| {
        let longs = [Some(flag.long), flag.alias, flag.negated()];
        let longs = longs.into_iter().flatten().collect();
        (longs, flag.short, flag.takes_value())
    })
}

fn read_flags(mut parser: lexopt::Parser) -> Result<Raw, String> {
    let mut raw = Raw::default();
    while let Some(arg) =
        parser.next().map_err(|error| format!("invalid CLI arguments: {error}"))?
    {
        let (name, long) = match arg {
            lexopt::Arg::Value(value) => {
                raw.positional.push(value);
                continue;
            }
            lexopt::Arg::Short(short) => (find_short(short)?, false),
            lexopt::Arg::Long(long) => (find_long(long)?, true),
        };
        apply(&mut raw, &name, long, &mut parser)?;
    }
    Ok(raw)
}

/// A flag, and the name that it was called by.
struct Found {
    flag: &'static Flag,
    name: String,
    negated: bool,
}

fn find_short(short: char) -> Result<Found, String> {
    let name = format!("-{short}");
    match FLAGS.iter().find(|flag| flag.short == Some(short)) {
        Some(flag) => Ok(Found { flag, name, negated: false }),
        None => Err(format!("unrecognized flag {name}")),
    }
}

fn find_long(long: &str) -> Result<Found, String> {
    let name = format!("--{long}");
    for flag in FLAGS {
        let negated = flag.negated() == Some(long);
        // ripgrep keeps all names in one map, so that `--A` is `-A` spelled oddly.
        let short = flag.short.is_some_and(|short| long.chars().eq([short]));
        if negated || flag.long == long || flag.alias == Some(long) || short {
            let name = if short { format!("-{long}") } else { name };
            return Ok(Found { flag, name, negated });
        }
    }
    Err(match similar_flags(long) {
        Some(similar) => format!("unrecognized flag {name}\n\n{similar}"),
        None => format!("unrecognized flag {name}"),
    })
}

fn apply(
    raw: &mut Raw,
    found: &Found,
    long: bool,
    parser: &mut lexopt::Parser,
) -> Result<(), String> {
    let mut value = None;
    if found.flag.takes_value() && !found.negated {
        let missing = |error| format!("missing value for flag {}: {error}", found.name);
        value = Some(parser.value().map_err(missing)?);
    }
    act(raw, found, long, value)
        .map_err(|error| format!("error parsing flag {}: {error}", found.name))
}

fn act(raw: &mut Raw, found: &Found, long: bool, value: Option<OsString>) -> Result<(), String> {
    let (flag, on) = (found.flag, !found.negated);
    match (&flag.action, value) {
        (Action::On(set), _) => set(raw),
        (Action::Repeated(set), _) => set(raw)?,
        (Action::Switch(_, set), _) => set(raw, on),
        // `--h` and `--V` are taken for flags, and do nothing.
        (Action::Special(..), _) if long && !found.name.starts_with("--") => {}
        (Action::Special(_, long_form), _) if long => raw.special = Some(*long_form),
        (Action::Special(short_form, _), _) => raw.special = Some(*short_form),
        (Action::Text(set), Some(value)) => set(raw, utf8(&value)?),
        (Action::CheckedText(set), Some(value)) => set(raw, utf8(&value)?)?,
        (Action::Raw(set), Some(value)) => set(raw, value),
        (Action::Separator(set), Some(value)) => set(raw, separator(&value)?),
        (Action::Optional(_, set), value) => set(raw, value.as_deref())?,
        (Action::Refused(_, why), _) => raw.refuse_if(on, flag.long, &found.name, why),
        (Action::Harmless(_), _) => {}
        // These never come without a value.
        (Action::Text(_) | Action::CheckedText(_), None)
        | (Action::Raw(_) | Action::Separator(_), None) => {}
    }
    Ok(())
}
