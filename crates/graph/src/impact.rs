//! How far a change reaches: best-first search, so that what matters most is found first and the
//! search ends when there is enough.
//!
//! A score is the product of what each step lets through; the best path to a node counts, as in
//! Dijkstra's algorithm with products for sums. Containment has rules of its own, because whoever
//! changes a symbol does not change its siblings:
//! - *down* to members only from the target, through members: they are part of what changes;
//! - *up* to the container from anywhere, much weaker, and never down again.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    csr::{Edge, EdgeIx},
    factors::{KindFactors, Step},
    finite::{DecayFactor, FiniteF32, share},
    graph::Graph,
    kind::EdgeKind,
    nodes::NONE,
    parts::NodeIx,
    scratch::Stamped,
};

/// Whom a search of impact asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Those that depend on the target: what may break.
    #[default]
    Dependents,
    /// Those that the target depends on.
    Dependencies,
    /// Both, each on its own: no path turns around on its way.
    Both,
}

/// What a search of impact follows, and how far.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ImpactOptions {
    /// Whom it asks for.
    pub direction: Direction,
    /// What passes along edges of each kind; `Contains` is not looked at.
    pub kinds: KindFactors,
    /// What passes from a node to what contains it.
    pub up: f32,
    /// What passes from the target to its members.
    pub down: f32,
    /// What is left after each step.
    pub decay: DecayFactor,
    /// Scores below it are no result.
    pub threshold: f32,
    /// The most steps of a path. A node's best path counts, even where a weaker one is shorter.
    pub max_hops: u32,
    /// The most results.
    pub max_results: usize,
}

impl Default for ImpactOptions {
    fn default() -> ImpactOptions {
        ImpactOptions {
            direction: Direction::Dependents,
            kinds: KindFactors::of(&[
                (EdgeKind::Imports, 0.7),
                (EdgeKind::Calls, 1.0),
                (EdgeKind::References, 0.8),
                (EdgeKind::Inherits, 1.0),
                (EdgeKind::Tests, 0.9),
                (EdgeKind::Documents, 0.4),
            ]),
            up: 0.3,
            down: 0.95,
            decay: DecayFactor::clamped(0.7),
            threshold: 0.01,
            max_hops: 8,
            max_results: 100,
        }
    }
}

/// A node that a change reaches.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reached {
    /// The node.
    pub node: NodeIx,
    /// How much of the change arrives, above 0 and up to 1.
    pub score: f32,
    /// How many steps it takes.
    pub hops: u32,
    /// Where its path ends in the search's own list.
    at: u32,
}

/// What a change reaches.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Impact {
    /// The nodes without the targets, best first, ties by node.
    pub reached: Vec<Reached>,
    /// Whether there was more above the threshold than the most results.
    pub truncated: bool,
    settled: Vec<Settled>,
}

impl Impact {
    /// The steps from a target to a node that was reached: the proof. Empty for what another search
    /// has reached.
    pub fn path(&self, reached: &Reached) -> Vec<Step> {
        let mut steps = Vec::with_capacity(reached.hops as usize);
        let mut at = reached.at;
        while let Some(Settled { step: Some(step), previous, .. }) = self.settled.get(at as usize) {
            steps.push(*step);
            at = *previous;
        }
        steps.reverse();
        steps
    }

    /// Whether every step of its path is containment. Nothing is allocated.
    pub fn only_contains(&self, reached: &Reached) -> bool {
        let mut at = reached.at;
        while let Some(Settled { step: Some(step), previous, .. }) = self.settled.get(at as usize) {
            if step.kind != EdgeKind::Contains {
                return false;
            }
            at = *previous;
        }
        true
    }
}

/// A state that is done with: the step into it and the state before; targets have neither.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Settled {
    node: NodeIx,
    step: Option<Step>,
    previous: u32,
}

/// The best that is known of a state.
#[derive(Clone, Copy, Default)]
pub(crate) struct Best {
    score: f32,
    settled: bool,
    reported: bool,
    offered: bool,
}

/// A state to look at: better scores first, then shorter paths, then smaller numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    score: FiniteF32,
    hops: Reverse<u32>,
    /// The node times two, plus one if the path so far is only members of the target.
    state: Reverse<u32>,
    previous: Reverse<u32>,
    step: Reverse<(u32, bool)>,
}

impl Graph {
    /// What a change of the targets reaches. Targets that are no nodes are not looked at.
    pub fn impact(&self, targets: &[NodeIx], options: &ImpactOptions) -> Impact {
        let one = |direction| {
            self.pools.best.with(|best| {
                let bar = Bar::new(options.threshold, options.max_results);
                Search { graph: self, options, direction, best, bar }.run(targets)
            })
        };
        if options.direction != Direction::Both {
            return one(options.direction);
        }
        let (first, second) = (one(Direction::Dependents), one(Direction::Dependencies));
        merge(first, second, options.max_results)
    }
}

struct Search<'a> {
    graph: &'a Graph,
    options: &'a ImpactOptions,
    direction: Direction,
    best: &'a mut Stamped<Best>,
    bar: Bar,
}

/// The score below which nothing can be among the results any more. As many nodes as there may be
/// results, and one that says that there are more, are known to reach it: by their first offers, which
/// later ones only raise. So the heap holds little more than the answer, however many depend on a
/// hub.
struct Bar {
    firsts: BinaryHeap<Reverse<FiniteF32>>,
    room: usize,
    height: f32,
}

impl Bar {
    fn new(threshold: f32, max_results: usize) -> Bar {
        Bar { firsts: BinaryHeap::new(), room: max_results.saturating_add(1), height: threshold }
    }

    /// A node that was not known is offered with this score.
    fn raise(&mut self, score: f32) {
        self.firsts.push(Reverse(FiniteF32::clamped(score)));
        if self.firsts.len() > self.room {
            self.firsts.pop();
        }
        if self.firsts.len() == self.room
            && let Some(Reverse(least)) = self.firsts.peek()
        {
            self.height = self.height.max(least.get());
        }
    }
}

impl Search<'_> {
    fn run(&mut self, targets: &[NodeIx]) -> Impact {
        self.best.reset(self.graph.node_count() * 2);
        let mut impact = Impact::default();
        let mut heap = BinaryHeap::new();
        for target in targets.iter().filter(|target| self.graph.has(**target)) {
            let state = target.0 * 2 + 1;
            self.best.entry(state & !1).reported = true;
            self.best.entry(state).score = 1.0;
            heap.push(waiting(1.0, 0, state, NONE, None));
        }
        while let Some(next) = heap.pop() {
            let state = next.state.0;
            if std::mem::replace(&mut self.best.entry(state).settled, true) {
                continue;
            }
            let node = NodeIx(state / 2);
            let seen = std::mem::replace(&mut self.best.entry(state & !1).reported, true);
            if !seen && impact.reached.len() >= self.options.max_results {
                impact.truncated = true;
                break;
            }
            let at = impact.settled.len() as u32;
            let step = self.step(node, &next, &impact.settled);
            impact.settled.push(Settled { node, step, previous: next.previous.0 });
            if !seen {
                let (score, hops) = (next.score.get(), next.hops.0);
                impact.reached.push(Reached { node, score, hops, at });
            }
            if next.hops.0 < self.options.max_hops {
                self.expand(node, at, &next, &mut heap);
            }
        }
        impact
    }

    /// Puts what can be reached from a state on the heap, if it is better than what is known.
    fn expand(&mut self, node: NodeIx, at: u32, from: &Waiting, heap: &mut BinaryHeap<Waiting>) {
        let Search { graph, options, direction, best, bar } = self;
        let member = from.state.0 & 1 == 1;
        let (up, down) = (share(options.up), share(options.down));
        // What nothing can pass that leads from here. Late in a search that is most nodes, and hubs
        // among them. Multiplied in the order of the scores, so that rounding cannot lift one above.
        let most = options.kinds.most().max(up).max(down) * options.decay.get();
        if from.score.get() * most < bar.height {
            return;
        }
        let mut offer = |edge: Edge, to: NodeIx, factor: f32, member: bool, forward: bool| {
            let passes = edge.weight.min(1.0) * factor * options.decay.get();
            let score = from.score.get() * passes;
            let state = to.0 * 2 + u32::from(member);
            // Written so that NaN is refused.
            if !(score >= bar.height && score > 0.0) {
                return;
            }
            let node = best.entry(state & !1);
            if !std::mem::replace(&mut node.offered, true) && !node.reported {
                bar.raise(score);
            }
            let known = best.entry(state);
            if score >= known.score && !known.settled {
                known.score = score;
                let step = Some((edge.ix.0, forward));
                heap.push(waiting(score, from.hops.0 + 1, state, at, step));
            }
        };
        let dependents = *direction == Direction::Dependents;
        for edge in graph.incoming(node) {
            if edge.kind == EdgeKind::Contains {
                offer(edge, edge.from, up, false, false);
            } else if dependents {
                offer(edge, edge.from, options.kinds.get(edge.kind), false, false);
            }
        }
        if !dependents || member {
            for edge in graph.outgoing(node) {
                if edge.kind != EdgeKind::Contains && !dependents {
                    offer(edge, edge.to, options.kinds.get(edge.kind), false, true);
                } else if edge.kind == EdgeKind::Contains && member {
                    offer(edge, edge.to, down, true, true);
                }
            }
        }
    }

    /// The step into a state. Where it comes from is known: to ask its edge costs a search.
    fn step(&self, to: NodeIx, waiting: &Waiting, settled: &[Settled]) -> Option<Step> {
        let (number, forward) = waiting.step.0;
        let from = settled.get(waiting.previous.0 as usize)?.node;
        let edge = EdgeIx(number);
        Some(Step { from, to, edge, kind: self.graph.edge_kind(edge)?, forward })
    }
}

fn waiting(score: f32, hops: u32, state: u32, previous: u32, step: Option<(u32, bool)>) -> Waiting {
    Waiting {
        score: FiniteF32::clamped(score),
        hops: Reverse(hops),
        state: Reverse(state),
        previous: Reverse(previous),
        step: Reverse(step.unwrap_or((NONE, false))),
    }
}

/// Two searches as one; a node that both have reached counts with its better score.
fn merge(mut first: Impact, second: Impact, max_results: usize) -> Impact {
    let offset = first.settled.len() as u32;
    let moved = |at: u32| if at == NONE { NONE } else { at + offset };
    first
        .settled
        .extend(second.settled.iter().map(|it| Settled { previous: moved(it.previous), ..*it }));
    first.reached.extend(second.reached.iter().map(|it| Reached { at: moved(it.at), ..*it }));
    let better = |a: &Reached, b: &Reached| b.score.total_cmp(&a.score).then(a.hops.cmp(&b.hops));
    first.reached.sort_by(|a, b| a.node.cmp(&b.node).then(better(a, b)));
    first.reached.dedup_by_key(|reached| reached.node);
    first.reached.sort_by(|a, b| better(a, b).then(a.node.cmp(&b.node)));
    first.truncated |= second.truncated || first.reached.len() > max_results;
    first.reached.truncate(max_results);
    first
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::NodeKind,
        testing::{built, edge, graph_parts, node, nodes},
    };

    /// Relaxes every edge until nothing changes.
    fn reference(graph: &Graph, target: NodeIx, options: &ImpactOptions) -> BTreeMap<u32, f32> {
        let mut best = vec![[0.0_f32; 2]; graph.node_count()];
        best[target.0 as usize][1] = 1.0;
        let dependents = options.direction == Direction::Dependents;
        for _ in 0..=graph.node_count() * 2 {
            for edge in graph.edges() {
                let (from, to) = (edge.from.0 as usize, edge.to.0 as usize);
                let pass = |factor: f32| edge.weight.min(1.0) * factor * options.decay.get();
                let any = |scores: [f32; 2]| scores[0].max(scores[1]);
                if edge.kind == EdgeKind::Contains {
                    best[from][0] = best[from][0].max(any(best[to]) * pass(options.up));
                    best[to][1] = best[to][1].max(best[from][1] * pass(options.down));
                } else if dependents {
                    let score = any(best[to]) * pass(options.kinds.get(edge.kind));
                    best[from][0] = best[from][0].max(score);
                } else {
                    let score = any(best[from]) * pass(options.kinds.get(edge.kind));
                    best[to][0] = best[to][0].max(score);
                }
            }
        }
        let scores = best.iter().enumerate().map(|(node, it)| (node as u32, it[0].max(it[1])));
        scores.filter(|(node, score)| *node != target.0 && *score >= options.threshold).collect()
    }

    proptest! {
        #[test]
        fn scores_are_those_of_exhaustive_relaxation(
            (nodes, edges) in graph_parts(10, 40),
            target in 0_u32..10,
            dependents: bool,
        ) {
            let graph = built(nodes, edges);
            let target = NodeIx(target % graph.node_count() as u32);
            let direction =
                if dependents { Direction::Dependents } else { Direction::Dependencies };
            let options =
                ImpactOptions { direction, max_hops: 100, threshold: 1e-4, ..Default::default() };
            let impact = graph.impact(&[target], &options);
            let wanted = reference(&graph, target, &options);
            prop_assert!(!impact.truncated);
            prop_assert_eq!(impact.reached.len(), wanted.len());
            prop_assert!(impact.reached.is_sorted_by(|a, b| a.score >= b.score));
            for reached in &impact.reached {
                prop_assert!((reached.score - wanted[&reached.node.0]).abs() < 1e-5);
                let path = impact.path(reached);
                prop_assert_eq!(path.len(), reached.hops as usize);
                let mut at = target;
                for step in &path {
                    prop_assert_eq!(step.from, at);
                    let edge = graph.edge(step.edge).unwrap();
                    let ends = if step.forward { (edge.from, edge.to) } else { (edge.to, edge.from) };
                    prop_assert_eq!(ends, (step.from, step.to));
                    at = step.to;
                }
                prop_assert_eq!(at, reached.node);
            }
        }

        /// With a budget the answer is the head of the answer without one, and says that it is cut.
        #[test]
        fn a_budget_keeps_the_best((nodes, edges) in graph_parts(12, 60), budget in 0_usize..6) {
            let graph = built(nodes, edges);
            let all = graph.impact(&[NodeIx(0)], &ImpactOptions::default());
            let options = ImpactOptions { max_results: budget, ..Default::default() };
            let some = graph.impact(&[NodeIx(0)], &options);
            let head = &all.reached[..budget.min(all.reached.len())];
            prop_assert_eq!(&some.reached[..], head);
            prop_assert_eq!(some.truncated, all.reached.len() > budget);
        }
    }

    /// File 0 with symbols 1 and 2; symbol 4 of file 3 calls 1, symbol 6 of file 5 calls 2; file 7
    /// imports file 0.
    fn two_siblings() -> Graph {
        let kinds = [0, 3, 5, 7];
        let kind = |n| if kinds.contains(&n) { NodeKind::File } else { NodeKind::Symbol };
        let nodes = (0..8).map(|n| node(&format!("n{n}"), kind(n))).collect();
        let contains = [(0, 1), (0, 2), (3, 4), (5, 6)];
        let mut edges: Vec<_> =
            contains.iter().map(|(a, b)| edge(*a, *b, EdgeKind::Contains, 1.0)).collect();
        edges.push(edge(4, 1, EdgeKind::Calls, 1.0));
        edges.push(edge(6, 2, EdgeKind::Calls, 1.0));
        edges.push(edge(7, 0, EdgeKind::Imports, 1.0));
        built(nodes, edges)
    }

    fn reached(graph: &Graph, target: u32, options: &ImpactOptions) -> Vec<u32> {
        graph.impact(&[NodeIx(target)], options).reached.iter().map(|it| it.node.0).collect()
    }

    #[test]
    fn users_come_first_then_users_of_the_container_and_siblings_never() {
        let graph = two_siblings();
        assert_eq!(reached(&graph, 1, &ImpactOptions::default()), [4, 0, 3, 7]);
    }

    #[test]
    fn a_change_of_a_file_reaches_the_users_of_its_symbols() {
        let graph = two_siblings();
        let all = reached(&graph, 0, &ImpactOptions::default());
        assert_eq!(all, [1, 2, 7, 4, 6, 3, 5]);
    }

    #[test]
    fn dependencies_are_the_other_way() {
        let graph = two_siblings();
        let options =
            ImpactOptions { direction: Direction::Dependencies, ..ImpactOptions::default() };
        assert_eq!(reached(&graph, 4, &options), [1, 3, 0]);
        assert_eq!(reached(&graph, 7, &options), [0]);
        let both = ImpactOptions { direction: Direction::Both, ..options };
        assert_eq!(reached(&graph, 1, &both), [4, 0, 3, 7]);
    }

    #[test]
    fn paths_are_no_longer_than_they_may_be() {
        let edges = (0..5).map(|n| edge(n + 1, n, EdgeKind::Calls, 1.0)).collect();
        let graph = built(nodes(6), edges);
        let options = ImpactOptions { max_hops: 3, ..ImpactOptions::default() };
        assert_eq!(reached(&graph, 0, &options), [1, 2, 3]);
    }

    #[test]
    fn odd_questions_are_answered() {
        let graph = two_siblings();
        let strange = graph.impact(&[NodeIx(99)], &ImpactOptions::default());
        assert!(strange.reached.is_empty() && !strange.truncated);
        let odd = ImpactOptions { threshold: f32::NAN, up: f32::NAN, ..ImpactOptions::default() };
        assert!(reached(&graph, 1, &odd).is_empty());
        let wide = ImpactOptions { threshold: -1.0, decay: DecayFactor::clamped(9.0), ..odd };
        assert!(reached(&graph, 1, &wide).contains(&4));
    }
}
