//! What a file sees through its includes.

use std::{collections::HashMap, sync::Arc};

use coderoom_syntax::{Expr, Flags, ScopeIx, SymbolIx};

use super::{Found, Resolver, Target};
use crate::{code::loaded::Loaded, file::FileId};

/// A file sees no more files than this through its includes.
const MOST_INCLUDED: usize = 10_000;

/// What files see is held for so many files together: a kernel's sources each see thousands.
const MOST_HELD: usize = 4_000_000;

/// The files that a file sees, each with its place in the order in which they are met.
pub(crate) type Seen = Arc<HashMap<FileId, u32>>;

impl Resolver<'_> {
    /// In which order a file meets another one: itself, then what it includes.
    pub(crate) fn order_seen(&mut self, from: FileId, file: FileId) -> u32 {
        let place = self.seen_from(from).get(&file).map_or(u32::MAX, |place| place + 1);
        if from == file { 0 } else { place }
    }

    /// What a file sees under a name through its includes: definitions before declarations, and
    /// of those what is met first. Definitions of one name are alternatives that conditions choose
    /// between.
    pub(super) fn included(&mut self, file: FileId, name: &str) -> Vec<Found> {
        let seen = self.seen_from(file);
        let mut definitions = Vec::new();
        let mut declaration: Option<(u32, Target)> = None;
        for other in self.code.files_with(name, true) {
            let Some(place) = seen.get(&other).copied() else { continue };
            let Some(facts) = self.facts(other) else { continue };
            let Some(local) = facts.name(name) else { continue };
            for ix in facts.declared(ScopeIx(0), local) {
                let symbol = facts.facts.symbol(ix);
                if symbol.flags.has(Flags::INSTANCE) || !self.space.has(symbol.kind) {
                    continue;
                }
                let target = Target { file: other, symbol: facts.head(ix) };
                if !symbol.flags.has(Flags::DECLARATION) {
                    definitions.push(target);
                } else if declaration.is_none_or(|(least, _)| place < least) {
                    declaration = Some((place, target));
                }
            }
        }
        if definitions.is_empty() {
            definitions.extend(declaration.map(|(_, target)| target));
        }
        definitions.into_iter().flat_map(|target| self.follow(target)).collect()
    }

    /// What a name can stand for that no file in sight declares: what those that include the file
    /// see, or else what only one header has. A guess.
    pub(super) fn elsewhere(&mut self, file: FileId, facts: &Loaded, name: &str) -> Vec<Found> {
        let language = facts.facts.language;
        for includer in self.includers(file) {
            let mut found = self.at_top(includer, name);
            if found.is_empty() {
                found = self.included(includer, name);
            }
            if !found.is_empty() {
                return found;
            }
        }
        let mut found = Vec::new();
        for target in self.defined(name).iter().copied() {
            let fits = self.with(target, |symbol, facts| {
                symbol.scope == ScopeIx(0)
                    && !symbol.flags.has(Flags::INSTANCE)
                    && facts.facts.language.is_related(language)
            });
            let kind = self.kind(target);
            if fits == Some(true)
                && kind.is_some_and(|kind| self.space.has(kind))
                && is_included(self.code.path(target.file))
            {
                found.extend(self.leads_to(target));
            }
        }
        found.sort_unstable();
        found.dedup();
        if found.len() > 1 {
            found = self.nearest(found, file);
        }
        match found.as_slice() {
            [only] => vec![Found::Symbol(*only)],
            _ => Vec::new(),
        }
    }

    /// What a file itself declares for all of it.
    pub(super) fn at_top(&mut self, file: FileId, name: &str) -> Vec<Found> {
        let Some(facts) = self.facts(file) else { return Vec::new() };
        let Some(local) = facts.name(name) else { return Vec::new() };
        let space = self.space;
        let fits = |ix: &SymbolIx| {
            let symbol = facts.facts.symbol(*ix);
            !symbol.flags.has(Flags::INSTANCE) && space.has(symbol.kind)
        };
        match facts.declared(ScopeIx(0), local).find(fits) {
            Some(ix) => self.follow(Target { file, symbol: facts.head(ix) }),
            None => Vec::new(),
        }
    }

    /// Some of the files that include a file.
    fn includers(&mut self, file: FileId) -> Vec<FileId> {
        const MOST: usize = 8;
        let path = self.code.path(file).to_owned();
        let mut found = Vec::new();
        let mut start = path.len();
        // As it can be written: by its name alone, or with some of its directories.
        for _ in 0..4 {
            let Some(slash) = path[..start].rfind('/') else {
                start = 0;
                break;
            };
            if found.len() >= MOST {
                return found;
            }
            self.includers_by(file, &path[slash + 1..], &mut found);
            start = slash;
        }
        if start == 0 {
            self.includers_by(file, &path, &mut found);
        }
        found.truncate(MOST);
        found
    }

    fn includers_by(&mut self, file: FileId, name: &str, found: &mut Vec<FileId>) {
        for text in [format!("\"{name}\""), format!("<{name}>")] {
            for other in self.code.files_with(&text, false) {
                if found.len() < 8
                    && !found.contains(&other)
                    && self.includes_of(other).contains(&file)
                {
                    found.push(other);
                }
            }
        }
    }

    /// All files that a file includes, directly or not.
    pub(super) fn seen_from(&mut self, file: FileId) -> Seen {
        if let Some(known) = self.memo.seen.get(&file) {
            return Arc::clone(known);
        }
        let mut seen: HashMap<FileId, u32> = HashMap::new();
        let mut queue = vec![file];
        let mut next = 0;
        while next < queue.len() && queue.len() < MOST_INCLUDED {
            let here = queue[next];
            next += 1;
            for other in self.includes_of(here).iter() {
                if *other != file && !seen.contains_key(other) {
                    seen.insert(*other, queue.len() as u32);
                    queue.push(*other);
                }
            }
        }
        let seen = Arc::new(seen);
        if self.memo.seen_files > MOST_HELD {
            self.memo.seen.clear();
            self.memo.seen_files = 0;
        }
        self.memo.seen_files += seen.len();
        self.memo.seen.insert(file, Arc::clone(&seen));
        seen
    }

    /// The files that a file itself includes.
    pub(super) fn includes_of(&mut self, file: FileId) -> Arc<[FileId]> {
        if let Some(known) = self.memo.includes.get(&file) {
            return Arc::clone(known);
        }
        let mut found = Vec::new();
        if let Some(facts) = self.facts(file).filter(|facts| facts.rules().includes) {
            for wildcard in &facts.facts.scope(ScopeIx(0)).wildcards {
                if let Expr::Module(name) = facts.facts.expr(*wildcard) {
                    let places = self.places(file, &facts, *name);
                    found.extend(places.first().and_then(|place| self.code.file_of_place(place)));
                }
            }
        }
        let found: Arc<[FileId]> = found.into();
        self.memo.includes.insert(file, Arc::clone(&found));
        found
    }
}

/// Whether a file is of the sort that others include.
fn is_included(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    !matches!(extension, "c" | "cc" | "cpp" | "cxx" | "c++" | "cu")
}
