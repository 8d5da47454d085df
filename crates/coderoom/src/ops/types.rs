//! `implementations` and `supertypes`: what is below a type or method, and what is above it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Context, Group, Operation,
    code::{Asked, SymbolParams, SymbolRow, cut_note, more_note, with_notes},
};
use crate::error::OpError;

/// The operation `implementations`.
pub struct Implementations;

/// The operation `supertypes`.
pub struct Supertypes;

/// Types or methods above or below.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What was asked for.
    pub symbols: Vec<SymbolRow>,
    /// The nearest first.
    pub relatives: Vec<Relative>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// Supertypes outside of the workspace, as they are written.
    pub outside: Vec<String>,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// A type or method above or below.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Relative {
    /// Steps of inheritance, from 1.
    pub depth: u32,
    /// The type or method.
    #[serde(flatten)]
    pub symbol: SymbolRow,
}

impl Operation for Implementations {
    const NAME: &'static str = "implementations";
    const TITLE: &'static str = "Implementations";
    const DESCRIPTION: &'static str = "Subclasses of a class, implementors of an interface or \
        trait, overriding methods of a method; direct and indirect. Use it before changing a base \
        class or an interface.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = SymbolParams;
    type Reply = Reply;

    fn run(context: &Context, params: SymbolParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let found = asked
            .run(params.limit, params.offset, |code, limits| code.implementations(&ask, limits))?;
        Ok(reply(&asked, found, params.offset, "implementations"))
    }

    fn text(reply: &Reply) -> String {
        text(reply, "implementations")
    }
}

impl Operation for Supertypes {
    const NAME: &'static str = "supertypes";
    const TITLE: &'static str = "Supertypes";
    const DESCRIPTION: &'static str = "What a class inherits or a type implements, or which methods \
        a method overrides; direct and indirect, those outside of the code base by name.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = SymbolParams;
    type Reply = Reply;

    fn run(context: &Context, params: SymbolParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let found =
            asked.run(params.limit, params.offset, |code, limits| code.supertypes(&ask, limits))?;
        Ok(reply(&asked, found, params.offset, "supertypes"))
    }

    fn text(reply: &Reply) -> String {
        text(reply, "supertypes")
    }
}

fn reply(asked: &Asked<'_>, found: coderoom_engine::Relatives, offset: u64, what: &str) -> Reply {
    let mut notes = found.notes;
    notes.extend(more_note(found.relatives.len(), offset, found.total, what));
    notes.extend(cut_note(found.cut));
    notes.extend(asked.notes());
    let relative = |it: coderoom_engine::Relative| Relative {
        depth: it.depth,
        symbol: SymbolRow::from(it.symbol),
    };
    Reply {
        symbols: found.subjects.into_iter().map(SymbolRow::from).collect(),
        relatives: found.relatives.into_iter().map(relative).collect(),
        total: found.total as u64,
        outside: found.outside,
        notes,
    }
}

fn text(reply: &Reply, what: &str) -> String {
    let mut text: String =
        reply.symbols.iter().map(|row| format!("{}\n", row.line_of_text())).collect();
    text.push_str(&format!("{} {what}\n", reply.total));
    for it in &reply.relatives {
        text.push_str(&format!("  {}  {}\n", it.depth, it.symbol.line_of_text()));
    }
    if !reply.outside.is_empty() {
        text.push_str(&format!("outside of the workspace: {}\n", reply.outside.join(", ")));
    }
    with_notes(text, &reply.notes)
}
