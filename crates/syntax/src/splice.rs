//! Facts of an edited file, made of those it had before and of the one function that has changed.
//!
//! A walk goes through a file in the order of its statements, so what a function gave stands
//! together in every list of the facts: a [`Region`]. An edit inside a function leaves the rest as
//! it was, but for the places behind it and the numbers of entries. The language says whether an
//! edit is such a one, and walks the new function; whatever is not plain costs the caller a walk of
//! the whole file. What comes out is what that would give.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    Builder,
    facts::{ExprIx, Facts, OccurrenceIx, Scope, ScopeIx, Span, SymbolIx},
    parts::{Part, Parts, number_names},
    recent::{common_end, common_start},
};

/// Where two versions of a text differ, in bytes: `start..old_end` of one has become
/// `start..new_end` of the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextEdit {
    /// The first byte that differs.
    pub start: u32,
    /// Behind the last one, in the old text.
    pub old_end: u32,
    /// Behind the last one, in the new text.
    pub new_end: u32,
}

impl TextEdit {
    /// The smallest edit that makes `new` of `old`. Whole lines that come or go are said to do so at
    /// the end of the line above, so that they belong to what stands there. Costs a comparison of
    /// both.
    pub fn between(old: &[u8], new: &[u8]) -> TextEdit {
        let mut start = common_start(old, new);
        let mut end = common_end(&old[start..], &new[start..]);
        let only = match (old.len() - end - start, new.len() - end - start) {
            (0, 1..) => new,
            (1.., 0) => old,
            _ => &[],
        };
        while start > 0
            && only.get(start - 1) == Some(&b'\n')
            && only[only.len() - end - 1] == b'\n'
        {
            start -= 1;
            end += 1;
        }
        let at = |len: usize| (len - end) as u32;
        TextEdit { start: start as u32, old_end: at(old.len()), new_end: at(new.len()) }
    }

    /// Where a place behind the edit has moved to.
    fn moved(&self, at: u32) -> u32 {
        at.wrapping_sub(self.old_end).wrapping_add(self.new_end)
    }
}

/// How many entries the lists of the facts have. Occurrences are put in order at the end, so the
/// text says which are whose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    symbols: u32,
    scopes: u32,
    exprs: u32,
    imports: u32,
    calls: u32,
    narrowings: u32,
}

impl Counts {
    pub(crate) fn of(facts: &Facts) -> Counts {
        Counts {
            symbols: facts.symbols.len() as u32,
            scopes: facts.scopes.len() as u32,
            exprs: facts.exprs.len() as u32,
            imports: facts.imports.len() as u32,
            calls: facts.calls.len() as u32,
            narrowings: facts.narrowings.len() as u32,
        }
    }

    fn is_within(&self, all: &Counts) -> bool {
        self.symbols <= all.symbols
            && self.scopes <= all.scopes
            && self.exprs <= all.exprs
            && self.imports <= all.imports
            && self.calls <= all.calls
            && self.narrowings <= all.narrowings
    }
}

/// A statement of which nothing around it knows more than its name, and what it gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Region {
    /// Where it stands.
    pub(crate) span: Span,
    /// The scope that it is a statement of.
    pub(crate) scope: ScopeIx,
    pub(crate) from: Counts,
    pub(crate) to: Counts,
}

impl Region {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The symbols that it gave.
    pub fn symbols(&self) -> Range<u32> {
        self.from.symbols..self.to.symbols
    }

    /// Whether it imports something.
    pub fn imports(&self) -> bool {
        self.from.imports < self.to.imports
    }

    /// Whether its numbers lead somewhere.
    pub(crate) fn is_sound(&self, facts: &Facts) -> bool {
        self.from.is_within(&self.to)
            && self.to.is_within(&Counts::of(facts))
            && self.scope.0 < self.from.scopes
    }
}

/// The only region in which two versions of a file differ, as it was and as it is, if there is one
/// such; what is outside of it says the same.
pub fn changed_region(before: &Facts, now: &Facts, edit: TextEdit) -> Option<(Region, Region)> {
    let splice = Splice::new(before, edit)?;
    let region = *now.regions.get(splice.number)?;
    let whole = now.errors.is_empty() && now.cut.is_none();
    let same = before.regions.len() == now.regions.len() && region.span == splice.span();
    (whole && same).then_some((splice.region, region))
}

/// Whether two versions of a file say the same, wherever in the text it stands: all places are in the
/// same order, so that what is inside of what is the same, too.
pub fn say_the_same(one: &Facts, other: &Facts) -> bool {
    let whole = |it: &Facts| it.errors.is_empty() && it.cut.is_none();
    let mut places = Vec::new();
    whole(one)
        && whole(other)
        && one.language == other.language
        && one.names == other.names
        && one.exprs == other.exprs
        && one.calls == other.calls
        && one.offers == other.offers
        && but_for_places(&one.occurrences, &other.occurrences, &mut places)
        && but_for_places(&one.symbols, &other.symbols, &mut places)
        && but_for_places(&one.scopes[..1], &other.scopes[..1], &mut Vec::new())
        && but_for_places(&one.scopes[1..], &other.scopes[1..], &mut places)
        && but_for_places(&one.imports, &other.imports, &mut places)
        && but_for_places(&one.narrowings, &other.narrowings, &mut places)
        && in_one_order(places)
}

/// Whether the entries of two lists are the same but for their places, which are collected in pairs.
fn but_for_places<T: Parts + Clone + PartialEq>(
    one: &[T],
    other: &[T],
    places: &mut Vec<(u32, u32)>,
) -> bool {
    let bare = |it: &T| {
        // The most that an entry has: a symbol's.
        let (mut it, mut spans) = (it.clone(), [Span::default(); 4]);
        let mut rest = spans.iter_mut();
        let mut note = |span: Span| rest.next().into_iter().for_each(|slot| *slot = span);
        it.parts(&mut |part| match part {
            Part::Span(span) => note(std::mem::take(span)),
            Part::At(at) => note(Span { start: *at, end: std::mem::take(at) + 1 }),
            _ => {}
        });
        (it, spans)
    };
    let same = |(a, b): (&T, &T)| {
        let ((a, at), (b, bt)) = (bare(a), bare(b));
        // What is empty stands nowhere, on both sides.
        let spans = at.into_iter().zip(bt).filter(|(a, b)| !a.is_empty() || !b.is_empty());
        places.extend(spans.flat_map(|(a, b)| [(a.start, b.start), (a.end, b.end)]));
        a == b
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Whether one version's places are in the order of the other's, and the same where those are.
fn in_one_order(mut places: Vec<(u32, u32)>) -> bool {
    places.sort_unstable();
    places.dedup();
    places.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1)
}

/// Facts of which one region is made anew.
pub(crate) struct Splice<'b> {
    before: &'b Facts,
    edit: TextEdit,
    region: Region,
    number: usize,
    /// The occurrences of the region.
    from: u32,
    to: u32,
}

impl<'b> Splice<'b> {
    /// `None`: the edit is not inside one region, or the facts before are not whole.
    pub(crate) fn new(before: &'b Facts, edit: TextEdit) -> Option<Splice<'b>> {
        if !before.errors.is_empty() || before.cut.is_some() {
            return None;
        }
        let behind = before.regions.partition_point(|it| it.span.start < edit.start);
        let number = behind.checked_sub(1)?;
        let region = before.regions[number];
        if edit.old_end > region.span.end {
            return None;
        }
        let place = |at: u32| before.occurrences.partition_point(|it| it.start < at) as u32;
        let (from, to) = (place(region.span.start), place(region.span.end));
        Some(Splice { before, edit, region, number, from, to })
    }

    /// The scope that the statement stands in.
    pub(crate) fn scope(&self) -> ScopeIx {
        self.region.scope
    }

    /// Where the statement stands in the new text.
    pub(crate) fn span(&self) -> Span {
        let Span { start, end } = self.region.span;
        Span { start, end: self.edit.moved(end) }
    }

    /// Whether the statement, as it was, has such a name in it.
    pub(crate) fn had(&self, is_it: impl Fn(&str) -> bool) -> bool {
        let of = &self.before.occurrences[self.from as usize..self.to as usize];
        of.iter().any(|it| is_it(self.before.name(it.name)))
    }

    /// Everything in front of the statement, with its scope open: for a walk of the new one.
    pub(crate) fn builder<'s>(&self, source: &'s str) -> Builder<'s> {
        let (before, from) = (self.before, &self.region.from);
        let facts = Facts {
            language: before.language,
            names: before.names.clone(),
            symbols: before.symbols[..from.symbols as usize].to_vec(),
            scopes: before.scopes[..from.scopes as usize].to_vec(),
            occurrences: before.occurrences[..self.from as usize].to_vec(),
            exprs: before.exprs[..from.exprs as usize].to_vec(),
            imports: before.imports[..from.imports as usize].to_vec(),
            calls: before.calls[..from.calls as usize].to_vec(),
            narrowings: before.narrowings[..from.narrowings as usize].to_vec(),
            regions: before.regions[..self.number].to_vec(),
            offers: before.offers.clone(),
            errors: Vec::new(),
            cut: None,
        };
        let mut open = vec![self.region.scope];
        while let Some(&scope) = open.last()
            && scope != ScopeIx(0)
        {
            open.push(facts.scope(scope).parent);
        }
        open.reverse();
        Builder::resume(source, facts, open)
    }

    /// The facts of the new text, after a walk of the new statement; `None` if it did more than that.
    pub(crate) fn finish(&self, builder: Builder<'_>) -> Option<Facts> {
        let mut facts = builder.part(self.from as usize);
        let alone = facts.regions.len() == self.number + 1
            && facts.errors.is_empty()
            && facts.cut.is_none()
            && facts.offers == self.before.offers
            && wildcards(&facts.scopes, &self.region)
                == wildcards(&self.before.scopes, &self.region);
        if !alone {
            return None;
        }
        let mut moved = Moved {
            edit: self.edit,
            behind: self.region.span.end,
            old: (self.region.to, self.to),
            new: (Counts::of(&facts), facts.occurrences.len() as u32),
            from: (self.region.from, self.from),
            failed: false,
        };
        moved.stay(&mut facts, self);
        moved.follow(&mut facts, self.before, self.number);
        if moved.failed {
            return None;
        }
        number_names(&mut facts);
        Some(facts)
    }
}

/// How many wildcards the scopes in front of a region have.
fn wildcards(scopes: &[Scope], region: &Region) -> usize {
    let in_front = &scopes[..region.from.scopes as usize];
    in_front.iter().map(|it| it.wildcards.len()).sum()
}

/// Where entries around a region have gone: numbers in `old` are in `new` now.
struct Moved {
    edit: TextEdit,
    /// Places from here on have moved.
    behind: u32,
    from: (Counts, u32),
    old: (Counts, u32),
    new: (Counts, u32),
    /// Something outside of the region speaks of what is in it.
    failed: bool,
}

impl Moved {
    /// What stands in front of the region can end behind it, and speak of what is behind it.
    fn stay(&mut self, facts: &mut Facts, splice: &Splice<'_>) {
        let from = &splice.region.from;
        facts.symbols[..from.symbols as usize].iter_mut().for_each(|it| self.entry(it));
        facts.scopes[..from.scopes as usize].iter_mut().for_each(|it| self.entry(it));
        facts.narrowings[..from.narrowings as usize].iter_mut().for_each(|it| self.entry(it));
        facts.occurrences[..splice.from as usize].iter_mut().for_each(|it| self.entry(it));
        facts.exprs[..from.exprs as usize].iter_mut().for_each(|it| self.entry(it));
    }

    /// Appends what stands behind the region.
    fn follow(&mut self, facts: &mut Facts, before: &Facts, number: usize) {
        let to = self.old.0;
        self.append(&mut facts.symbols, &before.symbols[to.symbols as usize..]);
        self.append(&mut facts.scopes, &before.scopes[to.scopes as usize..]);
        self.append(&mut facts.exprs, &before.exprs[to.exprs as usize..]);
        self.append(&mut facts.imports, &before.imports[to.imports as usize..]);
        self.append(&mut facts.calls, &before.calls[to.calls as usize..]);
        self.append(&mut facts.narrowings, &before.narrowings[to.narrowings as usize..]);
        self.append(&mut facts.occurrences, &before.occurrences[self.old.1 as usize..]);
        for region in &before.regions[number + 1..] {
            let mut region = *region;
            self.part(Part::Span(&mut region.span));
            self.part(Part::Scope(&mut region.scope));
            self.counts(&mut region.from);
            self.counts(&mut region.to);
            facts.regions.push(region);
        }
    }

    fn append<T: Parts + Clone>(&mut self, list: &mut Vec<T>, behind: &[T]) {
        list.reserve(behind.len());
        for entry in behind {
            let mut entry = entry.clone();
            self.entry(&mut entry);
            list.push(entry);
        }
    }

    fn entry(&mut self, entry: &mut impl Parts) {
        entry.parts(&mut |part| self.part(part));
    }

    fn counts(&self, counts: &mut Counts) {
        let (old, new) = (&self.old.0, &self.new.0);
        let moved = |it: &mut u32, old: u32, new: u32| *it = it.wrapping_sub(old).wrapping_add(new);
        moved(&mut counts.symbols, old.symbols, new.symbols);
        moved(&mut counts.scopes, old.scopes, new.scopes);
        moved(&mut counts.exprs, old.exprs, new.exprs);
        moved(&mut counts.imports, old.imports, new.imports);
        moved(&mut counts.calls, old.calls, new.calls);
        moved(&mut counts.narrowings, old.narrowings, new.narrowings);
    }

    fn part(&mut self, part: Part<'_>) {
        let ((from, from_at), (old, old_at), (new, new_at)) = (&self.from, &self.old, &self.new);
        let (ix, from, old, new) = match part {
            Part::Name(_) => return,
            Part::Span(span) => {
                self.place(&mut span.start);
                self.place(&mut span.end);
                return;
            }
            Part::At(at) => return self.place(at),
            Part::Symbol(SymbolIx(ix)) => (ix, from.symbols, old.symbols, new.symbols),
            Part::Scope(ScopeIx(ix)) => (ix, from.scopes, old.scopes, new.scopes),
            Part::Expr(ExprIx(ix)) => (ix, from.exprs, old.exprs, new.exprs),
            Part::Occurrence(OccurrenceIx(ix)) => (ix, *from_at, *old_at, *new_at),
        };
        if *ix >= old {
            *ix = *ix - old + new;
        } else if *ix >= from {
            self.failed = true;
        }
    }

    fn place(&self, at: &mut u32) {
        if *at >= self.behind {
            *at = self.edit.moved(*at);
        }
    }
}
