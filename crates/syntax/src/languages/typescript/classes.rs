//! Classes, interfaces, enumerations, namespaces and type aliases.

use std::collections::HashSet;

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, Export, This, Walk},
};
use crate::facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, Span, SymbolIx};

impl<'t> Walk<'t> {
    /// `class C {}`.
    pub(super) fn class_declaration(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        self.decorators(whole);
        if whole.span() != node.span() {
            self.decorators(node);
        }
        let Some(name) = node.get(F::Name).filter(|it| !it.span().is_empty()) else {
            return self.unnamed_default(node, whole, export);
        };
        let symbol = self.facts.define(Kind::Class, name.span(), whole.span());
        self.exported(symbol, export);
        let body = node.get(F::Body).map_or(node.end(), |it| it.start());
        self.describe(symbol, whole, body);
        self.class_body(node, symbol);
    }

    /// A class in the place of a value.
    pub(super) fn class_value(&mut self, node: Node<'t>) -> ExprIx {
        self.decorators(node);
        let symbol = match node.get(F::Name).filter(|it| !it.span().is_empty()) {
            Some(name) => self.facts.define(Kind::Class, name.span(), node.span()),
            None => self.anonymous(Kind::Class, node),
        };
        let scope = self.class_body(node, symbol);
        self.facts.expr(Expr::ThisType(scope))
    }

    /// Supertypes and members of a class that has a symbol.
    pub(super) fn class_body(&mut self, node: Node<'t>, symbol: SymbolIx) -> ScopeIx {
        let parameters = node.get(F::TypeParameters);
        let heritage = node.child(K::ClassHeritage);
        let body = node.get(F::Body);
        let start = [parameters, heritage, body].into_iter().flatten().next();
        let start = start.map_or(node.end(), |it| it.start());
        let whole = Span { start, end: node.end() };
        let scope = self.facts.open(ScopeKind::Type, whole, Some(symbol));
        self.type_parameters(parameters);
        if let Some(heritage) = heritage {
            let bases = self.heritage(heritage);
            self.facts.symbol_mut(symbol).bases = bases;
        }
        if let Some(body) = body {
            self.class_members(body, scope);
        }
        self.facts.close();
        scope
    }

    fn class_members(&mut self, body: Node<'t>, scope: ScopeIx) {
        // Decorators stand before their method here, not in it.
        let mut from = None;
        for member in body.children() {
            if member.is(K::Decorator) {
                from.get_or_insert(member.start());
                if let Some(inner) = member.first() {
                    let value = self.expression(inner, Context::None);
                    self.facts.set_expr_role(value, Role::Call);
                }
                continue;
            }
            let start = from.take();
            self.deeper(|walk| walk.class_member(member, scope, start));
        }
    }

    /// `extends A<B> implements C`; in JavaScript the value stands alone.
    fn heritage(&mut self, node: Node<'t>) -> Vec<ExprIx> {
        let mut bases = Vec::new();
        for clause in node.children() {
            match clause.kind() {
                K::ImplementsClause => {
                    for ty in clause.children() {
                        bases.push(self.base_type(ty));
                    }
                }
                K::ExtendsClause => {
                    let mut base = ExprIx::UNKNOWN;
                    for part in clause.children() {
                        if part.is(K::TypeArguments) {
                            let arguments = self.type_arguments(part);
                            self.component_class(base, &arguments);
                            base = self.facts.wrap(base, |it| Expr::Generic(it, arguments));
                        } else {
                            base = self.base_value(part);
                        }
                    }
                    bases.push(base);
                }
                _ => bases.push(self.base_value(clause)),
            }
        }
        bases.retain(|base| base.is_known());
        bases
    }

    fn base_value(&mut self, node: Node<'t>) -> ExprIx {
        let base = self.expression(node, Context::None);
        if matches!(node.kind(), K::Identifier | K::Member) {
            self.facts.set_expr_role(base, Role::Inherit);
        }
        base
    }

    fn base_type(&mut self, node: Node<'t>) -> ExprIx {
        let base = self.type_expression(node);
        let head = match self.facts.expr_of(base) {
            Expr::Generic(head, _) => *head,
            _ => base,
        };
        self.facts.set_expr_role(head, Role::Inherit);
        base
    }

    /// React's class components have `props` and `state` of the types given.
    fn component_class(&mut self, base: ExprIx, arguments: &[ExprIx]) {
        let Some(ix) = self.occurrence_of(base) else { return };
        if !matches!(self.facts.occurrence_name(ix), "Component" | "PureComponent") {
            return;
        }
        for (name, ty) in ["props", "state"].into_iter().zip(arguments) {
            let name = self.facts.name(name);
            let start = self.facts.scope_of(self.facts.scope()).span.start;
            let at = Span { start, end: start };
            let field = self.facts.declare_named(name, Kind::Field, at, at);
            let field = self.facts.symbol_mut(field);
            field.ty = *ty;
            field.flags = Flags::INSTANCE;
        }
    }

    fn class_member(&mut self, node: Node<'t>, scope: ScopeIx, from: Option<u32>) {
        let is_static = node.has(K::StaticWord) || node.is(K::ClassStaticBlock);
        let this = if is_static { This::Type(scope) } else { This::Instance(scope) };
        match node.kind() {
            K::MethodDefinition | K::MethodSignature | K::AbstractMethod => {
                self.method(node, this, from, is_static);
            }
            K::PublicField | K::FieldDefinition => self.class_field(node, this, is_static),
            K::IndexSignature => self.index_signature(node),
            K::ClassStaticBlock => {
                self.this.push(this);
                self.facts.open(ScopeKind::Block, node.span(), None);
                node.get(F::Body).into_iter().for_each(|it| self.body(it));
                self.facts.close();
                self.this.pop();
            }
            _ => self.statement(node),
        }
    }

    /// A method, accessor or constructor, with or without a body.
    pub(super) fn method(
        &mut self,
        node: Node<'t>,
        this: This,
        from: Option<u32>,
        is_static: bool,
    ) -> Option<SymbolIx> {
        let name = node.get(F::Name)?;
        let is_accessor = node.has(K::GetWord) || node.has(K::SetWord);
        let kind = match self.text(name) {
            _ if is_accessor => Kind::Property,
            "constructor" if !is_static => Kind::Constructor,
            _ => Kind::Method,
        };
        let symbol = self.define_member(kind, name, node)?;
        let body = node.get(F::Body).map_or(node.end(), |it| it.start());
        self.describe(symbol, node, body);
        self.set_flag(symbol, is_static, Flags::STATIC);
        if let Some(from) = from {
            let source = self.facts.source();
            let doc = crate::comments::above(source, from as usize);
            let symbol = self.facts.symbol_mut(symbol);
            symbol.full.start = from;
            symbol.flags = symbol.flags.with(Flags::REACHED);
            symbol.doc = doc;
        }
        let first = self.function_with(node, symbol, Context::None, this);
        if node.has(K::SetWord) {
            // A setter is of its parameter's type.
            let symbol = self.facts.symbol_mut(symbol);
            (symbol.ty, symbol.value) = (first, ExprIx::UNKNOWN);
        }
        Some(symbol)
    }

    fn class_field(&mut self, node: Node<'t>, this: This, is_static: bool) {
        self.decorators(node);
        let mut name = node.get(F::Name).or_else(|| node.get(F::Property));
        // `accessor` is a word that the grammar takes for the name.
        if let (Some("accessor"), Some(error)) =
            (name.map(|it| self.text(it)), node.child(K::Error))
        {
            name = error.first().or(name);
        }
        let Some(name) = name else { return };
        let ty = self.annotation(node.get(F::Type));
        let value = node.get(F::Value);
        let is_function = value.is_some_and(|it| it.kind().is_function());
        let kind = if is_function && !ty.is_known() { Kind::Method } else { Kind::Field };
        let Some(symbol) = self.define_member(kind, name, node) else { return };
        self.set_flag(symbol, is_static, Flags::STATIC);
        let end = match value {
            Some(value) if kind == Kind::Method => {
                value.get(F::Body).map_or(value.end(), |it| it.start())
            }
            _ => self.boundary(node.end().min(name.end() + 120)),
        };
        self.describe(symbol, node, end);
        self.this.push(this);
        if let (Kind::Method, Some(value)) = (kind, value) {
            self.function(value, symbol, Context::None);
        } else {
            let expected = self.instance(ty);
            let context = self.value_context(expected);
            let value = match value {
                Some(it) => match self.literal(it).filter(|_| !ty.is_known()) {
                    Some(object) => self.object(object, Context::None, Some(symbol)),
                    None => self.expression(it, context),
                },
                None => ExprIx::UNKNOWN,
            };
            let symbol = self.facts.symbol_mut(symbol);
            (symbol.ty, symbol.value) = (ty, value);
        }
        self.this.pop();
    }

    /// Declares a member by its name, whatever form that has. `[x]` is named as it is written.
    pub(super) fn define_member(
        &mut self,
        kind: Kind,
        name: Node<'t>,
        whole: Node<'t>,
    ) -> Option<SymbolIx> {
        let at = match name.kind() {
            K::PropertyName | K::PrivateName | K::Identifier => name.span(),
            K::String => self.string_inside(name)?,
            K::ComputedName => {
                let inner = name.first();
                match inner.and_then(|it| self.string_inside(it)) {
                    Some(inside) => inside,
                    None => {
                        inner.into_iter().for_each(|it| {
                            self.expression(it, Context::None);
                        });
                        let at = name.span();
                        return (!at.is_empty() && at.end - at.start < 100)
                            .then(|| self.facts.declare(kind, at, whole.span()));
                    }
                }
            }
            _ => return None,
        };
        if at.is_empty() {
            return None;
        }
        let symbol = self.facts.define(kind, at, whole.span());
        let visibility = self.visibility(whole, self.facts.text(at));
        let scope = self.facts.symbol(symbol).scope;
        let spelled = self.facts.name_at(at);
        self.members.insert((scope, spelled), symbol);
        let symbol_mut = self.facts.symbol_mut(symbol);
        symbol_mut.visibility = visibility;
        symbol_mut.flags.0 &= !Flags::LOCAL.0;
        Some(symbol)
    }

    /// `interface I extends A {}`.
    pub(super) fn interface(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let Some(name) = node.get(F::Name).filter(|it| !it.span().is_empty()) else {
            return self.statements(node);
        };
        let symbol = self.facts.define(Kind::Interface, name.span(), whole.span());
        self.exported(symbol, export);
        let body = node.get(F::Body);
        self.describe(symbol, whole, body.map_or(node.end(), |it| it.start()));
        let parameters = node.get(F::TypeParameters);
        let extends = node.child(K::ExtendsTypeClause);
        let start = [parameters, extends, body].into_iter().flatten().next();
        let start = start.map_or(node.end(), |it| it.start());
        let whole = Span { start, end: node.end() };
        let scope = self.facts.open(ScopeKind::Type, whole, Some(symbol));
        self.type_parameters(parameters);
        let bases = extends.into_iter().flat_map(|it| it.children());
        let bases: Vec<ExprIx> = bases.map(|it| self.base_type(it)).collect();
        self.facts.symbol_mut(symbol).bases = bases;
        if let Some(body) = body {
            self.type_members(body, scope);
        }
        self.facts.close();
    }

    /// What is between the braces of an interface or an object type; the scope is open.
    pub(super) fn type_members(&mut self, body: Node<'t>, scope: ScopeIx) {
        for member in body.children() {
            self.deeper(|walk| match member.kind() {
                K::PropertySignature => walk.property_signature(member),
                K::MethodSignature => {
                    walk.method(member, This::Instance(scope), None, false);
                }
                K::CallSignature | K::ConstructSignature => walk.call_signature(member),
                K::IndexSignature => walk.index_signature(member),
                _ => walk.statement(member),
            });
        }
    }

    fn property_signature(&mut self, node: Node<'t>) {
        let Some(name) = node.get(F::Name) else { return };
        let Some(symbol) = self.define_member(Kind::Field, name, node) else { return };
        let end = self.boundary(node.end().min(name.end() + 120));
        self.describe(symbol, node, end);
        let ty = self.annotation(node.get(F::Type));
        self.facts.symbol_mut(symbol).ty = ty;
    }

    /// `(x: X): Y` and `new (x: X): Y` in a type: what calling it gives.
    fn call_signature(&mut self, node: Node<'t>) {
        let name = self.facts.name("()");
        let at = Span { start: node.start(), end: node.start() };
        let symbol = self.facts.declare_named(name, Kind::Method, at, node.span());
        self.function(node, symbol, Context::None);
    }

    /// `[key: K]: V`: what indexing gives. Of `[K in keyof T]: T[K]` the members are those of `T`.
    pub(super) fn index_signature(&mut self, node: Node<'t>) {
        self.facts.open(ScopeKind::Block, node.span(), None);
        if let Some(key) = node.get(F::Name).filter(|it| !it.span().is_empty()) {
            self.facts.define(Kind::Parameter, key.span(), key.span());
        }
        if let Some(ty) = node.get(F::IndexType) {
            self.type_expression(ty);
        }
        let mut mapped = ExprIx::UNKNOWN;
        if let Some(clause) = node.child(K::MappedType) {
            if let Some(name) = clause.get(F::Name).filter(|it| !it.span().is_empty()) {
                self.facts.define(Kind::TypeParameter, name.span(), name.span());
            }
            if let Some(keys) = clause.get(F::Type) {
                let ty = self.type_expression(keys);
                if keys.is(K::IndexTypeQuery) {
                    mapped = ty;
                }
            }
            if let Some(alias) = clause.get(F::Alias) {
                self.type_expression(alias);
            }
        }
        let value = node.get(F::Type).map_or(ExprIx::UNKNOWN, |it| match it.first() {
            Some(inner) if !it.is(K::TypeQuery) => self.type_expression(inner),
            _ => ExprIx::UNKNOWN,
        });
        self.facts.close();
        if mapped.is_known() {
            let owner = self.facts.scope_of(self.facts.scope()).owner;
            owner.into_iter().for_each(|it| self.facts.symbol_mut(it).bases.push(mapped));
        } else {
            let name = self.facts.name("[]");
            let at = Span { start: node.start(), end: node.start() };
            let symbol = self.facts.declare_named(name, Kind::Field, at, node.span());
            self.facts.symbol_mut(symbol).ty = value;
        }
    }

    /// `type T = ...`. The members of an object type are the alias's own.
    pub(super) fn type_alias(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let Some(name) = node.get(F::Name).filter(|it| !it.span().is_empty()) else {
            return self.statements(node);
        };
        let symbol = self.facts.define(Kind::TypeAlias, name.span(), whole.span());
        self.exported(symbol, export);
        let end = self.boundary(whole.end().min(name.end() + 200));
        let value = node.get(F::Value);
        let is_object = value.is_some_and(|it| it.is(K::ObjectType));
        self.describe(symbol, whole, if is_object { name.end() } else { end });
        let parameters = node.get(F::TypeParameters);
        let start = parameters.or(value).map_or(node.end(), |it| it.start());
        let span = Span { start, end: node.end() };
        let scope = self.facts.open(ScopeKind::Type, span, Some(symbol));
        self.type_parameters(parameters);
        if let Some(value) = value {
            self.alias_value(value, symbol, scope);
        }
        self.facts.close();
    }

    /// An alias of an object type, or of an intersection with one, is that type; every other alias
    /// stands for what it says.
    fn alias_value(&mut self, value: Node<'t>, symbol: SymbolIx, scope: ScopeIx) {
        match value.kind() {
            K::ObjectType => self.type_members(value, scope),
            K::IntersectionType if value.children().any(|it| it.is(K::ObjectType)) => {
                let mut bases = Vec::new();
                for part in value.children() {
                    match part.kind() {
                        K::ObjectType => self.type_members(part, scope),
                        _ => bases.push(self.type_expression(part)),
                    }
                }
                bases.retain(|base| base.is_known());
                self.facts.symbol_mut(symbol).bases.extend(bases);
            }
            _ => {
                let ty = self.type_expression(value);
                self.facts.symbol_mut(symbol).ty = ty;
            }
        }
    }

    /// `enum E { A, B }`.
    pub(super) fn enumeration(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let Some(name) = node.get(F::Name).filter(|it| !it.span().is_empty()) else {
            return self.statements(node);
        };
        let symbol = self.facts.define(Kind::Enum, name.span(), whole.span());
        self.exported(symbol, export);
        let Some(body) = node.get(F::Body) else { return };
        self.describe(symbol, whole, body.start());
        let scope = self.facts.open(ScopeKind::Type, body.span(), Some(symbol));
        self.enums.push((scope, HashSet::new()));
        for member in body.children() {
            let name =
                if member.is(K::EnumAssignment) { member.get(F::Name) } else { Some(member) };
            let Some(name) = name else { continue };
            let defined = self.define_member(Kind::EnumMember, name, member);
            if let Some(defined) = defined {
                let end = self.boundary(member.end().min(name.end() + 120));
                self.describe(defined, member, end);
                self.set_flag(defined, true, Flags::STATIC);
            }
            self.field(member, F::Value, Context::None);
            if let (Some(defined), Some((_, seen))) = (defined, self.enums.last_mut()) {
                seen.insert(self.facts.symbol(defined).name);
            }
        }
        self.enums.pop();
        self.facts.close();
    }

    /// `namespace A.B {}` and `declare module "x" {}`.
    pub(super) fn namespace(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let mut names = Vec::new();
        if let Some(name) = node.get(F::Name) {
            match name.kind() {
                K::NestedIdentifier => {
                    names.extend(
                        name.descendants()
                            .filter(|it| matches!(it.kind(), K::Identifier | K::PropertyName)),
                    );
                }
                _ => names.push(name),
            }
        }
        let mut opened = 0;
        for (n, name) in names.iter().enumerate() {
            let at = if name.is(K::String) { self.string_inside(*name) } else { Some(name.span()) };
            let Some(at) = at.filter(|at| !at.is_empty()) else { continue };
            let symbol = self.facts.define(Kind::Module, at, whole.span());
            self.exported(symbol, if n == 0 { export } else { Export::Named });
            let body = node.get(F::Body).map_or(node.end(), |it| it.start());
            self.describe(symbol, whole, body);
            let span = node.get(F::Body).map_or(node.span(), |it| it.span());
            let scope = self.facts.open(ScopeKind::Module, span, Some(symbol));
            opened += 1;
            if name.is(K::String) {
                let module = self.facts.name_at(at);
                let module = self.facts.expr(Expr::Module(module));
                self.facts.wildcard(scope, module);
            }
        }
        let ambient = self.ambient;
        self.ambient |= whole.descendants().take(3).any(|it| it.is(K::AmbientDeclaration));
        if let Some(body) = node.get(F::Body) {
            self.statements(body);
        }
        self.ambient = ambient;
        (0..opened).for_each(|_| self.facts.close());
    }

    /// What `export default` has that bears no name.
    pub(super) fn unnamed_default(&mut self, node: Node<'t>, whole: Node<'t>, export: Export) {
        let name = self.facts.name("default");
        let kind = match node.kind() {
            K::ClassDeclaration | K::AbstractClass | K::Class => Kind::Class,
            _ => Kind::Function,
        };
        let at = whole.child(K::DefaultWord).unwrap_or(node).span();
        let at = if export == Export::Default { at } else { Span { end: at.start, ..at } };
        let symbol = self.facts.declare_named(name, kind, at, whole.span());
        self.exported(symbol, export);
        let body = node.get(F::Body).map_or(node.end(), |it| it.start());
        self.describe(symbol, whole, body);
        if kind == Kind::Class {
            self.class_body(node, symbol);
        } else {
            self.function(node, symbol, Context::None);
        }
    }

    /// `this` in an expression.
    pub(super) fn this_value(&mut self) -> ExprIx {
        match self.this.last().copied().unwrap_or_default() {
            This::Unknown => ExprIx::UNKNOWN,
            This::Instance(scope) => self.facts.expr(Expr::This(scope)),
            This::Type(scope) => self.facts.expr(Expr::ThisType(scope)),
            This::Value(value) => value,
        }
    }

    /// A bare name that is a member of the enumeration being read.
    pub(super) fn enum_member(&mut self, node: Node<'t>) -> Option<ExprIx> {
        let (scope, seen) = self.enums.last()?;
        let scope = *scope;
        let name = self.text(node);
        if !seen.iter().any(|it| self.facts.spelled(*it) == name) {
            return None;
        }
        let of = self.facts.expr(Expr::ThisType(scope));
        Some(self.mention(node, Role::Read, Form::Member(of)))
    }
}
