//! Spreading in rounds: all who are due pass on at once, in the order of their numbers, which is the
//! order in which they lie in memory. Best for many seeds or a dense graph.

use super::flow::{Cell, Flow, Spread, SpreadOptions};
use crate::{graph::Graph, parts::NodeIx, scratch::Stamped};

/// See [`super::flow`]. The bound of work is looked at between rounds.
pub(crate) fn spread(
    graph: &Graph,
    seeds: &[(NodeIx, f32)],
    options: &SpreadOptions,
    cells: &mut Stamped<Cell>,
) -> Spread {
    let mut flow = Flow::new(graph, options, seeds, cells);
    let mut met = flow.cells.touched().to_vec();
    loop {
        met.sort_unstable();
        met.retain(|node| {
            flow.cells.entry(*node).waits = false;
            flow.is_due(*node)
        });
        if met.is_empty() || flow.is_spent() {
            let truncated = !met.is_empty();
            return flow.finish(truncated);
        }
        // Taken before anyone passes on, so that the round is one step for all of them.
        let front: Vec<(u32, f32)> = met.drain(..).map(|node| (node, flow.take(node))).collect();
        for (node, amount) in front {
            flow.pass(node, amount, |flow, to| {
                if !std::mem::replace(&mut flow.cells.entry(to).waits, true) {
                    met.push(to);
                }
            });
        }
    }
}
