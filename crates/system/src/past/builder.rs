//! Puts a history together: new commits first, then what was known before.

use std::collections::{HashMap, HashSet};

use coderoom_engine::RelPath;

use super::{
    About, Done, Limits, Past, PathIx, Row, Touch,
    diff::{Changes, What},
    walk::Node,
};

/// How often a name is followed to the next: renames there and back would go in circles.
const MAX_MOVES: usize = 32;

/// A history in the making. Commits come in from the newest to the oldest.
#[derive(Default)]
pub(super) struct Builder {
    rows: Vec<Row>,
    touches: Vec<Touch>,
    paths: Vec<RelPath>,
    messages: String,
    is_cut: bool,
    numbers: HashMap<RelPath, PathIx>,
    /// Paths that were renamed later, with what they are called at the tip.
    later: HashMap<PathIx, PathIx>,
    /// Paths that a commit read so far has made.
    born: HashSet<PathIx>,
    /// Paths that were renamed and never made again.
    moved: HashMap<PathIx, PathIx>,
}

impl Builder {
    pub(super) fn new(is_cut: bool) -> Builder {
        Builder { is_cut, ..Builder::default() }
    }

    /// Adds a commit that was read now.
    pub(super) fn read(&mut self, node: &Node, changes: Changes, limits: &Limits) {
        let begin = self.touches.len();
        if begin + changes.list.len() <= limits.touches {
            for changed in changes.list {
                let path = self.number(&changed.path);
                let done = match changed.what {
                    What::Added(_) => Done::Added,
                    What::Modified => Done::Modified,
                    What::Deleted(_) => Done::Deleted,
                    What::Renamed(from) => Done::Renamed(self.number(&from)),
                };
                self.touches.push(Touch { path, now: path, done });
            }
        }
        let message = self.message(&node.message);
        let touches = begin as u32..self.touches.len() as u32;
        let (id, time, author_time, files) = (node.id, node.time, node.author_time, changes.files);
        self.rows.push(Row { id, time, author_time, message, files, touches });
        self.follow(begin);
    }

    /// Adds the commits of a history that goes on.
    pub(super) fn known(&mut self, past: &Past, limits: &Limits) {
        self.is_cut |= past.is_cut;
        let mut numbers: Vec<Option<PathIx>> = vec![None; past.paths.len()];
        for (row, commit) in past.rows.iter().zip(past.commits()) {
            if self.rows.len() >= limits.commits {
                self.is_cut = true;
                return;
            }
            let begin = self.touches.len();
            let keeps = begin + commit.touches.len() <= limits.touches;
            let mut number = |builder: &mut Builder, old: PathIx| {
                let slot = &mut numbers[old.0 as usize];
                *slot.get_or_insert_with(|| builder.number(&past.paths[old.0 as usize]))
            };
            for touch in commit.touches.iter().filter(|_| keeps) {
                let path = number(self, touch.path);
                let done = match touch.done {
                    Done::Renamed(from) => Done::Renamed(number(self, from)),
                    done => done,
                };
                self.touches.push(Touch { path, now: path, done });
            }
            let message = self.message(commit.message);
            let touches = begin as u32..self.touches.len() as u32;
            self.rows.push(Row { message, touches, ..row.clone() });
            self.follow(begin);
        }
    }

    fn number(&mut self, path: &RelPath) -> PathIx {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = PathIx(self.paths.len() as u32);
        self.paths.push(path.clone());
        self.numbers.insert(path.clone(), number);
        number
    }

    fn message(&mut self, message: &str) -> std::ops::Range<u32> {
        let begin = self.messages.len() as u32;
        // Positions are 32 bits; nobody has written so much.
        if self.messages.len() + message.len() < u32::MAX as usize {
            self.messages.push_str(message);
        }
        begin..self.messages.len() as u32
    }

    /// Gives the touches from `begin` on, one commit's, the names that their files have at the tip;
    /// older commits know a renamed file by the name that it had before.
    fn follow(&mut self, begin: usize) {
        for touch in &mut self.touches[begin..] {
            touch.now = self.later.get(&touch.path).copied().unwrap_or(touch.path);
        }
        for touch in &self.touches[begin..] {
            match touch.done {
                Done::Added => {
                    self.born.insert(touch.path);
                }
                Done::Renamed(from) => {
                    self.born.insert(touch.path);
                    self.later.insert(from, touch.now);
                    if !self.born.contains(&from) && from != touch.now {
                        self.moved.entry(from).or_insert(touch.now);
                    }
                }
                Done::Modified | Done::Deleted => {}
            }
        }
    }

    /// The history. A commit of a branch that was merged after a file had moved may be newer than
    /// the move and know the old name only; it gets the new one here.
    pub(super) fn finish(mut self, about: About) -> Past {
        for touch in &mut self.touches {
            for _ in 0..MAX_MOVES {
                let Some(to) = self.moved.get(&touch.now) else { break };
                touch.now = *to;
            }
        }
        self.paths.shrink_to_fit();
        self.messages.shrink_to_fit();
        let (rows, touches, paths, messages) = (self.rows, self.touches, self.paths, self.messages);
        Past { about, rows, touches, paths, messages, is_cut: self.is_cut }
    }
}
