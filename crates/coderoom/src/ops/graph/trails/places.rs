//! Places of a trail: what was seen there, and what has become of it.

use std::collections::BTreeMap;

use coderoom_engine::{ContentHash, NodeIx, NodeKind};
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
    Ok(Visited { key: row.key, line: row.line, hash: hash(grounds, node) })
}

/// A hash of a node's text; empty if it has none.
fn hash(grounds: &Grounds<'_>, node: NodeIx) -> String {
    let text = |place| match excerpt::whole(grounds, &place) {
        Some(piece) if place.line > 0 => {
            ContentHash::of(piece.text.as_bytes()).to_hex()[..16].to_owned()
        }
        _ => String::new(),
    };
    grounds.code_graph.place_of(node).map_or(String::new(), text)
}

/// What has become of places. What is not where it was is looked for by its name: with the same text,
/// or else as the only thing of its qualified name; a file by its text alone. Costs the text of each
/// place, and a walk over all nodes if some are not where they were.
pub(super) fn resolve(grounds: &Grounds<'_>, places: &[Visited]) -> Result<Vec<PlaceRow>, OpError> {
    let graph = grounds.graph()?;
    let mut lost: BTreeMap<&str, Vec<NodeIx>> = places
        .iter()
        .filter(|it| graph.node(&it.key).is_none())
        .map(|it| (last_name(&it.key), Vec::new()))
        .collect();
    if !lost.is_empty() {
        for node in graph.nodes() {
            if let Some(found) = lost.get_mut(last_name(graph.key(node)))
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
            let candidates = lost.get(last_name(&place.key)).map_or(&[][..], Vec::as_slice);
            moved(grounds, place, candidates)
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

/// The only one of some nodes that has a place's text, or else its qualified name.
fn moved(grounds: &Grounds<'_>, place: &Visited, candidates: &[NodeIx]) -> Option<NodeIx> {
    let graph = grounds.graph().ok()?;
    let inner = place.key.split_once('#');
    let alike = |node: &&NodeIx| match inner {
        Some(_) => matches!(graph.kind(**node), NodeKind::Symbol | NodeKind::Section),
        None => graph.kind(**node) == NodeKind::File,
    };
    let mut of_text = candidates
        .iter()
        .filter(alike)
        .filter(|node| !place.hash.is_empty() && hash(grounds, **node) == place.hash);
    if let (Some(only), None) = (of_text.next(), of_text.next()) {
        return Some(*only);
    }
    let (_, name) = inner?;
    let named = |node: &&NodeIx| graph.key(**node).split_once('#').is_some_and(|it| it.1 == name);
    let mut of_name = candidates.iter().filter(alike).filter(named);
    match (of_name.next(), of_name.next()) {
        (Some(only), None) => Some(*only),
        _ => None,
    }
}

/// The last part of a key, without an ordinal: what stays when something moves.
fn last_name(key: &str) -> &str {
    let Some((_, name)) = key.split_once('#') else {
        return key.rsplit('/').next().unwrap_or(key);
    };
    let name = name.split_once('(').map_or(name, |(plain, _)| plain);
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thing keeps its last name wherever it goes.
    #[test]
    fn last_names_outlive_moves() {
        assert_eq!(last_name("a/b.py"), "b.py");
        assert_eq!(last_name("a/b.py#C.d(2)"), "d");
        assert_eq!(last_name("a.md#the-heading"), "the-heading");
    }
}
