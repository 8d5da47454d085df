//! Expressions: the names in them, and what they stand for. Pointers and arrays count as what they
//! point to and hold: `p->x`, `(*p).x` and `p[0].x` ask for the same member.

use tree_sitter::Node;

use super::{kinds::Kind as K, walk::Walk, words};
use crate::{
    facts::{Expr, ExprIx, Form, Kind, Role},
    tree::span,
};

impl<'t> Walk<'t, '_> {
    /// Visits an expression, or anything that this walk has no other interest in.
    pub(super) fn expression(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        match self.kind(node) {
            K::Identifier => {
                if words::is_keyword(self.text(node), self.cpp) {
                    return ExprIx::UNKNOWN;
                }
                self.bare(node, Role::Read)
            }
            K::TypeIdentifier => self.type_of(node, None),
            K::TypeDescriptor | K::MacroTypeSpecifier => self.type_of(node, None),
            K::FieldExpression => self.member(node),
            K::CallExpression => self.call(node),
            K::SubscriptExpression => self.subscript(node),
            K::PointerExpression => {
                let argument = fields.argument;
                self.field(node, argument).map_or(ExprIx::UNKNOWN, |it| self.visit(it))
            }
            K::ParenthesizedExpression | K::ExtensionExpression => {
                let mut value = ExprIx::UNKNOWN;
                self.each(node, |walk, child, _| value = walk.visit(child));
                value
            }
            K::CommaExpression => {
                let (left, right) = (self.field(node, fields.left), self.field(node, fields.right));
                if let Some(left) = left {
                    self.visit(left);
                }
                right.map_or(ExprIx::UNKNOWN, |right| self.visit(right))
            }
            K::ConditionalExpression => self.conditional(node),
            K::CastExpression => {
                let (ty, value) = (self.field(node, fields.r#type), self.field(node, fields.value));
                let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.type_of(ty, None));
                if let Some(value) = value {
                    self.visit(value);
                }
                self.instance(ty)
            }
            K::CompoundLiteral => {
                let (ty, value) = (self.field(node, fields.r#type), self.field(node, fields.value));
                let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.type_of(ty, None));
                if let Some(value) = value {
                    self.initialised(value, ty);
                }
                self.instance(ty)
            }
            K::AssignmentExpression => self.assignment(node),
            K::UpdateExpression => {
                let value = self.field(node, fields.argument);
                let value = value.map_or(ExprIx::UNKNOWN, |value| self.visit(value));
                self.facts.set_expr_role(value, Role::Write);
                value
            }
            K::BinaryExpression => {
                // Of what is calculated, only a pointer that is moved is of interest.
                let mut first = ExprIx::UNKNOWN;
                let left = self.field(node, fields.left);
                self.each(node, |walk, child, _| {
                    let value = walk.visit(child);
                    if Some(child) == left {
                        first = value;
                    }
                });
                let operator = self.field(node, self.grammar.fields.operator);
                let moves = operator.is_some_and(|it| matches!(self.text(it), "+" | "-"));
                if moves { first } else { ExprIx::UNKNOWN }
            }
            K::InitializerList => {
                self.initialised(node, ExprIx::UNKNOWN);
                ExprIx::UNKNOWN
            }
            K::Other if node.kind() == "expression_statement" => {
                let mut value = ExprIx::UNKNOWN;
                self.each(node, |walk, child, _| value = walk.visit(child));
                value
            }
            _ => {
                self.inside(node);
                ExprIx::UNKNOWN
            }
        }
    }

    fn conditional(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        let (condition, yes, no) = (
            self.field(node, fields.condition),
            self.field(node, fields.consequence),
            self.field(node, fields.alternative),
        );
        let condition = condition.map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        let yes = yes.map_or(condition, |it| self.visit(it));
        let no = no.map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        self.facts.either(vec![yes, no])
    }

    fn assignment(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        let (left, right) = (self.field(node, fields.left), self.field(node, fields.right));
        let target = left.map_or(ExprIx::UNKNOWN, |left| self.visit(left));
        let written = left.is_some_and(|left| {
            // `*p = 1` and `p[0] = 1` write what `p` points to.
            matches!(self.kind(left), K::Identifier | K::FieldExpression | K::QualifiedIdentifier)
        });
        if written {
            self.facts.set_expr_role(target, Role::Write);
        }
        let ty = self.facts.wrap(target, Expr::TypeOf);
        if let Some(right) = right {
            self.initialised(right, ty);
        }
        target
    }

    fn member(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        let (of, name) = (self.field(node, fields.argument), self.field(node, fields.field));
        let of = of.map_or(ExprIx::UNKNOWN, |of| self.visit(of));
        let Some(mut name) = name else { return ExprIx::UNKNOWN };
        if self.kind(name) == K::DependentName {
            let inner = self.child_of_kind(name, K::TemplateMethod);
            name = inner.unwrap_or(name);
        }
        match self.kind(name) {
            K::TemplateMethod => {
                let fields = &self.grammar.fields;
                let (inner, arguments) =
                    (self.field(name, fields.name), self.field(name, fields.arguments));
                if let Some(arguments) = arguments {
                    self.template_arguments(arguments);
                }
                inner.map_or(ExprIx::UNKNOWN, |it| self.member_name(it, of))
            }
            K::QualifiedIdentifier => self.qualified(name, Role::Read),
            _ => self.member_name(name, of),
        }
    }

    fn member_name(&mut self, name: Node<'t>, of: ExprIx) -> ExprIx {
        let at = span(name);
        if at.is_empty() {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(at, Role::Read, Form::Member(of))
    }

    fn subscript(&mut self, node: Node<'t>) -> ExprIx {
        let argument = self.field(node, self.grammar.fields.argument);
        let value = argument.map_or(ExprIx::UNKNOWN, |it| self.visit(it));
        self.each(node, |walk, child, _| {
            if Some(child) != argument {
                walk.visit(child);
            }
        });
        if !self.cpp {
            return value;
        }
        let element = self.facts.wrap(value, Expr::Element);
        self.facts.either(vec![value, element])
    }

    fn call(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        let (function, arguments) =
            (self.field(node, fields.function), self.field(node, fields.arguments));
        let Some(function) = function else { return ExprIx::UNKNOWN };
        let name = match self.kind(function) {
            K::Identifier => self.text(function),
            K::QualifiedIdentifier if self.text(function) == "std::move" => "std::move",
            _ => "",
        };
        if self.kind(function) == K::TemplateFunction
            && let Some(value) = self.named_cast(function, arguments)
        {
            return value;
        }
        let callee = self.visit(function);
        self.called(callee);
        let Some(arguments) = arguments else { return callee };
        let declares = name.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
        if declares && let Some(definer) = words::definer(name) {
            self.defining_call(arguments, definer);
            return ExprIx::UNKNOWN;
        }
        if name.is_empty() {
            self.inside(arguments);
            return self.facts.wrap(callee, Expr::Call);
        }
        let of = self.arguments(name, arguments);
        if of.is_known() && (words::is_container_of(name) || words::is_transparent(name)) {
            return of;
        }
        self.facts.wrap(callee, Expr::Call)
    }

    /// Arguments, of which some can be types and members of those: `f(p, struct x, member)`. What
    /// instance such a macro speaks of.
    fn arguments(&mut self, callee: &str, node: Node<'t>) -> ExprIx {
        let mut instance = ExprIx::UNKNOWN;
        let mut ty = ExprIx::UNKNOWN;
        let mut number = 0;
        let member_of_first = member_argument(callee);
        let is_container_of = words::is_container_of(callee);
        let mut first = ExprIx::UNKNOWN;
        self.each(node, |walk, child, _| {
            let of_first = Some(number) == member_of_first && first.is_known();
            let value = if of_first && walk.kind(child) == K::Identifier {
                walk.member_name(child, first)
            } else if ty.is_known() {
                walk.member_of_type(child, ty)
            } else {
                walk.visit(child)
            };
            let is_type = walk.prepared.types.binary_search(&(child.start_byte() as u32)).is_ok()
                || (number == 0 && callee == "offsetof")
                || (number == 1 && is_container_of && walk.kind(child) == K::Identifier);
            ty = if is_type { value } else { ExprIx::UNKNOWN };
            if is_type {
                instance = walk.instance(value);
                if callee == "offsetof" || is_container_of {
                    walk.facts.set_expr_role(value, Role::Type);
                }
            }
            if number == 0 {
                first = value;
            }
            number += 1;
        });
        match (instance.is_known(), member_of_first) {
            (true, _) => instance,
            (false, Some(_)) => first,
            _ if words::is_transparent(callee) => first,
            _ => ExprIx::UNKNOWN,
        }
    }

    /// `member`, `a.b[0]` as a member of a type.
    fn member_of_type(&mut self, node: Node<'t>, ty: ExprIx) -> ExprIx {
        let fields = &self.grammar.fields;
        match self.kind(node) {
            K::Identifier => self.facts.use_of(span(node), Role::Read, Form::Label(ty)),
            K::FieldExpression => {
                let (of, name) =
                    (self.field(node, fields.argument), self.field(node, fields.field));
                let of = of.map_or(ExprIx::UNKNOWN, |of| self.member_of_type(of, ty));
                name.map_or(ExprIx::UNKNOWN, |name| self.member_name(name, of))
            }
            K::SubscriptExpression => {
                let argument = self.field(node, fields.argument);
                let value = argument.map_or(ExprIx::UNKNOWN, |it| self.member_of_type(it, ty));
                self.each(node, |walk, child, _| {
                    if Some(child) != argument {
                        walk.visit(child);
                    }
                });
                value
            }
            _ => self.visit(node),
        }
    }

    /// `DEFINE_WAIT(name);` among statements.
    fn defining_call(&mut self, arguments: Node<'t>, definer: words::Definer) {
        let fixed = self.known_type(definer.fixed);
        let mut ty = fixed;
        let mut number = 0;
        self.each(arguments, |walk, child, _| {
            if number == definer.name && walk.kind(child) == K::Identifier {
                let at = span(child);
                let symbol = walk.facts.define(Kind::Variable, at, span(arguments));
                walk.facts.symbol_mut(symbol).ty = ty;
            } else {
                let value = walk.visit(child);
                if definer.ty == Some(number) {
                    ty = value;
                }
            }
            number += 1;
        });
    }

    /// A value put into something of a type: the members that it names are that type's.
    pub(super) fn initialised(&mut self, node: Node<'t>, ty: ExprIx) -> ExprIx {
        if self.kind(node) != K::InitializerList {
            return self.visit(node);
        }
        self.each(node, |walk, child, _| match walk.kind(child) {
            K::InitializerPair => walk.designated(child, ty),
            K::InitializerList => {
                walk.nested(child, ty);
            }
            _ => {
                walk.visit(child);
            }
        });
        ExprIx::UNKNOWN
    }

    fn nested(&mut self, node: Node<'t>, ty: ExprIx) {
        if self.enter() {
            self.initialised(node, ty);
            self.leave();
        }
    }

    /// `.a.b[0] = value`.
    fn designated(&mut self, node: Node<'t>, ty: ExprIx) {
        let fields = &self.grammar.fields;
        let (designator, value) = (fields.designator, self.field(node, fields.value));
        let mut of = ty;
        self.each(node, |walk, child, field| {
            if Some(child) == value || field != designator {
                return;
            }
            let name = match walk.kind(child) {
                K::FieldDesignator => walk.child_of_kind(child, K::FieldIdentifier),
                K::FieldIdentifier => Some(child),
                _ => {
                    walk.inside(child);
                    return;
                }
            };
            let Some(name) = name.filter(|name| !name.byte_range().is_empty()) else { return };
            let label = walk.facts.use_of(span(name), Role::Write, Form::Label(of));
            of = walk.facts.expr(Expr::TypeOf(label));
        });
        if let Some(value) = value {
            match self.kind(value) {
                K::InitializerList => self.nested(value, of),
                _ => {
                    self.visit(value);
                }
            }
        }
    }
}

/// Which argument of a macro such as `list_for_each_entry(pos, head, member)` names a member of the
/// first.
fn member_argument(callee: &str) -> Option<usize> {
    if callee.contains("for_each_entry") {
        return Some(if callee.contains("_safe") { 3 } else { 2 });
    }
    let next = matches!(
        callee,
        "list_next_entry" | "list_prev_entry" | "list_prepare_entry" | "list_safe_reset_next"
    );
    next.then_some(match callee {
        "list_prepare_entry" | "list_safe_reset_next" => 2,
        _ => 1,
    })
}
