//! Packages and imports.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeIx, Span},
    tree::{children, span},
};

impl Walk<'_> {
    /// What a file sees without importing it: its own package, and `java.lang`.
    pub(super) fn packages(&mut self, root: Node<'_>) {
        let mut seen = vec![self.facts.name(".")];
        for node in children(root) {
            if node.kind() != "package_declaration" {
                continue;
            }
            for name in children(node) {
                if matches!(name.kind(), "identifier" | "scoped_identifier") {
                    seen.push(self.facts.name_at(span(name)));
                }
            }
        }
        seen.push(self.facts.name("java.lang"));
        for module in seen {
            let package = self.facts.expr(Expr::Module(module));
            self.facts.wildcard(ScopeIx(0), package);
        }
    }

    pub(super) fn import(&mut self, node: Node<'_>) {
        let all = children(node);
        let Some(path) = all.iter().find(|it| it.kind() != "asterisk") else { return };
        let is_wildcard = all.iter().any(|it| it.kind() == "asterisk");
        let mut cursor = node.walk();
        let is_static = node.children(&mut cursor).any(|it| it.kind() == "static");
        let parts = parts(*path);
        let types = self.first_type(&parts);
        // `a.b.C` is in the package `a.b`, and so is `a.b.C.D`, inside of `C`. The last part of a
        // static import is a member, and one of a wildcard is a package if it looks like one.
        let end = match types {
            Some(n) => n,
            None if is_wildcard && !is_static => parts.len(),
            None => parts.len().saturating_sub(if is_static && !is_wildcard { 2 } else { 1 }),
        };
        let mut names = Vec::new();
        let mut of = self.package(&parts[..end]);
        let module = match parts[..end] {
            [] => self.facts.name(""),
            [first, .., last] => self.facts.name_at(Span { end: span(last).end, ..span(first) }),
            [only] => self.facts.name_at(span(only)),
        };
        for (n, part) in parts.iter().enumerate().skip(end) {
            of = self.member(of, *part, Role::Import);
            if n == end {
                names.push(self.facts.name_at(span(*part)));
            }
        }
        self.facts.import(module, span(node), names);
        if is_wildcard {
            self.facts.wildcard(ScopeIx(0), of);
        } else if let Some(last) = parts.last().filter(|last| !span(**last).is_empty()) {
            let symbol = self.facts.declare(Kind::Alias, span(*last), span(node));
            self.facts.symbol_mut(symbol).value = of;
        }
    }

    /// `a.b` as a package.
    pub(super) fn package(&mut self, parts: &[Node<'_>]) -> ExprIx {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            let unnamed = self.facts.name(".");
            return self.facts.expr(Expr::Module(unnamed));
        };
        let at = Span { start: span(*first).start, end: span(*last).end };
        let module = self.facts.name_at(at);
        self.facts.expr(Expr::Module(module))
    }

    /// The first part that looks like a type's name: packages are lower case.
    pub(super) fn first_type(&self, parts: &[Node<'_>]) -> Option<usize> {
        parts.iter().position(|part| {
            self.facts.text(span(*part)).chars().next().is_some_and(char::is_uppercase)
        })
    }

    /// A name of a module directive: packages are no names of ours, types are.
    pub(super) fn module_directive(&mut self, node: Node<'_>) {
        for child in children(node) {
            if matches!(child.kind(), "scoped_identifier" | "identifier") {
                self.dotted_type(child, Role::Read);
            }
        }
    }

    /// `a.b.C` or `C` where only types can be; nothing if it is a package.
    pub(super) fn dotted_type(&mut self, node: Node<'_>, role: Role) -> ExprIx {
        let parts = parts(node);
        let Some(n) = self.first_type(&parts) else {
            return match parts.as_slice() {
                [one] => self.bare(*one, role),
                _ => ExprIx::UNKNOWN,
            };
        };
        let mut of = match n {
            0 => self.facts_bare(parts[0], role),
            _ => {
                let package = self.package(&parts[..n]);
                self.member(package, parts[n], role)
            }
        };
        for part in &parts[n + 1..] {
            of = self.member(of, *part, role);
        }
        of
    }

    fn facts_bare(&mut self, node: Node<'_>, role: Role) -> ExprIx {
        self.facts.use_of(span(node), role, Form::Bare)
    }
}

/// The identifiers of a dotted name, in order.
pub(super) fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at {
        at = match node.kind() {
            "scoped_identifier" => {
                found.extend(node.child_by_field_name("name"));
                node.child_by_field_name("scope")
            }
            _ => {
                found.push(node);
                None
            }
        };
    }
    found.reverse();
    found
}
