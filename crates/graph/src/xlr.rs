//! Cancelling of noise: what anti-seeds light up as well was not lit by the question.
//!
//! Hot pulses run from the seeds, cold ones from nodes that have nothing to do with them. Both split
//! at each node and never turn back. What arrives at a node, by the number of steps, is its spectrum;
//! the more the cold spectrum looks like the hot one, the more of it is subtracted. A gate then lets
//! through what is left: `2 sigmoid(x) - 1`, so that a node with as much cold as hot has nothing, where
//! a plain sigmoid would leave it a half.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use crate::{
    csr::EdgeIx,
    factors::Factors,
    finite::{DecayFactor, FiniteF32, share},
    graph::Graph,
    parts::NodeIx,
};

/// The most steps of a pulse, and with them the length of a spectrum.
const MAX_HOPS: usize = 8;

/// How noise is cancelled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct XlrOptions {
    /// How many pulses may run, half of them hot, half cold.
    pub max_pulses: usize,
    /// The most steps of a pulse, up to 8.
    pub max_hops: u32,
    /// What is left of a pulse after each step.
    pub decay: DecayFactor,
    /// A pulse weaker than this ends; all seeds together send 1.
    pub threshold: f32,
    /// How many anti-seeds are looked for.
    pub anti_seeds: usize,
    /// How steep the gate is.
    pub steepness: f32,
}

impl Default for XlrOptions {
    fn default() -> XlrOptions {
        XlrOptions {
            max_pulses: 50_000,
            max_hops: 5,
            decay: DecayFactor::clamped(0.55),
            threshold: 1e-4,
            anti_seeds: 3,
            steepness: 6.0,
        }
    }
}

/// What is left when the noise is cancelled.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Xlr {
    /// Where the cold pulses started.
    pub anti_seeds: Vec<NodeIx>,
    /// How many pulses ran.
    pub pulses: usize,
    /// Whether there would have been more.
    pub truncated: bool,
    /// By node: what arrived hot, and how much of it the gate lets through.
    nodes: Vec<(NodeIx, f32, f32)>,
}

impl Xlr {
    /// How much of a node is not noise, from 0 to 1; 1 where no pulse has arrived.
    pub fn gate(&self, node: NodeIx) -> f32 {
        let place = self.nodes.binary_search_by_key(&node, |it| it.0);
        place.map_or(1.0, |at| self.nodes[at].2)
    }

    /// What is left of the hot pulses at each node, best first, ties by node.
    pub fn scores(&self) -> Vec<(NodeIx, f32)> {
        let mut scores: Vec<_> =
            self.nodes.iter().map(|(node, hot, gate)| (*node, hot * gate)).collect();
        scores.retain(|(_, score)| *score > 0.0);
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scores
    }
}

/// A pulse on its way: the strongest first, equals in the order in which they were sent; where it is,
/// after how many steps, and on which edge it came.
type Pulse = (FiniteF32, Reverse<usize>, u32, u32, Option<EdgeIx>);

/// What arrives at a node, by the number of steps.
type Spectrum = [f32; MAX_HOPS + 1];

impl Graph {
    /// Runs hot and cold pulses. Without anti-seeds of the caller's, they are looked for: important
    /// nodes about as connected as the seeds, that share next to no neighbours with them.
    pub fn xlr(
        &self,
        seeds: &[(NodeIx, f32)],
        anti_seeds: &[NodeIx],
        factors: &Factors,
        options: &XlrOptions,
    ) -> Xlr {
        let seeds: Vec<(NodeIx, f32)> = seeds
            .iter()
            .filter(|(node, score)| self.has(*node) && *score > 0.0)
            .map(|(node, score)| (*node, score.min(f32::MAX)))
            .collect();
        let anti_seeds: Vec<NodeIx> = match anti_seeds {
            [] => self.anti_seeds(&seeds, factors, options.anti_seeds),
            given => given.iter().copied().filter(|node| self.has(*node)).collect(),
        };
        let cold: Vec<_> = anti_seeds.iter().map(|node| (*node, 1.0)).collect();
        let (hot, first, cut) = self.pulses(&seeds, factors, options);
        let (cold, second, cold_cut) = self.pulses(&cold, factors, options);
        let nodes = hot.iter().map(|(node, hot)| {
            let cold = cold.get(node).copied().unwrap_or_default();
            (*node, hot.iter().sum::<f32>(), gate(hot, &cold, options.steepness))
        });
        let nodes = nodes.collect();
        Xlr { anti_seeds, pulses: first + second, truncated: cut || cold_cut, nodes }
    }

    fn pulses(
        &self,
        seeds: &[(NodeIx, f32)],
        factors: &Factors,
        options: &XlrOptions,
    ) -> (BTreeMap<NodeIx, Spectrum>, usize, bool) {
        let max_hops = options.max_hops.min(MAX_HOPS as u32);
        let threshold = if options.threshold > 1e-6 { options.threshold } else { 1e-6 };
        let sum: f64 = seeds.iter().map(|(_, score)| f64::from(*score)).sum();
        let mut heap: BinaryHeap<Pulse> = BinaryHeap::new();
        let mut sent = 0;
        for (node, score) in seeds {
            let share = (f64::from(*score) / sum) as f32;
            heap.push((FiniteF32::clamped(share), Reverse(sent), node.0, 0, None));
            sent += 1;
        }
        let mut spectra: BTreeMap<NodeIx, Spectrum> = BTreeMap::new();
        let mut ran = 0;
        while let Some((amplitude, _, node, hops, came)) = heap.pop() {
            if ran >= options.max_pulses / 2 {
                return (spectra, ran, true);
            }
            ran += 1;
            let (node, amplitude) = (NodeIx(node), amplitude.get());
            spectra.entry(node).or_default()[hops as usize] += amplitude;
            if hops >= max_hops {
                continue;
            }
            let onward = || self.steps(node, factors).filter(|(step, _)| Some(step.edge) != came);
            let mass = onward().map(|(_, strength)| strength).sum::<f32>().max(1.0);
            for (step, strength) in onward() {
                let amplitude = amplitude * options.decay.get() * strength / mass;
                if amplitude >= threshold {
                    let pulse = FiniteF32::clamped(amplitude);
                    heap.push((pulse, Reverse(sent), step.to.0, hops + 1, Some(step.edge)));
                    sent += 1;
                }
            }
        }
        (spectra, ran, false)
    }

    /// Nodes of at least 0.3 of the seeds' mean degree that share at most a fifth of their neighbours
    /// with them, the most important first.
    fn anti_seeds(&self, seeds: &[(NodeIx, f32)], factors: &Factors, wanted: usize) -> Vec<NodeIx> {
        if seeds.is_empty() {
            return Vec::new();
        }
        let mut near: Vec<NodeIx> = seeds.iter().map(|(node, _)| *node).collect();
        for (seed, _) in seeds {
            near.extend(self.steps(*seed, factors).map(|(step, _)| step.to));
        }
        near.sort_unstable();
        near.dedup();
        let sum: usize = seeds.iter().map(|(node, _)| self.degree(*node)).sum();
        let least = sum as f32 / seeds.len() as f32 * 0.3;
        let far = |node: &NodeIx| {
            let mut neighbours: Vec<NodeIx> =
                self.steps(*node, factors).map(|(step, _)| step.to).collect();
            neighbours.sort_unstable();
            neighbours.dedup();
            let shared = neighbours.iter().filter(|it| near.binary_search(it).is_ok()).count();
            shared * 5 <= neighbours.len()
        };
        let mut found: Vec<NodeIx> = self
            .nodes()
            .filter(|node| self.degree(*node) as f32 >= least && self.degree(*node) > 0)
            .filter(|node| near.binary_search(node).is_err())
            .collect();
        found.sort_by(|a, b| self.pagerank(*b).total_cmp(&self.pagerank(*a)).then(a.cmp(b)));
        // The most important of many are enough to look at.
        found.into_iter().take(1000).filter(far).take(wanted).collect()
    }
}

/// How much of a node is not noise.
fn gate(hot: &Spectrum, cold: &Spectrum, steepness: f32) -> f32 {
    let sum = |spectrum: &Spectrum| spectrum.iter().sum::<f32>();
    let product = |a: &Spectrum, b: &Spectrum| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let (warm, chill) = (sum(hot), sum(cold));
    if chill <= 0.0 {
        return 1.0;
    }
    let norm = (product(hot, hot) * product(cold, cold)).sqrt();
    let overlap = if norm > 0.0 { share(product(hot, cold) / norm) } else { 0.0 };
    let left = (warm - (0.5 + 0.5 * overlap) * chill) / (warm + chill);
    let steepness = if steepness > 0.0 { steepness.min(100.0) } else { 1.0 };
    share(2.0 / (1.0 + (-steepness * left).exp()) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activate::ActivateOptions,
        kind::EdgeKind,
        testing::{Lcg, built, edge, nodes},
    };

    fn factors() -> Factors {
        ActivateOptions::default().structural.factors
    }

    /// 0 calls 1 and the hub 2; 3 and 4 call the hub; 5 is called by 3 and 4.
    fn hub() -> Graph {
        let pairs = [(0, 1), (0, 2), (3, 2), (4, 2), (3, 5), (4, 5)];
        let edges = pairs.iter().map(|(a, b)| edge(*a, *b, EdgeKind::Calls, 1.0)).collect();
        built(nodes(6), edges)
    }

    #[test]
    fn what_anti_seeds_light_as_well_is_cancelled() {
        let (graph, options) = (hub(), XlrOptions::default());
        let found = graph.xlr(&[(NodeIx(0), 1.0)], &[NodeIx(3), NodeIx(4)], &factors(), &options);
        assert!(found.gate(NodeIx(1)) > 0.9, "only the seed leads there");
        assert!(found.gate(NodeIx(2)) < 0.2, "all lead there");
        assert_eq!(found.gate(NodeIx(5)), 0.0, "only anti-seeds lead there");
    }

    #[test]
    fn as_much_cold_as_hot_is_nothing() {
        let mut spectrum = Spectrum::default();
        spectrum[1] = 0.3;
        assert_eq!(gate(&spectrum, &spectrum, 6.0), 0.0);
        assert_eq!(gate(&spectrum, &Spectrum::default(), 6.0), 1.0);
        assert_eq!(gate(&Spectrum::default(), &spectrum, 6.0), 0.0);
    }

    #[test]
    fn an_anti_seed_is_no_neighbour() {
        let found = hub().xlr(&[(NodeIx(0), 1.0)], &[], &factors(), &XlrOptions::default());
        assert_eq!(found.anti_seeds, [NodeIx(5)]);
    }

    #[test]
    fn pulses_are_bounded_even_in_a_dense_graph() {
        let mut random = Lcg(7);
        let pairs: Vec<_> = (0..3000).map(|_| (random.below(60), random.below(60))).collect();
        let edges =
            pairs.iter().map(|(a, b)| edge(*a as u32, *b as u32, EdgeKind::Calls, 1.0)).collect();
        let graph = built(nodes(60), edges);
        let options = XlrOptions { max_pulses: 1000, threshold: 0.0, ..XlrOptions::default() };
        let found = graph.xlr(&[(NodeIx(0), 1.0)], &[NodeIx(1)], &factors(), &options);
        assert_eq!((found.pulses, found.truncated), (1000, true));
        assert!(found.scores().iter().all(|(_, score)| score.is_finite() && *score > 0.0));
    }

    #[test]
    fn odd_questions_are_answered() {
        let graph = hub();
        let odd = XlrOptions { threshold: f32::NAN, steepness: f32::NAN, ..XlrOptions::default() };
        let seeds = [(NodeIx(77), 1.0), (NodeIx(0), f32::INFINITY), (NodeIx(1), f32::NAN)];
        let found = graph.xlr(&seeds, &[NodeIx(99)], &factors(), &odd);
        assert!(found.scores().iter().all(|(_, score)| score.is_finite()));
        assert_eq!(graph.xlr(&[], &[], &factors(), &odd), Xlr::default());
    }
}
