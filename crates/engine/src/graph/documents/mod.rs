//! Documents in the graph: sections, what they mention, and where that has drifted away from the
//! code.
//!
//! Markdown (`markdown.rs`), reStructuredText and plain text (`plain.rs`) become sections and
//! mentions (`read.rs`); mentions become edges to files and symbols with a certainty (`bind.rs`).
//! Memory notes ([`NOTES`]) are documents like others, but that each entry of their lists is a section.

mod answers;
mod bind;
mod markdown;
mod plain;
mod read;

use std::{hash::BuildHasher, sync::Arc};

use coderoom_graph::EdgeKind;

pub use self::answers::{Binding, Documents, Drift, DriftKind, MentionInfo, SectionInfo, Why};
pub(super) use self::bind::Known;
use self::{
    bind::Binder,
    read::{Document, How, Mention, parts},
};
use super::{
    edges::AllNodes,
    nodes::{FileRole, Nodes},
    piece::{Piece, PieceBuilder, weight_of},
};
use crate::{code::Resolver, file::File};

/// Where agents' notes lie, relative to the workspace.
pub const NOTES: &str = ".coderoom/notes/";

/// Larger documents are files without sections.
const MAX_BYTES: usize = 2 << 20;

/// Extensions of documents.
const EXTENSIONS: [&str; 5] = [".md", ".markdown", ".mdx", ".rst", ".txt"];
/// Names of documents that have none.
const NAMES: [&str; 9] = [
    "README",
    "CHANGES",
    "CHANGELOG",
    "NEWS",
    "HACKING",
    "CONTRIBUTING",
    "INSTALL",
    "TODO",
    "ARCHITECTURE",
];

/// Whether a file is a document, by its name.
pub(super) fn is_document(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    // Lists for programs.
    let list =
        lower.starts_with("requirements") || matches!(&*lower, "cmakelists.txt" | "robots.txt");
    NAMES.contains(&name) || EXTENSIONS.iter().any(|it| lower.ends_with(it)) && !list
}

/// What stands for a name in the mentions of a piece.
pub(super) fn hash_of_name(name: &str) -> u64 {
    foldhash::fast::FixedState::with_seed(1).hash_one(name)
}

fn read_file(file: &File, path: &str) -> Option<Document> {
    let text = file.text().filter(|text| text.bytes().len() <= MAX_BYTES)?;
    Some(Document::read(path, text.bytes()))
}

/// The nodes of a document: itself and its sections, in order.
pub(super) fn nodes_of_document(file: &File, path: &str) -> Nodes {
    match read_file(file, path) {
        None => Nodes::plain(file, path, FileRole::Document),
        Some(document) => {
            let sections = document.sections.into_iter();
            let part = |it: read::Section| (it.heading, it.slug, (it.first, it.last));
            Nodes::of_document(file, path, sections.map(part))
        }
    }
}

/// The piece of a document.
pub(super) fn piece_of_document<'n>(
    resolver: &mut Resolver<'_>,
    all: &AllNodes<'n>,
    nodes: &Arc<Nodes>,
    known: &mut Known,
) -> Piece {
    let mut out = PieceBuilder::default();
    let file = resolver.code.file(nodes.file).cloned();
    let Some(document) = file.and_then(|file| read_file(&file, &nodes.path)) else {
        return out.finish(Arc::clone(nodes));
    };
    let node = |section: Option<usize>| nodes.list[section.map_or(0, |ix| ix + 1)].id;
    for ix in 0..document.sections.len() {
        out.edge(node(document.outer(ix)), node(Some(ix)), EdgeKind::Contains, 1.0);
    }
    let mut binder = Binder { resolver, all, known };
    for mention in &document.mentions {
        out.mentions.extend(names_of(mention).map(hash_of_name));
        for bound in binder.bind(&nodes.path, mention) {
            let Some(weight) = weight_of(bound.certainty) else { continue };
            let Some(there) = all(bound.to.0) else { continue };
            if there.file == nodes.file {
                continue;
            }
            let is_document = there.role == FileRole::Document;
            let kind = if is_document { EdgeKind::References } else { EdgeKind::Documents };
            let weight = weight / bound.of as f32;
            out.edge(node(mention.section), there.list[bound.to.1].id, kind, weight);
        }
    }
    out.finish(Arc::clone(nodes))
}

/// The names whose declarations decide what a mention leads to.
fn names_of(mention: &Mention) -> impl Iterator<Item = &str> {
    let path = mention.is_path.then(|| mention.text.rsplit('/').next().unwrap_or_default());
    let within = mention.within.as_deref().into_iter().flat_map(parts);
    let names = parts(&mention.text).filter(|_| mention.how != How::Link);
    names.chain(within).chain(path)
}
