//! Names looked up through the scopes around them.

use std::sync::Arc;

use coderoom_syntax::{
    Expr, Flags, Kind, Name, Redeclared, ScopeIx, ScopeKind, Symbol, SymbolIx, TypeScope,
};

use super::{Found, Resolver, Target, Thing, Things, space::Space};
use crate::{code::loaded::Loaded, file::FileId};

impl Resolver<'_> {
    /// What a bare name stands for, seen from a place in a scope.
    pub(super) fn bare(
        &mut self,
        file: FileId,
        facts: &Loaded,
        from: ScopeIx,
        at: u32,
        name: Name,
    ) -> Vec<Found> {
        let mut scope = from;
        let mut directly = true;
        let mut unknown_wildcard = false;
        loop {
            if let Some(ix) = visible(facts, scope, at, name, directly, self.space) {
                return self.follow(Target { file, symbol: facts.head(ix) });
            }
            let here = facts.facts.scope(scope);
            if here.kind == ScopeKind::Type
                && facts.rules().type_scope == TypeScope::Inherited
                && let Some(owner) = here.owner
            {
                let owner = Target { file, symbol: facts.head(owner) };
                let spelled = facts.facts.name(name);
                let hits = self.type_members(owner, &None, spelled, &Thing::Own(owner));
                if !hits.is_empty() {
                    return hits.into_iter().map(|hit| hit.found).collect();
                }
            }
            let outside = self.seen_outside(file, facts, scope, name);
            if !outside.is_empty() {
                return outside;
            }
            let namespace = self.namespace_of(file, facts, scope);
            if !namespace.is_empty() {
                let found = self.namespace_member(Some(file), &namespace, facts.facts.name(name));
                if !found.is_empty() {
                    return found;
                }
            }
            let includes = facts.rules().includes;
            if includes && scope.0 == 0 {
                let found = self.included(file, facts.facts.name(name));
                if !found.is_empty() {
                    return found;
                }
            }
            for wildcard in here.wildcards.clone() {
                if includes && matches!(facts.facts.expr(wildcard), Expr::Module(_)) {
                    continue;
                }
                let things = self.value(file, wildcard);
                unknown_wildcard |= things.is_unknown();
                let spelled = facts.facts.name(name);
                let language = facts.facts.language;
                let mut found = Vec::new();
                for thing in things.list.iter() {
                    if let Thing::Module(place) = thing {
                        found.extend(self.wildcard_member(place, spelled, language));
                    } else {
                        let one = Things::one(thing.clone());
                        let hits = self.members(&one, spelled, language).hits;
                        found.extend(hits.into_iter().map(|hit| hit.found));
                    }
                }
                found.retain(|found| *found != Found::External);
                if !found.is_empty() {
                    return found;
                }
            }
            if scope.0 == 0 {
                break;
            }
            directly &= here.kind == ScopeKind::Block;
            scope = here.parent;
        }
        let spelled = facts.facts.name(name);
        if facts.rules().bare_modules
            && let Some(place) = self.places(file, facts, name).first()
        {
            return vec![Found::Module(Arc::new(place.clone()))];
        }
        let linked = self.linked_from(file, facts, spelled);
        if !linked.is_empty() {
            return linked;
        }
        if unknown_wildcard { Vec::new() } else { vec![Found::External] }
    }
}

/// The symbol that a scope has for a name, as seen from a place. `directly`: the place is in no
/// function inside of the scope.
fn visible(
    facts: &Loaded,
    scope: ScopeIx,
    at: u32,
    name: Name,
    directly: bool,
    space: Space,
) -> Option<SymbolIx> {
    let here = facts.facts.scope(scope);
    let rules = facts.rules();
    let symbols = || {
        facts.declared(scope, name).filter(|ix| {
            let symbol = facts.facts.symbol(*ix);
            !symbol.flags.has(Flags::INSTANCE)
                && symbol.kind != Kind::Impl
                && space.has(symbol.kind)
        })
    };
    if here.kind == ScopeKind::Type {
        let all = match rules.type_scope {
            TypeScope::BodyOnly => directly,
            TypeScope::Inherited => true,
            TypeScope::Hidden => false,
        };
        let of = |ix: &SymbolIx| facts.facts.symbol(*ix).kind == Kind::TypeParameter;
        return symbols().find(|ix| all || of(ix));
    }
    let local = matches!(here.kind, ScopeKind::Function | ScopeKind::Block);
    if !local || rules.redeclared == Redeclared::Same {
        return symbols().next();
    }
    // The last one that was declared before; items can be used before they are declared.
    let before = |symbol: &Symbol| match symbol.kind {
        // C's variables are known to what they are set to.
        Kind::Variable | Kind::Constant if rules.includes => symbol.at.start <= at,
        Kind::Variable | Kind::Constant => symbol.full.end <= at || symbol.at.start == at,
        _ => symbol.at.start <= at,
    };
    let hoisted = |symbol: &Symbol| symbol.kind.is_callable() || symbol.kind.is_type();
    symbols()
        .filter(|ix| before(facts.facts.symbol(*ix)))
        .max_by_key(|ix| facts.facts.symbol(*ix).at.start)
        .or_else(|| symbols().find(|ix| hoisted(facts.facts.symbol(*ix))))
}
