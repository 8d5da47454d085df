//! Types as they are written.

use tree_sitter::Node;

use super::{
    declarations::Hint,
    kinds::Kind as K,
    lexer::{Lexeme, Token},
    tokens::Scan,
    walk::Walk,
    words,
};
use crate::{
    Span,
    facts::{Expr, ExprIx, Form, Role},
    tree::span,
};

impl<'t> Walk<'t, '_> {
    /// Visits a type; what it stands for. `hint`: the declarator that follows it.
    pub(super) fn type_of(&mut self, node: Node<'t>, hint: Option<Hint<'t>>) -> ExprIx {
        match self.kind(node) {
            K::StructSpecifier | K::UnionSpecifier | K::ClassSpecifier => self.record(node, hint),
            K::EnumSpecifier => self.enumeration(node, hint),
            K::TypeIdentifier | K::Identifier | K::NamespaceIdentifier => self.type_name(node),
            K::TypeDescriptor => {
                let mut ty = ExprIx::UNKNOWN;
                let field = self.grammar.fields.r#type;
                self.each(node, |walk, child, at| {
                    if at == field {
                        ty = walk.type_of(child, None);
                    } else {
                        walk.visit(child);
                    }
                });
                ty
            }
            K::QualifiedIdentifier => self.qualified(node, Role::Type),
            K::TemplateType => self.template_type(node),
            K::MacroTypeSpecifier => {
                let fields = &self.grammar.fields;
                let (name, inner) = (fields.name, fields.r#type);
                let name = self.field(node, name);
                let made = name.map_or(ExprIx::UNKNOWN, |name| self.bare(name, Role::Call));
                let made = self.facts.wrap(made, Expr::Call);
                let inner = self.field(node, inner);
                let inner = inner.map_or(ExprIx::UNKNOWN, |inner| self.type_of(inner, None));
                // A macro can be a type of its own, or one that is made of its argument.
                self.facts.expr(Expr::Else(made, inner))
            }
            K::PrimitiveType if self.text(node) != "void" => self.builtin(),
            K::PrimitiveType | K::Auto | K::PlaceholderType => {
                self.inside(node);
                ExprIx::UNKNOWN
            }
            K::Decltype => {
                let mut value = ExprIx::UNKNOWN;
                self.each(node, |walk, child, _| value = walk.visit(child));
                self.facts.wrap(value, Expr::TypeOf)
            }
            _ => {
                // `unsigned x`, `typename T::x`: the type is inside.
                let mut ty = match node.kind() {
                    "sized_type_specifier" => self.builtin(),
                    _ => ExprIx::UNKNOWN,
                };
                self.each(node, |walk, child, _| {
                    let inner = match walk.kind(child) {
                        K::TypeIdentifier | K::QualifiedIdentifier | K::TemplateType => {
                            walk.type_of(child, None)
                        }
                        _ => walk.visit(child),
                    };
                    if inner.is_known() {
                        ty = inner;
                    }
                });
                ty
            }
        }
    }

    /// A type that is the argument of a macro, which can be a type of its own.
    pub(super) fn wrapped(&mut self, start: u32, ty: ExprIx) -> ExprIx {
        let wrapped = &self.prepared.wrapped;
        let Ok(n) = wrapped.binary_search_by_key(&start, |it| it.0) else { return ty };
        let name = self.facts.name_at(wrapped[n].1);
        let made = self.facts.expr(Expr::Named(Self::FILE, name));
        let made = self.facts.wrap(made, Expr::Call);
        self.facts.expr(Expr::Else(made, ty))
    }

    /// A type of the language's own.
    fn builtin(&mut self) -> ExprIx {
        if !self.builtin.is_known() {
            let name = self.facts.name("int");
            self.builtin = self.facts.expr(Expr::Builtin(name));
        }
        self.builtin
    }

    fn type_name(&mut self, node: Node<'t>) -> ExprIx {
        let at = span(node);
        if at.is_empty() {
            return ExprIx::UNKNOWN;
        }
        let text = self.facts.text(at);
        if words::is_keyword(text, self.cpp) {
            return ExprIx::UNKNOWN;
        }
        if let Ok(n) = self.prepared.typeofs.binary_search_by_key(&at.start, |it| it.0) {
            let (_, (from, to)) = self.prepared.typeofs[n];
            let value = self.scan(&self.prepared.tokens[from..to], false);
            // `typeof(struct x)` and `typeof(value)` alike.
            return self.facts.wrap(value, Expr::TypeOf);
        }
        self.facts.use_of(at, Role::Type, Form::Bare)
    }

    /// Finds the names in tokens; what they stand for together.
    pub(super) fn scan(&mut self, tokens: &[Lexeme], dead: bool) -> ExprIx {
        Scan { facts: &mut self.facts, tokens, dead, cpp: self.cpp, skip: &[] }.run()
    }

    /// The type that tokens spell: its one name that is not a keyword or an attribute.
    pub(super) fn type_in(&mut self, tokens: &[Lexeme]) -> ExprIx {
        let mut ty = ExprIx::UNKNOWN;
        let mut tagged = false;
        for lexeme in tokens {
            let text = self.facts.text(lexeme.span);
            let names = lexeme.token == Token::Word && !words::is_keyword(text, self.cpp);
            if names && words::is_annotation(text) {
                self.facts.occurrence(lexeme.span, Role::Read, Form::Bare);
            } else if names {
                let form = if tagged && !self.cpp { Form::Tag } else { Form::Bare };
                ty = self.facts.use_of(lexeme.span, Role::Type, form);
            }
            tagged = matches!(text, "struct" | "union" | "enum");
        }
        ty
    }

    /// A type without a place in the text.
    pub(super) fn known_type(&mut self, name: &str) -> ExprIx {
        if name.is_empty() {
            return ExprIx::UNKNOWN;
        }
        let name = self.facts.name(name);
        self.facts.expr(Expr::Named(Self::FILE, name))
    }

    /// `Name<Args>`.
    fn template_type(&mut self, node: Node<'t>) -> ExprIx {
        let fields = &self.grammar.fields;
        let (name, arguments) = (self.field(node, fields.name), self.field(node, fields.arguments));
        let head = name.map_or(ExprIx::UNKNOWN, |name| self.type_of(name, None));
        let arguments = arguments.map_or_else(Vec::new, |it| self.template_arguments(it));
        self.facts.wrap(head, |head| Expr::Generic(head, arguments))
    }

    pub(super) fn template_arguments(&mut self, node: Node<'t>) -> Vec<ExprIx> {
        let mut arguments = Vec::new();
        self.each(node, |walk, child, _| {
            arguments.push(match walk.kind(child) {
                K::TypeDescriptor => walk.type_of(child, None),
                _ => walk.visit(child),
            });
        });
        arguments
    }

    /// The part before a `::`; `of` is what comes before that.
    pub(super) fn qualifier(&mut self, node: Node<'t>, of: ExprIx) -> ExprIx {
        match self.kind(node) {
            K::TemplateType => {
                let fields = &self.grammar.fields;
                let (name, arguments) =
                    (self.field(node, fields.name), self.field(node, fields.arguments));
                let head = name.map_or(ExprIx::UNKNOWN, |name| self.qualifier(name, of));
                let arguments = arguments.map_or_else(Vec::new, |it| self.template_arguments(it));
                self.facts.wrap(head, |head| Expr::Generic(head, arguments))
            }
            K::NamespaceIdentifier | K::TypeIdentifier | K::Identifier => {
                let at = span(node);
                if at.is_empty() {
                    return ExprIx::UNKNOWN;
                }
                let form = if of.is_known() { Form::Member(of) } else { Form::Bare };
                self.facts.use_of(at, Role::Type, form)
            }
            _ => self.visit(node),
        }
    }

    /// `a::b::c`; the last name gets this role.
    pub(super) fn qualified(&mut self, node: Node<'t>, role: Role) -> ExprIx {
        let mut node = node;
        let mut of = ExprIx::UNKNOWN;
        let mut rooted = false;
        while self.kind(node) == K::QualifiedIdentifier {
            match self.field(node, self.grammar.fields.scope) {
                Some(scope) => of = self.qualifier(scope, of),
                None => rooted = true,
            }
            let Some(name) = self.field(node, self.grammar.fields.name) else { return of };
            node = name;
        }
        self.qualified_name(node, of, role, rooted)
    }

    fn qualified_name(&mut self, node: Node<'t>, of: ExprIx, role: Role, rooted: bool) -> ExprIx {
        match self.kind(node) {
            K::TemplateType | K::TemplateFunction | K::TemplateMethod => {
                let fields = &self.grammar.fields;
                let (name, arguments) =
                    (self.field(node, fields.name), self.field(node, fields.arguments));
                let head = name
                    .map_or(ExprIx::UNKNOWN, |name| self.qualified_name(name, of, role, rooted));
                let arguments = arguments.map_or_else(Vec::new, |it| self.template_arguments(it));
                match self.kind(node) {
                    K::TemplateType => self.facts.wrap(head, |it| Expr::Generic(it, arguments)),
                    _ => head,
                }
            }
            K::TypeIdentifier
            | K::Identifier
            | K::FieldIdentifier
            | K::NamespaceIdentifier
            | K::OperatorName
            | K::DestructorName => {
                let at = span(node);
                if at.is_empty() {
                    return ExprIx::UNKNOWN;
                }
                let form = if of.is_known() || !rooted { Form::Member(of) } else { Form::Bare };
                self.facts.use_of(at, role, form)
            }
            _ => self.visit(node),
        }
    }

    /// Where something that starts like this begins and ends, as a span.
    pub(super) fn between(from: Node<'t>, to: Node<'t>) -> Span {
        Span::new(from.start_byte(), to.end_byte())
    }
}
