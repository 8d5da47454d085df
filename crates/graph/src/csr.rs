//! Edges in compressed sparse rows, forward and reverse.
//!
//! An edge is held once, in the order of its start, its end and its kind; its place there is its
//! number. The reverse side refers to edges by number, so a learnt weight is the same from both.

use std::{ops::Range, sync::Arc};

use crate::{
    finite::FiniteF32,
    kind::EdgeKind,
    parts::{EdgePart, NodeIx},
    weight::AtomicWeight,
};

/// The number of an edge in its graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EdgeIx(pub u32);

/// An edge, as it is now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Edge {
    /// Its number.
    pub ix: EdgeIx,
    /// Where it starts.
    pub from: NodeIx,
    /// Where it ends.
    pub to: NodeIx,
    /// What it says.
    pub kind: EdgeKind,
    /// Its weight with what was learnt: 0.05 to 3 times the weight that it was built with.
    pub weight: f32,
}

/// All edges of a graph.
pub(crate) struct Csr {
    shape: Arc<Shape>,
    plastic: Vec<AtomicWeight>,
}

/// What never changes of them.
struct Shape {
    out_start: Vec<u32>,
    to: Vec<u32>,
    kind: Vec<u8>,
    base: Vec<f32>,
    in_start: Vec<u32>,
    in_edge: Vec<u32>,
    in_from: Vec<u32>,
}

impl Csr {
    /// From edges that are sorted by start, end and kind, all different, between `nodes` nodes.
    pub(crate) fn new(nodes: usize, edges: &[EdgePart]) -> Csr {
        let out_start = starts(nodes, edges.iter().map(|edge| edge.from));
        let in_start = starts(nodes, edges.iter().map(|edge| edge.to));
        let mut next = in_start.clone();
        let (mut in_edge, mut in_from) = (vec![0; edges.len()], vec![0; edges.len()]);
        // In the order of their starts, so each reverse row is sorted as well.
        for (number, edge) in edges.iter().enumerate() {
            let place = &mut next[edge.to.0 as usize];
            in_edge[*place as usize] = number as u32;
            in_from[*place as usize] = edge.from.0;
            *place += 1;
        }
        let shape = Shape {
            out_start,
            to: edges.iter().map(|edge| edge.to.0).collect(),
            kind: edges.iter().map(|edge| edge.kind as u8).collect(),
            base: edges.iter().map(|edge| edge.weight).collect(),
            in_start,
            in_edge,
            in_from,
        };
        let plastic = edges.iter().map(|edge| AtomicWeight::new(FiniteF32::clamped(edge.weight)));
        Csr { plastic: plastic.collect(), shape: Arc::new(shape) }
    }

    /// The same edges, with weights of their own that start where these are now.
    pub(crate) fn fork(&self) -> Csr {
        let copy = |weight: &AtomicWeight| AtomicWeight::new(FiniteF32::clamped(weight.get()));
        Csr { shape: Arc::clone(&self.shape), plastic: self.plastic.iter().map(copy).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.shape.to.len()
    }

    /// The edges that start at a node, by end and kind; none if there is no such node.
    pub(crate) fn outgoing(&self, node: NodeIx) -> impl Iterator<Item = Edge> + '_ {
        row(&self.shape.out_start, node).map(move |number| self.at(number, node))
    }

    /// The edges that end at a node, by start and kind; none if there is no such node.
    pub(crate) fn incoming(&self, node: NodeIx) -> impl Iterator<Item = Edge> + '_ {
        let row = row(&self.shape.in_start, node);
        let starts = self.shape.in_from[row.clone()].iter().zip(&self.shape.in_edge[row]);
        // Where they end is known: not to look it up is a third of what looking at one costs.
        starts.map(move |(from, number)| Edge {
            ix: EdgeIx(*number),
            from: NodeIx(*from),
            to: node,
            kind: EdgeKind::ALL[self.shape.kind[*number as usize] as usize],
            weight: self.plastic[*number as usize].get(),
        })
    }

    /// The starts and the numbers of the edges that end at a node, in the order of the starts.
    pub(crate) fn ending_at(&self, node: NodeIx) -> (&[u32], &[u32]) {
        let row = row(&self.shape.in_start, node);
        (&self.shape.in_from[row.clone()], &self.shape.in_edge[row])
    }

    /// What the edges that start at these nodes were built of, in order.
    pub(crate) fn parts_of(&self, nodes: Range<u32>) -> impl Iterator<Item = EdgePart> + '_ {
        nodes.flat_map(move |node| {
            row(&self.shape.out_start, NodeIx(node)).map(move |number| EdgePart {
                from: NodeIx(node),
                to: NodeIx(self.shape.to[number]),
                kind: EdgeKind::ALL[self.shape.kind[number] as usize],
                weight: self.shape.base[number],
            })
        })
    }

    /// An edge by its number. O(log nodes), because its start is not stored.
    pub(crate) fn edge(&self, edge: EdgeIx) -> Option<Edge> {
        let number = edge.0 as usize;
        (number < self.len()).then(|| {
            let from = self.shape.out_start.partition_point(|start| *start as usize <= number) - 1;
            self.at(number, NodeIx(from as u32))
        })
    }

    /// What an edge says.
    pub(crate) fn kind(&self, edge: EdgeIx) -> Option<EdgeKind> {
        self.shape.kind.get(edge.0 as usize).map(|kind| EdgeKind::ALL[*kind as usize])
    }

    /// The number of an edge by what it says. O(log edges of its start).
    pub(crate) fn find(&self, from: NodeIx, to: NodeIx, kind: EdgeKind) -> Option<EdgeIx> {
        let range = row(&self.shape.out_start, from);
        let (to_row, kind_row) = (&self.shape.to[range.clone()], &self.shape.kind[range.clone()]);
        let first = to_row.partition_point(|it| *it < to.0);
        let mut same = (first..to_row.len()).take_while(|at| to_row[*at] == to.0);
        same.find(|at| kind_row[*at] == kind as u8).map(|at| EdgeIx((range.start + at) as u32))
    }

    /// The weight that an edge was built with.
    pub(crate) fn base(&self, edge: EdgeIx) -> f32 {
        self.shape.base[edge.0 as usize]
    }

    /// The weight that learning moves.
    pub(crate) fn plastic(&self, edge: EdgeIx) -> &AtomicWeight {
        &self.plastic[edge.0 as usize]
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        let words = [
            &self.shape.out_start,
            &self.shape.to,
            &self.shape.in_start,
            &self.shape.in_edge,
            &self.shape.in_from,
        ];
        let words: usize = words.iter().map(|column| column.capacity()).sum();
        (words + self.shape.base.capacity() + self.plastic.capacity()) * 4
            + self.shape.kind.capacity()
    }

    fn at(&self, number: usize, from: NodeIx) -> Edge {
        Edge {
            ix: EdgeIx(number as u32),
            from,
            to: NodeIx(self.shape.to[number]),
            kind: EdgeKind::ALL[self.shape.kind[number] as usize],
            weight: self.plastic[number].get(),
        }
    }
}

/// Where each node's row starts, and where the last one ends.
fn starts(nodes: usize, ends: impl Iterator<Item = NodeIx>) -> Vec<u32> {
    let mut starts = vec![0_u32; nodes + 1];
    for node in ends {
        starts[node.0 as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    starts
}

fn row(starts: &[u32], node: NodeIx) -> Range<usize> {
    let at = node.0 as usize;
    match (starts.get(at), starts.get(at + 1)) {
        (Some(start), Some(end)) => *start as usize..*end as usize,
        _ => 0..0,
    }
}
