//! What conditions say about names: `instanceof` and type guards.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::Walk,
};
use crate::facts::{Expr, ExprIx, Span};

impl<'t> Walk<'t> {
    /// Within `range`, the condition is known to be so (`truth`) or not.
    pub(super) fn narrow_by(&mut self, condition: Node<'t>, truth: bool, range: Span) {
        self.deeper(|walk| walk.visit_condition(condition, truth, range));
    }

    fn visit_condition(&mut self, node: Node<'t>, truth: bool, range: Span) {
        match node.kind() {
            K::Parenthesized => {
                node.first().into_iter().for_each(|it| self.narrow_by(it, truth, range));
            }
            K::Unary => {
                let is_not = node.get(F::Operator).is_some_and(|it| self.text(it) == "!");
                if let (true, Some(inner)) = (is_not, node.get(F::Argument)) {
                    self.narrow_by(inner, !truth, range);
                }
            }
            K::Binary => {
                let operator = node.get(F::Operator).map_or("", |it| self.text(it));
                match (operator, truth) {
                    ("&&", true) | ("||", false) => {
                        for part in [F::Left, F::Right] {
                            node.get(part).into_iter().for_each(|it| {
                                self.narrow_by(it, truth, range);
                            });
                        }
                    }
                    ("instanceof", true) => {
                        let (Some(left), Some(right)) = (node.get(F::Left), node.get(F::Right))
                        else {
                            return;
                        };
                        let ty = self.silent_value(right);
                        self.narrow_name(left, ty, range);
                    }
                    _ => {}
                }
            }
            K::Call if truth => self.guarded(node, range, &["is", "has"]),
            _ => {}
        }
    }

    /// `isFoo(x)`: what the function says of `x`.
    fn guarded(&mut self, call: Node<'t>, range: Span, prefixes: &[&str]) {
        let (Some(function), Some(list)) = (call.get(F::Function), call.get(F::Arguments)) else {
            return;
        };
        let name = function.get(F::Property).unwrap_or(function);
        let name = self.word(name);
        let Some(first) = list.first().filter(|it| it.is(K::Identifier)) else { return };
        if !prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            return;
        }
        let function = self.silent_value(function);
        let ty = self.facts.wrap(function, Expr::Guard);
        self.narrow_name(first, ty, range);
    }

    fn narrow_name(&mut self, name: Node<'t>, ty: ExprIx, range: Span) {
        if name.is(K::Identifier) && ty.is_known() && !range.is_empty() {
            let name = self.facts.name_at(name.span());
            self.facts.narrow(range, name, ty);
        }
    }

    /// Behind `if (!(x instanceof C)) return;` the condition did not hold.
    pub(super) fn narrow_rest(&mut self, node: Node<'t>, block: Node<'t>) {
        let (Some(condition), Some(then)) = (node.get(F::Condition), node.get(F::Consequence))
        else {
            return;
        };
        if node.get(F::Alternative).is_none() && leaves(then) {
            let rest = Span { start: node.end(), end: block.end() };
            self.narrow_by(condition, false, rest);
        }
    }

    /// `assert(x instanceof C)`, `assertIsFoo(x)`: from here on it is so.
    pub(super) fn asserted(&mut self, node: Node<'t>) {
        if !node.is(K::Call) {
            return;
        }
        let function = node.get(F::Function);
        let name = function.and_then(|it| it.get(F::Property)).or(function);
        let name = name.map_or("", |it| self.word(it));
        if !name.starts_with("assert") && name != "invariant" {
            return;
        }
        let end = self.facts.scope_of(self.facts.scope()).span.end;
        let rest = Span { start: node.end(), end };
        let condition = node.get(F::Arguments).and_then(|it| it.first());
        match condition {
            Some(it) if it.is(K::Identifier) => self.guarded(node, rest, &["assert"]),
            Some(it) => self.narrow_by(it, true, rest),
            None => {}
        }
    }

    /// What a dotted name stands for, without counting it as a use once more.
    fn silent_value(&mut self, node: Node<'t>) -> ExprIx {
        match node.kind() {
            K::Identifier if !node.span().is_empty() => {
                let scope = self.facts.scope();
                let name = self.facts.name_at(node.span());
                self.facts.expr(Expr::Named(scope, name))
            }
            K::This => self.this_value(),
            K::Member => {
                let (Some(of), Some(name)) = (node.get(F::Object), node.get(F::Property)) else {
                    return ExprIx::UNKNOWN;
                };
                let of = self.deeper(|walk| walk.silent_value(of));
                let name = self.facts.name_at(name.span());
                self.facts.wrap(of, |of| Expr::Member(of, name))
            }
            _ => ExprIx::UNKNOWN,
        }
    }
}

/// Whether a statement never goes on to the one behind it.
fn leaves(node: Node<'_>) -> bool {
    match node.kind() {
        K::Return | K::Throw | K::Break | K::Continue => true,
        K::StatementBlock => {
            let last = node.children().last();
            last.is_some_and(|it| {
                matches!(it.kind(), K::Return | K::Throw | K::Break | K::Continue)
            })
        }
        _ => false,
    }
}
