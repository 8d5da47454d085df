//! Symbols that nothing names.

use coderoom_syntax::{Flags, Form, Kind, Role, SymbolIx, Visibility};

use super::{
    ask::{AskError, AskLimits},
    subject::Subject,
    symbol::{Pages, SymbolInfo},
    symbols::{CodeScope, Within, visible_heads},
    uses::uses,
};
use crate::code::{
    Certainty, Code,
    loaded::Loaded,
    resolve::{Found, Resolver},
    view::Target,
};

/// A name in more files than this is taken for used: telling its uses apart costs too much.
const MAX_FILES: usize = 60;
/// A symbol that seems to be unused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The symbol.
    pub symbol: SymbolInfo,
    /// `Exact`: its name stands nowhere else. `Likely`: wherever its name stands, something else is
    /// meant, or its type inherits from one that is not here and may call it.
    pub certainty: Certainty,
}

/// Symbols that seem to be unused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnusedSymbols {
    /// In path order, then in the order of the text.
    pub unused: Vec<Unused>,
    /// How many were found; all there are unless the work was ended.
    pub total: usize,
    /// Symbols that were looked at.
    pub examined: usize,
    /// The work was ended before all were looked at.
    pub cut: bool,
}

impl Code {
    /// Symbols without any reference, down to those by name only. Left out: imports, parameters and
    /// locals; tests, `main`, names like `__x__` and `_`; what a decorator or attribute may call;
    /// what the file lists as offered, and in languages that say who may use a symbol, what everybody
    /// may (unless `public`); methods that override others.
    ///
    /// # Errors
    /// If the scope is not understood.
    pub fn unused(
        &self,
        scope: &CodeScope,
        public: bool,
        limits: &AskLimits<'_>,
    ) -> Result<UnusedSymbols, AskError> {
        let within = Within::new(scope)?;
        let mut resolver = Resolver::new(self);
        let mut pages = Pages::new(self);
        let mut answer = UnusedSymbols::default();
        for file in self.sources() {
            if !within.has_file(file) {
                continue;
            }
            let Some(facts) = resolver.facts(file.id) else { continue };
            if !within.has_language(facts.facts.language) {
                continue;
            }
            for symbol in visible_heads(&facts) {
                if (limits.stop)() {
                    answer.cut = true;
                    return Ok(answer);
                }
                let target = Target { file: file.id, symbol };
                if !is_candidate(&facts, symbol, &within, public) {
                    continue;
                }
                answer.examined += 1;
                let Some(certainty) = unused_for(&mut resolver, &facts, target, limits) else {
                    continue;
                };
                answer.total += 1;
                if answer.total > limits.offset && answer.unused.len() < limits.limit {
                    let symbol = pages.symbol_of(&facts, target);
                    answer.unused.extend(symbol.map(|symbol| Unused { symbol, certainty }));
                }
            }
        }
        Ok(answer)
    }
}

fn is_candidate(facts: &Loaded, ix: SymbolIx, within: &Within, public: bool) -> bool {
    let symbol = facts.facts.symbol(ix);
    let name = facts.facts.name(symbol.name);
    let kind =
        !matches!(symbol.kind, Kind::Module | Kind::Section | Kind::Constructor | Kind::Macro);
    let spared = Flags::TEST.with(Flags::REACHED).with(Flags::LINKED).with(Flags::DEFAULT);
    let special = name == "main"
        || name.chars().all(|c| c == '_')
        || (name.starts_with("__") && name.ends_with("__"));
    let offered = facts.facts.offers.as_ref().is_some_and(|names| names.contains(&symbol.name));
    let explicit = facts.rules().interfaces;
    let interface = offered || (explicit && symbol.visibility == Visibility::Public);
    kind && within.has_kind(symbol.kind)
        && !symbol.flags.has(spared)
        && !special
        && !is_test(name, facts, ix)
        && (public || !interface)
}

/// Whether a test runner finds it by its name.
fn is_test(name: &str, facts: &Loaded, ix: SymbolIx) -> bool {
    let by_name = |name: &str| name.starts_with("test") || name.starts_with("Test");
    let outer = facts.facts.symbol(ix).container.map(|ix| facts.facts.symbol(ix));
    by_name(name) || outer.is_some_and(|outer| outer.flags.has(Flags::TEST))
}

/// How certain it is that a symbol is unused, if it is.
fn unused_for(
    resolver: &mut Resolver<'_>,
    facts: &Loaded,
    target: Target,
    limits: &AskLimits<'_>,
) -> Option<Certainty> {
    let name = facts.facts.name(facts.facts.symbol(target.symbol).name).to_owned();
    let foreign = overrides(resolver, target, &name)?;
    let files = resolver.code.files_with(&name, false);
    if files.len() > MAX_FILES {
        return None;
    }
    let mut named = false;
    for file in files {
        let Some(other) = resolver.facts(file) else { continue };
        let Some(local) = other.name(&name) else { continue };
        named |= other.uses(local).iter().any(|ix| {
            let it = other.facts.occurrence(*ix);
            it.role != Role::Definition || !matches!(it.form, Form::Definition(_))
        });
        if named {
            break;
        }
    }
    if named {
        let subject = Subject { found: vec![Found::Symbol(target)], ..Subject::default() };
        let (all, cut) = uses(resolver, &subject, limits.stop);
        if cut || all.iter().any(|it| it.role != Role::Definition) {
            return None;
        }
    }
    Some(if named || foreign { Certainty::Likely } else { Certainty::Exact })
}

/// Whether a member's type inherits from something foreign that may call it; `None` if it overrides
/// a member of a type of the workspace, so that calls of that one reach it.
fn overrides(resolver: &mut Resolver<'_>, target: Target, name: &str) -> Option<bool> {
    if !resolver.is_member(target) {
        return Some(false);
    }
    let attached = resolver.attached_to(target);
    let owners = if attached.is_empty() {
        resolver.container(target).into_iter().collect()
    } else {
        attached
    };
    let mut foreign = false;
    for owner in owners {
        let ancestors = resolver.ancestors(owner);
        foreign |= ancestors.external;
        for (base, _) in ancestors.list.iter().skip(1) {
            if resolver.declared_in(*base, name, false, |_| true).is_some() {
                return None;
            }
        }
    }
    Some(foreign)
}
