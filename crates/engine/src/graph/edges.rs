//! The edges that a source file is the reason for: what its names stand for, what its types inherit,
//! what it imports.

use std::sync::Arc;

use coderoom_graph::EdgeKind;
use coderoom_syntax::{Form, Kind, OccurrenceIx, Region, Role, Span, SymbolIx};

use super::{
    nodes::{FileRole, NodeId, Nodes},
    packages::{is_own, package_of},
    piece::{Piece, PieceBuilder, weight_of},
};
use crate::{
    code::{Certainty, Found, Loaded, Resolver, Target, Thing, imports_of},
    file::FileId,
};

/// How much naming something in a test says of what the test exercises, beside calling it.
const NAMED_BY_TEST: f32 = 0.5;

/// The nodes of all files.
pub(crate) type AllNodes<'a> = dyn Fn(FileId) -> Option<&'a Arc<Nodes>> + Sync + 'a;

/// Makes the edges of one source file.
pub(super) struct Deriver<'a, 'c, 'n> {
    pub(super) resolver: &'a mut Resolver<'c>,
    pub(super) all: &'a AllNodes<'n>,
    pub(super) nodes: &'a Arc<Nodes>,
    pub(super) facts: Arc<Loaded>,
    pub(super) out: PieceBuilder,
}

/// The key of a package.
pub(crate) fn package_key(name: &str) -> String {
    format!("package:{name}")
}

/// The piece of a source file. `all` has its nodes, and those of every other file.
pub(super) fn piece_of_source<'n>(
    resolver: &mut Resolver<'_>,
    all: &AllNodes<'n>,
    nodes: &Arc<Nodes>,
) -> Piece {
    let Some(facts) = resolver.facts(nodes.file) else {
        return PieceBuilder::default().finish(Arc::clone(nodes));
    };
    let mut deriver = Deriver { resolver, all, nodes, facts, out: PieceBuilder::default() };
    deriver.contains();
    deriver.imports();
    deriver.occurrences(None);
    deriver.inherits();
    deriver.out.finish(Arc::clone(nodes))
}

/// The piece of a source file in which only the body of one function has changed, made of the piece
/// before: nobody else sees what is in it, so all else that the file says leads where it did.
/// `None` if the function has no node of its own.
pub(super) fn piece_of_function<'n>(
    resolver: &mut Resolver<'_>,
    all: &AllNodes<'n>,
    nodes: &Arc<Nodes>,
    before: &Piece,
    function: &Region,
) -> Option<Piece> {
    let facts = resolver.facts(nodes.file)?;
    let is_it = |ix: &SymbolIx| facts.facts.symbol(*ix).full == function.span();
    let symbol = function.symbols().map(SymbolIx).find(is_it)?;
    if facts.group(symbol).count() != 1 {
        return None;
    }
    let own = nodes.of_symbol(symbol)?;
    let mut out = PieceBuilder::of(before);
    out.forget(nodes.list[own].id, &[EdgeKind::Calls, EdgeKind::References, EdgeKind::Tests]);
    let mut deriver = Deriver { resolver, all, nodes, facts, out };
    deriver.occurrences(Some(function.span()));
    Some(deriver.out.finish(Arc::clone(nodes)))
}

impl<'n> Deriver<'_, '_, 'n> {
    pub(super) fn file(&self) -> FileId {
        self.nodes.file
    }

    /// The node of a symbol, and whether it belongs to a test.
    pub(super) fn node(&self, target: Target) -> Option<(NodeId, bool)> {
        let nodes = (self.all)(target.file)?;
        let node = &nodes.list[nodes.of_symbol(target.symbol)?];
        Some((node.id, node.test))
    }

    /// The file, and each symbol in what it stands in. Members of a type belong to it, wherever they
    /// stand.
    fn contains(&mut self) {
        for ix in 1..self.nodes.list.len() {
            let node = &self.nodes.list[ix];
            let Some(symbol) = node.symbol else { continue };
            let target = Target { file: self.file(), symbol };
            let owners = self.resolver.owners(target);
            let outer = owners.into_iter().find_map(|it| self.node(it)).map(|(id, _)| id);
            let outer = outer.or_else(|| self.around(symbol)).unwrap_or(self.nodes.list[0].id);
            let outer = if outer == node.id { self.nodes.list[0].id } else { outer };
            self.out.edge(outer, node.id, EdgeKind::Contains, 1.0);
        }
    }

    /// The innermost node that a symbol stands in.
    fn around(&self, symbol: SymbolIx) -> Option<NodeId> {
        let mut at = self.facts.facts.symbol(symbol).container;
        // Deeper nesting than this is the file's.
        for _ in 0..32 {
            let ix = self.facts.head(at?);
            if let Some(node) = self.nodes.of_symbol(ix) {
                return Some(self.nodes.list[node].id);
            }
            at = self.facts.facts.symbol(ix).container;
        }
        None
    }

    /// Imports of files and packages.
    fn imports(&mut self) {
        let FileRole::Source(language) = self.nodes.role else { return };
        let (files, outside) = imports_of(self.resolver.code, self.file());
        let (own, own_test) = (self.nodes.list[0].id, self.nodes.list[0].test);
        for (file, _) in files {
            self.out.imports.push(file);
            let Some(to) = (self.all)(file).map(|nodes| &nodes.list[0]) else { continue };
            self.out.edge(own, to.id, EdgeKind::Imports, 1.0);
            if own_test && !to.test {
                self.out.edge(own, to.id, EdgeKind::Tests, 1.0);
            }
        }
        for module in outside {
            if is_own(&self.facts.facts, &module) {
                continue;
            }
            if let Some(name) = package_of(language, &module) {
                let to = NodeId::of(&package_key(&name));
                self.out.edge(own, to, EdgeKind::Imports, 1.0);
                self.out.packages.push(name.into());
            }
        }
    }

    /// What every name in the text, or in a part of it, stands for.
    fn occurrences(&mut self, part: Option<Span>) {
        let facts = Arc::clone(&self.facts);
        let mut outer = Outer::new(&facts, self.nodes);
        let all = &facts.facts.occurrences;
        let place = |at: u32| all.partition_point(|it| it.start < at);
        let part = part.map_or(0..all.len(), |part| place(part.start)..place(part.end));
        for (ix, it) in (part.start as u32..).map(OccurrenceIx).zip(&all[part]) {
            if matches!(it.form, Form::Definition(_) | Form::Loose) {
                continue;
            }
            // Supertypes are edges of types.
            if matches!(it.role, Role::Definition | Role::Inherit) {
                continue;
            }
            let resolution = self.resolver.resolve(self.file(), ix);
            let Some(weight) = weight_of(resolution.certainty()) else { continue };
            let span = facts.facts.span(it);
            for target in resolution.targets() {
                let Some((to, tested)) = self.node(target) else { continue };
                let from = if it.role == Role::Import { 0 } else { outer.at(span) };
                let kind = match it.role {
                    Role::Call => EdgeKind::Calls,
                    Role::Import => EdgeKind::Imports,
                    _ => EdgeKind::References,
                };
                let from = &self.nodes.list[from];
                self.out.edge(from.id, to, kind, weight);
                if from.test && !tested {
                    let called = kind == EdgeKind::Calls;
                    let share = if called { 1.0 } else { NAMED_BY_TEST };
                    self.out.edge(from.id, to, EdgeKind::Tests, weight * share);
                }
            }
        }
    }

    /// What the file's types inherit and implement, and what their methods override.
    fn inherits(&mut self) {
        let facts = Arc::clone(&self.facts);
        for (ix, symbol) in (0..).map(SymbolIx).zip(&facts.facts.symbols) {
            if symbol.bases.is_empty() || !(symbol.kind.is_type() || symbol.kind == Kind::Impl) {
                continue;
            }
            let heirs = if symbol.kind == Kind::Impl {
                self.resolver.types_named(self.file(), symbol.attached)
            } else {
                vec![Target { file: self.file(), symbol: facts.head(ix) }]
            };
            let heirs: Vec<NodeId> =
                heirs.into_iter().filter_map(|it| self.node(it)).map(|(id, _)| id).collect();
            for base in &symbol.bases {
                let guessed = self.resolver.value(self.file(), *base).guessed;
                let certainty = if guessed { Certainty::Likely } else { Certainty::Exact };
                let Some(weight) = weight_of(certainty) else { continue };
                for base in self.resolver.types_named(self.file(), *base) {
                    let Some((to, _)) = self.node(base) else { continue };
                    for from in &heirs {
                        self.out.edge(*from, to, EdgeKind::Inherits, weight);
                    }
                }
            }
        }
        for ix in 1..self.nodes.list.len() {
            let node = &self.nodes.list[ix];
            let Some(symbol) = node.symbol else { continue };
            let target = Target { file: self.file(), symbol };
            match node.symbol_kind {
                Some(Kind::Method | Kind::Property) => self.overrides(target, node.id),
                Some(kind) if kind.is_type() && kind != Kind::Interface => {
                    for interface in self.resolver.structural_types(target) {
                        self.inherits_from(node.id, interface, Certainty::Likely);
                    }
                }
                _ => {}
            }
        }
    }

    fn inherits_from(&mut self, from: NodeId, to: Target, certainty: Certainty) {
        if let (Some((to, _)), Some(weight)) = (self.node(to), weight_of(certainty)) {
            self.out.edge(from, to, EdgeKind::Inherits, weight);
        }
    }

    /// The nearest member that a method overrides or implements.
    fn overrides(&mut self, method: Target, from: NodeId) {
        let name = self.facts.facts.name(self.facts.facts.symbol(method.symbol).name).to_owned();
        for owner in self.resolver.owners(method) {
            let ancestors = self.resolver.ancestors(owner);
            let nearest = ancestors.list.iter().skip(1).find_map(|(base, _)| {
                let on = Thing::Instance(*base, None);
                let hits = self.resolver.own_members(*base, &None, &name, &on);
                hits.into_iter().find_map(|hit| match hit.found {
                    Found::Symbol(target) if target != method => Some(target),
                    _ => None,
                })
            });
            if let Some(base) = nearest {
                self.inherits_from(from, base, Certainty::Exact);
            }
        }
        if !self.facts.rules().structural {
            return;
        }
        let of_interface = |resolver: &mut Resolver<'_>, it: Target| {
            let owner = resolver.container(it);
            owner.and_then(|owner| resolver.kind(owner)) == Some(Kind::Interface)
        };
        for relative in self.resolver.structural_relatives(method) {
            if of_interface(self.resolver, relative) {
                self.inherits_from(from, relative, Certainty::Likely);
            }
        }
    }
}

/// The innermost node around a place, for places in the order of the text.
pub(super) struct Outer {
    /// Functions, types and modules that have nodes, the outer before the inner: where they stand,
    /// where their name stands, which node.
    spans: Vec<(Span, Span, usize)>,
    next: usize,
    open: Vec<(Span, Span, usize)>,
}

impl Outer {
    pub(super) fn new(facts: &Loaded, nodes: &Nodes) -> Outer {
        let mut spans = Vec::new();
        for (ix, symbol) in (0..).map(SymbolIx).zip(&facts.facts.symbols) {
            let holds = symbol.body.is_some() || symbol.kind.is_callable() || symbol.kind.is_type();
            if let (true, Some(node)) = (holds, nodes.of_symbol(facts.head(ix))) {
                spans.push((symbol.full, symbol.at, node));
            }
        }
        spans.sort_by_key(|(full, ..)| (full.start, std::cmp::Reverse(full.end)));
        Outer { spans, next: 0, open: Vec::new() }
    }

    /// The node around a place that lies behind the last one.
    pub(super) fn at(&mut self, span: Span) -> usize {
        while let Some(it) = self.spans.get(self.next).filter(|it| it.0.start <= span.start) {
            self.open.push(*it);
            self.next += 1;
        }
        self.open.retain(|it| it.0.end >= span.end);
        let inner = self.open.iter().rev().find(|it| it.0.contains(span) && it.1 != span);
        inner.map_or(0, |it| it.2)
    }
}
