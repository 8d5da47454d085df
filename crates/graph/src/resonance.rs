//! Standing waves: what swings along when something is struck.
//!
//! Pulses run from the seeds with an amplitude and a phase that grows with each step. They split at
//! each node, never turn back by themselves, and are reflected, half a wave shifted, at dead ends and,
//! in part, at hubs. What meets at a node adds up as complex numbers: in phase it grows, out of phase
//! it cancels. Each harmonic is the same walk with a shorter wave, so all are summed up in one.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    f32::consts::PI,
};

use crate::{
    csr::EdgeIx,
    factors::Factors,
    finite::{FiniteF32, share},
    graph::Graph,
    parts::NodeIx,
};

/// How many harmonics there are: the base and four above it.
pub const HARMONICS: usize = 5;

/// How waves run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ResonanceOptions {
    /// What passes along and against edges of each kind.
    pub factors: Factors,
    /// The most pulses.
    pub max_pulses: usize,
    /// The most steps of a pulse.
    pub max_hops: u32,
    /// Steps of a whole wave of the base; at least 1.
    pub wavelength: f32,
    /// What is left of a pulse after each step, from 0 to 1.
    pub decay: f32,
    /// A pulse weaker than this ends; all seeds together send 1.
    pub threshold: f32,
    /// What a dead end sends back.
    pub dead_end: f32,
    /// What a hub sends back: a node with more than 4 times the mean degree.
    pub hub: f32,
    /// The most antinodes.
    pub max_results: usize,
}

impl ResonanceOptions {
    /// The usual numbers.
    pub fn new(factors: Factors) -> ResonanceOptions {
        ResonanceOptions {
            factors,
            max_pulses: 50_000,
            max_hops: 10,
            wavelength: 4.0,
            decay: 0.9,
            threshold: 1e-4,
            dead_end: 0.9,
            hub: 0.3,
            max_results: 50,
        }
    }
}

/// A node where waves add up.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Antinode {
    /// The node.
    pub node: NodeIx,
    /// How strongly it swings: over all harmonics, as the root of the sum of squares.
    pub amplitude: f32,
    /// The harmonic that is strongest there, from 1.
    pub harmonic: usize,
    /// The phase of that harmonic, from -pi to pi.
    pub phase: f32,
    /// Whether it swings at least as strongly as all its neighbours.
    pub peak: bool,
}

/// What swings along.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Resonance {
    /// The strongest first, ties by node.
    pub antinodes: Vec<Antinode>,
    /// How many pulses ran.
    pub pulses: usize,
    /// Whether there would have been more pulses.
    pub truncated: bool,
}

/// The sum of what has arrived at a node: a complex number for each harmonic.
type Swing = [(f32, f32); HARMONICS];

/// A pulse on its way.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pulse {
    amplitude: FiniteF32,
    /// Equals go in the order in which they were sent.
    sent: Reverse<usize>,
    node: u32,
    hops: u32,
    reflections: u32,
    came: Option<(EdgeIx, u32)>,
}

impl Graph {
    /// What swings along when seeds are struck, each with its score. What is no node or no score
    /// above 0 is left out.
    pub fn resonate(&self, seeds: &[(NodeIx, f32)], options: &ResonanceOptions) -> Resonance {
        let (swings, pulses, truncated) = self.waves(seeds, options);
        let amplitude =
            |swing: &Swing| swing.iter().map(|(x, y)| x * x + y * y).sum::<f32>().sqrt();
        let of = |node: NodeIx| swings.get(&node).map_or(0.0, amplitude);
        let antinode = |(node, swing): (&NodeIx, &Swing)| {
            let strength = |at: &usize| swing[*at].0.hypot(swing[*at].1);
            let strongest = (0..HARMONICS)
                .reduce(|best, at| if strength(&at) > strength(&best) { at } else { best });
            let strongest = strongest.unwrap_or(0);
            let amplitude = amplitude(swing);
            let mut neighbours = self.steps(*node, &options.factors);
            Antinode {
                node: *node,
                amplitude,
                harmonic: strongest + 1,
                phase: swing[strongest].1.atan2(swing[strongest].0),
                peak: neighbours.all(|(step, _)| of(step.to) <= amplitude),
            }
        };
        let mut antinodes: Vec<Antinode> = swings.iter().map(antinode).collect();
        antinodes.retain(|antinode| antinode.amplitude > 0.0);
        antinodes.sort_by(|a, b| b.amplitude.total_cmp(&a.amplitude).then(a.node.cmp(&b.node)));
        antinodes.truncate(options.max_results);
        Resonance { antinodes, pulses, truncated }
    }

    fn waves(
        &self,
        seeds: &[(NodeIx, f32)],
        options: &ResonanceOptions,
    ) -> (BTreeMap<NodeIx, Swing>, usize, bool) {
        let good = |(node, score): &&(NodeIx, f32)| self.has(*node) && *score > 0.0;
        let bounded = |score: f32| f64::from(score.min(f32::MAX));
        let sum: f64 = seeds.iter().filter(good).map(|(_, score)| bounded(*score)).sum();
        let mut sender =
            Sender { heap: BinaryHeap::new(), sent: 0, least: least(options.threshold) };
        for (node, score) in seeds.iter().filter(good) {
            sender.send((bounded(*score) / sum) as f32, node.0, 0, 0, None);
        }
        let mean = self.edge_count() as f32 * 2.0 / self.node_count().max(1) as f32;
        let mut swings: BTreeMap<NodeIx, Swing> = BTreeMap::new();
        let mut ran = 0;
        while let Some(pulse) = sender.heap.pop() {
            if ran >= options.max_pulses {
                return (swings, ran, true);
            }
            ran += 1;
            arrive(swings.entry(NodeIx(pulse.node)).or_default(), &pulse, options);
            if pulse.hops < options.max_hops {
                self.send_on(&pulse, mean, options, &mut sender);
            }
        }
        (swings, ran, false)
    }

    fn send_on(&self, pulse: &Pulse, mean: f32, options: &ResonanceOptions, sender: &mut Sender) {
        let node = NodeIx(pulse.node);
        let back = pulse.came.map(|(edge, _)| edge);
        let onward =
            || self.steps(node, &options.factors).filter(|(step, _)| Some(step.edge) != back);
        let mass: f32 = onward().map(|(_, strength)| strength).sum();
        let hub = self.degree(node) as f32 > mean * 4.0;
        let reflected = match mass > 0.0 {
            false => share(options.dead_end),
            true if hub => share(options.hub),
            true => 0.0,
        };
        let amplitude = pulse.amplitude.get() * share(options.decay);
        let hops = pulse.hops + 1;
        if let Some((edge, from)) = pulse.came.filter(|_| reflected > 0.0) {
            let came = Some((edge, pulse.node));
            sender.send(amplitude * reflected, from, hops, pulse.reflections + 1, came);
        }
        // A dead end that nothing came to over an edge is a seed on its own: nothing goes on.
        let through = if pulse.came.is_some() { 1.0 - reflected } else { 1.0 };
        for (step, strength) in onward() {
            let amplitude = amplitude * through * strength / mass.max(1.0);
            let came = Some((step.edge, pulse.node));
            sender.send(amplitude, step.to.0, hops, pulse.reflections, came);
        }
    }
}

/// Pulses that wait, the strongest first.
struct Sender {
    heap: BinaryHeap<Pulse>,
    sent: usize,
    least: f32,
}

impl Sender {
    fn send(
        &mut self,
        amplitude: f32,
        node: u32,
        hops: u32,
        reflections: u32,
        came: Option<(EdgeIx, u32)>,
    ) {
        if amplitude >= self.least {
            let amplitude = FiniteF32::clamped(amplitude);
            let sent = Reverse(self.sent);
            self.heap.push(Pulse { amplitude, sent, node, hops, reflections, came });
            self.sent += 1;
        }
    }
}

/// Each step turns harmonic `k` by `k` times the angle of the base, each reflection by half a turn.
fn arrive(swing: &mut Swing, pulse: &Pulse, options: &ResonanceOptions) {
    let wavelength = if options.wavelength >= 1.0 { options.wavelength.min(1e6) } else { 1.0 };
    let base = 2.0 * PI * pulse.hops as f32 / wavelength;
    for (at, (x, y)) in swing.iter_mut().enumerate() {
        let phase = base * (at + 1) as f32 + PI * pulse.reflections as f32;
        *x += pulse.amplitude.get() * phase.cos();
        *y += pulse.amplitude.get() * phase.sin();
    }
}

fn least(threshold: f32) -> f32 {
    if threshold > 1e-6 { threshold } else { 1e-6 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activate::ActivateOptions,
        kind::EdgeKind,
        testing::{Lcg, built, edge, nodes},
    };

    fn options() -> ResonanceOptions {
        ResonanceOptions::new(ActivateOptions::default().structural.factors)
    }

    fn calls(pairs: &[(u32, u32)], count: usize) -> Graph {
        let edges = pairs.iter().map(|(a, b)| edge(*a, *b, EdgeKind::Calls, 1.0)).collect();
        built(nodes(count), edges)
    }

    #[test]
    fn a_string_of_one_step_swings_as_worked_out_by_hand() {
        let graph = calls(&[(0, 1)], 2);
        let options = ResonanceOptions { max_hops: 2, decay: 1.0, ..options() };
        let found = graph.resonate(&[(NodeIx(0), 1.0)], &options);
        // One pulse arrives at 1 with amplitude 1 after a quarter of a wave; 0.9 of it comes back to
        // 0 after half a wave, shifted by another half: in phase with the start for harmonics 2 and 4
        // only if the wave agrees.
        assert_eq!(found.pulses, 3);
        let at = |node: u32| found.antinodes.iter().find(|it| it.node.0 == node).unwrap();
        assert!((at(1).amplitude - 5.0_f32.sqrt()).abs() < 1e-5);
        let wanted: f32 = [1.9_f32, 0.1, 1.9, 0.1, 1.9].iter().map(|it| it * it).sum();
        assert!((at(0).amplitude - wanted.sqrt()).abs() < 1e-4);
        assert!(at(0).peak && !at(1).peak && at(0).harmonic == 1);
    }

    #[test]
    fn two_ways_out_of_phase_cancel() {
        // From 0 to 3 in one step and, over 1 and 2, in three: half a wave of the base apart.
        let graph = calls(&[(0, 3), (0, 1), (1, 2), (2, 3)], 4);
        let forward = ActivateOptions::default().structural.factors.forward;
        let factors = Factors { forward, backward: crate::KindFactors::NONE };
        let options =
            ResonanceOptions { decay: 1.0, dead_end: 0.0, hub: 0.0, factors, ..options() };
        let (swings, ..) = graph.waves(&[(NodeIx(0), 1.0)], &options);
        let swing = swings[&NodeIx(3)];
        assert!(swing[0].0.hypot(swing[0].1) < 1e-5, "the base cancels");
        assert!(swing[1].0.hypot(swing[1].1) > 0.9, "the octave does not");
    }

    #[test]
    fn pulses_are_bounded() {
        let mut random = Lcg(11);
        let pairs: Vec<_> =
            (0..4000).map(|_| (random.below(80) as u32, random.below(80) as u32)).collect();
        let graph = calls(&pairs, 80);
        let dense = ResonanceOptions { threshold: 0.0, max_pulses: 5_000, ..options() };
        let found = graph.resonate(&[(NodeIx(0), 1.0)], &dense);
        assert_eq!((found.pulses, found.truncated), (5_000, true));
        assert!(found.antinodes.iter().all(|it| it.amplitude.is_finite() && it.phase.is_finite()));
        assert_eq!(graph.resonate(&[(NodeIx(0), 1.0)], &dense), found);
    }

    #[test]
    fn odd_questions_are_answered() {
        let graph = calls(&[(0, 1)], 3);
        let nan = f32::NAN;
        let odd = ResonanceOptions {
            wavelength: nan,
            decay: nan,
            threshold: nan,
            dead_end: nan,
            hub: nan,
            ..options()
        };
        let seeds = [(NodeIx(0), nan), (NodeIx(9), 1.0), (NodeIx(1), f32::INFINITY)];
        assert_eq!(graph.resonate(&seeds, &odd).pulses, 1);
        assert_eq!(graph.resonate(&[], &odd), Resonance::default());
    }
}
