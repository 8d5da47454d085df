//! Which directories a package is.
//!
//! Source roots are not configured: a package is every directory whose path ends with its name, those
//! near the importing file first, so that `src/main/java` and `src/test/java` of all modules count.

use crate::{Place, Tree};

/// A package seen from a file; `.` is the file's own directory.
pub(super) fn find(tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
    let here = parent(from);
    if module == "." {
        return vec![Place::Package(here.to_owned())];
    }
    let tail = module.replace('.', "/");
    let last = tail.rsplit('/').next().unwrap_or(&tail);
    let mut dirs: Vec<String> = tree.dirs_named(last);
    dirs.retain(|dir| {
        let before = dir.strip_suffix(tail.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
            && tree.files_in(dir).iter().any(|name| name.ends_with(".java"))
    });
    dirs.sort_by_key(|dir| std::cmp::Reverse(shared(dir, here)));
    match dirs.len() {
        0 | 1 => dirs.into_iter().map(Place::Package).collect(),
        _ => vec![Place::Several(dirs.into_iter().map(Place::Package).collect())],
    }
}

/// A package inside of another.
pub(super) fn below(tree: &dyn Tree, of: &Place, name: &str) -> Vec<Place> {
    let dirs = match of {
        Place::Package(_) => std::slice::from_ref(of),
        Place::Several(places) => places,
        _ => return Vec::new(),
    };
    let below = dirs.iter().filter_map(|place| match place {
        Place::Package(dir) if dir.is_empty() => Some(name.to_owned()),
        Place::Package(dir) => Some(format!("{dir}/{name}")),
        _ => None,
    });
    below.filter(|dir| tree.is_dir(dir)).map(Place::Package).collect()
}

/// The package that a file says it is in.
pub(super) fn package_of(tree: &dyn Tree, path: &str) -> String {
    let text = tree.read(path).unwrap_or_default();
    let clause = text.lines().map(str::trim).find_map(|line| {
        let rest = line.strip_prefix("package")?;
        let name = rest.strip_prefix(char::is_whitespace)?.split(';').next()?.trim();
        (!name.is_empty()).then(|| name.to_owned())
    });
    clause.unwrap_or_default()
}

/// How many leading parts two paths share.
fn shared(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}
