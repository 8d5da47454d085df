//! `outline`: what a file offers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Group, Operation,
    code::{Asked, SymbolRow, more_note, with_notes},
};
use crate::error::{Code, OpError};

/// The operation.
pub struct Outline;

/// Which file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["path"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// Symbols at most. Default 500.
    pub limit: Option<u64>,
    /// Symbols to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// A file's symbols.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The language that the file was read as.
    pub language: String,
    /// In the order of the text.
    pub symbols: Vec<Item>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One symbol.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// How deep it is nested, from 0.
    pub depth: u32,
    /// The symbol.
    #[serde(flatten)]
    pub symbol: SymbolRow,
}

impl Operation for Outline {
    const NAME: &'static str = "outline";
    const TITLE: &'static str = "Outline of a file";
    const DESCRIPTION: &'static str = "What a source file defines: its types, functions, methods \
        and constants, nested, with line ranges and signatures. Use it before reading a large file, \
        to read only the lines that matter.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        if params.path.is_empty() {
            let message = "`path` is empty: name a source file, as `src/main.rs`";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let asked = Asked::new(context, &params.workspace)?;
        let path = asked.path(&params.path)?;
        let found = asked.run(params.limit.or(Some(500)), params.offset, |code, limits| {
            code.outline(&path, limits)
        })?;
        let mut notes = found.notes;
        notes.extend(more_note(found.items.len(), params.offset, found.total, "symbols"));
        notes.extend(asked.notes());
        let item = |it: coderoom_engine::OutlineItem| Item {
            depth: it.depth,
            symbol: SymbolRow::from(it.symbol),
        };
        Ok(Reply {
            language: found.language,
            symbols: found.items.into_iter().map(item).collect(),
            total: found.total as u64,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        if reply.symbols.is_empty() {
            text.push_str("No symbols.\n");
        }
        for item in &reply.symbols {
            let row = &item.symbol;
            let lines = if row.end_line > row.line {
                format!("{}-{}", row.line, row.end_line)
            } else {
                row.line.to_string()
            };
            let indent = "  ".repeat(item.depth as usize);
            text.push_str(&format!(
                "{lines:>11}  {indent}{} {}  {}\n",
                row.kind, row.name, row.signature
            ));
        }
        with_notes(text, &reply.notes)
    }
}
