//! Collects the facts of one file while its tree is walked.
//!
//! A builder keeps the stack of scopes, interns names, and puts occurrences into the order of the
//! text at the end, so that an extractor may meet them in any order.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::{
    Language,
    facts::{
        CallSite, Cut, Expr, ExprIx, Facts, Flags, Form, Import, Kind, Name, Narrowing, Occurrence,
        OccurrenceIx, Role, Scope, ScopeIx, ScopeKind, Span, Symbol, SymbolIx, SyntaxError,
        Visibility,
    },
    parts::number_names,
    splice::{Counts, Region},
};

/// Errors beyond these are not listed: one missing bracket makes hundreds.
const MAX_ERRORS: usize = 20;

type Map<K, V> = HashMap<K, V, RandomState>;

/// Facts in the making.
pub struct Builder<'s> {
    source: &'s str,
    names: Map<&'s str, Name>,
    /// Names that are not written in the source as they are.
    made: Map<Box<str>, Name>,
    open: Vec<ScopeIx>,
    /// The last symbol of each name in a scope, of the symbols that have been counted in.
    latest: Map<(ScopeIx, Name), SymbolIx>,
    counted: usize,
    facts: Facts,
}

impl<'s> Builder<'s> {
    /// Nothing yet, with the file's scope open.
    pub fn new(language: Language, source: &'s str) -> Builder<'s> {
        let file = Scope {
            kind: ScopeKind::File,
            parent: ScopeIx(0),
            span: Span::new(0, source.len()),
            owner: None,
            wildcards: Vec::new(),
        };
        let facts = Facts {
            language,
            names: Vec::new(),
            symbols: Vec::new(),
            scopes: vec![file],
            occurrences: Vec::with_capacity(source.len() / 16),
            exprs: vec![Expr::Unknown],
            imports: Vec::new(),
            calls: Vec::new(),
            narrowings: Vec::new(),
            regions: Vec::new(),
            offers: None,
            errors: Vec::new(),
            cut: None,
        };
        Builder {
            source,
            names: Map::default(),
            made: Map::default(),
            open: vec![ScopeIx(0)],
            latest: Map::default(),
            counted: 0,
            facts,
        }
    }

    /// Goes on behind what an earlier version of the text had in front of one of its regions, with
    /// these scopes open. [`Builder::find_in`] does not look at what was there.
    pub(crate) fn resume(source: &'s str, facts: Facts, open: Vec<ScopeIx>) -> Builder<'s> {
        let counted = facts.symbols.len();
        let numbers = facts.names.iter().enumerate();
        let made = numbers.map(|(n, name)| (name.clone(), Name(n as u32))).collect();
        Builder {
            source,
            names: Map::default(),
            made,
            open,
            latest: Map::default(),
            counted,
            facts,
        }
    }

    /// Says that what was found since `from` is all from one statement of the scope that is open.
    pub(crate) fn region(&mut self, span: Span, from: Counts) {
        let region = Region { span, scope: self.scope(), from, to: Counts::of(&self.facts) };
        self.facts.regions.push(region);
    }

    /// What has been found so far. Occurrences are not in order yet.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The text being read.
    pub fn source(&self) -> &'s str {
        self.source
    }

    /// The text of a span; empty if it is no place in the text.
    pub fn text(&self, span: Span) -> &'s str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The name that is written there.
    pub fn name_at(&mut self, span: Span) -> Name {
        let text = self.text(span);
        if let Some(name) = self.names.get(text) {
            return *name;
        }
        if let Some(name) = self.made.get(text) {
            return *name;
        }
        let name = self.push_name(text);
        self.names.insert(text, name);
        name
    }

    /// A name that need not be written anywhere.
    pub fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text).or_else(|| self.made.get(text)) {
            return *name;
        }
        let name = self.push_name(text);
        self.made.insert(text.into(), name);
        name
    }

    fn push_name(&mut self, text: &str) -> Name {
        let name = Name(self.facts.names.len() as u32);
        self.facts.names.push(text.into());
        name
    }

    /// The text of a name.
    pub fn spelled(&self, name: Name) -> &str {
        self.facts.name(name)
    }

    /// The innermost open scope.
    pub fn scope(&self) -> ScopeIx {
        self.open.last().copied().unwrap_or(ScopeIx(0))
    }

    /// The scopes that are open, the file's first.
    pub fn open_scopes(&self) -> &[ScopeIx] {
        &self.open
    }

    /// What is known of a scope.
    pub fn scope_of(&self, ix: ScopeIx) -> &Scope {
        self.facts.scope(ix)
    }

    /// The innermost open scope of this kind.
    pub fn enclosing(&self, kind: ScopeKind) -> Option<ScopeIx> {
        self.open.iter().rev().copied().find(|&ix| self.facts.scope(ix).kind == kind)
    }

    /// The innermost open function, module or type around here that is a symbol.
    pub fn owner(&self) -> Option<SymbolIx> {
        self.open.iter().rev().find_map(|&ix| self.facts.scope(ix).owner)
    }

    /// Opens a scope. With an owner, it becomes that symbol's body.
    pub fn open(&mut self, kind: ScopeKind, span: Span, owner: Option<SymbolIx>) -> ScopeIx {
        let ix = ScopeIx(self.facts.scopes.len() as u32);
        let parent = self.scope();
        self.facts.scopes.push(Scope { kind, parent, span, owner, wildcards: Vec::new() });
        if let Some(owner) = owner {
            self.symbol_mut(owner).body = Some(ix);
        }
        self.open.push(ix);
        ix
    }

    /// Closes the innermost scope.
    pub fn close(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    /// Closes the innermost scope, which turns out to end there.
    pub fn close_at(&mut self, end: usize) {
        let scope = self.scope();
        if scope != ScopeIx(0) {
            let span = &mut self.facts.scopes[scope.0 as usize].span;
            span.end = span.start.max(end as u32);
        }
        self.close();
    }

    /// Goes back into a scope that was closed, until [`Builder::close`].
    pub fn reopen(&mut self, scope: ScopeIx) {
        self.open.push(scope);
    }

    /// Says that within `range`, the value of a name of the scope around it is of type `ty`
    /// (`isinstance`, a type guard).
    pub fn narrow(&mut self, range: Span, name: Name, ty: ExprIx) {
        self.facts.narrowings.push(Narrowing { range, name, ty });
    }

    /// Ends what was said of a name at a place: it is set anew there.
    pub fn end_narrowing(&mut self, name: Name, at: u32) {
        for narrowing in self.facts.narrowings.iter_mut().rev() {
            if narrowing.name == name && narrowing.range.end > at {
                narrowing.range.end = at.max(narrowing.range.start);
            }
        }
    }

    /// Adds a wildcard to a scope.
    pub fn wildcard(&mut self, scope: ScopeIx, expr: ExprIx) {
        if let Some(scope) = self.facts.scopes.get_mut(scope.0 as usize) {
            scope.wildcards.push(expr);
        }
    }

    /// Adds an expression.
    pub fn expr(&mut self, expr: Expr) -> ExprIx {
        if expr == Expr::Unknown {
            return ExprIx::UNKNOWN;
        }
        let ix = ExprIx(self.facts.exprs.len() as u32);
        self.facts.exprs.push(expr);
        ix
    }

    /// An expression made of a known one; unknown if that is.
    pub fn wrap(&mut self, inner: ExprIx, make: impl FnOnce(ExprIx) -> Expr) -> ExprIx {
        if inner.is_known() { self.expr(make(inner)) } else { inner }
    }

    /// One of `parts`; unknown ones are left out.
    pub fn either(&mut self, mut parts: Vec<ExprIx>) -> ExprIx {
        parts.retain(|part| part.is_known());
        parts.dedup();
        match parts.len() {
            0 => ExprIx::UNKNOWN,
            1 => parts[0],
            _ => self.expr(Expr::Either(parts)),
        }
    }

    /// Adds an occurrence of the name at `at`.
    pub fn occurrence(&mut self, at: Span, role: Role, form: Form) -> OccurrenceIx {
        let name = self.name_at(at);
        let ix = OccurrenceIx(self.facts.occurrences.len() as u32);
        self.facts.occurrences.push(Occurrence { start: at.start, name, role, form });
        ix
    }

    /// An occurrence as an expression.
    pub fn use_of(&mut self, at: Span, role: Role, form: Form) -> ExprIx {
        let ix = self.occurrence(at, role, form);
        self.expr(Expr::Occurrence(ix))
    }

    /// Changes an occurrence's role: a name turns out to be called, or written.
    pub fn set_role(&mut self, ix: OccurrenceIx, role: Role) {
        if let Some(occurrence) = self.facts.occurrences.get_mut(ix.0 as usize) {
            occurrence.role = role;
        }
    }

    /// Changes how an occurrence is looked up: it turns out to define something.
    pub fn set_form(&mut self, ix: OccurrenceIx, form: Form) {
        if let Some(occurrence) = self.facts.occurrences.get_mut(ix.0 as usize) {
            occurrence.form = form;
        }
    }

    /// An occurrence, as it was added.
    pub fn occurrence_of(&self, ix: OccurrenceIx) -> &Occurrence {
        self.facts.occurrence(ix)
    }

    /// If the expression is an occurrence, changes its role.
    pub fn set_expr_role(&mut self, expr: ExprIx, role: Role) {
        if let Some(Expr::Occurrence(ix)) = self.facts.exprs.get(expr.0 as usize) {
            self.set_role(*ix, role);
        }
    }

    /// What an expression is.
    pub fn expr_of(&self, ix: ExprIx) -> &Expr {
        self.facts.expr(ix)
    }

    /// How an occurrence is looked up.
    pub fn occurrence_form(&self, ix: OccurrenceIx) -> Form {
        self.facts.occurrence(ix).form
    }

    /// How an occurrence is spelled.
    pub fn occurrence_name(&self, ix: OccurrenceIx) -> &str {
        self.facts.name(self.facts.occurrence(ix).name)
    }

    /// A symbol declared in the innermost scope, named by the text at `at`, without an occurrence.
    /// Flags, types and the like are set through [`Builder::symbol_mut`].
    pub fn declare(&mut self, kind: Kind, at: Span, full: Span) -> SymbolIx {
        let name = self.name_at(at);
        self.declare_named(name, kind, at, full)
    }

    /// The same with a name that is not what the text says at `at` (`default`, an `impl`).
    pub fn declare_named(&mut self, name: Name, kind: Kind, at: Span, full: Span) -> SymbolIx {
        let ix = SymbolIx(self.facts.symbols.len() as u32);
        let scope = self.scope();
        let local = self
            .open
            .iter()
            .any(|&ix| matches!(self.facts.scope(ix).kind, ScopeKind::Function | ScopeKind::Block));
        self.facts.symbols.push(Symbol {
            name,
            kind,
            visibility: Visibility::Public,
            flags: if local { Flags::LOCAL } else { Flags::default() },
            at,
            full,
            signature: Span { start: full.start, end: full.start },
            doc: Span { start: full.start, end: full.start },
            container: self.owner(),
            scope,
            body: None,
            ty: ExprIx::UNKNOWN,
            value: ExprIx::UNKNOWN,
            bases: Vec::new(),
            attached: ExprIx::UNKNOWN,
        });
        ix
    }

    /// A symbol and the occurrence that defines it.
    pub fn define(&mut self, kind: Kind, at: Span, full: Span) -> SymbolIx {
        let ix = self.declare(kind, at, full);
        self.occurrence(at, Role::Definition, Form::Definition(ix));
        ix
    }

    /// A symbol, to be completed.
    pub fn symbol_mut(&mut self, ix: SymbolIx) -> &mut Symbol {
        &mut self.facts.symbols[ix.0 as usize]
    }

    /// A symbol.
    pub fn symbol(&self, ix: SymbolIx) -> &Symbol {
        self.facts.symbol(ix)
    }

    /// The signature of a value that the statement at `full` declares: what it says of the value up
    /// to its name, and as much behind it as 120 bytes hold. Ends between characters.
    pub fn short_signature(&self, full: Span, at: Span) -> Span {
        let end = full.end.min(at.end.max(full.start + 120)) as usize;
        Span { start: full.start, end: self.source.floor_char_boundary(end) as u32 }
    }

    /// How many symbols there are.
    pub fn symbol_count(&self) -> u32 {
        self.facts.symbols.len() as u32
    }

    /// The last symbol of this name in a scope.
    pub fn find_in(&mut self, scope: ScopeIx, name: Name) -> Option<SymbolIx> {
        for (n, symbol) in self.facts.symbols.iter().enumerate().skip(self.counted) {
            self.latest.insert((symbol.scope, symbol.name), SymbolIx(n as u32));
        }
        self.counted = self.facts.symbols.len();
        self.latest.get(&(scope, name)).copied()
    }

    /// All symbols of this name in a scope so far. Looks at every symbol.
    pub fn all_in(&self, scope: ScopeIx, name: Name) -> Vec<SymbolIx> {
        let symbols = self.facts.symbols.iter().enumerate();
        let here = symbols.filter(|(_, it)| it.scope == scope && it.name == name);
        here.map(|(ix, _)| SymbolIx(ix as u32)).collect()
    }

    /// Adds an import to the list of what the file depends on.
    pub fn import(&mut self, module: Name, span: Span, names: Vec<Name>) {
        self.facts.imports.push(Import { module, span, names });
    }

    /// Adds a call whose arguments may tell what parameters are.
    pub fn call(&mut self, callee: ExprIx, args: Vec<ExprIx>, keywords: Vec<(Name, ExprIx)>) {
        let Expr::Occurrence(callee) = *self.facts.expr(callee) else { return };
        let known = |list: &[ExprIx]| list.iter().any(|arg| arg.is_known());
        if known(&args) || keywords.iter().any(|(_, arg)| arg.is_known()) {
            self.facts.calls.push(CallSite { callee, args, keywords });
        }
    }

    /// Sets the names that the file offers, where it lists them itself.
    pub fn offer(&mut self, names: Vec<Name>) {
        self.facts.offers.get_or_insert_default().extend(names);
    }

    /// Adds a syntax error; beyond a few they are dropped.
    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        if self.facts.errors.len() < MAX_ERRORS {
            self.facts.errors.push(SyntaxError { span, message: message.into() });
        }
    }

    /// Says that the facts end early.
    pub fn cut(&mut self, cut: Cut) {
        self.facts.cut.get_or_insert(cut);
    }

    /// The facts. Occurrences are put into the order of the text; of two that overlap, as they can in
    /// a tree of broken code, the first counts.
    pub fn finish(mut self) -> Facts {
        order_occurrences(&mut self.facts, 0);
        number_names(&mut self.facts);
        self.facts
    }

    /// The facts of a builder that has [resumed](Builder::resume), with the occurrences since `from`
    /// in the order of the text.
    pub(crate) fn part(mut self, from: usize) -> Facts {
        order_occurrences(&mut self.facts, from);
        self.facts
    }
}

/// Puts the occurrences since `from` into the order of the text.
fn order_occurrences(facts: &mut Facts, from: usize) {
    let mut order: Vec<u32> = (from as u32..facts.occurrences.len() as u32).collect();
    order.sort_by_key(|&ix| facts.occurrences[ix as usize].start);
    let mut place = vec![0u32; order.len()];
    let mut kept: Vec<Occurrence> = Vec::with_capacity(order.len());
    for old in order {
        let it = facts.occurrences[old as usize];
        // One name can be two things: `Point { x }` is a field and a variable.
        let overlaps = kept.last().is_some_and(|last| {
            let end = last.start + facts.names[last.name.0 as usize].len() as u32;
            it.start < end && (it.start, it.name) != (last.start, last.name)
        });
        if !overlaps {
            kept.push(it);
        }
        place[old as usize - from] = (from + kept.len()) as u32 - 1;
    }
    facts.occurrences.truncate(from);
    facts.occurrences.append(&mut kept);
    let moved = |ix: &mut OccurrenceIx| {
        if let Some(at) = (ix.0 as usize).checked_sub(from) {
            ix.0 = place[at];
        }
    };
    for expr in &mut facts.exprs {
        if let Expr::Occurrence(ix) = expr {
            moved(ix);
        }
    }
    facts.calls.iter_mut().for_each(|call| moved(&mut call.callee));
}
