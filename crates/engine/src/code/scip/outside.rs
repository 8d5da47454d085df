//! Names of what is not in the snapshot: `os.path` after `import os`.
//!
//! Only imports say what something outside is called; members of values of outside types have no
//! name that we know.

use coderoom_syntax::{Expr, ExprIx, Form, Kind, Name, OccurrenceIx, ScopeIx};

use crate::{
    code::{
        Code,
        descriptor::{Descriptor, Suffix, SymbolName},
        loaded::Loaded,
        naming::{SCHEME, manager},
    },
    file::FileId,
};

/// Imports of imports go no further than this.
const MAX_STEPS: u32 = 16;

/// The symbol string of what an occurrence outside of the snapshot names, and its last part.
pub(super) fn outside(
    code: &Code,
    file: FileId,
    facts: &Loaded,
    ix: OccurrenceIx,
) -> Option<(String, String)> {
    let descriptors = of_occurrence(facts, ix, MAX_STEPS)?;
    // What a module of the workspace hands on from outside has its own name elsewhere.
    let module = &descriptors.first()?.name;
    if !code.module_places(file, facts, module).is_empty() {
        return None;
    }
    let display = descriptors.last()?.name.clone();
    let symbol = SymbolName::Global {
        scheme: SCHEME.to_owned(),
        manager: manager(facts.facts.language.plugin().name()).to_owned(),
        package: String::new(),
        version: String::new(),
        descriptors,
    };
    Some((symbol.to_string(), display))
}

fn of_occurrence(facts: &Loaded, ix: OccurrenceIx, steps: u32) -> Option<Vec<Descriptor>> {
    let steps = steps.checked_sub(1)?;
    let occurrence = facts.facts.occurrence(ix);
    match occurrence.form {
        Form::Bare => of_name(facts, facts.scope_at(occurrence.start), occurrence.name, steps),
        Form::Member(of) => member(facts, of, occurrence.name, steps),
        Form::Definition(symbol) => {
            let symbol = facts.facts.symbol(symbol);
            if symbol.kind == Kind::Alias { of_expr(facts, symbol.value, steps) } else { None }
        }
        Form::Label(_) | Form::Macro | Form::Tag | Form::Loose => None,
    }
}

fn of_expr(facts: &Loaded, expr: ExprIx, steps: u32) -> Option<Vec<Descriptor>> {
    let steps = steps.checked_sub(1)?;
    match facts.facts.expr(expr) {
        Expr::Occurrence(ix) => of_occurrence(facts, *ix, steps),
        Expr::Named(scope, name) => of_name(facts, *scope, *name, steps),
        Expr::Member(of, name) => member(facts, *of, *name, steps),
        Expr::Module(name) => {
            let name = facts.facts.name(*name);
            // A relative name that leads nowhere is no library.
            let known = !name.is_empty() && !name.starts_with('.');
            known.then(|| vec![Descriptor::new(name, Suffix::Namespace)])
        }
        _ => None,
    }
}

fn member(facts: &Loaded, of: ExprIx, name: Name, steps: u32) -> Option<Vec<Descriptor>> {
    let mut path = of_expr(facts, of, steps)?;
    path.push(Descriptor::new(facts.facts.name(name), Suffix::Term));
    Some(path)
}

/// What the innermost declaration of a name imports.
fn of_name(facts: &Loaded, mut scope: ScopeIx, name: Name, steps: u32) -> Option<Vec<Descriptor>> {
    loop {
        if let Some(ix) = facts.declared(scope, name).next() {
            let symbol = facts.facts.symbol(ix);
            let alias = symbol.kind == Kind::Alias;
            return if alias { of_expr(facts, symbol.value, steps) } else { None };
        }
        if scope.0 == 0 {
            return None;
        }
        scope = facts.facts.scope(scope).parent;
    }
}
