//! `counterfactual`: what would be if something were not there.

use coderoom_graph::{CounterfactualOptions, NodeIx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::{Grounds, LineRow, NodeRow},
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Entries of each list unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 30;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;

/// The operation.
pub struct Without;

/// Without what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["targets"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// What would not be there: paths of files or directories, `path:line`, or symbols
    /// (`Model.save`).
    pub targets: Vec<String>,
    /// Entries at most, of each list. Default 30.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What was asked about.
    pub targets: Vec<NodeRow>,
    /// How many files, symbols and sections would be removed with what contains them.
    pub removed: u64,
    /// Who uses any of it and would break: who would miss most first.
    pub cut_off: Vec<CutOffRow>,
    /// How many would break, whatever the limit.
    pub total_cut_off: u64,
    /// What nothing would use any more, directly or over others: the most important first.
    pub orphaned: Vec<NodeRow>,
    /// How many there are, whatever the limit.
    pub total_orphaned: u64,
    /// The share of the workspace's importance (PageRank) that is removed or orphaned, from 0 to 1.
    pub importance: f32,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One that would break.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CutOffRow {
    /// Who.
    #[serde(flatten)]
    pub what: NodeRow,
    /// How it uses what it would miss most: `imports`, `calls`, `references` or `inherits`.
    pub edge: &'static str,
    /// What that is.
    pub missed: String,
    /// A line that says so; none if it is not known.
    pub lines: Vec<LineRow>,
}

impl Operation for Without {
    const NAME: &'static str = "counterfactual";
    const TITLE: &'static str = "What would be without it";
    const DESCRIPTION: &'static str = "What would be if files, directories or symbols were not \
        there: who uses them and would break, each with the line that proves it, and what nothing \
        would use any more. Ask it before removing or replacing something.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let targets = grounds.nodes_of_all(&params.targets)?;
        if targets.is_empty() {
            let message = "say in `targets` what would not be there";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let graph = grounds.graph()?;
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let options = CounterfactualOptions { max_results: limit, ..Default::default() };
        let found = graph.without(&targets, &options);
        grounds.check()?;
        let mut cut_off = Vec::new();
        for it in &found.cut_off {
            let edge = graph.edge_kind(it.edge).map_or("", coderoom_graph::EdgeKind::word);
            let lines = grounds.lines(it.edge, 1);
            let missed = graph.key(it.missed).to_owned();
            cut_off.push(CutOffRow { what: grounds.row(it.node)?, edge, missed, lines });
            grounds.check()?;
        }
        let row = |node: &NodeIx| grounds.row(*node);
        let (total_cut_off, total_orphaned) = found.totals;
        let mut notes = Vec::new();
        if total_cut_off > limit || total_orphaned > limit {
            notes.push("there is more: raise `limit`, or ask about a smaller part".to_owned());
        }
        notes.push("what tests alone use counts as not used".to_owned());
        notes.extend(grounds.notes());
        let first = cut_off.first().map(|it: &CutOffRow| {
            it.lines.first().map_or_else(|| it.what.key.to_string(), LineRow::place)
        });
        let handoff = match first {
            Some(first) => of_facts("view", &first, "this breaks first: see how it uses it"),
            None => {
                let first = params.targets.first().cloned().unwrap_or_default();
                of_facts("search", &first, "nothing depends on it: look for its name in strings")
            }
        };
        Ok(Reply {
            targets: targets.iter().map(row).collect::<Result<_, _>>()?,
            removed: found.removed.len() as u64,
            cut_off,
            total_cut_off: total_cut_off as u64,
            orphaned: found.orphaned.iter().map(row).collect::<Result<_, _>>()?,
            total_orphaned: total_orphaned as u64,
            importance: found.importance,
            handoff,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::from("without\n");
        for it in &reply.targets {
            text.push_str(&format!("  {}\n", it.line_of_text()));
        }
        text.push_str(&format!(
            "{} nodes are removed, {:.1} % of all importance with what is orphaned\n",
            reply.removed,
            reply.importance * 100.0
        ));
        text.push_str(&format!("{} would break\n", reply.total_cut_off));
        for it in &reply.cut_off {
            text.push_str(&format!(
                "  {}  --{}--> {}\n",
                it.what.line_of_text(),
                it.edge,
                it.missed
            ));
            for line in &it.lines {
                text.push_str(&format!("      {}\n", line.line_of_text()));
            }
        }
        text.push_str(&format!("{} would be orphaned\n", reply.total_orphaned));
        for it in &reply.orphaned {
            text.push_str(&format!("  {}\n", it.line_of_text()));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
