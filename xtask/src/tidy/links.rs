//! Relative links in Markdown pages lead to files that are there.

use super::{Finding, Tree, prose};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, text) in tree.ending(".md") {
        let dir = name.rsplit_once('/').map_or("", |(dir, _)| dir);
        for (number, line) in prose(text) {
            for target in targets(line) {
                let there = resolve(dir, target).is_some_and(|path| tree.has(&path));
                if !there {
                    let message = format!("links to `{target}`, which is not there");
                    findings.push(Finding::new(name, number, message));
                }
            }
        }
    }
    findings
}

/// The relative targets of a line's links, without their anchors.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    // What stands in backticks is code.
    line.split('`').step_by(2).flat_map(|text| {
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        let reference = text
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
            .map(|(_, target)| target.trim());
        inline.chain(reference).filter_map(|target| {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = path.contains("://") || path.starts_with("mailto:");
            (!path.is_empty() && !elsewhere).then_some(path)
        })
    })
}

/// `target` as seen from `dir`; nothing if it leaves the repository.
fn resolve(dir: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{shown, tree};

    #[test]
    fn relative_links_resolve() {
        let page = "\
[a](b.md) [up](../README.md#top) [web](https://x.y/z) [here](#anchor) [dir](..)
![gone](c.md \"title\") `[code](d.md)` [out](../../e.md)
[ref]: f.md
```
[fenced](g.md)
```
";
        let tree = tree(&[("docs/a.md", page), ("docs/b.md", ""), ("README.md", "")]);
        assert_eq!(
            shown(&check(&tree)),
            [
                "docs/a.md:2: links to `c.md`, which is not there",
                "docs/a.md:2: links to `../../e.md`, which is not there",
                "docs/a.md:3: links to `f.md`, which is not there",
            ]
        );
    }
}
