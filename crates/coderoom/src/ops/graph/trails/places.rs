//! Places of a trail: what was seen there, and what has become of it.

use std::collections::BTreeMap;

use coderoom_engine::{ContentHash, File, NodeIx, NodeKind, RelPath};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::{excerpt, shared::Grounds};
use crate::{daemon::trails::Visited, error::OpError};

/// Places of one name that are looked at to find the one that has moved.
const MAX_CANDIDATES: usize = 100;

/// A place that was visited, and what has become of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceRow {
    /// What named it then: a path, `path#Type.method`, `path#heading`.
    pub key: String,
    /// `same`, `changed`, `moved` or `gone`.
    pub state: String,
    /// Whether its text is another than it was.
    pub changed: bool,
    /// Where it is now: a path or `path:line`; empty if it is gone.
    pub now: String,
}

impl PlaceRow {
    pub(super) fn text(&self) -> String {
        let also = if self.changed && self.state == "moved" { ", changed" } else { "" };
        let now = if self.now.is_empty() { String::new() } else { format!("{}  ", self.now) };
        format!("  {now}{}  [{}{also}]\n", self.key, self.state)
    }
}

/// A node as a place that is visited now.
pub(super) fn visited(grounds: &Grounds<'_>, node: NodeIx) -> Result<Visited, OpError> {
    let row = grounds.row(node)?;
    Ok(Visited { key: row.key.to_string(), line: row.line, hash: hash(grounds, node) })
}

/// A hash of a node's text; empty if it has none.
fn hash(grounds: &Grounds<'_>, node: NodeIx) -> String {
    let Some(place) = grounds.code_graph.place_of(node) else { return String::new() };
    match place.kind {
        NodeKind::File => {
            let path = RelPath::new(place.path.as_bytes()).ok();
            let file = path.and_then(|path| grounds.asked.located.snapshot.file(&path));
            file.map_or(String::new(), |file| hash_of_file(file))
        }
        NodeKind::Symbol | NodeKind::Section => excerpt::whole(grounds, &place)
            .map_or(String::new(), |it| short(ContentHash::of(it.text.as_bytes()))),
        NodeKind::Directory | NodeKind::Package => String::new(),
    }
}

fn hash_of_file(file: &File) -> String {
    file.text().map_or(String::new(), |text| short(text.hash()))
}

fn short(hash: ContentHash) -> String {
    hash.to_hex()[..16].to_owned()
}

/// What has become of places. Costs the text of each, and a walk over all nodes (for files: over all
/// files) if some are not where they were.
pub(super) fn resolve(grounds: &Grounds<'_>, places: &[Visited]) -> Result<Vec<PlaceRow>, OpError> {
    let graph = grounds.graph()?;
    let mut lost: BTreeMap<&str, Vec<NodeIx>> = places
        .iter()
        .filter(|it| graph.node(&it.key).is_none())
        .filter_map(|it| Some((last_name(&it.key)?, Vec::new())))
        .collect();
    if !lost.is_empty() {
        for node in graph.nodes() {
            if let Some(found) = last_name(graph.key(node)).and_then(|name| lost.get_mut(name))
                && found.len() < MAX_CANDIDATES
            {
                found.push(node);
            }
        }
    }
    let mut rows = Vec::with_capacity(places.len());
    for place in places {
        let here = graph.node(&place.key);
        let found = here.or_else(|| {
            let candidates = last_name(&place.key).and_then(|name| lost.get(name));
            moved(grounds, place, candidates.map_or(&[][..], Vec::as_slice))
        });
        let changed = found.is_some_and(|node| hash(grounds, node) != place.hash);
        let state = match (found, here, changed) {
            (None, ..) => "gone",
            (Some(_), None, _) => "moved",
            (Some(_), Some(_), true) => "changed",
            (Some(_), Some(_), false) => "same",
        };
        let now = found.map(|node| grounds.row(node)).transpose()?;
        rows.push(PlaceRow {
            key: place.key.clone(),
            state: state.to_owned(),
            changed,
            now: now.map_or(String::new(), |row| row.place()),
        });
        grounds.check()?;
    }
    Ok(rows)
}

/// Where something is now that is not where it was: the only thing of its last name that has its text,
/// or else its qualified name; of a file, the only one that has its text.
fn moved(grounds: &Grounds<'_>, place: &Visited, candidates: &[NodeIx]) -> Option<NodeIx> {
    let graph = grounds.graph().ok()?;
    let has_text = |hash: String| !hash.is_empty() && hash == place.hash;
    let Some((_, name)) = place.key.split_once('#') else {
        let files = grounds.asked.located.snapshot.files();
        let file = only(files.filter(|file| has_text(hash_of_file(file))))?;
        return grounds.code_graph.node_of(file.path.as_str()?);
    };
    let named = |node: &&NodeIx| graph.key(**node).split_once('#').is_some_and(|it| it.1 == name);
    only(candidates.iter().filter(|node| has_text(hash(grounds, **node))))
        .or_else(|| only(candidates.iter().filter(named)))
        .copied()
}

/// What there is one of.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// The last part of the key of a symbol or section, without an ordinal: what stays when it moves.
fn last_name(key: &str) -> Option<&str> {
    let (_, name) = key.split_once('#')?;
    let name = name.split_once('(').map_or(name, |(plain, _)| plain);
    Some(name.rsplit('.').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thing keeps its last name wherever it goes.
    #[test]
    fn last_names_outlive_moves() {
        assert_eq!(last_name("a/b.py"), None);
        assert_eq!(last_name("a/b.py#C.d(2)"), Some("d"));
        assert_eq!(last_name("a.md#the-heading"), Some("the-heading"));
    }
}
