//! `layers`: how files or directories are built on one another, and where that goes round in circles.

use std::collections::BTreeMap;

use coderoom_engine::dependency_kinds;
use coderoom_graph::{Graph, LayerOptions, NodeIx, NodeKind, Reason, Violation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::{Grounds, LineRow},
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Members of a layer, and cycles and violations, unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 10;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 500;
/// Layers that are told at most.
const MAX_LAYERS: usize = 100;
/// Members of a cycle that are named at most.
const MAX_CYCLE: usize = 30;

/// The operation.
pub struct LayersOf;

/// Layers of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// `directories` (default) or `files`.
    pub of: Level,
    /// Only what is in this directory, relative to the workspace. The layers are those of the whole
    /// workspace all the same.
    pub path: String,
    /// The order that is wanted: directories or files from the ground up (`["models", "views"]`).
    /// Dependencies that lead up in it are violations.
    pub wanted: Vec<String>,
    /// Also tests.
    pub tests: bool,
    /// Members of a layer, cycles and violations at most, of each. Default 10.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What lies in layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Directories, with the files right in them.
    #[default]
    Directories,
    /// Files.
    Files,
}

/// The layers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// From the ground up.
    pub layers: Vec<LayerRow>,
    /// What depends on itself over others: the largest first.
    pub cycles: Vec<CycleRow>,
    /// How many cycles there are, whatever the limit.
    pub total_cycles: u64,
    /// Dependencies that should not be there: those that close cycles, then those that lead up.
    pub violations: Vec<ViolationRow>,
    /// How many there are, whatever the limit.
    pub total_violations: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One layer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LayerRow {
    /// Its number: 0 depends on nothing else.
    pub layer: u64,
    /// The most important members first.
    pub members: Vec<String>,
    /// How many there are, whatever the limit.
    pub total: u64,
}

/// One cycle.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CycleRow {
    /// Its members, in path order; of a large one the first.
    pub members: Vec<String>,
    /// How many there are.
    pub total: u64,
}

/// A dependency that should not be there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ViolationRow {
    /// What depends.
    pub from: String,
    /// What it depends on.
    pub to: String,
    /// `cycle`: without it and its like there would be no cycle. `upward`: it leads up in the wanted
    /// order.
    pub reason: String,
    /// How many edges say so.
    pub edges: u64,
    /// The first line that says so; none if it is not known.
    pub lines: Vec<LineRow>,
}

impl Operation for LayersOf {
    const NAME: &'static str = "layers";
    const TITLE: &'static str = "Layers and cycles";
    const DESCRIPTION: &'static str = "Directories or files in layers from the ground up: each lies \
        above all that it certainly depends on (guesses are left out). Tells the cycles, with the few dependencies that close them \
        and a line for each, and what leads up in an order that you want. Ask it for the shape of \
        an unknown code base, and before moving code.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let graph = grounds.graph()?;
        let level = match params.of {
            Level::Directories => NodeKind::Directory,
            Level::Files => NodeKind::File,
        };
        let shown = Shown::new(&grounds, level, &params)?;
        let wanted = wanted(&grounds, level, &params.wanted)?;
        let options = LayerOptions {
            level: Some(level),
            kinds: dependency_kinds(),
            min_weight: 1.0,
            wanted: &wanted,
        };
        let found = graph.layers(&options);
        grounds.check()?;
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let mut layers: Vec<LayerRow> = Vec::new();
        for (number, nodes) in (0..).zip(&found.layers) {
            let mut nodes: Vec<NodeIx> =
                nodes.iter().copied().filter(|node| shown.has(*node)).collect();
            nodes.sort_by(|a, b| shown.weight(graph, *b).total_cmp(&shown.weight(graph, *a)));
            let members = nodes.iter().take(limit).map(|node| graph.key(*node).to_owned());
            let row =
                LayerRow { layer: number, members: members.collect(), total: nodes.len() as u64 };
            layers.extend((row.total > 0).then_some(row));
        }
        let mut notes = Vec::new();
        if layers.len() > MAX_LAYERS {
            notes.push(format!(
                "{} layers, of which the lowest {MAX_LAYERS} are told",
                layers.len()
            ));
            layers.truncate(MAX_LAYERS);
        }
        let cycles: Vec<&Vec<NodeIx>> =
            found.cycles.iter().filter(|it| it.iter().any(|node| shown.has(*node))).collect();
        let touches = |it: &&Violation| shown.has(it.from) || shown.has(it.to);
        let violations: Vec<&Violation> = found.violations.iter().filter(touches).collect();
        if cycles.len().max(violations.len()) > limit
            || layers.iter().any(|it| it.total > limit as u64)
        {
            notes.push("there is more: raise `limit`, or ask about a `path`".to_owned());
        }
        notes.extend(grounds.notes());
        let rows = violations.iter().take(limit).map(|it| row(&grounds, it));
        let rows: Vec<ViolationRow> = rows.collect::<Result<_, _>>()?;
        let handoff = match rows.first() {
            Some(first) => of_facts(
                "view",
                &first.lines.first().map_or(first.from.clone(), LineRow::place),
                "this dependency should not be there: see what it is for",
            ),
            None => of_facts("impact", &params.path, "nothing is wrong: see who depends on a part"),
        };
        Ok(Reply {
            layers,
            total_cycles: cycles.len() as u64,
            cycles: cycles.into_iter().take(limit).map(|it| cycle_row(graph, it)).collect(),
            total_violations: violations.len() as u64,
            violations: rows,
            handoff,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for it in reply.layers.iter().rev() {
            let more = it.total as usize - it.members.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!("{:>3}  {}{more}\n", it.layer, it.members.join("  ")));
        }
        text.push_str(&format!("{} cycles\n", reply.total_cycles));
        for it in &reply.cycles {
            let more = it.total as usize - it.members.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!("  {}: {}{more}\n", it.total, it.members.join("  ")));
        }
        text.push_str(&format!("{} violations\n", reply.total_violations));
        for it in &reply.violations {
            text.push_str(&format!("  {} -> {}  [{}, {}x]\n", it.from, it.to, it.reason, it.edges));
            for line in &it.lines {
                text.push_str(&format!("      {}\n", line.line_of_text()));
            }
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

/// What is told: source, and nothing outside of the path.
struct Shown(BTreeMap<NodeIx, f32>);

impl Shown {
    fn new(grounds: &Grounds<'_>, level: NodeKind, params: &Params) -> Result<Shown, OpError> {
        let graph = grounds.graph()?;
        let within = grounds.asked.path(&params.path)?;
        let mut shown = BTreeMap::new();
        for path in grounds.asked.code.sources_within(&within) {
            let Some(file) = grounds.code_graph.node_of(path) else { continue };
            let test = grounds.code_graph.is_test(file);
            let Some(node) = graph.container(file, level).filter(|_| params.tests || !test) else {
                continue;
            };
            *shown.entry(node).or_insert(0.0) += graph.pagerank(file);
        }
        if shown.is_empty() {
            let message = format!("there is no source in `{within}` that is no test");
            return Err(OpError::new(Code::BadParameter, message));
        }
        Ok(Shown(shown))
    }

    fn has(&self, node: NodeIx) -> bool {
        self.0.contains_key(&node)
    }

    /// How important it is: for a directory, by its files.
    fn weight(&self, graph: &Graph, node: NodeIx) -> f32 {
        self.0.get(&node).copied().unwrap_or_else(|| graph.pagerank(node))
    }
}

/// The wanted order, for every file or directory below those that are named; the innermost counts.
fn wanted(
    grounds: &Grounds<'_>,
    level: NodeKind,
    names: &[String],
) -> Result<Vec<(NodeIx, u32)>, OpError> {
    let graph = grounds.graph()?;
    let mut layers = BTreeMap::new();
    for (number, name) in (0..).zip(names) {
        let path = grounds.asked.path(name)?;
        let key = if path.is_root() { ".".to_owned() } else { path.to_string() };
        let Some(node) = grounds.code_graph.node_of(&key) else {
            let message = format!("`wanted` names `{name}`, which is no file or directory");
            return Err(OpError::new(Code::UnknownPath, message));
        };
        layers.insert(node, number);
    }
    let mut found = Vec::new();
    if layers.is_empty() {
        return Ok(found);
    }
    for node in graph.nodes().filter(|node| graph.kind(*node) == level) {
        let mut at = Some(node);
        while let Some(here) = at {
            if let Some(number) = layers.get(&here) {
                found.push((node, *number));
                break;
            }
            at = graph.parent(here);
        }
    }
    Ok(found)
}

fn row(grounds: &Grounds<'_>, it: &Violation) -> Result<ViolationRow, OpError> {
    let graph = grounds.graph()?;
    let reason = match it.reason {
        Reason::Cycle => "cycle",
        Reason::Upward => "upward",
    };
    Ok(ViolationRow {
        from: graph.key(it.from).to_owned(),
        to: graph.key(it.to).to_owned(),
        reason: reason.to_owned(),
        edges: u64::from(it.count),
        lines: grounds.lines(it.edge, 1),
    })
}

fn cycle_row(graph: &Graph, nodes: &[NodeIx]) -> CycleRow {
    let members = nodes.iter().take(MAX_CYCLE).map(|node| graph.key(*node).to_owned());
    CycleRow { members: members.collect(), total: nodes.len() as u64 }
}
