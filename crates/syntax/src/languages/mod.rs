//! The languages. A language is a folder here, a variant of [`Language`] and a line in `ALL`.

mod c;
#[cfg(test)]
mod fixtures;
mod go;
mod java;
mod python;
mod rust;
mod typescript;

use serde::{Deserialize, Serialize};

use self::typescript::{Dialect, TypeScript};
use crate::Plugin;

/// A language that facts can be taken out of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Language {
    C,
    Cpp,
    Go,
    Java,
    Python,
    Rust,
    TypeScript,
    Tsx,
    JavaScript,
}

/// Every language with what it brings.
static ALL: &[(Language, &dyn Plugin)] = &[
    (Language::C, &c::C),
    (Language::Cpp, &c::Cpp),
    (Language::Go, &go::Go),
    (Language::Java, &java::Java),
    (Language::JavaScript, &TypeScript(Dialect::JavaScript)),
    (Language::Python, &python::Python),
    (Language::Rust, &rust::Rust),
    (Language::Tsx, &TypeScript(Dialect::Tsx)),
    (Language::TypeScript, &TypeScript(Dialect::TypeScript)),
];

impl Language {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Language> {
        ALL.iter().map(|(language, _)| *language)
    }

    /// What the language brings.
    pub fn plugin(self) -> &'static dyn Plugin {
        ALL.iter().find(|(language, _)| *language == self).map_or(ALL[0].1, |(_, plugin)| *plugin)
    }

    /// Whether files of the two can name each other's symbols.
    pub fn is_related(self, other: Language) -> bool {
        self.plugin().family() == other.plugin().family()
    }

    /// The language that users call so.
    pub fn named(name: &str) -> Option<Language> {
        find(|plugin| plugin.name() == name)
    }
}

pub(crate) fn by_extension(extension: &str) -> Option<Language> {
    find(|plugin| plugin.extensions().contains(&extension))
}

pub(crate) fn by_filename(name: &str) -> Option<Language> {
    find(|plugin| plugin.filenames().contains(&name))
}

pub(crate) fn by_interpreter(name: &str) -> Option<Language> {
    find(|plugin| plugin.interpreters().contains(&name))
}

fn find(matches: impl Fn(&dyn Plugin) -> bool) -> Option<Language> {
    ALL.iter().find(|(_, plugin)| matches(*plugin)).map(|(language, _)| *language)
}
