//! Statements: the scopes they open and the variables they declare.

use super::{
    ast::Node,
    kinds::{F, K},
    patterns::Binding,
    walk::{Context, Export, Walk},
};
use crate::facts::{Expr, ExprIx, Flags, Kind, Role, ScopeIx, ScopeKind, Span};

impl<'t> Walk<'t> {
    /// Everything below a node as statements.
    pub(super) fn statements(&mut self, node: Node<'t>) {
        for child in node.children() {
            self.statement(child);
        }
    }

    pub(super) fn statement(&mut self, node: Node<'t>) {
        self.deeper(|walk| walk.visit_statement(node));
    }

    fn visit_statement(&mut self, node: Node<'t>) {
        match node.kind() {
            K::ImportStatement => self.import_statement(node),
            K::ImportAlias => self.import_alias(node),
            K::ExportStatement => self.export_statement(node),
            K::AmbientDeclaration => self.ambient_declaration(node),
            K::FunctionDeclaration | K::GeneratorDeclaration | K::FunctionSignature => {
                self.function_declaration(node, node);
            }
            K::ClassDeclaration | K::AbstractClass => {
                self.class_declaration(node, node);
            }
            K::InterfaceDeclaration => self.interface(node, node),
            K::TypeAlias => self.type_alias(node, node),
            K::EnumDeclaration => self.enumeration(node, node),
            K::InternalModule | K::Module => self.namespace(node, node),
            K::LexicalDeclaration | K::VariableDeclaration | K::UsingDeclaration => {
                self.variables(node, node);
            }
            K::ExpressionStatement => {
                if let Some(inner) = node.first() {
                    if inner.is(K::InternalModule) {
                        return self.namespace(inner, node);
                    }
                    self.expression(inner, Context::None);
                    self.asserted(inner);
                }
            }
            K::StatementBlock => self.block(node),
            K::If => self.if_statement(node),
            K::For => {
                self.facts.open(ScopeKind::Block, node.span(), None);
                self.statements(node);
                self.facts.close();
            }
            K::ForIn => self.for_in(node),
            K::SwitchBody => self.block(node),
            K::Catch => self.catch(node),
            K::Return => self.return_statement(node),
            K::Labeled => {
                if let Some(body) = node.get(F::Body) {
                    self.statement(body);
                }
            }
            K::StatementIdentifier => {}
            kind if is_container(kind) => self.statements(node),
            _ => {
                self.expression(node, Context::None);
            }
        }
    }

    /// A block with a scope of its own.
    fn block(&mut self, node: Node<'t>) {
        self.facts.open(ScopeKind::Block, node.span(), None);
        self.body(node);
        self.facts.close();
    }

    /// The statements of a block whose scope is open. What a statement that leaves the block says
    /// about a name holds in the rest of it.
    pub(super) fn body(&mut self, block: Node<'t>) {
        for child in block.children() {
            self.statement(child);
            if child.is(K::If) {
                self.narrow_rest(child, block);
            }
        }
    }

    fn if_statement(&mut self, node: Node<'t>) {
        if let Some(condition) = node.get(F::Condition) {
            self.expression(condition, Context::None);
            if let Some(then) = node.get(F::Consequence) {
                self.narrow_by(condition, true, then.span());
            }
            if let Some(other) = node.get(F::Alternative) {
                self.narrow_by(condition, false, other.span());
            }
        }
        for part in [F::Consequence, F::Alternative] {
            if let Some(part) = node.get(part) {
                self.statement(part);
            }
        }
    }

    fn for_in(&mut self, node: Node<'t>) {
        let over = self.field(node, F::Right, Context::None);
        self.facts.open(ScopeKind::Block, node.span(), None);
        let is_of = node.get(F::Operator).is_some_and(|it| self.text(it) == "of");
        let mut element = ExprIx::UNKNOWN;
        if is_of {
            element = self.facts.wrap(over, Expr::Element);
            // `for await`: the elements may be promises.
            let header = self.facts.text(Span {
                start: node.start(),
                end: node.get(F::Left).map_or(node.start(), |it| it.start()),
            });
            if header.contains("await") {
                element = self.facts.wrap(element, Expr::Await);
            }
        }
        if let Some(left) = node.get(F::Left) {
            match node.get(F::Kind) {
                Some(kind) => {
                    let hoisted = self.text(kind) == "var";
                    let binding = Binding::new(Kind::Variable, left.span()).hoisted(hoisted);
                    self.bind(left, element, &binding);
                }
                None => self.assign(left, element),
            }
        }
        if let Some(body) = node.get(F::Body) {
            self.statement(body);
        }
        self.facts.close();
    }

    fn catch(&mut self, node: Node<'t>) {
        self.facts.open(ScopeKind::Block, node.span(), None);
        let ty = self.annotation(node.get(F::Type));
        if let Some(parameter) = node.get(F::Parameter) {
            let value = self.instance(ty);
            let binding = Binding::new(Kind::Variable, parameter.span()).typed(ty);
            self.bind(parameter, value, &binding);
        }
        if let Some(body) = node.get(F::Body) {
            self.body(body);
        }
        self.facts.close();
    }

    fn return_statement(&mut self, node: Node<'t>) {
        let Some(inner) = node.first() else { return };
        let context = self.frames.last().map_or(Context::None, |frame| frame.result);
        let value = self.expression(inner, context);
        if let Some(frame) = self.frames.last_mut() {
            frame.returns.push(value);
        }
    }

    /// `declare ...`: nothing in it has a body.
    fn ambient_declaration(&mut self, node: Node<'t>) {
        let before = self.facts.open_scopes().len();
        if node.has(K::GlobalWord) {
            let global = std::mem::replace(&mut self.global, true);
            for block in node.children() {
                self.statements(block);
            }
            self.global = global;
        } else if let Some(inner) = node.first() {
            self.declaration(inner, node);
        }
        debug_assert_eq!(before, self.facts.open_scopes().len());
    }

    /// A declaration inside a statement that says more about it; `whole` is that statement.
    pub(super) fn declaration(&mut self, node: Node<'t>, whole: Node<'t>) {
        self.deeper(|walk| match node.kind() {
            K::FunctionDeclaration | K::GeneratorDeclaration | K::FunctionSignature => {
                walk.function_declaration(node, whole);
            }
            K::ClassDeclaration | K::AbstractClass => walk.class_declaration(node, whole),
            K::InterfaceDeclaration => walk.interface(node, whole),
            K::TypeAlias => walk.type_alias(node, whole),
            K::EnumDeclaration => walk.enumeration(node, whole),
            K::InternalModule | K::Module => walk.namespace(node, whole),
            K::LexicalDeclaration | K::VariableDeclaration | K::UsingDeclaration => {
                walk.variables(node, whole);
            }
            K::AmbientDeclaration => {
                node.first().into_iter().for_each(|inner| walk.declaration(inner, whole));
            }
            K::ImportAlias => walk.import_alias(node),
            _ => walk.statement(node),
        });
    }

    /// `const a = 1, { b } = c;`
    fn variables(&mut self, node: Node<'t>, whole: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let keyword = node.get(F::Kind).map_or("var", |it| self.text(it));
        let mut declarators = node.children().filter(|it| it.is(K::VariableDeclarator));
        let is_single = declarators.next().is_some() && declarators.next().is_none();
        for declarator in node.children() {
            if !declarator.is(K::VariableDeclarator) {
                self.statement(declarator);
                continue;
            }
            let whole = if is_single { whole } else { declarator };
            self.deeper(|walk| walk.variable(declarator, whole, keyword, export));
        }
    }

    fn variable(&mut self, node: Node<'t>, whole: Node<'t>, keyword: &str, export: Export) {
        let Some(name) = node.get(F::Name) else { return self.statements(node) };
        let annotation = node.get(F::Type);
        let value = node.get(F::Value);
        let is_name = name.is(K::Identifier) && !name.span().is_empty();
        let kind =
            if keyword == "var" || keyword == "let" { Kind::Variable } else { Kind::Constant };
        let hoisted = keyword == "var";
        if let (true, Some(value), None) = (is_name, value, annotation) {
            if value.kind().is_function() {
                return self.function_variable(name, value, whole, hoisted, export);
            }
            if value.is(K::Class) {
                return self.class_variable(name, value, whole, export);
            }
            if let Some(object) = self.literal(value) {
                let binding = Binding::new(kind, whole.span()).hoisted(hoisted).exported(export);
                return self.object_variable(name, object, whole, binding);
            }
        }
        let ty = self.annotation(annotation);
        let expected = self.instance(ty);
        let context = self.value_context(expected);
        let mut given = ExprIx::UNKNOWN;
        let is_import = value.and_then(|it| self.required(it)).is_some();
        if let Some(value) = value {
            given = self.expression(value, context);
        }
        let kind = if is_import { Kind::Alias } else { kind };
        let mut binding =
            Binding::new(kind, whole.span()).hoisted(hoisted).exported(export).typed(ty);
        if is_import {
            binding = binding.importing();
        }
        if !is_name {
            let of = if expected.is_known() { expected } else { given };
            return self.bind(name, of, &binding);
        }
        let symbol = self.define_in(name.span(), kind, whole.span(), hoisted);
        self.bound(symbol, given, &binding);
        let end = value.map_or(whole.end(), |it| it.end().min(name.end() + 120));
        let end = self.boundary(end);
        self.describe(symbol, whole, end);
    }

    /// The place itself, or the next before it that is between characters.
    pub(super) fn boundary(&self, at: u32) -> u32 {
        self.facts.source().floor_char_boundary(at as usize) as u32
    }

    /// `const f = () => ...`: a function by that name.
    fn function_variable(
        &mut self,
        name: Node<'t>,
        value: Node<'t>,
        whole: Node<'t>,
        hoisted: bool,
        export: Export,
    ) {
        if self.top.prototypes.contains(self.text(name)) && !value.is(K::Arrow) {
            return self.function_class(name, value, whole, export);
        }
        let symbol = self.define_in(name.span(), Kind::Function, whole.span(), hoisted);
        self.exported(symbol, export);
        let body = value.get(F::Body).map_or(value.end(), |it| it.start());
        self.describe(symbol, whole, body);
        self.function(value, symbol, Context::None);
    }

    /// `const C = class { ... }`.
    fn class_variable(&mut self, name: Node<'t>, value: Node<'t>, whole: Node<'t>, export: Export) {
        let symbol = self.define_in(name.span(), Kind::Class, whole.span(), false);
        self.exported(symbol, export);
        let body = value.get(F::Body).map_or(value.end(), |it| it.start());
        self.describe(symbol, whole, body);
        if let Some(own) = value.get(F::Name) {
            self.mention(own, Role::Definition, crate::facts::Form::Definition(symbol));
        }
        self.class_body(value, symbol);
    }

    /// `const o = { ... }`: what is in the braces are its members.
    fn object_variable(
        &mut self,
        name: Node<'t>,
        value: Node<'t>,
        whole: Node<'t>,
        binding: Binding,
    ) {
        let symbol = self.define_in(name.span(), binding.kind, whole.span(), binding.hoisted);
        self.exported(symbol, binding.export);
        let end = self.boundary(value.end().min(name.end() + 120));
        self.describe(symbol, whole, end);
        let object = self.object(value, Context::None, Some(symbol));
        self.facts.symbol_mut(symbol).value = object;
    }

    /// A symbol, in the scope of `var` if it is hoisted.
    pub(super) fn define_in(
        &mut self,
        at: Span,
        kind: Kind,
        full: Span,
        hoisted: bool,
    ) -> crate::facts::SymbolIx {
        if !hoisted {
            return self.facts.define(kind, at, full);
        }
        let scope = self.variable_scope();
        self.facts.reopen(scope);
        let symbol = self.facts.define(kind, at, full);
        self.facts.close();
        self.localise(symbol, scope);
        symbol
    }

    /// A symbol put into a scope from inside others is as local as that scope.
    pub(super) fn localise(&mut self, symbol: crate::facts::SymbolIx, scope: ScopeIx) {
        let mut at = scope;
        while self.facts.scope_of(at).kind == ScopeKind::Module {
            at = self.facts.scope_of(at).parent;
        }
        if self.facts.scope_of(at).kind == ScopeKind::File {
            let symbol = self.facts.symbol_mut(symbol);
            symbol.flags.0 &= !Flags::LOCAL.0;
        }
    }
}

/// Statements that only hold others, and places that the parser could not make sense of.
fn is_container(kind: K) -> bool {
    use K::*;
    matches!(
        kind,
        Error
            | Other
            | ElseClause
            | Program
            | SwitchCase
            | Throw
            | VariableDeclarator
            | ClassBody
            | ExportClause
            | ImportClause
            | Decorator
    )
}
