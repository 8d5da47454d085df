//! Items: modules, functions, constants, macros' definitions; where each begins.

use super::{attributes::Before, lexer::T, walk::Walk};
use crate::{
    Visibility,
    facts::{Expr, ExprIx, Flags, Kind, Role, ScopeKind, Span, SymbolIx},
};

/// What items stand in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Within {
    /// A file or an inline module.
    Module,
    /// The body of a function.
    Block,
    /// A trait.
    Trait,
    /// An `impl` block, with its symbol.
    Impl {
        symbol: SymbolIx,
        /// Whether it implements a trait.
        of_trait: bool,
        /// Whether that is `Deref`.
        deref: bool,
    },
}

impl Walk<'_> {
    /// Items up to the end of the group.
    pub(super) fn items(&mut self, within: Within) {
        let mut complained = false;
        while !self.at_end() {
            let before = self.pos;
            let found = self.deeper(|walk| {
                let attributes = walk.attributes();
                walk.item(attributes, within)
            });
            if found {
                complained = false;
            } else if !self.at_end() {
                if !complained && !self.at(T::Semi) {
                    self.missing("an item");
                }
                complained = true;
                self.skip();
            }
            if self.pos == before {
                self.skip();
            }
        }
    }

    /// Whether an item begins here, attributes apart.
    pub(super) fn at_item(&self) -> bool {
        let next = self.kind_of(1);
        match self.kind() {
            T::Fn => next == T::Ident || next == T::Dollar,
            T::Struct | T::Enum | T::Trait | T::Mod | T::Use | T::Type | T::Pub => true,
            T::Impl => true,
            T::Extern => {
                next == T::Crate
                    || next == T::Fn
                    || next == T::OpenBrace
                    || next == T::Text && matches!(self.kind_of(2), T::Fn | T::OpenBrace)
            }
            T::Static => matches!(next, T::Ident | T::Mut | T::Ref),
            T::Const => !matches!(next, T::OpenBrace | T::Pipe | T::Move),
            T::Unsafe => {
                matches!(next, T::Fn | T::Impl | T::Trait | T::Extern | T::Mod)
                    || self.word_ahead(1, "auto")
            }
            T::Async => next == T::Fn || next == T::Unsafe && self.kind_of(2) == T::Fn,
            T::Ident => self.at_word_item(next),
            _ => false,
        }
    }

    fn at_word_item(&self, next: T) -> bool {
        match self.facts.text(self.token(0).span()) {
            "union" => {
                next == T::Ident && matches!(self.kind_of(2), T::OpenBrace | T::Lt | T::Where)
            }
            "macro_rules" => next == T::Bang && self.kind_of(2) == T::Ident,
            "macro" => next == T::Ident,
            "auto" => next == T::Trait,
            "default" => matches!(
                next,
                T::Fn | T::Impl | T::Const | T::Type | T::Unsafe | T::Async | T::Extern
            ),
            "safe" => matches!(next, T::Fn | T::Static),
            _ => false,
        }
    }

    /// Reads the item that begins here; false if there is none.
    pub(super) fn item(&mut self, mut before: Before, within: Within) -> bool {
        before.visibility = self.visibility();
        if within == Within::Trait || matches!(within, Within::Impl { of_trait: true, .. }) {
            before.visibility = Visibility::Public;
        }
        if matches!(within, Within::Impl { of_trait: true, .. }) {
            // Called through the trait.
            before.flags = before.flags.with(Flags::REACHED);
        }
        self.modifiers(&mut before);
        match self.kind() {
            T::Fn => self.function(&before, within),
            T::Struct => self.structure(&before),
            T::Enum => self.enumeration(&before),
            T::Trait => self.interface(&before),
            T::Impl => self.implementation(&before),
            T::Mod => self.module(&before),
            T::Use => self.use_declaration(&before),
            T::Type => self.type_alias(&before, within),
            T::Const | T::Static => self.constant(&before, within),
            T::Extern if self.kind_of(1) == T::Crate => self.extern_crate(&before),
            T::Extern => self.foreign(),
            T::Ident if self.at_word("union") && self.kind_of(1) == T::Ident => {
                self.structure(&before);
            }
            T::Ident if self.at_word("macro_rules") && self.kind_of(1) == T::Bang => {
                self.macro_rules(&before);
            }
            T::Ident if self.at_word("macro") && self.kind_of(1) == T::Ident => {
                self.macro_definition(&before);
            }
            T::Ident | T::Crate | T::SelfValue | T::Super | T::PathSep | T::Dollar => {
                return self.item_macro(within);
            }
            T::Semi => {
                self.bump();
            }
            _ => return false,
        }
        true
    }

    /// `default`, `const`, `async`, `unsafe`, `extern "C"` before what they modify.
    fn modifiers(&mut self, before: &mut Before) {
        loop {
            let next = self.kind_of(1);
            let modifies = match self.kind() {
                T::Const => {
                    matches!(next, T::Fn | T::Unsafe | T::Async | T::Extern | T::Trait)
                        || next == T::Impl
                }
                T::Async => {
                    before.flags = before.flags.with(Flags::ASYNC);
                    matches!(next, T::Fn | T::Unsafe | T::Extern)
                }
                T::Unsafe => true,
                T::Extern => next == T::Fn || next == T::Text && self.kind_of(2) == T::Fn,
                T::Text => next == T::Fn,
                T::Ident => {
                    self.at_word_item(next)
                        && !["union", "macro_rules", "macro"].iter().any(|it| self.at_word(it))
                }
                _ => false,
            };
            if !modifies {
                return;
            }
            self.bump();
        }
    }

    /// Fills in what every item's symbol has. Its `full` ends at the last token taken.
    pub(super) fn describe(&mut self, symbol: SymbolIx, before: &Before, header_end: usize) {
        let full = self.since(before.start);
        let doc = self.doc_of(before);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.full = full;
        symbol.signature = Span::new(before.header, header_end.max(before.header));
        symbol.doc = doc.unwrap_or(Span { start: full.start, end: full.start });
        symbol.visibility = before.visibility;
        symbol.flags = symbol.flags.with(before.flags);
    }

    /// Defines an item at its name. What stands in a file or module can be named from elsewhere:
    /// who may do so is the compiler's business.
    pub(super) fn define_item(&mut self, kind: Kind, at: Span, before: &Before) -> SymbolIx {
        let symbol = self.facts.define(kind, at, Span::new(before.start, at.end as usize));
        self.export(symbol);
        symbol
    }

    /// Lets other files see a symbol of a file or module.
    pub(super) fn export(&mut self, symbol: SymbolIx) {
        let scope = self.facts.symbol(symbol).scope;
        let kind = self.facts.scope_of(scope).kind;
        let symbol = self.facts.symbol_mut(symbol);
        if matches!(kind, ScopeKind::File | ScopeKind::Module) {
            symbol.flags = symbol.flags.with(Flags::EXPORTED);
        }
    }

    /// `mod a;` or `mod a { ... }`.
    fn module(&mut self, before: &Before) {
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        let symbol = self.define_item(Kind::Module, at, before);
        if self.at(T::OpenBrace) {
            let header_end = self.end();
            let span = self.group_span();
            let name = self.facts.name_at(at);
            let outer = (self.this.take(), std::mem::take(&mut self.type_parameters));
            self.modules.push(name);
            self.facts.open(ScopeKind::Module, span, Some(symbol));
            self.group(|walk| walk.items(Within::Module));
            self.facts.close();
            self.modules.pop();
            (self.this, self.type_parameters) = outer;
            self.describe(symbol, before, header_end);
            return;
        }
        let header_end = self.end();
        self.expect(T::Semi, "`;`");
        self.describe(symbol, before, header_end);
        let named = match before.path {
            Some(path) => self.facts.text(path).trim_matches('"').to_owned(),
            None => {
                let inside = self.module_path();
                format!("{inside}::{}", self.facts.text(at))
            }
        };
        let named = self.facts.name(&named);
        let value = self.facts.expr(Expr::Module(named));
        let module = self.facts.symbol_mut(symbol);
        module.value = value;
        module.flags = module.flags.with(Flags::DECLARATION);
        self.facts.import(named, Span::new(before.header, header_end), Vec::new());
    }

    /// The module around here, seen from the file: `self::a::b`.
    pub(super) fn module_path(&self) -> String {
        let mut path = String::from("self");
        for name in &self.modules {
            path.push_str("::");
            path.push_str(self.facts.spelled(*name));
        }
        path
    }

    /// `const A: T = v;`, `static A: T = v;`, `const _: () = { ... };`.
    fn constant(&mut self, before: &Before, within: Within) {
        self.bump();
        let kind = if self.eat(T::Mut) { Kind::Variable } else { Kind::Constant };
        // `lazy_static!`'s `static ref`.
        self.eat(T::Ref);
        let symbol = match self.identifier() {
            Some(at) => Some(self.define_item(kind, at, before)),
            None => {
                if !self.eat(T::Underscore) {
                    self.missing("a name");
                }
                None
            }
        };
        self.generics();
        let ty = if self.eat(T::Colon) { self.ty() } else { ExprIx::UNKNOWN };
        let mut header_end = self.end();
        let has_value = self.eat(T::Eq);
        let value = if has_value { self.expression() } else { ExprIx::UNKNOWN };
        if self.end() - before.header <= 120 {
            header_end = self.end();
        }
        self.where_clause();
        self.expect(T::Semi, "`;`");
        let Some(symbol) = symbol else { return };
        self.describe(symbol, before, header_end);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.ty = ty;
        symbol.value = value;
        if within != Within::Module && within != Within::Block {
            symbol.flags = symbol.flags.with(Flags::STATIC);
        }
        if !has_value {
            symbol.flags = symbol.flags.with(Flags::DECLARATION);
        }
    }

    /// `type A<T> = B<T>;`, or an associated type with bounds.
    fn type_alias(&mut self, before: &Before, within: Within) {
        self.bump();
        let Some(at) = self.identifier() else { return self.missing("a name") };
        let symbol = self.define_item(Kind::TypeAlias, at, before);
        let generic = self.at(T::Lt);
        if generic {
            self.facts.open(ScopeKind::Type, self.since(at.end as usize), Some(symbol));
        }
        let outer = self.type_parameters.len();
        self.generics();
        let bounds = if self.eat(T::Colon) { self.bounds(Role::Type) } else { Vec::new() };
        self.where_clause();
        let ty = if self.eat(T::Eq) { self.sum_type() } else { self.facts.either(bounds) };
        self.where_clause();
        self.type_parameters.truncate(outer);
        if generic {
            self.facts.close_at(self.end());
        }
        let header_end = self.end();
        self.expect(T::Semi, "`;`");
        self.describe(symbol, before, header_end);
        self.facts.symbol_mut(symbol).ty = ty;
        if let Within::Impl { symbol: block, deref: true, .. } = within
            && self.facts.text(at) == "Target"
        {
            // What it dereferences to lends it its members.
            self.facts.symbol_mut(block).bases.push(ty);
        }
    }

    /// `extern "C" { fn f(); static X: T; }`.
    fn foreign(&mut self) {
        self.bump();
        self.eat(T::Text);
        if self.at(T::OpenBrace) {
            self.group(|walk| walk.items(Within::Module));
        } else {
            self.missing("`{`");
        }
    }
}
