//! No file names a place that exists on one machine only.

use super::{Finding, Tree, numbered};

/// Without their slashes, so that this file does not find itself.
const PLACES: &[&str] = &["work", "root", "home"];
/// Names that stand for the reader's own.
const EXAMPLES: &[&str] = &["you", "me", "user"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, text) in &tree.files {
        for (number, line) in numbered(text) {
            if let Some(place) = PLACES.iter().find(|place| names(line, place)) {
                let message = format!("names a path below `/{place}`: it is not on other machines");
                findings.push(Finding::new(name, number, message));
            }
        }
    }
    findings
}

/// Whether the line has an absolute path below that directory, of something that has a name.
fn names(line: &str, place: &str) -> bool {
    let dir = format!("/{place}/");
    line.match_indices(&dir).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let inside = before.is_some_and(|c| c.is_alphanumeric() || "_-./}*~".contains(c));
        let after = &line[at + dir.len()..];
        let word = |c: char| c.is_alphanumeric() || "_.-".contains(c);
        let name = after.split(|c| !word(c)).next().unwrap_or_default();
        !inside && !name.is_empty() && !EXAMPLES.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_of_named_things_count() {
        for (place, rest, found) in [
            ("home", "jane/x", true),
            ("work", "main", true),
            ("home", "you/project", false),
            ("root", "{i}", false),
        ] {
            let line = format!("cd \"/{place}/{rest}\"");
            assert_eq!(names(&line, place), found, "{line}");
        }
        assert!(!names("src/work/main.rs and {dir}/work/x", "work"));
    }
}
