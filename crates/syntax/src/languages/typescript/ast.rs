//! A file's tree as one array, in the order of the text.
//!
//! Tree-sitter's nodes are costly to step through; the walk looks at children many times. So the
//! tree is read once, without what says nothing: brackets, most keywords, the insides of strings,
//! comments.

use tree_sitter::Tree;

use super::kinds::{Dialect, F, K};
use crate::Span;

struct Entry {
    kind: K,
    field: F,
    start: u32,
    end: u32,
    /// Behind the last entry below this one.
    next: u32,
}

/// The tree of a file.
pub(super) struct Ast {
    entries: Vec<Entry>,
    /// Comments, which belong to no node.
    pub(super) comments: Vec<Span>,
}

/// A node of it.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    ast: &'t Ast,
    ix: u32,
}

impl Ast {
    pub(super) fn new(tree: &Tree, dialect: Dialect) -> Ast {
        let tables = dialect.tables();
        let size = tree.root_node().descendant_count();
        let mut ast = Ast { entries: Vec::with_capacity(size / 2), comments: Vec::new() };
        let mut cursor = tree.walk();
        // The nodes around the current one; `None` for those that are left out.
        let mut around: Vec<Option<u32>> = Vec::new();
        // In trees of broken code a cursor can go in circles: there are no more nodes than these.
        for _ in 0..=size {
            let node = cursor.node();
            let kind = tables.kind(node.kind_id());
            let field = cursor.field_id().map_or(F::None, |id| tables.field(id.get()));
            let mut entry = None;
            let (start, end) = (node.start_byte() as u32, node.end_byte() as u32);
            if kind == K::Comment {
                ast.comments.push(Span { start, end });
            } else if keeps(kind, field, &ast, &around) {
                entry = Some(ast.entries.len() as u32);
                ast.entries.push(Entry { kind, field, start, end, next: 0 });
            }
            let opaque = matches!(kind, K::String | K::Regex | K::JsxText) || kind.is_token();
            if !opaque && cursor.goto_first_child() {
                around.push(entry);
                continue;
            }
            ast.end(entry);
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return ast;
                }
                let above = around.pop().flatten();
                ast.end(above);
            }
        }
        for above in around.into_iter().rev() {
            ast.end(above);
        }
        ast
    }

    fn end(&mut self, entry: Option<u32>) {
        let next = self.entries.len() as u32;
        if let Some(entry) = entry.and_then(|ix| self.entries.get_mut(ix as usize)) {
            entry.next = next;
        }
    }

    /// The file's node; none for a tree without one.
    pub(super) fn root(&self) -> Option<Node<'_>> {
        (!self.entries.is_empty()).then_some(Node { ast: self, ix: 0 })
    }
}

fn keeps(kind: K, field: F, ast: &Ast, around: &[Option<u32>]) -> bool {
    match kind {
        K::Punctuation => matches!(field, F::Operator | F::Kind),
        K::Comma => {
            let above = around.last().copied().flatten();
            above.is_some_and(|ix| ast.entries[ix as usize].kind == K::ArrayPattern)
        }
        K::JsxText | K::HtmlComment => false,
        _ => true,
    }
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry {
        &self.ast.entries[self.ix as usize]
    }

    pub(super) fn kind(self) -> K {
        self.entry().kind
    }

    pub(super) fn field(self) -> F {
        self.entry().field
    }

    pub(super) fn span(self) -> Span {
        let Entry { start, end, .. } = *self.entry();
        Span { start, end }
    }

    pub(super) fn start(self) -> u32 {
        self.entry().start
    }

    pub(super) fn end(self) -> u32 {
        self.entry().end
    }

    /// Whether it is one of these.
    pub(super) fn is(self, kind: K) -> bool {
        self.kind() == kind
    }

    /// What is right below it, words and signs included.
    pub(super) fn all(self) -> impl Iterator<Item = Node<'t>> {
        let end = self.entry().next;
        let mut ix = self.ix + 1;
        std::iter::from_fn(move || {
            let node = (ix < end).then_some(Node { ast: self.ast, ix })?;
            ix = node.entry().next.max(ix + 1);
            Some(node)
        })
    }

    /// The nodes right below it.
    pub(super) fn children(self) -> impl Iterator<Item = Node<'t>> {
        self.all().filter(|node| !node.kind().is_token())
    }

    /// The first node right below it.
    pub(super) fn first(self) -> Option<Node<'t>> {
        self.children().next()
    }

    /// What it has in a field.
    pub(super) fn get(self, field: F) -> Option<Node<'t>> {
        self.all().find(|node| node.field() == field)
    }

    /// The first child of a kind.
    pub(super) fn child(self, kind: K) -> Option<Node<'t>> {
        self.all().find(|node| node.kind() == kind)
    }

    /// Whether a child of that kind is there.
    pub(super) fn has(self, kind: K) -> bool {
        self.child(kind).is_some()
    }

    /// Every node below it, itself first.
    pub(super) fn descendants(self) -> impl Iterator<Item = Node<'t>> {
        (self.ix..self.entry().next.max(self.ix + 1)).map(move |ix| Node { ast: self.ast, ix })
    }
}
