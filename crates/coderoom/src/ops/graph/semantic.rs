//! Parts of the semantic dimension of `activate`: which are wanted, and what each has added.

use coderoom_engine::{LightOptions, SemanticPart};
use coderoom_graph::{COOCCURRENCE_MAX_NODES, Graph};
use schemars::JsonSchema;
use serde::Serialize;

use super::activate::LitRow;
use crate::{
    error::{Code, OpError},
    ops::code::word,
};

/// What a part of the semantic dimension adds to a result.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartRow {
    /// `text`, `trigrams` or `cooccurrence`.
    pub part: String,
    /// What it adds.
    pub adds: f32,
}

/// A part's part in the semantic dimension.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SemanticRow {
    /// `text`, `trigrams` or `cooccurrence`.
    pub part: String,
    /// Its share of what the dimension has added to all results, from 0 to 1.
    pub share: f32,
}

/// What each part counts if these are wanted; nothing named is the usual.
pub(super) fn weights(names: &[String]) -> Result<[f32; 3], OpError> {
    if names.is_empty() {
        return Ok(LightOptions::default().semantic);
    }
    let mut weights = [0.0; 3];
    for name in names {
        let all = SemanticPart::ALL;
        let found = all.into_iter().find(|it| word(*it) == *name).ok_or_else(|| {
            let all: Vec<String> = all.iter().map(word).collect();
            let message = format!("`semantic`: there is no `{name}`; parts: {}", all.join(", "));
            OpError::new(Code::BadParameter, message)
        })?;
        weights[found as usize] = SemanticPart::WEIGHTS[found as usize];
    }
    Ok(weights)
}

/// What is to be known if a part is wanted that the graph is too large for.
pub(super) fn note(options: &LightOptions, graph: &Graph) -> Option<String> {
    let wanted = options.semantic[SemanticPart::Cooccurrence as usize] > 0.0;
    let nodes = graph.node_count();
    (wanted && nodes > COOCCURRENCE_MAX_NODES).then(|| {
        format!("`cooccurrence` is off: {nodes} nodes are more than {COOCCURRENCE_MAX_NODES}")
    })
}

/// What each part of the semantic dimension adds, if there is more than one.
pub(super) fn rows(options: &LightOptions, adds: f32, shares: &[f32; 3]) -> Vec<PartRow> {
    let on = |part: &SemanticPart| options.semantic[*part as usize] > 0.0;
    if SemanticPart::ALL.iter().filter(|it| on(it)).count() < 2 {
        return Vec::new();
    }
    let row = |part: SemanticPart| PartRow { part: word(part), adds: adds * shares[part as usize] };
    SemanticPart::ALL.into_iter().filter(on).map(row).collect()
}

/// What each part of the semantic dimension has added to all results.
pub(super) fn shares(results: &[LitRow]) -> Vec<SemanticRow> {
    let mut rows: Vec<SemanticRow> = Vec::new();
    for it in results.iter().flat_map(|it| &it.semantic_parts) {
        match rows.iter_mut().find(|row| row.part == it.part) {
            Some(row) => row.share += it.adds,
            None => rows.push(SemanticRow { part: it.part.clone(), share: it.adds }),
        }
    }
    let all: f32 = rows.iter().map(|it| it.share).sum();
    rows.iter_mut().filter(|_| all > 0.0).for_each(|it| it.share /= all);
    rows
}

/// The shares in one line; empty if there are none.
pub(super) fn line(rows: &[SemanticRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let share = |it: &SemanticRow| format!("{} {:.0}%", it.part, it.share * 100.0);
    let shares: Vec<String> = rows.iter().map(share).collect();
    format!("semantic by: {}\n", shares.join(", "))
}
