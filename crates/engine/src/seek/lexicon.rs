//! The words of a snapshot's files, ready to be ranked.
//!
//! It speaks for the files of the snapshot that it was built from, as they were then. For a later
//! snapshot, files that differ are read when a question comes, as with every index here; words are
//! weighed by the older snapshot meanwhile, which changes a ranking by next to nothing.

use std::sync::Arc;

use coderoom_graph::{Bm25f, Bm25fBuilder, Field};
use coderoom_syntax::{Flags, Kind, Symbol, SymbolIx};
use rayon::prelude::*;

use super::{
    role::FileRole,
    words::{Word, name_hash, words_of},
};
use crate::{
    Snapshot,
    code::{Code, Shelf, language_of_file as language_of},
    file::{File, FileId},
};

/// Fields of a file: its text, the names that it defines, its path. The weights are those that found
/// most on the repositories that they were fitted on; a comment's words count as any of the text.
const FIELDS: [Field; 3] =
    [Field { weight: 1.0, b: 0.5 }, Field { weight: 4.0, b: 0.5 }, Field { weight: 16.0, b: 0.3 }];
/// Frequencies saturate late: files are long documents.
const K1: f32 = 2.5;
/// The path by itself, which a question's first line often names.
const PATH: [Field; 1] = [Field { weight: 1.0, b: 0.3 }];
const PATH_K1: f32 = 1.2;
/// Bytes of a file that are read.
const MAX_TEXT: usize = 1 << 20;
/// Files read at once, so that cancelling takes effect soon.
const BATCH: usize = 512;

/// The words of a snapshot's files.
pub struct Lexicon {
    of: Arc<Snapshot>,
    /// The file that each document is.
    files: Box<[FileId]>,
    /// What each document is for.
    roles: Box<[FileRole]>,
    /// The words of each document's path, sorted.
    path_words: Box<[Box<[Word]>]>,
    texts: Bm25f,
    paths: Bm25f,
    /// By the hash of a name, the documents that define it, sorted; each name of a document once.
    defined: Box<[(Word, u32)]>,
}

/// A file's words by field.
#[derive(Default)]
struct Bag {
    text: Vec<Word>,
    names: Vec<Word>,
    path: Vec<Word>,
    /// Hashes of the names that it defines, each once.
    defines: Vec<Word>,
}

/// What the words of a question are worth in one file.
pub(super) struct WordScore {
    pub(super) file: FileId,
    pub(super) role: FileRole,
    /// By text, names and path.
    pub(super) text: f32,
    /// By the path, with the question's first line.
    pub(super) path: f32,
    /// How much of the scope that the question names is in the path, from 0 to 1.
    pub(super) scope: f32,
}

impl Lexicon {
    /// The words of `code`'s snapshot. `None` if `stop` said so, which is asked every few files.
    /// Reads every source and document once, on all of rayon's threads, and the facts of sources.
    pub fn build(code: &Code, stop: &(dyn Fn() -> bool + Sync)) -> Option<Lexicon> {
        let snapshot = Arc::clone(code.snapshot());
        let files: Vec<&Arc<File>> = snapshot.files().filter(|file| is_read(file)).collect();
        let mut texts = Bm25fBuilder::new(&FIELDS, K1);
        let mut paths = Bm25fBuilder::new(&PATH, PATH_K1);
        let mut path_words = Vec::with_capacity(files.len());
        let mut defined = Vec::new();
        for batch in files.chunks(BATCH) {
            if stop() {
                return None;
            }
            let bags: Vec<Bag> = batch.par_iter().map(|file| Bag::of(file)).collect();
            for bag in bags {
                let document = texts.add(&[&bag.text, &bag.names, &bag.path]);
                defined.extend(bag.defines.iter().map(|name| (*name, document)));
                paths.add(&[&bag.path]);
                path_words.push(sorted(bag.path));
            }
        }
        defined.sort_unstable();
        Some(Lexicon {
            defined: defined.into(),
            files: files.iter().map(|file| file.id).collect(),
            roles: files.iter().map(|file| role_of(file)).collect(),
            path_words: path_words.into(),
            texts: texts.finish(),
            paths: paths.finish(),
            of: Arc::clone(&snapshot),
        })
    }

    /// How many files of `snapshot` differ from those that it was built from.
    pub fn differing(&self, snapshot: &Snapshot) -> usize {
        self.of.changed_files(snapshot).len()
    }

    /// Bytes of memory, about.
    pub fn bytes(&self) -> u64 {
        let words: usize = self.path_words.iter().map(|it| it.len() * 8 + 16).sum();
        let rest = words + self.files.len() * 4 + self.defined.len() * 16;
        self.texts.bytes() + self.paths.bytes() + rest as u64
    }

    /// How much a word tells here.
    pub(super) fn idf(&self, word: Word) -> f32 {
        self.texts.idf(word)
    }

    /// The files of `code` that are not as they were: it does not speak for them.
    pub(super) fn stale(&self, code: &Code) -> Vec<FileId> {
        self.of.changed_files(code.snapshot())
    }

    /// The files of `code` that define a name.
    pub(super) fn defining(&self, code: &Code, stale: &[FileId], name: &str) -> Vec<FileId> {
        let hash = name_hash(name.as_bytes());
        let from = self.defined.partition_point(|it| it.0 < hash);
        let known = self.defined[from..].iter().take_while(|it| it.0 == hash);
        let known = known.map(|it| self.files[it.1 as usize]);
        let mut files: Vec<FileId> = known.filter(|it| stale.binary_search(it).is_err()).collect();
        files.extend(stale.iter().copied().filter(|id| {
            let Some(facts) = code.facts(*id) else { return false };
            let is_it = |it: &SymbolIx| is_definition(facts.facts.symbol(*it));
            facts.name(name).is_some_and(|local| facts.named(local).any(|it| is_it(&it)))
        }));
        files
    }

    /// Files of `code` that have anything of a question, in the order of their numbers.
    pub(super) fn scores(
        &self,
        code: &Code,
        stale: &[FileId],
        all: &[(Word, f32)],
        subject: &[(Word, f32)],
        scope: &[Word],
    ) -> Vec<WordScore> {
        let mut text = vec![0.0; self.files.len()];
        let mut path = vec![0.0; self.files.len()];
        self.texts.score(all, &mut text);
        self.paths.score(subject, &mut path);
        let mut found: Vec<WordScore> = Vec::new();
        for (n, file) in self.files.iter().enumerate() {
            let scope = part_of(scope, &self.path_words[n]);
            let any = text[n] > 0.0 || path[n] > 0.0 || scope > 0.0;
            if any && stale.binary_search(file).is_err() {
                let (role, text, path) = (self.roles[n], text[n], path[n]);
                found.push(WordScore { file: *file, role, text, path, scope });
            }
        }
        for id in stale.iter().copied() {
            let Some(file) = code.file(id).filter(|file| is_read(file)) else { continue };
            let bag = Bag::of(file);
            let score = WordScore {
                file: id,
                role: role_of(file),
                text: self.texts.score_of(all, &[&bag.text, &bag.names, &bag.path]),
                path: self.paths.score_of(subject, &[&bag.path]),
                scope: part_of(scope, &sorted(bag.path)),
            };
            found.push(score);
        }
        found.sort_unstable_by_key(|it| it.file);
        found
    }
}

impl Bag {
    fn of(file: &File) -> Bag {
        let mut bag = Bag::default();
        let path = file.path.as_str().unwrap_or_default();
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        words_of(dir.as_bytes(), &mut bag.path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        words_of(stem.as_bytes(), &mut bag.path);
        let Some(text) = file.text() else { return bag };
        let bytes = text.bytes();
        words_of(&bytes[..bytes.len().min(MAX_TEXT)], &mut bag.text);
        let Some(language) = language_of(file) else { return bag };
        let (facts, _) = Shelf::packing(text, language);
        for symbol in facts.symbols.iter().filter(|it| is_definition(it)) {
            let name = facts.name(symbol.name).as_bytes();
            words_of(name, &mut bag.names);
            bag.defines.push(name_hash(name));
        }
        bag.defines.sort_unstable();
        bag.defines.dedup();
        bag
    }
}

/// Whether a symbol is more than a name for something else, or for the inside of a function.
fn is_definition(symbol: &Symbol) -> bool {
    let other =
        matches!(symbol.kind, Kind::Parameter | Kind::TypeParameter | Kind::Alias | Kind::Impl);
    !other && !symbol.flags.has(Flags::LOCAL)
}

/// What a file is for.
fn role_of(file: &File) -> FileRole {
    FileRole::of(file.path.as_str().unwrap_or_default())
}

/// Whether a file's words count: source and prose.
fn is_read(file: &File) -> bool {
    let prose = file.path.as_str().is_some_and(FileRole::is_document);
    language_of(file).is_some() || (prose && file.text().is_some_and(|it| it.is_indexable()))
}

fn sorted(mut words: Vec<Word>) -> Box<[Word]> {
    words.sort_unstable();
    words.dedup();
    words.into()
}

/// How much of `wanted` is in `words`, which are sorted.
fn part_of(wanted: &[Word], words: &[Word]) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    let there = wanted.iter().filter(|it| words.binary_search(it).is_ok()).count();
    there as f32 / wanted.len() as f32
}
