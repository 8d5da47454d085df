//! The five steps of one lesson, worked out beforehand: which edges change, and to what.
//!
//! 1. Potentiation (LTP): an edge between nodes that were useful together moves towards its upper
//!    bound (Hebb's rule with soft bounds, so that it slows down instead of running away).
//! 2. Depression (LTD): an edge between nodes that were of no use moves towards its lower bound; after
//!    a useful lesson, so do, much less, edges from a useful node to nodes that were not.
//! 3. Homeostasis: where what comes in has grown beyond a multiple of what it was at first, all that
//!    has grown gives way in proportion.
//! 4. Decay: edges that start at a node of the lesson but took no part move towards their base.
//! 5. Bounds: 0.05 to 3 times the base.

use std::collections::BTreeMap;

use super::{Feedback, Lesson, PlasticityOptions, bounds};
use crate::{csr::EdgeIx, finite::share, graph::Graph, parts::NodeIx};

/// The most nodes of a lesson that are looked at, the most active ones.
const MAX_ACTIVE: usize = 500;

/// A weight as it was read, and as it is to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Planned {
    pub(super) read: f32,
    pub(super) next: f32,
}

/// What a lesson does to each edge, by edge. O(edges of the nodes of the lesson and of those that
/// they strengthen).
pub(super) fn plan(
    graph: &Graph,
    lesson: &Lesson<'_>,
    options: &PlasticityOptions,
) -> BTreeMap<EdgeIx, Planned> {
    let active = active(graph, lesson.active);
    let rate = lesson.rate.get();
    let (up, down) = match lesson.feedback {
        Feedback::Useful => (rate, rate * share(options.unused)),
        Feedback::Partly => (rate * 0.5, 0.0),
        Feedback::NotUseful => (0.0, 0.0),
    };
    let mut plan: BTreeMap<EdgeIx, Planned> = BTreeMap::new();
    let mut grown: Vec<NodeIx> = Vec::new();
    for (node, activation) in &active {
        for edge in graph.outgoing(*node) {
            let (least, most) = bounds(graph.base_weight(edge.ix));
            let read = edge.weight;
            let next = match active.get(&edge.to) {
                Some(other) if lesson.feedback == Feedback::NotUseful => {
                    read - rate * activation * other * (read - least)
                }
                Some(other) => {
                    grown.push(edge.to);
                    read + up * activation * other * (most - read)
                }
                None => {
                    let lowered = read - down * activation * (read - least);
                    lowered + (graph.base_weight(edge.ix) - lowered) * share(options.decay)
                }
            };
            plan.insert(edge.ix, Planned { read, next });
        }
    }
    grown.sort_unstable();
    grown.dedup();
    for node in grown {
        balance(graph, node, options, &mut plan);
    }
    for (edge, planned) in &mut plan {
        let (least, most) = bounds(graph.base_weight(*edge));
        planned.next = planned.next.clamp(least, most);
    }
    plan.retain(|_, planned| planned.next != planned.read);
    plan
}

/// Homeostasis of one node. What is above its base gives way, and that is always enough, because the
/// limit is not below the sum of the bases.
fn balance(
    graph: &Graph,
    node: NodeIx,
    options: &PlasticityOptions,
    plan: &mut BTreeMap<EdgeIx, Planned>,
) {
    let times = if options.max_incoming >= 1.0 { options.max_incoming.min(3.0) } else { 1.0 };
    let limit = f64::from(graph.nodes.plasticity[node.0 as usize].incoming.get() * times);
    let (mut sum, mut above) = (0.0, 0.0);
    let edges: Vec<_> = graph
        .incoming(node)
        .map(|edge| {
            let base = graph.base_weight(edge.ix);
            let planned = plan.get(&edge.ix).copied();
            let planned = planned.unwrap_or(Planned { read: edge.weight, next: edge.weight });
            sum += f64::from(planned.next);
            above += f64::from((planned.next - base).max(0.0));
            (edge.ix, base, planned)
        })
        .collect();
    if sum <= limit || above <= 0.0 {
        return;
    }
    let kept = (1.0 - (sum - limit) / above).max(0.0) as f32;
    for (edge, base, planned) in edges.into_iter().filter(|(_, base, it)| it.next > *base) {
        plan.insert(edge, Planned { next: base + (planned.next - base) * kept, ..planned });
    }
}

/// The nodes of a lesson with their activation, the largest 1; what is no node or not above 0 is left
/// out.
fn active(graph: &Graph, given: &[(NodeIx, f32)]) -> BTreeMap<NodeIx, f32> {
    let mut nodes: Vec<(NodeIx, f32)> = given
        .iter()
        .filter(|(node, activation)| graph.has(*node) && *activation > 0.0)
        .map(|(node, activation)| (*node, activation.min(f32::MAX)))
        .collect();
    nodes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let most = nodes.first().map_or(1.0, |(_, activation)| *activation);
    let mut active = BTreeMap::new();
    for (node, activation) in nodes {
        if active.len() >= MAX_ACTIVE {
            break;
        }
        active.entry(node).or_insert(share(activation / most));
    }
    active
}
