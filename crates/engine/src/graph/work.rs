//! Makes the pieces that a plan asks for, on all threads.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use coderoom_syntax::Region;
use rayon::prelude::*;

use super::{
    PieceStats,
    documents::{self, Known},
    edges::{AllNodes, piece_of_function, piece_of_source},
    nodes::{FileRole, Nodes, role_of},
    piece::{Piece, PieceBuilder},
};
use crate::{
    code::{Code, Resolver},
    file::FileId,
};

/// Resolution goes deep, and the threads are not ours; bytes of which few are ever touched.
const STACK: usize = 32 << 20;

/// How much of a file's edges has to be made anew.
#[derive(Clone, Copy)]
pub(super) enum Derive {
    /// All.
    Whole,
    /// Those of one function.
    Function(Region),
    /// None: what the file says has moved in the text.
    Nothing,
}

/// What is to be done.
pub(super) struct Plan {
    /// The pieces that there are, by the numbers of the files; of files that are gone, none.
    pub(super) pieces: Vec<Option<Arc<Piece>>>,
    /// Files whose nodes are to be made.
    pub(super) parse: Vec<FileId>,
    /// Files whose edges are to be made, and how; all that are parsed are among them.
    pub(super) derive: Vec<(FileId, Derive)>,
    /// Not everything that may be affected is in here.
    pub(super) partial: bool,
}

/// Does it; `None` if it was stopped.
pub(super) fn carry_out(
    code: &Code,
    plan: Plan,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<(Vec<Option<Arc<Piece>>>, PieceStats)> {
    let Plan { mut pieces, parse, derive, partial } = plan;
    let parsed: Vec<Option<Arc<Nodes>>> = parse
        .par_iter()
        .map(|id| if stop() { None } else { nodes_of(code, *id).map(Arc::new) })
        .collect();
    if stop() {
        return None;
    }
    let mut nodes: Vec<Option<Arc<Nodes>>> =
        pieces.iter().map(|it| it.as_ref().map(|it| Arc::clone(&it.nodes))).collect();
    let most = parse.iter().map(|id| id.0 as usize + 1).max().unwrap_or(0).max(pieces.len());
    nodes.resize(most, None);
    pieces.resize(most, None);
    for (id, made) in parse.iter().zip(parsed) {
        nodes[id.0 as usize] = made;
    }
    let all = |id: FileId| nodes.get(id.0 as usize)?.as_ref();
    let made = pieces_of(code, &derive, &pieces, &all, stop);
    if stop() {
        return None;
    }
    let patched = made.iter().filter(|it| it.patched).count();
    for Made { id, piece, .. } in made {
        pieces[id.0 as usize] = piece.map(Arc::new);
    }
    let stats = PieceStats {
        files: pieces.iter().flatten().count(),
        parsed: parse.len(),
        derived: derive.len() - patched,
        patched,
        partial,
    };
    Some((pieces, stats))
}

/// A piece that was made.
struct Made {
    id: FileId,
    piece: Option<Piece>,
    /// Whether most of it was taken over.
    patched: bool,
}

/// The pieces of files, on all threads. What is inferred for one is forgotten before the next, since
/// it decides where bounds cut: so a piece that is made whole is a function of its snapshot,
/// whichever others are made with it.
fn pieces_of<'n>(
    code: &Code,
    derive: &[(FileId, Derive)],
    pieces: &[Option<Arc<Piece>>],
    all: &AllNodes<'n>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Vec<Made> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut resolver = Resolver::apart(code);
        let mut known = Known::default();
        let mut made = Vec::new();
        while let Some((id, how)) = derive.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop() {
                break;
            }
            resolver.forget();
            let before = pieces.get(id.0 as usize).and_then(Option::as_deref);
            let patch = before
                .zip(all(*id))
                .and_then(|(before, nodes)| again(&mut resolver, all, nodes, before, how));
            let patched = patch.is_some();
            let whole = || {
                all(*id).map(|nodes| match nodes.role {
                    FileRole::Source(_) => piece_of_source(&mut resolver, all, nodes),
                    FileRole::Document => {
                        documents::piece_of_document(&mut resolver, all, nodes, &mut known)
                    }
                    FileRole::Other => PieceBuilder::default().finish(Arc::clone(nodes)),
                })
            };
            made.push(Made { id: *id, piece: patch.or_else(whole), patched });
        }
        made
    };
    let workers = rayon::current_num_threads().min(derive.len());
    let made = (0..workers).into_par_iter().map(|_| stacker::grow(STACK, work));
    made.flatten_iter().collect()
}

/// The piece of a file of which not everything has to be made anew.
fn again<'n>(
    resolver: &mut Resolver<'_>,
    all: &AllNodes<'n>,
    nodes: &Arc<Nodes>,
    before: &Piece,
    how: &Derive,
) -> Option<Piece> {
    if !before.nodes.are_named_as(nodes) {
        return None;
    }
    match how {
        Derive::Whole => None,
        Derive::Function(function) => piece_of_function(resolver, all, nodes, before, function),
        Derive::Nothing => Some(before.moved(Arc::clone(nodes))),
    }
}

/// The nodes of a file; `None` if it has no place in the graph.
fn nodes_of(code: &Code, id: FileId) -> Option<Nodes> {
    let file = code.file(id)?;
    let path = file.path.as_str()?;
    Some(match role_of(file)? {
        FileRole::Source(language) => {
            let facts = code.facts(id)?;
            Nodes::of_source(file, path, language, &facts)
        }
        FileRole::Document => documents::nodes_of_document(file, path),
        FileRole::Other => Nodes::plain(file, path, FileRole::Other),
    })
}
