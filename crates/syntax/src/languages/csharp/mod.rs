//! C#.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Language, Plugin, Redeclared, Rules, TypeScope, Visibility,
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind},
    table::{self, Action, Define, Spec, Table, Walk},
    tree::span,
};

/// The plug-in.
pub(crate) struct CSharp;

static RULES: Rules = Rules {
    type_scope: TypeScope::Inherited,
    redeclared: Redeclared::Another,
    overloads: true,
    interfaces: true,
    awaited: &["Task", "ValueTask"],
    transparent: &["Nullable", "Lazy"],
    ..Rules::BY_NAME
};

static SPEC: Spec = Spec {
    grammar: tree_sitter_c_sharp::LANGUAGE,
    actions: ACTIONS,
    bodies: &["body", "accessors"],
    modifiers: &["modifier"],
    comments: &["//"],
    members: Visibility::Private,
    assignments_declare: false,
    global: true,
    constructors: &[],
    reserved: &["var", "value", "nameof", "_"],
};

const ACTIONS: &[(&str, Action)] = &[
    ("comment", Action::Skip),
    ("string_literal", Action::Skip),
    ("modifier", Action::Skip),
    ("predefined_type", Action::Skip),
    ("implicit_type", Action::Skip),
    ("labeled_statement", Action::Inner),
    ("identifier", Action::Name),
    ("generic_name", Action::Generic),
    ("qualified_name", Action::Member("qualifier", "name")),
    ("alias_qualified_name", Action::Member("alias", "name")),
    ("namespace_declaration", Action::Do(namespace)),
    ("file_scoped_namespace_declaration", Action::Do(namespace)),
    ("class_declaration", Action::Define(Define::of_type(Kind::Class))),
    ("record_declaration", Action::Define(Define::of_type(Kind::Class))),
    ("struct_declaration", Action::Define(Define::of_type(Kind::Struct))),
    ("interface_declaration", Action::Define(Define::of_type(Kind::Interface))),
    ("enum_declaration", Action::Define(Define::of_type(Kind::Enum))),
    ("enum_member_declaration", Action::Define(Define::plain(Kind::EnumMember, "", "value"))),
    ("delegate_declaration", Action::Define(Define::function("type"))),
    ("method_declaration", Action::Define(Define::function("returns"))),
    ("local_function_statement", Action::Define(Define::function("type"))),
    ("constructor_declaration", Action::Do(constructor)),
    ("property_declaration", Action::Define(Define::plain(Kind::Property, "type", "value"))),
    ("event_declaration", Action::Define(Define::plain(Kind::Field, "type", ""))),
    ("field_declaration", Action::Do(fields)),
    ("event_field_declaration", Action::Do(fields)),
    ("local_declaration_statement", Action::Do(fields)),
    ("using_statement", Action::Scope(ScopeKind::Block)),
    ("base_list", Action::Bases),
    ("primary_constructor_base_type", Action::Do(constructed_base)),
    ("type_parameter", Action::Define(Define::plain(Kind::TypeParameter, "", ""))),
    ("parameter", Action::Parameter("name", "type", "")),
    ("catch_declaration", Action::Parameter("name", "type", "")),
    ("declaration_pattern", Action::Parameter("name", "type", "")),
    ("declaration_expression", Action::Parameter("name", "type", "")),
    ("from_clause", Action::Parameter("name", "type", "")),
    ("block", Action::Scope(ScopeKind::Block)),
    ("catch_clause", Action::Scope(ScopeKind::Block)),
    ("for_statement", Action::Scope(ScopeKind::Block)),
    ("foreach_statement", Action::Do(foreach)),
    ("lambda_expression", Action::Scope(ScopeKind::Function)),
    ("implicit_parameter", Action::Do(implicit_parameter)),
    ("nullable_type", Action::Type),
    ("array_type", Action::Type),
    ("pointer_type", Action::Type),
    ("ref_type", Action::Type),
    ("type_parameter_constraint", Action::Type),
    ("parenthesized_expression", Action::Inner),
    ("invocation_expression", Action::Call("function")),
    ("conditional_access_expression", Action::Do(conditional_access)),
    ("member_binding_expression", Action::Do(member_binding)),
    ("member_access_expression", Action::Member("expression", "name")),
    ("object_creation_expression", Action::New("type")),
    ("attribute", Action::New("name")),
    ("cast_expression", Action::Cast("type", "value")),
    ("as_expression", Action::Cast("right", "left")),
    ("is_expression", Action::Cast("right", "left")),
    ("assignment_expression", Action::Assign("left", "right")),
    ("argument", Action::Do(argument)),
    ("using_directive", Action::Do(using)),
];

impl Plugin for CSharp {
    fn name(&self) -> &'static str {
        "csharp"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["cs", "csx"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }
}

/// `namespace A.B { ... }`, and `namespace A.B;` for the rest of the file.
fn namespace<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("name");
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(part) = rest {
        rest = part.child_by_field_name("qualifier");
        parts.push(part.child_by_field_name("name").unwrap_or(part));
    }
    let body = node.child_by_field_name("body");
    let end = body.map_or(walk.facts.source().len(), |body| body.end_byte());
    for part in parts.iter().rev() {
        let symbol = walk.declare(node, *part, Kind::Module);
        let range = crate::Span::new(node.end_byte().min(part.end_byte()), end);
        walk.facts.open(ScopeKind::Module, range, Some(symbol));
    }
    if let Some(body) = body {
        walk.inside(body);
        for _ in &parts {
            walk.facts.close();
        }
    }
    ExprIx::UNKNOWN
}

fn constructor<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let define = Define { kind: Kind::Constructor, ..Define::function("") };
    walk.define(node, define);
    ExprIx::UNKNOWN
}

/// Fields and local variables.
fn fields<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, _| {
        if child.kind() != "variable_declaration" {
            walk.visit(child);
            return;
        }
        let mut ty = ExprIx::UNKNOWN;
        walk.each(child, |walk, part, field| {
            if field == "type" {
                ty = walk.visit_as(part, Role::Type);
                return;
            }
            let Some(name) = part.child_by_field_name("name") else {
                walk.visit(part);
                return;
            };
            let mut value = ExprIx::UNKNOWN;
            walk.each(part, |walk, inner, _| {
                if inner != name {
                    value = walk.visit(inner);
                }
            });
            let symbol = walk.declare(node, name, Kind::Variable);
            let of = walk.facts.symbol_mut(symbol);
            of.ty = ty;
            of.value = value;
        });
    });
    ExprIx::UNKNOWN
}

fn foreach<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.open(ScopeKind::Block, span(node), None);
    let (ty, left, right) = (
        node.child_by_field_name("type"),
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    );
    let list = right.map_or(ExprIx::UNKNOWN, |right| walk.visit(right));
    let element = walk.facts.wrap(list, Expr::Element);
    let ty_value = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    if let Some(left) = left.filter(|left| left.kind() == "identifier") {
        let symbol = walk.facts.define(Kind::Variable, span(left), span(left));
        let of = walk.facts.symbol_mut(symbol);
        of.ty = ty_value;
        of.value = element;
    }
    walk.inside_but(node, &[ty, left, right]);
    walk.facts.close();
    ExprIx::UNKNOWN
}

/// `x => ...`.
fn implicit_parameter<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.define(Kind::Parameter, span(node), span(node));
    ExprIx::UNKNOWN
}

fn constructed_base<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let ty = node.child_by_field_name("type");
    let base = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    walk.inside_but(node, &[ty]);
    base
}

/// `a?.b`.
fn conditional_access<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let condition = node.child_by_field_name("condition");
    let value = condition.map_or(ExprIx::UNKNOWN, |it| walk.visit(it));
    let outer = std::mem::replace(&mut walk.receiver, value);
    let mut last = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| {
        if Some(child) != condition {
            last = walk.visit(child);
        }
    });
    walk.receiver = outer;
    last
}

/// The `.b` of it.
fn member_binding<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let of = walk.receiver;
    match node.child_by_field_name("name") {
        Some(name) if name.kind() == "identifier" => walk.name_in(name, of, Role::Read),
        Some(name) => walk.visit(name),
        None => ExprIx::UNKNOWN,
    }
}

/// `f(name: value)`.
fn argument<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("name");
    if let Some(name) = name {
        walk.facts.occurrence(span(name), Role::Write, Form::Label(ExprIx::UNKNOWN));
    }
    let mut value = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| {
        if Some(child) != name {
            value = walk.visit(child);
        }
    });
    value
}

/// `using A.B;`, `using X = A.B;`.
fn using<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let alias = node.child_by_field_name("name");
    let mut value = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| {
        if Some(child) != alias {
            value = walk.visit_as(child, Role::Import);
            let module = walk.text(child);
            walk.import(module, node);
        }
    });
    match alias {
        Some(alias) => {
            let symbol = walk.declare(node, alias, Kind::Alias);
            walk.facts.symbol_mut(symbol).value = value;
        }
        None => {
            let scope = walk.facts.scope();
            walk.facts.wildcard(scope, value);
        }
    }
    ExprIx::UNKNOWN
}
