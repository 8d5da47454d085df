//! `tsconfig.json` and `jsconfig.json`: `paths`, `baseUrl`, `extends`, `references`.

use std::rc::Rc;

use serde_json::Value;

use super::{is_relative, join, joined, json, packages, parent, probe, upwards};
use crate::Tree;

/// A chain of `extends` is no longer than this.
const LONGEST: usize = 8;

/// Patterns of names, each with what it stands for.
type Patterns = Vec<(String, Vec<String>)>;

/// What a configuration says about modules.
#[derive(Default)]
struct Mapping {
    /// The directory that names are looked for in.
    base: Option<String>,
    /// Patterns with what they stand for, and the directory that these start from.
    paths: Option<(String, Patterns)>,
}

/// The file that a name means by the configuration of the directories around.
pub(super) fn mapped(tree: &dyn Tree, dir: &str, module: &str) -> Option<String> {
    for dir in upwards(dir) {
        for name in ["tsconfig.json", "jsconfig.json"] {
            let path = joined(dir, name);
            if !tree.is_file(&path) {
                continue;
            }
            for config in configs(tree, &path) {
                let mapping = mapping(tree, &config, LONGEST);
                if let Some(found) = look_up(tree, &mapping, module) {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// The configuration itself and the projects that it refers to.
fn configs(tree: &dyn Tree, path: &str) -> Vec<String> {
    let mut configs = vec![path.to_owned()];
    let Some(value) = json::read(tree, path) else { return configs };
    let references = value.get("references").and_then(Value::as_array);
    let dir = parent(path).unwrap_or_default();
    for reference in references.into_iter().flatten() {
        let Some(to) = reference.get("path").and_then(Value::as_str) else { continue };
        let Some(to) = join(dir, to) else { continue };
        // A project beside this one; those of other directories speak for their own files.
        if parent(&to) == Some(dir) && tree.is_file(&to) {
            configs.push(to);
        }
    }
    configs
}

fn mapping(tree: &dyn Tree, path: &str, left: usize) -> Mapping {
    let Some(value) = json::read(tree, path) else { return Mapping::default() };
    let dir = parent(path).unwrap_or_default();
    let options = value.get("compilerOptions");
    let option = |name: &str| options.and_then(|it| it.get(name));
    let base = option("baseUrl").and_then(Value::as_str).and_then(|base| join(dir, base));
    let paths = option("paths").and_then(Value::as_object).map(|paths| {
        let from = base.clone().unwrap_or_else(|| dir.to_owned());
        let targets = |value: &Value| -> Vec<String> {
            let list = value.as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        (from, paths.iter().map(|(pattern, to)| (pattern.clone(), targets(to))).collect())
    });
    let mut mapping = Mapping { base, paths };
    if left == 0 || (mapping.base.is_some() && mapping.paths.is_some()) {
        return mapping;
    }
    for base in extended(tree, dir, &value) {
        let inherited = self::mapping(tree, &base, left - 1);
        if mapping.base.is_none() {
            mapping.base = inherited.base;
        }
        if mapping.paths.is_none() {
            mapping.paths = inherited.paths;
        }
    }
    mapping
}

/// The configurations that one extends, the last first: it has the last word.
fn extended(tree: &dyn Tree, dir: &str, value: &Rc<Value>) -> Vec<String> {
    let names: Vec<&str> = match value.get("extends") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let find = |name: &&str| {
        let path =
            if is_relative(name) { join(dir, name)? } else { packages::path_of(tree, dir, name)? };
        let candidates = [path.clone(), format!("{path}.json"), joined(&path, "tsconfig.json")];
        candidates.into_iter().find(|it| tree.is_file(it))
    };
    names.iter().rev().filter_map(find).collect()
}

fn look_up(tree: &dyn Tree, mapping: &Mapping, module: &str) -> Option<String> {
    if let Some((from, patterns)) = &mapping.paths {
        let mut fitting: Vec<(usize, &str, &Vec<String>)> = patterns
            .iter()
            .filter_map(|(pattern, targets)| {
                let (length, part) = fits(pattern, module)?;
                Some((length, part, targets))
            })
            .collect();
        fitting.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        for (_, part, targets) in fitting {
            for target in targets {
                let path = join(from, &target.replacen('*', part, 1));
                if let Some(found) = path.and_then(|path| probe(tree, &path)) {
                    return Some(found);
                }
            }
        }
    }
    let base = mapping.base.as_ref()?;
    probe(tree, &joined(base, module))
}

/// What `*` stands for if the pattern fits, with how much of the pattern is fixed.
pub(super) fn fits<'m>(pattern: &str, module: &'m str) -> Option<(usize, &'m str)> {
    match pattern.split_once('*') {
        None => (pattern == module).then_some((usize::MAX, "")),
        Some((before, after)) => {
            let part = module.strip_prefix(before)?.strip_suffix(after)?;
            Some((before.len(), part))
        }
    }
}
