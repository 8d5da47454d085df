//! Which file a module's name means.
//!
//! Relative names are looked for with the extensions that they leave out, and with TypeScript's
//! where they name what it is compiled to. Other names go through `tsconfig.json`, then to the
//! packages of the workspace. Declaration files come after sources, so that definitions are found
//! where they are made.

mod config;
mod json;
mod packages;
#[cfg(test)]
mod tests;

use crate::{Place, Tree};

/// Endings of sources, in the order in which they are tried.
const SOURCES: &[&str] =
    &[".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".d.mts", ".d.cts"];
/// What is written for a file that is compiled, and what that is compiled from.
const COMPILED: &[(&str, &[&str])] = &[
    (".js", &[".ts", ".tsx", ".js", ".jsx", ".d.ts"]),
    (".jsx", &[".tsx", ".jsx", ".d.ts"]),
    (".mjs", &[".mts", ".mjs", ".d.mts"]),
    (".cjs", &[".cts", ".cjs", ".d.cts"]),
];

/// `./util`, `@scope/package/part`, `~/alias`, seen from the file `from`.
pub(super) fn find(tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
    // Bundlers' loaders and queries: `./icon.svg?url`.
    let module = module.split_once('?').map_or(module, |(path, _)| path);
    let dir = parent(from).unwrap_or_default();
    let found = if is_relative(module) {
        join(dir, module).and_then(|path| probe(tree, &path))
    } else if let Some(absolute) = module.strip_prefix('/') {
        probe(tree, absolute)
    } else {
        config::mapped(tree, dir, module).or_else(|| packages::find(tree, dir, module))
    };
    found.map(Place::File).into_iter().collect()
}

/// A path without what says that it is source.
pub(super) fn without_extension(path: &str) -> &str {
    let endings = [".d.ts", ".d.mts", ".d.cts"].iter().chain(SOURCES);
    let stem = endings.filter_map(|ending| path.strip_suffix(ending)).next().unwrap_or(path);
    match stem.strip_suffix("/index") {
        Some(dir) if !dir.is_empty() => dir,
        _ => stem,
    }
}

fn is_relative(module: &str) -> bool {
    matches!(module, "." | "..") || module.starts_with("./") || module.starts_with("../")
}

/// The file that a path means: as it is, compiled from another, with an extension left out, or a
/// directory's index.
fn probe(tree: &dyn Tree, path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    for (ending, sources) in COMPILED {
        let Some(stem) = path.strip_suffix(ending) else { continue };
        let candidates = sources.iter().map(|source| format!("{stem}{source}"));
        if let Some(found) = candidates.into_iter().find(|it| tree.is_file(it)) {
            return Some(found);
        }
    }
    if path.is_empty() {
        return directory(tree, path);
    }
    if tree.is_file(path) {
        return Some(path.to_owned());
    }
    with_ending(tree, path).or_else(|| directory(tree, path))
}

fn with_ending(tree: &dyn Tree, path: &str) -> Option<String> {
    SOURCES.iter().map(|ending| format!("{path}{ending}")).find(|it| tree.is_file(it))
}

fn directory(tree: &dyn Tree, path: &str) -> Option<String> {
    if !tree.is_dir(path) && !path.is_empty() {
        return None;
    }
    let manifest = joined(path, "package.json");
    if tree.is_file(&manifest)
        && let Some(entry) = packages::main(tree, path)
    {
        return Some(entry);
    }
    with_ending(tree, &joined(path, "index"))
}

/// `dir/name`.
fn joined(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// A path with `.` and `..` in it, from a directory; `None` if it leaves the workspace.
fn join(dir: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((dir, _)) => Some(dir),
        None if path.is_empty() => None,
        None => Some(""),
    }
}

/// A directory and those above it, the nearest first.
fn upwards(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| parent(dir))
}
