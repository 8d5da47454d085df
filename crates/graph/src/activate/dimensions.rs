//! The dimension of time. (Structure and cause are [`super::hybrid`] with other factors, meaning
//! comes from the caller.)

use std::collections::BTreeMap;

use crate::{finite::share, graph::Graph, kind::EdgeKind, parts::NodeIx};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// How a seed's own time counts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TemporalOptions {
    /// After so many days without a change, recency is a half.
    pub half_life_days: f32,
    /// How much recency counts in a seed.
    pub recency: f32,
    /// How much its change frequency counts.
    pub frequency: f32,
    /// How much of a seed passes along an edge of co-change, times the edge's weight.
    pub co_change: f32,
}

impl Default for TemporalOptions {
    fn default() -> TemporalOptions {
        TemporalOptions { half_life_days: 7.0, recency: 0.6, frequency: 0.4, co_change: 1.0 }
    }
}

/// From 1 for a change just now (or later) down to 0; 0 if the time of the change is not known.
pub(crate) fn recency(modified: i64, now: i64, half_life_days: f32) -> f32 {
    if modified == 0 || half_life_days.is_nan() || half_life_days <= 0.0 {
        return 0.0;
    }
    let days = now.saturating_sub(modified).max(0) as f64 / DAY;
    (-days / f64::from(half_life_days)).exp2() as f32
}

/// What is recent or often changed among the seeds, and what changes together with them; by node.
pub(crate) fn temporal(
    graph: &Graph,
    seeds: &[(NodeIx, f32)],
    now: i64,
    options: &TemporalOptions,
) -> Vec<(NodeIx, f32)> {
    let mut scores: BTreeMap<NodeIx, f32> = BTreeMap::new();
    let most = seeds.iter().map(|(_, score)| *score).fold(0.0, f32::max).min(f32::MAX);
    for (seed, score) in seeds.iter().filter(|(seed, score)| graph.has(*seed) && *score > 0.0) {
        let score = share(*score / most);
        let recent = recency(graph.modified(*seed), now, options.half_life_days);
        let own = share(options.recency) * recent
            + share(options.frequency) * graph.change_frequency(*seed);
        *scores.entry(*seed).or_default() += score * own;
        for edge in graph.outgoing(*seed).filter(|edge| edge.kind == EdgeKind::CoChange) {
            let passed = score * edge.weight.min(1.0) * share(options.co_change);
            *scores.entry(edge.to).or_default() += passed;
        }
    }
    scores.into_iter().filter(|(_, score)| *score > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{built, edge, nodes};

    #[test]
    fn a_week_halves_what_is_recent() {
        let week = 7 * 86_400;
        assert_eq!(recency(1000, 1000, 7.0), 1.0);
        assert_eq!(recency(1000, 1000 + week, 7.0), 0.5);
        assert_eq!(recency(2000, 1000, 7.0), 1.0, "a clock may be behind");
        assert_eq!(recency(0, 1000, 7.0), 0.0, "not known");
        assert_eq!(recency(i64::MIN, i64::MAX, f32::NAN), 0.0);
    }

    #[test]
    fn partners_of_seeds_are_found_though_nothing_is_known_of_their_time() {
        let graph = built(nodes(3), vec![edge(1, 0, EdgeKind::CoChange, 0.5)]);
        let scores = temporal(&graph, &[(NodeIx(0), 0.2)], 0, &TemporalOptions::default());
        assert_eq!(scores, [(NodeIx(1), 0.5)]);
    }
}
