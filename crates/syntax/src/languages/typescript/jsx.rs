//! JSX: tags are calls of components, attributes are members of what these take.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, Walk},
};
use crate::facts::{Expr, ExprIx, Role};

impl<'t> Walk<'t> {
    /// An element with all that is in it.
    pub(super) fn jsx(&mut self, node: Node<'t>) {
        if !node.is(K::JsxElement) {
            return self.jsx_tag(node);
        }
        for part in node.children() {
            self.deeper(|walk| match part.kind() {
                K::JsxOpening => walk.jsx_tag(part),
                K::JsxClosing => {
                    part.get(F::Name).into_iter().for_each(|name| {
                        walk.component_name(name, Role::Read);
                    });
                }
                K::JsxElement | K::JsxSelfClosing => walk.jsx(part),
                _ => {
                    walk.expression(part, Context::None);
                }
            });
        }
    }

    /// `<Name attribute={value}>`.
    fn jsx_tag(&mut self, node: Node<'t>) {
        let component = match node.get(F::Name) {
            Some(name) => self.component_name(name, Role::Call),
            None => ExprIx::UNKNOWN,
        };
        let mut component = component;
        if let Some(types) = node.get(F::TypeArguments) {
            let types = self.type_arguments(types);
            component = self.facts.wrap(component, |it| Expr::Generic(it, types));
        }
        let mut props = None;
        for part in node.children() {
            if part.field() == F::Name || part.is(K::TypeArguments) {
                continue;
            }
            if !part.is(K::JsxAttribute) {
                self.expression(part, Context::None);
                continue;
            }
            let props = *props.get_or_insert_with(|| self.props(component));
            self.attribute(part, props);
        }
    }

    /// What a component takes: its first parameter, or the `props` of a class.
    fn props(&mut self, component: ExprIx) -> ExprIx {
        let taken = self.facts.wrap(component, |it| Expr::Parameter(it, 0));
        let instance = self.facts.wrap(component, Expr::Call);
        let name = self.facts.name("props");
        let held = self.facts.wrap(instance, |it| Expr::Member(it, name));
        self.facts.either(vec![taken, held])
    }

    fn attribute(&mut self, node: Node<'t>, props: ExprIx) {
        let mut parts = node.children();
        let Some(name) = parts.next() else { return };
        let mut member = ExprIx::UNKNOWN;
        if props.is_known() && name.is(K::PropertyName) {
            member = self.member_of(props, name.span(), Role::Write);
        }
        for value in parts {
            let context = self.value_context(member);
            match value.kind() {
                K::JsxExpression => {
                    for inner in value.children() {
                        self.expression(inner, context);
                    }
                }
                _ => {
                    self.expression(value, context);
                }
            }
        }
    }

    /// The component that a tag names; elements of the document (`div`) are nobody's symbols.
    fn component_name(&mut self, name: Node<'t>, role: Role) -> ExprIx {
        match name.kind() {
            K::Identifier => {
                let is_own = self.text(name).starts_with(|c: char| !c.is_ascii_lowercase());
                if !is_own {
                    return ExprIx::UNKNOWN;
                }
                self.mention(name, role, crate::facts::Form::Bare)
            }
            K::Member | K::NestedIdentifier => {
                let member = self.expression(name, Context::None);
                self.facts.set_expr_role(member, role);
                member
            }
            _ => ExprIx::UNKNOWN,
        }
    }
}
