//! What a name in the text stands for: scopes, modules, types and members, across files.
//!
//! Resolution evaluates the expressions of facts on one snapshot, lazily and with a memo, within
//! bounds on depth and work. It never says more than it knows: every answer has a certainty.

mod ancestors;
mod calls;
mod elements;
mod expected;
mod extensions;
mod generics;
mod guess;
mod includes;
mod linked;
mod members;
mod modules;
mod scopes;
mod space;
mod structural;
mod types;

use std::sync::Arc;

use coderoom_syntax::{
    ExprIx, Flags, Form, Kind, Name, OccurrenceIx, Place, ScopeKind, Spaces, SymbolIx,
};

use self::space::Space;
use super::{
    Map,
    loaded::Loaded,
    view::{Code, Target},
};
use crate::file::FileId;

/// Expressions nest, and lead into other files, no deeper than this.
const MAX_DEPTH: u32 = 60;
/// Bounds on the work for one occurrence.
#[derive(Clone, Copy)]
struct Bounds {
    /// Evaluations.
    steps: u32,
    /// The depth from which on nothing is inferred from what callers pass: inference through calls of
    /// calls costs much and tells little.
    calls_depth: u32,
}

/// Of one answer: bounds on its time, not tuning knobs.
const BOUNDS: Bounds = Bounds { steps: 20_000, calls_depth: 24 };
/// Of each of millions. On Django this finds 0.12 % fewer calls than the bounds of one answer if 128
/// files share what is inferred, and 0.02 % fewer again if each file is on its own.
const BOUNDS_APART: Bounds = Bounds { steps: 1_000, calls_depth: 8 };

/// A guess that leads to more symbols than this is none.
const MOST_GUESSED: usize = 2;

/// How certain it is that an occurrence refers to a symbol.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Only the name is the same, and nothing speaks against it.
    ByName,
    /// Inferred from what usually holds: what callers pass, the only member of that name.
    Likely,
    /// Follows from scopes, imports and types as written.
    Exact,
}

/// What a name leads to.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Found {
    /// A symbol of this snapshot (the first of its declarations).
    Symbol(Target),
    /// A file or directory.
    Module(Arc<Place>),
    /// Something outside of this snapshot: a library, a built-in.
    External,
}

/// What an occurrence stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolution {
    /// Nothing: it is not known. `External` alone: surely nothing of this snapshot.
    pub(crate) found: Vec<Found>,
    /// Whether it rests on a guess.
    pub(crate) guessed: bool,
}

impl Resolution {
    fn sure(found: Vec<Found>) -> Resolution {
        Resolution { found, guessed: false }
    }

    /// How certain the answer is.
    pub(crate) fn certainty(&self) -> Certainty {
        match self.guessed {
            false => Certainty::Exact,
            // A guess between many says little of each.
            true if self.found.len() > MOST_GUESSED => Certainty::ByName,
            true => Certainty::Likely,
        }
    }

    /// The symbols among what was found.
    pub(crate) fn targets(&self) -> impl Iterator<Item = Target> + use<'_> {
        self.found.iter().filter_map(|found| match found {
            Found::Symbol(target) => Some(*target),
            _ => None,
        })
    }
}

/// Type arguments: for each type parameter what it stands for.
pub(crate) type Args = Option<Arc<[Things]>>;

/// One thing that an expression may stand for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Thing {
    /// The symbol itself: a type, a function, a namespace.
    Symbol(Target, Args),
    /// A function found among the members of a receiver, with its own type arguments.
    Bound(Target, Arc<Thing>, Args),
    /// An instance of a type.
    Instance(Target, Args),
    /// The instance that code inside this type belongs to.
    Own(Target),
    /// The type that code inside this type belongs to.
    OwnType(Target),
    /// What this type inherits.
    Super(Target),
    /// A file or directory.
    Module(Arc<Place>),
    /// A list or other container of such things.
    List(Things),
    /// A tuple.
    Tuple(Arc<[Things]>),
    /// Something from outside, with its type arguments; whether `await` unwraps it.
    External(Args, bool),
}

/// What an expression may stand for; none: not known.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Things {
    pub(crate) list: Arc<[Thing]>,
    /// Whether this rests on a guess.
    pub(crate) guessed: bool,
}

impl Things {
    fn one(thing: Thing) -> Things {
        Things { list: Arc::new([thing]), guessed: false }
    }

    fn of(mut list: Vec<Thing>, guessed: bool) -> Things {
        // A union of very many is no knowledge, and would cost at every step.
        const MOST: usize = 24;
        list.sort();
        list.dedup();
        list.truncate(MOST);
        Things { list: list.into(), guessed }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.list.is_empty()
    }

    fn guessed(mut self) -> Things {
        self.guessed = true;
        self
    }
}

/// What resolution has found out on one snapshot.
#[derive(Default)]
pub(crate) struct Memo {
    values: Map<(FileId, ExprIx), Things>,
    resolutions: Map<(FileId, OccurrenceIx), Resolution>,
    modules: Map<(FileId, Name), Arc<[Place]>>,
    ancestors: Map<Target, Arc<types::Ancestors>>,
    aliases: Map<Target, Things>,
    facts: Map<FileId, Option<Arc<Loaded>>>,
    defined: Map<Box<str>, Arc<[Target]>>,
    guesses: Map<Box<str>, Arc<guess::Candidates>>,
    parameters: Map<Target, Things>,
    type_parameters: Map<Target, Arc<[Target]>>,
    includes: Map<FileId, Arc<[FileId]>>,
    seen: Map<FileId, includes::Seen>,
    /// How many files these are together.
    seen_files: usize,
}

/// Results that are not whole, since they met something that is still under way, each with the depth
/// at which that waits. They hold for one answer only; without them, a cycle of expressions would
/// be walked through along every path.
#[derive(Default)]
struct Partial {
    values: Map<(FileId, ExprIx), (Things, u32)>,
    resolutions: Map<(FileId, OccurrenceIx), (Resolution, u32)>,
    aliases: Map<Target, (Things, u32)>,
    ancestors: Map<Target, (Arc<types::Ancestors>, u32)>,
}

impl Partial {
    /// Forgets everything. Clearing a table costs what it once held, so large ones are let go: there
    /// may be thousands of small answers to come.
    fn clear(&mut self) {
        const LARGE: usize = 256;
        let Partial { values, resolutions, aliases, ancestors } = self;
        if values.capacity().max(resolutions.capacity()) > LARGE {
            *self = Partial::default();
            return;
        }
        values.clear();
        resolutions.clear();
        aliases.clear();
        ancestors.clear();
    }
}

/// How much a memo may hold before it starts anew.
const MAX_MEMO: usize = 2_000_000;
/// Unpacked facts that a memo may hold on to.
const MAX_HELD: usize = 4_096;

/// Resolves names of one snapshot.
pub(crate) struct Resolver<'c> {
    pub(crate) code: &'c Code,
    memo: Memo,
    partial: Partial,
    /// Evaluations under way, with their depth.
    active: Map<(FileId, ExprIx), u32>,
    active_occurrences: Map<(FileId, OccurrenceIx), u32>,
    active_aliases: Map<Target, u32>,
    /// What is looked for at the moment.
    space: Space,
    depth: u32,
    steps: u32,
    /// The least depth that something under way was found waiting at: results above it are not
    /// whole and not kept.
    waits_on: u32,
    /// What it finds out is its own: it is one of several that work at once.
    apart: bool,
    bounds: Bounds,
}

impl<'c> Resolver<'c> {
    /// A resolver for work on many files beside others: what it finds out is not handed on.
    pub(crate) fn apart(code: &'c Code) -> Resolver<'c> {
        Resolver::with_memo(code, Memo::default(), true)
    }

    /// Forgets what it has inferred, which bounds may have cut, and keeps what is written: so what it
    /// says from here on does not depend on what it was asked before. One that hands on what it finds
    /// out keeps all.
    pub(crate) fn forget(&mut self) {
        if !self.apart {
            return;
        }
        self.steps = 0;
        self.waits_on = u32::MAX;
        self.partial.clear();
        let memo = std::mem::take(&mut self.memo);
        let Memo { modules, facts, defined, .. } = memo;
        self.memo = Memo { modules, facts, defined, ..Memo::default() };
    }

    /// A resolver that goes on with what earlier ones found out.
    pub(crate) fn new(code: &'c Code) -> Resolver<'c> {
        let mut memo = code.take_memo();
        if memo.values.len() + memo.resolutions.len() > MAX_MEMO {
            memo = Memo::default();
        }
        Resolver::with_memo(code, memo, false)
    }

    fn with_memo(code: &'c Code, memo: Memo, apart: bool) -> Resolver<'c> {
        Resolver {
            code,
            memo,
            partial: Partial::default(),
            active: Map::default(),
            active_occurrences: Map::default(),
            active_aliases: Map::default(),
            space: Space::Any,
            depth: 0,
            steps: 0,
            waits_on: u32::MAX,
            apart,
            bounds: if apart { BOUNDS_APART } else { BOUNDS },
        }
    }

    /// The facts of a file.
    pub(crate) fn facts(&mut self, file: FileId) -> Option<Arc<Loaded>> {
        if let Some(facts) = self.memo.facts.get(&file) {
            return facts.clone();
        }
        if self.memo.facts.len() >= MAX_HELD {
            self.memo.facts.clear();
        }
        let facts = self.code.facts(file);
        self.memo.facts.insert(file, facts.clone());
        facts
    }

    /// Starts counting anew, unless something is under way.
    fn begin(&mut self) {
        if self.depth == 0 {
            self.steps = 0;
            self.waits_on = u32::MAX;
            self.partial.clear();
        }
    }

    /// What an occurrence stands for.
    pub(crate) fn resolve(&mut self, file: FileId, ix: OccurrenceIx) -> Resolution {
        self.begin();
        let key = (file, ix);
        if let Some(known) = self.memo.resolutions.get(&key) {
            return known.clone();
        }
        if let Some((known, waits_on)) = self.partial.resolutions.get(&key) {
            self.waits_on = self.waits_on.min(*waits_on);
            return known.clone();
        }
        if let Some(depth) = self.active_occurrences.get(&key) {
            self.waits_on = self.waits_on.min(*depth);
            return Resolution::default();
        }
        let Some(facts) = self.facts(file) else { return Resolution::default() };
        if !self.enter() {
            return Resolution::default();
        }
        self.active_occurrences.insert(key, self.depth);
        let outer = std::mem::replace(&mut self.waits_on, u32::MAX);
        let space = std::mem::replace(&mut self.space, Space::Any);
        let mut resolution = self.resolve_form(file, &facts, ix);
        self.space = space;
        resolution.found.sort();
        resolution.found.dedup();
        if resolution.found.len() > 1 {
            // What is outside says nothing beside what is here.
            resolution.found.retain(|found| *found != Found::External);
        }
        self.active_occurrences.remove(&key);
        if self.waits_on >= self.depth {
            self.memo.resolutions.insert(key, resolution.clone());
            self.waits_on = outer;
        } else {
            self.partial.resolutions.insert(key, (resolution.clone(), self.waits_on));
            self.waits_on = self.waits_on.min(outer);
        }
        self.leave();
        resolution
    }

    fn resolve_form(&mut self, file: FileId, facts: &Loaded, ix: OccurrenceIx) -> Resolution {
        let occurrence = *facts.facts.occurrence(ix);
        match occurrence.form {
            Form::Definition(symbol) if facts.is_apart(symbol) => {
                let target = Target { file, symbol: facts.head(symbol) };
                Resolution::sure(vec![Found::Symbol(target)])
            }
            Form::Definition(symbol) => {
                Resolution::sure(self.follow(Target { file, symbol: facts.head(symbol) }))
            }
            Form::Bare | Form::Tag if facts.rules().includes => {
                self.in_unit(file, facts, &occurrence)
            }
            Form::Bare => {
                let scope = facts.scope_at(occurrence.start);
                self.space = Space::of(&occurrence, facts.rules());
                let found = self.bare(file, facts, scope, occurrence.start, occurrence.name);
                Resolution::sure(self.narrowed_to(found))
            }
            Form::Macro => self.macro_named(file, facts, &occurrence),
            Form::Member(of) => {
                let things = self.value(file, of);
                let name = facts.facts.name(occurrence.name);
                self.space = Space::of(&occurrence, facts.rules());
                let members = self.members(&things, name, facts.facts.language);
                if members.known && !(things.guessed && members.only_external()) {
                    let found = members.hits.into_iter().map(|hit| hit.found).collect();
                    let found = self.narrowed_to(found);
                    return Resolution { found, guessed: things.guessed || members.guessed };
                }
                self.guess(facts, of, name)
            }
            Form::Label(of) => {
                let things = self.value(file, of);
                let name = facts.facts.name(occurrence.name);
                if facts.rules().spaces == Spaces::Uses {
                    self.space = Space::Fields;
                }
                let mut found = self.label(&things, name);
                if found.is_empty() && !things.is_unknown() && facts.rules().expression_keys {
                    let scope = facts.scope_at(occurrence.start);
                    found = self.bare(file, facts, scope, occurrence.start, occurrence.name);
                }
                Resolution { found, guessed: things.guessed }
            }
            Form::Tag | Form::Loose => Resolution::default(),
        }
    }

    /// The symbols that a member stands for that is not written anywhere.
    pub(crate) fn member_of(&mut self, file: FileId, of: ExprIx, name: Name) -> Vec<Target> {
        let Some(facts) = self.facts(file) else { return Vec::new() };
        let things = self.value(file, of);
        let members = self.members(&things, facts.facts.name(name), facts.facts.language);
        let found = members.hits.into_iter().filter_map(|hit| match hit.found {
            Found::Symbol(target) => Some(target),
            _ => None,
        });
        found.collect()
    }

    /// What is declared where an occurrence takes a member of something unknown:
    /// `const { name } = ...`.
    pub(crate) fn declared_at(&mut self, file: FileId, ix: OccurrenceIx) -> Option<Target> {
        let facts = self.facts(file)?;
        let occurrence = *facts.facts.occurrence(ix);
        let mut named = facts.named(occurrence.name);
        let symbol = named.find(|it| facts.facts.symbol(*it).at.start == occurrence.start)?;
        Some(Target { file, symbol: facts.head(symbol) })
    }

    /// Where an alias leads; anything else is what it is.
    pub(crate) fn follow(&mut self, target: Target) -> Vec<Found> {
        let Some(facts) = self.facts(target.file) else { return Vec::new() };
        let mut found = Vec::new();
        for ix in facts.namesakes(target.symbol) {
            let symbol = facts.facts.symbol(ix);
            let is_file = symbol.kind == Kind::Module && symbol.value.is_known();
            if symbol.kind != Kind::Alias && !is_file {
                let target = Target { file: target.file, symbol: facts.head(ix) };
                found.extend(self.leads_to(target).into_iter().map(Found::Symbol));
                continue;
            }
            let value = symbol.value;
            let leads = self.aliased(target.file, &facts, value);
            if is_file && leads == [Found::External] {
                // A module whose file is not here is still declared.
                found.push(Found::Symbol(Target { file: target.file, symbol: facts.head(ix) }));
                continue;
            }
            found.extend(leads);
        }
        found.sort();
        found.dedup();
        found
    }

    /// What an alias's expression names: not its value, but the symbol itself.
    fn aliased(&mut self, file: FileId, facts: &Loaded, value: ExprIx) -> Vec<Found> {
        use coderoom_syntax::Expr;
        if !self.enter() {
            return Vec::new();
        }
        let found = match facts.facts.expr(value) {
            Expr::Occurrence(ix) => self.resolve(file, *ix).found,
            Expr::Module(name) => {
                let places = self.places(file, facts, *name);
                match places.first() {
                    None => vec![Found::External],
                    Some(place) => vec![Found::Module(Arc::new(place.clone()))],
                }
            }
            Expr::Member(of, name) => {
                let things = self.value(file, *of);
                let name = facts.facts.name(*name);
                let members = self.members(&things, name, facts.facts.language);
                members.hits.into_iter().map(|hit| hit.found).collect()
            }
            Expr::Named(scope, name) => {
                let at = facts.facts.scope(*scope).span.end;
                self.bare(file, facts, *scope, at, *name)
            }
            Expr::Either(parts) => {
                let parts = parts.clone();
                parts.into_iter().flat_map(|part| self.aliased(file, facts, part)).collect()
            }
            _ => {
                let things = self.value(file, value);
                let symbols = things.list.iter().filter_map(|thing| match thing {
                    Thing::Symbol(target, _) | Thing::Bound(target, ..) => {
                        Some(Found::Symbol(*target))
                    }
                    Thing::Module(place) => Some(Found::Module(Arc::clone(place))),
                    Thing::External(..) => Some(Found::External),
                    _ => None,
                });
                symbols.collect()
            }
        };
        self.leave();
        found
    }

    /// Goes one level deeper, if there is room.
    fn enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH || self.steps >= self.bounds.steps {
            // What is cut off here is not whole anywhere above.
            self.waits_on = 0;
            return false;
        }
        self.depth += 1;
        self.steps += 1;
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The symbol, with its file's facts.
    pub(crate) fn with<T>(
        &mut self,
        target: Target,
        read: impl FnOnce(&coderoom_syntax::Symbol, &Loaded) -> T,
    ) -> Option<T> {
        let facts = self.facts(target.file)?;
        Some(read(facts.facts.symbols.get(target.symbol.0 as usize)?, &facts))
    }

    pub(crate) fn kind(&mut self, target: Target) -> Option<Kind> {
        self.with(target, |symbol, _| symbol.kind)
    }

    /// The type, function or module that a symbol stands in.
    pub(crate) fn container(&mut self, target: Target) -> Option<Target> {
        let file = target.file;
        self.with(target, |symbol, facts| {
            symbol.container.map(|ix| Target { file, symbol: facts.head(ix) })
        })?
    }

    /// Symbols of this name that other files can see or that belong to types, first declarations
    /// only.
    pub(crate) fn defined(&mut self, name: &str) -> Arc<[Target]> {
        if let Some(known) = self.memo.defined.get(name) {
            return Arc::clone(known);
        }
        let mut targets: Vec<Target> = self
            .code
            .defined(name)
            .into_iter()
            .map(|(target, facts)| Target { symbol: facts.head(target.symbol), ..target })
            .collect();
        targets.sort_unstable();
        targets.dedup();
        let targets: Arc<[Target]> = targets.into();
        self.memo.defined.insert(name.into(), Arc::clone(&targets));
        targets
    }

    /// Symbols linked by this name across files (C functions and globals).
    pub(crate) fn linked(&mut self, name: &str) -> Vec<Target> {
        let all = self.defined(name);
        let is_linked = |resolver: &mut Self, target: Target| {
            resolver.with(target, |symbol, _| symbol.flags.has(Flags::LINKED)) == Some(true)
        };
        all.iter().copied().filter(|target| is_linked(self, *target)).collect()
    }

    /// A member of this name among those declared in a symbol's body; functions' bodies have members
    /// only for those who ask for parameters.
    pub(crate) fn declared_in(
        &mut self,
        target: Target,
        name: &str,
        in_functions: bool,
        wanted: impl Fn(&coderoom_syntax::Symbol) -> bool,
    ) -> Option<Target> {
        let facts = self.facts(target.file)?;
        let local = facts.name(name)?;
        for part in facts.group(target.symbol) {
            let Some(body) = facts.facts.symbol(part).body else { continue };
            if !in_functions && facts.facts.scope(body).kind == ScopeKind::Function {
                continue;
            }
            let found =
                facts.declared(body, local).find(|ix: &SymbolIx| wanted(facts.facts.symbol(*ix)));
            if let Some(ix) = found {
                return Some(Target { file: target.file, symbol: facts.head(ix) });
            }
        }
        None
    }
}

impl Drop for Resolver<'_> {
    fn drop(&mut self) {
        if !self.apart {
            self.code.return_memo(std::mem::take(&mut self.memo));
        }
    }
}
