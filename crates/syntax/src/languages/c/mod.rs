//! C and C++: one walk for both grammars, over a text that was made ready for them.
//!
//! The preprocessor's part is done here: directives and macros are read by hand, and the parser
//! gets what it can understand ([`mask`]). Nothing is expanded, and no configuration is assumed.

mod attributes;
mod conditions;
mod cpp;
mod declarations;
mod declarators;
mod expressions;
mod heads;
mod kinds;
mod lexer;
mod macros;
mod mask;
mod modules;
mod places;
mod prepared;
#[cfg(test)]
mod tests;
mod tokens;
mod types;
mod walk;
mod words;

use crate::{
    Budget, Builder, Facts, Language, Place, Plugin, Redeclared, Rules, Spaces, Tree, TypeScope,
    tree,
};

/// The plug-in for C. Headers that turn out to be C++ are read as that.
pub(crate) struct C;

/// The plug-in for C++.
pub(crate) struct Cpp;

static RULES: Rules = Rules {
    type_scope: TypeScope::Inherited,
    redeclared: Redeclared::Another,
    attached: true,
    includes: true,
    spaces: Spaces::Tags,
    transparent: &["unique_ptr", "shared_ptr", "weak_ptr", "optional", "reference_wrapper"],
    awaited: &["future", "shared_future"],
    common_members: &[
        "begin",
        "end",
        "size",
        "data",
        "front",
        "back",
        "push_back",
        "emplace_back",
        "insert",
        "erase",
        "find",
        "count",
        "clear",
        "empty",
        "get",
        "reset",
        "release",
        "swap",
        "first",
        "second",
        "c_str",
        "str",
        "length",
        "append",
        "substr",
        "resize",
        "reserve",
        "at",
        "top",
        "pop",
        "push",
        "lock",
        "unlock",
        "join",
        "load",
        "store",
        "what",
        "value",
        "has_value",
    ],
    ..Rules::BY_NAME
};

impl Plugin for C {
    fn name(&self) -> &'static str {
        "c"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["c", "h", "def"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        let prepared = mask::prepare(source, false);
        if prepared::is_cpp(source, &prepared) {
            return facts(language, source, budget, true, mask::prepare(source, true));
        }
        facts(language, source, budget, false, prepared)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        modules::find(tree, from, module)
    }
}

impl Plugin for Cpp {
    fn name(&self) -> &'static str {
        "cpp"
    }

    fn family(&self) -> &'static str {
        "c"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["cc", "cpp", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "inl", "tcc", "ino", "cu"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        facts(language, source, budget, true, mask::prepare(source, true))
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        modules::find(tree, from, module)
    }
}

fn facts(
    language: Language,
    source: &str,
    budget: &Budget,
    cpp: bool,
    prepared: mask::Prepared,
) -> Facts {
    let builder = Builder::new(language, source);
    let grammar = if cpp { kinds::cpp() } else { kinds::c() };
    let Some(parsed) = tree::parse(grammar.language, &prepared.text, budget) else {
        return tree::gave_up(builder);
    };
    let root = parsed.root_node();
    walk::Walk::new(builder, grammar, &prepared, root, cpp, budget.max_depth).file(root)
}
