//! Types and functions: what they declare and the scopes they open.

use super::{attributes::Before, items::Within, lexer::T, walk::Walk};
use crate::{
    Visibility,
    facts::{Expr, ExprIx, Flags, Kind, Role, ScopeIx, ScopeKind, Span, SymbolIx},
};

/// What a type's body puts aside while it is read.
struct Outer {
    this: Option<ScopeIx>,
    type_parameters: usize,
}

impl Walk<'_> {
    /// Opens the scope of a type, from here to where it will be closed.
    fn open_type(&mut self, symbol: SymbolIx) -> Outer {
        let span = Span::new(self.end(), self.end());
        let scope = self.facts.open(ScopeKind::Type, span, Some(symbol));
        Outer { this: self.this.replace(scope), type_parameters: self.type_parameters.len() }
    }

    fn close_type(&mut self, outer: Outer) {
        self.facts.close_at(self.end());
        self.this = outer.this;
        self.type_parameters.truncate(outer.type_parameters);
    }

    /// A `struct` or `union`.
    pub(super) fn structure(&mut self, before: &Before) {
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        let symbol = self.define_item(Kind::Struct, at, before);
        let outer = self.open_type(symbol);
        self.generics();
        if self.in_macro > 0 && self.eat(T::Colon) {
            // `bitflags!`: what the flags are kept in.
            self.ty();
        }
        self.where_clause();
        let mut header_end = self.end();
        match self.kind() {
            T::OpenBrace => self.group(|walk| walk.fields(None)),
            T::OpenParen => {
                self.group(|walk| walk.positional_fields(None));
                self.where_clause();
                header_end = self.end();
                self.expect(T::Semi, "`;`");
            }
            _ => {
                self.expect(T::Semi, "`;`");
            }
        }
        self.close_type(outer);
        self.describe(symbol, before, header_end);
    }

    /// `name: Type, ...`. Fields of a variant are as visible as it is.
    fn fields(&mut self, visibility: Option<Visibility>) {
        while !self.at_end() {
            let mut before = self.attributes();
            if self.in_macro > 0 && self.at_item() && !self.at(T::Pub) {
                // `bitflags!`: constants among the fields.
                let place = Within::Trait;
                if !self.deeper(|walk| walk.item(before, place)) {
                    self.skip();
                }
                continue;
            }
            before.visibility = self.visibility();
            let Some(at) = self.identifier() else {
                if !self.at_end() {
                    self.missing("a field");
                    self.skip();
                }
                continue;
            };
            let symbol = self.facts.define(Kind::Field, at, at);
            self.expect(T::Colon, "`:`");
            let ty = self.ty();
            before.visibility = visibility.unwrap_or(before.visibility);
            self.describe(symbol, &before, self.end());
            self.facts.symbol_mut(symbol).ty = ty;
            if self.eat(T::Eq) {
                self.expression();
            }
            self.separator("`,`");
        }
    }

    /// Takes a comma; whatever else stands before the next one is an error.
    fn separator(&mut self, what: &'static str) {
        if self.at_end() || self.eat(T::Comma) {
            return;
        }
        self.missing(what);
        while !self.at_end() && !self.eat(T::Comma) {
            self.skip();
        }
    }

    /// `Type, Type`: fields `0`, `1`, which no one calls by a written name where they are declared.
    fn positional_fields(&mut self, visibility: Option<Visibility>) {
        let mut n = 0;
        while !self.at_end() {
            let mut before = self.attributes();
            before.visibility = self.visibility();
            before.visibility = visibility.unwrap_or(before.visibility);
            let start = self.start();
            let pos = self.pos;
            let ty = self.ty();
            if self.pos == pos {
                self.skip();
                continue;
            }
            let name = self.facts.name(&n.to_string());
            let at = Span::new(start, start);
            let symbol = self.facts.declare_named(name, Kind::Field, at, self.since(start));
            self.describe(symbol, &before, self.end());
            let field = self.facts.symbol_mut(symbol);
            field.ty = ty;
            field.flags = field.flags.with(Flags::REACHED);
            n += 1;
            self.separator("`,`");
        }
    }

    pub(super) fn enumeration(&mut self, before: &Before) {
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        let symbol = self.define_item(Kind::Enum, at, before);
        let outer = self.open_type(symbol);
        self.generics();
        self.where_clause();
        let header_end = self.end();
        if self.at(T::OpenBrace) {
            self.group(|walk| walk.variants());
        } else {
            self.missing("`{`");
        }
        self.close_type(outer);
        self.describe(symbol, before, header_end);
    }

    fn variants(&mut self) {
        while !self.at_end() {
            let mut before = self.attributes();
            self.visibility();
            let Some(at) = self.identifier() else {
                if !self.at_end() {
                    self.missing("a variant");
                    self.skip();
                }
                continue;
            };
            before.visibility = Visibility::Public;
            let symbol = self.facts.define(Kind::EnumMember, at, at);
            // A variant, read or called, is a value of the enum.
            let ty =
                self.this.map_or(ExprIx::UNKNOWN, |this| self.facts.expr(Expr::ThisType(this)));
            if matches!(self.kind(), T::OpenParen | T::OpenBrace) {
                self.facts.open(ScopeKind::Type, self.group_span(), Some(symbol));
                let named = self.at(T::OpenBrace);
                self.group(|walk| match named {
                    true => walk.fields(Some(Visibility::Public)),
                    false => walk.positional_fields(Some(Visibility::Public)),
                });
                self.facts.close();
            }
            if self.eat(T::Eq) {
                self.expression();
            }
            self.describe(symbol, &before, self.end());
            let variant = self.facts.symbol_mut(symbol);
            variant.ty = ty;
            variant.flags = variant.flags.with(Flags::STATIC);
            self.separator("`,`");
        }
    }

    /// A `trait`.
    pub(super) fn interface(&mut self, before: &Before) {
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        let symbol = self.define_item(Kind::Trait, at, before);
        let outer = self.open_type(symbol);
        self.generics();
        if self.eat(T::Colon) {
            let bases = self.bounds(Role::Inherit);
            self.facts.symbol_mut(symbol).bases = bases;
        }
        if self.eat(T::Eq) {
            let bases = self.bounds(Role::Inherit);
            self.facts.symbol_mut(symbol).bases = bases;
        }
        self.where_clause();
        let header_end = self.end();
        if self.at(T::OpenBrace) {
            self.group(|walk| walk.items(Within::Trait));
        } else {
            self.expect(T::Semi, "`{`");
        }
        self.close_type(outer);
        self.describe(symbol, before, header_end);
    }

    /// `impl Type { ... }` or `impl Trait for Type { ... }`.
    pub(super) fn implementation(&mut self, before: &Before) {
        let keyword = self.bump().span();
        let name = self.facts.name("impl");
        let symbol = self.facts.declare_named(name, Kind::Impl, keyword, keyword);
        let outer = self.open_type(symbol);
        if self.at(T::Lt) && self.kind_of(1) != T::Lt {
            self.generics();
        }
        self.eat(T::Const);
        self.eat(T::Bang);
        self.eat(T::Question);
        let mut ty = self.ty();
        let mut of_trait = None;
        if self.eat(T::For) {
            let head = match self.facts.expr_of(ty) {
                Expr::Generic(head, _) => *head,
                _ => ty,
            };
            self.facts.set_expr_role(head, Role::Inherit);
            of_trait = Some(self.last_path);
            self.facts.symbol_mut(symbol).bases = vec![ty];
            ty = self.sum_type();
        }
        if let Some(at) = self.last_path {
            let name = self.facts.name_at(at);
            let block = self.facts.symbol_mut(symbol);
            (block.name, block.at) = (name, at);
        }
        self.facts.symbol_mut(symbol).attached = ty;
        self.where_clause();
        let header_end = self.end();
        let deref = of_trait.flatten().is_some_and(|at| self.facts.text(at) == "Deref");
        let within = Within::Impl { symbol, of_trait: of_trait.is_some(), deref };
        if self.at(T::OpenBrace) {
            self.group(|walk| walk.items(within));
        } else {
            self.missing("`{`");
        }
        self.close_type(outer);
        self.describe(symbol, before, header_end);
    }

    /// A function, with or without a body.
    pub(super) fn function(&mut self, before: &Before, within: Within) {
        self.bump();
        self.eat(T::Dollar);
        let Some(at) = self.identifier() else { return self.missing("a name") };
        let member = !matches!(within, Within::Module | Within::Block);
        let kind = if member { Kind::Method } else { Kind::Function };
        let symbol = self.define_item(kind, at, before);
        let span = Span::new(self.end(), self.end());
        self.facts.open(ScopeKind::Function, span, Some(symbol));
        let outer = self.type_parameters.len();
        self.generics();
        let mut has_self = false;
        if self.at(T::OpenParen) {
            has_self = self.group(|walk| walk.parameters());
        } else {
            self.missing("`(`");
        }
        let ty = if self.eat(T::Arrow) { self.ty() } else { ExprIx::UNKNOWN };
        self.where_clause();
        let header_end = self.end();
        let has_body = self.at(T::OpenBrace);
        if has_body {
            let (modes, empty) = (self.open_modes(), std::mem::take(&mut self.empty));
            self.group(|walk| walk.statements());
            self.restore_modes(modes);
            self.empty = empty;
        } else {
            self.expect(T::Semi, "a body");
        }
        self.type_parameters.truncate(outer);
        self.facts.close_at(self.end());
        self.describe(symbol, before, header_end);
        let is_main = self.facts.text(at) == "main" && within == Within::Module;
        let function = self.facts.symbol_mut(symbol);
        function.ty = ty;
        let flags = [
            (member && !has_self, Flags::STATIC),
            (!has_body, Flags::DECLARATION),
            (is_main, Flags::REACHED),
        ];
        for (_, flag) in flags.into_iter().filter(|(on, _)| *on) {
            function.flags = function.flags.with(flag);
        }
    }

    /// The parameters of a function; whether there is a `self`.
    fn parameters(&mut self) -> bool {
        let mut has_self = false;
        while !self.at_end() {
            self.attributes();
            let start = self.start();
            let pos = self.pos;
            if self.self_parameter() {
                has_self = true;
            } else if self.eat(T::Dots) {
                // C's variadic arguments.
            } else {
                let pattern = self.pattern_binding(Kind::Parameter);
                let ty = if self.eat(T::Colon) { self.ty() } else { ExprIx::UNKNOWN };
                if self.in_macro > 0 && self.eat(T::In) {
                    // `proptest!`'s `name in strategy`.
                    self.expression();
                }
                let full = self.since(start);
                self.settle(pattern, ty, ExprIx::UNKNOWN, full);
            }
            if self.pos == pos {
                self.skip();
            }
            self.separator("`,`");
        }
        has_self
    }

    /// `self`, `&'a mut self`, `mut self: Box<Self>`.
    fn self_parameter(&mut self) -> bool {
        let mut ahead = 0;
        while matches!(self.kind_of(ahead), T::Amp | T::Lifetime | T::Mut) {
            ahead += 1;
        }
        if self.kind_of(ahead) != T::SelfValue || self.kind_of(ahead + 1) == T::PathSep {
            return false;
        }
        for _ in 0..=ahead {
            self.bump();
        }
        if self.eat(T::Colon) {
            self.ty();
        }
        true
    }
}
