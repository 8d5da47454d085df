//! Spreading with a heap: whoever waits with most passes on first. Best for few seeds in a sparse
//! graph, where most of the graph is never looked at.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::flow::{Cell, Flow, Spread, SpreadOptions};
use crate::{finite::FiniteF32, graph::Graph, parts::NodeIx, scratch::Stamped};

/// See [`super::flow`].
pub(crate) fn spread(
    graph: &Graph,
    seeds: &[(NodeIx, f32)],
    options: &SpreadOptions,
    cells: &mut Stamped<Cell>,
) -> Spread {
    let mut flow = Flow::new(graph, options, seeds, cells);
    let mut heap = BinaryHeap::new();
    for node in flow.cells.touched().to_vec() {
        wait(&mut flow, node, &mut heap);
    }
    while let Some((_, Reverse(node))) = heap.pop() {
        if flow.is_spent() {
            return flow.finish(true);
        }
        let amount = flow.take(node);
        flow.pass(node, amount, |flow, to| wait(flow, to, &mut heap));
    }
    flow.finish(false)
}

/// Puts a node on the heap if it is due and not there yet.
fn wait(flow: &mut Flow<'_>, node: u32, heap: &mut BinaryHeap<(FiniteF32, Reverse<u32>)>) {
    if !flow.is_due(node) {
        return;
    }
    let cell = flow.cells.entry(node);
    if !std::mem::replace(&mut cell.waits, true) {
        heap.push((FiniteF32::clamped(cell.residual), Reverse(node)));
    }
}
