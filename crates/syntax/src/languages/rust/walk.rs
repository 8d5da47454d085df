//! The state of a reading: a cursor over tokens, and what surrounds it.
//!
//! Reading is one pass without going back. A group in brackets is read with its end as the limit,
//! so that a mistake inside it never reaches beyond it, and every loop takes at least one token a
//! round.

use super::{
    expressions::{Expected, Modes},
    known::Empty,
    lexer::{Doc, T, Token, Tokens},
};
use crate::{
    Builder, Cut, Facts, Name,
    facts::{Expr, ExprIx, Flags, Kind, ScopeIx, ScopeKind, Span, SymbolIx},
};

/// A reading of one file.
pub(super) struct Walk<'s> {
    pub(super) facts: Builder<'s>,
    tokens: Vec<Token>,
    docs: Vec<Doc>,
    pub(super) pos: usize,
    /// The token at which the group that is being read ends.
    pub(super) limit: usize,
    depth: usize,
    max_depth: usize,
    /// Readings of macros' contents around here: nobody promised that these are Rust.
    pub(super) in_macro: usize,
    /// The inline modules around here.
    pub(super) modules: Vec<Name>,
    /// The body of the type, trait or `impl` around here: what `Self` is.
    pub(super) this: Option<ScopeIx>,
    /// The type parameters that are visible here.
    pub(super) type_parameters: Vec<(Name, SymbolIx)>,
    pub(super) modes: Modes,
    /// The names that the pattern that is being read has bound so far.
    pub(super) bound: Vec<(Name, SymbolIx)>,
    /// Those of them that the alternative that is being read shares.
    pub(super) shared: std::ops::Range<usize>,
    /// The last name of the type that was read last.
    pub(super) last_path: Option<Span>,
    /// How many types were left to be inferred (`_`).
    pub(super) holes: usize,
    /// Whether a range was read.
    pub(super) ranged: bool,
    /// Where the closure that comes next is given.
    pub(super) expected: Option<Expected>,
    /// Variables of the function around here that were made empty.
    pub(super) empty: Vec<Empty>,
    builtins: Vec<(&'static str, ExprIx)>,
}

/// A function without a name that is being read.
pub(super) struct Unnamed {
    symbol: SymbolIx,
    start: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(mut facts: Builder<'s>, tokens: Tokens, max_depth: usize) -> Walk<'s> {
        for (span, message) in tokens.errors {
            facts.error(span, message);
        }
        let limit = tokens.list.len() - 1;
        Walk {
            facts,
            tokens: tokens.list,
            docs: tokens.docs,
            pos: 0,
            limit,
            depth: 0,
            max_depth,
            in_macro: 0,
            modules: Vec::new(),
            this: None,
            type_parameters: Vec::new(),
            modes: Modes::default(),
            bound: Vec::new(),
            shared: 0..0,
            last_path: None,
            holes: 0,
            ranged: false,
            expected: None,
            empty: Vec::new(),
            builtins: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Facts {
        self.facts.finish()
    }

    /// Runs `visit` one level deeper, unless that is too deep.
    pub(super) fn deeper<R: Default>(&mut self, visit: impl FnOnce(&mut Self) -> R) -> R {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return R::default();
        }
        self.depth += 1;
        let result = visit(self);
        self.depth -= 1;
        result
    }

    /// The token so many places from here; the end of the group if that is beyond it.
    pub(super) fn token(&self, ahead: usize) -> Token {
        let ix = self.pos + ahead;
        if ix < self.limit {
            return self.tokens[ix];
        }
        let end = self.tokens[self.limit].start;
        Token { kind: T::End, start: end, end, mate: self.limit as u32 }
    }

    /// A token by its index.
    pub(super) fn token_at(&self, ix: usize) -> Token {
        self.tokens[ix.min(self.tokens.len() - 1)]
    }

    pub(super) fn kind(&self) -> T {
        self.token(0).kind
    }

    pub(super) fn kind_of(&self, ahead: usize) -> T {
        self.token(ahead).kind
    }

    pub(super) fn at(&self, kind: T) -> bool {
        self.kind() == kind
    }

    /// Whether brackets begin so many tokens from here.
    pub(super) fn at_group(&self, ahead: usize) -> bool {
        matches!(self.kind_of(ahead), T::OpenParen | T::OpenBracket | T::OpenBrace)
    }

    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.limit
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> usize {
        self.token(0).start as usize
    }

    /// Where the last token taken ends.
    pub(super) fn end(&self) -> usize {
        match self.pos {
            0 => 0,
            pos => self.tokens[pos - 1].end as usize,
        }
    }

    /// From `start` to the last token taken.
    pub(super) fn since(&self, start: usize) -> Span {
        Span::new(start, self.end().max(start))
    }

    /// Takes a token.
    pub(super) fn bump(&mut self) -> Token {
        let token = self.token(0);
        if self.pos < self.limit {
            self.pos += 1;
        }
        token
    }

    /// Takes a token if it is of this kind.
    pub(super) fn eat(&mut self, kind: T) -> bool {
        let is = self.at(kind);
        if is {
            self.bump();
        }
        is
    }

    /// Takes a token of this kind, or says that it is missing.
    pub(super) fn expect(&mut self, kind: T, what: &'static str) -> bool {
        let is = self.eat(kind);
        if !is {
            self.missing(what);
        }
        is
    }

    /// Takes an identifier.
    pub(super) fn identifier(&mut self) -> Option<Span> {
        let token = self.token(0);
        (token.kind == T::Ident).then(|| {
            self.bump();
            token.span()
        })
    }

    /// Whether the next token is this word, which is no keyword everywhere.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.word_ahead(0, word)
    }

    pub(super) fn word_ahead(&self, ahead: usize, word: &str) -> bool {
        let token = self.token(ahead);
        token.kind == T::Ident && self.facts.text(token.span()) == word
    }

    /// Whether the token so many places from here follows its predecessor without a gap.
    pub(super) fn joined(&self, ahead: usize) -> bool {
        self.pos + ahead > 0
            && self.tokens[self.pos + ahead - 1].end == self.token(ahead).start
            && self.pos + ahead < self.limit
    }

    /// Lists an error, unless in a macro's contents.
    pub(super) fn missing(&mut self, what: &'static str) {
        if self.in_macro == 0 {
            let at = self.token(0);
            let span = Span { start: at.start, end: at.end.max(at.start) };
            self.facts.error(span, format!("{what} is missing here"));
        }
    }

    /// Reads the group that begins here with `inside`, and goes behind it whatever that read.
    pub(super) fn group<R: Default>(&mut self, inside: impl FnOnce(&mut Self) -> R) -> R {
        let mate = self.token(0).mate as usize;
        let outer = self.limit;
        let inner = mate.clamp(self.pos + 1, outer);
        self.pos += 1;
        self.limit = inner;
        let result = self.deeper(inside);
        self.pos = inner;
        self.limit = outer;
        if matches!(self.kind(), T::CloseParen | T::CloseBracket | T::CloseBrace) {
            self.pos += 1;
        }
        result
    }

    /// Goes over the group that begins here.
    pub(super) fn skip_group(&mut self) {
        self.group(|_| ());
    }

    /// Goes over a token, or over a group if one begins here.
    pub(super) fn skip(&mut self) {
        match self.kind() {
            T::OpenParen | T::OpenBracket | T::OpenBrace => self.skip_group(),
            _ => {
                self.bump();
            }
        }
    }

    /// The span of the group that begins here.
    pub(super) fn group_span(&self) -> Span {
        let open = self.token(0);
        let mate = self.token_at(open.mate as usize);
        let end = match mate.kind {
            T::CloseParen | T::CloseBracket | T::CloseBrace => mate.end,
            _ => mate.start,
        };
        Span { start: open.start, end }
    }

    /// The doc comment right above the declaration whose first token is `first`, attributes
    /// included, and whose last attribute ends at `last`.
    pub(super) fn doc(&self, first: usize, last: usize) -> Option<Span> {
        let from = self.docs.partition_point(|doc| (doc.before as usize) < first);
        let found = self.docs[from..].iter().take_while(|doc| doc.before as usize <= last).next();
        found.map(|doc| doc.span)
    }

    /// A function without a name, from here to [`Walk::close_unnamed`]: its parameters and body are
    /// declared in its scope.
    pub(super) fn open_unnamed(&mut self) -> Unnamed {
        let start = self.start();
        let span = Span::new(start, start);
        let name = self.facts.name("");
        let symbol = self.facts.declare_named(name, Kind::Function, span, span);
        // What has no name is not one symbol with others that have none.
        self.facts.symbol_mut(symbol).flags = Flags::LOCAL.with(Flags::INSTANCE);
        self.facts.open(ScopeKind::Function, span, Some(symbol));
        Unnamed { symbol, start }
    }

    /// Ends it; the function as a value.
    pub(super) fn close_unnamed(&mut self, unnamed: Unnamed, ty: ExprIx, value: ExprIx) -> ExprIx {
        let Unnamed { symbol, start } = unnamed;
        self.facts.close_at(self.end());
        let full = self.since(start);
        let function = self.facts.symbol_mut(symbol);
        (function.full, function.ty, function.value) = (full, ty, value);
        self.facts.expr(Expr::Function(symbol))
    }

    /// What `inner` stands for, with a member's name that is not written.
    pub(super) fn member(&mut self, of: ExprIx, name: &str) -> ExprIx {
        let name = self.facts.name(name);
        self.facts.wrap(of, |of| Expr::Member(of, name))
    }

    /// A value or type of the language itself.
    pub(super) fn builtin(&mut self, name: &'static str) -> ExprIx {
        if let Some((_, known)) = self.builtins.iter().find(|(it, _)| *it == name) {
            return *known;
        }
        let spelled = self.facts.name(name);
        let expr = self.facts.expr(Expr::Builtin(spelled));
        self.builtins.push((name, expr));
        expr
    }
}
