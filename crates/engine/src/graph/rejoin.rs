//! Pieces joined to one graph by what an earlier one has, where some files have other nodes than they
//! had: the numbers behind them move, and only these files' nodes are named anew.

use std::{collections::HashSet, ops::Range, sync::Arc};

use coderoom_graph::{BuildOptions, EdgePart, GraphError, NodeIx, Replacement};

use super::{
    Hints,
    join::{Joined, Joiner, Numbering},
    meaning::Labels,
    nodes::NodeId,
    piece::Piece,
};
use crate::code::Map;

/// Of all nodes, the part that may be others: one in so many. Else all are named anew.
const FEW: usize = 8;
/// So many nodes are always few.
const LEAST: usize = 500;

/// A file with other nodes.
struct Other {
    /// Its place among the pieces.
    piece: usize,
    /// The numbers that its nodes had.
    range: Range<u32>,
    /// How many it has now.
    count: u32,
}

/// Joins pieces, if there are the same files and packages as before and few have other nodes.
pub(super) fn rejoin(
    pieces: &[&Arc<Piece>],
    hints: &Arc<Hints>,
    earlier: &Joined,
) -> Option<Result<Joined, GraphError>> {
    let before = &earlier.numbering;
    let others = others(pieces, hints, earlier)?;
    let mut joiner = Joiner::new(hints, 0);
    let mut parts = Vec::with_capacity(others.len());
    for other in &others {
        // None is left out: there is room for all.
        joiner.nodes_of(&pieces[other.piece].nodes, usize::MAX);
        parts.push(Replacement { range: other.range.clone(), nodes: joiner.nodes.split_off(0) });
    }
    let numbering = before.moved(&others, pieces, joiner);
    let rows = numbering.rows_to_make(&others, pieces, earlier);
    let edges = numbering.edges_from(&rows, pieces);
    let options = BuildOptions { max_nodes: numbering.origins.len(), ..BuildOptions::default() };
    let graph = earlier.graph.with_nodes(&parts, &rows, edges, &options).map(Arc::new);
    let pieces = pieces.iter().map(|it| Arc::clone(it)).collect();
    Some(graph.map(|graph| Joined { graph, numbering: Arc::new(numbering), pieces }))
}

/// The files with other nodes; `None` if numbers cannot be taken over, or too few.
fn others(pieces: &[&Arc<Piece>], hints: &Arc<Hints>, earlier: &Joined) -> Option<Vec<Other>> {
    let before = &earlier.numbering;
    let holds = Arc::ptr_eq(hints, &before.hints)
        && before.left_out == 0
        && pieces.len() == earlier.pieces.len();
    if !holds {
        return None;
    }
    let mut others = Vec::new();
    let (mut gone, mut new) = (0, 0);
    for (ix, (piece, old)) in pieces.iter().zip(&earlier.pieces).enumerate() {
        if Arc::ptr_eq(piece, old) {
            continue;
        }
        let (now, was) = (&piece.nodes, &old.nodes);
        if (now.file, &now.path) != (was.file, &was.path) || piece.packages != old.packages {
            return None;
        }
        if now.are_named_as(was) {
            continue;
        }
        let numbers = &before.files[ix];
        let (first, count) = (*numbers.first()?, numbers.len() as u32);
        others.push(Other { piece: ix, range: first..first + count, count: now.list.len() as u32 });
        gone += numbers.len();
        new += now.list.len();
    }
    let all = before.origins.len();
    // What earlier nodes were called stays in memory: as much again is enough.
    let few = gone + new <= LEAST.max(all / FEW) && before.replaced + gone <= LEAST.max(all);
    (few && all - gone + new <= hints.max_nodes).then_some(others)
}

/// Where numbers go.
struct Moves<'o> {
    others: &'o [Other],
    /// How far numbers move that have so many of the others before them.
    by: Vec<u32>,
}

impl<'o> Moves<'o> {
    fn new(others: &'o [Other]) -> Moves<'o> {
        let mut by = vec![0_u32];
        for other in others {
            let before = by[by.len() - 1];
            by.push(before.wrapping_add(other.count).wrapping_sub(other.range.len() as u32));
        }
        Moves { others, by }
    }

    /// How many of the others lie before a number.
    fn before(&self, number: u32) -> usize {
        self.others.partition_point(|other| other.range.end <= number)
    }

    /// The new number of a node that stays, or of a file.
    fn to(&self, number: u32) -> u32 {
        number.wrapping_add(self.by[self.before(number)])
    }

    /// Whether a node is one of those that are replaced.
    fn replaces(&self, number: u32) -> bool {
        self.others.get(self.before(number)).is_some_and(|other| other.range.contains(&number))
    }
}

/// A column with the new values, which come file by file, in the place of the old ones.
fn spliced<T: Copy>(old: &[T], new: &[T], others: &[Other]) -> Box<[T]> {
    let mut column = Vec::with_capacity(old.len() + new.len());
    let (mut next, mut taken) = (0, 0);
    for other in others {
        column.extend_from_slice(&old[next..other.range.start as usize]);
        column.extend_from_slice(&new[taken..taken + other.count as usize]);
        next = other.range.end as usize;
        taken += other.count as usize;
    }
    column.extend_from_slice(&old[next..]);
    column.into()
}

impl Numbering {
    /// The same with the nodes of other files, which `joiner` has.
    fn moved(&self, others: &[Other], pieces: &[&Arc<Piece>], joiner: Joiner<'_>) -> Numbering {
        let moves = Moves::new(others);
        let mut numbers: Map<NodeId, u32> = self.numbers.clone();
        let mut files = Vec::with_capacity(self.files.len());
        numbers.retain(|_, number| !moves.replaces(*number));
        numbers.values_mut().for_each(|number| *number = moves.to(*number));
        let mut rest = others.iter().peekable();
        for (ix, (piece, old)) in pieces.iter().zip(&self.files).enumerate() {
            let Some(first) = old.first().map(|it| moves.to(*it)) else { continue };
            let count = match rest.next_if(|other| other.piece == ix) {
                Some(other) => {
                    let ids = piece.nodes.list.iter().map(|node| node.id);
                    numbers.extend(ids.zip(first..));
                    other.count
                }
                None => old.len() as u32,
            };
            files.push((first..first + count).collect());
        }
        let moved = |it: &EdgePart| {
            let (from, to) = (NodeIx(moves.to(it.from.0)), NodeIx(moves.to(it.to.0)));
            EdgePart { from, to, ..*it }
        };
        let gone: usize = others.iter().map(|other| other.range.len()).sum();
        Numbering {
            origins: spliced(&self.origins, &joiner.origins, others),
            tests: spliced(&self.tests, &joiner.tests, others),
            left_out: 0,
            replaced: self.replaced + gone,
            files: files.into(),
            numbers,
            fixed: self.fixed.iter().map(moved).collect(),
            hints: Arc::clone(&self.hints),
            labels: Labels::default(),
        }
    }

    /// The nodes, by their new numbers, at which edges may start that were not there; in order.
    fn rows_to_make(
        &self,
        others: &[Other],
        pieces: &[&Arc<Piece>],
        earlier: &Joined,
    ) -> Vec<NodeIx> {
        let new = others.iter().flat_map(|other| &pieces[other.piece].nodes.list);
        // What named such a node in vain now has an edge to it.
        let appeared: HashSet<NodeId> = new
            .map(|node| node.id)
            .filter(|id| !earlier.numbering.numbers.contains_key(id))
            .collect();
        let mut others = others.iter().map(|other| other.piece).peekable();
        let mut rows: Vec<NodeIx> = Vec::new();
        for (ix, (piece, old)) in pieces.iter().zip(&earlier.pieces).enumerate() {
            let is_other = others.next_if_eq(&ix).is_some();
            let same = !is_other
                && (Arc::ptr_eq(piece, old)
                    || (piece.edges == old.edges && piece.outside == old.outside));
            if same && !piece.outside.iter().any(|id| appeared.contains(id)) {
                continue;
            }
            rows.extend(self.files[ix].iter().map(|number| NodeIx(*number)));
            for piece in [piece, old] {
                let own = piece.nodes.list.len();
                let outside = |from: u32| piece.outside.get((from as usize).checked_sub(own)?);
                let starts = piece.edges.iter().filter_map(|edge| outside(edge.from));
                rows.extend(starts.filter_map(|id| self.numbers.get(id)).map(|it| NodeIx(*it)));
            }
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}
