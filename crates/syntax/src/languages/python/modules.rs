//! Which file a dotted name means.
//!
//! Source roots are not configured: a name is looked for beside the importing package (the first
//! directory above it without `__init__.py`), then in every directory above, then in the customary
//! ones at the top. Stub files come after sources, so that definitions are found where they are made.

use crate::{Place, Tree};

/// Customary source roots.
const ROOTS: &[&str] = &["src", "lib", "python", "tests", "test"];

/// `..a.b` or `a.b`, seen from the file `from`.
pub(super) fn find(tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
    let level = module.bytes().take_while(|&byte| byte == b'.').count();
    let parts: Vec<&str> = module[level..].split('.').filter(|part| !part.is_empty()).collect();
    if level > 0 {
        let mut dir = parent(from);
        for _ in 1..level {
            let Some(up) = dir.and_then(parent) else { return Vec::new() };
            dir = Some(up);
        }
        return dir.map_or_else(Vec::new, |dir| within(tree, dir, &parts));
    }
    let mut dir = parent(from);
    let mut roots = Vec::new();
    while let Some(here) = dir {
        // A directory of a package is no root: its modules are imported by their whole name.
        if !tree.is_file(&join(here, "__init__.py")) {
            roots.push(here.to_owned());
        }
        dir = parent(here);
    }
    roots.extend(ROOTS.iter().filter(|root| tree.is_dir(root)).map(|root| (*root).to_owned()));
    for root in &roots {
        let found = within(tree, root, &parts);
        if !found.is_empty() {
            return found;
        }
    }
    // A script's own directory counts even if it is a package.
    parent(from).map_or_else(Vec::new, |dir| within(tree, dir, &parts))
}

/// The module `name` of a package.
pub(super) fn below(tree: &dyn Tree, of: &Place, name: &str) -> Vec<Place> {
    let dir = match of {
        Place::Namespace(dir) => dir.as_str(),
        Place::File(file) => {
            match file.strip_suffix("__init__.py").or_else(|| file.strip_suffix("__init__.pyi")) {
                Some(dir) => dir.trim_end_matches('/'),
                None => return Vec::new(),
            }
        }
        _ => return Vec::new(),
    };
    within(tree, dir, &[name])
}

/// `django.db.models` for `django/db/models/__init__.py`.
pub(super) fn dotted(tree: &dyn Tree, path: &str) -> String {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi")).unwrap_or(path);
    let mut parts: Vec<&str> = stem.split('/').collect();
    let mut keep = 1;
    let mut dir = parent(path);
    while let Some(here) = dir {
        if here.is_empty() || !tree.is_file(&join(here, "__init__.py")) {
            break;
        }
        keep += 1;
        dir = parent(here);
    }
    parts.drain(..parts.len().saturating_sub(keep));
    if parts.last() == Some(&"__init__") {
        parts.pop();
    }
    parts.join(".")
}

fn within(tree: &dyn Tree, root: &str, parts: &[&str]) -> Vec<Place> {
    let path = parts.iter().fold(root.to_owned(), |path, part| join(&path, part));
    let files = [
        join(&path, "__init__.py"),
        format!("{path}.py"),
        join(&path, "__init__.pyi"),
        format!("{path}.pyi"),
    ];
    if let Some(file) = files.into_iter().find(|file| tree.is_file(file)) {
        return vec![Place::File(file)];
    }
    if !parts.is_empty() && tree.is_dir(&path) { vec![Place::Namespace(path)] } else { Vec::new() }
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((dir, _)) => Some(dir),
        None if path.is_empty() => None,
        None => Some(""),
    }
}
