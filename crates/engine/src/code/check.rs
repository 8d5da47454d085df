//! Syntax errors of a text, and which of them an edit has brought.

use coderoom_syntax::{Budget, Language, detect, stays_clean, syntax_errors};

use super::{query::Lines, shelf::Shelf};
use crate::{RelPath, Text};
use std::{collections::HashMap, sync::Arc};

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The line.
    pub text: String,
}

impl Shelf {
    /// The syntax errors of a text, first to last; none if its language is not known.
    pub fn syntax_errors(&self, path: &RelPath, text: &Arc<Text>) -> Vec<SyntaxProblem> {
        let Some(language) = language_of(path, text) else { return Vec::new() };
        let loaded = self.facts(text, language);
        if loaded.facts.errors.is_empty() {
            return Vec::new();
        }
        let lines = Lines::new(Arc::clone(text));
        let problem = |error: &coderoom_syntax::SyntaxError| {
            let (line, column) = lines.place(error.span.start);
            let text = lines.shown(line);
            SyntaxProblem { line, column, message: error.message.clone(), text }
        };
        loaded.facts.errors.iter().map(problem).collect()
    }

    /// The syntax errors that `after` has and `before` had not. An error is the same one if its
    /// message and its line's text are, wherever the line has moved to.
    ///
    /// Costs a parse of the lines around the edit where that says enough, else of each text that
    /// was not parsed yet.
    pub fn new_syntax_errors(
        &self,
        path: &RelPath,
        before: Option<&Arc<Text>>,
        after: &Arc<Text>,
    ) -> Vec<SyntaxProblem> {
        let Some(language) = language_of(path, after) else { return Vec::new() };
        if let Some(before) = before {
            let edit = after.came_from(before);
            if language.plugin().checks_fast()
                && language_of(path, before) == Some(language)
                && self.is_clean(before, language)
                && stays_clean(language, before.bytes(), after.bytes(), edit)
            {
                self.clean.insert((after.hash(), language), ());
                return Vec::new();
            }
        }
        if self.is_clean(after, language) {
            return Vec::new();
        }
        let errors = self.syntax_errors(path, after);
        if errors.is_empty() {
            return errors;
        }
        let mut known: HashMap<(String, String), usize> = HashMap::new();
        for error in before.map(|text| self.syntax_errors(path, text)).unwrap_or_default() {
            *known.entry((error.message, error.text)).or_default() += 1;
        }
        let mut is_new = |error: &SyntaxProblem| {
            let key = (error.message.clone(), error.text.clone());
            match known.get_mut(&key) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    false
                }
                _ => true,
            }
        };
        errors.into_iter().filter(|error| is_new(error)).collect()
    }

    /// Whether a text has no syntax errors.
    fn is_clean(&self, text: &Text, language: Language) -> bool {
        let key = (text.hash(), language);
        if self.clean.get(&key).is_some() {
            return true;
        }
        let is_clean = if let Some(is_clean) = self.known_clean(text, language) {
            is_clean
        } else if language.plugin().checks_fast() {
            syntax_errors(language, text.bytes(), &Budget::default()).is_empty()
        } else {
            self.facts(text, language).facts.errors.is_empty()
        };
        if is_clean {
            self.clean.insert(key, ());
        }
        is_clean
    }
}

/// The language of a text at a path.
pub fn language_of(path: &RelPath, text: &Text) -> Option<Language> {
    detect(path.as_str()?, text.bytes())
}
