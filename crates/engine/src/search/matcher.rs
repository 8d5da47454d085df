//! From a pattern to ripgrep's matcher and searcher, configured as ripgrep configures them.

use grep_matcher::LineTerminator;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{Searcher, SearcherBuilder};

use super::{
    QueryError,
    query::{Boundary, Case, Pattern, Query},
};
use crate::plan::{Plan, PlanOptions, plan_patterns};

/// ripgrep's matcher for the pattern.
///
/// # Errors
/// With the regex library's own words if the pattern is not a regex, is too large, or asks for a
/// line feed without `--multiline`.
pub(super) fn build_matcher(pattern: &Pattern) -> Result<RegexMatcher, QueryError> {
    let mut builder = RegexMatcherBuilder::new();
    builder
        .multi_line(true)
        .unicode(!pattern.no_unicode)
        .octal(false)
        .fixed_strings(pattern.fixed_strings);
    match pattern.case {
        Case::Sensitive => builder.case_insensitive(false),
        Case::Insensitive => builder.case_insensitive(true),
        Case::Smart => builder.case_smart(true),
    };
    match pattern.boundary {
        Some(Boundary::Line) => builder.whole_line(true),
        Some(Boundary::Word) => builder.word(true),
        None => &mut builder,
    };
    if pattern.multiline {
        builder.dot_matches_new_line(pattern.multiline_dotall);
        if pattern.crlf {
            builder.crlf(true).line_terminator(None);
        }
    } else {
        builder.line_terminator(Some(b'\n')).dot_matches_new_line(false);
        if pattern.crlf {
            builder.crlf(true);
        }
        if pattern.null_data {
            builder.line_terminator(Some(b'\x00'));
        }
    }
    if let Some(limit) = pattern.regex_size_limit {
        builder.size_limit(limit);
    }
    if let Some(limit) = pattern.dfa_size_limit {
        builder.dfa_size_limit(limit);
    }
    if pattern.looks_for_binary() {
        builder.ban_byte(Some(b'\x00'));
    }
    builder.build_many(&pattern.patterns).map_err(|err| QueryError::BadRegex(err.to_string()))
}

/// What the index can say about the pattern.
pub(super) fn build_plan(pattern: &Pattern) -> Plan {
    if pattern.invert_match {
        return Plan::All;
    }
    let options = PlanOptions {
        fixed_strings: pattern.fixed_strings,
        case_insensitive: pattern.case != Case::Sensitive,
        unicode: !pattern.no_unicode,
    };
    plan_patterns(&pattern.patterns, options)
}

/// ripgrep's searcher for the query; binary detection is set for each file.
pub(super) fn build_searcher(query: &Query, line_number: bool) -> Searcher {
    let pattern = &query.pattern;
    let line_terminator = if pattern.crlf {
        LineTerminator::crlf()
    } else if pattern.null_data {
        LineTerminator::byte(b'\x00')
    } else {
        LineTerminator::byte(b'\n')
    };
    let mut builder = SearcherBuilder::new();
    builder
        .max_matches(pattern.max_count)
        .line_terminator(line_terminator)
        .invert_match(pattern.invert_match)
        .line_number(line_number)
        .multi_line(pattern.multiline)
        .stop_on_nonmatch(pattern.stop_on_nonmatch);
    if query.output.passthru {
        builder.passthru(true);
    } else {
        builder.before_context(query.output.before_context);
        builder.after_context(query.output.after_context);
    }
    builder.build()
}

impl Pattern {
    /// Whether NUL bytes make a file binary (they do not with `--text` and `--null-data`).
    pub(super) fn looks_for_binary(&self) -> bool {
        !self.text && !self.null_data
    }

    /// Whether any match is possible at all, by ripgrep's reckoning.
    pub(super) fn can_match(&self) -> bool {
        (!self.patterns.is_empty() || self.invert_match) && self.max_count != Some(0)
    }
}
