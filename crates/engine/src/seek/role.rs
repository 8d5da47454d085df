//! What a file is for, by its path: code, tests, or prose.

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// Code that runs.
    Source,
    /// Tests, and what only they need.
    Test,
    /// Something to read.
    Document,
}

/// Directories that hold tests, in the conventions of the languages that we know.
const TEST_DIRS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test_data",
    "__tests__",
    "spec",
    "specs",
    "fixtures",
    "__mocks__",
    "e2e",
];

/// Endings of files that are read, not run.
const DOCUMENTS: &[&str] = &["md", "markdown", "mdx", "rst", "txt", "adoc", "asciidoc", "org"];

impl FileRole {
    /// What the file at a path is for.
    pub fn of(path: &str) -> FileRole {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        if DOCUMENTS.iter().any(|it| it.eq_ignore_ascii_case(extension)) {
            return FileRole::Document;
        }
        let is_test_dir = |part: &str| {
            TEST_DIRS.contains(&part) || part.ends_with("-tests") || part.ends_with("-test")
        };
        let tests = dir.split('/').any(is_test_dir) || is_test_name(stem, extension);
        if tests { FileRole::Test } else { FileRole::Source }
    }

    /// Whether a file can be read as prose by its name.
    pub(crate) fn is_document(path: &str) -> bool {
        FileRole::of(path) == FileRole::Document
    }
}

fn is_test_name(stem: &str, extension: &str) -> bool {
    let lower = stem.to_ascii_lowercase();
    lower.starts_with("test_")
        || lower.ends_with("_test")
        || lower.ends_with("_tests")
        || lower.ends_with(".test")
        || lower.ends_with(".spec")
        || lower == "conftest"
        || lower == "test"
        || lower == "tests"
        || (extension == "java" && (stem.ends_with("Test") || stem.ends_with("Tests")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conventions of each language's test runner.
    #[test]
    fn tests_and_documents_are_known_by_their_paths() {
        for path in [
            "tests/a.py",
            "pkg/test_x.py",
            "pkg/x_test.go",
            "src/x.test.ts",
            "a/__tests__/b.js",
            "tokio-test/src/io.rs",
            "src/tests.rs",
            "src/FooTest.java",
            "conftest.py",
        ] {
            assert_eq!(FileRole::of(path), FileRole::Test, "{path}");
        }
        for path in
            ["src/latest.rs", "contest.py", "src/attest/mod.rs", "Manifest.java", "spectrum.c"]
        {
            assert_eq!(FileRole::of(path), FileRole::Source, "{path}");
        }
        for path in ["README.md", "docs/index.rst", "tests/NOTES.TXT"] {
            assert_eq!(FileRole::of(path), FileRole::Document, "{path}");
        }
    }
}
