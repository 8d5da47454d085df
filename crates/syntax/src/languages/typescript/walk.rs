//! The walk over one file: what every part of it needs.

use std::collections::{HashMap, HashSet};

use super::{
    ast::{Ast, Node},
    kinds::{Dialect, F, K},
};
use crate::{
    Builder, Cut, Facts, Name, comments,
    facts::{
        Expr, ExprIx, Flags, Form, Kind, OccurrenceIx, Role, ScopeIx, ScopeKind, Span, SymbolIx,
        Visibility,
    },
};

/// The name of what stands for a whole CommonJS module: `module.exports = x`, `export = x`.
pub(super) const WHOLE: &str = "export=";
/// The name of a default export.
pub(super) const DEFAULT: &str = "default";

/// What a function's body has said so far.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) returns: Vec<ExprIx>,
    pub(super) yields: Vec<ExprIx>,
    /// What its results are expected to be.
    pub(super) result: Context,
}

/// What `this` is in the code being read.
#[derive(Clone, Copy, Default)]
pub(super) enum This {
    #[default]
    Unknown,
    /// An instance of what owns this scope.
    Instance(ScopeIx),
    /// The type itself: static members.
    Type(ScopeIx),
    /// What an annotation or the place of the function says.
    Value(ExprIx),
}

/// What is expected where an expression stands.
#[derive(Clone, Copy, Default)]
pub(super) enum Context {
    #[default]
    None,
    /// A value like this.
    Value(ExprIx),
    /// What `callee` takes in this place.
    Argument {
        callee: ExprIx,
        place: u32,
        /// What a callback's first two parameters are if the callee is a method that all arrays,
        /// maps or promises have.
        hints: [ExprIx; 2],
    },
}

/// How a declaration is seen from other files.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Export {
    #[default]
    No,
    Named,
    Default,
}

/// Names that the file declares at its top, and the modules that imported ones come from.
#[derive(Default)]
pub(super) struct Top<'t> {
    pub(super) declared: HashSet<&'t str>,
    pub(super) functions: HashSet<&'t str>,
    pub(super) from: HashMap<&'t str, &'t str>,
    /// Functions that something is put on the prototype of: JavaScript's older classes.
    pub(super) prototypes: HashSet<&'t str>,
}

/// `export { local as exported }` of something that the file declares elsewhere.
pub(super) struct LaterExport {
    pub(super) local: Name,
    pub(super) exported: Name,
    /// The occurrence of the local name.
    pub(super) value: ExprIx,
    /// Where the exported name stands, if it is another.
    pub(super) renamed: Option<Span>,
    /// The scope that exports: the file or a namespace.
    pub(super) scope: ScopeIx,
}

/// A walk over one file.
pub(super) struct Walk<'t> {
    pub(super) facts: Builder<'t>,
    pub(super) ast: &'t Ast,
    pub(super) dialect: Dialect,
    pub(super) top: Top<'t>,
    pub(super) frames: Vec<Frame>,
    pub(super) this: Vec<This>,
    pub(super) later: Vec<LaterExport>,
    /// How the declaration being read is exported.
    pub(super) export: Export,
    /// Whether what is declared here is exported without saying so (`declare namespace`).
    pub(super) ambient: bool,
    /// Whether every file sees what is declared here.
    pub(super) global: bool,
    /// Members that classes and the like have so far, to know what an assignment makes.
    pub(super) members: HashMap<(ScopeIx, Name), SymbolIx>,
    /// The members of the enumerations around here, which see each other.
    pub(super) enums: Vec<(ScopeIx, HashSet<Name>)>,
    /// The scopes of the members of JavaScript's older classes, by name.
    pub(super) prototypes: HashMap<&'t str, ScopeIx>,
    /// The scopes of the properties that were put on functions, by name.
    pub(super) expandos: HashMap<&'t str, ScopeIx>,
    depth: usize,
    max_depth: usize,
}

impl<'t> Walk<'t> {
    pub(super) fn new(
        facts: Builder<'t>,
        ast: &'t Ast,
        dialect: Dialect,
        max_depth: usize,
    ) -> Walk<'t> {
        Walk {
            facts,
            ast,
            dialect,
            top: Top::default(),
            frames: vec![Frame::default()],
            this: vec![This::Unknown],
            later: Vec::new(),
            export: Export::No,
            ambient: false,
            global: false,
            members: HashMap::new(),
            enums: Vec::new(),
            prototypes: HashMap::new(),
            expandos: HashMap::new(),
            depth: 0,
            max_depth,
        }
    }

    /// Reads the file.
    pub(super) fn run(mut self) -> Facts {
        if let Some(root) = self.ast.root() {
            self.survey(root);
            self.global = self.is_ambient_script(root);
            self.statements(root);
            self.exports_of_declared();
            self.docs();
        }
        self.facts.finish()
    }

    /// Runs `visit` one level deeper, unless that is too deep.
    pub(super) fn deeper<T: Default>(&mut self, visit: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= self.max_depth {
            self.facts.cut(Cut::TooDeep);
            return T::default();
        }
        self.depth += 1;
        let result = visit(self);
        self.depth -= 1;
        result
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.facts.text(node.span())
    }

    /// The text of an identifier; nothing for another node.
    pub(super) fn word(&self, node: Node<'_>) -> &'t str {
        match node.kind() {
            K::Identifier | K::TypeIdentifier | K::PropertyName => self.text(node),
            _ => "",
        }
    }

    /// An occurrence of a name, as an expression.
    pub(super) fn mention(&mut self, node: Node<'_>, role: Role, form: Form) -> ExprIx {
        if node.span().is_empty() {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(node.span(), role, form)
    }

    /// A member of something known, or a member of nobody knows what.
    pub(super) fn member_of(&mut self, of: ExprIx, at: Span, role: Role) -> ExprIx {
        if at.is_empty() {
            return ExprIx::UNKNOWN;
        }
        self.facts.use_of(at, role, Form::Member(of))
    }

    /// The occurrence that an expression is.
    pub(super) fn occurrence_of(&self, expr: ExprIx) -> Option<OccurrenceIx> {
        match self.facts.expr_of(expr) {
            Expr::Occurrence(ix) => Some(*ix),
            _ => None,
        }
    }

    pub(super) fn builtin(&mut self, name: &str) -> ExprIx {
        let name = self.facts.name(name);
        self.facts.expr(Expr::Builtin(name))
    }

    pub(super) fn instance(&mut self, ty: ExprIx) -> ExprIx {
        self.facts.wrap(ty, Expr::Instance)
    }

    /// Whether a name means what the language or its runtime has under it.
    pub(super) fn is_builtin(&self, name: &str) -> bool {
        !self.top.declared.contains(name)
    }

    /// Whether a name was imported from one of these packages.
    pub(super) fn is_from(&self, name: &str, packages: &[&str]) -> bool {
        self.top.from.get(name).is_some_and(|from| packages.contains(from))
    }

    /// What is expected in a place, as an expression.
    pub(super) fn expected(&mut self, context: Context) -> ExprIx {
        match context {
            Context::None => ExprIx::UNKNOWN,
            Context::Value(value) => value,
            Context::Argument { callee, place, .. } => {
                self.facts.wrap(callee, |callee| Expr::Parameter(callee, place))
            }
        }
    }

    /// What a function in that place gets as its parameter number `n`.
    pub(super) fn expected_parameter(&mut self, context: Context, n: u32) -> ExprIx {
        match context {
            Context::None => ExprIx::UNKNOWN,
            Context::Value(value) => self.facts.wrap(value, |value| Expr::Parameter(value, n)),
            Context::Argument { callee, place, hints } => {
                let given = self.facts.wrap(callee, |it| Expr::CallbackParameter(it, n, place));
                let hint = hints.get(n as usize).copied().unwrap_or_default();
                self.facts.either(vec![given, hint])
            }
        }
    }

    /// What a function in that place should return.
    pub(super) fn expected_result(&mut self, context: Context, is_async: bool) -> Context {
        let expected = self.expected(context);
        let mut result = self.facts.wrap(expected, Expr::Call);
        if is_async {
            result = self.facts.wrap(result, Expr::Await);
        }
        if result.is_known() { Context::Value(result) } else { Context::None }
    }

    pub(super) fn value_context(&mut self, value: ExprIx) -> Context {
        if value.is_known() { Context::Value(value) } else { Context::None }
    }

    /// The innermost scope that `var` declares in.
    pub(super) fn variable_scope(&self) -> ScopeIx {
        let of_variables = |&&scope: &&ScopeIx| {
            let kind = self.facts.scope_of(scope).kind;
            matches!(kind, ScopeKind::Function | ScopeKind::Module | ScopeKind::File)
        };
        self.facts.open_scopes().iter().rev().find(of_variables).copied().unwrap_or(ScopeIx(0))
    }

    /// Sets flags and the like that declarations of all kinds share.
    pub(super) fn describe(&mut self, symbol: SymbolIx, whole: Node<'t>, header_end: u32) {
        let start = whole
            .children()
            .take_while(|it| it.is(K::Decorator))
            .last()
            .map_or(whole.start(), |it| it.end());
        let source = self.facts.source();
        let doc = comments::above(source, whole.start() as usize);
        let header = source.get(start as usize..header_end.max(start) as usize).unwrap_or_default();
        let leading = header.len() - header.trim_start().len();
        let header = header.trim();
        let header = header.strip_suffix("=>").unwrap_or(header).trim_end_matches(['{', ';', ' ']);
        let start = start as usize + leading;
        let has_decorator = whole.has(K::Decorator);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.signature = Span::new(start, start + header.len());
        symbol.doc = doc;
        if has_decorator {
            symbol.flags = symbol.flags.with(Flags::REACHED);
        }
    }

    /// Marks a symbol as exported the way that the statement around it says.
    pub(super) fn exported(&mut self, symbol: SymbolIx, export: Export) {
        let is_local = self.facts.symbol(symbol).flags.has(Flags::LOCAL);
        let at_top = self.facts.symbol(symbol).scope == ScopeIx(0);
        self.set_flag(symbol, self.global && at_top, Flags::LINKED);
        let flags = match export {
            _ if is_local => return,
            Export::No if self.ambient => Flags::EXPORTED,
            Export::No => return,
            Export::Named => Flags::EXPORTED,
            Export::Default => Flags::DEFAULT,
        };
        let symbol = self.facts.symbol_mut(symbol);
        symbol.flags = symbol.flags.with(flags);
    }

    pub(super) fn set_flag(&mut self, symbol: SymbolIx, on: bool, flag: Flags) {
        if on {
            let symbol = self.facts.symbol_mut(symbol);
            symbol.flags = symbol.flags.with(flag);
        }
    }

    /// A symbol for something without a name.
    pub(super) fn anonymous(&mut self, kind: Kind, node: Node<'t>) -> SymbolIx {
        let name = self.facts.name("");
        let at = Span { start: node.start(), end: node.start() };
        let symbol = self.facts.declare_named(name, kind, at, node.span());
        // Nobody can name it.
        self.set_flag(symbol, true, Flags::LOCAL);
        symbol
    }

    /// `private`, `protected`, `#name` and, by custom, `_name`.
    pub(super) fn visibility(&self, node: Node<'t>, name: &str) -> Visibility {
        match node.child(K::Accessibility).map(|it| self.text(it)) {
            Some("private") => Visibility::Private,
            Some("protected") => Visibility::Restricted,
            _ if name.starts_with('#') => Visibility::Private,
            _ => Visibility::Public,
        }
    }

    /// The inside of a string without escapes.
    pub(super) fn string_inside(&self, node: Node<'_>) -> Option<Span> {
        let Span { start, end } = node.span();
        if end < start + 3 || !matches!(node.kind(), K::String) {
            return None;
        }
        let inside = Span { start: start + 1, end: end - 1 };
        let text = self.facts.text(inside);
        (!text.is_empty() && !text.contains(['\\', '\n'])).then_some(inside)
    }

    /// The decorators in front of a declaration.
    pub(super) fn decorators(&mut self, node: Node<'t>) {
        for decorator in node.all().filter(|it| it.is(K::Decorator)) {
            if let Some(inner) = decorator.first() {
                let value = self.expression(inner, Context::None);
                self.facts.set_expr_role(value, Role::Call);
            }
        }
    }

    /// Visits children that are expressions, for the names in them.
    pub(super) fn parts(&mut self, node: Node<'t>) -> ExprIx {
        let mut last = ExprIx::UNKNOWN;
        for child in node.children() {
            last = self.expression(child, Context::None);
        }
        last
    }

    /// An expression in a field, or nothing.
    pub(super) fn field(&mut self, node: Node<'t>, field: F, context: Context) -> ExprIx {
        node.get(field).map_or(ExprIx::UNKNOWN, |it| self.expression(it, context))
    }
}
