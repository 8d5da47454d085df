//! What the walk over a file carries along, and the steps that every part of it takes.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use crate::{
    Builder, Cut, Name, comments,
    facts::{
        Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, Span, SymbolIx, Visibility,
    },
    tree::{children, span},
};

/// A walk over one file.
pub(super) struct Walk<'s> {
    pub(super) facts: Builder<'s>,
    /// Imports without a name of their own: which name they bind, their uses tell.
    pub(super) imports: Vec<super::imports::Unnamed>,
    /// Names in front of a dot.
    pub(super) qualifiers: HashSet<Name>,
    /// Labels of the functions around here, and the uses of labels.
    pub(super) labels: Vec<Labels>,
    /// Locals by scope and name: `:=` declares only names that its block does not have.
    pub(super) locals: HashMap<(ScopeIx, Name), SymbolIx>,
    /// Whether the file is of a `_test` package, which no other package can see.
    external_test: bool,
    depth: usize,
    max_depth: usize,
}

/// Labels of one function. A `goto` may come before its label.
#[derive(Default)]
pub(super) struct Labels {
    pub(super) defined: HashMap<Name, SymbolIx>,
    pub(super) used: Vec<(Name, Span)>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(facts: Builder<'s>, max_depth: usize) -> Walk<'s> {
        Walk {
            facts,
            imports: Vec::new(),
            qualifiers: HashSet::new(),
            labels: Vec::new(),
            locals: HashMap::new(),
            external_test: false,
            depth: 0,
            max_depth,
        }
    }

    /// The whole file.
    pub(super) fn file(&mut self, root: Node<'_>) {
        let mut package = Span::default();
        for node in children(root) {
            if node.kind() == "package_clause" {
                package = children(node).first().map_or(package, |name| span(*name));
            }
        }
        self.external_test = self.facts.text(package).ends_with("_test");
        let package = self.facts.name(if self.external_test { ".test" } else { "." });
        let package = self.facts.expr(Expr::Module(package));
        self.facts.wildcard(ScopeIx(0), package);
        for node in children(root) {
            if node.kind() != "package_clause" {
                self.visit(node);
            }
        }
        self.bind_imports();
    }

    /// Runs `visit` one level deeper, unless that is too deep.
    pub(super) fn deeper<T: Default>(&mut self, visit: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return T::default();
        }
        self.depth += 1;
        let result = visit(self);
        self.depth -= 1;
        result
    }

    /// Visits everything right below a node, in order, for its names only.
    pub(super) fn inside(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.visit(child);
        }
    }

    /// Visits children in a block of their own.
    pub(super) fn block(&mut self, node: Node<'_>) {
        self.facts.open(ScopeKind::Block, span(node), None);
        self.inside(node);
        self.facts.close();
    }

    /// Declares a name and its occurrence; `_` is no name.
    pub(super) fn define(&mut self, kind: Kind, at: Span, full: Span) -> Option<SymbolIx> {
        let text = self.facts.text(at);
        if text == "_" || text.is_empty() {
            return None;
        }
        let symbol = self.facts.define(kind, at, full);
        let scope = self.facts.scope();
        let owned_by = self.facts.scope_of(scope).kind;
        let name = self.facts.symbol(symbol).name;
        match owned_by {
            ScopeKind::Function | ScopeKind::Block => {
                self.locals.insert((scope, name), symbol);
            }
            ScopeKind::File if self.external_test => {}
            ScopeKind::File => self.add_flags(symbol, Flags::EXPORTED),
            ScopeKind::Module | ScopeKind::Type => {}
        }
        if owned_by != ScopeKind::Function && owned_by != ScopeKind::Block {
            self.facts.symbol_mut(symbol).visibility = visibility_of(text);
        }
        Some(symbol)
    }

    pub(super) fn add_flags(&mut self, symbol: SymbolIx, flags: Flags) {
        let symbol = self.facts.symbol_mut(symbol);
        symbol.flags = symbol.flags.with(flags);
    }

    /// Sets the doc comment and the header of a declaration that stands at `full`.
    pub(super) fn describe(&mut self, symbol: SymbolIx, full: Span, header_end: u32) {
        let doc = comments::above(self.facts.source(), full.start as usize);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.doc = doc;
        symbol.signature = Span { start: full.start, end: header_end.max(full.start) };
    }

    /// A symbol for a type or function that has no name, so that expressions can speak of it. It is
    /// called by its keyword, and takes no more room than that, so that nothing is found to be in it.
    pub(super) fn anonymous(&mut self, kind: Kind, node: Node<'_>, keyword: &str) -> SymbolIx {
        let start = node.start_byte();
        let at = Span::new(start, (start + keyword.len()).min(node.end_byte()));
        let name = self.facts.name(keyword);
        let symbol = self.facts.declare_named(name, kind, at, at);
        self.add_flags(symbol, Flags::LOCAL.with(Flags::INSTANCE));
        symbol
    }

    /// A use of the name at a node, looked up through the scopes.
    pub(super) fn bare(&mut self, node: Node<'_>, role: Role) -> ExprIx {
        let at = span(node);
        if at.is_empty() || self.facts.text(at) == "_" {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(at, role, Form::Bare)
    }

    /// A use of a member.
    pub(super) fn member(&mut self, of: ExprIx, node: Node<'_>, role: Role) -> ExprIx {
        let at = span(node);
        if at.is_empty() || self.facts.text(at) == "_" {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(at, role, Form::Member(of))
    }
}

/// Names with a capital letter are for everybody, others for their package.
fn visibility_of(text: &str) -> Visibility {
    if text.chars().next().is_some_and(char::is_uppercase) {
        Visibility::Public
    } else {
        Visibility::Restricted
    }
}
