//! Interfaces that types satisfy without naming them: by having all of their methods.

use std::collections::BTreeSet;

use coderoom_syntax::{Expr, Flags, Kind};

use super::{Found, Resolver, Target, Thing};
use crate::code::loaded::Loaded;

/// Interfaces with more methods are compared by these many.
const MOST_METHODS: usize = 64;

/// How many results a method has, as far as the declaration tells: none, one, several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Results {
    None,
    One,
    Several(usize),
}

impl Resolver<'_> {
    /// Whether types of this symbol's language satisfy interfaces by their methods alone.
    fn is_structural(&mut self, target: Target) -> bool {
        self.with(target, |_, facts| facts.rules().structural) == Some(true)
    }

    /// The types that a member belongs to.
    pub(crate) fn owners(&mut self, member: Target) -> Vec<Target> {
        let attached = self.attached_to(member);
        if attached.is_empty() { self.container(member).into_iter().collect() } else { attached }
    }

    /// For a method of a type, the methods of interfaces that it is an implementation of; for one of
    /// an interface, its implementations.
    pub(crate) fn structural_relatives(&mut self, method: Target) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        if self.kind(method) != Some(Kind::Method) || !self.is_structural(method) {
            return found;
        }
        let name = self.with(method, |symbol, facts| facts.facts.name(symbol.name).to_owned());
        let Some(name) = name else { return found };
        let owners = self.owners(method);
        let members = self.candidates(&name);
        for owner in owners {
            let is_interface = self.kind(owner) == Some(Kind::Interface);
            for (member, of) in &members.members {
                if (self.kind(*of) == Some(Kind::Interface)) == is_interface {
                    continue;
                }
                let (ty, interface) = if is_interface { (*of, owner) } else { (owner, *of) };
                if self.satisfies(ty, interface) {
                    found.insert(*member);
                }
            }
        }
        found
    }

    /// The interfaces that a type satisfies, or the types that satisfy an interface.
    pub(crate) fn structural_types(&mut self, ty: Target) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        if !self.is_structural(ty) {
            return found;
        }
        let is_interface = self.kind(ty) == Some(Kind::Interface);
        let names = if is_interface { self.wanted_methods(ty) } else { self.methods_of(ty) };
        for name in names.iter().take(if is_interface { 1 } else { usize::MAX }) {
            for (_, of) in &self.candidates(name).members {
                if found.contains(of) || (self.kind(*of) == Some(Kind::Interface)) == is_interface {
                    continue;
                }
                let (ty, interface) = if is_interface { (*of, ty) } else { (ty, *of) };
                if self.satisfies(ty, interface) {
                    found.insert(*of);
                }
            }
        }
        found
    }

    /// Whether a type has all methods of an interface.
    fn satisfies(&mut self, ty: Target, interface: Target) -> bool {
        if !self.is_structural(interface) {
            return false;
        }
        let names = self.wanted_methods(interface);
        let on_type = Thing::Instance(ty, None);
        let on_interface = Thing::Instance(interface, None);
        !names.is_empty()
            && names.iter().all(|name| {
                let wanted = self.results_of(interface, name, &on_interface);
                wanted.is_some() && self.results_of(ty, name, &on_type) == wanted
            })
    }

    fn results_of(&mut self, ty: Target, name: &str, on: &Thing) -> Option<Results> {
        let hits = self.type_members(ty, &None, name, on);
        hits.into_iter().find_map(|hit| {
            let Found::Symbol(target) = hit.found else { return None };
            self.with(target, |symbol, facts| {
                let results = match facts.facts.expr(symbol.ty) {
                    Expr::Unknown => Results::None,
                    Expr::Tuple(parts) => Results::Several(parts.len()),
                    _ => Results::One,
                };
                (symbol.kind == Kind::Method).then_some(results)
            })?
        })
    }

    /// The names of an interface's methods, embedded ones too.
    fn wanted_methods(&mut self, interface: Target) -> Vec<String> {
        let mut names = BTreeSet::new();
        for (target, _) in &self.ancestors(interface).list {
            let Some(facts) = self.facts(target.file) else { continue };
            for part in facts.group(target.symbol) {
                let body = facts.facts.symbol(part).body;
                names.extend(body.into_iter().flat_map(|body| methods_in(&facts, body)));
            }
        }
        names.into_iter().take(MOST_METHODS).collect()
    }

    /// The names of the methods that are declared for a type, in its own package.
    fn methods_of(&mut self, ty: Target) -> Vec<String> {
        let mut names = BTreeSet::new();
        let path = self.code.path(ty.file);
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
        for file in self.code.files_right_in(&dir) {
            let Some(facts) = self.facts(file) else { continue };
            for symbol in &facts.facts.symbols {
                if symbol.kind == Kind::Method
                    && symbol.attached.is_known()
                    && self.types_named(file, symbol.attached).contains(&ty)
                {
                    names.insert(facts.facts.name(symbol.name).to_owned());
                }
            }
        }
        names.into_iter().collect()
    }
}

/// The names of the methods that a body only declares.
fn methods_in(facts: &Loaded, body: coderoom_syntax::ScopeIx) -> Vec<String> {
    let declared = facts.all_declared(body).filter(|ix| {
        let symbol = facts.facts.symbol(*ix);
        symbol.kind == Kind::Method && symbol.flags.has(Flags::DECLARATION)
    });
    declared.map(|ix| facts.facts.name(facts.facts.symbol(ix).name).to_owned()).collect()
}
