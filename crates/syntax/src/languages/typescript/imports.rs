//! `import` and `export` in all their forms.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, DEFAULT, Export, LaterExport, WHOLE, Walk},
};
use crate::{
    Name,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, Span, SymbolIx},
};

impl<'t> Walk<'t> {
    /// The module that a string names.
    pub(super) fn module_at(&mut self, at: Span, statement: Span) -> ExprIx {
        let name = self.facts.name_at(at);
        self.facts.import(name, statement, Vec::new());
        self.facts.expr(Expr::Module(name))
    }

    fn source_of(&self, node: Node<'t>) -> Option<Span> {
        self.string_inside(node.get(F::Source)?)
    }

    /// `import a, { b as c } from "x"`, `import * as n from "x"`, `import "x"`, `import r = require("x")`.
    pub(super) fn import_statement(&mut self, node: Node<'t>) {
        if let Some(clause) = node.child(K::ImportRequire) {
            return self.import_require(clause, node);
        }
        let Some(source) = self.source_of(node) else { return };
        let module = self.facts.name_at(source);
        let of = self.facts.expr(Expr::Module(module));
        let mut names = Vec::new();
        for part in node.child(K::ImportClause).into_iter().flat_map(|it| it.children()) {
            match part.kind() {
                K::Identifier => {
                    names.push(self.facts.name(DEFAULT));
                    let value = self.default_of(of);
                    self.bind_import(part, value, Role::Import);
                }
                K::NamespaceImport => {
                    if let Some(name) = part.first() {
                        let symbol = self.alias(name.span(), part.span(), of);
                        self.describe(symbol, node, node.end());
                    }
                }
                K::NamedImports => {
                    for specifier in part.children() {
                        names.extend(self.import_specifier(specifier, of));
                    }
                }
                _ => {}
            }
        }
        self.facts.import(module, node.span(), names);
    }

    /// What a default import gets: the default export or, of a CommonJS module, all of it.
    fn default_of(&mut self, of: ExprIx) -> ExprIx {
        let name = self.facts.name(DEFAULT);
        let default = self.facts.expr(Expr::Member(of, name));
        let name = self.facts.name(WHOLE);
        let whole = self.facts.expr(Expr::Member(of, name));
        self.facts.either(vec![default, whole])
    }

    /// A name that is declared here and stands for something else, mentioned where it is bound.
    fn bind_import(&mut self, name: Node<'t>, value: ExprIx, role: Role) {
        if name.span().is_empty() {
            return;
        }
        let symbol = self.facts.declare(Kind::Alias, name.span(), name.span());
        self.facts.symbol_mut(symbol).value = value;
        self.mention(name, role, Form::Bare);
    }

    /// An alias with its own definition.
    fn alias(&mut self, at: Span, full: Span, value: ExprIx) -> SymbolIx {
        let symbol = self.facts.define(Kind::Alias, at, full);
        self.facts.symbol_mut(symbol).value = value;
        symbol
    }

    /// `a` or `a as b` between the braces of an import.
    fn import_specifier(&mut self, node: Node<'t>, of: ExprIx) -> Option<Name> {
        let name = node.get(F::Name)?;
        let at = if name.is(K::String) { self.string_inside(name)? } else { name.span() };
        if at.is_empty() {
            return None;
        }
        let imported = self.facts.name_at(at);
        let is_default = self.facts.text(at) == DEFAULT;
        let value = if is_default {
            // `default` is a word of the language, not a name that anybody asks about.
            self.default_of(of)
        } else {
            self.facts.use_of(at, Role::Import, Form::Member(of))
        };
        match node.get(F::Alias).filter(|it| !it.span().is_empty()) {
            Some(alias) if is_default => self.bind_import(alias, value, Role::Import),
            Some(alias) => {
                self.alias(alias.span(), node.span(), value);
            }
            None => {
                let symbol = self.facts.declare(Kind::Alias, at, node.span());
                self.facts.symbol_mut(symbol).value = value;
            }
        }
        Some(imported)
    }

    fn import_require(&mut self, clause: Node<'t>, node: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let Some(source) = self.source_of(clause) else { return };
        let module = self.module_at(source, node.span());
        let name = self.facts.name(WHOLE);
        let whole = self.facts.expr(Expr::Member(module, name));
        let value = self.facts.either(vec![module, whole]);
        if let Some(name) = clause.first().filter(|it| it.is(K::Identifier)) {
            let symbol = self.facts.declare(Kind::Alias, name.span(), node.span());
            self.facts.symbol_mut(symbol).value = value;
            self.exported(symbol, export);
            self.mention(name, Role::Import, Form::Bare);
        }
    }

    /// `import A = B.C`.
    pub(super) fn import_alias(&mut self, node: Node<'t>) {
        let export = std::mem::take(&mut self.export);
        let mut parts = node.children();
        let (Some(name), Some(of)) = (parts.next(), parts.next()) else { return };
        let value = match of.kind() {
            K::Identifier => self.mention(of, Role::Import, Form::Bare),
            _ => self.expression(of, Context::None),
        };
        self.facts.set_expr_role(value, Role::Import);
        let symbol = self.alias(name.span(), node.span(), value);
        self.exported(symbol, export);
    }

    /// `export ...`.
    pub(super) fn export_statement(&mut self, node: Node<'t>) {
        let is_default = node.has(K::DefaultWord);
        if let Some(declaration) = node.get(F::Declaration) {
            self.export = if is_default { Export::Default } else { Export::Named };
            self.declaration(declaration, node);
            self.export = Export::No;
            return;
        }
        let source = self.source_of(node);
        if let Some(source) = source {
            return self.export_from(node, source);
        }
        if let Some(clause) = node.child(K::ExportClause) {
            for specifier in clause.children() {
                self.export_local(specifier);
            }
            return;
        }
        if node.has(K::NamespaceWord) {
            // `export as namespace X`: a name for scripts.
            return;
        }
        let value = node.get(F::Value).or_else(|| node.children().find(|it| !it.is(K::Decorator)));
        match value {
            Some(value) if is_default => self.export_default(node, value),
            Some(value) if node.has(K::Equals) => {
                self.export_whole(value, node);
            }
            Some(value) => self.statement(value),
            None => {}
        }
    }

    /// `export * from "x"`, `export * as n from "x"`, `export { a as b } from "x"`.
    fn export_from(&mut self, node: Node<'t>, source: Span) {
        let module = self.facts.name_at(source);
        let of = self.facts.expr(Expr::Module(module));
        let mut names = Vec::new();
        if let Some(part) = node.child(K::NamespaceExport) {
            if let Some(name) = part.first().filter(|it| it.is(K::Identifier)) {
                let symbol = self.alias(name.span(), node.span(), of);
                self.seen_outside(symbol);
            }
        } else if let Some(clause) = node.child(K::ExportClause) {
            for specifier in clause.children() {
                names.extend(self.re_export(specifier, of));
            }
        } else if node.has(K::Star) {
            let scope = self.facts.scope();
            self.facts.wildcard(scope, of);
        }
        self.facts.import(module, node.span(), names);
    }

    fn re_export(&mut self, node: Node<'t>, of: ExprIx) -> Option<Name> {
        let name = node.get(F::Name)?;
        let at = if name.is(K::String) { self.string_inside(name)? } else { name.span() };
        if at.is_empty() {
            return None;
        }
        let taken = self.facts.name_at(at);
        let is_default = self.facts.text(at) == DEFAULT;
        let value = if is_default {
            self.default_of(of)
        } else {
            self.facts.use_of(at, Role::Import, Form::Member(of))
        };
        let alias = node.get(F::Alias).filter(|it| !it.span().is_empty());
        let symbol = match alias {
            Some(alias) if self.text(alias) != DEFAULT && !alias.is(K::String) => {
                if is_default {
                    let symbol = self.facts.declare(Kind::Alias, alias.span(), node.span());
                    self.facts.symbol_mut(symbol).value = value;
                    // Looked up as a member: inside this file there is no such name.
                    self.facts.occurrence(alias.span(), Role::Import, Form::Definition(symbol));
                    symbol
                } else {
                    self.alias(alias.span(), node.span(), value)
                }
            }
            other => {
                let at = other.map_or(at, |it| it.span());
                let symbol = self.facts.declare(Kind::Alias, at, node.span());
                self.facts.symbol_mut(symbol).value = value;
                symbol
            }
        };
        self.seen_outside(symbol);
        Some(taken)
    }

    /// Other files see it, code of this file does not.
    fn seen_outside(&mut self, symbol: SymbolIx) {
        let is_default = self.facts.spelled(self.facts.symbol(symbol).name) == DEFAULT;
        let symbol = self.facts.symbol_mut(symbol);
        symbol.flags = symbol.flags.with(Flags::EXPORTED).with(Flags::INSTANCE);
        if is_default {
            symbol.flags = symbol.flags.with(Flags::DEFAULT);
        }
    }

    /// `export { a, b as c }`.
    fn export_local(&mut self, node: Node<'t>) {
        let Some(name) = node.get(F::Name).filter(|it| it.is(K::Identifier)) else { return };
        if name.span().is_empty() {
            return;
        }
        let value = self.mention(name, Role::Import, Form::Bare);
        let local = self.facts.name_at(name.span());
        let alias = node.get(F::Alias).filter(|it| !it.span().is_empty());
        let exported = match alias {
            Some(alias) => self.facts.name_at(alias.span()),
            None => local,
        };
        let renamed = alias.map(|it| it.span()).filter(|_| exported != local);
        let scope = self.facts.scope();
        self.later.push(LaterExport { local, exported, value, renamed, scope });
    }

    /// Marks what `export { a }` exports, wherever it is declared.
    pub(super) fn exports_of_declared(&mut self) {
        for export in std::mem::take(&mut self.later) {
            match export.renamed {
                None => {
                    for symbol in self.facts.all_in(export.scope, export.local) {
                        let symbol = self.facts.symbol_mut(symbol);
                        symbol.flags = symbol.flags.with(Flags::EXPORTED);
                    }
                }
                Some(at) => {
                    let is_default = self.facts.spelled(export.exported) == DEFAULT;
                    let depth = self.facts.open_scopes().len();
                    if export.scope != ScopeIx(0) {
                        self.facts.reopen(export.scope);
                    }
                    let symbol = if is_default {
                        self.facts.declare(Kind::Alias, at, at)
                    } else {
                        self.facts.define(Kind::Alias, at, at)
                    };
                    if self.facts.open_scopes().len() > depth {
                        self.facts.close();
                    }
                    self.facts.symbol_mut(symbol).value = export.value;
                    self.seen_outside(symbol);
                }
            }
        }
    }

    /// `export default value`.
    fn export_default(&mut self, node: Node<'t>, value: Node<'t>) {
        let name = self.facts.name(DEFAULT);
        let at = node.child(K::DefaultWord).unwrap_or(node).span();
        match value.kind() {
            kind if kind.is_function() || kind == K::Class => {
                if value.get(F::Name).is_some() && kind == K::Class {
                    self.export = Export::Default;
                    self.class_declaration(value, node);
                    self.export = Export::No;
                } else {
                    self.unnamed_default(value, node, Export::Default);
                }
            }
            _ => {
                let kind = match value.kind() {
                    K::Identifier | K::Member => Kind::Alias,
                    _ => Kind::Constant,
                };
                let symbol = self.facts.declare_named(name, kind, at, node.span());
                self.seen_outside(symbol);
                let end = self.boundary(node.end().min(node.start() + 120));
                self.describe(symbol, node, end);
                let given = match self.literal(value) {
                    Some(object) => self.object(object, Context::None, Some(symbol)),
                    None => self.expression(value, Context::None),
                };
                self.facts.symbol_mut(symbol).value = given;
            }
        }
    }

    /// `export = value` and `module.exports = value`: the value is the module.
    pub(super) fn export_whole(&mut self, value: Node<'t>, node: Node<'t>) -> ExprIx {
        let name = self.facts.name(WHOLE);
        let at = Span { start: node.start(), end: node.start() };
        let given = self.expression(value, Context::None);
        if !given.is_known() {
            return given;
        }
        self.facts.reopen(ScopeIx(0));
        let symbol = self.facts.declare_named(name, Kind::Alias, at, node.span());
        self.facts.close();
        self.localise(symbol, ScopeIx(0));
        self.facts.symbol_mut(symbol).value = given;
        self.seen_outside(symbol);
        self.facts.wildcard(ScopeIx(0), given);
        given
    }
}
