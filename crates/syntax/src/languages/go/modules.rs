//! Which directory an import path means.
//!
//! The `go.mod` above the importing file is asked first, then its `replace` lines, `vendor`
//! directories, and the other modules of the workspace. `.` is the package of the file itself,
//! `.test` that of a test that stands outside the package it tests.

use crate::{Place, Tree};

/// Manifests that are read in search of one import; in a workspace with more, the root of another
/// module is found by its directory's name only.
const MOST_MANIFESTS: usize = 16;

/// The parts of a `go.mod` that say where packages are.
struct Manifest {
    dir: String,
    module: String,
    /// Module paths with the directories that take their place.
    replaced: Vec<(String, String)>,
}

pub(super) fn find(tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
    let here = parent(from).unwrap_or_default();
    if module == "." {
        return vec![Place::Package(here.to_owned())];
    }
    if module == ".test" {
        // Only tests can be of this package; other files of the directory are of the other one.
        let files = tree.files_in(here).into_iter().filter(|name| name.ends_with("_test.go"));
        return vec![Place::Several(files.map(|name| Place::File(join(here, &name))).collect())];
    }
    if module.starts_with("./") || module.starts_with("../") {
        return package(tree, normal(here, module)).into_iter().collect();
    }
    let mut dir = Some(here);
    while let Some(at) = dir {
        let found = package(tree, Some(join(&join(at, "vendor"), module)))
            .or_else(|| manifest(tree, at).and_then(|it| within(tree, &it, module)));
        if let Some(place) = found {
            return vec![place];
        }
        dir = parent(at);
    }
    in_workspace(tree, module).map(Place::Package).into_iter().collect()
}

/// A directory of another module of the workspace, or `src/<path>` of a tree from before modules. A
/// package's directory is called like the last part of its path; only a module's root need not be.
fn in_workspace(tree: &dyn Tree, module: &str) -> Option<String> {
    let (above, last) = module.rsplit_once('/').unwrap_or(("", module));
    let next = above.rsplit('/').next().unwrap_or(above);
    let tail = format!("/src/{module}");
    let is_it = |dir: &String| {
        let up = parent(dir).unwrap_or_default();
        // The part above is the directory above, unless it is of the module's own path.
        let fits = up.rsplit('/').next() == Some(next)
            || [dir.as_str(), up].iter().any(|it| tree.is_file(&join(it, "go.mod")));
        fits && has_sources(tree, dir)
            && (path_of(tree, dir) == module || format!("/{dir}").ends_with(&tail))
    };
    if let Some(dir) = tree.dirs_named(last).into_iter().find(is_it) {
        return Some(dir);
    }
    let manifests = tree.files_named("go.mod");
    if manifests.len() > MOST_MANIFESTS {
        return None;
    }
    let mut dirs = manifests.iter().map(|path| parent(path).unwrap_or_default());
    let root = dirs.find(|dir| manifest(tree, dir).is_some_and(|it| it.module == module))?;
    has_sources(tree, root).then(|| root.to_owned())
}

/// The import path of the package that a file is in.
pub(super) fn import_path(tree: &dyn Tree, path: &str) -> String {
    path_of(tree, parent(path).unwrap_or_default())
}

/// The import path of the package in a directory.
fn path_of(tree: &dyn Tree, dir: &str) -> String {
    let mut above = Some(dir);
    while let Some(at) = above {
        if let Some(it) = manifest(tree, at) {
            let rest = dir.strip_prefix(at).unwrap_or_default().trim_start_matches('/');
            return if it.module == "std" { rest.to_owned() } else { join(&it.module, rest) };
        }
        above = parent(at);
    }
    dir.rsplit_once("src/").map_or(dir, |(_, path)| path).to_owned()
}

fn within(tree: &dyn Tree, manifest: &Manifest, module: &str) -> Option<Place> {
    for (replaced, dir) in &manifest.replaced {
        if let Some(rest) = below(module, replaced)
            && let Some(place) = package(tree, Some(join(dir, rest)))
        {
            return Some(place);
        }
    }
    let rest = if manifest.module == "std" { module } else { below(module, &manifest.module)? };
    package(tree, Some(join(&manifest.dir, rest)))
}

fn package(tree: &dyn Tree, dir: Option<String>) -> Option<Place> {
    let dir = dir?;
    has_sources(tree, &dir).then_some(Place::Package(dir))
}

fn has_sources(tree: &dyn Tree, dir: &str) -> bool {
    tree.is_dir(dir) && tree.files_in(dir).iter().any(|name| name.ends_with(".go"))
}

/// The rest of a path within a module.
fn below<'p>(path: &'p str, module: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(module)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

fn manifest(tree: &dyn Tree, dir: &str) -> Option<Manifest> {
    let path = join(dir, "go.mod");
    if !tree.is_file(&path) {
        return None;
    }
    let text = tree.read(&path)?;
    let mut manifest =
        Manifest { dir: dir.to_owned(), module: String::new(), replaced: Vec::new() };
    let mut block = "";
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let (word, rest) = match line.split_once(char::is_whitespace) {
            _ if !block.is_empty() => (block, line),
            Some((word, rest)) => (word, rest.trim()),
            None => continue,
        };
        if line == ")" {
            block = "";
        } else if rest == "(" {
            block = word;
        } else if word == "module" {
            manifest.module = unquoted(rest).to_owned();
        } else if word == "replace"
            && let Some((old, new)) = rest.split_once("=>")
        {
            let old = old.split_whitespace().next().unwrap_or_default();
            let new = new.split_whitespace().next().map(unquoted).unwrap_or_default();
            if new.starts_with('.')
                && let Some(dir) = normal(dir, new)
            {
                manifest.replaced.push((unquoted(old).to_owned(), dir));
            }
        }
    }
    (!manifest.module.is_empty()).then_some(manifest)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '`'])
}

/// `dir` and a relative path as one path; `None` if that leaves the workspace.
fn normal(dir: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn join(dir: &str, name: &str) -> String {
    match (dir, name) {
        ("", _) => name.to_owned(),
        (_, "") => dir.to_owned(),
        _ => format!("{dir}/{name}"),
    }
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((dir, _)) => Some(dir),
        None if path.is_empty() => None,
        None => Some(""),
    }
}
