//! The walk over the tree: what is shared by declarations, types and expressions.

use tree_sitter::{Node, TreeCursor};

use super::{
    kinds::{Grammar, Kind as K},
    mask::Prepared,
};
use crate::{
    Builder, Cut, Facts, Span,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeIx, ScopeKind, SymbolIx, Visibility},
    tree::{self, span},
};

/// A function whose body is being walked.
#[derive(Default)]
pub(super) struct Function {
    /// What it returns, if its declaration does not say.
    pub(super) returns: Vec<ExprIx>,
    pub(super) labels: Vec<SymbolIx>,
    pub(super) gotos: Vec<Span>,
    /// `this`.
    pub(super) this: ExprIx,
}

pub(super) struct Walk<'t, 's> {
    pub(super) facts: Builder<'s>,
    pub(super) grammar: &'static Grammar,
    pub(super) prepared: &'t Prepared,
    pub(super) cpp: bool,
    cursor: TreeCursor<'t>,
    children: Vec<(Node<'t>, u16)>,
    depth: usize,
    max_depth: usize,
    pub(super) functions: Vec<Function>,
    /// The visibility of the members that follow, for each open type.
    pub(super) access: Vec<Visibility>,
    /// Template parameters that wait for what they belong to.
    pub(super) template: Option<Node<'t>>,
    /// Where among the lines and macro uses the walk is.
    pub(super) lines_done: usize,
    pub(super) uses_done: usize,
    /// Namespaces without a name around here.
    pub(super) unnamed: u32,
    /// The one expression for all types of the language's own.
    pub(super) builtin: ExprIx,
}

impl<'t, 's> Walk<'t, 's> {
    pub(super) fn new(
        facts: Builder<'s>,
        grammar: &'static Grammar,
        prepared: &'t Prepared,
        root: Node<'t>,
        cpp: bool,
        max_depth: usize,
    ) -> Walk<'t, 's> {
        Walk {
            facts,
            grammar,
            prepared,
            cpp,
            cursor: root.walk(),
            children: Vec::new(),
            depth: 0,
            max_depth,
            functions: Vec::new(),
            access: Vec::new(),
            template: None,
            lines_done: 0,
            uses_done: 0,
            unnamed: 0,
            builtin: ExprIx::UNKNOWN,
        }
    }

    /// Walks a whole file.
    pub(super) fn file(mut self, root: Node<'t>) -> Facts {
        self.list(root);
        let end = self.facts.source().len() as u32 + 1;
        self.flush(end);
        self.leftovers();
        tree::errors(&mut self.facts, root);
        self.facts.finish()
    }

    /// Visits the named children of a node, each with its field.
    pub(super) fn each(&mut self, node: Node<'t>, mut visit: impl FnMut(&mut Self, Node<'t>, u16)) {
        let from = self.children.len();
        self.cursor.reset(node);
        if self.cursor.goto_first_child() {
            for _ in 0..node.child_count() {
                let child = self.cursor.node();
                if child.is_named() && !child.is_extra() || child.is_error() {
                    let field = self.cursor.field_id().map_or(0, |id| id.get());
                    self.children.push((child, field));
                }
                if !self.cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        let to = self.children.len();
        for n in from..to {
            let (child, field) = self.children[n];
            visit(self, child, field);
        }
        self.children.truncate(from);
    }

    /// Visits the children of a list of declarations or statements, with the directives and macros
    /// between them; what the last of them stands for.
    pub(super) fn list(&mut self, node: Node<'t>) -> ExprIx {
        let mut last = ExprIx::UNKNOWN;
        self.each(node, |walk, child, _| {
            walk.flush(child.start_byte() as u32);
            last = walk.visit(child);
        });
        self.flush(node.end_byte() as u32);
        last
    }

    /// Visits all children, without interest in what they stand for.
    pub(super) fn inside(&mut self, node: Node<'t>) {
        self.each(node, |walk, child, _| {
            walk.visit(child);
        });
    }

    pub(super) fn kind(&self, node: Node<'t>) -> K {
        self.grammar.kind(node)
    }

    pub(super) fn field(&self, node: Node<'t>, field: u16) -> Option<Node<'t>> {
        if field == 0 { None } else { node.child_by_field_id(field) }
    }

    pub(super) fn text(&self, node: Node<'t>) -> &'s str {
        let source: &'s str = self.facts.source();
        source.get(node.byte_range()).unwrap_or_default()
    }

    /// Visits any node; what it stands for.
    pub(super) fn visit(&mut self, node: Node<'t>) -> ExprIx {
        if !self.enter() {
            return ExprIx::UNKNOWN;
        }
        let value = self.visit_now(node);
        self.leave();
        value
    }

    /// Goes one level deeper, if there is room.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn visit_now(&mut self, node: Node<'t>) -> ExprIx {
        match self.kind(node) {
            K::Comment => ExprIx::UNKNOWN,
            K::CompoundStatement => self.block(node),
            K::DeclarationList => self.list(node),
            K::FunctionDefinition => {
                self.function_definition(node);
                ExprIx::UNKNOWN
            }
            K::Declaration | K::FieldDeclaration | K::TypeDefinition => {
                self.declaration(node);
                ExprIx::UNKNOWN
            }
            K::StructSpecifier | K::UnionSpecifier | K::EnumSpecifier | K::ClassSpecifier => {
                self.lone_type(node)
            }
            K::LinkageSpecification => {
                match self.field(node, self.grammar.fields.body) {
                    Some(body) => self.visit(body),
                    None => ExprIx::UNKNOWN,
                };
                ExprIx::UNKNOWN
            }
            K::ForStatement | K::ForRangeLoop | K::CatchClause => {
                self.scoped_statement(node);
                ExprIx::UNKNOWN
            }
            K::LabeledStatement => self.labeled(node),
            K::GotoStatement => {
                self.goto(node);
                ExprIx::UNKNOWN
            }
            K::ReturnStatement => {
                let mut value = ExprIx::UNKNOWN;
                self.each(node, |walk, child, _| value = walk.visit(child));
                if let Some(function) = self.functions.last_mut() {
                    function.returns.push(value);
                }
                ExprIx::UNKNOWN
            }
            K::ParameterList => {
                self.facts.open(ScopeKind::Function, span(node), None);
                self.parameters(node);
                self.facts.close();
                ExprIx::UNKNOWN
            }
            kind if self.cpp => self.visit_cpp(node, kind),
            _ => self.expression(node),
        }
    }

    /// `{ ... }`: a scope if anything is declared in it. As an expression, its last statement.
    pub(super) fn block(&mut self, node: Node<'t>) -> ExprIx {
        if self.macro_function(node) {
            return ExprIx::UNKNOWN;
        }
        let mut declares = false;
        self.each(node, |walk, child, _| {
            declares |= matches!(
                walk.kind(child),
                K::Declaration | K::TypeDefinition | K::UsingDeclaration | K::AliasDeclaration
            );
        });
        if !declares {
            return self.list(node);
        }
        self.facts.open(ScopeKind::Block, span(node), None);
        let last = self.list(node);
        self.facts.close();
        last
    }

    fn scoped_statement(&mut self, node: Node<'t>) {
        self.facts.open(ScopeKind::Block, span(node), None);
        match self.kind(node) {
            K::ForRangeLoop => self.range_loop(node),
            _ => self.each(node, |walk, child, _| {
                if walk.kind(child) == K::ParameterList {
                    walk.parameters(child);
                } else {
                    walk.visit(child);
                }
            }),
        }
        self.facts.close();
    }

    /// A label is found by its `goto`s only, which stand in the same function.
    fn labeled(&mut self, node: Node<'t>) -> ExprIx {
        let label = self.field(node, self.grammar.fields.label);
        if let Some(label) = label {
            let symbol = self.facts.define(Kind::Section, span(label), span(label));
            self.facts.symbol_mut(symbol).flags = Flags::LOCAL.with(Flags::INSTANCE);
            if let Some(function) = self.functions.last_mut() {
                function.labels.push(symbol);
            }
        }
        let mut last = ExprIx::UNKNOWN;
        self.each(node, |walk, child, _| {
            if Some(child) != label {
                last = walk.visit(child);
            }
        });
        last
    }

    fn goto(&mut self, node: Node<'t>) {
        let Some(label) = self.field(node, self.grammar.fields.label) else { return };
        if let Some(function) = self.functions.last_mut() {
            function.gotos.push(span(label));
        }
    }

    /// Opens a function's scope.
    pub(super) fn enter_function(&mut self, owner: Option<SymbolIx>, range: Span, this: ExprIx) {
        self.facts.open(ScopeKind::Function, range, owner);
        self.functions.push(Function { this, ..Function::default() });
    }

    /// Closes it; what its returns say.
    pub(super) fn leave_function(&mut self) -> ExprIx {
        self.facts.close();
        let Some(function) = self.functions.pop() else { return ExprIx::UNKNOWN };
        for goto in function.gotos {
            let name = self.facts.name_at(goto);
            let label =
                function.labels.iter().copied().find(|it| self.facts.symbol(*it).name == name);
            let form = label.map_or(Form::Loose, Form::Definition);
            self.facts.occurrence(goto, Role::Read, form);
        }
        self.facts.either(function.returns)
    }

    /// The scope that names of types go to in C, where a struct inside another is not its member.
    pub(super) fn outer_scope(&self) -> ScopeIx {
        let open = self.facts.open_scopes();
        let is_type = |ix: &&ScopeIx| self.facts.scope_of(**ix).kind != ScopeKind::Type;
        open.iter().rev().find(is_type).copied().unwrap_or(ScopeIx(0))
    }

    /// Gives a symbol of a file or namespace its flags.
    pub(super) fn exported(&mut self, symbol: SymbolIx) {
        let scope = self.facts.symbol(symbol).scope;
        let kind = self.facts.scope_of(scope).kind;
        if matches!(kind, ScopeKind::File | ScopeKind::Module) {
            let symbol = self.facts.symbol_mut(symbol);
            symbol.flags = symbol.flags.with(Flags::EXPORTED);
        }
    }

    /// A name that is used as a value.
    pub(super) fn bare(&mut self, node: Node<'t>, role: Role) -> ExprIx {
        let at = span(node);
        if at.is_empty() {
            return ExprIx::UNKNOWN;
        }
        let is_type = self.prepared.types.binary_search(&at.start).is_ok();
        self.facts.use_of(at, if is_type { Role::Type } else { role }, Form::Bare)
    }

    /// Where a declaration begins, with attributes that the parser did not see, and its comment.
    pub(super) fn beginning(&self, node: Node<'t>) -> (u32, Span) {
        let start = self.prepared.first_token(node.start_byte() as u32);
        (start, self.prepared.comment_before(self.facts.source(), start))
    }

    /// Fills in what is known of a declaration's text: comment, full range, header up to `end`.
    pub(super) fn describe(&mut self, symbol: SymbolIx, node: Node<'t>, end: usize) {
        let (start, doc) = self.beginning(node);
        let source = self.facts.source();
        let end = source.floor_char_boundary(end);
        let header = source.get(start as usize..end).unwrap_or_default().trim_end();
        let symbol = self.facts.symbol_mut(symbol);
        symbol.full = Span { start, end: node.end_byte() as u32 };
        symbol.signature = Span { start, end: start + header.len() as u32 };
        symbol.doc = doc;
    }

    /// An instance of a type.
    pub(super) fn instance(&mut self, ty: ExprIx) -> ExprIx {
        self.facts.wrap(ty, Expr::Instance)
    }
}
