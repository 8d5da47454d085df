//! `callers` and `callees`: who calls a function, and what it calls.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Context, Group, Operation,
    code::{
        Asked, CallParams, OccurrenceRow, SymbolRow, below_note, cut_note, more_note, with_notes,
    },
};
use crate::error::OpError;

/// The operation `callers`.
pub struct Callers;

/// The operation `callees`.
pub struct Callees;

/// Callers or callees.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What was asked for.
    pub symbols: Vec<SymbolRow>,
    /// Who calls it, or what it calls; by depth.
    pub calls: Vec<Call>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// Names of what is called outside of the workspace.
    pub outside: Vec<String>,
    /// Names that are called and of which it is not known what they stand for.
    pub unresolved: Vec<String>,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One caller or callee.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Call {
    /// Steps from what was asked for, from 1.
    pub depth: u32,
    /// The caller or callee; a file's top is a `module`.
    #[serde(flatten)]
    pub symbol: SymbolRow,
    /// The other end of the calls.
    pub other: String,
    /// The calls.
    pub sites: Vec<OccurrenceRow>,
}

impl Operation for Callers {
    const NAME: &'static str = "callers";
    const TITLE: &'static str = "Who calls it";
    const DESCRIPTION: &'static str = "Which functions call a function, method or class, with the \
        calling lines; with depth also who calls those. Use it to see what a change affects.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = CallParams;
    type Reply = Reply;

    fn run(context: &Context, params: CallParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let (depth, floor) = (params.depth.unwrap_or(1), params.floor.certainty());
        let found = asked.run(params.limit, params.offset, |code, limits| {
            code.callers(&ask, depth, floor, limits)
        })?;
        Ok(reply(&asked, found, params.offset, "callers"))
    }

    fn text(reply: &Reply) -> String {
        text(reply, "callers", "calls")
    }
}

impl Operation for Callees {
    const NAME: &'static str = "callees";
    const TITLE: &'static str = "What it calls";
    const DESCRIPTION: &'static str = "Which functions, methods and classes of the code base a \
        function calls, with their places and the calling lines; with depth also what those call. \
        Use it to understand a function without opening every file that it leads to.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = CallParams;
    type Reply = Reply;

    fn run(context: &Context, params: CallParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let (depth, floor) = (params.depth.unwrap_or(1), params.floor.certainty());
        let found = asked.run(params.limit, params.offset, |code, limits| {
            code.callees(&ask, depth, floor, limits)
        })?;
        Ok(reply(&asked, found, params.offset, "callees"))
    }

    fn text(reply: &Reply) -> String {
        text(reply, "callees", "called by")
    }
}

fn reply(asked: &Asked<'_>, found: coderoom_engine::Calls, offset: u64, what: &str) -> Reply {
    let mut notes = found.notes;
    notes.extend(more_note(found.calls.len(), offset, found.total, what));
    notes.extend(below_note(found.below_floor));
    notes.extend(cut_note(found.cut));
    notes.extend(asked.notes());
    let call = |it: coderoom_engine::Call| Call {
        depth: it.depth,
        symbol: SymbolRow::from(it.symbol),
        other: it.other,
        sites: it.sites.into_iter().map(OccurrenceRow::from).collect(),
    };
    Reply {
        symbols: found.subjects.into_iter().map(SymbolRow::from).collect(),
        calls: found.calls.into_iter().map(call).collect(),
        total: found.total as u64,
        outside: found.outside,
        unresolved: found.unresolved,
        notes,
    }
}

fn text(reply: &Reply, what: &str, verb: &str) -> String {
    let mut text: String =
        reply.symbols.iter().map(|row| format!("{}\n", row.line_of_text())).collect();
    text.push_str(&format!("{} {what}\n", reply.total));
    for call in &reply.calls {
        let row = &call.symbol;
        let step = if call.depth > 1 {
            format!("  ({}, {verb} {})", call.depth, call.other)
        } else {
            String::new()
        };
        text.push_str(&format!(
            "{}:{}  {} {}{step}\n",
            row.path,
            row.line,
            row.kind,
            row.qualified()
        ));
        for line in call.sites.chunk_by(|a, b| a.line == b.line) {
            let site = &line[0];
            let doubt = if site.certainty == "exact" {
                String::new()
            } else {
                format!("  [{}]", site.certainty.replace('_', " "))
            };
            text.push_str(&format!("  {:>5}  {}{doubt}\n", site.line, site.text));
        }
    }
    for (title, names) in
        [("outside of the workspace", &reply.outside), ("not known", &reply.unresolved)]
    {
        if !names.is_empty() {
            text.push_str(&format!("{title}: {}\n", names.join(", ")));
        }
    }
    with_notes(text, &reply.notes)
}
