//! What predictions of further changes are made from: what files are about, whose names they use,
//! whom they import, where they are, and what was changed together.
//!
//! Files are numbered: first those of a snapshot, in path order, then paths that only the history
//! knows. What a snapshot says ([`Foresight`]) takes long to gather and is kept while edits go on; a
//! history is put beside it ([`Outlook`]) when HEAD moves, which costs little.

mod gather;
mod uses;

use std::{collections::HashMap, sync::Arc};

use coderoom_graph::{
    CoChange, Ghost, Known, Likeness, Link, Part, Places, PredictOptions, Predicted, ghosts,
    predict,
};

use crate::{RelPath, Snapshot, code::Code};

/// Ties of one kind that are kept of a file: those that say most.
const MAX_LINKS: usize = 1_000;

/// The kinds of ties, in the order of `Ties::rows`.
const KINDS: [Part; 4] = [Part::Uses, Part::UsedBy, Part::Imports, Part::ImportedBy];

/// What the files of a snapshot say of each other.
pub struct Foresight {
    of: Arc<Snapshot>,
    paths: Vec<RelPath>,
    items: HashMap<RelPath, u32>,
    likeness: Likeness,
    ties: Vec<Ties>,
}

/// The ties of one file, by kind: the other file and how strong.
#[derive(Clone, Debug, Default)]
struct Ties {
    rows: [Vec<(u32, f32)>; 4],
}

impl Ties {
    fn add(&mut self, kind: usize, other: u32, strength: f32) {
        self.rows[kind].push((other, strength));
    }

    /// Adds up what is said of one file, and keeps the strongest, in the order of their numbers.
    fn settle(&mut self) {
        for row in &mut self.rows {
            row.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            row.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 += next.1;
                }
                same
            });
            if row.len() > MAX_LINKS {
                row.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                row.truncate(MAX_LINKS);
                row.sort_by_key(|it| it.0);
            }
            row.shrink_to_fit();
        }
    }

    fn links(&self) -> Vec<Link> {
        let rows = KINDS.iter().zip(&self.rows);
        let links = rows.flat_map(|(kind, row)| {
            row.iter().map(|(item, strength)| Link {
                item: *item,
                kind: *kind,
                strength: f64::from(*strength),
            })
        });
        links.collect()
    }
}

impl Foresight {
    /// Of the snapshot of `code`. `None` if `stop` said so, which is asked every few files. Reads
    /// every source twice, on all of rayon's threads; takes memory for the words of its likeness
    /// ([`coderoom_graph::MAX_POSTINGS`]) and 1,000 ties of a kind a file at most.
    pub fn build(code: &Code, stop: &(dyn Fn() -> bool + Sync)) -> Option<Foresight> {
        let snapshot = Arc::clone(code.snapshot());
        let paths: Vec<RelPath> = snapshot.files().map(|file| file.path.clone()).collect();
        let items = paths.iter().cloned().zip(0..).collect();
        let (likeness, ties) = gather::gather(code, &items, stop)?;
        Some(Foresight { of: snapshot, paths, items, likeness, ties })
    }

    /// How many files of `snapshot` differ from those that it speaks of.
    pub fn differing(&self, snapshot: &Snapshot) -> usize {
        self.of.changed_files(snapshot).len()
    }

    /// Whether it was made with this file in its snapshot.
    pub fn knows(&self, path: &RelPath) -> bool {
        self.items.contains_key(path)
    }
}

/// Predictions for a workspace: its files beside its history.
pub struct Outlook {
    foresight: Arc<Foresight>,
    /// Paths that only the history knows.
    gone: Vec<RelPath>,
    gone_items: HashMap<RelPath, u32>,
    places: Places,
    together: CoChange,
    now: i64,
}

impl Outlook {
    /// Of files and of what was changed together, whose items are indices into `paths`; `now` is the
    /// time of the newest commit. O(entries of the matrix + paths).
    pub fn new(
        foresight: Arc<Foresight>,
        paths: &[RelPath],
        together: &CoChange,
        now: i64,
    ) -> Outlook {
        let mut gone = Vec::new();
        let mut gone_items = HashMap::new();
        let mut numbers: Vec<u32> = Vec::with_capacity(paths.len());
        for path in paths {
            let known = foresight.items.get(path).or_else(|| gone_items.get(path)).copied();
            numbers.push(known.unwrap_or_else(|| {
                let next = (foresight.paths.len() + gone.len()) as u32;
                gone.push(path.clone());
                gone_items.insert(path.clone(), next);
                next
            }));
        }
        let together =
            together.renumbered(&|item| numbers.get(item as usize).copied().unwrap_or(item));
        let all = foresight.paths.iter().chain(&gone);
        let places = Places::new(all.map(|path| path.as_str().unwrap_or_default()));
        Outlook { foresight, gone, gone_items, places, together, now }
    }

    /// What it knows of files.
    pub fn foresight(&self) -> &Arc<Foresight> {
        &self.foresight
    }

    /// The number of a path.
    pub fn item(&self, path: &RelPath) -> Option<u32> {
        self.foresight.items.get(path).or_else(|| self.gone_items.get(path)).copied()
    }

    /// The path of a number.
    pub fn path(&self, item: u32) -> Option<&RelPath> {
        let files = &self.foresight.paths;
        let item = item as usize;
        files.get(item).or_else(|| self.gone.get(item - files.len()))
    }

    /// The time of the newest commit, in seconds since 1970; 0 without one.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// What else will have to change with these files, which come with how much each counts: see
    /// [`predict`]. Only paths that `wanted` takes are named.
    pub fn predict(
        &self,
        changed: &[(u32, f64)],
        wanted: &dyn Fn(&RelPath) -> bool,
        how: &PredictOptions,
    ) -> Vec<Predicted> {
        let ties = &self.foresight.ties;
        let known = Known {
            cochange: &self.together,
            now: self.now,
            places: &self.places,
            likeness: Some(&self.foresight.likeness),
            links: &|item| ties.get(item as usize).map(Ties::links).unwrap_or_default(),
            wanted: &|item| self.foresight.paths.get(item as usize).is_some_and(wanted),
        };
        predict(changed, &known, how)
    }

    /// Pairs of files that change together in at least `support` commits although neither imports
    /// the other, nor names what only few define, nor does `is_linked` know a tie: see [`ghosts`].
    /// With `of`, only pairs with one of these. Files that are gone are left out.
    pub fn ghosts(
        &self,
        of: Option<&[u32]>,
        support: u32,
        is_linked: &dyn Fn(&RelPath, &RelPath) -> bool,
        limit: usize,
    ) -> Vec<Ghost> {
        let ties = &self.foresight.ties;
        let tied = |a: u32, b: u32| {
            let Some(ties) = ties.get(a as usize) else { return false };
            ties.rows.iter().any(|row| row.binary_search_by_key(&b, |it| it.0).is_ok())
        };
        let left_out = |a: u32, b: u32| {
            let files = &self.foresight.paths;
            let (Some(one), Some(other)) = (files.get(a as usize), files.get(b as usize)) else {
                return true;
            };
            of.is_some_and(|of| !of.contains(&a) && !of.contains(&b))
                || tied(a, b)
                || tied(b, a)
                || is_linked(one, other)
        };
        ghosts(&self.together, self.now, support, &left_out, limit)
    }
}

#[cfg(test)]
mod tests;
