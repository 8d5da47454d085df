//! Type parameters, their bounds, and `where`.

use super::{lexer::T, walk::Walk};
use crate::facts::{ExprIx, Kind, Role, Span};

impl Walk<'_> {
    /// `<T: Bound, const N: usize, 'a>`, declared in the scope that is open.
    pub(super) fn generics(&mut self) {
        if !self.eat(T::Lt) {
            return;
        }
        while !self.at_end() && !self.eat(T::Gt) {
            let pos = self.pos;
            self.attributes();
            match self.kind() {
                T::Lifetime => self.lifetime_parameter(),
                T::Const => self.const_parameter(),
                T::Ident => self.type_parameter(),
                T::OpenBrace | T::OpenParen | T::Semi => {
                    return self.missing("`>`");
                }
                _ => {}
            }
            if !self.eat(T::Comma) && self.pos == pos {
                self.missing("a type parameter");
                self.skip();
            }
        }
    }

    fn lifetime_parameter(&mut self) {
        self.bump();
        if self.eat(T::Colon) {
            while self.eat(T::Lifetime) || self.eat(T::Plus) {}
        }
    }

    fn const_parameter(&mut self) {
        self.bump();
        let Some(at) = self.identifier() else { return };
        let symbol = self.facts.define(Kind::Constant, at, at);
        let ty = if self.eat(T::Colon) { self.ty() } else { ExprIx::UNKNOWN };
        self.facts.symbol_mut(symbol).ty = ty;
        if self.eat(T::Eq) {
            self.const_argument();
        }
    }

    /// A literal, a name or a block.
    pub(super) fn const_argument(&mut self) {
        match self.kind() {
            T::OpenBrace => {
                self.block();
            }
            T::Minus => {
                self.bump();
                self.bump();
            }
            T::Number | T::Text | T::Char | T::Bool => {
                self.bump();
            }
            _ => {
                self.ty();
            }
        }
    }

    fn type_parameter(&mut self) {
        let Some(at) = self.identifier() else { return };
        let symbol = self.facts.define(Kind::TypeParameter, at, at);
        let name = self.facts.name_at(at);
        self.type_parameters.push((name, symbol));
        if self.eat(T::Colon) {
            let bounds = self.bounds(Role::Type);
            let bound = self.facts.either(bounds);
            self.facts.symbol_mut(symbol).ty = bound;
        }
        if self.eat(T::Eq) {
            self.ty();
        }
        let full = self.since(at.start as usize);
        let parameter = self.facts.symbol_mut(symbol);
        parameter.full = full;
        parameter.signature = full;
    }

    /// `Trait<T> + 'a + ?Sized`.
    pub(super) fn bounds(&mut self, role: Role) -> Vec<ExprIx> {
        let mut bounds = Vec::new();
        loop {
            let pos = self.pos;
            if let Some(bound) = self.bound(role) {
                bounds.push(bound);
            }
            if !self.eat(T::Plus) || self.pos == pos {
                return bounds;
            }
        }
    }

    fn bound(&mut self, role: Role) -> Option<ExprIx> {
        match self.kind() {
            T::Lifetime => {
                self.bump();
                return None;
            }
            T::OpenParen => {
                return self.group(|walk| walk.bound(role));
            }
            T::Use => {
                // Captured parameters.
                self.bump();
                self.type_arguments();
                return None;
            }
            _ => {}
        }
        let relaxed = self.eat(T::Question);
        if self.facts.text(self.token(0).span()) == "~" {
            self.bump();
        }
        self.eat(T::Const);
        self.eat(T::Async);
        self.higher_ranked();
        if !self.at_path() {
            return None;
        }
        let bound = self.type_path(role);
        // `?Sized` takes away.
        (!relaxed).then_some(bound)
    }

    /// `for<'a>`.
    pub(super) fn higher_ranked(&mut self) {
        if self.at(T::For) && self.kind_of(1) == T::Lt {
            self.bump();
            self.generics();
        }
    }

    /// `where T: Bound, U::Item: Other`.
    pub(super) fn where_clause(&mut self) {
        if !self.eat(T::Where) {
            return;
        }
        while !self.at_end() && !matches!(self.kind(), T::OpenBrace | T::Semi | T::Eq) {
            let pos = self.pos;
            if self.at(T::Lifetime) {
                self.lifetime_parameter();
            } else {
                self.predicate();
            }
            if !self.eat(T::Comma) && self.pos == pos {
                self.missing("a bound");
                self.skip();
            }
        }
    }

    fn predicate(&mut self) {
        self.higher_ranked();
        let subject = self.token(0).span();
        let pos = self.pos;
        self.ty();
        let is_name = self.pos == pos + 1;
        let bounds = if self.eat(T::Colon) { self.bounds(Role::Type) } else { Vec::new() };
        if is_name && !bounds.is_empty() {
            self.add_bounds(subject, bounds);
        }
    }

    /// Adds bounds to the type parameter that is called so.
    fn add_bounds(&mut self, subject: Span, mut bounds: Vec<ExprIx>) {
        let name = self.facts.name_at(subject);
        let found = self.type_parameters.iter().rev().find(|(it, _)| *it == name);
        let Some(&(_, symbol)) = found else { return };
        bounds.insert(0, self.facts.symbol(symbol).ty);
        let bound = self.facts.either(bounds);
        self.facts.symbol_mut(symbol).ty = bound;
    }
}
