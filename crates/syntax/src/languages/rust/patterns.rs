//! Patterns: what they bind, and to which part of the value.
//!
//! A `let` has its pattern before its value, so a pattern is read first and told its value later.

use super::{lexer::T, walk::Walk};
use crate::facts::{Expr, ExprIx, Form, Kind, Role, Span, SymbolIx};

/// What a pattern says about the value it is matched with.
#[derive(Default)]
pub(super) enum Pattern {
    /// Nothing is bound.
    #[default]
    Nothing,
    /// A name for all of it, and maybe for parts.
    Name(SymbolIx, Box<Pattern>),
    /// Its places, as many as are written before a `..`.
    Tuple(Vec<Pattern>),
    /// The fields `0`, `1` of a variant or struct.
    Variant(ExprIx, Vec<Pattern>),
    /// What `Some`, `Ok` and the like hold.
    Held(Box<Pattern>),
    /// Parts whose values are known without it: fields that are called by name.
    Parts(Vec<(ExprIx, Pattern)>),
    /// Its elements.
    Elements(Vec<Pattern>),
    /// The rest of a slice: like the whole.
    Rest(Box<Pattern>),
    /// One of these.
    Or(Vec<Pattern>),
}

impl Walk<'_> {
    /// A pattern, `a | b` included.
    pub(super) fn pattern(&mut self) -> Pattern {
        self.eat(T::Pipe);
        let from = self.bound.len();
        let first = self.pattern_binding(Kind::Variable);
        let outer = self.shared.clone();
        let mut patterns = vec![first];
        while self.eat(T::Pipe) {
            // The names are those of the first alternative.
            self.shared = from..self.bound.len();
            patterns.push(self.pattern_binding(Kind::Variable));
        }
        self.shared = outer;
        if patterns.len() == 1 { patterns.remove(0) } else { Pattern::Or(patterns) }
    }

    /// A pattern without alternatives (a closure's parameter ends at `|`), with the kind of symbol
    /// that a name right here is.
    pub(super) fn pattern_binding(&mut self, kind: Kind) -> Pattern {
        self.deeper(|walk| walk.visit_pattern(kind))
    }

    fn visit_pattern(&mut self, kind: Kind) -> Pattern {
        while self.eat(T::Amp) {
            self.eat(T::Mut);
        }
        let bound = self.at(T::Ref) || self.at(T::Mut);
        while matches!(self.kind(), T::Ref | T::Mut) {
            self.bump();
        }
        if self.at(T::Amp) {
            return self.visit_pattern(kind);
        }
        match self.kind() {
            T::Ident if self.kind_of(1) == T::Bang && self.at_group(2) => {
                let path = self.value_path(Role::Call);
                self.macro_arguments(path.last);
                Pattern::Nothing
            }
            T::Ident if self.at_word("box") && self.kind_of(1) == T::Ident => {
                self.bump();
                self.visit_pattern(kind)
            }
            T::Ident if bound || self.binds() => self.named_pattern(kind),
            T::OpenParen => self.tuple_pattern(),
            T::OpenBracket => {
                let parts = self.group(|walk| walk.pattern_list(false));
                Pattern::Elements(parts)
            }
            T::Dots => {
                self.bump();
                if self.range_end() {
                    self.range_bound();
                }
                Pattern::Nothing
            }
            T::Number | T::Text | T::Char | T::Bool | T::Minus => {
                self.range_bound();
                self.range_rest();
                Pattern::Nothing
            }
            T::Const if self.kind_of(1) == T::OpenBrace => {
                self.bump();
                self.block();
                Pattern::Nothing
            }
            T::Underscore => {
                self.bump();
                Pattern::Nothing
            }
            _ if self.at_path() => self.path_pattern(),
            _ => {
                self.missing("a pattern");
                Pattern::Nothing
            }
        }
    }

    /// Whether the identifier here is a new name. One that begins with a capital names a constant
    /// or a variant, as the compiler's own lints demand.
    fn binds(&self) -> bool {
        match self.kind_of(1) {
            T::PathSep | T::OpenParen | T::OpenBrace | T::Dots => false,
            T::At => true,
            _ => {
                let name = self.facts.text(self.token(0).span());
                let first = name.chars().find(|c| *c != '_');
                !first.is_some_and(char::is_uppercase)
            }
        }
    }

    fn named_pattern(&mut self, kind: Kind) -> Pattern {
        let at = self.bump().span();
        let Some(symbol) = self.bind(kind, at) else {
            return if self.eat(T::At) { self.visit_pattern(kind) } else { Pattern::Nothing };
        };
        let inner = if self.eat(T::At) { self.visit_pattern(kind) } else { Pattern::Nothing };
        Pattern::Name(symbol, Box::new(inner))
    }

    /// Defines a name; none if an earlier alternative has done so.
    fn bind(&mut self, kind: Kind, at: Span) -> Option<SymbolIx> {
        let name = self.facts.name_at(at);
        let shared = self.bound.get(self.shared.clone()).unwrap_or_default();
        if let Some((_, symbol)) = shared.iter().find(|(it, _)| *it == name) {
            self.facts.occurrence(at, Role::Definition, Form::Definition(*symbol));
            return None;
        }
        let symbol = self.facts.define(kind, at, at);
        self.bound.push((name, symbol));
        Some(symbol)
    }

    fn tuple_pattern(&mut self) -> Pattern {
        let mut parts = self.group(|walk| walk.pattern_list(true));
        // `(x)` is `x`; a one-tuple is hardly ever written.
        if parts.len() == 1 { parts.remove(0) } else { Pattern::Tuple(parts) }
    }

    /// Patterns with commas between them. If they are places, those behind a `..` are not known.
    fn pattern_list(&mut self, places: bool) -> Vec<Pattern> {
        let mut parts = Vec::new();
        let mut places_known = true;
        while !self.at_end() {
            let pos = self.pos;
            self.attributes();
            let rest = self.at(T::Dots) && matches!(self.kind_of(1), T::Comma | T::End);
            places_known &= !(places && rest);
            let is_rest = self.kind_of(1) == T::At && self.kind_of(2) == T::Dots;
            let part = self.pattern();
            parts.push(match part {
                part if is_rest => Pattern::Rest(Box::new(part)),
                part if places_known => part,
                part => unknown(part),
            });
            if !self.eat(T::Comma) && self.pos == pos {
                self.missing("a pattern");
                self.skip();
            }
        }
        parts
    }

    /// A literal or path at the end of a range.
    fn range_bound(&mut self) {
        self.eat(T::Minus);
        match self.kind() {
            T::Number | T::Text | T::Char | T::Bool => {
                self.bump();
            }
            _ if self.at_path() => {
                self.value_path(Role::Read);
            }
            _ => {}
        }
    }

    fn range_end(&self) -> bool {
        matches!(self.kind(), T::Number | T::Char | T::Minus | T::Text) || self.at_path()
    }

    fn range_rest(&mut self) {
        if self.eat(T::Dots) && self.range_end() {
            self.range_bound();
        }
    }

    /// A constant, a variant, or a struct with its fields.
    fn path_pattern(&mut self) -> Pattern {
        let path = self.value_path(Role::Read);
        match self.kind() {
            T::OpenParen => {
                let mut parts = self.group(|walk| walk.pattern_list(true));
                let name = path.last.map_or("", |at| self.facts.text(at));
                match name {
                    "Some" | "Ok" | "Continue" | "Ready" if parts.len() == 1 => {
                        Pattern::Held(Box::new(parts.remove(0)))
                    }
                    _ => Pattern::Variant(path.expr, parts),
                }
            }
            T::OpenBrace => {
                self.set_role(path.expr, Role::Type);
                self.group(|walk| walk.field_patterns(path.expr))
            }
            T::Bang => {
                self.macro_arguments(None);
                Pattern::Nothing
            }
            _ => {
                self.range_rest();
                Pattern::Nothing
            }
        }
    }

    /// `name, other: pattern, ..`.
    fn field_patterns(&mut self, of: ExprIx) -> Pattern {
        let mut parts = Vec::new();
        while !self.at_end() {
            let pos = self.pos;
            self.attributes();
            if self.kind_of(1) == T::Colon {
                let token = self.bump();
                self.bump();
                let value = self.field_of(of, token.kind, token.span(), Role::Read);
                let pattern = self.pattern();
                parts.push((value, pattern));
            } else if !self.eat(T::Dots) {
                while matches!(self.kind(), T::Ref | T::Mut) {
                    self.bump();
                }
                if let Some(at) = self.identifier() {
                    let value = self.field_of(of, T::Ident, at, Role::Read);
                    if let Some(symbol) = self.bind(Kind::Variable, at) {
                        parts.push((value, Pattern::Name(symbol, Box::default())));
                    }
                }
            }
            if !self.eat(T::Comma) && self.pos == pos {
                self.missing("a field");
                self.skip();
            }
        }
        Pattern::Parts(parts)
    }

    /// The field that is called so in a struct's literal or pattern.
    pub(super) fn field_of(&mut self, of: ExprIx, kind: T, at: Span, role: Role) -> ExprIx {
        match kind {
            T::Ident => self.facts.use_of(at, role, Form::Label(of)),
            T::Number => {
                let name = self.facts.text(at).to_owned();
                self.member(of, &name)
            }
            _ => ExprIx::UNKNOWN,
        }
    }

    /// Gives the names of a pattern their types and values: `ty` if one is declared, else those of
    /// `value`. The names hold behind `full`.
    pub(super) fn settle(&mut self, pattern: Pattern, ty: ExprIx, value: ExprIx, full: Span) {
        self.bound.clear();
        if let Pattern::Name(symbol, inner) = pattern {
            let at = self.facts.symbol(symbol).at;
            let signature = self.facts.short_signature(full, at);
            let bound = self.facts.symbol_mut(symbol);
            (bound.ty, bound.value) = (ty, value);
            (bound.full, bound.signature) = (full, signature);
            return self.settle(*inner, ty, value, full);
        }
        if matches!(pattern, Pattern::Nothing) {
            return;
        }
        let typed = self.facts.wrap(ty, Expr::Instance);
        let value = if typed.is_known() { typed } else { value };
        self.settle_parts(pattern, value, full);
    }

    fn settle_parts(&mut self, pattern: Pattern, value: ExprIx, full: Span) {
        let unknown = ExprIx::UNKNOWN;
        match pattern {
            Pattern::Nothing => {}
            Pattern::Name(..) => self.settle(pattern, unknown, value, full),
            Pattern::Tuple(parts) => {
                for (n, part) in parts.into_iter().enumerate() {
                    let slot = self.facts.wrap(value, |it| Expr::Slot(it, n as u32));
                    self.settle_parts(part, slot, full);
                }
            }
            Pattern::Variant(path, parts) => {
                for (n, part) in parts.into_iter().enumerate() {
                    let field = self.member(path, &n.to_string());
                    self.settle_parts(part, field, full);
                }
            }
            Pattern::Held(part) => {
                let held = self.facts.wrap(value, Expr::Await);
                self.settle_parts(*part, held, full);
            }
            Pattern::Parts(parts) => {
                for (value, part) in parts {
                    self.settle_parts(part, value, full);
                }
            }
            Pattern::Elements(parts) => {
                for part in parts {
                    let element = match part {
                        Pattern::Rest(_) => value,
                        _ => self.facts.wrap(value, Expr::Element),
                    };
                    self.settle_parts(part, element, full);
                }
            }
            Pattern::Rest(part) => self.settle_parts(*part, value, full),
            Pattern::Or(parts) => {
                for part in parts {
                    self.settle_parts(part, value, full);
                }
            }
        }
    }
}

/// The same names, of whose values nothing is known.
fn unknown(pattern: Pattern) -> Pattern {
    Pattern::Parts(vec![(ExprIx::UNKNOWN, pattern)])
}
