//! `unused`: symbols that nothing names.

use coderoom_engine::CodeScope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Group, Operation,
    code::{Asked, SymbolRow, cut_note, more_note, with_notes, word},
};
use crate::error::OpError;

/// The operation.
pub struct Unused;

/// Where to look.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// Files or directories, relative to the workspace. Default: all.
    pub paths: Vec<String>,
    /// Globs that files must match: `*.py`, `!tests/**`.
    pub glob: Vec<String>,
    /// Languages: `python`, `rust`, ...
    pub language: Vec<String>,
    /// Kinds, as for `symbols`.
    pub kind: Vec<String>,
    /// Also what everybody may use in languages that say so (`pub`, `export`, `public`).
    pub public: bool,
    /// Symbols at most. Default 100.
    pub limit: Option<u64>,
    /// Symbols to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What seems to be unused.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The symbols, in path order.
    pub unused: Vec<Found>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// Symbols that were looked at.
    pub examined: u64,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One symbol.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found {
    /// The symbol.
    #[serde(flatten)]
    pub symbol: SymbolRow,
    /// `exact`: its name stands nowhere else; `likely`: wherever it does, something else is meant.
    pub certainty: String,
}

impl Operation for Unused {
    const NAME: &'static str = "unused";
    const TITLE: &'static str = "Unused symbols";
    const DESCRIPTION: &'static str = "Functions, types, methods and constants that nothing in the \
        code base refers to, not even by name alone; tests, entry points, overriding methods and \
        public interfaces left out. Names in strings, templates and configuration are not seen: \
        search for a name before removing it.";
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
        let found = asked.run(params.limit.or(Some(100)), params.offset, |code, limits| {
            code.unused(&scope, params.public, limits)
        })?;
        let mut notes = Vec::new();
        notes.extend(more_note(found.unused.len(), params.offset, found.total, "symbols"));
        notes.extend(cut_note(found.cut));
        notes.extend(asked.notes());
        let row = |it: coderoom_engine::Unused| Found {
            symbol: SymbolRow::from(it.symbol),
            certainty: word(it.certainty),
        };
        Ok(Reply {
            unused: found.unused.into_iter().map(row).collect(),
            total: found.total as u64,
            examined: found.examined as u64,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{} of {} symbols seem unused\n", reply.total, reply.examined);
        for it in &reply.unused {
            let doubt = if it.certainty == "exact" { "" } else { "  [likely]" };
            text.push_str(&format!("{}{doubt}\n", it.symbol.line_of_text()));
        }
        with_notes(text, &reply.notes)
    }
}
