//! `impact`: what a change can break, and which tests to run.

use coderoom_graph::{Direction, ImpactOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::{Grounds, NodeRow, StepRow, proof_back},
};
use crate::{
    error::OpError,
    ops::{Context, Group, Operation, code::with_notes},
};

/// Results unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 50;
/// Results at most, whatever it says.
const MAX_LIMIT: u64 = 2_000;
/// Tests that are named beside what is reached.
const MAX_TESTS: usize = 30;

/// The operation.
pub struct Impact;

/// Whose impact.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["targets"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// What is to be changed: paths, `path:line`, or symbols (`Model.save`).
    pub targets: Vec<String>,
    /// `dependents` (default: what may break), `dependencies` (what it is built on) or `both`.
    pub direction: Towards,
    /// Steps at most. Default 8.
    pub depth: Option<u32>,
    /// Results at most. Default 50.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Which way to look.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Towards {
    /// Who depends on it.
    #[default]
    Dependents,
    /// What it depends on.
    Dependencies,
    /// Both.
    Both,
}

/// What is reached, the most affected first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What was asked about.
    pub targets: Vec<NodeRow>,
    /// What is reached, tests left out.
    pub reached: Vec<ReachedRow>,
    /// Tests that are reached: those to run, the most affected first.
    pub tests: Vec<ReachedRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One thing that is reached.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReachedRow {
    /// What it is.
    #[serde(flatten)]
    pub what: NodeRow,
    /// How much of the change arrives, above 0 and up to 1.
    pub score: f32,
    /// How many steps it takes.
    pub hops: u32,
    /// The steps, from what was asked about.
    pub proof: Vec<StepRow>,
}

impl Operation for Impact {
    const NAME: &'static str = "impact";
    const TITLE: &'static str = "What a change breaks";
    const DESCRIPTION: &'static str = "The blast radius of a change to files or symbols: everything \
        that depends on them directly or over others, ranked, each with the path of edges that \
        proves it, and the tests to run. Ask it before you change something that others use.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let targets = grounds.nodes_of_all(&params.targets)?;
        if targets.is_empty() {
            // The empty word says what is missing.
            grounds.nodes("")?;
        }
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let options = ImpactOptions {
            direction: match params.direction {
                Towards::Dependents => Direction::Dependents,
                Towards::Dependencies => Direction::Dependencies,
                Towards::Both => Direction::Both,
            },
            max_hops: params.depth.unwrap_or(ImpactOptions::default().max_hops),
            // Tests are told apart afterwards.
            max_results: limit.saturating_mul(2) + MAX_TESTS,
            ..ImpactOptions::default()
        };
        let found = grounds.graph()?.impact(&targets, &options);
        grounds.check()?;
        let (mut reached, mut tests) = (Vec::new(), Vec::new());
        let mut more = found.truncated;
        for it in &found.reached {
            // What is part of the target changes with it: that is no news.
            if found.only_contains(it) {
                continue;
            }
            let test = grounds.is_test(it.node);
            let (list, most) = if test { (&mut tests, MAX_TESTS) } else { (&mut reached, limit) };
            if list.len() >= most {
                more = true;
                continue;
            }
            let what = grounds.row(it.node)?;
            let proof = grounds.steps(&found.path(it))?;
            list.push(ReachedRow { what, score: it.score, hops: it.hops, proof });
        }
        let mut notes = Vec::new();
        if more {
            notes.push("there is more: raise `limit`, or ask about a smaller part".to_owned());
        }
        notes.extend(grounds.notes());
        let rows: Result<Vec<NodeRow>, OpError> =
            targets.iter().map(|node| grounds.row(*node)).collect();
        let (tool, hint) = match (reached.first(), tests.first()) {
            (None, None) => ("surgical_context_v2", "nothing of this workspace depends on it"),
            (_, Some(_)) => ("surgical_context_v2", "read it with its users, then run these tests"),
            (Some(_), None) => {
                ("surgical_context_v2", "no test reaches it: add one with the change")
            }
        };
        let first = params.targets.first().cloned().unwrap_or_default();
        Ok(Reply { targets: rows?, handoff: of_facts(tool, &first, hint), reached, tests, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for it in &reply.targets {
            text.push_str(&format!("{}\n", it.line_of_text()));
        }
        text.push_str(&format!("reaches {}\n", reply.reached.len()));
        rows(&mut text, &reply.reached);
        if !reply.tests.is_empty() {
            text.push_str(&format!("tests to run: {}\n", reply.tests.len()));
            rows(&mut text, &reply.tests);
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn rows(text: &mut String, rows: &[ReachedRow]) {
    for it in rows {
        let (what, proof) = (it.what.line_of_text(), proof_back(&it.proof));
        text.push_str(&format!("  {:.2}  {what}  {proof}\n", it.score));
    }
}
