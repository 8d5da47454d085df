//! What the walk over a file carries along, and the steps that every part of it takes.

use tree_sitter::Node;

use crate::{
    Builder, Cut, Name, comments,
    facts::{ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, Span, SymbolIx, Visibility},
    tree::{children, span},
};

/// A walk over one file.
pub(super) struct Walk<'s> {
    pub(super) facts: Builder<'s>,
    /// Type parameters of the types whose headers are being read: there they are in no scope.
    pub(super) header: Vec<(Name, SymbolIx)>,
    /// Labels around here.
    pub(super) labels: Vec<(Name, SymbolIx)>,
    /// The argument that is being visited.
    pub(super) argument: Option<Argument>,
    /// What the lambdas around here return.
    pub(super) returns: Vec<Vec<ExprIx>>,
    depth: usize,
    max_depth: usize,
}

/// An argument of a call.
#[derive(Clone, Copy)]
pub(super) struct Argument {
    /// What is called.
    pub(super) callee: ExprIx,
    /// The place among the arguments.
    pub(super) place: u32,
    /// What the method is called on.
    pub(super) of: ExprIx,
    /// The method's name.
    pub(super) name: Option<Name>,
}

/// Arguments of a call.
#[derive(Default)]
pub(super) struct Arguments {
    /// What each stands for.
    pub(super) values: Vec<ExprIx>,
    /// What each gives when it is called: lambdas and method references.
    pub(super) made: Vec<ExprIx>,
}

/// The words in front of a declaration.
#[derive(Default)]
pub(super) struct Modifiers {
    pub(super) visibility: Option<Visibility>,
    pub(super) is_static: bool,
    pub(super) is_final: bool,
    /// A default method of an interface.
    pub(super) is_default: bool,
    /// An annotation may have it called.
    pub(super) is_reached: bool,
    pub(super) is_test: bool,
    /// Where the declaration begins, annotations apart.
    pub(super) start: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(facts: Builder<'s>, max_depth: usize) -> Walk<'s> {
        Walk {
            facts,
            header: Vec::new(),
            labels: Vec::new(),
            argument: None,
            returns: Vec::new(),
            depth: 0,
            max_depth,
        }
    }

    /// The whole file.
    pub(super) fn file(&mut self, root: Node<'_>) {
        self.packages(root);
        self.inside(root);
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

    /// Declares a name and its occurrence.
    pub(super) fn define(&mut self, kind: Kind, name: Node<'_>, full: Span) -> Option<SymbolIx> {
        let at = span(name);
        if at.is_empty() || self.facts.text(at) == "_" {
            return None;
        }
        let symbol = self.facts.define(kind, at, full);
        if self.facts.scope() == ScopeIx(0) {
            self.add_flags(symbol, Flags::EXPORTED);
        }
        Some(symbol)
    }

    pub(super) fn add_flags(&mut self, symbol: SymbolIx, flags: Flags) {
        let symbol = self.facts.symbol_mut(symbol);
        symbol.flags = symbol.flags.with(flags);
    }

    /// Sets doc comment, header and what the modifiers say.
    pub(super) fn describe(
        &mut self,
        symbol: SymbolIx,
        full: Span,
        header_end: usize,
        modifiers: &Modifiers,
    ) {
        let doc = comments::above(self.facts.source(), full.start as usize);
        let scope = self.facts.scope();
        let in_interface = self.facts.scope_of(scope).owner.is_some_and(|owner| {
            self.facts.scope_of(scope).kind == ScopeKind::Type
                && self.facts.symbol(owner).kind == Kind::Interface
        });
        let usual = if in_interface { Visibility::Public } else { Visibility::Restricted };
        let symbol = self.facts.symbol_mut(symbol);
        symbol.doc = doc;
        symbol.signature = Span::new(modifiers.start, header_end.max(modifiers.start));
        symbol.visibility = modifiers.visibility.unwrap_or(usual);
        let mut add = |on: bool, flag: Flags| {
            if on {
                symbol.flags = symbol.flags.with(flag);
            }
        };
        add(modifiers.is_static, Flags::STATIC);
        add(modifiers.is_reached, Flags::REACHED);
        add(modifiers.is_test, Flags::TEST);
    }

    /// Reads the modifiers of a declaration, and visits its annotations.
    pub(super) fn modifiers(&mut self, node: Node<'_>) -> Modifiers {
        let mut modifiers = Modifiers { start: node.start_byte(), ..Modifiers::default() };
        let Some(list) = children(node).into_iter().find(|it| it.kind() == "modifiers") else {
            return modifiers;
        };
        let mut cursor = list.walk();
        let mut begun = false;
        for word in list.children(&mut cursor) {
            match word.kind() {
                "annotation" | "marker_annotation" => {
                    self.annotation(word, &mut modifiers);
                    if !begun {
                        modifiers.start = word.end_byte();
                    }
                    continue;
                }
                "public" => modifiers.visibility = Some(Visibility::Public),
                "protected" => modifiers.visibility = Some(Visibility::Restricted),
                "private" => modifiers.visibility = Some(Visibility::Private),
                "static" => modifiers.is_static = true,
                "final" => modifiers.is_final = true,
                "default" => modifiers.is_default = true,
                _ => {}
            }
            begun = true;
        }
        let rest = self.facts.source().get(modifiers.start..).unwrap_or_default();
        modifiers.start += rest.len() - rest.trim_start().len();
        modifiers.start = modifiers.start.min(node.end_byte());
        modifiers
    }

    fn annotation(&mut self, node: Node<'_>, modifiers: &mut Modifiers) {
        let name = node.child_by_field_name("name").map_or("", |it| self.facts.text(span(it)));
        match name.rsplit('.').next().unwrap_or(name) {
            "Deprecated"
            | "SuppressWarnings"
            | "Nullable"
            | "NonNull"
            | "Nonnull"
            | "NotNull"
            | "SafeVarargs"
            | "FunctionalInterface" => {}
            "Test" | "ParameterizedTest" | "RepeatedTest" | "TestFactory" | "TestTemplate" => {
                modifiers.is_test = true;
                modifiers.is_reached = true;
            }
            _ => modifiers.is_reached = true,
        }
        self.visit(node);
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
        if at.is_empty() {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(at, role, Form::Member(of))
    }

    /// The body of the type around here.
    pub(super) fn type_scope(&self) -> Option<ScopeIx> {
        self.facts.enclosing(ScopeKind::Type)
    }
}
