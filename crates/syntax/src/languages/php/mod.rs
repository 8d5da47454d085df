//! PHP.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Language, Place, Plugin, Redeclared, Rules, Span, Tree, TypeScope, Visibility,
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind},
    table::{self, Action, Define, Spec, Table, Walk},
    tree::span,
};

/// The plug-in.
pub(crate) struct Php;

static RULES: Rules = Rules {
    type_scope: TypeScope::Hidden,
    redeclared: Redeclared::Same,
    constructors: &["__construct"],
    call_member: Some("__invoke"),
    ..Rules::BY_NAME
};

static SPEC: Spec = Spec {
    grammar: tree_sitter_php::LANGUAGE_PHP,
    actions: ACTIONS,
    bodies: &["body"],
    modifiers: &["visibility_modifier", "static_modifier"],
    comments: &["//", "#"],
    members: Visibility::Public,
    assignments_declare: true,
    global: true,
    constructors: &["__construct"],
    reserved: &[
        "$this",
        "__DIR__",
        "__FILE__",
        "__CLASS__",
        "self",
        "static",
        "parent",
        "true",
        "false",
        "null",
        "TRUE",
        "FALSE",
        "NULL",
    ],
};

const ACTIONS: &[(&str, Action)] = &[
    ("comment", Action::Skip),
    ("text", Action::Skip),
    ("string", Action::Skip),
    ("visibility_modifier", Action::Skip),
    ("primitive_type", Action::Skip),
    ("name", Action::Name),
    ("variable_name", Action::Variable),
    ("qualified_name", Action::Do(qualified)),
    ("relative_name", Action::Do(qualified)),
    ("namespace_definition", Action::Do(namespace)),
    ("namespace_use_clause", Action::Do(use_clause)),
    ("class_declaration", Action::Define(Define::of_type(Kind::Class))),
    ("interface_declaration", Action::Define(Define::of_type(Kind::Interface))),
    ("trait_declaration", Action::Define(Define::of_type(Kind::Trait))),
    ("enum_declaration", Action::Define(Define::of_type(Kind::Enum))),
    ("enum_case", Action::Define(Define::plain(Kind::EnumMember, "", "value"))),
    ("function_definition", Action::Define(Define::function("return_type"))),
    ("method_declaration", Action::Define(Define::function("return_type"))),
    ("const_element", Action::Define(Define::plain(Kind::Constant, "", "").unnamed())),
    ("property_declaration", Action::Do(properties)),
    ("simple_parameter", Action::Do(parameter)),
    ("variadic_parameter", Action::Do(parameter)),
    ("property_promotion_parameter", Action::Do(promoted)),
    ("catch_clause", Action::Do(catch)),
    ("base_clause", Action::Bases),
    ("class_interface_clause", Action::Bases),
    ("use_declaration", Action::Bases),
    ("anonymous_function", Action::Scope(ScopeKind::Block)),
    ("arrow_function", Action::Scope(ScopeKind::Block)),
    ("named_type", Action::Type),
    ("optional_type", Action::Type),
    ("union_type", Action::Type),
    ("type_list", Action::Type),
    ("foreach_statement", Action::Do(foreach)),
    ("static_variable_declaration", Action::Define(Define::plain(Kind::Variable, "", "value"))),
    ("parenthesized_expression", Action::Inner),
    ("function_call_expression", Action::Call("function")),
    ("member_call_expression", Action::MethodCall("object", "name")),
    ("nullsafe_member_call_expression", Action::MethodCall("object", "name")),
    ("scoped_call_expression", Action::Do(scoped_call)),
    ("member_access_expression", Action::Member("object", "name")),
    ("nullsafe_member_access_expression", Action::Member("object", "name")),
    ("scoped_property_access_expression", Action::Do(scoped_property)),
    ("class_constant_access_expression", Action::Do(class_constant)),
    ("object_creation_expression", Action::New("")),
    ("attribute", Action::New("")),
    ("assignment_expression", Action::Assign("left", "right")),
    ("reference_assignment_expression", Action::Assign("left", "right")),
    ("argument", Action::Do(argument)),
    ("include_expression", Action::Do(include)),
    ("include_once_expression", Action::Do(include)),
    ("require_expression", Action::Do(include)),
    ("require_once_expression", Action::Do(include)),
];

impl Plugin for Php {
    fn name(&self) -> &'static str {
        "php"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["php", "phtml", "inc"]
    }

    fn interpreters(&self) -> &'static [&'static str] {
        &["php"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        if module.contains('\\') {
            // A class: by custom, a file of its name in directories of its namespace's.
            let path = format!("{}.php", module.trim_start_matches('\\').replace('\\', "/"));
            return table::files_ending(tree, &path, 1);
        }
        table::file_beside(tree, from, module)
    }
}

/// `foreach ($list as $key => $item)`. Variables' names hold the `$`, so that they are never taken
/// for functions or classes.
fn foreach<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (list, item) = (node.named_child(0), node.named_child(1));
    let list_value = list.map_or(ExprIx::UNKNOWN, |list| walk.visit(list));
    let element = walk.facts.wrap(list_value, Expr::Element);
    match item {
        Some(pair) if pair.kind() == "pair" => {
            if let Some(key) = pair.named_child(0) {
                walk.assign_to(key, node, ExprIx::UNKNOWN);
            }
            if let Some(value) = pair.named_child(1) {
                walk.assign_to(value, node, element);
            }
        }
        Some(item) => walk.assign_to(item, node, element),
        None => {}
    }
    walk.inside_but(node, &[list, item]);
    ExprIx::UNKNOWN
}

/// `A\B\C`: what is named is the last part.
fn qualified<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut last = None;
    walk.each(node, |_, child, field| {
        if field != "prefix" {
            last = Some(child);
        }
    });
    let role = walk.role;
    last.map_or(ExprIx::UNKNOWN, |name| walk.name(name, role))
}

fn namespace<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    // Names are looked up in all namespaces alike.
    if let Some(body) = node.child_by_field_name("body") {
        walk.inside(body);
    }
    ExprIx::UNKNOWN
}

/// `use A\B as C;`
fn use_clause<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let alias = node.child_by_field_name("alias");
    let mut value = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| {
        if Some(child) != alias {
            value = walk.visit_as(child, Role::Import);
            let module = walk.text(child);
            walk.import(module, node);
        }
    });
    if let Some(alias) = alias {
        let symbol = walk.declare(node, alias, Kind::Alias);
        walk.facts.symbol_mut(symbol).value = value;
    }
    ExprIx::UNKNOWN
}

/// `public int $x = 1, $y;`: called `x` and `y` where they are used.
fn properties<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut ty = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, field| {
        if field == "type" {
            ty = walk.visit_as(child, Role::Type);
            return;
        }
        let Some(name) = child.child_by_field_name("name").and_then(|it| it.named_child(0)) else {
            walk.visit(child);
            return;
        };
        let default = child.child_by_field_name("default_value");
        let value = default.map_or(ExprIx::UNKNOWN, |default| walk.visit(default));
        let symbol = walk.declare(node, name, Kind::Field);
        let of = walk.facts.symbol_mut(symbol);
        of.ty = ty;
        of.value = value;
    });
    ExprIx::UNKNOWN
}

fn parameter<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (name, ty) = (node.child_by_field_name("name"), node.child_by_field_name("type"));
    let ty_value = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    walk.inside_but(node, &[name, ty]);
    if let Some(name) = name {
        let symbol = walk.facts.define(Kind::Parameter, span(name), span(node));
        walk.facts.symbol_mut(symbol).ty = ty_value;
    }
    ExprIx::UNKNOWN
}

/// `private A $a` among a constructor's parameters is a property too.
fn promoted<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    parameter(walk, node);
    let name = node.child_by_field_name("name").map(|name| walk.inner_span(name, 1, 0));
    let (Some(at), Some(scope)) = (name, walk.type_scope()) else { return ExprIx::UNKNOWN };
    let parameter = walk.facts.scope();
    let spelled = walk.facts.name_at(Span { start: at.start - 1, end: at.end });
    let ty = walk.facts.find_in(parameter, spelled).map(|it| walk.facts.symbol(it).ty);
    walk.facts.reopen(scope);
    let symbol = walk.facts.declare(Kind::Field, at, span(node));
    walk.facts.close();
    let owner = walk.facts.scope_of(scope).owner;
    let of = walk.facts.symbol_mut(symbol);
    of.flags = crate::Flags::default();
    of.container = owner;
    of.ty = ty.unwrap_or_default();
    ExprIx::UNKNOWN
}

fn catch<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (name, ty) = (node.child_by_field_name("name"), node.child_by_field_name("type"));
    let ty_value = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    if let Some(name) = name {
        let symbol = walk.facts.define(Kind::Variable, span(name), span(name));
        walk.facts.symbol_mut(symbol).ty = ty_value;
    }
    walk.inside_but(node, &[name, ty]);
    ExprIx::UNKNOWN
}

/// What is before a `::`.
fn scope_of<'t>(walk: &mut Walk<'t, '_>, node: Option<Node<'t>>) -> ExprIx {
    let Some(node) = node else { return ExprIx::UNKNOWN };
    let class = walk.type_scope();
    match (walk.text(node), class) {
        ("self" | "static", Some(scope)) => walk.facts.expr(Expr::ThisType(scope)),
        ("parent", Some(scope)) => walk.facts.expr(Expr::Super(scope)),
        _ => walk.visit_as(node, Role::Type),
    }
}

fn scoped_call<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (scope, name) = (node.child_by_field_name("scope"), node.child_by_field_name("name"));
    let of = scope_of(walk, scope);
    let callee = match name {
        Some(name) if name.kind() == "name" => walk.name_in(name, of, Role::Call),
        Some(name) => walk.visit(name),
        None => ExprIx::UNKNOWN,
    };
    walk.inside_but(node, &[scope, name]);
    walk.facts.wrap(callee, Expr::Call)
}

fn scoped_property<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (scope, name) = (node.child_by_field_name("scope"), node.child_by_field_name("name"));
    let of = scope_of(walk, scope);
    match name.and_then(|name| name.named_child(0)) {
        Some(name) => walk.name_in(name, of, Role::Read),
        None => ExprIx::UNKNOWN,
    }
}

/// `A::B`.
fn class_constant<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (first, second) = (node.named_child(0), node.named_child(1));
    let of = scope_of(walk, first);
    match second {
        Some(name) if walk.text(name) != "class" => walk.name_in(name, of, Role::Read),
        _ => of,
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

/// `require __DIR__ . '/x.php'`: the string in it says which file.
fn include<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.inside(node);
    let text = walk.text(node);
    let quoted = text.split(['\'', '"']).nth(1).filter(|path| path.ends_with(".php"));
    if let Some(path) = quoted {
        walk.import(path.trim_start_matches('/'), node);
    }
    ExprIx::UNKNOWN
}
