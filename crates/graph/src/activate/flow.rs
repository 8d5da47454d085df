//! What both ways of spreading have in common: the equation, one push, and the proof of a score.
//!
//! Scores are the solution of `x = s + decay * P^T x`: each node keeps what it gets and passes it on,
//! decayed, in shares. A step's share is its strength by the sum of all strengths of the node, or by
//! 1 if that is more: weak edges do not become strong by being alone, and a hub tells everyone little.
//! Both ways solve it by local pushes (Andersen, Chung and Lang, 2006): a node with a residual of at
//! least `precision` times its degree passes it on; the residuals that stay are the error. The sum of
//! all errors is at most [`Spread::left`] by `1 - decay`, so the two agree within the sum of theirs.

use crate::{
    factors::{Factors, Step},
    finite::{DecayFactor, share},
    graph::Graph,
    parts::NodeIx,
    scratch::Stamped,
};

/// How scores spread from seeds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SpreadOptions {
    /// What passes along and against edges of each kind.
    pub factors: Factors,
    /// What is left after each step; at most 0.95 counts.
    pub decay: DecayFactor,
    /// A residual below this times the node's degree is not passed on. The work is at most one by
    /// this and by `1 - decay`, in steps; at least 1e-9 counts.
    pub precision: f32,
    /// The most steps that are looked at.
    pub max_work: usize,
}

/// What a node has while scores spread.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cell {
    /// What it keeps: its score.
    pub(crate) value: f32,
    /// What it has not passed on yet.
    pub(crate) residual: f32,
    /// The sum that its shares are by; 0 if it has passed nothing on.
    mass: f32,
    /// Steps from a seed, of the way on which something came first.
    hops: u32,
    /// Whether it waits to pass something on.
    pub(crate) waits: bool,
}

/// A node that something has come to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Spot {
    pub(crate) node: NodeIx,
    pub(crate) value: f32,
    mass: f32,
    hops: u32,
}

/// Scores that have spread.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Spread {
    /// By node.
    pub(crate) spots: Vec<Spot>,
    /// The sum of what was not passed on; the seeds are 1 in sum.
    pub(crate) left: f32,
    /// Whether the work was cut off, not done.
    pub(crate) truncated: bool,
}

/// The state of spreading: cells, and the work done.
pub(crate) struct Flow<'a> {
    graph: &'a Graph,
    options: &'a SpreadOptions,
    pub(crate) cells: &'a mut Stamped<Cell>,
    decay: f32,
    precision: f32,
    work: usize,
    /// The steps of one node: a buffer.
    steps: Vec<(u32, f32)>,
}

impl<'a> Flow<'a> {
    /// The seeds, as shares of 1. What is no node or not above 0 is left out.
    pub(crate) fn new(
        graph: &'a Graph,
        options: &'a SpreadOptions,
        seeds: &[(NodeIx, f32)],
        cells: &'a mut Stamped<Cell>,
    ) -> Flow<'a> {
        cells.reset(graph.node_count());
        let good = |(node, score): &&(NodeIx, f32)| graph.has(*node) && *score > 0.0;
        let bounded = |score: f32| f64::from(score.min(f32::MAX));
        let sum: f64 = seeds.iter().filter(good).map(|(_, score)| bounded(*score)).sum();
        for (node, score) in seeds.iter().filter(good) {
            let cell = cells.entry(node.0);
            cell.residual += (bounded(*score) / sum) as f32;
            cell.hops = 0;
        }
        let decay = options.decay.get().min(0.95);
        let precision = if options.precision > 1e-9 { options.precision } else { 1e-9 };
        Flow { graph, options, cells, decay, precision, work: 0, steps: Vec::new() }
    }

    /// Whether a node has enough to pass on.
    pub(crate) fn is_due(&self, node: u32) -> bool {
        let degree = self.graph.nodes.degree[node as usize].max(1) as f32;
        let residual = self.cells.get(node).map_or(0.0, |cell| cell.residual);
        residual > 0.0 && residual >= self.precision * degree
    }

    /// Whether there was too much work.
    pub(crate) fn is_spent(&self) -> bool {
        self.work > self.options.max_work
    }

    /// Takes what a node has not passed on, and lets it keep it.
    pub(crate) fn take(&mut self, node: u32) -> f32 {
        let cell = self.cells.entry(node);
        let amount = std::mem::take(&mut cell.residual);
        cell.value += amount;
        cell.waits = false;
        amount
    }

    /// Gives the shares of an amount to the neighbours of a node, and calls `given` for each.
    pub(crate) fn pass(&mut self, node: u32, amount: f32, mut given: impl FnMut(&mut Self, u32)) {
        let mut steps = std::mem::take(&mut self.steps);
        let all = self.graph.steps(NodeIx(node), &self.options.factors);
        steps.extend(all.map(|(step, strength)| (step.to.0, strength)));
        let mass = steps.iter().map(|(_, strength)| strength).sum::<f32>().max(1.0);
        let cell = self.cells.entry(node);
        cell.mass = mass;
        let hops = cell.hops + 1;
        let per_strength = amount * self.decay / mass;
        self.work += steps.len();
        for (to, strength) in steps.drain(..) {
            let fresh = self.cells.get(to).is_none();
            let cell = self.cells.entry(to);
            if fresh {
                cell.hops = hops;
            }
            cell.residual += per_strength * strength;
            given(self, to);
        }
        self.steps = steps;
    }

    /// What has come of it. Residuals count for their own node.
    pub(crate) fn finish(self, truncated: bool) -> Spread {
        let mut left = 0.0;
        let mut spots: Vec<Spot> = Vec::with_capacity(self.cells.touched().len());
        for node in self.cells.touched() {
            let Cell { value, residual, mass, hops, .. } =
                self.cells.get(*node).unwrap_or_default();
            left += residual;
            spots.push(Spot { node: NodeIx(*node), value: value + residual, mass, hops });
        }
        spots.sort_unstable_by_key(|spot| spot.node);
        Spread { spots, left, truncated }
    }
}

impl Spread {
    fn at(&self, node: NodeIx) -> Option<&Spot> {
        let place = self.spots.binary_search_by_key(&node, |spot| spot.node).ok()?;
        Some(&self.spots[place])
    }

    /// The way on which most came to a node, from a seed: at each step, the neighbour nearer to a seed
    /// that gave most. Empty for a seed, and for a node that nothing came to.
    pub(crate) fn path(&self, graph: &Graph, factors: &Factors, node: NodeIx) -> Vec<Step> {
        let back = Factors { forward: factors.backward, backward: factors.forward };
        let mut steps = Vec::new();
        let mut at = self.at(node);
        while let Some(spot) = at {
            let mut best: Option<(f32, Step, &Spot)> = None;
            for (step, strength) in graph.steps(spot.node, &back) {
                let Some(giver) = self.at(step.to) else { continue };
                if giver.hops >= spot.hops || giver.mass <= 0.0 {
                    continue;
                }
                let gave = giver.value * strength / giver.mass;
                if best.is_none_or(|(most, ..)| gave > most) {
                    best = Some((gave, step, giver));
                }
            }
            at = best.map(|(_, step, giver)| {
                let Step { from, to, edge, kind, forward } = step;
                steps.push(Step { from: to, to: from, edge, kind, forward: !forward });
                giver
            });
        }
        steps.reverse();
        steps
    }

    /// Scores above 0, by node, the largest of them 1.
    pub(crate) fn scores(&self) -> Vec<(NodeIx, f32)> {
        let most = self.spots.iter().map(|spot| spot.value).fold(0.0, f32::max);
        let spots = self.spots.iter().filter(|spot| spot.value > 0.0);
        spots.map(|spot| (spot.node, share(spot.value / most))).collect()
    }
}
