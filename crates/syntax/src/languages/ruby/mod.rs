//! Ruby.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Flags, Language, Place, Plugin, Redeclared, Rules, Tree, TypeScope, Visibility,
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind},
    table::{self, Action, Define, Spec, Table, Walk},
    tree::span,
};

/// The plug-in.
pub(crate) struct Ruby;

static RULES: Rules = Rules {
    type_scope: TypeScope::Inherited,
    redeclared: Redeclared::Same,
    constructors: &["initialize"],
    ..Rules::BY_NAME
};

static SPEC: Spec = Spec {
    grammar: tree_sitter_ruby::LANGUAGE,
    actions: ACTIONS,
    bodies: &["body"],
    modifiers: &[],
    comments: &["#"],
    members: Visibility::Public,
    assignments_declare: true,
    global: true,
    constructors: &["initialize"],
    reserved: &["private", "protected", "public", "module_function", "_"],
};

const ACTIONS: &[(&str, Action)] = &[
    ("comment", Action::Skip),
    ("identifier", Action::Do(identifier)),
    ("constant", Action::Name),
    ("instance_variable", Action::Do(instance_variable)),
    ("class_variable", Action::Do(instance_variable)),
    ("global_variable", Action::Name),
    ("self", Action::This),
    ("super", Action::Super),
    ("scope_resolution", Action::Member("scope", "name")),
    ("class", Action::Do(class)),
    ("module", Action::Do(class)),
    ("singleton_class", Action::Inner),
    ("superclass", Action::Bases),
    ("method", Action::Define(Define::function(""))),
    ("singleton_method", Action::Do(singleton_method)),
    ("method_parameters", Action::Do(parameters)),
    ("block_parameters", Action::Do(parameters)),
    ("lambda_parameters", Action::Do(parameters)),
    ("block", Action::Scope(ScopeKind::Block)),
    ("do_block", Action::Scope(ScopeKind::Block)),
    ("parenthesized_statements", Action::Inner),
    ("call", Action::Do(call)),
    ("assignment", Action::Do(assignment)),
    ("operator_assignment", Action::Do(assignment)),
    ("exception_variable", Action::Do(exception_variable)),
    ("alias", Action::Do(alias)),
    ("hash_key_symbol", Action::Skip),
];

impl Plugin for Ruby {
    fn name(&self) -> &'static str {
        "ruby"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["rb", "rake", "gemspec", "ru"]
    }

    fn filenames(&self) -> &'static [&'static str] {
        &["Rakefile", "Gemfile", "Vagrantfile", "Brewfile", "Capfile"]
    }

    fn interpreters(&self) -> &'static [&'static str] {
        &["ruby"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        let path = if module.ends_with(".rb") { module.to_owned() } else { format!("{module}.rb") };
        let beside = table::file_beside(tree, from, &path);
        if beside.is_empty() && !module.starts_with('.') {
            return table::files_ending(tree, &path, 1);
        }
        beside
    }
}

/// A word by itself is a variable, or a method that is called; `private` speaks of what follows.
fn identifier<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let access = match walk.text(node) {
        "private" => Visibility::Private,
        "protected" => Visibility::Restricted,
        "public" => Visibility::Public,
        _ => {
            let role = walk.role;
            return walk.name(node, role);
        }
    };
    if let Some(last) = walk.access.last_mut() {
        *last = access;
    }
    ExprIx::UNKNOWN
}

/// `@x`: a member of the instance around here.
fn instance_variable<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let this = walk.this();
    let role = walk.role;
    walk.name_in(node, this, role)
}

fn class<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let is_module = node.kind() == "module";
    let kind = if is_module { Kind::Trait } else { Kind::Class };
    let name = node.child_by_field_name("name");
    let Some(name) = name.filter(|name| name.kind() == "scope_resolution") else {
        walk.define(node, Define::of_type(kind));
        return ExprIx::UNKNOWN;
    };
    // `class A::B`: a member of `A`, declared here.
    let scope = name.child_by_field_name("scope");
    if let Some(scope) = scope {
        walk.visit_as(scope, Role::Type);
    }
    let Some(last) = name.child_by_field_name("name") else { return ExprIx::UNKNOWN };
    let symbol = walk.declare(node, last, kind);
    walk.facts.open(
        ScopeKind::Type,
        crate::Span::new(name.end_byte(), node.end_byte()),
        Some(symbol),
    );
    walk.access.push(Visibility::Public);
    walk.inside_but(node, &[Some(name)]);
    walk.access.pop();
    walk.facts.close();
    ExprIx::UNKNOWN
}

/// `def self.x`.
fn singleton_method<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    if let Some(object) = node.child_by_field_name("object") {
        walk.visit(object);
    }
    if let Some(symbol) = walk.define(node, Define::function("")) {
        let of = walk.facts.symbol_mut(symbol);
        of.flags = of.flags.with(Flags::STATIC);
    }
    ExprIx::UNKNOWN
}

/// Parameters of methods and blocks.
fn parameters<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, _| {
        let name = match child.kind() {
            "identifier" => Some(child),
            _ => child.child_by_field_name("name"),
        };
        if let Some(value) = child.child_by_field_name("value") {
            walk.visit(value);
        }
        match name {
            Some(name) => {
                walk.facts.define(Kind::Parameter, span(name), span(child));
            }
            None if child.kind() == "destructured_parameter" => {
                parameters(walk, child);
            }
            None => {}
        }
    });
    ExprIx::UNKNOWN
}

/// `a.b(c)`, `b c`, `require "x"`, `attr_reader :x`, `A.new`.
fn call<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (receiver, method) =
        (node.child_by_field_name("receiver"), node.child_by_field_name("method"));
    let of = receiver.map(|receiver| walk.visit(receiver));
    let name = method.map_or("", |method| walk.text(method));
    if receiver.is_none() {
        match name {
            "require" | "require_relative" | "load" => require(walk, node, name),
            "attr_reader" | "attr_writer" | "attr_accessor" => attributes(walk, node),
            "include" | "extend" | "prepend" => {
                mixin(walk, node);
                return ExprIx::UNKNOWN;
            }
            _ => {}
        }
    }
    let callee = match (method, of) {
        (Some(method), Some(of)) if name != "new" => walk.name_in(method, of, Role::Call),
        (Some(_), Some(of)) => {
            walk.facts.set_expr_role(of, Role::Call);
            walk.inside_but(node, &[receiver, method]);
            return walk.facts.wrap(of, Expr::Instance);
        }
        (Some(method), None) => walk.name(method, Role::Call),
        (None, of) => of.unwrap_or_default(),
    };
    walk.inside_but(node, &[receiver, method]);
    walk.facts.wrap(callee, Expr::Call)
}

fn require<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>, how: &str) {
    let text = walk.text(node);
    let Some(path) = text.split(['\'', '"']).nth(1).filter(|path| !path.contains("#{")) else {
        return;
    };
    let relative = how == "require_relative" && !path.starts_with('.');
    let module = if relative { format!("./{path}") } else { path.to_owned() };
    walk.import(&module, node);
}

/// `attr_reader :x` declares what its symbols name.
fn attributes<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) {
    let Some(arguments) = node.child_by_field_name("arguments") else { return };
    if !walk.in_type() {
        return;
    }
    walk.each(arguments, |walk, child, _| {
        if child.kind() == "simple_symbol" {
            let at = walk.inner_span(child, 1, 0);
            let symbol = walk.facts.define(Kind::Property, at, span(node));
            let visibility = walk.access.last().copied().unwrap_or_default();
            let of = walk.facts.symbol_mut(symbol);
            of.signature = span(node);
            of.visibility = visibility;
        }
    });
}

/// `include A`: what `A` has is inherited.
fn mixin<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) {
    let Some(arguments) = node.child_by_field_name("arguments") else { return };
    walk.each(arguments, |walk, child, _| {
        let base = walk.visit_as(child, Role::Inherit);
        walk.base(base);
    });
}

fn assignment<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
    let value = right.map_or(ExprIx::UNKNOWN, |right| walk.visit(right));
    if let Some(left) = left {
        target(walk, left, node, value);
    }
    value
}

fn target<'t>(walk: &mut Walk<'t, '_>, left: Node<'t>, node: Node<'t>, value: ExprIx) {
    match left.kind() {
        "identifier" | "constant" | "global_variable" => {
            walk.bind(left, node, value);
        }
        "instance_variable" | "class_variable" => match walk.type_scope() {
            Some(scope) => {
                walk.facts.reopen(scope);
                let symbol = walk.facts.define(Kind::Field, span(left), span(node));
                walk.facts.close();
                let owner = walk.facts.scope_of(scope).owner;
                let of = walk.facts.symbol_mut(symbol);
                of.flags = Flags::INSTANCE;
                of.visibility = Visibility::Private;
                of.container = owner;
                of.value = value;
            }
            None => {
                walk.facts.occurrence(span(left), Role::Write, Form::Loose);
            }
        },
        "left_assignment_list" | "destructured_left_assignment" | "rest_assignment" => {
            let mut n = 0;
            walk.each(left, |walk, child, _| {
                let part = walk.facts.wrap(value, |value| Expr::Slot(value, n));
                target(walk, child, node, part);
                n += 1;
            });
        }
        "call" => {
            let value = walk.visit(left);
            walk.facts.set_expr_role(value, Role::Write);
        }
        _ => {
            walk.visit(left);
        }
    }
}

/// `rescue A => e`.
fn exception_variable<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, _| target(walk, child, node, ExprIx::UNKNOWN));
    ExprIx::UNKNOWN
}

/// `alias new old`.
fn alias<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (alias, name) = (node.child_by_field_name("name"), node.child_by_field_name("alias"));
    let value = name.map_or(ExprIx::UNKNOWN, |name| walk.visit(name));
    if let Some(alias) = alias.filter(|alias| alias.kind() == "identifier") {
        let symbol = walk.declare(node, alias, Kind::Alias);
        walk.facts.symbol_mut(symbol).value = value;
    }
    ExprIx::UNKNOWN
}
