//! Declarators: what is declared, and around its name what makes it a function, array or pointer.

use tree_sitter::Node;

use super::{kinds::Kind as K, walk::Walk};
use crate::{
    Span,
    facts::{ExprIx, Flags, Kind, Role, ScopeKind, SymbolIx, Visibility},
    tree::span,
};

/// Declarators nest no deeper than this in sources that mean something.
const DEEPEST: usize = 64;

/// A declarator taken apart.
#[derive(Default)]
pub(super) struct Shape<'t> {
    /// The name; for C++ it can be qualified, an operator, a template.
    pub(super) name: Option<Node<'t>>,
    /// The parameters of the function that it declares.
    pub(super) parameters: Option<Node<'t>>,
    /// Where those end that follow the parameters (`const`, `-> T`).
    pub(super) function: Option<Node<'t>>,
    /// Other parts with names in them: array sizes, parameters of pointed-to functions.
    pub(super) others: Vec<Node<'t>>,
    /// Names of a structured binding.
    pub(super) binding: Option<Node<'t>>,
}

/// What a declaration says of all its declarators.
#[derive(Clone, Copy)]
pub(super) struct Common<'t> {
    /// The whole declaration.
    pub(super) node: Node<'t>,
    pub(super) ty: ExprIx,
    pub(super) is_static: bool,
    pub(super) is_extern: bool,
    pub(super) is_constant: bool,
}

impl<'t> Walk<'t, '_> {
    /// Takes a declarator apart.
    pub(super) fn shape(&mut self, declarator: Node<'t>) -> Shape<'t> {
        let mut shape = Shape::default();
        let mut node = declarator;
        for _ in 0..DEEPEST {
            match self.kind(node) {
                K::FunctionDeclarator => {
                    // Only what stands right around the name says what it is.
                    if let Some(outer) = shape.parameters.take() {
                        shape.others.push(outer);
                    }
                    shape.parameters = self.field(node, self.grammar.fields.parameters);
                    shape.function = Some(node);
                }
                K::PointerDeclarator | K::PointerTypeDeclarator | K::ReferenceDeclarator => {
                    if let Some(outer) = shape.parameters.take() {
                        shape.others.push(outer);
                    }
                }
                K::ArrayDeclarator => {
                    if let Some(outer) = shape.parameters.take() {
                        shape.others.push(outer);
                    }
                    shape.others.extend(self.field(node, self.grammar.fields.size));
                }
                K::InitDeclarator | K::ParenthesizedDeclarator | K::VariadicDeclarator => {}
                K::StructuredBinding => {
                    shape.binding = Some(node);
                    return shape;
                }
                K::Other if !node.kind().ends_with("attributed_declarator") => {
                    shape.name = Some(node).filter(|it| it.is_named() && !it.is_error());
                    return shape;
                }
                K::Other => {}
                _ => {
                    shape.name = Some(node);
                    return shape;
                }
            }
            let Some(inner) = self.inner_declarator(node) else { return shape };
            node = inner;
        }
        shape
    }

    /// The declarator inside another: its field, or the child that is one.
    fn inner_declarator(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        if let Some(inner) = self.field(node, self.grammar.fields.declarator) {
            return Some(inner);
        }
        let mut found = None;
        self.each(node, |walk, child, field| {
            let is_declarator = field == 0 && !matches!(walk.kind(child), K::Other)
                || child.kind().ends_with("declarator");
            if is_declarator && found.is_none() {
                found = Some(child);
            }
        });
        found
    }

    /// Declares what a declarator names, and visits all other names in it.
    pub(super) fn declare(
        &mut self,
        common: &Common<'t>,
        declarator: Node<'t>,
    ) -> Option<SymbolIx> {
        let shape = self.shape(declarator);
        let value = match self.kind(declarator) {
            K::InitDeclarator => self.field(declarator, self.grammar.fields.value),
            _ => None,
        };
        if let Some(binding) = shape.binding {
            self.structured(binding, value);
            return None;
        }
        if let Some(parameters) = shape.parameters.filter(|_| value.is_none()) {
            if self.cpp && !self.functions.is_empty() && self.are_values(parameters) {
                let symbol = shape.name.and_then(|name| self.variable(common, name));
                self.values(parameters);
                return symbol;
            }
            return self.function(common, &shape, None);
        }
        for other in &shape.others {
            self.visit(*other);
        }
        let Some(name) = shape.name else {
            self.inside(declarator);
            return None;
        };
        let symbol = self.variable(common, name);
        let value = value.map_or(ExprIx::UNKNOWN, |value| self.initialised(value, common.ty));
        if let Some(symbol) = symbol
            && !common.ty.is_known()
        {
            self.facts.symbol_mut(symbol).value = value;
        }
        symbol
    }

    /// Whether what could be the parameters of a function declared inside of another more likely
    /// are the arguments of a constructor: `T x(a, f())`.
    fn are_values(&mut self, parameters: Node<'t>) -> bool {
        let (mut some, mut all) = (false, true);
        self.each(parameters, |walk, child, _| {
            some = true;
            walk.each(child, |walk, part, _| {
                all &= matches!(
                    walk.kind(part),
                    K::TypeIdentifier | K::QualifiedIdentifier | K::AbstractFunctionDeclarator
                );
            });
        });
        some && all
    }

    /// Visits arguments that were taken for parameters.
    fn values(&mut self, parameters: Node<'t>) {
        self.each(parameters, |walk, child, _| {
            let mut value = ExprIx::UNKNOWN;
            walk.each(child, |walk, part, _| match walk.kind(part) {
                K::TypeIdentifier => value = walk.bare(part, Role::Read),
                K::QualifiedIdentifier => value = walk.qualified(part, Role::Read),
                _ => {
                    walk.called(value);
                    walk.each(part, |walk, part, _| match walk.kind(part) {
                        K::ParameterList => walk.values(part),
                        _ => walk.inside(part),
                    });
                }
            });
        });
    }

    /// A variable, field or parameter of this name.
    fn variable(&mut self, common: &Common<'t>, name: Node<'t>) -> Option<SymbolIx> {
        let in_type = self.facts.scope_of(self.facts.scope()).kind == ScopeKind::Type;
        let in_function = !self.functions.is_empty();
        let (at, attached) = self.declared_name(name)?;
        let kind = match common.is_constant {
            _ if in_type || attached.is_known() => Kind::Field,
            true => Kind::Constant,
            false => Kind::Variable,
        };
        let symbol = self.facts.define(kind, at, span(common.node));
        let end = common.node.end_byte().min(at.end as usize + 120);
        self.describe(symbol, common.node, end);
        self.exported(symbol);
        let visibility = self.visibility(common);
        let mut flags = self.facts.symbol(symbol).flags;
        if in_type && common.is_static {
            flags = flags.with(Flags::STATIC);
        }
        if common.is_extern {
            flags = flags.with(Flags::DECLARATION);
        }
        if !in_type && !common.is_static && !in_function && !attached.is_known() {
            flags = flags.with(Flags::LINKED);
        }
        let symbol_of = self.facts.symbol_mut(symbol);
        if attached.is_known() {
            // Where it stands, it is no name of its own.
            flags = flags.with(Flags::INSTANCE);
        }
        symbol_of.flags = flags;
        symbol_of.visibility = visibility;
        symbol_of.ty = common.ty;
        symbol_of.attached = attached;
        Some(symbol)
    }

    /// A function: defined if it has a body, else declared.
    pub(super) fn function(
        &mut self,
        common: &Common<'t>,
        shape: &Shape<'t>,
        body: Option<Node<'t>>,
    ) -> Option<SymbolIx> {
        let name = shape.name?;
        let in_type = self.facts.scope_of(self.facts.scope()).kind == ScopeKind::Type;
        let (at, attached) = self.declared_name(name)?;
        let kind = self.function_kind(name, at, in_type, attached);
        let symbol = self.facts.define(kind, at, span(common.node));
        let end = match (body, shape.function) {
            (Some(body), None) => body.start_byte(),
            (Some(_), Some(function)) => function.end_byte(),
            (None, _) => common.node.end_byte(),
        };
        self.describe(symbol, common.node, end);
        self.exported(symbol);
        let visibility = self.visibility(common);
        let mut flags = self.facts.symbol(symbol).flags;
        if body.is_none() {
            flags = flags.with(Flags::DECLARATION);
        }
        if in_type && common.is_static {
            flags = flags.with(Flags::STATIC);
        }
        if !in_type && !common.is_static && !attached.is_known() {
            // A function declared inside another is the one of that name.
            flags = Flags(flags.0 & !Flags::LOCAL.0).with(Flags::LINKED);
        }
        let symbol_of = self.facts.symbol_mut(symbol);
        if attached.is_known() {
            // Where it stands, it is no name of its own.
            flags = flags.with(Flags::INSTANCE);
        }
        symbol_of.flags = flags;
        symbol_of.visibility = visibility;
        symbol_of.ty = common.ty;
        symbol_of.attached = attached;
        self.function_inside(common, shape, body, symbol);
        Some(symbol)
    }

    /// Parameters and body.
    fn function_inside(
        &mut self,
        common: &Common<'t>,
        shape: &Shape<'t>,
        body: Option<Node<'t>>,
        symbol: SymbolIx,
    ) {
        for other in &shape.others {
            self.visit(*other);
        }
        let template = self.template.take();
        let end = match body {
            Some(_) => common.node.end_byte(),
            None => shape.function.map_or(common.node.end_byte(), |it| it.end_byte()),
        };
        let start = match (template, shape.parameters) {
            (Some(parameters), _) => parameters.start_byte(),
            (None, Some(parameters)) => parameters.start_byte(),
            _ => common.node.start_byte(),
        };
        let this = self.this_inside(symbol);
        self.enter_function(Some(symbol), Span::new(start, end.max(start)), this);
        if let Some(template) = template {
            self.template_parameters(template);
        }
        if let Some(parameters) = shape.parameters {
            self.parameters(parameters);
        }
        if let Some(function) = shape.function {
            self.behind_parameters(function, symbol);
        }
        if let Some(body) = body {
            self.function_body(common.node, body);
        }
        let returned = self.leave_function();
        let symbol = self.facts.symbol_mut(symbol);
        if !symbol.ty.is_known() {
            symbol.value = returned;
        }
    }

    /// The body, and what stands between the declarator and it: initialisers of members,
    /// declarations of parameters in the old style.
    fn function_body(&mut self, node: Node<'t>, body: Node<'t>) {
        self.each(node, |walk, child, _| match walk.kind(child) {
            K::Declaration => walk.old_parameters(child),
            K::Other if child.end_byte() <= body.start_byte() => walk.inside(child),
            _ => {}
        });
        match self.kind(body) {
            K::CompoundStatement => {
                self.list(body);
            }
            _ => {
                self.visit(body);
            }
        }
    }

    fn old_parameters(&mut self, node: Node<'t>) {
        let before = self.facts.symbol_count();
        self.declaration(node);
        for ix in before..self.facts.symbol_count() {
            let symbol = self.facts.symbol_mut(SymbolIx(ix));
            if symbol.kind == Kind::Variable {
                symbol.kind = Kind::Parameter;
            }
        }
    }

    fn function_kind(&mut self, name: Node<'t>, at: Span, in_type: bool, attached: ExprIx) -> Kind {
        if !in_type && !attached.is_known() {
            return Kind::Function;
        }
        let own = self.facts.text(at);
        let class = match self.facts.owner() {
            Some(owner) if in_type => self.facts.spelled(self.facts.symbol(owner).name).to_owned(),
            _ => {
                let text = self.text(name);
                let mut parts = text.rsplit("::").skip(1);
                let class = parts.next().unwrap_or_default().trim();
                class.split('<').next().unwrap_or_default().trim().to_owned()
            }
        };
        if own == class { Kind::Constructor } else { Kind::Method }
    }

    fn visibility(&self, common: &Common<'t>) -> Visibility {
        let in_type = self.facts.scope_of(self.facts.scope()).kind == ScopeKind::Type;
        match self.access.last() {
            Some(access) if in_type => *access,
            _ if common.is_static && self.functions.is_empty() => Visibility::Private,
            _ => Visibility::Public,
        }
    }

    /// Declares parameters in the scope that is open.
    pub(super) fn parameters(&mut self, node: Node<'t>) {
        self.each(node, |walk, child, _| match walk.kind(child) {
            K::ParameterDeclaration | K::OptionalParameter | K::VariadicParameter => {
                walk.parameter(child);
            }
            _ => {
                walk.visit(child);
            }
        });
    }

    fn parameter(&mut self, node: Node<'t>) {
        let fields = &self.grammar.fields;
        let ty = match self.field(node, fields.r#type) {
            Some(ty) => self.type_of(ty, None),
            None => ExprIx::UNKNOWN,
        };
        let default = self.field(node, fields.default_value);
        if let Some(declarator) = self.field(node, fields.declarator) {
            let shape = self.shape(declarator);
            for other in shape.others.iter().chain(&shape.parameters) {
                self.visit(*other);
            }
            let named = shape.name.filter(|name| self.kind(*name) == K::Identifier);
            match named {
                Some(name) => {
                    let symbol = self.facts.define(Kind::Parameter, span(name), span(node));
                    self.facts.symbol_mut(symbol).ty = ty;
                }
                None if shape.parameters.is_none() => self.inside(declarator),
                None => {}
            }
        }
        if let Some(default) = default {
            self.visit(default);
        }
    }

    /// The plain name that a declared name ends in, and what it is qualified by.
    pub(super) fn declared_name(&mut self, name: Node<'t>) -> Option<(Span, ExprIx)> {
        let mut name = name;
        let mut of = ExprIx::UNKNOWN;
        for _ in 0..DEEPEST {
            match self.kind(name) {
                K::QualifiedIdentifier => {
                    let scope = self.field(name, self.grammar.fields.scope);
                    of = scope.map_or(of, |scope| self.qualifier(scope, of));
                    name = self.field(name, self.grammar.fields.name)?;
                }
                K::TemplateFunction | K::TemplateType | K::TemplateMethod => {
                    if let Some(arguments) = self.field(name, self.grammar.fields.arguments) {
                        self.inside(arguments);
                    }
                    name = self.field(name, self.grammar.fields.name)?;
                }
                K::OperatorCast => return Some((self.operator_cast(name), of)),
                _ => break,
            }
        }
        let at = span(name);
        let fits = !at.is_empty() && at.end - at.start < 256;
        fits.then_some((at, of))
    }

    /// Sets the role of the occurrence that a name stands for.
    pub(super) fn called(&mut self, callee: ExprIx) {
        self.facts.set_expr_role(callee, Role::Call);
    }
}
