//! Which way of spreading fits.

use super::{
    flow::{Cell, Spread, SpreadOptions},
    heap, wavefront,
};
use crate::{graph::Graph, parts::NodeIx, scratch::Stamped};

/// How scores are spread. Both ways have the same result, up to what is not passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Strategy {
    /// The heap for fewer than one seed in 1,000 nodes if nodes have fewer than 8 edges on average;
    /// otherwise rounds.
    #[default]
    Auto,
    /// Most first.
    Heap,
    /// In rounds.
    Wavefront,
}

impl Strategy {
    /// The way that is taken in a graph.
    pub(crate) fn of(self, graph: &Graph, seeds: usize) -> Strategy {
        let (nodes, edges) = (graph.node_count() as f64, graph.edge_count() as f64);
        match self {
            Strategy::Auto if (seeds as f64) < nodes * 0.001 && edges < nodes * 8.0 => {
                Strategy::Heap
            }
            Strategy::Auto => Strategy::Wavefront,
            chosen => chosen,
        }
    }
}

/// Spreads scores from seeds.
pub(crate) fn spread(
    graph: &Graph,
    seeds: &[(NodeIx, f32)],
    options: &SpreadOptions,
    strategy: Strategy,
) -> Spread {
    let run = |cells: &mut Stamped<Cell>| match strategy.of(graph, seeds.len()) {
        Strategy::Heap => heap::spread(graph, seeds, options, cells),
        _ => wavefront::spread(graph, seeds, options, cells),
    };
    graph.pools.flow.with(run)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Strategy, *};
    use crate::{
        activate::ActivateOptions,
        testing::{built, graph_parts, nodes},
    };

    /// The equation, iterated over the dense matrix.
    fn reference(graph: &Graph, seeds: &[(NodeIx, f32)], options: &SpreadOptions) -> Vec<f64> {
        let n = graph.node_count();
        let mut matrix = vec![vec![0.0_f64; n]; n];
        for edge in graph.edges() {
            let (from, to) = (edge.from.0 as usize, edge.to.0 as usize);
            let strength = |factor: f32| f64::from(edge.weight.min(1.0) * factor);
            matrix[from][to] += strength(options.factors.forward.get(edge.kind));
            matrix[to][from] += strength(options.factors.backward.get(edge.kind));
        }
        for row in &mut matrix {
            let mass = row.iter().sum::<f64>().max(1.0);
            row.iter_mut().for_each(|cell| *cell *= f64::from(options.decay.get()) / mass);
        }
        let sum: f64 = seeds.iter().map(|(_, score)| f64::from(*score)).sum();
        let mut start = vec![0.0; n];
        seeds.iter().for_each(|(node, score)| start[node.0 as usize] += f64::from(*score) / sum);
        let mut x = start.clone();
        for _ in 0..300 {
            let came = |to: usize| (0..n).map(|from| x[from] * matrix[from][to]).sum::<f64>();
            x = (0..n).map(|to| start[to] + came(to)).collect();
        }
        x
    }

    proptest! {
        /// Neither way loses or invents anything: both are below the exact scores by no more in sum
        /// than they say.
        #[test]
        fn both_ways_solve_the_equation(
            (nodes, edges) in graph_parts(12, 60),
            seeds in prop::collection::vec((0_u32..12, 0.1_f32..1.0), 1..4),
            precision in prop::sample::select(vec![1e-2_f32, 1e-4, 1e-7]),
        ) {
            let graph = built(nodes, edges);
            let count = graph.node_count() as u32;
            let seeds: Vec<_> =
                seeds.into_iter().map(|(node, score)| (NodeIx(node % count), score)).collect();
            let options = SpreadOptions { precision, ..ActivateOptions::default().structural };
            let wanted = reference(&graph, &seeds, &options);
            for strategy in [Strategy::Heap, Strategy::Wavefront] {
                let found = spread(&graph, &seeds, &options, strategy);
                prop_assert!(!found.truncated);
                let mut lost = 0.0;
                let mut values = vec![0.0; graph.node_count()];
                for spot in &found.spots {
                    values[spot.node.0 as usize] = f64::from(spot.value);
                }
                for (ours, exact) in values.iter().zip(&wanted) {
                    prop_assert!(*ours <= exact + 1e-5, "{ours} is more than {exact}");
                    lost += exact - ours;
                }
                // What is not passed on is only what is too little.
                let degrees: usize =
                    found.spots.iter().map(|spot| graph.degree(spot.node).max(1)).sum();
                prop_assert!(found.left <= precision * degrees as f32);
                let bound = f64::from(found.left) / (1.0 - f64::from(options.decay.get()));
                prop_assert!(lost <= bound + 1e-4, "lost {lost}, said {bound}");
                for spot in &found.spots {
                    let path = found.path(&graph, &options.factors, spot.node);
                    prop_assert!(path.windows(2).all(|two| two[0].to == two[1].from));
                    let start = path.first().map_or(spot.node, |step| step.from);
                    prop_assert!(seeds.iter().any(|(seed, _)| *seed == start));
                    prop_assert!(path.last().is_none_or(|step| step.to == spot.node));
                }
            }
        }
    }

    #[test]
    fn few_seeds_in_a_sparse_graph_take_the_heap() {
        let graph = built(nodes(3000), Vec::new());
        assert_eq!(Strategy::Auto.of(&graph, 2), Strategy::Heap);
        assert_eq!(Strategy::Auto.of(&graph, 3), Strategy::Wavefront);
        assert_eq!(Strategy::Wavefront.of(&graph, 2), Strategy::Wavefront);
    }

    #[test]
    fn odd_seeds_are_left_out() {
        let graph = built(nodes(2), Vec::new());
        let options = ActivateOptions::default().structural;
        let odd = [(NodeIx(0), f32::NAN), (NodeIx(1), f32::INFINITY), (NodeIx(9), 1.0)];
        for strategy in [Strategy::Heap, Strategy::Wavefront] {
            let found = spread(&graph, &odd, &options, strategy);
            assert_eq!(found.scores(), [(NodeIx(1), 1.0)]);
            assert!(spread(&graph, &[], &options, strategy).spots.is_empty());
        }
    }
}
