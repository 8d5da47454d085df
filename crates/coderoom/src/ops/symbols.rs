//! `symbols`: finds symbols by name.

use coderoom_engine::{CodeScope, Spelling};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Group, Operation,
    code::{Asked, SymbolRow, with_notes},
};
use crate::error::OpError;

/// The operation.
pub struct Symbols;

/// Which symbols.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The name or a part of it: `save`, `qs` for `QuerySet`, `Model.save` for what stands in a
    /// class, module or directory of that name. Empty: all.
    pub name: String,
    /// `fuzzy` (default; the best first), `exact` or `prefix`.
    #[serde(rename = "match")]
    pub spelling: Matching,
    /// Kinds: `class`, `function`, `method`, `field`, `constant`, `struct`, `trait`, `interface`,
    /// `enum`, `macro`, ...; `type` and `callable` stand for several. Default: all but parameters.
    pub kind: Vec<String>,
    /// Files or directories, relative to the workspace. Default: all.
    pub paths: Vec<String>,
    /// Globs that files must match: `*.py`, `!tests/**`.
    pub glob: Vec<String>,
    /// Languages: `python`, `rust`, ...
    pub language: Vec<String>,
    /// Symbols at most. Default 50.
    pub limit: Option<u64>,
    /// Symbols to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// How a name must be spelled.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// Anything that fits, the best first.
    #[default]
    Fuzzy,
    /// Exactly so.
    Exact,
    /// Beginning so.
    Prefix,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The symbols, the best first.
    pub symbols: Vec<SymbolRow>,
    /// How many there are; "at least" if `more`.
    pub total: u64,
    /// There are more than were counted.
    pub more: bool,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

impl Operation for Symbols {
    const NAME: &'static str = "symbols";
    const TITLE: &'static str = "Find symbols";
    const DESCRIPTION: &'static str = "Find functions, classes, methods, constants and other \
        definitions by name, part of a name, kind, file or language, the best match first, with \
        place and signature. Use it instead of grepping for definitions, and to find out how \
        something is called.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let paths = params.paths.iter().map(|path| asked.path(path));
        let scope = CodeScope {
            paths: paths.collect::<Result<_, _>>()?,
            globs: params.glob,
            languages: params.language,
            kinds: params.kind,
        };
        let spelling = match params.spelling {
            Matching::Fuzzy => Spelling::Fuzzy,
            Matching::Exact => Spelling::Exact,
            Matching::Prefix => Spelling::Prefix,
        };
        let found = asked.run(params.limit.or(Some(50)), params.offset, |code, limits| {
            code.symbols(&params.name, spelling, &scope, limits)
        })?;
        let shown = found.symbols.len();
        let end = params.offset as usize + shown;
        let mut notes = Vec::new();
        if end < found.total {
            let least = if found.more { "at least " } else { "" };
            notes.push(format!(
                "{shown} of {least}{} symbols shown; continue with offset={end}, or narrow by kind, \
                 paths or language",
                found.total
            ));
        }
        notes.extend(asked.notes());
        Ok(Reply {
            symbols: found.symbols.into_iter().map(SymbolRow::from).collect(),
            total: found.total as u64,
            more: found.more,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text: String =
            reply.symbols.iter().map(|row| format!("{}\n", row.line_of_text())).collect();
        if reply.symbols.is_empty() {
            text.push_str("No symbols.\n");
        }
        with_notes(text, &reply.notes)
    }
}
