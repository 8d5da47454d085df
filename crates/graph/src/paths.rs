//! The shortest paths between two nodes, each step explained by its edge.
//!
//! What a step costs is `-ln(weight x factor)` plus a constant for the step itself. Dijkstra's
//! algorithm from the target gives the distances still to go; with them, best-first search from the
//! source (A*, on paths instead of nodes) meets the paths without repeated nodes in the order of
//! their costs. Both are bounded.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    factors::{Factors, KindFactors, Step},
    finite::FiniteF32,
    graph::Graph,
    kind::{EdgeKind, NodeKind},
    parts::NodeIx,
    scratch::Stamped,
};

/// Which way a path may go along edges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Walk {
    /// Along edges: the source depends on the target.
    Forward,
    /// Against edges: the target depends on the source.
    Backward,
    /// All along, or all against.
    #[default]
    Either,
    /// Each step as it comes.
    Undirected,
}

/// What a search for paths follows, and how far.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PathOptions {
    /// Which way it goes.
    pub walk: Walk,
    /// What passes along edges of each kind; 0 closes a kind.
    pub kinds: KindFactors,
    /// What a step costs beyond its edge, at least 0.01: how much a short path is preferred to one
    /// of heavy edges.
    pub step_cost: f32,
    /// Whether a path may go through a directory; it may always start and end at one.
    pub through_directories: bool,
    /// The most paths.
    pub max_paths: usize,
    /// The most steps of a path.
    pub max_hops: u32,
    /// How many nodes, and then how many paths, may be looked at.
    pub max_work: usize,
}

impl Default for PathOptions {
    fn default() -> PathOptions {
        PathOptions {
            walk: Walk::Either,
            kinds: KindFactors::of(&[
                (EdgeKind::Contains, 0.5),
                (EdgeKind::Imports, 0.8),
                (EdgeKind::Calls, 1.0),
                (EdgeKind::References, 0.9),
                (EdgeKind::Inherits, 1.0),
                (EdgeKind::Tests, 0.8),
                (EdgeKind::Documents, 0.4),
                (EdgeKind::CoChange, 0.2),
            ]),
            step_cost: 0.5,
            through_directories: false,
            max_paths: 3,
            max_hops: 12,
            max_work: 100_000,
        }
    }
}

/// A path between two nodes.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    /// Its steps, in order; none from a node to itself.
    pub steps: Vec<Step>,
    /// What it costs, in sum.
    pub cost: f32,
}

/// Paths, the cheapest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Paths {
    /// The paths. No two go through the same nodes in the same order.
    pub paths: Vec<Path>,
    /// Whether the search was given up before it could tell that there are no more.
    pub truncated: bool,
}

impl Graph {
    /// The cheapest paths without repeated nodes. None if one of the ends is no node.
    pub fn paths(&self, source: NodeIx, target: NodeIx, options: &PathOptions) -> Paths {
        if !self.has(source) || !self.has(target) || options.max_paths == 0 {
            return Paths::default();
        }
        let one = |forward, backward| {
            let closed = KindFactors::NONE;
            let side = |open| if open { options.kinds } else { closed };
            let factors = Factors { forward: side(forward), backward: side(backward) };
            let search = Search { graph: self, options, factors, source, target };
            self.pools.distances.with(|known| search.run(known))
        };
        match options.walk {
            Walk::Forward => one(true, false),
            Walk::Backward => one(false, true),
            Walk::Undirected => one(true, true),
            Walk::Either if source == target => one(true, false),
            Walk::Either => {
                let (mut both, other) = (one(true, false), one(false, true));
                both.paths.extend(other.paths);
                both.paths.sort_by(|a, b| a.cost.total_cmp(&b.cost));
                both.paths.truncate(options.max_paths);
                both.truncated |= other.truncated;
                both
            }
        }
    }
}

/// What a node has to go to the target, as far as it is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Distance {
    cost: f32,
    reached: bool,
    settled: bool,
}

/// What nodes have to go to the target: those that are settled exactly, every other at least so much
/// (infinite if they cannot reach it).
struct ToGo<'a> {
    known: &'a Stamped<Distance>,
    others: f32,
}

/// A path in the making: its last step, and the place of what comes before it.
struct Partial {
    node: NodeIx,
    step: Option<Step>,
    before: usize,
    hops: u32,
    cost: f32,
}

struct Search<'a> {
    graph: &'a Graph,
    options: &'a PathOptions,
    factors: Factors,
    source: NodeIx,
    target: NodeIx,
}

impl Search<'_> {
    fn run(&self, known: &mut Stamped<Distance>) -> Paths {
        let others = self.to_go(known);
        let to_go = ToGo { known, others };
        let mut found = Paths::default();
        let mut partials =
            vec![Partial { node: self.source, step: None, before: 0, hops: 0, cost: 0.0 }];
        // Equal estimates: what was met first.
        let mut heap = BinaryHeap::new();
        heap.push(Reverse((estimate(&to_go, self.source, 0.0), 0_usize)));
        let mut work = 0;
        while let Some(Reverse((estimate, at))) = heap.pop() {
            if estimate.get() == f32::MAX {
                break;
            }
            let node = partials[at].node;
            if node == self.target {
                found.paths.push(path(&partials, at));
                if found.paths.len() >= self.options.max_paths {
                    break;
                }
                continue;
            }
            work += 1;
            if work > self.options.max_work {
                found.truncated = true;
                break;
            }
            if partials[at].hops >= self.options.max_hops {
                continue;
            }
            for (step, cost) in self.neighbours(node, &self.factors) {
                if on_the_way(&partials, at, step.to) || !self.open(step.to) {
                    continue;
                }
                let (hops, cost) = (partials[at].hops + 1, partials[at].cost + cost);
                partials.push(Partial { node: step.to, step: Some(step), before: at, hops, cost });
                heap.push(Reverse((self::estimate(&to_go, step.to, cost), partials.len() - 1)));
            }
        }
        found
    }

    /// Dijkstra's algorithm from the target, two steps further than the source is.
    fn to_go(&self, known: &mut Stamped<Distance>) -> f32 {
        let back = Factors { forward: self.factors.backward, backward: self.factors.forward };
        known.reset(self.graph.node_count());
        known.entry(self.target.0).reached = true;
        let mut limit = f32::INFINITY;
        let mut settled = 0;
        let mut heap = BinaryHeap::from([Reverse((FiniteF32::ZERO, self.target.0))]);
        while let Some(Reverse((cost, node))) = heap.pop() {
            if std::mem::replace(&mut known.entry(node).settled, true) {
                continue;
            }
            let cost = cost.get();
            if cost > limit || settled >= self.options.max_work {
                known.entry(node).settled = false;
                return cost;
            }
            settled += 1;
            if node == self.source.0 {
                limit = cost + self.step_cost() * 2.0;
            }
            let node = NodeIx(node);
            if node != self.target && !self.open(node) {
                continue;
            }
            for (step, strength) in self.graph.steps(node, &back) {
                let cost = cost + self.cost(strength);
                let there = known.entry(step.to.0);
                if !there.settled && (!there.reached || cost < there.cost) {
                    *there = Distance { cost, reached: true, settled: false };
                    heap.push(Reverse((FiniteF32::clamped(cost), step.to.0)));
                }
            }
        }
        f32::INFINITY
    }

    /// Whether a path may go through a node, or is at an end there.
    fn open(&self, node: NodeIx) -> bool {
        self.options.through_directories
            || self.graph.kind(node) != NodeKind::Directory
            || node == self.source
            || node == self.target
    }

    fn step_cost(&self) -> f32 {
        FiniteF32::clamped(self.options.step_cost).get().clamp(0.01, 100.0)
    }

    fn cost(&self, strength: f32) -> f32 {
        self.step_cost() - strength.ln()
    }

    /// The cheapest step to each neighbour, with its cost, by neighbour.
    fn neighbours(&self, node: NodeIx, factors: &Factors) -> Vec<(Step, f32)> {
        let mut steps: Vec<(Step, f32)> = self
            .graph
            .steps(node, factors)
            .map(|(step, strength)| (step, self.cost(strength)))
            .collect();
        steps.sort_by(|(a, x), (b, y)| a.to.cmp(&b.to).then(x.total_cmp(y)));
        steps.dedup_by_key(|(step, _)| step.to);
        steps
    }
}

fn estimate(to_go: &ToGo<'_>, node: NodeIx, cost: f32) -> FiniteF32 {
    let known = to_go.known.get(node.0).filter(|distance| distance.settled);
    FiniteF32::clamped(cost + known.map_or(to_go.others, |distance| distance.cost))
}

fn on_the_way(partials: &[Partial], mut at: usize, node: NodeIx) -> bool {
    loop {
        if partials[at].node == node {
            return true;
        }
        if partials[at].step.is_none() {
            return false;
        }
        at = partials[at].before;
    }
}

fn path(partials: &[Partial], mut at: usize) -> Path {
    let cost = partials[at].cost;
    let mut steps = Vec::with_capacity(partials[at].hops as usize);
    while let Some(step) = partials[at].step {
        steps.push(step);
        at = partials[at].before;
    }
    steps.reverse();
    Path { steps, cost }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{built, edge, graph_parts, node, nodes};

    /// The costs of all paths without repeated nodes, by walking all of them.
    fn all_costs(search: &Search<'_>) -> Vec<f32> {
        fn walk(search: &Search<'_>, way: &mut Vec<NodeIx>, cost: f32, costs: &mut Vec<f32>) {
            let at = *way.last().unwrap();
            if at == search.target {
                costs.push(cost);
                return;
            }
            for (step, more) in search.neighbours(at, &search.factors) {
                if !way.contains(&step.to) {
                    way.push(step.to);
                    walk(search, way, cost + more, costs);
                    way.pop();
                }
            }
        }
        let mut costs = Vec::new();
        walk(search, &mut vec![search.source], 0.0, &mut costs);
        costs.sort_by(f32::total_cmp);
        costs
    }

    proptest! {
        #[test]
        fn paths_are_the_cheapest_of_all(
            (nodes, edges) in graph_parts(7, 18),
            ends in (0_u32..7, 0_u32..7),
            undirected: bool,
        ) {
            let graph = built(nodes, edges);
            let count = graph.node_count() as u32;
            let (source, target) = (NodeIx(ends.0 % count), NodeIx(ends.1 % count));
            let walk = if undirected { Walk::Undirected } else { Walk::Forward };
            let options = PathOptions { walk, max_paths: 5, ..PathOptions::default() };
            let backward = if undirected { options.kinds } else { KindFactors::NONE };
            let factors = Factors { forward: options.kinds, backward };
            let search = Search { graph: &graph, options: &options, factors, source, target };
            let wanted = all_costs(&search);
            let found = graph.paths(source, target, &options);
            prop_assert_eq!(found.paths.len(), wanted.len().min(5));
            for (path, cost) in found.paths.iter().zip(wanted) {
                prop_assert!((path.cost - cost).abs() < 1e-4, "{} for {cost}", path.cost);
                let mut at = source;
                for step in &path.steps {
                    prop_assert_eq!(step.from, at);
                    at = step.to;
                }
                prop_assert_eq!(at, target);
            }
        }

        /// Larger graphs, the cheapest path only.
        #[test]
        fn the_first_path_costs_what_petgraph_says((nodes, edges) in graph_parts(40, 160)) {
            let graph = built(nodes, edges);
            let options = PathOptions { walk: Walk::Forward, max_paths: 1, max_hops: 99, ..PathOptions::default() };
            let mut theirs = petgraph::Graph::<(), f32>::new();
            let at: Vec<_> = graph.nodes().map(|_| theirs.add_node(())).collect();
            for edge in graph.edges() {
                let cost = options.step_cost - (edge.weight * options.kinds.get(edge.kind)).ln();
                theirs.add_edge(at[edge.from.0 as usize], at[edge.to.0 as usize], cost);
            }
            let costs = petgraph::algo::dijkstra(&theirs, at[0], None, |edge| *edge.weight());
            for node in graph.nodes() {
                let found = graph.paths(NodeIx(0), node, &options);
                let cost = found.paths.first().map(|path| path.cost);
                match (cost, costs.get(&at[node.0 as usize])) {
                    (Some(ours), Some(theirs)) => prop_assert!((ours - theirs).abs() < 1e-3),
                    (ours, theirs) => prop_assert!(ours.is_none() && theirs.is_none()),
                }
            }
        }
    }

    fn line(kinds: [EdgeKind; 2]) -> Graph {
        built(nodes(3), vec![edge(0, 1, kinds[0], 1.0), edge(1, 2, kinds[1], 1.0)])
    }

    #[test]
    fn either_way_means_all_of_it() {
        let graph = line([EdgeKind::Calls; 2]);
        let paths = |from, to, walk| {
            let options = PathOptions { walk, ..PathOptions::default() };
            graph.paths(NodeIx(from), NodeIx(to), &options).paths.len()
        };
        assert_eq!((paths(0, 2, Walk::Either), paths(2, 0, Walk::Either)), (1, 1));
        assert_eq!((paths(2, 0, Walk::Forward), paths(2, 0, Walk::Backward)), (0, 1));
        let edges = vec![edge(0, 1, EdgeKind::Calls, 1.0), edge(2, 1, EdgeKind::Calls, 1.0)];
        let graph = built(nodes(3), edges);
        let options = |walk| PathOptions { walk, ..PathOptions::default() };
        let (from, to) = (NodeIx(0), NodeIx(2));
        assert!(graph.paths(from, to, &options(Walk::Either)).paths.is_empty());
        let found = graph.paths(from, to, &options(Walk::Undirected)).paths;
        assert_eq!(
            found[0].steps.iter().map(|step| step.forward).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn a_directory_explains_nothing_unless_it_is_asked_for() {
        let kinds = [NodeKind::File, NodeKind::Directory, NodeKind::File];
        let nodes = kinds.iter().enumerate().map(|(n, kind)| node(&n.to_string(), *kind)).collect();
        let contains = |to| edge(1, to, EdgeKind::Contains, 1.0);
        let graph = built(nodes, vec![contains(0), contains(2)]);
        let options = PathOptions { walk: Walk::Undirected, ..PathOptions::default() };
        let paths = |options| graph.paths(NodeIx(0), NodeIx(2), &options).paths.len();
        assert_eq!(paths(options), 0);
        assert_eq!(paths(PathOptions { through_directories: true, ..options }), 1);
        assert_eq!(graph.paths(NodeIx(0), NodeIx(1), &options).paths.len(), 1);
    }

    #[test]
    fn odd_questions_are_answered() {
        let graph = line([EdgeKind::Calls; 2]);
        let options = PathOptions { step_cost: f32::NAN, ..PathOptions::default() };
        assert!(graph.paths(NodeIx(0), NodeIx(9), &options).paths.is_empty());
        let own = graph.paths(NodeIx(1), NodeIx(1), &options).paths;
        assert_eq!(own, [Path { steps: Vec::new(), cost: 0.0 }]);
        let little = PathOptions { max_work: 1, ..options };
        assert!(graph.paths(NodeIx(0), NodeIx(2), &little).truncated);
    }
}
