//! Plasticity: edges between what was useful together grow, edges to what was of no use shrink.
//!
//! Only a lesson that is given explicitly changes anything. What it does is worked out first
//! (`cycle.rs`) and then put in place edge by edge, without a lock: readers see old or new weights,
//! never anything else. Each outcome can be undone.

mod cycle;
mod learnt;

pub use learnt::{Imported, Learnt};

use crate::{
    csr::EdgeIx,
    finite::{FiniteF32, LearningRate},
    graph::Graph,
    parts::NodeIx,
};

/// The least that a weight can become, times its base.
pub const MIN_FACTOR: f32 = 0.05;
/// The most that a weight can become, times its base.
pub const MAX_FACTOR: f32 = 3.0;

/// How good an answer was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feedback {
    /// It was what was wanted.
    Useful,
    /// Some of it was: half the effect, and nothing is held against the rest.
    Partly,
    /// It was not.
    NotUseful,
}

/// What there is to learn from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lesson<'a> {
    /// The nodes that it is about, with their activation above 0.
    pub active: &'a [(NodeIx, f32)],
    /// How good they were.
    pub feedback: Feedback,
    /// How far weights move.
    pub rate: LearningRate,
}

/// How learning is kept in bounds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlasticityOptions {
    /// How much, times the rate, an edge shrinks that leads from a useful node to another.
    pub unused: f32,
    /// How far, of the way to its base, such an edge goes back with each lesson.
    pub decay: f32,
    /// What comes into a node may be so many times what it was at first; from 1 to 3.
    pub max_incoming: f32,
}

impl Default for PlasticityOptions {
    fn default() -> PlasticityOptions {
        PlasticityOptions { unused: 0.05, decay: 0.01, max_incoming: 1.5 }
    }
}

/// One weight that was changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// The edge.
    pub edge: EdgeIx,
    /// Its weight before.
    pub before: f32,
    /// Its weight after.
    pub after: f32,
}

/// What a lesson has done; enough to undo it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// The weights that were changed, by edge.
    pub changes: Vec<Change>,
    /// How many weights others changed too fast for this lesson to have a say.
    pub contended: usize,
}

impl Outcome {
    /// How many edges grew, and how many shrank.
    pub fn counts(&self) -> (usize, usize) {
        let grown = self.changes.iter().filter(|change| change.after > change.before).count();
        (grown, self.changes.len() - grown)
    }
}

impl Graph {
    /// Takes in a lesson.
    pub fn learn(&self, lesson: &Lesson<'_>, options: &PlasticityOptions) -> Outcome {
        let mut outcome = Outcome::default();
        for (edge, planned) in cycle::plan(self, lesson, options) {
            self.shift(edge, planned.read, planned.next, &mut outcome);
        }
        outcome
    }

    /// Takes a lesson back. Undone in the reverse order of learning, weights are exactly as they were;
    /// otherwise, or if others learn at the same time, the same differences are taken back, within
    /// bounds. Changes of edges that this graph does not have are left out.
    pub fn undo(&self, outcome: &Outcome) -> Outcome {
        let mut undone = Outcome::default();
        for change in outcome.changes.iter().filter(|it| (it.edge.0 as usize) < self.csr.len()) {
            self.shift(change.edge, change.after, change.before, &mut undone);
        }
        undone
    }

    /// Forgets everything: each weight is what it was built with. Says how many were not.
    pub fn reset_learning(&self) -> usize {
        let mut reset = 0;
        for number in 0..self.csr.len() as u32 {
            let edge = EdgeIx(number);
            let base = self.csr.base(edge);
            if self.csr.plastic(edge).get() != base {
                self.csr.plastic(edge).set(FiniteF32::clamped(base));
                reset += 1;
            }
        }
        reset
    }

    /// Moves a weight from what was read to what it is to be; by the difference, if it was moved
    /// meanwhile.
    fn shift(&self, edge: EdgeIx, read: f32, next: f32, outcome: &mut Outcome) {
        let (least, most) = bounds(self.csr.base(edge));
        let moved = |now: f32| {
            let wanted = if now == read { next } else { now + (next - read) };
            // Bounds of the base hold even if a record of another graph is undone here.
            FiniteF32::clamped(wanted.max(least).min(most))
        };
        match self.csr.plastic(edge).update(moved) {
            Ok((before, after)) if before != after => {
                outcome.changes.push(Change { edge, before, after });
            }
            Ok(_) => {}
            Err(_) => outcome.contended += 1,
        }
    }
}

/// The least and the most that a weight can be.
fn bounds(base: f32) -> (f32, f32) {
    (base * MIN_FACTOR, base * MAX_FACTOR)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        activate::{ActivateOptions, Question},
        impact::ImpactOptions,
        kind::EdgeKind,
        testing::{Lcg, built, edge, graph_parts, nodes},
    };

    fn lesson<'a>(active: &'a [(NodeIx, f32)], feedback: Feedback) -> Lesson<'a> {
        Lesson { active, feedback, rate: LearningRate::clamped(0.2) }
    }

    fn weights(graph: &Graph) -> Vec<u32> {
        graph.edges().map(|edge| edge.weight.to_bits()).collect()
    }

    fn in_bounds(graph: &Graph) -> bool {
        graph.edges().all(|edge| {
            let (least, most) = bounds(graph.base_weight(edge.ix));
            edge.weight.is_finite() && (least..=most).contains(&edge.weight)
        })
    }

    /// 0 calls 1 and 2.
    fn fork() -> Graph {
        built(nodes(3), vec![edge(0, 1, EdgeKind::Calls, 0.5), edge(0, 2, EdgeKind::Calls, 0.5)])
    }

    #[test]
    fn what_was_useful_together_grows_and_nothing_else_does() {
        let graph = fork();
        let active = [(NodeIx(0), 1.0), (NodeIx(1), 0.8)];
        let outcome =
            graph.learn(&lesson(&active, Feedback::Useful), &PlasticityOptions::default());
        assert_eq!(outcome.counts(), (1, 1));
        let now: Vec<f32> = graph.edges().map(|edge| edge.weight).collect();
        assert!(now[0] > 0.6 && now[1] < 0.5 && now[1] > 0.45, "{now:?}");
    }

    #[test]
    fn what_was_of_no_use_shrinks() {
        let graph = fork();
        let active = [(NodeIx(0), 1.0), (NodeIx(1), 1.0)];
        let options = PlasticityOptions::default();
        for _ in 0..100 {
            graph.learn(&lesson(&active, Feedback::NotUseful), &options);
        }
        let now: Vec<f32> = graph.edges().map(|edge| edge.weight).collect();
        assert!((now[0] - 0.025).abs() < 1e-3 && now[1] == 0.5, "{now:?}");
    }

    #[test]
    fn what_comes_in_is_kept_in_balance() {
        let edges = (1..4).map(|from| edge(from, 0, EdgeKind::Calls, 0.5)).collect();
        let graph = built(nodes(4), edges);
        let active: Vec<_> = (0..4).map(|node| (NodeIx(node), 1.0)).collect();
        for _ in 0..50 {
            graph.learn(&lesson(&active, Feedback::Useful), &PlasticityOptions::default());
        }
        let sum: f32 = graph.incoming(NodeIx(0)).map(|edge| edge.weight).sum();
        assert!((sum - 2.25).abs() < 1e-3, "{sum} is not 1.5 times 1.5");
    }

    #[test]
    fn learning_changes_what_is_found_and_undoing_changes_it_back() {
        let graph = fork();
        let first = || {
            let seeds = [(NodeIx(0), 1.0)];
            let question = Question { seeds: &seeds, semantic: &[], now: 0 };
            graph.activate(&question, &ActivateOptions::default()).results[1].node
        };
        assert_eq!(first(), NodeIx(1), "a tie");
        let active = [(NodeIx(0), 1.0), (NodeIx(2), 1.0)];
        let outcome =
            graph.learn(&lesson(&active, Feedback::Useful), &PlasticityOptions::default());
        assert_eq!(first(), NodeIx(2));
        graph.undo(&outcome);
        assert_eq!(first(), NodeIx(1));
    }

    #[test]
    fn what_a_fork_learns_stays_there() {
        let graph = fork();
        let before = weights(&graph);
        let other = graph.fork();
        let active = [(NodeIx(0), 1.0), (NodeIx(1), 1.0)];
        other.learn(&lesson(&active, Feedback::Useful), &PlasticityOptions::default());
        assert_ne!(weights(&other), before);
        assert_eq!(weights(&graph), before);
        assert_ne!(weights(&other.fork()), before, "a fork of a fork starts where that is");
    }

    #[test]
    fn odd_lessons_teach_nothing() {
        let graph = fork();
        let odd = [(NodeIx(0), f32::NAN), (NodeIx(1), -1.0), (NodeIx(9), 1.0)];
        let options =
            PlasticityOptions { unused: f32::NAN, decay: f32::NAN, max_incoming: f32::NAN };
        assert_eq!(graph.learn(&lesson(&odd, Feedback::Useful), &options), Outcome::default());
        let endless = [(NodeIx(0), f32::INFINITY), (NodeIx(1), f32::INFINITY)];
        graph.learn(&lesson(&endless, Feedback::Useful), &options);
        assert!(in_bounds(&graph));
        let change = Change { edge: EdgeIx(99), before: 1.0, after: 2.0 };
        let strange = Outcome { changes: vec![change], contended: 0 };
        assert_eq!(graph.undo(&strange), Outcome::default());
        let change = Change { edge: EdgeIx(0), before: f32::NAN, after: 2.0 };
        graph.undo(&Outcome { changes: vec![change], contended: 0 });
        assert!(in_bounds(&graph));
    }

    proptest! {
        #[test]
        fn weights_stay_in_bounds_and_go_back_exactly(
            (nodes, edges) in graph_parts(12, 60),
            lessons in prop::collection::vec(
                (prop::collection::vec((0_u32..14, 0.0_f32..2.0), 0..8), 0_usize..3, 0.0_f32..=1.0),
                0..20,
            ),
        ) {
            let graph = built(nodes, edges);
            let mut history = Vec::new();
            for (active, feedback, rate) in &lessons {
                let active: Vec<_> = active.iter().map(|(node, it)| (NodeIx(*node), *it)).collect();
                let feedback =
                    [Feedback::Useful, Feedback::Partly, Feedback::NotUseful][*feedback];
                let lesson =
                    Lesson { active: &active, feedback, rate: LearningRate::clamped(*rate) };
                let before = weights(&graph);
                history.push((before, graph.learn(&lesson, &PlasticityOptions::default())));
                prop_assert!(in_bounds(&graph));
            }
            for (before, outcome) in history.iter().rev() {
                graph.undo(outcome);
                prop_assert_eq!(&weights(&graph), before);
            }
        }
    }

    /// Lessons and questions at the same time: no weight leaves its bounds, no question stumbles.
    #[test]
    fn many_threads_learn_while_others_ask() {
        let mut random = Lcg(3);
        let pairs: Vec<_> =
            (0..400).map(|_| (random.below(80) as u32, random.below(80) as u32)).collect();
        let edges = pairs.iter().map(|(a, b)| edge(*a, *b, EdgeKind::Calls, 0.5)).collect();
        let graph = built(nodes(80), edges);
        std::thread::scope(|scope| {
            for thread in 0..32_u64 {
                let graph = &graph;
                scope.spawn(move || {
                    let mut random = Lcg(thread);
                    for round in 0..40 {
                        let active: Vec<_> =
                            (0..6).map(|_| (NodeIx(random.below(80) as u32), 1.0)).collect();
                        let feedback =
                            if round % 3 == 0 { Feedback::NotUseful } else { Feedback::Useful };
                        let options = PlasticityOptions::default();
                        let outcome = graph.learn(&lesson(&active, feedback), &options);
                        if round % 4 == 0 {
                            graph.undo(&outcome);
                        }
                    }
                });
            }
            for thread in 0..4_u64 {
                let graph = &graph;
                scope.spawn(move || {
                    let mut random = Lcg(thread);
                    for _ in 0..100 {
                        let node = NodeIx(random.below(80) as u32);
                        let impact = graph.impact(&[node], &ImpactOptions::default());
                        assert!(impact.reached.iter().all(|it| it.score > 0.0 && it.score <= 1.0));
                    }
                });
            }
        });
        assert!(in_bounds(&graph));
        graph.reset_learning();
        assert!(graph.edges().all(|edge| edge.weight == 0.5));
    }
}
