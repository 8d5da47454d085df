//! What other files can see of a file's declarations, name by name, without places: if this is the
//! same before and after an edit, names in other files still stand for the same things.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, Hash, Hasher},
};

use coderoom_syntax::{Expr, ExprIx, Facts, Flags, Form, Kind, Name, ScopeIx, Symbol, SymbolIx};

use crate::code::{Loaded, container};

/// How deep expressions are followed.
const MAX_DEPTH: u32 = 40;
/// Expressions that are read for one symbol: a bound on time; what lies behind counts as unchanged.
const MAX_STEPS: u32 = 20_000;

/// What is declared under one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Declared {
    /// Of all declarations together, in the order in which they stand.
    hash: u64,
    /// The same of what decides which declarations a name in a document means: where they stand, and
    /// what they are. Of types, and of names that stand for others, all of it.
    meant: u64,
}

/// The declarations of a file by name. The empty name is the file: what it offers and hands on.
pub(super) fn interface(facts: &Loaded) -> BTreeMap<Box<str>, Declared> {
    let mut found: BTreeMap<Box<str>, Declared> = BTreeMap::new();
    for (ix, symbol) in (0..).map(SymbolIx).zip(&facts.facts.symbols) {
        let inner = matches!(symbol.kind, Kind::Parameter | Kind::TypeParameter);
        if symbol.flags.has(Flags::LOCAL) || inner {
            continue;
        }
        let mut reader = Reader::new(facts);
        container(facts, ix).hash(&mut reader.hasher);
        (symbol.kind as u8).hash(&mut reader.hasher);
        let stands = reader.hasher.finish();
        reader.symbol(symbol);
        let members = symbol.body.filter(|_| symbol.kind.is_callable());
        for inner in members.into_iter().flat_map(|body| facts.all_declared(body)) {
            let inner = facts.facts.symbol(inner);
            if matches!(inner.kind, Kind::Parameter | Kind::TypeParameter) {
                facts.facts.name(inner.name).hash(&mut reader.hasher);
                reader.symbol(inner);
            }
        }
        let entry = found.entry(facts.facts.name(symbol.name).into()).or_default();
        // In their order: which of two is meant can depend on which is first.
        let all = reader.hasher.finish();
        let is_whole = symbol.kind.is_type() || matches!(symbol.kind, Kind::Alias | Kind::Module);
        let is_whole = is_whole || symbol.kind == Kind::Impl || symbol.attached.is_known();
        let behind = |before: u64, it: u64| before.rotate_left(5).wrapping_add(it);
        entry.hash = behind(entry.hash, all);
        entry.meant = behind(entry.meant, if is_whole { all } else { stands });
    }
    let mut reader = Reader::new(facts);
    for scope in &facts.facts.scopes {
        for wildcard in &scope.wildcards {
            reader.expr(*wildcard, 0);
        }
    }
    if let Some(offers) = &facts.facts.offers {
        for name in offers {
            facts.facts.name(*name).hash(&mut reader.hasher);
        }
    }
    let entry = found.entry(Box::default()).or_default();
    entry.hash = reader.hasher.finish();
    entry.meant = entry.hash;
    found
}

/// What is passed to whom: by the name of what is called, a hash of all arguments. Parameters without
/// a type are known by what callers pass.
pub(super) fn passed(facts: &Loaded) -> BTreeMap<Box<str>, u64> {
    let mut found: BTreeMap<Box<str>, u64> = BTreeMap::new();
    for call in &facts.facts.calls {
        let mut reader = Reader::new(facts);
        let callee = facts.facts.occurrence(call.callee);
        match callee.form {
            Form::Member(of) => reader.expr(of, 0),
            // It may mean something in the function that calls it.
            _ => reader.name(callee.name, 0),
        }
        for argument in &call.args {
            reader.expr(*argument, 0);
        }
        for (name, value) in &call.keywords {
            facts.facts.name(*name).hash(&mut reader.hasher);
            reader.expr(*value, 0);
        }
        let entry = found.entry(facts.facts.name(callee.name).into()).or_default();
        *entry = entry.wrapping_add(reader.hasher.finish());
    }
    found
}

/// The names at which two files differ.
pub(super) fn differing<V: PartialEq>(
    before: &BTreeMap<Box<str>, V>,
    now: &BTreeMap<Box<str>, V>,
) -> BTreeSet<Box<str>> {
    let gone = before.iter().filter(|(name, it)| now.get(*name) != Some(it));
    let new = now.keys().filter(|name| !before.contains_key(*name));
    gone.map(|(name, _)| name).chain(new).cloned().collect()
}

/// The names for which documents have to be looked at again.
pub(super) fn meant_differently(
    before: &BTreeMap<Box<str>, Declared>,
    now: &BTreeMap<Box<str>, Declared>,
) -> BTreeSet<Box<str>> {
    let meant = |all: &BTreeMap<Box<str>, Declared>| {
        all.iter().map(|(name, it)| (name.clone(), it.meant)).collect::<BTreeMap<_, _>>()
    };
    differing(&meant(before), &meant(now))
}

/// Reads expressions without places, through what is local to functions.
struct Reader<'f> {
    loaded: &'f Loaded,
    facts: &'f Facts,
    hasher: foldhash::fast::FoldHasher<'static>,
    seen: BTreeSet<SymbolIx>,
    /// Names of which conditions were read.
    narrowed: BTreeSet<Name>,
    steps: u32,
}

impl<'f> Reader<'f> {
    fn new(loaded: &'f Loaded) -> Reader<'f> {
        let hasher = foldhash::fast::FixedState::with_seed(0).build_hasher();
        let facts = &loaded.facts;
        let (seen, narrowed) = (BTreeSet::new(), BTreeSet::new());
        Reader { loaded, facts, hasher, seen, narrowed, steps: 0 }
    }

    fn symbol(&mut self, symbol: &Symbol) {
        (symbol.kind as u8, symbol.flags.0, symbol.visibility as u8).hash(&mut self.hasher);
        self.expr(symbol.ty, 0);
        self.expr(symbol.value, 0);
        self.expr(symbol.attached, 0);
        for base in &symbol.bases {
            self.expr(*base, 0);
        }
    }

    /// A name that is looked up: what is local to functions is what it is set to.
    fn name(&mut self, name: Name, depth: u32) {
        self.facts.name(name).hash(&mut self.hasher);
        let mut is_local = false;
        for ix in self.loaded.named(name) {
            let symbol = self.facts.symbol(ix);
            let local = symbol.flags.has(Flags::LOCAL) || symbol.kind == Kind::Parameter;
            is_local |= local;
            if local && self.seen.insert(ix) {
                self.inside(symbol);
                (symbol.kind as u8).hash(&mut self.hasher);
                self.local(symbol, depth + 1);
            }
        }
        if is_local && self.narrowed.insert(name) {
            self.narrowings(name, depth);
        }
    }

    /// What a local name stands in.
    fn inside(&mut self, symbol: &Symbol) {
        let facts = self.facts;
        let around = std::iter::successors(symbol.container, |ix| facts.symbol(*ix).container);
        for outer in around.take(MAX_DEPTH as usize) {
            facts.name(facts.symbol(outer).name).hash(&mut self.hasher);
        }
    }

    /// What conditions say of a name.
    fn narrowings(&mut self, name: Name, depth: u32) {
        // In the order of the text.
        let uses = self.loaded.uses(name);
        let before = |at: u32| uses.partition_point(|ix| self.facts.occurrence(*ix).start < at);
        let facts = self.facts;
        for narrowing in facts.narrowings.iter().filter(|it| it.name == name) {
            // How many uses it holds for, since places do not count.
            let inside = before(narrowing.range.end).saturating_sub(before(narrowing.range.start));
            inside.hash(&mut self.hasher);
            self.expr(narrowing.ty, depth + 1);
        }
    }

    /// What is known of a name inside of a function; of a type, what it inherits and its members.
    fn local(&mut self, symbol: &Symbol, depth: u32) {
        self.expr(symbol.ty, depth);
        self.expr(symbol.value, depth);
        for base in &symbol.bases {
            self.expr(*base, depth);
        }
        let body = symbol.body.filter(|_| symbol.kind.is_type());
        for member in body.into_iter().flat_map(|body| self.loaded.all_declared(body)) {
            let member = self.facts.symbol(member);
            self.facts.name(member.name).hash(&mut self.hasher);
            self.steps += 1;
            if depth < MAX_DEPTH && self.steps < MAX_STEPS {
                self.expr(member.ty, depth + 1);
                self.expr(member.value, depth + 1);
            }
        }
    }

    fn scope(&mut self, scope: ScopeIx) {
        let owner = self.facts.scope(scope).owner;
        let name = owner.map(|owner| self.facts.name(self.facts.symbol(owner).name));
        name.hash(&mut self.hasher);
    }

    fn expr(&mut self, ix: ExprIx, depth: u32) {
        let expr = self.facts.expr(ix);
        std::mem::discriminant(expr).hash(&mut self.hasher);
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return;
        }
        let deeper = depth + 1;
        match expr {
            Expr::Unknown => {}
            Expr::Occurrence(at) => {
                let it = *self.facts.occurrence(*at);
                std::mem::discriminant(&it.form).hash(&mut self.hasher);
                if let Form::Member(of) | Form::Label(of) = it.form {
                    self.expr(of, deeper);
                }
                self.name(it.name, deeper);
            }
            Expr::Named(scope, name) => {
                self.scope(*scope);
                self.name(*name, deeper);
            }
            Expr::Member(of, name) => {
                self.expr(*of, deeper);
                self.name(*name, deeper);
            }
            Expr::Call(of)
            | Expr::Instance(of)
            | Expr::TypeOf(of)
            | Expr::Element(of)
            | Expr::Each(of)
            | Expr::Await(of)
            | Expr::List(of)
            | Expr::Guard(of) => self.expr(*of, deeper),
            Expr::Slot(of, n) | Expr::Parameter(of, n) => {
                n.hash(&mut self.hasher);
                self.expr(*of, deeper);
            }
            Expr::CallbackParameter(of, n, m) => {
                (n, m).hash(&mut self.hasher);
                self.expr(*of, deeper);
            }
            Expr::Generic(of, args) | Expr::Apply(of, args) => {
                self.expr(*of, deeper);
                args.iter().for_each(|it| self.expr(*it, deeper));
            }
            Expr::Either(parts) | Expr::Tuple(parts) => {
                parts.len().hash(&mut self.hasher);
                parts.iter().for_each(|it| self.expr(*it, deeper));
            }
            Expr::Else(first, second) => {
                self.expr(*first, deeper);
                self.expr(*second, deeper);
            }
            Expr::Builtin(name) | Expr::Module(name) => self.name(*name, deeper),
            Expr::Function(symbol) => {
                if self.seen.insert(*symbol) {
                    self.symbol(self.facts.symbol(*symbol));
                }
            }
            Expr::This(scope) | Expr::ThisType(scope) | Expr::Super(scope) => self.scope(*scope),
        }
    }
}
