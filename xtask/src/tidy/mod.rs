//! Tidy: reads the tracked files once and lets each check look at them.
//!
//! A check is a function from the tree to findings, so that its tests need no disk.

mod architecture;
mod code;
mod links;
mod operations;
mod places;

use std::{collections::BTreeMap, fmt, io, path::Path, process::Command};

/// The text files of the repository by their path in it. Binary files are there without their text.
#[derive(Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    /// 1-based; 0 if it is about the whole file.
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line.max(1), self.message)
    }
}

/// Runs every check on the repository at `root` and prints what it finds; whether it found nothing.
pub(crate) fn tidy(root: &Path, write: bool) -> io::Result<bool> {
    let operations = operations::printed(root)?;
    if write {
        std::fs::create_dir_all(root.join("docs"))?;
        std::fs::write(root.join(operations::PAGE), &operations)?;
    }
    let tree = Tree::read(root)?;
    let mut findings = [
        architecture::check(&tree),
        code::check(&tree),
        links::check(&tree),
        operations::check(&tree, &operations),
        places::check(&tree),
    ]
    .concat();
    findings.sort();
    for warning in code::long_files(&tree) {
        eprintln!("warning: {warning}");
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => eprintln!("tidy: {} files, nothing to find fault with", tree.files.len()),
        n => eprintln!("tidy: {n} findings"),
    }
    Ok(findings.is_empty())
}

impl Tree {
    /// What git tracks, and what it would track if it was added.
    fn read(root: &Path) -> io::Result<Tree> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()?;
        if !listed.status.success() {
            let why = String::from_utf8_lossy(&listed.stderr);
            return Err(io::Error::other(format!("git ls-files: {why}")));
        }
        let mut tree = Tree::default();
        for name in listed.stdout.split(|&b| b == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(name).into_owned();
            match std::fs::read(root.join(&name)) {
                Ok(bytes) => {
                    tree.files.insert(name, String::from_utf8(bytes).unwrap_or_default());
                }
                // Removed and not yet committed, or a link to a directory.
                Err(_) => continue,
            }
        }
        Ok(tree)
    }

    /// The files with that ending.
    fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(name, _)| name.ends_with(end))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// Whether there is a file of that name, or one below a directory of that name.
    fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.range(below.clone()..).next().is_some_and(|(n, _)| n.starts_with(&below))
    }
}

/// The lines of a text with their numbers.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

/// The lines of a Markdown page that are not in a fenced block.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    numbered(text).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

#[cfg(test)]
fn tree(files: &[(&str, &str)]) -> Tree {
    let files = files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    Tree { files }
}

/// Findings as `file:line: message`.
#[cfg(test)]
fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_files_and_directories() {
        let tree = tree(&[("a/b.rs", ""), ("a-c", "")]);
        assert!(tree.has("a") && tree.has("a/") && tree.has("a/b.rs") && tree.has(""));
        assert!(!tree.has("b.rs") && !tree.has("a/b"));
    }

    #[test]
    fn fenced_lines_are_not_prose() {
        let lines: Vec<_> = prose("a\n```\nb\n```\nc").collect();
        assert_eq!(lines, [(1, "a"), (5, "c")]);
    }
}
