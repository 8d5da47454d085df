//! Types: the names in them, and what they stand for.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    facts::{Expr, ExprIx, Form, Kind, Role, Span, SymbolIx},
    tree::{children, field, span},
};

impl Walk<'_> {
    /// Visits a type; says what it stands for.
    pub(super) fn ty(&mut self, node: Node<'_>) -> ExprIx {
        self.deeper(|walk| walk.visit_type(node))
    }

    pub(super) fn type_in(&mut self, node: Node<'_>, name: &str) -> ExprIx {
        field(node, name).map_or(ExprIx::UNKNOWN, |ty| self.ty(ty))
    }

    fn visit_type(&mut self, node: Node<'_>) -> ExprIx {
        match node.kind() {
            "type_identifier" | "identifier" => self.type_name(node),
            "scoped_type_identifier" => self.scoped_type(node),
            "generic_type" => {
                let mut parts = children(node).into_iter();
                let head = parts.next().map_or(ExprIx::UNKNOWN, |it| self.ty(it));
                let args: Vec<ExprIx> = parts.flat_map(|it| self.type_arguments(it)).collect();
                if args.is_empty() {
                    return head;
                }
                self.facts.wrap(head, |head| Expr::Generic(head, args))
            }
            "array_type" => {
                let element = self.type_in(node, "element");
                let dimensions = field(node, "dimensions");
                self.array_of(element, dimensions)
            }
            "annotated_type" => {
                let mut ty = ExprIx::UNKNOWN;
                for part in children(node) {
                    match part.kind() {
                        "annotation" | "marker_annotation" => _ = self.visit(part),
                        _ => ty = self.ty(part),
                    }
                }
                ty
            }
            "integral_type" | "floating_point_type" | "boolean_type" | "void_type" => {
                let name = self.facts.name_at(span(node));
                self.facts.expr(Expr::Builtin(name))
            }
            _ => self.visit(node),
        }
    }

    fn type_name(&mut self, node: Node<'_>) -> ExprIx {
        let at = span(node);
        let text = self.facts.text(at);
        if text == "var" || text.is_empty() {
            return ExprIx::UNKNOWN;
        }
        if !self.header.is_empty() {
            let name = self.facts.name_at(at);
            if let Some((_, symbol)) = self.header.iter().rev().find(|(it, _)| *it == name) {
                return self.facts.use_of(at, Role::Type, Form::Definition(*symbol));
            }
        }
        self.bare(node, Role::Type)
    }

    /// `Outer.Inner`, `a.b.Outer.Inner`.
    fn scoped_type(&mut self, node: Node<'_>) -> ExprIx {
        let mut names = Vec::new();
        let mut arguments = Vec::new();
        let mut at = node;
        loop {
            let parts = children(at);
            match at.kind() {
                "scoped_type_identifier" => {
                    names.extend(parts.last());
                    for part in parts.iter().filter(|it| it.kind().ends_with("annotation")) {
                        self.visit(*part);
                    }
                }
                "generic_type" => arguments.extend(parts.get(1)),
                "type_identifier" => names.push(at),
                _ => {}
            }
            match parts.first() {
                Some(inner) if at.kind() != "type_identifier" => at = *inner,
                _ => break,
            }
        }
        names.reverse();
        let packages = self.first_type(&names).unwrap_or(0);
        let mut of = match packages {
            0 => names.first().map_or(ExprIx::UNKNOWN, |it| self.type_name(*it)),
            n => {
                let package = self.package(&names[..n]);
                self.member(package, names[n], Role::Type)
            }
        };
        for name in names.iter().skip(packages + 1) {
            of = self.member(of, *name, Role::Type);
        }
        for list in arguments {
            self.type_arguments(list);
        }
        of
    }

    /// `<A, ? extends B>`; unknown ones keep their place.
    pub(super) fn type_arguments(&mut self, node: Node<'_>) -> Vec<ExprIx> {
        children(node)
            .into_iter()
            .map(|arg| match arg.kind() {
                "wildcard" => {
                    let mut bound = ExprIx::UNKNOWN;
                    for part in children(arg) {
                        match part.kind() {
                            "annotation" | "marker_annotation" => _ = self.visit(part),
                            "super" => {}
                            _ => bound = self.ty(part),
                        }
                    }
                    bound
                }
                _ => self.ty(arg),
            })
            .collect()
    }

    /// As many lists of it as there are pairs of brackets.
    pub(super) fn array_of(&mut self, element: ExprIx, dimensions: Option<Node<'_>>) -> ExprIx {
        let Some(dimensions) = dimensions else { return element };
        let pairs = self.facts.text(span(dimensions)).matches('[').count();
        self.inside(dimensions);
        (0..pairs.min(8)).fold(element, |of, _| self.facts.expr(Expr::List(of)))
    }

    /// Declares type parameters in the scope that is open; their bounds are read later.
    pub(super) fn type_parameters(&mut self, list: Option<Node<'_>>) -> Vec<SymbolIx> {
        let mut symbols = Vec::new();
        for parameter in list.map(children).unwrap_or_default() {
            for part in children(parameter) {
                if part.kind() == "type_identifier" {
                    symbols.extend(self.define(Kind::TypeParameter, part, span(parameter)));
                }
            }
        }
        symbols
    }

    /// Reads the bounds of type parameters.
    pub(super) fn bounds(&mut self, list: Option<Node<'_>>, symbols: &[SymbolIx]) {
        let parameters = list.map(children).unwrap_or_default();
        for (n, parameter) in parameters.into_iter().enumerate() {
            for part in children(parameter) {
                match part.kind() {
                    "type_bound" => {
                        let bounds = children(part).into_iter().map(|it| self.ty(it)).collect();
                        let bound = self.facts.either(bounds);
                        if let Some(symbol) = symbols.get(n) {
                            self.facts.symbol_mut(*symbol).ty = bound;
                        }
                    }
                    "type_identifier" => {}
                    _ => _ = self.visit(part),
                }
            }
        }
    }

    /// The types of an `extends` or `implements` clause.
    pub(super) fn bases(&mut self, node: Node<'_>, into: &mut Vec<ExprIx>) {
        for part in children(node) {
            if part.kind() == "type_list" {
                self.bases(part, into);
                continue;
            }
            let base = self.ty(part);
            self.set_head_role(base, Role::Inherit);
            if base.is_known() {
                into.push(base);
            }
        }
    }

    /// Changes the role of the type that an expression names, arguments apart.
    pub(super) fn set_head_role(&mut self, ty: ExprIx, role: Role) {
        let head = match self.facts.expr_of(ty) {
            Expr::Generic(head, _) => *head,
            _ => ty,
        };
        self.facts.set_expr_role(head, role);
    }

    /// From the start of one node to the end of another.
    pub(super) fn range(from: usize, to: Node<'_>) -> Span {
        Span::new(from, to.end_byte().max(from))
    }
}
