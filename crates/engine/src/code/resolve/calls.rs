//! What callers pass: the types of parameters that declare none.

use coderoom_syntax::{ExprIx, Flags, Kind, SymbolIx};

use super::{Resolver, Target, Things, types::union};
use crate::file::FileId;

/// A function named in more files than this is too common to look at every call.
const MAX_FILES: usize = 40;
/// Calls that are looked at.
const MAX_CALLS: usize = 60;

impl Resolver<'_> {
    /// What is passed for a parameter, by those who call its function by its name.
    pub(super) fn passed(&mut self, parameter: Target) -> Things {
        if let Some(known) = self.memo.parameters.get(&parameter) {
            return known.clone();
        }
        if self.depth > self.bounds.calls_depth || !self.enter() {
            self.waits_on = 0;
            return Things::default();
        }
        let outer = std::mem::replace(&mut self.waits_on, u32::MAX);
        let things = self.passed_now(parameter);
        self.leave();
        if self.waits_on == u32::MAX {
            self.memo.parameters.insert(parameter, things.clone());
        }
        self.waits_on = self.waits_on.min(outer);
        things
    }

    fn passed_now(&mut self, parameter: Target) -> Things {
        let Some(facts) = self.facts(parameter.file) else { return Things::default() };
        let symbol = facts.facts.symbol(parameter.symbol);
        let name = facts.facts.name(symbol.name).to_owned();
        let Some(function) = symbol.container else { return Things::default() };
        let function_symbol = facts.facts.symbol(function);
        if !function_symbol.kind.is_callable() {
            return Things::default();
        }
        let mut parameters: Vec<_> = function_symbol
            .body
            .into_iter()
            .flat_map(|body| facts.all_declared(body))
            .filter(|ix| facts.facts.symbol(*ix).kind == Kind::Parameter)
            .collect();
        parameters.sort_by_key(|ix| facts.facts.symbol(*ix).at.start);
        let Some(place) = parameters.iter().position(|ix| *ix == parameter.symbol) else {
            return Things::default();
        };
        let variadic = |ix: &SymbolIx| facts.facts.symbol(*ix).flags.has(Flags::VARIADIC);
        if variadic(&parameter.symbol) {
            // It holds what is passed, and is not that.
            return Things::default();
        }
        // Behind one that takes the rest, only names tell.
        let place = Some(place).filter(|place| !parameters[..*place].iter().any(variadic));
        let function = Target { file: parameter.file, symbol: facts.head(function) };
        let is_method = self.is_member(function);
        let constructor = function_symbol.kind == Kind::Constructor;
        if facts.facts.name(function_symbol.name).is_empty() {
            return Things::default();
        }
        let called = if constructor {
            let owner = self.container(function);
            owner.and_then(|owner| {
                self.with(owner, |symbol, facts| facts.facts.name(symbol.name).to_owned())
            })
        } else {
            Some(facts.facts.name(function_symbol.name).to_owned())
        };
        let Some(called) = called else { return Things::default() };
        let this = usize::from(is_method && self.has_receiver(function));
        let place = place.and_then(|place| place.checked_sub(this));
        let wanted = if constructor { self.container(function) } else { Some(function) };
        let files = self.code.files_with(&called, false);
        if files.len() > MAX_FILES {
            return Things::default();
        }
        let mut parts = Vec::new();
        for file in files {
            for argument in self.arguments(file, &called, wanted, place, &name) {
                parts.push(self.value(file, argument));
            }
            if parts.len() > MAX_CALLS {
                break;
            }
        }
        union(&parts)
    }

    /// Whether the function's first parameter is its receiver (Python).
    fn has_receiver(&mut self, function: Target) -> bool {
        self.with(function, |symbol, facts| {
            facts.facts.language.plugin().name() == "python" && !symbol.flags.has(Flags::STATIC)
        }) == Some(true)
    }

    /// The arguments given for a parameter in one file's calls of a function.
    fn arguments(
        &mut self,
        file: FileId,
        called: &str,
        wanted: Option<Target>,
        place: Option<usize>,
        parameter: &str,
    ) -> Vec<ExprIx> {
        let Some(facts) = self.facts(file) else { return Vec::new() };
        let Some(name) = facts.name(called) else { return Vec::new() };
        let mut found = Vec::new();
        for call in facts.calls_of(name) {
            let argument = call
                .keywords
                .iter()
                .find(|(name, _)| facts.facts.name(*name) == parameter)
                .map(|(_, value)| *value)
                .or_else(|| call.args.get(place?).copied());
            let Some(argument) = argument.filter(|it| it.is_known()) else { continue };
            let resolution = self.resolve(file, call.callee);
            if resolution.targets().any(|target| Some(target) == wanted) {
                found.push(argument);
            }
        }
        found
    }
}
