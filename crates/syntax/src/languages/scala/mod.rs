//! Scala.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Language, Place, Plugin, Redeclared, Rules, Tree, TypeScope, Visibility,
    facts::{ExprIx, Form, Kind, Role, ScopeKind},
    table::{self, Action, Define, Spec, Table, Walk},
    tree::span,
};

/// The plug-in.
pub(crate) struct Scala;

static RULES: Rules = Rules {
    type_scope: TypeScope::Inherited,
    redeclared: Redeclared::Another,
    overloads: true,
    interfaces: true,
    transparent: &["Option", "Some"],
    awaited: &["Future"],
    call_member: Some("apply"),
    ..Rules::BY_NAME
};

static SPEC: Spec = Spec {
    grammar: tree_sitter_scala::LANGUAGE,
    actions: ACTIONS,
    bodies: &["body", "template_body"],
    modifiers: &["modifiers", "access_modifier"],
    comments: &["//"],
    members: Visibility::Public,
    assignments_declare: false,
    global: true,
    constructors: &[],
    reserved: &["_", "this", "super"],
};

const ACTIONS: &[(&str, Action)] = &[
    ("comment", Action::Skip),
    ("block_comment", Action::Skip),
    ("string", Action::Skip),
    ("modifiers", Action::Skip),
    ("end_marker", Action::Skip),
    ("wildcard", Action::Skip),
    ("operator_identifier", Action::Skip),
    ("identifier", Action::Name),
    ("type_identifier", Action::TypeName),
    ("stable_identifier", Action::Do(path)),
    ("stable_type_identifier", Action::Do(path)),
    ("generic_type", Action::Generic),
    ("package_clause", Action::Do(package)),
    ("import_declaration", Action::Do(import)),
    ("class_definition", Action::Define(Define::of_type(Kind::Class))),
    ("object_definition", Action::Define(Define::of_type(Kind::Class))),
    ("trait_definition", Action::Define(Define::of_type(Kind::Trait))),
    ("enum_definition", Action::Define(Define::of_type(Kind::Enum))),
    ("simple_enum_case", Action::Define(Define::plain(Kind::EnumMember, "", ""))),
    ("full_enum_case", Action::Define(Define::of_type(Kind::EnumMember))),
    ("type_definition", Action::Define(Define::plain(Kind::TypeAlias, "type", ""))),
    ("function_definition", Action::Define(Define::function("return_type"))),
    ("function_declaration", Action::Define(Define::function("return_type"))),
    ("given_definition", Action::Define(Define::function("return_type"))),
    ("val_definition", Action::Do(value)),
    ("var_definition", Action::Do(value)),
    ("val_declaration", Action::Define(Define::plain(Kind::Variable, "type", ""))),
    ("var_declaration", Action::Define(Define::plain(Kind::Variable, "type", ""))),
    ("class_parameter", Action::Do(class_parameter)),
    ("parameter", Action::Parameter("name", "type", "default_value")),
    ("binding", Action::Parameter("name", "type", "")),
    ("type_parameters", Action::Do(type_parameters)),
    ("covariant_type_parameter", Action::Do(type_parameters)),
    ("contravariant_type_parameter", Action::Do(type_parameters)),
    ("capture_pattern", Action::Parameter("name", "", "")),
    ("typed_pattern", Action::Do(typed_pattern)),
    ("extends_clause", Action::Do(extends)),
    ("block", Action::Scope(ScopeKind::Block)),
    ("indented_block", Action::Scope(ScopeKind::Block)),
    ("case_clause", Action::Do(case_clause)),
    ("for_expression", Action::Scope(ScopeKind::Block)),
    ("enumerator", Action::Do(enumerator)),
    ("lambda_expression", Action::Do(lambda)),
    ("parenthesized_expression", Action::Inner),
    ("generic_function", Action::Inner),
    ("call_expression", Action::Call("function")),
    ("field_expression", Action::Member("value", "field")),
    ("instance_expression", Action::New("")),
    ("annotation", Action::New("name")),
    ("assignment_expression", Action::Assign("left", "right")),
    ("interpolated_string_expression", Action::Do(interpolated)),
];

impl Plugin for Scala {
    fn name(&self) -> &'static str {
        "scala"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["scala", "sc", "sbt"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, _from: &str, module: &str) -> Vec<Place> {
        table::files_ending(tree, &format!("{}.scala", module.replace('.', "/")), 2)
    }
}

/// `a.b.C`.
fn path<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut value = None;
    let role = walk.role;
    walk.each(node, |walk, child, _| {
        value = Some(match value {
            None => walk.visit(child),
            Some(of) => walk.name_in(child, of, role),
        });
    });
    value.unwrap_or_default()
}

/// Names are looked up in all packages alike.
fn package<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    if let Some(body) = node.child_by_field_name("body") {
        walk.inside(body);
    }
    ExprIx::UNKNOWN
}

/// `import a.b.{C, D as E}`.
fn import<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut parts = Vec::new();
    let mut selectors = None;
    walk.each(node, |_, child, field| match (field, child.kind()) {
        ("path", _) => parts.push(child),
        (_, "namespace_selectors") => selectors = Some(child),
        _ => {}
    });
    let wildcard = walk.text(node).trim_end().ends_with(['*', '_']);
    let (first, last) = (parts.first().copied(), parts.last().copied());
    if let (Some(first), Some(last)) = (first, last) {
        let range = first.start_byte()..last.end_byte();
        let module = walk.facts.source().get(range).unwrap_or_default();
        walk.import(module, node);
    }
    let named = if selectors.is_none() && !wildcard { parts.pop() } else { None };
    for part in parts {
        walk.facts.occurrence(span(part), Role::Import, Form::Loose);
    }
    if let Some(named) = named {
        walk.name(named, Role::Import);
    }
    if let Some(selectors) = selectors {
        walk.each(selectors, |walk, child, _| match child.kind() {
            "arrow_renamed_identifier" | "as_renamed_identifier" => {
                let (name, alias) =
                    (child.child_by_field_name("name"), child.child_by_field_name("alias"));
                let value = name.map_or(ExprIx::UNKNOWN, |name| walk.name(name, Role::Import));
                if let Some(alias) = alias.filter(|alias| alias.kind() == "identifier") {
                    let symbol = walk.declare(child, alias, Kind::Alias);
                    walk.facts.symbol_mut(symbol).value = value;
                }
            }
            "identifier" => {
                walk.name(child, Role::Import);
            }
            _ => {}
        });
    }
    ExprIx::UNKNOWN
}

/// `val x: T = value`.
fn value<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let part = |name| node.child_by_field_name(name);
    let (pattern, ty, set) = (part("pattern"), part("type"), part("value"));
    let ty_value = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    let set_value = set.map_or(ExprIx::UNKNOWN, |set| walk.visit(set));
    walk.inside_but(node, &[pattern, ty, set]);
    match pattern {
        Some(name) if name.kind() == "identifier" => {
            let symbol = walk.declare(node, name, Kind::Variable);
            let of = walk.facts.symbol_mut(symbol);
            of.ty = ty_value;
            of.value = set_value;
        }
        Some(pattern) => names_in(walk, pattern, node),
        None => {}
    }
    ExprIx::UNKNOWN
}

/// Names that a pattern binds: those that begin with a small letter.
fn names_in<'t>(walk: &mut Walk<'t, '_>, pattern: Node<'t>, node: Node<'t>) {
    if pattern.kind() == "identifier" {
        if walk.text(pattern).starts_with(|c: char| c.is_lowercase()) {
            walk.declare(node, pattern, Kind::Variable);
        } else {
            walk.name(pattern, Role::Read);
        }
        return;
    }
    if walk.action(pattern).is_some() {
        walk.visit(pattern);
        return;
    }
    walk.each(pattern, |walk, child, field| match child.kind() {
        _ if field == "type" => {
            walk.visit(child);
        }
        _ => walk.nested(child, |walk, child| names_in(walk, child, node)),
    });
}

/// `case A(x) => ...`: what it binds holds for what follows.
fn case_clause<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.open(ScopeKind::Block, span(node), None);
    let pattern = node.child_by_field_name("pattern");
    if let Some(pattern) = pattern {
        names_in(walk, pattern, pattern);
    }
    walk.inside_but(node, &[pattern]);
    walk.facts.close();
    ExprIx::UNKNOWN
}

/// Parameters of a class can be used in all of it.
fn class_parameter<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.define(node, Define::plain(Kind::Variable, "type", "default_value"));
    ExprIx::UNKNOWN
}

fn type_parameters<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, field| {
        if field == "name" && child.kind() == "identifier" {
            walk.facts.define(Kind::TypeParameter, span(child), span(child));
        } else {
            walk.visit_as(child, Role::Type);
        }
    });
    ExprIx::UNKNOWN
}

/// `case x: T`.
fn typed_pattern<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (name, ty) = (node.child_by_field_name("pattern"), node.child_by_field_name("type"));
    let value = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    match name {
        Some(name) if name.kind() == "identifier" => {
            let symbol = walk.facts.define(Kind::Variable, span(name), span(node));
            walk.facts.symbol_mut(symbol).ty = value;
        }
        Some(name) => {
            walk.visit(name);
        }
        None => {}
    }
    ExprIx::UNKNOWN
}

/// `extends A(x) with B`.
fn extends<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, field| {
        if field == "type" && child.kind() != "arguments" {
            let base = walk.visit_as(child, Role::Type);
            walk.base(base);
        } else {
            walk.visit(child);
        }
    });
    ExprIx::UNKNOWN
}

/// `x <- list` in a `for`.
fn enumerator<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let first = node.named_child(0);
    walk.inside_but(node, &[first]);
    if let Some(first) = first {
        names_in(walk, first, node);
    }
    ExprIx::UNKNOWN
}

fn lambda<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.open(ScopeKind::Block, span(node), None);
    walk.each(node, |walk, child, field| {
        if field == "parameters" && child.kind() == "identifier" {
            walk.facts.define(Kind::Parameter, span(child), span(child));
        } else {
            walk.visit(child);
        }
    });
    walk.facts.close();
    ExprIx::UNKNOWN
}

/// `s"..."`: the letter in front is a method that nobody asks for.
fn interpolated<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("interpolator");
    walk.inside_but(node, &[name]);
    ExprIx::UNKNOWN
}
