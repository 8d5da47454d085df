//! What C++ has beyond C.

use tree_sitter::Node;

use super::{kinds::Kind as K, walk::Walk};
use crate::{
    Span,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, SymbolIx, Visibility},
    tree::span,
};

impl<'t> Walk<'t, '_> {
    /// Visits what may be C++; all else is as in C.
    pub(super) fn visit_cpp(&mut self, node: Node<'t>, kind: K) -> ExprIx {
        match kind {
            K::NamespaceDefinition => self.namespace(node),
            K::NamespaceAlias => self.namespace_alias(node),
            K::TemplateDeclaration => self.template_declaration(node),
            K::UsingDeclaration => self.using(node),
            K::AliasDeclaration => self.alias(node),
            K::ConceptDefinition => self.concept(node),
            K::FriendDeclaration => self.friend(node),
            K::AccessSpecifier => self.access_specifier(node),
            K::FieldInitializer => self.field_initializer(node),
            K::QualifiedIdentifier => return self.qualified(node, Role::Read),
            K::TemplateFunction => return self.template_function(node),
            K::TemplateType | K::Decltype => return self.type_of(node, None),
            K::LambdaExpression => self.lambda(node),
            K::LambdaCaptureInitializer => self.capture(node),
            K::NewExpression => return self.new_expression(node),
            K::This => {
                return self.functions.last().map_or(ExprIx::UNKNOWN, |function| function.this);
            }
            K::OperatorName => {}
            _ => return self.expression(node),
        }
        ExprIx::UNKNOWN
    }

    /// `namespace a::b { ... }`. Its parts in all files are one.
    fn namespace(&mut self, node: Node<'t>) {
        let fields = &self.grammar.fields;
        let (name, body) = (self.field(node, fields.name), self.field(node, fields.body));
        let Some(body) = body else {
            self.inside(node);
            return;
        };
        let mut names = Vec::new();
        let mut part = name;
        while let Some(here) = part {
            part = None;
            if self.kind(here) == K::NestedNamespace {
                self.each(here, |walk, child, _| match walk.kind(child) {
                    K::NestedNamespace => part = Some(child),
                    _ => names.push(child),
                });
            } else {
                names.push(here);
            }
        }
        if names.is_empty() {
            // Without a name: seen from here on, and from nowhere else.
            self.unnamed += 1;
            self.list(body);
            self.unnamed -= 1;
            return;
        }
        let is_inline = self.text(node).starts_with("inline");
        for name in &names {
            let around = self.facts.scope();
            let symbol = self.facts.define(Kind::Module, span(*name), span(node));
            self.describe(symbol, node, body.start_byte());
            self.exported(symbol);
            let of = self.facts.symbol_mut(symbol);
            of.flags = of.flags.with(Flags::LINKED);
            if is_inline {
                let named = of.name;
                let all = self.facts.expr(Expr::Named(around, named));
                self.facts.wildcard(around, all);
            }
            self.facts.open(ScopeKind::Module, span(body), Some(symbol));
        }
        self.list(body);
        for _ in names {
            self.facts.close();
        }
    }

    /// `namespace a = b::c;`
    fn namespace_alias(&mut self, node: Node<'t>) {
        let name = self.field(node, self.grammar.fields.name);
        let mut value = ExprIx::UNKNOWN;
        self.each(node, |walk, child, field| {
            if field == 0 {
                value = walk.namespace_path(child, ExprIx::UNKNOWN);
            }
        });
        if let Some(name) = name {
            let symbol = self.facts.define(Kind::Alias, span(name), span(node));
            self.facts.symbol_mut(symbol).value = value;
            self.exported(symbol);
        }
    }

    fn namespace_path(&mut self, node: Node<'t>, of: ExprIx) -> ExprIx {
        if self.kind(node) != K::NestedNamespace {
            return self.qualifier(node, of);
        }
        let mut of = of;
        let mut parts = vec![node];
        while let Some(part) = parts.pop() {
            if self.kind(part) == K::NestedNamespace {
                let from = parts.len();
                self.each(part, |_, child, _| parts.push(child));
                parts[from..].reverse();
            } else {
                of = self.qualifier(part, of);
            }
        }
        of
    }

    fn template_declaration(&mut self, node: Node<'t>) {
        let parameters = self.field(node, self.grammar.fields.parameters);
        self.each(node, |walk, child, field| {
            if field == walk.grammar.fields.parameters {
                return;
            }
            walk.template = parameters;
            walk.visit(child);
        });
        self.template = None;
    }

    /// Declares template parameters in the scope that is open.
    pub(super) fn template_parameters(&mut self, node: Node<'t>) {
        self.each(node, |walk, child, _| match walk.kind(child) {
            K::ParameterDeclaration | K::OptionalParameter | K::VariadicParameter => {
                walk.parameters_in(child);
            }
            _ => {
                let default = walk.field(child, walk.grammar.fields.default_type);
                let mut name = None;
                walk.each(child, |walk, part, _| {
                    if Some(part) == default {
                        walk.type_of(part, None);
                    } else if walk.kind(part) == K::TypeIdentifier {
                        name = Some(part);
                    } else {
                        walk.visit(part);
                    }
                });
                if let Some(name) = name {
                    walk.facts.define(Kind::TypeParameter, span(name), span(child));
                }
            }
        });
    }

    /// A value among template parameters.
    fn parameters_in(&mut self, node: Node<'t>) {
        let fields = &self.grammar.fields;
        let (ty, declarator) =
            (self.field(node, fields.r#type), self.field(node, fields.declarator));
        let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.type_of(ty, None));
        let name = declarator.map(|it| self.shape(it)).and_then(|shape| shape.name);
        if let Some(name) = name {
            let symbol = self.facts.define(Kind::Parameter, span(name), span(node));
            self.facts.symbol_mut(symbol).ty = ty;
        }
        if let Some(default) = self.field(node, self.grammar.fields.default_value) {
            self.visit(default);
        }
    }

    /// `using namespace a;` and `using a::b;`.
    fn using(&mut self, node: Node<'t>) {
        let rest = self.text(node).trim_start_matches("using").trim_start();
        let is_namespace = rest.starts_with("namespace") || rest.starts_with("enum");
        let mut last = None;
        self.each(node, |_, child, _| last = Some(child));
        let Some(path) = last else { return };
        if is_namespace {
            let all = match self.kind(path) {
                K::QualifiedIdentifier => self.qualified(path, Role::Import),
                _ => self.bare(path, Role::Import),
            };
            let scope = self.facts.scope();
            self.facts.wildcard(scope, all);
            return;
        }
        let value = self.qualified(path, Role::Import);
        if let Expr::Occurrence(of) = *self.facts.expr_of(value) {
            let occurrence = *self.facts.occurrence_of(of);
            let len = self.facts.spelled(occurrence.name).len() as u32;
            let at = Span { start: occurrence.start, end: occurrence.start + len };
            let symbol = self.facts.declare(Kind::Alias, at, span(node));
            self.facts.symbol_mut(symbol).value = value;
            self.exported(symbol);
        }
    }

    /// `using A = B;`
    fn alias(&mut self, node: Node<'t>) {
        let fields = &self.grammar.fields;
        let (name, ty) = (self.field(node, fields.name), self.field(node, fields.r#type));
        let Some(name) = name else { return };
        let symbol = self.facts.define(Kind::TypeAlias, span(name), span(node));
        self.describe(symbol, node, node.end_byte().min(node.start_byte() + 160));
        self.exported(symbol);
        let template = self.template.take();
        if let Some(template) = template {
            let range = Self::between(template, node);
            self.facts.open(ScopeKind::Type, range, Some(symbol));
            self.template_parameters(template);
        }
        let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.type_of(ty, None));
        if template.is_some() {
            self.facts.close();
        }
        let access = self.access.last().copied();
        let of = self.facts.symbol_mut(symbol);
        of.ty = ty;
        of.visibility = access.unwrap_or_default();
    }

    fn concept(&mut self, node: Node<'t>) {
        let Some(name) = self.field(node, self.grammar.fields.name) else { return };
        let symbol = self.facts.define(Kind::Trait, span(name), span(node));
        self.describe(symbol, node, node.end_byte().min(node.start_byte() + 160));
        self.exported(symbol);
        let template = self.template.take();
        let from = template.unwrap_or(node);
        self.facts.open(ScopeKind::Type, Self::between(from, node), Some(symbol));
        if let Some(template) = template {
            self.template_parameters(template);
        }
        self.each(node, |walk, child, _| {
            if child != name {
                walk.visit(child);
            }
        });
        self.facts.close();
    }

    /// A friend is no member: it is declared in the namespace around.
    fn friend(&mut self, node: Node<'t>) {
        let outer = self.outer_scope();
        let mut is_function = false;
        self.each(node, |walk, child, _| {
            is_function |= matches!(walk.kind(child), K::Declaration | K::FunctionDefinition);
        });
        if !is_function {
            self.each(node, |walk, child, _| {
                walk.type_of(child, None);
            });
            return;
        }
        self.facts.reopen(outer);
        self.inside(node);
        self.facts.close();
    }

    fn access_specifier(&mut self, node: Node<'t>) {
        let access = match self.text(node) {
            "public" => Visibility::Public,
            "protected" => Visibility::Restricted,
            _ => Visibility::Private,
        };
        if let Some(last) = self.access.last_mut() {
            *last = access;
        }
    }

    /// Base classes.
    pub(super) fn bases(&mut self, node: Node<'t>) -> Vec<ExprIx> {
        let mut bases = Vec::new();
        self.each(node, |walk, child, _| {
            if !matches!(
                walk.kind(child),
                K::TypeIdentifier | K::QualifiedIdentifier | K::TemplateType
            ) {
                return;
            }
            let base = walk.type_of(child, None);
            let head = match walk.facts.expr_of(base) {
                Expr::Generic(head, _) => *head,
                _ => base,
            };
            walk.facts.set_expr_role(head, Role::Inherit);
            if base.is_known() {
                bases.push(base);
            }
        });
        bases
    }

    /// `member(value)` in front of a constructor's body.
    fn field_initializer(&mut self, node: Node<'t>) {
        self.each(node, |walk, child, _| match walk.kind(child) {
            K::FieldIdentifier => {
                walk.facts.use_of(span(child), Role::Write, Form::Bare);
            }
            K::TemplateMethod => {
                let fields = &walk.grammar.fields;
                let (name, arguments) =
                    (walk.field(child, fields.name), walk.field(child, fields.arguments));
                if let Some(name) = name {
                    walk.facts.use_of(span(name), Role::Call, Form::Bare);
                }
                if let Some(arguments) = arguments {
                    walk.template_arguments(arguments);
                }
            }
            _ => {
                walk.visit(child);
            }
        });
    }

    fn template_function(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        let (name, arguments) = (self.field(node, fields.name), self.field(node, fields.arguments));
        let value = name.map_or(ExprIx::UNKNOWN, |name| self.visit(name));
        let arguments = arguments.map_or_else(Vec::new, |it| self.template_arguments(it));
        self.facts.wrap(value, |value| Expr::Generic(value, arguments))
    }

    /// `static_cast<T>(x)`, `std::make_unique<T>(x)` without the `std`.
    pub(super) fn named_cast(
        &mut self,
        function: Node<'t>,
        arguments: Option<Node<'t>>,
    ) -> Option<ExprIx> {
        let fields = &self.grammar.fields;
        let name = self.field(function, fields.name)?;
        if !self.text(name).ends_with("_cast") {
            return None;
        }
        let types = self.field(function, fields.arguments)?;
        let types = self.template_arguments(types);
        if let Some(arguments) = arguments {
            self.inside(arguments);
        }
        let ty = types.first().copied().unwrap_or_default();
        Some(self.instance(ty))
    }

    fn new_expression(&mut self, node: Node<'t>) -> ExprIx {
        let ty_field = self.grammar.fields.r#type;
        let mut ty = ExprIx::UNKNOWN;
        self.each(node, |walk, child, field| {
            if field == ty_field {
                ty = walk.type_of(child, None);
                let head = match walk.facts.expr_of(ty) {
                    Expr::Generic(head, _) => *head,
                    _ => ty,
                };
                walk.called(head);
            } else {
                walk.visit(child);
            }
        });
        self.instance(ty)
    }

    fn lambda(&mut self, node: Node<'t>) {
        let this = self.functions.last().map_or(ExprIx::UNKNOWN, |function| function.this);
        self.enter_function(None, span(node), this);
        self.each(node, |walk, child, _| match walk.kind(child) {
            K::AbstractFunctionDeclarator => {
                walk.each(child, |walk, part, _| match walk.kind(part) {
                    K::ParameterList => walk.parameters(part),
                    _ => {
                        walk.visit(part);
                    }
                });
            }
            K::CompoundStatement => {
                walk.list(child);
            }
            K::TemplateParameters => walk.template_parameters(child),
            _ => {
                walk.visit(child);
            }
        });
        self.leave_function();
    }

    /// `[x = value]`.
    fn capture(&mut self, node: Node<'t>) {
        let fields = &self.grammar.fields;
        let (left, right) = (self.field(node, fields.left), self.field(node, fields.right));
        let value = right.map_or(ExprIx::UNKNOWN, |right| self.visit(right));
        if let Some(left) = left {
            let symbol = self.facts.define(Kind::Variable, span(left), span(node));
            self.facts.symbol_mut(symbol).value = value;
        }
    }

    /// `auto [a, b] = value;`
    pub(super) fn structured(&mut self, binding: Node<'t>, value: Option<Node<'t>>) {
        let value = value.map_or(ExprIx::UNKNOWN, |value| self.visit(value));
        self.structured_names(binding, value);
    }

    fn structured_names(&mut self, binding: Node<'t>, value: ExprIx) {
        let mut n = 0;
        self.each(binding, |walk, child, _| {
            if walk.kind(child) == K::Identifier {
                let symbol = walk.facts.define(Kind::Variable, span(child), span(child));
                let part = walk.facts.wrap(value, |value| Expr::Slot(value, n));
                walk.facts.symbol_mut(symbol).value = part;
                n += 1;
            }
        });
    }

    /// `for (auto &x : list)`.
    pub(super) fn range_loop(&mut self, node: Node<'t>) {
        let fields = &self.grammar.fields;
        let (ty, declarator, right, body) = (
            self.field(node, fields.r#type),
            self.field(node, fields.declarator),
            self.field(node, fields.right),
            self.field(node, fields.body),
        );
        if let Some(first) = self.field(node, fields.initializer) {
            self.visit(first);
        }
        let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.type_of(ty, None));
        let list = right.map_or(ExprIx::UNKNOWN, |right| self.visit(right));
        let element = self.facts.wrap(list, Expr::Element);
        let shape = declarator.map(|it| self.shape(it)).unwrap_or_default();
        if let Some(binding) = shape.binding {
            self.structured_names(binding, element);
        } else if let Some(name) = shape.name {
            let whole = Span::new(node.start_byte(), name.end_byte());
            let symbol = self.facts.define(Kind::Variable, span(name), whole);
            let of = self.facts.symbol_mut(symbol);
            of.ty = ty;
            of.value = element;
        }
        if let Some(body) = body {
            self.visit(body);
        }
    }

    /// The name of `operator bool()`: `operator bool`.
    pub(super) fn operator_cast(&mut self, node: Node<'t>) -> Span {
        let ty = self.field(node, self.grammar.fields.r#type);
        let end = ty.map_or(node.end_byte(), |ty| ty.end_byte());
        if let Some(ty) = ty {
            self.type_of(ty, None);
        }
        Span::new(node.start_byte(), end)
    }

    /// What follows a function's parameters: its result, conditions.
    pub(super) fn behind_parameters(&mut self, node: Node<'t>, function: SymbolIx) {
        self.each(node, |walk, child, field| {
            if field != 0 {
                return;
            }
            if walk.kind(child) == K::TrailingReturn {
                let mut ty = ExprIx::UNKNOWN;
                walk.each(child, |walk, part, _| ty = walk.type_of(part, None));
                walk.facts.symbol_mut(function).ty = ty;
            } else if walk.kind(child) == K::Identifier {
                walk.bare(child, Role::Read);
            } else {
                walk.inside(child);
            }
        });
    }
}
