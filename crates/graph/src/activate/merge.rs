//! Dimensions into one score.

use crate::{finite::share, graph::Graph, parts::NodeIx};

/// How many dimensions there are.
pub(crate) const DIMENSIONS: usize = 4;

/// What a node must have of a dimension for it to count for the bonus.
const ACTIVE: f32 = 0.01;

/// What nodes have of each dimension, from 0 to 1, and all together: the best of them, in order, ties by node. Each
/// dimension counts in proportion to its best; the weights of those that are empty go to the others.
/// With `resonance`, 3 dimensions that agree on a node count 1.3 times, 4 of them 1.5 times.
pub(crate) fn merge(
    graph: &Graph,
    dimensions: &[Vec<(NodeIx, f32)>; DIMENSIONS],
    weights: &[f32; DIMENSIONS],
    resonance: bool,
    max_results: usize,
) -> (Vec<Merged>, [f32; DIMENSIONS]) {
    let most = dimensions.each_ref().map(|scores| {
        let good = scores.iter().filter(|(node, _)| graph.has(*node)).map(|(_, score)| *score);
        good.fold(0.0, f32::max).min(f32::MAX)
    });
    let mut used = [0.0; DIMENSIONS];
    for (used, (weight, most)) in used.iter_mut().zip(weights.iter().zip(&most)) {
        *used = if *most > 0.0 { share(*weight) } else { 0.0 };
    }
    let sum: f32 = used.iter().sum();
    if sum > 0.0 {
        used.iter_mut().for_each(|weight| *weight /= sum);
    }
    let merged = graph.pools.merged.with(|of| {
        of.reset(graph.node_count());
        for (at, scores) in dimensions.iter().enumerate().filter(|(at, _)| used[*at] > 0.0) {
            for (node, score) in scores.iter().filter(|(node, _)| graph.has(*node)) {
                let slot = &mut of.entry(node.0)[at];
                *slot = slot.max(share(*score / most[at]));
            }
        }
        let one = |node: &u32| {
            let dimensions = of.get(*node).unwrap_or_default();
            let score = total(&dimensions, &used, resonance);
            Merged { node: NodeIx(*node), score, dimensions }
        };
        let all = of.touched().iter().map(one).filter(|merged| merged.score > 0.0);
        best(all.collect(), max_results)
    });
    (merged, used)
}

/// The weighted sum of what a node has, with the bonus for agreement.
fn total(dimensions: &[f32; DIMENSIONS], weights: &[f32; DIMENSIONS], resonance: bool) -> f32 {
    let sum: f32 = dimensions.iter().zip(weights).map(|(score, weight)| score * weight).sum();
    let bonus = match dimensions.iter().filter(|score| **score > ACTIVE).count() {
        4.. if resonance => 1.5,
        3 if resonance => 1.3,
        _ => 1.0,
    };
    sum * bonus
}

/// The best of all, in order.
fn best(mut all: Vec<Merged>, max_results: usize) -> Vec<Merged> {
    let better = |a: &Merged, b: &Merged| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node));
    if max_results < all.len() {
        all.select_nth_unstable_by(max_results, better);
        all.truncate(max_results);
    }
    all.sort_unstable_by(better);
    all
}

/// A node with its score.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Merged {
    pub(crate) node: NodeIx,
    pub(crate) score: f32,
    pub(crate) dimensions: [f32; DIMENSIONS],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{built, nodes};

    const WEIGHTS: [f32; 4] = [0.35, 0.25, 0.15, 0.25];

    fn one(node: u32, score: f32) -> Vec<(NodeIx, f32)> {
        vec![(NodeIx(node), score)]
    }

    #[test]
    fn an_empty_dimension_gives_its_weight_to_the_others() {
        let graph = built(nodes(2), Vec::new());
        let dimensions = [one(0, 9.0), Vec::new(), Vec::new(), one(1, 3.0)];
        let (merged, used) = merge(&graph, &dimensions, &WEIGHTS, true, 9);
        assert!((used[0] - 0.35 / 0.6).abs() < 1e-6 && used[1] == 0.0);
        assert_eq!(merged[0].dimensions, [1.0, 0.0, 0.0, 0.0]);
        assert!((merged[0].score - used[0]).abs() < 1e-6);
        assert_eq!(merged[1].node, NodeIx(1));
    }

    #[test]
    fn agreement_counts_more_if_it_is_asked_for() {
        let graph = built(nodes(1), Vec::new());
        let score = |dimensions: usize, resonance| {
            let all =
                std::array::from_fn(|at| if at < dimensions { one(0, 1.0) } else { Vec::new() });
            merge(&graph, &all, &WEIGHTS, resonance, 9).0[0].score
        };
        for (dimensions, bonus) in [(1, 1.0), (2, 1.0), (3, 1.3), (4, 1.5)] {
            assert!((score(dimensions, true) - bonus).abs() < 1e-6);
            assert!((score(dimensions, false) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn odd_numbers_make_no_odd_scores() {
        let graph = built(nodes(2), Vec::new());
        let odd = [(0, f32::NAN), (1, f32::INFINITY), (7, 1.0)];
        let odd: Vec<_> = odd.iter().map(|(node, score)| (NodeIx(*node), *score)).collect();
        let weights = [f32::NAN, 2.0, f32::INFINITY, -1.0];
        let (merged, _) = merge(&graph, &std::array::from_fn(|_| odd.clone()), &weights, true, 9);
        assert_eq!(merged.len(), 1);
        assert!(merged[0].score.is_finite());
    }
}
