//! From all flags together to a query: what one flag means in the light of the others.

use std::ffi::OsString;

use coderoom_engine::{Glob, Mode};

use crate::{
    args::{Parsed, PatternFile, Request, Special, Surroundings},
    raw::{ColorChoice, PatternSource, Raw, RawMode},
    value::pattern_lines,
};

/// Decides what the command line asks for.
pub(crate) fn build(mut raw: Raw, around: &Surroundings<'_>) -> Result<Parsed, String> {
    if let Some(special) = raw.special {
        return Ok(Parsed::Special(special));
    }
    raw.query.mode = match raw.mode {
        RawMode::Types => return Ok(Parsed::Special(Special::TypeList)),
        RawMode::Generate(kind) => return Ok(Parsed::Special(Special::Generate(kind))),
        RawMode::Files => Mode::Files,
        RawMode::Search(mode) => effective_mode(mode, &raw),
    };
    if raw.query.mode != Mode::Files {
        raw.query.pattern.patterns = patterns(&mut raw, around)?;
    }
    globs(&mut raw);
    let assume_nothing_ignored = ignore_rules(&mut raw);
    presentation(&mut raw, around);
    if raw.has_hyperlinks() && raw.query.output.color {
        let why = "hyperlinks are not printed";
        raw.refuse("hyperlink-format", "--hyperlink-format", why);
    }
    Ok(Parsed::Search(Box::new(Request {
        unsupported: raw.take_refused(),
        query: raw.query,
        paths: raw.positional,
        assume_nothing_ignored,
        no_messages: raw.no_messages,
        no_config: raw.no_config,
        one_thread: raw.one_thread,
    })))
}

/// Counting matches of an inverted search counts lines; counting "only the matches" counts them.
fn effective_mode(mode: Mode, raw: &Raw) -> Mode {
    match mode {
        Mode::CountMatches if raw.query.pattern.invert_match => Mode::Count,
        Mode::Count if raw.query.output.only_matching => Mode::CountMatches,
        mode => mode,
    }
}

fn patterns(raw: &mut Raw, around: &Surroundings<'_>) -> Result<Vec<String>, String> {
    if raw.patterns.is_empty() {
        if raw.positional.is_empty() {
            return Err("ripgrep requires at least one pattern to execute a search".into());
        }
        let pattern = raw.positional.remove(0);
        let not_text = |_: OsString| "pattern given is not valid UTF-8".to_owned();
        return Ok(vec![pattern.into_string().map_err(not_text)?]);
    }
    let mut patterns = Vec::new();
    for source in std::mem::take(&mut raw.patterns) {
        match source {
            PatternSource::Pattern(pattern) => patterns.push(pattern),
            PatternSource::File(name) if name == "-" => {
                raw.refuse("file", "-f -", "patterns on standard input can be read only once");
            }
            PatternSource::File(name) => match (around.pattern_file)(&name) {
                PatternFile::Bytes(bytes) => patterns.extend(pattern_lines(&name, &bytes)?),
                PatternFile::Unsupported(why) => raw.refuse("file", "-f", why),
                PatternFile::Failed(error) => {
                    return Err(format!("{}: {error}", name.to_string_lossy()));
                }
            },
        }
    }
    let mut seen = std::collections::HashSet::new();
    patterns.retain(|pattern| seen.insert(pattern.clone()));
    Ok(patterns)
}

/// All of `--glob` come before all of `--iglob`, wherever they stand on the command line.
fn globs(raw: &mut Raw) {
    let insensitive = raw.glob_case_insensitive;
    let globs = std::mem::take(&mut raw.globs).into_iter();
    let iglobs = std::mem::take(&mut raw.iglobs).into_iter();
    let to_glob = |case_insensitive| move |glob| Glob { glob, case_insensitive };
    raw.query.files.globs =
        globs.map(to_glob(insensitive)).chain(iglobs.map(to_glob(true))).collect();
}

/// Settles the no-ignore family. Returns whether some rules are off while others are on.
fn ignore_rules(raw: &mut Raw) -> bool {
    let ignore = &raw.ignore;
    // Exclude files, the global file and parents matter only as long as these two kinds do.
    let none_left = ignore.no_dot && ignore.no_vcs;
    let some_off =
        ignore.no_dot || ignore.no_vcs || ignore.no_exclude || ignore.no_global || ignore.no_parent;
    let named_file = ignore.has_file && !ignore.no_files;
    let without_git = ignore.no_require_git && !ignore.no_vcs;
    let any_case = ignore.case_insensitive && (!none_left || named_file);
    raw.query.files.no_ignore = none_left;

    let why = "the tree was walked without that file";
    raw.refuse_if(named_file, "ignore-file", "--ignore-file", why);
    let why = "ignore files are applied as git does";
    raw.refuse_if(without_git, "require-git", "--no-require-git", why);
    raw.refuse_if(any_case, "ignore-case-file", "--ignore-file-case-insensitive", why);
    some_off && !none_left
}

/// What depends on where the output goes.
fn presentation(raw: &mut Raw, around: &Surroundings<'_>) {
    let terminal = around.stdout_is_terminal;
    let mode = raw.query.mode;
    let output = &mut raw.query.output;
    output.color = match raw.color {
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && around.colors_allowed,
        ColorChoice::Always => true,
    };
    output.column = raw.column.unwrap_or(output.vimgrep);
    output.heading = !output.vimgrep && raw.heading.unwrap_or(terminal);
    output.line_number = raw.line_number.unwrap_or(match mode {
        _ if output.quiet => false,
        Mode::Json => true,
        Mode::Standard => terminal || output.column || output.vimgrep,
        _ => false,
    });
    if output.with_filename.is_none() && (output.vimgrep || raw.positional.len() > 1) {
        output.with_filename = Some(true);
    }
    let both = raw.context.both.unwrap_or(0);
    if !output.passthru {
        output.before_context = raw.context.before.unwrap_or(both);
        output.after_context = raw.context.after.unwrap_or(both);
    }
}
