//! What is a test, by the conventions of each language's runners: files by their directories and
//! names, and in Rust what stands in a module `tests` or has `#[test]`.

use coderoom_syntax::{Flags, Kind, SymbolIx};

use crate::code::Loaded;

/// Directories in which everything is tests, whatever the language.
const DIRECTORIES: [&str; 7] =
    ["tests", "__tests__", "__mocks__", "testdata", "e2e", "selftests", "js_tests"];

/// Whether a file is for tests only: tests, their fixtures and helpers.
pub(crate) fn is_test_path(path: &str) -> bool {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut dirs = dir.split('/');
    if dirs.clone().any(|it| DIRECTORIES.contains(&it)) {
        return true;
    }
    // A package of Python may be called `test` and be for users: django.test.
    if extension != "py" && dirs.clone().any(|it| it == "test") {
        return true;
    }
    // Elsewhere specifications are documents.
    if matches!(extension, "rb" | "js" | "ts") && dirs.any(|it| it == "spec") {
        return true;
    }
    let begins = |words: &[&str]| words.iter().any(|word| stem.starts_with(word));
    let ends = |words: &[&str]| words.iter().any(|word| stem.ends_with(word));
    match extension {
        "py" | "pyi" => {
            begins(&["test_"]) || ends(&["_test"]) || matches!(stem, "tests" | "conftest")
        }
        "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "mts" | "cts" => {
            ends(&[".test", ".spec", "-test", "_test", ".e2e"])
        }
        "go" => ends(&["_test"]),
        "rs" => ends(&["_test", "_tests"]) || matches!(stem, "tests" | "test"),
        "java" | "kt" | "kts" | "scala" | "cs" | "php" => {
            ends(&["Test", "Tests", "TestCase", "IT", "Spec", "Suite"])
                || stem.strip_prefix("Test").is_some_and(|it| it.starts_with(char::is_uppercase))
        }
        "c" | "cc" | "cpp" | "cxx" | "h" | "hpp" => {
            begins(&["test_", "test-"]) || ends(&["_test", "-test", "_unittest", "_tests"])
        }
        "rb" | "lua" => begins(&["test_"]) || ends(&["_test", "_spec"]),
        "sh" | "bash" => begins(&["test_", "test-"]) || ends(&["_test", "-test"]),
        "bats" => true,
        _ => false,
    }
}

/// Whether a symbol is a test, or stands in something that is for tests only.
pub(crate) fn is_test_symbol(facts: &Loaded, ix: SymbolIx) -> bool {
    if facts.facts.language.plugin().name() != "rust" {
        // Elsewhere the file says so: a function `test_database` need be none.
        return false;
    }
    let mut at = Some(ix);
    // Deeper nesting than this tells nothing new.
    for _ in 0..32 {
        let Some(ix) = at else { break };
        let symbol = facts.facts.symbol(ix);
        let named = matches!(facts.facts.name(symbol.name), "test" | "tests");
        if symbol.flags.has(Flags::TEST) || symbol.kind == Kind::Module && named {
            return true;
        }
        at = symbol.container;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not a test although it looks like one must stay in answers about product code.
    #[test]
    fn tests_are_told_from_what_is_called_so() {
        for test in [
            "tests/basic/models.py",
            "django/contrib/gis/tests/x.py",
            "a/test_x.py",
            "a/x_test.go",
            "src/test/java/a/B.java",
            "a/FooTest.java",
            "src/x.spec.ts",
            "a/__tests__/b.js",
            "conftest.py",
            "crates/a/tests/x.rs",
            "src/code/tests.rs",
            "a/b_unittest.cc",
        ] {
            assert!(is_test_path(test), "{test}");
        }
        for code in [
            "django/test/client.py",
            "src/contest.py",
            "a/latest.go",
            "a/testing.rs",
            "a/Testify.java",
            "testimony/a.py",
            "",
            "tests.txt/",
        ] {
            assert!(!is_test_path(code), "{code}");
        }
    }
}
