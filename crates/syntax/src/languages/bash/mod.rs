//! Bash and other shells of its kind.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Budget, Facts, Language, Place, Plugin, Redeclared, Rules, Tree, TypeScope, Visibility,
    facts::{Expr, ExprIx, Flags, Kind, Role},
    table::{self, Action, Define, Spec, Table, Walk},
    tree::span,
};

/// The plug-in.
pub(crate) struct Bash;

static RULES: Rules = Rules {
    type_scope: TypeScope::Hidden,
    redeclared: Redeclared::Same,
    guess_members: false,
    ..Rules::BY_NAME
};

static SPEC: Spec = Spec {
    grammar: tree_sitter_bash::LANGUAGE,
    actions: ACTIONS,
    bodies: &["body"],
    modifiers: &[],
    comments: &["#"],
    members: Visibility::Public,
    assignments_declare: true,
    global: false,
    constructors: &[],
    reserved: &["_"],
};

const ACTIONS: &[(&str, Action)] = &[
    ("comment", Action::Skip),
    ("word", Action::Skip),
    ("raw_string", Action::Skip),
    ("variable_name", Action::Name),
    ("function_definition", Action::Define(Define::function(""))),
    ("command", Action::Do(command)),
    ("declaration_command", Action::Do(declaration)),
    ("variable_assignment", Action::Do(assignment)),
    ("for_statement", Action::Do(for_loop)),
];

impl Plugin for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["sh", "bash", "ksh", "zsh", "bats", "ebuild"]
    }

    fn filenames(&self) -> &'static [&'static str] {
        &[".bashrc", ".bash_profile", ".profile", ".zshrc", "PKGBUILD"]
    }

    fn interpreters(&self) -> &'static [&'static str] {
        &["sh", "bash", "dash", "ksh", "zsh", "ash"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        static TABLE: OnceLock<Table> = OnceLock::new();
        table::extract(&TABLE, &SPEC, language, source, budget)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        let beside = table::file_beside(tree, from, module);
        if beside.is_empty() { table::files_ending(tree, module, 1) } else { beside }
    }
}

/// A command: a function's name, or a program's. `source` brings what another file has.
fn command<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let name = node.child_by_field_name("name").and_then(|name| name.named_child(0));
    let name = name.filter(|name| name.kind() == "word");
    if let Some(name) = name {
        match walk.text(name) {
            "source" | "." => source(walk, node),
            _ => {
                walk.name(name, Role::Call);
            }
        }
    }
    walk.inside(node)
}

/// `source "$DIR/x.sh"`: the part without variables says which file.
fn source<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) {
    let Some(argument) = node.child_by_field_name("argument") else { return };
    let text = walk.text(argument).trim_matches(['"', '\'']);
    let path = match text.rsplit_once(['}', ')']) {
        Some((_, rest)) => rest,
        None if text.starts_with('$') => text.split_once('/').map_or("", |(_, rest)| rest),
        None => text,
    };
    let path = path.trim_start_matches('/');
    if path.is_empty() || path.contains('$') {
        return;
    }
    walk.import(path, node);
    let module = walk.facts.name(path);
    let all = walk.facts.expr(Expr::Module(module));
    walk.facts.wildcard(crate::ScopeIx(0), all);
}

/// `local x=1`, `declare -r X`, `export Y`.
fn declaration<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    walk.each(node, |walk, child, _| match child.kind() {
        "variable_name" => {
            walk.bind(child, node, ExprIx::UNKNOWN);
        }
        "variable_assignment" => set(walk, child, true),
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

/// Variables belong to the file, unless a function has declared them its own.
fn set<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>, local: bool) {
    let (name, value) = (node.child_by_field_name("name"), node.child_by_field_name("value"));
    if let Some(value) = value {
        walk.visit(value);
    }
    let Some(name) = name else { return };
    if name.kind() != "variable_name" {
        walk.visit(name);
        return;
    }
    let here = walk.facts.scope();
    let spelled = walk.facts.name_at(span(name));
    if local || here.0 == 0 || walk.facts.find_in(here, spelled).is_some() {
        walk.bind(name, node, ExprIx::UNKNOWN);
        return;
    }
    walk.facts.reopen(crate::ScopeIx(0));
    let symbol = walk.bind(name, node, ExprIx::UNKNOWN);
    walk.facts.close();
    let of = walk.facts.symbol_mut(symbol);
    of.flags = Flags::EXPORTED;
    of.container = None;
}

fn for_loop<'t>(walk: &mut Walk<'t, '_>, node: Node<'t>) -> ExprIx {
    let variable = node.child_by_field_name("variable");
    if let Some(variable) = variable {
        let symbol = walk.facts.define(Kind::Variable, span(variable), span(variable));
        if walk.facts.scope().0 == 0 {
            walk.facts.symbol_mut(symbol).flags = Flags::EXPORTED;
        }
    }
    walk.inside_but(node, &[variable]);
    ExprIx::UNKNOWN
}
