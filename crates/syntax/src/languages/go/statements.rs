//! Statements: the scopes that they open and the names that they bind.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, Span, SymbolIx},
    tree::{children, field, span},
};

impl Walk<'_> {
    /// Visits any node; says what it stands for, if it is an expression.
    pub(super) fn visit(&mut self, node: Node<'_>) -> ExprIx {
        self.deeper(|walk| walk.dispatch(node))
    }

    fn dispatch(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "function_declaration" | "method_declaration" => self.function(node),
            "const_declaration" | "var_declaration" | "type_declaration" => self.declaration(node),
            "import_declaration" => self.import(node),
            "short_var_declaration" => self.short_declaration(node),
            "assignment_statement" => self.assignment(node),
            "inc_statement" | "dec_statement" => {
                for child in children(node) {
                    let target = self.visit(child);
                    self.facts.set_expr_role(target, Role::Write);
                }
            }
            "block"
            | "if_statement"
            | "expression_switch_statement"
            | "expression_case"
            | "default_case" => self.block(node),
            "communication_case" => self.block(node),
            "receive_statement" => self.receive(node),
            "for_statement" => self.block(node),
            "range_clause" => self.range(node),
            "type_switch_statement" => self.type_switch(node),
            "labeled_statement" | "break_statement" | "continue_statement" | "goto_statement" => {
                self.labelled(node);
            }
            // What they give does not matter.
            "expression_statement" | "go_statement" | "defer_statement" => {
                for part in children(node) {
                    match part.kind() {
                        "call_expression" => _ = self.deeper(|walk| walk.call(part, false)),
                        _ => _ = self.visit(part),
                    }
                }
            }
            "statement_list" | "expression_list" | "return_statement" | "for_clause"
            | "send_statement" => {
                self.inside(node);
            }
            _ => return self.expression(node),
        }
        ExprIx::UNKNOWN
    }

    /// `a, b := x`: declares what its block does not have yet, and sets the rest.
    fn short_declaration(&mut self, node: Node<'_>) {
        let targets = field(node, "left").map(children).unwrap_or_default();
        let values =
            field(node, "right").map(|it| self.sources(it, targets.len())).unwrap_or_default();
        self.bind(&targets, &values, span(node));
    }

    /// Declares names, or sets those that the block has.
    fn bind(&mut self, targets: &[Node<'_>], values: &[ExprIx], full: Span) {
        for (n, target) in targets.iter().enumerate() {
            if target.kind() != "identifier" {
                let target = self.visit(*target);
                self.facts.set_expr_role(target, Role::Write);
                continue;
            }
            let at = span(*target);
            let name = self.facts.name_at(at);
            if self.locals.contains_key(&(self.facts.scope(), name)) {
                self.facts.occurrence(at, Role::Write, Form::Bare);
                continue;
            }
            if let Some(symbol) = self.define(Kind::Variable, at, full) {
                self.value(symbol, at, full);
                self.facts.symbol_mut(symbol).value = values.get(n).copied().unwrap_or_default();
            }
        }
    }

    fn assignment(&mut self, node: Node<'_>) {
        let targets = field(node, "left").map(children).unwrap_or_default();
        for target in targets {
            let target = self.visit(target);
            self.facts.set_expr_role(target, Role::Write);
        }
        if let Some(right) = field(node, "right") {
            self.visit(right);
        }
    }

    /// Whether names on the left are declared: `:=` and not `=`.
    fn declares(&self, node: Node<'_>) -> bool {
        let Some(left) = field(node, "left") else { return false };
        let rest = self.facts.source().get(left.end_byte()..).unwrap_or_default();
        rest.trim_start().starts_with(":=")
    }

    fn assign_or_bind(&mut self, node: Node<'_>, values: &[ExprIx]) {
        let targets = field(node, "left").map(children).unwrap_or_default();
        if self.declares(node) {
            return self.bind(&targets, values, span(node));
        }
        for target in targets {
            let target = self.visit(target);
            self.facts.set_expr_role(target, Role::Write);
        }
    }

    /// `v, ok := <-channel` in a `select`.
    fn receive(&mut self, node: Node<'_>) {
        let value = field(node, "right").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        self.assign_or_bind(node, &[value]);
    }

    /// `k, v := range x`. Keys of maps come first; what comes first from a channel is its element.
    fn range(&mut self, node: Node<'_>) {
        let of = field(node, "right").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        let first = self.facts.wrap(of, |of| Expr::Slot(of, 0));
        let second = self.facts.wrap(of, Expr::Element);
        self.assign_or_bind(node, &[first, second]);
    }

    /// `switch x := y.(type)`: one variable, whose type each case with one type narrows.
    fn type_switch(&mut self, node: Node<'_>) {
        self.facts.open(ScopeKind::Block, span(node), None);
        if let Some(first) = field(node, "initializer") {
            self.visit(first);
        }
        let value = field(node, "value");
        let of = value.map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        let mut variable = None;
        if let Some(alias) = field(node, "alias").and_then(|it| children(it).into_iter().next()) {
            let at = span(alias);
            let full = Span { end: value.map_or(at.end, |it| it.end_byte() as u32), ..at };
            variable = self.define(Kind::Variable, at, full);
            if let Some(symbol) = variable {
                self.value(symbol, at, full);
                self.facts.symbol_mut(symbol).value = of;
            }
        }
        for case in children(node) {
            match case.kind() {
                "type_case" => self.type_case(case, variable),
                "default_case" => self.block(case),
                _ => {}
            }
        }
        self.facts.close();
    }

    fn type_case(&mut self, node: Node<'_>, variable: Option<SymbolIx>) {
        self.facts.open(ScopeKind::Block, span(node), None);
        let mut types = Vec::new();
        for part in children(node) {
            if part.kind() == "statement_list" {
                if let (Some(variable), [ty]) = (variable, types.as_slice()) {
                    let ty: ExprIx = *ty;
                    let name = self.facts.symbol(variable).name;
                    if ty.is_known() {
                        self.facts.narrow(span(part), name, ty);
                    }
                }
                self.visit(part);
            } else {
                types.push(self.ty(part));
            }
        }
        self.facts.close();
    }

    /// Labels and the statements that name them.
    fn labelled(&mut self, node: Node<'_>) {
        for child in children(node) {
            if child.kind() != "label_name" {
                self.visit(child);
                continue;
            }
            let at = span(child);
            let name = self.facts.name_at(at);
            if node.kind() != "labeled_statement" {
                match self.labels.last_mut() {
                    Some(labels) => labels.used.push((name, at)),
                    None => _ = self.facts.occurrence(at, Role::Read, Form::Loose),
                }
                continue;
            }
            let symbol = self.facts.define(Kind::Section, at, span(node));
            // Labels are names of their own, never found by the scopes' rules.
            self.add_flags(symbol, Flags::INSTANCE);
            if let Some(labels) = self.labels.last_mut() {
                labels.defined.insert(name, symbol);
            }
        }
    }
}
