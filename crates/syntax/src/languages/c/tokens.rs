//! Names in text that is not parsed: macros' bodies and arguments, branches that were left out.
//!
//! A member access is still recognised by its `.` or `->`, a call by its parenthesis, so that most
//! of these names are looked up like any other.

use super::{
    lexer::{Lexeme, Token},
    words,
};
use crate::{
    Builder, Span,
    facts::{Expr, ExprIx, Form, Role},
};

/// Parentheses nested deeper than this are not told apart.
const DEEPEST: usize = 200;

/// The arguments between `open` and `close`, as ranges of tokens.
pub(super) fn split_arguments(tokens: &[Lexeme], open: usize, close: usize) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let (mut from, mut depth) = (open + 1, 0usize);
    for (n, lexeme) in tokens.iter().enumerate().take(close).skip(open + 1) {
        match lexeme.token {
            Token::Punct(b'(' | b'[' | b'{') => depth += 1,
            Token::Punct(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Token::Punct(b',') if depth == 0 => {
                parts.push((from, n));
                from = n + 1;
            }
            _ => {}
        }
    }
    if from < close || !parts.is_empty() {
        parts.push((from, close));
    }
    parts
}

/// Reads names out of tokens.
pub(super) struct Scan<'a, 's> {
    pub(super) facts: &'a mut Builder<'s>,
    pub(super) tokens: &'a [Lexeme],
    /// Whether nothing compiles this, so that names are only looked up by spelling.
    pub(super) dead: bool,
    pub(super) cpp: bool,
    /// Names that are not to be counted: a macro's own `#` and `##` operands aside.
    pub(super) skip: &'a [Span],
}

/// What a parenthesis was opened behind.
struct Open {
    callee: ExprIx,
    /// Whether only one operand has come since.
    plain: bool,
}

impl Scan<'_, '_> {
    /// Adds an occurrence for every name; what the last operand stands for.
    pub(super) fn run(&mut self) -> ExprIx {
        let mut last = ExprIx::UNKNOWN;
        let mut open: Vec<Open> = Vec::new();
        let mut plain = true;
        for at in 0..self.tokens.len() {
            match self.tokens[at].token {
                Token::Word => {
                    last = self.word(at, last);
                    plain &= last.is_known() && !self.is_operand_before(at);
                }
                Token::Arrow | Token::Punct(b'.') => {}
                Token::Punct(b'(' | b'[') if open.len() < DEEPEST => {
                    let callee = if self.is_operand_before(at) { last } else { ExprIx::UNKNOWN };
                    open.push(Open { callee, plain });
                    (last, plain) = (ExprIx::UNKNOWN, true);
                }
                token @ Token::Punct(b')' | b']') => {
                    let Some(group) = open.pop() else { continue };
                    let call = token == Token::Punct(b')') && group.callee.is_known();
                    last = match (call, token) {
                        (true, _) => self.facts.wrap(group.callee, Expr::Call),
                        (false, Token::Punct(b')')) if plain => last,
                        (false, Token::Punct(b')')) => ExprIx::UNKNOWN,
                        _ => group.callee,
                    };
                    plain = group.plain;
                }
                Token::Punct(b'&' | b'*') => plain &= !self.is_operand_before(at),
                _ => (last, plain) = (ExprIx::UNKNOWN, false),
            }
        }
        if plain { last } else { ExprIx::UNKNOWN }
    }

    fn token(&self, at: Option<usize>) -> Option<Token> {
        self.tokens.get(at?).map(|lexeme| lexeme.token)
    }

    fn text(&self, at: Option<usize>) -> &str {
        match at.and_then(|at| self.tokens.get(at)) {
            Some(Lexeme { token: Token::Word, span }) => self.facts.text(*span),
            _ => "",
        }
    }

    fn is_operand_before(&self, at: usize) -> bool {
        let before = at.checked_sub(1);
        match self.token(before) {
            Some(Token::Word) => !words::is_keyword(self.text(before), self.cpp),
            Some(Token::Punct(b')' | b']')) => true,
            _ => false,
        }
    }

    /// One word; `of` is what comes before it.
    fn word(&mut self, at: usize, of: ExprIx) -> ExprIx {
        let span = self.tokens[at].span;
        if words::is_keyword(self.facts.text(span), self.cpp) || self.skip.contains(&span) {
            return ExprIx::UNKNOWN;
        }
        let (before, after) = (at.checked_sub(1), Some(at + 1));
        let pasted =
            self.token(before) == Some(Token::Paste) || self.token(after) == Some(Token::Paste);
        if pasted || self.dead {
            self.facts.occurrence(span, Role::Read, Form::Loose);
            return ExprIx::UNKNOWN;
        }
        let role = match self.token(after) {
            Some(Token::Punct(b'(')) => Role::Call,
            Some(Token::Punct(b'=')) => Role::Write,
            _ => Role::Read,
        };
        let form = match self.token(before) {
            Some(Token::Arrow) => Form::Member(of),
            Some(Token::Punct(b'.')) => {
                let designator = before.is_none_or(|it| !self.is_operand_before(it));
                Form::Member(if designator { ExprIx::UNKNOWN } else { of })
            }
            Some(Token::Path) => Form::Member(of),
            _ => Form::Bare,
        };
        let tagged = matches!(self.text(before), "struct" | "union" | "enum")
            || (self.cpp && self.text(before) == "class");
        let typed = form == Form::Bare && self.is_type(at);
        let role = if tagged || typed { Role::Type } else { role };
        let form = if tagged && !self.cpp { Form::Tag } else { form };
        self.facts.use_of(span, role, form)
    }

    /// Whether a name is followed as only types are: by another name, or by `*` and a closing
    /// parenthesis or comma.
    fn is_type(&self, at: usize) -> bool {
        match self.token(Some(at + 1)) {
            Some(Token::Word) => !words::is_keyword(self.text(Some(at + 1)), self.cpp),
            Some(Token::Punct(b'*')) => {
                matches!(self.token(Some(at + 2)), Some(Token::Punct(b')' | b',' | b'*')))
            }
            _ => false,
        }
    }
}
