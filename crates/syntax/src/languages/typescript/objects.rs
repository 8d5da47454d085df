//! Object and array literals.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, This, Walk},
};
use crate::facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, SymbolIx};

/// Elements of a literal that are looked at to say what it holds.
const SAMPLE: usize = 8;

impl<'t> Walk<'t> {
    /// `{ a, b: 1, c() {} }`. Where a type is expected, the names are that type's members; elsewhere
    /// they are members of `owner`, a variable or property, or of an object without a name.
    pub(super) fn object(
        &mut self,
        node: Node<'t>,
        context: Context,
        owner: Option<SymbolIx>,
    ) -> ExprIx {
        if !matches!(context, Context::None) {
            return self.expected_object(node, context);
        }
        if node.first().is_none() {
            return self.builtin("object");
        }
        let symbol = owner.unwrap_or_else(|| self.anonymous(Kind::Struct, node));
        let scope = self.facts.open(ScopeKind::Type, node.span(), Some(symbol));
        for member in node.children() {
            self.deeper(|walk| walk.object_member(member, symbol, scope));
        }
        self.facts.close();
        if owner.is_some() { ExprIx::UNKNOWN } else { self.facts.expr(Expr::This(scope)) }
    }

    fn object_member(&mut self, node: Node<'t>, owner: SymbolIx, scope: ScopeIx) {
        match node.kind() {
            K::Shorthand => {
                let value = self.mention(node, Role::Read, Form::Bare);
                if !value.is_known() {
                    return;
                }
                let symbol = self.facts.declare(Kind::Field, node.span(), node.span());
                let symbol = self.facts.symbol_mut(symbol);
                symbol.value = value;
                symbol.flags.0 &= !Flags::LOCAL.0;
            }
            K::Pair => self.pair(node, scope),
            K::MethodDefinition => {
                self.method(node, This::Instance(scope), None, false);
            }
            K::Spread => {
                let base = self.parts(node);
                if base.is_known() {
                    self.facts.symbol_mut(owner).bases.push(base);
                }
            }
            _ => self.statement(node),
        }
    }

    fn pair(&mut self, node: Node<'t>, scope: ScopeIx) {
        let (Some(key), value) = (node.get(F::Key), node.get(F::Value)) else {
            return self.statements(node);
        };
        let is_function = value.is_some_and(|it| it.kind().is_function());
        let kind = if is_function { Kind::Method } else { Kind::Field };
        let Some(symbol) = self.define_member(kind, key, node) else {
            if let Some(value) = value {
                self.expression(value, Context::None);
            }
            return;
        };
        let Some(value) = value else { return };
        let end = value
            .get(F::Body)
            .filter(|_| is_function)
            .map_or_else(|| self.boundary(node.end().min(key.end() + 120)), |body| body.start());
        self.describe(symbol, node, end);
        self.property_value(symbol, value, This::Instance(scope));
    }

    /// What a property holds: a function or object is the property's own.
    pub(super) fn property_value(&mut self, symbol: SymbolIx, value: Node<'t>, this: This) {
        if value.kind().is_function() {
            let this = match value.kind() {
                K::Arrow => self.this.last().copied().unwrap_or_default(),
                _ => this,
            };
            self.function_with(value, symbol, Context::None, this);
            return;
        }
        let given = match self.literal(value) {
            Some(object) => self.object(object, Context::None, Some(symbol)),
            None => self.expression(value, Context::None),
        };
        self.facts.symbol_mut(symbol).value = given;
    }

    /// An object literal, also in brackets, `as const` or frozen.
    pub(super) fn literal(&self, node: Node<'t>) -> Option<Node<'t>> {
        match node.kind() {
            K::Object => Some(node),
            K::Parenthesized => self.literal(node.first()?),
            K::As if node.has(K::ConstWord) => self.literal(node.first()?),
            _ => None,
        }
    }

    /// An object literal in a place whose type is known: its keys name that type's members.
    fn expected_object(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        let expected = self.expected(context);
        for member in node.children() {
            self.deeper(|walk| walk.expected_member(member, expected));
        }
        match context {
            Context::Value(value) => value,
            _ => self.builtin("object"),
        }
    }

    fn expected_member(&mut self, node: Node<'t>, expected: ExprIx) {
        match node.kind() {
            K::Shorthand => {
                self.mention(node, Role::Read, Form::Bare);
            }
            K::Pair => {
                let Some(key) = node.get(F::Key) else { return self.statements(node) };
                let member = self.expected_key(key, expected);
                let context = self.value_context(member);
                self.field(node, F::Value, context);
            }
            K::MethodDefinition => {
                let Some(name) = node.get(F::Name) else { return };
                let member = self.expected_key(name, expected);
                let context = self.value_context(member);
                let symbol = self.anonymous(Kind::Method, node);
                let this = if expected.is_known() { This::Value(expected) } else { This::Unknown };
                self.function_with(node, symbol, context, this);
            }
            K::Spread => {
                self.parts(node);
            }
            _ => self.statement(node),
        }
    }

    fn expected_key(&mut self, key: Node<'t>, expected: ExprIx) -> ExprIx {
        let at = match key.kind() {
            K::PropertyName | K::PrivateName => Some(key.span()),
            K::String => self.string_inside(key),
            K::ComputedName => {
                self.parts(key);
                return self.facts.wrap(expected, Expr::Element);
            }
            _ => None,
        };
        at.map_or(ExprIx::UNKNOWN, |at| self.member_of(expected, at, Role::Write))
    }

    /// `[a, b]`.
    pub(super) fn array(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        let expected = self.expected(context);
        let mut values = Vec::new();
        for (n, element) in node.children().enumerate() {
            let of = self.element_context(expected, n as u32, element);
            let value = self.expression(element, of);
            values.push(match element.kind() {
                K::Spread => self.facts.wrap(value, Expr::Element),
                _ => value,
            });
        }
        if let Context::Value(value) = context {
            return value;
        }
        values.truncate(SAMPLE);
        let value = self.facts.either(values);
        self.facts.expr(Expr::List(value))
    }

    /// The same as a tuple: what each place holds.
    pub(super) fn tuple(&mut self, node: Node<'t>) -> Vec<ExprIx> {
        node.children().map(|element| self.expression(element, Context::None)).collect()
    }

    fn element_context(&mut self, expected: ExprIx, n: u32, element: Node<'t>) -> Context {
        let matters = matches!(
            element.kind(),
            K::Object | K::Array | K::Arrow | K::FunctionExpression | K::Parenthesized | K::Ternary
        );
        if !matters {
            return Context::None;
        }
        let of = self.facts.wrap(expected, |it| Expr::Slot(it, n));
        self.value_context(of)
    }
}
