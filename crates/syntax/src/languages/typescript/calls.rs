//! Calls: arguments, and what the language's own functions and methods give.

use super::{
    ast::Node,
    kinds::{Dialect, F, K},
    walk::{Context, Walk},
};
use crate::facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind, Span};

/// Calls with more arguments than this tell nothing of type parameters.
const MOST_ARGUMENTS: usize = 8;
/// Packages with React's hooks.
const REACT: &[&str] = &["react", "preact", "preact/hooks", "preact/compat"];

/// What is called, as far as the language or its best known library gives the name a meaning.
#[derive(Clone, Copy)]
enum Known<'t> {
    Nothing,
    /// A function: `structuredClone`.
    Function(&'t str),
    /// A function of one of the global objects: `Object.keys`.
    Global(&'t str, &'t str),
    /// One of React's.
    React(&'t str),
    /// A method on something: `filter`.
    Method(ExprIx, &'t str),
}

impl<'t> Walk<'t> {
    /// `f(x)`, `x.f(y)`, `require("x")`, `import("x")`.
    pub(super) fn call(&mut self, node: Node<'t>) -> ExprIx {
        let Some(function) = node.get(F::Function) else { return self.parts(node) };
        let arguments = node.get(F::Arguments);
        if function.is(K::ImportWord) {
            let module = arguments.and_then(|it| it.first()).and_then(|it| self.string_inside(it));
            if let Some(list) = arguments {
                self.parts(list);
            }
            return module.map_or(ExprIx::UNKNOWN, |at| self.module_at(at, node.span()));
        }
        if let Some(module) = self.required(node) {
            let callee = self.expression(function, Context::None);
            self.facts.set_expr_role(callee, Role::Call);
            let whole = self.module_at(module, node.span());
            let name = self.facts.name(super::walk::WHOLE);
            let held = self.facts.expr(Expr::Member(whole, name));
            return self.facts.either(vec![whole, held]);
        }
        let callee = self.expression(function, Context::None);
        self.facts.set_expr_role(callee, Role::Call);
        let known = self.known(function, callee);
        let types = node.get(F::TypeArguments);
        let types = types.map(|it| self.type_arguments(it)).unwrap_or_default();
        let mut called = callee;
        if !types.is_empty() {
            let types = types.clone();
            called = self.facts.wrap(callee, |it| Expr::Generic(it, types));
        }
        let Some(arguments) = arguments else { return ExprIx::UNKNOWN };
        if arguments.is(K::TemplateString) {
            self.parts(arguments);
            return self.facts.wrap(called, Expr::Call);
        }
        let args = self.arguments(arguments, called, known, &types);
        if self.dialect == Dialect::JavaScript {
            self.facts.call(callee, args.clone(), Vec::new());
        }
        let result = self.call_with(called, callee, &args);
        let special = self.known_result(known, &args, &types);
        self.facts.either(vec![result, special])
    }

    /// The result of a call.
    fn call_with(&mut self, called: ExprIx, callee: ExprIx, args: &[ExprIx]) -> ExprIx {
        let called = if called == callee { self.told_by(callee, args) } else { called };
        self.facts.wrap(called, Expr::Call)
    }

    /// What is called, where known arguments may tell what its type parameters are.
    fn told_by(&mut self, callee: ExprIx, args: &[ExprIx]) -> ExprIx {
        let tells =
            |arg: &ExprIx| !matches!(self.facts.expr_of(*arg), Expr::Unknown | Expr::Builtin(_));
        if args.len() > MOST_ARGUMENTS || !args.iter().any(tells) {
            return callee;
        }
        let args = args.to_vec();
        self.facts.wrap(callee, |it| Expr::Apply(it, args))
    }

    /// The module's name in `require("x")`.
    pub(super) fn required(&self, node: Node<'t>) -> Option<Span> {
        let function = node.get(F::Function).filter(|_| node.is(K::Call))?;
        if self.word(function) != "require" || !self.is_builtin("require") {
            return None;
        }
        self.string_inside(node.get(F::Arguments)?.first()?)
    }

    fn known(&mut self, function: Node<'t>, callee: ExprIx) -> Known<'t> {
        if function.is(K::Identifier) {
            let name = self.text(function);
            return match () {
                () if self.is_from(name, REACT) => Known::React(name),
                () if self.is_builtin(name) => Known::Function(name),
                () => Known::Nothing,
            };
        }
        let (Some(of), Some(property)) = (function.get(F::Object), function.get(F::Property))
        else {
            return Known::Nothing;
        };
        let name = self.text(property);
        if of.is(K::Identifier) {
            let object = self.text(of);
            if self.is_from(object, REACT) {
                return Known::React(name);
            }
            if matches!(object, "Object" | "Array" | "Promise") && self.is_builtin(object) {
                return Known::Global(object, name);
            }
        }
        match self.occurrence_of(callee).map(|ix| self.facts.occurrence_form(ix)) {
            Some(Form::Member(of)) if of.is_known() => Known::Method(of, name),
            _ => Known::Nothing,
        }
    }

    /// Visits arguments, each with what is expected in its place.
    fn arguments(
        &mut self,
        list: Node<'t>,
        callee: ExprIx,
        known: Known<'t>,
        types: &[ExprIx],
    ) -> Vec<ExprIx> {
        let mut args: Vec<ExprIx> = Vec::new();
        for (place, argument) in list.children().enumerate() {
            let context = self.argument_context(argument, place, callee, known, &args, list, types);
            let is_tuple = place == 0
                && argument.is(K::Array)
                && matches!(known, Known::Global("Promise", "all" | "allSettled"));
            let value = if is_tuple {
                let parts = self.tuple(argument);
                let parts = parts.into_iter().map(|it| self.facts.wrap(it, Expr::Await)).collect();
                self.facts.expr(Expr::Tuple(parts))
            } else {
                let passed_on = argument.is(K::Object) && passes_on(known);
                self.expression(argument, if passed_on { Context::None } else { context })
            };
            args.push(value);
        }
        args
    }

    /// What is expected of an argument.
    #[expect(clippy::too_many_arguments, reason = "all that is known of a call")]
    fn argument_context(
        &mut self,
        argument: Node<'t>,
        place: usize,
        callee: ExprIx,
        known: Known<'t>,
        args: &[ExprIx],
        list: Node<'t>,
        types: &[ExprIx],
    ) -> Context {
        if !takes_context(argument) {
            return Context::None;
        }
        let place_ix = place as u32;
        if argument.kind().is_function() {
            let hints = self.hints(known, place, args, list, types);
            let callee = self.told_by(callee, args);
            return Context::Argument { callee, place: place_ix, hints };
        }
        // What is put into a container is what it holds.
        let held = match (known, place) {
            (
                Known::Method(of, "push" | "unshift" | "add" | "includes" | "indexOf" | "fill"),
                _,
            ) => self.facts.wrap(of, Expr::Element),
            (Known::Method(of, "set"), 1) => {
                let pair = self.facts.wrap(of, Expr::Element);
                self.facts.wrap(pair, |it| Expr::Slot(it, 1))
            }
            _ => ExprIx::UNKNOWN,
        };
        if held.is_known() {
            let taken = self.facts.wrap(callee, |it| Expr::Parameter(it, place_ix));
            let expected = self.facts.either(vec![taken, held]);
            return self.value_context(expected);
        }
        Context::Argument { callee, place: place_ix, hints: [ExprIx::UNKNOWN; 2] }
    }

    /// What the parameters of a callback are, given to a method that arrays and promises have.
    fn hints(
        &mut self,
        known: Known<'t>,
        place: usize,
        args: &[ExprIx],
        list: Node<'t>,
        types: &[ExprIx],
    ) -> [ExprIx; 2] {
        let none = ExprIx::UNKNOWN;
        match (known, place) {
            (Known::Method(of, "then"), 0) => [self.facts.wrap(of, Expr::Await), none],
            (Known::Method(of, "reduce" | "reduceRight"), 0) => {
                let element = self.facts.wrap(of, Expr::Element);
                let start = types.first().copied().unwrap_or_default();
                let start = self.instance(start);
                let initial = list.children().nth(1);
                match initial {
                    Some(it) if it.is(K::As) => {
                        let ty = it.children().nth(1).map(|ty| self.silent_type(ty));
                        [self.instance(ty.unwrap_or_default()), element]
                    }
                    Some(_) => [start, element],
                    None => [element, element],
                }
            }
            (Known::Method(of, "sort" | "toSorted"), 0) => {
                let element = self.facts.wrap(of, Expr::Element);
                [element, element]
            }
            (Known::Method(of, "forEach"), 0) => {
                let element = self.facts.wrap(of, Expr::Element);
                // A map gives its values first and its keys second.
                let value = self.facts.wrap(element, |it| Expr::Slot(it, 1));
                let key = self.facts.wrap(element, |it| Expr::Slot(it, 0));
                [self.facts.either(vec![element, value]), key]
            }
            (
                Known::Method(
                    of,
                    "map" | "filter" | "find" | "findIndex" | "findLast" | "flatMap"
                    | "findLastIndex" | "some" | "every",
                ),
                0,
            ) => [self.facts.wrap(of, Expr::Element), none],
            (Known::Global("Array", "from"), 1) => {
                let of = args.first().copied().unwrap_or_default();
                [self.facts.wrap(of, Expr::Element), none]
            }
            (Known::React("forwardRef"), 0) if types.len() == 2 => [self.instance(types[1]), none],
            (Known::React("memo"), 0) if types.len() == 1 => [self.instance(types[0]), none],
            _ => [none, none],
        }
    }

    /// What the known functions and methods give, beside what the callee is found to return.
    fn known_result(&mut self, known: Known<'t>, args: &[ExprIx], types: &[ExprIx]) -> ExprIx {
        let first = args.first().copied().unwrap_or_default();
        match known {
            Known::Nothing => ExprIx::UNKNOWN,
            Known::Function("structuredClone") => first,
            Known::Function(_) => ExprIx::UNKNOWN,
            Known::Global(object, name) => self.global_result(object, name, args),
            Known::React(name) => self.react_result(name, first, types),
            Known::Method(of, name) => self.method_result(of, name, args),
        }
    }

    fn global_result(&mut self, object: &str, name: &str, args: &[ExprIx]) -> ExprIx {
        let first = args.first().copied().unwrap_or_default();
        let element = |walk: &mut Self| walk.facts.wrap(first, Expr::Element);
        match (object, name) {
            ("Object", "freeze" | "seal" | "create") | ("Promise", "resolve") => first,
            ("Object", "assign") => self.facts.either(args.to_vec()),
            ("Object", "values") => {
                let of = element(self);
                self.facts.wrap(of, Expr::List)
            }
            ("Object", "entries") => {
                let of = element(self);
                let key = self.builtin("string");
                let pair = self.facts.expr(Expr::Tuple(vec![key, of]));
                self.facts.expr(Expr::List(pair))
            }
            ("Object", "keys") => {
                let key = self.builtin("string");
                self.facts.expr(Expr::List(key))
            }
            ("Object", "fromEntries") => {
                let of = element(self);
                let of = self.facts.wrap(of, |it| Expr::Slot(it, 1));
                self.facts.wrap(of, Expr::List)
            }
            ("Array", "from") => {
                let of = match args.get(1) {
                    Some(made) => self.facts.wrap(*made, Expr::Call),
                    None => element(self),
                };
                self.facts.wrap(of, Expr::List)
            }
            ("Promise", "all") => match self.facts.expr_of(first) {
                Expr::Tuple(_) => first,
                _ => {
                    let of = element(self);
                    let of = self.facts.wrap(of, Expr::Await);
                    self.facts.wrap(of, Expr::List)
                }
            },
            ("Promise", "race" | "any") => {
                let of = element(self);
                self.facts.wrap(of, Expr::Await)
            }
            _ => ExprIx::UNKNOWN,
        }
    }

    fn react_result(&mut self, name: &str, first: ExprIx, types: &[ExprIx]) -> ExprIx {
        let given = types.first().copied().unwrap_or_default();
        let given = self.instance(given);
        // A function given as the first state is called for it.
        let held = match self.facts.expr_of(first) {
            Expr::Function(_) => self.facts.wrap(first, Expr::Call),
            _ => first,
        };
        match name {
            "useState" => {
                let state = if given.is_known() { given } else { held };
                self.facts.expr(Expr::Tuple(vec![state, ExprIx::UNKNOWN]))
            }
            "useMemo" => self.facts.wrap(first, Expr::Call),
            "useCallback" | "memo" | "forwardRef" | "useDeferredValue" => first,
            "useRef" | "createRef" => {
                let held = if given.is_known() { given } else { first };
                self.record("current", held)
            }
            "createContext" if !given.is_known() => self.facts.wrap(first, Expr::List),
            "useContext" => self.facts.wrap(first, Expr::Element),
            "lazy" => {
                let module = self.facts.wrap(first, Expr::Call);
                let name = self.facts.name(super::walk::DEFAULT);
                self.facts.wrap(module, |it| Expr::Member(it, name))
            }
            _ => ExprIx::UNKNOWN,
        }
    }

    /// An object that nobody wrote, with one member.
    fn record(&mut self, name: &str, value: ExprIx) -> ExprIx {
        if !value.is_known() {
            return value;
        }
        let at = self.facts.scope_of(self.facts.scope()).span.start;
        let at = Span { start: at, end: at };
        let empty = self.facts.name("");
        let owner = self.facts.declare_named(empty, Kind::Struct, at, at);
        let scope = self.facts.open(ScopeKind::Type, at, Some(owner));
        let name = self.facts.name(name);
        let field = self.facts.declare_named(name, Kind::Field, at, at);
        self.facts.symbol_mut(field).value = value;
        self.facts.close();
        self.facts.expr(Expr::This(scope))
    }

    fn method_result(&mut self, of: ExprIx, name: &str, args: &[ExprIx]) -> ExprIx {
        let first = args.first().copied().unwrap_or_default();
        let element = |walk: &mut Self| walk.facts.wrap(of, Expr::Element);
        let slot = |walk: &mut Self, n| {
            let of = walk.facts.wrap(of, Expr::Element);
            walk.facts.wrap(of, |it| Expr::Slot(it, n))
        };
        match name {
            "filter" | "slice" | "concat" | "reverse" | "sort" | "toSorted" | "toReversed"
            | "splice" | "toSpliced" => {
                let of = element(self);
                self.facts.wrap(of, Expr::List)
            }
            "find" | "findLast" | "pop" | "shift" | "at" | "deref" => element(self),
            "map" => {
                let made = self.facts.wrap(first, Expr::Call);
                self.facts.wrap(made, Expr::List)
            }
            "flatMap" => {
                let made = self.facts.wrap(first, Expr::Call);
                let made = self.facts.wrap(made, Expr::Element);
                self.facts.wrap(made, Expr::List)
            }
            "flat" => {
                let of = element(self);
                let of = self.facts.wrap(of, Expr::Element);
                self.facts.wrap(of, Expr::List)
            }
            "reduce" | "reduceRight" => args.get(1).copied().unwrap_or_else(|| element(self)),
            "then" => {
                let made = self.facts.wrap(first, Expr::Call);
                self.facts.wrap(made, Expr::Await)
            }
            "catch" | "finally" | "bind" => of,
            "call" | "apply" => self.facts.wrap(of, Expr::Call),
            "get" => slot(self, 1),
            "values" => {
                let of = slot(self, 1);
                self.facts.wrap(of, Expr::List)
            }
            "keys" => {
                let of = slot(self, 0);
                self.facts.wrap(of, Expr::List)
            }
            "entries" => of,
            _ => ExprIx::UNKNOWN,
        }
    }

    /// `new C(x)`.
    pub(super) fn new_expression(&mut self, node: Node<'t>) -> ExprIx {
        let Some(constructor) = node.get(F::Constructor) else { return self.parts(node) };
        let class = self.expression(constructor, Context::None);
        self.facts.set_expr_role(class, Role::Call);
        let types = node.get(F::TypeArguments);
        let types = types.map(|it| self.type_arguments(it)).unwrap_or_default();
        let name = self.word(constructor);
        let is_builtin = !name.is_empty() && self.is_builtin(name);
        let mut called = class;
        if !types.is_empty() {
            called = self.generic_type(name, class, types);
        }
        let args = match node.get(F::Arguments) {
            Some(list) => self.arguments(list, called, Known::Nothing, &[]),
            None => Vec::new(),
        };
        if self.dialect == Dialect::JavaScript {
            self.facts.call(class, args.clone(), Vec::new());
        }
        if is_builtin && called == class {
            let first = args.first().copied().unwrap_or_default();
            match name {
                "WeakRef" if first.is_known() => return self.facts.expr(Expr::List(first)),
                "Set" | "Array" | "Map" | "WeakMap" if first.is_known() => {
                    let of = self.facts.wrap(first, Expr::Element);
                    return self.facts.wrap(of, Expr::List);
                }
                "Proxy" => return first,
                _ => {}
            }
        }
        match self.facts.expr_of(called) {
            Expr::List(_) => called,
            _ => self.call_with(called, class, &args),
        }
    }
}

/// Arguments whose names or parameters depend on what is expected.
fn takes_context(node: Node<'_>) -> bool {
    match node.kind() {
        K::Object | K::Array | K::Ternary | K::Binary => true,
        K::Parenthesized | K::As | K::Satisfies => true,
        kind => kind.is_function(),
    }
}

/// Functions that give back what they get: an object literal there keeps its own members.
fn passes_on(known: Known<'_>) -> bool {
    matches!(
        known,
        Known::Global("Object", "freeze" | "assign" | "seal" | "values" | "entries")
            | Known::React("useState" | "useRef" | "createContext")
            | Known::Function("structuredClone")
    )
}
