//! `why`: how two things are connected.

use coderoom_graph::{PathOptions, Walk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::{Grounds, StepRow, proof_text},
};
use crate::{
    error::OpError,
    ops::{Context, Group, Operation, code::with_notes},
};

const DEFAULT_LIMIT: u64 = 3;
const MAX_LIMIT: u64 = 50;
/// A word that means several symbols is tried with so many of them.
const MAX_MEANINGS: usize = 4;

/// The operation.
pub struct Why;

/// Between what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["from", "to"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// Where the path begins: a path, `path:line`, or a symbol (`Model.save`).
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// `any` (default: whichever way edges point), `depends` (only from what depends to what it
    /// depends on) or `used_by` (only the other way).
    pub walk: Way,
    /// Paths at most. Default 3.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Which way edges are walked.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Both.
    #[default]
    Any,
    /// From what depends.
    Depends,
    /// From what is depended upon.
    UsedBy,
}

/// Paths, the best first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The paths.
    pub paths: Vec<PathRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One path.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PathRow {
    /// What it costs: the less, the closer the two are.
    pub cost: f32,
    /// Its steps.
    pub steps: Vec<StepRow>,
}

impl Operation for Why {
    const NAME: &'static str = "why";
    const TITLE: &'static str = "How two things are connected";
    const DESCRIPTION: &'static str = "The shortest explained paths between two files or symbols: \
        who calls, imports, inherits, tests, documents or is changed together with whom in between.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let (mut from, mut to) = (grounds.nodes(&params.from)?, grounds.nodes(&params.to)?);
        let mut notes = Vec::new();
        if from.len() > MAX_MEANINGS || to.len() > MAX_MEANINGS {
            from.truncate(MAX_MEANINGS);
            to.truncate(MAX_MEANINGS);
            notes.push("a name means many symbols; only the first were tried".to_owned());
        }
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let options = PathOptions {
            walk: match params.walk {
                Way::Any => Walk::Undirected,
                Way::Depends => Walk::Forward,
                Way::UsedBy => Walk::Backward,
            },
            max_paths: limit,
            ..PathOptions::default()
        };
        let mut paths = Vec::new();
        let mut truncated = false;
        for from in &from {
            for to in &to {
                let found = grounds.graph()?.paths(*from, *to, &options);
                truncated |= found.truncated;
                paths.extend(found.paths);
                grounds.check()?;
            }
        }
        paths.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        paths.truncate(limit);
        if truncated {
            notes.push("the search was given up before all paths were seen".to_owned());
        }
        notes.extend(grounds.notes());
        let rows: Result<Vec<PathRow>, OpError> = paths
            .iter()
            .map(|path| Ok(PathRow { cost: path.cost, steps: grounds.steps(&path.steps)? }))
            .collect();
        let rows = rows?;
        let handoff = if rows.is_empty() {
            of_facts("impact", &params.from, "nothing joins them: see what each of them reaches")
        } else {
            of_facts("view", &params.to, "read the steps of the first path")
        };
        Ok(Reply { paths: rows, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for path in &reply.paths {
            let proof = proof_text(&path.steps);
            let shown = if proof.is_empty() { "they are the same" } else { &proof };
            text.push_str(&format!("{:.2}  {shown}\n", path.cost));
        }
        if reply.paths.is_empty() {
            text.push_str("nothing joins them\n");
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
