//! Composite literals: `T{field: value}`, and the literals inside whose type is left out.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    facts::{Expr, ExprIx},
    tree::{children, field},
};

/// What is known of a literal's type from around it.
#[derive(Clone, Copy)]
struct Shape {
    /// The type, or a value of it.
    of: ExprIx,
    /// Whether keys can only be expressions: maps, slices, arrays.
    indexed: bool,
    /// The type of its elements, or a value of it.
    element: ExprIx,
    /// The type of its keys.
    key: ExprIx,
}

impl Walk<'_> {
    pub(super) fn composite(&mut self, node: Node<'_>) -> ExprIx {
        let Some(ty) = field(node, "type") else {
            self.inside(node);
            return ExprIx::UNKNOWN;
        };
        let of = self.ty(ty);
        let value = self.facts.wrap(of, Expr::Instance);
        if let Some(body) = field(node, "body") {
            let shape = self.shape(of);
            self.literal(body, shape);
        }
        value
    }

    /// What a literal of this type is made of.
    fn shape(&mut self, of: ExprIx) -> Shape {
        let unknown = ExprIx::UNKNOWN;
        match self.facts.expr_of(of) {
            Expr::List(element) => Shape { of, indexed: true, element: *element, key: unknown },
            Expr::Generic(head, args) if args.len() == 2 && self.is_map(*head) => {
                Shape { of, indexed: true, element: args[1], key: args[0] }
            }
            _ => Shape { of, indexed: false, element: unknown, key: unknown },
        }
    }

    fn is_map(&self, head: ExprIx) -> bool {
        matches!(self.facts.expr_of(head), Expr::Builtin(name) if self.facts.spelled(*name) == "map")
    }

    fn literal(&mut self, node: Node<'_>, mut shape: Shape) {
        for part in children(node) {
            match part.kind() {
                "keyed_element" => {
                    if let Some(key) = field(part, "key") {
                        self.key(key, shape);
                    }
                    if let Some(value) = field(part, "value") {
                        self.element(value, &mut shape);
                    }
                }
                "literal_element" => self.element(part, &mut shape),
                _ => {
                    self.visit(part);
                }
            }
        }
    }

    fn key(&mut self, node: Node<'_>, shape: Shape) {
        let Some(inner) = children(node).into_iter().next() else { return };
        match inner.kind() {
            "identifier" if !shape.indexed => self.label(shape.of, inner),
            "literal_value" => {
                let inside = self.shape(shape.key);
                self.deeper(|walk| walk.literal(inner, inside));
            }
            _ => {
                self.visit(inner);
            }
        }
    }

    fn element(&mut self, node: Node<'_>, shape: &mut Shape) {
        let Some(inner) = children(node).into_iter().next() else { return };
        if inner.kind() != "literal_value" {
            self.visit(inner);
            return;
        }
        if !shape.element.is_known() && !shape.indexed {
            // A named type whose elements are literals: a slice or map by another name.
            let value = self.facts.wrap(shape.of, Expr::Instance);
            shape.element = self.facts.wrap(value, Expr::Element);
        }
        let inside = self.shape(shape.element);
        self.deeper(|walk| walk.literal(inner, inside));
    }
}
