//! Which file a module or crate is.
//!
//! A file's parent is the file that declares it: beside it or one directory up, where Rust demands
//! it to be. A crate's root is where that ends.

use super::manifest::{Dependency, Manifest, manifest};
use crate::{Place, Tree};

/// Modules nest no deeper than this.
const DEEPEST: usize = 64;

/// Crates that come with the compiler.
const BUILT_IN: &[&str] = &["alloc", "core", "proc_macro", "std", "test"];

/// Directories whose files are crates of their own.
const TARGET_DIRS: &[&str] = &["benches", "bin", "examples", "tests"];

/// `crate::a`, `self::a`, `super::super`, `other_crate::a`, or the file of a `#[path]`.
pub(super) fn find(tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
    if module.ends_with(".rs") {
        let path = join(dir_of(from), module);
        return path.filter(|path| tree.is_file(path)).map(Place::File).into_iter().collect();
    }
    let mut parts = module.split("::");
    let mut place = match parts.next().unwrap_or_default() {
        "crate" => Some(Place::File(root_of(tree, from))),
        "self" => Some(Place::File(from.to_owned())),
        "super" => parent_of(tree, from),
        name => external(tree, from, name).map(Place::File),
    };
    for part in parts {
        let Some(here) = &place else { break };
        let next = match part {
            "super" => up(tree, here),
            "self" => continue,
            _ => child(tree, here, part),
        };
        if next.is_none() {
            // An item of the module: what was found so far is what holds it.
            break;
        }
        place = next;
    }
    place.into_iter().collect()
}

/// `grep_searcher::sink` for `crates/searcher/src/sink.rs`.
pub(super) fn name_of(tree: &dyn Tree, path: &str) -> String {
    let mut names = Vec::new();
    let mut place = Place::File(path.to_owned());
    for _ in 0..DEEPEST {
        let Some(outer) = up(tree, &place) else { break };
        match &place {
            Place::File(file) => names.push(module_name(file).to_owned()),
            Place::Inside(_, inner) => names.extend(inner.last().cloned()),
            _ => {}
        }
        place = outer;
    }
    let Place::File(root) = place else { return path.to_owned() };
    let name = match package(tree, &root) {
        Some((home, found))
            if module_name(&root) == "main"
                || library(tree, &home, &found).as_deref() == Some(&*root) =>
        {
            crate_name(&found)
        }
        _ => Some(module_name(&root).to_owned()),
    };
    names.push(name.unwrap_or_else(|| root.clone()));
    names.reverse();
    names.join("::")
}

/// The module around a place.
fn up(tree: &dyn Tree, place: &Place) -> Option<Place> {
    match place {
        Place::File(file) => parent_of(tree, file),
        Place::Inside(file, path) => Some(inside(file, &path[..path.len().saturating_sub(1)])),
        _ => None,
    }
}

fn inside(file: &str, path: &[String]) -> Place {
    match path {
        [] => Place::File(file.to_owned()),
        _ => Place::Inside(file.to_owned(), path.to_vec()),
    }
}

/// The module that is called so in a module.
fn child(tree: &dyn Tree, place: &Place, name: &str) -> Option<Place> {
    let (file, path): (&str, &[String]) = match place {
        Place::File(file) => (file, &[]),
        Place::Inside(file, path) => (file, path),
        _ => return None,
    };
    let mut dir = children_dir(tree, file);
    for part in path {
        dir = slashed(&dir, part);
    }
    let beside = slashed(&dir, &format!("{name}.rs"));
    if tree.is_file(&beside) && beside != file {
        return Some(Place::File(beside));
    }
    let below = slashed(&dir, &format!("{name}/mod.rs"));
    if tree.is_file(&below) {
        return Some(Place::File(below));
    }
    let text = tree.read(file)?;
    match declaration(&text, name)? {
        Declared::At(other) => {
            let path = join(dir_of(file), &other).filter(|path| tree.is_file(path))?;
            Some(Place::File(path))
        }
        Declared::Inline => {
            let mut path = path.to_vec();
            path.push(name.to_owned());
            Some(inside(file, &path))
        }
        Declared::Outside => None,
    }
}

/// The directory in which the modules of a file lie.
fn children_dir(tree: &dyn Tree, file: &str) -> String {
    let name = module_name(file);
    if file.ends_with("/mod.rs") || file == "mod.rs" || is_root(tree, file) {
        return dir_of(file).to_owned();
    }
    slashed(dir_of(file), name)
}

/// `a` of `src/a.rs` and of `src/a/mod.rs`.
fn module_name(file: &str) -> &str {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    stem.rsplit('/').next().unwrap_or(stem)
}

/// The root of the crate that a file belongs to.
fn root_of(tree: &dyn Tree, file: &str) -> String {
    let mut file = file.to_owned();
    for _ in 0..DEEPEST {
        match parent_of(tree, &file) {
            Some(Place::File(parent) | Place::Inside(parent, _)) if parent != file => file = parent,
            _ => break,
        }
    }
    file
}

/// The module that declares a file; none for the root of a crate.
fn parent_of(tree: &dyn Tree, file: &str) -> Option<Place> {
    let name = module_name(file);
    let own = dir_of(file);
    let named_as_root = match name {
        "lib" | "main" => !file.ends_with("/mod.rs"),
        "build" => tree.is_file(&slashed(own, "Cargo.toml")),
        _ => false,
    };
    if named_as_root || is_listed(tree, file) {
        return None;
    }
    let dir = if file.ends_with("/mod.rs") { dir_of(own) } else { own };
    declaring(tree, dir, name, file, 0)
}

/// The module with its children in `dir` that has the module `name`, kept in `file`.
fn declaring(tree: &dyn Tree, dir: &str, name: &str, file: &str, depth: usize) -> Option<Place> {
    let mut candidates = vec![
        format!("{dir}.rs"),
        slashed(dir, "mod.rs"),
        slashed(dir, "lib.rs"),
        slashed(dir, "main.rs"),
    ];
    let holds_targets = TARGET_DIRS.contains(&dir.rsplit('/').next().unwrap_or(dir));
    if let Some((home, manifest)) = package(tree, file) {
        let listed = manifest.targets.iter().chain(&manifest.lib_path);
        let listed = listed.filter_map(|path| join(&home, path));
        candidates.extend(listed.filter(|path| dir_of(path) == dir));
    }
    if holds_targets {
        candidates.extend(tree.files_in(dir).iter().map(|name| slashed(dir, name)));
    }
    let declares = |candidate: &String| {
        candidate != file
            && candidate.ends_with(".rs")
            && tree.is_file(candidate)
            && tree.read(candidate).is_some_and(|text| declaration(&text, name).is_some())
    };
    if let Some(found) = candidates.iter().find(|it| declares(it)) {
        return Some(Place::File(found.clone()));
    }
    // `mod a { mod b; }` keeps `b` in a directory `a`.
    if depth < 3 && !dir.is_empty() {
        let outer = declaring(tree, dir_of(dir), module_name(dir), file, depth + 1)?;
        let (text, path) = match &outer {
            Place::File(outer) => (tree.read(outer)?, vec![module_name(dir).to_owned()]),
            Place::Inside(outer, path) => {
                let mut path = path.clone();
                path.push(module_name(dir).to_owned());
                (tree.read(outer)?, path)
            }
            _ => return None,
        };
        let (Place::File(outer) | Place::Inside(outer, _)) = outer else { return None };
        let is_inline = matches!(declaration(&text, &path[path.len() - 1]), Some(Declared::Inline));
        if is_inline && declaration(&text, name).is_some() {
            return Some(Place::Inside(outer, path));
        }
    }
    None
}

fn is_root(tree: &dyn Tree, file: &str) -> bool {
    parent_of(tree, file).is_none()
}

/// Whether the manifest names the file as the root of a target.
fn is_listed(tree: &dyn Tree, file: &str) -> bool {
    package(tree, file).is_some_and(|(home, manifest)| {
        let mut roots = manifest.targets.iter().chain(&manifest.lib_path);
        roots.any(|path| join(&home, path).as_deref() == Some(file))
    })
}

/// How a file declares a module.
enum Declared {
    /// `mod a;`.
    Outside,
    /// `#[path = "..."] mod a;`.
    At(String),
    /// `mod a { ... }`.
    Inline,
}

/// The declaration of a module in a file's text.
fn declaration(text: &str, name: &str) -> Option<Declared> {
    for (at, _) in text.match_indices("mod ") {
        let before = &text[..at];
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = text[at + 4..].trim_start();
        let Some(rest) = rest.strip_prefix("r#").unwrap_or(rest).strip_prefix(name) else {
            continue;
        };
        let line = before.rsplit('\n').next().unwrap_or_default();
        if line.contains("//") {
            continue;
        }
        match rest.trim_start().as_bytes().first() {
            Some(b'{') => return Some(Declared::Inline),
            Some(b';') => {
                return Some(path_attribute(before).map_or(Declared::Outside, Declared::At));
            }
            _ => {}
        }
    }
    None
}

/// The path in `#[path = "..."]` right before a declaration.
fn path_attribute(before: &str) -> Option<String> {
    let start = before.rfind([';', '}']).map_or(0, |at| at + 1);
    let attributes = &before[start..];
    let value = attributes[attributes.rfind("#[path")?..].split('"').nth(1)?;
    Some(value.to_owned())
}

/// The root of the library that code calls `name`.
fn external(tree: &dyn Tree, from: &str, name: &str) -> Option<String> {
    if BUILT_IN.contains(&name) || !name.starts_with(|c: char| c.is_lowercase() || c == '_') {
        return None;
    }
    let (home, found) = package(tree, from)?;
    if crate_name(&found).as_deref() == Some(name) {
        return library(tree, &home, &found);
    }
    let dependency = found.dependencies.iter().find(|it| is_called(&it.key, name))?;
    let (home, dependency) = inherited(tree, &home, dependency)?;
    if let Some(path) = &dependency.path {
        let dir = join(&home, path)?;
        return library(tree, &dir, &read(tree, &dir)?);
    }
    let package = dependency.package.as_ref().unwrap_or(&dependency.key);
    let mut others = tree.files_named("Cargo.toml").into_iter().filter_map(|path| {
        let dir = dir_of(&path).to_owned();
        let manifest = read(tree, &dir)?;
        (manifest.package.as_ref() == Some(package)).then_some((dir, manifest))
    });
    let (dir, manifest) = others.next()?;
    library(tree, &dir, &manifest)
}

/// A dependency as the workspace's root says it, if the package leaves that to it.
fn inherited(tree: &dyn Tree, home: &str, dependency: &Dependency) -> Option<(String, Dependency)> {
    if !dependency.inherited {
        return Some((home.to_owned(), dependency.clone()));
    }
    let mut dir = home;
    loop {
        if let Some(root) = read(tree, dir)
            && let Some(shared) = root.shared.iter().find(|it| it.key == dependency.key)
        {
            return Some((dir.to_owned(), shared.clone()));
        }
        if dir.is_empty() {
            return None;
        }
        dir = dir_of(dir);
    }
}

fn is_called(key: &str, name: &str) -> bool {
    key.len() == name.len()
        && key.bytes().zip(name.bytes()).all(|(a, b)| a == b || a == b'-' && b == b'_')
}

/// The name by which code calls a package's library.
fn crate_name(manifest: &Manifest) -> Option<String> {
    let name = manifest.lib_name.as_ref().or(manifest.package.as_ref())?;
    Some(name.replace('-', "_"))
}

/// The root of a package's library.
fn library(tree: &dyn Tree, home: &str, manifest: &Manifest) -> Option<String> {
    let path = manifest.lib_path.as_deref().unwrap_or("src/lib.rs");
    join(home, path).filter(|path| tree.is_file(path))
}

/// The nearest package around a file, with its directory.
fn package(tree: &dyn Tree, file: &str) -> Option<(String, Manifest)> {
    let mut dir = dir_of(file);
    loop {
        if let Some(manifest) = read(tree, dir)
            && manifest.package.is_some()
        {
            return Some((dir.to_owned(), manifest));
        }
        if dir.is_empty() {
            return None;
        }
        dir = dir_of(dir);
    }
}

fn read(tree: &dyn Tree, dir: &str) -> Option<Manifest> {
    let path = slashed(dir, "Cargo.toml");
    if !tree.is_file(&path) {
        return None;
    }
    Some(manifest(&tree.read(&path)?))
}

fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

fn slashed(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// `dir/path` without `.` and `..`; none if that leads out of the workspace.
fn join(dir: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
