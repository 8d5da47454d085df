//! Whether a claim about structure holds: by edges, by chains of them, and by the names of which it is
//! not known what they mean.

use std::collections::BTreeSet;

use coderoom_graph::{Edge, EdgeIx, EdgeKind, Graph, KindFactors, NodeIx, NodeKind, Step};

use super::{
    CodeGraph,
    claim::{Claim, Verb},
    evidence::EdgeLine,
    join::Origin,
    reach::{chain, cycle, dependency_kinds, direct_edges, incoming_edges, with_members},
};
use crate::{Ask, AskLimits, Certainty, Code, RelPath, code::Lines};

/// Edges and lines that are told as proof or doubt, at most.
const MOST_SHOWN: usize = 8;
/// References that are looked through for doubts, at most.
const MOST_REFERENCES: usize = 5_000;

/// What is found about a claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Whether it holds; `None` if that cannot be told.
    pub holds: Option<bool>,
    /// How certain that is.
    pub certainty: Option<Certainty>,
    /// Why, in a few words.
    pub reason: String,
    /// The edges that say so, or say the contrary.
    pub edges: Vec<EdgeIx>,
    /// A chain of dependencies from the first to the second, if none leads there directly.
    pub path: Vec<Step>,
    /// Lines that could mean it, which nothing but the name says.
    pub doubts: Vec<EdgeLine>,
}

/// A claim's grounds.
pub struct Court<'a> {
    /// The code.
    pub code: &'a Code,
    /// Its graph.
    pub graph: &'a CodeGraph,
    /// Asked now and then: ends the search for doubts.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Court<'_> {
    /// Judges a claim about these nodes. What the same commits change is no matter of structure: such
    /// a claim cannot be told here. O(edges), and the resolution of some files.
    pub fn judge(&self, claim: &Claim, subject: &[NodeIx], object: &[NodeIx]) -> Judgement {
        let Ok(graph) = self.graph.graph() else { return Judgement::default() };
        let mut found = match (claim.verb, &claim.subject) {
            (Verb::ChangeTogether, _) => Judgement::default(),
            (Verb::Cycle, _) => cycles(graph, subject),
            (_, Some(_)) => self.pair(graph, claim, subject, object),
            (_, None) => self.anybody(graph, claim.verb, object),
        };
        if claim.negated {
            found.holds = found.holds.map(|holds| !holds);
        }
        found
    }

    /// Whether one does it to the other.
    fn pair(
        &self,
        graph: &Graph,
        claim: &Claim,
        subject: &[NodeIx],
        object: &[NodeIx],
    ) -> Judgement {
        // Files import, not what is in them.
        let files: Vec<NodeIx> = subject
            .iter()
            .map(|node| graph.container(*node, NodeKind::File).unwrap_or(*node))
            .collect();
        let subject = if claim.verb == Verb::Imports { &files } else { subject };
        let (from, to) = (with_members(graph, subject), with_members(graph, object));
        if from.iter().all(|node| to.contains(node)) {
            return Judgement {
                reason: "the second is the first, or contains it".into(),
                ..Judgement::default()
            };
        }
        if claim.verb == Verb::Tests && !from.iter().any(|node| self.graph.is_test(*node)) {
            return told(false, Certainty::Exact, "the first is no test");
        }
        let direct = direct_edges(graph, &from, &to, &kinds_of(claim.verb));
        if !direct.is_empty() {
            return by_edges(graph, direct, "directly");
        }
        let over_same = chain(graph, &from, &to, &kinds_of(claim.verb));
        let over_any = || chain(graph, &from, &to, &dependency_kinds());
        let transitive = matches!(claim.verb, Verb::Depends | Verb::Inherits | Verb::Tests);
        let path = match claim.verb {
            Verb::Inherits => over_same,
            _ => over_any(),
        };
        if let (Some(path), true, false) = (&path, transitive, claim.direct) {
            let certainty = certainty_of(graph, path.iter().map(|step| step.edge));
            let mut found = told(true, certainty, "not directly, but over others");
            found.path.clone_from(path);
            return found;
        }
        let mut found = self.denied(graph, &from, object, claim.verb);
        let other = direct_edges(graph, &from, &to, &dependency_kinds());
        if found.holds == Some(false) && !other.is_empty() {
            // Using a value is neither calling what defines it nor importing it.
            found = by_edges(graph, other, "it uses it in another way");
            (found.holds, found.certainty) = (Some(false), Some(Certainty::Likely));
            return found;
        }
        if let Some(path) = path {
            found.reason.push_str("; there is a chain of dependencies over others");
            found.path = path;
        }
        found
    }

    /// What to say when no edge says so.
    fn denied(
        &self,
        graph: &Graph,
        from: &BTreeSet<NodeIx>,
        object: &[NodeIx],
        verb: Verb,
    ) -> Judgement {
        let symbols = object.iter().all(|node| graph.kind(*node) == NodeKind::Symbol);
        if !symbols || matches!(verb, Verb::Tests | Verb::Inherits) {
            return told(false, Certainty::Likely, "nothing in the code says so");
        }
        let object: BTreeSet<NodeIx> = object.iter().copied().collect();
        let doubts = self.graph.doubts(self.code, from, &object, MOST_SHOWN, self.stop);
        if doubts.lines.is_empty() {
            let named = doubts.others > 0 || doubts.cut;
            let (certainty, reason) = match named {
                true => {
                    (Certainty::Likely, "wherever the name stands there, it means something else")
                }
                false => (Certainty::Exact, "the first does not even have the name"),
            };
            return told(false, certainty, reason);
        }
        let reason = "the name stands there, but it is not known what it means";
        Judgement {
            certainty: Some(Certainty::ByName),
            reason: reason.into(),
            doubts: doubts.lines,
            ..Judgement::default()
        }
    }

    /// Whether anybody does it.
    fn anybody(&self, graph: &Graph, verb: Verb, object: &[NodeIx]) -> Judgement {
        let to = with_members(graph, object);
        let incoming = incoming_edges(graph, &to, &kinds_of(verb));
        if !incoming.is_empty() {
            let tests = incoming.iter().all(|edge| self.graph.is_test(edge.from));
            let reason = match (verb, tests) {
                (Verb::Tests, _) | (_, false) => "somebody does",
                (_, true) => "only tests do",
            };
            return by_edges(graph, incoming, reason);
        }
        let mut cut = false;
        let mut doubts = Vec::new();
        for node in object {
            let Some(ask) = self.ask(*node) else { continue };
            let limits = AskLimits { offset: 0, limit: MOST_REFERENCES, stop: self.stop };
            let Ok(found) = self.code.references(&ask, Certainty::ByName, &limits) else {
                continue;
            };
            cut |= found.cut || found.total > MOST_REFERENCES;
            let place = self.graph.place_of(*node);
            let inside = |path: &str, line: u32| {
                place
                    .as_ref()
                    .is_some_and(|it| it.path == path && it.line <= line && line <= it.end_line)
            };
            let fitting = found.references.into_iter().filter(|it| fits(verb, it.role));
            let lines = fitting.map(|it| EdgeLine {
                path: it.path.to_string(),
                line: it.line,
                text: it.text,
                certainty: it.certainty,
            });
            doubts.extend(lines.filter(|it| !inside(&it.path, it.line)));
        }
        if doubts.is_empty() {
            let certainty = if cut { Certainty::Likely } else { Certainty::Exact };
            let symbols = object.iter().all(|node| graph.kind(*node) == NodeKind::Symbol);
            let certainty = if symbols { certainty } else { Certainty::Likely };
            return told(false, certainty, "nobody does, as far as the code says");
        }
        doubts.truncate(MOST_SHOWN);
        let sure = doubts.iter().any(|it| it.certainty >= Certainty::Likely);
        Judgement {
            holds: sure.then_some(true),
            certainty: doubts.iter().map(|it| it.certainty).max(),
            reason: match sure {
                true => "somebody does",
                false => "somebody uses the name, but it is not known what it means there",
            }
            .into(),
            doubts,
            ..Judgement::default()
        }
    }

    /// The question about the symbol of a node, by its place.
    fn ask(&self, node: NodeIx) -> Option<Ask> {
        let joined = self.graph.joined().ok()?;
        let Origin::In(file, ix) = *joined.numbering.origins.get(node.0 as usize)? else {
            return None;
        };
        let nodes = &self.graph.piece(file)?.nodes;
        let node = nodes.list.get(ix as usize)?;
        node.symbol?;
        let text = std::sync::Arc::clone(self.code.file(file)?.text()?);
        let (line, column) = Lines::new(text).place(node.at.start);
        let path = RelPath::new(nodes.path.as_bytes()).ok()?;
        Some(Ask::At { path, line, column: Some(column), name: None })
    }
}

fn told(holds: bool, certainty: Certainty, reason: &str) -> Judgement {
    Judgement {
        holds: Some(holds),
        certainty: Some(certainty),
        reason: reason.into(),
        ..Judgement::default()
    }
}

/// These edges say so: the surest first.
fn by_edges(graph: &Graph, mut edges: Vec<Edge>, reason: &str) -> Judgement {
    edges.sort_by(|a, b| {
        let heavier = graph.base_weight(b.ix).total_cmp(&graph.base_weight(a.ix));
        heavier.then(a.ix.cmp(&b.ix))
    });
    let certainty = certainty_of(graph, edges.first().map(|edge| edge.ix));
    let mut found = told(true, certainty, reason);
    found.edges = edges.iter().take(MOST_SHOWN).map(|edge| edge.ix).collect();
    found
}

/// Edges that only likely hold weigh less than those that certainly do.
fn certainty_of(graph: &Graph, edges: impl IntoIterator<Item = EdgeIx>) -> Certainty {
    let sure = edges.into_iter().all(|edge| graph.base_weight(edge) >= 1.0);
    if sure { Certainty::Exact } else { Certainty::Likely }
}

fn cycles(graph: &Graph, subject: &[NodeIx]) -> Judgement {
    // What is certain is looked for first; guesses make a cycle likely at best.
    let tries =
        [1.0, 0.0].into_iter().flat_map(|least| subject.iter().map(move |node| (*node, least)));
    for (node, least) in tries {
        if let Some(path) = cycle(graph, node, least) {
            let certainty = certainty_of(graph, path.iter().map(|step| step.edge));
            let mut found = told(true, certainty, "its dependencies lead back to it");
            found.path = path;
            return found;
        }
    }
    told(false, Certainty::Likely, "nothing that it depends on leads back to it")
}

fn kinds_of(verb: Verb) -> KindFactors {
    let kind = match verb {
        Verb::Imports => EdgeKind::Imports,
        Verb::Calls => EdgeKind::Calls,
        Verb::Inherits => EdgeKind::Inherits,
        Verb::Tests => EdgeKind::Tests,
        Verb::Depends | Verb::Cycle | Verb::ChangeTogether => return dependency_kinds(),
    };
    KindFactors::of(&[(kind, 1.0)])
}

/// Whether a use is what a verb speaks of.
fn fits(verb: Verb, role: crate::Role) -> bool {
    use crate::Role;
    match verb {
        Verb::Calls => role == Role::Call,
        Verb::Imports => role == Role::Import,
        Verb::Inherits => role == Role::Inherit,
        Verb::Tests => false,
        _ => role != Role::Definition,
    }
}
