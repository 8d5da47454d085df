//! `ARCHITECTURE.md` is short, names every crate, and every path that it names exists.

use super::{Finding, Tree, prose};

const PAGE: &str = "ARCHITECTURE.md";
const MAX_LINES: usize = 300;
/// What ends a word in backticks that is a file's name though it has no slash.
const FILE_ENDINGS: &[&str] = &[".rs", ".md", ".toml", ".py", ".json", ".lock"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(PAGE) else {
        return vec![Finding::new(PAGE, 0, "there is no such page")];
    };
    let mut findings = Vec::new();
    let lines = page.lines().count();
    if lines > MAX_LINES {
        let message = format!("{lines} lines; at most {MAX_LINES}, or nobody reads it");
        findings.push(Finding::new(PAGE, MAX_LINES + 1, message));
    }
    // Under the heading of a crate, paths may be relative to it.
    let mut home = None;
    for (number, line) in prose(page) {
        if line.starts_with('#') {
            home = in_backticks(line).find(|word| word.starts_with("crates/"));
        }
        for path in in_backticks(line).filter(|word| is_path(word)) {
            if !exists(tree, home, path) {
                let message = format!("names `{path}`, which is not there");
                findings.push(Finding::new(PAGE, number, message));
            }
        }
    }
    for (manifest, package) in packages(tree) {
        if !page.contains(&format!("`{package}`")) {
            let message = format!("package `{package}` is not named in {PAGE}");
            findings.push(Finding::new(&manifest, 0, message));
        }
    }
    findings
}

/// The words of a line that stand in backticks.
fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    word.chars().all(plain)
        && !word.starts_with('/')
        && (word.contains('/') || FILE_ENDINGS.iter().any(|end| word.ends_with(end)))
}

fn exists(tree: &Tree, home: Option<&str>, path: &str) -> bool {
    let Some(home) = home.filter(|_| !tree.has(path)) else {
        return tree.has(path);
    };
    let end = format!("/{path}");
    tree.ending(&end).any(|(name, _)| name.starts_with(home))
}

/// The manifest and name of each member of the workspace.
fn packages(tree: &Tree) -> Vec<(String, String)> {
    let root = tree.text("Cargo.toml").unwrap_or_default();
    let members = root.split_once("members = [").map_or("", |(_, rest)| rest);
    let members = members.split(']').next().unwrap_or_default();
    let manifests = members.split('"').skip(1).step_by(2).map(|dir| format!("{dir}/Cargo.toml"));
    manifests
        .filter_map(|manifest| {
            let text = tree.text(&manifest)?;
            let name = text.lines().find_map(|line| line.strip_prefix("name = \""))?;
            let name = name.trim_end_matches('"').to_string();
            Some((manifest, name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{shown, tree};

    const PAGE_TEXT: &str = "\
# Architecture
`docs/`, `gone/x`, `/mcp`, `ops::search`, `a -> b/c`, `.ci/run`.
### `crates/engine` (package `engine`)
`lib.rs`, `index.rs`, `lost.rs`, `crates/engine/src/lib.rs`
```
`not/looked/at`
```
## Elsewhere
`lib.rs`
";

    #[test]
    fn paths_exist_and_crates_are_named() {
        let tree = tree(&[
            (PAGE, PAGE_TEXT),
            (".ci/run", ""),
            ("Cargo.toml", "members = [\n    \"crates/engine\", \"x\"]\ndefault = [\"y\"]"),
            ("crates/engine/Cargo.toml", "[package]\nname = \"engine\"\n"),
            ("crates/engine/src/lib.rs", ""),
            ("crates/engine/src/segment/index.rs", ""),
            ("docs/a.md", ""),
            ("x/Cargo.toml", "[package]\nname = \"nameless\"\n"),
        ]);
        assert_eq!(
            shown(&check(&tree)),
            [
                "ARCHITECTURE.md:2: names `gone/x`, which is not there",
                "ARCHITECTURE.md:4: names `lost.rs`, which is not there",
                "ARCHITECTURE.md:9: names `lib.rs`, which is not there",
                "x/Cargo.toml:1: package `nameless` is not named in ARCHITECTURE.md",
            ]
        );
    }

    #[test]
    fn a_missing_or_a_long_page_is_a_finding() {
        assert_eq!(shown(&check(&tree(&[]))), ["ARCHITECTURE.md:1: there is no such page"]);
        let long = "line\n".repeat(MAX_LINES + 1);
        assert_eq!(check(&tree(&[(PAGE, &long)])).len(), 1);
    }
}
