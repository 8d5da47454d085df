//! Facts by a table: for languages whose names are looked up by simple rules, a table says what each
//! kind of node does, and one walk does it. What a table cannot say is a function in it.

mod define;
mod names;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::HashMap, sync::OnceLock};

use tree_sitter::{Node, TreeCursor};
use tree_sitter_language::LanguageFn;

use crate::{
    Budget, Builder, Cut, Facts, Language, Span,
    facts::{ExprIx, Kind, Role, ScopeIx, ScopeKind, Visibility},
    tree::{self, span},
};

pub(crate) use define::Define;

/// A function in the place of a line of the table.
pub(crate) type Visit = for<'a, 't, 's> fn(&'a mut Walk<'t, 's>, Node<'t>) -> ExprIx;

/// What a kind of node does. Strings are names of fields; an empty one stands for the first child.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// Nothing in it is a name: comments, strings, modifiers.
    Skip,
    /// It is a name.
    Name,
    /// It is a variable's name, with a sign in front of it.
    Variable,
    /// It is a name where a type stands, whatever is around it.
    TypeName,
    /// It stands for what is inside it.
    Inner,
    /// What is inside it are types; it stands for the first.
    Type,
    /// A type with arguments: the first is what it stands for.
    Generic,
    /// Supertypes.
    Bases,
    /// It declares something.
    Define(Define),
    /// A parameter: its name, type and default.
    Parameter(&'static str, &'static str, &'static str),
    /// A member: of this, by this name.
    Member(&'static str, &'static str),
    /// A call of this.
    Call(&'static str),
    /// A call of a member: of this, by this name.
    MethodCall(&'static str, &'static str),
    /// A new instance of this.
    New(&'static str),
    /// Something of another type: the type's field, the value's.
    Cast(&'static str, &'static str),
    /// Sets this to that. In languages without declarations, that declares it.
    Assign(&'static str, &'static str),
    /// A block with names of its own.
    Scope(ScopeKind),
    /// The instance around here.
    This,
    /// What that inherits.
    Super,
    /// Something of the language's own.
    Do(Visit),
}

/// What a language's table says.
pub(crate) struct Spec {
    pub(crate) grammar: LanguageFn,
    pub(crate) actions: &'static [(&'static str, Action)],
    /// Fields or kinds of nodes that end a signature.
    pub(crate) bodies: &'static [&'static str],
    /// Kinds of nodes whose text says who may use something and whether it is static.
    pub(crate) modifiers: &'static [&'static str],
    /// What a line of a comment begins with.
    pub(crate) comments: &'static [&'static str],
    /// Who may use a member that does not say.
    pub(crate) members: Visibility,
    /// Whether setting a name declares it.
    pub(crate) assignments_declare: bool,
    /// Whether names are seen from everywhere, with no import to say from where.
    pub(crate) global: bool,
    /// Names of functions that make instances.
    pub(crate) constructors: &'static [&'static str],
    /// Names that are the language's own.
    pub(crate) reserved: &'static [&'static str],
}

/// A grammar's actions by the numbers of its kinds.
pub(crate) struct Table {
    spec: &'static Spec,
    actions: Vec<Option<Action>>,
    /// The fields' names, by their numbers.
    fields: Vec<Box<str>>,
}

impl Table {
    fn new(spec: &'static Spec) -> Table {
        let language: tree_sitter::Language = spec.grammar.into();
        let by_name: HashMap<&str, Action> = spec.actions.iter().copied().collect();
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let action = |id: u16| {
            let named = language.node_kind_for_id(id).filter(|_| language.node_kind_is_named(id));
            named.and_then(|kind| by_name.get(kind).copied())
        };
        let field = |id: u16| language.field_name_for_id(id).unwrap_or_default().into();
        let fields = u16::try_from(language.field_count()).unwrap_or(u16::MAX - 1);
        Table {
            spec,
            actions: (0..count).map(action).collect(),
            fields: (0..=fields).map(field).collect(),
        }
    }
}

/// Makes the facts of a file. `cell` holds the table once it has been made.
pub(crate) fn extract(
    cell: &'static OnceLock<Table>,
    spec: &'static Spec,
    language: Language,
    source: &str,
    budget: &Budget,
) -> Facts {
    let builder = Builder::new(language, source);
    let table = cell.get_or_init(|| Table::new(spec));
    let Some(parsed) = tree::parse(spec.grammar, source, budget) else {
        return tree::gave_up(builder);
    };
    let root = parsed.root_node();
    let mut walk = Walk {
        facts: builder,
        table,
        cursor: root.walk(),
        children: Vec::new(),
        depth: 0,
        max_depth: budget.max_depth,
        role: Role::Read,
        pending_type: ExprIx::UNKNOWN,
        access: Vec::new(),
        receiver: ExprIx::UNKNOWN,
        bases: Vec::new(),
    };
    walk.inside(root);
    tree::errors(&mut walk.facts, root);
    walk.facts.finish()
}

/// A walk over one tree.
pub(crate) struct Walk<'t, 's> {
    pub(crate) facts: Builder<'s>,
    table: &'static Table,
    cursor: TreeCursor<'t>,
    children: Vec<(Node<'t>, Option<&'static str>)>,
    depth: usize,
    max_depth: usize,
    /// What names here do, if nothing says otherwise.
    pub(crate) role: Role,
    /// The type of what is declared next, where the declaration around it says it.
    pub(crate) pending_type: ExprIx,
    /// Who may use the members that follow, where a statement says so.
    pub(crate) access: Vec<Visibility>,
    /// What a member without a receiver belongs to (`?.x`), or `self` stands for.
    pub(crate) receiver: ExprIx,
    /// Supertypes met so far.
    bases: Vec<ExprIx>,
}

impl<'t, 's> Walk<'t, 's> {
    pub(crate) fn spec(&self) -> &'static Spec {
        self.table.spec
    }

    pub(crate) fn action(&self, node: Node<'t>) -> Option<Action> {
        self.table.actions.get(usize::from(node.kind_id())).copied().flatten()
    }

    /// Visits the named children of a node, each with its field.
    pub(crate) fn each(
        &mut self,
        node: Node<'t>,
        mut visit: impl FnMut(&mut Self, Node<'t>, &'static str),
    ) {
        let from = self.children.len();
        self.cursor.reset(node);
        if self.cursor.goto_first_child() {
            // In trees of broken code a cursor can go in circles: there are no more than these.
            for _ in 0..node.child_count() {
                let child = self.cursor.node();
                if child.is_named() && !child.is_extra() || child.is_error() {
                    let table = self.table;
                    let name = |id: std::num::NonZeroU16| table.fields.get(usize::from(id.get()));
                    let field = self.cursor.field_id().and_then(name);
                    self.children.push((child, field.map(|name| &**name)));
                }
                if !self.cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        let to = self.children.len();
        for n in from..to {
            let (child, field) = self.children[n];
            visit(self, child, field.unwrap_or_default());
        }
        self.children.truncate(from);
    }

    /// Visits all children; what the last stands for.
    pub(crate) fn inside(&mut self, node: Node<'t>) -> ExprIx {
        let mut last = ExprIx::UNKNOWN;
        self.each(node, |walk, child, _| last = walk.visit(child));
        last
    }

    /// Visits all children but some.
    pub(crate) fn inside_but(&mut self, node: Node<'t>, done: &[Option<Node<'t>>]) {
        self.each(node, |walk, child, _| {
            if !done.contains(&Some(child)) {
                walk.visit(child);
            }
        });
    }

    /// The child in a field; with an empty name, the first.
    pub(crate) fn part(&self, node: Node<'t>, field: &str) -> Option<Node<'t>> {
        if field.is_empty() { node.named_child(0) } else { node.child_by_field_name(field) }
    }

    pub(crate) fn text(&self, node: Node<'t>) -> &'s str {
        self.facts.source().get(node.byte_range()).unwrap_or_default()
    }

    /// Visits a node; what it stands for.
    pub(crate) fn visit(&mut self, node: Node<'t>) -> ExprIx {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return ExprIx::UNKNOWN;
        }
        self.depth += 1;
        let value = self.act(node);
        self.depth -= 1;
        value
    }

    /// Goes one level deeper for a function of the language's own, if there is room.
    pub(crate) fn nested(&mut self, node: Node<'t>, visit: impl FnOnce(&mut Self, Node<'t>)) {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return;
        }
        self.depth += 1;
        visit(self, node);
        self.depth -= 1;
    }

    /// Visits a node whose names do this.
    pub(crate) fn visit_as(&mut self, node: Node<'t>, role: Role) -> ExprIx {
        let outer = std::mem::replace(&mut self.role, role);
        let value = self.visit(node);
        self.role = outer;
        value
    }

    fn act(&mut self, node: Node<'t>) -> ExprIx {
        match self.action(node) {
            None if !node.is_named() => match self.text(node) {
                "this" => self.this(),
                "base" | "super" => self.above(),
                _ => ExprIx::UNKNOWN,
            },
            None => {
                self.inside(node);
                ExprIx::UNKNOWN
            }
            Some(Action::Skip) => ExprIx::UNKNOWN,
            Some(Action::Name | Action::Variable) => self.name(node, self.role),
            Some(Action::TypeName) => self.name(node, Role::Type),
            Some(Action::Inner) => self.inside(node),
            Some(Action::Type) => self.types(node),
            Some(Action::Generic) => self.generic(node),
            Some(Action::Bases) => self.supertypes(node),
            Some(Action::Define(define)) => {
                self.define(node, define);
                ExprIx::UNKNOWN
            }
            Some(Action::Parameter(name, ty, default)) => {
                self.parameter(node, name, ty, default);
                ExprIx::UNKNOWN
            }
            Some(Action::Member(of, name)) => self.member(node, of, name),
            Some(Action::Call(function)) => self.call(node, function),
            Some(Action::MethodCall(of, name)) => self.method_call(node, of, name),
            Some(Action::New(ty)) => self.new_instance(node, ty),
            Some(Action::Cast(ty, value)) => self.cast(node, ty, value),
            Some(Action::Assign(left, right)) => self.assign(node, left, right),
            Some(Action::Scope(kind)) => {
                self.facts.open(kind, span(node), None);
                let value = self.inside(node);
                self.facts.close();
                value
            }
            Some(Action::This) => self.this(),
            Some(Action::Super) => self.above(),
            Some(Action::Do(visit)) => visit(self, node),
        }
    }

    /// The innermost type around here.
    pub(crate) fn type_scope(&self) -> Option<ScopeIx> {
        self.facts.enclosing(ScopeKind::Type)
    }

    /// Whether what is declared here is a member.
    pub(crate) fn in_type(&self) -> bool {
        self.facts.scope_of(self.facts.scope()).kind == ScopeKind::Type
    }

    /// Adds an import.
    pub(crate) fn import(&mut self, module: &str, node: Node<'t>) {
        let module = self.facts.name(module);
        self.facts.import(module, span(node), Vec::new());
    }

    /// The span of a name without what some languages put around it.
    pub(crate) fn inner_span(&self, node: Node<'t>, before: usize, after: usize) -> Span {
        let (start, end) = (node.start_byte() + before, node.end_byte().saturating_sub(after));
        Span::new(start.min(end), end)
    }
}

/// The comment that ends right above a place: lines that begin with one of `marks`, or a block
/// comment. Looks at no more than a few thousand bytes.
pub(crate) fn comment_above(source: &str, at: usize, marks: &[&str]) -> Span {
    const MOST: usize = 8 << 10;
    let none = Span::new(at, at);
    let floor = source.ceil_char_boundary(at.saturating_sub(MOST));
    let before = source.get(floor..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    if !before[line_start..].trim().is_empty() {
        return none;
    }
    let mut end = None;
    let mut start = line_start;
    while let Some(rest) = before[..start].strip_suffix('\n') {
        let from = rest.rfind('\n').map_or(0, |n| n + 1);
        let line = rest[from..].trim();
        if end.is_none() && line.ends_with("*/") {
            return match rest.rfind("/*") {
                Some(open) => Span::new(floor + open, floor + rest.trim_end().len()),
                None => none,
            };
        }
        // A line in the middle of the file's first line is no comment of this.
        if !marks.iter().any(|mark| line.starts_with(mark)) || line.starts_with("#!") {
            break;
        }
        end.get_or_insert(floor + rest.trim_end().len());
        start = from;
        if from == 0 {
            break;
        }
    }
    let Some(end) = end else { return none };
    let indent = before[start..].len() - before[start..].trim_start().len();
    Span::new(floor + start + indent, end)
}

/// What a kind is among members.
fn member_kind(kind: Kind) -> Kind {
    match kind {
        Kind::Function => Kind::Method,
        Kind::Variable | Kind::Constant => Kind::Field,
        other => other,
    }
}

/// The file that a relative path names, seen from a file or from the root.
pub(crate) fn file_beside(tree: &dyn crate::Tree, from: &str, path: &str) -> Vec<crate::Place> {
    let dir = from.rsplit_once('/').map_or("", |(dir, _)| dir);
    for base in [dir, ""] {
        let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
        let mut inside = true;
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => inside &= parts.pop().is_some(),
                _ => parts.push(part),
            }
        }
        let path = parts.join("/");
        if inside && tree.is_file(&path) {
            return vec![crate::Place::File(path)];
        }
    }
    Vec::new()
}

/// The only file whose path ends so; without its first directories, as long as `least` parts are
/// left.
pub(crate) fn files_ending(tree: &dyn crate::Tree, path: &str, least: usize) -> Vec<crate::Place> {
    let path = path.trim_start_matches("./");
    if path.split('/').any(|part| part == "..") {
        return Vec::new();
    }
    let named = tree.files_named(path.rsplit('/').next().unwrap_or(path));
    let mut ending = path;
    while ending.split('/').count() >= least {
        let fits = |file: &&String| {
            file.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let found: Vec<&String> = named.iter().filter(fits).collect();
        match found.as_slice() {
            [] => {}
            [only] => return vec![crate::Place::File((*only).clone())],
            _ => return Vec::new(),
        }
        let Some((_, rest)) = ending.split_once('/') else { break };
        ending = rest;
    }
    Vec::new()
}
