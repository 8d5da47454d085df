//! Which file an `#include` means. No search path is known: beside the including file, then in the
//! customary places of the directories above it, then wherever only one file fits.

use crate::{Place, Tree};

/// Where headers customarily lie, seen from a directory above the including file.
const PLACES: &[&str] = &["", "include", "src", "lib", "include/uapi", "inc", "Source", "source"];

/// The file that `"x.h"` or `<x.h>` means in `from`.
pub(super) fn find(tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
    let quoted = module.starts_with('"');
    let name = module.trim_matches(['"', '<', '>']);
    if name.is_empty() || name.starts_with('/') {
        return Vec::new();
    }
    found(tree, from, name, quoted).map_or_else(Vec::new, |path| vec![Place::File(path)])
}

fn found(tree: &dyn Tree, from: &str, name: &str, quoted: bool) -> Option<String> {
    let file = |path: &str| tree.is_file(path).then(|| path.to_owned());
    let dir = from.rsplit_once('/').map_or("", |(dir, _)| dir);
    if quoted && let Some(path) = join(dir, name).as_deref().and_then(file) {
        return Some(path);
    }
    let mut above = Some(dir);
    while let Some(here) = above {
        for place in PLACES {
            let path = join(here, place).and_then(|place| join(&place, name));
            if let Some(path) = path.as_deref().and_then(file) {
                return Some(path);
            }
        }
        above = match here.rsplit_once('/') {
            Some((up, _)) => Some(up),
            None if here.is_empty() => None,
            None => Some(""),
        };
    }
    if let Some(path) = architecture(tree, from, name) {
        return Some(path);
    }
    elsewhere(tree, from, name)
}

/// `<asm/x.h>`: the header of the architecture that the file is of, or of the most usual one, or the
/// one for all.
fn architecture(tree: &dyn Tree, from: &str, name: &str) -> Option<String> {
    let own = from.strip_prefix("arch/").and_then(|rest| rest.split('/').next());
    let arches = own.into_iter().chain(["x86"]);
    for arch in arches {
        for include in ["include", "include/uapi"] {
            let path = format!("arch/{arch}/{include}/{name}");
            if tree.is_file(&path) {
                return Some(path);
            }
        }
    }
    let rest = name.strip_prefix("asm/")?;
    ["include/asm-generic", "include/uapi/asm-generic"]
        .iter()
        .map(|dir| format!("{dir}/{rest}"))
        .find(|path| tree.is_file(path))
}

/// In the `include` directory nearest to the file; else the only file whose path ends so.
fn elsewhere(tree: &dyn Tree, from: &str, name: &str) -> Option<String> {
    let last = name.rsplit('/').next().unwrap_or(name);
    if name.split('/').any(|part| part == "..") {
        return None;
    }
    let ending = format!("/{name}");
    let fits: Vec<String> =
        tree.files_named(last).into_iter().filter(|path| path.ends_with(&ending)).collect();
    let public = |path: &&String| {
        path.strip_suffix(&ending).is_some_and(|dir| dir == "include" || dir.ends_with("/include"))
    };
    let near = |path: &&String| path.bytes().zip(from.bytes()).take_while(|(a, b)| a == b).count();
    if let Some(path) = fits.iter().filter(public).max_by_key(near) {
        return Some(path.clone());
    }
    // Of several, the one that the file has most directories in common with.
    let common =
        |path: &String| path.split('/').zip(from.split('/')).take_while(|(a, b)| a == b).count();
    let most = fits.iter().map(common).max()?;
    let mut nearest = fits.iter().filter(|path| common(path) == most);
    let only = nearest.next()?;
    nearest.next().is_none().then(|| only.clone())
}

/// `dir` and `name` without `.` and `..`; none if that leads out of the tree.
fn join(dir: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
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
