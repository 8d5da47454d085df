//! Declarations of a table.

use tree_sitter::Node;

use super::{Action, Walk, comment_above, member_kind};
use crate::{
    Span,
    facts::{ExprIx, Flags, Kind, Role, ScopeKind, SymbolIx, Visibility},
    tree::span,
};

/// How something is declared. Strings are names of fields.
#[derive(Clone, Copy)]
pub(crate) struct Define {
    pub(crate) kind: Kind,
    /// Its name; empty: the first child that is a name.
    pub(crate) name: &'static str,
    /// Its type or result.
    pub(crate) ty: &'static str,
    /// What it is set to.
    pub(crate) value: &'static str,
    /// What it opens.
    pub(crate) opens: Option<ScopeKind>,
}

impl Define {
    /// A type with members.
    pub(crate) const fn of_type(kind: Kind) -> Define {
        Define { kind, name: "name", ty: "", value: "", opens: Some(ScopeKind::Type) }
    }

    /// A function; `ty`: the field of its result.
    pub(crate) const fn function(ty: &'static str) -> Define {
        Define {
            kind: Kind::Function,
            name: "name",
            ty,
            value: "",
            opens: Some(ScopeKind::Function),
        }
    }

    /// Something with nothing inside.
    pub(crate) const fn plain(kind: Kind, ty: &'static str, value: &'static str) -> Define {
        Define { kind, name: "name", ty, value, opens: None }
    }

    /// The same, whose name is the first child that can be one.
    pub(crate) const fn unnamed(self) -> Define {
        Define { name: "", ..self }
    }
}

impl<'t> Walk<'t, '_> {
    /// Declares what a node says, and visits what is in it.
    pub(crate) fn define(&mut self, node: Node<'t>, define: Define) -> Option<SymbolIx> {
        let name = self.name_of(node, define.name);
        let Some(name) = name.filter(|name| !name.byte_range().is_empty()) else {
            self.inside(node);
            return None;
        };
        let symbol = self.declare(node, name, define.kind);
        let part =
            |field: &str| if field.is_empty() { None } else { node.child_by_field_name(field) };
        let (ty, value) = (part(define.ty), part(define.value));
        let bases = std::mem::take(&mut self.bases);
        if let Some(kind) = define.opens {
            self.facts.open(kind, Span::new(name.end_byte(), node.end_byte()), Some(symbol));
            if kind == ScopeKind::Type {
                let open = matches!(define.kind, Kind::Interface | Kind::Trait | Kind::Enum);
                let members = if open { Visibility::Public } else { self.spec().members };
                self.access.push(members);
            }
        }
        let pending = std::mem::take(&mut self.pending_type);
        let mut known = (pending, ExprIx::UNKNOWN);
        self.each(node, |walk, child, _| {
            if child == name {
            } else if Some(child) == ty {
                known.0 = walk.visit_as(child, Role::Type);
            } else if Some(child) == value {
                known.1 = walk.visit(child);
            } else {
                walk.visit(child);
            }
        });
        if let Some(kind) = define.opens {
            self.facts.close();
            if kind == ScopeKind::Type {
                self.access.pop();
            }
        }
        let found = std::mem::replace(&mut self.bases, bases);
        let of = self.facts.symbol_mut(symbol);
        of.ty = known.0;
        of.value = known.1;
        of.bases = found;
        Some(symbol)
    }

    /// The name of a declaration: its field, or its first child that is a name.
    fn name_of(&mut self, node: Node<'t>, field: &str) -> Option<Node<'t>> {
        if !field.is_empty() {
            return node.child_by_field_name(field);
        }
        let mut found = None;
        self.each(node, |walk, child, _| {
            if matches!(walk.action(child), Some(Action::Name | Action::TypeName)) {
                found.get_or_insert(child);
            }
        });
        found
    }

    /// A symbol with all that its text says of it.
    pub(crate) fn declare(&mut self, node: Node<'t>, name: Node<'t>, kind: Kind) -> SymbolIx {
        let in_type = self.in_type();
        let mut kind = if in_type { member_kind(kind) } else { kind };
        if kind == Kind::Method && self.is_constructor(name) {
            kind = Kind::Constructor;
        }
        let symbol = self.facts.define(kind, span(name), span(node));
        let (signature, has_body) = self.header(node);
        let doc = comment_above(self.facts.source(), node.start_byte(), self.spec().comments);
        let (visibility, is_static) = self.modifiers(node);
        let around = self.facts.scope_of(self.facts.scope()).kind;
        let top = matches!(around, ScopeKind::File | ScopeKind::Module);
        let default = match self.access.last() {
            Some(access) if in_type => *access,
            _ => Visibility::Public,
        };
        let is_type = kind.is_type() && kind != Kind::TypeParameter;
        let global = self.spec().global && (is_type || kind == Kind::Module);
        let global = global || (self.spec().global && top && kind == Kind::Function);
        let of = self.facts.symbol_mut(symbol);
        of.signature = signature;
        of.doc = doc;
        of.visibility = visibility.unwrap_or(default);
        let mut flags = of.flags;
        if top {
            flags = flags.with(Flags::EXPORTED);
        }
        if is_static {
            flags = flags.with(Flags::STATIC);
        }
        if kind.is_callable() && !has_body {
            flags = flags.with(Flags::DECLARATION);
        }
        if global && !flags.has(Flags::LOCAL) {
            flags = flags.with(Flags::LINKED);
        }
        of.flags = flags;
        symbol
    }

    fn is_constructor(&self, name: Node<'t>) -> bool {
        self.spec().constructors.contains(&self.text(name))
    }

    /// The declaration without its body, and whether it has one.
    fn header(&mut self, node: Node<'t>) -> (Span, bool) {
        let bodies = self.spec().bodies;
        let mut end = None;
        self.each(node, |_, child, field| {
            if bodies.contains(&field) || bodies.contains(&child.kind()) {
                end.get_or_insert(child.start_byte());
            }
        });
        let start = node.start_byte();
        let text = self.facts.source().get(start..end.unwrap_or(node.end_byte()));
        let text = text.unwrap_or_default();
        let len = if end.is_some() { text.len() } else { text.find('\n').unwrap_or(text.len()) };
        let len = text.floor_char_boundary(len.min(300));
        let kept = text[..len].trim_end().trim_end_matches(['{', ':', '=']).trim_end().len();
        (Span::new(start, start + kept), end.is_some())
    }

    /// Who may use it, if it says so, and whether it belongs to the type.
    fn modifiers(&mut self, node: Node<'t>) -> (Option<Visibility>, bool) {
        let kinds = self.spec().modifiers;
        let (mut visibility, mut is_static) = (None, false);
        self.each(node, |walk, child, _| {
            if !kinds.contains(&child.kind()) {
                return;
            }
            for word in walk.text(child).split(|c: char| !c.is_alphanumeric()) {
                match word {
                    "public" => visibility = Some(Visibility::Public),
                    "private" => visibility = Some(Visibility::Private),
                    "protected" | "internal" => visibility = Some(Visibility::Restricted),
                    "static" | "const" => is_static = true,
                    _ => {}
                }
            }
        });
        (visibility, is_static)
    }

    /// A parameter.
    pub(super) fn parameter(&mut self, node: Node<'t>, name: &str, ty: &str, default: &str) {
        let name = self.name_of(node, name);
        let part =
            |field: &str| if field.is_empty() { None } else { node.child_by_field_name(field) };
        let (ty, default) = (part(ty), part(default));
        let mut known = (ExprIx::UNKNOWN, ExprIx::UNKNOWN);
        self.each(node, |walk, child, _| {
            if Some(child) == name {
                return;
            }
            let is_type = ty.is_none() && child.kind().ends_with("_type");
            if Some(child) == ty || is_type {
                known.0 = walk.visit_as(child, Role::Type);
            } else if Some(child) == default {
                known.1 = walk.visit(child);
            } else {
                walk.visit(child);
            }
        });
        let Some(name) = name.filter(|name| !name.byte_range().is_empty()) else { return };
        // A parameter of a type itself is a member of its instances.
        let kind = if self.in_type() { Kind::Field } else { Kind::Parameter };
        let symbol = self.facts.define(kind, span(name), span(node));
        let of = self.facts.symbol_mut(symbol);
        of.ty = known.0;
        of.value = known.1;
    }

    /// Binds a name to a value, as an assignment does.
    pub(crate) fn bind(&mut self, name: Node<'t>, node: Node<'t>, value: ExprIx) -> SymbolIx {
        let text = self.text(name).trim_start_matches('$');
        let constant = text.starts_with(|c: char| c.is_uppercase())
            && !text.contains(|c: char| c.is_lowercase());
        let kind = if constant { Kind::Constant } else { Kind::Variable };
        let kind = if self.in_type() { member_kind(kind) } else { kind };
        let symbol = self.facts.define(kind, span(name), span(node));
        let (signature, _) = self.header(node);
        let top = self.facts.scope_of(self.facts.scope()).kind == ScopeKind::File;
        let of = self.facts.symbol_mut(symbol);
        of.value = value;
        of.signature = signature;
        if top {
            of.flags = of.flags.with(Flags::EXPORTED);
        }
        symbol
    }

    /// Remembers a supertype of the type that is being declared.
    pub(crate) fn base(&mut self, base: ExprIx) {
        if base.is_known() {
            let head = match self.facts.expr_of(base) {
                crate::Expr::Generic(head, _) => *head,
                _ => base,
            };
            self.facts.set_expr_role(head, Role::Inherit);
            self.bases.push(base);
        }
    }
}
