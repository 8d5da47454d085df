//! `references`: who uses a symbol.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Context, Group, Operation,
    code::{
        Asked, FloorParams, OccurrenceRow, SymbolRow, below_note, cut_note, more_note,
        occurrences_text, with_notes,
    },
};
use crate::error::OpError;

/// The operation.
pub struct References;

/// The uses of a symbol.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What is used.
    pub symbols: Vec<SymbolRow>,
    /// Its definitions and uses, in path order.
    pub references: Vec<OccurrenceRow>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// In how many files.
    pub files: u64,
    /// How many more there are that are less certain than asked for.
    pub below_floor: u64,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

impl Operation for References {
    const NAME: &'static str = "references";
    const TITLE: &'static str = "Find references";
    const DESCRIPTION: &'static str = "Every place that uses a symbol (function, class, method, \
        variable, module), told from others of the same name by scopes, imports and types; grouped \
        by file, with the line, the enclosing function and how certain it is. Use it instead of \
        grepping for a name, above all before changing or removing something.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = FloorParams;
    type Reply = Reply;

    fn run(context: &Context, params: FloorParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let found = asked.run(params.limit, params.offset, |code, limits| {
            code.references(&ask, params.floor.certainty(), limits)
        })?;
        let mut notes = found.notes;
        notes.extend(more_note(found.references.len(), params.offset, found.total, "references"));
        notes.extend(below_note(found.below_floor));
        notes.extend(cut_note(found.cut));
        notes.extend(asked.notes());
        Ok(Reply {
            symbols: found.subjects.into_iter().map(SymbolRow::from).collect(),
            references: found.references.into_iter().map(OccurrenceRow::from).collect(),
            total: found.total as u64,
            files: found.files as u64,
            below_floor: found.below_floor as u64,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text: String =
            reply.symbols.iter().map(|row| format!("{}\n", row.line_of_text())).collect();
        text.push_str(&format!("{} references in {} files\n", reply.total, reply.files));
        text.push_str(&occurrences_text(&reply.references));
        with_notes(text, &reply.notes)
    }
}
