//! `differential`: what two states of a workspace have that the other has not.

use std::collections::BTreeMap;

use coderoom_engine::{Coupling, GraphDiff, difference};
use coderoom_graph::{Edge, Graph, NodeIx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::{StepRow, proof_text},
    states::{Stated, state},
};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{Asked, with_notes},
    },
};

/// Entries of each list unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 30;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;
/// Members of a cycle that are named at most.
const MAX_CYCLE: usize = 30;

/// The operation.
pub struct Differential;

/// Between what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The state before: `disk`, the name of a session, `NAME@base` for what a session began from, or
    /// a commit: `HEAD~3`, a branch, a tag, a hash. Default: `HEAD` if `to` is the disk, else `disk`.
    pub from: String,
    /// The state after, named alike. Default: `disk`.
    pub to: String,
    /// Entries at most, of each list. Default 30.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Files, symbols and sections that came, by key.
    pub added: Vec<String>,
    /// Those that went.
    pub removed: Vec<String>,
    /// Those that are elsewhere now.
    pub moved: Vec<MovedRow>,
    /// Edges that came.
    pub edges_added: Vec<StepRow>,
    /// Edges that went.
    pub edges_removed: Vec<StepRow>,
    /// How many edges of each kind came and went.
    pub kinds: Vec<KindRow>,
    /// Directories that depend on each other more or less: the largest change first.
    pub coupling: Vec<CouplingRow>,
    /// Cycles of files that were none before, or were smaller.
    pub cycles_added: Vec<Vec<String>>,
    /// Cycles of files that are none any more, or are smaller.
    pub cycles_removed: Vec<Vec<String>>,
    /// How many nodes came, whatever the limit.
    pub total_added: u64,
    /// How many went.
    pub total_removed: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// Something that is elsewhere.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MovedRow {
    /// Its key before.
    pub from: String,
    /// Its key now.
    pub to: String,
}

/// Edges of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KindRow {
    /// `imports`, `calls`, ...
    pub edge: &'static str,
    /// How many came.
    pub added: u64,
    /// How many went.
    pub removed: u64,
}

/// How one directory depends on another.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CouplingRow {
    /// The directory that depends.
    pub from: String,
    /// The directory that it depends on.
    pub to: String,
    /// Edges before.
    pub before: u32,
    /// Edges after.
    pub after: u32,
}

impl From<Coupling> for CouplingRow {
    fn from(it: Coupling) -> CouplingRow {
        CouplingRow { from: it.from, to: it.to, before: it.before, after: it.after }
    }
}

impl Operation for Differential {
    const NAME: &'static str = "differential";
    const TITLE: &'static str = "How two states differ in structure";
    const DESCRIPTION: &'static str = "Compares the structure of two states of a workspace (the \
        disk, an edit session, what a session began from, a commit): symbols that came, went and \
        moved, edges by kind, directories that depend more or less on each other, and new cycles. Ask \
        it before you sync a larger change, or with `from` and `to` as commits to see what a branch \
        does to the structure. A commit that differs much takes as long as a first graph.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let is_disk = matches!(params.to.trim(), "" | "disk");
        let from = match params.from.trim() {
            "" if is_disk => "HEAD",
            from => from,
        };
        let before = state(context, &asked, from)?;
        let after = state(context, &asked, &params.to)?;
        let graph = |it: &Stated| -> Result<(), OpError> {
            it.graph.graph().map(drop).map_err(|err| OpError::new(Code::TooLarge, err.to_string()))
        };
        graph(&before)?;
        graph(&after)?;
        let (Ok(old), Ok(new)) = (before.graph.graph(), after.graph.graph()) else {
            return Err(OpError::new(Code::Internal, "a graph is gone"));
        };
        let found = if std::sync::Arc::ptr_eq(before.graph.snapshot(), after.graph.snapshot()) {
            GraphDiff::default()
        } else {
            difference(old, new)
        };
        if let Some(reason) = context.interruption() {
            return Err(reason);
        }
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let mut notes: Vec<String> = [before.note, after.note].into_iter().flatten().collect();
        notes.extend(asked.notes());
        Ok(reply(old, new, found, limit, notes))
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{} came, {} went\n", reply.total_added, reply.total_removed);
        let mut list = |mark: &str, keys: &[String]| {
            keys.iter().for_each(|key| text.push_str(&format!("  {mark} {key}\n")));
        };
        list("+", &reply.added);
        list("-", &reply.removed);
        for it in &reply.moved {
            text.push_str(&format!("  > {} is now {}\n", it.from, it.to));
        }
        for it in &reply.kinds {
            text.push_str(&format!("{}: +{} -{}\n", it.edge, it.added, it.removed));
        }
        for (mark, edges) in [("+", &reply.edges_added), ("-", &reply.edges_removed)] {
            for it in edges {
                text.push_str(&format!("  {mark} {}\n", proof_text(std::slice::from_ref(it))));
            }
        }
        for it in &reply.coupling {
            let CouplingRow { from, to, before, after } = it;
            text.push_str(&format!("{from} -> {to}: {before} edges before, {after} after\n"));
        }
        for (what, cycles) in
            [("new cycle", &reply.cycles_added), ("cycle is gone", &reply.cycles_removed)]
        {
            for it in cycles {
                text.push_str(&format!("{what}: {}\n", it.join("  ")));
            }
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn reply(old: &Graph, new: &Graph, found: GraphDiff, limit: usize, asked: Vec<String>) -> Reply {
    let keys = |graph: &Graph, nodes: &[NodeIx]| -> Vec<String> {
        nodes.iter().take(limit).map(|node| graph.key(*node).to_owned()).collect()
    };
    let cycles = |graph: &Graph, cycles: &[Vec<NodeIx>]| -> Vec<Vec<String>> {
        let named = |nodes: &Vec<NodeIx>| -> Vec<String> {
            nodes.iter().take(MAX_CYCLE).map(|node| graph.key(*node).to_owned()).collect()
        };
        cycles.iter().take(limit).map(named).collect()
    };
    let mut kinds: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    found.edges_added.iter().for_each(|edge| kinds.entry(edge.kind).or_default().0 += 1);
    found.edges_removed.iter().for_each(|edge| kinds.entry(edge.kind).or_default().1 += 1);
    let most = [
        found.added.len(),
        found.removed.len(),
        found.moved.len(),
        found.edges_added.len(),
        found.edges_removed.len(),
        found.coupling.len(),
    ];
    let mut notes = Vec::new();
    if most.iter().any(|count| *count > limit) {
        notes.push("there is more: raise `limit`".to_owned());
    }
    notes.extend(asked);
    let first = found.cycles_added.first().and_then(|it| it.first());
    let handoff = match (first, found.removed.first()) {
        (Some(node), _) => {
            of_facts("layers", new.key(*node), "there is a new cycle: see what closes it")
        }
        (None, Some(node)) => {
            of_facts("references", old.key(*node), "it went: see that nobody names it any more")
        }
        (None, None) => of_facts("validate", "", "nothing went: see that the change is sound"),
    };
    Reply {
        total_added: found.added.len() as u64,
        total_removed: found.removed.len() as u64,
        added: keys(new, &found.added),
        removed: keys(old, &found.removed),
        moved: found
            .moved
            .iter()
            .take(limit)
            .map(|(from, to)| MovedRow {
                from: old.key(*from).to_owned(),
                to: new.key(*to).to_owned(),
            })
            .collect(),
        edges_added: edges(new, &found.edges_added, limit),
        edges_removed: edges(old, &found.edges_removed, limit),
        kinds: kinds
            .into_iter()
            .map(|(kind, (added, removed))| KindRow { edge: kind.word(), added, removed })
            .collect(),
        cycles_added: cycles(new, &found.cycles_added),
        cycles_removed: cycles(old, &found.cycles_removed),
        coupling: found.coupling.into_iter().take(limit).map(CouplingRow::from).collect(),
        handoff,
        notes,
    }
}

fn edges(graph: &Graph, edges: &[Edge], limit: usize) -> Vec<StepRow> {
    let row = |edge: &Edge| StepRow {
        from: graph.key(edge.from).to_owned().into(),
        edge: edge.kind.word(),
        to: graph.key(edge.to).to_owned().into(),
        along: true,
    };
    edges.iter().take(limit).map(row).collect()
}
