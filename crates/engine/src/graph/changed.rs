//! What has to be made anew for another snapshot.
//!
//! Made anew are: files whose text is another, but of those that say the same elsewhere in the text
//! only the places, and of those in which the inside of one function is another, only that; source
//! files that name something whose declaration is another now (its kind, type, bases or value as
//! written, or whether and where it is declared), and in turn what names something that rests on
//! that; files that declare a function that is called with other arguments; files whose imports lead
//! to other files, which is looked at for all files if one has come or gone; documents that mention a
//! name whose declaration has come, gone or moved, or a path that has come or gone.
//!
//! What this may miss, until a graph is built without an earlier one: where a change reaches more
//! than [`MOST`] files, only those are made anew that import a changed file; chains of types are
//! followed by their names up to the same bound; a name whose number of files passes one of
//! resolution's own bounds; a function that is made anew alone, where those bounds cut another part
//! of what it names than they would behind the rest of its file; manifests (`go.mod`, `Cargo.toml`),
//! after which everything is made anew.
//! [`super::PieceStats::partial`] says when the first two may have happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use coderoom_syntax::{TextEdit, changed_region, say_the_same};
use rayon::prelude::*;

use super::{
    documents::hash_of_name,
    interface::{differing, interface, meant_differently, passed},
    nodes::{FileRole, role_of},
    piece::Piece,
    rests::Rests,
    work::{Derive, Plan},
};
use crate::{
    Snapshot,
    code::{Code, Loaded, imports_of, language_of_file},
    file::{File, FileId},
};

/// Files that are made anew because of others at most. Beyond, what names a changed name is far more
/// than what means it, and the rest is for a graph built from nothing.
const MOST: usize = 400;

/// Files that say what imports mean.
const MANIFESTS: [&str; 5] =
    ["go.mod", "Cargo.toml", "package.json", "tsconfig.json", "jsconfig.json"];

/// A plan that makes everything.
pub(super) fn everything(code: &Code) -> Plan {
    let files = code.snapshot().files().filter(|file| role_of(file).is_some());
    let all: Vec<FileId> = files.map(|file| file.id).collect();
    let derive = all.iter().map(|id| (*id, Derive::Whole)).collect();
    Plan { pieces: Vec::new(), parse: all, derive, partial: false }
}

/// A plan that makes what differs from an earlier snapshot with these pieces.
pub(super) fn since(code: &Code, before: &Snapshot, pieces: &[Option<Arc<Piece>>]) -> Plan {
    let changes = Changes::between(code, before);
    if changes.manifest {
        return everything(code);
    }
    let mut search = Search::new(code, &changes, pieces);
    search.run();
    let Search { affected, partial, .. } = search;
    let mut pieces = pieces.to_vec();
    let parse: Vec<FileId> = changes.now.iter().copied().collect();
    let how = |id: &FileId| match changes.little.get(id) {
        Some(little) if !affected.contains(id) => *little,
        _ => Derive::Whole,
    };
    let derive = parse.iter().chain(affected.difference(&changes.now));
    let derive = derive.map(|id| (*id, how(id))).collect();
    for id in &changes.gone {
        if let Some(piece) = pieces.get_mut(id.0 as usize) {
            *piece = None;
        }
    }
    Plan { pieces, parse, derive, partial }
}

/// How two snapshots differ.
struct Changes {
    /// Files that are new or have another text and a place in the graph.
    now: BTreeSet<FileId>,
    /// Of those, files of which not all has to be made anew.
    little: BTreeMap<FileId, Derive>,
    /// Files that have no place in the graph any more.
    gone: BTreeSet<FileId>,
    /// Names whose declarations differ.
    names: BTreeSet<Box<str>>,
    /// Names that may mean another declaration in documents.
    meant: BTreeSet<Box<str>>,
    /// Names of functions that are called with other arguments.
    called: BTreeSet<Box<str>>,
    /// Paths that have come or gone.
    paths: Vec<String>,
    /// Whether a source file has come or gone.
    moved: bool,
    /// Whether what imports mean may be another everywhere.
    manifest: bool,
}

impl Changes {
    fn between(code: &Code, before: &Snapshot) -> Changes {
        let mut changes = Changes {
            now: BTreeSet::new(),
            little: BTreeMap::new(),
            gone: BTreeSet::new(),
            names: BTreeSet::new(),
            meant: BTreeSet::new(),
            called: BTreeSet::new(),
            paths: Vec::new(),
            moved: false,
            manifest: false,
        };
        let after = code.snapshot();
        for id in before.table.differences(&after.table) {
            let (old, new) = (before.table.get(id), after.table.get(id));
            let text = |file: Option<&Arc<File>>| file.and_then(|it| Some(it.text()?.hash()));
            if text(old) == text(new) && old.is_some() == new.is_some() {
                continue;
            }
            changes.file(code, id, old, new);
        }
        changes
    }

    fn file(&mut self, code: &Code, id: FileId, old: Option<&Arc<File>>, new: Option<&Arc<File>>) {
        let role = |file: Option<&Arc<File>>| file.and_then(|it| role_of(it));
        if role(new).is_some() {
            self.now.insert(id);
        } else {
            self.gone.insert(id);
        }
        let path = new.or(old).and_then(|file| file.path.as_str()).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or(path);
        self.manifest |= MANIFESTS.contains(&name);
        let is_source = |file| matches!(role(file), Some(FileRole::Source(_)));
        if role(old).is_some() != role(new).is_some() {
            self.paths.push(path.to_owned());
        }
        if is_source(old) != is_source(new) {
            self.moved = true;
            // What a module is called may lead here, or no longer.
            self.names.extend(module_names(path));
            self.meant.extend(module_names(path));
        }
        let facts = |file: Option<&Arc<File>>| file.and_then(|file| code.facts_of(file));
        let texts = old.and_then(|it| it.text()).zip(new.and_then(|it| it.text()));
        let (old, new) = (facts(old), facts(new));
        let both = old.as_deref().zip(new.as_deref());
        if both.is_some_and(|(old, new)| say_the_same(&old.facts, &new.facts)) {
            self.little.insert(id, Derive::Nothing);
            return;
        }
        let declared =
            |facts: &Option<Arc<Loaded>>| facts.as_deref().map(interface).unwrap_or_default();
        let (before, now) = (declared(&old), declared(&new));
        self.meant.append(&mut meant_differently(&before, &now));
        let mut names = differing(&before, &now);
        if names.remove("") && old.is_some() && new.is_some() {
            // What it hands on under names of others.
            names.extend(before.into_keys().chain(now.into_keys()).filter(|it| !it.is_empty()));
            self.meant.extend(names.iter().cloned());
            self.moved = true;
        }
        let calls = |facts: &Option<Arc<Loaded>>| facts.as_deref().map(passed).unwrap_or_default();
        let mut called = differing(&calls(&old), &calls(&new));
        if names.is_empty()
            && called.is_empty()
            && let (Some((old, new)), Some((was, is))) = (both, texts)
            && let edit = TextEdit::between(was.bytes(), is.bytes())
            && let Some((was, is)) = changed_region(&old.facts, &new.facts, edit)
            && !was.imports()
            && !is.imports()
        {
            self.little.insert(id, Derive::Function(is));
        }
        self.names.append(&mut names);
        self.called.append(&mut called);
    }
}

/// The names that a module with this path goes by.
fn module_names(path: &str) -> Vec<Box<str>> {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let above = dir.rsplit('/').next().unwrap_or(dir);
    [stem, above].into_iter().filter(|it| !it.is_empty()).map(Into::into).collect()
}

/// Looks for what a change affects.
struct Search<'s> {
    code: &'s Code,
    changes: &'s Changes,
    pieces: &'s [Option<Arc<Piece>>],
    affected: BTreeSet<FileId>,
    partial: bool,
    /// Per affected file, what rests on the names that are known.
    rests: BTreeMap<FileId, Rests>,
}

impl<'s> Search<'s> {
    fn new(code: &'s Code, changes: &'s Changes, pieces: &'s [Option<Arc<Piece>>]) -> Search<'s> {
        let (affected, rests) = (BTreeSet::new(), BTreeMap::new());
        Search { code, changes, pieces, affected, partial: false, rests }
    }

    fn run(&mut self) {
        let mut known: BTreeSet<Box<str>> = BTreeSet::new();
        let mut new: BTreeSet<Box<str>> = self.changes.names.clone();
        while !new.is_empty() {
            for name in &new {
                self.naming(name, false);
            }
            known.extend(new.iter().cloned());
            if self.affected.len() > MOST {
                self.partial = true;
                break;
            }
            new = self.resting_on(&new, &known);
        }
        for name in &self.changes.called {
            self.naming(name, true);
        }
        if self.affected.len() > MOST {
            self.partial = true;
            self.only_importers();
        }
        if self.changes.moved {
            self.imports();
        }
        self.documents();
    }

    /// Adds the files that have a name, or declare it.
    fn naming(&mut self, name: &str, only_declaring: bool) {
        self.affected.extend(self.code.files_with(name, only_declaring));
    }

    /// The names of what rests on the `new` names in files that were affected before, and on any that
    /// are `known` in the others; but for those that are known.
    fn resting_on(
        &mut self,
        new: &BTreeSet<Box<str>>,
        known: &BTreeSet<Box<str>>,
    ) -> BTreeSet<Box<str>> {
        let code = self.code;
        let others: Vec<FileId> =
            self.affected.iter().copied().filter(|id| !self.rests.contains_key(id)).collect();
        let before = self.rests.par_iter_mut().map(|(_, rests)| rests.reach(new));
        let mut found: Vec<Vec<Box<str>>> = before.collect();
        let read = |id: &FileId| {
            let mut rests = Rests::new(code.facts(*id)?);
            Some((rests.reach(known), (*id, rests)))
        };
        let (late, read): (Vec<_>, Vec<_>) = others.par_iter().filter_map(read).unzip();
        found.extend(late);
        self.rests.extend(read);
        found.into_iter().flatten().filter(|name| !known.contains(name)).collect()
    }

    /// Of the affected files, keeps those that import a changed file.
    fn only_importers(&mut self) {
        let now = &self.changes.now;
        let (gone, pieces) = (&self.changes.gone, self.pieces);
        self.affected.retain(|id| {
            let piece = pieces.get(id.0 as usize).and_then(Option::as_ref);
            let to_changed = |file: &FileId| now.contains(file) || gone.contains(file);
            piece.is_some_and(|piece| piece.imports.iter().any(to_changed))
        });
    }

    /// Adds the files whose imports lead to other files than they did.
    fn imports(&mut self) {
        let code = self.code;
        let sources: Vec<(FileId, &Piece)> = self
            .pieces
            .iter()
            .flatten()
            .map(|piece| (piece.nodes.file, &**piece))
            .filter(|(id, _)| code.file(*id).is_some_and(|it| language_of_file(it).is_some()))
            .collect();
        let others: Vec<FileId> = sources
            .into_par_iter()
            .filter(|(id, piece)| {
                let mut now: Vec<FileId> =
                    imports_of(code, *id).0.into_iter().map(|(file, _)| file).collect();
                now.sort_unstable();
                *now != *piece.imports
            })
            .map(|(id, _)| id)
            .collect();
        self.affected.extend(others);
    }

    /// Adds the documents that mention what has changed.
    fn documents(&mut self) {
        let mut hashes: BTreeSet<u64> =
            self.changes.meant.iter().map(|name| hash_of_name(name)).collect();
        for path in &self.changes.paths {
            hashes.insert(hash_of_name(path.rsplit('/').next().unwrap_or(path)));
        }
        let mentions = |piece: &Piece| piece.mentions.iter().any(|it| hashes.contains(it));
        let pieces = self.pieces.iter().flatten();
        let found: Vec<FileId> =
            pieces.filter(|it| mentions(it)).map(|piece| piece.nodes.file).collect();
        self.affected.extend(found.into_iter().filter(|id| self.code.file(*id).is_some()));
    }
}
