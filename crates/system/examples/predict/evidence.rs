//! Gathers what predictions are made from: history, imports, names and words.
//!
//! Uses are found by name, without resolving them: a name of four letters or more that one to three
//! files define.

use std::{
    collections::HashMap,
    io::{Error, Result},
    path::Path,
    sync::Arc,
};

use coderoom_engine::{AskLimits, Code, CodeIndex, RelPath, Shelf, Snapshot};
use coderoom_graph::{
    COCHANGE, CoChange, Known, Likeness, Link, Part, Places, PredictOptions, Predicted, predict,
    words,
};
use coderoom_system::past;

/// Bytes of a file that are looked at.
const MAX_BYTES: usize = 300_000;

/// A directory, as numbers.
pub(crate) struct World {
    paths: Vec<RelPath>,
    items: HashMap<RelPath, u32>,
    /// Of the items, so many are files now; the others were.
    files: usize,
    now: i64,
    cochange: CoChange,
    places: Places,
    likeness: Likeness,
    links: Vec<Vec<Link>>,
    commits: usize,
}

impl World {
    pub(crate) fn new(root: &Path, snapshot: &Arc<Snapshot>) -> Result<World> {
        let mut paths: Vec<RelPath> = snapshot.files().map(|file| file.path.clone()).collect();
        let files = paths.len();
        let mut items: HashMap<RelPath, u32> =
            paths.iter().enumerate().map(|(at, path)| (path.clone(), at as u32)).collect();
        let mut cochange = CoChange::new(COCHANGE);
        let past = past::read(root, None, &past::Limits::default()).map_err(Error::other)?;
        let now = past.commits().next().map_or(0, |commit| commit.time);
        for commit in past.commits() {
            let touched = commit.touches.iter().map(|touch| {
                let path = past.path(touch.now);
                *items.entry(path.clone()).or_insert_with(|| {
                    paths.push(path.clone());
                    paths.len() as u32 - 1
                })
            });
            let touched: Vec<u32> = touched.collect();
            cochange.add(commit.time, &touched);
        }
        let places = Places::new(paths.iter().map(|path| path.as_str().unwrap_or_default()));
        let code = code(snapshot)?;
        let mut names = Names::default();
        let mut links = vec![Vec::new(); files];
        let limits = AskLimits { offset: 0, limit: 100_000, stop: &|| false };
        for (at, file) in snapshot.files().enumerate() {
            let Ok(outline) = code.outline(&file.path, &limits) else { continue };
            let Some(bytes) = file.text().map(|text| text.bytes()) else { continue };
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES)]);
            names.add(at as u32, &text, outline.items.iter().map(|item| &*item.symbol.name));
            let Ok(imports) = code.dependencies(&file.path, 1, &limits) else { continue };
            for import in imports.files {
                let other = items[&import.path];
                links[at].push(Link { item: other, kind: Part::Imports, strength: 1.0 });
                let back = Link { item: at as u32, kind: Part::ImportedBy, strength: 1.0 };
                links[other as usize].push(back);
            }
        }
        names.uses(&mut links);
        let likeness = names.likeness(&paths[..files]);
        let commits = past.len();
        Ok(World { paths, items, files, now, cochange, places, likeness, links, commits })
    }

    pub(crate) fn describe(&self) -> String {
        let links: usize = self.links.iter().map(Vec::len).sum();
        format!("{} files, {links} links, {} commits", self.files, self.commits)
    }

    pub(crate) fn path(&self, item: u32) -> &str {
        self.paths[item as usize].as_str().unwrap_or_default()
    }

    pub(crate) fn item(&self, path: &RelPath) -> Option<u32> {
        self.items.get(path).copied()
    }

    pub(crate) fn predict(&self, changed: &[(u32, f64)], how: &PredictOptions) -> Vec<Predicted> {
        let known = Known {
            cochange: &self.cochange,
            now: self.now,
            places: &self.places,
            likeness: Some(&self.likeness),
            links: &|item| self.links.get(item as usize).cloned().unwrap_or_default(),
            wanted: &|item| (item as usize) < self.files,
        };
        predict(changed, &known, how)
    }
}

fn code(snapshot: &Arc<Snapshot>) -> Result<Code> {
    let index = CodeIndex::build(snapshot, &|| false).ok_or_else(|| Error::other("cut"))?;
    Ok(Code::new(Arc::clone(snapshot), Arc::new(index), Arc::new(Shelf::new(256 << 20))))
}

/// What files define, and what is written in them.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    /// By name: the files that define it, and how many have it.
    defined: HashMap<String, Vec<u32>>,
    /// Each file's names, and how often each is there.
    written: Vec<(u32, HashMap<String, u32>)>,
    words: HashMap<u32, HashMap<u32, u32>>,
}

impl Names {
    fn add<'n>(&mut self, file: u32, text: &str, defined: impl Iterator<Item = &'n str>) {
        for name in defined.filter(|name| name.len() >= 4) {
            let files = self.defined.entry(name.to_owned()).or_default();
            if files.last() != Some(&file) {
                files.push(file);
            }
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut written: HashMap<String, u32> = HashMap::new();
        for name in text.split(|c: char| !is_part(c)).filter(|name| name.len() >= 4) {
            *written.entry(name.to_owned()).or_default() += 1;
        }
        self.written.push((file, written));
        for word in words(text).filter(|word| word.len() > 1) {
            self.word(file, word, 1);
        }
    }

    fn word(&mut self, file: u32, word: String, times: u32) {
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(word).or_insert(next);
        *self.words.entry(file).or_default().entry(number).or_default() += times;
    }

    /// Links from files to those that define what they name, and back.
    fn uses(&self, links: &mut [Vec<Link>]) {
        let many = self.written.len() as f64;
        let mut frequency: HashMap<&str, u32> = HashMap::new();
        for name in self.written.iter().flat_map(|(_, written)| written.keys()) {
            *frequency.entry(name).or_default() += 1;
        }
        for (file, written) in &self.written {
            let mut names: Vec<(&String, &u32)> = written.iter().collect();
            names.sort_unstable();
            for (name, times) in names {
                let df = f64::from(frequency[&**name]);
                let Some(by) = self.defined.get(name) else { continue };
                if by.contains(file) || by.len() > 3 || df > (many * 0.3).max(10.0) {
                    continue;
                }
                let often = (f64::from(1 + times).log2() / 2.0).min(1.0);
                let strength = (many / df).ln_1p() * often / by.len() as f64;
                for other in by {
                    links[*file as usize].push(Link { item: *other, kind: Part::Uses, strength });
                    links[*other as usize].push(Link { item: *file, kind: Part::UsedBy, strength });
                }
            }
        }
    }

    fn likeness(&mut self, paths: &[RelPath]) -> Likeness {
        let files: Vec<u32> = self.written.iter().map(|(file, _)| *file).collect();
        for file in files {
            let path = paths[file as usize].as_str().unwrap_or_default();
            for word in words(path).filter(|word| word.len() > 1) {
                self.word(file, word, 3);
            }
        }
        let documents: Vec<Vec<(u32, u32)>> = (0..paths.len() as u32)
            .map(|file| {
                let words = self.words.get(&file).into_iter().flatten();
                let mut words: Vec<(u32, u32)> = words.map(|(word, n)| (*word, *n)).collect();
                words.sort_unstable();
                words
            })
            .collect();
        Likeness::new(&documents)
    }
}
