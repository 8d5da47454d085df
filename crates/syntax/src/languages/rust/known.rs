//! What the standard library's best known functions make of their arguments.
//!
//! Its sources are not in the workspace, yet most chains of calls lead through `Option`, `Result`,
//! iterators and smart pointers. `Some(x)`, `Ok(x)`, `Box::new(x)` and the like count as `x`;
//! taking a value out of one is [`Expr::Await`], which leaves other values as they are. A method of
//! the workspace's own that is called so comes first.

use super::{
    expressions::Expected,
    lexer::T,
    std_methods::{self, Gives, Hands},
    walk::Walk,
};
use crate::facts::{Expr, ExprIx, Form, OccurrenceIx, ScopeIx, Span, SymbolIx};

/// Types that count as what they hold.
const HOLDERS: &[&str] = &[
    "Arc",
    "Box",
    "Cell",
    "Cow",
    "ManuallyDrop",
    "Mutex",
    "OnceCell",
    "Option",
    "Pin",
    "Rc",
    "RefCell",
    "Result",
    "Reverse",
    "RwLock",
    "Wrapping",
];

/// A call of a method.
pub(super) struct MethodCall<'a> {
    pub(super) of: ExprIx,
    /// The member, with type arguments if any were given.
    pub(super) callee: ExprIx,
    pub(super) name: Span,
    /// The first type argument that was given.
    pub(super) turbofish: ExprIx,
    pub(super) args: &'a [ExprIx],
}

/// How a function is called: its name and the one before it.
#[derive(Clone, Copy)]
pub(super) struct Name<'s> {
    name: &'s str,
    of: &'s str,
}

impl<'s> Name<'s> {
    /// The path that ends right before the next token.
    pub(super) fn before(walk: &Walk<'s>) -> Name<'s> {
        let word = |back: usize| {
            let token = walk.token_at(walk.pos.saturating_sub(back));
            if token.kind == T::Ident { walk.facts.text(token.span()) } else { "" }
        };
        let qualified = walk.token_at(walk.pos.saturating_sub(2)).kind == T::PathSep;
        Name { name: word(1), of: if qualified { word(3) } else { "" } }
    }
}

/// What calling gives, the arguments telling of type parameters.
fn call(walk: &mut Walk<'_>, callee: ExprIx, args: &[ExprIx]) -> ExprIx {
    let tells =
        |arg: &ExprIx| !matches!(walk.facts.expr_of(*arg), Expr::Unknown | Expr::Builtin(_));
    let callee = match args.iter().any(tells) {
        true => walk.facts.wrap(callee, |callee| Expr::Apply(callee, args.to_vec())),
        false => callee,
    };
    walk.facts.wrap(callee, Expr::Call)
}

/// The result of calling a function.
pub(super) fn called(
    walk: &mut Walk<'_>,
    callee: ExprIx,
    name: Name<'_>,
    args: &[ExprIx],
) -> ExprIx {
    let first = args.first().copied().unwrap_or_default();
    let result = call(walk, callee, args);
    match (name.of, name.name) {
        ("", "Some" | "Ok") => walk.maybe(first),
        ("mem", "take" | "replace") => first,
        (of, "new" | "pin" | "from" | "clone" | "Borrowed" | "Owned" | "Some" | "Ok")
            if HOLDERS.contains(&of) =>
        {
            walk.or_else(result, first)
        }
        (_, "default" | "from" | "from_iter" | "from_str" | "try_from") => {
            let ty = qualifier(walk, callee);
            let made = walk.facts.wrap(ty, Expr::Instance);
            walk.or_else(result, made)
        }
        _ => result,
    }
}

/// What stands before the last name of a path.
fn qualifier(walk: &Walk<'_>, path: ExprIx) -> ExprIx {
    let Expr::Occurrence(ix) = walk.facts.expr_of(path) else { return ExprIx::UNKNOWN };
    match walk.facts.occurrence_of(*ix).form {
        Form::Member(of) => of,
        _ => ExprIx::UNKNOWN,
    }
}

/// The result of calling a method.
pub(super) fn method(walk: &mut Walk<'_>, call: &MethodCall<'_>) -> ExprIx {
    let name = walk.facts.text(call.name);
    fill(walk, call, name);
    let result = self::call(walk, call.callee, call.args);
    match std_methods::gives(name) {
        Some(gives) => {
            let known = given(walk, call, gives);
            walk.or_else(result, known)
        }
        None => result,
    }
}

fn given(walk: &mut Walk<'_>, call: &MethodCall<'_>, gives: Gives) -> ExprIx {
    let of = call.of;
    let last = call.args.last().copied().unwrap_or_default();
    match gives {
        Gives::Same => of,
        Gives::Held => walk.facts.wrap(of, Expr::Await),
        Gives::Element => walk.facts.wrap(of, Expr::Element),
        Gives::MaybeElement => {
            let element = walk.facts.wrap(of, Expr::Element);
            walk.maybe(element)
        }
        Gives::MaybeEach => {
            let each = walk.facts.wrap(of, Expr::Each);
            walk.maybe(each)
        }
        Gives::Lists => walk.facts.wrap(of, Expr::List),
        Gives::Two => walk.facts.wrap(of, |of| Expr::Tuple(vec![of, of])),
        Gives::Keys | Gives::Values => {
            let place = u32::from(gives == Gives::Values);
            let part = walk.facts.wrap(of, |of| Expr::Slot(of, place));
            walk.facts.wrap(part, Expr::List)
        }
        Gives::Numbered => {
            let each = walk.facts.wrap(of, Expr::Each);
            let pair = walk.facts.wrap(each, |it| Expr::Tuple(vec![ExprIx::UNKNOWN, it]));
            walk.facts.wrap(pair, Expr::List)
        }
        Gives::Zipped => {
            let parts = vec![walk.facts.wrap(of, Expr::Each), walk.facts.wrap(last, Expr::Each)];
            let pair = walk.facts.expr(Expr::Tuple(parts));
            walk.facts.expr(Expr::List(pair))
        }
        Gives::Flat => {
            let inner = walk.facts.wrap(of, Expr::Element);
            let inner = walk.facts.wrap(inner, Expr::Element);
            walk.maybe(inner)
        }
        Gives::Mapped | Gives::MaybeMade => {
            let made = walk.facts.wrap(last, Expr::Call);
            walk.maybe(made)
        }
        Gives::MaybeMapped => {
            let made = walk.facts.wrap(last, Expr::Call);
            let held = walk.facts.wrap(made, Expr::Await);
            walk.maybe(held)
        }
        Gives::FlatMapped => {
            let made = walk.facts.wrap(last, Expr::Call);
            let each = walk.facts.wrap(made, Expr::Each);
            walk.facts.wrap(each, Expr::List)
        }
        Gives::Made => walk.facts.wrap(last, Expr::Call),
        Gives::MaybeGiven => walk.maybe(last),
        Gives::Given => call.args.first().copied().unwrap_or_default(),
        Gives::Asked if call.turbofish.is_known() => {
            walk.facts.wrap(call.turbofish, Expr::Instance)
        }
        Gives::Asked => ExprIx::UNKNOWN,
        Gives::Collected if call.turbofish.is_known() => {
            walk.facts.wrap(call.turbofish, Expr::Instance)
        }
        Gives::Collected => of,
    }
}

/// Calls that say what a collection holds that was made empty.
fn fill(walk: &mut Walk<'_>, call: &MethodCall<'_>, name: &str) {
    let part = match (name, call.args) {
        ("push" | "push_back" | "push_front" | "insert" | "replace", [one]) => {
            walk.facts.wrap(*one, Expr::List)
        }
        ("insert", [key, value]) if key.is_known() || value.is_known() => {
            let pair = vec![*key, *value];
            walk.outside("HashMap", pair)
        }
        ("extend" | "append" | "extend_from_slice", [more]) => *more,
        _ => return,
    };
    walk.fill(call.of, part);
}

/// What a closure's parameter is, where the closure is given to a call.
pub(super) fn closure_parameter(
    walk: &mut Walk<'_>,
    expected: &Expected,
    parameter: u32,
) -> ExprIx {
    let declared = walk.facts.wrap(expected.callee, |callee| {
        Expr::CallbackParameter(callee, parameter, expected.argument)
    });
    let Some((of, name)) = expected.method else { return declared };
    let known = match std_methods::hands(walk.facts.text(name)) {
        Some(Hands::Folded) if parameter == 0 => expected.first,
        Some(Hands::Each | Hands::Folded) => walk.facts.wrap(of, Expr::Each),
        Some(Hands::Held) => walk.facts.wrap(of, Expr::Await),
        None => return declared,
    };
    walk.or_else(declared, known)
}

/// What a macro of the standard library stands for.
pub(super) fn expanded(walk: &mut Walk<'_>, name: &str, values: &[ExprIx]) -> ExprIx {
    let first = values.first().copied().unwrap_or_default();
    match name {
        "vec" => walk.list_of(values),
        "dbg" => first,
        "try" => walk.facts.wrap(first, Expr::Await),
        "format" | "concat" => walk.builtin("str"),
        _ => ExprIx::UNKNOWN,
    }
}

impl Walk<'_> {
    /// The first of two that turns out to be known.
    fn or_else(&mut self, first: ExprIx, second: ExprIx) -> ExprIx {
        if first.is_known() && second.is_known() {
            return self.facts.expr(Expr::Else(first, second));
        }
        if first.is_known() { first } else { second }
    }

    /// What holds a value as `Option` does.
    fn maybe(&mut self, value: ExprIx) -> ExprIx {
        if value.is_known() { self.outside("Option", vec![value]) } else { value }
    }

    /// An instance of a generic type of the standard library.
    fn outside(&mut self, name: &'static str, args: Vec<ExprIx>) -> ExprIx {
        let name = self.facts.name(name);
        let head = self.facts.expr(Expr::Named(ScopeIx(0), name));
        self.facts.expr(Expr::Generic(head, args))
    }

    /// Remembers a variable that was made empty: what is put into it says what it holds.
    pub(super) fn made(&mut self, symbol: SymbolIx, value: ExprIx) {
        let name = self.facts.symbol(symbol).name;
        self.empty.retain(|it| it.name != name);
        if self.is_empty(value) {
            self.empty.push(Empty { name, symbol, fillings: 0 });
        }
    }

    /// Whether a value says nothing of what it holds: `Vec::new()`, `None`.
    fn is_empty(&self, value: ExprIx) -> bool {
        let named = |ix: &OccurrenceIx| self.facts.spelled(self.facts.occurrence_of(*ix).name);
        match self.facts.expr_of(value) {
            Expr::Unknown => true,
            Expr::Occurrence(ix) => named(ix) == "None",
            Expr::Else(first, _) => self.is_empty(*first),
            Expr::Call(callee) => match self.facts.expr_of(*callee) {
                Expr::Occurrence(ix) => matches!(named(ix), "new" | "default" | "with_capacity"),
                Expr::Apply(callee, _) => match self.facts.expr_of(*callee) {
                    Expr::Occurrence(ix) => named(ix) == "with_capacity",
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    /// Puts something into a variable that was made empty.
    pub(super) fn fill(&mut self, of: ExprIx, part: ExprIx) {
        /// What comes later is of the same type.
        const MOST: u8 = 3;
        let Expr::Occurrence(ix) = *self.facts.expr_of(of) else { return };
        let occurrence = *self.facts.occurrence_of(ix);
        if occurrence.form != Form::Bare || !part.is_known() {
            return;
        }
        let found = self.empty.iter_mut().find(|it| it.name == occurrence.name);
        let Some(it) = found.filter(|it| it.fillings < MOST) else { return };
        it.fillings += 1;
        let symbol = it.symbol;
        let before = self.facts.symbol(symbol).value;
        let value = self.facts.either(vec![before, part]);
        self.facts.symbol_mut(symbol).value = value;
    }
}

/// A variable that was made empty.
pub(super) struct Empty {
    name: crate::Name,
    symbol: SymbolIx,
    fillings: u8,
}
