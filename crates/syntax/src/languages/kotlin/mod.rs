//! Kotlin.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Flags, Language, Place, Plugin, Redeclared, Rules, Span, Tree, TypeScope,
    Visibility,
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind},
    table::{self, Action, Define, Spec, Table, Walk},
    tree::span,
};

/// The plug-in.
pub(crate) struct Kotlin;

static RULES: Rules = Rules {
    type_scope: TypeScope::Inherited,
    redeclared: Redeclared::Another,
    overloads: true,
    interfaces: true,
    attached: true,
    ..Rules::BY_NAME
};

static SPEC: Spec = Spec {
    grammar: tree_sitter_kotlin_ng::LANGUAGE,
    actions: ACTIONS,
    bodies: &["class_body", "enum_class_body", "function_body", "block", "getter"],
    modifiers: &["modifiers"],
    comments: &["//"],
    members: Visibility::Public,
    assignments_declare: false,
    global: true,
    constructors: &[],
    reserved: &["it", "field", "_", "true", "false", "null"],
};

const ACTIONS: &[(&str, Action)] = &[
    ("line_comment", Action::Skip),
    ("block_comment", Action::Skip),
    ("label", Action::Skip),
    ("package_header", Action::Skip),
    ("identifier", Action::Name),
    ("user_type", Action::Do(user_type)),
    ("nullable_type", Action::Type),
    ("type_projection", Action::Type),
    ("import", Action::Do(import)),
    ("class_declaration", Action::Do(class)),
    ("object_declaration", Action::Define(Define::of_type(Kind::Class))),
    ("companion_object", Action::Do(companion)),
    ("object_literal", Action::Scope(ScopeKind::Block)),
    ("enum_entry", Action::Define(Define::plain(Kind::EnumMember, "", "").unnamed())),
    ("type_alias", Action::Do(type_alias)),
    ("type_parameter", Action::Define(Define::plain(Kind::TypeParameter, "", "").unnamed())),
    ("function_declaration", Action::Do(function)),
    ("secondary_constructor", Action::Scope(ScopeKind::Function)),
    ("anonymous_function", Action::Scope(ScopeKind::Function)),
    ("property_declaration", Action::Do(property)),
    ("delegation_specifiers", Action::Bases),
    ("delegation_specifier", Action::Inner),
    ("constructor_invocation", Action::Do(constructed)),
    ("class_parameter", Action::Do(class_parameter)),
    ("parameter", Action::Parameter("", "", "")),
    ("variable_declaration", Action::Do(variable)),
    ("catch_block", Action::Do(catch)),
    ("block", Action::Scope(ScopeKind::Block)),
    ("lambda_literal", Action::Scope(ScopeKind::Block)),
    ("for_statement", Action::Do(for_loop)),
    ("parenthesized_expression", Action::Inner),
    ("call_expression", Action::Call("")),
    ("value_argument", Action::Do(argument)),
    ("navigation_expression", Action::Do(navigation)),
    ("as_expression", Action::Cast("right", "left")),
    ("is_expression", Action::Cast("right", "left")),
    ("this_expression", Action::This),
    ("super_expression", Action::Super),
    ("assignment", Action::Assign("left", "right")),
];

impl Plugin for Kotlin {
    fn name(&self) -> &'static str {
        "kotlin"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["kt", "kts"]
    }

    fn wants_final_newline(&self) -> bool {
        true
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, _from: &str, module: &str) -> Vec<Place> {
        let path = module.trim_end_matches(".*").replace('.', "/");
        table::files_ending(tree, &format!("{path}.kt"), 2)
    }
}

/// `class`, `interface`, `enum class`: the words before the name tell.
fn class<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("name").map_or(node.end_byte(), |name| name.start_byte());
    let words = walk.facts.source().get(node.start_byte()..name).unwrap_or_default();
    let has = |word: &str| words.split_whitespace().any(|it| it == word);
    let kind = match () {
        () if has("interface") => Kind::Interface,
        () if has("enum") => Kind::Enum,
        () => Kind::Class,
    };
    walk.define(node, Define::of_type(kind));
    ExprIx::UNKNOWN
}

/// What a companion has belongs to the class itself.
fn companion<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let first = walk.facts.symbol_count();
    let Some(scope) = walk.type_scope() else { return walk.inside(node) };
    walk.inside(node);
    for ix in first..walk.facts.symbol_count() {
        let of = walk.facts.symbol_mut(crate::SymbolIx(ix));
        if of.scope == scope {
            of.flags = of.flags.with(Flags::STATIC);
        }
    }
    ExprIx::UNKNOWN
}

fn type_alias<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("type");
    let mut ty = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| {
        if Some(child) != name {
            ty = walk.visit_as(child, Role::Type);
        }
    });
    if let Some(name) = name {
        let symbol = walk.declare(node, name, Kind::TypeAlias);
        walk.facts.symbol_mut(symbol).ty = ty;
    }
    ExprIx::UNKNOWN
}

/// `fun T.name(...): R`: a type before the name is what it extends, one behind it the result.
fn function<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let Some(name) = node.child_by_field_name("name") else { return walk.inside(node) };
    let symbol = walk.declare(node, name, Kind::Function);
    let (mut receiver, mut result) = (ExprIx::UNKNOWN, ExprIx::UNKNOWN);
    let mut start = name.end_byte();
    walk.each(node, |_, child, _| {
        if child.kind() == "type_parameters" {
            start = start.min(child.start_byte());
        }
    });
    let mut opened = false;
    walk.each(node, |walk, child, _| {
        if child.start_byte() >= start && child != name && !opened {
            walk.facts.open(ScopeKind::Function, Span::new(start, node.end_byte()), Some(symbol));
            opened = true;
        }
        let is_type = child.kind().ends_with("_type");
        match (child == name, is_type, child.start_byte() > name.end_byte()) {
            (true, ..) => {}
            (_, true, false) => receiver = walk.visit_as(child, Role::Type),
            (_, true, true) => result = walk.visit_as(child, Role::Type),
            _ => {
                walk.visit(child);
            }
        }
    });
    if opened {
        walk.facts.close();
    }
    let of = walk.facts.symbol_mut(symbol);
    of.ty = result;
    if receiver.is_known() {
        of.attached = receiver;
        of.flags = of.flags.with(Flags::INSTANCE);
    }
    ExprIx::UNKNOWN
}

/// `val x: T = value`, with accessors.
fn property<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut declared = Vec::new();
    let mut value = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| match child.kind() {
        "variable_declaration" => declared.push(child),
        "multi_variable_declaration" => walk.each(child, |_, part, _| declared.push(part)),
        "getter" | "setter" => {
            walk.facts.open(ScopeKind::Function, span(child), None);
            walk.inside(child);
            walk.facts.close();
        }
        _ => value = walk.visit(child),
    });
    for part in declared {
        let mut name = None;
        let mut ty = ExprIx::UNKNOWN;
        walk.each(part, |walk, child, _| match child.kind() {
            "identifier" => name = Some(child),
            _ => ty = walk.visit_as(child, Role::Type),
        });
        if let Some(name) = name {
            let symbol = walk.declare(node, name, Kind::Variable);
            let of = walk.facts.symbol_mut(symbol);
            of.ty = ty;
            of.value = value;
        }
    }
    ExprIx::UNKNOWN
}

/// A variable of a loop, lambda or `when`.
fn variable<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut name = None;
    let mut ty = ExprIx::UNKNOWN;
    walk.each(node, |walk, child, _| match child.kind() {
        "identifier" => name = Some(child),
        _ => ty = walk.visit_as(child, Role::Type),
    });
    if let Some(name) = name {
        let symbol = walk.facts.define(Kind::Variable, span(name), span(node));
        walk.facts.symbol_mut(symbol).ty = ty;
    }
    ExprIx::UNKNOWN
}

/// `catch (e: T) { ... }`.
fn catch<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.open(ScopeKind::Block, span(node), None);
    let mut symbol = None;
    walk.each(node, |walk, child, _| match child.kind() {
        "identifier" => symbol = Some(walk.facts.define(Kind::Variable, span(child), span(child))),
        "user_type" => {
            let ty = walk.visit_as(child, Role::Type);
            if let Some(symbol) = symbol {
                walk.facts.symbol_mut(symbol).ty = ty;
            }
        }
        _ => {
            walk.visit(child);
        }
    });
    walk.facts.close();
    ExprIx::UNKNOWN
}

fn for_loop<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.open(ScopeKind::Block, span(node), None);
    let from = walk.facts.symbol_count();
    let mut to = from;
    walk.each(node, |walk, child, _| {
        let value = walk.visit(child);
        match child.kind() {
            "variable_declaration" => to = walk.facts.symbol_count(),
            "block" => {}
            _ => {
                // What comes behind the variable is what it runs over.
                let element = walk.facts.wrap(value, Expr::Element);
                for ix in from..to {
                    walk.facts.symbol_mut(crate::SymbolIx(ix)).value = element;
                }
                to = from;
            }
        }
    });
    walk.facts.close();
    ExprIx::UNKNOWN
}

/// `class A(val x: T, y: U)`: what has `val` is a property.
fn class_parameter<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (mut name, mut ty) = (None, ExprIx::UNKNOWN);
    walk.each(node, |walk, child, _| {
        if child.kind() == "identifier" && name.is_none() {
            name = Some(child);
        } else if child.kind().ends_with("_type") {
            ty = walk.visit_as(child, Role::Type);
        } else {
            walk.visit(child);
        }
    });
    let Some(name) = name else { return ExprIx::UNKNOWN };
    let before = walk.facts.source().get(node.start_byte()..name.start_byte()).unwrap_or_default();
    let is_property = before.split_whitespace().any(|word| matches!(word, "val" | "var"));
    let kind = if is_property { Kind::Field } else { Kind::Parameter };
    let symbol = walk.declare(node, name, kind);
    walk.facts.symbol_mut(symbol).ty = ty;
    ExprIx::UNKNOWN
}

/// `: Base(args)`.
fn constructed<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let ty = node.named_child(0);
    let value = ty.map_or(ExprIx::UNKNOWN, |ty| walk.visit_as(ty, Role::Type));
    let outer = std::mem::replace(&mut walk.role, Role::Read);
    walk.inside_but(node, &[ty]);
    walk.role = outer;
    value
}

/// `a.b.C<T>`.
fn user_type<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut value = ExprIx::UNKNOWN;
    let mut arguments = Vec::new();
    let mut first = true;
    let role = if walk.role == Role::Call { Role::Call } else { Role::Type };
    walk.each(node, |walk, child, _| match child.kind() {
        "identifier" if first => {
            value = walk.name(child, role);
            first = false;
        }
        "identifier" => value = walk.name_in(child, value, role),
        _ => walk.each(child, |walk, argument, _| arguments.push(walk.visit(argument))),
    });
    if arguments.is_empty() {
        return value;
    }
    walk.facts.wrap(value, |head| Expr::Generic(head, arguments))
}

/// `a.b`.
fn navigation<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut value = None;
    walk.each(node, |walk, child, _| {
        value = Some(match value {
            Some(of) if child.kind() == "identifier" => walk.name_in(child, of, Role::Read),
            _ => walk.visit(child),
        });
    });
    value.unwrap_or_default()
}

/// `f(name = value)`.
fn argument<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let named = node.named_child_count() > 1;
    let name = node.named_child(0).filter(|it| named && it.kind() == "identifier");
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

/// `import a.b.C as D`.
fn import<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let mut value = ExprIx::UNKNOWN;
    let all = walk.text(node).trim_end().ends_with('*');
    walk.each(node, |walk, child, _| {
        if child.kind() != "qualified_identifier" {
            let symbol = walk.declare(node, child, Kind::Alias);
            walk.facts.symbol_mut(symbol).value = value;
            return;
        }
        let module = walk.text(child);
        walk.import(module, node);
        let mut parts = Vec::new();
        walk.each(child, |_, part, _| parts.push(part));
        let last = if all { None } else { parts.pop() };
        for part in parts {
            walk.facts.occurrence(span(part), Role::Import, Form::Loose);
        }
        if let Some(last) = last {
            value = walk.name(last, Role::Import);
        }
    });
    ExprIx::UNKNOWN
}
