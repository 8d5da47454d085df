//! Blocks, and what stands in them; `if`, `match` and loops.

use super::{expressions::Modes, items::Within, lexer::T, patterns::Pattern, walk::Walk};
use crate::facts::{Expr, ExprIx, ScopeKind, Span};

/// Branches that are looked at to say what an `if` or `match` is.
const SAMPLE: usize = 8;

impl Walk<'_> {
    /// A block in braces; what its last expression stands for.
    pub(super) fn block(&mut self) -> ExprIx {
        if !self.at(T::OpenBrace) {
            self.missing("`{`");
            return ExprIx::UNKNOWN;
        }
        let modes = self.open_modes();
        self.facts.open(ScopeKind::Block, self.group_span(), None);
        let value = self.group(|walk| walk.statements());
        self.facts.close();
        self.restore_modes(modes);
        value
    }

    /// Statements up to the end of the group; what the last expression stands for.
    pub(super) fn statements(&mut self) -> ExprIx {
        let mut value = ExprIx::UNKNOWN;
        while !self.at_end() {
            let pos = self.pos;
            value = self.deeper(|walk| walk.statement());
            if self.pos == pos {
                self.missing("a statement");
                self.skip();
            }
        }
        value
    }

    /// A statement; what it stands for if it is an expression that no semicolon follows.
    fn statement(&mut self) -> ExprIx {
        let before = self.attributes();
        if self.eat(T::Semi) {
            return ExprIx::UNKNOWN;
        }
        if self.at(T::Let) {
            self.let_statement();
            return ExprIx::UNKNOWN;
        }
        if self.at_item() {
            self.item(before, Within::Block);
            return ExprIx::UNKNOWN;
        }
        let block_like = self.at_block_like();
        let value = if block_like { self.block_statement() } else { self.expression() };
        if self.eat(T::Semi) {
            return ExprIx::UNKNOWN;
        }
        if !self.at_end() && !block_like && !self.ended_by_brace() && self.in_macro == 0 {
            self.missing("`;`");
            self.skip();
        }
        value
    }

    /// Whether the last token taken closes a brace (a macro's content needs no semicolon).
    fn ended_by_brace(&self) -> bool {
        self.pos > 0 && self.token_at(self.pos - 1).kind == T::CloseBrace
    }

    /// Whether an expression begins here that ends a statement without a semicolon.
    fn at_block_like(&self) -> bool {
        let after_label = match self.kind() {
            T::Lifetime if self.kind_of(1) == T::Colon => 2,
            _ => 0,
        };
        match self.kind_of(after_label) {
            T::OpenBrace | T::If | T::Match | T::While | T::Loop | T::For => true,
            T::Unsafe | T::Const => self.kind_of(after_label + 1) == T::OpenBrace,
            T::Async => {
                self.kind_of(1) == T::OpenBrace
                    || self.kind_of(1) == T::Move && self.kind_of(2) == T::OpenBrace
            }
            _ => false,
        }
    }

    /// A block-like expression as a statement: only `.` and `?` can go on with it.
    fn block_statement(&mut self) -> ExprIx {
        let value = self.primary();
        if matches!(self.kind(), T::Dot | T::Question) {
            let value = self.postfix(value);
            return self.binary_rest(value);
        }
        if self.at(T::As) || self.at(T::EqEq) || self.at(T::NotEq) {
            return self.binary_rest(value);
        }
        value
    }

    /// `let pattern: Type = value else { ... };`.
    fn let_statement(&mut self) {
        let start = self.start();
        self.bump();
        let pattern = self.pattern();
        let holes = self.holes;
        let mut ty = if self.eat(T::Colon) { self.ty() } else { ExprIx::UNKNOWN };
        let inferred = self.holes > holes;
        let value = if self.eat(T::Eq) { self.expression() } else { ExprIx::UNKNOWN };
        if inferred && value.is_known() {
            ty = ExprIx::UNKNOWN;
        }
        if self.eat(T::Else) {
            self.block();
        }
        if !self.eat(T::Semi) && !self.at_end() {
            self.missing("`;`");
        }
        let full = self.since(start);
        let name = match &pattern {
            Pattern::Name(symbol, _) if !ty.is_known() => Some(*symbol),
            _ => None,
        };
        self.settle(pattern, ty, value, full);
        if let Some(symbol) = name {
            self.made(symbol, value);
        }
    }

    /// `if` with all its branches.
    pub(super) fn if_expression(&mut self) -> ExprIx {
        let mut values = Vec::new();
        loop {
            self.bump();
            let start = self.start();
            self.facts.open(ScopeKind::Block, Span::new(start, start), None);
            self.condition();
            values.push(self.block());
            self.facts.close_at(self.end());
            if !self.eat(T::Else) {
                break;
            }
            if !self.at(T::If) {
                values.push(self.block());
                break;
            }
        }
        values.truncate(SAMPLE);
        self.facts.either(values)
    }

    /// What stands between `if` or `while` and the block.
    fn condition(&mut self) {
        let modes = self.set_modes(Modes { no_struct: true, no_and: false });
        self.expression();
        self.restore_modes(modes);
    }

    /// `let pattern = value` in a condition. The names hold behind it.
    pub(super) fn let_condition(&mut self) -> ExprIx {
        let start = self.start();
        self.bump();
        let pattern = self.pattern();
        self.expect(T::Eq, "`=`");
        let modes = self.set_modes(Modes { no_struct: true, no_and: true });
        let value = self.expression();
        self.restore_modes(modes);
        let full = self.since(start);
        self.settle(pattern, ExprIx::UNKNOWN, value, full);
        ExprIx::UNKNOWN
    }

    pub(super) fn while_expression(&mut self) -> ExprIx {
        self.bump();
        let start = self.start();
        self.facts.open(ScopeKind::Block, Span::new(start, start), None);
        self.condition();
        self.block();
        self.facts.close_at(self.end());
        ExprIx::UNKNOWN
    }

    /// `for pattern in value { ... }`.
    pub(super) fn for_expression(&mut self) -> ExprIx {
        self.bump();
        let start = self.start();
        self.facts.open(ScopeKind::Block, Span::new(start, start), None);
        let pattern = self.pattern();
        self.expect(T::In, "`in`");
        let modes = self.set_modes(Modes { no_struct: true, no_and: false });
        let value = self.expression();
        self.restore_modes(modes);
        let full = self.since(start);
        let each = self.facts.wrap(value, Expr::Each);
        self.settle(pattern, ExprIx::UNKNOWN, each, full);
        self.block();
        self.facts.close_at(self.end());
        ExprIx::UNKNOWN
    }

    /// `match value { pattern if guard => value, ... }`.
    pub(super) fn match_expression(&mut self) -> ExprIx {
        self.bump();
        let modes = self.set_modes(Modes { no_struct: true, no_and: false });
        let subject = self.expression();
        self.restore_modes(modes);
        if !self.at(T::OpenBrace) {
            self.missing("`{`");
            return ExprIx::UNKNOWN;
        }
        let modes = self.open_modes();
        let mut values = self.group(|walk| {
            let mut values = Vec::new();
            while !walk.at_end() {
                let pos = walk.pos;
                let value = walk.deeper(|walk| walk.arm(subject));
                if value.is_known() && values.len() < SAMPLE {
                    values.push(value);
                }
                if walk.pos == pos {
                    walk.skip();
                }
            }
            values
        });
        self.restore_modes(modes);
        values.truncate(SAMPLE);
        self.facts.either(values)
    }

    fn arm(&mut self, subject: ExprIx) -> ExprIx {
        self.attributes();
        let start = self.start();
        self.facts.open(ScopeKind::Block, Span::new(start, start), None);
        let pattern = self.pattern();
        let full = self.since(start);
        self.settle(pattern, ExprIx::UNKNOWN, subject, full);
        if self.eat(T::If) {
            self.expression();
        }
        let mut value = ExprIx::UNKNOWN;
        if self.expect(T::FatArrow, "`=>`") {
            let block = self.at(T::OpenBrace);
            value = if block { self.block() } else { self.expression() };
            if block && matches!(self.kind(), T::Dot | T::Question) {
                value = self.postfix(value);
                value = self.binary_rest(value);
            }
        }
        self.facts.close_at(self.end());
        let ended = self.eat(T::Comma) || self.at_end() || self.ended_by_brace();
        if !ended {
            self.missing("`,`");
            while !self.at_end() && !self.eat(T::Comma) {
                self.skip();
            }
        }
        value
    }
}
