//! Type arguments: putting them in the places of type parameters.

use std::sync::Arc;

use coderoom_syntax::{Expr, ExprIx, Kind, SymbolIx};

use super::{Args, Resolver, Target, Thing, Things, types::union};
use crate::{code::loaded::Loaded, file::FileId};

/// Type arguments nest no deeper than this: recursive types would grow without end.
const DEEPEST: u32 = 4;
/// A type argument is no more than this many things.
const MOST: usize = 8;

impl Resolver<'_> {
    /// A type with arguments.
    pub(super) fn generic(
        &mut self,
        file: FileId,
        facts: &Loaded,
        head: ExprIx,
        args: &[ExprIx],
    ) -> Things {
        let rules = facts.rules();
        let spelled = match facts.facts.expr(head) {
            Expr::Occurrence(at) => facts.facts.name(facts.facts.occurrence(*at).name),
            Expr::Named(_, name) | Expr::Member(_, name) => facts.facts.name(*name),
            _ => "",
        };
        let types = self.value(file, head);
        let args: Vec<Things> =
            args.iter().map(|arg| shallow(&self.value(file, *arg), DEEPEST)).collect();
        let external = types.list.iter().all(|it| matches!(it, Thing::External(..)));
        if external && rules.transparent.contains(&spelled) {
            return union(&args);
        }
        let args: Arc<[Things]> = args.into();
        if external {
            let awaited = rules.awaited.contains(&spelled);
            return Things::one(Thing::External(Some(args), awaited));
        }
        self.map(&types, |_, thing| match thing {
            Thing::Symbol(target, _) => vec![Thing::Symbol(*target, Some(Arc::clone(&args)))],
            other => vec![other.clone()],
        })
    }

    /// Puts type arguments in the places of an owner's type parameters.
    pub(super) fn bind(&mut self, things: &Things, owner: Target, args: &Args) -> Things {
        let Some(args) = args else { return things.clone() };
        if !things.list.iter().any(needs_binding) {
            return things.clone();
        }
        let parameters = self.type_parameters(owner);
        if parameters.is_empty() {
            return things.clone();
        }
        self.bound_to(things, &parameters, args, 0)
    }

    fn bound_to(
        &mut self,
        things: &Things,
        parameters: &[Target],
        args: &[Things],
        depth: u32,
    ) -> Things {
        if depth > DEEPEST {
            return Things::default();
        }
        let left = DEEPEST - depth;
        let mut parts = Vec::new();
        for thing in things.list.iter() {
            let place = |it: &Target| parameters.iter().position(|parameter| parameter == it);
            let nested = |resolver: &mut Self, list: &Args| -> Args {
                list.as_ref().map(|list| {
                    list.iter()
                        .map(|it| resolver.bound_to(it, parameters, args, depth + 1))
                        .collect()
                })
            };
            parts.push(match thing {
                Thing::Instance(it, inner) => match place(it).and_then(|n| args.get(n)) {
                    Some(arg) => shallow(&self.instantiate(arg), left),
                    None => Things::one(Thing::Instance(*it, nested(self, inner))),
                },
                Thing::Symbol(it, inner) => match place(it).and_then(|n| args.get(n)) {
                    Some(arg) => shallow(arg, left),
                    None => Things::one(Thing::Symbol(*it, nested(self, inner))),
                },
                Thing::External(inner, awaited) => {
                    Things::one(Thing::External(nested(self, inner), *awaited))
                }
                Thing::List(of) => {
                    Things::one(Thing::List(self.bound_to(of, parameters, args, depth + 1)))
                }
                Thing::Tuple(of) => Things::one(Thing::Tuple(
                    of.iter().map(|it| self.bound_to(it, parameters, args, depth + 1)).collect(),
                )),
                Thing::Bound(it, on, inner) => {
                    let on =
                        self.bound_to(&Things::one((**on).clone()), parameters, args, depth + 1);
                    let on = on.list.first().cloned().unwrap_or(Thing::External(None, false));
                    Things::one(Thing::Bound(*it, Arc::new(on), nested(self, inner)))
                }
                other => Things::one(other.clone()),
            });
        }
        let all = union(&parts);
        if things.guessed { all.guessed() } else { all }
    }

    /// The type parameters of a type, in order.
    pub(super) fn type_parameters(&mut self, owner: Target) -> Arc<[Target]> {
        if let Some(known) = self.memo.type_parameters.get(&owner) {
            return Arc::clone(known);
        }
        let Some(facts) = self.facts(owner.file) else { return Arc::default() };
        let of = facts.facts.symbol(owner.symbol);
        let mut parameters: Vec<SymbolIx> = [Some(of.scope), of.body]
            .into_iter()
            .flatten()
            .flat_map(|scope| facts.all_declared(scope))
            .filter(|ix| {
                let symbol = facts.facts.symbol(*ix);
                symbol.kind == Kind::TypeParameter
                    && (symbol.container == Some(owner.symbol) || Some(symbol.scope) == of.body)
            })
            .collect();
        parameters.sort_by_key(|ix| facts.facts.symbol(*ix).at.start);
        let targets = parameters.into_iter().map(|symbol| Target { file: owner.file, symbol });
        let parameters: Arc<[Target]> = targets.collect();
        self.memo.type_parameters.insert(owner, Arc::clone(&parameters));
        parameters
    }
}

/// Whether a receiver could say more about it.
pub(super) fn needs_binding(thing: &Thing) -> bool {
    !matches!(thing, Thing::Module(_) | Thing::External(None, _))
}

/// The same, with what nests deeper than `levels` left out.
fn shallow(things: &Things, levels: u32) -> Things {
    if fits(things, levels) {
        return things.clone();
    }
    if levels == 0 {
        return Things::default();
    }
    let inner = |args: &Args| -> Args {
        args.as_ref().map(|list| list.iter().map(|it| shallow(it, levels - 1)).collect())
    };
    let list = things.list.iter().take(MOST).map(|thing| match thing {
        Thing::Instance(it, args) => Thing::Instance(*it, inner(args)),
        Thing::Symbol(it, args) => Thing::Symbol(*it, inner(args)),
        Thing::Bound(it, on, args) => Thing::Bound(*it, Arc::clone(on), inner(args)),
        Thing::External(args, awaited) => Thing::External(inner(args), *awaited),
        Thing::List(of) => Thing::List(shallow(of, levels - 1)),
        Thing::Tuple(of) => Thing::Tuple(of.iter().map(|it| shallow(it, levels - 1)).collect()),
        other => other.clone(),
    });
    Things::of(list.collect(), things.guessed)
}

/// Whether nothing in it nests deeper than `levels`.
fn fits(things: &Things, levels: u32) -> bool {
    let inner = |args: &Args| {
        args.iter().flat_map(|list| list.iter()).all(|it| levels > 0 && fits(it, levels - 1))
    };
    things.list.len() <= MOST
        && things.list.iter().all(|thing| match thing {
            Thing::Instance(_, args)
            | Thing::Symbol(_, args)
            | Thing::Bound(_, _, args)
            | Thing::External(args, _) => inner(args),
            Thing::List(of) => levels > 0 && fits(of, levels - 1),
            Thing::Tuple(of) => of.iter().all(|it| levels > 0 && fits(it, levels - 1)),
            _ => true,
        })
}
