//! What a question is about, as clients say it, and why it cannot be answered.

use std::fmt::Write;

use super::symbol::SymbolInfo;
use crate::RelPath;

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What stands at a place.
    At {
        /// The file.
        path: RelPath,
        /// From 1.
        line: u32,
        /// From 1, in characters. Without one: what the line defines, or its only name.
        column: Option<u32>,
        /// The name that is meant, where the line has several.
        name: Option<String>,
    },
    /// What has this name: `save`, `Model.save`, `django.db.models.Model`.
    Named {
        /// The name, possibly behind those of its containers.
        name: String,
        /// The file or directory that defines it, if that is to tell it from others.
        within: Option<RelPath>,
    },
}

/// Bounds of an answer.
#[derive(Clone, Copy)]
pub struct AskLimits<'a> {
    /// Entries to pass over.
    pub offset: usize,
    /// Entries at most.
    pub limit: usize,
    /// Asked every now and then: ends the work.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// Why there is no answer. The messages say what would work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AskError {
    /// No such file.
    #[error("there is no file {path} in the workspace{}", is_it_one_of(near.iter()))]
    UnknownPath {
        /// What was asked for.
        path: RelPath,
        /// Files of the same name.
        near: Vec<RelPath>,
    },
    /// A file without facts.
    #[error("{path} is no source that can be asked about: {why}")]
    NotSource {
        /// The file.
        path: RelPath,
        /// Why.
        why: &'static str,
    },
    /// A line or column that the file does not have.
    #[error("{path}:{line} is outside of the file: it has {lines} lines")]
    NoLine {
        /// The file.
        path: RelPath,
        /// What was asked for.
        line: u32,
        /// How many there are.
        lines: u32,
    },
    /// A column that the line does not have.
    #[error("{path}:{line}:{column} is outside of the file: the line has {width} characters")]
    NoColumn {
        /// The file.
        path: RelPath,
        /// The line.
        line: u32,
        /// What was asked for.
        column: u32,
        /// How many there are.
        width: u32,
    },
    /// No name stands there.
    #[error("no name stands at {path}:{line}{}{}", column_words(*column), names_on_line(near))]
    NothingThere {
        /// The file.
        path: RelPath,
        /// The line.
        line: u32,
        /// The column, if one was given.
        column: Option<u32>,
        /// The names on the line, with their columns.
        near: Vec<(String, u32)>,
    },
    /// Nothing is called so.
    #[error("nothing in the workspace is called `{name}`{}", is_it_one_of(near.iter()))]
    UnknownName {
        /// What was asked for.
        name: String,
        /// What is spelled nearly so.
        near: Vec<String>,
    },
    /// Several symbols are called so.
    #[error("`{name}` is ambiguous, {total} symbols are called so; {}", candidates_words(candidates, *total))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The first of them.
        candidates: Vec<SymbolInfo>,
        /// How many there are.
        total: usize,
    },
    /// It is not known what the name there stands for.
    #[error("it is not known what `{name}` stands for at {path}:{line}; {}", candidates_words(candidates, *total))]
    Unresolved {
        /// The name.
        name: String,
        /// The file.
        path: RelPath,
        /// The line.
        line: u32,
        /// Symbols of this name.
        candidates: Vec<SymbolInfo>,
        /// How many there are.
        total: usize,
    },
    /// It comes from elsewhere.
    #[error("`{name}` is defined outside of the workspace{}", through(import.as_ref()))]
    Outside {
        /// The name.
        name: String,
        /// The import that it comes in by.
        import: Option<SymbolInfo>,
    },
    /// It is of a kind that has no such answer.
    #[error("{qualified} is a {kind}; this question is about {wanted}")]
    WrongKind {
        /// The symbol.
        qualified: String,
        /// What it is.
        kind: String,
        /// What the question is about.
        wanted: &'static str,
    },
    /// A glob does not parse.
    #[error("the glob does not parse: {0}")]
    BadGlob(String),
    /// There is no such kind or language.
    #[error("there is no {what} `{given}`; there are: {known}")]
    UnknownWord {
        /// `kind` or `language`.
        what: &'static str,
        /// What was given.
        given: String,
        /// All there are.
        known: String,
    },
}

fn is_it_one_of<T: std::fmt::Display>(near: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = near.map(|name| name.to_string()).collect();
    match &names[..] {
        [] => String::new(),
        [one] => format!(": did you mean {one}?"),
        several => format!(": is it one of {}?", several.join(", ")),
    }
}

fn column_words(column: Option<u32>) -> String {
    column.map_or_else(String::new, |column| format!(":{column}"))
}

fn names_on_line(near: &[(String, u32)]) -> String {
    let names: Vec<String> =
        near.iter().map(|(name, column)| format!("{name} (column {column})")).collect();
    match &names[..] {
        [] => ": the line has no name".to_owned(),
        some => format!("; the line has {}", some.join(", ")),
    }
}

fn candidates_words(candidates: &[SymbolInfo], total: usize) -> String {
    if candidates.is_empty() {
        return "no symbol of the workspace has that name".to_owned();
    }
    let mut words = String::from("name its container (`Type.name`), its file, or its place:");
    for info in candidates {
        let (path, line, column) = (&info.path, info.line, info.column);
        // Writing to a string cannot fail.
        let _ = write!(words, "\n  {path}:{line}:{column}  {}", info.qualified());
    }
    if total > candidates.len() {
        let _ = write!(words, "\n  ... and {} more", total - candidates.len());
    }
    words
}

fn through(import: Option<&SymbolInfo>) -> String {
    import.map_or_else(String::new, |import| {
        format!("; it comes in at {}:{}: {}", import.path, import.line, import.signature)
    })
}
