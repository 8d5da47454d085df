//! `hypothesize`: whether a claim about structure holds, with the evidence.

use coderoom_engine::{CLAIM_GRAMMAR, Claim, Court, Judgement, Verb};
use coderoom_graph::{NodeIx, NodeKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_verdict},
    shared::{Grounds, LineRow, StepRow, proof_text},
    together::together,
};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{with_notes, word},
    },
};

/// Lines that are shown for one edge.
const LINES_AN_EDGE: usize = 3;
/// Lines that are shown in all, unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 12;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 100;

/// The operation.
pub struct Hypothesize;

/// What is claimed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["claim"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The claim: `views.py never calls Model.save`, `nothing calls price`. The description has the
    /// grammar.
    pub claim: String,
    /// Lines at most. Default 12.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not.
    False,
    /// The code does not tell.
    Unknown,
}

/// The verdict.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// `true`, `false` or `unknown`.
    pub verdict: Verdict,
    /// How certain: `exact` (follows from the code as written), `likely` (inferred) or `by_name`
    /// (there is nothing but names).
    pub certainty: String,
    /// Why, in a few words.
    pub reason: String,
    /// The lines that say so, or say the contrary.
    pub lines: Vec<LineRow>,
    /// The edges behind these lines.
    pub edges: Vec<StepRow>,
    /// A chain of dependencies over others; of a cycle, one edge for each turn.
    pub path: Vec<StepRow>,
    /// Lines of which it is not known whether they mean what is claimed.
    pub doubts: Vec<LineRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

impl Operation for Hypothesize {
    const NAME: &'static str = "hypothesize";
    const TITLE: &'static str = "Whether a claim about the code holds";
    const DESCRIPTION: &'static str = "Checks a claim about structure and answers `true`, `false` \
        or `unknown` with the lines that prove it. Claims: `A depends on B`, `A imports B`, `A calls \
        B`, `A inherits from B`, `A tests B`; each also as `A never calls B`, `A does not depend on \
        B`, or with `directly`; `nothing calls A` (imports, uses, depends on, inherits from, tests); \
        `A is unused`; `A and B change together`; `there is a cycle through A`. A and B are a path, \
        `path:line` or a symbol (`Model.save`); put what has spaces in backticks. `depends` and \
        `inherits` also hold over others, `calls` and `imports` only directly.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let claim = Claim::parse(&params.claim).ok_or_else(|| {
            let message =
                format!("that is no claim that can be checked. Claims are: {CLAIM_GRAMMAR}");
            OpError::new(Code::BadParameter, message)
        })?;
        let grounds = Grounds::new(context, &params.workspace)?;
        let nodes = |side: &Option<String>| match side {
            Some(name) => meant(&grounds, name),
            None => Ok(Vec::new()),
        };
        let (subject, object) = (nodes(&claim.subject)?, nodes(&claim.object)?);
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let mut lines: Vec<LineRow> = Vec::new();
        let found = if claim.verb == Verb::ChangeTogether {
            together(&grounds, &claim, &subject, &object)?
        } else {
            let stop = || context.interruption().is_some();
            let court =
                Court { code: &grounds.asked.code, graph: &grounds.code_graph, stop: &stop };
            court.judge(&claim, &subject, &object)
        };
        grounds.check()?;
        let steps = found.path.iter().map(|step| (step.edge, 1));
        for (edge, most) in found.edges.iter().map(|edge| (*edge, LINES_AN_EDGE)).chain(steps) {
            if lines.len() < limit {
                for line in grounds.lines(edge, most) {
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
            }
            grounds.check()?;
        }
        lines.truncate(limit);
        reply(&grounds, &claim, found, lines)
    }

    fn text(reply: &Reply) -> String {
        let (verdict, certainty) = (word(reply.verdict), reply.certainty.replace('_', " "));
        let mut text = format!("{verdict} ({certainty}): {}\n", reply.reason);
        for it in &reply.lines {
            text.push_str(&format!("  {}\n", it.line_of_text()));
        }
        if reply.lines.is_empty() {
            for it in &reply.edges {
                text.push_str(&format!("  {}\n", proof_text(std::slice::from_ref(it))));
            }
        }
        for it in &reply.path {
            text.push_str(&format!("  over {}\n", proof_text(std::slice::from_ref(it))));
        }
        for it in &reply.doubts {
            text.push_str(&format!("  ? {}\n", it.line_of_text()));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

/// The nodes of a word, or else the package of that name.
fn meant(grounds: &Grounds<'_>, name: &str) -> Result<Vec<NodeIx>, OpError> {
    let found = grounds.nodes(name);
    let package = grounds.code_graph.node_of(&format!("package:{name}"));
    match (found, package) {
        (Err(_), Some(package)) => Ok(vec![package]),
        (found, _) => found,
    }
}

fn reply(
    grounds: &Grounds<'_>,
    claim: &Claim,
    found: Judgement,
    lines: Vec<LineRow>,
) -> Result<Reply, OpError> {
    let graph = grounds.graph()?;
    let verdict = match found.holds {
        Some(true) => Verdict::True,
        Some(false) => Verdict::False,
        None => Verdict::Unknown,
    };
    let edge = |edge: &coderoom_graph::EdgeIx| {
        let edge = graph.edge(*edge)?;
        let (from, to) = (grounds.key(edge.from), grounds.key(edge.to));
        Some(StepRow { from, edge: edge.kind.word(), to, along: true })
    };
    let doubts: Vec<LineRow> = found.doubts.into_iter().map(LineRow::from).collect();
    let mut notes = Vec::new();
    if claim.verb == Verb::Cycle
        && found
            .path
            .first()
            .is_some_and(|step| matches!(graph.kind(step.from), NodeKind::Symbol | NodeKind::File))
    {
        notes.push(
            "one edge is told for each turn of the cycle: where two do not meet, the file or \
                    directory joins them"
                .to_owned(),
        );
    }
    if verdict != Verdict::True || claim.negated {
        notes.push("names in strings, templates and configuration are not seen".to_owned());
    }
    notes.extend(grounds.notes());
    let first = lines.first().or(doubts.first()).map(LineRow::place);
    let named = claim.object.as_ref().or(claim.subject.as_ref()).cloned().unwrap_or_default();
    let handoff = of_verdict(found.holds.is_some(), first.as_deref(), &named);
    Ok(Reply {
        verdict,
        certainty: found.certainty.map_or(String::from("by_name"), word),
        reason: found.reason,
        lines,
        edges: found.edges.iter().filter_map(edge).collect(),
        path: grounds.steps(&found.path)?,
        doubts,
        handoff,
        notes,
    })
}
