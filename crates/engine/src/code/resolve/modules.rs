//! Modules: which files a name means, and what they offer.

use std::sync::Arc;

use coderoom_syntax::{Flags, Kind, Language, Name, Place, ScopeIx, SymbolIx};

use super::{Found, Resolver, Target, Thing, Things};
use crate::{
    code::loaded::{Loaded, is_exported},
    file::FileId,
};

impl Resolver<'_> {
    /// The files or directories that a module's name means in a file.
    pub(super) fn places(&mut self, file: FileId, facts: &Loaded, name: Name) -> Arc<[Place]> {
        if let Some(known) = self.memo.modules.get(&(file, name)) {
            return Arc::clone(known);
        }
        let places: Arc<[Place]> = self.places_named(file, facts, facts.facts.name(name)).into();
        self.memo.modules.insert((file, name), Arc::clone(&places));
        places
    }

    pub(super) fn places_named(&self, file: FileId, facts: &Loaded, name: &str) -> Vec<Place> {
        let path = self.code.path(file);
        facts.facts.language.plugin().module(self.code, path, name)
    }

    /// What a module has under a name.
    pub(crate) fn module_member(
        &mut self,
        place: &Place,
        name: &str,
        language: Language,
    ) -> Vec<Found> {
        let found = self.offered(place, name, language, &mut Vec::new(), false);
        if !found.is_empty() {
            return found;
        }
        let below = language.plugin().submodule(self.code, place, name);
        below.into_iter().take(1).map(|place| Found::Module(Arc::new(place))).collect()
    }

    /// What an import of everything that a module offers brings under a name.
    pub(super) fn wildcard_member(
        &mut self,
        place: &Place,
        name: &str,
        language: Language,
    ) -> Vec<Found> {
        self.offered(place, name, language, &mut Vec::new(), true)
    }

    /// What the code of a module has under a name; its submodules are not asked.
    fn offered(
        &mut self,
        place: &Place,
        name: &str,
        language: Language,
        seen: &mut Vec<Place>,
        through_wildcard: bool,
    ) -> Vec<Found> {
        if seen.contains(place) || seen.len() > 200 {
            return Vec::new();
        }
        seen.push(place.clone());
        match place {
            Place::File(_) => match self.code.file_of_place(place) {
                Some(file) => {
                    self.offered_by(file, ScopeIx(0), name, language, seen, through_wildcard)
                }
                None => Vec::new(),
            },
            Place::Inside(_, path) => {
                let found = match self.inside(place, path) {
                    Some((file, scope)) => {
                        self.offered_by(file, scope, name, language, seen, through_wildcard)
                    }
                    None => Vec::new(),
                };
                let shared = found.is_empty() && language.plugin().rules().includes;
                if shared { self.namespace_member(None, path, name) } else { found }
            }
            Place::Package(dir) => self.in_package(dir, name, language),
            Place::Several(places) => places
                .iter()
                .map(|place| self.offered(place, name, language, seen, through_wildcard))
                .find(|found| !found.is_empty())
                .unwrap_or_default(),
            Place::Namespace(_) => Vec::new(),
        }
    }

    /// What a symbol of kind module stands for: the file that it says it is in, or its own body.
    pub(super) fn inside_of(&mut self, target: Target) -> Things {
        let Some(facts) = self.facts(target.file) else { return Things::default() };
        let symbol = facts.facts.symbol(target.symbol);
        if symbol.value.is_known() {
            return self.value(target.file, symbol.value);
        }
        let mut path = Vec::new();
        let mut at = Some(target.symbol);
        while let Some(ix) = at {
            let symbol = facts.facts.symbol(ix);
            if symbol.kind != Kind::Module || symbol.body.is_none() {
                return Things::one(Thing::Symbol(target, None));
            }
            path.push(facts.facts.name(symbol.name).to_owned());
            at = symbol.container;
        }
        path.reverse();
        let file = self.code.path(target.file).to_owned();
        Things::one(Thing::Module(Arc::new(Place::Inside(file, path))))
    }

    /// The scope of a module inside a file.
    fn inside(&mut self, place: &Place, path: &[String]) -> Option<(FileId, ScopeIx)> {
        let file = self.code.file_of_place(place)?;
        let facts = self.facts(file)?;
        let mut scope = ScopeIx(0);
        for part in path {
            let name = facts.name(part)?;
            let module = facts
                .declared(scope, name)
                .find(|ix| facts.facts.symbol(*ix).kind == Kind::Module)?;
            scope = facts.facts.symbol(module).body?;
        }
        Some((file, scope))
    }

    /// What a scope offers to those who name it from elsewhere.
    fn offered_by(
        &mut self,
        file: FileId,
        scope: ScopeIx,
        name: &str,
        language: Language,
        seen: &mut Vec<Place>,
        through_wildcard: bool,
    ) -> Vec<Found> {
        let Some(facts) = self.facts(file) else { return Vec::new() };
        // A file that lists what it offers hands on nothing else to those who import all of it.
        if let (Some(offers), true) = (&facts.facts.offers, through_wildcard)
            && !offers.iter().any(|offered| facts.facts.name(*offered) == name)
        {
            return Vec::new();
        }
        // A default export has a name of its own, under which importers do not know it.
        if name == "default" && !through_wildcard {
            let is_default = |ix: &SymbolIx| facts.facts.symbol(*ix).flags.has(Flags::DEFAULT);
            if let Some(ix) = facts.all_declared(scope).find(is_default) {
                return self.follow(Target { file, symbol: facts.head(ix) });
            }
        }
        if let Some(local) = facts.name(name) {
            let symbols: Vec<SymbolIx> = facts
                .declared(scope, local)
                .filter(|ix| {
                    let symbol = facts.facts.symbol(*ix);
                    let hidden = symbol.flags.has(Flags::INSTANCE) && !is_exported(symbol);
                    let default = through_wildcard && symbol.flags.has(Flags::DEFAULT);
                    symbol.kind != Kind::Impl && !hidden && !default
                })
                .collect();
            // What is not exported is still found where nothing else is: the text says so.
            let exported = symbols.iter().find(|ix| is_exported(facts.facts.symbol(**ix)));
            if let Some(ix) = exported.or(symbols.first()).copied() {
                return self.follow(Target { file, symbol: facts.head(ix) });
            }
        }
        for wildcard in facts.facts.scope(scope).wildcards.clone() {
            if !self.enter() {
                return Vec::new();
            }
            let things = self.value(file, wildcard);
            self.leave();
            for thing in things.list.iter() {
                let found = match thing {
                    Thing::Module(place) => self.offered(place, name, language, seen, true),
                    Thing::Symbol(target, _) => {
                        let member = self.declared_in(*target, name, false, |_| true);
                        member.map_or_else(Vec::new, |target| self.follow(target))
                    }
                    _ => Vec::new(),
                };
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    /// What the files of a directory declare at their top.
    fn in_package(&mut self, dir: &str, name: &str, language: Language) -> Vec<Found> {
        let mut found = Vec::new();
        for target in self.defined(name).iter() {
            let path = self.code.path(target.file);
            let parent = path.rsplit_once('/').map_or("", |(dir, _)| dir);
            if parent != dir {
                continue;
            }
            let here = self.with(*target, |symbol, facts| {
                symbol.scope == ScopeIx(0)
                    && is_exported(symbol)
                    && !matches!(symbol.kind, Kind::Alias | Kind::Impl)
                    && facts.facts.language.is_related(language)
            });
            if here == Some(true) {
                found.push(Found::Symbol(*target));
            }
        }
        found
    }
}
