//! Writing a snapshot down: only the parts that are not there yet, then the manifest.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use coderoom_engine::{Body, ContentHash, Covering, File, SegmentId, SegmentParts, Snapshot, Text};

use super::{
    Cache, CacheError, KnownPart, Meta, PartKey,
    disk::{remove_files, sweep, sync_dir},
    manifest::{BodyRow, FileRow, Manifest, PartRow, Place},
    part::{self, Kind},
};

/// Files that no segment covers are folded in batches of so many bytes of text.
const FOLD_BYTES: u64 = 256 << 20;
/// A part is written anew when its dead texts outweigh the living by this much.
const DEAD_BYTES: u64 = 1 << 20;

/// What a store did.
pub struct Stored {
    /// Parts that were there already.
    pub parts_kept: usize,
    /// Parts that were written.
    pub parts_written: usize,
    /// Bytes of them.
    pub bytes_written: u64,
    /// Bytes of all parts.
    pub bytes: u64,
    /// The segments that were made for uncovered files, ready for `Session::attach` (or the next
    /// store makes them again).
    pub folded: Vec<Covering>,
}

impl Cache {
    /// Makes the directory hold `snapshot`. On any error it still holds what it held before.
    ///
    /// # Errors
    /// `Full` and `Unwritable` when the disk does not take it; see [`CacheError`].
    pub fn store(&mut self, snapshot: &Snapshot, meta: &Meta) -> Result<Stored, CacheError> {
        self.lock.check(&self.dir)?;
        sweep(&self.dir)?;
        let mut store = Store::new(self, snapshot);
        let live: HashSet<SegmentId> = snapshot.files().filter_map(|file| file.segment).collect();
        for (id, segment) in snapshot.segments() {
            if live.contains(&id) {
                store.part(Kind::Segment, &segment.to_parts())?;
            }
        }
        let folded = fold(snapshot);
        for covering in &folded {
            store.part(Kind::Segment, &covering.segment.to_parts())?;
        }
        store.homeless_texts()?;
        let stored = Stored {
            parts_kept: store.kept,
            parts_written: store.rows.len() - store.kept,
            bytes_written: store.bytes_written,
            bytes: store.bytes,
            folded,
        };
        let (parts, files) = store.rows(snapshot);
        let manifest = Manifest {
            root: self.root.clone(),
            options: meta.options,
            parts,
            files,
            unheld: snapshot.unheld().to_vec(),
            dirs: meta.dirs.clone(),
        };
        // The parts' names must be durable before a manifest speaks of them, and the manifest's
        // before the parts of the last one go.
        sync_dir(&self.dir)?;
        manifest.write(&self.dir)?;
        sync_dir(&self.dir)?;
        self.forget_all_but(&manifest.parts)?;
        Ok(stored)
    }

    fn forget_all_but(&mut self, rows: &[PartRow]) -> Result<(), CacheError> {
        let named: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        self.known.retain(|_, part| named.contains(part.row.name.as_str()));
        remove_files(&self.dir, |name| name.ends_with(".crs") && !named.contains(name))?;
        Ok(())
    }
}

/// Segments for the files that have none. Files that cannot be indexed stay out.
fn fold(snapshot: &Snapshot) -> Vec<Covering> {
    let mut folded = Vec::new();
    let mut batch: Vec<Arc<File>> = Vec::new();
    let mut bytes = 0;
    let mut finish = |batch: &mut Vec<Arc<File>>| {
        if !batch.is_empty() {
            folded.push(Covering::build(&std::mem::take(batch)));
        }
    };
    for file in snapshot.files().filter(|file| file.is_uncovered()) {
        let Some(text) = file.text().filter(|text| text.is_indexable()) else {
            continue;
        };
        bytes += text.bytes().len() as u64;
        batch.push(Arc::clone(file));
        if bytes >= FOLD_BYTES {
            finish(&mut batch);
            bytes = 0;
        }
    }
    finish(&mut batch);
    folded
}

/// A store in progress.
struct Store<'a> {
    cache: &'a mut Cache,
    /// Every distinct text of the snapshot.
    texts: HashMap<ContentHash, Arc<Text>>,
    /// Where those lie that have a part by now.
    places: HashMap<ContentHash, Place>,
    rows: Vec<PartRow>,
    kept: usize,
    bytes_written: u64,
    bytes: u64,
}

impl<'a> Store<'a> {
    fn new(cache: &'a mut Cache, snapshot: &Snapshot) -> Store<'a> {
        let texts: HashMap<_, _> = snapshot
            .files()
            .filter_map(|file| file.text())
            .map(|text| (text.hash(), Arc::clone(text)))
            .collect();
        Store {
            cache,
            places: HashMap::with_capacity(texts.len()),
            texts,
            rows: Vec::new(),
            kept: 0,
            bytes_written: 0,
            bytes: 0,
        }
    }

    /// Sees to it that a part for these documents is on disk, and notes where their texts lie.
    fn part(&mut self, kind: Kind, parts: &SegmentParts) -> Result<(), CacheError> {
        let key = part_key(kind, &parts.docs);
        let known = match self.cache.known.get(&key) {
            Some(part) if self.is_good(part) => {
                self.kept += 1;
                part.clone()
            }
            _ => {
                let part = self.write(kind, parts)?;
                self.bytes_written += part.file_len;
                self.cache.known.insert(key, part.clone());
                part
            }
        };
        let number = self.rows.len() as u32;
        for ((hash, len), doc) in known.docs.iter().zip(0..) {
            if len.is_some() {
                let place = Place { part: number, doc };
                self.places.entry(*hash).or_insert(place);
            }
        }
        self.bytes += known.file_len;
        self.rows.push(known.row);
        Ok(())
    }

    /// Whether a known part is still there, and not mostly dead.
    fn is_good(&self, part: &KnownPart) -> bool {
        let path = self.cache.dir.join(&part.row.name);
        if std::fs::symlink_metadata(path).map_or(0, |meta| meta.len()) != part.file_len {
            return false;
        }
        let mut live = 0;
        let mut dead = 0;
        for (hash, len) in &part.docs {
            let len = len.unwrap_or(0);
            *(if self.texts.contains_key(hash) { &mut live } else { &mut dead }) += len;
        }
        dead <= live + DEAD_BYTES
    }

    /// Writes a part with those texts that are alive and have no place yet.
    fn write(&self, kind: Kind, parts: &SegmentParts) -> Result<KnownPart, CacheError> {
        let texts: Vec<Option<Arc<Text>>> = parts
            .docs
            .iter()
            .enumerate()
            .map(|(i, hash)| {
                // The parts of a large text are documents of their own, side by side.
                let is_first = i == 0 || parts.docs[i - 1] != *hash;
                let is_wanted = is_first && !self.places.contains_key(hash);
                is_wanted.then(|| self.texts.get(hash).cloned())?
            })
            .collect();
        let held = texts.iter().map(|text| Some(text.as_ref()?.bytes().len() as u64));
        let docs: Vec<(ContentHash, Option<u64>)> = parts.docs.iter().copied().zip(held).collect();
        let name = part_name(kind, &docs);
        let (sum, file_len) = part::write(self.cache.dir.join(&name), kind, parts, &texts)?;
        Ok(KnownPart { row: PartRow { name, sum }, file_len, docs })
    }

    /// Gives the texts that no segment's part holds a part without postings.
    fn homeless_texts(&mut self) -> Result<(), CacheError> {
        let mut docs: Vec<ContentHash> = self.texts.keys().copied().collect();
        docs.retain(|hash| !self.places.contains_key(hash));
        if docs.is_empty() {
            return Ok(());
        }
        docs.sort_unstable();
        let parts = SegmentParts {
            docs,
            text_bytes: 0,
            keys: Bytes::new(),
            ends: Bytes::new(),
            postings: Bytes::new(),
        };
        self.part(Kind::Texts, &parts)
    }

    fn rows(self, snapshot: &Snapshot) -> (Vec<PartRow>, Vec<FileRow>) {
        let files = snapshot
            .files()
            .map(|file| FileRow {
                path: file.path.clone(),
                stamp: file.stamp,
                visibility: file.visibility,
                body: match &file.body {
                    Body::Text(text) => BodyRow::Text(self.places[&text.hash()]),
                    Body::Binary => BodyRow::Binary,
                    Body::TooLarge => BodyRow::TooLarge,
                    Body::Unreadable(why) => BodyRow::Unreadable(why.to_string()),
                },
            })
            .collect();
        (self.rows, files)
    }
}

/// What a part is of: its kind and its documents.
pub(super) fn part_key(kind: Kind, docs: &[ContentHash]) -> PartKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(kind as u32).to_ne_bytes());
    for hash in docs {
        hasher.update(&hash.0);
    }
    *hasher.finalize().as_bytes()
}

/// A name that stands for the contents: documents, and which of them it has the bytes of.
fn part_name(kind: Kind, docs: &[(ContentHash, Option<u64>)]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (hash, held) in docs {
        hasher.update(&hash.0);
        hasher.update(&[u8::from(held.is_some())]);
    }
    let prefix = match kind {
        Kind::Segment => "seg",
        Kind::Texts => "txt",
    };
    format!("{prefix}-{}.crs", &hasher.finalize().to_hex()[..32])
}
