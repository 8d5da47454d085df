//! Go: packages are directories, members of types stand outside them, everything is typed.

mod declarations;
mod expressions;
mod imports;
mod literals;
mod modules;
mod statements;
#[cfg(test)]
mod tests;
mod types;
mod walk;

use crate::{
    Budget, Builder, Facts, Language, Place, Plugin, Redeclared, Rules, Tree, TypeScope, tree,
};

/// The plug-in.
pub(crate) struct Go;

static RULES: Rules = Rules {
    type_scope: TypeScope::Hidden,
    redeclared: Redeclared::Another,
    interfaces: true,
    attached: true,
    structural: true,
    expression_keys: true,
    common_members: &[
        "Add",
        "Bytes",
        "Close",
        "Done",
        "Err",
        "Error",
        "Errorf",
        "Fatal",
        "Fatalf",
        "Format",
        "Get",
        "Helper",
        "Index",
        "Len",
        "Less",
        "Lock",
        "Log",
        "Logf",
        "Name",
        "Next",
        "Print",
        "Printf",
        "Println",
        "Read",
        "Reset",
        "Run",
        "Scan",
        "Seek",
        "Set",
        "String",
        "Sub",
        "Swap",
        "Type",
        "Unlock",
        "Unwrap",
        "Value",
        "Wait",
        "Write",
        "WriteString",
    ],
    ..Rules::BY_NAME
};

impl Plugin for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["go"]
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        let mut builder = Builder::new(language, source);
        let Some(parsed) = tree::parse(tree_sitter_go::LANGUAGE, source, budget) else {
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

    fn is_imported(&self, file_name: &str) -> bool {
        !file_name.ends_with("_test.go")
    }

    fn module_name(&self, tree: &dyn Tree, path: &str) -> String {
        modules::import_path(tree, path)
    }
}
