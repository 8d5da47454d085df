//! `definition`: where a symbol is defined.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Context, Group, Operation,
    code::{Asked, FloorParams, SymbolRow, below_note, more_note, with_notes, word},
};
use crate::error::OpError;

/// The operation.
pub struct Definition;

/// Where it is defined.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The definitions; for a module its file at line 1.
    pub definitions: Vec<Found>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One definition.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found {
    /// What is defined.
    #[serde(flatten)]
    pub symbol: SymbolRow,
    /// Always `definition`, or `import` for the import of something that is defined elsewhere.
    pub role: String,
    /// `exact`, `likely` or `by_name`.
    pub certainty: String,
}

impl Operation for Definition {
    const NAME: &'static str = "definition";
    const TITLE: &'static str = "Go to definition";
    const DESCRIPTION: &'static str = "Where a symbol is defined: by name (`Model.save`) or for the \
        name at a place in a file; through imports, re-exports, members and inheritance. Use it \
        instead of grepping for `def name` or `class name`.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = FloorParams;
    type Reply = Reply;

    fn run(context: &Context, params: FloorParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let found = asked.run(params.limit, params.offset, |code, limits| {
            code.definition(&ask, params.floor.certainty(), limits)
        })?;
        let mut notes = found.notes;
        if found.definitions.iter().any(|it| it.is_import) {
            notes.push("it is defined outside of the workspace; this is its import".into());
        }
        notes.extend(more_note(found.definitions.len(), params.offset, found.total, "definitions"));
        notes.extend(below_note(found.below_floor));
        notes.extend(asked.notes());
        let definitions = found.definitions.into_iter().map(|it| Found {
            symbol: SymbolRow::from(it.symbol),
            role: if it.is_import { "import".into() } else { "definition".into() },
            certainty: word(it.certainty),
        });
        Ok(Reply { definitions: definitions.collect(), total: found.total as u64, notes })
    }

    fn text(reply: &Reply) -> String {
        let lines = reply.definitions.iter().map(|it| {
            let doubt = if it.certainty == "exact" {
                String::new()
            } else {
                format!("  [{}]", it.certainty.replace('_', " "))
            };
            format!("{}{doubt}\n", it.symbol.line_of_text())
        });
        with_notes(lines.collect(), &reply.notes)
    }
}
