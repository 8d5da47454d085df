//! Functions: parameters, results and what they are expected to be.

use super::{
    ast::Node,
    kinds::{F, K},
    patterns::Binding,
    walk::{Context, Frame, This, Walk},
};
use crate::facts::{Expr, ExprIx, Flags, Kind, ScopeIx, ScopeKind, Span, SymbolIx};

impl<'t> Walk<'t> {
    /// `function f() {}`, also without a body.
    pub(super) fn function_declaration(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let Some(name) = node.get(F::Name).filter(|it| !it.span().is_empty()) else {
            return self.unnamed_default(node, whole, export);
        };
        if self.top.prototypes.contains(self.text(name)) {
            return self.function_class(name, node, whole, export);
        }
        let symbol = self.facts.define(Kind::Function, name.span(), whole.span());
        self.exported(symbol, export);
        let body = node.get(F::Body).map_or(node.end(), |it| it.start());
        self.describe(symbol, whole, body);
        self.function(node, symbol, Context::None);
    }

    /// A function in the place of a value.
    pub(super) fn function_value(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        let symbol = self.anonymous(Kind::Function, node);
        let body = node.get(F::Body).map_or(node.end(), |it| it.start());
        self.describe(symbol, node, body);
        self.function(node, symbol, context);
        self.facts.expr(Expr::Function(symbol))
    }

    /// The parameters, the result and the body of a function that has a symbol.
    pub(super) fn function(&mut self, node: Node<'t>, symbol: SymbolIx, context: Context) {
        let this = match node.kind() {
            K::Arrow => self.this.last().copied().unwrap_or_default(),
            _ => This::Unknown,
        };
        self.function_with(node, symbol, context, this);
    }

    /// The same where `this` is known. Gives the type of the first parameter.
    pub(super) fn function_with(
        &mut self,
        node: Node<'t>,
        symbol: SymbolIx,
        context: Context,
        this: This,
    ) -> ExprIx {
        let is_async = node.has(K::AsyncWord);
        let is_generator = node.has(K::Star)
            || matches!(node.kind(), K::GeneratorDeclaration | K::GeneratorExpression);
        let start = [F::TypeParameters, F::Parameters, F::Parameter]
            .into_iter()
            .find_map(|field| node.get(field))
            .map_or(node.start(), |it| it.start());
        let whole = Span { start, end: node.end() };
        let scope = self.facts.open(ScopeKind::Function, whole, Some(symbol));
        self.own_name(node, symbol, scope);
        self.this.push(this);
        let before = self.enums.split_off(0);
        self.type_parameters(node.get(F::TypeParameters));
        let first = self.parameters(node, context);
        let ty = self.result_type(node, is_async);
        let mut result = self.expected_result(context, is_async);
        if ty.is_known() && !is_generator {
            let expected = self.instance(ty);
            result = self.value_context(expected);
        }
        self.frames.push(Frame { result, ..Frame::default() });
        if let Some(body) = node.get(F::Body) {
            if body.is(K::StatementBlock) {
                self.body(body);
            } else {
                let value = self.expression(body, result);
                self.frames.last_mut().into_iter().for_each(|it| it.returns.push(value));
            }
        }
        let frame = self.frames.pop().unwrap_or_default();
        self.this.pop();
        self.enums = before;
        self.facts.close();
        let value = if is_generator {
            let yielded = self.facts.either(frame.yields);
            self.facts.wrap(yielded, Expr::List)
        } else {
            self.facts.either(frame.returns)
        };
        let has_body = node.get(F::Body).is_some();
        self.set_flag(symbol, is_async, Flags::ASYNC);
        self.set_flag(symbol, is_generator, Flags::GENERATOR);
        self.set_flag(symbol, !has_body, Flags::DECLARATION);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.ty = ty;
        symbol.value = if ty.is_known() { ExprIx::UNKNOWN } else { value };
        first
    }

    /// A function expression's name is seen inside it only.
    fn own_name(&mut self, node: Node<'t>, symbol: SymbolIx, scope: ScopeIx) {
        if !matches!(node.kind(), K::FunctionExpression | K::GeneratorExpression) {
            return;
        }
        let Some(name) = node.get(F::Name).filter(|it| !it.span().is_empty()) else { return };
        let itself = self.facts.expr(Expr::Function(symbol));
        let alias = self.facts.define(Kind::Alias, name.span(), node.span());
        let alias = self.facts.symbol_mut(alias);
        alias.value = itself;
        alias.scope = scope;
    }

    /// The declared result; of an async function, what its promise holds.
    fn result_type(&mut self, node: Node<'t>, is_async: bool) -> ExprIx {
        let Some(annotation) = node.get(F::ReturnType).or_else(|| node.get(F::Type)) else {
            return ExprIx::UNKNOWN;
        };
        let ty = match annotation.kind() {
            K::TypeAnnotation => self.annotation(Some(annotation)),
            _ => self.type_expression(annotation),
        };
        match self.facts.expr_of(ty) {
            Expr::Generic(head, arguments) if is_async && arguments.len() == 1 => {
                let (head, held) = (*head, arguments[0]);
                let name = match self.facts.expr_of(head) {
                    Expr::Occurrence(ix) => self.facts.occurrence_name(*ix),
                    _ => "",
                };
                if name == "Promise" { held } else { ty }
            }
            _ => ty,
        }
    }

    /// Declares parameters in the scope that is open. Gives the type of the first.
    fn parameters(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        if let Some(single) = node.get(F::Parameter) {
            let value = self.expected_parameter(context, 0);
            let binding = Binding::new(Kind::Parameter, single.span());
            self.bind(single, value, &binding);
        }
        let mut first = ExprIx::UNKNOWN;
        let Some(list) = node.get(F::Parameters) else { return first };
        let is_constructor = node
            .get(F::Name)
            .is_some_and(|it| node.is(K::MethodDefinition) && self.text(it) == "constructor");
        let mut place = 0;
        for parameter in list.children() {
            let pattern = parameter.get(F::Pattern).or_else(|| parameter.get(F::Name));
            if pattern.is_some_and(|it| it.is(K::This)) {
                let ty = self.annotation(parameter.get(F::Type));
                let value = self.instance(ty);
                if let (true, Some(this)) = (value.is_known(), self.this.last_mut()) {
                    *this = This::Value(value);
                }
                continue;
            }
            let expected = self.expected_parameter(context, place);
            let ty = self.deeper(|walk| walk.parameter(parameter, expected, is_constructor));
            if place == 0 {
                first = ty;
            }
            place += 1;
        }
        first
    }

    fn parameter(&mut self, node: Node<'t>, expected: ExprIx, is_constructor: bool) -> ExprIx {
        self.decorators(node);
        let (pattern, default) = match node.kind() {
            K::RequiredParameter | K::OptionalParameter => {
                (node.get(F::Pattern).or_else(|| node.get(F::Name)), node.get(F::Value))
            }
            K::AssignmentPattern => (node.get(F::Left), node.get(F::Right)),
            K::Error | K::Other => return self.parts_of_parameter(node),
            _ => (Some(node), None),
        };
        let ty = self.annotation(node.get(F::Type));
        let declared = self.instance(ty);
        let context = self.value_context(if declared.is_known() { declared } else { expected });
        let default = default.map_or(ExprIx::UNKNOWN, |it| self.expression(it, context));
        let Some(pattern) = pattern else { return ty };
        let is_rest = pattern.is(K::RestPattern);
        let inner = if is_rest { pattern.first().unwrap_or(pattern) } else { pattern };
        let mut value = if declared.is_known() { ExprIx::UNKNOWN } else { expected };
        if is_rest {
            value = self.facts.wrap(value, Expr::List);
        }
        let value = self.facts.either(vec![value, default]);
        if !inner.is(K::Identifier) {
            // The place is taken by something without a name.
            let symbol = self.anonymous(Kind::Parameter, node);
            self.set_flag(symbol, is_rest, Flags::VARIADIC);
            let symbol = self.facts.symbol_mut(symbol);
            (symbol.ty, symbol.value) = (ty, value);
            let of = if declared.is_known() { declared } else { value };
            self.bind(inner, of, &Binding::new(Kind::Variable, inner.span()));
            return ty;
        }
        if inner.span().is_empty() {
            return ty;
        }
        let is_property = is_constructor
            && self
                .facts
                .text(Span { start: node.start(), end: inner.start() })
                .split_whitespace()
                .any(|word| {
                    matches!(word, "private" | "public" | "protected" | "readonly" | "override")
                });
        if is_property {
            self.parameter_property(node, inner, ty, default);
            return ty;
        }
        let symbol = self.facts.define(Kind::Parameter, inner.span(), node.span());
        self.set_flag(symbol, is_rest, Flags::VARIADIC);
        let end = self.boundary(node.end().min(inner.end() + 120));
        self.describe(symbol, node, end);
        let symbol = self.facts.symbol_mut(symbol);
        (symbol.ty, symbol.value) = (ty, value);
        ty
    }

    /// `constructor(private x: X)` declares a field. What the constructor calls so is the field too;
    /// its alias has a type, as no other alias has, which says that it takes a parameter's place.
    fn parameter_property(&mut self, node: Node<'t>, name: Node<'t>, ty: ExprIx, value: ExprIx) {
        let Some(class) = self.facts.enclosing(ScopeKind::Type) else { return };
        let visibility = self.visibility(node, self.text(name));
        self.facts.reopen(class);
        let field = self.facts.define(Kind::Field, name.span(), node.span());
        self.facts.close();
        let spelled = self.facts.name_at(name.span());
        self.members.insert((class, spelled), field);
        let end = self.boundary(node.end().min(name.end() + 120));
        self.describe(field, node, end);
        let field = self.facts.symbol_mut(field);
        field.flags.0 &= !Flags::LOCAL.0;
        field.visibility = visibility;
        (field.ty, field.value) = (ty, value);
        let this = self.facts.expr(Expr::This(class));
        let member = self.facts.expr(Expr::Member(this, spelled));
        let given = if ty.is_known() { ty } else { self.facts.expr(Expr::TypeOf(member)) };
        let alias = self.facts.declare(Kind::Alias, name.span(), node.span());
        let alias = self.facts.symbol_mut(alias);
        (alias.ty, alias.value) = (given, member);
    }

    /// Broken code where a parameter should be: its names still count.
    fn parts_of_parameter(&mut self, node: Node<'t>) -> ExprIx {
        for child in node.children() {
            if child.is(K::Identifier) {
                self.bind(child, ExprIx::UNKNOWN, &Binding::new(Kind::Parameter, child.span()));
            } else {
                self.expression(child, Context::None);
            }
        }
        ExprIx::UNKNOWN
    }

    /// Declares type parameters in the scope that is open.
    pub(super) fn type_parameters(&mut self, node: Option<Node<'t>>) {
        for parameter in node.into_iter().flat_map(|it| it.children()) {
            let Some(name) = parameter.get(F::Name).filter(|it| !it.span().is_empty()) else {
                continue;
            };
            let symbol = self.facts.define(Kind::TypeParameter, name.span(), parameter.span());
            let mut bound = ExprIx::UNKNOWN;
            for part in parameter.children() {
                let ty = match part.kind() {
                    K::Constraint | K::DefaultType => {
                        part.first().map(|it| self.type_expression(it))
                    }
                    _ => None,
                };
                if let (K::Constraint, Some(ty)) = (part.kind(), ty) {
                    bound = ty;
                }
            }
            self.facts.symbol_mut(symbol).ty = bound;
        }
    }
}
