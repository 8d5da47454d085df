//! Types: the names in them, what they stand for, and the members that they declare.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    comments,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, Span, SymbolIx},
    tree::{children, field, in_field, span},
};

/// The types that are declared nowhere. In the place of a type, they are no use of a name.
const PREDECLARED: &[&str] = &[
    "any",
    "bool",
    "byte",
    "comparable",
    "complex128",
    "complex64",
    "error",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "nil",
    "rune",
    "string",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
];

impl Walk<'_> {
    /// Visits a type; says what it stands for.
    pub(super) fn ty(&mut self, node: Node<'_>) -> ExprIx {
        self.deeper(|walk| walk.visit_type(node))
    }

    pub(super) fn type_in(&mut self, node: Node<'_>, name: &str) -> ExprIx {
        field(node, name).map_or(ExprIx::UNKNOWN, |ty| self.ty(ty))
    }

    fn visit_type(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "type_identifier" | "identifier" => {
                let text = self.facts.text(span(node));
                if PREDECLARED.binary_search(&text).is_ok() {
                    let name = self.facts.name_at(span(node));
                    return self.facts.expr(Expr::Builtin(name));
                }
                self.bare(node, Role::Type)
            }
            "qualified_type" => {
                let package = field(node, "package").map_or(ExprIx::UNKNOWN, |package| {
                    self.qualifier(package);
                    self.bare(package, Role::Read)
                });
                field(node, "name")
                    .map_or(ExprIx::UNKNOWN, |name| self.member(package, name, Role::Type))
            }
            "generic_type" => {
                let head = self.type_in(node, "type");
                let args = self.type_arguments(field(node, "type_arguments"));
                self.facts.wrap(head, |head| Expr::Generic(head, args))
            }
            // A pointer has the members of what it points to.
            "pointer_type" | "parenthesized_type" | "negated_type" => {
                children(node).first().map_or(ExprIx::UNKNOWN, |inner| self.ty(*inner))
            }
            "slice_type" | "implicit_length_array_type" => {
                let element = self.type_in(node, "element");
                self.facts.expr(Expr::List(element))
            }
            "array_type" => {
                if let Some(length) = field(node, "length") {
                    self.visit(length);
                }
                let element = self.type_in(node, "element");
                self.facts.expr(Expr::List(element))
            }
            "channel_type" => {
                let element = self.type_in(node, "value");
                self.facts.expr(Expr::List(element))
            }
            "map_type" => {
                let key = self.type_in(node, "key");
                let value = self.type_in(node, "value");
                let map = self.facts.name("map");
                let map = self.facts.expr(Expr::Builtin(map));
                self.facts.expr(Expr::Generic(map, vec![key, value]))
            }
            "struct_type" => {
                let symbol = self.anonymous(Kind::Struct, node, "struct");
                let scope = self.facts.open(ScopeKind::Type, span(node), Some(symbol));
                self.fields(node, symbol);
                self.facts.close();
                self.facts.expr(Expr::ThisType(scope))
            }
            "interface_type" => {
                let symbol = self.anonymous(Kind::Interface, node, "interface");
                let scope = self.facts.open(ScopeKind::Type, span(node), Some(symbol));
                self.interface(node, symbol);
                self.facts.close();
                self.facts.expr(Expr::ThisType(scope))
            }
            "function_type" => {
                let symbol = self.anonymous(Kind::Function, node, "func");
                let scope = self.facts.open(ScopeKind::Function, nowhere(node), None);
                self.facts.symbol_mut(symbol).body = Some(scope);
                self.parameters(field(node, "parameters"));
                let result = self.result(node);
                self.facts.close();
                self.facts.symbol_mut(symbol).ty = result;
                self.facts.expr(Expr::Function(symbol))
            }
            _ => self.visit(node),
        }
    }

    /// `[A, B]` behind a type or function.
    pub(super) fn type_arguments(&mut self, node: Option<Node<'_>>) -> Vec<ExprIx> {
        let Some(node) = node else { return Vec::new() };
        children(node).into_iter().map(|it| self.type_element(it)).collect()
    }

    /// `A`, or the union `~A | B`.
    fn type_element(&mut self, node: Node<'_>) -> ExprIx {
        if !matches!(node.kind(), "type_elem" | "type_constraint") {
            return self.ty(node);
        }
        let parts = children(node).into_iter().map(|it| self.ty(it)).collect();
        self.facts.either(parts)
    }

    /// Declares type parameters in the scope that is open.
    pub(super) fn type_parameters(&mut self, node: Option<Node<'_>>) {
        let Some(node) = node else { return };
        for declaration in children(node) {
            let full = span(declaration);
            let names: Vec<_> = in_field(declaration, "name")
                .into_iter()
                .filter_map(|name| self.define(Kind::TypeParameter, span(name), full))
                .collect();
            let bound =
                field(declaration, "type").map_or(ExprIx::UNKNOWN, |it| self.type_element(it));
            for symbol in names {
                self.facts.symbol_mut(symbol).ty = bound;
            }
        }
    }

    /// `type A B` and `type A = B`.
    pub(super) fn type_spec(&mut self, node: Node<'_>, full: Span) {
        let Some(name) = field(node, "name") else { return self.inside(node) };
        let ty = field(node, "type");
        let shape = ty.map_or("", |ty| ty.kind());
        let kind = match shape {
            _ if node.kind() == "type_alias" => Kind::TypeAlias,
            "struct_type" => Kind::Struct,
            "interface_type" => Kind::Interface,
            _ => Kind::Class,
        };
        let Some(symbol) = self.define(kind, span(name), full) else { return };
        let header_end = match (shape, ty) {
            ("struct_type" | "interface_type", Some(ty)) => {
                ty.child(0).map_or(ty.end_byte(), |keyword| keyword.end_byte())
            }
            _ => node.end_byte(),
        };
        self.describe(symbol, full, header_end as u32);
        let inside = Span::new(name.end_byte(), node.end_byte());
        self.facts.open(ScopeKind::Type, inside, Some(symbol));
        self.type_parameters(field(node, "type_parameters"));
        match (kind, ty) {
            (Kind::Struct, Some(ty)) => self.fields(ty, symbol),
            (Kind::Interface, Some(ty)) => self.interface(ty, symbol),
            (_, Some(ty)) => {
                let stands_for = self.ty(ty);
                self.facts.symbol_mut(symbol).ty = stands_for;
            }
            (_, None) => {}
        }
        self.facts.close();
    }

    fn fields(&mut self, node: Node<'_>, of: SymbolIx) {
        for list in children(node) {
            for declaration in children(list) {
                if declaration.kind() == "field_declaration" {
                    self.deeper(|walk| walk.field(declaration, of));
                } else {
                    self.visit(declaration);
                }
            }
        }
    }

    fn field(&mut self, node: Node<'_>, of: SymbolIx) {
        let full = span(node);
        let names = in_field(node, "name");
        if names.is_empty() {
            return self.embedded(node, of);
        }
        let doc = comments::above(self.facts.source(), full.start as usize);
        let mut symbols = Vec::new();
        for name in names {
            let Some(symbol) = self.define(Kind::Field, span(name), full) else { continue };
            let field = self.facts.symbol_mut(symbol);
            field.doc = doc;
            field.signature = full;
            symbols.push(symbol);
        }
        let ty = self.type_in(node, "type");
        for symbol in symbols {
            self.facts.symbol_mut(symbol).ty = ty;
        }
    }

    /// An embedded type is a base, and a field that is called like the type.
    fn embedded(&mut self, node: Node<'_>, of: SymbolIx) {
        let Some(ty) = field(node, "type") else { return self.inside(node) };
        let base = self.ty(ty);
        if !base.is_known() {
            return;
        }
        self.inherit(base);
        self.facts.symbol_mut(of).bases.push(base);
        let Some(name) = last_name(ty) else { return };
        let symbol = self.facts.declare(Kind::Field, span(name), span(node));
        let doc = comments::above(self.facts.source(), node.start_byte());
        let field = self.facts.symbol_mut(symbol);
        field.ty = base;
        field.doc = doc;
        field.signature = span(node);
    }

    fn inherit(&mut self, base: ExprIx) {
        let head = match self.facts.expr_of(base) {
            Expr::Generic(head, _) => *head,
            _ => base,
        };
        self.facts.set_expr_role(head, Role::Inherit);
    }

    fn interface(&mut self, node: Node<'_>, of: SymbolIx) {
        for element in children(node) {
            match element.kind() {
                "method_elem" => self.deeper(|walk| walk.method_spec(element)),
                "type_elem" => {
                    let alone = children(element).len() == 1;
                    let base = self.type_element(element);
                    if alone && base.is_known() {
                        self.inherit(base);
                        self.facts.symbol_mut(of).bases.push(base);
                    }
                }
                _ => {
                    self.visit(element);
                }
            }
        }
    }

    fn method_spec(&mut self, node: Node<'_>) {
        let Some(name) = field(node, "name") else { return self.inside(node) };
        let full = span(node);
        let Some(symbol) = self.define(Kind::Method, span(name), full) else { return };
        self.add_flags(symbol, Flags::DECLARATION);
        self.describe(symbol, full, full.end);
        self.facts.open(ScopeKind::Function, nowhere(node), Some(symbol));
        self.parameters(field(node, "parameters"));
        let result = self.result(node);
        self.facts.close();
        self.facts.symbol_mut(symbol).ty = result;
    }

    /// Declares parameters in the scope that is open.
    pub(super) fn parameters(&mut self, list: Option<Node<'_>>) {
        for node in list.map(children).unwrap_or_default() {
            let full = span(node);
            let names: Vec<_> =
                in_field(node, "name").into_iter().map(|name| self.parameter(name, full)).collect();
            let mut ty = match field(node, "type") {
                Some(ty) => self.ty(ty),
                None => self.visit(node),
            };
            if node.kind() == "variadic_parameter_declaration" {
                ty = self.facts.expr(Expr::List(ty));
            }
            for symbol in names {
                if node.kind() == "variadic_parameter_declaration" {
                    self.add_flags(symbol, Flags::VARIADIC);
                }
                let symbol = self.facts.symbol_mut(symbol);
                symbol.ty = ty;
                symbol.signature = full;
            }
        }
    }

    /// Parameters keep their places, even those that nobody can name.
    fn parameter(&mut self, name: Node<'_>, full: Span) -> SymbolIx {
        let at = span(name);
        self.define(Kind::Parameter, at, full).unwrap_or_else(|| {
            let symbol = self.facts.declare(Kind::Parameter, at, full);
            self.add_flags(symbol, Flags::INSTANCE);
            symbol
        })
    }

    /// The result of a function: a type, or a tuple of several. Named ones are variables.
    pub(super) fn result(&mut self, node: Node<'_>) -> ExprIx {
        let Some(result) = field(node, "result") else { return ExprIx::UNKNOWN };
        if result.kind() != "parameter_list" {
            return self.ty(result);
        }
        let mut types = Vec::new();
        for part in children(result) {
            let full = span(part);
            let names = in_field(part, "name");
            let count = names.len().max(1);
            let symbols: Vec<_> = names
                .into_iter()
                .filter_map(|name| self.define(Kind::Variable, span(name), full))
                .collect();
            let ty = self.type_in(part, "type");
            for symbol in symbols {
                let symbol = self.facts.symbol_mut(symbol);
                symbol.ty = ty;
                symbol.signature = full;
            }
            types.extend(std::iter::repeat_n(ty, count));
        }
        match types.as_slice() {
            [] => ExprIx::UNKNOWN,
            [one] => *one,
            _ => self.facts.expr(Expr::Tuple(types)),
        }
    }

    /// Remembers a name in front of a dot.
    pub(super) fn qualifier(&mut self, node: Node<'_>) {
        let name = self.facts.name_at(span(node));
        self.qualifiers.insert(name);
    }

    /// A key of a struct literal.
    pub(super) fn label(&mut self, of: ExprIx, node: Node<'_>) {
        let at = span(node);
        if !at.is_empty() {
            self.facts.occurrence(at, Role::Write, Form::Label(of));
        }
    }
}

/// Where the parameters of a function without a body can be seen: not even in their own types, which
/// may be called like them.
fn nowhere(node: Node<'_>) -> Span {
    Span::new(node.end_byte(), node.end_byte())
}

/// The name that a field gets from its embedded type.
fn last_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "type_identifier" => Some(node),
        "qualified_type" => field(node, "name"),
        "generic_type" => field(node, "type").and_then(last_name),
        "pointer_type" => children(node).into_iter().find_map(last_name),
        _ => None,
    }
}
