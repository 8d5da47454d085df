//! Members of types: fields, methods, constructors, and the parameters of these.

use tree_sitter::Node;

use super::walk::{Modifiers, Walk};
use crate::{
    facts::{ExprIx, Flags, Kind, Role, ScopeKind, Span, SymbolIx, Visibility},
    tree::{children, field, in_field, span},
};

/// Declared values have a signature of at most so many bytes.
const SHORT: usize = 160;

impl Walk<'_> {
    /// Fields of a class, constants of an interface, local variables.
    pub(super) fn variables(&mut self, node: Node<'_>) {
        let modifiers = self.modifiers(node);
        let ty = self.type_in(node, "type");
        for declarator in in_field(node, "declarator") {
            self.declarator(node, declarator, ty, &modifiers);
        }
    }

    fn declarator(
        &mut self,
        node: Node<'_>,
        declarator: Node<'_>,
        ty: ExprIx,
        modifiers: &Modifiers,
    ) {
        let local = node.kind() == "local_variable_declaration";
        let constant = node.kind() == "constant_declaration";
        let ty = self.array_of(ty, field(declarator, "dimensions"));
        let value = field(declarator, "value").map_or(ExprIx::UNKNOWN, |it| self.initial(it, ty));
        let Some(name) = field(declarator, "name") else { return self.inside(declarator) };
        let kind = match () {
            () if local => Kind::Variable,
            () if constant || modifiers.is_static && modifiers.is_final => Kind::Constant,
            () => Kind::Field,
        };
        // A local cannot be seen in what it is set to; of several each is seen by those behind it.
        let full = if local { span(declarator) } else { span(node) };
        let Some(symbol) = self.define(kind, name, full) else { return };
        if !local {
            let end = self.short(node, modifiers.start, name.end_byte());
            self.describe(symbol, full, end, modifiers);
        } else {
            let end = self.short(node, modifiers.start, name.end_byte());
            self.facts.symbol_mut(symbol).signature = Span::new(modifiers.start, end);
        }
        if constant {
            self.add_flags(symbol, Flags::STATIC);
        }
        let symbol = self.facts.symbol_mut(symbol);
        symbol.ty = ty;
        symbol.value = value;
    }

    /// Where the signature of a value ends: with its statement, unless that is long.
    fn short(&self, node: Node<'_>, start: usize, at_least: usize) -> usize {
        let end = node.end_byte().min(at_least.max(start + SHORT));
        let end = self.facts.source().floor_char_boundary(end);
        let text = self.facts.source().get(start..end).unwrap_or_default();
        start + text.trim_end_matches([';', ' ']).len()
    }

    /// What a variable is set to: an expression, or the elements of an array.
    fn initial(&mut self, node: Node<'_>, ty: ExprIx) -> ExprIx {
        if node.kind() == "array_initializer" {
            self.inside(node);
            return ExprIx::UNKNOWN;
        }
        let value = self.visit(node);
        // What is declared says it all.
        if ty.is_known() { ExprIx::UNKNOWN } else { value }
    }

    /// A method, constructor, or element of an annotation type.
    pub(super) fn method(&mut self, node: Node<'_>) {
        let Some(name) = field(node, "name") else { return self.inside(node) };
        let modifiers = self.modifiers(node);
        let full = span(node);
        let body = field(node, "body");
        let constructs =
            matches!(node.kind(), "constructor_declaration" | "compact_constructor_declaration");
        let Some(symbol) = self.method_symbol(name, full, constructs) else { return };
        let parameters = field(node, "parameters");
        let end = match body {
            Some(body) => {
                let header = self.facts.source().get(..body.start_byte()).unwrap_or_default();
                header.trim_end().len()
            }
            None => node.end_byte(),
        };
        self.describe(symbol, full, end, &modifiers);
        self.flag_method(node, symbol, &modifiers, body.is_some());
        let generic = field(node, "type_parameters");
        let start = generic.or(parameters).unwrap_or(name).start_byte();
        self.facts.open(ScopeKind::Function, Walk::range(start, node), Some(symbol));
        let of = self.type_parameters(generic);
        self.bounds(generic, &of);
        let result = self.type_in(node, "type");
        let result = self.array_of(result, field(node, "dimensions"));
        self.facts.symbol_mut(symbol).ty = result;
        self.parameters(parameters);
        for part in children(node) {
            if part.kind() == "throws" {
                children(part).into_iter().for_each(|it| _ = self.ty(it));
            }
        }
        if let Some(value) = field(node, "value") {
            self.visit(value);
        }
        let labels = std::mem::take(&mut self.labels);
        let returns = std::mem::take(&mut self.returns);
        if let Some(body) = body {
            self.inside(body);
        }
        self.labels = labels;
        self.returns = returns;
        self.facts.close();
    }

    /// Constructors are called by the name of their type, so they have one of their own.
    fn method_symbol(&mut self, name: Node<'_>, full: Span, constructs: bool) -> Option<SymbolIx> {
        if !constructs {
            return self.define(Kind::Method, name, full);
        }
        let spelled = self.facts.name("<init>");
        let symbol = self.facts.declare_named(spelled, Kind::Constructor, span(name), full);
        self.facts.occurrence(span(name), Role::Definition, crate::Form::Definition(symbol));
        self.add_flags(symbol, Flags::INSTANCE);
        Some(symbol)
    }

    fn flag_method(
        &mut self,
        node: Node<'_>,
        symbol: SymbolIx,
        modifiers: &Modifiers,
        has_body: bool,
    ) {
        if !has_body {
            self.add_flags(symbol, Flags::DECLARATION);
        }
        let spelled = self.facts.symbol(symbol).name;
        if self.facts.spelled(spelled) == "main"
            && modifiers.is_static
            && modifiers.visibility == Some(Visibility::Public)
        {
            self.add_flags(symbol, Flags::REACHED);
        }
        if node.kind() == "annotation_type_element_declaration" {
            self.facts.symbol_mut(symbol).visibility = Visibility::Public;
        }
    }

    /// Declares parameters in the scope that is open.
    pub(super) fn parameters(&mut self, list: Option<Node<'_>>) {
        for node in list.map(children).unwrap_or_default() {
            match node.kind() {
                "formal_parameter" | "spread_parameter" | "catch_formal_parameter" => {
                    self.parameter(node);
                }
                "receiver_parameter" => {
                    for part in children(node) {
                        if !matches!(part.kind(), "identifier" | "this") {
                            self.ty(part);
                        }
                    }
                }
                _ => _ = self.visit(node),
            }
        }
    }

    pub(super) fn parameter(&mut self, node: Node<'_>) {
        self.modifiers(node);
        let ty = self.parameter_type(node);
        let declarator = children(node).into_iter().find(|it| it.kind() == "variable_declarator");
        let name = field(node, "name").or_else(|| declarator.and_then(|it| field(it, "name")));
        let Some(name) = name else { return };
        let full = span(node);
        let kind =
            if node.kind() == "catch_formal_parameter" { Kind::Variable } else { Kind::Parameter };
        if let Some(symbol) = self.define(kind, name, full) {
            if node.kind() == "spread_parameter" {
                self.add_flags(symbol, Flags::VARIADIC);
            }
            let symbol = self.facts.symbol_mut(symbol);
            symbol.ty = ty;
            symbol.signature = full;
        }
    }

    /// The type of a parameter; `T...` is an array.
    pub(super) fn parameter_type(&mut self, node: Node<'_>) -> ExprIx {
        if let Some(ty) = field(node, "type") {
            let ty = self.ty(ty);
            return self.array_of(ty, field(node, "dimensions"));
        }
        let mut ty = ExprIx::UNKNOWN;
        for part in children(node) {
            match part.kind() {
                "modifiers" | "variable_declarator" | "identifier" | "underscore_pattern" => {}
                "annotation" | "marker_annotation" => _ = self.visit(part),
                "catch_type" => {
                    let types = children(part).into_iter().map(|it| self.ty(it)).collect();
                    return self.facts.either(types);
                }
                "dimensions" => self.inside(part),
                _ => ty = self.ty(part),
            }
        }
        if node.kind() == "spread_parameter" {
            ty = self.facts.expr(crate::Expr::List(ty));
        }
        ty
    }
}
