//! Patterns of `match`: the names they look at and those they bind.

use ruff_python_ast::Pattern;

use super::{span, statements::Walk};
use crate::facts::{Expr, ExprIx, Form, Kind, Role};

impl Walk<'_> {
    pub(super) fn pattern(&mut self, pattern: &Pattern, subject: ExprIx) {
        match pattern {
            Pattern::MatchValue(node) => {
                self.expression(&node.value);
            }
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(node) => {
                for (n, part) in node.patterns.iter().enumerate() {
                    let part_value = self.facts.wrap(subject, |it| Expr::Slot(it, n as u32));
                    self.deeper(|walk| walk.pattern(part, part_value));
                }
            }
            Pattern::MatchMapping(node) => {
                self.all(&node.keys);
                for part in &node.patterns {
                    self.deeper(|walk| walk.pattern(part, ExprIx::UNKNOWN));
                }
                self.captured(node.rest.as_ref(), ExprIx::UNKNOWN);
            }
            Pattern::MatchClass(node) => {
                let class = self.annotation(&node.cls);
                for part in &node.arguments.patterns {
                    self.deeper(|walk| walk.pattern(part, ExprIx::UNKNOWN));
                }
                for keyword in &node.arguments.keywords {
                    let at = span(&keyword.attr);
                    let value = self.facts.use_of(at, Role::Read, Form::Label(class));
                    self.deeper(|walk| walk.pattern(&keyword.pattern, value));
                }
            }
            Pattern::MatchStar(node) => self.captured(node.name.as_ref(), ExprIx::UNKNOWN),
            Pattern::MatchAs(node) => {
                let value = match node.pattern.as_deref() {
                    Some(Pattern::MatchClass(class)) => {
                        self.deeper(|walk| {
                            walk.pattern(&Pattern::MatchClass(class.clone()), subject);
                        });
                        let class = self.silent(&class.cls);
                        self.facts.wrap(class, Expr::Instance)
                    }
                    Some(inner) => {
                        self.deeper(|walk| walk.pattern(inner, subject));
                        subject
                    }
                    None => subject,
                };
                self.captured(node.name.as_ref(), value);
            }
            Pattern::MatchOr(node) => {
                for part in &node.patterns {
                    self.deeper(|walk| walk.pattern(part, subject));
                }
            }
        }
    }

    fn captured(&mut self, name: Option<&ruff_python_ast::Identifier>, value: ExprIx) {
        if let Some(name) = name {
            let symbol = self.facts.define(Kind::Variable, span(name), span(name));
            self.facts.symbol_mut(symbol).value = value;
        }
    }
}
