//! What one file says: symbols, scopes, occurrences of names and how each is to be looked up.
//!
//! Facts are a pure function of language and bytes. They never say what another file holds: a name
//! from elsewhere is an [`Expr`] that the engine evaluates on a snapshot. So the same facts serve
//! every session, and a changed file never leaves a stale answer in another.

use serde::{Deserialize, Serialize};

use crate::{Language, splice::Region};

/// A distinct name of a file: an index into [`Facts::names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Name(pub u32);

/// An index into [`Facts::symbols`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct SymbolIx(pub u32);

/// An index into [`Facts::scopes`]. Scope 0 is the file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ScopeIx(pub u32);

/// An index into [`Facts::occurrences`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OccurrenceIx(pub u32);

/// An expression as far as resolution needs it: an index into [`Facts::exprs`]. Entry 0 is
/// [`Expr::Unknown`].
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
pub struct ExprIx(pub u32);

impl ExprIx {
    /// Nothing is known.
    pub const UNKNOWN: ExprIx = ExprIx(0);

    /// Whether anything is known.
    pub fn is_known(self) -> bool {
        self != ExprIx::UNKNOWN
    }
}

/// A range of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    /// From `start` up to, not including, `end`; empty if that lies before, as it may in trees of
    /// broken code.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end.max(start) as u32 }
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `at` lies in it (its end counts as inside, as editors see a cursor behind a word).
    pub fn touches(self, at: u32) -> bool {
        self.start <= at && at <= self.end
    }

    /// Whether `other` lies in it.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// What a symbol is, in LSP's and SCIP's words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A module, namespace or package inside a file.
    Module,
    /// A class.
    Class,
    /// A struct, record or C union.
    Struct,
    /// An interface or protocol.
    Interface,
    /// A Rust trait.
    Trait,
    /// An enumeration.
    Enum,
    /// One of its members.
    EnumMember,
    /// Another name for a type.
    TypeAlias,
    /// A type parameter.
    TypeParameter,
    /// A function that belongs to no type.
    Function,
    /// A function that belongs to a type.
    Method,
    /// A function that makes an instance.
    Constructor,
    /// A member that looks like a field and is computed.
    Property,
    /// A member that holds a value.
    Field,
    /// A value that can change.
    Variable,
    /// A value that cannot change.
    Constant,
    /// A parameter of a function.
    Parameter,
    /// A macro.
    Macro,
    /// A Rust `impl` block, a Swift or Kotlin extension: members of a type named elsewhere
    /// ([`Symbol::attached`]), with supertypes in [`Symbol::bases`]. It has the type's name.
    Impl,
    /// A name for something that is defined elsewhere: what an import binds ([`Symbol::value`]).
    Alias,
    /// A heading, key, target or the like of a file that is no program.
    Section,
}

impl Kind {
    /// Whether it names a type whose members can be asked for.
    pub fn is_type(self) -> bool {
        use Kind::*;
        matches!(self, Class | Struct | Interface | Trait | Enum | TypeAlias | TypeParameter)
    }

    /// Whether it can be called.
    pub fn is_callable(self) -> bool {
        matches!(self, Kind::Function | Kind::Method | Kind::Constructor | Kind::Macro)
    }
}

/// Who may use a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Its package, crate or module, or its subclasses.
    Restricted,
    /// Its file or class.
    Private,
}

/// Facts about a symbol that are either so or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flags(pub u16);

impl Flags {
    /// Seen from other files under its name (an export, a Python module's name).
    pub const EXPORTED: Flags = Flags(1);
    /// The default export of a file.
    pub const DEFAULT: Flags = Flags(1 << 1);
    /// A member of the type itself and not of its instances.
    pub const STATIC: Flags = Flags(1 << 2);
    /// Declared without a body: an overload, a prototype, an abstract method.
    pub const DECLARATION: Flags = Flags(1 << 3);
    /// A member made by assignment to an instance (`self.x = ...`): not visible as a bare name in
    /// the scope it is declared in.
    pub const INSTANCE: Flags = Flags(1 << 4);
    /// Bound inside a function, so that nothing else can see it.
    pub const LOCAL: Flags = Flags(1 << 5);
    /// A test.
    pub const TEST: Flags = Flags(1 << 6);
    /// Returns a future or promise of its declared or inferred value ([`Expr::Await`] unwraps it).
    pub const ASYNC: Flags = Flags(1 << 7);
    /// The value is found by iterating it (Python generators).
    pub const GENERATOR: Flags = Flags(1 << 8);
    /// Linked by its name across files (C functions and globals): declarations and definitions of
    /// one name are one symbol.
    pub const LINKED: Flags = Flags(1 << 9);
    /// The first parameter is the class (Python's `classmethod`).
    pub const CLASS_METHOD: Flags = Flags(1 << 10);
    /// A decorator or attribute may call it where no name says so (`unused` leaves it out).
    pub const REACHED: Flags = Flags(1 << 11);

    /// A parameter that takes all arguments from its place on.
    pub const VARIADIC: Flags = Flags(1 << 12);

    /// Both.
    #[must_use]
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// Whether any flag of `other` is set.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }
}

/// Something that has a name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// Who may use it.
    pub visibility: Visibility,
    /// More about it.
    pub flags: Flags,
    /// Where its name stands.
    pub at: Span,
    /// All of it, decorators and attributes included, doc comment not.
    pub full: Span,
    /// The declaration without its body.
    pub signature: Span,
    /// The doc comment or docstring, delimiters included; empty if there is none.
    pub doc: Span,
    /// The symbol that it stands in.
    pub container: Option<SymbolIx>,
    /// The scope that its name is declared in. Members of a type are declared in its body's.
    pub scope: ScopeIx,
    /// The scope that it opens: a type's members, a function's parameters and locals.
    pub body: Option<ScopeIx>,
    /// Declared type of a value; declared result of a function; what a type alias stands for; the
    /// bound of a type parameter.
    pub ty: ExprIx,
    /// What it is set to; what a function returns ([`Expr::Either`] of its return statements); what
    /// an alias stands for.
    pub value: ExprIx,
    /// Supertypes: base classes, implemented interfaces and traits, embedded structs. Of a function
    /// that checks what its first argument is (`x is T`): that type.
    pub bases: Vec<ExprIx>,
    /// The type that it is a member of, where that is not its container (an `impl` block's type, the
    /// receiver of a Go method, `Class::` of a C++ definition).
    pub attached: ExprIx,
}

/// What a scope belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ScopeKind {
    /// The file.
    File,
    /// A module or namespace.
    Module,
    /// The body of a type (or of an `impl`).
    Type,
    /// Parameters and body of a function.
    Function,
    /// A block, loop, comprehension.
    Block,
}

/// A region in which names are declared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// What it belongs to.
    pub kind: ScopeKind,
    /// The scope around it; the file's own for the file.
    pub parent: ScopeIx,
    /// Where it holds.
    pub span: Span,
    /// The symbol that opened it.
    pub owner: Option<SymbolIx>,
    /// Everything that these stand for can be seen here by its own name: wildcard imports, C's
    /// includes, the other files of a Go or Java package.
    pub wildcards: Vec<ExprIx>,
}

/// What an occurrence does with its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Defines or declares it.
    Definition,
    /// Reads it.
    Read,
    /// Sets it.
    Write,
    /// Calls it (or makes an instance of it).
    Call,
    /// Imports or re-exports it.
    Import,
    /// Uses it as a type.
    Type,
    /// Inherits from it or implements it.
    Inherit,
}

/// How an occurrence's name is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Form {
    /// Through the scopes around it.
    Bare,
    /// Among the members of what the expression stands for.
    Member(ExprIx),
    /// Among the parameters (keyword arguments) or fields (struct literals, object patterns) of what
    /// the expression stands for.
    Label(ExprIx),
    /// It names this symbol.
    Definition(SymbolIx),
    /// As a macro's name: through the scopes around it, then wherever a macro is called so, since
    /// macros need not be imported to be seen.
    Macro,
    /// As the name of a type that stands behind `struct`, `union` or `enum`: C keeps these apart from
    /// all others.
    Tag,
    /// Not at all: only the spelling is known (inside macros and strings).
    Loose,
}

/// A name in the text. Its length is that of the name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Occurrence {
    /// Where it begins.
    pub start: u32,
    /// Its name.
    pub name: Name,
    /// What it does.
    pub role: Role,
    /// How it is looked up.
    pub form: Form,
}

/// As much of an expression as it takes to know what it stands for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Expr {
    /// Nothing is known.
    Unknown,
    /// What the name there stands for.
    Occurrence(OccurrenceIx),
    /// A name looked up from a place without being written there.
    Named(ScopeIx, Name),
    /// A member of something, without being written there.
    Member(ExprIx, Name),
    /// The result of calling it (for a class: an instance).
    Call(ExprIx),
    /// An instance of the type that it stands for.
    Instance(ExprIx),
    /// The type of the value that it stands for (`typeof x`, `type(x)`).
    TypeOf(ExprIx),
    /// An element of it: indexing, iteration.
    Element(ExprIx),
    /// What iterating it gives: an element, or of a map from outside a pair.
    Each(ExprIx),
    /// The value at this place of a tuple; destructuring, multiple results.
    Slot(ExprIx, u32),
    /// The value that a promise, future or wrapper stands for: `await x`, `x?`, `*x`.
    Await(ExprIx),
    /// A type with arguments.
    Generic(ExprIx, Vec<ExprIx>),
    /// One of these: unions, conditionals, several returns.
    Either(Vec<ExprIx>),
    /// A tuple, with what its places stand for.
    Tuple(Vec<ExprIx>),
    /// A list, set, slice or array of this.
    List(ExprIx),
    /// A value of a type that the language has built in, by name (`str`, `[]`); [`Expr::Call`] of
    /// methods on it is unknown.
    Builtin(Name),
    /// A function value: what this symbol's body does when called (a lambda, a closure).
    Function(SymbolIx),
    /// The instance that code in this scope belongs to: `self`, `this`.
    This(ScopeIx),
    /// The type that code in this scope belongs to: `Self`, `cls`; of scope 0, the file.
    ThisType(ScopeIx),
    /// What the type that code in this scope belongs to inherits: `super`.
    Super(ScopeIx),
    /// A file, directory or package, as the source names it (`..models`, `./util`, `crate`,
    /// `java.util`, `"stdio.h"`). The language says which files that are.
    Module(Name),
    /// The value of a parameter of a function type or callback that is given here: the parameter
    /// number `1` of what the call's callee (`0`) expects in its argument number `2`.
    CallbackParameter(ExprIx, u32, u32),
    /// What the function or function type expects in its place number `1`; for a class, what its
    /// constructor expects there.
    Parameter(ExprIx, u32),
    /// The function or class, with its type parameters as these arguments tell them; unknown
    /// arguments keep their place. To be called.
    Apply(ExprIx, Vec<ExprIx>),
    /// The type that the function says its first argument has when it answers yes.
    Guard(ExprIx),
    /// The first of the two of which this workspace knows something: what a name of its own gives,
    /// or else what the standard library would.
    Else(ExprIx, ExprIx),
}

/// An import, `use`, `#include` or `require`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Import {
    /// What it names, as in [`Expr::Module`].
    pub module: Name,
    /// The statement.
    pub span: Span,
    /// Names taken from it, as they are called there. A name can itself be a module.
    pub names: Vec<Name>,
}

/// A place that the parser could not make sense of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
}

/// A call with the arguments that resolution may learn parameters' types from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallSite {
    /// What is called.
    pub callee: OccurrenceIx,
    /// Positional arguments; unknown ones keep their place.
    pub args: Vec<ExprIx>,
    /// Keyword arguments.
    pub keywords: Vec<(Name, ExprIx)>,
}

/// A region in which more is known of a name's type than its declaration says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Narrowing {
    /// Where it holds.
    pub range: Span,
    /// The name.
    pub name: Name,
    /// The type.
    pub ty: ExprIx,
}

/// Everything that one file says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The language that it was read as.
    pub language: Language,
    /// The distinct names.
    pub names: Vec<Box<str>>,
    /// Symbols, in the order in which they were met.
    pub symbols: Vec<Symbol>,
    /// Scopes; parents come before their children.
    pub scopes: Vec<Scope>,
    /// Occurrences of names, in the order of the text.
    pub occurrences: Vec<Occurrence>,
    /// Expressions; an expression only refers to earlier ones.
    pub exprs: Vec<Expr>,
    /// Imports.
    pub imports: Vec<Import>,
    /// Calls whose arguments may tell a parameter's type.
    pub calls: Vec<CallSite>,
    /// Where a condition tells more of a name's type.
    pub narrowings: Vec<Narrowing>,
    /// Statements that can be read anew alone.
    pub regions: Vec<Region>,
    /// Names under which the file offers what it has: those that Python's `__all__` lists. `None`:
    /// the language's rule.
    pub offers: Option<Vec<Name>>,
    /// What could not be parsed, the first few.
    pub errors: Vec<SyntaxError>,
    /// Why the facts end early, if they do: a budget ran out.
    pub cut: Option<Cut>,
}

/// A span of a file's facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// What is there.
    pub what: &'static str,
    /// Where.
    pub span: Span,
}

/// Why facts end early.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The file is larger than the budget allows.
    TooLarge,
    /// It nests deeper than the budget allows.
    TooDeep,
    /// Parsing took more steps than the budget allows.
    TooSlow,
}

impl Facts {
    /// The text of a name.
    pub fn name(&self, name: Name) -> &str {
        self.names.get(name.0 as usize).map_or("", |name| name)
    }

    /// A symbol.
    pub fn symbol(&self, ix: SymbolIx) -> &Symbol {
        &self.symbols[ix.0 as usize]
    }

    /// A scope.
    pub fn scope(&self, ix: ScopeIx) -> &Scope {
        &self.scopes[ix.0 as usize]
    }

    /// An occurrence.
    pub fn occurrence(&self, ix: OccurrenceIx) -> &Occurrence {
        &self.occurrences[ix.0 as usize]
    }

    /// An expression.
    pub fn expr(&self, ix: ExprIx) -> &Expr {
        &self.exprs[ix.0 as usize]
    }

    /// Where an occurrence stands.
    pub fn span(&self, occurrence: &Occurrence) -> Span {
        let len = self.name(occurrence.name).len() as u32;
        Span { start: occurrence.start, end: occurrence.start + len }
    }

    /// Every span, with what it is.
    pub fn spans(&self) -> impl Iterator<Item = Placed> + use<'_> {
        let symbols = self.symbols.iter().flat_map(|it| {
            [("name", it.at), ("symbol", it.full), ("signature", it.signature), ("doc", it.doc)]
        });
        let scopes = self.scopes.iter().map(|it| ("scope", it.span));
        let imports = self.imports.iter().map(|it| ("import", it.span));
        let errors = self.errors.iter().map(|it| ("error", it.span));
        let all = symbols.chain(scopes).chain(imports).chain(errors);
        all.map(|(what, span)| Placed { what, span })
    }

    /// Whether every index and span leads somewhere: what comes from a file may be damaged.
    pub fn is_sound(&self) -> bool {
        let name = |it: Name| (it.0 as usize) < self.names.len();
        let symbol = |it: SymbolIx| (it.0 as usize) < self.symbols.len();
        let scope = |it: ScopeIx| (it.0 as usize) < self.scopes.len();
        let occurrence = |it: OccurrenceIx| (it.0 as usize) < self.occurrences.len();
        let expr = |it: ExprIx| (it.0 as usize) < self.exprs.len();
        let symbols = self.symbols.iter().all(|it| {
            name(it.name)
                && scope(it.scope)
                && it.body.is_none_or(scope)
                && it.container.is_none_or(symbol)
                && [it.ty, it.value, it.attached].into_iter().all(expr)
                && it.bases.iter().copied().all(expr)
        });
        let scopes = self.scopes.iter().enumerate().all(|(n, it)| {
            (it.parent.0 as usize) <= n
                && (n == 0 || (it.parent.0 as usize) < n)
                && it.owner.is_none_or(symbol)
                && it.wildcards.iter().copied().all(expr)
        });
        let occurrences = self.occurrences.iter().all(|it| {
            name(it.name)
                && match it.form {
                    Form::Member(of) | Form::Label(of) => expr(of),
                    Form::Definition(of) => symbol(of),
                    Form::Bare | Form::Macro | Form::Tag | Form::Loose => true,
                }
        });
        let exprs = self.exprs.iter().all(|it| match it {
            Expr::Unknown => true,
            Expr::Occurrence(at) => occurrence(*at),
            Expr::Named(at, it) => scope(*at) && name(*it),
            Expr::Member(of, it) => expr(*of) && name(*it),
            Expr::Call(of)
            | Expr::Instance(of)
            | Expr::TypeOf(of)
            | Expr::Element(of)
            | Expr::Each(of)
            | Expr::Slot(of, _)
            | Expr::Await(of)
            | Expr::List(of)
            | Expr::Parameter(of, _)
            | Expr::Guard(of)
            | Expr::CallbackParameter(of, ..) => expr(*of),
            Expr::Generic(of, args) | Expr::Apply(of, args) => {
                expr(*of) && args.iter().copied().all(expr)
            }
            Expr::Else(first, second) => expr(*first) && expr(*second),
            Expr::Either(parts) | Expr::Tuple(parts) => parts.iter().copied().all(expr),
            Expr::Builtin(it) | Expr::Module(it) => name(*it),
            Expr::Function(it) => symbol(*it),
            Expr::This(at) | Expr::ThisType(at) | Expr::Super(at) => scope(*at),
        });
        let rest =
            self.imports.iter().all(|it| name(it.module) && it.names.iter().copied().all(name))
                && self.calls.iter().all(|it| {
                    occurrence(it.callee)
                        && it.args.iter().copied().all(expr)
                        && it.keywords.iter().all(|(word, value)| name(*word) && expr(*value))
                })
                && self.narrowings.iter().all(|it| name(it.name) && expr(it.ty))
                && self.regions.iter().all(|it| it.is_sound(self))
                && self.offers.iter().flatten().copied().all(name);
        !self.scopes.is_empty()
            && !self.exprs.is_empty()
            && symbols
            && scopes
            && occurrences
            && exprs
            && rest
    }
}
