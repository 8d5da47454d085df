//! Members of receivers whose type is not known: what the name alone makes likely.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use coderoom_syntax::{Expr, ExprIx};

use super::{Found, Resolution, Resolver, Target};
use crate::code::loaded::Loaded;

/// The members of one name in the whole snapshot.
#[derive(Default)]
pub(crate) struct Candidates {
    /// Each with the type that has it.
    pub(crate) members: Vec<(Target, Target)>,
    /// The same by the plain name of that type.
    by_owner: HashMap<String, Vec<Target>>,
    /// Whether all their types belong to one hierarchy.
    pub(crate) related: bool,
    /// Those that override none of the others.
    roots: Vec<Target>,
}

impl Resolver<'_> {
    /// What `name` may be as a member of something unknown. Only a name that one hierarchy of types
    /// has, or that fits the receiver's own name, is worth an answer.
    pub(super) fn guess(&mut self, facts: &Loaded, of: ExprIx, name: &str) -> Resolution {
        let rules = facts.rules();
        if !rules.guess_members {
            return Resolution::default();
        }
        let candidates = self.candidates(name);
        let receiver = receiver_name(facts, of);
        let mut found: Vec<Target> = Vec::new();
        if let Some(receiver) = receiver {
            found.extend(candidates.by_owner.get(&plain(receiver)).into_iter().flatten());
        }
        if found.is_empty() && candidates.related && !rules.common_members.contains(&name) {
            found = candidates.roots.clone();
        }
        // Everything of one language family only, and nothing that cannot be meant.
        let (language, space) = (facts.facts.language, self.space);
        found.retain(|target| {
            self.facts(target.file).is_some_and(|it| {
                it.facts.language.is_related(language)
                    && space.has(it.facts.symbol(target.symbol).kind)
            })
        });
        Resolution { found: found.into_iter().map(Found::Symbol).collect(), guessed: true }
    }

    /// All members of this name.
    pub(crate) fn candidates(&mut self, name: &str) -> Arc<Candidates> {
        if let Some(known) = self.memo.guesses.get(name) {
            return Arc::clone(known);
        }
        let mut candidates = Candidates::default();
        for target in self.defined(name).iter().copied() {
            if !self.is_member(target) || self.is_defined_elsewhere(target) {
                continue;
            }
            let attached = self.attached_to(target);
            let owners = if attached.is_empty() {
                self.container(target).into_iter().collect()
            } else {
                attached
            };
            for owner in owners {
                candidates.members.push((target, owner));
                let name = self.with(owner, |symbol, facts| plain(facts.facts.name(symbol.name)));
                let name = name.filter(|name| name.len() > 2);
                if let Some(name) = name {
                    candidates.by_owner.entry(name).or_default().push(target);
                }
            }
        }
        candidates.related = self.related(&candidates.members);
        if candidates.related {
            candidates.roots = self.roots(&candidates.members);
        }
        let candidates = Arc::new(candidates);
        self.memo.guesses.insert(name.into(), Arc::clone(&candidates));
        candidates
    }

    fn roots(&mut self, members: &[(Target, Target)]) -> Vec<Target> {
        let overrides = |resolver: &mut Self, owner: Target| {
            members.iter().any(|(_, other)| *other != owner && resolver.inherits(owner, *other))
        };
        members
            .iter()
            .filter(|(_, owner)| !overrides(self, *owner))
            .map(|(member, _)| *member)
            .collect()
    }

    /// Whether all owners have an ancestor among them in common.
    fn related(&mut self, members: &[(Target, Target)]) -> bool {
        const MOST: usize = 64;
        if members.len() > MOST {
            return false;
        }
        let owners: BTreeSet<Target> = members.iter().map(|(_, owner)| *owner).collect();
        match owners.len() {
            0 => false,
            1 => true,
            _ => owners.iter().any(|root| owners.iter().all(|owner| self.inherits(*owner, *root))),
        }
    }
}

/// The name by which a receiver is called: `user` of `self.user.save()`, `get_user` of
/// `get_user().save()`.
fn receiver_name(facts: &Loaded, of: ExprIx) -> Option<&str> {
    let mut ix = of;
    for _ in 0..4 {
        match facts.facts.expr(ix) {
            Expr::Occurrence(at) => {
                return Some(facts.facts.name(facts.facts.occurrence(*at).name));
            }
            Expr::Member(_, name) | Expr::Named(_, name) => return Some(facts.facts.name(*name)),
            Expr::Call(inner) | Expr::Await(inner) => ix = *inner,
            _ => return None,
        }
    }
    None
}

/// A name without case and underscores: a `query_set` is likely a `QuerySet`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
