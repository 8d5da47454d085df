//! What is around a target in the graph: types, callers, tests, callees and documents, each with the
//! text that an editor of the target has to see.

use std::collections::BTreeMap;

use coderoom_engine::{
    Ask, Certainty, Edge, EdgeKind, Graph, Kind, NodeIx, NodeKind, NodePlace, RelPath,
};
use coderoom_graph::{Direction, ImpactOptions};

use super::{
    excerpt::{Piece, lines, signature, site, whole},
    shared::Grounds,
    surgical_context::BlockRow,
};
use crate::error::{Code, OpError};

/// Things of one name that are shown as targets.
const MAX_TARGETS: usize = 4;
/// Candidates of one role that are looked at.
const MAX_OF_ROLE: usize = 60;
/// Nodes inside a target whose edges count as its own.
const MAX_INNER: usize = 500;
/// Types, tests and sections of at most so many lines are shown whole.
const FEW_LINES: u32 = 24;
/// Lines before and after a call.
const AROUND: u32 = 2;

/// What something is to the target; the order is that of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub(super) enum Role {
    /// It uses it as a type, or inherits from it.
    Type,
    /// It calls it, or names it otherwise.
    Caller,
    /// A test that exercises it.
    Test,
    /// It calls it.
    Callee,
    /// A section that speaks of it.
    Document,
}

/// Something that may be shown.
pub(super) struct Candidate {
    pub(super) role: Role,
    pub(super) whole: BlockRow,
    /// Less of it, if that says something too.
    pub(super) short: Option<BlockRow>,
}

impl Candidate {
    /// `caller app/a.py:3 Order.total`.
    pub(super) fn named(&self) -> String {
        let BlockRow { role, path, first, name, .. } = &self.whole;
        format!("{role} {path}:{first} {name}").trim_end().to_owned()
    }
}

/// All that is around a target.
pub(super) struct Surroundings {
    pub(super) targets: Vec<Candidate>,
    /// By role, then by how much of a change arrives.
    pub(super) candidates: Vec<Candidate>,
    /// Candidates that were not looked at.
    pub(super) more: usize,
    /// Whether all users are known with certainty.
    pub(super) certain: bool,
    pub(super) notes: Vec<String>,
}

/// How a node is tied to the target.
struct Tie {
    role: Role,
    /// The name by which one end names the other.
    name: String,
    score: f32,
}

impl Surroundings {
    /// Finds the target and what is around it.
    ///
    /// # Errors
    /// If the target is nothing of the workspace, or a directory or package.
    pub(super) fn new(grounds: &Grounds<'_>, target: &str) -> Result<Surroundings, OpError> {
        let graph = grounds.graph()?;
        let mut targets = grounds.nodes(target)?;
        let readable =
            |node: &NodeIx| !matches!(graph.kind(*node), NodeKind::Directory | NodeKind::Package);
        if !targets.iter().any(readable) {
            let message =
                format!("`{target}` has no text of its own: name a file or a symbol in it");
            return Err(OpError::new(Code::BadParameter, message));
        }
        targets.retain(readable);
        let mut notes = Vec::new();
        if targets.len() > MAX_TARGETS {
            notes.push(format!(
                "{} things are called so; the first {MAX_TARGETS} are shown: name the container or \
                 the file",
                targets.len()
            ));
            targets.truncate(MAX_TARGETS);
        }
        let inner = inner(graph, &targets);
        let mut certain = true;
        let ties = ties(grounds, graph, &targets, &inner, &mut certain);
        let guessed = guessed(grounds, &targets);
        if guessed > 0 {
            certain = false;
            notes.push(format!(
                "{guessed} more places may mean it by their name alone: `references` with \
                 floor=by_name"
            ));
        }
        let (candidates, more) = candidates(grounds, ties);
        let shown = targets.iter().filter_map(|node| {
            let place = grounds.code_graph.place_of(*node)?;
            let piece = whole(grounds, &place)?;
            Some(Candidate {
                role: Role::Type,
                whole: row("target", &place, piece, true),
                short: None,
            })
        });
        Ok(Surroundings { targets: shown.collect(), candidates, more, certain, notes })
    }
}

/// The targets and what they contain.
fn inner(graph: &Graph, targets: &[NodeIx]) -> Vec<NodeIx> {
    let mut nodes = targets.to_vec();
    let mut at = 0;
    while at < nodes.len() && nodes.len() < MAX_INNER {
        let contained = graph.outgoing(nodes[at]).filter(|edge| edge.kind == EdgeKind::Contains);
        nodes.extend(contained.map(|edge| edge.to));
        at += 1;
    }
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// Who is tied to the target, by node: in the role that matters most.
fn ties(
    grounds: &Grounds<'_>,
    graph: &Graph,
    targets: &[NodeIx],
    inner: &[NodeIx],
    certain: &mut bool,
) -> BTreeMap<NodeIx, Tie> {
    let options = |direction| ImpactOptions { direction, max_hops: 3, ..ImpactOptions::default() };
    let mut scores: BTreeMap<NodeIx, f32> = BTreeMap::new();
    for direction in [Direction::Dependents, Direction::Dependencies] {
        for reached in graph.impact(targets, &options(direction)).reached {
            let score = scores.entry(reached.node).or_default();
            *score = score.max(reached.score);
        }
    }
    let score = |node: NodeIx| scores.get(&node).copied().unwrap_or_default();
    let is_inner = |node: NodeIx| inner.binary_search(&node).is_ok();
    let mut found: BTreeMap<NodeIx, Tie> = BTreeMap::new();
    let mut add = |node: NodeIx, role: Role, name: &str| {
        let tie = Tie { role, name: name.to_owned(), score: score(node) };
        let known = found.entry(node).or_insert(tie);
        if role < known.role {
            (known.role, known.name) = (role, name.to_owned());
        }
    };
    for node in inner {
        let label = graph.label(*node);
        for edge in graph.incoming(*node).filter(|edge| !is_inner(edge.from)) {
            let place = grounds.code_graph.place_of(edge.from);
            let test = place.is_some_and(|place| place.test);
            match edge.kind {
                EdgeKind::Documents => add(edge.from, Role::Document, label),
                EdgeKind::Tests => add(edge.from, Role::Test, label),
                EdgeKind::Calls | EdgeKind::References | EdgeKind::Inherits => {
                    *certain &= is_certain(graph, &edge);
                    add(edge.from, if test { Role::Test } else { Role::Caller }, label);
                }
                EdgeKind::Imports if graph.kind(*node) == NodeKind::File => {
                    add(edge.from, if test { Role::Test } else { Role::Caller }, label);
                }
                _ => {}
            }
        }
        for edge in graph.outgoing(*node).filter(|edge| !is_inner(edge.to)) {
            let symbol = grounds.code_graph.place_of(edge.to).and_then(|place| place.symbol);
            let is_type = symbol.is_some_and(Kind::is_type);
            match edge.kind {
                EdgeKind::Calls if !is_type => add(edge.to, Role::Callee, ""),
                EdgeKind::Calls | EdgeKind::References | EdgeKind::Inherits if is_type => {
                    add(edge.to, Role::Type, "");
                }
                EdgeKind::Inherits => add(edge.to, Role::Type, ""),
                _ => {}
            }
        }
    }
    found
}

fn is_certain(graph: &Graph, edge: &Edge) -> bool {
    graph.base_weight(edge.ix) >= 1.0
}

/// Uses of the targets that only their names tell.
fn guessed(grounds: &Grounds<'_>, targets: &[NodeIx]) -> usize {
    let below = |node: &NodeIx| {
        let place = grounds.code_graph.place_of(*node)?;
        place.symbol.filter(|kind| kind.is_callable())?;
        let path = RelPath::new(place.path.as_bytes()).ok()?;
        let name = place.name.rsplit('.').next().map(str::to_owned);
        let ask = Ask::At { path, line: place.line, column: None, name };
        let callers = |code: &coderoom_engine::Code, limits: &coderoom_engine::AskLimits<'_>| {
            code.callers(&ask, 1, Certainty::Likely, limits)
        };
        Some(grounds.asked.run(Some(1), 0, callers).ok()?.below_floor)
    };
    targets.iter().filter_map(below).sum()
}

/// The texts of what is tied to the target, the most affected of each role first; and how many were
/// not looked at.
fn candidates(grounds: &Grounds<'_>, ties: BTreeMap<NodeIx, Tie>) -> (Vec<Candidate>, usize) {
    let mut ties: Vec<(NodeIx, Tie)> = ties.into_iter().collect();
    ties.sort_by(|(a, one), (b, other)| {
        let scores = other.score.total_cmp(&one.score);
        one.role.cmp(&other.role).then(scores).then(a.cmp(b))
    });
    let (mut found, mut more) = (Vec::new(), 0);
    let mut of_role: BTreeMap<Role, usize> = BTreeMap::new();
    for (node, tie) in ties {
        let count = of_role.entry(tie.role).or_default();
        *count += 1;
        if *count > MAX_OF_ROLE {
            more += 1;
            continue;
        }
        let place = grounds.code_graph.place_of(node).filter(|it| it.line > 0);
        found.extend(place.and_then(|place| candidate(grounds, &place, &tie)));
    }
    (found, more)
}

fn candidate(grounds: &Grounds<'_>, place: &NodePlace, tie: &Tie) -> Option<Candidate> {
    let role = match tie.role {
        Role::Type => "type",
        Role::Caller => "caller",
        Role::Test => "test",
        Role::Callee => "callee",
        Role::Document => "document",
    };
    let few = place.kind != NodeKind::File && place.end_line - place.line < FEW_LINES;
    let short = match tie.role {
        Role::Type | Role::Callee => signature(grounds, place)?,
        Role::Caller | Role::Test => site(grounds, place, &tie.name, AROUND)?,
        Role::Document => lines(grounds, &place.path, place.line, place.line + 3)?,
    };
    let long = match tie.role {
        Role::Type | Role::Test if few => whole(grounds, place)?,
        Role::Type => lines(grounds, &place.path, place.line, place.line + FEW_LINES - 1)?,
        Role::Document => {
            let last = place.end_line.min(place.line + FEW_LINES - 1);
            lines(grounds, &place.path, place.line, last)?
        }
        _ => short.clone(),
    };
    let short = (short.text.len() < long.text.len()).then(|| row(role, place, short, false));
    Some(Candidate { role: tie.role, whole: row(role, place, long, true), short })
}

fn row(role: &str, place: &NodePlace, piece: Piece, whole: bool) -> BlockRow {
    let is_file = place.kind == NodeKind::File;
    let name = if is_file { String::new() } else { place.name.clone() };
    let Piece { first, last, text } = piece;
    BlockRow { role: role.to_owned(), path: place.path.clone(), first, last, name, whole, text }
}
