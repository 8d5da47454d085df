//! What a type inherits, and what its type parameters stand for on a receiver.

use std::sync::Arc;

use coderoom_syntax::ExprIx;

use super::{Args, Resolver, Target, Thing, Things, generics::needs_binding, types::Ancestors};

impl Resolver<'_> {
    /// A type and all that it inherits.
    pub(crate) fn ancestors(&mut self, target: Target) -> Arc<Ancestors> {
        if let Some(known) = self.memo.ancestors.get(&target) {
            return Arc::clone(known);
        }
        if let Some((known, waits_on)) = self.partial.ancestors.get(&target) {
            self.waits_on = self.waits_on.min(*waits_on);
            return Arc::clone(known);
        }
        let outer = std::mem::replace(&mut self.waits_on, u32::MAX);
        let mut ancestors = Ancestors::default();
        self.collect_ancestors(target, None, &mut ancestors);
        let ancestors = Arc::new(ancestors);
        if self.waits_on == u32::MAX {
            self.memo.ancestors.insert(target, Arc::clone(&ancestors));
        } else {
            self.partial.ancestors.insert(target, (Arc::clone(&ancestors), self.waits_on));
        }
        self.waits_on = self.waits_on.min(outer);
        ancestors
    }

    fn collect_ancestors(&mut self, target: Target, args: Args, into: &mut Ancestors) {
        const MOST: usize = 200;
        if into.list.iter().any(|(it, _)| *it == target) || into.list.len() >= MOST {
            return;
        }
        if !self.enter() {
            return;
        }
        into.list.push((target, args.clone()));
        for (base, base_args) in self.parents(target, &mut into.external) {
            let bound: Args =
                base_args.map(|list| list.iter().map(|it| self.bind(it, target, &args)).collect());
            self.collect_ancestors(base, bound, into);
        }
        self.leave();
    }

    /// What a type inherits directly.
    pub(crate) fn parents(&mut self, target: Target, external: &mut bool) -> Vec<(Target, Args)> {
        let mut parents = Vec::new();
        let mut blocks = vec![target];
        blocks.extend(self.impls(target));
        for block in blocks {
            let Some(facts) = self.facts(block.file) else { continue };
            let bases: Vec<ExprIx> = facts
                .group(block.symbol)
                .flat_map(|ix| facts.facts.symbol(ix).bases.iter().copied())
                .collect();
            for base in bases {
                let things = self.value(block.file, base);
                if things.is_unknown() {
                    *external = true;
                }
                for thing in things.list.iter() {
                    match thing {
                        Thing::Symbol(base, args) | Thing::Instance(base, args) => {
                            parents.push((*base, args.clone()));
                        }
                        Thing::Own(base) => parents.push((*base, None)),
                        _ => *external = true,
                    }
                }
            }
        }
        parents
    }

    /// Replaces `Own` and type parameters by what they are on a receiver.
    pub(super) fn seen_on(&mut self, things: &Things, on: Option<&Thing>) -> Things {
        let Some(on) = on else { return things.clone() };
        let (instance, ty, args) = match on {
            Thing::Instance(ty, args) => (on.clone(), *ty, args.clone()),
            Thing::Symbol(ty, args) => (Thing::Instance(*ty, args.clone()), *ty, args.clone()),
            Thing::Own(ty) => (on.clone(), *ty, None),
            Thing::OwnType(ty) | Thing::Super(ty) => (Thing::Own(*ty), *ty, None),
            _ => return things.clone(),
        };
        if !things.list.iter().any(needs_binding) {
            return things.clone();
        }
        let things = self.map(things, |resolver, thing| match thing {
            Thing::Own(of) | Thing::OwnType(of) if resolver.inherits(ty, *of) => {
                match (thing, &instance) {
                    (Thing::Own(_), _) => vec![instance.clone()],
                    (_, Thing::Instance(ty, args)) => vec![Thing::Symbol(*ty, args.clone())],
                    _ => vec![Thing::OwnType(ty)],
                }
            }
            other => vec![other.clone()],
        });
        let things = self.functions_on(&things, &instance);
        let ancestors = self.ancestors(ty);
        let mut bound = self.bind(&things, ty, &args);
        for (base, base_args) in ancestors.list.iter().skip(1) {
            if base_args.is_some() {
                let base_args = base_args.as_ref().map(|list| {
                    list.iter().map(|it| self.bind(it, ty, &args)).collect::<Arc<[Things]>>()
                });
                bound = self.bind(&bound, *base, &base_args);
            }
        }
        bound
    }

    /// Whether a type is another or inherits from it.
    pub(crate) fn inherits(&mut self, ty: Target, from: Target) -> bool {
        ty == from || self.ancestors(ty).list.iter().any(|(it, _)| *it == from)
    }
}
