//! Expressions: the names in them, and what they stand for.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, Walk},
};
use crate::facts::{Expr, ExprIx, Form, Role, ScopeIx, ScopeKind};

impl<'t> Walk<'t> {
    /// Visits an expression; says what it stands for.
    pub(super) fn expression(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        self.deeper(|walk| walk.visit_expression(node, context))
    }

    fn visit_expression(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        match node.kind() {
            K::Identifier | K::Member if self.is_own_exports(node) => {
                self.mention_exports(node);
                self.facts.expr(Expr::ThisType(ScopeIx(0)))
            }
            K::Identifier => match self.enum_member(node) {
                Some(member) => member,
                None => self.mention(node, Role::Read, Form::Bare),
            },
            K::Member | K::NestedIdentifier => self.member_expression(node),
            K::Subscript => self.subscript(node),
            K::Call => self.call(node),
            K::New => self.new_expression(node),
            K::This => self.this_value(),
            K::Super => match self.facts.enclosing(ScopeKind::Type) {
                Some(scope) => self.facts.expr(Expr::Super(scope)),
                None => ExprIx::UNKNOWN,
            },
            K::Arrow | K::FunctionExpression | K::GeneratorExpression => {
                self.function_value(node, context)
            }
            K::Class => self.class_value(node),
            K::Object => self.object(node, context, None),
            K::Array => self.array(node, context),
            K::Await => {
                let of = self.parts(node);
                self.facts.wrap(of, Expr::Await)
            }
            K::Assignment => self.assignment(node),
            K::AugmentedAssignment => {
                let value = self.field(node, F::Right, Context::None);
                let target = self.field(node, F::Left, Context::None);
                self.facts.set_expr_role(target, Role::Write);
                self.facts.either(vec![target, value])
            }
            K::Update => {
                let target = self.field(node, F::Argument, Context::None);
                self.facts.set_expr_role(target, Role::Write);
                self.builtin("number")
            }
            K::Binary => self.binary(node, context),
            K::Ternary => self.ternary(node, context),
            K::As | K::Satisfies | K::TypeAssertion => self.cast(node, context),
            K::Parenthesized | K::NonNull => match node.first() {
                Some(inner) => self.expression(inner, context),
                None => ExprIx::UNKNOWN,
            },
            K::Sequence => self.parts(node),
            K::Instantiation => self.instantiation(node),
            K::Yield => self.yielded(node),
            K::JsxElement | K::JsxSelfClosing => {
                self.jsx(node);
                self.builtin("JSX")
            }
            K::JsxExpression | K::Spread => self.parts(node),
            _ => self.other_expression(node),
        }
    }

    fn other_expression(&mut self, node: Node<'t>) -> ExprIx {
        match node.kind() {
            K::TemplateString => {
                self.parts(node);
                self.builtin("string")
            }
            K::Unary => {
                self.parts(node);
                ExprIx::UNKNOWN
            }
            K::String => self.builtin("string"),
            K::Number => self.builtin("number"),
            K::True | K::False => self.builtin("boolean"),
            K::Regex => self.builtin("RegExp"),
            K::Null | K::Undefined | K::MetaProperty | K::PropertyName | K::StatementIdentifier => {
                ExprIx::UNKNOWN
            }
            K::TypeIdentifier => self.mention(node, Role::Type, Form::Bare),
            K::TypeArguments => {
                self.type_arguments(node);
                ExprIx::UNKNOWN
            }
            K::TypeAnnotation => {
                self.annotation(Some(node));
                ExprIx::UNKNOWN
            }
            K::Shorthand | K::ShorthandPattern => self.mention(node, Role::Read, Form::Bare),
            kind if is_statement(kind) => {
                self.statement(node);
                ExprIx::UNKNOWN
            }
            _ => {
                self.parts(node);
                ExprIx::UNKNOWN
            }
        }
    }

    pub(super) fn member_expression(&mut self, node: Node<'t>) -> ExprIx {
        let of = self.field(node, F::Object, Context::None);
        let Some(property) = node.get(F::Property) else { return of };
        let is_prototype = self.text(property) == "prototype";
        let member = self.member_of(of, property.span(), Role::Read);
        if is_prototype && of.is_known() {
            return self.facts.wrap(of, Expr::Instance);
        }
        member
    }

    /// `x["name"]`, `x[0]`, `x[y]`.
    fn subscript(&mut self, node: Node<'t>) -> ExprIx {
        let of = self.field(node, F::Object, Context::None);
        let Some(index) = node.get(F::Index) else { return of };
        match index.kind() {
            K::String => match self.string_inside(index) {
                Some(inside) if of.is_known() => self.member_of(of, inside, Role::Read),
                _ => self.facts.wrap(of, Expr::Element),
            },
            K::Number => match self.text(index).parse::<u32>() {
                Ok(n) => self.facts.wrap(of, |of| Expr::Slot(of, n)),
                Err(_) => self.facts.wrap(of, Expr::Element),
            },
            _ => {
                self.expression(index, Context::None);
                self.facts.wrap(of, Expr::Element)
            }
        }
    }

    fn binary(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        let operator = node.get(F::Operator).map_or("", |it| self.text(it));
        let (left, right) = (node.get(F::Left), node.get(F::Right));
        match operator {
            "||" | "??" => {
                let left_value = self.field(node, F::Left, context);
                if let (Some(left), Some(right)) = (left, right) {
                    self.narrow_by(left, false, right.span());
                }
                let right_value = self.field(node, F::Right, context);
                self.facts.either(vec![left_value, right_value])
            }
            "&&" => {
                self.field(node, F::Left, Context::None);
                if let (Some(left), Some(right)) = (left, right) {
                    self.narrow_by(left, true, right.span());
                }
                self.field(node, F::Right, context)
            }
            "instanceof" => {
                self.field(node, F::Left, Context::None);
                let class = self.field(node, F::Right, Context::None);
                self.facts.set_expr_role(class, Role::Type);
                self.builtin("boolean")
            }
            "in" => {
                // `#name in object` asks for a private member.
                if let Some(name) = left.filter(|it| it.is(K::PrivateName)) {
                    let of = self.field(node, F::Right, Context::None);
                    self.member_of(of, name.span(), Role::Read);
                } else {
                    self.field(node, F::Left, Context::None);
                    self.field(node, F::Right, Context::None);
                }
                self.builtin("boolean")
            }
            _ => {
                self.field(node, F::Left, Context::None);
                self.field(node, F::Right, Context::None);
                match operator {
                    "+" => ExprIx::UNKNOWN,
                    "-" | "*" | "/" | "%" | "**" => self.builtin("number"),
                    _ => self.builtin("boolean"),
                }
            }
        }
    }

    fn ternary(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        let condition = node.get(F::Condition);
        self.field(node, F::Condition, Context::None);
        let (then, other) = (node.get(F::Consequence), node.get(F::Alternative));
        if let (Some(condition), Some(then)) = (condition, then) {
            self.narrow_by(condition, true, then.span());
        }
        if let (Some(condition), Some(other)) = (condition, other) {
            self.narrow_by(condition, false, other.span());
        }
        let then = self.field(node, F::Consequence, context);
        let other = self.field(node, F::Alternative, context);
        self.facts.either(vec![then, other])
    }

    /// `x as T`, `x satisfies T`, `<T>x`.
    fn cast(&mut self, node: Node<'t>, context: Context) -> ExprIx {
        if node.has(K::ConstWord) {
            return node.first().map_or(ExprIx::UNKNOWN, |it| self.expression(it, context));
        }
        let mut parts: Vec<Node<'t>> = node.children().collect();
        if node.is(K::TypeAssertion) {
            parts.reverse();
        }
        let [value, ty] = parts[..] else { return self.parts(node) };
        let ty = match ty.kind() {
            K::TypeArguments => self.type_arguments(ty).first().copied().unwrap_or_default(),
            _ => self.type_expression(ty),
        };
        let expected = self.instance(ty);
        let given = self.value_context(expected);
        let value = self.expression(value, given);
        if node.is(K::Satisfies) || !expected.is_known() { value } else { expected }
    }

    /// `f<T>` without a call.
    fn instantiation(&mut self, node: Node<'t>) -> ExprIx {
        let mut value = ExprIx::UNKNOWN;
        for part in node.children() {
            if part.is(K::TypeArguments) {
                let arguments = self.type_arguments(part);
                value = self.facts.wrap(value, |it| Expr::Generic(it, arguments));
            } else {
                value = self.expression(part, Context::None);
            }
        }
        value
    }

    fn yielded(&mut self, node: Node<'t>) -> ExprIx {
        let mut value = self.parts(node);
        if node.has(K::Star) {
            value = self.facts.wrap(value, Expr::Element);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.yields.push(value);
        }
        ExprIx::UNKNOWN
    }

    fn assignment(&mut self, node: Node<'t>) -> ExprIx {
        let (Some(left), Some(right)) = (node.get(F::Left), node.get(F::Right)) else {
            return self.parts(node);
        };
        if let Some(value) = self.special_assignment(node, left, right) {
            return value;
        }
        match left.kind() {
            K::ObjectPattern | K::ArrayPattern => {
                let value = self.expression(right, Context::None);
                self.assign(left, value);
                value
            }
            _ => {
                let target = self.expression(left, Context::None);
                self.facts.set_expr_role(target, Role::Write);
                let context = if matches!(right.kind(), K::Object | K::Array | K::Call | K::New)
                    || right.kind().is_function()
                {
                    self.value_context(target)
                } else {
                    Context::None
                };
                self.expression(right, context)
            }
        }
    }
}

/// Statements that error recovery may leave among expressions.
fn is_statement(kind: K) -> bool {
    use K::*;
    matches!(
        kind,
        AbstractClass
            | AmbientDeclaration
            | ClassDeclaration
            | EnumDeclaration
            | ExportStatement
            | ExpressionStatement
            | For
            | ForIn
            | FunctionDeclaration
            | FunctionSignature
            | GeneratorDeclaration
            | If
            | ImportAlias
            | ImportStatement
            | InterfaceDeclaration
            | InternalModule
            | LexicalDeclaration
            | Module
            | Return
            | StatementBlock
            | TypeAlias
            | UsingDeclaration
            | VariableDeclaration
    )
}
