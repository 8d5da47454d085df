//! Packages of the workspace, by the names in their manifests.

use serde_json::Value;

use super::{config::fits, join, joined, json, parent, probe, upwards};
use crate::Tree;

/// Conditions of `exports` and `imports`, those first that are nearest to source.
const CONDITIONS: &[&str] = &[
    "source",
    "development",
    "types",
    "import",
    "module",
    "node",
    "browser",
    "require",
    "default",
];
/// Directories that sources are compiled into.
const OUTPUTS: &[&str] = &["dist", "lib", "build", "out", "esm", "cjs", "es", "types", "output"];

/// `name`, `@scope/name/part` or `#internal`, seen from a directory.
pub(super) fn find(tree: &dyn Tree, dir: &str, module: &str) -> Option<String> {
    if module.starts_with('#') {
        let own = upwards(dir).find(|dir| tree.is_file(&joined(dir, "package.json")))?;
        let manifest = json::read(tree, &joined(own, "package.json"))?;
        let target = chosen(manifest.get("imports")?, module)?;
        return source_of(tree, own, &target);
    }
    let (name, part) = split(module)?;
    let package = named(tree, name)?;
    match part {
        "" => main(tree, &package),
        part => inside(tree, &package, part),
    }
}

/// The path that a name would have inside a package, whether anything is there or not.
pub(super) fn path_of(tree: &dyn Tree, _dir: &str, module: &str) -> Option<String> {
    let (name, part) = split(module)?;
    Some(joined(&named(tree, name)?, part))
}

/// A package's name, and what is asked for in it.
fn split(module: &str) -> Option<(&str, &str)> {
    let slashes = if module.starts_with('@') { 2 } else { 1 };
    let at = module.match_indices('/').nth(slashes - 1).map(|(at, _)| at);
    let (name, part) = match at {
        Some(at) => (&module[..at], &module[at + 1..]),
        None => (module, ""),
    };
    (!name.is_empty() && !name.contains(':')).then_some((name, part))
}

/// The directory of the package of this name.
fn named(tree: &dyn Tree, name: &str) -> Option<String> {
    let quoted = format!("\"{name}\"");
    let is_named = |manifest: &str| -> bool {
        let mentions = tree.read(manifest).is_some_and(|text| text.contains(&quoted));
        mentions
            && json::read(tree, manifest)
                .is_some_and(|it| it.get("name").and_then(Value::as_str) == Some(name))
    };
    // Most packages lie in a directory of their name.
    let last = name.rsplit('/').next().unwrap_or(name);
    for dir in tree.dirs_named(last) {
        if is_named(&joined(&dir, "package.json")) {
            return Some(dir);
        }
    }
    let manifests = tree.files_named("package.json");
    let manifest = manifests.into_iter().find(|it| is_named(it))?;
    parent(&manifest).map(str::to_owned)
}

/// The file that a package is imported as.
pub(super) fn main(tree: &dyn Tree, dir: &str) -> Option<String> {
    let manifest = json::read(tree, &joined(dir, "package.json"))?;
    if let Some(exports) = manifest.get("exports") {
        let target = match exports {
            Value::Object(map) if map.keys().any(|key| key.starts_with('.')) => {
                chosen(exports, ".")
            }
            other => condition(other),
        };
        if let Some(found) = target.and_then(|it| source_of(tree, dir, &it)) {
            return Some(found);
        }
    }
    let fields = ["source", "types", "typings", "module", "main"];
    let named = fields.iter().filter_map(|field| manifest.get(*field)?.as_str());
    let mut found = named.filter_map(|target| source_of(tree, dir, target));
    found.next().or_else(|| {
        let usual = ["src/index", "index", "lib/index", "src/main", "src/mod", "mod"];
        usual.iter().find_map(|path| super::with_ending(tree, &joined(dir, path)))
    })
}

/// The file that a part of a package's name means.
fn inside(tree: &dyn Tree, dir: &str, part: &str) -> Option<String> {
    let manifest = json::read(tree, &joined(dir, "package.json"));
    let exports = manifest.as_ref().and_then(|it| it.get("exports"));
    if let Some(target) = exports.and_then(|it| chosen(it, &format!("./{part}")))
        && let Some(found) = source_of(tree, dir, &target)
    {
        return Some(found);
    }
    source_of(tree, dir, part).or_else(|| probe(tree, &joined(&joined(dir, "src"), part)))
}

/// What a map of `exports` or `imports` has for a name.
fn chosen(map: &Value, name: &str) -> Option<String> {
    let map = map.as_object()?;
    let mut fitting: Vec<(usize, &str, &Value)> = map
        .iter()
        .filter_map(|(pattern, target)| {
            let (length, part) = fits(pattern, name)?;
            Some((length, part, target))
        })
        .collect();
    fitting.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
    let (_, part, target) = fitting.first()?;
    Some(condition(target)?.replace('*', part))
}

/// The target under the first condition that has one.
fn condition(target: &Value) -> Option<String> {
    match target {
        Value::String(path) => Some(path.clone()),
        Value::Array(list) => list.iter().find_map(condition),
        Value::Object(map) => {
            let known = CONDITIONS.iter().filter_map(|name| map.get(*name));
            known.chain(map.values()).find_map(condition)
        }
        _ => None,
    }
}

/// The file that a target is or, if it is compiled, is made from.
fn source_of(tree: &dyn Tree, dir: &str, target: &str) -> Option<String> {
    let path = join(dir, target)?;
    if let Some(found) = probe_but(tree, &path, dir) {
        return Some(found);
    }
    let relative = path.strip_prefix(dir)?.trim_start_matches('/');
    let stem = super::without_extension(relative);
    let mut parts: Vec<&str> = stem.split('/').collect();
    while parts.first().is_some_and(|first| OUTPUTS.contains(first)) {
        parts.remove(0);
        for root in ["src", "", "lib", "source"] {
            let candidate = joined(&joined(dir, root), &parts.join("/"));
            if let Some(found) = super::with_ending(tree, candidate.trim_matches('/'))
                .or_else(|| super::with_ending(tree, &joined(&candidate, "index")))
            {
                return Some(found);
            }
        }
    }
    None
}

/// As [`probe`], without going round in a circle through the package's own directory.
fn probe_but(tree: &dyn Tree, path: &str, dir: &str) -> Option<String> {
    if path == dir { super::with_ending(tree, &joined(path, "index")) } else { probe(tree, path) }
}
