//! Lua. A table that a file makes and fills is a module or a class; it stands for its own members.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Flags, Language, Place, Plugin, Redeclared, Rules, ScopeIx, Span, SymbolIx,
    Tree, TypeScope, Visibility,
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeKind},
    table::{self, Action, Spec, Table, Walk, comment_above},
    tree::span,
};

/// The plug-in.
pub(crate) struct Lua;

static RULES: Rules =
    Rules { type_scope: TypeScope::Hidden, redeclared: Redeclared::Same, ..Rules::BY_NAME };

static SPEC: Spec = Spec {
    grammar: tree_sitter_lua::LANGUAGE,
    actions: ACTIONS,
    bodies: &["body"],
    modifiers: &[],
    comments: &["--"],
    members: Visibility::Public,
    assignments_declare: false,
    global: false,
    constructors: &[],
    reserved: &["_"],
};

const ACTIONS: &[(&str, Action)] = &[
    ("comment", Action::Skip),
    ("string", Action::Skip),
    ("label_statement", Action::Skip),
    ("goto_statement", Action::Skip),
    ("attribute", Action::Skip),
    ("identifier", Action::Do(identifier)),
    ("dot_index_expression", Action::Do(member)),
    ("method_index_expression", Action::Do(member)),
    ("parenthesized_expression", Action::Inner),
    ("expression_list", Action::Inner),
    ("block", Action::Scope(ScopeKind::Block)),
    ("function_call", Action::Do(call)),
    ("function_declaration", Action::Do(function)),
    ("function_definition", Action::Scope(ScopeKind::Function)),
    ("parameters", Action::Do(parameters)),
    ("variable_declaration", Action::Do(local)),
    ("assignment_statement", Action::Do(assignment)),
    ("for_statement", Action::Do(for_loop)),
    ("return_statement", Action::Do(returned)),
    ("field", Action::Do(field)),
];

impl Plugin for Lua {
    fn name(&self) -> &'static str {
        "lua"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["lua", "rockspec"]
    }

    fn interpreters(&self) -> &'static [&'static str] {
        &["lua", "luajit"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        let path = module.replace('.', "/");
        let names = [format!("{path}.lua"), format!("{path}/init.lua")];
        let beside = names.iter().map(|name| table::file_beside(tree, from, name));
        if let Some(found) = beside.into_iter().find(|found| !found.is_empty()) {
            return found;
        }
        names.iter().flat_map(|name| table::files_ending(tree, name, 1)).collect()
    }
}

/// `self` in a method is what the method belongs to.
fn identifier<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    if walk.text(node) == "self" && walk.receiver.is_known() {
        return walk.receiver;
    }
    let role = walk.role;
    walk.name(node, role)
}

/// `a.b`, `a:b`.
fn member<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (of, name) = (node.named_child(0), node.named_child(1));
    let of = of.map_or(ExprIx::UNKNOWN, |of| walk.visit(of));
    name.map_or(ExprIx::UNKNOWN, |name| walk.name_in(name, of, Role::Read))
}

/// `f(x)`; `require "a.b"` is what that file returns.
fn call<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let (name, arguments) =
        (node.child_by_field_name("name"), node.child_by_field_name("arguments"));
    let Some(name) = name else { return ExprIx::UNKNOWN };
    let required =
        arguments.filter(|_| walk.text(name) == "require").and_then(|it| it.named_child(0));
    let callee = walk.visit(name);
    walk.facts.set_expr_role(callee, Role::Call);
    let last = arguments.map_or(ExprIx::UNKNOWN, |arguments| walk.inside(arguments));
    if walk.text(name) == "setmetatable" {
        // A table with a class behind it is an instance.
        return last;
    }
    if let Some(text) = required.filter(|it| it.kind() == "string") {
        let module = walk.text(text).trim_matches(['"', '\'', '[', ']']);
        walk.import(module, node);
        let module = walk.facts.name(module);
        return walk.facts.expr(Expr::Module(module));
    }
    walk.facts.wrap(callee, Expr::Call)
}

/// `function a()`, `local function a()`, `function M.a()`, `function M:a()`.
fn function<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let Some(name) = node.child_by_field_name("name") else { return ExprIx::UNKNOWN };
    let (table, last) = match name.kind() {
        "dot_index_expression" => {
            (name.child_by_field_name("table"), name.child_by_field_name("field"))
        }
        "method_index_expression" => {
            (name.child_by_field_name("table"), name.child_by_field_name("method"))
        }
        _ => (None, Some(name)),
    };
    let Some(last) = last else { return ExprIx::UNKNOWN };
    let of = table.map(|table| walk.visit(table));
    let scope = table.and_then(|table| scope_of(walk, table));
    let is_local = walk.text(node).starts_with("local");
    if let Some(scope) = scope {
        walk.facts.reopen(scope);
    } else if !is_local {
        walk.facts.reopen(ScopeIx(0));
    }
    let symbol = walk.declare(node, last, Kind::Function);
    if scope.is_some() || !is_local {
        walk.facts.close();
    }
    let flags = if is_local { walk.facts.symbol(symbol).flags } else { Flags::EXPORTED };
    let of_symbol = walk.facts.symbol_mut(symbol);
    of_symbol.flags = flags;
    if let (Some(of), None) = (of, scope) {
        of_symbol.attached = of;
        of_symbol.flags = flags.with(Flags::INSTANCE);
    }
    let parameters = node.child_by_field_name("parameters");
    let start = parameters.map_or(last.end_byte(), |it| it.start_byte());
    let this = match name.kind() {
        "method_index_expression" => of.unwrap_or_default(),
        _ => ExprIx::UNKNOWN,
    };
    let outer = std::mem::replace(&mut walk.receiver, this);
    walk.facts.open(ScopeKind::Function, Span::new(start, node.end_byte()), Some(symbol));
    walk.inside_but(node, &[Some(name)]);
    walk.facts.close();
    walk.receiver = outer;
    ExprIx::UNKNOWN
}

/// The members of the table that a name in sight was set to.
fn scope_of<'t>(walk: &mut Walk<'t, '_>, table: Node<'t>) -> Option<ScopeIx> {
    if table.kind() != "identifier" {
        return None;
    }
    let name = walk.facts.name_at(span(table));
    let open: Vec<ScopeIx> = walk.facts.open_scopes().to_vec();
    let symbol = open.into_iter().rev().find_map(|scope| walk.facts.find_in(scope, name))?;
    walk.facts.symbol(symbol).body
}

fn parameters<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, _| {
        if child.kind() == "identifier" {
            walk.facts.define(Kind::Parameter, span(child), span(child));
        }
    });
    ExprIx::UNKNOWN
}

/// `local a, b = 1, 2`.
fn local<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, _| match child.kind() {
        "assignment_statement" => set(walk, child, true),
        "variable_list" => walk.each(child, |walk, name, _| {
            if name.kind() == "identifier" {
                declared(walk, name, node, ExprIx::UNKNOWN);
            }
        }),
        _ => {
            walk.visit(child);
        }
    });
    ExprIx::UNKNOWN
}

fn assignment<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    set(walk, node, false);
    ExprIx::UNKNOWN
}

fn set<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>, local: bool) {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    walk.each(node, |walk, list, _| {
        let into = if list.kind() == "variable_list" { &mut names } else { &mut values };
        walk.each(list, |_, child, _| into.push(child));
    });
    for n in 0..names.len().max(values.len()) {
        let (name, value) = (names.get(n).copied(), values.get(n).copied());
        let table = value.filter(|value| value.kind() == "table_constructor");
        let known = match value {
            Some(value) if table.is_none() => walk.visit(value),
            _ => ExprIx::UNKNOWN,
        };
        let Some(name) = name else { continue };
        let symbol = assign(walk, name, node, known, local);
        match (table, symbol) {
            (Some(table), Some(symbol)) => members(walk, table, symbol),
            (Some(table), None) => {
                walk.visit(table);
            }
            _ => {}
        }
    }
}

/// Sets one name; the symbol that this declares.
fn assign<'t>(
    walk: &mut Walk<'t, '_>,
    name: Node<'t>,
    node: Node<'t>,
    value: ExprIx,
    local: bool,
) -> Option<SymbolIx> {
    match name.kind() {
        "identifier" => {
            let spelled = walk.facts.name_at(span(name));
            let open: Vec<ScopeIx> = walk.facts.open_scopes().to_vec();
            let known = open.iter().any(|scope| walk.facts.find_in(*scope, spelled).is_some());
            if local {
                return Some(declared(walk, name, node, value));
            }
            if known {
                walk.name(name, Role::Write);
                return None;
            }
            walk.facts.reopen(ScopeIx(0));
            let symbol = declared(walk, name, node, value);
            walk.facts.close();
            let of = walk.facts.symbol_mut(symbol);
            of.flags = Flags::EXPORTED;
            of.container = None;
            Some(symbol)
        }
        "dot_index_expression" => {
            let (table, last) =
                (name.child_by_field_name("table")?, name.child_by_field_name("field")?);
            let Some(scope) = scope_of(walk, table) else {
                let of = walk.visit(table);
                walk.name_in(last, of, Role::Write);
                return None;
            };
            walk.visit(table);
            walk.facts.reopen(scope);
            let symbol = walk.declare(node, last, Kind::Field);
            walk.facts.close();
            let of = walk.facts.symbol_mut(symbol);
            of.flags = Flags::default();
            of.value = value;
            Some(symbol)
        }
        _ => {
            walk.visit(name);
            None
        }
    }
}

fn declared<'t>(
    walk: &mut Walk<'t, '_>,
    name: Node<'t>,
    node: Node<'t>,
    value: ExprIx,
) -> SymbolIx {
    let symbol = walk.bind(name, node, value);
    let doc = comment_above(walk.facts.source(), node.start_byte(), SPEC.comments);
    walk.facts.symbol_mut(symbol).doc = doc;
    symbol
}

/// `{ a = 1, f = function() end }` as what a name stands for.
fn members<'t>(walk: &mut Walk<'t, '_>, table: Node<'t>, symbol: SymbolIx) {
    walk.facts.open(ScopeKind::Type, span(table), Some(symbol));
    walk.each(table, |walk, child, _| {
        let name = child.child_by_field_name("name").filter(|it| it.kind() == "identifier");
        let value = child.child_by_field_name("value");
        let (Some(name), Some(value)) = (name, value) else {
            walk.visit(child);
            return;
        };
        let is_function = value.kind() == "function_definition";
        let kind = if is_function { Kind::Function } else { Kind::Field };
        let member = walk.declare(child, name, kind);
        if value.kind() == "table_constructor" {
            members(walk, value, member);
        } else {
            let value = walk.visit(value);
            walk.facts.symbol_mut(member).value = value;
        }
    });
    walk.facts.close();
}

/// A field of a table that no name stands for.
fn field<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("name").filter(|it| it.kind() == "identifier");
    if let Some(name) = name {
        walk.facts.occurrence(span(name), Role::Write, Form::Loose);
    }
    walk.inside_but(node, &[name]);
    ExprIx::UNKNOWN
}

fn for_loop<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.facts.open(ScopeKind::Block, span(node), None);
    walk.each(node, |walk, clause, _| match clause.kind() {
        "for_generic_clause" => walk.each(clause, |walk, part, _| {
            if part.kind() == "variable_list" {
                walk.each(part, |walk, name, _| {
                    walk.facts.define(Kind::Variable, span(name), span(name));
                });
            } else {
                walk.visit(part);
            }
        }),
        "for_numeric_clause" => {
            let name = clause.child_by_field_name("name");
            walk.inside_but(clause, &[name]);
            if let Some(name) = name {
                walk.facts.define(Kind::Variable, span(name), span(name));
            }
        }
        _ => {
            walk.visit(clause);
        }
    });
    walk.facts.close();
    ExprIx::UNKNOWN
}

/// What a file returns is what it offers.
fn returned<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let value = walk.inside(node);
    if walk.facts.scope().0 == 0 && value.is_known() {
        walk.facts.wildcard(ScopeIx(0), value);
    }
    value
}
