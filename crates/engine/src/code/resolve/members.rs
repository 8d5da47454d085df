//! Members of things: of modules, types and instances, inherited and attached ones.

use std::sync::Arc;

use coderoom_syntax::{ExprIx, Flags, Kind, Language};

use super::{Args, Found, Resolver, Target, Thing, Things};

/// The name of what indexing gives.
const INDEX: &str = "[]";

/// A member, and what it was found on.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) found: Found,
    pub(crate) on: Thing,
}

/// The members of a name.
#[derive(Default)]
pub(crate) struct Members {
    pub(crate) hits: Vec<Hit>,
    /// Whether it is known what the receiver is.
    pub(crate) known: bool,
    /// Whether a member was found that the receiver's type need not have.
    pub(crate) guessed: bool,
}

impl Members {
    /// Whether nothing of this snapshot was found.
    pub(super) fn only_external(&self) -> bool {
        self.hits.iter().all(|hit| hit.found == Found::External)
    }
}

impl Resolver<'_> {
    /// The members of this name that any of `things` has.
    pub(crate) fn members(&mut self, things: &Things, name: &str, language: Language) -> Members {
        let mut members = Members { known: !things.is_unknown(), ..Members::default() };
        for thing in things.list.iter() {
            members.hits.extend(self.members_of(thing, name, language));
        }
        if members.known && members.hits.is_empty() {
            members.hits = self.extensions(things, name, language);
            members.guessed = !members.hits.is_empty();
        }
        if members.known && members.hits.is_empty() {
            // The type is known and has no such member that we see: it is somebody else's.
            members.hits.push(Hit { found: Found::External, on: Thing::External(None, false) });
        }
        members
    }

    fn members_of(&mut self, thing: &Thing, name: &str, language: Language) -> Vec<Hit> {
        match thing {
            Thing::Module(place) => {
                let found = self.module_member(place, name, language);
                let on = |found| Hit { found, on: thing.clone() };
                found.into_iter().map(on).collect()
            }
            Thing::Symbol(target, args) | Thing::Instance(target, args) => {
                self.type_members(*target, args, name, thing)
            }
            Thing::Own(target) | Thing::OwnType(target) => {
                self.type_members(*target, &None, name, thing)
            }
            Thing::Super(target) => {
                let own = Thing::Own(*target);
                let ancestors = self.ancestors(*target);
                for (base, args) in ancestors.list.iter().skip(1) {
                    let hits = self.own_members(*base, args, name, &own);
                    if !hits.is_empty() {
                        return hits;
                    }
                }
                Vec::new()
            }
            Thing::Bound(..) | Thing::List(_) | Thing::Tuple(_) | Thing::External(..) => Vec::new(),
        }
    }

    /// A member of a type, its own before inherited ones.
    pub(crate) fn type_members(
        &mut self,
        target: Target,
        args: &Args,
        name: &str,
        on: &Thing,
    ) -> Vec<Hit> {
        match self.kind(target) {
            Some(Kind::TypeAlias) => {
                let things = self.aliased_type(target);
                let hits = things.list.iter().flat_map(|thing| match thing {
                    Thing::Symbol(inner, args) if *inner != target => {
                        self.nested_members(*inner, args, name)
                    }
                    Thing::Instance(inner, args) if *inner != target => {
                        self.nested_members(*inner, args, name)
                    }
                    _ => Vec::new(),
                });
                let hits: Vec<Hit> = hits.collect();
                // An object type written out has its members itself.
                if hits.is_empty() { self.inherited_members(target, args, name, on) } else { hits }
            }
            Some(Kind::TypeParameter) => {
                let bound = self.bound(target);
                let hits = bound.list.iter().flat_map(|thing| match thing {
                    Thing::Symbol(inner, args) | Thing::Instance(inner, args)
                        if *inner != target =>
                    {
                        self.nested_members(*inner, args, name)
                    }
                    _ => Vec::new(),
                });
                hits.collect()
            }
            Some(Kind::EnumMember) => {
                let own = self.own_members(target, args, name, on);
                if !own.is_empty() {
                    return own;
                }
                match self.container(target) {
                    Some(owner) if owner != target => self.nested_members(owner, &None, name),
                    _ => Vec::new(),
                }
            }
            _ => self.inherited_members(target, args, name, on),
        }
    }

    /// A member of a type or of what it inherits, the nearest.
    fn inherited_members(
        &mut self,
        target: Target,
        args: &Args,
        name: &str,
        on: &Thing,
    ) -> Vec<Hit> {
        let ancestors = self.ancestors(target);
        let own_args = args;
        for (n, (base, base_args)) in ancestors.list.iter().enumerate() {
            let args = if n == 0 { args } else { base_args };
            let kind = self.kind(*base).filter(|_| n > 0);
            let hits = match kind {
                Some(Kind::TypeAlias) => self.nested_members(*base, args, name),
                // `{ [K in keyof T]: T[K] }` has what is given for `T`.
                Some(Kind::TypeParameter) => {
                    let parameter = Things::one(Thing::Instance(*base, None));
                    let given = self.bind(&parameter, target, own_args);
                    given.list.iter().flat_map(|it| self.given_members(it, name)).collect()
                }
                _ => self.own_members(*base, args, name, on),
            };
            if !hits.is_empty() {
                return hits;
            }
        }
        // A type that can be indexed by any name has every name.
        if name != INDEX && self.with(target, |_, facts| facts.rules().named_index) == Some(true) {
            let hits = self.own_members(target, args, INDEX, on);
            if !hits.is_empty() {
                return hits;
            }
        }
        let underlying = self.underlying(target, args);
        let hits = underlying.list.iter().flat_map(|thing| match thing {
            Thing::Instance(inner, args) if *inner != target => {
                self.nested_members(*inner, args, name)
            }
            _ => Vec::new(),
        });
        hits.collect()
    }

    fn given_members(&mut self, given: &Thing, name: &str) -> Vec<Hit> {
        match given {
            Thing::Instance(inner, args) | Thing::Symbol(inner, args) => {
                self.nested_members(*inner, args, name)
            }
            Thing::Own(inner) | Thing::OwnType(inner) => self.nested_members(*inner, &None, name),
            _ => Vec::new(),
        }
    }

    fn nested_members(&mut self, target: Target, args: &Args, name: &str) -> Vec<Hit> {
        if !self.enter() {
            return Vec::new();
        }
        let on = Thing::Instance(target, args.clone());
        let hits = self.type_members(target, args, name, &on);
        self.leave();
        hits
    }

    /// A member that a type itself has: declared in its body, or attached to it elsewhere.
    pub(crate) fn own_members(
        &mut self,
        target: Target,
        _args: &Args,
        name: &str,
        on: &Thing,
    ) -> Vec<Hit> {
        let hit = |found| Hit { found, on: on.clone() };
        let space = self.space;
        if let Some(member) = self.declared_in(target, name, false, |symbol| {
            symbol.kind != Kind::Impl
                && symbol.kind != Kind::TypeParameter
                && space.has_on(symbol.kind, on)
        }) {
            return self.follow(member).into_iter().map(hit).collect();
        }
        let attaches = self.with(target, |_, facts| facts.rules().attached).unwrap_or(false);
        if !attaches {
            return Vec::new();
        }
        let mut attached = self.attached_members(target, name);
        attached.retain(|it| self.kind(*it).is_some_and(|kind| space.has_on(kind, on)));
        attached.into_iter().map(|target| hit(Found::Symbol(target))).collect()
    }

    /// Members of this name that stand outside of the type they belong to.
    fn attached_members(&mut self, owner: Target, name: &str) -> Vec<Target> {
        let mut found = Vec::new();
        for target in self.defined(name).iter().copied() {
            if self.attached_to(target).contains(&owner) {
                found.push(target);
            }
        }
        found
    }

    /// The types that a symbol is a member of without standing in them.
    pub(crate) fn attached_to(&mut self, target: Target) -> Vec<Target> {
        let Some(facts) = self.facts(target.file) else { return Vec::new() };
        let symbol = facts.facts.symbol(target.symbol);
        if symbol.flags.has(Flags::TEST) {
            // It only sees what the type has.
            return Vec::new();
        }
        let mut attached = symbol.attached;
        if !attached.is_known()
            && let Some(container) = symbol.container
            && facts.facts.symbol(container).kind == Kind::Impl
            && facts.facts.symbol(container).body == Some(symbol.scope)
        {
            attached = facts.facts.symbol(container).attached;
        }
        self.types_named(target.file, attached)
    }

    /// The types that an expression in the place of a type names.
    pub(crate) fn types_named(&mut self, file: crate::FileId, expr: ExprIx) -> Vec<Target> {
        if !expr.is_known() || !self.enter() {
            return Vec::new();
        }
        let things = self.value(file, expr);
        self.leave();
        let types = things.list.iter().filter_map(|thing| match thing {
            Thing::Symbol(target, _) | Thing::Instance(target, _) => Some(*target),
            Thing::Own(target) | Thing::OwnType(target) => Some(*target),
            _ => None,
        });
        types.collect()
    }

    /// What a keyword argument, or a field in a literal or pattern, names.
    pub(super) fn label(&mut self, things: &Things, name: &str) -> Vec<Found> {
        let mut found = Vec::new();
        for thing in things.list.iter() {
            match thing {
                Thing::Symbol(target, _) | Thing::Bound(target, ..)
                    if self.kind(*target).is_some_and(Kind::is_callable) =>
                {
                    found.extend(self.parameter(*target, name).map(Found::Symbol));
                }
                Thing::Symbol(target, args) | Thing::Instance(target, args) => {
                    found.extend(self.constructor_label(*target, args, name, thing));
                }
                Thing::Own(target) | Thing::OwnType(target) => {
                    found.extend(self.constructor_label(*target, &None, name, thing));
                }
                Thing::External(..) | Thing::Module(_) => found.push(Found::External),
                _ => {}
            }
        }
        found
    }

    fn constructor_label(
        &mut self,
        target: Target,
        args: &Args,
        name: &str,
        on: &Thing,
    ) -> Vec<Found> {
        let constructors = self.with(target, |_, facts| facts.rules().constructors);
        for constructor in constructors.unwrap_or_default() {
            for hit in self.type_members(target, args, constructor, on) {
                if let Found::Symbol(function) = hit.found {
                    if let Some(parameter) = self.parameter(function, name) {
                        return vec![Found::Symbol(parameter)];
                    }
                    return vec![Found::External];
                }
            }
        }
        // Records, dataclasses, struct literals: the label is the field.
        self.type_members(target, args, name, on).into_iter().map(|hit| hit.found).collect()
    }

    fn parameter(&mut self, function: Target, name: &str) -> Option<Target> {
        self.declared_in(function, name, true, |symbol| {
            matches!(symbol.kind, Kind::Parameter | Kind::Field)
        })
    }

    /// `impl` blocks and the like for a type.
    pub(crate) fn impls(&mut self, target: Target) -> Vec<Target> {
        let Some((name, attaches)) = self.with(target, |symbol, facts| {
            (facts.facts.name(symbol.name).to_owned(), facts.rules().attached)
        }) else {
            return Vec::new();
        };
        if !attaches {
            return Vec::new();
        }
        let mut impls = Vec::new();
        for candidate in self.defined(&name).iter().copied() {
            let attached = self.with(candidate, |symbol, _| {
                (symbol.kind == Kind::Impl).then_some(symbol.attached)
            });
            if let Some(Some(attached)) = attached
                && self.types_named(candidate.file, attached).contains(&target)
            {
                impls.push(candidate);
            }
        }
        impls
    }

    /// Whether a symbol is a member of a type's instances or of the type.
    pub(crate) fn is_member(&mut self, target: Target) -> bool {
        let direct = self.with(target, |symbol, facts| {
            let owner = symbol.container.map(|ix| facts.facts.symbol(ix));
            let in_type = owner.is_some_and(|owner| {
                (owner.kind.is_type() || owner.kind == Kind::Impl)
                    && owner.body == Some(symbol.scope)
            });
            let attached = symbol.attached.is_known() || symbol.flags.has(Flags::INSTANCE);
            (in_type || attached && !symbol.flags.has(Flags::TEST))
                && symbol.kind != Kind::TypeParameter
        });
        direct == Some(true)
    }

    /// An instance of a type as it is seen from outside.
    pub(super) fn arc(thing: &Thing) -> Arc<Thing> {
        Arc::new(thing.clone())
    }
}
