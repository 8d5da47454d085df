//! Whether the same commits change two things: for claims about it.

use std::collections::HashSet;

use coderoom_engine::{Certainty, Claim, Judgement};
use coderoom_graph::{EdgeKind, NodeIx};

use super::shared::Grounds;
use crate::error::OpError;

/// Commits that change more files than this say nothing about two of them.
const LARGE: usize = 50;
/// Two things that changed together once may have done so by chance.
const LEAST_SUPPORT: u32 = 2;

/// Judges whether the commits that change the one also change the other.
pub(super) fn together(
    grounds: &Grounds<'_>,
    claim: &Claim,
    a: &[NodeIx],
    b: &[NodeIx],
) -> Result<Judgement, OpError> {
    let history = grounds.asked.located.room.graph.history();
    let read = match &history.read {
        Ok(read) => read,
        Err(reason) => {
            let reason = format!("there is no history: {reason}");
            return Ok(Judgement { reason, ..Judgement::default() });
        }
    };
    let (a_paths, b_paths) = (paths(grounds, a), paths(grounds, b));
    let items = |wanted: &[String]| -> HashSet<u32> {
        let all = (0u32..).zip(read.paths());
        let fitting = all.filter(|(_, path)| {
            let path = path.as_str().unwrap_or_default();
            wanted.iter().any(|it| inside(path, it))
        });
        fitting.map(|(item, _)| item).collect()
    };
    let (a_items, b_items) = (items(&a_paths), items(&b_paths));
    let (mut both, mut of_a, mut of_b) = (0u32, 0u32, 0u32);
    for commit in read.commits() {
        let touches: Vec<u32> = commit.touches.iter().map(|it| it.now.0).collect();
        if touches.len() > LARGE {
            continue;
        }
        let a = touches.iter().any(|item| a_items.contains(item));
        let b = touches.iter().any(|item| b_items.contains(item));
        both += u32::from(a && b);
        of_a += u32::from(a);
        of_b += u32::from(b);
    }
    let holds = match both {
        _ if of_a == 0 || of_b == 0 => None,
        0 => Some(false),
        1..LEAST_SUPPORT => None,
        _ => Some(true),
    };
    let reason = format!(
        "{both} commits change both; {of_a} change the first, {of_b} the second (those of more than \
         {LARGE} files left out)"
    );
    let certainty = Some(if holds.is_some() { Certainty::Exact } else { Certainty::ByName });
    let edges = edges(grounds, a, b)?;
    let holds = holds.map(|holds| holds != claim.negated);
    Ok(Judgement { holds, certainty, reason, edges, ..Judgement::default() })
}

fn paths(grounds: &Grounds<'_>, nodes: &[NodeIx]) -> Vec<String> {
    nodes.iter().filter_map(|node| grounds.code_graph.place_of(*node)).map(|it| it.path).collect()
}

/// Whether a path is another or in it.
fn inside(path: &str, outer: &str) -> bool {
    outer == "."
        || path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The edges that the graph has for it.
fn edges(
    grounds: &Grounds<'_>,
    a: &[NodeIx],
    b: &[NodeIx],
) -> Result<Vec<coderoom_graph::EdgeIx>, OpError> {
    let graph = grounds.graph()?;
    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (*a, *b)));
    Ok(pairs.filter_map(|(a, b)| graph.find_edge(a, b, EdgeKind::CoChange)).collect())
}
