//! Declarations: functions, variables, types with their members.

use tree_sitter::Node;

use super::{declarators::Common, kinds::Kind as K, walk::Walk};
use crate::{
    Span,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, SymbolIx, Visibility},
    tree::span,
};

/// The first declarator behind a type, which can give a type without a name its own.
#[derive(Clone, Copy)]
pub(super) struct Hint<'t> {
    pub(super) node: Node<'t>,
    pub(super) typedef: bool,
}

impl<'t> Walk<'t, '_> {
    /// `int a, *b = 0;`, a typedef, members.
    pub(super) fn declaration(&mut self, node: Node<'t>) {
        let common = self.common(node);
        let is_typedef = self.kind(node) == K::TypeDefinition;
        let ty = self.field(node, self.grammar.fields.r#type);
        let mut declares = false;
        self.each(node, |walk, child, field| {
            let fields = &walk.grammar.fields;
            if Some(child) == ty || field == fields.r#type {
                return;
            }
            if field == fields.declarator {
                declares = true;
                match is_typedef {
                    true => walk.typedef(&common, child),
                    false => {
                        walk.declare(&common, child);
                    }
                }
            } else if field != 0 || !matches!(walk.kind(child), K::StorageClass) {
                walk.visit(child);
            }
        });
        self.template = None;
        if !declares
            && let Expr::Occurrence(of) = *self.facts.expr_of(common.ty)
            && let Form::Definition(symbol) = self.facts.occurrence_of(of).form
        {
            // `struct x { ... };` ends at its semicolon.
            self.facts.symbol_mut(symbol).full.end = node.end_byte() as u32;
        }
    }

    /// Type and specifiers. The type is visited.
    fn common(&mut self, node: Node<'t>) -> Common<'t> {
        let fields = &self.grammar.fields;
        let (ty, declarator) = (self.field(node, fields.r#type), fields.declarator);
        let typedef = self.kind(node) == K::TypeDefinition;
        let hint = self.field(node, declarator).map(|node| Hint { node, typedef });
        let start = ty.map_or(0, |ty| ty.start_byte() as u32);
        let ty = ty.map_or(ExprIx::UNKNOWN, |ty| self.type_of(ty, hint));
        let ty = self.wrapped(start, ty);
        let mut common =
            Common { node, ty, is_static: false, is_extern: false, is_constant: false };
        let mut pointed = false;
        self.each(node, |walk, child, field| {
            if field == declarator {
                pointed |= matches!(walk.kind(child), K::PointerDeclarator);
                return;
            }
            match (walk.kind(child), walk.short_text(child)) {
                (K::StorageClass, "static") => common.is_static = true,
                (K::StorageClass, "extern") => common.is_extern = true,
                (_, "const" | "constexpr") => common.is_constant = true,
                _ => {}
            }
        });
        common.is_constant &= !pointed;
        common.is_static |= self.unnamed > 0 && self.is_top();
        common
    }

    pub(super) fn function_definition(&mut self, node: Node<'t>) {
        let common = self.common(node);
        let declarator = self.field(node, self.grammar.fields.declarator);
        let body = self.field(node, self.grammar.fields.body);
        let Some(declarator) = declarator else {
            self.inside(node);
            return;
        };
        let mut shape = self.shape(declarator);
        if self.kind(declarator) == K::OperatorCast {
            shape.name = Some(declarator);
        }
        if self.function(&common, &shape, body).is_none() {
            // Something that only looks like one.
            self.inside(declarator);
            if let Some(body) = body {
                self.visit(body);
            }
        }
        self.template = None;
    }

    /// One name of a typedef.
    fn typedef(&mut self, common: &Common<'t>, declarator: Node<'t>) {
        let shape = self.shape(declarator);
        for other in shape.others.iter().chain(&shape.parameters) {
            self.visit(*other);
        }
        let Some(name) = shape.name else { return };
        let at = span(name);
        let spelled = self.facts.name_at(at);
        let mut twin = false;
        if let Expr::Occurrence(of) = *self.facts.expr_of(common.ty) {
            // `typedef struct x x;`: in C++, one name, one thing.
            let occurrence = *self.facts.occurrence_of(of);
            if occurrence.start == at.start {
                return;
            }
            twin = occurrence.name == spelled;
            if twin && self.cpp {
                let symbol = match occurrence.form {
                    Form::Definition(symbol) => symbol,
                    _ => self.forward(common, of, Kind::Struct),
                };
                self.facts.occurrence(at, Role::Definition, Form::Definition(symbol));
                return;
            }
        }
        let symbol = self.facts.define(Kind::TypeAlias, at, span(common.node));
        self.describe(symbol, common.node, common.node.end_byte().min(at.end as usize + 120));
        self.exported(symbol);
        let of = self.facts.symbol_mut(symbol);
        of.ty = common.ty;
        if twin {
            // Who asks for the name asks for both.
            of.flags = of.flags.with(Flags::LINKED);
        }
    }

    /// Makes a declaration of a use of a type.
    fn forward(
        &mut self,
        common: &Common<'t>,
        of: crate::facts::OccurrenceIx,
        kind: Kind,
    ) -> SymbolIx {
        let occurrence = *self.facts.occurrence_of(of);
        let len = self.facts.spelled(occurrence.name).len() as u32;
        let at = Span { start: occurrence.start, end: occurrence.start + len };
        let symbol = self.facts.declare(kind, at, span(common.node));
        self.facts.set_form(of, Form::Definition(symbol));
        self.describe(symbol, common.node, common.node.end_byte());
        self.exported(symbol);
        let symbol_of = self.facts.symbol_mut(symbol);
        symbol_of.flags = symbol_of.flags.with(Flags::DECLARATION).with(Flags::LINKED);
        symbol
    }

    /// `struct x;` and `struct x { ... };`.
    pub(super) fn lone_type(&mut self, node: Node<'t>) -> ExprIx {
        let has_body = self.field(node, self.grammar.fields.body).is_some();
        let ty = self.type_of(node, None);
        if has_body {
            return ty;
        }
        if let Expr::Occurrence(of) = *self.facts.expr_of(ty)
            && matches!(self.facts.occurrence_of(of).form, Form::Bare | Form::Tag)
        {
            let kind = match self.kind(node) {
                K::EnumSpecifier => Kind::Enum,
                K::ClassSpecifier => Kind::Class,
                _ => Kind::Struct,
            };
            let common =
                Common { node, ty, is_static: false, is_extern: false, is_constant: false };
            self.forward(&common, of, kind);
            self.facts.set_role(of, Role::Definition);
        }
        ty
    }

    /// The name behind `struct`, `union` or `enum`, which only C keeps apart from others.
    fn tagged(&mut self, name: Node<'t>) -> ExprIx {
        let ty = self.type_of(name, None);
        if let Expr::Occurrence(of) = *self.facts.expr_of(ty)
            && !self.cpp
            && self.facts.occurrence_of(of).form == Form::Bare
        {
            self.facts.set_form(of, Form::Tag);
        }
        ty
    }

    /// `struct`, `union` or `class`; what type it is. `hint`: the declarator that follows.
    pub(super) fn record(&mut self, node: Node<'t>, hint: Option<Hint<'t>>) -> ExprIx {
        let fields = &self.grammar.fields;
        let name = self.field(node, fields.name);
        let Some(body) = self.field(node, fields.body) else {
            return name.map_or(ExprIx::UNKNOWN, |name| self.tagged(name));
        };
        let kind = if self.kind(node) == K::ClassSpecifier { Kind::Class } else { Kind::Struct };
        if name.is_none() && hint.is_none() {
            // Members of an anonymous part are members of the whole.
            self.list(body);
            return ExprIx::UNKNOWN;
        }
        let template = self.template.take();
        let (symbol, ty) = self.type_symbol(kind, node, name, hint);
        let mut bases = Vec::new();
        let clause = self.child_of_kind(node, K::BaseClassClause);
        let start = template.unwrap_or(clause.unwrap_or(body)).start_byte();
        let start = if template.is_some() { start } else { body.start_byte() };
        let scope_span = Span::new(start, body.end_byte());
        self.describe(symbol, node, clause.map_or(body.start_byte(), |it| it.end_byte()));
        if let (None, Some(clause)) = (template, clause) {
            bases = self.bases(clause);
        }
        self.facts.open(ScopeKind::Type, scope_span, Some(symbol));
        if let Some(template) = template {
            self.template_parameters(template);
            if let Some(clause) = clause {
                bases = self.bases(clause);
            }
        }
        self.facts.symbol_mut(symbol).bases = bases;
        let access = if kind == Kind::Class { Visibility::Private } else { Visibility::Public };
        self.access.push(access);
        self.list(body);
        self.access.pop();
        self.facts.close();
        ty
    }

    /// Declares a struct, class or enum under its name, or that of what it is the type of.
    fn type_symbol(
        &mut self,
        kind: Kind,
        node: Node<'t>,
        name: Option<Node<'t>>,
        hint: Option<Hint<'t>>,
    ) -> (SymbolIx, ExprIx) {
        let outer = if self.cpp { self.facts.scope() } else { self.outer_scope() };
        let container = self.facts.owner();
        self.facts.reopen(outer);
        let named = name.and_then(|name| self.declared_name(name));
        let hinted = hint.map(|hint| self.shape(hint.node)).and_then(|shape| shape.name);
        let is_typedef = hint.is_some_and(|hint| hint.typedef);
        let (symbol, ty) = match (named, hinted) {
            (Some((at, attached)), _) => {
                let (symbol, ty) = self.defined(kind, at, span(node));
                self.facts.symbol_mut(symbol).attached = attached;
                (symbol, ty)
            }
            (None, Some(name)) if is_typedef => self.defined(kind, span(name), span(node)),
            _ => {
                let of = hinted.map_or("", |name| self.text(name));
                let made = format!("({} {of})", node.kind().trim_end_matches("_specifier"));
                let made = self.facts.name(&made);
                let start = node.start_byte() as u32;
                let at = Span { start, end: start };
                let symbol = self.facts.declare_named(made, kind, at, span(node));
                let scope = self.facts.scope();
                (symbol, self.facts.expr(Expr::Named(scope, made)))
            }
        };
        self.facts.close();
        self.exported(symbol);
        let linked = named.is_some() && self.functions.is_empty() && self.unnamed == 0;
        let of = self.facts.symbol_mut(symbol);
        of.container = container;
        if linked {
            of.flags = of.flags.with(Flags::LINKED);
        }
        (symbol, ty)
    }

    fn defined(&mut self, kind: Kind, at: Span, full: Span) -> (SymbolIx, ExprIx) {
        let symbol = self.facts.declare(kind, at, full);
        (symbol, self.facts.use_of(at, Role::Definition, Form::Definition(symbol)))
    }

    /// `enum`; what type it is.
    pub(super) fn enumeration(&mut self, node: Node<'t>, hint: Option<Hint<'t>>) -> ExprIx {
        let fields = &self.grammar.fields;
        let name = self.field(node, fields.name);
        let Some(body) = self.field(node, fields.body) else {
            return name.map_or(ExprIx::UNKNOWN, |name| self.tagged(name));
        };
        self.each(node, |walk, child, field| {
            if field == 0 || field == walk.grammar.fields.value {
                walk.visit_unless_list(child);
            }
        });
        let is_class = self.cpp && self.is_enum_class(node);
        let hint = hint.filter(|hint| name.is_some() || hint.typedef);
        let symbol = (name.is_some() || hint.is_some())
            .then(|| self.type_symbol(Kind::Enum, node, name, hint));
        if let Some((symbol, _)) = symbol {
            self.describe(symbol, node, body.start_byte());
        }
        let outer = if self.cpp { self.facts.scope() } else { self.outer_scope() };
        match symbol {
            Some((symbol, ty)) if self.cpp => {
                if !is_class {
                    let scope = self.facts.scope();
                    self.facts.wildcard(scope, ty);
                }
                self.facts.open(ScopeKind::Type, span(body), Some(symbol));
                self.enumerators(body, symbol, ty);
                self.facts.close();
            }
            _ => {
                self.facts.reopen(outer);
                match symbol {
                    Some((symbol, ty)) => self.enumerators(body, symbol, ty),
                    None => self.list_of_enumerators(body, None, ExprIx::UNKNOWN),
                }
                self.facts.close();
            }
        }
        symbol.map_or(ExprIx::UNKNOWN, |(_, ty)| ty)
    }

    fn enumerators(&mut self, body: Node<'t>, of: SymbolIx, ty: ExprIx) {
        self.list_of_enumerators(body, Some(of), ty);
    }

    fn list_of_enumerators(&mut self, body: Node<'t>, of: Option<SymbolIx>, ty: ExprIx) {
        self.each(body, |walk, child, _| {
            walk.flush(child.start_byte() as u32);
            if walk.kind(child) != K::Enumerator {
                walk.visit(child);
                return;
            }
            let fields = &walk.grammar.fields;
            let (name, value) = (walk.field(child, fields.name), walk.field(child, fields.value));
            if let Some(value) = value {
                walk.visit(value);
            }
            let Some(name) = name.filter(|name| !name.byte_range().is_empty()) else { return };
            let symbol = walk.facts.define(Kind::EnumMember, span(name), span(child));
            walk.describe(symbol, child, child.end_byte());
            walk.exported(symbol);
            let symbol = walk.facts.symbol_mut(symbol);
            symbol.ty = ty;
            if of.is_some() {
                symbol.container = of;
            }
        });
        self.flush(body.end_byte() as u32);
    }

    fn visit_unless_list(&mut self, node: Node<'t>) {
        if self.kind(node) != K::EnumeratorList {
            self.visit(node);
        }
    }

    fn is_enum_class(&self, node: Node<'t>) -> bool {
        let rest = self.text(node).trim_start_matches("enum").trim_start();
        rest.starts_with("class") || rest.starts_with("struct")
    }

    pub(super) fn child_of_kind(&mut self, node: Node<'t>, kind: K) -> Option<Node<'t>> {
        let mut found = None;
        self.each(node, |walk, child, _| {
            if walk.kind(child) == kind {
                found.get_or_insert(child);
            }
        });
        found
    }

    /// Whether what is declared here belongs to a file or namespace.
    fn is_top(&self) -> bool {
        let kind = self.facts.scope_of(self.facts.scope()).kind;
        matches!(kind, ScopeKind::File | ScopeKind::Module)
    }

    /// The text of a node if it can be a keyword.
    fn short_text(&self, node: Node<'t>) -> &str {
        if node.byte_range().len() > 16 { "" } else { self.text(node) }
    }

    /// The file's scope, where macros go.
    pub(super) const FILE: ScopeIx = ScopeIx(0);
}
