//! What the standard library's best known functions make of their arguments.
//!
//! Its sources are not in the workspace, yet most chains of calls lead through `Option`, `Result`,
//! iterators and smart pointers. `Some(x)`, `Ok(x)`, `Box::new(x)` and the like count as `x`;
//! taking a value out of one is [`Expr::Await`], which leaves other values as they are. A method of
//! the workspace's own that is called so comes first.

use super::{expressions::Expected, lexer::T, walk::Walk};
use crate::facts::{Expr, ExprIx, Span};

/// Methods whose result holds what the receiver holds, in the same way as far as it matters here.
const SAME: &[&str] = &[
    "and_modify",
    "as_deref",
    "as_deref_mut",
    "as_mut",
    "as_mut_slice",
    "as_pin_mut",
    "as_ref",
    "as_slice",
    "borrow",
    "borrow_mut",
    "by_ref",
    "chain",
    "clone",
    "cloned",
    "collect",
    "copied",
    "cycle",
    "deref",
    "deref_mut",
    "downgrade",
    "drain",
    "expect_err",
    "filter",
    "fuse",
    "inspect",
    "inspect_err",
    "into_boxed_slice",
    "into_inner",
    "into_iter",
    "into_values",
    "iter",
    "iter_mut",
    "lock",
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "par_iter",
    "peekable",
    "rev",
    "skip",
    "skip_while",
    "step_by",
    "take",
    "take_while",
    "to_owned",
    "to_vec",
    "try_lock",
    "upgrade",
    "values",
    "values_mut",
];

/// Methods that take the value out of an `Option`, a `Result` or the like.
const HELD: &[&str] = &[
    "expect",
    "get_or_insert_with",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "unwrap_unchecked",
];

/// Methods that give one of the elements, mostly in an `Option`.
const ELEMENT: &[&str] = &[
    "back",
    "back_mut",
    "find",
    "first",
    "first_mut",
    "front",
    "front_mut",
    "get",
    "get_mut",
    "get_unchecked",
    "last",
    "last_mut",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "next",
    "next_back",
    "nth",
    "peek",
    "pop",
    "pop_back",
    "pop_front",
    "reduce",
    "remove",
    "swap_remove",
];

/// Methods that give a list of lists.
const LISTS: &[&str] = &["chunks", "chunks_exact", "chunks_mut", "rchunks", "split_at", "windows"];

/// Methods that hand elements to a closure.
const EACH: &[&str] = &[
    "all",
    "any",
    "dedup_by_key",
    "filter",
    "filter_map",
    "find",
    "find_map",
    "flat_map",
    "for_each",
    "inspect",
    "map",
    "map_while",
    "max_by",
    "max_by_key",
    "min_by",
    "min_by_key",
    "partition",
    "position",
    "reduce",
    "retain",
    "retain_mut",
    "rposition",
    "skip_while",
    "sort_by",
    "sort_by_cached_key",
    "sort_by_key",
    "sort_unstable_by",
    "sort_unstable_by_key",
    "take_while",
    "try_for_each",
];

/// Methods that hand what an `Option` or `Result` holds to a closure.
const WITH_HELD: &[&str] =
    &["and_then", "is_none_or", "is_ok_and", "is_some_and", "map_or", "map_or_else", "then"];

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
        ("", "Some" | "Ok") => first,
        ("mem", "take" | "replace") => first,
        (of, "new" | "pin" | "from" | "clone" | "Borrowed" | "Owned" | "Some" | "Ok")
            if HOLDERS.contains(&of) =>
        {
            walk.or_else(result, first)
        }
        _ => result,
    }
}

/// The result of calling a method.
pub(super) fn method(walk: &mut Walk<'_>, call: &MethodCall<'_>) -> ExprIx {
    let of = call.of;
    let result = self::call(walk, call.callee, call.args);
    let last = call.args.last().copied().unwrap_or_default();
    let name = walk.facts.text(call.name);
    let known = match name {
        "collect" | "into" | "parse" | "try_into" | "sum" | "product" | "downcast_ref"
        | "downcast_mut" | "downcast"
            if call.turbofish.is_known() =>
        {
            walk.facts.wrap(call.turbofish, Expr::Instance)
        }
        "map" | "filter_map" | "flat_map" | "map_while" | "scan" => {
            let made = walk.facts.wrap(last, Expr::Call);
            walk.facts.wrap(made, Expr::List)
        }
        "and_then" | "map_or" | "map_or_else" | "fold" | "find_map" | "then" => {
            walk.facts.wrap(last, Expr::Call)
        }
        "enumerate" => {
            let element = walk.facts.wrap(of, Expr::Element);
            let pair = walk.facts.wrap(element, |it| Expr::Tuple(vec![ExprIx::UNKNOWN, it]));
            walk.facts.wrap(pair, Expr::List)
        }
        "zip" => {
            let parts =
                vec![walk.facts.wrap(of, Expr::Element), walk.facts.wrap(last, Expr::Element)];
            let pair = walk.facts.expr(Expr::Tuple(parts));
            walk.facts.expr(Expr::List(pair))
        }
        _ if SAME.contains(&name) => of,
        _ if HELD.contains(&name) => walk.facts.wrap(of, Expr::Await),
        _ if ELEMENT.contains(&name) => walk.facts.wrap(of, Expr::Element),
        _ if LISTS.contains(&name) => walk.facts.wrap(of, Expr::List),
        _ => return result,
    };
    walk.or_else(result, known)
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
    let known = match (walk.facts.text(name), parameter) {
        ("fold", 1) => walk.facts.wrap(of, Expr::Element),
        (name, _) if EACH.contains(&name) => walk.facts.wrap(of, Expr::Element),
        (name, _) if WITH_HELD.contains(&name) => walk.facts.wrap(of, Expr::Await),
        _ => return declared,
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
}

/// Names of methods that the standard library's own types have: on a value of unknown type, such a
/// name says nothing.
pub(super) const METHODS: &[&str] = &[
    "abs",
    "all",
    "and",
    "and_then",
    "any",
    "append",
    "args",
    "as_bytes",
    "as_deref",
    "as_mut",
    "as_os_str",
    "as_path",
    "as_ptr",
    "as_ref",
    "as_slice",
    "as_str",
    "await",
    "binary_search",
    "borrow",
    "borrow_mut",
    "bytes",
    "by_ref",
    "canonicalize",
    "ceil",
    "chain",
    "chars",
    "checked_add",
    "checked_sub",
    "chunks",
    "clear",
    "clone",
    "cloned",
    "cmp",
    "collect",
    "components",
    "concat",
    "contains",
    "contains_key",
    "copied",
    "copy_from_slice",
    "count",
    "create",
    "current_dir",
    "dedup",
    "default",
    "deref",
    "display",
    "downcast_ref",
    "drain",
    "drop",
    "elapsed",
    "ends_with",
    "entry",
    "enumerate",
    "env",
    "eq",
    "err",
    "exists",
    "expect",
    "extend",
    "extend_from_slice",
    "extension",
    "file_name",
    "file_stem",
    "file_type",
    "fill",
    "filter",
    "filter_map",
    "find",
    "find_map",
    "finish",
    "first",
    "flat_map",
    "flatten",
    "floor",
    "flush",
    "fmt",
    "fold",
    "for_each",
    "from",
    "from_str",
    "fuse",
    "get",
    "get_mut",
    "get_or_insert_with",
    "ge",
    "gt",
    "hash",
    "index",
    "insert",
    "insert_str",
    "inspect",
    "into",
    "into_boxed_slice",
    "into_bytes",
    "into_inner",
    "into_iter",
    "into_os_string",
    "into_string",
    "is_absolute",
    "is_alphabetic",
    "is_char_boundary",
    "is_digit",
    "is_dir",
    "is_empty",
    "is_err",
    "is_file",
    "is_none",
    "is_ok",
    "is_some",
    "is_some_and",
    "is_symlink",
    "iter",
    "iter_mut",
    "join",
    "key",
    "keys",
    "kind",
    "last",
    "le",
    "len",
    "lines",
    "load",
    "lock",
    "lt",
    "map",
    "map_err",
    "map_or",
    "matches",
    "max",
    "max_by",
    "max_by_key",
    "metadata",
    "min",
    "min_by",
    "min_by_key",
    "modified",
    "ne",
    "new",
    "next",
    "next_back",
    "nth",
    "ok",
    "ok_or",
    "ok_or_else",
    "open",
    "or",
    "or_else",
    "or_insert",
    "or_insert_with",
    "output",
    "parent",
    "parse",
    "partial_cmp",
    "partition",
    "path",
    "peek",
    "peekable",
    "pop",
    "pop_back",
    "pop_front",
    "position",
    "pow",
    "push",
    "push_back",
    "push_front",
    "push_str",
    "read",
    "read_exact",
    "read_line",
    "read_to_end",
    "read_to_string",
    "recv",
    "remove",
    "repeat",
    "replace",
    "reserve",
    "resize",
    "retain",
    "rev",
    "reverse",
    "rfind",
    "rsplit",
    "run",
    "saturating_sub",
    "seek",
    "send",
    "set",
    "sin",
    "size_hint",
    "skip",
    "skip_while",
    "sort",
    "sort_by",
    "sort_by_key",
    "sort_unstable",
    "source",
    "spawn",
    "split",
    "split_at",
    "split_off",
    "split_once",
    "split_whitespace",
    "splitn",
    "sqrt",
    "starts_with",
    "status",
    "step_by",
    "store",
    "strip_prefix",
    "strip_suffix",
    "sum",
    "swap",
    "swap_remove",
    "take",
    "take_while",
    "then",
    "then_some",
    "to_ascii_lowercase",
    "to_lowercase",
    "to_owned",
    "to_path_buf",
    "to_str",
    "to_string",
    "to_string_lossy",
    "to_uppercase",
    "to_vec",
    "trim",
    "trim_end",
    "trim_matches",
    "trim_start",
    "truncate",
    "try_from",
    "try_into",
    "unwrap",
    "unwrap_err",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "values",
    "values_mut",
    "wait",
    "windows",
    "with_capacity",
    "with_extension",
    "wrapping_add",
    "write",
    "write_all",
    "write_fmt",
    "write_str",
    "zip",
];
