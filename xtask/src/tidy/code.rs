//! Rust files say first what they are, stay short, and hold nothing that was left for later.

use super::{Finding, Tree, numbered};

const MAX_LINES: usize = 600;
const LONG_LINES: usize = 400;
/// In two halves, so that this file does not find itself.
const LEFTOVERS: &[(&str, &str)] =
    &[("todo", "!("), ("unimplemented", "!("), ("dbg", "!("), ("FIX", "ME")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Fixtures are sources to be read, not code of ours.
    let ours = |(name, _): &(&str, &str)| !name.contains("/fixtures/");
    for (name, text) in tree.ending(".rs").filter(ours) {
        if !text.starts_with("//!") {
            let message = "does not begin with `//!`: what it is, and what it never does";
            findings.push(Finding::new(name, 1, message));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            let message = format!("{lines} lines; at most {MAX_LINES}: split it by what it does");
            findings.push(Finding::new(name, MAX_LINES + 1, message));
        }
        for (number, line) in numbered(text) {
            for (start, end) in LEFTOVERS {
                let leftover = format!("{start}{end}");
                if line.contains(&leftover) {
                    let message = format!("`{leftover}` was left behind");
                    findings.push(Finding::new(name, number, message));
                }
            }
        }
    }
    findings
}

/// Files that are allowed but on their way to being too long.
pub(super) fn long_files(tree: &Tree) -> Vec<Finding> {
    tree.ending(".rs")
        .filter_map(|(name, text)| {
            let lines = text.lines().count();
            let message = format!("{lines} lines, {MAX_LINES} are the limit");
            (LONG_LINES < lines && lines <= MAX_LINES).then(|| Finding::new(name, 0, message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{shown, tree};

    #[test]
    fn headless_long_and_unfinished_files_are_found() {
        let long = format!("//! Long.\n{}", "x\n".repeat(MAX_LINES));
        let unfinished = format!("//! Here.\nfn f() {{ {}) }}\n", ["to", "do!("].concat());
        let tree = tree(&[
            ("a.rs", "fn main() {}"),
            ("b.rs", &long),
            ("c.rs", &unfinished),
            ("d.py", "import this"),
            ("e.rs", "//! Fine."),
        ]);
        assert_eq!(
            shown(&check(&tree)),
            [
                "a.rs:1: does not begin with `//!`: what it is, and what it never does".to_string(),
                "b.rs:601: 601 lines; at most 600: split it by what it does".to_string(),
                format!("c.rs:2: `{}` was left behind", ["to", "do!("].concat()),
            ]
        );
        assert!(long_files(&tree).is_empty());
    }

    #[test]
    fn files_over_400_lines_are_only_warned_of() {
        let text = format!("//! Longish.\n{}", "x\n".repeat(LONG_LINES));
        let tree = tree(&[("a.rs", &text)]);
        assert!(check(&tree).is_empty());
        assert_eq!(shown(&long_files(&tree)), ["a.rs:1: 401 lines, 600 are the limit"]);
    }
}
