//! A file's tree as one array, in the order of the text.
//!
//! Tree-sitter's nodes are costly to step through; the walk looks at children many times. So the
//! tree is read once, without what says nothing: brackets, most keywords, the insides of strings,
//! comments.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use tree_sitter::Tree;

use super::kinds::{Dialect, F, K};
use crate::{Span, recent::Version, tree::Versioned};

/// Subtrees of fewer nodes are not worth looking up.
const WORTH_REUSE: usize = 24;
/// Arrays that are kept for the next version of their text, each with its tree, and the bytes of
/// these texts in all: a tree takes some 40 times as much as its text.
const MOST_KEPT: usize = 4;
const MOST_BYTES: usize = 1 << 20;

static KEPT: Mutex<VecDeque<Arc<Kept>>> = Mutex::new(VecDeque::new());

/// What was read of an earlier version. Parsing takes over the nodes that an edit leaves alone, and a
/// node that was taken over has the same id as long as the tree that it comes from is alive.
struct Kept {
    version: Version,
    /// How long the text is.
    bytes: usize,
    _tree: Tree,
    ast: Arc<Ast>,
    /// The entries of larger subtrees by their nodes' ids.
    by_id: HashMap<usize, u32>,
}

#[derive(Clone, Copy, PartialEq)]
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
    /// Larger subtrees: the id of each one's node, and its entry.
    ids: Vec<(usize, u32)>,
}

/// A node of it.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    ast: &'t Ast,
    ix: u32,
}

impl Ast {
    /// Reads a tree. If its text is being edited, what an earlier version had is copied, and this
    /// one kept for the next.
    pub(super) fn new(of: &Versioned, dialect: Dialect) -> Arc<Ast> {
        let before = of.before.and_then(Kept::find);
        let ast = Arc::new(Ast::read(&of.tree, dialect, before.as_deref()));
        if let Some(version) = of.version {
            Kept::put(version, &of.tree, &ast, of.before);
        }
        ast
    }

    fn read(tree: &Tree, dialect: Dialect, earlier: Option<&Kept>) -> Ast {
        let tables = dialect.tables();
        let size = tree.root_node().descendant_count();
        let entries = Vec::with_capacity(size / 2);
        let mut ast = Ast { entries, comments: Vec::new(), ids: Vec::new() };
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
            let large = !opaque && node.descendant_count() >= WORTH_REUSE;
            let mut copied = false;
            // The root's id is a place in the tree itself, which the next one may take.
            if let Some(entry) = entry.filter(|entry| large && *entry > 0) {
                ast.ids.push((node.id(), entry));
                copied = earlier.is_some_and(|earlier| ast.copy(earlier, node.id(), entry));
            }
            if !opaque && !copied && cursor.goto_first_child() {
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

    /// Copies what an earlier version had below a node that was taken over from it.
    fn copy(&mut self, earlier: &Kept, id: usize, entry: u32) -> bool {
        let Some(&from) = earlier.by_id.get(&id) else { return false };
        let old = &earlier.ast;
        let (root, now) = (old.entries[from as usize], self.entries[entry as usize]);
        if (root.kind, root.end - root.start) != (now.kind, now.end - now.start) {
            return false;
        }
        let moved = |at: u32| at.wrapping_sub(root.start).wrapping_add(now.start);
        let renumbered = |ix: u32| ix.wrapping_sub(from).wrapping_add(entry);
        let inside = &old.entries[from as usize + 1..root.next as usize];
        self.entries.extend(inside.iter().map(|it| Entry {
            start: moved(it.start),
            end: moved(it.end),
            next: renumbered(it.next),
            ..*it
        }));
        let first = old.comments.partition_point(|it| it.start < root.start);
        let comments = old.comments[first..].iter().take_while(|it| it.end <= root.end);
        self.comments
            .extend(comments.map(|it| Span { start: moved(it.start), end: moved(it.end) }));
        let first = old.ids.partition_point(|(_, ix)| *ix <= from);
        let below = old.ids[first..].iter().take_while(|(_, ix)| *ix < root.next);
        self.ids.extend(below.map(|(id, ix)| (*id, renumbered(*ix))));
        true
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

impl Kept {
    fn find(version: Version) -> Option<Arc<Kept>> {
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|it| it.version == version).cloned()
    }

    /// Keeps what was read, in the place of the version before.
    fn put(version: Version, tree: &Tree, ast: &Arc<Ast>, before: Option<Version>) {
        let by_id = ast.ids.iter().copied().collect();
        let bytes = tree.root_node().end_byte();
        let new = Kept { version, bytes, _tree: tree.clone(), ast: Arc::clone(ast), by_id };
        let mut gone = Vec::new();
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|it| Some(it.version) == before) {
            gone.extend(kept.remove(at));
        }
        kept.push_back(Arc::new(new));
        let sum = |kept: &VecDeque<Arc<Kept>>| kept.iter().map(|it| it.bytes).sum::<usize>();
        while kept.len() > MOST_KEPT || sum(&kept) > MOST_BYTES {
            gone.extend(kept.pop_front());
        }
        drop(kept);
        // Large trees take a while to take apart: nobody waits for that.
        drop(gone);
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        Budget,
        tree::{Versioned, parse_version},
    };

    fn read(text: &str) -> (Arc<Ast>, Versioned) {
        let budget = Budget { keep: true, ..Budget::default() };
        let parsed = parse_version(Dialect::TypeScript.grammar(), text, &budget).expect("a tree");
        (Ast::new(&parsed, Dialect::TypeScript), parsed)
    }

    fn class() -> String {
        let method = |n: usize| {
            format!(
                "  m{n}(a: number) {{\n    const b = [a, {n}, a + {n}]; // {n}\n\
                     \x20   return b.map(x => x * a).filter(y => y > {n});\n  }}\n"
            )
        };
        format!("class C {{\n{}}}\n", (0..80).map(method).collect::<String>())
    }

    fn assert_whole(ast: &Ast, tree: &Tree) {
        let whole = Ast::read(tree, Dialect::TypeScript, None);
        assert!(ast.entries == whole.entries);
        assert_eq!((&ast.comments, &ast.ids), (&whole.comments, &whole.ids));
    }

    #[test]
    fn what_an_edit_leaves_alone_is_copied() {
        let class = class();
        let next = class.replacen("a + 40", "a + 4000", 1);
        // Trees stay alive to the end: ids are addresses.
        let (old, _old_tree) = read(&class);
        let (new, new_tree) = read(&next);
        assert!(new_tree.before.is_some(), "parsed from the tree before");
        let ids: HashSet<usize> = old.ids.iter().map(|it| it.0).collect();
        let same = new.ids.iter().filter(|it| ids.contains(&it.0)).count();
        assert!(same * 3 > new.ids.len(), "{same} of {}", new.ids.len());
        assert_whole(&new, &new_tree.tree);
    }

    /// Edits that leave the length as it was, of trees whose places in memory others take over.
    #[test]
    fn versions_follow_each_other() {
        let mut text = class();
        for n in 0..200 {
            let (ast, parsed) = read(&text);
            assert_whole(&ast, &parsed.tree);
            drop((ast, parsed));
            let (old, new) = if n % 2 == 0 {
                ("(x => x * a)", "[x => x * a]")
            } else {
                ("[x => x * a]", "(x => x * a)")
            };
            text = text.replacen(old, new, 1 + n % 3);
        }
    }
}
