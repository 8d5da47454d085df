//! Statements: the scopes that they open and the names that they bind.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, Span},
    tree::{children, field, span},
};

impl Walk<'_> {
    /// Visits any node; says what it stands for, if it is an expression.
    pub(super) fn visit(&mut self, node: Node<'_>) -> ExprIx {
        self.deeper(|walk| walk.dispatch(node))
    }

    fn dispatch(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "class_declaration"
            | "interface_declaration"
            | "enum_declaration"
            | "record_declaration"
            | "annotation_type_declaration" => self.type_declaration(node),
            "method_declaration"
            | "constructor_declaration"
            | "compact_constructor_declaration"
            | "annotation_type_element_declaration" => {
                self.method(node);
            }
            "field_declaration" | "constant_declaration" | "local_variable_declaration" => {
                self.variables(node);
            }
            "enum_constant" => self.enum_constant(node),
            "import_declaration" => self.import(node),
            "package_declaration" => self.annotations_of(node),
            "exports_module_directive"
            | "opens_module_directive"
            | "uses_module_directive"
            | "provides_module_directive"
            | "requires_module_directive" => {
                self.module_directive(node);
            }
            "module_declaration" => {
                if let Some(body) = field(node, "body") {
                    self.inside(body);
                }
            }
            "static_initializer" => {
                self.facts.open(ScopeKind::Function, span(node), None);
                self.inside(node);
                self.facts.close();
            }
            "block"
            | "for_statement"
            | "catch_clause"
            | "try_with_resources_statement"
            | "switch_block"
            | "switch_rule"
            | "while_statement"
            | "do_statement" => {
                self.block(node);
            }
            "catch_formal_parameter" => self.parameter(node),
            "if_statement" => self.condition(node),
            "enhanced_for_statement" => self.for_each(node),
            "resource" => self.resource(node),
            "labeled_statement" | "break_statement" | "continue_statement" => self.labelled(node),
            "marker_annotation" | "annotation" => self.annotated(node),
            "return_statement" => {
                for value in children(node) {
                    let value = self.visit(value);
                    self.returns.last_mut().into_iter().for_each(|it| it.push(value));
                }
            }
            "expression_statement" => {
                for part in children(node) {
                    match part.kind() {
                        // What it gives does not matter.
                        "method_invocation" => _ = self.deeper(|walk| walk.call(part, false)),
                        _ => _ = self.visit(part),
                    }
                }
            }
            "constructor_body"
            | "class_body"
            | "interface_body"
            | "enum_body"
            | "enum_body_declarations"
            | "annotation_type_body"
            | "modifiers" => self.inside(node),
            _ => return self.expression(node),
        }
        ExprIx::UNKNOWN
    }

    fn annotations_of(&mut self, node: Node<'_>) {
        for part in children(node) {
            if part.kind().ends_with("annotation") {
                self.visit(part);
            }
        }
    }

    /// What a positive test binds is seen in the statement; what a negated one binds, behind it.
    fn condition(&mut self, node: Node<'_>) {
        let test = field(node, "condition").and_then(|it| children(it).into_iter().next());
        match test.map(|it| it.kind()) {
            Some("unary_expression") => self.inside(node),
            _ => self.block(node),
        }
    }

    /// `for (T x : list)`.
    fn for_each(&mut self, node: Node<'_>) {
        self.facts.open(ScopeKind::Block, span(node), None);
        let modifiers = self.modifiers(node);
        let ty = self.type_in(node, "type");
        let ty = self.array_of(ty, field(node, "dimensions"));
        let of = field(node, "value").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        let value = if ty.is_known() { ty } else { self.facts.wrap(of, Expr::Element) };
        if let Some(name) = field(node, "name") {
            let end = field(node, "value").map_or(name.end_byte(), |it| it.end_byte());
            let full = Span::new(name.start_byte(), end);
            if let Some(symbol) = self.define(Kind::Variable, name, full) {
                let start = field(node, "type").map_or(modifiers.start, |it| it.start_byte());
                let symbol = self.facts.symbol_mut(symbol);
                symbol.signature = Span::new(start, end);
                if ty.is_known() {
                    symbol.ty = ty;
                } else {
                    symbol.value = value;
                }
            }
        }
        if let Some(body) = field(node, "body") {
            self.visit(body);
        }
        self.facts.close();
    }

    /// `T x = open()` in the head of a `try`.
    fn resource(&mut self, node: Node<'_>) {
        let Some(name) = field(node, "name") else { return self.inside(node) };
        self.modifiers(node);
        let ty = self.type_in(node, "type");
        let value = field(node, "value").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        if let Some(symbol) = self.define(Kind::Variable, name, span(node)) {
            let symbol = self.facts.symbol_mut(symbol);
            symbol.ty = ty;
            symbol.value = value;
            symbol.signature = span(node);
        }
    }

    /// Labels and the statements that name them.
    fn labelled(&mut self, node: Node<'_>) {
        let mut parts = children(node).into_iter();
        let Some(name) = parts.next() else { return };
        let at = span(name);
        let spelled = self.facts.name_at(at);
        if node.kind() != "labeled_statement" {
            let known = self.labels.iter().rev().find(|(it, _)| *it == spelled);
            let form = known.map_or(Form::Loose, |(_, symbol)| Form::Definition(*symbol));
            self.facts.occurrence(at, Role::Read, form);
            return;
        }
        let symbol = self.facts.define(Kind::Section, at, span(node));
        // Labels are names of their own, never found by the scopes' rules.
        self.add_flags(symbol, Flags::INSTANCE);
        self.labels.push((spelled, symbol));
        for part in parts {
            self.visit(part);
        }
        self.labels.pop();
    }

    /// `@Name(key = value)`.
    fn annotated(&mut self, node: Node<'_>) {
        let ty = field(node, "name").map_or(ExprIx::UNKNOWN, |it| self.dotted_type(it, Role::Type));
        let Some(arguments) = field(node, "arguments") else { return };
        for argument in children(arguments) {
            if argument.kind() != "element_value_pair" {
                self.visit(argument);
                continue;
            }
            if let Some(key) = field(argument, "key") {
                self.member(ty, key, Role::Call);
            }
            if let Some(value) = field(argument, "value") {
                self.visit(value);
            }
        }
    }
}
