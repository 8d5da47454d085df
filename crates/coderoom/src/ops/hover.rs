//! `hover`: signature and documentation of a symbol.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Context, Group, Operation,
    code::{Asked, SymbolParams, SymbolRow, more_note, with_notes, word},
};
use crate::error::OpError;

/// The operation.
pub struct Hover;

/// What is known of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// One for each definition.
    pub symbols: Vec<Described>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// A symbol with its documentation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Described {
    /// The symbol.
    #[serde(flatten)]
    pub symbol: SymbolRow,
    /// Its declaration, as it is written.
    pub declaration: String,
    /// Its documentation, without the marks of a comment.
    pub doc: String,
    /// The module that it is in.
    pub module: String,
    /// `exact`, `likely` or `by_name`.
    pub certainty: String,
}

impl Operation for Hover {
    const NAME: &'static str = "hover";
    const TITLE: &'static str = "Signature and documentation";
    const DESCRIPTION: &'static str = "Declaration, documentation, kind and place of a symbol, by \
        name or for the name at a place: what an editor shows on hover. Use it instead of opening \
        the file just to see how something is called or what it does.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = SymbolParams;
    type Reply = Reply;

    fn run(context: &Context, params: SymbolParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let found = asked.run(params.limit.or(Some(10)), params.offset, |code, limits| {
            code.hover(&ask, limits)
        })?;
        let mut notes = found.notes;
        notes.extend(more_note(found.hovers.len(), params.offset, found.total, "symbols"));
        notes.extend(asked.notes());
        let row = |it: coderoom_engine::Hover| Described {
            symbol: SymbolRow::from(it.symbol),
            declaration: it.signature,
            doc: it.doc,
            module: it.module,
            certainty: word(it.certainty),
        };
        Ok(Reply {
            symbols: found.hovers.into_iter().map(row).collect(),
            total: found.total as u64,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let blocks = reply.symbols.iter().map(|it| {
            let row = &it.symbol;
            let doubt = if it.certainty == "exact" {
                String::new()
            } else {
                format!("  [{}]", it.certainty.replace('_', " "))
            };
            let inside =
                if it.module.is_empty() { String::new() } else { format!(" in {}", it.module) };
            let doc = if it.doc.is_empty() { String::new() } else { format!("\n{}\n", it.doc) };
            format!(
                "{}:{}-{}  {} {} {}{inside}{doubt}\n{}\n{doc}",
                row.path,
                row.line,
                row.end_line,
                row.visibility,
                row.kind,
                row.qualified(),
                it.declaration
            )
        });
        with_notes(blocks.collect::<Vec<_>>().join("\n"), &reply.notes)
    }
}
