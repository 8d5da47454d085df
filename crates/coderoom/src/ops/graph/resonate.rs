//! `resonate`: what swings along when a question or some places are struck.

use coderoom_graph::Resonance;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    activate::{Asked, SeedRow, seeds},
    handoff::{Handoff, of_ranking},
    shared::{Grounds, NodeRow},
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Antinodes unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// Antinodes at most, whatever it says.
const MAX_LIMIT: u64 = 500;

/// The operation.
pub struct Resonate;

/// What to strike.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// A question in words: what it names is struck. Or give `targets`.
    pub question: String,
    /// Paths, `path:line`, or symbols (`Model.save`) to strike.
    pub targets: Vec<String>,
    /// Whether to leave out what does not swing at least as strongly as all its neighbours.
    pub peaks_only: bool,
    /// Antinodes at most. Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What swings along, the strongest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Where waves add up.
    pub antinodes: Vec<AntinodeRow>,
    /// What a question's words have struck; empty if targets were given.
    pub seeds: Vec<SeedRow>,
    /// How many pulses ran.
    pub pulses: u64,
    /// Whether there would have been more of them.
    pub cut: bool,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// A node where waves add up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AntinodeRow {
    /// What it is.
    #[serde(flatten)]
    pub what: NodeRow,
    /// How strongly it swings.
    pub amplitude: f32,
    /// The phase of its strongest harmonic, from -pi to pi.
    pub phase: f32,
    /// Its strongest harmonic, from 1 to 5.
    pub harmonic: u64,
    /// Whether it swings at least as strongly as all its neighbours.
    pub peak: bool,
}

impl Operation for Resonate {
    const NAME: &'static str = "resonate";
    const TITLE: &'static str = "What swings along";
    const DESCRIPTION: &'static str = "Standing waves in the graph of the code: strike places, or \
        what a question names, and see where waves that come on many ways add up. Finds what ties \
        several places together, though none of them leads there alone. Use it with two or more \
        targets; for one, `impact` says more.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        // Peaks are picked out of more.
        let wanted = if params.peaks_only { limit.saturating_mul(8) } else { limit };
        let many = |err: coderoom_graph::GraphError| OpError::new(Code::TooLarge, err.to_string());
        if params.targets.is_empty() {
            let asked = Asked::new(context, &params.workspace, &params.question)?;
            let grounds = &asked.grounds;
            let (struck, waves) = grounds
                .code_graph
                .strike(&grounds.asked.code, asked.known(), &params.question, wanted)
                .map_err(many)?;
            let rows = seeds(grounds.graph()?, &struck);
            return reply(grounds, &waves, rows, &params, limit, asked.notes());
        }
        let grounds = Grounds::new(context, &params.workspace)?;
        let nodes: Vec<_> =
            grounds.nodes_of_all(&params.targets)?.into_iter().map(|it| (it, 1.0)).collect();
        let waves = grounds.code_graph.strike_nodes(&nodes, wanted).map_err(many)?;
        reply(&grounds, &waves, Vec::new(), &params, limit, grounds.notes())
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for it in &reply.antinodes {
            text.push_str(&format!(
                "{:.3}  phase {:+.2}  harmonic {}{}  {}\n",
                it.amplitude,
                it.phase,
                it.harmonic,
                if it.peak { "  peak" } else { "" },
                it.what.line_of_text()
            ));
        }
        let cut = if reply.cut { ", cut off" } else { "" };
        text.push_str(&format!("{} pulses{cut}\n", reply.pulses));
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn reply(
    grounds: &Grounds<'_>,
    waves: &Resonance,
    seeds: Vec<SeedRow>,
    params: &Params,
    limit: usize,
    notes: Vec<String>,
) -> Result<Reply, OpError> {
    grounds.check()?;
    let wanted = waves.antinodes.iter().filter(|it| it.peak || !params.peaks_only).take(limit);
    let rows: Result<Vec<AntinodeRow>, OpError> = wanted
        .map(|it| {
            Ok(AntinodeRow {
                what: grounds.row(it.node)?,
                amplitude: it.amplitude,
                phase: it.phase,
                harmonic: it.harmonic as u64,
                peak: it.peak,
            })
        })
        .collect();
    let antinodes = rows?;
    let scores: Vec<f32> = antinodes.iter().map(|it| it.amplitude).collect();
    let target = antinodes.first().map_or(String::new(), |it| it.what.place());
    Ok(Reply {
        handoff: of_ranking(&scores, &target, false),
        antinodes,
        seeds,
        pulses: waves.pulses as u64,
        cut: waves.truncated,
        notes,
    })
}
