//! Patterns: what is bound, and which members of the value they take.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, Export, Walk},
};
use crate::facts::{Expr, ExprIx, Flags, Form, Kind, Role, Span, SymbolIx};

/// How the names of a pattern are declared.
#[derive(Clone, Copy)]
pub(super) struct Binding {
    pub(super) kind: Kind,
    pub(super) full: Span,
    pub(super) ty: ExprIx,
    pub(super) hoisted: bool,
    pub(super) export: Export,
    importing: bool,
}

impl Binding {
    pub(super) fn new(kind: Kind, full: Span) -> Binding {
        let ty = ExprIx::UNKNOWN;
        Binding { kind, full, ty, hoisted: false, export: Export::No, importing: false }
    }

    pub(super) fn typed(mut self, ty: ExprIx) -> Binding {
        self.ty = ty;
        self
    }

    pub(super) fn hoisted(mut self, on: bool) -> Binding {
        self.hoisted = on;
        self
    }

    pub(super) fn exported(mut self, export: Export) -> Binding {
        self.export = export;
        self
    }

    /// The names stand for what a module has under them.
    pub(super) fn importing(mut self) -> Binding {
        self.importing = true;
        self
    }

    /// The same for a part of the pattern, whose type is not the whole's.
    fn part(self) -> Binding {
        self.typed(ExprIx::UNKNOWN)
    }

    fn role(self) -> Role {
        if self.importing { Role::Import } else { Role::Read }
    }
}

impl<'t> Walk<'t> {
    /// Declares the names of a pattern that gets `value`.
    pub(super) fn bind(&mut self, node: Node<'t>, value: ExprIx, binding: &Binding) {
        self.deeper(|walk| walk.visit_pattern(node, value, binding));
    }

    fn visit_pattern(&mut self, node: Node<'t>, value: ExprIx, binding: &Binding) {
        match node.kind() {
            K::Identifier | K::Undefined => {
                if node.span().is_empty() {
                    return;
                }
                let symbol =
                    self.define_in(node.span(), binding.kind, binding.full, binding.hoisted);
                self.bound(symbol, value, binding);
            }
            K::ObjectPattern => {
                for part in node.children() {
                    self.deeper(|walk| walk.property_pattern(part, value, binding));
                }
            }
            K::ArrayPattern => {
                for (n, part) in places(node) {
                    let rest = part.is(K::RestPattern);
                    let part_value = if rest {
                        let element = self.facts.wrap(value, Expr::Element);
                        self.facts.wrap(element, Expr::List)
                    } else {
                        self.facts.wrap(value, |it| Expr::Slot(it, n))
                    };
                    self.bind(part, part_value, &binding.part());
                }
            }
            K::AssignmentPattern => {
                let default = self.field(node, F::Right, Context::None);
                let value = self.facts.either(vec![value, default]);
                if let Some(left) = node.get(F::Left) {
                    self.bind(left, value, binding);
                }
            }
            K::RestPattern => {
                if let Some(inner) = node.first() {
                    self.bind(inner, value, binding);
                }
            }
            K::Error | K::Other => {
                for part in node.children() {
                    self.bind(part, ExprIx::UNKNOWN, binding);
                }
            }
            _ => {
                self.expression(node, Context::None);
            }
        }
    }

    /// One name between the braces of a pattern.
    fn property_pattern(&mut self, node: Node<'t>, value: ExprIx, binding: &Binding) {
        match node.kind() {
            K::ShorthandPattern => self.shorthand_pattern(node, value, ExprIx::UNKNOWN, binding),
            K::ObjectAssignmentPattern => {
                let default = self.field(node, F::Right, Context::None);
                match node.get(F::Left) {
                    Some(left) if left.is(K::ShorthandPattern) => {
                        self.shorthand_pattern(left, value, default, binding);
                    }
                    Some(left) => self.bind(left, default, &binding.part()),
                    None => {}
                }
            }
            K::PairPattern => {
                let member = self.pattern_key(node, value, binding.role());
                if let Some(part) = node.get(F::Value) {
                    self.bind(part, member, &binding.part());
                }
            }
            K::RestPattern => {
                let inner = node.first();
                if let Some(inner) = inner {
                    self.bind(inner, value, &binding.part());
                }
            }
            _ => self.bind(node, ExprIx::UNKNOWN, &binding.part()),
        }
    }

    /// `key: ...` in a pattern: the member of the value that it takes.
    fn pattern_key(&mut self, node: Node<'t>, value: ExprIx, role: Role) -> ExprIx {
        let Some(key) = node.get(F::Key) else { return ExprIx::UNKNOWN };
        match key.kind() {
            K::PropertyName | K::PrivateName => self.member_of(value, key.span(), role),
            K::String => match self.string_inside(key) {
                Some(inside) => self.member_of(value, inside, role),
                None => ExprIx::UNKNOWN,
            },
            _ => {
                self.expression(key, Context::None);
                self.facts.wrap(value, Expr::Element)
            }
        }
    }

    /// `{ name }`: a member of the value and a variable of the same name.
    fn shorthand_pattern(
        &mut self,
        node: Node<'t>,
        value: ExprIx,
        default: ExprIx,
        binding: &Binding,
    ) {
        let at = node.span();
        if at.is_empty() {
            return;
        }
        let scope = if binding.hoisted { self.variable_scope() } else { self.facts.scope() };
        if !value.is_known() {
            let symbol = self.define_in(at, binding.kind, binding.full, binding.hoisted);
            return self.bound(symbol, default, &binding.part());
        }
        let member = self.member_of(value, at, binding.role());
        self.facts.reopen(scope);
        let symbol = self.facts.declare(binding.kind, at, binding.full);
        self.facts.close();
        self.localise(symbol, scope);
        let value = self.facts.either(vec![member, default]);
        self.bound(symbol, value, &binding.part());
    }

    pub(super) fn bound(&mut self, symbol: SymbolIx, value: ExprIx, binding: &Binding) {
        self.exported(symbol, binding.export);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.value = value;
        symbol.ty = binding.ty;
    }

    /// An assignment to a pattern or another place that something can be put in.
    pub(super) fn assign(&mut self, node: Node<'t>, value: ExprIx) {
        self.deeper(|walk| walk.visit_target(node, value));
    }

    fn visit_target(&mut self, node: Node<'t>, value: ExprIx) {
        match node.kind() {
            K::ArrayPattern => {
                for (n, part) in places(node) {
                    let part_value = self.facts.wrap(value, |it| Expr::Slot(it, n));
                    self.assign(part, part_value);
                }
            }
            K::ObjectPattern => {
                for part in node.children() {
                    match part.kind() {
                        K::ShorthandPattern => {
                            self.mention(part, Role::Write, Form::Bare);
                        }
                        K::PairPattern => {
                            let member = self.pattern_key(part, value, Role::Read);
                            if let Some(target) = part.get(F::Value) {
                                self.assign(target, member);
                            }
                        }
                        _ => self.assign(part, ExprIx::UNKNOWN),
                    }
                }
            }
            K::AssignmentPattern | K::ObjectAssignmentPattern => {
                self.field(node, F::Right, Context::None);
                if let Some(left) = node.get(F::Left) {
                    self.assign(left, value);
                }
            }
            K::ShorthandPattern => {
                self.mention(node, Role::Write, Form::Bare);
            }
            K::RestPattern | K::Parenthesized | K::NonNull => {
                if let Some(inner) = node.first() {
                    self.assign(inner, value);
                }
            }
            _ => {
                let target = self.expression(node, Context::None);
                self.facts.set_expr_role(target, Role::Write);
            }
        }
    }

    /// A member that an assignment to `this` or to an exports object makes.
    pub(super) fn define_instance(&mut self, kind: Kind, at: Span, full: Span) -> SymbolIx {
        let symbol = self.facts.define(kind, at, full);
        let symbol_flags = &mut self.facts.symbol_mut(symbol).flags;
        symbol_flags.0 &= !Flags::LOCAL.0;
        *symbol_flags = symbol_flags.with(Flags::INSTANCE);
        symbol
    }
}

/// The parts of an array pattern with their places: `[, a]` has only the second.
fn places<'t>(node: Node<'t>) -> impl Iterator<Item = (u32, Node<'t>)> {
    let mut place = 0;
    node.all().filter_map(move |part| match part.kind() {
        K::Comma => {
            place += 1;
            None
        }
        kind if kind.is_token() => None,
        _ => Some((place, part)),
    })
}
