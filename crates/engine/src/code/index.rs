//! What is precomputed of a snapshot's code: which files have which names.
//!
//! An index speaks for the files of the snapshot that it was built from, as they were then. A view
//! of a later snapshot leaves out the files that differ and looks at those directly, so an edit
//! never waits for an index and an index is never wrong.

use std::sync::Arc;

use coderoom_syntax::{Language, detect};
use rayon::prelude::*;

use super::{
    names::{Doc, Names, NamesBuilder, names_of},
    shelf::Shelf,
};
use crate::{
    RelPath, Snapshot,
    file::{File, FileId},
    snapshot::Totals,
};

/// Files taken into the index at once, so that cancelling takes effect soon.
const BATCH: usize = 256;

/// Names of a snapshot's code files.
pub struct CodeIndex {
    /// What it was built from.
    pub(super) of: Option<Arc<Snapshot>>,
    pub(super) files: Box<[FileId]>,
    pub(super) names: Names,
    stats: IndexStats,
    cut_files: Box<[RelPath]>,
}

/// Files that are named because their facts end early; more are only counted.
const MAX_CUT_FILES: usize = 20;

/// How much an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct IndexStats {
    /// Source files with facts.
    pub files: u64,
    /// Bytes of source in them.
    pub source_bytes: u64,
    /// Symbols that other files can see, or that belong to types.
    pub symbols: u64,
    /// Occurrences of names.
    pub occurrences: u64,
    /// Files with syntax errors.
    pub with_errors: u64,
    /// Files whose facts end early, because they are too large or nest too deep.
    pub cut: u64,
    /// Bytes of packed facts.
    pub facts_bytes: u64,
    /// Bytes of names and lists.
    pub names_bytes: u64,
}

impl CodeIndex {
    /// An index of nothing: every file is looked at directly.
    pub fn empty() -> CodeIndex {
        CodeIndex {
            of: None,
            files: Box::default(),
            names: Names::default(),
            stats: IndexStats::default(),
            cut_files: Box::default(),
        }
    }

    /// The index of a snapshot: takes facts out of every source file that has none yet, on all of
    /// rayon's threads. `None` if `stop` said so, which is asked every few files.
    pub fn build(snapshot: &Arc<Snapshot>, stop: &(dyn Fn() -> bool + Sync)) -> Option<CodeIndex> {
        let sources: Vec<(&Arc<File>, Language)> =
            snapshot.files().filter_map(|file| Some((file, language_of(file)?))).collect();
        let mut names = NamesBuilder::default();
        let mut stats = IndexStats::default();
        let mut cut_files = Vec::new();
        for (batch_number, batch) in sources.chunks(BATCH).enumerate() {
            if stop() {
                return None;
            }
            let found: Vec<_> = batch
                .par_iter()
                .map(|(file, language)| {
                    let text = file.text()?;
                    let (facts, facts_bytes) = Shelf::packing(text, *language);
                    let mut part = IndexStats {
                        files: 1,
                        source_bytes: text.bytes().len() as u64,
                        occurrences: facts.occurrences.len() as u64,
                        with_errors: u64::from(!facts.errors.is_empty()),
                        cut: u64::from(facts.cut.is_some()),
                        facts_bytes: facts_bytes as u64,
                        ..IndexStats::default()
                    };
                    let names = names_of(&facts);
                    part.symbols = names.iter().filter(|(_, defines)| *defines).count() as u64;
                    Some((names, part))
                })
                .collect();
            for (n, found) in found.into_iter().enumerate() {
                let Some((list, part)) = found else { continue };
                let doc = batch_number * BATCH + n;
                names.add(doc as Doc, list);
                if part.cut > 0 && cut_files.len() < MAX_CUT_FILES {
                    cut_files.push(sources[doc].0.path.clone());
                }
                stats.add(&part);
            }
        }
        let names = names.finish();
        stats.names_bytes = names.bytes();
        let files = sources.iter().map(|(file, _)| file.id).collect();
        let cut_files = cut_files.into();
        Some(CodeIndex { of: Some(Arc::clone(snapshot)), files, names, stats, cut_files })
    }

    /// The first files whose facts end early, in path order; `stats` counts all of them.
    pub fn cut_files(&self) -> &[RelPath] {
        &self.cut_files
    }

    /// How much it holds.
    pub fn stats(&self) -> IndexStats {
        self.stats
    }

    /// The revision of the snapshot that it was built from.
    pub fn revision(&self) -> Option<u64> {
        self.of.as_ref().map(|snapshot| snapshot.revision())
    }

    /// The snapshot that it was built from.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.of.as_ref()
    }

    /// What the snapshot that it was built from held.
    pub fn totals(&self) -> Option<Totals> {
        self.of.as_ref().map(|snapshot| snapshot.totals())
    }
}

impl IndexStats {
    fn add(&mut self, other: &IndexStats) {
        self.files += other.files;
        self.source_bytes += other.source_bytes;
        self.symbols += other.symbols;
        self.occurrences += other.occurrences;
        self.with_errors += other.with_errors;
        self.cut += other.cut;
        self.facts_bytes += other.facts_bytes;
    }
}

/// The language of a file whose text is held and searched as it is.
pub(crate) fn language_of(file: &File) -> Option<Language> {
    let text = file.text()?;
    if !text.is_indexable() {
        return None;
    }
    detect(file.path.as_str()?, text.bytes())
}
