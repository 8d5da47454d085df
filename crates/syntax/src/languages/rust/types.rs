//! Types, as written.

use super::{lexer::T, walk::Walk};
use crate::facts::{Expr, ExprIx, Kind, Role, Span};

/// Types of the language itself.
const PRIMITIVE: &[&str] = &[
    "bool", "char", "f128", "f16", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str",
    "u128", "u16", "u32", "u64", "u8", "usize",
];

/// The type of the language itself that is called so.
pub(super) fn primitive(name: &str) -> Option<&'static str> {
    if !matches!(name.as_bytes().first(), Some(b'b' | b'c' | b'f' | b'i' | b's' | b'u')) {
        return None;
    }
    PRIMITIVE.iter().find(|it| **it == name).copied()
}

impl Walk<'_> {
    /// A type. References and pointers count as what they point to.
    pub(super) fn ty(&mut self) -> ExprIx {
        self.deeper(|walk| walk.visit_type())
    }

    fn visit_type(&mut self) -> ExprIx {
        while matches!(self.kind(), T::Amp | T::Star) {
            self.bump();
            if self.at_word("pin") && matches!(self.kind_of(1), T::Const | T::Mut) {
                self.bump();
            }
            while matches!(self.kind(), T::Lifetime | T::Mut | T::Const) {
                self.bump();
            }
        }
        match self.kind() {
            T::OpenBracket => self.group(|walk| walk.array_type()),
            T::OpenParen => self.tuple_type(),
            T::Bang => {
                self.bump();
                ExprIx::UNKNOWN
            }
            T::Underscore => {
                self.bump();
                self.holes += 1;
                ExprIx::UNKNOWN
            }
            T::Dyn | T::Impl => {
                self.bump();
                let bounds = self.bounds(Role::Type);
                self.facts.either(bounds)
            }
            T::For => {
                self.higher_ranked();
                self.ty()
            }
            T::Unsafe | T::Extern | T::Fn => self.function_pointer(),
            T::Ident if self.kind_of(1) == T::Bang && self.at_group(2) => {
                let path = self.value_path(Role::Call);
                self.macro_arguments(path.last);
                ExprIx::UNKNOWN
            }
            _ if self.at_path() => self.type_path(Role::Type),
            _ => {
                self.missing("a type");
                ExprIx::UNKNOWN
            }
        }
    }

    /// What is in the brackets of `[T]` and `[T; N]`.
    fn array_type(&mut self) -> ExprIx {
        let element = self.ty();
        if self.eat(T::Semi) {
            self.expression();
        }
        self.facts.wrap(element, Expr::List)
    }

    /// `()`, `(T)`, `(A, B)`, `(dyn A + B)`.
    fn tuple_type(&mut self) -> ExprIx {
        let (parts, is_tuple) = self.group(|walk| {
            let mut parts = Vec::new();
            let mut commas = 0;
            while !walk.at_end() {
                let pos = walk.pos;
                parts.push(walk.sum_type());
                if walk.eat(T::Comma) {
                    commas += 1;
                } else if walk.pos == pos {
                    walk.skip();
                }
            }
            (parts, commas > 0)
        });
        match parts.as_slice() {
            [] => self.builtin("()"),
            [one] if !is_tuple => *one,
            _ if parts.iter().all(|part| !part.is_known()) => ExprIx::UNKNOWN,
            _ => self.facts.expr(Expr::Tuple(parts)),
        }
    }

    /// A type in a place where `A + B` may stand.
    pub(super) fn sum_type(&mut self) -> ExprIx {
        let ty = self.ty();
        if !self.at(T::Plus) {
            return ty;
        }
        self.bump();
        let mut bounds = self.bounds(Role::Type);
        bounds.insert(0, ty);
        self.facts.either(bounds)
    }

    /// `unsafe extern "C" fn(a: A, B) -> C`.
    fn function_pointer(&mut self) -> ExprIx {
        while matches!(self.kind(), T::Unsafe | T::Extern | T::Text) {
            self.bump();
        }
        if !self.expect(T::Fn, "`fn`") {
            return ExprIx::UNKNOWN;
        }
        self.function_type()
    }

    /// `(A, B) -> C` of a function pointer or of `Fn`: a function without a name.
    fn function_type(&mut self) -> ExprIx {
        let unnamed = self.open_unnamed();
        if self.at(T::OpenParen) {
            self.group(|walk| {
                while !walk.at_end() {
                    walk.type_of_parameter();
                }
            });
        }
        let ty = if self.eat(T::Arrow) { self.ty() } else { ExprIx::UNKNOWN };
        self.close_unnamed(unnamed, ty, ExprIx::UNKNOWN)
    }

    fn type_of_parameter(&mut self) {
        let pos = self.pos;
        self.attributes();
        if matches!(self.kind(), T::Ident | T::Underscore) && self.kind_of(1) == T::Colon {
            self.bump();
            self.bump();
        }
        let start = self.start();
        if !self.eat(T::Dots) {
            let ty = self.ty();
            let name = self.facts.name("");
            let at = Span::new(start, start);
            let symbol = self.facts.declare_named(name, Kind::Parameter, at, self.since(start));
            self.facts.symbol_mut(symbol).ty = ty;
        }
        if !self.eat(T::Comma) && self.pos == pos {
            self.skip();
        }
    }

    /// Whether a path begins here.
    pub(super) fn at_path(&self) -> bool {
        match self.kind() {
            T::Ident | T::SelfType | T::SelfValue | T::Crate | T::Super | T::PathSep | T::Lt => {
                true
            }
            T::Dollar => matches!(self.kind_of(1), T::Crate | T::Ident | T::SelfValue),
            _ => false,
        }
    }

    /// `a::B<C>::D` in the place of a type.
    pub(super) fn type_path(&mut self, role: Role) -> ExprIx {
        let mut of = self.path_head();
        loop {
            let token = self.token(0);
            match token.kind {
                T::Ident => {
                    self.bump();
                    let more = self.at(T::PathSep) && matches!(self.kind_of(1), T::Ident);
                    of = self.segment(of, token.span(), if more { Role::Type } else { role });
                }
                T::Crate | T::SelfValue | T::SelfType | T::Super | T::Dollar if of.is_none() => {
                    of = Some(self.path_root());
                }
                _ => break,
            }
            if self.at(T::PathSep) && matches!(self.kind_of(1), T::Lt | T::OpenParen) {
                self.bump();
            }
            match self.kind() {
                // Not `as u64 <= n`.
                T::Lt if !(self.kind_of(1) == T::Eq && self.joined(1)) => {
                    let head = of.unwrap_or_default();
                    of = Some(self.generic_type(head));
                }
                T::OpenParen if self.at_function_trait() => {
                    of = Some(self.function_type());
                }
                _ => {}
            }
            self.last_path = (token.kind == T::Ident).then(|| token.span()).or(self.last_path);
            if !self.eat(T::PathSep) {
                break;
            }
        }
        of.unwrap_or_default()
    }

    /// Whether the name before the parenthesis here is `Fn`, `FnMut` or the like.
    fn at_function_trait(&self) -> bool {
        let name = self.facts.text(self.token_at(self.pos - 1).span());
        name.starts_with("Fn") || name.starts_with("AsyncFn")
    }

    /// `Head<A, B, Item = C>`.
    fn generic_type(&mut self, head: ExprIx) -> ExprIx {
        let name = self.facts.text(self.token_at(self.pos - 1).span());
        let (args, bound) = self.type_arguments();
        // An iterator is known by what it yields, a future by what it gives.
        match name {
            "Iterator"
            | "IntoIterator"
            | "DoubleEndedIterator"
            | "ExactSizeIterator"
            | "Stream" => self.facts.wrap(bound, Expr::List),
            "Future" => self.facts.wrap(head, |head| Expr::Generic(head, vec![bound])),
            _ if args.is_empty() => head,
            _ => self.facts.wrap(head, |head| Expr::Generic(head, args)),
        }
    }

    /// `<A, 'a, 3, Item = B>`: types (unknown ones keep their place), and the last type bound to a
    /// name.
    pub(super) fn type_arguments(&mut self) -> (Vec<ExprIx>, ExprIx) {
        let mut args = Vec::new();
        let mut bound = ExprIx::UNKNOWN;
        if !self.eat(T::Lt) {
            return (args, bound);
        }
        while !self.at_end() && !self.eat(T::Gt) {
            let pos = self.pos;
            match self.kind() {
                T::Lifetime => {
                    self.bump();
                }
                T::OpenBrace | T::Number | T::Text | T::Char | T::Bool | T::Minus => {
                    self.const_argument();
                    args.push(ExprIx::UNKNOWN);
                }
                T::Ident if matches!(self.kind_of(1), T::Eq | T::Colon) => {
                    // The associated type of a trait that is not known here.
                    self.bump();
                    bound = if self.eat(T::Eq) {
                        self.sum_type()
                    } else {
                        self.bump();
                        let bounds = self.bounds(Role::Type);
                        self.facts.either(bounds)
                    };
                }
                _ => {
                    let arg = self.sum_type();
                    // `Array<T> = B`.
                    if self.eat(T::Eq) { bound = self.sum_type() } else { args.push(arg) }
                }
            }
            if matches!(self.kind(), T::Semi | T::CloseBrace) {
                break;
            }
            if !self.eat(T::Comma) && self.pos == pos {
                self.missing("a type argument");
                self.skip();
            }
        }
        (args, bound)
    }
}
