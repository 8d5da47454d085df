//! Expressions: the names in them, and what they stand for.

use tree_sitter::Node;

use super::walk::{Argument, Arguments, Walk};
use crate::{
    facts::{Expr, ExprIx, Kind, Role, ScopeIx, ScopeKind, Span},
    tree::{children, field, span},
};

impl Walk<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "identifier" => self.bare(node, Role::Read),
            "type_identifier"
            | "scoped_type_identifier"
            | "generic_type"
            | "array_type"
            | "annotated_type" => self.ty(node),
            "scoped_identifier" => self.dotted_type(node, Role::Read),
            "this" => self.this(),
            "field_access" => self.field_access(node),
            "method_invocation" => self.call(node, true),
            "method_reference" => self.method_reference(node),
            "object_creation_expression" => self.creation(node),
            "array_creation_expression" => self.array_creation(node),
            "cast_expression" => {
                let types = crate::tree::in_field(node, "type");
                let types = types.into_iter().map(|it| self.ty(it)).collect();
                let ty = self.facts.either(types);
                field(node, "value").map(|it| self.visit(it));
                self.facts.wrap(ty, Expr::Instance)
            }
            "array_access" => {
                let of = field(node, "array").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
                field(node, "index").map(|it| self.visit(it));
                self.facts.wrap(of, Expr::Element)
            }
            "assignment_expression" => {
                let target = field(node, "left").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
                self.facts.set_expr_role(target, Role::Write);
                field(node, "right").map(|it| self.visit(it));
                target
            }
            "update_expression" => {
                for part in children(node) {
                    let target = self.visit(part);
                    self.facts.set_expr_role(target, Role::Write);
                }
                self.builtin("int")
            }
            "parenthesized_expression" => {
                children(node).first().map_or(ExprIx::UNKNOWN, |it| self.visit(*it))
            }
            "ternary_expression" => {
                field(node, "condition").map(|it| self.visit(it));
                let parts = ["consequence", "alternative"]
                    .map(|part| field(node, part).map_or(ExprIx::UNKNOWN, |it| self.visit(it)));
                self.facts.either(parts.to_vec())
            }
            "binary_expression" => self.binary(node),
            "unary_expression" => {
                self.inside(node);
                self.builtin("int")
            }
            "instanceof_expression" => self.instance_of(node),
            "lambda_expression" => self.lambda(node),
            "switch_expression" => self.switch(node),
            _ => self.literal(node),
        }
    }

    /// Patterns and literals.
    fn literal(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "type_pattern" | "record_pattern_component" => {
                self.type_pattern(node);
                ExprIx::UNKNOWN
            }
            "record_pattern" => {
                for part in children(node) {
                    match part.kind() {
                        "record_pattern_body" => self.inside(part),
                        _ => _ = self.ty(part),
                    }
                }
                ExprIx::UNKNOWN
            }
            "string_literal" => {
                for part in children(node) {
                    if part.kind() == "string_interpolation" {
                        self.inside(part);
                    }
                }
                self.builtin("String")
            }
            "class_literal" => {
                self.inside(node);
                self.builtin("Class")
            }
            kind if kind.ends_with("_literal") => {
                if kind == "null_literal" {
                    ExprIx::UNKNOWN
                } else {
                    self.builtin("int")
                }
            }
            _ => {
                self.inside(node);
                ExprIx::UNKNOWN
            }
        }
    }

    fn array_creation(&mut self, node: Node<'_>) -> ExprIx {
        let mut ty = self.type_in(node, "type");
        for part in children(node) {
            match part.kind() {
                "dimensions" => ty = self.array_of(ty, Some(part)),
                "dimensions_expr" => {
                    self.inside(part);
                    ty = self.facts.expr(Expr::List(ty));
                }
                "array_initializer" => self.inside(part),
                kind if kind.ends_with("annotation") => _ = self.visit(part),
                _ => {}
            }
        }
        self.facts.wrap(ty, Expr::Instance)
    }

    fn builtin(&mut self, name: &str) -> ExprIx {
        let name = self.facts.name(name);
        self.facts.expr(Expr::Builtin(name))
    }

    fn this(&mut self) -> ExprIx {
        let scope = self.type_scope();
        scope.map_or(ExprIx::UNKNOWN, |scope| self.facts.expr(Expr::This(scope)))
    }

    fn super_of(&mut self) -> ExprIx {
        let scope = self.type_scope();
        scope.map_or(ExprIx::UNKNOWN, |scope| self.facts.expr(Expr::Super(scope)))
    }

    /// What stands in front of a dot.
    fn object(&mut self, node: Node<'_>) -> ExprIx {
        let Some(object) = field(node, "object") else { return ExprIx::UNKNOWN };
        if object.kind() == "super" {
            return self.super_of();
        }
        let of = self.visit(object);
        // `Outer.super.m()` is a member of what is inherited.
        let mut cursor = node.walk();
        let with_super = node.children(&mut cursor).any(|it| it.kind() == "super");
        if with_super { self.facts.wrap(of, Expr::Instance) } else { of }
    }

    fn field_access(&mut self, node: Node<'_>) -> ExprIx {
        let Some(name) = field(node, "field") else {
            self.inside(node);
            return ExprIx::UNKNOWN;
        };
        if name.kind() == "this" {
            return self.outer_this(node);
        }
        if let Some(value) = self.qualified(node) {
            return value;
        }
        let of = self.object(node);
        self.member(of, name, Role::Read)
    }

    /// `Outer.this`.
    fn outer_this(&mut self, node: Node<'_>) -> ExprIx {
        let Some(object) = field(node, "object") else { return ExprIx::UNKNOWN };
        let ty = self.visit(object);
        self.facts.set_expr_role(ty, Role::Type);
        let name = self.facts.name_at(span(object));
        let scope: Option<ScopeIx> = self.facts.open_scopes().iter().rev().copied().find(|scope| {
            let scope = self.facts.scope_of(*scope);
            scope.kind == ScopeKind::Type
                && scope.owner.is_some_and(|owner| self.facts.symbol(owner).name == name)
        });
        match scope {
            Some(scope) => self.facts.expr(Expr::This(scope)),
            None => self.facts.wrap(ty, Expr::Instance),
        }
    }

    /// `a.b.Type`: a package's parts are no names of ours. Without two of them in front of what looks
    /// like a type, it may as well be fields.
    fn qualified(&mut self, node: Node<'_>) -> Option<ExprIx> {
        let mut names = Vec::new();
        let mut at = node;
        while at.kind() == "field_access" {
            names.push(field(at, "field")?);
            at = field(at, "object")?;
            if names.len() > 16 {
                return None;
            }
        }
        if at.kind() != "identifier" {
            return None;
        }
        names.push(at);
        names.reverse();
        let n = self.first_type(&names)?;
        if n < 2 || n + 1 != names.len() {
            return None;
        }
        let package = self.package(&names[..n]);
        Some(self.member(package, names[n], Role::Read))
    }

    /// `m(...)` and `x.m(...)`; `used` says whether its value matters.
    pub(super) fn call(&mut self, node: Node<'_>, used: bool) -> ExprIx {
        let Some(name) = field(node, "name") else {
            self.inside(node);
            return ExprIx::UNKNOWN;
        };
        let (callee, of) = if field(node, "object").is_some() {
            let of = self.object(node);
            (self.member(of, name, Role::Call), of)
        } else {
            (self.bare(name, Role::Call), ExprIx::UNKNOWN)
        };
        if let Some(list) = field(node, "type_arguments") {
            self.type_arguments(list);
        }
        let name = self.facts.name_at(span(name));
        let list = field(node, "arguments");
        let arguments = self.arguments(list, Argument { callee, place: 0, of, name: Some(name) });
        if !used {
            return ExprIx::UNKNOWN;
        }
        let declared = self.called_with(callee, &arguments.values);
        self.known_result(node, of, declared, &arguments)
    }

    /// What calling gives; arguments tell of type parameters.
    pub(super) fn called_with(&mut self, callee: ExprIx, args: &[ExprIx]) -> ExprIx {
        let tells = |walk: &Self, arg: &ExprIx| {
            arg.is_known() && !matches!(walk.facts.expr_of(*arg), Expr::Builtin(_))
        };
        if callee.is_known() && args.iter().any(|arg| tells(self, arg)) {
            let callee = self.facts.expr(Expr::Apply(callee, args.to_vec()));
            return self.facts.expr(Expr::Call(callee));
        }
        self.facts.wrap(callee, Expr::Call)
    }

    /// Visits arguments; a lambda among them learns what it is given to.
    pub(super) fn arguments(&mut self, list: Option<Node<'_>>, to: Argument) -> Arguments {
        let mut arguments = Arguments::default();
        for (n, argument) in list.map(children).unwrap_or_default().into_iter().enumerate() {
            let is_lambda = argument.kind() == "lambda_expression";
            let here = is_lambda.then_some(Argument { place: n as u32, ..to });
            let outer = std::mem::replace(&mut self.argument, here);
            let value = self.visit(argument);
            self.argument = outer;
            let made = match argument.kind() {
                "lambda_expression" => value,
                "method_reference" => self.facts.wrap(value, Expr::Call),
                _ => ExprIx::UNKNOWN,
            };
            // A function counts as a container of what it gives, as its type does.
            let is_plain = matches!(self.facts.expr_of(made), Expr::Unknown | Expr::Builtin(_));
            let value = match is_plain {
                true if is_lambda => ExprIx::UNKNOWN,
                true => value,
                false => self.facts.expr(Expr::List(made)),
            };
            arguments.values.push(value);
            arguments.made.push(made);
        }
        arguments
    }

    /// Gives what calling it gives.
    fn lambda(&mut self, node: Node<'_>) -> ExprIx {
        let given_to = self.argument.take();
        self.facts.open(ScopeKind::Function, span(node), None);
        match field(node, "parameters") {
            Some(list) if list.kind() == "formal_parameters" => self.parameters(Some(list)),
            Some(list) => {
                let names = match list.kind() {
                    "inferred_parameters" => children(list),
                    _ => vec![list],
                };
                let count = names.len();
                for (n, name) in names.into_iter().enumerate() {
                    let value =
                        given_to.map_or(ExprIx::UNKNOWN, |to| self.handed_to(to, n as u32, count));
                    if let Some(symbol) = self.define(Kind::Parameter, name, span(name)) {
                        self.facts.symbol_mut(symbol).value = value;
                    }
                }
            }
            None => {}
        }
        self.returns.push(Vec::new());
        let mut value = ExprIx::UNKNOWN;
        if let Some(body) = field(node, "body") {
            if body.kind() == "block" {
                self.inside(body);
            } else {
                value = self.visit(body);
            }
        }
        let mut values = self.returns.pop().unwrap_or_default();
        values.push(value);
        self.facts.close();
        self.facts.either(values)
    }

    /// What a lambda's parameter number `n` is.
    fn handed_to(&mut self, to: Argument, n: u32, count: usize) -> ExprIx {
        let declared =
            self.facts.wrap(to.callee, |callee| Expr::CallbackParameter(callee, n, to.place));
        let Some(name) = to.name else { return declared };
        let name = self.facts.spelled(name).to_owned();
        let known = self.known_parameter(&name, to.of, n, count);
        self.or_else(declared, known)
    }

    /// `Type::method`, `value::method`, `Type::new`.
    fn method_reference(&mut self, node: Node<'_>) -> ExprIx {
        let parts = children(node);
        let Some((of, rest)) = parts.split_first() else { return ExprIx::UNKNOWN };
        let value = if of.kind() == "super" { self.super_of() } else { self.visit(*of) };
        let mut named = None;
        for part in rest {
            match part.kind() {
                "type_arguments" => _ = self.type_arguments(*part),
                "super" => {}
                _ => named = Some(*part),
            }
        }
        match named {
            Some(name) => self.member(value, name, Role::Call),
            None => {
                self.set_head_role(value, Role::Call);
                value
            }
        }
    }

    /// Chains of operators nest to the left, as deep as they are long.
    fn binary(&mut self, node: Node<'_>) -> ExprIx {
        let mut rights = Vec::new();
        let mut left = node;
        while left.kind() == "binary_expression" {
            rights.extend(field(left, "right"));
            match field(left, "left") {
                Some(next) => left = next,
                None => break,
            }
        }
        self.visit(left);
        for right in rights.into_iter().rev() {
            self.visit(right);
        }
        self.builtin("int")
    }

    /// `x instanceof T name`, `x instanceof T(...)`.
    fn instance_of(&mut self, node: Node<'_>) -> ExprIx {
        field(node, "left").map(|it| self.visit(it));
        let ty = self.type_in(node, "right");
        if let Some(name) = field(node, "name")
            && let Some(symbol) = self.define(Kind::Variable, name, span(name))
        {
            let full = span(node);
            let symbol = self.facts.symbol_mut(symbol);
            symbol.ty = ty;
            symbol.signature = full;
        }
        if let Some(pattern) = field(node, "pattern") {
            self.visit(pattern);
        }
        self.builtin("boolean")
    }

    /// `T name` in a pattern.
    fn type_pattern(&mut self, node: Node<'_>) {
        let [ty, name] = children(node)[..] else { return };
        let ty = self.ty(ty);
        let full = span(node);
        if let Some(symbol) = self.define(Kind::Variable, name, full) {
            let symbol = self.facts.symbol_mut(symbol);
            symbol.ty = ty;
            symbol.signature = full;
        }
    }

    /// In the labels of a `switch` over an enumeration its members are seen by their own names.
    fn switch(&mut self, node: Node<'_>) -> ExprIx {
        let on = field(node, "condition").map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        let ty = self.facts.wrap(on, Expr::TypeOf);
        let mut values = Vec::new();
        for group in field(node, "body").into_iter().flat_map(children) {
            self.facts.open(ScopeKind::Block, span(group), None);
            for part in children(group) {
                match part.kind() {
                    "switch_label" => self.switch_label(part, ty),
                    "expression_statement" if group.kind() == "switch_rule" => {
                        for value in children(part) {
                            values.push(self.visit(value));
                        }
                    }
                    _ => _ = self.visit(part),
                }
            }
            self.facts.close();
        }
        self.facts.either(values)
    }

    fn switch_label(&mut self, node: Node<'_>, ty: ExprIx) {
        for part in children(node) {
            match part.kind() {
                // The grammar takes `default` behind `null` for a name.
                "identifier" if self.facts.text(span(part)) == "default" => {}
                "identifier" => {
                    let at: Span = span(part);
                    let scope = self.facts.open(ScopeKind::Block, at, None);
                    if ty.is_known() {
                        self.facts.wildcard(scope, ty);
                    }
                    self.bare(part, Role::Read);
                    self.facts.close();
                }
                "pattern" => self.inside(part),
                _ => _ = self.visit(part),
            }
        }
    }
}
