//! What the parser does not see: directives, macros in the place of declarations, attributes, and
//! branches that were left out.

use tree_sitter::Node;

use super::{
    lexer::{Directive, Lexeme, Line, Token, lex_part},
    mask::MacroUse,
    tokens::split_arguments,
    walk::Walk,
    words::{self, Definer},
};
use crate::{
    Span,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, SymbolIx, Visibility},
};

impl<'t> Walk<'t, '_> {
    /// Takes directives and macro uses that stand before a place.
    pub(super) fn flush(&mut self, before: u32) {
        let prepared = self.prepared;
        while let Some(line) = prepared.lines.get(self.lines_done)
            && line.span.start < before
        {
            self.lines_done += 1;
            self.line(line);
        }
        while let Some(used) = prepared.uses.get(self.uses_done)
            && prepared.tokens[used.start].span.start < before
            && used.body.is_none_or(|body| body < before)
        {
            self.uses_done += 1;
            self.macro_use(*used);
        }
    }

    fn line(&mut self, line: &Line) {
        match line.directive {
            Directive::Include => self.include(line),
            Directive::Define => self.define(line),
            Directive::If | Directive::Ifdef | Directive::Ifndef | Directive::Elif => {
                self.scan_part(line.rest);
            }
            Directive::Undef => self.scan_part(line.rest),
            Directive::Else | Directive::Endif | Directive::Other => {}
        }
    }

    fn scan_part(&mut self, part: Span) {
        let tokens = lex_part(self.facts.source(), part);
        self.scan(&tokens, false);
    }

    /// `#include "x.h"`: everything in it can be seen from here.
    fn include(&mut self, line: &Line) {
        let text = self.facts.text(line.rest);
        let start = text.len() - text.trim_start().len();
        let named = match text.trim_start().as_bytes() {
            [b'"', rest @ ..] => rest.iter().position(|&byte| byte == b'"'),
            [b'<', rest @ ..] => rest.iter().position(|&byte| byte == b'>'),
            _ => None,
        };
        let Some(len) = named else {
            self.scan_part(line.rest);
            return;
        };
        let start = line.rest.start as usize + start;
        let module = self.facts.name_at(Span::new(start, start + len + 2));
        self.facts.import(module, line.span, Vec::new());
        let all = self.facts.expr(Expr::Module(module));
        self.facts.wildcard(Self::FILE, all);
    }

    /// `#define NAME(parameters) body`. A macro belongs to no scope but the file's.
    fn define(&mut self, line: &Line) {
        let tokens = lex_part(self.facts.source(), line.rest);
        let Some((name, rest)) = tokens.split_first() else { return };
        if name.token != Token::Word {
            return;
        }
        self.facts.reopen(Self::FILE);
        let symbol = self.facts.define(Kind::Macro, name.span, line.span);
        self.facts.close();
        let doc = self.prepared.comment_before(self.facts.source(), line.span.start);
        let text = self.facts.text(line.span);
        let header = text.lines().next().unwrap_or_default().trim_end_matches(['\\', ' ', '\t']);
        let end = header.floor_char_boundary(160);
        let of = self.facts.symbol_mut(symbol);
        of.flags = Flags::EXPORTED;
        of.container = None;
        of.doc = doc;
        of.signature = Span { start: line.span.start, end: line.span.start + end as u32 };
        let function_like = rest.first().is_some_and(|open| {
            open.token == Token::Punct(b'(') && open.span.start == name.span.end
        });
        if !function_like {
            let value = self.scan(rest, false);
            self.facts.symbol_mut(symbol).value = value;
            return;
        }
        let is_close = |it: &Lexeme| it.token == Token::Punct(b')');
        let close = rest.iter().position(is_close).unwrap_or(rest.len() - 1);
        let (parameters, body) = rest.split_at(close + 1);
        let range = Span { start: rest[0].span.start, end: line.span.end };
        self.facts.open(ScopeKind::Function, range, Some(symbol));
        let is_name = |it: &&Lexeme| it.token == Token::Word;
        for parameter in parameters.iter().filter(is_name) {
            self.facts.define(Kind::Parameter, parameter.span, parameter.span);
        }
        let members = self.members_of_macro(symbol, body);
        let value = members.unwrap_or_else(|| self.scan(body, false));
        self.facts.close();
        let value = self.instance_of_macro(body).unwrap_or(value);
        self.facts.symbol_mut(symbol).value = value;
    }

    /// The members of the struct that is all of a macro's body: `struct { type *ptr; size_t size; }`.
    /// What is of such a type is an instance of it.
    fn members_of_macro(&mut self, owner: SymbolIx, body: &[Lexeme]) -> Option<ExprIx> {
        let [first, open, inner @ .., close] = body else { return None };
        let is_record = matches!(self.facts.text(first.span), "struct" | "union")
            && open.token == Token::Punct(b'{')
            && close.token == Token::Punct(b'}')
            && !inner.iter().any(|it| matches!(it.token, Token::Punct(b'{' | b'}')));
        if !is_record {
            return None;
        }
        let range = Span { start: first.span.start, end: close.span.end };
        let name = self.facts.spelled(self.facts.symbol(owner).name);
        let name = format!("(struct {name})");
        let name = self.facts.name(&name);
        let at = Span { start: range.start, end: range.start };
        let record = self.facts.declare_named(name, Kind::Struct, at, range);
        let scope = self.facts.scope();
        let inside = Span { start: open.span.start, end: range.end };
        self.facts.open(ScopeKind::Type, inside, Some(record));
        for member in inner.split(|it| it.token == Token::Punct(b';')) {
            self.member_of_macro(member);
        }
        self.facts.close();
        let ty = self.facts.expr(Expr::Named(scope, name));
        Some(self.instance(ty))
    }

    /// `type *a, b[2]` in a macro: each name that ends a part is a member.
    fn member_of_macro(&mut self, tokens: &[Lexeme]) {
        let mut ty = ExprIx::UNKNOWN;
        for (n, part) in tokens.split(|it| it.token == Token::Punct(b',')).enumerate() {
            let end = part.iter().position(|it| it.token == Token::Punct(b'['));
            let (named, size) = part.split_at(end.unwrap_or(part.len()));
            let Some((name, before)) = named.split_last() else { continue };
            if n == 0 {
                ty = self.type_in(before);
            }
            if name.token == Token::Word {
                let symbol = self.facts.define(Kind::Field, name.span, name.span);
                self.facts.symbol_mut(symbol).ty = ty;
            }
            self.scan(size, false);
        }
    }

    /// What `container_of(p, struct x, member)` as a whole body stands for.
    fn instance_of_macro(&mut self, body: &[Lexeme]) -> Option<ExprIx> {
        let first = body.first().filter(|it| it.token == Token::Word)?;
        if !words::is_container_of(self.facts.text(first.span)) {
            return None;
        }
        let arguments = split_arguments(body, 1, body.len());
        let (from, to) = *arguments.get(1)?;
        let tokens = body.get(from..to)?;
        let is_name = |it: &&Lexeme| {
            it.token == Token::Word && !words::is_keyword(self.facts.text(it.span), self.cpp)
        };
        let name = tokens.iter().rfind(is_name)?;
        let name = self.facts.name_at(name.span);
        let ty = self.facts.expr(Expr::Named(Self::FILE, name));
        Some(self.facts.expr(Expr::Instance(ty)))
    }

    /// A macro that stands where a declaration could.
    fn macro_use(&mut self, used: MacroUse) {
        let tokens = &self.prepared.tokens;
        let name = tokens[used.name].span;
        self.facts.occurrence(name, Role::Call, Form::Bare);
        let arguments = split_arguments(tokens, used.name + 1, used.close);
        let definer = self.definer(name, &arguments);
        let Some(definer) = definer else {
            self.scan_tokens(used.name + 2, used.close);
            return;
        };
        let is_static = (used.start..used.name)
            .any(|n| tokens[n].token == Token::Word && self.facts.text(tokens[n].span) == "static");
        let mut ty = self.known_type(definer.fixed);
        let mut symbol = None;
        for (n, &(from, to)) in arguments.iter().enumerate() {
            if n == definer.name && symbol.is_none() {
                let whole =
                    Span { start: tokens[used.start].span.start, end: tokens[used.close].span.end };
                symbol = Some(self.defined_by_macro(definer, tokens[from].span, whole, is_static));
                self.scan_tokens(from + 1, to);
            } else if definer.ty == Some(n) {
                ty = self.type_in(&tokens[from..to]);
            } else {
                self.scan_tokens(from, to);
            }
        }
        if let Some(symbol) = symbol {
            self.facts.symbol_mut(symbol).ty = ty;
        }
    }

    fn scan_tokens(&mut self, from: usize, to: usize) {
        if let Some(tokens) = self.prepared.tokens.get(from..to) {
            self.scan(tokens, false);
        }
    }

    /// What a macro declares, if that is known and its arguments fit.
    fn definer(&self, name: Span, arguments: &[(usize, usize)]) -> Option<Definer> {
        let tokens = &self.prepared.tokens;
        let is_name = |&(from, to): &(usize, usize)| {
            from + 1 == to
                && tokens[from].token == Token::Word
                && !words::is_keyword(self.facts.text(tokens[from].span), self.cpp)
        };
        let in_type = self.facts.scope_of(self.facts.scope()).kind == ScopeKind::Type;
        let definer = words::definer(self.facts.text(name));
        let pair = match arguments {
            // A type and a name, by their looks.
            [ty, name] if !is_name(ty) && is_name(name) => {
                matches!(self.facts.text(tokens[ty.0].span), "struct" | "union" | "enum" | "const")
                    .then_some(Definer { ty: Some(0), name: 1, ..words::VARIABLE })
            }
            _ => None,
        };
        let definer = match definer {
            Some(it) if arguments.get(it.name).is_some_and(is_name) => Some(it),
            Some(_) => pair,
            None if in_type => pair,
            None => None,
        };
        definer.map(|it| if in_type { Definer { kind: Kind::Field, ..it } } else { it })
    }

    fn defined_by_macro(
        &mut self,
        definer: Definer,
        at: Span,
        whole: Span,
        is_static: bool,
    ) -> SymbolIx {
        let name = format!("{}{}", definer.prefix, self.facts.text(at));
        let name = self.facts.name(&name);
        let symbol = self.facts.declare_named(name, definer.kind, at, whole);
        self.facts.occurrence(at, Role::Definition, Form::Definition(symbol));
        self.exported(symbol);
        let doc = self.prepared.comment_before(self.facts.source(), whole.start);
        let linked = !is_static && definer.kind != Kind::Field;
        let of = self.facts.symbol_mut(symbol);
        of.signature = whole;
        of.doc = doc;
        if linked {
            of.flags = of.flags.with(Flags::LINKED);
        } else if is_static {
            of.visibility = Visibility::Private;
        }
        symbol
    }

    /// If a block is the body of a function that a macro defines, takes both.
    pub(super) fn macro_function(&mut self, block: Node<'t>) -> bool {
        let prepared = self.prepared;
        let Some(used) = prepared.uses.get(self.uses_done) else { return false };
        if used.body != Some(block.start_byte() as u32) {
            return false;
        }
        self.uses_done += 1;
        let tokens = &prepared.tokens;
        let name = tokens[used.name].span;
        let arguments = split_arguments(tokens, used.name + 1, used.close);
        let word = self.facts.text(name);
        let start = tokens[used.start].span.start;
        let full = Span { start, end: block.end_byte() as u32 };
        let known = words::function_definer(word);
        let is_name = |it: Option<&(usize, usize)>| {
            it.filter(|it| it.0 + 1 == it.1 && tokens[it.0].token == Token::Word)
                .map(|it| tokens[it.0].span)
        };
        let plain = !words::looks_like_macro(word)
            && arguments.iter().all(|it| is_name(Some(it)).is_some());
        let named = match known {
            Some((prefix, _)) => is_name(arguments.first()).map(|at| (at, prefix)),
            // A function that returns `int` without saying so.
            None if plain => Some((name, "")),
            None if words::is_test(word) => is_name(arguments.last()).map(|at| (at, "")),
            None if word.starts_with("DEFINE_") => is_name(arguments.first()).map(|at| (at, "")),
            None => None,
        };
        if !plain || known.is_some() {
            self.facts.occurrence(name, Role::Call, Form::Bare);
        }
        let header = Span { start, end: tokens[used.close].span.end };
        let symbol =
            named.map(|(at, prefix)| self.function_by_macro(at, prefix, full, header, word));
        // Members of the class that comes first can be seen, if it is one.
        let fixture = words::is_test(word) && arguments.len() > 1;
        let fixture = if fixture { is_name(arguments.first()) } else { None };
        if let (Some(at), Some(symbol)) = (fixture, symbol) {
            let class = self.facts.use_of(at, Role::Type, Form::Bare);
            self.facts.symbol_mut(symbol).attached = class;
        }
        let range = Span { start: tokens[used.name + 1].span.start, end: full.end };
        let this = symbol.map_or(ExprIx::UNKNOWN, |it| self.this_inside(it));
        self.enter_function(symbol, range, this);
        let pairs = known.is_some_and(|(_, pairs)| pairs);
        for (n, &(from, to)) in arguments.iter().enumerate() {
            let at = tokens[from].span;
            let is_the_name = named.is_some_and(|it| it.0 == at) || fixture == Some(at);
            match (is_the_name, pairs, plain) {
                (true, ..) => {}
                (_, true, _) if n % 2 == 1 => self.macro_parameter(&arguments, n),
                (_, true, _) => {}
                (_, _, true) => {
                    self.facts.define(Kind::Parameter, tokens[from].span, tokens[from].span);
                }
                _ => {
                    self.scan(&tokens[from..to], false);
                }
            }
        }
        self.list(block);
        self.leave_function();
        true
    }

    /// A type and the name that follows it as the next argument.
    fn macro_parameter(&mut self, arguments: &[(usize, usize)], n: usize) {
        let tokens = &self.prepared.tokens;
        let (from, to) = arguments[n];
        let ty = self.type_in(&tokens[from..to]);
        let Some(&(name, end)) = arguments.get(n + 1) else { return };
        if name + 1 == end && tokens[name].token == Token::Word {
            let at = tokens[name].span;
            let whole = Span { start: tokens[from].span.start, end: at.end };
            let symbol = self.facts.define(Kind::Parameter, at, whole);
            self.facts.symbol_mut(symbol).ty = ty;
        }
    }

    fn function_by_macro(
        &mut self,
        at: Span,
        prefix: &str,
        full: Span,
        header: Span,
        word: &str,
    ) -> SymbolIx {
        let made = format!("{prefix}{}", self.facts.text(at));
        let made = self.facts.name(&made);
        let symbol = self.facts.declare_named(made, Kind::Function, at, full);
        self.facts.occurrence(at, Role::Definition, Form::Definition(symbol));
        self.exported(symbol);
        let doc = self.prepared.comment_before(self.facts.source(), full.start);
        let of = self.facts.symbol_mut(symbol);
        of.doc = doc;
        of.signature = header;
        let extra = match (words::is_test(word), prefix) {
            // A test cannot be named.
            (true, _) => Flags::TEST.with(Flags::REACHED).with(Flags::INSTANCE),
            (_, "") => Flags::LINKED,
            _ => Flags::LINKED.with(Flags::REACHED),
        };
        of.flags = of.flags.with(extra);
        symbol
    }

    /// Names in what the parser did not get.
    pub(super) fn leftovers(&mut self) {
        let prepared = self.prepared;
        for (tokens, dead) in &prepared.dropped {
            self.scan(tokens, *dead);
        }
        let mut done = 0;
        for &(from, to) in &prepared.hidden {
            let from = from.max(done);
            if from < to {
                let tokens = &prepared.tokens[from..to];
                self.scan(tokens, false);
                done = to;
            }
        }
    }

    /// What `this` is inside a function.
    pub(super) fn this_inside(&mut self, function: SymbolIx) -> ExprIx {
        let attached = self.facts.symbol(function).attached;
        if attached.is_known() {
            return self.instance(attached);
        }
        let scope = self.facts.symbol(function).scope;
        if self.facts.scope_of(scope).kind == ScopeKind::Type {
            return self.facts.expr(Expr::This(scope));
        }
        ExprIx::UNKNOWN
    }
}
