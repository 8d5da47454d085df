//! Functions that are nearly the same, by the shingles of their tokens.

use std::sync::Arc;

use coderoom_graph::{NodeIx, Signature, SimilarOptions, near_duplicates_of};
use rayon::prelude::*;

use super::{
    CodeGraph,
    join::Origin,
    nodes::{FileRole, Node},
};
use crate::{
    Code, RelPath,
    code::{Print, Prints},
    file::FileId,
};

/// Functions that are compared at most.
const MOST_FUNCTIONS: usize = 200_000;

/// What counts as alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlikeOptions {
    /// The least share of shingles in common, from 0 to 1.
    pub similarity: f32,
    /// Shorter functions say nothing.
    pub min_tokens: usize,
    /// Whether names, numbers and strings count as what they are, or all the same.
    pub keep_names: bool,
    /// Whether tests are looked at.
    pub tests: bool,
}

impl Default for AlikeOptions {
    fn default() -> AlikeOptions {
        AlikeOptions { similarity: 0.8, min_tokens: 40, keep_names: true, tests: false }
    }
}

/// Functions that are alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlikeGroup {
    /// By place.
    pub members: Vec<NodeIx>,
    /// How alike the least alike of them are that hang together directly.
    pub similarity: f32,
    /// Lines of all of them but the shortest.
    pub lines: u32,
}

/// What is alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alike {
    /// Those with the most lines that could go first.
    pub groups: Vec<AlikeGroup>,
    /// Functions that were compared.
    pub examined: usize,
    /// Whether there were more than could be compared.
    pub cut: bool,
}

/// A function that is to be compared: its node, its file, and its number in the file.
type Wanted = (NodeIx, FileId, usize);

/// A function, as it is compared.
struct Function<'p> {
    node: NodeIx,
    lines: u32,
    print: &'p Print,
}

impl CodeGraph {
    /// Groups of functions that are nearly the same, of those in a directory. Reads all of them that are
    /// not kept from an earlier question: O(bytes), on all of rayon's threads.
    pub fn alike(&self, code: &Code, within: &RelPath, options: &AlikeOptions) -> Alike {
        let (wanted, cut) = self.wanted(code, within, options);
        let prints = self.prints(code, &wanted, options);
        let functions = self.functions(&prints, options);
        let sets: Vec<(&[u64], &Signature)> =
            functions.iter().map(|it| (&*it.print.shingles, &it.print.signature)).collect();
        let similar = SimilarOptions {
            threshold: options.similarity,
            min_shingles: 1,
            ..SimilarOptions::default()
        };
        let found = near_duplicates_of(&sets, &similar);
        let mut group_of = vec![usize::MAX; functions.len()];
        for (number, members) in found.groups.iter().enumerate() {
            for member in members {
                group_of[*member as usize] = number;
            }
        }
        let mut groups: Vec<AlikeGroup> = found
            .groups
            .iter()
            .map(|members| {
                let of = members.iter().map(|it| &functions[*it as usize]);
                let lines = of.clone().map(|it| it.lines);
                let least = lines.clone().min().unwrap_or_default();
                let members = of.map(|it| it.node).collect();
                AlikeGroup { members, similarity: 1.0, lines: lines.sum::<u32>() - least }
            })
            .collect();
        for pair in &found.pairs {
            if let Some(group) = groups.get_mut(group_of[pair.first as usize]) {
                group.similarity = group.similarity.min(pair.similarity);
            }
        }
        groups.sort_by(|a, b| b.lines.cmp(&a.lines).then(a.members.cmp(&b.members)));
        Alike { groups, examined: functions.len(), cut: cut || found.truncated }
    }

    /// The functions in a directory that are like one: the most alike first. `None` if it is no
    /// function that is long enough.
    pub fn like(
        &self,
        code: &Code,
        one: NodeIx,
        within: &RelPath,
        options: &AlikeOptions,
    ) -> Option<Vec<(NodeIx, f32)>> {
        let Origin::In(file, ix) = *self.joined().ok()?.numbering.origins.get(one.0 as usize)?
        else {
            return None;
        };
        let own = self.prints_of(code, file, options)?;
        let own = own.of(ix as usize).filter(|it| it.tokens >= options.min_tokens)?;
        let (wanted, _) = self.wanted(code, within, options);
        let prints = self.prints(code, &wanted, options);
        let functions = self.functions(&prints, options);
        let mut alike: Vec<(NodeIx, f32)> = functions
            .par_iter()
            .filter(|it| it.node != one)
            .map(|it| (it.node, jaccard(&own.shingles, &it.print.shingles)))
            .filter(|(_, similarity)| *similarity >= options.similarity)
            .collect();
        alike.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Some(alike)
    }

    /// The functions to compare, and whether there are more.
    fn wanted(&self, code: &Code, within: &RelPath, options: &AlikeOptions) -> (Vec<Wanted>, bool) {
        let Ok(joined) = self.joined() else { return (Vec::new(), false) };
        let mut wanted = Vec::new();
        for (node, origin) in (0..).map(NodeIx).zip(&joined.numbering.origins) {
            let Origin::In(file, ix) = *origin else { continue };
            let Some(piece) = self.piece(file) else { continue };
            let it = &piece.nodes.list[ix as usize];
            if is_function(it) && (options.tests || !it.test) {
                wanted.push((node, file, ix as usize));
            }
        }
        let inside = |path: &RelPath| within.is_root() || path.is_within(within);
        wanted.retain(|(_, file, _)| code.file(*file).is_some_and(|it| inside(&it.path)));
        let cut = wanted.len() > MOST_FUNCTIONS;
        wanted.truncate(MOST_FUNCTIONS);
        (wanted, cut)
    }

    /// Functions in the order of their files, each file with what is kept of it.
    fn prints<'w>(
        &self,
        code: &Code,
        wanted: &'w [Wanted],
        options: &AlikeOptions,
    ) -> Vec<(&'w [Wanted], Arc<Prints>)> {
        let files: Vec<&[Wanted]> = wanted.chunk_by(|a, b| a.1 == b.1).collect();
        let read = |of: &&'w [Wanted]| Some((*of, self.prints_of(code, of.first()?.1, options)?));
        files.par_iter().filter_map(read).collect()
    }

    fn functions<'p>(
        &self,
        prints: &'p [(&[Wanted], Arc<Prints>)],
        options: &AlikeOptions,
    ) -> Vec<Function<'p>> {
        let of_file = |(wanted, prints): &'p (&[Wanted], Arc<Prints>)| {
            let function = move |(node, file, ix): &Wanted| {
                let (first, last) = self.piece(*file)?.nodes.list.get(*ix)?.lines;
                let print = prints.of(*ix).filter(|it| it.tokens >= options.min_tokens)?;
                Some(Function { node: *node, lines: last - first + 1, print })
            };
            wanted.iter().filter_map(function)
        };
        prints.iter().flat_map(of_file).collect()
    }

    /// The prints of a file's functions.
    fn prints_of(&self, code: &Code, file: FileId, options: &AlikeOptions) -> Option<Arc<Prints>> {
        let nodes = &self.piece(file)?.nodes;
        let FileRole::Source(language) = nodes.role else { return None };
        let text = code.file(file)?.text()?;
        let functions = || {
            let all = (0..).zip(&nodes.list).filter(|(_, node)| is_function(node));
            all.map(|(ix, node)| (ix, node.lines)).collect()
        };
        Some(code.shelf().prints(text, language, options.keep_names, functions))
    }
}

fn is_function(node: &Node) -> bool {
    node.symbol_kind.is_some_and(|kind| kind.is_callable())
}

/// What two sorted sets have in common by what either has.
fn jaccard(a: &[u64], b: &[u64]) -> f32 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let either = a.len() + b.len() - common;
    if either == 0 { 0.0 } else { common as f32 / either as f32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The share in common is that of plain sets.
        #[test]
        fn likeness_is_that_of_sets(a in proptest::collection::btree_set(0u64..30, 0..20), b in proptest::collection::btree_set(0u64..30, 0..20)) {
            let (x, y): (Vec<u64>, Vec<u64>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let either = a.union(&b).count();
            let wanted = if either == 0 { 0.0 } else { a.intersection(&b).count() as f32 / either as f32 };
            prop_assert_eq!(jaccard(&x, &y), wanted);
        }
    }
}
