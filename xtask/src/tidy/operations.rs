//! `docs/operations.md` is what the program says of itself.

use std::{io, path::Path, process::Command};

use super::{Finding, Tree};

pub(super) const PAGE: &str = "docs/operations.md";

/// What `coderoom operations` prints.
pub(super) fn printed(root: &Path) -> io::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo)
        .args(["run", "--quiet", "--package", "coderoom", "--", "operations"])
        .current_dir(root)
        .output()?;
    if !run.status.success() {
        let why = String::from_utf8_lossy(&run.stderr);
        return Err(io::Error::other(format!("coderoom operations: {}\n{why}", run.status)));
    }
    String::from_utf8(run.stdout).map_err(io::Error::other)
}

pub(super) fn check(tree: &Tree, printed: &str) -> Vec<Finding> {
    const REMEDY: &str = "run `cargo xtask tidy --write`";
    let Some(page) = tree.text(PAGE) else {
        return vec![Finding::new(PAGE, 0, format!("there is no such page: {REMEDY}"))];
    };
    if page == printed {
        return Vec::new();
    }
    let same = page.lines().zip(printed.lines()).take_while(|(a, b)| a == b).count();
    let message = format!("differs from what `coderoom operations` prints: {REMEDY}");
    vec![Finding::new(PAGE, same + 1, message)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{shown, tree};

    #[test]
    fn the_first_line_that_differs_is_named() {
        let tree = tree(&[(PAGE, "a\nb\n")]);
        assert!(check(&tree, "a\nb\n").is_empty());
        assert!(shown(&check(&tree, "a\nc\n"))[0].starts_with("docs/operations.md:2: differs"));
        assert_eq!(check(&Tree::default(), "").len(), 1);
    }
}
