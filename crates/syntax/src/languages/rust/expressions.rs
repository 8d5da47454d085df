//! Expressions: the names in them, and what they stand for.
//!
//! Operators' precedence is not looked at: all that is asked of `a + b` is its names.

use super::{known, lexer::T, walk::Walk};
use crate::facts::{Expr, ExprIx, Form, Kind, Role, Span};

/// Elements of a literal that are looked at to say what it holds.
const SAMPLE: usize = 8;

/// What an expression may not contain where it stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Modes {
    /// Struct literals: a brace begins the body of an `if` or `match`.
    pub(super) no_struct: bool,
    /// `&&` and `||`: they go on with the condition around a `let`.
    pub(super) no_and: bool,
}

impl Walk<'_> {
    pub(super) fn set_modes(&mut self, modes: Modes) -> Modes {
        std::mem::replace(&mut self.modes, modes)
    }

    /// Inside brackets, everything is allowed again.
    pub(super) fn open_modes(&mut self) -> Modes {
        self.set_modes(Modes::default())
    }

    pub(super) fn restore_modes(&mut self, modes: Modes) {
        self.modes = modes;
    }

    /// An expression; what it stands for.
    pub(super) fn expression(&mut self) -> ExprIx {
        self.deeper(|walk| {
            let first = walk.unary();
            walk.binary_rest(first)
        })
    }

    /// Operators and operands behind a first operand.
    pub(super) fn binary_rest(&mut self, mut value: ExprIx) -> ExprIx {
        let mut operands = 1;
        loop {
            if self.eat(T::As) {
                let ty = self.ty();
                value = self.facts.wrap(ty, Expr::Instance);
                continue;
            }
            let Some((operator, len)) = self.operator() else { return value };
            if operator == Operator::Assign || operator == Operator::Change {
                if operands == 1 {
                    self.set_role(value, Role::Write);
                }
                self.take(len);
                let given = self.expression();
                if operator == Operator::Assign && operands == 1 {
                    self.fill(value, given);
                }
                return ExprIx::UNKNOWN;
            }
            self.take(len);
            if operator == Operator::Range {
                self.ranged = true;
                if !self.at_operand() {
                    value = ExprIx::UNKNOWN;
                    continue;
                }
            }
            self.unary();
            operands += 1;
            value = match operator {
                Operator::Compare => self.builtin("bool"),
                _ => ExprIx::UNKNOWN,
            };
        }
    }

    fn take(&mut self, tokens: usize) {
        for _ in 0..tokens {
            self.bump();
        }
    }

    /// The binary operator here, and of how many tokens it is made.
    fn operator(&self) -> Option<(Operator, usize)> {
        use Operator::{Assign, Change, Compare, Other, Range};
        let next = |ahead: usize, kind: T| self.kind_of(ahead) == kind && self.joined(ahead);
        Some(match self.kind() {
            T::Eq => (Assign, 1),
            T::EqEq | T::NotEq => (Compare, 1),
            T::Dots => (Range, 1),
            T::Plus | T::Minus | T::Star | T::Operator => {
                if next(1, T::Eq) {
                    (Change, 2)
                } else {
                    (Other, 1)
                }
            }
            kind @ (T::Lt | T::Gt) => match (next(1, kind), next(1, T::Eq)) {
                (true, _) if next(2, T::Eq) => (Change, 3),
                (true, _) => (Other, 2),
                (_, true) => (Compare, 2),
                _ => (Compare, 1),
            },
            kind @ (T::Amp | T::Pipe) => match (next(1, kind), next(1, T::Eq)) {
                (true, _) if self.modes.no_and => return None,
                (true, _) => (Compare, 2),
                (_, true) => (Change, 2),
                _ => (Other, 1),
            },
            _ => return None,
        })
    }

    /// Whether an operand begins here (behind `..`, it need not).
    fn at_operand(&self) -> bool {
        match self.kind() {
            T::OpenBrace => !self.modes.no_struct,
            T::Ident | T::Text | T::Number | T::Char | T::Bool | T::OpenParen => true,
            T::OpenBracket | T::Amp | T::Star | T::Minus | T::Bang | T::Pipe | T::Lt => true,
            T::If | T::Match | T::Loop | T::While | T::For | T::Unsafe | T::Move => true,
            T::Return | T::Break | T::Continue | T::Async | T::Const | T::Lifetime => true,
            _ => self.at_path(),
        }
    }

    /// Prefix operators and their operand, with what follows it.
    pub(super) fn unary(&mut self) -> ExprIx {
        let mut negated = false;
        loop {
            match self.kind() {
                T::Minus | T::Bang => {
                    negated = true;
                    self.bump();
                }
                T::Star => {
                    self.bump();
                }
                T::Amp => {
                    self.bump();
                    if self.at_word("raw") && matches!(self.kind_of(1), T::Const | T::Mut) {
                        self.bump();
                        self.bump();
                    }
                    self.eat(T::Mut);
                }
                T::Pound if self.kind_of(1) == T::OpenBracket => {
                    self.attributes();
                }
                T::Dots => {
                    self.bump();
                    self.ranged = true;
                    if !self.at_operand() {
                        return ExprIx::UNKNOWN;
                    }
                }
                _ => break,
            }
        }
        self.deeper(|walk| {
            let value = walk.primary();
            let value = walk.postfix(value);
            if negated { ExprIx::UNKNOWN } else { value }
        })
    }

    /// `.field`, `.method()`, `(args)`, `[index]`, `?`, `.await`, as many as there are.
    pub(super) fn postfix(&mut self, mut value: ExprIx) -> ExprIx {
        loop {
            match self.kind() {
                T::Question => {
                    self.bump();
                    value = self.facts.wrap(value, Expr::Await);
                }
                T::Dot => {
                    self.bump();
                    value = self.member_access(value);
                }
                T::OpenParen => {
                    // Not `(self.field)(x)`, which calls what the field holds.
                    if self.token_at(self.pos.saturating_sub(1)).kind != T::CloseParen {
                        self.set_role(value, Role::Call);
                    }
                    let name = known::Name::before(self);
                    let args = self.arguments(value, None);
                    value = known::called(self, value, name, &args);
                }
                T::OpenBracket => {
                    let outer = std::mem::take(&mut self.ranged);
                    let modes = self.open_modes();
                    self.group(|walk| {
                        walk.expression();
                    });
                    self.restore_modes(modes);
                    // A range of a slice is a slice.
                    if !std::mem::replace(&mut self.ranged, outer) {
                        value = self.facts.wrap(value, Expr::Element);
                    }
                }
                _ => return value,
            }
        }
    }

    /// What stands behind a dot.
    fn member_access(&mut self, of: ExprIx) -> ExprIx {
        let token = self.token(0);
        match token.kind {
            T::Await => {
                self.bump();
                self.facts.wrap(of, Expr::Await)
            }
            T::Number => {
                self.bump();
                self.place(of, token.span())
            }
            T::Ident => {
                self.bump();
                let turbofish = self.at(T::PathSep) && self.kind_of(1) == T::Lt;
                let called = self.at(T::OpenParen) || turbofish;
                let role = if called { Role::Call } else { Role::Read };
                let member = self.facts.use_of(token.span(), role, Form::Member(of));
                if !called {
                    return member;
                }
                self.method_call(of, member, token.span())
            }
            _ => {
                self.missing("a name");
                ExprIx::UNKNOWN
            }
        }
    }

    /// `.0`: of a tuple, or of a struct whose fields have no names.
    fn place(&mut self, of: ExprIx, at: Span) -> ExprIx {
        let digits = self.facts.text(at).to_owned();
        let Ok(n) = digits.parse::<u32>() else { return ExprIx::UNKNOWN };
        let slot = self.facts.wrap(of, |of| Expr::Slot(of, n));
        let field = self.member(of, &digits);
        self.facts.either(vec![field, slot])
    }

    fn method_call(&mut self, of: ExprIx, member: ExprIx, name: Span) -> ExprIx {
        let mut callee = member;
        let mut turbofish = ExprIx::UNKNOWN;
        if self.eat(T::PathSep) {
            let holes = self.holes;
            let (args, _) = self.type_arguments();
            if self.holes == holes {
                turbofish = args.first().copied().unwrap_or_default();
                callee = self.facts.wrap(member, |member| Expr::Generic(member, args));
            }
        }
        if !self.at(T::OpenParen) {
            return callee;
        }
        let args = self.arguments(callee, Some((of, name)));
        known::method(self, &known::MethodCall { of, callee, name, turbofish, args: &args })
    }

    /// The arguments of a call; what each stands for.
    fn arguments(&mut self, callee: ExprIx, method: Option<(ExprIx, Span)>) -> Vec<ExprIx> {
        let modes = self.open_modes();
        let ranged = self.ranged;
        let args = self.group(|walk| {
            let mut args = Vec::new();
            while !walk.at_end() {
                let pos = walk.pos;
                walk.attributes();
                if matches!(walk.kind(), T::Pipe | T::Move) {
                    walk.expected = Some(Expected {
                        callee,
                        method,
                        argument: args.len() as u32,
                        first: args.first().copied().unwrap_or_default(),
                    });
                }
                args.push(walk.expression());
                if !walk.eat(T::Comma) && (!walk.at_end() || walk.pos == pos) {
                    walk.missing("`,`");
                    walk.skip();
                }
            }
            args
        });
        self.restore_modes(modes);
        self.ranged = ranged;
        args
    }

    /// An operand without operators around it.
    pub(super) fn primary(&mut self) -> ExprIx {
        match self.kind() {
            T::Text => self.text(),
            T::Number | T::Char => {
                self.bump();
                self.builtin("number")
            }
            T::Bool => {
                self.bump();
                self.builtin("bool")
            }
            T::OpenParen => self.parenthesised(),
            T::OpenBracket => self.array(),
            T::OpenBrace => self.block(),
            T::Lifetime => {
                self.bump();
                self.eat(T::Colon);
                self.primary_behind_label()
            }
            T::Unsafe | T::Async | T::Const | T::Static if self.at_closure(1) => self.closure(),
            T::Unsafe | T::Const => {
                self.bump();
                self.block()
            }
            T::Async => {
                self.bump();
                self.eat(T::Move);
                self.block()
            }
            T::Move | T::Pipe => self.closure(),
            T::For if self.kind_of(1) == T::Lt => {
                self.higher_ranked();
                self.closure()
            }
            T::If => self.if_expression(),
            T::Match => self.match_expression(),
            T::While => self.while_expression(),
            T::For => self.for_expression(),
            T::Loop => {
                self.bump();
                self.block();
                ExprIx::UNKNOWN
            }
            T::Let => self.let_condition(),
            T::Return | T::Break => self.leave(),
            T::Continue => {
                self.bump();
                self.eat(T::Lifetime);
                ExprIx::UNKNOWN
            }
            T::Underscore => {
                self.bump();
                ExprIx::UNKNOWN
            }
            _ if self.at_path() => self.path_expression(),
            _ => {
                self.missing("an expression");
                ExprIx::UNKNOWN
            }
        }
    }

    fn primary_behind_label(&mut self) -> ExprIx {
        match self.kind() {
            T::OpenBrace | T::Loop | T::While | T::For => self.primary(),
            _ => ExprIx::UNKNOWN,
        }
    }

    fn text(&mut self) -> ExprIx {
        let token = self.bump();
        let bytes = self.facts.text(token.span()).starts_with('b');
        self.builtin(if bytes { "[u8]" } else { "str" })
    }

    /// `return x`, `break 'label x`.
    fn leave(&mut self) -> ExprIx {
        self.bump();
        self.eat(T::Lifetime);
        if self.at_operand() || self.at(T::Dots) {
            self.expression();
        }
        ExprIx::UNKNOWN
    }

    /// `()`, `(a)`, `(a, b)`.
    fn parenthesised(&mut self) -> ExprIx {
        let modes = self.open_modes();
        let (mut parts, is_tuple) = self.group(|walk| {
            let mut parts = Vec::new();
            let mut commas = 0;
            while !walk.at_end() {
                let pos = walk.pos;
                parts.push(walk.expression());
                if walk.eat(T::Comma) {
                    commas += 1;
                } else if !walk.at_end() || walk.pos == pos {
                    walk.missing("`,`");
                    walk.skip();
                }
            }
            (parts, commas > 0)
        });
        self.restore_modes(modes);
        match parts.as_slice() {
            [one] if !is_tuple => return *one,
            _ if parts.iter().all(|part| !part.is_known()) => return ExprIx::UNKNOWN,
            _ => {}
        }
        parts.truncate(SAMPLE);
        self.facts.expr(Expr::Tuple(parts))
    }

    /// `[a, b]`, `[a; n]`.
    pub(super) fn array(&mut self) -> ExprIx {
        let modes = self.open_modes();
        let mut parts = self.group(|walk| walk.list());
        self.restore_modes(modes);
        parts.truncate(SAMPLE);
        let element = self.facts.either(parts);
        self.facts.wrap(element, Expr::List)
    }

    /// Expressions with commas (or a semicolon) between them.
    pub(super) fn list(&mut self) -> Vec<ExprIx> {
        let mut parts = Vec::new();
        while !self.at_end() {
            let pos = self.pos;
            parts.push(self.expression());
            if self.eat(T::Semi) {
                self.expression();
            }
            if !self.eat(T::Comma) && (!self.at_end() || self.pos == pos) {
                self.missing("`,`");
                self.skip();
            }
        }
        parts
    }

    /// A name, a struct literal, or a macro's call.
    fn path_expression(&mut self) -> ExprIx {
        let word = self.token(0);
        let path = self.value_path(Role::Read);
        if self.at(T::Bang) && self.at_macro_arguments() && path.last.is_some() {
            return self.macro_arguments(path.last);
        }
        if self.at(T::OpenBrace) && self.at_struct_literal() {
            self.set_role(path.expr, Role::Call);
            let modes = self.open_modes();
            self.group(|walk| walk.field_values(path.expr));
            self.restore_modes(modes);
            return self.facts.wrap(path.expr, Expr::Call);
        }
        if word.kind == T::SelfType && path.last.is_none() && !self.at(T::OpenParen) {
            // The value of a unit struct.
            return self.facts.wrap(path.expr, Expr::Instance);
        }
        path.expr
    }

    /// Whether a macro's arguments follow the `!` here.
    pub(super) fn at_macro_arguments(&self) -> bool {
        self.at_group(1) || self.kind_of(1) == T::Ident && self.at_group(2)
    }

    /// Whether the brace here holds fields.
    fn at_struct_literal(&self) -> bool {
        if self.modes.no_struct {
            return false;
        }
        let second = self.kind_of(2);
        match self.kind_of(1) {
            T::CloseBrace | T::Dots | T::Pound => true,
            T::Ident | T::Number => {
                matches!(second, T::Colon | T::Comma | T::CloseBrace)
            }
            _ => false,
        }
    }

    /// `name: value, other, ..base`.
    fn field_values(&mut self, of: ExprIx) {
        while !self.at_end() {
            let pos = self.pos;
            self.attributes();
            if self.eat(T::Dots) {
                if !self.at_end() {
                    self.expression();
                }
                continue;
            }
            let token = self.token(0);
            let named = matches!(token.kind, T::Ident | T::Number);
            if named {
                self.bump();
                self.field_of(of, token.kind, token.span(), Role::Write);
                if self.eat(T::Colon) {
                    self.expression();
                } else if token.kind == T::Ident {
                    // `Point { x }`: both the field and what it is set to.
                    self.facts.occurrence(token.span(), Role::Read, Form::Bare);
                }
            }
            if !self.eat(T::Comma) && (!self.at_end() || self.pos == pos) {
                self.missing("a field");
                self.skip();
            }
        }
    }

    /// Whether a closure begins so many tokens from here.
    fn at_closure(&self, ahead: usize) -> bool {
        matches!(self.kind_of(ahead), T::Pipe)
            || self.kind_of(ahead) == T::Move && self.kind_of(ahead + 1) == T::Pipe
    }

    /// `|a, b: T| value`: a function without a name.
    fn closure(&mut self) -> ExprIx {
        let expected = self.expected.take();
        while matches!(self.kind(), T::Move | T::Static | T::Async | T::Const | T::Unsafe) {
            self.bump();
        }
        let unnamed = self.open_unnamed();
        self.expect(T::Pipe, "`|`");
        let mut parameter = 0;
        while !self.at_end() && !self.eat(T::Pipe) {
            let pos = self.pos;
            self.attributes();
            let start = self.start();
            let pattern = self.pattern_binding(Kind::Parameter);
            let holes = self.holes;
            let mut ty = if self.eat(T::Colon) { self.ty() } else { ExprIx::UNKNOWN };
            if self.holes > holes {
                ty = ExprIx::UNKNOWN;
            }
            let value = match (&expected, ty.is_known()) {
                (Some(expected), false) => known::closure_parameter(self, expected, parameter),
                _ => ExprIx::UNKNOWN,
            };
            let full = self.since(start);
            self.settle(pattern, ty, value, full);
            parameter += 1;
            if !self.eat(T::Comma) && self.pos == pos {
                self.missing("a parameter");
                self.skip();
            }
        }
        let ty = if self.eat(T::Arrow) { self.ty() } else { ExprIx::UNKNOWN };
        let modes = self.set_modes(Modes { no_and: false, ..self.modes });
        let value = self.expression();
        self.restore_modes(modes);
        self.close_unnamed(unnamed, ty, value)
    }
}

/// Where a closure is given as an argument.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) callee: ExprIx,
    /// For a method: the receiver and the name.
    pub(super) method: Option<(ExprIx, Span)>,
    pub(super) argument: u32,
    /// The first argument.
    pub(super) first: ExprIx,
}

/// What binary operators are told apart for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Assign,
    /// `+=` and the like.
    Change,
    Compare,
    Range,
    Other,
}
