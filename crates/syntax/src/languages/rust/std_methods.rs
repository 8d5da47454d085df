//! The standard library's best known methods: what they give, and what they hand to closures.

use std::{collections::HashMap, sync::LazyLock};

/// What a method gives, where the workspace has none of its own that is called so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gives {
    /// What holds the same as the receiver, in the same way as far as it matters here.
    Same,
    /// The value that an `Option`, a `Result` or the like holds.
    Held,
    /// An element.
    Element,
    /// An element, maybe.
    MaybeElement,
    /// What iterating gives, maybe: of a map, a pair.
    MaybeEach,
    /// Lists of elements.
    Lists,
    /// Two of the same.
    Two,
    /// The first of what a map's pairs hold.
    Keys,
    /// The second.
    Values,
    /// Elements with their numbers.
    Numbered,
    /// Pairs with the elements of the argument.
    Zipped,
    /// The elements of the elements.
    Flat,
    /// Whatever holds what the closure gives.
    Mapped,
    /// Whatever holds what the closure's `Option` holds.
    MaybeMapped,
    /// The elements of what the closure gives.
    FlatMapped,
    /// What the closure gives.
    Made,
    /// What the closure gives, maybe.
    MaybeMade,
    /// The last argument, maybe.
    MaybeGiven,
    /// The first argument.
    Given,
    /// What the type argument says.
    Asked,
    /// The same, or else what holds the same as the receiver.
    Collected,
}

/// What a method hands to the closure that it is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hands {
    /// What iterating the receiver gives, or what it holds.
    Each,
    /// What an `Option` or `Result` holds.
    Held,
    /// First what has been made so far, then each element.
    Folded,
}

static GIVES: LazyLock<HashMap<&str, Gives>> = LazyLock::new(|| {
    table(&[
        (
            "and_modify as_deref as_deref_mut as_mut as_mut_slice as_pin_mut as_ref as_slice borrow \
             borrow_mut by_ref chain clone cloned copied cycle deref deref_mut downgrade drain entry \
             expect_err extract_if filter fuse inspect inspect_err into_boxed_slice into_inner \
             into_iter into_sorted_vec iter iter_mut lock map_err ok ok_or ok_or_else or or_else \
             par_iter peekable rev skip skip_while sorted sorted_by sorted_by_key split_off step_by \
             take take_if take_while to_owned to_vec try_lock upgrade",
            Gives::Same,
        ),
        (
            "expect get_or_insert get_or_insert_with get_or_init unwrap unwrap_or unwrap_or_default \
             unwrap_or_else unwrap_unchecked",
            Gives::Held,
        ),
        ("get_unchecked or_default or_insert or_insert_with remove swap_remove", Gives::Element),
        (
            "back back_mut first first_mut front front_mut get get_mut last last_mut pop pop_back \
             pop_front",
            Gives::MaybeElement,
        ),
        (
            "find max max_by max_by_key min min_by min_by_key next next_back next_if nth peek \
             peek_mut pop_first pop_last reduce rfind",
            Gives::MaybeEach,
        ),
        ("chunk_by chunks chunks_exact chunks_mut rchunks windows", Gives::Lists),
        ("partition split_at split_at_mut", Gives::Two),
        ("into_keys keys", Gives::Keys),
        ("into_values values values_mut", Gives::Values),
        ("enumerate", Gives::Numbered),
        ("zip", Gives::Zipped),
        ("flatten", Gives::Flat),
        ("map", Gives::Mapped),
        ("filter_map find_map map_while scan", Gives::MaybeMapped),
        ("flat_map", Gives::FlatMapped),
        ("and_then map_or map_or_else", Gives::Made),
        ("then", Gives::MaybeMade),
        ("then_some", Gives::MaybeGiven),
        ("fold", Gives::Given),
        ("collect", Gives::Collected),
        ("downcast downcast_mut downcast_ref into parse product sum try_into", Gives::Asked),
    ])
});

static HANDS: LazyLock<HashMap<&str, Hands>> = LazyLock::new(|| {
    table(&[
        (
            "all any binary_search_by binary_search_by_key chunk_by dedup_by dedup_by_key \
             extract_if filter filter_map find find_map flat_map for_each inspect is_sorted_by \
             is_sorted_by_key map map_while max_by max_by_key min_by min_by_key partition \
             partition_point position reduce retain retain_mut rfind rposition skip_while sort_by \
             sort_by_cached_key sort_by_key sort_unstable_by sort_unstable_by_key sorted_by \
             sorted_by_key take_while try_for_each",
            Hands::Each,
        ),
        (
            "and_modify and_then is_none_or is_ok_and is_some_and map_or map_or_else next_if take_if",
            Hands::Held,
        ),
        ("fold try_fold", Hands::Folded),
    ])
});

fn table<T: Copy>(rows: &[(&'static str, T)]) -> HashMap<&'static str, T> {
    let words = |row: &(&'static str, T)| {
        let value = row.1;
        row.0.split_whitespace().map(move |word| (word, value))
    };
    rows.iter().flat_map(words).collect()
}

/// What a method of this name gives.
pub(super) fn gives(name: &str) -> Option<Gives> {
    GIVES.get(name).copied()
}

/// What a method of this name hands to a closure.
pub(super) fn hands(name: &str) -> Option<Hands> {
    HANDS.get(name).copied()
}

/// Names of methods that the standard library's own types have: on a value of unknown type, such a
/// name says nothing.
#[rustfmt::skip]
pub(super) const COMMON: &[&str] = &[
    "abs", "all", "and", "and_then", "any", "append", "args", "as_bytes", "as_deref", "as_mut",
    "as_os_str", "as_path", "as_ptr", "as_ref", "as_slice", "as_str", "await", "binary_search",
    "binary_search_by", "binary_search_by_key", "borrow", "borrow_mut", "by_ref", "bytes",
    "canonicalize", "ceil", "chain", "chars", "checked_add", "checked_sub", "chunk_by", "chunks",
    "clear", "clone", "cloned", "cmp", "collect", "components", "concat", "contains",
    "contains_key", "copied", "copy_from_slice", "count", "create", "current_dir", "dedup",
    "default", "deref", "display", "downcast_ref", "drain", "drop", "elapsed", "ends_with",
    "entry", "enumerate", "env", "eq", "err", "exists", "expect", "extend", "extend_from_slice",
    "extension", "extract_if", "file_name", "file_stem", "file_type", "fill", "filter",
    "filter_map", "find", "find_map", "finish", "first", "flat_map", "flatten", "floor", "flush",
    "fmt", "fold", "for_each", "from", "from_str", "fuse", "ge", "get", "get_mut",
    "get_or_insert_with", "gt", "hash", "index", "insert", "insert_str", "inspect", "into",
    "into_boxed_slice", "into_bytes", "into_inner", "into_iter", "into_os_string", "into_string",
    "is_absolute", "is_alphabetic", "is_char_boundary", "is_digit", "is_dir", "is_empty",
    "is_err", "is_file", "is_none", "is_none_or", "is_ok", "is_ok_and", "is_some", "is_some_and",
    "is_sorted_by", "is_sorted_by_key", "is_symlink", "iter", "iter_mut", "join", "key", "keys",
    "kind", "last", "le", "len", "lines", "load", "lock", "lt", "map", "map_err", "map_or",
    "matches", "max", "max_by", "max_by_key", "metadata", "min", "min_by", "min_by_key",
    "modified", "ne", "new", "next", "next_back", "nth", "ok", "ok_or", "ok_or_else", "open",
    "or", "or_default", "or_else", "or_insert", "or_insert_with", "output", "parent", "parse",
    "partial_cmp", "partition", "partition_point", "path", "peek", "peekable", "pop", "pop_back",
    "pop_front", "position", "pow", "push", "push_back", "push_front", "push_str", "read",
    "read_exact", "read_line", "read_to_end", "read_to_string", "recv", "remove", "repeat",
    "replace", "reserve", "resize", "retain", "rev", "reverse", "rfind", "rsplit", "run",
    "saturating_sub", "seek", "send", "set", "sin", "size_hint", "skip", "skip_while", "sort",
    "sort_by", "sort_by_key", "sort_unstable", "source", "spawn", "split", "split_at",
    "split_off", "split_once", "split_whitespace", "splitn", "sqrt", "starts_with", "status",
    "step_by", "store", "strip_prefix", "strip_suffix", "sum", "swap", "swap_remove", "take",
    "take_while", "then", "then_some", "to_ascii_lowercase", "to_lowercase", "to_owned",
    "to_path_buf", "to_str", "to_string", "to_string_lossy", "to_uppercase", "to_vec", "trim",
    "trim_end", "trim_matches", "trim_start", "truncate", "try_from", "try_into", "unwrap",
    "unwrap_err", "unwrap_or", "unwrap_or_default", "unwrap_or_else", "values", "values_mut",
    "wait", "windows", "with_capacity", "with_extension", "wrapping_add", "write", "write_all",
    "write_fmt", "write_str", "zip",
];
