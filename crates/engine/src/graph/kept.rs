//! A graph as bytes, and back: its pieces, with the texts that they are of.
//!
//! What is kept is what costs most to make and least to read. Joining pieces is cheap, and what comes
//! from elsewhere (history) is no part of them. A piece rests on other files than its own, so kept
//! pieces are a graph of exactly the snapshot that they were made for; the graph of another follows
//! it as that of any edit does.
//!
//! Bytes come from outside: nothing of them is used that is out of bounds, and no weight that is not
//! a finite number.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use coderoom_graph::{PersistError, seal, unseal};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    CodeGraph, Hints, PieceStats,
    nodes::{Node, NodeId, Nodes, role_of},
    piece::{Piece, PieceEdge},
};
use crate::{
    ContentHash, RelPath, Snapshot,
    file::{File, FileId},
};

const MAGIC: &[u8; 8] = b"CRGRAPH\0";
/// Counted up when the encoding changes.
const VERSION: u32 = 1;

/// A file's piece on its way out. Files are named by their numbers in the list.
#[derive(Serialize)]
struct FileOut<'k> {
    path: &'k str,
    hash: [u8; 32],
    nodes: &'k [Node],
    outside: &'k [NodeId],
    edges: &'k [PieceEdge],
    packages: &'k [Box<str>],
    imports: Vec<u32>,
    mentions: &'k [u64],
}

/// The same on its way in.
#[derive(Deserialize)]
struct FileIn {
    path: Box<str>,
    hash: [u8; 32],
    nodes: Box<[Node]>,
    outside: Box<[NodeId]>,
    edges: Box<[PieceEdge]>,
    packages: Box<[Box<str>]>,
    imports: Box<[u32]>,
    mentions: Box<[u64]>,
}

/// A graph as it was kept: pieces, and the texts that they are of.
pub struct KeptGraph {
    /// In path order.
    files: Vec<FileIn>,
}

impl CodeGraph {
    /// Bytes of its pieces, for [`KeptGraph::decode`]: versioned and with a checksum. `maker` is the
    /// program that has made them: what facts and resolution say is a matter of its version. Costs
    /// about the bytes of the pieces.
    ///
    /// # Errors
    /// `Malformed` if they cannot be encoded, which none is known to cause.
    pub fn encode(&self, maker: &str) -> Result<Vec<u8>, PersistError> {
        let pieces: Vec<(&Arc<File>, &Arc<Piece>)> = self.filed_pieces().collect();
        let mut numbers: Vec<u32> = vec![u32::MAX; self.pieces.len()];
        for (number, (file, _)) in (0..).zip(&pieces) {
            numbers[file.id.0 as usize] = number;
        }
        let number = |file: &FileId| numbers.get(file.0 as usize).copied();
        let known = |file: &FileId| number(file).filter(|number| *number != u32::MAX);
        let mut files = Vec::with_capacity(pieces.len());
        for (file, piece) in &pieces {
            let text = file.text().ok_or(PersistError::Malformed)?;
            files.push(FileOut {
                path: &piece.nodes.path,
                hash: text.hash().0,
                nodes: &piece.nodes.list,
                outside: &piece.outside,
                edges: &piece.edges,
                packages: &piece.packages,
                // One that leads to what is gone is looked at again as soon as anything moves.
                imports: piece.imports.iter().filter_map(known).collect(),
                mentions: &piece.mentions,
            });
        }
        let payload = postcard::to_stdvec(&(maker, files)).map_err(|_| PersistError::Malformed)?;
        Ok(seal(MAGIC, VERSION, &payload))
    }

    /// The files with pieces, in path order.
    fn filed_pieces(&self) -> impl Iterator<Item = (&Arc<File>, &Arc<Piece>)> {
        self.snapshot.files().filter_map(|file| Some((file, self.piece(file.id)?)))
    }
}

impl KeptGraph {
    /// What [`CodeGraph::encode`] has made of a graph; `None` if another program has.
    ///
    /// # Errors
    /// `Version` if they are of another version of the format; else if they are not exactly what was
    /// written, or hold what no graph can.
    pub fn decode(bytes: &[u8], maker: &str) -> Result<Option<KeptGraph>, PersistError> {
        let payload = unseal(MAGIC, VERSION, bytes)?;
        let (made_by, rest): (&str, &[u8]) =
            postcard::take_from_bytes(payload).map_err(|_| PersistError::Malformed)?;
        if made_by != maker {
            return Ok(None);
        }
        let files = match postcard::take_from_bytes::<Vec<FileIn>>(rest) {
            Ok((files, [])) => files,
            _ => return Err(PersistError::Malformed),
        };
        if files.iter().all(|file| file.is_sound(files.len())) {
            return Ok(Some(KeptGraph { files }));
        }
        Err(PersistError::Malformed)
    }

    /// The files in which a snapshot differs from that of the graph, and what they had there: `None`
    /// for files that were not there. Costs a pass over all files.
    pub fn differing(&self, snapshot: &Snapshot) -> Vec<(RelPath, Option<ContentHash>)> {
        let kept: HashMap<&str, ContentHash> =
            self.files.iter().map(|file| (&*file.path, ContentHash(file.hash))).collect();
        let mut found = Vec::new();
        let mut there = 0;
        for file in snapshot.files().filter(|file| role_of(file).is_some()) {
            let known = file.path.as_str().and_then(|path| kept.get(path));
            there += usize::from(known.is_some());
            if known.copied() != file.text().map(|text| text.hash()) {
                found.push((file.path.clone(), known.copied()));
            }
        }
        if there < kept.len() {
            let path = |file: &FileIn| RelPath::new(file.path.as_bytes()).ok();
            let gone = |path: &RelPath| snapshot.file(path).and_then(|it| role_of(it)).is_none();
            let files = self.files.iter().filter_map(|it| Some((path(it)?, ContentHash(it.hash))));
            found.extend(files.filter(|it| gone(&it.0)).map(|(path, hash)| (path, Some(hash))));
        }
        found
    }

    /// The graph, if a snapshot has exactly the files that it was made for.
    pub fn into_graph(self, snapshot: &Arc<Snapshot>, hints: Arc<Hints>) -> Option<CodeGraph> {
        let there = snapshot.files().filter(|file| role_of(file).is_some());
        let there: Vec<&Arc<File>> = there.collect();
        let same = |(file, kept): (&&Arc<File>, &FileIn)| {
            let hash = file.text().map(|text| text.hash());
            hash == Some(ContentHash(kept.hash)) && file.path.as_str() == Some(&kept.path)
        };
        if there.len() != self.files.len() || !there.iter().zip(&self.files).all(same) {
            return None;
        }
        let ids: Vec<FileId> = there.iter().map(|file| file.id).collect();
        let most = ids.iter().map(|id| id.0 as usize + 1).max().unwrap_or(0);
        let mut pieces: Vec<Option<Arc<Piece>>> = vec![None; most];
        for (file, kept) in there.iter().zip(self.files) {
            let (id, role) = (file.id, role_of(file)?);
            let nodes = Nodes { file: id, path: kept.path, role, list: kept.nodes };
            let mut imports: Vec<FileId> =
                kept.imports.iter().filter_map(|n| ids.get(*n as usize).copied()).collect();
            imports.sort_unstable();
            let foreign = kept.edges.iter().any(|it| it.from as usize >= nodes.list.len());
            pieces[id.0 as usize] = Some(Arc::new(Piece {
                nodes: Arc::new(nodes),
                outside: kept.outside,
                edges: kept.edges,
                foreign,
                packages: kept.packages,
                imports: imports.into(),
                mentions: kept.mentions,
            }));
        }
        let stats = PieceStats { files: ids.len(), ..PieceStats::default() };
        Some(CodeGraph {
            snapshot: Arc::clone(snapshot),
            pieces,
            hints,
            stats,
            joined: OnceLock::new(),
            earlier: Mutex::default(),
            cooccurrence: OnceLock::new(),
        })
    }
}

impl FileIn {
    /// Whether every number in it is one that a piece can have.
    fn is_sound(&self, files: usize) -> bool {
        let ends = self.nodes.len() + self.outside.len();
        let edge = |it: &PieceEdge| {
            let (from, to) = (it.from as usize, it.to as usize);
            // Written so that NaN is left out.
            from < ends && to < ends && it.weight >= f32::MIN_POSITIVE && it.weight <= 1.0
        };
        let node =
            |it: &Node| it.lines.0 >= 1 && it.lines.0 <= it.lines.1 && it.at.start <= it.at.end;
        !self.nodes.is_empty()
            && RelPath::new(self.path.as_bytes())
                .is_ok_and(|it| it.as_bytes() == self.path.as_bytes())
            && self.nodes.iter().all(node)
            && self.nodes.is_sorted_by_key(|it| it.symbol)
            && self.edges.iter().all(edge)
            && self.imports.iter().all(|it| (*it as usize) < files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Code, CodeIndex, FileChange, Session, Shelf, Stamp, TextStore, Visibility};

    fn graph() -> CodeGraph {
        let store = TextStore::default();
        let put = |(name, text): (&str, &str)| {
            let body =
                store.intern(text.as_bytes().to_vec().into()).map_or(Body::Binary, Body::Text);
            let put = FileChange::Put {
                body,
                stamp: Stamp::default(),
                visibility: Visibility::default(),
            };
            (RelPath::new(name.as_bytes()).unwrap(), put)
        };
        let files = [
            ("a.py", "from b import g\nimport os\n\ndef f():\n    return g()\n"),
            ("b.py", "def g():\n    return 1\n"),
            ("n.md", "# Notes\n\nCall `f`.\n"),
        ];
        let session = Session::open(files.into_iter().map(put).collect(), Vec::new());
        let snapshot = session.snapshot();
        let index = CodeIndex::build(&snapshot, &|| false).unwrap();
        let code = Code::new(snapshot, Arc::new(index), Arc::new(Shelf::new(1 << 20)));
        CodeGraph::build(&code, None, Arc::default(), &|| false).unwrap()
    }

    /// Bytes with a right checksum, of pieces that were tampered with.
    fn tampered(graph: &CodeGraph, tamper: impl Fn(&mut Piece)) -> Vec<u8> {
        let pieces = graph.pieces.iter().map(|piece| {
            piece.as_ref().map(|piece| {
                let mut piece = Piece {
                    nodes: Arc::clone(&piece.nodes),
                    outside: piece.outside.clone(),
                    edges: piece.edges.clone(),
                    foreign: piece.foreign,
                    packages: piece.packages.clone(),
                    imports: piece.imports.clone(),
                    mentions: piece.mentions.clone(),
                };
                tamper(&mut piece);
                Arc::new(piece)
            })
        });
        let pieces = pieces.collect();
        let (snapshot, hints) = (Arc::clone(&graph.snapshot), Arc::clone(&graph.hints));
        let (joined, cooccurrence) = (OnceLock::new(), OnceLock::new());
        let (stats, earlier) = (graph.stats, Mutex::default());
        CodeGraph { snapshot, pieces, hints, stats, joined, earlier, cooccurrence }
            .encode("one")
            .unwrap()
    }

    fn refusal(bytes: &[u8]) -> Option<PersistError> {
        KeptGraph::decode(bytes, "one").err()
    }

    /// No weight that is no number, and nothing out of bounds, gets in, whatever the checksum says.
    #[test]
    fn what_no_graph_can_hold_is_refused() {
        let graph = graph();
        assert_eq!(refusal(&tampered(&graph, |_| ())), None);
        for weight in [f32::NAN, f32::INFINITY, -1.0, 0.0, 1.5] {
            let bytes =
                tampered(&graph, |it| it.edges.iter_mut().for_each(|it| it.weight = weight));
            assert_eq!(refusal(&bytes), Some(PersistError::Malformed), "{weight}");
        }
        let out = |it: &mut Piece| it.edges.iter_mut().for_each(|edge| edge.to = 1 << 20);
        assert_eq!(refusal(&tampered(&graph, out)), Some(PersistError::Malformed));
        let back = |it: &mut Piece| {
            let nodes = Arc::make_mut(&mut it.nodes);
            nodes.list.iter_mut().for_each(|node| node.lines = (2, 1));
        };
        assert_eq!(refusal(&tampered(&graph, back)), Some(PersistError::Malformed));
    }

    /// Whatever byte is another, and wherever the bytes end, it is seen; nothing panics.
    #[test]
    fn damage_is_seen() {
        let graph = graph();
        let bytes = graph.encode("one").unwrap();
        assert!(KeptGraph::decode(&bytes, "one").unwrap().is_some());
        assert!(KeptGraph::decode(&bytes, "two").unwrap().is_none(), "another program's");
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            assert!(refusal(&other).is_some(), "byte {at}");
            assert!(refusal(&bytes[..at]).is_some(), "cut at {at}");
        }
        let mut newer = bytes.clone();
        newer[8] += 1;
        assert!(matches!(refusal(&newer), Some(PersistError::Version { .. })));
    }

    /// A graph is only that of the texts that it was made for.
    #[test]
    fn other_texts_have_no_use_for_it() {
        let graph = graph();
        let bytes = graph.encode("one").unwrap();
        let kept = || KeptGraph::decode(&bytes, "one").unwrap().unwrap();
        assert!(kept().differing(&graph.snapshot).is_empty());
        assert!(kept().into_graph(&graph.snapshot, Arc::default()).is_some());
        let empty = Session::open(Vec::new(), Vec::new()).snapshot();
        assert_eq!(kept().differing(&empty).len(), 3);
        assert!(kept().into_graph(&empty, Arc::default()).is_none());
    }
}
