//! The facts of one file, ready for lookups: by name, by scope, by place.

use coderoom_syntax::{
    CallSite, Facts, Flags, Kind, Name, Occurrence, OccurrenceIx, Redeclared, Rules, Scope,
    ScopeIx, ScopeKind, Spaces, Span, Symbol, SymbolIx,
};

/// Facts with the tables that resolution reads. Building it is a few sorts.
pub(crate) struct Loaded {
    pub(crate) facts: Facts,
    /// Names in the order of their spelling.
    by_spelling: Box<[Name]>,
    /// Symbols by scope and name.
    declared: Box<[(ScopeIx, Name, SymbolIx)]>,
    /// Symbols by name.
    named: Box<[(Name, SymbolIx)]>,
    /// Occurrences by name, then by place.
    uses: Box<[OccurrenceIx]>,
    /// The first symbol of those that are one.
    heads: Box<[SymbolIx]>,
    /// Scopes by where they begin.
    scopes: Box<[ScopeIx]>,
    /// Calls by the name of what is called, then by place.
    calls: Box<[(Name, u32)]>,
}

impl Loaded {
    pub(crate) fn new(facts: Facts) -> Loaded {
        let mut by_spelling: Vec<Name> = (0..facts.names.len() as u32).map(Name).collect();
        by_spelling.sort_by(|a, b| facts.name(*a).cmp(facts.name(*b)));
        let ixs = || (0..facts.symbols.len() as u32).map(SymbolIx);
        let mut declared: Vec<_> =
            ixs().map(|ix| (facts.symbol(ix).scope, facts.symbol(ix).name, ix)).collect();
        declared.sort_unstable();
        let mut named: Vec<_> = ixs().map(|ix| (facts.symbol(ix).name, ix)).collect();
        named.sort_unstable();
        let mut uses: Vec<_> = (0..facts.occurrences.len() as u32).map(OccurrenceIx).collect();
        uses.sort_by_key(|ix| facts.occurrence(*ix).name);
        let mut scopes: Vec<_> = (0..facts.scopes.len() as u32).map(ScopeIx).collect();
        scopes.sort_by_key(|ix| (facts.scope(*ix).span.start, ix.0));
        let mut calls: Vec<_> = (0..)
            .zip(&facts.calls)
            .map(|(ix, call)| (facts.occurrence(call.callee).name, ix))
            .collect();
        calls.sort_unstable();
        let heads = heads(&facts, &declared);
        Loaded {
            by_spelling: by_spelling.into(),
            declared: declared.into(),
            named: named.into(),
            uses: uses.into(),
            heads: heads.into(),
            scopes: scopes.into(),
            calls: calls.into(),
            facts,
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn weight(&self) -> usize {
        let facts = &self.facts;
        facts.occurrences.len() * (size_of::<Occurrence>() + 4)
            + facts.symbols.len() * (size_of::<Symbol>() + 24)
            + facts.exprs.len() * 36
            + facts.calls.len() * 8
            + size_of_val(&*facts.regions)
            + facts.scopes.len() * (size_of::<Scope>() + 4)
            + facts.names.iter().map(|name| name.len() + 20).sum::<usize>()
            + 256
    }

    /// The rules of its language.
    pub(crate) fn rules(&self) -> &'static Rules {
        self.facts.language.plugin().rules()
    }

    /// The name that is spelled so, if the file has it.
    pub(crate) fn name(&self, spelled: &str) -> Option<Name> {
        let at =
            self.by_spelling.binary_search_by(|name| self.facts.name(*name).cmp(spelled)).ok()?;
        Some(self.by_spelling[at])
    }

    /// The symbols of this name that are declared in a scope.
    pub(crate) fn declared(
        &self,
        scope: ScopeIx,
        name: Name,
    ) -> impl Iterator<Item = SymbolIx> + use<'_> {
        let start = self.declared.partition_point(|entry| (entry.0, entry.1) < (scope, name));
        self.declared[start..]
            .iter()
            .take_while(move |entry| (entry.0, entry.1) == (scope, name))
            .map(|entry| entry.2)
    }

    /// All symbols declared in a scope.
    pub(crate) fn all_declared(&self, scope: ScopeIx) -> impl Iterator<Item = SymbolIx> + use<'_> {
        let start = self.declared.partition_point(|entry| entry.0 < scope);
        self.declared[start..].iter().take_while(move |entry| entry.0 == scope).map(|entry| entry.2)
    }

    /// All symbols of this name.
    pub(crate) fn named(&self, name: Name) -> impl Iterator<Item = SymbolIx> + use<'_> {
        let start = self.named.partition_point(|entry| entry.0 < name);
        self.named[start..].iter().take_while(move |entry| entry.0 == name).map(|entry| entry.1)
    }

    /// All occurrences of this name, in the order of the text.
    pub(crate) fn uses(&self, name: Name) -> &[OccurrenceIx] {
        let of = |ix: &OccurrenceIx| self.facts.occurrence(*ix).name;
        let start = self.uses.partition_point(|ix| of(ix) < name);
        let len = self.uses[start..].partition_point(|ix| of(ix) == name);
        &self.uses[start..start + len]
    }

    /// All calls of something of this name, in the order of the facts.
    pub(crate) fn calls_of(&self, name: Name) -> impl Iterator<Item = &CallSite> {
        let start = self.calls.partition_point(|entry| entry.0 < name);
        let named = self.calls[start..].iter().take_while(move |entry| entry.0 == name);
        named.map(|entry| &self.facts.calls[entry.1 as usize])
    }

    /// The first of the declarations that are one symbol with this one.
    pub(crate) fn head(&self, ix: SymbolIx) -> SymbolIx {
        self.heads[ix.0 as usize]
    }

    /// All declarations that are one symbol with this one.
    pub(crate) fn group(&self, ix: SymbolIx) -> impl Iterator<Item = SymbolIx> + use<'_> {
        let head = self.head(ix);
        let symbol = self.facts.symbol(head);
        self.declared(symbol.scope, symbol.name).filter(move |other| self.head(*other) == head)
    }

    /// All declarations that a name may mean where it leads to this one: those that are one symbol
    /// with it, and those that share its name in another space.
    pub(crate) fn namesakes(&self, ix: SymbolIx) -> impl Iterator<Item = SymbolIx> + use<'_> {
        let head = self.head(ix);
        let symbol = self.facts.symbol(head);
        let shared = self.rules().spaces == Spaces::Uses
            && matches!(self.facts.scope(symbol.scope).kind, ScopeKind::File | ScopeKind::Module);
        self.declared(symbol.scope, symbol.name).filter(move |other| {
            shared && self.facts.symbol(*other).kind != Kind::Impl || self.head(*other) == head
        })
    }

    /// Whether a declaration means itself alone, whatever else has its name.
    pub(crate) fn is_apart(&self, ix: SymbolIx) -> bool {
        let symbol = self.facts.symbol(ix);
        let stands_for =
            symbol.kind == Kind::Alias || symbol.kind == Kind::Module && symbol.value.is_known();
        self.rules().spaces == Spaces::Uses && !stands_for
    }

    /// The symbols that take a function's arguments, in order.
    pub(crate) fn parameters(&self, function: SymbolIx) -> Vec<SymbolIx> {
        let body = self.facts.symbol(function).body;
        let mut parameters: Vec<SymbolIx> =
            body.into_iter().flat_map(|scope| self.all_declared(scope)).collect();
        parameters.retain(|ix| {
            let symbol = self.facts.symbol(*ix);
            // An alias with a type is a parameter that is a field at once.
            symbol.kind == Kind::Parameter || symbol.kind == Kind::Alias && symbol.ty.is_known()
        });
        parameters.sort_by_key(|ix| self.facts.symbol(*ix).at.start);
        parameters
    }

    /// The innermost scope at a place.
    pub(crate) fn scope_at(&self, at: u32) -> ScopeIx {
        let before = self.scopes.partition_point(|ix| self.facts.scope(*ix).span.start <= at);
        let mut ix = self.scopes[..before].last().copied().unwrap_or(ScopeIx(0));
        while ix.0 != 0 && self.facts.scope(ix).span.end <= at {
            ix = self.facts.scope(ix).parent;
        }
        ix
    }

    /// The occurrence whose name touches a place; of two that meet there, the one that begins.
    pub(crate) fn occurrence_at(&self, at: u32) -> Option<OccurrenceIx> {
        let occurrences = &self.facts.occurrences;
        let end = occurrences.partition_point(|it| it.start <= at);
        (end.saturating_sub(4)..end)
            .rev()
            .find(|ix| self.facts.span(&occurrences[*ix]).touches(at))
            .map(|ix| OccurrenceIx(ix as u32))
    }

    /// The innermost function, type or module that holds a range, apart from what is named there.
    pub(crate) fn enclosing(&self, range: Span) -> Option<SymbolIx> {
        let outer = |symbol: &Symbol| {
            let holds = symbol.body.is_some() || symbol.kind.is_callable() || symbol.kind.is_type();
            holds
                && symbol.full.contains(range)
                && symbol.at != range
                && !self.facts.name(symbol.name).is_empty()
        };
        let mut scope = self.scope_at(range.start);
        let mut found = None;
        loop {
            let here = self.facts.scope(scope);
            if let Some(owner) = here.owner
                && outer(self.facts.symbol(owner))
            {
                found = Some(owner);
                break;
            }
            if scope.0 == 0 {
                break;
            }
            scope = here.parent;
        }
        // A name between a declaration's start and its body (a decorator, a result type).
        let inner = self.all_declared(scope).find(|ix| outer(self.facts.symbol(*ix)));
        inner.or(found)
    }
}

/// Declarations that are one symbol: of one name in one scope, unless it is a function's and the
/// language lets a second declaration hide the first.
fn heads(facts: &Facts, declared: &[(ScopeIx, Name, SymbolIx)]) -> Vec<SymbolIx> {
    let mut heads: Vec<SymbolIx> = (0..facts.symbols.len() as u32).map(SymbolIx).collect();
    let rules = facts.language.plugin().rules();
    for group in declared.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let scope = facts.scope(group[0].0);
        let local = matches!(scope.kind, ScopeKind::Function | ScopeKind::Block);
        if local && rules.redeclared == Redeclared::Another {
            continue;
        }
        let (mut head, mut apart, mut alias) = (None, None, None);
        for (_, _, ix) in group {
            let symbol = facts.symbol(*ix);
            // Members that stand outside of their types belong to different ones, and what has no
            // name of its own is only itself.
            let unnamed = Flags::LOCAL.0 | Flags::INSTANCE.0;
            let alone = symbol.kind == Kind::Impl
                || symbol.attached.is_known()
                || facts.name(symbol.name).is_empty()
                || symbol.flags.0 & unnamed == unnamed;
            if !alone {
                let head = match rules.spaces {
                    Spaces::Methods if symbol.kind.is_callable() => &mut apart,
                    Spaces::Uses if matches!(symbol.kind, Kind::Macro | Kind::Alias) => &mut apart,
                    Spaces::Tags if symbol.kind == Kind::TypeAlias => &mut alias,
                    // C's `struct x` has a name apart from a function or variable `x`.
                    Spaces::Tags if symbol.kind.is_type() => &mut apart,
                    _ => &mut head,
                };
                heads[ix.0 as usize] = *head.get_or_insert(*ix);
            }
        }
    }
    heads
}

/// Whether other files can see a symbol under its name.
pub(crate) fn is_exported(symbol: &Symbol) -> bool {
    symbol.flags.has(Flags::EXPORTED)
}
