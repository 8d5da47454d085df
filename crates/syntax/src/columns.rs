//! Occurrences, expressions and symbols as columns of small numbers.
//!
//! Neighbours are alike, so differences are small and compress well: an occurrence takes four to
//! five bytes, an expression two to three.

use serde::{Deserialize, Serialize};

use crate::facts::{
    Expr, ExprIx, Flags, Form, Kind, Name, Occurrence, OccurrenceIx, Role, ScopeIx, Span, Symbol,
    SymbolIx, Visibility,
};

/// A difference of either sign as a small number.
fn zigzag(value: u32, base: u32) -> u32 {
    let difference = value.wrapping_sub(base) as i32;
    ((difference << 1) ^ (difference >> 31)) as u32
}

fn unzigzag(code: u32, base: u32) -> u32 {
    base.wrapping_add((code >> 1) ^ (code & 1).wrapping_neg())
}

/// Numbers as differences from the one before.
#[derive(Default, Serialize, Deserialize)]
struct Column {
    codes: Vec<u32>,
    #[serde(skip)]
    last: u32,
    #[serde(skip)]
    next: usize,
}

impl Column {
    fn put(&mut self, value: u32) {
        self.codes.push(zigzag(value, self.last));
        self.last = value;
    }

    fn take(&mut self) -> Option<u32> {
        self.last = unzigzag(*self.codes.get(self.next)?, self.last);
        self.next += 1;
        Some(self.last)
    }

    /// A number that has nothing to do with the one before.
    fn put_plain(&mut self, value: u32) {
        self.codes.push(value);
    }

    fn take_plain(&mut self) -> Option<u32> {
        let value = *self.codes.get(self.next)?;
        self.next += 1;
        Some(value)
    }
}

const ROLES: [Role; 7] = [
    Role::Definition,
    Role::Read,
    Role::Write,
    Role::Call,
    Role::Import,
    Role::Type,
    Role::Inherit,
];

/// Occurrences.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct OccurrenceColumns {
    starts: Column,
    names: Column,
    /// Form (low three bits) and role.
    tags: Vec<u8>,
    exprs: Column,
    symbols: Column,
}

impl OccurrenceColumns {
    pub(crate) fn of(occurrences: &[Occurrence]) -> OccurrenceColumns {
        let mut columns = OccurrenceColumns::default();
        for it in occurrences {
            columns.starts.put(it.start);
            columns.names.put_plain(it.name.0);
            let form = match it.form {
                Form::Bare => 0,
                Form::Member(of) => {
                    columns.exprs.put(of.0);
                    1
                }
                Form::Label(of) => {
                    columns.exprs.put(of.0);
                    2
                }
                Form::Definition(of) => {
                    columns.symbols.put(of.0);
                    3
                }
                Form::Loose => 4,
                Form::Macro => 5,
                Form::Tag => 6,
            };
            columns.tags.push(form | (it.role as u8) << 3);
        }
        columns
    }

    pub(crate) fn occurrences(mut self) -> Option<Vec<Occurrence>> {
        let mut occurrences = Vec::with_capacity(self.tags.len());
        for tag in std::mem::take(&mut self.tags) {
            let form = match tag & 7 {
                0 => Form::Bare,
                1 => Form::Member(ExprIx(self.exprs.take()?)),
                2 => Form::Label(ExprIx(self.exprs.take()?)),
                3 => Form::Definition(SymbolIx(self.symbols.take()?)),
                4 => Form::Loose,
                5 => Form::Macro,
                6 => Form::Tag,
                _ => return None,
            };
            occurrences.push(Occurrence {
                start: self.starts.take()?,
                name: Name(self.names.take_plain()?),
                role: *ROLES.get(usize::from(tag >> 3))?,
                form,
            });
        }
        Some(occurrences)
    }
}

/// Expressions.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ExprColumns {
    tags: Vec<u8>,
    occurrences: Column,
    /// Expressions within expressions, as distances back.
    inner: Column,
    /// Names, scopes, numbers, lengths.
    other: Column,
}

impl ExprColumns {
    pub(crate) fn of(exprs: &[Expr]) -> ExprColumns {
        let mut columns = ExprColumns::default();
        for (n, expr) in exprs.iter().enumerate() {
            columns.put(n as u32, expr);
        }
        columns
    }

    fn put(&mut self, n: u32, expr: &Expr) {
        let inner = |columns: &mut ExprColumns, of: &ExprIx| {
            columns.inner.put_plain(zigzag(n, of.0));
        };
        let other = |columns: &mut ExprColumns, value: u32| columns.other.put_plain(value);
        let list = |columns: &mut ExprColumns, parts: &[ExprIx]| {
            columns.other.put_plain(parts.len() as u32);
            parts.iter().for_each(|part| columns.inner.put_plain(zigzag(n, part.0)));
        };
        let tag = match expr {
            Expr::Unknown => 0,
            Expr::Occurrence(at) => {
                self.occurrences.put(at.0);
                1
            }
            Expr::Named(scope, name) => {
                other(self, scope.0);
                other(self, name.0);
                2
            }
            Expr::Member(of, name) => {
                inner(self, of);
                other(self, name.0);
                3
            }
            Expr::Slot(of, place) => {
                inner(self, of);
                other(self, *place);
                4
            }
            Expr::Generic(head, args) => {
                inner(self, head);
                list(self, args);
                5
            }
            Expr::Either(parts) => {
                list(self, parts);
                6
            }
            Expr::Tuple(parts) => {
                list(self, parts);
                7
            }
            Expr::CallbackParameter(of, parameter, argument) => {
                inner(self, of);
                other(self, *parameter);
                other(self, *argument);
                8
            }
            Expr::Parameter(of, place) => {
                inner(self, of);
                other(self, *place);
                21
            }
            Expr::Apply(of, args) => {
                inner(self, of);
                list(self, args);
                22
            }
            Expr::Guard(of) => (inner(self, of), 23).1,
            Expr::Call(of) => (inner(self, of), 9).1,
            Expr::Instance(of) => (inner(self, of), 10).1,
            Expr::TypeOf(of) => (inner(self, of), 11).1,
            Expr::Element(of) => (inner(self, of), 12).1,
            Expr::Each(of) => (inner(self, of), 25).1,
            Expr::Await(of) => (inner(self, of), 13).1,
            Expr::List(of) => (inner(self, of), 14).1,
            Expr::Builtin(name) => (other(self, name.0), 15).1,
            Expr::Function(symbol) => (other(self, symbol.0), 16).1,
            Expr::This(scope) => (other(self, scope.0), 17).1,
            Expr::ThisType(scope) => (other(self, scope.0), 18).1,
            Expr::Super(scope) => (other(self, scope.0), 19).1,
            Expr::Module(name) => (other(self, name.0), 20).1,
            Expr::Else(first, second) => {
                inner(self, first);
                inner(self, second);
                24
            }
        };
        self.tags.push(tag);
    }

    pub(crate) fn exprs(mut self) -> Option<Vec<Expr>> {
        let tags = std::mem::take(&mut self.tags);
        tags.iter().enumerate().map(|(n, tag)| self.take(n as u32, *tag)).collect()
    }

    fn take(&mut self, n: u32, tag: u8) -> Option<Expr> {
        Some(match tag {
            0 => Expr::Unknown,
            1 => Expr::Occurrence(OccurrenceIx(self.occurrences.take()?)),
            2 => Expr::Named(ScopeIx(self.other()?), Name(self.other()?)),
            3 => Expr::Member(self.inner(n)?, Name(self.other()?)),
            4 => Expr::Slot(self.inner(n)?, self.other()?),
            5 => Expr::Generic(self.inner(n)?, self.list(n)?),
            6 => Expr::Either(self.list(n)?),
            7 => Expr::Tuple(self.list(n)?),
            8 => Expr::CallbackParameter(self.inner(n)?, self.other()?, self.other()?),
            9 => Expr::Call(self.inner(n)?),
            10 => Expr::Instance(self.inner(n)?),
            11 => Expr::TypeOf(self.inner(n)?),
            12 => Expr::Element(self.inner(n)?),
            13 => Expr::Await(self.inner(n)?),
            14 => Expr::List(self.inner(n)?),
            15 => Expr::Builtin(Name(self.other()?)),
            16 => Expr::Function(SymbolIx(self.other()?)),
            17 => Expr::This(ScopeIx(self.other()?)),
            18 => Expr::ThisType(ScopeIx(self.other()?)),
            19 => Expr::Super(ScopeIx(self.other()?)),
            20 => Expr::Module(Name(self.other()?)),
            21 => Expr::Parameter(self.inner(n)?, self.other()?),
            22 => Expr::Apply(self.inner(n)?, self.list(n)?),
            23 => Expr::Guard(self.inner(n)?),
            24 => Expr::Else(self.inner(n)?, self.inner(n)?),
            25 => Expr::Each(self.inner(n)?),
            _ => return None,
        })
    }

    fn inner(&mut self, n: u32) -> Option<ExprIx> {
        let code = self.inner.take_plain()?;
        // `zigzag(n, of)` was stored: `of` is `n` less the difference.
        Some(ExprIx(n.wrapping_sub(unzigzag(code, 0))))
    }

    fn other(&mut self) -> Option<u32> {
        self.other.take_plain()
    }

    fn list(&mut self, n: u32) -> Option<Vec<ExprIx>> {
        let length = self.other()? as usize;
        if length > self.inner.codes.len() {
            return None;
        }
        (0..length).map(|_| self.inner(n)).collect()
    }
}

/// Symbols.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SymbolColumns {
    names: Column,
    kinds: Vec<Kind>,
    visibilities: Vec<Visibility>,
    flags: Column,
    starts: Column,
    /// The spans, seen from the name.
    spans: Column,
    containers: Column,
    scopes: Column,
    bodies: Column,
    exprs: Column,
    bases: Column,
}

impl SymbolColumns {
    pub(crate) fn of(symbols: &[Symbol]) -> SymbolColumns {
        let mut columns = SymbolColumns::default();
        for it in symbols {
            columns.names.put(it.name.0);
            columns.kinds.push(it.kind);
            columns.visibilities.push(it.visibility);
            columns.flags.put_plain(u32::from(it.flags.0));
            columns.starts.put(it.at.start);
            columns.spans.put_plain(it.at.end.wrapping_sub(it.at.start));
            for span in [it.full, it.signature, it.doc] {
                columns.spans.put_plain(zigzag(span.start, it.at.start));
                columns.spans.put_plain(span.end.wrapping_sub(span.start));
            }
            columns.containers.put(it.container.map_or(0, |ix| ix.0 + 1));
            columns.scopes.put(it.scope.0);
            columns.bodies.put_plain(it.body.map_or(0, |ix| zigzag(ix.0, it.scope.0) + 1));
            for expr in [it.ty, it.value, it.attached] {
                // Most are unknown; a known one lies near the last known one.
                if expr.is_known() {
                    columns.exprs.put_plain(zigzag(expr.0, columns.exprs.last) + 1);
                    columns.exprs.last = expr.0;
                } else {
                    columns.exprs.put_plain(0);
                }
            }
            columns.bases.put_plain(it.bases.len() as u32);
            it.bases.iter().for_each(|base| columns.bases.put_plain(base.0));
        }
        columns
    }

    pub(crate) fn symbols(mut self) -> Option<Vec<Symbol>> {
        let kinds = std::mem::take(&mut self.kinds);
        let visibilities = std::mem::take(&mut self.visibilities);
        kinds
            .into_iter()
            .zip(visibilities)
            .map(|(kind, visibility)| self.take(kind, visibility))
            .collect()
    }

    fn take(&mut self, kind: Kind, visibility: Visibility) -> Option<Symbol> {
        let name = Name(self.names.take()?);
        let flags = Flags(u16::try_from(self.flags.take_plain()?).ok()?);
        let start = self.starts.take()?;
        let at = Span { start, end: start.wrapping_add(self.spans.take_plain()?) };
        let mut spans = [Span::default(); 3];
        for span in &mut spans {
            span.start = unzigzag(self.spans.take_plain()?, start);
            span.end = span.start.wrapping_add(self.spans.take_plain()?);
        }
        let container = self.containers.take()?.checked_sub(1).map(SymbolIx);
        let scope = self.scopes.take()?;
        let body = self.bodies.take_plain()?.checked_sub(1);
        let mut exprs = [ExprIx::UNKNOWN; 3];
        for expr in &mut exprs {
            if let Some(code) = self.exprs.take_plain()?.checked_sub(1) {
                self.exprs.last = unzigzag(code, self.exprs.last);
                *expr = ExprIx(self.exprs.last);
            }
        }
        let bases = self.bases.take_plain()? as usize;
        if bases > self.bases.codes.len() {
            return None;
        }
        let bases = (0..bases).map(|_| self.bases.take_plain().map(ExprIx));
        Some(Symbol {
            name,
            kind,
            visibility,
            flags,
            at,
            full: spans[0],
            signature: spans[1],
            doc: spans[2],
            container,
            scope: ScopeIx(scope),
            body: body.map(|code| ScopeIx(unzigzag(code, scope))),
            ty: exprs[0],
            value: exprs[1],
            bases: bases.collect::<Option<_>>()?,
            attached: exprs[2],
        })
    }
}
