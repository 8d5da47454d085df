//! Expressions: the names in them, and what they stand for.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    facts::{Expr, ExprIx, Kind, Role, ScopeKind},
    tree::{children, field, span},
};

impl Walk<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "identifier" | "field_identifier" => self.bare(node, Role::Read),
            "type_identifier"
            | "qualified_type"
            | "generic_type"
            | "pointer_type"
            | "slice_type"
            | "array_type"
            | "map_type"
            | "channel_type"
            | "struct_type"
            | "interface_type"
            | "function_type"
            | "negated_type"
            | "parenthesized_type"
            | "implicit_length_array_type" => self.ty(node),
            "selector_expression" => self.selector(node),
            "call_expression" => self.call(node, true),
            "index_expression" => {
                let of = self.operand(node);
                let index = field(node, "index").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
                self.indexed(of, vec![index])
            }
            "type_instantiation_expression" => {
                let mut parts = children(node).into_iter();
                let of = parts.next().map_or(ExprIx::UNKNOWN, |it| self.ty(it));
                let args = parts.map(|it| self.ty(it)).collect();
                self.facts.wrap(of, |of| Expr::Generic(of, args))
            }
            "slice_expression" => {
                let of = self.operand(node);
                for part in children(node).into_iter().skip(1) {
                    self.visit(part);
                }
                of
            }
            "type_assertion_expression" => {
                self.operand(node);
                let ty = self.type_in(node, "type");
                self.facts.wrap(ty, Expr::Instance)
            }
            "type_conversion_expression" => {
                let ty = self.type_in(node, "type");
                self.operand(node);
                self.facts.wrap(ty, Expr::Instance)
            }
            "parenthesized_expression" | "variadic_argument" => {
                children(node).first().map_or(ExprIx::UNKNOWN, |it| self.visit(*it))
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "composite_literal" => self.composite(node),
            "func_literal" => self.closure(node),
            "interpreted_string_literal"
            | "raw_string_literal"
            | "int_literal"
            | "float_literal"
            | "imaginary_literal"
            | "rune_literal"
            | "nil"
            | "true"
            | "false"
            | "iota"
            | "comment" => ExprIx::UNKNOWN,
            _ => {
                self.inside(node);
                ExprIx::UNKNOWN
            }
        }
    }

    fn operand(&mut self, node: Node<'_>) -> ExprIx {
        field(node, "operand").map_or(ExprIx::UNKNOWN, |it| self.visit(it))
    }

    fn selector(&mut self, node: Node<'_>) -> ExprIx {
        if let Some(operand) = field(node, "operand")
            && operand.kind() == "identifier"
        {
            self.qualifier(operand);
        }
        let of = self.operand(node);
        field(node, "field").map_or(ExprIx::UNKNOWN, |name| self.member(of, name, Role::Read))
    }

    /// `x[i]` is an element, or a generic function or type with arguments: what `x` is tells.
    fn indexed(&mut self, of: ExprIx, args: Vec<ExprIx>) -> ExprIx {
        if !of.is_known() {
            return of;
        }
        let element = self.facts.expr(Expr::Element(of));
        if !args.iter().all(|arg| arg.is_known()) {
            return element;
        }
        let generic = self.facts.expr(Expr::Generic(of, args));
        self.facts.either(vec![element, generic])
    }

    fn unary(&mut self, node: Node<'_>) -> ExprIx {
        let operator = field(node, "operator").map_or("", |it| it.kind());
        let of = self.operand(node);
        match operator {
            "<-" => self.facts.wrap(of, Expr::Element),
            "!" => ExprIx::UNKNOWN,
            // Pointers have the members of what they point to.
            _ => of,
        }
    }

    /// Chains of operators nest to the left, as deep as they are long.
    fn binary(&mut self, node: Node<'_>) -> ExprIx {
        let mut rights = Vec::new();
        let mut left = node;
        while left.kind() == "binary_expression" {
            let operator = field(left, "operator").map_or("", |it| it.kind());
            rights.push((operator, field(left, "right")));
            match field(left, "left") {
                Some(next) => left = next,
                None => break,
            }
        }
        let mut value = self.visit(left);
        for (operator, right) in rights.into_iter().rev() {
            let right = right.map_or(ExprIx::UNKNOWN, |it| self.visit(it));
            value = match operator {
                "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => ExprIx::UNKNOWN,
                "<<" | ">>" => value,
                // Both sides have one type; a literal does not tell it.
                _ if value.is_known() => value,
                _ => right,
            };
        }
        value
    }

    /// A call; `used` says whether its value matters.
    pub(super) fn call(&mut self, node: Node<'_>, used: bool) -> ExprIx {
        let Some(function) = field(node, "function") else {
            self.inside(node);
            return ExprIx::UNKNOWN;
        };
        let callee = self.visit(function);
        self.facts.set_expr_role(callee, Role::Call);
        let type_arguments = field(node, "type_arguments").map(|it| {
            let args = self.type_arguments(Some(it));
            self.indexed(callee, args)
        });
        let mut args = Vec::new();
        for arg in field(node, "arguments").map(children).unwrap_or_default() {
            args.push(self.visit(arg));
        }
        if function.kind() == "identifier" {
            let first = args.first().copied().unwrap_or_default();
            match self.facts.text(span(function)) {
                "new" | "make" => return self.facts.wrap(first, Expr::Instance),
                "append" | "min" | "max" => {
                    let called = self.facts.wrap(callee, Expr::Call);
                    return self.facts.either(vec![called, first]);
                }
                _ => {}
            }
        }
        if let Some(callee) = type_arguments {
            return self.facts.wrap(callee, Expr::Call);
        }
        if callee.is_known() && used && args.iter().any(|arg| arg.is_known()) {
            let callee = self.facts.expr(Expr::Apply(callee, args));
            return self.facts.expr(Expr::Call(callee));
        }
        self.facts.wrap(callee, Expr::Call)
    }

    /// A function without a name.
    fn closure(&mut self, node: Node<'_>) -> ExprIx {
        let symbol = field(node, "result").map(|_| self.anonymous(Kind::Function, node, "func"));
        let body = field(node, "body");
        let scope = self.facts.open(ScopeKind::Function, span(body.unwrap_or(node)), None);
        self.parameters(field(node, "parameters"));
        let result = self.result(node);
        self.body(body);
        self.facts.close();
        let Some(symbol) = symbol else { return ExprIx::UNKNOWN };
        let function = self.facts.symbol_mut(symbol);
        function.body = Some(scope);
        function.ty = result;
        self.facts.expr(Expr::Function(symbol))
    }
}
