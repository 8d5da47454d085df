//! Tree-sitter, as every language here uses it: parsing within a budget, walking, errors.

use std::{cell::RefCell, ops::ControlFlow};

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Tree};
use tree_sitter_language::LanguageFn;

use crate::{
    Budget, Builder, Cut, Span,
    recent::{self, Version},
};

thread_local! {
    /// Parsers keep their stacks; making one for each file costs more than small files take.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// A parser that recovers from errors in ever new ways takes seconds and gigabytes for a few lines.
/// Sources take a step for 50 bytes at most, other texts that are read as sources one for 30.
const BYTES_A_STEP: u64 = 8;
/// What the smallest file counts as.
const SPARE_BYTES: usize = 4 << 10;

/// A tree, and the numbers that it and the version it was made of are kept under.
pub(crate) struct Versioned {
    pub(crate) tree: Tree,
    pub(crate) before: Option<Version>,
    pub(crate) version: Option<Version>,
}

/// Parses `source`; `None` if that took more steps than the budget allows. The tree is the same
/// whatever was parsed before.
pub(crate) fn parse(grammar: LanguageFn, source: &str, budget: &Budget) -> Option<Tree> {
    parse_version(grammar, source, budget).map(|it| it.tree)
}

/// As [`parse`], for those who keep something with the trees of edited texts.
pub(crate) fn parse_version(
    grammar: LanguageFn,
    source: &str,
    budget: &Budget,
) -> Option<Versioned> {
    let language: Language = grammar.into();
    if !budget.keep {
        let tree = parse_from(&language, source, None, budget)?;
        return Some(Versioned { tree, before: None, version: None });
    }
    if let Some((earlier, before)) = recent::earlier(&language, source)
        && let Some(tree) = parse_from(&language, source, Some(&earlier), budget)
        && !tree.root_node().has_error()
    {
        let version = recent::keep(&language, source, &tree);
        return Some(Versioned { tree, before: Some(before), version });
    }
    let tree = parse_from(&language, source, None, budget)?;
    let version = recent::keep(&language, source, &tree);
    Some(Versioned { tree, before: None, version })
}

fn parse_from(
    language: &Language,
    source: &str,
    earlier: Option<&Tree>,
    budget: &Budget,
) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(language).ok()?;
        parser.reset();
        let bytes = source.as_bytes();
        let most = budget.max_steps.min((source.len() + SPARE_BYTES) as u64 / BYTES_A_STEP);
        let mut steps = 0u64;
        let mut watch = |_: &ParseState| {
            steps += 1;
            if steps > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut watch);
        parser.parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            earlier,
            Some(options),
        )
    })
}

/// Where a node stands.
pub(crate) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// Named children without comments.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let mut found = Vec::new();
    if cursor.goto_first_child() {
        // In trees of broken code a cursor can go in circles: there are no more than these.
        for _ in 0..node.child_count() {
            let child = cursor.node();
            if child.is_named() && !child.is_extra() || child.is_error() {
                found.push(child);
            }
            if !cursor.goto_next_sibling() {
                break;
            }
        }
    }
    found
}

/// The children in a field, without the commas between them.
pub(crate) fn in_field<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(Node::is_named).collect()
}

/// The child in a field.
pub(crate) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// Lists the errors of a tree. Only subtrees with errors are looked into.
pub(crate) fn errors(builder: &mut Builder<'_>, root: Node<'_>) {
    if !root.has_error() {
        return;
    }
    let mut cursor = root.walk();
    for _ in 0..=root.descendant_count() {
        let node = cursor.node();
        if node.is_missing() {
            let message = format!("`{}` is missing here", node.kind());
            builder.error(span(node), message);
        } else if node.is_error() {
            builder.error(span(node), "this cannot be parsed");
        }
        let inside = node.has_error() && !node.is_error() && cursor.goto_first_child();
        if inside || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

/// The facts of a file that was not parsed to its end.
pub(crate) fn gave_up(mut builder: Builder<'_>) -> crate::Facts {
    builder.cut(Cut::TooSlow);
    builder.finish()
}
