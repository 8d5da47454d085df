//! Facts as text that a person reviews: what the fixtures' snapshots hold.

use std::fmt::Write as _;

use crate::facts::{Expr, ExprIx, Facts, Flags, Form, ScopeIx, Symbol};

const FLAGS: [(Flags, &str); 13] = [
    (Flags::EXPORTED, "exported"),
    (Flags::DEFAULT, "default"),
    (Flags::STATIC, "static"),
    (Flags::DECLARATION, "declaration"),
    (Flags::INSTANCE, "instance"),
    (Flags::LOCAL, "local"),
    (Flags::TEST, "test"),
    (Flags::ASYNC, "async"),
    (Flags::GENERATOR, "generator"),
    (Flags::LINKED, "linked"),
    (Flags::CLASS_METHOD, "classmethod"),
    (Flags::REACHED, "reached"),
    (Flags::VARIADIC, "variadic"),
];

impl Facts {
    /// A listing of symbols, then of occurrences with how each is looked up.
    pub fn render(&self, source: &str) -> String {
        let mut out = String::from("# symbols\n");
        for symbol in &self.symbols {
            self.render_symbol(&mut out, source, symbol);
        }
        out.push_str("# occurrences\n");
        for occurrence in &self.occurrences {
            let form = match occurrence.form {
                Form::Bare => "bare".to_owned(),
                Form::Member(of) => format!("member of {}", self.show(of)),
                Form::Label(of) => format!("label of {}", self.show(of)),
                Form::Definition(ix) => format!("defines {}", self.path_of(self.symbol(ix))),
                Form::Macro => "macro".to_owned(),
                Form::Tag => "tag".to_owned(),
                Form::Loose => "loose".to_owned(),
            };
            let place = place(source, occurrence.start);
            let name = self.name(occurrence.name);
            let _ = writeln!(out, "{place} {name} {:?} {form}", occurrence.role);
        }
        for import in &self.imports {
            let names: Vec<&str> = import.names.iter().map(|name| self.name(*name)).collect();
            let module = self.name(import.module);
            let _ = writeln!(out, "import {module} {}", names.join(", "));
        }
        for (ix, scope) in self.scopes.iter().enumerate() {
            for wildcard in &scope.wildcards {
                let _ = writeln!(out, "scope {ix} sees all of {}", self.show(*wildcard));
            }
        }
        for error in &self.errors {
            let _ = writeln!(out, "error {} {}", place(source, error.span.start), error.message);
        }
        if let Some(cut) = self.cut {
            let _ = writeln!(out, "cut {cut:?}");
        }
        out
    }

    fn render_symbol(&self, out: &mut String, source: &str, symbol: &Symbol) {
        let place = place(source, symbol.at.start);
        let _ = write!(out, "{place} {:?} {}", symbol.kind, self.path_of(symbol));
        let flags: Vec<&str> = FLAGS
            .iter()
            .filter(|(flag, _)| symbol.flags.has(*flag))
            .map(|(_, name)| *name)
            .collect();
        if !flags.is_empty() {
            let _ = write!(out, " [{}]", flags.join(" "));
        }
        if symbol.visibility != crate::Visibility::Public {
            let _ = write!(out, " {:?}", symbol.visibility);
        }
        for (word, ix) in [(":", symbol.ty), ("=", symbol.value), ("on", symbol.attached)] {
            if ix.is_known() {
                let _ = write!(out, " {word} {}", self.show(ix));
            }
        }
        if !symbol.bases.is_empty() {
            let bases: Vec<String> = symbol.bases.iter().map(|ix| self.show(*ix)).collect();
            let _ = write!(out, " inherits {}", bases.join(", "));
        }
        out.push('\n');
        let cut = |span: crate::Span| {
            source.get(span.start as usize..span.end as usize).unwrap_or_default()
        };
        if !symbol.signature.is_empty() {
            let _ = writeln!(out, "    | {}", one_line(cut(symbol.signature)));
        }
        if !symbol.doc.is_empty() {
            let _ = writeln!(out, "    \" {}", one_line(cut(symbol.doc)));
        }
    }

    /// `Class.method`.
    fn path_of(&self, symbol: &Symbol) -> String {
        let mut parts = vec![self.name(symbol.name)];
        let mut at = symbol.container;
        while let Some(ix) = at {
            parts.push(self.name(self.symbol(ix).name));
            at = self.symbol(ix).container;
            if parts.len() > 32 {
                break;
            }
        }
        parts.reverse();
        parts.join(".")
    }

    /// An expression in a notation like source.
    pub fn show(&self, ix: ExprIx) -> String {
        self.show_to(ix, 12)
    }

    fn show_to(&self, ix: ExprIx, depth: u32) -> String {
        if depth == 0 {
            return "…".to_owned();
        }
        let show = |ix: &ExprIx| self.show_to(*ix, depth - 1);
        let list = |parts: &[ExprIx]| parts.iter().map(show).collect::<Vec<_>>().join(", ");
        match self.expr(ix) {
            Expr::Unknown => "?".to_owned(),
            Expr::Occurrence(at) => {
                let occurrence = self.occurrence(*at);
                let name = self.name(occurrence.name);
                match occurrence.form {
                    Form::Member(of) => format!("{}.{name}", show(&of)),
                    Form::Label(of) => format!("{}.{name}=", show(&of)),
                    _ => name.to_owned(),
                }
            }
            Expr::Named(ScopeIx(scope), name) => format!("{}@{scope}", self.name(*name)),
            Expr::Member(of, name) => format!("{}.{}", show(of), self.name(*name)),
            Expr::Call(of) => format!("{}()", show(of)),
            Expr::Instance(of) => format!("instance({})", show(of)),
            Expr::TypeOf(of) => format!("typeof({})", show(of)),
            Expr::Element(of) => format!("{}[]", show(of)),
            Expr::Each(of) => format!("each of {}", show(of)),
            Expr::Slot(of, n) => format!("{}[{n}]", show(of)),
            Expr::Await(of) => format!("await {}", show(of)),
            Expr::Generic(of, args) => format!("{}<{}>", show(of), list(args)),
            Expr::Either(parts) => format!("({})", list(parts).replace(", ", " | ")),
            Expr::Tuple(parts) => format!("tuple({})", list(parts)),
            Expr::List(of) => format!("list({})", show(of)),
            Expr::Else(first, second) => format!("({} else {})", show(first), show(second)),
            Expr::Builtin(name) => format!("builtin {}", self.name(*name)),
            Expr::Function(symbol) => format!("function {}", self.path_of(self.symbol(*symbol))),
            Expr::This(_) => "this".to_owned(),
            Expr::ThisType(_) => "This".to_owned(),
            Expr::Super(_) => "super".to_owned(),
            Expr::Module(name) => format!("module {:?}", self.name(*name)),
            Expr::CallbackParameter(callee, parameter, argument) => {
                format!("{}(#{argument}).parameter {parameter}", show(callee))
            }
            Expr::Apply(of, args) => format!("{}<by {}>", show(of), list(args)),
            Expr::Guard(of) => format!("guard {}", show(of)),
            Expr::Parameter(callee, place) => format!("{}(#{place})", show(callee)),
        }
    }
}

/// `line:column`, 1-based, in characters.
fn place(source: &str, at: u32) -> String {
    let before = source.get(..at as usize).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{line}:{column}")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
