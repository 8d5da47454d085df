//! A question, read: its words, those of its first line, what it calls by name.

use std::collections::BTreeSet;

use super::words::{Word, each_word, is_stop_word, word, words_of};

/// Bytes of a question that are read.
const MAX_QUESTION: usize = 16 << 10;
/// What a word of the first line counts more than others.
const SUBJECT_WEIGHT: f32 = 2.0;
/// Names that are looked up at most.
const MAX_NAMES: usize = 32;
/// Bytes before the colon that can name a part of a code base.
const MAX_SCOPE: usize = 48;

/// A question, read.
pub(super) struct Question {
    /// Its words, each once, with what it counts.
    pub(super) words: Vec<(Word, f32)>,
    /// The words of its first line.
    pub(super) subject: Vec<(Word, f32)>,
    /// `net: fix it` is about `net`.
    pub(super) scope: Vec<Word>,
    /// What it seems to call by its name in code.
    pub(super) names: BTreeSet<String>,
    /// It speaks of tests.
    pub(super) of_tests: bool,
    /// It speaks of documents.
    pub(super) of_documents: bool,
}

impl Question {
    /// Reads a question. Nothing is wrong with any text.
    pub(super) fn read(text: &str) -> Question {
        let end = text.floor_char_boundary(MAX_QUESTION);
        let kept: Vec<&str> = text[..end].lines().filter(|line| !is_trailer(line)).collect();
        let first = kept.iter().position(|line| !line.trim().is_empty()).unwrap_or(0);
        let subject = kept.get(first).copied().unwrap_or_default();
        let rest = kept.get(first + 1..).unwrap_or_default().join("\n");
        let of_subject = telling_words(subject);
        let mut words: Vec<(Word, f32)> =
            of_subject.iter().map(|it| (*it, SUBJECT_WEIGHT)).collect();
        let of_rest = telling_words(&rest);
        words.extend(of_rest.difference(&of_subject).map(|it| (*it, 1.0)));
        let has = |spelled: &str| words.iter().any(|(it, _)| *it == word(spelled.as_bytes()));
        Question {
            of_tests: has("test") || has("testing"),
            of_documents: has("docs") || has("documentation") || has("readme") || has("changelog"),
            subject: of_subject.into_iter().map(|it| (it, 1.0)).collect(),
            scope: scope(subject),
            names: names(&kept.join("\n")),
            words,
        }
    }
}

/// Lines that say who, not what.
fn is_trailer(line: &str) -> bool {
    let line = line.trim_start();
    let Some((key, _)) = line.split_once(':') else { return false };
    key.len() < 24 && key.to_ascii_lowercase().ends_with("-by")
}

fn telling_words(text: &str) -> BTreeSet<Word> {
    let mut words = BTreeSet::new();
    each_word(text.as_bytes(), &mut |lower| {
        if !is_stop_word(lower) {
            words.insert(word(lower));
        }
    });
    words
}

/// The words before a first colon, if they look like the name of a part: `net:`, `fix(io)!:`,
/// `[net]:`.
fn scope(subject: &str) -> Vec<Word> {
    let Some((before, after)) = subject.split_once(": ") else { return Vec::new() };
    let before = before.trim();
    let outside = before.split('(').next().unwrap_or_default();
    if before.len() > MAX_SCOPE || after.is_empty() || outside.contains(char::is_whitespace) {
        return Vec::new();
    }
    let mut words = Vec::new();
    words_of(before.as_bytes(), &mut words);
    words.sort_unstable();
    words.dedup();
    words
}

/// Identifiers in back quotes, dotted names, calls, and what is spelled as only code is.
fn names(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut quoted = false;
    for piece in text.split('`') {
        for run in piece.split(|c: char| !(c.is_alphanumeric() || "_.:(".contains(c))) {
            let called = run.contains('(');
            let run = run.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
            let parts: Vec<&str> =
                run.split(['.', ':', '(']).filter(|part| !part.is_empty()).collect();
            let joined = parts.len() > 1;
            for part in parts {
                if found.len() < MAX_NAMES && (quoted || joined || called || is_code(part)) {
                    found.insert(part.to_owned());
                }
            }
        }
        quoted = !quoted;
    }
    found.retain(|name| name.len() > 1 && name.chars().any(char::is_alphabetic));
    found
}

/// `snake_case`, `CamelCase`, `camelCase`; not `Word`, not `WORD`.
fn is_code(word: &str) -> bool {
    let inner = word.trim_matches('_');
    let turns = inner.as_bytes().windows(2);
    let mut turns = turns.filter(|it| it[0].is_ascii_lowercase() && it[1].is_ascii_uppercase());
    inner.contains('_') || turns.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    /// What is written as code is looked up as code.
    #[test]
    fn names_are_told_from_words() {
        let text = "Fix `save` of django.db.Model when bulk_create() or getUrl fail. Really!";
        let names = Question::read(text).names;
        let expected = ["save", "django", "db", "Model", "bulk_create", "getUrl"];
        assert_eq!(names, spelled(&expected));
    }

    /// Conventional prefixes name a part of the code base; sentences with a colon do not.
    #[test]
    fn a_prefix_is_a_scope() {
        assert_eq!(Question::read("net: fix it").scope, [word(b"net")]);
        assert_eq!(Question::read("fix(io)!: it").scope.len(), 2);
        assert!(Question::read("this is wrong: it").scope.is_empty());
        assert!(Question::read("http://x").scope.is_empty());
    }

    /// Who reviewed a change says nothing about where it is.
    #[test]
    fn trailers_are_not_read() {
        let with = Question::read("Fix it\n\nSigned-off-by: Model Save <a@b>");
        assert_eq!(with.words, Question::read("Fix it").words);
    }

    /// Whatever is asked, nothing panics and nothing grows without bounds.
    #[test]
    fn odd_questions_are_read() {
        for odd in
            ["", "\0", "::::((((", "💥".repeat(5000).as_str(), "a`b`c`".repeat(3000).as_str()]
        {
            let question = Question::read(odd);
            assert!(question.names.len() <= MAX_NAMES);
        }
    }
}
