//! Rust: read by a parser of our own, in one pass from tokens to facts.
//!
//! Half of what Rust says, it says inside macros, whose contents a grammar leaves as bare tokens.
//! Here the same code reads both. It is several times faster than a tree-sitter grammar too.

mod attributes;
mod brackets;
mod declarations;
mod expressions;
mod generics;
mod items;
mod known;
mod lexer;
mod macros;
mod manifest;
mod modules;
mod paths;
mod patterns;
mod statements;
mod std_methods;
#[cfg(test)]
mod tests;
mod types;
mod uses;
mod walk;

use crate::{
    Budget, Builder, Facts, Language, Place, Plugin, Redeclared, Rules, Spaces, Tree, TypeScope,
};

/// The plug-in.
pub(crate) struct Rust;

static RULES: Rules = Rules {
    type_scope: TypeScope::Hidden,
    redeclared: Redeclared::Another,
    interfaces: true,
    bare_modules: true,
    attached: true,
    spaces: Spaces::Uses,
    static_types: true,
    element_types: &["Item"],
    transparent: &[
        "Box",
        "Rc",
        "Arc",
        "Cow",
        "RefCell",
        "Cell",
        "Mutex",
        "RwLock",
        "Pin",
        "Ref",
        "RefMut",
        "MutexGuard",
        "RwLockReadGuard",
        "RwLockWriteGuard",
        "ManuallyDrop",
        "OnceCell",
        "OnceLock",
        "LazyLock",
        "LazyCell",
        "Lazy",
        "Weak",
        "NonNull",
        "AtomicPtr",
        "MaybeUninit",
        "UnsafeCell",
    ],
    awaited: &["Option", "Result", "Future", "JoinHandle", "Poll"],
    common_members: std_methods::COMMON,
    guess_members: true,
    ..Rules::BY_NAME
};

impl Plugin for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["rs"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        let builder = Builder::new(language, source);
        let mut walk = walk::Walk::new(builder, lexer::tokens(source), budget.max_depth);
        walk.items(items::Within::Module);
        walk.finish()
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        modules::find(tree, from, module)
    }

    fn module_name(&self, tree: &dyn Tree, path: &str) -> String {
        modules::name_of(tree, path)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }
}
