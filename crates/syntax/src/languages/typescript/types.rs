//! Types: what annotations name.

use super::{
    ast::Node,
    kinds::{F, K},
    walk::{Context, Walk},
};
use crate::facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, Span};

impl<'t> Walk<'t> {
    /// `: T`.
    pub(super) fn annotation(&mut self, node: Option<Node<'t>>) -> ExprIx {
        let Some(node) = node else { return ExprIx::UNKNOWN };
        match node.kind() {
            K::TypeAnnotation => match node.first() {
                Some(inner) => self.type_expression(inner),
                None => ExprIx::UNKNOWN,
            },
            _ => self.type_expression(node),
        }
    }

    /// A type; says which it is.
    pub(super) fn type_expression(&mut self, node: Node<'t>) -> ExprIx {
        self.deeper(|walk| walk.visit_type(node))
    }

    fn visit_type(&mut self, node: Node<'t>) -> ExprIx {
        match node.kind() {
            K::TypeIdentifier | K::Identifier => self.mention(node, Role::Type, Form::Bare),
            K::NestedTypeIdentifier | K::NestedIdentifier | K::Member => self.nested_type(node),
            K::GenericType => self.generic(node),
            K::PredefinedType => match self.text(node) {
                "any" | "unknown" | "never" | "void" | "boolean" => ExprIx::UNKNOWN,
                name => self.builtin(name),
            },
            K::UnionType | K::IntersectionType => {
                let parts: Vec<ExprIx> =
                    node.children().map(|part| self.type_expression(part)).collect();
                self.facts.either(parts)
            }
            K::ArrayType => {
                let of = self.inner_type(node);
                self.facts.expr(Expr::List(of))
            }
            K::ReadonlyType
            | K::ParenthesizedType
            | K::OptionalType
            | K::FlowMaybe
            | K::OptionalParameter
            | K::RequiredParameter => self.inner_type(node),
            K::TupleType => self.tuple_type(node),
            K::ObjectType => self.object_type(node),
            K::FunctionType | K::ConstructorType => self.function_type(node),
            K::TypeQuery => {
                let of = match node.first() {
                    Some(inner) => self.queried(inner),
                    None => ExprIx::UNKNOWN,
                };
                self.facts.wrap(of, Expr::TypeOf)
            }
            K::IndexTypeQuery => self.inner_type(node),
            K::LookupType => self.lookup_type(node),
            K::ConditionalType => self.conditional_type(node),
            K::InferType => self.infer_type(node),
            K::LiteralType => match node.first().map(|it| it.kind()) {
                Some(K::String) => self.builtin("string"),
                Some(K::Number | K::Unary) => self.builtin("number"),
                _ => ExprIx::UNKNOWN,
            },
            K::ThisType => match self.facts.enclosing(ScopeKind::Type) {
                Some(scope) => self.facts.expr(Expr::ThisType(scope)),
                None => ExprIx::UNKNOWN,
            },
            K::TypePredicate => self.predicate(node),
            K::TypePredicateAnnotation | K::AssertsAnnotation | K::Asserts => {
                for part in node.children() {
                    if part.is(K::Identifier) {
                        self.mention(part, Role::Read, Form::Bare);
                    } else {
                        self.type_expression(part);
                    }
                }
                ExprIx::UNKNOWN
            }
            K::RestType | K::Constraint | K::DefaultType => self.inner_type(node),
            K::Call => self.expression(node, Context::None),
            K::TypeArguments => {
                self.type_arguments(node);
                ExprIx::UNKNOWN
            }
            K::This | K::String | K::Number | K::Null | K::Undefined | K::True | K::False => {
                ExprIx::UNKNOWN
            }
            _ => {
                for part in node.children() {
                    self.type_expression(part);
                }
                ExprIx::UNKNOWN
            }
        }
    }

    /// `infer U`.
    fn infer_type(&mut self, node: Node<'t>) -> ExprIx {
        if let Some(name) = node.first().filter(|it| !it.span().is_empty()) {
            self.facts.define(Kind::TypeParameter, name.span(), node.span());
        }
        for bound in node.children().skip(1) {
            self.type_expression(bound);
        }
        ExprIx::UNKNOWN
    }

    /// The type inside of something that only says more about it.
    fn inner_type(&mut self, node: Node<'t>) -> ExprIx {
        if matches!(node.kind(), K::OptionalParameter | K::RequiredParameter) {
            return self.annotation(node.get(F::Type));
        }
        let mut ty = ExprIx::UNKNOWN;
        for part in node.children() {
            ty = self.type_expression(part);
        }
        ty
    }

    /// `a.b.T`.
    fn nested_type(&mut self, node: Node<'t>) -> ExprIx {
        let parts = [
            node.get(F::Module).or_else(|| node.get(F::Object)),
            node.get(F::Name).or_else(|| node.get(F::Property)),
        ];
        let [Some(of), Some(name)] = parts else { return self.parts(node) };
        let of = match of.kind() {
            K::Identifier => self.mention(of, Role::Type, Form::Bare),
            K::NestedIdentifier | K::NestedTypeIdentifier | K::Member => {
                self.deeper(|walk| walk.nested_type(of))
            }
            _ => self.expression(of, Context::None),
        };
        self.member_of(of, name.span(), Role::Type)
    }

    /// `T<A, B>`.
    fn generic(&mut self, node: Node<'t>) -> ExprIx {
        let Some(name) = node.get(F::Name) else { return self.inner_type(node) };
        let head = self.type_expression(name);
        let arguments = node.get(F::TypeArguments);
        let queried = arguments.and_then(|it| it.first()).is_some_and(|it| it.is(K::TypeQuery));
        let types = arguments.map(|it| self.type_arguments(it)).unwrap_or_default();
        let first = types.first().copied().unwrap_or_default();
        let word = self.word(name);
        if types.len() == 1 && self.is_component(name) {
            return self.component_type(first);
        }
        if !word.is_empty() && self.is_builtin(word) {
            match word {
                // `typeof f` is what `f` is, so that calling it is calling `f`.
                "ReturnType" if queried => return self.result_of(first),
                "ReturnType" => {
                    let function = self.instance(first);
                    return self.result_of(function);
                }
                "InstanceType" if queried => {
                    return match self.facts.expr_of(first) {
                        Expr::TypeOf(class) => *class,
                        _ => first,
                    };
                }
                "Awaited" => {
                    let of = self.instance(first);
                    let of = self.facts.wrap(of, Expr::Await);
                    return self.facts.wrap(of, Expr::TypeOf);
                }
                _ => {}
            }
        }
        self.generic_type(word, head, types)
    }

    /// Whether a name is one of React's for the type of components.
    fn is_component(&self, name: Node<'t>) -> bool {
        const COMPONENTS: &[&str] =
            &["FC", "FunctionComponent", "VFC", "SFC", "ComponentType", "NextPage"];
        let (of, word) = match name.get(F::Module).or_else(|| name.get(F::Object)) {
            Some(of) => (self.word(of), name.get(F::Name).or_else(|| name.get(F::Property))),
            None => (self.word(name), Some(name)),
        };
        COMPONENTS.contains(&word.map_or("", |it| self.word(it)))
            && self.is_from(of, &["react", "preact", "preact/compat", "next"])
    }

    /// A function of a parameter, which nobody wrote as one.
    fn component_type(&mut self, props: ExprIx) -> ExprIx {
        let at = self.facts.scope_of(self.facts.scope()).span.start;
        let at = Span { start: at, end: at };
        let empty = self.facts.name("");
        let function = self.facts.declare_named(empty, Kind::Function, at, at);
        self.set_flag(function, true, Flags::LOCAL.with(Flags::DECLARATION));
        self.facts.open(ScopeKind::Function, at, Some(function));
        let parameter = self.facts.declare_named(empty, Kind::Parameter, at, at);
        self.facts.symbol_mut(parameter).ty = props;
        self.facts.close();
        self.facts.expr(Expr::Function(function))
    }

    fn result_of(&mut self, function: ExprIx) -> ExprIx {
        let function = match self.facts.expr_of(function) {
            Expr::TypeOf(of) => *of,
            _ => function,
        };
        let result = self.facts.wrap(function, Expr::Call);
        self.facts.wrap(result, Expr::TypeOf)
    }

    /// A type with arguments; what the language's own containers hold is known.
    pub(super) fn generic_type(&mut self, name: &str, head: ExprIx, types: Vec<ExprIx>) -> ExprIx {
        if name.is_empty() || !self.is_builtin(name) {
            return self.facts.wrap(head, |head| Expr::Generic(head, types));
        }
        let first = types.first().copied().unwrap_or_default();
        let second = types.get(1).copied().unwrap_or_default();
        match name {
            "Array"
            | "ReadonlyArray"
            | "Set"
            | "ReadonlySet"
            | "WeakSet"
            | "Iterable"
            | "IterableIterator"
            | "Iterator"
            | "AsyncIterable"
            | "AsyncIterableIterator"
            | "AsyncIterator"
            | "Generator"
            | "AsyncGenerator"
            | "ArrayLike"
            | "ConcatArray" => self.facts.expr(Expr::List(first)),
            "Map" | "ReadonlyMap" | "WeakMap" => {
                let pair = self.facts.expr(Expr::Tuple(vec![first, second]));
                self.facts.expr(Expr::List(pair))
            }
            "Record" => self.indexed(second),
            "Partial" | "Required" | "Readonly" | "NonNullable" | "Pick" | "Omit" | "Exclude"
            | "NoInfer" => first,
            "Extract" => self.facts.either(vec![second, first]),
            _ => self.facts.wrap(head, |head| Expr::Generic(head, types)),
        }
    }

    /// An object that has every name, each with a value of a type.
    fn indexed(&mut self, ty: ExprIx) -> ExprIx {
        let at = self.facts.scope_of(self.facts.scope()).span.start;
        let at = Span { start: at, end: at };
        let empty = self.facts.name("");
        let owner = self.facts.declare_named(empty, Kind::Interface, at, at);
        self.set_flag(owner, true, Flags::LOCAL);
        let scope = self.facts.open(ScopeKind::Type, at, Some(owner));
        let name = self.facts.name("[]");
        let index = self.facts.declare_named(name, Kind::Field, at, at);
        self.facts.symbol_mut(index).ty = ty;
        self.facts.close();
        self.facts.expr(Expr::ThisType(scope))
    }

    /// `<A, B>`.
    pub(super) fn type_arguments(&mut self, node: Node<'t>) -> Vec<ExprIx> {
        node.children().map(|part| self.type_expression(part)).collect()
    }

    fn tuple_type(&mut self, node: Node<'t>) -> ExprIx {
        let mut parts = Vec::new();
        for part in node.children() {
            // The names of places are documentation.
            let ty = self.type_expression(part);
            if part.is(K::RestType) && node.children().count() == 1 {
                return ty;
            }
            parts.push(ty);
        }
        self.facts.expr(Expr::Tuple(parts))
    }

    /// `{ a: A }` in the place of a type.
    fn object_type(&mut self, node: Node<'t>) -> ExprIx {
        let symbol = self.anonymous(Kind::Interface, node);
        let scope = self.facts.open(ScopeKind::Type, node.span(), Some(symbol));
        self.type_members(node, scope);
        self.facts.close();
        self.facts.expr(Expr::ThisType(scope))
    }

    /// `(x: X) => Y`, `new (x: X) => Y`.
    fn function_type(&mut self, node: Node<'t>) -> ExprIx {
        let symbol = self.anonymous(Kind::Function, node);
        self.function(node, symbol, Context::None);
        self.facts.expr(Expr::Function(symbol))
    }

    /// What `typeof` asks about.
    fn queried(&mut self, node: Node<'t>) -> ExprIx {
        let value = self.expression(node, Context::None);
        self.facts.set_expr_role(value, Role::Type);
        value
    }

    /// `T["name"]`, `T[number]`, `T[K]`.
    fn lookup_type(&mut self, node: Node<'t>) -> ExprIx {
        let mut parts = node.children();
        let (Some(of), Some(index)) = (parts.next(), parts.next()) else {
            return self.inner_type(node);
        };
        let of = self.type_expression(of);
        let value = self.instance(of);
        if index.is(K::LiteralType) {
            let literal = index.first();
            if let Some(inside) = literal.and_then(|it| self.string_inside(it)) {
                let member = self.member_of(value, inside, Role::Type);
                return self.facts.wrap(member, Expr::TypeOf);
            }
            if let Some(n) = literal.and_then(|it| self.text(it).parse::<u32>().ok()) {
                let slot = self.facts.wrap(value, |it| Expr::Slot(it, n));
                return self.facts.wrap(slot, Expr::TypeOf);
            }
        }
        if index.is(K::UnionType) {
            // `T["a" | "b"]`: each literal names a member.
            for literal in index.descendants().filter(|it| it.is(K::String)) {
                if let Some(inside) = self.string_inside(literal) {
                    self.member_of(value, inside, Role::Type);
                }
            }
            return ExprIx::UNKNOWN;
        }
        self.type_expression(index);
        let element = self.facts.wrap(value, Expr::Element);
        self.facts.wrap(element, Expr::TypeOf)
    }

    fn conditional_type(&mut self, node: Node<'t>) -> ExprIx {
        self.facts.open(ScopeKind::Block, node.span(), None);
        for part in [F::Left, F::Right] {
            node.get(part).into_iter().for_each(|it| {
                self.type_expression(it);
            });
        }
        let parts = [F::Consequence, F::Alternative];
        let parts: Vec<ExprIx> =
            parts.iter().filter_map(|it| Some(self.type_expression(node.get(*it)?))).collect();
        self.facts.close();
        self.facts.either(parts)
    }

    /// `x is T`: the function around says what its argument is.
    fn predicate(&mut self, node: Node<'t>) -> ExprIx {
        if let Some(name) = node.get(F::Name).filter(|it| it.is(K::Identifier)) {
            self.mention(name, Role::Read, Form::Bare);
        }
        let ty = node.get(F::Type).map_or(ExprIx::UNKNOWN, |it| self.type_expression(it));
        if let (true, Some(function)) = (ty.is_known(), self.facts.owner())
            && self.facts.symbol(function).kind.is_callable()
        {
            self.facts.symbol_mut(function).bases.push(ty);
        }
        ExprIx::UNKNOWN
    }

    /// What a type names, without counting its names as uses once more.
    pub(super) fn silent_type(&mut self, node: Node<'t>) -> ExprIx {
        self.deeper(|walk| walk.visit_silently(node))
    }

    fn visit_silently(&mut self, node: Node<'t>) -> ExprIx {
        match node.kind() {
            K::TypeIdentifier | K::Identifier if !node.span().is_empty() => {
                let name = self.facts.name_at(node.span());
                let scope = self.facts.scope();
                self.facts.expr(Expr::Named(scope, name))
            }
            K::NestedTypeIdentifier | K::NestedIdentifier | K::Member => {
                let of = node.get(F::Module).or_else(|| node.get(F::Object));
                let name = node.get(F::Name).or_else(|| node.get(F::Property));
                let (Some(of), Some(name)) = (of, name) else { return ExprIx::UNKNOWN };
                let of = self.silent_type(of);
                let name = self.facts.name_at(name.span());
                self.facts.wrap(of, |it| Expr::Member(it, name))
            }
            K::GenericType => {
                let Some(name) = node.get(F::Name) else { return ExprIx::UNKNOWN };
                let head = self.silent_type(name);
                let types = node.get(F::TypeArguments);
                let types: Vec<ExprIx> = types
                    .into_iter()
                    .flat_map(|it| it.children())
                    .map(|it| self.silent_type(it))
                    .collect();
                let word = self.word(name);
                self.generic_type(word, head, types)
            }
            K::UnionType | K::IntersectionType => {
                let parts = node.children().map(|it| self.silent_type(it)).collect();
                self.facts.either(parts)
            }
            K::ArrayType => {
                let of = node.first().map_or(ExprIx::UNKNOWN, |it| self.silent_type(it));
                self.facts.expr(Expr::List(of))
            }
            K::ParenthesizedType | K::ReadonlyType => {
                node.first().map_or(ExprIx::UNKNOWN, |it| self.silent_type(it))
            }
            K::PredefinedType => match self.text(node) {
                "string" | "number" => self.builtin(self.text(node)),
                _ => ExprIx::UNKNOWN,
            },
            _ => ExprIx::UNKNOWN,
        }
    }
}
