//! Which declarations of a file rest on given names: in their types, bases and values, read through
//! what is local to functions, as [`super::interface`] reads them.
//!
//! Expressions, names and symbols are nodes, with those that read them. That is a matter of the file
//! alone; from the names that are given, all that reads them is reached once, however it is nested.

use std::sync::Arc;

use coderoom_syntax::{Expr, ExprIx, Facts, Flags, Form, Kind, Name, ScopeIx, Symbol, SymbolIx};

use crate::code::Loaded;

/// Who reads whom in one file, and what was reached so far.
pub(super) struct Rests {
    facts: Arc<Loaded>,
    numbers: Numbers,
    /// Where the readers of each node begin, and the end.
    starts: Box<[u32]>,
    readers: Box<[u32]>,
    reached: Vec<bool>,
}

impl Rests {
    /// Of a file, before anything is reached. Costs its expressions, symbols and names.
    pub(super) fn new(facts: Arc<Loaded>) -> Rests {
        let numbers = Numbers::of(&facts.facts);
        let mut reading =
            Reading { loaded: &facts, facts: &facts.facts, numbers, pairs: Vec::new() };
        reading.everything();
        let (starts, readers) = reading.by_what_is_read();
        let reached = vec![false; numbers.count() as usize];
        Rests { facts, numbers, starts, readers, reached }
    }

    /// The names of declarations that rest on one of these names, and on none that was given before.
    /// A name can be there twice; the empty name is the file: what it hands on.
    pub(super) fn reach<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n Box<str>>,
    ) -> Vec<Box<str>> {
        let known = names.into_iter().filter_map(|name| self.facts.name(name));
        let mut open: Vec<u32> = known.map(|name| self.numbers.written(name)).collect();
        let mut found = Vec::new();
        while let Some(node) = open.pop() {
            let at = node as usize;
            if std::mem::replace(&mut self.reached[at], true) {
                continue;
            }
            found.extend(self.declared(node).map(Into::into));
            let readers = self.starts[at] as usize..self.starts[at + 1] as usize;
            open.extend_from_slice(&self.readers[readers]);
        }
        found
    }

    /// The name of a declaration that others can see.
    fn declared(&self, node: u32) -> Option<&str> {
        if node == self.numbers.file() {
            return Some("");
        }
        let facts = &self.facts.facts;
        let symbol = facts.symbol(self.numbers.symbol_at(node)?);
        (!symbol.flags.has(Flags::LOCAL) && !is_parameter(symbol)).then(|| facts.name(symbol.name))
    }
}

fn is_parameter(symbol: &Symbol) -> bool {
    matches!(symbol.kind, Kind::Parameter | Kind::TypeParameter)
}

/// The numbers of the nodes: expressions, names as they are written, names as they are looked up,
/// symbols, and the file.
#[derive(Clone, Copy)]
struct Numbers {
    exprs: u32,
    names: u32,
    symbols: u32,
}

impl Numbers {
    fn of(facts: &Facts) -> Numbers {
        let count = |len: usize| len as u32;
        Numbers {
            exprs: count(facts.exprs.len()),
            names: count(facts.names.len()),
            symbols: count(facts.symbols.len()),
        }
    }

    fn written(self, name: Name) -> u32 {
        self.exprs + name.0
    }

    fn looked_up(self, name: Name) -> u32 {
        self.exprs + self.names + name.0
    }

    fn symbol(self, ix: SymbolIx) -> u32 {
        self.exprs + 2 * self.names + ix.0
    }

    fn symbol_at(self, node: u32) -> Option<SymbolIx> {
        let ix = node.checked_sub(self.exprs + 2 * self.names)?;
        (ix < self.symbols).then_some(SymbolIx(ix))
    }

    fn file(self) -> u32 {
        self.exprs + 2 * self.names + self.symbols
    }

    fn count(self) -> u32 {
        self.file() + 1
    }
}

/// Collects who reads whom.
struct Reading<'f> {
    loaded: &'f Loaded,
    facts: &'f Facts,
    numbers: Numbers,
    /// What is read, and by whom.
    pairs: Vec<(u32, u32)>,
}

impl Reading<'_> {
    fn everything(&mut self) {
        let facts = self.facts;
        self.pairs.reserve(2 * facts.exprs.len() + facts.names.len() + facts.symbols.len());
        for (ix, expr) in (0..).zip(&facts.exprs) {
            self.expr(ix, expr);
        }
        for (ix, symbol) in (0..).map(SymbolIx).zip(&facts.symbols) {
            self.symbol(ix, symbol);
        }
        for name in (0..facts.names.len() as u32).map(Name) {
            self.pairs.push((self.numbers.written(name), self.numbers.looked_up(name)));
        }
        for narrowing in &facts.narrowings {
            let is_local = |ix: SymbolIx| is_local(facts.symbol(ix));
            // What conditions say of a name is said of what is local.
            if self.loaded.named(narrowing.name).any(is_local) {
                self.reads(self.numbers.looked_up(narrowing.name), narrowing.ty);
            }
        }
        for wildcard in facts.scopes.iter().flat_map(|scope| &scope.wildcards) {
            self.reads(self.numbers.file(), *wildcard);
        }
    }

    fn reads(&mut self, reader: u32, expr: ExprIx) {
        if expr.is_known() {
            self.pairs.push((expr.0, reader));
        }
    }

    fn looks_up(&mut self, reader: u32, name: Name) {
        self.pairs.push((self.numbers.looked_up(name), reader));
    }

    /// The name of what a scope belongs to is read as it is written.
    fn scope(&mut self, reader: u32, scope: ScopeIx) {
        if let Some(owner) = self.facts.scope(scope).owner {
            let name = self.facts.symbol(owner).name;
            self.pairs.push((self.numbers.written(name), reader));
        }
    }

    fn symbol(&mut self, ix: SymbolIx, symbol: &Symbol) {
        let own = self.numbers.symbol(ix);
        for expr in [symbol.ty, symbol.value, symbol.attached].iter().chain(&symbol.bases) {
            self.reads(own, *expr);
        }
        let body = symbol.body.filter(|_| symbol.kind.is_callable());
        for inner in body.into_iter().flat_map(|body| self.loaded.all_declared(body)) {
            if is_parameter(self.facts.symbol(inner)) {
                self.pairs.push((self.numbers.symbol(inner), own));
            }
        }
        if is_local(symbol) {
            self.local(symbol);
        }
    }

    /// What is local to a function is what it is set to, wherever its name is looked up; of a type,
    /// what it inherits and its members.
    fn local(&mut self, symbol: &Symbol) {
        let reader = self.numbers.looked_up(symbol.name);
        for expr in [symbol.ty, symbol.value].iter().chain(&symbol.bases) {
            self.reads(reader, *expr);
        }
        let body = symbol.body.filter(|_| symbol.kind.is_type());
        for member in body.into_iter().flat_map(|body| self.loaded.all_declared(body)) {
            let member = self.facts.symbol(member);
            self.reads(reader, member.ty);
            self.reads(reader, member.value);
        }
    }

    fn expr(&mut self, ix: u32, expr: &Expr) {
        match expr {
            Expr::Unknown => {}
            Expr::Occurrence(at) => {
                let it = self.facts.occurrence(*at);
                if let Form::Member(of) | Form::Label(of) = it.form {
                    self.reads(ix, of);
                }
                self.looks_up(ix, it.name);
            }
            Expr::Named(scope, name) => {
                self.scope(ix, *scope);
                self.looks_up(ix, *name);
            }
            Expr::Member(of, name) => {
                self.reads(ix, *of);
                self.looks_up(ix, *name);
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
            | Expr::CallbackParameter(of, ..)
            | Expr::Guard(of) => self.reads(ix, *of),
            Expr::Generic(of, parts) | Expr::Apply(of, parts) => {
                self.reads(ix, *of);
                parts.iter().for_each(|it| self.reads(ix, *it));
            }
            Expr::Either(parts) | Expr::Tuple(parts) => {
                parts.iter().for_each(|it| self.reads(ix, *it));
            }
            Expr::Else(first, second) => {
                self.reads(ix, *first);
                self.reads(ix, *second);
            }
            Expr::Builtin(name) | Expr::Module(name) => self.looks_up(ix, *name),
            Expr::Function(symbol) => self.pairs.push((self.numbers.symbol(*symbol), ix)),
            Expr::This(scope) | Expr::ThisType(scope) | Expr::Super(scope) => {
                self.scope(ix, *scope)
            }
        }
    }

    /// The readers of each node one behind the other, and where each node's begin.
    fn by_what_is_read(&self) -> (Box<[u32]>, Box<[u32]>) {
        let mut starts = vec![0; self.numbers.count() as usize + 1];
        for (read, _) in &self.pairs {
            starts[*read as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut readers = vec![0; self.pairs.len()];
        for (read, reader) in &self.pairs {
            let place: &mut u32 = &mut next[*read as usize];
            readers[*place as usize] = *reader;
            *place += 1;
        }
        (starts.into(), readers.into())
    }
}

/// Whether a name is looked up in what it is set to.
fn is_local(symbol: &Symbol) -> bool {
    symbol.flags.has(Flags::LOCAL) || symbol.kind == Kind::Parameter
}

#[cfg(test)]
mod tests {
    use coderoom_syntax::{Budget, Language, extract};

    use super::*;

    fn rests(language: Language, text: &str) -> Rests {
        Rests::new(Arc::new(Loaded::new(extract(language, text.as_bytes(), &Budget::default()))))
    }

    fn reached(rests: &mut Rests, names: &[&str]) -> Vec<String> {
        let names: Vec<Box<str>> = names.iter().map(|name| (*name).into()).collect();
        let mut found: Vec<String> = rests.reach(&names).into_iter().map(Into::into).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    const PYTHON: &str = "from far import *\nfrom near import Thing, other\n\n\
        class Heir(Thing):\n    def made(self):\n        return self.kept\n\n\
        def direct():\n    return other()\n\n\
        def through():\n    first = Thing\n    second = first\n    return second()\n\n\
        def narrowed(given):\n    if isinstance(given, Thing):\n        return given\n\n\
        def typed(it: Thing): pass\n\n\
        def inner():\n    class Local(Thing):\n        pass\n    return Local()\n\n\
        def only_calls():\n    other()\n    Thing.run()\n\n\
        def members():\n    return other().kept\n";

    /// What others see of a declaration rests on the names in it, however many locals lie between;
    /// what a body only does, nobody sees.
    #[test]
    fn declarations_rest_on_what_is_read_for_them() {
        let mut all = rests(Language::Python, PYTHON);
        let wanted = ["Heir", "Thing", "inner", "narrowed", "through", "typed"];
        assert_eq!(reached(&mut all, &["Thing"]), wanted);
        // What is reached is not told again.
        assert_eq!(reached(&mut all, &["Thing", "kept"]), ["made", "members"]);
        assert_eq!(reached(&mut all, &["other"]), ["direct", "other"]);
        assert_eq!(reached(&mut all, &["far"]), [""]);
        assert!(reached(&mut all, &["run", "nowhere"]).is_empty());
    }

    /// Names that stand for each other are followed once.
    #[test]
    fn circles_end() {
        let text = "def f():\n    a = b\n    b = a\n    a = far\n    return b\n\
            def g(x=f):\n    return g(x)\n";
        let mut all = rests(Language::Python, text);
        assert_eq!(reached(&mut all, &["far"]), ["f"]);
        assert_eq!(reached(&mut all, &["f"]), ["g"]);
        assert_eq!(reached(&mut all, &["g"]), Vec::<String>::new(), "reached before");
    }

    /// Types of fields and parameters count, and what an implementation is for.
    #[test]
    fn other_languages_are_read_alike() {
        let text = "pub struct S { inner: Far }\nimpl Far { pub fn run(&self) {} }\n\
            pub fn f(it: &Far) {}\npub fn g() -> S { S::new() }\n";
        let mut all = rests(Language::Rust, text);
        assert_eq!(reached(&mut all, &["Far"]), ["Far", "f", "inner"]);
        assert_eq!(reached(&mut all, &["S"]), ["g"]);
    }
}
