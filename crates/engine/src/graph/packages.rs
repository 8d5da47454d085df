//! The name of the package that an import from outside of the workspace means.

use coderoom_syntax::{Facts, Kind, Language};

/// The package of a module that is not in the workspace; `None` if the import names something of the
/// workspace that is not there.
pub(crate) fn package_of(language: Language, module: &str) -> Option<String> {
    let module = module.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'));
    let first = |separator: &str| module.split(separator).next().unwrap_or(module);
    let name = match language.plugin().family() {
        "python" => first("."),
        "rust" => match first("::") {
            "crate" | "self" | "super" => return None,
            name => name,
        },
        "typescript" => {
            if module.starts_with(['.', '/', '#']) {
                return None;
            }
            let parts = if module.starts_with('@') { 2 } else { 1 };
            prefix(module, '/', parts)
        }
        // Hosts are followed by an owner and a repository; the standard library has neither.
        "go" => prefix(module, '/', if first("/").contains('.') { 3 } else { usize::MAX }),
        "java" | "kotlin" | "scala" => {
            let lower = module.split('.').take_while(|it| it.starts_with(char::is_lowercase));
            prefix(module, '.', lower.count().clamp(1, 3))
        }
        "csharp" => prefix(module, '.', 2),
        "php" => module.trim_start_matches('\\').split('\\').next().unwrap_or(module),
        "ruby" => first("/"),
        _ => module,
    };
    let relative = name.is_empty() || name.starts_with('.');
    (!relative).then(|| name.to_owned())
}

/// Whether the first part of a module's name is something that the file itself has: `use shape::Square`
/// beside `mod shape`, `use fmt::Debug` beside `use std::fmt`.
pub(crate) fn is_own(facts: &Facts, module: &str) -> bool {
    if facts.language.plugin().family() != "rust" {
        return false;
    }
    let first = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
    let own = first(module);
    let declared = facts
        .symbols
        .iter()
        .any(|it| (it.kind == Kind::Module || it.kind.is_type()) && facts.name(it.name) == own);
    declared
        || facts.imports.iter().any(|it| {
            let path = facts.name(it.module);
            let named = it.names.iter().any(|name| facts.name(*name) == own);
            first(path) != own && (named || path.rsplit("::").next() == Some(&own))
        })
}

/// The first parts of a path.
fn prefix(module: &str, separator: char, parts: usize) -> &str {
    let mut ends = module.match_indices(separator).map(|(at, _)| at);
    match parts.checked_sub(1).and_then(|skip| ends.nth(skip)) {
        Some(end) => &module[..end],
        None => module,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_as_they_are_installed() {
        let of = |language: &str, module| {
            package_of(Language::named(language).expect("a language"), module)
        };
        let is = |it: &str| Some(it.to_owned());
        assert_eq!(of("python", "os.path"), is("os"));
        assert_eq!(of("python", "..gone"), None);
        assert_eq!(of("rust", "serde::de"), is("serde"));
        assert_eq!(of("rust", "crate::gone"), None);
        assert_eq!(of("typescript", "@a/b/c"), is("@a/b"));
        assert_eq!(of("typescript", "lodash/fp"), is("lodash"));
        assert_eq!(of("typescript", "./gone"), None);
        assert_eq!(of("go", "github.com/a/b/c/d"), is("github.com/a/b"));
        assert_eq!(of("go", "net/http"), is("net/http"));
        assert_eq!(of("java", "java.util.List"), is("java.util"));
        assert_eq!(of("c", "<stdio.h>"), is("stdio.h"));
        assert_eq!(of("python", ""), None);
    }
}
