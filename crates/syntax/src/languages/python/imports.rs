//! `import` and `from ... import`, and `__all__`.

use ruff_python_ast::{Expr as Node, Identifier, StmtImport, StmtImportFrom};
use ruff_text_size::Ranged;

use super::{span, statements::Walk};
use crate::facts::{Expr, Flags, Form, Kind, Role, Span};

impl Walk<'_> {
    /// `import a.b, c as d`.
    pub(super) fn import(&mut self, node: &StmtImport) {
        for alias in &node.names {
            let module = self.facts.name_at(span(&alias.name));
            self.facts.import(module, span(node), Vec::new());
            let whole = span(&alias.name);
            match &alias.asname {
                Some(local) => {
                    let value = self.facts.expr(Expr::Module(module));
                    self.alias(local, value);
                }
                None => {
                    // `import a.b` binds `a`.
                    let text = self.facts.text(whole);
                    let first = text.find('.').unwrap_or(text.len());
                    let at = Span { start: whole.start, end: whole.start + first as u32 };
                    let root = self.facts.name_at(at);
                    let value = self.facts.expr(Expr::Module(root));
                    let symbol = self.facts.declare(Kind::Alias, at, whole);
                    self.facts.symbol_mut(symbol).value = value;
                    self.exported(symbol);
                    let mut of = self.facts.use_of(at, Role::Import, Form::Bare);
                    let mut start = at.end + 1;
                    let rest = text.get(first + 1..).unwrap_or_default();
                    for part in rest.split('.').filter(|part| !part.is_empty()) {
                        let at = Span { start, end: start + part.len() as u32 };
                        of = self.facts.use_of(at, Role::Import, Form::Member(of));
                        start = at.end + 1;
                    }
                }
            }
        }
    }

    /// `from .a import b as c, *`.
    pub(super) fn import_from(&mut self, node: &StmtImportFrom) {
        let mut module = ".".repeat(node.level as usize);
        module.push_str(node.module.as_ref().map_or("", |name| name.as_str()));
        let module = self.facts.name(&module);
        let of = self.facts.expr(Expr::Module(module));
        let mut names = Vec::new();
        for alias in &node.names {
            if alias.name.as_str() == "*" {
                let scope = self.facts.scope();
                self.facts.wildcard(scope, of);
                continue;
            }
            let at = span(&alias.name);
            names.push(self.facts.name_at(at));
            let value = self.facts.use_of(at, Role::Import, Form::Member(of));
            match &alias.asname {
                Some(local) => self.alias(local, value),
                None => {
                    let symbol = self.facts.declare(Kind::Alias, at, at);
                    self.facts.symbol_mut(symbol).value = value;
                    self.exported(symbol);
                }
            }
        }
        self.facts.import(module, span(node), names);
    }

    fn alias(&mut self, local: &Identifier, value: crate::ExprIx) {
        let at = span(local);
        let symbol = self.facts.define(Kind::Alias, at, at);
        self.facts.symbol_mut(symbol).value = value;
        self.exported(symbol);
    }

    /// Names declared right in the file are seen from elsewhere.
    pub(super) fn exported(&mut self, symbol: crate::SymbolIx) {
        if self.facts.symbol(symbol).scope == crate::ScopeIx(0) {
            let symbol = self.facts.symbol_mut(symbol);
            symbol.flags = symbol.flags.with(Flags::EXPORTED);
        }
    }

    /// The strings of `__all__ = [...]` are uses of what they name.
    pub(super) fn offers(&mut self, node: &Node) {
        let elements = match node {
            Node::List(list) => &list.elts,
            Node::Tuple(tuple) => &tuple.elts,
            _ => return,
        };
        let mut names = Vec::new();
        for element in elements {
            let Node::StringLiteral(text) = element else { continue };
            let Some(part) = text.as_single_part_string() else { continue };
            let inside = part.content_range();
            let at = Span::new(inside.start().to_usize(), inside.end().to_usize());
            if self.facts.text(at) == &*part.value && !at.is_empty() {
                names.push(self.facts.name_at(at));
                self.facts.occurrence(at, Role::Read, Form::Bare);
            }
        }
        self.facts.offer(names);
    }

    /// A string in the place of a type, parsed as one.
    pub(super) fn quoted_type(
        &mut self,
        node: &ruff_python_ast::ExprStringLiteral,
    ) -> crate::ExprIx {
        let Some(part) = node.as_single_part_string() else { return crate::ExprIx::UNKNOWN };
        let range = part.content_range();
        let inside = Span::new(range.start().to_usize(), range.end().to_usize());
        let text = self.facts.text(inside);
        if text != &*part.value || text.len() > 500 || node.range().is_empty() {
            return crate::ExprIx::UNKNOWN;
        }
        match ruff_python_parser::parse_expression_range(self.facts.source(), range) {
            Ok(parsed) => self.annotation(parsed.expr()),
            Err(_) => crate::ExprIx::UNKNOWN,
        }
    }
}
