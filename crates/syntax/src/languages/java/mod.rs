//! Java: packages of files, members that are seen by their names inside their types, and methods
//! whose names are apart from those of fields.

mod declarations;
mod expressions;
mod imports;
mod known;
mod members;
mod modules;
mod statements;
#[cfg(test)]
mod tests;
mod types;
mod walk;

use crate::{
    Budget, Builder, Facts, Language, Place, Plugin, Redeclared, Rules, Spaces, Tree, TypeScope,
    tree,
};

/// The plug-in.
pub(crate) struct Java;

static RULES: Rules = Rules {
    type_scope: TypeScope::Inherited,
    redeclared: Redeclared::Another,
    overloads: true,
    interfaces: true,
    spaces: Spaces::Methods,
    constructors: &["<init>"],
    single_method: true,
    common_members: COMMON,
    ..Rules::BY_NAME
};

/// Members of the most used types of the standard library.
const COMMON: &[&str] = &[
    "accept",
    "add",
    "addAll",
    "append",
    "apply",
    "build",
    "charAt",
    "clear",
    "clone",
    "close",
    "collect",
    "compare",
    "compareTo",
    "contains",
    "containsKey",
    "copy",
    "count",
    "entrySet",
    "equals",
    "filter",
    "find",
    "flush",
    "forEach",
    "format",
    "get",
    "getClass",
    "getKey",
    "getMessage",
    "getName",
    "getValue",
    "hasNext",
    "hashCode",
    "indexOf",
    "isEmpty",
    "iterator",
    "join",
    "keySet",
    "length",
    "map",
    "matches",
    "name",
    "next",
    "of",
    "ordinal",
    "print",
    "printf",
    "println",
    "put",
    "putAll",
    "read",
    "remove",
    "replace",
    "reset",
    "run",
    "set",
    "size",
    "sort",
    "split",
    "start",
    "stop",
    "stream",
    "submit",
    "substring",
    "test",
    "toArray",
    "toList",
    "toString",
    "trim",
    "valueOf",
    "values",
    "write",
];

impl Plugin for Java {
    fn name(&self) -> &'static str {
        "java"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["java"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        let mut builder = Builder::new(language, source);
        let Some(parsed) = tree::parse(tree_sitter_java::LANGUAGE, source, budget) else {
            return tree::gave_up(builder);
        };
        tree::errors(&mut builder, parsed.root_node());
        let mut walk = walk::Walk::new(builder, budget.max_depth);
        walk.file(parsed.root_node());
        walk.facts.finish()
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        modules::find(tree, from, module)
    }

    fn submodule(&self, tree: &dyn Tree, of: &Place, name: &str) -> Vec<Place> {
        modules::below(tree, of, name)
    }

    fn module_name(&self, tree: &dyn Tree, path: &str) -> String {
        modules::package_of(tree, path)
    }
}
