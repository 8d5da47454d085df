//! Expressions: the names in them, and what they stand for.

use ruff_python_ast::{Comprehension, Expr as Node, ExprCall, InterpolatedStringElement, Operator};

use super::{span, statements::Walk};
use crate::{
    Name,
    facts::{Expr, ExprIx, Form, Role, ScopeKind},
};

/// Elements of a literal that are looked at to say what it holds.
const SAMPLE: usize = 8;

impl Walk<'_> {
    /// Visits expressions whose values do not matter.
    pub(super) fn all<'a>(&mut self, nodes: impl IntoIterator<Item = &'a Node>) {
        for node in nodes {
            self.expression(node);
        }
    }

    /// Visits an expression; says what it stands for.
    pub(super) fn expression(&mut self, node: &Node) -> ExprIx {
        self.deeper(|walk| walk.visit(node))
    }

    #[expect(clippy::too_many_lines, reason = "one short arm for each kind of expression")]
    fn visit(&mut self, node: &Node) -> ExprIx {
        match node {
            Node::Name(name) => {
                if name.id.is_empty() {
                    return ExprIx::UNKNOWN;
                }
                self.facts.use_of(span(name), Role::Read, Form::Bare)
            }
            Node::Attribute(node) => {
                let of = self.expression(&node.value);
                match node.attr.as_str() {
                    "" => ExprIx::UNKNOWN,
                    "__class__" => self.facts.wrap(of, Expr::TypeOf),
                    _ => self.facts.use_of(span(&node.attr), Role::Read, Form::Member(of)),
                }
            }
            Node::Call(node) => self.call(node),
            Node::Subscript(node) => {
                let of = self.expression(&node.value);
                self.expression(&node.slice);
                self.facts.wrap(of, Expr::Element)
            }
            Node::Await(node) => {
                let of = self.expression(&node.value);
                self.facts.wrap(of, Expr::Await)
            }
            Node::BoolOp(node) => {
                let parts = node.values.iter().map(|it| self.expression(it)).collect();
                self.facts.either(parts)
            }
            Node::If(node) => {
                self.expression(&node.test);
                let parts = vec![self.expression(&node.body), self.expression(&node.orelse)];
                self.facts.either(parts)
            }
            Node::Named(node) => {
                let value = self.expression(&node.value);
                self.assign(&node.target, value, ExprIx::UNKNOWN, span(node));
                value
            }
            Node::BinOp(node) => {
                let left = self.expression(&node.left);
                self.expression(&node.right);
                let keeps = matches!(node.op, Operator::BitOr | Operator::BitAnd | Operator::Add);
                if keeps { left } else { ExprIx::UNKNOWN }
            }
            Node::UnaryOp(node) => {
                self.expression(&node.operand);
                ExprIx::UNKNOWN
            }
            Node::Compare(node) => {
                self.expression(&node.left);
                self.all(&node.comparators);
                self.builtin("bool")
            }
            Node::Lambda(node) => {
                let parameters = node.parameters.as_deref();
                for parameter in parameters.into_iter().flat_map(|it| it.iter()) {
                    self.all(parameter.default());
                }
                self.facts.open(ScopeKind::Block, span(node), None);
                if let Some(parameters) = parameters {
                    self.parameters(parameters, &[], &[]);
                }
                self.expression(&node.body);
                self.facts.close();
                ExprIx::UNKNOWN
            }
            Node::Yield(node) => {
                let value = node.value.as_deref().map_or(ExprIx::UNKNOWN, |it| self.expression(it));
                self.yielded(value);
                ExprIx::UNKNOWN
            }
            Node::YieldFrom(node) => {
                let value = self.expression(&node.value);
                let element = self.facts.wrap(value, Expr::Element);
                self.yielded(element);
                ExprIx::UNKNOWN
            }
            Node::Starred(node) => {
                self.expression(&node.value);
                ExprIx::UNKNOWN
            }
            Node::Slice(node) => {
                self.all(
                    [&node.lower, &node.upper, &node.step].into_iter().flatten().map(|it| &**it),
                );
                ExprIx::UNKNOWN
            }
            _ => self.literal(node),
        }
    }

    /// Literals and comprehensions.
    fn literal(&mut self, node: &Node) -> ExprIx {
        match node {
            Node::List(node) => self.list(&node.elts),
            Node::Set(node) => self.list(&node.elts),
            Node::Tuple(node) => {
                let parts: Vec<ExprIx> = node.elts.iter().map(|it| self.expression(it)).collect();
                if parts.len() > SAMPLE || parts.iter().all(|part| !part.is_known()) {
                    return self.builtin("tuple");
                }
                self.facts.expr(Expr::Tuple(parts))
            }
            Node::Dict(node) => {
                let mut values = Vec::new();
                for item in &node.items {
                    self.all(item.key.as_ref());
                    values.push(self.expression(&item.value));
                }
                values.truncate(SAMPLE);
                let value = self.facts.either(values);
                if value.is_known() {
                    self.facts.expr(Expr::List(value))
                } else {
                    self.builtin("dict")
                }
            }
            Node::ListComp(it) => self.comprehension(span(it), &it.generators, None, &it.elt),
            Node::SetComp(it) => self.comprehension(span(it), &it.generators, None, &it.elt),
            Node::Generator(it) => self.comprehension(span(it), &it.generators, None, &it.elt),
            Node::DictComp(it) => {
                self.comprehension(span(it), &it.generators, it.key.as_deref(), &it.value)
            }
            Node::FString(node) => {
                for element in node.value.elements() {
                    self.interpolated(element);
                }
                self.builtin("str")
            }
            Node::TString(node) => {
                for element in node.value.elements() {
                    self.interpolated(element);
                }
                ExprIx::UNKNOWN
            }
            Node::StringLiteral(_) => self.builtin("str"),
            Node::BytesLiteral(_) => self.builtin("bytes"),
            Node::NumberLiteral(_) => self.builtin("int"),
            Node::BooleanLiteral(_) => self.builtin("bool"),
            _ => ExprIx::UNKNOWN,
        }
    }

    fn interpolated(&mut self, element: &InterpolatedStringElement) {
        if let InterpolatedStringElement::Interpolation(it) = element {
            self.expression(&it.expression);
            if let Some(format) = &it.format_spec {
                for element in &format.elements {
                    self.deeper(|walk| walk.interpolated(element));
                }
            }
        }
    }

    fn list(&mut self, elements: &[Node]) -> ExprIx {
        let mut values: Vec<ExprIx> = elements.iter().map(|it| self.expression(it)).collect();
        values.truncate(SAMPLE);
        let value = self.facts.either(values);
        if value.is_known() { self.facts.expr(Expr::List(value)) } else { self.builtin("list") }
    }

    fn builtin(&mut self, name: &str) -> ExprIx {
        let name = self.facts.name(name);
        self.facts.expr(Expr::Builtin(name))
    }

    fn comprehension(
        &mut self,
        whole: crate::Span,
        generators: &[Comprehension],
        key: Option<&Node>,
        element: &Node,
    ) -> ExprIx {
        self.facts.open(ScopeKind::Block, whole, None);
        for generator in generators {
            let iter = self.expression(&generator.iter);
            let item = self.facts.wrap(iter, Expr::Element);
            self.assign(&generator.target, item, ExprIx::UNKNOWN, span(&generator.target));
            self.all(&generator.ifs);
        }
        self.all(key);
        let value = self.expression(element);
        self.facts.close();
        if value.is_known() { self.facts.expr(Expr::List(value)) } else { self.builtin("list") }
    }

    fn yielded(&mut self, value: ExprIx) {
        if let Some(function) = self.functions.last_mut() {
            function.is_generator = true;
            function.yields.push(value);
        }
    }

    fn call(&mut self, node: &ExprCall) -> ExprIx {
        let callee = self.expression(&node.func);
        self.facts.set_expr_role(callee, Role::Call);
        let called = match &*node.func {
            Node::Name(name) => name.id.as_str(),
            _ => "",
        };
        let mut args = Vec::new();
        for (n, arg) in node.arguments.args.iter().enumerate() {
            args.push(match (called, n) {
                ("cast", 0) => self.annotation(arg),
                _ => self.expression(arg),
            });
        }
        let mut keywords: Vec<(Name, ExprIx)> = Vec::new();
        for keyword in &node.arguments.keywords {
            let value = self.expression(&keyword.value);
            if let Some(name) = &keyword.arg
                && !name.as_str().is_empty()
            {
                let at = span(name);
                self.facts.occurrence(at, Role::Write, Form::Label(callee));
                keywords.push((self.facts.name_at(at), value));
            }
        }
        match (called, args.as_slice()) {
            ("super", _) => {
                let class = self.facts.enclosing(ScopeKind::Type);
                return class.map_or(ExprIx::UNKNOWN, |it| self.facts.expr(Expr::Super(it)));
            }
            ("cast", [ty, _]) => return self.facts.wrap(*ty, Expr::Instance),
            ("type", [of]) => return self.facts.wrap(*of, Expr::TypeOf),
            ("list" | "set" | "tuple" | "sorted" | "reversed" | "iter" | "frozenset", [of, ..]) => {
                let element = self.facts.wrap(*of, Expr::Element);
                return self.facts.wrap(element, Expr::List);
            }
            ("next" | "max" | "min", [of]) => return self.facts.wrap(*of, Expr::Element),
            ("copy" | "deepcopy", [of, ..]) => return *of,
            ("enumerate", [of, ..]) => {
                let element = self.facts.wrap(*of, Expr::Element);
                let pair = self.facts.expr(Expr::Tuple(vec![ExprIx::UNKNOWN, element]));
                return self.facts.expr(Expr::List(pair));
            }
            ("zip", parts) => {
                let parts = parts.to_vec();
                let parts =
                    parts.into_iter().map(|it| self.facts.wrap(it, Expr::Element)).collect();
                let pair = self.facts.expr(Expr::Tuple(parts));
                return self.facts.expr(Expr::List(pair));
            }
            _ => {}
        }
        self.facts.call(callee, args, keywords);
        self.facts.wrap(callee, Expr::Call)
    }

    /// What `isinstance(name, Type)` in a condition says about a name.
    pub(super) fn narrowed(&mut self, test: &Node) -> Option<(Name, ExprIx)> {
        match test {
            Node::BoolOp(node) if node.op == ruff_python_ast::BoolOp::And => {
                node.values.iter().find_map(|part| self.narrowed(part))
            }
            Node::Call(call) => {
                let Node::Name(callee) = &*call.func else { return None };
                let [Node::Name(name), ty] = &*call.arguments.args else { return None };
                if callee.id.as_str() != "isinstance" {
                    return None;
                }
                let ty = match ty {
                    Node::Tuple(tuple) => {
                        let parts = tuple.elts.iter().map(|it| self.silent(it)).collect();
                        self.facts.either(parts)
                    }
                    _ => self.silent(ty),
                };
                ty.is_known().then(|| (self.facts.name_at(span(name)), ty))
            }
            _ => None,
        }
    }

    /// What a dotted name stands for, without counting it as a use once more.
    pub(super) fn silent(&mut self, node: &Node) -> ExprIx {
        match node {
            Node::Name(name) => {
                let scope = self.facts.scope();
                let name = self.facts.name_at(span(name));
                self.facts.expr(Expr::Named(scope, name))
            }
            Node::Attribute(node) => {
                let of = self.deeper(|walk| walk.silent(&node.value));
                let name = self.facts.name_at(span(&node.attr));
                self.facts.wrap(of, |of| Expr::Member(of, name))
            }
            _ => ExprIx::UNKNOWN,
        }
    }

    /// Visits an expression in the place of a type.
    pub(super) fn annotation(&mut self, node: &Node) -> ExprIx {
        self.deeper(|walk| walk.visit_type(node))
    }

    fn visit_type(&mut self, node: &Node) -> ExprIx {
        let ty = match node {
            Node::Name(_) | Node::Attribute(_) => self.visit(node),
            Node::StringLiteral(text) => return self.quoted_type(text),
            Node::Subscript(node) => {
                let head = self.annotation(&node.value);
                let args = match &*node.slice {
                    Node::Tuple(tuple) => tuple.elts.iter().map(|it| self.annotation(it)).collect(),
                    one => vec![self.annotation(one)],
                };
                return self.facts.wrap(head, |head| Expr::Generic(head, args));
            }
            Node::BinOp(node) if node.op == Operator::BitOr => {
                let parts = vec![self.annotation(&node.left), self.annotation(&node.right)];
                return self.facts.either(parts);
            }
            Node::List(node) => {
                self.all(&node.elts);
                return ExprIx::UNKNOWN;
            }
            _ => return self.visit(node),
        };
        self.facts.set_expr_role(ty, Role::Type);
        ty
    }
}
