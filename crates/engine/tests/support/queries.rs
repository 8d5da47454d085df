//! The searches that are asked after every step: each way in which a query can use the index.

use coderoom_engine::{
    Boundary, Case, Glob, Mode, Query, Search, SearchRoot, Sort, SortBy, TypeChange,
};

use super::search;

fn of(patterns: &[&str]) -> Query {
    let mut query = Query::default();
    query.pattern.patterns = patterns.iter().map(ToString::to_string).collect();
    query.output.line_number = true;
    query
}

fn with(patterns: &[&str], change: impl FnOnce(&mut Query)) -> Query {
    let mut query = of(patterns);
    change(&mut query);
    query
}

fn glob(glob: &str) -> Glob {
    Glob { glob: glob.into(), case_insensitive: false }
}

fn root(path: &str) -> SearchRoot {
    SearchRoot { path: path.into(), display: path.into() }
}

/// Compiled once: a search does not depend on a snapshot.
pub(crate) fn all() -> Vec<Search> {
    let mut queries = vec![
        of(&["needle"]),
        of(&["absent_everywhere"]),
        of(&["foo", "bar", "task"]),
        of(&["needle|return"]),
        of(&["ba+r[xz]?ed"]),
        of(&[r"\w+_lock\("]),
        of(&["^foo.*bar$"]),
        of(&["(?i)KELVIN"]),
        of(&["."]),
        of(&["ab\u{fffd}cd"]),
        of(&[r"(?-u)ab\xffcd"]),
        with(&["task"], |q| q.pattern.case = Case::Insensitive),
        with(&["Needle"], |q| q.pattern.case = Case::Smart),
        with(&["a.b("], |q| q.pattern.fixed_strings = true),
        with(&["foo"], |q| q.pattern.boundary = Some(Boundary::Word)),
        with(&["return"], |q| q.pattern.boundary = Some(Boundary::Line)),
        with(&["return$"], |q| q.pattern.crlf = true),
        with(&["foo\nbar"], |q| q.pattern.multiline = true),
        with(&["foo.bar"], |q| {
            q.pattern.multiline = true;
            q.pattern.multiline_dotall = true;
        }),
        with(&["foo.bar"], |q| q.pattern.null_data = true),
        with(&["needle"], |q| q.pattern.invert_match = true),
        with(&["needle"], |q| q.pattern.max_count = Some(1)),
        with(&["needle"], |q| q.pattern.text = true),
        with(&["needle"], |q| (q.output.before_context, q.output.after_context) = (1, 1)),
        with(&["needle"], |q| q.output.passthru = true),
        with(&["needle"], |q| q.output.quiet = true),
        with(&["needle"], |q| q.output.stats = true),
        with(&["needle"], |q| (q.output.stats, q.files.hidden) = (true, true)),
        with(&["needle"], |q| q.files.globs = vec![glob("*.rs")]),
        with(&["needle"], |q| q.files.globs = vec![glob("!a/**"), glob("!*.txt")]),
        with(&["needle"], |q| q.files.types = vec![TypeChange::Select("rust".into())]),
        with(&["needle"], |q| (q.files.hidden, q.files.no_ignore) = (true, true)),
        with(&["needle"], |q| q.files.max_depth = Some(1)),
        with(&["needle"], |q| q.files.roots = vec![root("a")]),
        with(&["needle"], |q| q.files.roots = vec![root("sub/deep"), root("a"), root("sub")]),
        with(&["needle"], |q| q.files.roots = vec![root("nowhere")]),
        with(&["needle"], |q| q.files.sort = Some(Sort { by: SortBy::Modified, reverse: true })),
        with(&["needle"], |q| q.files.sort = Some(Sort { by: SortBy::Path, reverse: true })),
    ];
    for mode in [
        Mode::Json,
        Mode::FilesWithMatches,
        Mode::FilesWithoutMatch,
        Mode::Count,
        Mode::CountMatches,
        Mode::Files,
    ] {
        queries.push(with(&["needle"], |q| q.mode = mode));
        queries.push(with(&["needle|task"], |q| {
            q.mode = mode;
            q.files.roots = vec![root("sub")];
        }));
    }
    queries.push(with(&["needle"], |q| {
        (q.mode, q.output.include_zero) = (Mode::Count, true);
    }));
    queries.into_iter().map(search).collect()
}
