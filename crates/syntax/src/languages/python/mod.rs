//! Python: parsed by Ruff's parser, which recovers from errors and is several times faster than a
//! tree-sitter grammar, so that an edit of a long file needs no tree to be kept.

mod again;
mod edited;
mod expressions;
mod guard;
mod imports;
mod modules;
mod patterns;
mod statements;
mod strings;

use ruff_python_ast::Mod;
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use crate::{
    Budget, Builder, Cut, Facts, Language, Place, Plugin, Redeclared, Rules, Span, SyntaxError,
    TextEdit, Tree, TypeScope,
};

/// The plug-in.
pub(crate) struct Python;

static RULES: Rules = Rules {
    type_scope: TypeScope::BodyOnly,
    redeclared: Redeclared::Same,
    transparent: &[
        "Optional",
        "Annotated",
        "Final",
        "ClassVar",
        "Required",
        "NotRequired",
        "ReadOnly",
        "Union",
        "Type",
        "Self",
    ],
    awaited: &["Awaitable", "Coroutine", "Future", "Task"],
    constructors: &["__init__", "__new__"],
    call_member: Some("__call__"),
    common_members: COMMON,
    ..Rules::BY_NAME
};

/// Members of the built-in types and of the most used modules of the standard library.
const COMMON: &[&str] = &[
    "add",
    "append",
    "cancel",
    "capitalize",
    "casefold",
    "center",
    "clear",
    "close",
    "copy",
    "count",
    "date",
    "debug",
    "decode",
    "difference",
    "discard",
    "encode",
    "endswith",
    "error",
    "exception",
    "extend",
    "find",
    "flush",
    "format",
    "fromkeys",
    "get",
    "group",
    "groups",
    "index",
    "info",
    "insert",
    "intersection",
    "isoformat",
    "items",
    "join",
    "keys",
    "log",
    "lower",
    "lstrip",
    "match",
    "name",
    "next",
    "open",
    "partition",
    "pop",
    "popitem",
    "put",
    "read",
    "readline",
    "readlines",
    "remove",
    "replace",
    "reverse",
    "rfind",
    "rpartition",
    "rsplit",
    "rstrip",
    "run",
    "search",
    "seek",
    "send",
    "set",
    "setdefault",
    "sort",
    "split",
    "splitlines",
    "start",
    "startswith",
    "stop",
    "strftime",
    "strip",
    "sub",
    "tell",
    "time",
    "title",
    "today",
    "union",
    "update",
    "upper",
    "value",
    "values",
    "wait",
    "warning",
    "write",
    "writelines",
];

impl Plugin for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["py", "pyi"]
    }

    fn interpreters(&self) -> &'static [&'static str] {
        &["python"]
    }

    fn minds_stack(&self) -> bool {
        true
    }

    fn extract(&self, language: Language, source: &str, budget: &Budget) -> Facts {
        let mut builder = Builder::new(language, source);
        let Some(longest) = guard::longest_chain(source, budget.max_depth) else {
            builder.cut(Cut::TooDeep);
            return builder.finish();
        };
        guard::with_stack(source, longest, || {
            let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
            note_errors(&parsed, &mut builder);
            let mut walk = statements::Walk::new(builder, budget.max_depth);
            if let Mod::Module(module) = parsed.syntax() {
                walk.statements(&module.body);
            }
            walk.finish()
        })
    }

    fn syntax_errors(&self, language: Language, source: &str, budget: &Budget) -> Vec<SyntaxError> {
        let mut builder = Builder::new(language, "");
        if let Some(longest) = guard::longest_chain(source, budget.max_depth) {
            guard::with_stack(source, longest, || {
                let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
                note_errors(&parsed, &mut builder);
            });
        }
        builder.finish().errors
    }

    fn extract_after(
        &self,
        before: &Facts,
        source: &str,
        edit: TextEdit,
        budget: &Budget,
    ) -> Option<Facts> {
        again::extract_after(before, source, edit, budget)
    }

    fn checks_fast(&self) -> bool {
        true
    }

    fn stays_clean(&self, before: &str, after: &str, edit: TextEdit) -> bool {
        edited::stays_clean(before, after, edit)
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
        modules::dotted(tree, path)
    }
}

fn note_errors(parsed: &Parsed<Mod>, builder: &mut Builder) {
    for error in parsed.errors() {
        let at = Span::new(error.location.start().to_usize(), error.location.end().to_usize());
        builder.error(at, error.error.to_string());
    }
}

/// A range of Ruff's as a span.
fn span(node: &impl Ranged) -> Span {
    Span::new(node.start().to_usize(), node.end().to_usize())
}
