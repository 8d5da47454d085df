//! Reads the sources: words of each for likeness, and the names that tie it to others.

use std::{collections::HashMap, sync::Arc};

use coderoom_graph::{Likeness, words};
use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::{
    Ties,
    uses::{Definers, Names},
};
use crate::{
    RelPath,
    code::{Code, imports_of, language_of_file, shown_names},
    file::File,
};

/// Bytes of a file that are looked at.
const MAX_BYTES: usize = 300_000;
/// Files read at once, so that cancelling takes effect soon.
const BATCH: usize = 256;
/// Words of all files together; beyond, files have none. Likeness keeps a fourth of them.
const MAX_WORDS: usize = 4 * coderoom_graph::MAX_POSTINGS;
/// Shorter names are everywhere.
const LEAST_NAME: usize = 4;
/// How often a word of its path counts as one of a file.
const PATH_WORD: u32 = 3;

/// Names and words by their hashes: 64 bits, so that two of one code base fall together with a
/// chance that no ranking shows.
pub(super) type Hashed<V> = HashMap<u64, V, FixedState>;

/// One source file as it was read.
struct Read {
    words: Vec<(u64, u32)>,
    names: Vec<(u64, u32)>,
}

/// The likeness of files and their ties; items are the numbers of `items`. `None` if `stop` said so.
pub(super) fn gather(
    code: &Code,
    items: &HashMap<RelPath, u32>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<(Likeness, Vec<Ties>)> {
    let sources: Vec<&Arc<File>> =
        code.snapshot().files().filter(|file| language_of_file(file).is_some()).collect();
    let item = |file: &File| items.get(&file.path).copied();
    let mut ties = vec![Ties::default(); items.len()];
    let mut definers = Definers::default();
    for batch in sources.chunks(BATCH) {
        if stop() {
            return None;
        }
        let found: Vec<_> = batch.par_iter().map(|file| declared(code, file)).collect();
        for (file, (names, imports)) in batch.iter().zip(found) {
            let Some(at) = item(file) else { continue };
            definers.add(at, &names);
            for other in imports.iter().filter_map(|path| items.get(path)) {
                ties[at as usize].add(2, *other, 1.0);
                ties[*other as usize].add(3, at, 1.0);
            }
        }
    }
    let mut names = Names::new(definers);
    let mut numbers: Hashed<u32> = Hashed::default();
    let mut documents: Vec<Vec<(u32, u32)>> = vec![Vec::new(); items.len()];
    let mut held = 0;
    for batch in sources.chunks(BATCH) {
        if stop() {
            return None;
        }
        let read: Vec<Read> = batch.par_iter().map(|file| read(file, &names)).collect();
        for (file, Read { words, names: written }) in batch.iter().zip(read) {
            let Some(at) = item(file) else { continue };
            names.add(at, written);
            if held < MAX_WORDS {
                held += words.len();
                let numbered = words.into_iter().map(|(word, times)| {
                    let next = numbers.len() as u32;
                    (*numbers.entry(word).or_insert(next), times)
                });
                documents[at as usize] = numbered.collect();
            }
        }
    }
    names.uses(sources.len(), &mut ties);
    ties.par_iter_mut().for_each(Ties::settle);
    Some((Likeness::new(&documents), ties))
}

/// The names that a file defines for others, by their hashes, and the files that it imports.
fn declared(code: &Code, file: &File) -> (Vec<u64>, Vec<RelPath>) {
    let Some(facts) = code.facts(file.id) else { return Default::default() };
    let names = shown_names(&facts).filter(|name| name.len() >= LEAST_NAME);
    let mut names: Vec<u64> = names.map(hash).collect();
    names.sort_unstable();
    names.dedup();
    let (files, _) = imports_of(code, file.id);
    let imports = files.iter().filter_map(|(id, _)| Some(code.file(*id)?.path.clone()));
    (names, imports.collect())
}

/// The words of a file, and the names in it that some file defines.
fn read(file: &File, names: &Names) -> Read {
    let mut found = Read { words: Vec::new(), names: Vec::new() };
    let Some(text) = file.text() else { return found };
    let bytes = text.bytes();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES)]);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut written: Hashed<u32> = Hashed::default();
    for name in text.split(|c: char| !is_part(c)).filter(|name| name.len() >= LEAST_NAME) {
        let name = hash(name);
        if names.is_defined(name) {
            *written.entry(name).or_default() += 1;
        }
    }
    let mut counted: Hashed<u32> = Hashed::default();
    for word in words(&text).filter(|word| word.len() > 1) {
        *counted.entry(hash(&word)).or_default() += 1;
    }
    for word in words(file.path.as_str().unwrap_or_default()).filter(|word| word.len() > 1) {
        *counted.entry(hash(&word)).or_default() += PATH_WORD;
    }
    found.names = sorted(written);
    found.words = sorted(counted);
    found
}

/// In an order that depends on nothing but the text.
fn sorted(counted: Hashed<u32>) -> Vec<(u64, u32)> {
    let mut counted: Vec<(u64, u32)> = counted.into_iter().collect();
    counted.sort_unstable();
    counted
}

fn hash(name: &str) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::quality::FixedState::with_seed(0x666f_7265).build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish()
}
