//! A log without the bytes that nothing needs any more. The trail stays whole: who, when, why, which
//! files, and the hash of every version.

use std::{collections::HashSet, sync::Arc};

use rpds::VectorSync;

use super::{
    entry::{Content, Entry, FileDelta, Version},
    state::{Conflict, State},
};
use crate::{ContentHash, RelPath};

impl State {
    /// The same state with a log that holds bytes only of what the session started from, what it is
    /// now, and what the newest `keep` entries led between. Undo goes no further back than those.
    ///
    /// Costs a pass over the log.
    #[must_use]
    pub fn compacted(&self, keep: usize) -> State {
        let needed = self.needed(keep);
        let lighter = |version: &Option<Version>| {
            version.clone().map(|version| match needed.contains(&version.hash) {
                true => version,
                false => Version { content: Content::Dropped, ..version },
            })
        };
        let delta = |delta: &FileDelta| FileDelta {
            path: delta.path.clone(),
            before: lighter(&delta.before),
            after: lighter(&delta.after),
        };
        let conflict = |it: &Conflict| Conflict {
            base: lighter(&it.base),
            ours: lighter(&it.ours),
            theirs: lighter(&it.theirs),
            from: it.from.clone(),
        };
        let mut log = VectorSync::default();
        let mut bytes = 0;
        for entry in self.log.iter() {
            let held = |(path, it): &(RelPath, Option<Conflict>)| {
                (path.clone(), it.as_ref().map(conflict))
            };
            let entry = Entry {
                files: entry.files.iter().map(delta).collect(),
                base: entry.base.iter().map(delta).collect(),
                conflicts: entry.conflicts.iter().map(held).collect(),
                ..Entry::clone(entry)
            };
            bytes += entry.bytes();
            log.push_back_mut(Arc::new(entry));
        }
        State { log, bytes, ..self.clone() }
    }

    /// The versions whose bytes must stay.
    fn needed(&self, keep: usize) -> HashSet<ContentHash> {
        let mut needed = HashSet::new();
        let mut add = |version: &Option<Version>| {
            needed.extend(version.as_ref().map(|version| version.hash));
        };
        let mut seen: HashSet<&RelPath> = HashSet::new();
        for delta in self.log.iter().flat_map(|entry| entry.base.iter().chain(&entry.files)) {
            if seen.insert(&delta.path) {
                add(&delta.before);
            }
        }
        for (_, dirty) in self.dirty() {
            add(&dirty.base);
            add(&dirty.now);
        }
        for (_, conflict) in self.conflicts() {
            for version in [&conflict.base, &conflict.ours, &conflict.theirs] {
                add(version);
            }
        }
        for entry in self.log.iter().rev().take(keep) {
            for delta in entry.base.iter().chain(&entry.files) {
                add(&delta.before);
                add(&delta.after);
            }
        }
        needed
    }
}
