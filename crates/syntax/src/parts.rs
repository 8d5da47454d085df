//! What facts are made of, one part at a time: every index and every place in an entry, for passes
//! that renumber or move them.

use crate::facts::{
    CallSite, Expr, ExprIx, Facts, Form, Import, Name, Narrowing, Occurrence, OccurrenceIx, Scope,
    ScopeIx, Span, Symbol, SymbolIx,
};

/// An index or a place in an entry of a file's facts.
pub(crate) enum Part<'f> {
    Name(&'f mut Name),
    Symbol(&'f mut SymbolIx),
    Scope(&'f mut ScopeIx),
    Occurrence(&'f mut OccurrenceIx),
    Expr(&'f mut ExprIx),
    Span(&'f mut Span),
    At(&'f mut u32),
}

/// An entry that has parts.
pub(crate) trait Parts {
    /// Hands every part to `visit`, always in the same order.
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>));
}

impl Parts for Symbol {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        visit(Part::Name(&mut self.name));
        visit(Part::Span(&mut self.at));
        visit(Part::Span(&mut self.full));
        visit(Part::Span(&mut self.signature));
        visit(Part::Span(&mut self.doc));
        self.container.iter_mut().for_each(|it| visit(Part::Symbol(it)));
        visit(Part::Scope(&mut self.scope));
        self.body.iter_mut().for_each(|it| visit(Part::Scope(it)));
        visit(Part::Expr(&mut self.ty));
        visit(Part::Expr(&mut self.value));
        self.bases.iter_mut().for_each(|it| visit(Part::Expr(it)));
        visit(Part::Expr(&mut self.attached));
    }
}

impl Parts for Scope {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        visit(Part::Scope(&mut self.parent));
        visit(Part::Span(&mut self.span));
        self.owner.iter_mut().for_each(|it| visit(Part::Symbol(it)));
        self.wildcards.iter_mut().for_each(|it| visit(Part::Expr(it)));
    }
}

impl Parts for Occurrence {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        visit(Part::At(&mut self.start));
        visit(Part::Name(&mut self.name));
        match &mut self.form {
            Form::Member(of) | Form::Label(of) => visit(Part::Expr(of)),
            Form::Definition(of) => visit(Part::Symbol(of)),
            Form::Bare | Form::Macro | Form::Tag | Form::Loose => {}
        }
    }
}

impl Parts for Expr {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        match self {
            Expr::Unknown => {}
            Expr::Occurrence(at) => visit(Part::Occurrence(at)),
            Expr::Named(at, name) => {
                visit(Part::Scope(at));
                visit(Part::Name(name));
            }
            Expr::Member(of, name) => {
                visit(Part::Expr(of));
                visit(Part::Name(name));
            }
            Expr::Call(of)
            | Expr::Instance(of)
            | Expr::TypeOf(of)
            | Expr::Element(of)
            | Expr::Each(of)
            | Expr::Slot(of, _)
            | Expr::Await(of)
            | Expr::List(of)
            | Expr::Parameter(of, _)
            | Expr::Guard(of)
            | Expr::CallbackParameter(of, ..) => visit(Part::Expr(of)),
            Expr::Generic(of, args) | Expr::Apply(of, args) => {
                visit(Part::Expr(of));
                args.iter_mut().for_each(|it| visit(Part::Expr(it)));
            }
            Expr::Else(first, second) => {
                visit(Part::Expr(first));
                visit(Part::Expr(second));
            }
            Expr::Either(parts) | Expr::Tuple(parts) => {
                parts.iter_mut().for_each(|it| visit(Part::Expr(it)));
            }
            Expr::Builtin(name) | Expr::Module(name) => visit(Part::Name(name)),
            Expr::Function(of) => visit(Part::Symbol(of)),
            Expr::This(at) | Expr::ThisType(at) | Expr::Super(at) => visit(Part::Scope(at)),
        }
    }
}

impl Parts for Import {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        visit(Part::Name(&mut self.module));
        visit(Part::Span(&mut self.span));
        self.names.iter_mut().for_each(|it| visit(Part::Name(it)));
    }
}

impl Parts for CallSite {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        visit(Part::Occurrence(&mut self.callee));
        self.args.iter_mut().for_each(|it| visit(Part::Expr(it)));
        for (word, value) in &mut self.keywords {
            visit(Part::Name(word));
            visit(Part::Expr(value));
        }
    }
}

impl Parts for Narrowing {
    fn parts(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        visit(Part::Span(&mut self.range));
        visit(Part::Name(&mut self.name));
        visit(Part::Expr(&mut self.ty));
    }
}

/// Hands the parts of all entries to `visit`, always in the same order.
fn every_part(facts: &mut Facts, visit: &mut impl FnMut(Part<'_>)) {
    facts.symbols.iter_mut().for_each(|it| it.parts(visit));
    facts.scopes.iter_mut().for_each(|it| it.parts(visit));
    facts.occurrences.iter_mut().for_each(|it| it.parts(visit));
    facts.exprs.iter_mut().for_each(|it| it.parts(visit));
    facts.imports.iter_mut().for_each(|it| it.parts(visit));
    facts.calls.iter_mut().for_each(|it| it.parts(visit));
    facts.narrowings.iter_mut().for_each(|it| it.parts(visit));
}

/// Numbers the names by where they are first used, and forgets those that nothing uses: so the
/// numbers are a matter of the facts, not of the way in which they were found.
pub(crate) fn number_names(facts: &mut Facts) {
    const NEW: u32 = u32::MAX;
    let mut place = vec![NEW; facts.names.len()];
    let mut order: Vec<u32> = Vec::with_capacity(facts.names.len());
    let mut number = |part: Part<'_>| {
        if let Part::Name(name) = part {
            let place = &mut place[name.0 as usize];
            if *place == NEW {
                *place = order.len() as u32;
                order.push(name.0);
            }
            name.0 = *place;
        }
    };
    every_part(facts, &mut number);
    facts.offers.iter_mut().flatten().for_each(|it| number(Part::Name(it)));
    let take = |old: u32| std::mem::take(&mut facts.names[old as usize]);
    facts.names = order.into_iter().map(take).collect();
}

impl Span {
    /// Cuts it off at `end`, all of it if it begins behind.
    pub(crate) fn end_at(&mut self, end: u32) {
        (self.start, self.end) = (self.start.min(end), self.end.min(end));
    }
}

/// Cuts places off at `end`: what was read was longer than the file by a newline, which may have
/// become the end of something.
pub(crate) fn end_at(facts: &mut Facts, end: u32) {
    let mut cut = |part: Part<'_>| match part {
        Part::Span(span) => span.end_at(end),
        Part::At(at) => *at = end.min(*at),
        _ => {}
    };
    every_part(facts, &mut cut);
    facts.regions.iter_mut().for_each(|it| it.span.end_at(end));
    facts.errors.iter_mut().for_each(|it| it.span.end_at(end));
}
