//! What a language brings: how its files are recognised, how facts are taken out of them, and the
//! rules by which its names are looked up.

use crate::{
    Facts, SyntaxError, TextEdit,
    languages::{self, Language},
};

/// Bounds on the work for one file.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Larger files have no facts (generated tables, bundles).
    pub max_bytes: usize,
    /// Deeper nesting is left out.
    pub max_depth: usize,
    /// Steps of the parser for one file, a progress callback apart. Small files are allowed fewer, in
    /// proportion to their size.
    pub max_steps: u64,
    /// Keep what was parsed for the next version of the text: for files that are being edited.
    /// Facts are the same either way.
    pub keep: bool,
}

impl Default for Budget {
    /// 4 MiB, 1,000 levels and a number of steps that ordinary files never come near.
    fn default() -> Budget {
        Budget { max_bytes: 4 << 20, max_depth: 1_000, max_steps: 2_000_000, keep: false }
    }
}

/// One language. All that is particular to it is in its folder under `languages/`.
pub trait Plugin: Sync {
    /// Its name, as users write it: `python`.
    fn name(&self) -> &'static str;

    /// The name of the languages whose files can name each other's symbols.
    fn family(&self) -> &'static str {
        self.name()
    }

    /// Extensions of its files, without the dot, lower case.
    fn extensions(&self) -> &'static [&'static str];

    /// Names of files without such an extension.
    fn filenames(&self) -> &'static [&'static str] {
        &[]
    }

    /// Interpreters in a `#!` line.
    fn interpreters(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it looks for stack itself. Others are called with enough for any source.
    fn minds_stack(&self) -> bool {
        false
    }

    /// The facts of a file. Never fails: what cannot be understood is left out and listed in
    /// [`Facts::errors`].
    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts;

    /// Whether its scanner looks for the end of a line without looking for that of the file, and so
    /// never comes back from the last line of some files that end without a newline.
    fn wants_final_newline(&self) -> bool {
        false
    }

    /// The facts of a file that an edit has made of one with the facts `before`, if that can be said
    /// from a part of it: what [`Plugin::extract`] gives for all of it.
    fn extract_after(
        &self,
        before: &Facts,
        source: &str,
        edit: TextEdit,
        budget: &Budget,
    ) -> Option<Facts> {
        let _ = (before, source, edit, budget);
        None
    }

    /// The syntax errors of a file, as [`Plugin::extract`] lists them. Languages whose parser is
    /// much faster than the walk say so here.
    fn syntax_errors(&self, language: Language, source: &str, budget: &Budget) -> Vec<SyntaxError> {
        self.extract(language, source, budget).errors
    }

    /// Whether [`Plugin::syntax_errors`] costs much less than the facts.
    fn checks_fast(&self) -> bool {
        false
    }

    /// Whether `after` has no syntax errors, given that `before` has none, if that can be said from
    /// the few lines around their difference. False: not known.
    fn stays_clean(&self, before: &str, after: &str, edit: TextEdit) -> bool {
        let _ = (before, after, edit);
        false
    }

    /// The rules for looking up its names.
    fn rules(&self) -> &'static Rules;

    /// The files or directories that `module` (of [`crate::Expr::Module`]) means in `from`, the best
    /// guess first; none if it is not in the tree.
    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        let _ = (tree, from, module);
        Vec::new()
    }

    /// The modules that `name` means as a member of the module `of` (Python's `a.b` where `b` is a
    /// file; a Rust `mod b;` is a symbol and needs nothing here).
    fn submodule(&self, tree: &dyn Tree, of: &Place, name: &str) -> Vec<Place> {
        let _ = (tree, of, name);
        Vec::new()
    }

    /// Whether a file of this name is part of what others import when they import its directory
    /// ([`Place::Package`]): Go's tests are not.
    fn is_imported(&self, file_name: &str) -> bool {
        let _ = file_name;
        true
    }

    /// The dotted or otherwise usual name of the module that a file is, for people and for SCIP
    /// descriptors.
    fn module_name(&self, tree: &dyn Tree, path: &str) -> String {
        let _ = tree;
        path.to_owned()
    }
}

/// The paths of a snapshot, as far as finding modules needs them. Paths are relative to the
/// workspace, with `/`; the root is the empty path.
pub trait Tree {
    /// Whether a file is there.
    fn is_file(&self, path: &str) -> bool;
    /// Whether a directory with files is there.
    fn is_dir(&self, path: &str) -> bool;
    /// The names of the files right in a directory.
    fn files_in(&self, dir: &str) -> Vec<String>;
    /// All files with this last component (`go.mod`, `List.java`), by path.
    fn files_named(&self, name: &str) -> Vec<String>;
    /// All directories with this last component, by path.
    fn dirs_named(&self, name: &str) -> Vec<String>;
    /// The text of a file (a manifest).
    fn read(&self, path: &str) -> Option<String>;
}

/// What a module is in the tree.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A file: its exported top-level names.
    File(String),
    /// A symbol of kind module inside a file, by the names that lead to it (a Rust inline module).
    Inside(String, Vec<String>),
    /// A directory whose files share one namespace (Go, Java), with the extensions that count.
    Package(String),
    /// Several places that are one module; of a name that more than one of them has, the first's
    /// counts (a Java package's directories in different source roots).
    Several(Vec<Place>),
    /// A directory with modules in it and no names of its own (a Python namespace package).
    Namespace(String),
}

/// How the members of a type are seen by the code inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeScope {
    /// By code right in the type's body only (Python).
    BodyOnly,
    /// By all code inside, inherited ones too (Java, C++, C#, Kotlin, Ruby's methods).
    Inherited,
    /// Not by their bare names (TypeScript, Rust, Go).
    Hidden,
}

/// What a second declaration of a name in one scope of a function means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Redeclared {
    /// The same variable (Python, JavaScript's `var`, Ruby, PHP).
    Same,
    /// Another variable that hides the first from there on (Rust, Go, C, Java, C#).
    Another,
}

/// Which names are apart, so that one name can mean several things and its use says which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spaces {
    /// None.
    One,
    /// A method can have the name of a field or type: what is called is a method then, and nothing
    /// else is (Java).
    Methods,
    /// Types and modules, values, macros; and methods from fields (Rust).
    Uses,
    /// Types from functions and values (C's tags).
    Tags,
}

/// The rules of a language's names.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How members are seen inside their type.
    pub type_scope: TypeScope,
    /// What declaring a local again means. A name declared again among the items of a file, module
    /// or type is always one symbol with several definitions.
    pub redeclared: Redeclared,
    /// Whether a name that no scope has may be a module's ([`Plugin::module`] is asked): Rust's
    /// crates, Java's packages.
    pub bare_modules: bool,
    /// Whether members of a type can stand outside it ([`crate::Symbol::attached`]).
    pub attached: bool,
    /// Whether a type satisfies every interface whose methods it has, without naming it (Go).
    pub structural: bool,
    /// Whether an interface with one method can be called like a function, and be given as one
    /// (Java's lambdas).
    pub single_method: bool,
    /// Which names are apart.
    pub spaces: Spaces,
    /// Whether several declarations of one function are told apart by what they take.
    pub overloads: bool,
    /// Whether the language says of each symbol who may use it: what everybody may use is an
    /// interface, and need not be used here.
    pub interfaces: bool,
    /// Whether files are put together by including and linking (C).
    pub includes: bool,
    /// Generic types that are used as what they hold: `Optional`, `Readonly`, `Box`.
    pub transparent: &'static [&'static str],
    /// Generic types that `await`, `?` and the like unwrap: `Promise`, `Future`, `Result`.
    pub awaited: &'static [&'static str],
    /// The names of member types that say what iterating a value gives: `Item`.
    pub element_types: &'static [&'static str],
    /// The names of constructors among a type's members: `__init__`, `constructor`, `new`.
    pub constructors: &'static [&'static str],
    /// The name of the member that makes instances callable: `__call__`.
    pub call_member: Option<&'static str>,
    /// The names that the language or its standard library has as members of its own types, so that
    /// a member of this name on a value of unknown type says nothing: `get`, `append`, `close`.
    pub common_members: &'static [&'static str],
    /// Whether a value that comes from outside of the workspace surely is of a type from there.
    pub static_types: bool,
    /// Whether a label that its type does not have is an expression: keys of Go's map literals.
    pub expression_keys: bool,
    /// Whether a bare name may be a member found by its spelling where the types are not known.
    pub guess_members: bool,
    /// Whether a type's member `[]` stands for every name that it has not.
    pub named_index: bool,
    /// Whether a member counts as one with what it overrides and with all else that overrides that:
    /// renaming one means renaming all, and the language's own tools list their uses together.
    pub families: bool,
}

impl Rules {
    /// The rules of a language in which only spelling counts.
    pub const BY_NAME: Rules = Rules {
        type_scope: TypeScope::Inherited,
        redeclared: Redeclared::Same,
        bare_modules: false,
        attached: false,
        structural: false,
        single_method: false,
        spaces: Spaces::One,
        overloads: false,
        interfaces: false,
        includes: false,
        transparent: &[],
        awaited: &[],
        element_types: &[],
        constructors: &[],
        call_member: None,
        common_members: &[],
        static_types: false,
        expression_keys: false,
        guess_members: true,
        named_index: false,
        families: false,
    };
}

/// The language of a file, by its name and its first line.
pub fn detect(path: &str, bytes: &[u8]) -> Option<Language> {
    let file_name = path.rsplit('/').next().unwrap_or(path);
    if let Some(language) = languages::by_filename(file_name) {
        return Some(language);
    }
    match file_name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => {
            languages::by_extension(&extension.to_ascii_lowercase())
        }
        _ => interpreter(bytes).and_then(languages::by_interpreter),
    }
}

/// `python3` of `#!/usr/bin/env python3`, without its version.
fn interpreter(bytes: &[u8]) -> Option<&str> {
    let line = bytes.strip_prefix(b"#!")?;
    let end = memchr::memchr(b'\n', &line[..line.len().min(256)]).unwrap_or(line.len().min(256));
    let line = std::str::from_utf8(&line[..end]).ok()?;
    let mut words = line.split_ascii_whitespace();
    let mut program = words.next()?.rsplit('/').next()?;
    if program == "env" {
        program = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    }
    Some(program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
}
