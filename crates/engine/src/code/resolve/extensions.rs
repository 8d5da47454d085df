//! Members that types have through blocks that stand elsewhere: `impl Trait for Type`.

use coderoom_syntax::{ExprIx, Kind, Language};

use super::{Found, Resolver, Target, Thing, Things, members::Hit};

/// A block that implements a trait, as its member sees it.
struct Block {
    attached: ExprIx,
    bases: Vec<ExprIx>,
}

impl Resolver<'_> {
    /// Members that a trait of this snapshot gives to types that are not in it, or to every type:
    /// which types these are, only a compiler could say.
    pub(super) fn extensions(
        &mut self,
        things: &Things,
        name: &str,
        language: Language,
    ) -> Vec<Hit> {
        let rules = language.plugin().rules();
        let Some(on) = things.list.first().cloned() else { return Vec::new() };
        if !rules.attached || rules.common_members.contains(&name) {
            return Vec::new();
        }
        let mut hits = Vec::new();
        for target in self.defined(name).iter().copied() {
            let related = self
                .facts(target.file)
                .is_some_and(|facts| facts.facts.language.is_related(language));
            if related && self.extends(target, things) {
                hits.push(Hit { found: Found::Symbol(target), on: on.clone() });
            }
        }
        hits
    }

    /// Whether a member is one that its block may give to any of `things`.
    fn extends(&mut self, member: Target, things: &Things) -> bool {
        let Some(block) = self.implementing_block(member) else { return false };
        let ours = |resolver: &mut Self, base: &ExprIx| {
            !resolver.types_named(member.file, *base).is_empty()
        };
        if !block.bases.iter().any(|base| ours(self, base)) {
            return false;
        }
        match self.types_named(member.file, block.attached).first().copied() {
            None => things.list.iter().any(|thing| matches!(thing, Thing::External(..))),
            Some(ty) if self.kind(ty) == Some(Kind::TypeParameter) => self.fits(ty, things),
            Some(_) => false,
        }
    }

    /// Whether any of `things` may stand in a type parameter's place. What has to implement a trait
    /// of this snapshot must be seen to do so.
    fn fits(&mut self, parameter: Target, things: &Things) -> bool {
        let bound = self.bound(parameter);
        let bounds: Vec<Target> = bound
            .list
            .iter()
            .filter_map(|thing| match thing {
                Thing::Instance(target, _) | Thing::Symbol(target, _) => Some(*target),
                _ => None,
            })
            .collect();
        things.list.iter().any(|thing| match thing {
            Thing::Instance(ty, _) | Thing::Symbol(ty, _) => {
                bounds.iter().all(|bound| self.inherits(*ty, *bound))
            }
            Thing::Own(ty) | Thing::OwnType(ty) => {
                bounds.iter().all(|bound| self.inherits(*ty, *bound))
            }
            _ => bounds.is_empty(),
        })
    }

    /// The block that a member stands in, if it implements something.
    fn implementing_block(&mut self, member: Target) -> Option<Block> {
        self.with(member, |symbol, facts| {
            let block = facts.facts.symbol(symbol.container?);
            let is_block = block.kind == Kind::Impl && block.body == Some(symbol.scope);
            (is_block && !block.bases.is_empty())
                .then(|| Block { attached: block.attached, bases: block.bases.clone() })
        })?
    }

    /// What implements a member of a trait: calls that lead there are calls of it.
    pub(crate) fn implementing(&mut self, member: Target, name: &str) -> Vec<Target> {
        let owner = self.container(member);
        let Some(owner) = owner.filter(|it| self.kind(*it) == Some(Kind::Trait)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for target in self.defined(name).iter().copied() {
            let Some(block) = self.implementing_block(target) else { continue };
            let of_owner = |resolver: &mut Self, base: &ExprIx| {
                resolver.types_named(target.file, *base).contains(&owner)
            };
            if block.bases.iter().any(|base| of_owner(self, base)) {
                found.push(target);
            }
        }
        found
    }
}
