//! `edit_symbol`: edits that name a symbol and no lines.

use coderoom_edit::{Action, FileEdit};
use coderoom_engine::{Extent, Kind};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    code::Asked,
    edits::{self, Collector, EditReply},
    symbol_text::{Place, modify},
};
use crate::error::{Code, OpError};

/// The operation.
pub struct EditSymbol;

/// What to change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    #[serde(default)]
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The symbol's name: `save`, or `Model.save`. Or a place instead: `path` and `line`.
    #[serde(default)]
    pub symbol: String,
    /// The file that defines it; with `line` the place where it is named.
    #[serde(default)]
    pub path: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in characters.
    pub column: Option<u32>,
    /// What to do: `replace_body` (what is in its braces, or its indented block with the docstring),
    /// `replace` (all of it: doc comment, decorators, declaration, body), `insert_before`,
    /// `insert_after`, `delete`.
    pub action: SymbolAction,
    /// The new text; indented to its place if it is given at column 0. Not for `delete`.
    #[serde(default)]
    pub text: String,
    /// Why: kept in the log, shown in the review branch.
    #[serde(default)]
    pub reason: String,
    /// Who. Default: who opened the session.
    #[serde(default)]
    pub agent: String,
    /// Take it although it adds syntax errors.
    #[serde(default)]
    pub allow_syntax_errors: bool,
    /// Only judge it: nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What to do with a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SymbolAction {
    /// Replace its body (a docstring in it too): what is in its braces, or its indented block.
    ReplaceBody,
    /// Replace all of it: doc comment, decorators, declaration and body.
    Replace,
    /// Put something before it.
    InsertBefore,
    /// Put something behind it.
    InsertAfter,
    /// Delete it, with its doc comment and decorators.
    Delete,
}

impl Operation for EditSymbol {
    const NAME: &'static str = "edit_symbol";
    const TITLE: &'static str = "Edit a symbol";
    const DESCRIPTION: &'static str = "Edit a function, class or other symbol in an edit session by \
        its name: replace its body or all of it, insert before or after it, delete it. The text is \
        indented to its place. Refused if it adds syntax errors.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let needs_text = params.action != SymbolAction::Delete;
        if needs_text == params.text.is_empty() && params.action != SymbolAction::ReplaceBody {
            let message = match needs_text {
                true => "`text` is empty: give the new text, or `action: delete`",
                false => "`delete` takes no `text`",
            };
            return Err(OpError::new(Code::BadParameter, message));
        }
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let extent = asked.run(None, 0, |code, _| code.extent(&ask))?;
        let path = extent.symbol.path.clone();
        let file = asked.code.snapshot().file(&path).and_then(|file| file.text());
        let hash = file.map(|text| text.hash().to_hex());
        let text = file.and_then(|text| std::str::from_utf8(text.bytes()).ok());
        let text = text.ok_or_else(|| {
            OpError::new(Code::NotSource, format!("{path} is not UTF-8: edit it with `edit_file`"))
        })?;
        let splice = splice(text, &extent, params.action, &params.text)?;
        let path = path.to_string();
        let mut batch = Collector::new(&located, &params.agent, &params.reason).batch;
        // The place was found in this version of the file.
        batch.guards.extend(hash.map(|hash| (path.clone(), hash)));
        let action = Action::Modify(modify(text, vec![splice]));
        batch.edits.push(FileEdit { path, action });
        batch.allow_syntax_errors = params.allow_syntax_errors;
        edits::apply_or_judge(context, &session, &batch, params.dry_run)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}

fn splice(
    text: &str,
    extent: &Extent,
    action: SymbolAction,
    new: &str,
) -> Result<super::symbol_text::Splice, OpError> {
    let Extent { symbol, language, whole, header_end } = extent;
    let fits = text.is_char_boundary(whole.start)
        && text.is_char_boundary(whole.end)
        && text.is_char_boundary(*header_end);
    if !fits {
        return Err(OpError::new(Code::Internal, "the symbol's range is not in its file"));
    }
    let is_value = matches!(
        symbol.kind,
        Kind::Variable | Kind::Constant | Kind::Field | Kind::EnumMember | Kind::Alias
    );
    let place = Place {
        text,
        language: *language,
        start: whole.start,
        end: whole.end,
        header_end: *header_end,
        is_value,
    };
    Ok(match action {
        SymbolAction::Replace => place.replace(new),
        SymbolAction::InsertBefore => place.before(new),
        SymbolAction::InsertAfter => place.after(new),
        SymbolAction::Delete => place.delete(),
        SymbolAction::ReplaceBody => place.body(new).ok_or_else(|| {
            let message = format!(
                "{} has no body that is a block of its own: use `action: replace` with all of \
                     it",
                symbol.qualified()
            );
            OpError::new(Code::BadParameter, message)
        })?,
    })
}
