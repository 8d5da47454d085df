//! Dynamic dispatch: a call of a method through its base type may run what overrides it.

use std::collections::BTreeSet;

use coderoom_syntax::{Expr, Form, Kind};

use crate::{
    code::{
        loaded::Loaded,
        resolve::{Found, Resolver, Thing},
        view::Target,
    },
    file::FileId,
};

/// Where more types than this override a method, a call through the base says too little of each.
const MOST_OVERRIDES: usize = 16;

/// The methods that the wanted ones override, where few do; where types satisfy interfaces by having
/// their methods, also those that have an interface's.
pub(super) fn overridden(
    resolver: &mut Resolver<'_>,
    wanted: &BTreeSet<Found>,
) -> BTreeSet<Target> {
    let mut bases = BTreeSet::new();
    for found in wanted {
        let Found::Symbol(target) = found else { continue };
        if !matches!(resolver.kind(*target), Some(Kind::Method | Kind::Property)) {
            continue;
        }
        for relative in resolver.structural_relatives(*target) {
            // Of the two, one is an interface's: the other has as many relatives as there are types
            // that satisfy it.
            let others = resolver.structural_relatives(relative).len();
            if others <= MOST_OVERRIDES {
                bases.insert(relative);
            }
        }
        let Some(owner) = resolver.container(*target) else { continue };
        let name = resolver.with(*target, |symbol, facts| facts.facts.name(symbol.name).to_owned());
        let Some(name) = name else { continue };
        let members = resolver.candidates(&name);
        let has = |base: Target| {
            members.members.iter().find(|(_, of)| *of == base).map(|(member, _)| *member)
        };
        let ancestors = resolver.ancestors(owner);
        for (base, _) in ancestors.list.iter().skip(1) {
            let Some(member) = has(*base) else { continue };
            let overriding = members
                .members
                .iter()
                .filter(|(_, of)| of != base && resolver.inherits(*of, *base))
                .count();
            if overriding <= MOST_OVERRIDES {
                bases.insert(member);
            }
        }
    }
    bases
}

/// The members that are one with the wanted ones by the rules of their language: what these override,
/// and what overrides that.
pub(super) fn family(resolver: &mut Resolver<'_>, wanted: &BTreeSet<Found>) -> BTreeSet<Target> {
    let mut family = BTreeSet::new();
    for found in wanted {
        let Found::Symbol(target) = found else { continue };
        let known = resolver.with(*target, |symbol, facts| {
            let name = facts.facts.name(symbol.name).to_owned();
            facts.rules().families.then_some((name, symbol.kind))
        });
        let Some(Some((name, kind))) = known else { continue };
        if kind == Kind::Constructor || !resolver.is_member(*target) {
            continue;
        }
        let Some(owner) = resolver.container(*target) else { continue };
        let members = resolver.candidates(&name);
        let roots: BTreeSet<Target> =
            resolver.ancestors(owner).list.iter().map(|(base, _)| *base).collect();
        let roots: BTreeSet<Target> =
            members.members.iter().map(|(_, of)| *of).filter(|of| roots.contains(of)).collect();
        for (member, of) in &members.members {
            let related = resolver.ancestors(*of);
            if related.list.iter().any(|(base, _)| roots.contains(base)) {
                family.insert(*member);
            }
        }
    }
    family
}

/// The types that the wanted methods belong to.
pub(super) fn owners(resolver: &mut Resolver<'_>, wanted: &BTreeSet<Found>) -> BTreeSet<Target> {
    let mut owners = BTreeSet::new();
    for found in wanted {
        let Found::Symbol(target) = found else { continue };
        let attached = resolver.attached_to(*target);
        owners.extend(attached.into_iter().chain(resolver.container(*target)));
    }
    owners
}

/// Whether a call of `base` may run the method of one of these types that overrides it: not on
/// `super`, nor on a type's own name, nor on a receiver that none of them is a kind of.
pub(super) fn may_run(
    resolver: &mut Resolver<'_>,
    file: FileId,
    facts: &Loaded,
    form: Form,
    base: Target,
    owners: &BTreeSet<Target>,
) -> bool {
    let Form::Member(of) = form else { return false };
    if matches!(facts.facts.expr(of), Expr::Super(_)) {
        return false;
    }
    let receiver = resolver.value(file, of);
    let declared_by = resolver.container(base);
    let mut fits = |thing: &Thing| {
        let (Thing::Instance(ty, _) | Thing::Own(ty)) = thing else { return false };
        // What satisfies an interface without naming it is no heir of it.
        let narrower = declared_by.is_some_and(|it| it != *ty && resolver.inherits(*ty, it));
        !narrower || owners.iter().any(|owner| resolver.inherits(*owner, *ty))
    };
    receiver.is_unknown() || receiver.list.iter().any(&mut fits)
}
