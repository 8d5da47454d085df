//! What an answer may miss, in words.

use std::collections::BTreeSet;

use coderoom_syntax::Cut;

use super::{subject::Subject, symbol::Pages};
use crate::{
    code::{Code, loaded::Loaded, resolve::Resolver},
    file::FileId,
};

/// Notes on the files that a subject stands in or was asked for in.
pub(crate) fn file_notes(resolver: &mut Resolver<'_>, subject: &Subject) -> Vec<String> {
    let mut files: BTreeSet<FileId> =
        subject.targets().into_iter().map(|target| target.file).collect();
    files.extend(subject.at.map(|(file, _)| file));
    let mut notes = Vec::new();
    for file in files.into_iter().take(5) {
        let Some(facts) = resolver.facts(file) else { continue };
        notes.extend(notes_on(resolver.code, file, &facts));
    }
    notes
}

/// What is missing from the facts of a file.
pub(crate) fn notes_on(code: &Code, file: FileId, facts: &Loaded) -> Vec<String> {
    let path = code.path(file);
    let mut notes = Vec::new();
    if let Some(first) = facts.facts.errors.first() {
        let (line, column) = Pages::new(code).place(file, first.span.start);
        let count = facts.facts.errors.len();
        let errors = if count == 1 { "a syntax error" } else { "syntax errors" };
        notes.push(format!(
            "{path} has {errors}, the first at {line}:{column} ({}): names near it may be missing",
            first.message
        ));
    }
    if let Some(cut) = facts.facts.cut {
        notes.push(format!("{path} is not read to its end: {}", cut_words(cut)));
    }
    notes
}

/// Why facts end early.
pub fn cut_words(cut: Cut) -> &'static str {
    match cut {
        Cut::TooLarge => "it is larger than 4 MiB",
        Cut::TooDeep => "it nests too deep",
        Cut::TooSlow => "parsing it took too long",
    }
}
