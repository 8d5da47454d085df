//! TypeScript, TSX and JavaScript (with JSX and CommonJS): one walk over three grammars.

mod ast;
mod calls;
mod classes;
mod common;
mod commonjs;
mod docs;
mod expressions;
mod functions;
mod imports;
mod jsx;
mod kinds;
mod modules;
mod narrow;
mod objects;
mod patterns;
mod statements;
#[cfg(test)]
mod tests;
mod top;
mod types;
mod walk;

pub(crate) use self::kinds::Dialect;
use crate::{
    Budget, Builder, Facts, Language, Place, Plugin, Redeclared, Rules, Tree, TypeScope, tree,
};

/// The plug-in, for one of the three.
pub(crate) struct TypeScript(pub(crate) Dialect);

static RULES: Rules = Rules {
    type_scope: TypeScope::Hidden,
    redeclared: Redeclared::Same,
    overloads: true,
    interfaces: true,
    transparent: &[
        "Partial",
        "Required",
        "Readonly",
        "NonNullable",
        "DeepPartial",
        "DeepReadonly",
        "PropsWithChildren",
    ],
    awaited: &["Promise", "PromiseLike"],
    constructors: &["constructor"],
    call_member: Some("()"),
    common_members: common::MEMBERS,
    named_index: true,
    families: true,
    ..Rules::BY_NAME
};

impl Plugin for TypeScript {
    fn name(&self) -> &'static str {
        match self.0 {
            Dialect::TypeScript => "typescript",
            Dialect::Tsx => "tsx",
            Dialect::JavaScript => "javascript",
        }
    }

    fn family(&self) -> &'static str {
        "typescript"
    }

    fn extensions(&self) -> &'static [&'static str] {
        match self.0 {
            Dialect::TypeScript => &["ts", "mts", "cts"],
            Dialect::Tsx => &["tsx"],
            Dialect::JavaScript => &["js", "mjs", "cjs", "jsx"],
        }
    }

    fn interpreters(&self) -> &'static [&'static str] {
        match self.0 {
            Dialect::TypeScript => &["deno", "bun", "ts-node", "tsx"],
            Dialect::Tsx => &[],
            Dialect::JavaScript => &["node", "nodejs"],
        }
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        let mut builder = Builder::new(language, source);
        let Some(parsed) = tree::parse_version(self.0.grammar(), source, budget) else {
            return tree::gave_up(builder);
        };
        tree::errors(&mut builder, parsed.tree.root_node());
        let ast = ast::Ast::new(&parsed, self.0);
        drop(parsed);
        walk::Walk::new(builder, &ast, self.0, budget.max_depth).run()
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn module(&self, tree: &dyn Tree, from: &str, module: &str) -> Vec<Place> {
        modules::find(tree, from, module)
    }

    fn module_name(&self, _: &dyn Tree, path: &str) -> String {
        modules::without_extension(path).to_owned()
    }
}
