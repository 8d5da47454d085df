//! What the parts of things are: elements, places of tuples, what a promise holds.

use coderoom_syntax::{Kind, SymbolIx};

use super::{
    Args, Found, Resolver, Target, Thing, Things,
    types::{is_value, union},
};

impl Resolver<'_> {
    pub(super) fn element(&mut self, things: &Things) -> Things {
        let mut parts = Vec::new();
        for thing in things.list.iter() {
            parts.push(match thing {
                Thing::List(of) => of.clone(),
                Thing::Tuple(of) => union(of),
                Thing::External(Some(args), _) => {
                    let last = args.last().cloned().unwrap_or_default();
                    self.instantiate(&last)
                }
                Thing::External(None, _) => Things::one(Thing::External(None, false)),
                Thing::Instance(target, args) => self.element_of(*target, args, thing),
                Thing::Own(target) => self.element_of(*target, &None, thing),
                Thing::Symbol(target, _) => match self.kind(*target) {
                    // Some member of an object literal.
                    Some(kind) if is_value(kind) => self.any_member(*target),
                    // `Base[int]` in the place of a value.
                    _ => Things::one(thing.clone()),
                },
                _ => Things::default(),
            });
        }
        let all = union(&parts);
        if things.guessed { all.guessed() } else { all }
    }

    /// What iterating gives: of a map from outside, its keys with its values.
    pub(super) fn each(&mut self, things: &Things) -> Things {
        let mut parts = Vec::new();
        for thing in things.list.iter() {
            parts.push(match thing {
                Thing::External(Some(args), false) if args.len() > 1 => {
                    let pair = args.iter().map(|arg| self.instantiate(arg)).collect();
                    Things::one(Thing::Tuple(pair))
                }
                other => self.element(&Things::one(other.clone())),
            });
        }
        let all = union(&parts);
        if things.guessed { all.guessed() } else { all }
    }

    /// What any member of an object literal holds.
    pub(super) fn any_member(&mut self, target: Target) -> Things {
        const MOST: usize = 24;
        let Some(facts) = self.facts(target.file) else { return Things::default() };
        let Some(body) = facts.facts.symbol(target.symbol).body else { return Things::default() };
        let members: Vec<SymbolIx> = facts.all_declared(body).take(MOST).collect();
        let on = Thing::Symbol(target, None);
        let parts: Vec<Things> = members
            .into_iter()
            .map(|symbol| self.value_of(Target { file: target.file, symbol }, Some(&on)))
            .collect();
        union(&parts)
    }

    /// Functions among things, as members of what has type arguments for them.
    pub(super) fn functions_on(&mut self, things: &Things, on: &Thing) -> Things {
        let has_args = matches!(on, Thing::Instance(_, Some(_)) | Thing::Symbol(_, Some(_)));
        if !has_args {
            return things.clone();
        }
        self.map(things, |resolver, thing| match thing {
            Thing::Symbol(target, args)
                if resolver.kind(*target).is_some_and(Kind::is_callable) =>
            {
                vec![Thing::Bound(*target, Self::arc(on), args.clone())]
            }
            other => vec![other.clone()],
        })
    }

    /// What iterating or indexing an instance gives.
    pub(super) fn element_of(&mut self, target: Target, args: &Args, on: &Thing) -> Things {
        for member in ["__iter__", "__getitem__", "__next__", "[]", "[Symbol.iterator]"] {
            let hits = self.type_members(target, args, member, on);
            if let Some(Found::Symbol(function)) = hits.first().map(|hit| &hit.found) {
                let result = if self.kind(*function).is_some_and(Kind::is_callable) {
                    self.result(*function, Some(on))
                } else {
                    self.value_of(*function, Some(on))
                };
                let iterates = matches!(member, "__iter__" | "[Symbol.iterator]");
                let inner = if iterates { self.iterated(&result, target) } else { result };
                if !inner.is_unknown() {
                    return inner;
                }
            }
        }
        let types = self.with(target, |_, facts| facts.rules().element_types).unwrap_or_default();
        for member in types {
            let hits = self.type_members(target, args, member, on);
            if let Some(Found::Symbol(ty)) = hits.first().map(|hit| &hit.found)
                && self.kind(*ty) == Some(Kind::TypeAlias)
            {
                let things = self.aliased_type(*ty);
                return self.seen_on(&things, Some(on));
            }
        }
        let underlying = self.underlying(target, args);
        if !underlying.is_unknown() && self.enter() {
            let things = self.element(&underlying);
            self.leave();
            return things;
        }
        match args {
            Some(args) if !args.is_empty() => {
                let last = args.last().cloned().unwrap_or_default();
                self.instantiate(&last)
            }
            _ => Things::default(),
        }
    }

    /// What an iterator gives that `of` is iterated by. One that iterates itself says so in
    /// `__next__`.
    fn iterated(&mut self, iterators: &Things, of: Target) -> Things {
        let is_itself =
            |thing: &&Thing| matches!(thing, Thing::Instance(it, _) | Thing::Own(it) if *it == of);
        let others = iterators.list.iter().filter(|thing| !is_itself(thing)).cloned().collect();
        if !self.enter() {
            return Things::default();
        }
        let things = self.element(&Things::of(others, iterators.guessed));
        self.leave();
        things
    }

    pub(super) fn slot(&mut self, things: &Things, n: usize) -> Things {
        let mut parts = Vec::new();
        for thing in things.list.iter() {
            parts.push(match thing {
                Thing::Tuple(of) => of.get(n).cloned().unwrap_or_default(),
                Thing::External(Some(args), _) if args.len() > 1 => {
                    let arg = args.get(n).or_else(|| args.last()).cloned().unwrap_or_default();
                    self.instantiate(&arg)
                }
                Thing::Instance(target, args) => {
                    let underlying = self.underlying(*target, args);
                    if !underlying.is_unknown() && self.enter() {
                        let things = self.slot(&underlying, n);
                        self.leave();
                        things
                    } else {
                        self.element(&Things::one(thing.clone()))
                    }
                }
                other => self.element(&Things::one(other.clone())),
            });
        }
        let all = union(&parts);
        if things.guessed { all.guessed() } else { all }
    }

    pub(super) fn awaited(&mut self, things: &Things) -> Things {
        let mut parts = Vec::new();
        for thing in things.list.iter() {
            parts.push(match thing {
                Thing::External(Some(args), true) => {
                    let first = args.first().cloned().unwrap_or_default();
                    self.instantiate(&first)
                }
                other => Things::one(other.clone()),
            });
        }
        let all = union(&parts);
        if things.guessed { all.guessed() } else { all }
    }
}
