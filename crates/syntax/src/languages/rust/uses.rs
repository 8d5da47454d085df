//! `use` and `extern crate`: names for what is defined elsewhere.

use super::{attributes::Before, lexer::T, walk::Walk};
use crate::{
    Name,
    facts::{Expr, ExprIx, Form, Kind, Role, Span, SymbolIx},
};

/// What stands before a part of a `use` tree.
#[derive(Clone, Default)]
struct Prefix {
    /// What it stands for, if there is anything.
    expr: Option<ExprIx>,
    /// Its last name.
    last: Option<Span>,
    /// All of it, as the source names it.
    text: String,
}

impl Prefix {
    fn push(&mut self, part: &str) {
        if !self.text.is_empty() {
            self.text.push_str("::");
        }
        self.text.push_str(part);
    }
}

/// What one declaration imports.
#[derive(Default)]
struct Found {
    symbols: Vec<SymbolIx>,
    /// Modules with the names taken from them.
    taken: Vec<(String, Vec<Name>)>,
}

impl Walk<'_> {
    /// `use a::b::{self, c as d, e::*};`.
    pub(super) fn use_declaration(&mut self, before: &Before) {
        self.bump();
        let mut found = Found::default();
        self.use_tree(Prefix::default(), &mut found);
        let header_end = self.end();
        self.expect(T::Semi, "`;`");
        let span = self.since(before.header);
        for (module, names) in found.taken {
            let module = self.facts.name(&module);
            self.facts.import(module, span, names);
        }
        for symbol in found.symbols {
            let at = self.facts.symbol(symbol).at;
            self.describe(symbol, before, header_end);
            let symbol = self.facts.symbol_mut(symbol);
            symbol.doc = Span { start: symbol.full.start, end: symbol.full.start };
            // A declaration of many names is no signature of one.
            if header_end > before.header + 120 {
                symbol.signature = at;
            }
        }
    }

    fn use_tree(&mut self, prefix: Prefix, found: &mut Found) {
        self.deeper(|walk| walk.visit_use_tree(prefix, found));
    }

    fn visit_use_tree(&mut self, mut prefix: Prefix, found: &mut Found) {
        self.eat(T::PathSep);
        loop {
            match self.kind() {
                T::Star => {
                    self.bump();
                    return self.use_all(&prefix, found);
                }
                T::OpenBrace => {
                    return self.group(|walk| {
                        while !walk.at_end() {
                            let pos = walk.pos;
                            walk.use_tree(prefix.clone(), found);
                            if !walk.eat(T::Comma) && (!walk.at_end() || walk.pos == pos) {
                                walk.missing("`,`");
                                walk.skip();
                            }
                        }
                    });
                }
                T::SelfValue if prefix.expr.is_some() => {
                    // `a::{self}`.
                    self.bump();
                    return self.use_name(&prefix, None, found);
                }
                T::Ident => {
                    let at = self.bump().span();
                    if !self.at(T::PathSep) {
                        return self.use_name(&prefix, Some(at), found);
                    }
                    let form = prefix.expr.map_or(Form::Bare, Form::Member);
                    prefix.expr = Some(self.facts.use_of(at, Role::Type, form));
                    prefix.push(self.facts.text(at));
                    prefix.last = Some(at);
                }
                T::Crate | T::SelfValue | T::Super | T::Dollar => {
                    let root = self.path_root();
                    if let Expr::Module(name) = *self.facts.expr_of(root) {
                        prefix.push(self.facts.spelled(name));
                    }
                    prefix.expr = Some(root);
                    if !self.at(T::PathSep) {
                        return self.use_root(root, found);
                    }
                }
                _ => return self.missing("a name"),
            }
            if !self.eat(T::PathSep) {
                return;
            }
        }
    }

    /// `a::*`.
    fn use_all(&mut self, prefix: &Prefix, found: &mut Found) {
        if let Some(of) = prefix.expr {
            let scope = self.facts.scope();
            self.facts.wildcard(scope, of);
        }
        found.taken.push((prefix.text.clone(), Vec::new()));
    }

    /// `crate as name`.
    fn use_root(&mut self, root: ExprIx, found: &mut Found) {
        if !self.eat(T::As) {
            return;
        }
        if let Some(at) = self.identifier() {
            let symbol = self.facts.define(Kind::Alias, at, at);
            self.bind_use(symbol, root, found);
        }
    }

    /// The last name of a path, or what stands before it (`a::{self}`).
    fn use_name(&mut self, prefix: &Prefix, name: Option<Span>, found: &mut Found) {
        let value = match name {
            Some(at) => {
                let form = prefix.expr.map_or(Form::Bare, Form::Member);
                self.facts.use_of(at, Role::Import, form)
            }
            None => prefix.expr.unwrap_or_default(),
        };
        match name {
            // `use other_crate;`.
            Some(at) if prefix.text.is_empty() => {
                found.taken.push((self.facts.text(at).to_owned(), Vec::new()));
            }
            Some(at) => {
                let taken = self.facts.name_at(at);
                match found.taken.last_mut().filter(|(module, _)| *module == prefix.text) {
                    Some((_, names)) => names.push(taken),
                    None => found.taken.push((prefix.text.clone(), vec![taken])),
                }
            }
            None => found.taken.push((prefix.text.clone(), Vec::new())),
        }
        if self.eat(T::As) {
            if let Some(at) = self.identifier() {
                let symbol = self.facts.define(Kind::Alias, at, at);
                self.bind_use(symbol, value, found);
            } else {
                // `as _`: only a trait's methods are wanted.
                self.eat(T::Underscore);
            }
            return;
        }
        if let Some(at) = name.or(prefix.last) {
            let symbol = self.facts.declare(Kind::Alias, at, at);
            self.bind_use(symbol, value, found);
        }
    }

    fn bind_use(&mut self, symbol: SymbolIx, value: ExprIx, found: &mut Found) {
        self.export(symbol);
        self.facts.symbol_mut(symbol).value = value;
        found.symbols.push(symbol);
    }

    /// `extern crate a as b;`.
    pub(super) fn extern_crate(&mut self, before: &Before) {
        self.bump();
        self.bump();
        let mut found = Found::default();
        let (at, value) = if self.eat(T::SelfValue) {
            (None, self.module_expr("crate"))
        } else {
            let Some(at) = self.identifier() else { return self.missing("a crate's name") };
            self.facts.occurrence(at, Role::Import, Form::Bare);
            let name = self.facts.text(at);
            (Some(at), self.module_expr(name))
        };
        if let Expr::Module(module) = *self.facts.expr_of(value) {
            self.facts.import(module, self.since(before.header), Vec::new());
        }
        if self.eat(T::As) {
            if let Some(at) = self.identifier() {
                let symbol = self.facts.define(Kind::Alias, at, at);
                self.bind_use(symbol, value, &mut found);
            } else {
                self.eat(T::Underscore);
            }
        } else if let Some(at) = at {
            let symbol = self.facts.declare(Kind::Alias, at, at);
            self.bind_use(symbol, value, &mut found);
        }
        let header_end = self.end();
        self.expect(T::Semi, "`;`");
        for symbol in found.symbols {
            self.describe(symbol, before, header_end);
        }
    }
}
