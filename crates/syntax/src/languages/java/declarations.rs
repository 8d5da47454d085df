//! Types: classes, interfaces, enums, records and annotation types, with what they inherit.

use tree_sitter::Node;

use super::walk::{Argument, Walk};
use crate::{
    Name,
    facts::{Expr, ExprIx, Flags, Kind, Role, ScopeKind, Span, SymbolIx},
    tree::{children, field, span},
};

impl Walk<'_> {
    /// A type with a name.
    pub(super) fn type_declaration(&mut self, node: Node<'_>) {
        let (Some(name), body) = (field(node, "name"), field(node, "body")) else {
            return self.inside(node);
        };
        let kind = match node.kind() {
            "interface_declaration" | "annotation_type_declaration" => Kind::Interface,
            "enum_declaration" => Kind::Enum,
            "record_declaration" => Kind::Struct,
            _ => Kind::Class,
        };
        let modifiers = self.modifiers(node);
        let full = span(node);
        let Some(symbol) = self.define(kind, name, full) else { return self.inside(node) };
        let end = body.map_or(node.end_byte(), |it| it.start_byte());
        let header = self.facts.source().get(name.end_byte()..end).unwrap_or_default();
        self.describe(symbol, full, name.end_byte() + header.trim_end().len(), &modifiers);
        if self.facts.symbol(symbol).container.is_some() && kind != Kind::Class {
            // Nested interfaces, enums and records are static by themselves.
            self.add_flags(symbol, Flags::STATIC);
        }
        let inside = Walk::range(end, node);
        self.facts.open(ScopeKind::Type, inside, Some(symbol));
        self.header(node, symbol);
        for parameters in field(node, "parameters").into_iter().flat_map(children) {
            self.component(parameters);
        }
        if let Some(body) = body {
            self.inside(body);
        }
        self.facts.close();
    }

    /// Type parameters and supertypes, which stand before the scope that the parameters are in.
    fn header(&mut self, node: Node<'_>, symbol: SymbolIx) {
        let list = field(node, "type_parameters");
        let parameters = self.type_parameters(list);
        let outer = self.header.len();
        for parameter in &parameters {
            let name: Name = self.facts.symbol(*parameter).name;
            self.header.push((name, *parameter));
        }
        self.bounds(list, &parameters);
        let mut bases = Vec::new();
        for part in children(node) {
            match part.kind() {
                "superclass" | "super_interfaces" | "extends_interfaces" => {
                    self.bases(part, &mut bases);
                }
                "permits" => {
                    for list in children(part) {
                        children(list).into_iter().for_each(|it| _ = self.ty(it));
                    }
                }
                _ => {}
            }
        }
        self.header.truncate(outer);
        self.facts.symbol_mut(symbol).bases = bases;
    }

    /// A component of a record: a field, and a method of its name that gives it.
    fn component(&mut self, node: Node<'_>) {
        self.modifiers(node);
        let declarator = children(node).into_iter().find(|it| it.kind() == "variable_declarator");
        let name = field(node, "name").or_else(|| declarator.and_then(|it| field(it, "name")));
        let Some(name) = name else { return self.inside(node) };
        let full = span(node);
        let ty = self.parameter_type(node);
        let Some(symbol) = self.define(Kind::Property, name, full) else { return };
        let symbol = self.facts.symbol_mut(symbol);
        symbol.signature = full;
        symbol.ty = ty;
    }

    /// A class without a name: `new Base() { ... }`, or the body of an enum's constant.
    pub(super) fn anonymous(&mut self, keyword: Span, body: Node<'_>, base: ExprIx) -> ExprIx {
        let name = self.facts.name("new");
        let symbol = self.facts.declare_named(name, Kind::Class, keyword, keyword);
        self.add_flags(symbol, Flags::LOCAL.with(Flags::INSTANCE));
        if base.is_known() {
            self.facts.symbol_mut(symbol).bases = vec![base];
        }
        let scope = self.facts.open(ScopeKind::Type, span(body), Some(symbol));
        self.inside(body);
        self.facts.close();
        let ty = self.facts.expr(Expr::ThisType(scope));
        self.facts.expr(Expr::Instance(ty))
    }

    pub(super) fn enum_constant(&mut self, node: Node<'_>) {
        let Some(name) = field(node, "name") else { return self.inside(node) };
        let modifiers = self.modifiers(node);
        let full = span(node);
        let end = field(node, "arguments").map_or(name.end_byte(), |it| it.end_byte());
        let symbol = self.define(Kind::EnumMember, name, full);
        if let Some(symbol) = symbol {
            self.describe(symbol, full, end, &modifiers);
            let symbol = self.facts.symbol_mut(symbol);
            symbol.flags = symbol.flags.with(Flags::STATIC);
            symbol.visibility = crate::Visibility::Public;
        }
        if let Some(arguments) = field(node, "arguments") {
            self.inside(arguments);
        }
        if let Some(body) = field(node, "body") {
            let of = self.type_scope().map(|scope| self.facts.expr(Expr::ThisType(scope)));
            if let Some(symbol) = symbol {
                self.facts.symbol_mut(symbol).bases = of.into_iter().collect();
            }
            self.facts.open(ScopeKind::Type, span(body), symbol);
            self.inside(body);
            self.facts.close();
        }
    }

    /// `new T(...)` and `outer.new T(...)`.
    pub(super) fn creation(&mut self, node: Node<'_>) -> ExprIx {
        let mut ty = ExprIx::UNKNOWN;
        for part in children(node) {
            match part.kind() {
                "argument_list" | "class_body" => {}
                "type_arguments" => _ = self.type_arguments(part),
                _ if field(node, "type") == Some(part) => {
                    ty = self.ty(part);
                    self.set_head_role(ty, Role::Call);
                }
                _ => _ = self.visit(part),
            }
        }
        let to = Argument { callee: ty, place: 0, of: ExprIx::UNKNOWN, name: None };
        let arguments = self.arguments(field(node, "arguments"), to);
        let body = children(node).into_iter().find(|it| it.kind() == "class_body");
        if let Some(body) = body {
            let start = node.start_byte();
            let keyword = Span::new(start, (start + 3).min(node.end_byte()));
            return self.anonymous(keyword, body, ty);
        }
        if matches!(self.facts.expr_of(ty), Expr::Generic(..)) {
            return self.facts.wrap(ty, Expr::Instance);
        }
        self.called_with(ty, &arguments.values)
    }
}
