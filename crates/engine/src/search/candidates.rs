//! Which files a search has to look at: what the index cannot rule out, filtered, in output order.

use std::sync::Arc;

use super::{
    NotHeld, Search,
    filter::{DirMemo, Root},
    query::{Mode, SortBy},
};
use crate::{
    Body, RelPath, Snapshot,
    file::{File, FileId},
    plan::Plan,
    snapshot::{Rank, Share},
};

/// The files to look at, in the order of the output.
pub struct Candidates {
    pub(super) entries: Vec<Candidate>,
    /// Bytes of text to look at.
    pub(super) bytes: u64,
    pub(super) not_held: Vec<NotHeld>,
    /// What the index ruled out, and binary files: ripgrep counts them as searched.
    pub(super) passed_over: Share,
    /// There is a binary file among the files that ripgrep would search.
    pub(super) has_binary: bool,
    /// There is any file that ripgrep would search.
    pub(super) has_any: bool,
}

/// A file to look at, and the root of the search through which it was reached.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) file: Arc<File>,
    pub(super) root: u32,
    /// The root is the file itself: filters do not apply.
    pub(super) explicit: bool,
}

impl Candidates {
    /// The files that may have a match, in path order: each is yet to be looked at.
    pub fn files(&self) -> impl Iterator<Item = &Arc<File>> {
        self.entries.iter().map(|entry| &entry.file)
    }

    /// How many files there are to look at.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of text in them: what the search will cost at most.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What ripgrep would look into and this workspace does not hold.
    pub fn not_held(&self) -> &[NotHeld] {
        &self.not_held
    }
}

impl Search {
    /// Asks the index. Costs microseconds where the pattern has trigrams, and a pass over the table
    /// where it has none.
    pub fn candidates(&self, snapshot: &Snapshot) -> Candidates {
        let mut found = Candidates {
            entries: Vec::new(),
            bytes: 0,
            not_held: Vec::new(),
            passed_over: Share::default(),
            has_binary: false,
            has_any: false,
        };
        self.find_unheld(snapshot, &mut found.not_held);
        if !self.is_possible() {
            return found;
        }
        let scan = self.wants_every_file() || self.plan == Plan::All;
        let indexed = if scan { Vec::new() } else { self.indexed(snapshot) };
        for (number, root) in self.filter.roots.iter().enumerate() {
            let mut memo = DirMemo::default();
            let mut take = |file: &Arc<File>| {
                self.consider(root, number as u32, file, &mut memo, &mut found);
            };
            if scan {
                snapshot.files_within(&root.path).for_each(&mut take);
            } else {
                within(&indexed, &root.path).for_each(|(_, file)| take(file));
            }
        }
        if self.counts_searches() {
            found.passed_over = self.passed_over(snapshot, &found.entries);
        }
        found.has_any = !found.entries.is_empty() || self.admits_any(snapshot);
        self.sort(&mut found.entries);
        found
    }

    /// Files that the postings cannot rule out and files without postings, in path order.
    fn indexed<'a>(&self, snapshot: &'a Snapshot) -> Vec<(Rank, &'a Arc<File>)> {
        let mut files: Vec<(Rank, &Arc<File>)> = Vec::new();
        let mut take = |file: &'a Arc<File>| files.push((snapshot.rank(file), file));
        let spans_lines = self.query.pattern.multiline || self.query.pattern.null_data;
        for attachment in snapshot.attachments.iter() {
            let docs = self.plan.candidates(&attachment.segment);
            let large = if spans_lines { attachment.large_files() } else { &[] };
            for id in docs.iter().flat_map(|doc| attachment.files_of(doc)).chain(large) {
                if let Some(file) = snapshot.table.get(*id)
                    && file.segment == Some(attachment.id)
                {
                    take(file);
                }
            }
        }
        let uncovered = |id: &FileId| snapshot.table.get(*id);
        snapshot.uncovered.iter().filter_map(uncovered).for_each(&mut take);
        files.sort_unstable_by_key(|(rank, _)| *rank);
        // A large file is found once for each of its parts.
        files.dedup_by_key(|(rank, _)| *rank);
        files
    }

    /// Takes the file if ripgrep would search it by way of this root.
    fn consider(
        &self,
        root: &Root,
        number: u32,
        file: &Arc<File>,
        memo: &mut DirMemo,
        found: &mut Candidates,
    ) {
        if !self.is_admitted(root, file, memo) {
            return;
        }
        let explicit = file.path == root.path;
        match &file.body {
            Body::Text(text) => found.bytes += text.bytes().len() as u64,
            _ if self.query.mode == Mode::Files => {}
            Body::Binary => {
                found.has_binary = true;
                return;
            }
            Body::TooLarge | Body::Unreadable(_) => return,
        }
        found.entries.push(Candidate { file: Arc::clone(file), root: number, explicit });
    }

    /// Counts what ripgrep would have gone through besides the candidates.
    fn passed_over(&self, snapshot: &Snapshot, entries: &[Candidate]) -> Share {
        let mut share = match self.filter.is_whole_workspace() {
            Some(hidden) => {
                let totals = &snapshot.totals;
                let more = if hidden { totals.hidden } else { Share::default() };
                Share {
                    searches: totals.plain.searches + more.searches,
                    bytes: totals.plain.bytes + more.bytes,
                }
            }
            None => {
                let mut share = Share::default();
                for root in &self.filter.roots {
                    let mut memo = DirMemo::default();
                    for file in snapshot.files_within(&root.path) {
                        if self.is_admitted(root, file, &mut memo) {
                            share.count(file, 1);
                        }
                    }
                }
                share
            }
        };
        entries.iter().for_each(|entry| share.count(&entry.file, -1));
        share
    }

    /// Whether there is anything to search at all.
    fn admits_any(&self, snapshot: &Snapshot) -> bool {
        self.filter.roots.iter().any(|root| {
            let mut memo = DirMemo::default();
            snapshot.files_within(&root.path).any(|file| self.is_admitted(root, file, &mut memo))
        })
    }

    /// Whether ripgrep would search the file by way of this root.
    fn is_admitted(&self, root: &Root, file: &File, memo: &mut DirMemo) -> bool {
        file.path == root.path
            || self.filter.admits(root, &file.path, file.visibility, file.stamp.size, memo)
    }

    fn sort(&self, entries: &mut [Candidate]) {
        let Some(sort) = self.query.files.sort else {
            return;
        };
        match sort.by {
            SortBy::Path if !sort.reverse => {}
            SortBy::Path => entries.sort_by_cached_key(|entry| {
                std::cmp::Reverse(self.filter.roots[entry.root as usize].display(&entry.file.path))
            }),
            SortBy::Modified if !sort.reverse => {
                entries.sort_by_key(|entry| entry.file.stamp.mtime_ns);
            }
            SortBy::Modified => {
                entries.sort_by_key(|entry| std::cmp::Reverse(entry.file.stamp.mtime_ns));
            }
        }
    }

    /// Finds what ripgrep would look into and the snapshot cannot show.
    fn find_unheld(&self, snapshot: &Snapshot, not_held: &mut Vec<NotHeld>) {
        if self.filter.may_see_unheld() || !self.filter.roots.iter().all(|r| r.path.is_root()) {
            for entry in snapshot.unheld.iter().filter(|entry| self.filter.sees_unheld(entry)) {
                let kind = if entry.is_dir { "directory not loaded" } else { "file not loaded" };
                not_held.push(NotHeld { path: entry.path.clone(), reason: kind.into() });
            }
        }
        if self.query.mode == Mode::Files {
            return;
        }
        let binary_counts = !self.query.pattern.looks_for_binary();
        let totals = snapshot.totals;
        let explicit = |root: &Root| snapshot.file(&root.path).is_some();
        let some = totals.too_large_files + totals.unreadable_files > 0
            || (totals.binary_files > 0
                && (binary_counts || self.filter.roots.iter().any(explicit)));
        if !some {
            return;
        }
        for root in &self.filter.roots {
            let mut memo = DirMemo::default();
            for file in snapshot.files_within(&root.path) {
                let explicit = file.path == root.path;
                let reason = match &file.body {
                    Body::Text(_) => continue,
                    Body::Binary if !binary_counts && !explicit => continue,
                    Body::Binary => "binary file, not held".to_string(),
                    Body::TooLarge => "over the size limit, not held".to_string(),
                    Body::Unreadable(why) => format!("could not be read: {why}"),
                };
                if self.is_admitted(root, file, &mut memo) {
                    not_held.push(NotHeld { path: file.path.clone(), reason });
                }
            }
        }
    }
}

/// The part of a list in path order that lies within `dir`.
fn within<'a, 'b>(
    files: &'b [(Rank, &'a Arc<File>)],
    dir: &RelPath,
) -> impl Iterator<Item = &'b (Rank, &'a Arc<File>)> + use<'a, 'b> {
    let start = files.partition_point(|(_, file)| file.path < *dir);
    let len = files[start..].partition_point(|(_, file)| file.path.is_within(dir));
    files[start..start + len].iter()
}
