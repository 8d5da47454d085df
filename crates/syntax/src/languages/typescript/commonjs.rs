//! Assignments that declare: to `this`, to CommonJS exports, to prototypes and functions.

use super::{
    ast::Node,
    kinds::{Dialect, F, K},
    walk::{Context, Export, This, Walk},
};
use crate::facts::{
    Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, Span, SymbolIx, Visibility,
};

impl<'t> Walk<'t> {
    /// An assignment that declares something; its value.
    pub(super) fn special_assignment(
        &mut self,
        node: Node<'t>,
        left: Node<'t>,
        right: Node<'t>,
    ) -> Option<ExprIx> {
        let (of, property) = match left.kind() {
            K::Member => (left.get(F::Object)?, left.get(F::Property)?),
            _ => return None,
        };
        if of.is(K::This) && self.dialect == Dialect::JavaScript {
            return self.this_member(node, property, right);
        }
        if self.dialect == Dialect::JavaScript && self.is_exports(left) {
            return Some(self.whole_exports(node, left, right));
        }
        if self.dialect == Dialect::JavaScript && self.is_exports(of) {
            self.mention_exports(of);
            return Some(self.one_export(node, property, right));
        }
        if of.is(K::Member) && self.dialect == Dialect::JavaScript {
            return self.prototype_member(node, of, property, right);
        }
        self.function_property(node, of, property, right)
    }

    /// `this.x = value` in a class or constructor function.
    fn this_member(
        &mut self,
        node: Node<'t>,
        property: Node<'t>,
        right: Node<'t>,
    ) -> Option<ExprIx> {
        let symbol = self.assign_to_this(property, node.span())?;
        let end = self.boundary(node.end().min(property.end() + 120));
        self.describe(symbol, node, end);
        let this = self.this.last().copied().unwrap_or_default();
        self.property_value(symbol, right, this);
        Some(self.facts.symbol(symbol).value)
    }

    /// `this.name = value`: in JavaScript that is how fields come to be.
    fn assign_to_this(&mut self, name: Node<'t>, whole: Span) -> Option<SymbolIx> {
        let (scope, is_static) = match self.this.last()? {
            This::Instance(scope) => (*scope, false),
            This::Type(scope) => (*scope, true),
            _ => return None,
        };
        let spelled = self.facts.name_at(name.span());
        if self.members.contains_key(&(scope, spelled)) {
            return None;
        }
        self.facts.reopen(scope);
        let symbol = self.define_instance(Kind::Field, name.span(), whole);
        self.facts.close();
        self.members.insert((scope, spelled), symbol);
        self.set_flag(symbol, is_static, Flags::STATIC);
        if name.is(K::PrivateName) {
            self.facts.symbol_mut(symbol).visibility = Visibility::Private;
        }
        Some(symbol)
    }

    /// `exports` or `module.exports`.
    fn is_exports(&self, node: Node<'t>) -> bool {
        match node.kind() {
            K::Identifier => self.text(node) == "exports" && self.is_builtin("exports"),
            K::Member => {
                let of = node.get(F::Object).map_or("", |it| self.word(it));
                let name = node.get(F::Property).map_or("", |it| self.word(it));
                of == "module" && name == "exports" && self.is_builtin("module")
            }
            _ => false,
        }
    }

    /// `exports` in a file that exports by it: what the file offers.
    pub(super) fn is_own_exports(&self, node: Node<'t>) -> bool {
        self.dialect == Dialect::JavaScript && self.is_exports(node)
    }

    pub(super) fn mention_exports(&mut self, node: Node<'t>) {
        match node.kind() {
            K::Identifier => {
                self.mention(node, Role::Read, Form::Bare);
            }
            _ => {
                self.member_expression(node);
            }
        }
    }

    /// `exports.name = value`.
    fn one_export(&mut self, node: Node<'t>, property: Node<'t>, right: Node<'t>) -> ExprIx {
        let at = property.span();
        if at.is_empty() {
            return self.expression(right, Context::None);
        }
        let symbol = self.export_named(at, node, right);
        self.facts.occurrence(at, Role::Definition, Form::Definition(symbol));
        let end = self.boundary(node.end().min(at.end + 120));
        self.describe(symbol, node, end);
        self.export_value(symbol, right);
        self.facts.symbol(symbol).value
    }

    /// A symbol that other files see under a name, of the kind that its value has.
    fn export_named(&mut self, at: Span, node: Node<'t>, value: Node<'t>) -> SymbolIx {
        let kind = match value.kind() {
            kind if kind.is_function() => Kind::Function,
            K::Class => Kind::Class,
            K::Identifier | K::Member => Kind::Alias,
            _ => Kind::Constant,
        };
        self.facts.reopen(ScopeIx(0));
        let symbol = self.facts.declare(kind, at, node.span());
        self.facts.close();
        self.localise(symbol, ScopeIx(0));
        self.set_flag(symbol, true, Flags::EXPORTED.with(Flags::INSTANCE));
        symbol
    }

    fn export_value(&mut self, symbol: SymbolIx, value: Node<'t>) {
        if value.is(K::Class) {
            self.class_body(value, symbol);
        } else {
            self.property_value(symbol, value, This::Unknown);
        }
    }

    /// `module.exports = value`; of an object literal, each property is an export.
    fn whole_exports(&mut self, node: Node<'t>, left: Node<'t>, right: Node<'t>) -> ExprIx {
        self.mention_exports(left);
        let Some(object) = self.literal(right) else { return self.export_whole(right, node) };
        for member in object.children() {
            match member.kind() {
                K::Shorthand if !member.span().is_empty() => {
                    let value = self.mention(member, Role::Read, Form::Bare);
                    let symbol = self.export_named(member.span(), member, member);
                    let symbol = self.facts.symbol_mut(symbol);
                    (symbol.kind, symbol.value) = (Kind::Alias, value);
                }
                K::Pair => {
                    let (Some(key), Some(value)) = (member.get(F::Key), member.get(F::Value))
                    else {
                        continue;
                    };
                    let at = match key.kind() {
                        K::PropertyName => Some(key.span()),
                        _ => self.string_inside(key),
                    };
                    match at.filter(|at| !at.is_empty()) {
                        Some(at) => {
                            let symbol = self.export_named(at, member, value);
                            self.facts.occurrence(at, Role::Definition, Form::Definition(symbol));
                            self.export_value(symbol, value);
                        }
                        None => {
                            self.parts(member);
                        }
                    }
                }
                K::MethodDefinition => {
                    if let Some(symbol) = self.method(member, This::Unknown, None, false) {
                        let flags = Flags::EXPORTED.with(Flags::INSTANCE);
                        self.set_flag(symbol, true, flags);
                        self.facts.symbol_mut(symbol).kind = Kind::Function;
                    }
                }
                K::Spread => {
                    let of = self.parts(member);
                    if of.is_known() {
                        self.facts.wildcard(ScopeIx(0), of);
                    }
                }
                _ => self.statement(member),
            }
        }
        ExprIx::UNKNOWN
    }

    /// A function that is a class of the older kind: instances get what its prototype has.
    pub(super) fn function_class(
        &mut self,
        name: Node<'t>,
        node: Node<'t>,
        whole: Node<'t>,
        export: Export,
    ) {
        let symbol = self.facts.define(Kind::Class, name.span(), whole.span());
        self.exported(symbol, export);
        let body = node.get(F::Body).map_or(node.end(), |it| it.start());
        self.describe(symbol, whole, body);
        let start = node.get(F::Parameters).unwrap_or(node).start();
        let scope = self.facts.open(ScopeKind::Type, Span { start, end: node.end() }, Some(symbol));
        self.prototypes.insert(self.text(name), scope);
        let spelled = self.facts.name("constructor");
        let constructor =
            self.facts.declare_named(spelled, Kind::Constructor, name.span(), node.span());
        self.function_with(node, constructor, Context::None, This::Instance(scope));
        self.facts.close();
    }

    /// `C.prototype.m = value`, also `C.prototype = { m() {} }`.
    fn prototype_member(
        &mut self,
        node: Node<'t>,
        of: Node<'t>,
        property: Node<'t>,
        right: Node<'t>,
    ) -> Option<ExprIx> {
        let (class, word) = (of.get(F::Object)?, of.get(F::Property)?);
        if self.text(word) != "prototype" || property.span().is_empty() {
            return None;
        }
        let scope = *self.prototypes.get(self.word(class))?;
        self.expression(of, Context::None);
        self.facts.reopen(scope);
        let kind = if right.kind().is_function() { Kind::Method } else { Kind::Field };
        let symbol = self.define_instance(kind, property.span(), node.span());
        self.facts.close();
        let end = right.get(F::Body).map_or(property.end(), |it| it.start());
        self.describe(symbol, node, end);
        self.property_value(symbol, right, This::Instance(scope));
        Some(self.facts.expr(Expr::Function(symbol)))
    }

    /// `f.name = value` for a function of this file: a member of the function.
    fn function_property(
        &mut self,
        node: Node<'t>,
        of: Node<'t>,
        property: Node<'t>,
        right: Node<'t>,
    ) -> Option<ExprIx> {
        let name = self.word(of);
        if self.facts.scope() != ScopeIx(0)
            || property.span().is_empty()
            || !(self.top.functions.contains(name) || self.prototypes.contains_key(name))
        {
            return None;
        }
        self.expression(of, Context::None);
        let known = self.prototypes.get(name).or_else(|| self.expandos.get(name));
        let scope = match known.copied() {
            Some(scope) => scope,
            None => {
                // Another part of the same symbol, as a namespace of that name would be.
                let part = self.facts.declare(Kind::Module, of.span(), node.span());
                let at = Span { start: node.start(), end: node.start() };
                let scope = self.facts.open(ScopeKind::Module, at, Some(part));
                self.facts.close();
                self.expandos.insert(name, scope);
                scope
            }
        };
        let spelled = self.facts.name_at(property.span());
        if self.members.contains_key(&(scope, spelled)) {
            self.mention_member(of, property);
            return Some(self.expression(right, Context::None));
        }
        self.facts.reopen(scope);
        let kind = if right.kind().is_function() { Kind::Function } else { Kind::Field };
        let symbol = self.facts.define(kind, property.span(), node.span());
        self.facts.close();
        self.members.insert((scope, spelled), symbol);
        self.set_flag(symbol, true, Flags::STATIC.with(Flags::EXPORTED));
        let end = self.boundary(node.end().min(property.end() + 120));
        self.describe(symbol, node, end);
        self.property_value(symbol, right, This::Unknown);
        Some(self.facts.symbol(symbol).value)
    }

    fn mention_member(&mut self, of: Node<'t>, property: Node<'t>) {
        let name = self.facts.name_at(of.span());
        let of = self.facts.expr(Expr::Named(ScopeIx(0), name));
        self.member_of(of, property.span(), Role::Write);
    }
}
