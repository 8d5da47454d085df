//! Statements: what they declare, and the scopes they open.

use ruff_python_ast::{
    Decorator, ExceptHandler, Expr as Node, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
    TypeParam, TypeParams,
};
use ruff_text_size::Ranged;

use super::span;
use crate::{
    Builder, Cut, Facts, Name,
    facts::{
        Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, Span, SymbolIx, Visibility,
    },
    splice::Counts,
};

/// Where so little stack is left, a walk goes on on a new one (rustc's figures): levels are many where
/// few bytes make one, and how much each takes is the compiler's affair.
const RED_ZONE: usize = 100 << 10;
const STACK: usize = 1 << 20;

/// What a function's body has said so far.
#[derive(Default)]
pub(super) struct Function {
    /// The first parameter of a method and the type it belongs to.
    this: Option<(Name, ScopeIx)>,
    returns: Vec<ExprIx>,
    pub(super) yields: Vec<ExprIx>,
    pub(super) is_generator: bool,
    /// Names that `global` or `nonlocal` put into another scope.
    elsewhere: Vec<(Name, ScopeIx)>,
}

/// A walk over one module.
pub(super) struct Walk<'s> {
    pub(super) facts: Builder<'s>,
    pub(super) functions: Vec<Function>,
    /// Names of which conditions around here tell more.
    narrowed: Vec<Name>,
    depth: usize,
    max_depth: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(facts: Builder<'s>, max_depth: usize) -> Walk<'s> {
        Walk { facts, functions: Vec::new(), narrowed: Vec::new(), depth: 0, max_depth }
    }

    pub(super) fn finish(self) -> Facts {
        self.facts.finish()
    }

    pub(super) fn into_builder(self) -> Builder<'s> {
        self.facts
    }

    /// Goes on inside so many statements.
    pub(super) fn at_depth(&mut self, depth: usize) {
        self.depth = depth;
    }

    /// Runs `visit` one level deeper, unless that is too deep.
    pub(super) fn deeper<T: Default>(&mut self, visit: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return T::default();
        }
        self.depth += 1;
        let result = stacker::maybe_grow(RED_ZONE, STACK, || visit(self));
        self.depth -= 1;
        result
    }

    pub(super) fn statements(&mut self, body: &[Stmt]) {
        for statement in body {
            self.deeper(|walk| walk.statement(statement));
        }
    }

    /// Whether a function here is a statement right of the file, or of a class of the file.
    fn is_apart(&self) -> bool {
        let scope = self.facts.scope_of(self.facts.scope());
        match scope.kind {
            ScopeKind::File => self.depth == 1,
            ScopeKind::Type => self.depth == 2 && scope.parent == ScopeIx(0),
            _ => false,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one short arm for each kind of statement")]
    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                let from = self.is_apart().then(|| Counts::of(self.facts.facts()));
                self.function(node);
                from.into_iter().for_each(|from| self.facts.region(span(node), from));
            }
            Stmt::ClassDef(node) => self.class(node),
            Stmt::Return(node) => {
                if let Some(value) = &node.value {
                    let value = self.expression(value);
                    self.functions.last_mut().into_iter().for_each(|it| it.returns.push(value));
                }
            }
            Stmt::Delete(node) => self.all(&node.targets),
            Stmt::TypeAlias(node) => {
                let symbol = self.facts.define(Kind::TypeAlias, span(&*node.name), span(node));
                self.exported(symbol);
                self.type_parameters(node.type_params.as_deref());
                let value = self.annotation(&node.value);
                self.facts.symbol_mut(symbol).ty = value;
            }
            Stmt::Assign(node) => {
                let value = self.expression(&node.value);
                for target in &node.targets {
                    if matches!(target, Node::Name(name) if name.id.as_str() == "__all__") {
                        self.offers(&node.value);
                    }
                    self.assign(target, value, ExprIx::UNKNOWN, span(node));
                }
            }
            Stmt::AugAssign(node) => {
                if matches!(&*node.target, Node::Name(name) if name.id.as_str() == "__all__") {
                    self.offers(&node.value);
                }
                self.expression(&node.value);
                let target = self.expression(&node.target);
                self.facts.set_expr_role(target, Role::Write);
            }
            Stmt::AnnAssign(node) => {
                let ty = self.annotation(&node.annotation);
                let value =
                    node.value.as_ref().map_or(ExprIx::UNKNOWN, |value| self.expression(value));
                self.assign(&node.target, value, ty, span(node));
            }
            Stmt::For(node) => {
                let iter = self.expression(&node.iter);
                let element = self.facts.wrap(iter, Expr::Element);
                self.assign(&node.target, element, ExprIx::UNKNOWN, span(&*node.target));
                self.statements(&node.body);
                self.statements(&node.orelse);
            }
            Stmt::While(node) => {
                self.expression(&node.test);
                self.statements(&node.body);
                self.statements(&node.orelse);
            }
            Stmt::If(node) => {
                self.guarded(Some(&node.test), &node.body);
                for clause in &node.elif_else_clauses {
                    self.guarded(clause.test.as_ref(), &clause.body);
                }
            }
            Stmt::With(node) => {
                for item in &node.items {
                    let context = self.expression(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        let entered = self.entered(context);
                        self.assign(target, entered, ExprIx::UNKNOWN, span(&**target));
                    }
                }
                self.statements(&node.body);
            }
            Stmt::Match(node) => {
                let subject = self.expression(&node.subject);
                for case in &node.cases {
                    self.pattern(&case.pattern, subject);
                    if let Some(guard) = &case.guard {
                        self.expression(guard);
                    }
                    self.statements(&case.body);
                }
            }
            Stmt::Raise(node) => {
                self.all(node.exc.as_deref());
                self.all(node.cause.as_deref());
            }
            Stmt::Try(node) => {
                self.statements(&node.body);
                for ExceptHandler::ExceptHandler(handler) in &node.handlers {
                    let ty = handler.type_.as_ref().map_or(ExprIx::UNKNOWN, |ty| self.caught(ty));
                    if let Some(name) = &handler.name {
                        let symbol = self.facts.define(Kind::Variable, span(name), span(name));
                        self.facts.symbol_mut(symbol).ty = ty;
                    }
                    self.statements(&handler.body);
                }
                self.statements(&node.orelse);
                self.statements(&node.finalbody);
            }
            Stmt::Assert(node) => {
                self.expression(&node.test);
                self.all(node.msg.as_deref());
            }
            Stmt::Import(node) => self.import(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::Global(node) => {
                node.names.iter().for_each(|name| self.elsewhere(name, ScopeIx(0)));
            }
            Stmt::Nonlocal(node) => {
                for name in &node.names {
                    let spelled = self.facts.name_at(span(name));
                    let outer = self.facts.open_scopes().iter().rev().skip(1).copied();
                    let outer: Vec<ScopeIx> = outer.collect();
                    let scope = outer
                        .into_iter()
                        .find(|scope| self.facts.find_in(*scope, spelled).is_some());
                    self.elsewhere(name, scope.unwrap_or(ScopeIx(0)));
                }
            }
            Stmt::Expr(node) => {
                self.expression(&node.value);
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    /// A body that runs under a condition: `isinstance` narrows names inside it.
    fn guarded(&mut self, test: Option<&Node>, body: &[Stmt]) {
        let narrowed = test.map(|test| {
            self.expression(test);
            self.narrowed(test)
        });
        let Some(Some((name, ty))) = narrowed else { return self.statements(body) };
        let (Some(first), Some(last)) = (body.first(), body.last()) else { return };
        let range = Span::new(first.start().to_usize(), last.end().to_usize());
        self.facts.narrow(range, name, ty);
        self.narrowed.push(name);
        self.statements(body);
        self.narrowed.pop();
    }

    fn elsewhere(&mut self, name: &ruff_python_ast::Identifier, scope: ScopeIx) {
        let spelled = self.facts.name_at(span(name));
        self.facts.occurrence(span(name), Role::Read, Form::Bare);
        if let Some(function) = self.functions.last_mut() {
            function.elsewhere.push((spelled, scope));
        }
    }

    /// What a context manager hands out: what `__enter__` returns, or what a generator yields.
    fn entered(&mut self, context: ExprIx) -> ExprIx {
        if !context.is_known() {
            return context;
        }
        let enter = self.facts.name("__enter__");
        let method = self.facts.expr(Expr::Member(context, enter));
        let result = self.facts.expr(Expr::Call(method));
        let yielded = self.facts.expr(Expr::Element(context));
        self.facts.either(vec![result, yielded])
    }

    /// The type that an `except` clause catches.
    fn caught(&mut self, node: &Node) -> ExprIx {
        match node {
            Node::Tuple(tuple) => {
                let parts = tuple.elts.iter().map(|part| self.annotation(part)).collect();
                self.facts.either(parts)
            }
            _ => self.annotation(node),
        }
    }

    /// Binds a target: a name, an attribute of `self`, or several.
    pub(super) fn assign(&mut self, target: &Node, value: ExprIx, ty: ExprIx, full: Span) {
        match target {
            Node::Name(name) => self.bind(span(name), value, ty, full),
            Node::Attribute(node) => {
                let of = self.expression(&node.value);
                let at = span(&node.attr);
                match self.this_of(&node.value) {
                    Some(class) => self.member(class, at, value, ty, full),
                    None => {
                        self.facts.occurrence(at, Role::Write, Form::Member(of));
                    }
                }
            }
            Node::Tuple(node) => self.unpack(&node.elts, value, full),
            Node::List(node) => self.unpack(&node.elts, value, full),
            Node::Starred(node) => {
                let list = self.facts.wrap(value, Expr::List);
                self.deeper(|walk| walk.assign(&node.value, list, ty, full));
            }
            other => {
                self.expression(other);
            }
        }
    }

    fn unpack(&mut self, targets: &[Node], value: ExprIx, full: Span) {
        for (n, target) in targets.iter().enumerate() {
            let part = self.facts.wrap(value, |it| Expr::Slot(it, n as u32));
            self.deeper(|walk| walk.assign(target, part, ExprIx::UNKNOWN, full));
        }
    }

    /// The type scope, if the expression is the first parameter of the method around here.
    fn this_of(&mut self, node: &Node) -> Option<ScopeIx> {
        let Node::Name(name) = node else { return None };
        let spelled = self.facts.name_at(span(name));
        let (this, class) = self.functions.iter().rev().find_map(|it| it.this)?;
        (this == spelled).then_some(class)
    }

    /// `self.name = value`.
    fn member(&mut self, class: ScopeIx, at: Span, value: ExprIx, ty: ExprIx, full: Span) {
        self.facts.reopen(class);
        let symbol = self.facts.define(Kind::Field, at, full);
        self.facts.close();
        let visibility = visibility_of(self.facts.text(at));
        let symbol = self.facts.symbol_mut(symbol);
        symbol.flags = Flags::INSTANCE;
        symbol.visibility = visibility;
        symbol.value = value;
        symbol.ty = ty;
    }

    fn bind(&mut self, at: Span, value: ExprIx, ty: ExprIx, full: Span) {
        let text = self.facts.text(at);
        let name = self.facts.name_at(at);
        if self.narrowed.contains(&name) {
            self.facts.end_narrowing(name, at.start);
        }
        let elsewhere = self.functions.last().and_then(|function| {
            function.elsewhere.iter().find(|(it, _)| *it == name).map(|(_, scope)| *scope)
        });
        let scope = elsewhere.unwrap_or_else(|| self.facts.scope());
        let is_constant = text.len() > 1 && !text.bytes().any(|byte| byte.is_ascii_lowercase());
        let kind = match self.facts.scope_of(scope).kind {
            ScopeKind::Type if !is_constant => Kind::Field,
            ScopeKind::Type | ScopeKind::File if is_constant => Kind::Constant,
            _ => Kind::Variable,
        };
        let symbol = match elsewhere {
            Some(scope) => {
                self.facts.reopen(scope);
                let symbol = self.facts.define(kind, at, full);
                self.facts.close();
                self.facts.symbol_mut(symbol).flags = Flags::default();
                symbol
            }
            None => self.facts.define(kind, at, full),
        };
        self.exported(symbol);
        let signature = self.facts.short_signature(full, at);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.visibility = visibility_of(text);
        symbol.value = value;
        symbol.ty = ty;
        symbol.signature = signature;
    }

    fn class(&mut self, node: &StmtClassDef) {
        self.decorators(&node.decorator_list);
        let symbol = self.facts.define(Kind::Class, span(&node.name), span(node));
        self.exported(symbol);
        let header_end = node.arguments.as_ref().map_or(node.name.end(), |it| it.end());
        self.describe(symbol, node.name.as_str(), &node.decorator_list, &node.body);
        self.signature(symbol, &node.decorator_list, node.start(), header_end);
        self.type_parameters(node.type_params.as_deref());
        let mut bases = Vec::new();
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                let base = self.annotation(base);
                let head = match self.facts.expr_of(base) {
                    Expr::Generic(head, _) => *head,
                    _ => base,
                };
                self.facts.set_expr_role(head, Role::Inherit);
                bases.push(base);
            }
            for keyword in &arguments.keywords {
                self.expression(&keyword.value);
            }
        }
        self.facts.symbol_mut(symbol).bases = bases;
        self.facts.open(ScopeKind::Type, body_span(&node.body, node), Some(symbol));
        self.statements(&node.body);
        self.facts.close();
    }

    fn function(&mut self, node: &StmtFunctionDef) {
        self.decorators(&node.decorator_list);
        let scope = self.facts.scope();
        let is_method = self.facts.scope_of(scope).kind == ScopeKind::Type;
        let decorated = |names: &[&str]| {
            node.decorator_list.iter().any(|it| names.contains(&last_name(&it.expression)))
        };
        let property = is_method && decorated(&["property", "cached_property", "setter", "getter"]);
        let kind = match (is_method, node.name.as_str()) {
            (true, _) if property => Kind::Property,
            (true, "__init__" | "__new__") => Kind::Constructor,
            (true, _) => Kind::Method,
            (false, _) => Kind::Function,
        };
        let symbol = self.facts.define(kind, span(&node.name), span(node));
        self.exported(symbol);
        let mut flags = self.facts.symbol(symbol).flags;
        let mut set = |on: bool, flag: Flags| flags = if on { flags.with(flag) } else { flags };
        let is_static = decorated(&["staticmethod"]);
        let on_class = decorated(&["classmethod"]) || node.name.as_str() == "__init_subclass__";
        set(is_static, Flags::STATIC);
        set(on_class, Flags::CLASS_METHOD);
        set(decorated(&["overload", "abstractmethod"]), Flags::DECLARATION);
        set(node.is_async, Flags::ASYNC);
        set(node.name.as_str().starts_with("test"), Flags::TEST);
        self.facts.symbol_mut(symbol).flags = flags;
        let header_end =
            node.returns.as_ref().map_or(node.parameters.end(), |returns| returns.end());
        self.describe(symbol, node.name.as_str(), &node.decorator_list, &node.body);
        self.signature(symbol, &node.decorator_list, node.start(), header_end);
        self.type_parameters(node.type_params.as_deref());
        let types: Vec<ExprIx> = node
            .parameters
            .iter()
            .map(|it| it.annotation().map_or(ExprIx::UNKNOWN, |ty| self.annotation(ty)))
            .collect();
        let defaults: Vec<ExprIx> = node
            .parameters
            .iter()
            .map(|it| it.default().map_or(ExprIx::UNKNOWN, |value| self.expression(value)))
            .collect();
        let returns = node.returns.as_ref().map_or(ExprIx::UNKNOWN, |ty| self.annotation(ty));
        self.facts.symbol_mut(symbol).ty = returns;

        self.facts.open(ScopeKind::Function, body_span(&node.body, node), Some(symbol));
        let mut function = Function::default();
        let class = (is_method && !is_static).then_some(scope);
        self.parameters(&node.parameters, &types, &defaults);
        if let (Some(class), Some(first)) = (class, node.parameters.iter().next()) {
            let name = self.facts.name_at(span(first.name()));
            let on_type = on_class || node.name.as_str() == "__new__";
            let this = if on_type { Expr::ThisType(class) } else { Expr::This(class) };
            let this = self.facts.expr(this);
            let body = self.facts.scope();
            if let Some(parameter) = self.facts.find_in(body, name) {
                self.facts.symbol_mut(parameter).value = this;
            }
            function.this = Some((name, class));
        }
        self.functions.push(function);
        self.statements(&node.body);
        self.facts.close();
        let function = self.functions.pop().unwrap_or_default();
        let value = if function.is_generator {
            let yielded = self.facts.either(function.yields);
            self.facts.wrap(yielded, Expr::List)
        } else {
            self.facts.either(function.returns)
        };
        let symbol = self.facts.symbol_mut(symbol);
        symbol.value = value;
        if function.is_generator {
            symbol.flags = symbol.flags.with(Flags::GENERATOR);
        }
    }

    /// Declares parameters in the scope that is open.
    pub(super) fn parameters(
        &mut self,
        parameters: &Parameters,
        types: &[ExprIx],
        defaults: &[ExprIx],
    ) {
        for (n, parameter) in parameters.iter().enumerate() {
            let symbol =
                self.facts.define(Kind::Parameter, span(parameter.name()), span(&parameter));
            let variadic = parameter.is_variadic();
            let ty = types.get(n).copied().unwrap_or_default();
            let ty = if variadic { self.facts.wrap(ty, Expr::List) } else { ty };
            let symbol = self.facts.symbol_mut(symbol);
            symbol.ty = ty;
            symbol.value = defaults.get(n).copied().unwrap_or_default();
            if variadic {
                symbol.flags = symbol.flags.with(Flags::VARIADIC);
            }
        }
    }

    fn type_parameters(&mut self, parameters: Option<&TypeParams>) {
        for parameter in parameters.into_iter().flat_map(|it| &it.type_params) {
            let (name, bound) = match parameter {
                TypeParam::TypeVar(it) => (&it.name, it.bound.as_deref()),
                TypeParam::TypeVarTuple(it) => (&it.name, None),
                TypeParam::ParamSpec(it) => (&it.name, None),
            };
            let bound = bound.map_or(ExprIx::UNKNOWN, |bound| self.annotation(bound));
            let symbol = self.facts.define(Kind::TypeParameter, span(name), span(name));
            self.facts.symbol_mut(symbol).ty = bound;
        }
    }

    fn decorators(&mut self, decorators: &[Decorator]) {
        for decorator in decorators {
            let value = self.expression(&decorator.expression);
            self.facts.set_expr_role(value, Role::Call);
        }
    }

    fn describe(&mut self, symbol: SymbolIx, name: &str, on: &[Decorator], body: &[Stmt]) {
        let doc = docstring(body).unwrap_or_default();
        let symbol = self.facts.symbol_mut(symbol);
        symbol.visibility = visibility_of(name);
        symbol.doc = doc;
        if !on.is_empty() {
            symbol.flags = symbol.flags.with(Flags::REACHED);
        }
    }

    fn signature(
        &mut self,
        symbol: SymbolIx,
        decorators: &[Decorator],
        start: ruff_text_size::TextSize,
        end: ruff_text_size::TextSize,
    ) {
        let after = decorators.last().map_or(start, |it| it.end()).to_usize();
        let source = self.facts.source();
        let skipped = source.get(after..).unwrap_or_default();
        let start = after + skipped.len() - skipped.trim_start().len();
        self.facts.symbol_mut(symbol).signature = Span::new(start, end.to_usize().max(start));
    }
}

/// `_x` is for the package, `__x` for the class, `__x__` for everybody.
fn visibility_of(name: &str) -> Visibility {
    match name {
        _ if name.starts_with("__") && name.ends_with("__") => Visibility::Public,
        _ if name.starts_with("__") => Visibility::Private,
        _ if name.starts_with('_') => Visibility::Restricted,
        _ => Visibility::Public,
    }
}

fn body_span(body: &[Stmt], node: &impl Ranged) -> Span {
    let start = body.first().map_or(node.end(), |it| it.start());
    Span::new(start.to_usize(), node.end().to_usize())
}

fn docstring(body: &[Stmt]) -> Option<Span> {
    match body.first()? {
        Stmt::Expr(it) if matches!(&*it.value, Node::StringLiteral(_)) => Some(span(&*it.value)),
        _ => None,
    }
}

/// `setter` of `@x.setter`, `cached_property` of `@functools.cached_property()`.
fn last_name(node: &Node) -> &str {
    match node {
        Node::Name(name) => name.id.as_str(),
        Node::Attribute(node) => node.attr.as_str(),
        Node::Call(call) => last_name(&call.func),
        _ => "",
    }
}
