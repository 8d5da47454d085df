//! What expressions stand for: simple, lazy type inference.

use std::sync::Arc;

use coderoom_syntax::{Expr, ExprIx, Kind, OccurrenceIx, Place, ScopeIx, ScopeKind, SymbolIx};

use super::{Args, Found, Resolver, Target, Thing, Things, space::Space};
use crate::{code::loaded::Loaded, file::FileId};

/// A type and what it inherits, nearest first, each with its type arguments.
#[derive(Default, Debug)]
pub(crate) struct Ancestors {
    pub(crate) list: Vec<(Target, Args)>,
    /// Whether a supertype is not in this snapshot.
    pub(crate) external: bool,
}

impl Resolver<'_> {
    /// What an expression stands for.
    pub(crate) fn value(&mut self, file: FileId, ix: ExprIx) -> Things {
        if !ix.is_known() {
            return Things::default();
        }
        self.begin();
        let key = (file, ix);
        if let Some(known) = self.memo.values.get(&key) {
            return known.clone();
        }
        if let Some((known, waits_on)) = self.partial.values.get(&key) {
            self.waits_on = self.waits_on.min(*waits_on);
            return known.clone();
        }
        if let Some(depth) = self.active.get(&key) {
            self.waits_on = self.waits_on.min(*depth);
            return Things::default();
        }
        let Some(facts) = self.facts(file) else { return Things::default() };
        if !self.enter() {
            return Things::default();
        }
        self.active.insert(key, self.depth);
        let outer = std::mem::replace(&mut self.waits_on, u32::MAX);
        let space = std::mem::replace(&mut self.space, Space::Any);
        let things = self.evaluate(file, &facts, ix);
        self.space = space;
        self.active.remove(&key);
        if self.waits_on >= self.depth {
            self.memo.values.insert(key, things.clone());
            self.waits_on = outer;
        } else {
            self.partial.values.insert(key, (things.clone(), self.waits_on));
            self.waits_on = self.waits_on.min(outer);
        }
        self.leave();
        things
    }

    fn evaluate(&mut self, file: FileId, facts: &Loaded, ix: ExprIx) -> Things {
        match facts.facts.expr(ix).clone() {
            Expr::Unknown => Things::default(),
            Expr::Occurrence(at) => self.mentioned(file, facts, at),
            Expr::Named(scope, name) => {
                let at = facts.facts.scope(scope).span.end;
                let found = self.bare(file, facts, scope, at, name);
                self.values_of(&found, None)
            }
            Expr::Member(of, name) => self.member_value(file, facts, of, name, Space::Any),
            Expr::Call(of) => {
                let callee = self.value(file, of);
                self.call(&callee)
            }
            Expr::Instance(of) => {
                let ty = self.value(file, of);
                self.instantiate(&ty)
            }
            Expr::TypeOf(of) => {
                let things = self.value(file, of);
                self.map(&things, |_, thing| match thing {
                    Thing::Instance(target, args) => {
                        vec![Thing::Symbol(*target, args.clone())]
                    }
                    Thing::Own(target) => vec![Thing::OwnType(*target)],
                    other => vec![other.clone()],
                })
            }
            Expr::Element(of) => {
                let things = self.value(file, of);
                self.element(&things)
            }
            Expr::Each(of) => {
                let things = self.value(file, of);
                self.each(&things)
            }
            Expr::Slot(of, n) => {
                let things = self.value(file, of);
                self.slot(&things, n as usize)
            }
            Expr::Await(of) => {
                let things = self.value(file, of);
                self.awaited(&things)
            }
            Expr::Generic(head, args) => self.generic(file, facts, head, &args),
            Expr::Either(parts) => {
                let parts: Vec<Things> = parts.iter().map(|part| self.value(file, *part)).collect();
                union(&parts)
            }
            Expr::Else(first, second) => {
                let things = self.value(file, first);
                let outside = |it: &Thing| matches!(it, Thing::External(None, _));
                if things.list.iter().all(outside) { self.value(file, second) } else { things }
            }
            Expr::Tuple(parts) => {
                let parts: Vec<Things> = parts.iter().map(|part| self.value(file, *part)).collect();
                Things::one(Thing::Tuple(parts.into()))
            }
            Expr::List(of) => {
                let things = self.value(file, of);
                Things::one(Thing::List(things))
            }
            Expr::Builtin(_) => Things::one(Thing::External(None, false)),
            Expr::Function(symbol) => {
                Things::one(Thing::Symbol(Target { file, symbol: facts.head(symbol) }, None))
            }
            Expr::This(scope) => self.own(file, facts, scope, Thing::Own),
            Expr::ThisType(scope) => self.own(file, facts, scope, Thing::OwnType),
            Expr::Super(scope) => self.own(file, facts, scope, Thing::Super),
            Expr::Module(name) => {
                let places = self.places(file, facts, name);
                if places.is_empty() {
                    return Things::one(Thing::External(None, false));
                }
                Things::of(
                    places.iter().map(|it| Thing::Module(Arc::new(it.clone()))).collect(),
                    false,
                )
            }
            other => self.evaluate_call(file, other),
        }
    }

    /// Whether a name is declared within a range: then a narrowing there speaks of another one.
    fn is_declared_in(
        &mut self,
        file: FileId,
        at: coderoom_syntax::OccurrenceIx,
        range: coderoom_syntax::Span,
    ) -> bool {
        let targets: Vec<Target> = self.resolve(file, at).targets().collect();
        targets.into_iter().any(|target| {
            let inside = self.with(target, |symbol, _| range.contains(symbol.at));
            target.file == file && inside == Some(true)
        })
    }

    /// What a name in the text stands for.
    fn mentioned(&mut self, file: FileId, facts: &Loaded, at: OccurrenceIx) -> Things {
        let occurrence = *facts.facts.occurrence(at);
        let narrowed = facts.facts.narrowings.iter().rfind(|it| {
            it.name == occurrence.name
                && it.range.start <= occurrence.start
                && occurrence.start < it.range.end
        });
        if let (Some(narrowed), coderoom_syntax::Form::Bare) = (narrowed, occurrence.form)
            && !self.is_declared_in(file, at, narrowed.range)
        {
            let ty = self.value(file, narrowed.ty);
            let things = self.instantiate(&ty);
            if !things.is_unknown() {
                return things;
            }
        }
        if let coderoom_syntax::Form::Member(of) = occurrence.form {
            let space = Space::of(&occurrence, facts.rules());
            return self.member_value(file, facts, of, occurrence.name, space);
        }
        let resolution = self.resolve(file, at);
        let things = self.values_of(&resolution.found, None);
        if resolution.guessed { things.guessed() } else { things }
    }

    /// What code inside of a type's scope belongs to. Inside an `impl`, that is the type it is for.
    fn own(
        &mut self,
        file: FileId,
        facts: &Loaded,
        scope: ScopeIx,
        make: fn(Target) -> Thing,
    ) -> Things {
        let here = facts.facts.scope(scope);
        let Some(owner) = here.owner else {
            // What belongs to no type belongs to its file.
            let is_file = here.kind == ScopeKind::File;
            let file = || Arc::new(Place::File(self.code.path(file).to_owned()));
            return if is_file { Things::one(Thing::Module(file())) } else { Things::default() };
        };
        let symbol = facts.facts.symbol(owner);
        if symbol.attached.is_known() {
            let types = self.types_named(file, symbol.attached);
            return Things::of(types.into_iter().map(make).collect(), false);
        }
        Things::one(make(Target { file, symbol: facts.head(owner) }))
    }

    /// The value of a member of an expression.
    fn member_value(
        &mut self,
        file: FileId,
        facts: &Loaded,
        of: ExprIx,
        name: coderoom_syntax::Name,
        space: Space,
    ) -> Things {
        let things = self.value(file, of);
        let spelled = facts.facts.name(name);
        self.space = space;
        let members = self.members(&things, spelled, facts.facts.language);
        if !members.known || things.guessed && members.only_external() {
            let resolution = self.guess(facts, of, spelled);
            let values = self.values_of(&resolution.found, None);
            return if resolution.guessed { values.guessed() } else { values };
        }
        let parts: Vec<Things> = members
            .hits
            .iter()
            .map(|hit| self.values_of(std::slice::from_ref(&hit.found), Some(&hit.on)))
            .collect();
        let all = union(&parts);
        if things.guessed || members.guessed { all.guessed() } else { all }
    }

    /// The values of what was found, as seen on a receiver.
    fn values_of(&mut self, found: &[Found], on: Option<&Thing>) -> Things {
        let mut parts = Vec::new();
        for found in found {
            parts.push(match found {
                Found::Symbol(target) => self.value_of(*target, on),
                Found::Module(place) => Things::one(Thing::Module(Arc::clone(place))),
                Found::External => Things::one(Thing::External(None, false)),
            });
        }
        union(&parts)
    }

    /// The value of a symbol.
    pub(crate) fn value_of(&mut self, target: Target, on: Option<&Thing>) -> Things {
        let Some(kind) = self.kind(target) else { return Things::default() };
        match kind {
            Kind::Macro if self.is_object_like(target) => self.stored(target),
            Kind::Function | Kind::Method | Kind::Constructor | Kind::Macro => match on {
                Some(on) => Things::one(Thing::Bound(target, Self::arc(on), None)),
                None => Things::one(Thing::Symbol(target, None)),
            },
            Kind::Property => self.result(target, on),
            Kind::Variable | Kind::Constant | Kind::Field | Kind::Parameter => {
                let things = self.stored(target);
                self.seen_on(&things, on)
            }
            Kind::Module => self.inside_of(target),
            Kind::Alias => {
                let found = self.follow(target);
                let found: Vec<Found> =
                    found.into_iter().filter(|it| *it != Found::Symbol(target)).collect();
                self.values_of(&found, on)
            }
            _ => Things::one(Thing::Symbol(target, None)),
        }
    }

    /// What a variable, field or parameter holds: its declared type, or else what is put into it.
    fn stored(&mut self, target: Target) -> Things {
        if !self.enter() {
            return Things::default();
        }
        let things = self.stored_now(target);
        self.leave();
        things
    }

    fn stored_now(&mut self, target: Target) -> Things {
        let Some(facts) = self.facts(target.file) else { return Things::default() };
        let parts: Vec<SymbolIx> = facts.group(target.symbol).collect();
        let declared: Vec<Things> = parts
            .iter()
            .map(|ix| facts.facts.symbol(*ix).ty)
            .filter(|ty| ty.is_known())
            .map(|ty| {
                let ty = self.value(target.file, ty);
                self.instantiate(&ty)
            })
            .collect();
        let declared = union(&declared);
        if !declared.is_unknown() {
            return declared;
        }
        let mut values = Vec::new();
        for ix in &parts {
            let symbol = facts.facts.symbol(*ix);
            if symbol.body.is_some() && !symbol.value.is_known() {
                // An object literal: the variable stands for its own members.
                values.push(Things::one(Thing::Symbol(target, None)));
            }
            let value = self.value(target.file, symbol.value);
            let is_parameter = symbol.kind == Kind::Parameter;
            // A default is one thing that is passed, and usually `None` or a plain value. What comes
            // from outside tells nothing of what it is used for here.
            let is_default = is_parameter && !is_given(&facts.facts, symbol.value);
            let vague = is_default || !facts.rules().static_types;
            let outside = value.list.iter().all(|it| matches!(it, Thing::External(..)));
            if is_parameter && vague && outside {
                continue;
            }
            values.push(if is_default { value.guessed() } else { value });
        }
        let values = union(&values);
        if values.is_unknown()
            && parts.iter().any(|ix| facts.facts.symbol(*ix).kind == Kind::Parameter)
        {
            return self.passed(target).guessed();
        }
        values
    }

    /// What calling gives.
    pub(super) fn call(&mut self, callee: &Things) -> Things {
        let mut parts = Vec::new();
        for thing in callee.list.iter() {
            parts.push(match thing {
                Thing::Symbol(target, args) => match self.kind(*target) {
                    Some(Kind::EnumMember) => match self.container(*target) {
                        Some(owner) => Things::one(Thing::Instance(owner, None)),
                        None => Things::default(),
                    },
                    Some(kind) if kind.is_callable() => {
                        let result = self.result(*target, None);
                        self.bind(&result, *target, args)
                    }
                    _ => self.instantiate(&Things::one(Thing::Symbol(*target, args.clone()))),
                },
                Thing::Bound(target, on, args) => match self.kind(*target) {
                    // Constructors are sometimes called by their own name.
                    Some(Kind::Constructor) if self.constructs(*target) => match &**on {
                        Thing::Symbol(ty, args) => Things::one(Thing::Instance(*ty, args.clone())),
                        Thing::OwnType(ty) => Things::one(Thing::Own(*ty)),
                        _ => Things::default(),
                    },
                    _ => {
                        let result = self.result(*target, Some(&**on));
                        self.bind(&result, *target, args)
                    }
                },
                Thing::OwnType(target) => Things::one(Thing::Own(*target)),
                Thing::Instance(target, args) => self.called_instance(*target, args, thing),
                Thing::Own(target) => self.called_instance(*target, &None, thing),
                Thing::External(args, awaited) => {
                    Things::one(Thing::External(args.clone(), *awaited))
                }
                _ => Things::default(),
            });
        }
        let all = union(&parts);
        if callee.guessed { all.guessed() } else { all }
    }

    /// Whether a constructor says nothing of what it returns.
    fn constructs(&mut self, target: Target) -> bool {
        self.with(target, |symbol, _| !symbol.ty.is_known()).unwrap_or(false)
    }

    fn called_instance(&mut self, target: Target, args: &Args, thing: &Thing) -> Things {
        let member = self.with(target, |_, facts| facts.rules().call_member).flatten();
        if let Some(member) = member {
            let hits = self.type_members(target, args, member, thing);
            if let Some(Found::Symbol(function)) = hits.first().map(|hit| &hit.found) {
                return self.result(*function, Some(thing));
            }
        }
        let underlying = self.underlying(target, args);
        if !underlying.is_unknown() && self.enter() {
            let things = self.call(&underlying);
            self.leave();
            return things;
        }
        // A value of type `type[X]` is held as an instance of X.
        Things::one(thing.clone())
    }

    /// What a function returns when it is called on a receiver.
    pub(crate) fn result(&mut self, target: Target, on: Option<&Thing>) -> Things {
        if !self.enter() {
            return Things::default();
        }
        let mut things = self.returned(target);
        self.leave();
        // The receiver of a generic type's method names the type's parameters anew.
        if let Some(Thing::Instance(_, args)) = on
            && self.with(target, |symbol, _| symbol.attached.is_known()) == Some(true)
        {
            things = self.bind(&things, target, args);
        }
        self.seen_on(&things, on)
    }

    fn returned(&mut self, target: Target) -> Things {
        let Some(facts) = self.facts(target.file) else { return Things::default() };
        let parts: Vec<SymbolIx> = facts.group(target.symbol).collect();
        let mut declared = Vec::new();
        let mut inferred = Vec::new();
        for ix in parts {
            let symbol = facts.facts.symbol(ix);
            if symbol.ty.is_known() {
                let ty = self.value(target.file, symbol.ty);
                declared.push(self.instantiate(&ty));
            } else {
                inferred.push(symbol.value);
            }
        }
        let declared = union(&declared);
        if !declared.is_unknown() {
            return declared;
        }
        let inferred: Vec<Things> =
            inferred.into_iter().map(|value| self.value(target.file, value)).collect();
        union(&inferred)
    }

    /// An instance of each type.
    pub(crate) fn instantiate(&mut self, types: &Things) -> Things {
        let mut parts = Vec::new();
        for thing in types.list.iter() {
            parts.push(match thing {
                Thing::Symbol(target, args) => match self.kind(*target) {
                    Some(Kind::TypeAlias) => {
                        let aliased = self.aliased_type(*target);
                        let instance = self.bind(&aliased, *target, args);
                        let on = Thing::Instance(*target, args.clone());
                        let instance = self.functions_on(&instance, &on);
                        if instance.is_unknown() {
                            Things::one(Thing::Instance(*target, args.clone()))
                        } else {
                            instance
                        }
                    }
                    // A function's type is the function, an object literal's the object.
                    Some(kind) if kind.is_callable() || is_value(kind) => {
                        Things::one(thing.clone())
                    }
                    _ => Things::one(Thing::Instance(*target, args.clone())),
                },
                Thing::OwnType(target) => Things::one(Thing::Own(*target)),
                Thing::List(of) => Things::one(Thing::List(self.instantiate(of))),
                Thing::Tuple(of) => Things::one(Thing::Tuple(
                    of.iter().map(|part| self.instantiate(part)).collect(),
                )),
                other => Things::one(other.clone()),
            });
        }
        let all = union(&parts);
        if types.guessed { all.guessed() } else { all }
    }

    /// What values of a type that was made of another one are (Go's `type Names []string`): a value
    /// of that one.
    pub(super) fn underlying(&mut self, target: Target, args: &Args) -> Things {
        let made_of = self.with(target, |symbol, _| {
            matches!(symbol.kind, Kind::Class | Kind::Struct).then_some(symbol.ty)
        });
        let Some(Some(ty)) = made_of else { return Things::default() };
        if !ty.is_known() || !self.enter() {
            return Things::default();
        }
        let ty = self.value(target.file, ty);
        let things = self.instantiate(&ty);
        self.leave();
        self.bind(&things, target, args)
    }

    /// What a type alias stands for, instantiated.
    pub(super) fn aliased_type(&mut self, target: Target) -> Things {
        if let Some(known) = self.memo.aliases.get(&target) {
            return known.clone();
        }
        if let Some((known, waits_on)) = self.partial.aliases.get(&target) {
            self.waits_on = self.waits_on.min(*waits_on);
            return known.clone();
        }
        if let Some(depth) = self.active_aliases.get(&target) {
            // `type A<T> = T | A<B<T>>`: going on would never end.
            self.waits_on = self.waits_on.min(*depth);
            return Things::default();
        }
        if !self.enter() {
            return Things::default();
        }
        self.active_aliases.insert(target, self.depth);
        let outer = std::mem::replace(&mut self.waits_on, u32::MAX);
        let ty = self.with(target, |symbol, _| symbol.ty).unwrap_or_default();
        let ty = self.value(target.file, ty);
        let things = self.instantiate(&ty);
        // `type A = { ... }` may name itself.
        let others = things.list.iter().filter(
            |thing| !matches!(thing, Thing::Instance(it, _) | Thing::Symbol(it, _) if *it == target),
        );
        let things = Things::of(others.cloned().collect(), things.guessed);
        self.active_aliases.remove(&target);
        if self.waits_on >= self.depth {
            self.memo.aliases.insert(target, things.clone());
            self.waits_on = outer;
        } else {
            self.partial.aliases.insert(target, (things.clone(), self.waits_on));
            self.waits_on = self.waits_on.min(outer);
        }
        self.leave();
        things
    }

    /// What is known of a type parameter.
    pub(super) fn bound(&mut self, target: Target) -> Things {
        let ty = self.with(target, |symbol, _| symbol.ty).unwrap_or_default();
        if !self.enter() {
            return Things::default();
        }
        let ty = self.value(target.file, ty);
        let things = self.instantiate(&ty);
        self.leave();
        things
    }

    pub(super) fn map(
        &mut self,
        things: &Things,
        mut each: impl FnMut(&mut Self, &Thing) -> Vec<Thing>,
    ) -> Things {
        let list = things.list.iter().flat_map(|thing| each(self, thing)).collect();
        Things::of(list, things.guessed)
    }
}

/// Whether a parameter's value is what its place says, and no default.
fn is_given(facts: &coderoom_syntax::Facts, value: ExprIx) -> bool {
    match facts.expr(value) {
        Expr::This(_)
        | Expr::ThisType(_)
        | Expr::CallbackParameter(..)
        | Expr::Parameter(..)
        | Expr::Else(..) => true,
        Expr::Either(parts) => parts.iter().any(|part| is_given(facts, *part)),
        _ => false,
    }
}

/// Whether it is something that holds a value: an object literal is held by what it is put into.
pub(super) fn is_value(kind: Kind) -> bool {
    matches!(kind, Kind::Variable | Kind::Constant | Kind::Field)
}

/// All of these. What is outside says nothing beside what is known here.
pub(super) fn union(parts: &[Things]) -> Things {
    let mut known = parts.iter().filter(|part| !part.is_unknown());
    match (known.next(), known.next()) {
        (None, _) => Things::default(),
        (Some(one), None) => one.clone(),
        _ => {
            let mut list: Vec<Thing> =
                parts.iter().flat_map(|part| part.list.iter().cloned()).collect();
            if list.iter().any(|thing| *thing != Thing::External(None, false)) {
                list.retain(|thing| *thing != Thing::External(None, false));
            }
            let guessed = parts.iter().any(|part| part.guessed && !part.is_unknown());
            Things::of(list, guessed)
        }
    }
}
