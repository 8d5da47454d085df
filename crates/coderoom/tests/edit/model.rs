//! What sessions promise, as plain maps: nothing is shared, nothing is stored, nothing is fast.
//!
//! Files have one line, so that two changes of one file go together only if they are the same.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

/// A tree: the number that each file holds.
pub(super) type Tree = BTreeMap<&'static str, u8>;

pub(super) const PATHS: [&str; 4] = ["a.txt", "b.txt", "d/c.txt", "d/e/f.txt"];
const NAMES: [&str; 3] = ["one", "two", "three"];
const VALUES: u8 = 5;

/// One thing that happens. Sessions by name; `None` for a file that is gone.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Open(&'static str),
    Fork(&'static str, &'static str),
    Close(&'static str),
    Edit(&'static str, BTreeMap<&'static str, Option<u8>>),
    Undo(&'static str),
    Redo(&'static str),
    Rollback(&'static str, u64),
    Disk(&'static str, Option<u8>),
    Sync(&'static str),
    Rebase(&'static str),
    Merge(&'static str, &'static str),
    Resolve(&'static str, &'static str, bool),
    Restart,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delta {
    path: &'static str,
    before: Option<u8>,
    after: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    base: Option<u8>,
    theirs: Option<u8>,
    /// A session's name; none for the disk.
    from: Option<&'static str>,
}

/// A session as it should be.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    base: Tree,
    pub(super) now: Tree,
    pub(super) conflicts: BTreeMap<&'static str, Conflict>,
    log: Vec<Vec<Delta>>,
    undoable: Vec<usize>,
    redoable: Vec<usize>,
    /// Files that the log speaks of.
    touched: BTreeSet<&'static str>,
}

/// The disk and the sessions over it.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) disk: Tree,
    pub(super) sessions: BTreeMap<&'static str, Session>,
    /// Whether the last step must have been refused.
    pub(super) refused: bool,
}

/// Sets or removes a file.
fn put(tree: &mut Tree, path: &'static str, value: Option<u8>) {
    match value {
        Some(value) => drop(tree.insert(path, value)),
        None => drop(tree.remove(path)),
    }
}

impl Session {
    fn over(disk: &Tree) -> Session {
        Session { base: disk.clone(), now: disk.clone(), ..Session::default() }
    }

    pub(super) fn dirty(&self) -> Vec<&'static str> {
        PATHS.into_iter().filter(|path| self.base.get(path) != self.now.get(path)).collect()
    }

    pub(super) fn head(&self) -> u64 {
        self.log.len() as u64
    }

    fn set(&mut self, path: &'static str, after: Option<u8>) -> Delta {
        let before = self.now.get(path).copied();
        put(&mut self.now, path, after);
        self.touched.insert(path);
        Delta { path, before, after }
    }

    fn move_base(&mut self, path: &'static str, to: Option<u8>) {
        put(&mut self.base, path, to);
        self.touched.insert(path);
    }

    /// An entry that can be undone.
    fn entry(&mut self, deltas: Vec<Delta>) {
        self.log.push(deltas.clone());
        if !deltas.is_empty() {
            self.undoable.push(self.log.len());
            self.redoable.clear();
        }
    }

    fn edit(&mut self, files: &BTreeMap<&'static str, Option<u8>>) -> bool {
        let missing = |(path, value): (&&'static str, &Option<u8>)| {
            value.is_none() && !self.now.contains_key(*path)
        };
        if files.iter().any(missing) {
            return false;
        }
        let changed =
            |(path, value): &(&&'static str, &Option<u8>)| self.now.get(**path).copied() != **value;
        let changed: Vec<_> =
            files.iter().filter(changed).map(|(path, value)| (*path, *value)).collect();
        let deltas: Vec<Delta> =
            changed.into_iter().map(|(path, value)| self.set(path, value)).collect();
        if !deltas.is_empty() {
            self.entry(deltas);
        }
        true
    }

    /// Undo, or redo: false if there is nothing, or a file is not what the entry left.
    fn step(&mut self, back: bool) -> bool {
        let stack = if back { &self.undoable } else { &self.redoable };
        let Some(&of) = stack.last() else { return false };
        let inverse = |it: &Delta| Delta { before: it.after, after: it.before, ..*it };
        let deltas: Vec<Delta> =
            self.log[of - 1].iter().map(|it| if back { inverse(it) } else { *it }).collect();
        if deltas.iter().any(|it| self.now.get(it.path).copied() != it.before) {
            return false;
        }
        for delta in &deltas {
            self.set(delta.path, delta.after);
        }
        self.log.push(deltas);
        let (from, to) = match back {
            true => (&mut self.undoable, &mut self.redoable),
            false => (&mut self.redoable, &mut self.undoable),
        };
        from.pop();
        to.push(of);
        true
    }

    fn rollback(&mut self, to: u64) -> bool {
        if to > self.head() {
            return false;
        }
        let mut then: BTreeMap<&'static str, Option<u8>> = BTreeMap::new();
        for delta in self.log[to as usize..].iter().flatten().rev() {
            then.insert(delta.path, delta.before);
        }
        let deltas: Vec<Delta> = then
            .into_iter()
            .filter(|(path, value)| self.now.get(path).copied() != *value)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(path, value)| self.set(path, value))
            .collect();
        if !deltas.is_empty() {
            self.entry(deltas);
        }
        true
    }

    /// One file's two changes meet. Gives what became of it, if anything did; `None` on the right
    /// if they do not go together.
    fn combine(&mut self, path: &'static str, conflict: Conflict) -> Result<Option<Delta>, ()> {
        let ours = self.now.get(path).copied();
        let Conflict { base, theirs, .. } = conflict;
        let taken = if ours == theirs || base == theirs {
            None
        } else if base == ours {
            Some(self.set(path, theirs))
        } else {
            self.conflicts.insert(path, conflict);
            return Err(());
        };
        self.conflicts.remove(path);
        Ok(taken)
    }

    /// Takes in what the disk has made of changed files. True if that is an entry.
    fn meet(&mut self, disk: &Tree) -> (bool, Vec<Delta>) {
        let (mut any, mut deltas) = (false, Vec::new());
        for path in self.dirty() {
            let held = self.conflicts.get(path).copied();
            if held.is_some_and(|held| held.from.is_some()) {
                continue;
            }
            let (base, theirs) = (self.base.get(path).copied(), disk.get(path).copied());
            if held.map_or(base, |held| held.theirs) == theirs {
                continue;
            }
            any = true;
            if let Ok(delta) = self.combine(path, Conflict { base, theirs, from: None }) {
                deltas.extend(delta);
                self.move_base(path, theirs);
            }
        }
        (any, deltas)
    }

    fn sync(&mut self, disk: &mut Tree) {
        let (any, deltas) = self.meet(disk);
        if any {
            self.log.push(deltas);
        }
        let clear = |path: &&'static str| !self.conflicts.contains_key(path);
        let paths: Vec<_> = self.dirty().into_iter().filter(clear).collect();
        for path in &paths {
            let now = self.now.get(path).copied();
            put(disk, path, now);
            self.move_base(path, now);
        }
        if !paths.is_empty() {
            self.log.push(Vec::new());
        }
    }

    fn rebase(&mut self, disk: &Tree) {
        let dirty = self.dirty();
        let (_, mut deltas) = self.meet(disk);
        for path in PATHS.into_iter().filter(|path| !dirty.contains(path)) {
            let theirs = disk.get(path).copied();
            let touched = self.touched.contains(path);
            if touched && self.now.get(path).copied() != theirs {
                deltas.push(self.set(path, theirs));
            }
            put(&mut self.now, path, theirs);
            put(&mut self.base, path, theirs);
        }
        self.log.push(deltas);
    }

    fn merge(&mut self, name: &'static str, other: &Session) {
        let (mut any, mut deltas) = (false, Vec::new());
        for path in other.dirty() {
            let held = self.conflicts.get(path).copied();
            if held.is_some_and(|held| held.from != Some(name)) {
                continue;
            }
            let (base, theirs) = (other.base.get(path).copied(), other.now.get(path).copied());
            match self.combine(path, Conflict { base, theirs, from: Some(name) }) {
                Ok(delta) => {
                    any |= delta.is_some() || held.is_some();
                    deltas.extend(delta);
                }
                Err(()) => any = true,
            }
        }
        if any {
            self.entry(deltas);
        }
    }

    fn resolve(&mut self, path: &'static str, ours: bool) -> bool {
        let Some(conflict) = self.conflicts.remove(path) else { return false };
        if conflict.from.is_none() {
            self.move_base(path, conflict.theirs);
        }
        let now = self.now.get(path).copied();
        let deltas = match ours || now == conflict.theirs {
            true => Vec::new(),
            false => vec![self.set(path, conflict.theirs)],
        };
        self.entry(deltas);
        true
    }

    fn fork(&self) -> Session {
        let mut fork = Session::over(&self.base);
        let clean = |path: &&'static str| self.base.get(path) == self.now.get(path);
        for path in PATHS.into_iter().filter(clean) {
            put(&mut fork.now, path, self.now.get(path).copied());
        }
        let deltas: Vec<Delta> = self
            .dirty()
            .into_iter()
            .map(|path| fork.set(path, self.now.get(path).copied()))
            .collect();
        fork.conflicts = self.conflicts.clone();
        if !deltas.is_empty() || !fork.conflicts.is_empty() {
            fork.log.push(deltas);
        }
        fork
    }

    /// After a restart, what the log does not speak of is as the disk has it.
    fn resume(&mut self, disk: &Tree) {
        for path in PATHS.into_iter().filter(|path| !self.touched.contains(path)) {
            put(&mut self.now, path, disk.get(path).copied());
            put(&mut self.base, path, disk.get(path).copied());
        }
    }
}

impl Model {
    /// Does a step; false if it is refused.
    fn done(&mut self, step: &Step) -> bool {
        let Model { disk, sessions, .. } = self;
        let there = |name: &str| sessions.contains_key(name);
        match step {
            Step::Open(name) if !there(name) => {
                sessions.insert(name, Session::over(disk));
                true
            }
            Step::Fork(from, name) if there(from) && !there(name) => {
                let fork = sessions[from].fork();
                sessions.insert(name, fork);
                true
            }
            Step::Open(_) | Step::Fork(..) => false,
            Step::Close(name) => sessions.remove(name).is_some(),
            Step::Disk(path, value) => {
                put(disk, path, *value);
                true
            }
            Step::Restart => {
                sessions.values_mut().for_each(|session| session.resume(disk));
                true
            }
            Step::Merge(name, from) => {
                let Some(other) = sessions.get(from).cloned() else { return false };
                match sessions.get_mut(name) {
                    Some(session) if name != from => session.merge(from, &other),
                    _ => return false,
                }
                true
            }
            Step::Edit(name, _)
            | Step::Undo(name)
            | Step::Redo(name)
            | Step::Rollback(name, _)
            | Step::Sync(name)
            | Step::Rebase(name)
            | Step::Resolve(name, ..) => {
                let Some(session) = sessions.get_mut(name) else { return false };
                match step {
                    Step::Edit(_, files) => return session.edit(files),
                    Step::Undo(_) => return session.step(true),
                    Step::Redo(_) => return session.step(false),
                    Step::Rollback(_, to) => return session.rollback(*to),
                    Step::Resolve(_, path, ours) => return session.resolve(path, *ours),
                    Step::Sync(_) => session.sync(disk),
                    _ => session.rebase(disk),
                }
                true
            }
        }
    }
}

fn any_tree() -> impl Strategy<Value = Tree> {
    prop::collection::btree_map(prop::sample::select(&PATHS[..]), 0..VALUES, 0..=PATHS.len())
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let model = |disk: Tree| Model { disk, ..Model::default() };
        any_tree().prop_map(model).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        let name = || prop::sample::select(&NAMES[..]);
        let path = || prop::sample::select(&PATHS[..]);
        let value = || prop::option::weighted(0.8, 0..VALUES);
        let files = prop::collection::btree_map(path(), value(), 1..3);
        prop_oneof![
            4 => name().prop_map(Step::Open),
            2 => (name(), name()).prop_map(|(from, to)| Step::Fork(from, to)),
            1 => name().prop_map(Step::Close),
            9 => (name(), files).prop_map(|(name, files)| Step::Edit(name, files)),
            4 => name().prop_map(Step::Undo),
            3 => name().prop_map(Step::Redo),
            2 => (name(), 0..8_u64).prop_map(|(name, to)| Step::Rollback(name, to)),
            5 => (path(), value()).prop_map(|(path, value)| Step::Disk(path, value)),
            5 => name().prop_map(Step::Sync),
            4 => name().prop_map(Step::Rebase),
            3 => (name(), name()).prop_map(|(name, from)| Step::Merge(name, from)),
            4 => (name(), path(), any::<bool>())
                .prop_map(|(name, path, ours)| Step::Resolve(name, path, ours)),
            2 => Just(Step::Restart),
        ]
        .boxed()
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.refused = !model.done(step);
        model
    }
}
