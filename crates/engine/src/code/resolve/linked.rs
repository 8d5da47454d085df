//! Languages whose files are put together by including and linking (C): what a declaration leads
//! to, what a name means in a unit, and namespaces that many files share.

use coderoom_syntax::{Flags, Kind, Name, Occurrence, Place, ScopeIx, ScopeKind, SymbolIx};

use super::{Found, Resolution, Resolver, Target, Thing, space::Space};
use crate::{code::loaded::Loaded, file::FileId};

impl Resolver<'_> {
    /// What a symbol that was found stands for: of a declaration, the definition; of a member
    /// defined outside of its type, the member.
    pub(super) fn leads_to(&mut self, target: Target) -> Vec<Target> {
        let Some(facts) = self.facts(target.file) else { return vec![target] };
        if !facts.rules().includes {
            return vec![target];
        }
        let symbol = facts.facts.symbol(target.symbol);
        if symbol.attached.is_known() {
            return self.member_defined(target, &facts).unwrap_or_else(|| vec![target]);
        }
        let declared = |ix: SymbolIx| facts.facts.symbol(ix).flags.has(Flags::DECLARATION);
        if !symbol.flags.has(Flags::LINKED) || !facts.group(target.symbol).all(declared) {
            return vec![target];
        }
        let name = facts.facts.name(symbol.name).to_owned();
        let path = self.names_around(target);
        let (mut definitions, mut declarations) = (Vec::new(), Vec::new());
        for other in self.linked(&name) {
            if self.same_sort(target, other) && self.names_around(other) == path {
                let is_definition = self.with(other, |_, facts| {
                    facts
                        .group(other.symbol)
                        .any(|ix| !facts.facts.symbol(ix).flags.has(Flags::DECLARATION))
                });
                match is_definition {
                    Some(true) => definitions.push(other),
                    _ => declarations.push(other),
                }
            }
        }
        match definitions.len() {
            0 => declarations.into_iter().min().map_or_else(|| vec![target], |first| vec![first]),
            1 => definitions,
            _ => self.nearest(definitions, target.file),
        }
    }

    /// What is linked by a name that no file in sight declares.
    pub(super) fn linked_from(&mut self, file: FileId, facts: &Loaded, name: &str) -> Vec<Found> {
        let language = facts.facts.language;
        let mut found = Vec::new();
        for target in self.linked(name) {
            let fits = self.with(target, |symbol, facts| {
                (symbol.kind, facts.facts.language.is_related(language))
            });
            // A type is none that another source file has for itself.
            let apart = kind_is_apart(fits.map(|it| it.0), facts);
            if let Some((kind, true)) = fits
                && self.space.has(kind)
                && !apart
            {
                found.extend(self.leads_to(target));
            }
        }
        found.sort_unstable();
        found.dedup();
        if facts.rules().includes && found.len() > 1 {
            found = self.nearest(found, file);
        }
        found.into_iter().map(Found::Symbol).collect()
    }

    /// The other symbols that are one with a symbol for being linked by its name.
    pub(crate) fn linked_with(&mut self, target: Target) -> Vec<Target> {
        let known = self.with(target, |symbol, facts| {
            let linked = symbol.flags.has(Flags::LINKED) && !facts.rules().includes;
            linked.then(|| (facts.facts.name(symbol.name).to_owned(), facts.facts.language))
        });
        let Some(Some((name, language))) = known else { return Vec::new() };
        let mut found = self.linked(&name);
        found.retain(|other| {
            let related = self.with(*other, |_, facts| facts.facts.language.is_related(language));
            related == Some(true) && self.same_sort(target, *other)
        });
        found
    }

    /// A macro without parameters stands for what its body does.
    pub(super) fn is_object_like(&mut self, target: Target) -> bool {
        self.with(target, |symbol, _| symbol.body.is_none() && symbol.value.is_known())
            == Some(true)
    }

    /// Whether both are types, or both are functions, or both hold values.
    fn same_sort(&mut self, one: Target, other: Target) -> bool {
        let sort = |kind: Option<Kind>| {
            let class = |kind: Kind| (kind.is_type(), kind.is_callable());
            kind.map(|kind| (class(kind), kind == Kind::Module, kind == Kind::TypeAlias))
        };
        sort(self.kind(one)) == sort(self.kind(other))
    }

    /// Those of several whose path has most in common with a file's; all if none stands out.
    pub(super) fn nearest(&self, targets: Vec<Target>, to: FileId) -> Vec<Target> {
        let here: Vec<&str> = self.code.path(to).split('/').collect();
        let common = |target: &Target| {
            let path = self.code.path(target.file).split('/');
            path.zip(&here).take_while(|(a, b)| a == *b).count()
        };
        let most = targets.iter().map(common).max().unwrap_or(0);
        targets.into_iter().filter(|target| common(target) == most).collect()
    }

    /// The member of a type, or of a namespace, that is defined outside of it.
    fn member_defined(&mut self, target: Target, facts: &Loaded) -> Option<Vec<Target>> {
        let symbol = facts.facts.symbol(target.symbol);
        let name = facts.facts.name(symbol.name).to_owned();
        if !self.enter() {
            return None;
        }
        let things = self.value(target.file, symbol.attached);
        self.leave();
        let mut found = Vec::new();
        for thing in things.list.iter() {
            match thing {
                Thing::Symbol(owner, _) | Thing::Instance(owner, _) => {
                    found.extend(self.declared_in(*owner, &name, false, |_| true));
                }
                Thing::Module(place) => {
                    let members =
                        self.module_member(place, &name, facts.facts.language).into_iter();
                    found.extend(members.filter_map(|found| match found {
                        Found::Symbol(member) if member != target => Some(member),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Where a member that is only declared in its type is defined.
    pub(crate) fn defined_outside(&mut self, target: Target) -> Vec<Target> {
        let declared = self.with(target, |symbol, facts| {
            let all = facts
                .group(target.symbol)
                .all(|ix| facts.facts.symbol(ix).flags.has(Flags::DECLARATION));
            (facts.rules().includes && all).then(|| facts.facts.name(symbol.name).to_owned())
        });
        let Some(Some(name)) = declared else { return Vec::new() };
        let mut found = Vec::new();
        for other in self.defined(&name).iter().copied() {
            let attached = self.with(other, |symbol, _| symbol.attached.is_known());
            if attached == Some(true) && self.leads_to(other).contains(&target) {
                found.push(other);
            }
        }
        found
    }

    /// Whether it is the definition of a member that its type declares, and so is one with that.
    pub(super) fn is_defined_elsewhere(&mut self, target: Target) -> bool {
        let outside =
            self.with(target, |symbol, facts| facts.rules().includes && symbol.attached.is_known());
        outside == Some(true) && self.leads_to(target) != [target]
    }

    /// What a name stands for in a file that is put together by including.
    pub(super) fn in_unit(
        &mut self,
        file: FileId,
        facts: &Loaded,
        occurrence: &Occurrence,
    ) -> Resolution {
        let (at, name) = (occurrence.start, occurrence.name);
        let space = Space::of(occurrence, facts.rules());
        self.space = space;
        let found = self.bare(file, facts, facts.scope_at(at), at, name);
        match (space, is_foreign(&found)) {
            (Space::Typed, false) => {
                let alias = self.alias_of(file, &found, facts.facts.name(name));
                return Resolution::sure(alias.unwrap_or(found));
            }
            (_, false) => return Resolution::sure(self.narrowed_to(found)),
            (Space::Untyped, true) => {
                // C++ makes instances by the name of a type.
                self.space = Space::Typed;
                let found = self.bare(file, facts, facts.scope_at(at), at, name);
                if !is_foreign(&found) {
                    let alias = self.alias_of(file, &found, facts.facts.name(name));
                    return Resolution::sure(alias.unwrap_or(found));
                }
                self.space = space;
            }
            (Space::Tagged, true) => {
                // A type of which others only have pointers.
                let all = self.linked_types(facts, facts.facts.name(name));
                if let [only] = all.as_slice() {
                    return Resolution::sure(vec![Found::Symbol(*only)]);
                }
            }
            _ => {}
        }
        // Headers use what those who include them declare.
        let guess = self.elsewhere(file, facts, facts.facts.name(name));
        if guess.is_empty() {
            return Resolution::sure(vec![Found::External]);
        }
        Resolution { found: guess, guessed: true }
    }

    /// Of a struct that has its name as an alias too, the alias: without `struct` it is that.
    fn alias_of(&mut self, file: FileId, found: &[Found], name: &str) -> Option<Vec<Found>> {
        for found in found {
            let Found::Symbol(target) = found else { return None };
            let is_tag = self.with(*target, |symbol, _| {
                symbol.flags.has(Flags::LINKED) && symbol.kind != Kind::TypeAlias
            });
            if is_tag != Some(true) {
                let is_alias = self.kind(*target) == Some(Kind::TypeAlias);
                return is_alias.then(|| vec![found.clone()]);
            }
        }
        self.space = Space::Aliases;
        let own = self.at_top(file, name);
        let aliases = if own.is_empty() { self.included(file, name) } else { own };
        (!aliases.is_empty()).then_some(aliases)
    }

    /// The structs and the like of this name in the whole snapshot, definitions only.
    fn linked_types(&mut self, facts: &Loaded, name: &str) -> Vec<Target> {
        let language = facts.facts.language;
        let mut found = self.linked(name);
        found.retain(|target| {
            let fits = self.with(*target, |symbol, facts| {
                Space::Tagged.has(symbol.kind)
                    && !symbol.flags.has(Flags::DECLARATION)
                    && facts.facts.language.is_related(language)
            });
            fits == Some(true)
        });
        found
    }

    /// What declares a symbol before it is defined, as seen from its definition.
    pub(crate) fn declared_before(&mut self, target: Target) -> Option<Target> {
        let facts = self.facts(target.file).filter(|facts| facts.rules().includes)?;
        let symbol = facts.facts.symbol(target.symbol);
        if symbol.attached.is_known() {
            let member = self.member_defined(target, &facts)?.into_iter().next()?;
            // Of overloads, the one that takes as much.
            let takes = facts.parameters(target.symbol).len();
            let facts = self.facts(member.file)?;
            let alike = facts.group(member.symbol).find(|it| facts.parameters(*it).len() == takes);
            return Some(Target { symbol: alike.unwrap_or(member.symbol), ..member });
        }
        if !symbol.flags.has(Flags::LINKED) {
            return None;
        }
        let name = facts.facts.name(symbol.name).to_owned();
        let (seen, path) = (self.seen_from(target.file), self.names_around(target));
        let mut first: Option<(u32, Target)> = None;
        for other in self.linked(&name) {
            let Some(place) = seen.get(&other.file).copied() else { continue };
            let is_type = |kind: Option<Kind>| kind.is_some_and(Kind::is_type);
            let fits = is_type(self.kind(target)) == is_type(self.kind(other));
            if fits && first.is_none_or(|it| place < it.0) && self.names_around(other) == path {
                first = Some((place, other));
            }
        }
        first.map(|it| it.1)
    }

    /// The names of the namespaces that a symbol stands in, the outermost first.
    fn names_around(&mut self, target: Target) -> Vec<String> {
        let names = self.with(target, |symbol, facts| {
            let mut names = Vec::new();
            let mut at = symbol.container;
            while let Some(ix) = at {
                let symbol = facts.facts.symbol(ix);
                if symbol.kind == Kind::Module {
                    names.push(facts.facts.name(symbol.name).to_owned());
                }
                at = symbol.container;
            }
            names.reverse();
            names
        });
        names.unwrap_or_default()
    }

    /// What any file declares in the namespace of this path.
    pub(super) fn namespace_member(
        &mut self,
        from: Option<FileId>,
        path: &[String],
        name: &str,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        let mut declared = Vec::new();
        for target in self.defined(name).iter().copied() {
            let here = self.with(target, |symbol, facts| {
                let scope = facts.facts.scope(symbol.scope);
                let fits = scope.kind == ScopeKind::Module
                    && facts.rules().includes
                    && !symbol.flags.has(Flags::INSTANCE);
                (fits, symbol.kind, symbol.flags.has(Flags::DECLARATION))
            });
            let Some((true, kind, declaration)) = here else { continue };
            if self.space.has(kind) && self.names_around(target) == path {
                if declaration { &mut declared } else { &mut found }.push(target);
            }
        }
        if let Some(from) = from {
            // Of alternatives, those that the file includes.
            let seen = self.seen_from(from);
            let sees = |it: &Target| it.file == from || seen.contains_key(&it.file);
            if found.iter().chain(&declared).any(sees) {
                found.retain(sees);
                declared.retain(sees);
            }
        }
        let all = if found.is_empty() { declared } else { found };
        let mut all: Vec<Found> = all.into_iter().flat_map(|target| self.follow(target)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The path of the namespace whose scope this is; none if files do not share it.
    pub(super) fn namespace_of(
        &mut self,
        file: FileId,
        facts: &Loaded,
        scope: ScopeIx,
    ) -> Vec<String> {
        let here = facts.facts.scope(scope);
        let owner = here.owner.filter(|_| here.kind == ScopeKind::Module && facts.rules().includes);
        let Some(owner) = owner else { return Vec::new() };
        let mut path = self.names_around(Target { file, symbol: owner });
        path.push(facts.facts.name(facts.facts.symbol(owner).name).to_owned());
        path
    }

    /// What code in a function sees that is defined outside of the type or namespace that it
    /// belongs to.
    pub(super) fn seen_outside(
        &mut self,
        file: FileId,
        facts: &Loaded,
        scope: ScopeIx,
        name: Name,
    ) -> Vec<Found> {
        let here = facts.facts.scope(scope);
        if here.kind != ScopeKind::Function || !facts.rules().includes {
            return Vec::new();
        }
        let Some(owner) = here.owner.map(|ix| facts.facts.symbol(ix)) else { return Vec::new() };
        if !owner.attached.is_known() || !self.enter() {
            return Vec::new();
        }
        let things = self.value(file, owner.attached);
        self.leave();
        let spelled = facts.facts.name(name);
        for thing in things.list.iter() {
            let found = match thing {
                Thing::Symbol(target, args) | Thing::Instance(target, args) => {
                    let own = Thing::Own(*target);
                    let hits = self.type_members(*target, args, spelled, &own);
                    let found: Vec<Found> = hits.into_iter().map(|hit| hit.found).collect();
                    if found.is_empty() {
                        let path = self.names_around(*target);
                        if path.is_empty() {
                            found
                        } else {
                            self.namespace_member(Some(file), &path, spelled)
                        }
                    } else {
                        found
                    }
                }
                Thing::Module(place) => match &**place {
                    Place::Inside(_, path) => self.namespace_member(Some(file), path, spelled),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

/// Whether nothing of this snapshot was found.
pub(super) fn is_foreign(found: &[Found]) -> bool {
    found.iter().all(|found| *found == Found::External)
}

/// Whether a symbol of this kind is only seen by those who include it.
fn kind_is_apart(kind: Option<Kind>, facts: &Loaded) -> bool {
    facts.rules().includes && kind.is_some_and(Kind::is_type)
}
