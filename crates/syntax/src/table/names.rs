//! Uses of names in a table's languages.

use tree_sitter::Node;

use super::{Action, Walk};
use crate::{
    facts::{Expr, ExprIx, Form, Role},
    tree::span,
};

impl<'t> Walk<'t, '_> {
    /// A name that is looked up from here.
    pub(crate) fn name(&mut self, node: Node<'t>, role: Role) -> ExprIx {
        let text = self.text(node);
        let is_word = text.starts_with(|c: char| !c.is_ascii_digit());
        if !is_word || self.spec().reserved.contains(&text) {
            return if matches!(text, "this" | "$this") { self.this() } else { ExprIx::UNKNOWN };
        }
        self.facts.use_of(span(node), role, Form::Bare)
    }

    /// A name that is looked up in something.
    pub(crate) fn name_in(&mut self, node: Node<'t>, of: ExprIx, role: Role) -> ExprIx {
        if node.byte_range().is_empty() {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(span(node), role, Form::Member(of))
    }

    /// Types; the first is what they stand for.
    pub(super) fn types(&mut self, node: Node<'t>) -> ExprIx {
        let mut first = ExprIx::UNKNOWN;
        let outer = std::mem::replace(&mut self.role, Role::Type);
        self.each(node, |walk, child, _| {
            let value = walk.visit(child);
            if !first.is_known() {
                first = value;
            }
        });
        self.role = outer;
        first
    }

    pub(super) fn generic(&mut self, node: Node<'t>) -> ExprIx {
        let mut parts = Vec::new();
        let outer = std::mem::replace(&mut self.role, Role::Type);
        self.each(node, |walk, child, _| {
            // The arguments are most often in a list of their own.
            match (parts.is_empty(), walk.action(child)) {
                (false, None) => walk.each(child, |walk, argument, _| {
                    parts.push(walk.visit(argument));
                }),
                _ => parts.push(walk.visit(child)),
            }
        });
        self.role = outer;
        let Some((&head, arguments)) = parts.split_first() else { return ExprIx::UNKNOWN };
        if arguments.is_empty() {
            return head;
        }
        self.facts.wrap(head, |head| Expr::Generic(head, arguments.to_vec()))
    }

    pub(super) fn supertypes(&mut self, node: Node<'t>) -> ExprIx {
        self.each(node, |walk, child, _| {
            let base = walk.visit_as(child, Role::Type);
            walk.base(base);
        });
        ExprIx::UNKNOWN
    }

    /// The member of something; its name can have type arguments.
    pub(crate) fn member(&mut self, node: Node<'t>, of: &str, name: &str) -> ExprIx {
        let (of, name) = (self.part(node, of), self.part(node, name));
        let value = of.map_or(ExprIx::UNKNOWN, |of| self.visit(of));
        self.inside_but(node, &[of, name]);
        let Some(name) = name else { return value };
        match self.action(name) {
            Some(Action::Name | Action::TypeName) => self.name_in(name, value, self.role),
            Some(Action::Generic) => {
                let inner = name.named_child(0);
                let found = inner.map(|inner| self.name_in(inner, value, self.role));
                self.inside_but(name, &[inner]);
                found.unwrap_or_default()
            }
            _ => self.visit(name),
        }
    }

    pub(super) fn call(&mut self, node: Node<'t>, function: &str) -> ExprIx {
        let function = self.part(node, function);
        let callee = function.map_or(ExprIx::UNKNOWN, |it| self.visit_as(it, Role::Read));
        let head = match self.facts.expr_of(callee) {
            Expr::Generic(head, _) => *head,
            _ => callee,
        };
        self.facts.set_expr_role(head, Role::Call);
        let outer = std::mem::replace(&mut self.role, Role::Read);
        self.inside_but(node, &[function]);
        self.role = outer;
        self.facts.wrap(callee, Expr::Call)
    }

    pub(super) fn method_call(&mut self, node: Node<'t>, of: &str, name: &str) -> ExprIx {
        let (of, name) = (self.part(node, of), self.part(node, name));
        let value = of.map(|of| self.visit(of));
        let callee = match (name, value) {
            (Some(name), value) if matches!(self.action(name), Some(Action::Name)) => match value {
                Some(value) => self.name_in(name, value, Role::Call),
                None => self.name(name, Role::Call),
            },
            (Some(name), _) => self.visit(name),
            (None, value) => value.unwrap_or_default(),
        };
        self.inside_but(node, &[of, name]);
        self.facts.wrap(callee, Expr::Call)
    }

    pub(super) fn new_instance(&mut self, node: Node<'t>, ty: &str) -> ExprIx {
        let ty = self.part(node, ty);
        let value = ty.map_or(ExprIx::UNKNOWN, |ty| self.visit_as(ty, Role::Call));
        let head = match self.facts.expr_of(value) {
            Expr::Generic(head, _) => *head,
            _ => value,
        };
        self.facts.set_expr_role(head, Role::Call);
        self.inside_but(node, &[ty]);
        self.facts.wrap(value, Expr::Instance)
    }

    pub(super) fn cast(&mut self, node: Node<'t>, ty: &str, value: &str) -> ExprIx {
        let (ty, value) = (self.part(node, ty), self.part(node, value));
        if let Some(value) = value {
            self.visit(value);
        }
        let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.visit_as(ty, Role::Type));
        self.facts.wrap(ty, Expr::Instance)
    }

    pub(super) fn assign(&mut self, node: Node<'t>, left: &str, right: &str) -> ExprIx {
        let (left, right) = (self.part(node, left), self.part(node, right));
        let value = right.map_or(ExprIx::UNKNOWN, |right| self.visit(right));
        let Some(left) = left else { return value };
        self.assign_to(left, node, value);
        value
    }

    /// Puts a value into something.
    pub(crate) fn assign_to(&mut self, target: Node<'t>, node: Node<'t>, value: ExprIx) {
        let is_name = matches!(self.action(target), Some(Action::Name | Action::Variable));
        if is_name && self.spec().assignments_declare && !self.text(target).is_empty() {
            self.bind(target, node, value);
            return;
        }
        let target = self.visit(target);
        self.facts.set_expr_role(target, Role::Write);
    }

    pub(crate) fn this(&mut self) -> ExprIx {
        match self.type_scope() {
            Some(scope) => self.facts.expr(Expr::This(scope)),
            None => ExprIx::UNKNOWN,
        }
    }

    pub(super) fn above(&mut self) -> ExprIx {
        match self.type_scope() {
            Some(scope) => self.facts.expr(Expr::Super(scope)),
            None => ExprIx::UNKNOWN,
        }
    }
}
