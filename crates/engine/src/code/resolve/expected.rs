//! What functions expect of their arguments, and what arguments tell of functions.

use coderoom_syntax::{Expr, Flags, Kind};

use super::{Args, Found, Resolver, Target, Thing, Things, types::union};
use crate::file::FileId;

/// Parameter types are compared with arguments no deeper than this.
const DEEPEST: u32 = 4;

impl Resolver<'_> {
    /// What an expression about a call stands for.
    pub(super) fn evaluate_call(&mut self, file: FileId, expr: Expr) -> Things {
        match expr {
            Expr::CallbackParameter(callee, parameter, argument) => {
                let callee = self.value(file, callee);
                let callback = self.expected(&callee, argument as usize);
                self.expected(&callback, parameter as usize)
            }
            Expr::Parameter(callee, place) => {
                let callee = self.value(file, callee);
                self.expected(&callee, place as usize)
            }
            Expr::Apply(callee, args) => {
                let callee = self.value(file, callee);
                if !self.is_generic(&callee) {
                    return callee;
                }
                let args: Vec<Things> = args.iter().map(|arg| self.value(file, *arg)).collect();
                self.applied(&callee, &args)
            }
            Expr::Guard(of) => {
                let callee = self.value(file, of);
                self.guarded(&callee)
            }
            _ => Things::default(),
        }
    }

    /// What `callee` takes in its place number `place`.
    pub(super) fn expected(&mut self, callee: &Things, place: usize) -> Things {
        if !self.enter() {
            return Things::default();
        }
        let mut parts = Vec::new();
        for thing in callee.list.iter() {
            parts.push(match thing {
                Thing::Symbol(target, args) if self.is_callable(*target) => {
                    let things = self.taken(*target, place);
                    let things = self.bind(&things, *target, args);
                    // What a callback takes can be told by the other arguments.
                    self.functions_on(&things, thing)
                }
                Thing::Bound(target, on, args) => {
                    let things = self.taken(*target, place);
                    let things = self.bind(&things, *target, args);
                    self.seen_on(&things, Some(&**on))
                }
                Thing::Symbol(target, args) | Thing::Instance(target, args) => {
                    self.taken_by_type(*target, args, thing, place)
                }
                Thing::Own(target) | Thing::OwnType(target) => {
                    self.taken_by_type(*target, &None, thing, place)
                }
                // `Function<A, B>` takes an `A`: what a type from outside takes is often an argument.
                Thing::External(Some(args), _) if !args.is_empty() => {
                    let taken = args.get(place).or_else(|| args.last()).cloned();
                    self.instantiate(&taken.unwrap_or_default()).guessed()
                }
                Thing::External(..) => Things::one(Thing::External(None, false)),
                _ => Things::default(),
            });
        }
        self.leave();
        let all = union(&parts);
        if callee.guessed { all.guessed() } else { all }
    }

    /// Whether anything of it has type parameters that arguments could tell of.
    fn is_generic(&mut self, callee: &Things) -> bool {
        callee.list.iter().any(|thing| match thing {
            Thing::Symbol(target, None) | Thing::Bound(target, _, None) => {
                !self.type_parameters(*target).is_empty()
            }
            _ => false,
        })
    }

    fn is_callable(&mut self, target: Target) -> bool {
        self.kind(target).is_some_and(Kind::is_callable)
    }

    /// What a class's constructor, or the member that makes an instance callable, takes.
    fn taken_by_type(&mut self, target: Target, args: &Args, on: &Thing, place: usize) -> Things {
        let Some(rules) = self.with(target, |_, facts| facts.rules()) else {
            return Things::default();
        };
        let is_instance = matches!(on, Thing::Instance(..) | Thing::Own(_));
        let called = rules.call_member.filter(|_| is_instance);
        for name in called.iter().chain(rules.constructors) {
            for hit in self.type_members(target, args, name, on) {
                let Found::Symbol(function) = hit.found else { continue };
                let things = self.taken(function, place);
                return self.seen_on(&things, Some(on));
            }
        }
        if rules.single_method
            && is_instance
            && let Some(function) = self.single_method(target)
        {
            let things = self.taken(function, place);
            return self.seen_on(&things, Some(on));
        }
        Things::default()
    }

    /// The only method that an interface leaves to others.
    fn single_method(&mut self, interface: Target) -> Option<Target> {
        let ancestors = self.ancestors(interface);
        let mut found = None;
        for (target, _) in &ancestors.list {
            let facts = self.facts(target.file)?;
            let body = facts.facts.symbol(target.symbol).body?;
            for ix in facts.all_declared(body) {
                let symbol = facts.facts.symbol(ix);
                let is_open = symbol.kind == Kind::Method
                    && symbol.flags.has(Flags::DECLARATION)
                    && !symbol.flags.has(Flags::STATIC);
                let method = Target { file: target.file, symbol: facts.head(ix) };
                match found {
                    _ if !is_open => {}
                    None => found = Some(method),
                    Some(other) if other == method => {}
                    // One that a supertype declares as well is the same.
                    Some(Target { file, symbol }) => {
                        let first = self.facts(file)?;
                        let name = first.facts.name(first.facts.symbol(symbol).name);
                        if name != facts.facts.name(facts.facts.symbol(ix).name) {
                            return None;
                        }
                    }
                }
            }
        }
        found
    }

    /// The declared type of a function's parameter, of any of its declarations.
    fn taken(&mut self, function: Target, place: usize) -> Things {
        let Some(facts) = self.facts(function.file) else { return Things::default() };
        let mut parts = Vec::new();
        for part in facts.group(function.symbol) {
            let parameters = facts.parameters(part);
            let last = parameters.last().copied();
            let variadic = last.filter(|ix| facts.facts.symbol(*ix).flags.has(Flags::VARIADIC));
            let rest = variadic.is_some() && place + 1 >= parameters.len();
            let taken = if rest { last } else { parameters.get(place).copied() };
            let Some(ix) = taken else { continue };
            let ty = facts.facts.symbol(ix).ty;
            let ty = self.value(function.file, ty);
            let things = self.instantiate(&ty);
            parts.push(if rest { self.element(&things) } else { things });
        }
        union(&parts)
    }

    /// The same function or class, with type arguments as its arguments tell them.
    pub(super) fn applied(&mut self, callee: &Things, args: &[Things]) -> Things {
        if args.iter().all(Things::is_unknown) || !self.enter() {
            return callee.clone();
        }
        let mut list = Vec::new();
        for thing in callee.list.iter() {
            list.push(match thing {
                Thing::Symbol(target, None) => {
                    let told = self.told(*target, *target, args);
                    Thing::Symbol(*target, told)
                }
                Thing::Bound(target, on, None) => {
                    let told = self.told(*target, *target, args);
                    Thing::Bound(*target, on.clone(), told)
                }
                other => other.clone(),
            });
        }
        self.leave();
        Things::of(list, callee.guessed)
    }

    /// What arguments tell of the type parameters of a function or class.
    fn told(&mut self, owner: Target, function: Target, args: &[Things]) -> Args {
        let parameters = self.type_parameters(owner);
        if parameters.is_empty() {
            return None;
        }
        let mut told = vec![Things::default(); parameters.len()];
        for (place, given) in args.iter().enumerate() {
            if given.is_unknown() {
                continue;
            }
            let expected = if self.is_callable(function) {
                self.taken(function, place)
            } else {
                let on = Thing::Symbol(function, None);
                self.taken_by_type(function, &None, &on, place)
            };
            self.compare(&expected, given, &parameters, &mut told, 0);
        }
        if told.iter().all(Things::is_unknown) {
            return None;
        }
        // What nothing is known of stays the parameter that it is.
        let told = told.into_iter().zip(parameters.iter()).map(|(things, parameter)| {
            if things.is_unknown() { Things::one(Thing::Symbol(*parameter, None)) } else { things }
        });
        Some(told.collect())
    }

    /// Finds what stands in the places of type parameters.
    fn compare(
        &mut self,
        expected: &Things,
        given: &Things,
        parameters: &[Target],
        told: &mut [Things],
        depth: u32,
    ) {
        if depth > DEEPEST || expected.list.len() > 8 {
            return;
        }
        for thing in expected.list.iter() {
            match thing {
                Thing::Instance(it, args) | Thing::Symbol(it, args) => {
                    if let Some(n) = parameters.iter().position(|parameter| parameter == it) {
                        // Of `T | Foo<T>`, the second tells more.
                        if told[n].is_unknown() {
                            told[n] = given.clone();
                        }
                    } else if self.is_callable(*it) {
                        let (wanted, made) = (self.result(*it, None), self.call(given));
                        if !made.is_unknown() {
                            self.compare(&wanted, &made, parameters, told, depth + 1);
                        }
                    } else if let Some(args) = args {
                        self.compare_args(*it, args, given, parameters, told, depth);
                    }
                }
                Thing::List(of) => {
                    let element = self.element(given);
                    if !element.is_unknown() {
                        self.compare(of, &element, parameters, told, depth + 1);
                    }
                }
                Thing::Tuple(of) => {
                    for (n, of) in of.iter().enumerate() {
                        let slot = self.slot(given, n);
                        if !slot.is_unknown() {
                            self.compare(of, &slot, parameters, told, depth + 1);
                        }
                    }
                }
                Thing::External(Some(args), awaited) => {
                    let held = if *awaited { self.awaited(given) } else { self.element(given) };
                    if let (Some(last), false) = (args.last(), held.is_unknown()) {
                        self.compare(last, &held, parameters, told, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// `Foo<T>` against what is a `Foo` of something.
    fn compare_args(
        &mut self,
        ty: Target,
        args: &[Things],
        given: &Things,
        parameters: &[Target],
        told: &mut [Things],
        depth: u32,
    ) {
        for thing in given.list.iter() {
            let (Thing::Instance(it, given_args) | Thing::Symbol(it, given_args)) = thing else {
                continue;
            };
            let found = if *it == ty {
                given_args.clone()
            } else {
                let ancestors = self.ancestors(*it);
                let base = ancestors.list.iter().find(|(base, _)| *base == ty);
                base.and_then(|(_, args)| args.clone())
            };
            for (n, given) in found.iter().flat_map(|it| it.iter()).enumerate() {
                if let Some(arg) = args.get(n) {
                    let given = self.instantiate(given);
                    self.compare(arg, &given, parameters, told, depth + 1);
                }
            }
        }
    }

    /// The type that functions say their argument has.
    pub(super) fn guarded(&mut self, callee: &Things) -> Things {
        let mut parts = Vec::new();
        for thing in callee.list.iter() {
            let (Thing::Symbol(target, _) | Thing::Bound(target, ..)) = thing else { continue };
            if !self.is_callable(*target) {
                continue;
            }
            let Some(facts) = self.facts(target.file) else { continue };
            for part in facts.group(target.symbol) {
                for base in facts.facts.symbol(part).bases.clone() {
                    parts.push(self.value(target.file, base));
                }
            }
        }
        union(&parts)
    }
}
