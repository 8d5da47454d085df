//! A graph in which little is another: some nodes are replaced, some have other edges. All else is
//! copied as it lies, and only moved where it stands behind what was replaced.

use std::{ops::Range, sync::Arc};

use crate::{
    build::{BuildOptions, GraphError, check, columns},
    graph::Graph,
    kind::EdgeKind,
    nodes::{Cold, NONE},
    parts::{EdgePart, NodeIx, NodePart},
};

/// Nodes that come in the place of others.
#[derive(Clone, PartialEq, Debug)]
pub struct Replacement {
    /// The numbers of those that go.
    pub range: Range<u32>,
    /// Those that come.
    pub nodes: Vec<NodePart>,
}

/// A run of numbers in what comes out.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    /// As they were.
    Old(Range<usize>),
    /// The new ones, counted through all replacements.
    New(Range<usize>),
}

/// What comes out of replacing, in order. Ranges must be in order and apart; what is not is cut.
fn runs(count: usize, parts: &[Replacement]) -> Vec<Run> {
    let (mut runs, mut next, mut new) = (Vec::new(), 0, 0);
    for part in parts {
        let start = (part.range.start as usize).clamp(next, count);
        runs.push(Run::Old(next..start));
        runs.push(Run::New(new..new + part.nodes.len()));
        next = (part.range.end as usize).clamp(start, count);
        new += part.nodes.len();
    }
    runs.push(Run::Old(next..count));
    runs
}

/// A column with the new values in their places.
fn spliced<T: Copy>(runs: &[Run], old: &[T], new: &[T]) -> Vec<T> {
    let mut column = Vec::with_capacity(old.len() + new.len());
    for run in runs {
        column.extend_from_slice(match run {
            Run::Old(range) => &old[range.clone()],
            Run::New(range) => &new[range.clone()],
        });
    }
    column
}

impl Cold {
    /// The same with other nodes in the place of some.
    fn with_nodes(&self, runs: &[Run], new: &[&NodePart]) -> Result<Cold, GraphError> {
        let keys: Vec<&str> = new.iter().map(|node| &*node.key).collect();
        let mut words = Arc::clone(&self.words);
        let own = columns(new, &mut words)?;
        let tag_count = |start: &[u32]| -> Vec<u32> {
            start.windows(2).map(|ends| ends[1] - ends[0]).collect()
        };
        let mut tag_start = vec![0];
        let counts = spliced(runs, &tag_count(&self.tag_start), &tag_count(&own.tag_start));
        for count in counts {
            tag_start.push(tag_start[tag_start.len() - 1] + count);
        }
        let mut tags = Vec::with_capacity(self.tags.len() + own.tags.len());
        for run in runs {
            let (range, from) = match run {
                Run::Old(range) => (range, (&self.tag_start, &self.tags)),
                Run::New(range) => (range, (&own.tag_start, &own.tags)),
            };
            let range = from.0[range.start] as usize..from.0[range.end] as usize;
            tags.extend_from_slice(&from.1[range]);
        }
        Ok(Cold {
            kind: spliced(runs, &self.kind, &own.kind),
            label: spliced(runs, &self.label, &own.label),
            tag_start,
            tags,
            modified: spliced(runs, &self.modified, &own.modified),
            change_frequency: spliced(runs, &self.change_frequency, &own.change_frequency),
            keys: self.keys.spliced(runs, &keys)?,
            words,
        })
    }
}

impl Graph {
    /// The same nodes, with other edges where some of them start: see [`Graph::with_nodes`].
    ///
    /// # Errors
    /// See [`GraphError`]; an edge that does not start in `rows` is `NoSuchNode`.
    pub fn with_rows(
        &self,
        rows: &[NodeIx],
        edges: Vec<EdgePart>,
        options: &BuildOptions,
    ) -> Result<Graph, GraphError> {
        self.with_nodes(&[], rows, edges, options)
    }

    /// The same graph with other nodes in the place of some, which are in order and apart, and with
    /// other edges where some nodes start: in `rows`, by their new numbers, in order and each there
    /// once. Nodes that come have the edges that `rows` gives them. Edges of other nodes lead to
    /// the node that has the key of the one that they led to, and are gone if none has it.
    ///
    /// If no node is replaced, what names them is shared. Co-change is taken as it is given: it has
    /// to stand in both directions. Nothing that was learnt is taken over. O(nodes + edges), without
    /// sorting or hashing any but the new. Labels that no node has any more stay in memory.
    ///
    /// # Errors
    /// See [`GraphError`]; an edge that does not start in `rows` is `NoSuchNode`.
    pub fn with_nodes(
        &self,
        parts: &[Replacement],
        rows: &[NodeIx],
        mut edges: Vec<EdgePart>,
        options: &BuildOptions,
    ) -> Result<Graph, GraphError> {
        let before = self.node_count();
        let runs = runs(before, parts);
        let cold = if parts.is_empty() {
            Arc::clone(&self.nodes.cold)
        } else {
            let new: Vec<&NodePart> = parts.iter().flat_map(|part| &part.nodes).collect();
            Arc::new(self.nodes.cold.with_nodes(&runs, &new)?)
        };
        let count = cold.kind.len();
        if count > options.max_nodes.min(NONE as usize) {
            return Err(GraphError::TooManyNodes { nodes: count, max: options.max_nodes });
        }
        check(count, &edges)?;
        if let Some(edge) = edges.iter().position(|it| rows.binary_search(&it.from).is_err()) {
            return Err(GraphError::NoSuchNode { edge, node: edges[edge].from.0, nodes: count });
        }
        edges.retain(|edge| edge.from != edge.to);
        edges.sort_unstable_by(|a, b| what(a).cmp(&what(b)).then(b.weight.total_cmp(&a.weight)));
        edges.dedup_by_key(|edge| what(edge));
        let numbers = (!parts.is_empty()).then(|| self.new_numbers(&runs, &cold));
        let mut all = Vec::with_capacity(self.edge_count() + edges.len());
        let mut new = edges.into_iter().peekable();
        let mut rows = rows.iter().copied().peekable();
        let mut at = 0;
        for run in runs {
            let (old, len) = match run {
                Run::Old(range) => (Some(range.start as u32), range.len() as u32),
                Run::New(range) => (None, range.len() as u32),
            };
            let end = at + len;
            let mut next = at;
            while let Some(row) = rows.next_if(|row| row.0 < end) {
                if let Some(old) = old {
                    self.copy(old + (next - at)..old + (row.0 - at), numbers.as_deref(), &mut all);
                }
                all.extend(std::iter::from_fn(|| new.next_if(|it| it.from == row)));
                next = row.0 + 1;
            }
            if let Some(old) = old {
                self.copy(old + (next - at)..old + len, numbers.as_deref(), &mut all);
            }
            at = end;
        }
        Graph::assemble(cold, &all, options)
    }

    /// The new number of each node; [`NONE`] if its key is gone.
    fn new_numbers(&self, runs: &[Run], cold: &Cold) -> Vec<u32> {
        let by_key = |node: usize| {
            let found = cold.keys.get(self.key(NodeIx(node as u32)));
            found.map_or(NONE, |key| key.0)
        };
        let mut numbers = Vec::with_capacity(self.node_count());
        let mut next = 0;
        for run in runs {
            match run {
                Run::Old(range) => {
                    numbers.extend((numbers.len()..range.start).map(by_key));
                    numbers.extend(next..next + range.len() as u32);
                    next += range.len() as u32;
                }
                Run::New(range) => next += range.len() as u32,
            }
        }
        numbers
    }

    /// Appends the edges that start at these nodes, by the new numbers.
    fn copy(&self, nodes: Range<u32>, numbers: Option<&[u32]>, all: &mut Vec<EdgePart>) {
        let Some(numbers) = numbers else { return all.extend(self.csr.parts_of(nodes)) };
        for node in nodes {
            let start = all.len();
            let number = |node: NodeIx| NodeIx(numbers[node.0 as usize]);
            let parts = self.csr.parts_of(node..node + 1);
            let moved = parts.map(|it| EdgePart { from: number(it.from), to: number(it.to), ..it });
            all.extend(moved.filter(|it| it.to.0 != NONE));
            // Replaced nodes may come in another order.
            if !all[start..].is_sorted_by_key(what) {
                all[start..].sort_unstable_by_key(what);
            }
        }
    }
}

/// What an edge says.
fn what(edge: &EdgePart) -> (NodeIx, NodeIx, EdgeKind) {
    (edge.from, edge.to, edge.kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        kind::NodeKind,
        testing::{edge, graph_parts, node},
    };

    /// The parts of a graph after replacing.
    fn replaced(
        nodes: &[NodePart],
        edges: &[EdgePart],
        parts: &[Replacement],
    ) -> (Vec<NodePart>, Vec<EdgePart>) {
        let mut all = nodes.to_vec();
        for part in parts.iter().rev() {
            let range = part.range.start as usize..part.range.end as usize;
            all.splice(range, part.nodes.iter().cloned());
        }
        let number = |old: NodeIx| {
            let key = &nodes[old.0 as usize].key;
            all.iter().position(|node| node.key == *key).map(|it| NodeIx(it as u32))
        };
        let moved =
            |it: &EdgePart| Some(EdgePart { from: number(it.from)?, to: number(it.to)?, ..*it });
        let edges = edges.iter().filter_map(moved).collect();
        (all, edges)
    }

    proptest! {
        /// A graph with other nodes is the one that is built from nothing: also if some that were
        /// replaced are there again, elsewhere and otherwise.
        #[test]
        fn other_nodes_make_the_graph_that_they_make_alone(
            (mut nodes, edges) in graph_parts(12, 60),
            cuts in prop::collection::btree_set(0_u32..12, 2..5),
            news in prop::collection::vec((0_u32..16, "[ab]{0,2}", prop::option::of("[xy]")), 0..8),
            new_edges in prop::collection::vec((0_u32..20, 0_u32..20, 0_usize..8), 0..20),
        ) {
            for (n, node) in nodes.iter_mut().enumerate().filter(|(n, _)| n % 3 == 0) {
                node.tags = vec![format!("t{n}").into()];
            }
            let edges: Vec<EdgePart> =
                edges.into_iter().filter(|it| it.kind != EdgeKind::CoChange).collect();
            let count = nodes.len() as u32;
            let cuts: Vec<u32> = cuts.into_iter().map(|it| it.min(count)).collect();
            let mut given: Vec<Box<str>> = Vec::new();
            let gone = |key: &str| {
                let at = nodes.iter().position(|it| &*it.key == key).map(|it| it as u32);
                at.is_none_or(|at| cuts.chunks_exact(2).any(|it| (it[0]..it[1]).contains(&at)))
            };
            let mut parts: Vec<Replacement> = cuts
                .chunks_exact(2)
                .map(|it| Replacement { range: it[0]..it[1], nodes: Vec::new() })
                .collect();
            let many = parts.len();
            for (n, (number, label, tag)) in news.into_iter().enumerate() {
                let key = format!("n{number}");
                if gone(&key) && !given.iter().any(|it| **it == *key) {
                    given.push(key.clone().into());
                    let part = NodePart {
                        label: label.into(),
                        tags: tag.into_iter().map(Into::into).collect(),
                        modified: n as i64,
                        ..node(&key, NodeKind::Section)
                    };
                    parts[n % many].nodes.push(part);
                }
            }
            let before = Graph::build(nodes.clone(), edges.clone(), &BuildOptions::default()).unwrap();
            let (all, moved) = replaced(&nodes, &edges, &parts);
            // The nodes that come have new edges, and so has one that was there.
            let is_row = |at: &u32| given.contains(&all[*at as usize].key) || *at == 0;
            let rows: Vec<NodeIx> = (0..all.len() as u32).filter(is_row).map(NodeIx).collect();
            let end = all.len().max(1) as u32;
            let new: Vec<EdgePart> = new_edges
                .into_iter()
                .map(|(from, to, kind)| edge(from % end, to % end, EdgeKind::ALL[kind % 7], 0.5))
                .filter(|it| rows.contains(&it.from) && it.kind != EdgeKind::CoChange)
                .collect();
            let mut wanted: Vec<EdgePart> =
                moved.into_iter().filter(|it| !rows.contains(&it.from)).collect();
            wanted.extend(new.iter().copied());
            let options = BuildOptions::default();
            let alone = Graph::build(all.clone(), wanted, &options).unwrap();
            let after = before.with_nodes(&parts, &rows, new, &options).unwrap();
            prop_assert!(after.edges().eq(alone.edges()));
            prop_assert_eq!(after.node_count(), all.len());
            for (at, node) in (0..).map(NodeIx).zip(&all) {
                prop_assert_eq!(after.node(&node.key), Some(at));
                prop_assert_eq!((after.key(at), after.label(at)), (&*node.key, &*node.label));
                prop_assert!(after.tags(at).eq(node.tags.iter().map(|it| &**it)));
                prop_assert_eq!((after.kind(at), after.modified(at)), (node.kind, node.modified));
                prop_assert_eq!(after.parent(at), alone.parent(at));
                prop_assert_eq!(after.degree(at), alone.degree(at));
                prop_assert!(after.incoming(at).eq(alone.incoming(at)));
            }
            for node in nodes.iter().filter(|it| !all.iter().any(|other| other.key == it.key)) {
                prop_assert_eq!(after.node(&node.key), None);
            }
        }
    }

    #[test]
    fn a_key_is_not_there_twice() {
        let nodes = vec![node("a", NodeKind::File), node("b", NodeKind::File)];
        let graph = Graph::build(nodes, Vec::new(), &BuildOptions::default()).unwrap();
        let twice = [Replacement { range: 1..2, nodes: vec![node("a", NodeKind::Symbol)] }];
        let error = graph.with_nodes(&twice, &[], Vec::new(), &BuildOptions::default()).err();
        assert_eq!(error, Some(GraphError::DuplicateKey { key: "a".into() }));
    }
}
