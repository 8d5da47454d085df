//! Macros: their definitions, and what is given to them.
//!
//! What a macro makes of its arguments is not known, so they are read as the Rust that they most
//! often are: expressions, statements or items, one after the other, with whatever stands between
//! them passed over.

use super::{attributes::Before, items::Within, known, lexer::T, walk::Walk};
use crate::facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind, Span};

impl Walk<'_> {
    /// A macro's call among items; false if there is none.
    pub(super) fn item_macro(&mut self, within: Within) -> bool {
        let mut ahead = 0;
        while !matches!(self.kind_of(ahead), T::Bang | T::End) {
            let part = matches!(
                self.kind_of(ahead),
                T::Ident | T::Crate | T::SelfValue | T::Super | T::PathSep | T::Dollar
            );
            if !part {
                return false;
            }
            ahead += 1;
        }
        if self.kind_of(ahead) != T::Bang {
            return false;
        }
        let last = self.value_path(Role::Call).last;
        let braces = self.kind_of(1) == T::OpenBrace;
        self.macro_content(last, Some(within));
        if !braces {
            self.eat(T::Semi);
        }
        true
    }

    /// `!(...)` behind the macro's name; what the result stands for.
    pub(super) fn macro_arguments(&mut self, name: Option<Span>) -> ExprIx {
        self.macro_content(name, None)
    }

    fn macro_content(&mut self, name: Option<Span>, within: Option<Within>) -> ExprIx {
        self.bump();
        if self.at(T::Ident) {
            // `name! ident { ... }` of old.
            self.bump();
        }
        if !matches!(self.kind(), T::OpenParen | T::OpenBracket | T::OpenBrace) {
            self.missing("a macro's arguments");
            return ExprIx::UNKNOWN;
        }
        let name = name.map_or("", |at| self.facts.text(at));
        let outer = (self.open_modes(), self.expected.take(), self.ranged);
        self.in_macro += 1;
        let value = match name {
            "matches" | "assert_matches" | "debug_assert_matches" => self.match_macro(),
            "quote" | "quote_spanned" | "parse_quote" | "parse_quote_spanned" => {
                self.group(|walk| walk.loose_tokens(T::Pound));
                ExprIx::UNKNOWN
            }
            "concat_idents" | "stringify" | "cfg" => {
                self.skip_group();
                ExprIx::UNKNOWN
            }
            _ => {
                let braces = self.at(T::OpenBrace);
                let span = self.group_span();
                if within.is_none() {
                    self.facts.open(ScopeKind::Block, span, None);
                }
                let values = self.group(|walk| walk.arguments_of_macro(braces, within));
                if within.is_none() {
                    self.facts.close();
                }
                known::expanded(self, name, &values)
            }
        };
        self.in_macro -= 1;
        self.restore_modes(outer.0);
        (self.expected, self.ranged) = (outer.1, outer.2);
        value
    }

    /// `value, pattern if condition`.
    fn match_macro(&mut self) -> ExprIx {
        let span = self.group_span();
        self.facts.open(ScopeKind::Block, span, None);
        self.group(|walk| {
            let value = walk.expression();
            walk.eat(T::Comma);
            let start = walk.start();
            let pattern = walk.pattern();
            let full = walk.since(start);
            walk.settle(pattern, ExprIx::UNKNOWN, value, full);
            if walk.eat(T::If) {
                walk.expression();
            }
            while !walk.at_end() {
                if !walk.eat(T::Comma) {
                    walk.skip();
                } else if !walk.at_end() {
                    walk.expression();
                }
            }
        });
        self.facts.close();
        self.builtin("bool")
    }

    /// What a macro is given, whatever it is; what the expressions among it stand for.
    fn arguments_of_macro(&mut self, braces: bool, within: Option<Within>) -> Vec<ExprIx> {
        let mut values = Vec::new();
        while !self.at_end() {
            let pos = self.pos;
            let value = self.deeper(|walk| walk.argument_of_macro(braces, within));
            values.push(value);
            if self.pos == pos {
                self.skip();
            }
            while matches!(self.kind(), T::Comma | T::Semi | T::FatArrow | T::Colon | T::Eq) {
                self.bump();
            }
        }
        values
    }

    fn argument_of_macro(&mut self, braces: bool, within: Option<Within>) -> ExprIx {
        match self.kind() {
            T::Text => {
                let token = self.token(0);
                if !braces {
                    self.format_arguments(token.span());
                }
                return self.expression();
            }
            // `key = value` and `key: value` of the macro's own.
            T::Ident if matches!(self.kind_of(1), T::Eq | T::Colon) => {
                self.bump();
                return ExprIx::UNKNOWN;
            }
            T::Dollar if self.kind_of(1) == T::OpenParen => {
                self.bump();
                self.group(|walk| walk.arguments_of_macro(braces, within));
                return ExprIx::UNKNOWN;
            }
            T::Let => return self.statement_of_macro(),
            T::If if self.kind_of(1) == T::Pound => {
                // `cfg_if!`.
                self.bump();
                self.attributes();
                return ExprIx::UNKNOWN;
            }
            T::Else => {
                self.bump();
                return ExprIx::UNKNOWN;
            }
            T::OpenBrace if within.is_some() && braces => {
                let within = within.unwrap_or(Within::Block);
                self.group(|walk| walk.items(within));
                return ExprIx::UNKNOWN;
            }
            T::OpenBrace => return self.braces_of_macro(),
            _ => {}
        }
        let before = self.attributes();
        if self.at_item() {
            let place = within.unwrap_or(Within::Block);
            self.item(before, place);
            return ExprIx::UNKNOWN;
        }
        self.expression()
    }

    fn statement_of_macro(&mut self) -> ExprIx {
        // A statement would run to its semicolon, which need not come.
        self.bump();
        let start = self.start();
        let pattern = self.pattern();
        let ty = if self.eat(T::Colon) { self.ty() } else { ExprIx::UNKNOWN };
        let value = if self.eat(T::Eq) { self.expression() } else { ExprIx::UNKNOWN };
        let full = self.since(start);
        self.settle(pattern, ty, value, full);
        ExprIx::UNKNOWN
    }

    /// Braces in a macro's arguments: a block as well as anything else.
    fn braces_of_macro(&mut self) -> ExprIx {
        let span = self.group_span();
        self.facts.open(ScopeKind::Block, span, None);
        let values = self.group(|walk| walk.arguments_of_macro(true, None));
        self.facts.close();
        values.last().copied().unwrap_or_default()
    }

    /// The names in `"{name} {other:width$} {0}"`.
    fn format_arguments(&mut self, text: Span) {
        let literal = self.facts.text(text);
        if !literal.contains('{') || !literal.starts_with(['"', 'r']) {
            return;
        }
        let bytes = literal.as_bytes();
        let mut at = 0;
        while let Some(next) = memchr::memchr3(b'{', b'}', b'\\', &bytes[at..]) {
            at += next;
            match (bytes[at], bytes.get(at + 1)) {
                (b'\\', Some(b'u')) => at = skip_until(bytes, at, b'}'),
                (b'{', Some(b'{')) | (b'\\', _) => at += 2,
                (b'}', _) => at += 1,
                _ => {
                    let end = skip_until(bytes, at, b'}');
                    self.placeholder(text.start as usize + at + 1, &literal[at + 1..end]);
                    at = end;
                }
            }
            at = at.min(bytes.len());
        }
    }

    /// `name`, `name:?`, `:width$`, `:.precision$`.
    fn placeholder(&mut self, start: usize, text: &str) {
        let (name, spec) = text.split_once(':').unwrap_or((text, ""));
        if is_name(name) {
            let at = Span::new(start, start + name.len());
            self.facts.occurrence(at, Role::Read, Form::Bare);
        }
        let spec_start = start + text.len() - spec.len();
        let mut from = 0;
        while let Some(dollar) = spec[from..].find('$') {
            let before = &spec[from..from + dollar];
            let word = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_'));
            let begins = word
                .map_or(0, |word| word + before[word..].chars().next().map_or(1, char::len_utf8));
            if is_name(&before[begins..]) {
                let at = spec_start + from + begins;
                let at = Span::new(at, spec_start + from + dollar);
                self.facts.occurrence(at, Role::Read, Form::Bare);
            }
            from += dollar + 1;
        }
    }

    /// `macro_rules! name { (pattern) => { template }; }`.
    pub(super) fn macro_rules(&mut self, before: &Before) {
        self.bump();
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        self.define_macro(at, before);
    }

    /// `macro name($a:expr) { template }`.
    pub(super) fn macro_definition(&mut self, before: &Before) {
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        self.define_macro(at, before);
    }

    fn define_macro(&mut self, at: Span, before: &Before) {
        let symbol = self.define_item(Kind::Macro, at, before);
        let header_end = self.end();
        self.in_macro += 1;
        while matches!(self.kind(), T::OpenParen | T::OpenBracket | T::OpenBrace) {
            self.group(|walk| walk.loose_tokens(T::Dollar));
        }
        self.in_macro -= 1;
        self.eat(T::Semi);
        self.describe(symbol, before, header_end);
    }

    /// Code that is not here but where a macro is called: only `$crate::...` says what it means.
    /// Names behind `mark` are the macro's own (`$name`) or values from here (`#name` of `quote!`).
    fn loose_tokens(&mut self, mark: T) {
        while !self.at_end() {
            let token = self.token(0);
            match token.kind {
                T::Dollar if self.kind_of(1) == T::Crate => {
                    self.simple_path(Role::Read);
                }
                kind if kind == mark && self.kind_of(1) == T::Ident => {
                    self.bump();
                    let at = self.bump().span();
                    if mark == T::Pound {
                        self.facts.occurrence(at, Role::Read, Form::Bare);
                    } else if self.at(T::Colon) {
                        // `$name:expr`.
                        self.bump();
                        self.bump();
                    }
                }
                T::Ident => {
                    self.bump();
                    let role = match self.kind() {
                        T::OpenParen | T::Bang => Role::Call,
                        _ => Role::Read,
                    };
                    self.facts.occurrence(token.span(), role, Form::Loose);
                }
                T::Pound if self.kind_of(1) == T::OpenBracket && mark != T::Pound => {
                    self.attributes();
                }
                T::OpenParen | T::OpenBracket | T::OpenBrace => {
                    self.group(|walk| walk.loose_tokens(mark));
                }
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// The list that a macro makes of its arguments.
    pub(super) fn list_of(&mut self, values: &[ExprIx]) -> ExprIx {
        let sample = values.iter().take(8).copied().collect();
        let element = self.facts.either(sample);
        self.facts.wrap(element, Expr::List)
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && text != "_"
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// The place of the next `byte` behind `at`, or the end.
fn skip_until(bytes: &[u8], at: usize, byte: u8) -> usize {
    memchr::memchr(byte, &bytes[at..]).map_or(bytes.len(), |next| at + next)
}
