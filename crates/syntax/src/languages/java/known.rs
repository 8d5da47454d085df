//! What the standard library's best known methods make of what they are called on and given.
//!
//! Its sources are not in the workspace, yet many chains of calls lead through collections, streams
//! and `Optional`. All of these count as containers of their last type argument. A method of the
//! workspace's own that is called so comes first ([`Expr::Else`]).

use tree_sitter::Node;

use super::walk::{Arguments, Walk};
use crate::{
    facts::{Expr, ExprIx},
    tree::span,
};

/// Methods whose result holds what the receiver holds.
const SAME: &[&str] = &[
    "clone",
    "collect",
    "descendingIterator",
    "descendingMap",
    "descendingSet",
    "distinct",
    "dropWhile",
    "filter",
    "findAny",
    "findFirst",
    "headMap",
    "headSet",
    "iterator",
    "limit",
    "listIterator",
    "max",
    "min",
    "parallel",
    "parallelStream",
    "reduce",
    "reversed",
    "sequential",
    "skip",
    "sorted",
    "stream",
    "subList",
    "subMap",
    "subSet",
    "tailMap",
    "tailSet",
    "takeWhile",
    "toArray",
    "toList",
    "unordered",
    "values",
];

/// Methods that give one of what the receiver holds.
const ONE: &[&str] = &[
    "apply",
    "call",
    "ceiling",
    "compute",
    "computeIfAbsent",
    "computeIfPresent",
    "element",
    "elementAt",
    "first",
    "firstElement",
    "floor",
    "get",
    "getAndSet",
    "getFirst",
    "getIfPresent",
    "getLast",
    "getNow",
    "getOrDefault",
    "getUnchecked",
    "higher",
    "join",
    "last",
    "lastElement",
    "lower",
    "merge",
    "newInstance",
    "next",
    "nextElement",
    "orElse",
    "orElseGet",
    "orElseThrow",
    "peek",
    "peekFirst",
    "peekLast",
    "poll",
    "pollFirst",
    "pollLast",
    "pop",
    "previous",
    "put",
    "putIfAbsent",
    "remove",
    "removeFirst",
    "removeLast",
    "set",
    "take",
];

/// Methods whose result holds what a function makes of what the receiver holds.
const MADE: &[&str] = &["map", "mapToObj", "thenApply", "transform"];

/// Methods whose result is of the kind that a function makes.
const MADE_WHOLE: &[&str] = &["flatMap", "thenCompose"];

/// Methods that hand what the receiver holds to a function.
const EACH: &[&str] = &[
    "allMatch",
    "anyMatch",
    "dropWhile",
    "filter",
    "flatMap",
    "forEach",
    "forEachOrdered",
    "ifPresent",
    "ifPresentOrElse",
    "map",
    "mapToDouble",
    "mapToInt",
    "mapToLong",
    "mapToObj",
    "max",
    "min",
    "noneMatch",
    "peek",
    "reduce",
    "removeIf",
    "replaceAll",
    "sort",
    "sorted",
    "takeWhile",
    "thenAccept",
    "thenApply",
    "thenCompose",
    "transform",
];

/// Types whose static methods hold, or give back, what they are given.
const MAKERS: &[&str] = &[
    "Arrays",
    "Collections",
    "ImmutableList",
    "ImmutableSet",
    "List",
    "Lists",
    "Objects",
    "Optional",
    "Preconditions",
    "Set",
    "Sets",
    "Stream",
];

impl Walk<'_> {
    /// What a call gives: what its method says, or else what one of the library that is called so
    /// would give.
    pub(super) fn known_result(
        &mut self,
        node: Node<'_>,
        of: ExprIx,
        declared: ExprIx,
        arguments: &Arguments,
    ) -> ExprIx {
        let args = &arguments.values;
        let name = node.child_by_field_name("name").map_or("", |it| self.facts.text(span(it)));
        let object = node.child_by_field_name("object");
        let maker = object.map_or("", |it| self.facts.text(span(it)));
        let first = arguments.made.first().copied().unwrap_or_default();
        let known = match name {
            _ if MAKERS.contains(&maker) => self.made_of(name, args),
            "getKey" => self.slot(of, 0),
            "getValue" => self.slot(of, 1),
            "keySet" => {
                let key = self.slot(of, 0);
                self.facts.wrap(key, Expr::List)
            }
            "entrySet" if of.is_known() => {
                let entry = vec![self.slot(of, 0), self.slot(of, 1)];
                let entry = self.facts.expr(Expr::Tuple(entry));
                self.facts.expr(Expr::List(entry))
            }
            "firstEntry" | "lastEntry" | "floorEntry" | "ceilingEntry" if of.is_known() => {
                let entry = vec![self.slot(of, 0), self.slot(of, 1)];
                self.facts.expr(Expr::Tuple(entry))
            }
            // Of a stream it is the stream again.
            "peek" if !args.is_empty() => of,
            _ if MADE.binary_search(&name).is_ok() => self.facts.wrap(first, Expr::List),
            _ if MADE_WHOLE.binary_search(&name).is_ok() => first,
            _ if SAME.binary_search(&name).is_ok() => {
                let element = self.facts.wrap(of, Expr::Element);
                self.facts.wrap(element, Expr::List)
            }
            _ if ONE.binary_search(&name).is_ok() => self.facts.wrap(of, Expr::Element),
            _ => return declared,
        };
        self.or_else(declared, known)
    }

    /// What `List.of(a, b)` and the like make of their arguments.
    fn made_of(&mut self, name: &str, args: &[ExprIx]) -> ExprIx {
        match name {
            "of" | "ofNullable" | "asList" | "singletonList" | "singleton" | "newArrayList"
            | "newHashSet" => {
                let element = self.facts.either(args.to_vec());
                self.facts.wrap(element, Expr::List)
            }
            _ => args.first().copied().unwrap_or_default(),
        }
    }

    /// What a library's method hands to parameter `n` (of `count`) of a function that it is given.
    pub(super) fn known_parameter(
        &mut self,
        name: &str,
        of: ExprIx,
        n: u32,
        count: usize,
    ) -> ExprIx {
        match name {
            "forEach" | "replaceAll" if count == 2 => self.slot(of, n),
            "computeIfAbsent" => self.slot(of, 0),
            "compute" | "computeIfPresent" => self.slot(of, n),
            "merge" => self.facts.wrap(of, Expr::Element),
            _ if EACH.binary_search(&name).is_ok() => self.facts.wrap(of, Expr::Element),
            _ => ExprIx::UNKNOWN,
        }
    }

    fn slot(&mut self, of: ExprIx, n: u32) -> ExprIx {
        self.facts.wrap(of, |of| Expr::Slot(of, n))
    }

    /// The first of two that turns out to be known.
    pub(super) fn or_else(&mut self, first: ExprIx, second: ExprIx) -> ExprIx {
        if first.is_known() && second.is_known() {
            return self.facts.expr(Expr::Else(first, second));
        }
        if first.is_known() { first } else { second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [SAME, ONE, MADE, MADE_WHOLE, EACH] {
            assert!(list.is_sorted());
        }
    }
}
