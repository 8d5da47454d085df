//! Which files import which: made when it is first asked for, and carried over from one snapshot to
//! the next as long as no file comes or goes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use coderoom_syntax::{Facts, Import, Place, Plugin};
use rayon::prelude::*;

use super::{index::language_of, view::Code};
use crate::{Snapshot, file::FileId};

/// The imports of one file.
struct Node {
    /// What each import means: its number, and the modules that it leads to.
    leads: Vec<(u32, Place)>,
    /// The files that they are, each with the number of the first import that leads there.
    files: Vec<(FileId, u32)>,
    /// Modules that are not in the snapshot.
    outside: Vec<String>,
}

/// The imports of a snapshot.
pub(crate) struct Graph {
    of: Arc<Snapshot>,
    nodes: BTreeMap<FileId, Arc<Node>>,
    components: OnceLock<Vec<Vec<FileId>>>,
}

impl Graph {
    /// The graph of `code`; what `old` knows is taken over for files that are as they were.
    pub(crate) fn new(code: &Code, old: Option<&Graph>) -> Graph {
        let kept = old.and_then(|old| old.unchanged(code));
        let sources: Vec<FileId> = code.sources().map(|file| file.id).collect();
        let nodes = sources
            .par_iter()
            .map(|id| {
                let known = kept.as_ref().and_then(|kept| kept.get(id).cloned());
                (*id, known.unwrap_or_else(|| Arc::new(Node::new(code, *id))))
            })
            .collect();
        Graph { of: Arc::clone(&code.snapshot), nodes, components: OnceLock::new() }
    }

    /// The nodes of files that are the same in `code`; `None` if a module may mean another file now.
    fn unchanged(&self, code: &Code) -> Option<BTreeMap<FileId, Arc<Node>>> {
        let mut kept = self.nodes.clone();
        for id in self.of.table.differences(&code.snapshot.table) {
            let before = self.of.table.get(id)?;
            let now = code.snapshot.table.get(id)?;
            let hash = |file: &crate::File| file.text().map(|text| text.hash());
            if hash(before) == hash(now) {
                continue;
            }
            language_of(now)?;
            kept.remove(&id);
        }
        Some(kept)
    }

    /// Whether a file is source.
    pub(crate) fn has(&self, file: FileId) -> bool {
        self.nodes.contains_key(&file)
    }

    /// The files that a file imports.
    pub(crate) fn targets(&self, file: FileId) -> impl Iterator<Item = FileId> + use<'_> {
        self.nodes.get(&file).into_iter().flat_map(|node| node.files.iter().map(|(id, _)| *id))
    }

    /// The number of the import by which a file depends on another.
    pub(crate) fn edge(&self, from: FileId, to: FileId) -> Option<u32> {
        let node = self.nodes.get(&from)?;
        node.files.iter().find(|(id, _)| *id == to).map(|(_, number)| *number)
    }

    /// The modules outside of the snapshot that a file imports.
    pub(crate) fn outside(&self, file: FileId) -> impl Iterator<Item = &str> {
        self.nodes.get(&file).into_iter().flat_map(|node| node.outside.iter().map(String::as_str))
    }

    /// For each file the files that import it.
    pub(crate) fn reversed(&self) -> BTreeMap<FileId, Vec<FileId>> {
        let mut reversed: BTreeMap<FileId, Vec<FileId>> = BTreeMap::new();
        for (from, node) in &self.nodes {
            for (to, _) in &node.files {
                reversed.entry(*to).or_default().push(*from);
            }
        }
        reversed
    }

    /// Files with an import that means this module.
    pub(crate) fn importers(&self, place: &Place) -> Vec<FileId> {
        let imports = |node: &Node| node.leads.iter().any(|(_, it)| it == place);
        self.nodes.iter().filter(|(_, node)| imports(node)).map(|(id, _)| *id).collect()
    }

    /// Strongly connected components of more than one file.
    pub(crate) fn components(&self) -> &[Vec<FileId>] {
        self.components.get_or_init(|| {
            let ids: Vec<FileId> = self.nodes.keys().copied().collect();
            let number = |id: FileId| ids.binary_search(&id).ok();
            let edges: Vec<Vec<usize>> =
                ids.iter().map(|id| self.targets(*id).filter_map(number).collect()).collect();
            let parts = components(&edges);
            parts.into_iter().map(|part| part.into_iter().map(|n| ids[n]).collect()).collect()
        })
    }
}

impl Node {
    fn new(code: &Code, file: FileId) -> Node {
        let mut node = Node { leads: Vec::new(), files: Vec::new(), outside: Vec::new() };
        let Some(facts) = code.facts(file) else { return node };
        let plugin = facts.facts.language.plugin();
        let from = code.path(file);
        let mut seen: BTreeSet<FileId> = [file].into();
        for (number, import) in facts.facts.imports.iter().enumerate() {
            let module = facts.facts.name(import.module);
            let Some(place) = plugin.module(code, from, module).into_iter().next() else {
                node.outside.push(module.to_owned());
                continue;
            };
            let mut places = Vec::new();
            for name in &import.names {
                places.extend(
                    plugin.submodule(code, &place, facts.facts.name(*name)).into_iter().next(),
                );
            }
            places.insert(0, place);
            for place in places {
                for id in imported(code, plugin, &facts.facts, import, &place) {
                    if seen.insert(id) {
                        node.files.push((id, number as u32));
                    }
                }
                node.leads.push((number as u32, place));
            }
        }
        node
    }
}

/// What a file imports: files, each with the number of the first import that leads there, and
/// modules that are not in the snapshot.
pub(crate) fn imports_of(code: &Code, file: FileId) -> (Vec<(FileId, u32)>, Vec<String>) {
    let node = Node::new(code, file);
    (node.files, node.outside)
}

/// The files that an import leads to. Where only some names of a package are imported, those that
/// define them.
fn imported(
    code: &Code,
    plugin: &dyn Plugin,
    facts: &Facts,
    import: &Import,
    place: &Place,
) -> Vec<FileId> {
    let mut files = files_of(code, place);
    if !matches!(place, Place::Package(_) | Place::Several(_)) {
        return files;
    }
    files.retain(|id| {
        let path = code.path(*id);
        plugin.is_imported(path.rsplit('/').next().unwrap_or(path))
    });
    let names = import.names.iter().map(|name| facts.name(*name));
    let defining: Vec<FileId> = names.flat_map(|name| code.files_with(name, true)).collect();
    let defines = |id: &FileId| defining.contains(id);
    if files.iter().any(defines) {
        files.retain(defines);
    }
    files
}

/// The files that a module is.
fn files_of(code: &Code, place: &Place) -> Vec<FileId> {
    match place {
        Place::File(path) | Place::Inside(path, _) => code.id_of(path).into_iter().collect(),
        Place::Package(dir) => {
            let files = code.files_right_in(dir);
            files
                .into_iter()
                .filter(|id| code.file(*id).is_some_and(|it| language_of(it).is_some()))
                .collect()
        }
        Place::Several(places) => places.iter().flat_map(|it| files_of(code, it)).collect(),
        Place::Namespace(_) => Vec::new(),
    }
}

/// Tarjan's algorithm without recursion; only components of more than one node.
fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut waiting = vec![false; edges.len()];
    let (mut stack, mut parts, mut count) = (Vec::new(), Vec::new(), 0);
    for root in 0..edges.len() {
        if order[root] != UNSEEN {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((node, next)) = path.pop() {
            if next == 0 {
                order[node] = count;
                low[node] = count;
                count += 1;
                stack.push(node);
                waiting[node] = true;
            } else {
                low[node] = low[node].min(low[edges[node][next - 1]]);
            }
            let mut at = next;
            let mut deeper = None;
            while let Some(to) = edges[node].get(at).copied() {
                at += 1;
                if order[to] == UNSEEN {
                    deeper = Some(to);
                    break;
                }
                if waiting[to] {
                    low[node] = low[node].min(order[to]);
                }
            }
            if let Some(to) = deeper {
                path.push((node, at));
                path.push((to, 0));
            } else if low[node] == order[node] {
                let mut part = Vec::new();
                while let Some(top) = stack.pop() {
                    waiting[top] = false;
                    part.push(top);
                    if top == node {
                        break;
                    }
                }
                if part.len() > 1 {
                    part.sort_unstable();
                    parts.push(part);
                }
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_lines_are_not() {
        let edges = [vec![1], vec![2, 3], vec![0], vec![4], vec![3], vec![4], vec![6]];
        let mut parts = components(&edges);
        parts.sort();
        assert_eq!(parts, [vec![0, 1, 2], vec![3, 4]]);
    }
}
